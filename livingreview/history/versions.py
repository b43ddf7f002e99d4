"""The versions of the review as they were published: what each changed, why, and for whom it matters.

A version is one file in ``history/``, which `livingreview release` writes and nothing changes afterwards. It holds
every published number and conclusion; what a version changed follows from comparing it with the version before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingreview.evidence import Evidence, EvidenceError
from livingreview.evidence.ids import CHANGED, changed, renamed
from livingreview.notebooks.files import VERSIONS_PAGE
from livingreview.statistics import wording

if TYPE_CHECKING:
    from livingreview.publish.figures import Figure

FOLDER = "history"
VERSION = re.compile(r"(\d{4})\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
#: Chapters of which no number is part of a version, since they report versions and notices.
OWN = (VERSIONS_PAGE, "notices")
#: Which part of a version moved, and what that means.
PARTS = {
    "first": "the first version",
    "search year": "evidence of another year was searched",
    "data": "the evidence or a published value changed",
    "text": "values stayed, text or code changed",
}
#: Effects that are drawn for one version; the table has all.
DRAWN = 12
#: How many material changes are listed first.
LISTED = 3


@dataclass(frozen=True)
class Published:
    """A number as a version published it: its text, rows, formula, what it is in words, whether it is a ratio."""

    text: str
    rows: tuple[str, ...] = ()
    formula: str = ""
    label: str = ""
    ratio: bool = False


@dataclass(frozen=True)
class Version:
    """One published version.

    Attributes
    ----------
    name, date, searched_to : str
        Its number, the day it was cut, and the last day of the search it rests on.
    part : str
        Which part of the number moved; see `PARTS`.
    overdue : str
        Why it was cut although a search was overdue; blank if none was.
    numbers : mapping of (str, str) to Published
        By chapter and key.
    conclusions : mapping of str to tuple of str
        Sentences by chapter.
    rows : tuple of mapping
        Rows of the evidence that it changed: table, id, kind, cells, and ids of their causes.
    causes : mapping of str to tuple of str
        Ids of the causes of a changed number, by ``chapter:key``.
    material : tuple of tuple of str
        What a reader who knew the version before needs to know: what it is about, and what happened to it.
    """

    name: str
    date: str
    searched_to: str
    part: str
    overdue: str = ""
    numbers: Mapping[tuple[str, str], Published] = field(default_factory=dict, repr=False)
    conclusions: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    rows: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    causes: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    material: tuple[tuple[str, str], ...] = ()

    @property
    def order(self) -> tuple[int, ...]:
        """Its three parts, by which versions are sorted."""
        return tuple(int(part) for part in self.name.split("."))

    def as_text(self) -> str:
        """The version as its file holds it."""
        numbers: dict[str, dict[str, Any]] = {}
        for (chapter, key), number in sorted(self.numbers.items()):
            fields: dict[str, Any] = {"text": number.text, "rows": list(number.rows), "formula": number.formula}
            fields |= {"label": number.label} | ({"ratio": True} if number.ratio else {})
            numbers.setdefault(chapter, {})[key] = fields
        whole = {
            "version": self.name,
            "date": self.date,
            "evidence_searched_to": self.searched_to,
            "part": self.part,
            "overdue": self.overdue,
            "material": [list(pair) for pair in self.material],
            "rows": [dict(row) for row in self.rows],
            "causes": {at: list(ids) for at, ids in sorted(self.causes.items())},
            "conclusions": {chapter: list(of) for chapter, of in sorted(self.conclusions.items())},
            "numbers": numbers,
        }
        return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Change:
    """A published number in a version and in the one before; None where it is not published."""

    chapter: str
    key: str
    label: str
    old: str | None
    new: str | None
    causes: tuple[str, ...]


def read(text: str) -> Version:
    """Read the file of a version."""
    whole = json.loads(text)
    numbers = {
        (chapter, key): Published(
            fields["text"], tuple(fields["rows"]), fields["formula"], fields["label"], bool(fields.get("ratio", False))
        )
        for chapter, of in whole["numbers"].items()
        for key, fields in of.items()
    }
    return Version(
        whole["version"],
        whole["date"],
        whole["evidence_searched_to"],
        whole["part"],
        whole["overdue"],
        numbers,
        {chapter: tuple(of) for chapter, of in whole["conclusions"].items()},
        tuple(whole["rows"]),
        {at: tuple(ids) for at, ids in whole["causes"].items()},
        tuple((subject, why) for subject, why in whole["material"]),
    )


def stored(root: Path) -> list[Version]:
    """Read every version that was published, the newest first, with the ids of today.

    Raises
    ------
    EvidenceError
        When a file cannot be read; it must be as it was written.
    """
    released = []
    ids = root / CHANGED
    names = changed(ids.read_text(encoding="utf-8")) if ids.is_file() else {}
    for path in sorted((root / FOLDER).glob("*.json")):
        try:
            version = read(renamed(path.read_text(encoding="utf-8"), names))
            if not VERSION.fullmatch(version.name) or version.name != path.stem:
                raise ValueError(f"it is of version '{version.name}'")
        except (ValueError, LookupError, TypeError, AttributeError, OSError) as error:
            remedy = f"Restore it: git checkout -- {FOLDER}/{path.name}"
            raise EvidenceError(f"{FOLDER}/{path.name} cannot be read as a version ({error}). {remedy}") from error
        released.append(version)
    return sorted(released, key=lambda version: version.order, reverse=True)


def changes(new: Version, old: Version) -> list[Change]:
    """Say which published numbers differ between a version and the one before.

    Facts of the review, such as the day of its search, are not counted.
    """
    changed = []
    for at in dict.fromkeys([*new.numbers, *old.numbers]):
        before, after = old.numbers.get(at), new.numbers.get(at)
        published = after or before
        was, now = (number.text if number else None for number in (before, after))
        if published and (published.rows or published.formula) and was != now:
            label = published.label or at[1].replace("_", " ")
            changed.append(Change(*at, label, was, now, new.causes.get(":".join(at), ())))
    return changed


def turned(new: Version, old: Version) -> list[tuple[str, str, str]]:
    """Conclusions that came or went: chapter, sentence, and which of the two."""
    turns = []
    for chapter in dict.fromkeys([*new.conclusions, *old.conclusions]):
        before, after = old.conclusions.get(chapter, ()), new.conclusions.get(chapter, ())
        turns += [(chapter, sentence, "came") for sentence in after if sentence not in before]
        turns += [(chapter, sentence, "went") for sentence in before if sentence not in after]
    return turns


def pairs(book: Evidence) -> list[tuple[Version, Version | None]]:
    """Each version with the one before it, the newest first."""
    released = stored(book.data.parent)
    return list(zip(released, [*released[1:], None], strict=True)) if released else []


def because(book: Evidence, causes: Iterable[str]) -> tuple[str, str]:
    """What caused a change, and for whom it matters, as its causes say."""
    rows = [book.causes.loc[i] for i in dict.fromkeys(causes) if i in book.causes.index]
    happened = " ".join(f"{str(cause['kind']).replace('_', ' ').capitalize()}: {cause['what']}" for cause in rows)
    return happened, "; ".join(dict.fromkeys(str(cause["for_whom"]) for cause in rows))


def cells(row: Mapping[str, Any]) -> str:
    """The cells of a row that changed, before and after."""
    return "; ".join(f"{column}: {old or 'blank'} to {new or 'blank'}" for column, old, new in row["cells"])


def matters(book: Evidence) -> str:
    """For whom the latest version matters."""
    released = pairs(book)
    if len(released) < 2:
        return "everybody who reads this review, since there is no earlier version."
    causes = book.causes.index[book.causes["version"] == released[0][0].name]
    return f"{because(book, causes)[1] or 'nobody in particular: no value changed'}."


def told(book: Evidence) -> str:
    """What is material in the latest version."""
    released = pairs(book)
    if len(released) < 2:
        return "there is no earlier version to compare with."
    first = "; ".join(f"{subject} {reason}" for subject, reason in released[0][0].material[:LISTED])
    more = len(released[0][0].material) - LISTED
    return f"{first or 'nothing'}{f'; and {wording.count(more)} more, below' if more > 0 else ''}."


def said(book: Evidence) -> str:
    """What the latest version is and did, in a sentence or two."""
    released = pairs(book)
    if not released:
        return "No version has been released yet: what is read here may change without a number of its own."
    new, old = released[0]
    version = f"Version {new.name} of {wording.day(new.date)}"
    if old is None:
        return f"{version} is the first: there is none before it to compare it with."
    numbers, turns = changes(new, old), turned(new, old)
    counts = f"published numbers {wording.count(len(numbers))}, conclusions {wording.count(len(turns))}"
    return f"{version} followed {old.name}: {PARTS[new.part]}. What differs: {counts}."


def drawn(new: Version, old: Version) -> Figure | None:
    """Draw the effects that differ between two versions, old over new, each on a scale of its own.

    Returns
    -------
    livingreview.publish.figures.Figure or None
        Estimates that have an interval in either version; None where no version has any, or none of them changed.
    """
    from livingreview.history.comparing import FigureCell, FigureChange
    from livingreview.history.drawings import changes as draw

    cells = []
    for chapter, key in dict.fromkeys([*new.numbers, *old.numbers]):
        with_ci = [_with_interval(version, chapter, key) for version in (old, new)]
        number = new.numbers.get((chapter, key)) or old.numbers[chapter, key]
        if any("(" in text for text in with_ci) and with_ci[0] != with_ci[1]:
            was, now = with_ci
            cells.append(FigureCell(number.label or key, "Value", was, now, number.ratio))
    apart = list({(cell.row, cell.old, cell.new): cell for cell in cells}.values())[:DRAWN]
    name = f"changes-{new.name.replace('.', '-')}"
    return draw(FigureChange("changes", f"version {new.name}", None, None, tuple(apart)), name)


def _with_interval(version: Version, chapter: str, key: str) -> str:
    estimate, ci = version.numbers.get((chapter, key)), version.numbers.get((chapter, f"{key}_ci"))
    return f"{estimate.text} ({ci.text})" if estimate and ci else estimate.text if estimate else ""
