"""Notices about sources of the review: retractions, expressions of concern, corrections."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

Kind = Literal["retraction", "expression_of_concern", "correction"]
#: From the gravest to the lightest: a retraction drops what it is about, the others mark it.
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, order=True)
class Notice:
    """A notice about one source, as one service or several told it.

    It is what the retraction drill applies: `livingreview watch` writes the notices that it found under ``notices``
    of its ``report.json``, and `read` gives them back. Two services that tell one notice give one `Notice`.

    Parameters
    ----------
    source_key : str
        Key in references.bib of the source that the notice is about.
    kind : {'retraction', 'expression_of_concern', 'correction'}
        A withdrawal, a removal and a partial retraction count as a retraction until somebody has read the notice.
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
    kind: Kind
    date: str = ""
    doi: str = ""
    pmid: str = ""
    told_by: tuple[str, ...] = ()
    told_as: str = ""

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
    texts = {f.name: str(row[f.name]) for f in fields(Notice) if f.name not in ("kind", "told_by")}
    kind = next((kind for kind in KINDS if kind == row["kind"]), None)
    if kind is None:
        raise ValueError(f"'{row['kind']}' is no kind of notice")
    told_by = row["told_by"]
    return Notice(kind=kind, told_by=tuple(map(str, told_by if isinstance(told_by, list) else ())), **texts)


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
