"""Notices about sources of the review: retractions, expressions of concern, corrections."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from livingreview.evidence import MARKS, Evidence

#: The kinds of notice that the data know, from the gravest to the lightest.
KINDS = tuple(MARKS)


@dataclass(frozen=True, order=True)
class Notice:
    """A notice about one source, as one service or several told it.

    `livingreview watch` writes those that it found, and that are not recorded, under ``notices`` of its
    ``report.json``; `read` gives them back, and `livingreview notice` records one. Two services that tell one notice
    give one `Notice`.

    Parameters
    ----------
    source_key : str
        Key in references.bib of the source that the notice is about.
    kind : {'retraction', 'partial_retraction', 'expression_of_concern', 'correction'}
        A withdrawal and a removal count as a retraction.
    date : str
        Day of the notice as YYYY-MM-DD, or YYYY-MM or YYYY where no more is told; blank where nothing is.
    doi, pmid : str
        Of the notice itself, not of the source; blank where not told.
    told_by : tuple of str
        Services that tell it, such as ``('Crossref', 'PubMed')``.
    told_as : str
        The service's own word for it, such as ``RetractionIn``.
    """

    source_key: str
    kind: str
    date: str = ""
    doi: str = ""
    pmid: str = ""
    told_by: tuple[str, ...] = ()
    told_as: str = ""

    @property
    def where(self) -> str:
        """Where the notice is, as data/notices.csv has it; blank where not told."""
        return self.doi or (self.pmid and f"PMID {self.pmid}")

    def as_dict(self) -> dict[str, object]:
        """The notice as JSON holds it."""
        return {**asdict(self), "told_by": list(self.told_by)}


def read(report: Path) -> list[Notice]:
    """Read the notices of a report of `livingreview watch`.

    Parameters
    ----------
    report : Path
        A ``report.json``.

    Returns
    -------
    list of Notice
        Sorted by source, gravest first.

    Raises
    ------
    ValueError
        When the file is no such report; the message says what is wrong.
    """
    try:
        rows = json.loads(report.read_text(encoding="utf-8"))["notices"]
        found = [parsed(row) for row in rows]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ValueError(
            f"{report}: must be a report of 'livingreview watch', found otherwise ({error}). Run the watch again."
        ) from error
    return sorted(found, key=_order)


def parsed(row: dict[str, object]) -> Notice:
    """A notice from a row of a report."""
    texts = {f.name: str(row[f.name]) for f in fields(Notice) if f.name != "told_by"}
    if texts["kind"] not in KINDS:
        raise ValueError(f"'{texts['kind']}' is no kind of notice")
    told_by = row["told_by"]
    return Notice(told_by=tuple(map(str, told_by if isinstance(told_by, list) else ())), **texts)


def _order(notice: Notice) -> tuple[str, int, str, str]:
    return notice.source_key, KINDS.index(notice.kind), notice.date, notice.doi or notice.pmid


def merged(notices: Iterable[Notice]) -> list[Notice]:
    """Notices without repetition: those that agree in source and kind and are not told apart are one.

    Two are told apart by their DOI, by their PMID, or, where one has only a DOI and the other only a PMID, by their
    year. What one lacks is taken from the other.
    """
    kept: list[Notice] = []
    for one in sorted(notices, key=_order):
        at = next((i for i, other in enumerate(kept) if _same(one, other)), None)
        if at is None:
            kept.append(one)
        else:
            kept[at] = _joined(kept[at], one)
    return sorted(kept, key=_order)


def _same(one: Notice, other: Notice) -> bool:
    if (one.source_key, one.kind) != (other.source_key, other.kind):
        return False
    pairs = ((one.doi, other.doi), (one.pmid, other.pmid))
    known = [a == b for a, b in pairs if a and b]
    if known:
        return any(known)
    return not one.date or not other.date or one.date[:4] == other.date[:4]


def _joined(one: Notice, other: Notice) -> Notice:
    words = dict.fromkeys(filter(None, (one.told_as, other.told_as)))
    return Notice(
        one.source_key,
        one.kind,
        max(one.date, other.date, key=len),
        one.doi or other.doi,
        one.pmid or other.pmid,
        tuple(sorted({*one.told_by, *other.told_by})),
        "; ".join(words),
    )


def is_recorded(notice: Notice, evidence: Evidence) -> bool:
    """Whether data/notices.csv has a notice: by its number, or by its source and kind where no number was told."""
    rows = evidence.notices
    rows = rows[(rows["source_key"] == notice.source_key) & (rows["kind"] == notice.kind)]
    numbers = {notice.doi, f"PMID {notice.pmid}"} if notice.where else {*rows["where"]}
    return not numbers.isdisjoint(str(where).lower() if "/" in str(where) else str(where) for where in rows["where"])
