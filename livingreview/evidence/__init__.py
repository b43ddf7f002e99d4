"""The evidence: one reader of the data package, its sources, identifiers and measures."""

from livingreview.evidence.package import (
    DATA,
    MARKS,
    NUMBERS,
    SOURCES,
    TIER_WORDS,
    Evidence,
    EvidenceError,
    dated,
    dates,
    load,
    months_after,
    places_given,
    split,
    using,
)
from livingreview.evidence.sources import Author, Source

__all__ = [
    "DATA",
    "MARKS",
    "NUMBERS",
    "SOURCES",
    "TIER_WORDS",
    "Author",
    "Evidence",
    "EvidenceError",
    "Source",
    "dated",
    "dates",
    "load",
    "months_after",
    "places_given",
    "split",
    "using",
]
