"""The difference between two versions in words: sections of entries, the same for every form in which it is shown.

A line is made of parts, and each part says whether we wrote it or whether it came from a version: what came from a
version is escaped by whoever shows the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from livingreview.history.comparing import Diff, FigureChange, Material, NumberChange, Turn
from livingreview.history.tables import RowChange, TableChange

Kind = Literal["ours", "data", "old", "new"]
#: What stands for a cell that holds nothing, and for something that does not exist.
BLANK, NONE = "(blank)", "(none)"


@dataclass(frozen=True)
class Part:
    """A piece of a line: our words, a text of a version, or a value before or after."""

    text: str
    kind: Kind = "data"


Line = tuple[Part, ...]


@dataclass(frozen=True)
class Entry:
    """A line with lines under it."""

    head: Line
    details: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Section:
    """Entries under a title, with a sentence about them."""

    title: Line
    entries: tuple[Entry, ...]


def line(*parts: str | Part) -> Line:
    """A line of our words and of parts."""
    return tuple(part if isinstance(part, Part) else Part(part, "ours") for part in parts if part)


def listed(texts: Iterable[str]) -> Line:
    """Texts of a version with commas between them."""
    parts = [part for text in texts for part in (Part(", ", "ours"), Part(text))]
    return tuple(parts[1:])


def became(old: str | None, new: str | None, gap: str = BLANK) -> Line:
    """A value before and after."""
    before = Part(old, "old") if old else Part(NONE if old is None else gap, "ours")
    after = Part(new, "new") if new else Part(NONE if new is None else gap, "ours")
    return before, Part(" -> ", "ours"), after


def title(diff: Diff) -> Line:
    """What is compared with what."""
    return line("What changes from ", Part(diff.before), " to ", Part(diff.after))


def answer(diff: Diff) -> str:
    """The first sentence: whether anything changed, and whether it is material."""
    if diff.empty:
        return "Nothing changed in what could be read." if diff.problems else "Nothing changed."
    if diff.material:
        return (
            "This change is material: a conclusion, verdict or direction turned, or an effect moved by more than its "
            "rounding allows and by more than 10%."
        )
    return (
        "This change is not material: no conclusion, verdict or direction turned, and no effect moved by more than its "
        "rounding allows and by more than 10%."
    )


def sections(diff: Diff) -> list[Section]:
    """All that changed, what matters most to a reader first; a section without entries is left out.

    Parameters
    ----------
    diff : Diff

    Returns
    -------
    list of Section
    """
    found = [
        _section("Could not be compared", (Entry(line(Part(problem))) for problem in diff.problems)),
        _section("Why it is material", map(_material, diff.material)),
        _section("Conclusions that turned or were reworded", map(_conclusion, diff.conclusions)),
        _section("Verdicts that turned", map(_verdict, diff.verdicts)),
        _section("Published numbers", map(_number, diff.numbers)),
        _section("Checks of consistency that turned", map(_check, diff.checks)),
        _section("Figures", map(_figure, diff.figures)),
        *(_table(table) for table in diff.tables),
    ]
    return [section for section in found if section.entries]


def _section(title: str, entries: Iterable[Entry]) -> Section:
    return Section(line(title), tuple(entries))


def _material(one: Material) -> Entry:
    return Entry(line(Part(one.what), " ", Part(one.why), *_in(one.chapters)))


def _in(chapters: Sequence[str], words: str = "in") -> Line:
    return line(f" ({words} ", *listed(chapters), ")") if chapters else ()


def _conclusion(one: Turn) -> Entry:
    kind = "new" if one.old is None else "no longer stands" if one.new is None else "turned or reworded"
    shown = [line("before: ", Part(one.old, "old"))] if one.old else []
    shown += [line("after: ", Part(one.new, "new"))] if one.new else []
    return Entry(line(Part(one.what), f": {kind}"), tuple(shown))


def _verdict(one: Turn) -> Entry:
    return Entry(line(Part(one.what), ": ", *became(one.old, one.new), *_in(one.chapters)), (line(Part(one.about)),))


def _number(one: NumberChange) -> Entry:
    rows = one.causes or one.rows
    words = "because of " if one.causes else "from "
    where = line("shown in ", *listed(one.shown_in), "; " if rows else "", *line(words, *listed(rows)) if rows else ())
    return Entry(line(Part(one.key), ": ", *became(one.old, one.new)), (where,))


def _check(one: Turn) -> Entry:
    head = line(Part(one.what), ", ", *listed(one.rows), ": ", *became(one.old, one.new), *_in(one.chapters))
    return Entry(head, (line(Part(one.about)),) if one.about else ())


def _figure(one: FigureChange) -> Entry:
    kind = "changed" if one.cells else "drawn otherwise from the same data"
    kind = "new" if one.old is None else "gone" if one.new is None else kind
    caption = (one.new or one.old).caption if one.new or one.old else ""  # type: ignore[union-attr]
    details = [line(Part(caption))] if caption else []
    details += [line(Part(c.row), ", ", Part(c.column), ": ", *became(c.old, c.new)) for c in one.cells]
    return Entry(line(Part(one.name), " in ", Part(one.chapter), f": {kind}"), tuple(details))


def _table(table: TableChange) -> Section:
    counts = ", ".join(f"{count} {kind}" for kind, count in table.counts.items())
    return Section(line("Rows of ", Part(table.file), ": ", counts or "columns only"), tuple(_rows(table)))


def _rows(table: TableChange) -> Iterator[Entry]:
    for names, words in ((table.added, "columns added: "), (table.removed, "columns removed: ")):
        if names:
            yield Entry(line(words, *listed(names)))
    for old, new in table.renamed:
        yield Entry(line("column renamed: ", *became(old, new)))
    yield from (_row(row) for row in table.rows if row.kind != "moved")
    moved = [row.id for row in table.rows if row.kind == "moved"]
    if moved:
        yield Entry(line("moved, with nothing else changed: ", *listed(moved)))


def _row(row: RowChange) -> Entry:
    head = line(Part(row.id), f": {row.kind}", " and moved" if row.moved else "")
    head += line(", was ", Part(row.was)) if row.was else ()
    head += line(", now in " if row.kind == "removed" else ", from ", Part(row.other)) if row.other else ()
    if row.kind in ("added", "removed"):
        cells = [line(Part(c.column), ": ", Part(c.new or c.old, "new" if c.new else "old")) for c in row.cells]
    else:
        cells = [line(Part(c.column), ": ", *became(c.old, c.new)) for c in row.cells]
    return Entry(head + _in(row.chapters, "used in"), tuple(cells))
