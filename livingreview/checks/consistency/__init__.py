"""Whether a reported number agrees with the other reported numbers.

`register` lists the checks; `findings` runs them over the evidence; `coverage` gives each row its verdict;
`unexplained` lists what fails the check of the data. A printed number means any value that rounds to it.
"""

from livingreview.checks.consistency.engine import (
    KINDS,
    VERDICTS,
    ConsistencyFinding,
    Explanation,
    coverage,
    findings,
    unexplained,
    unneeded,
    unrelated,
)
from livingreview.checks.consistency.outcome import Check
from livingreview.checks.consistency.people import denominators, mean_reachable, percent_reachable
from livingreview.checks.consistency.records import TABLES, Records, Row, records
from livingreview.checks.consistency.register import CheckSpec, register
from livingreview.statistics.rounding import rounding

__all__ = [
    "KINDS",
    "TABLES",
    "VERDICTS",
    "Check",
    "CheckSpec",
    "ConsistencyFinding",
    "Explanation",
    "Records",
    "Row",
    "coverage",
    "denominators",
    "findings",
    "mean_reachable",
    "percent_reachable",
    "records",
    "register",
    "rounding",
    "unexplained",
    "unneeded",
    "unrelated",
]
