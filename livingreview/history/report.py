"""The difference between two versions in words: sections of entries, the same for every form in which it is shown.

A line is made of parts, and each part says whether we wrote it or whether it came from a version: what came from a
version is escaped by whoever shows the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath
from typing import Literal

from livingreview.history.comparing import Diff, FigureChange, NumberChange, Turn
from livingreview.history.reasons import TESTED, Material
from livingreview.history.tables import RowChange, TableChange
from livingreview.history.texts import LineChange, marked, with_numbers

Kind = Literal["ours", "data", "old", "new", "lost", "won"]
#: What is shown for a blank cell, and for something that does not exist.
BLANK, NONE = "(blank)", "(none)"
#: Lines of one table or figure that are shown; those after them are named by their numbers.
SHOWN = 12
#: What lines are called by their kind, where that is another word.
_KINDS = {"code": "code", "number": "origin of a number", "row": "row", "title": "title of a block"}
#: Kinds of lines of an output.
_STORED = ("caption", "description", "header", "label", "number", "row", "text")


@dataclass(frozen=True)
class Part:
    """A piece of a line: our words, a text of a version, a value before or after, or words lost or won by a text."""

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
    """The first sentence: whether anything changed, whether it is material, and what nobody has tested."""
    unread = " in what could be read" if diff.problems else ""
    if diff.empty:
        return f"Nothing changed{unread}."
    edited = len(diff.lines)
    words = f" Text changed in {edited} line{'s' * (edited != 1)}, which no test judges: read what is listed below."
    if diff.material:
        return f"This change is material, for the reasons below.{words if edited else ''}"
    tested = f"Nothing material was found{unread} in what was tested: {TESTED}."
    return tested + (words if edited else "")


def sections(diff: Diff) -> list[Section]:
    """All that changed, what matters most to a reader first; a section without entries is left out."""
    listed = [
        _section("Could not be compared", (Entry(line(Part(problem))) for problem in diff.problems)),
        _section("Why it is material", map(_material, diff.material)),
        _section("Conclusions that turned or were reworded", map(_conclusion, diff.conclusions)),
        _section("Sentences that are firmer or more fragile", map(_verdict, diff.firmness)),
        *_texts(diff, code=False),
        _section("Verdicts that turned", map(_verdict, diff.verdicts)),
        _section("Published numbers", map(_number, diff.numbers)),
        _section("Checks of consistency that turned", map(_check, diff.checks)),
        _section("Figures", map(_figure, diff.figures)),
        *(_table(table) for table in diff.tables),
        *_texts(diff, code=True),
    ]
    return [section for section in listed if section.entries]


def _section(title: str, entries: Iterable[Entry]) -> Section:
    return Section(line(title), tuple(entries))


def _texts(diff: Diff, code: bool) -> Iterator[Section]:
    """The lines of each file that differ; of one output only the first, and the numbers of the others."""
    files = groupby(
        (change for change in diff.lines if (change.line.kind == "code") == code), key=lambda change: change.file
    )
    for file, of in files:
        changes, entries = list(of), []
        for (cell, stored), group in groupby(
            changes, key=lambda change: (change.line.cell, change.line.kind in _STORED)
        ):
            part = list(group)
            capped = SHOWN if stored else len(part)
            entries += [_line(change, diff) for change in part[:capped]]
            if uncounted := part[capped:]:
                where = line(" of cell ", Part(cell)) if cell else ()
                entries.append(
                    Entry(line(f"and {len(uncounted)} more lines of the output", *where, f": {_numbers(uncounted)}"))
                )
        counted = f"{len(changes)} line{'s' * (len(changes) != 1)} of {'code' if code else 'text'}"
        yield Section(line("Changed in ", Part(file), f": {counted}"), tuple(entries))


def _numbers(changes: Sequence[LineChange]) -> str:
    """The numbers of lines, runs of them with their ends."""
    numbers = sorted({change.line.number for change in changes})
    runs = (list(run) for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]))
    return ", ".join(f"{run[0][1]} to {run[-1][1]}" if len(run) > 1 else str(run[0][1]) for run in runs)


def _line(change: LineChange, diff: Diff) -> Entry:
    content, page = change.line, PurePosixPath(change.file).stem
    where = line("cell ", Part(content.cell), ", ") if content.cell else ()
    kind = " (new)" if change.old is None else " (gone)" if change.new is None else ""
    head = line(*where, f"line {content.number}, {_KINDS.get(content.kind, content.kind)}{kind}")
    texts = [
        with_numbers(at.text, page, numbers) if at else ""
        for at, numbers in zip((change.old, change.new), diff.shown, strict=True)
    ]
    before, after = marked(*texts)
    details = (
        [line("before: ", *(Part(text, "lost" if lost else "data") for text, lost in before))] if change.old else []
    )
    details += [line("after: ", *(Part(text, "won" if won else "data") for text, won in after))] if change.new else []
    return Entry(head, tuple(details))


def _material(reason: Material) -> Entry:
    return Entry(line(Part(reason.subject), " ", Part(reason.why), *_in(reason.chapters)))


def _in(chapters: Sequence[str], words: str = "in") -> Line:
    return line(f" ({words} ", *listed(chapters), ")") if chapters else ()


def _conclusion(turn: Turn) -> Entry:
    kind = "new" if turn.old is None else "no longer stands" if turn.new is None else "turned or reworded"
    shown = [line("before: ", Part(turn.old, "old"))] if turn.old else []
    shown += [line("after: ", Part(turn.new, "new"))] if turn.new else []
    return Entry(line(Part(turn.subject), f": {kind}"), tuple(shown))


def _verdict(turn: Turn) -> Entry:
    return Entry(
        line(Part(turn.subject), ": ", *became(turn.old, turn.new), *_in(turn.chapters)), (line(Part(turn.about)),)
    )


def _number(number: NumberChange) -> Entry:
    rows = number.causes or number.rows
    words = "because of " if number.causes else "from "
    where = line(
        "shown in ", *listed(number.shown_in), "; " if rows else "", *line(words, *listed(rows)) if rows else ()
    )
    return Entry(line(Part(number.key), ": ", *became(number.old, number.new)), (where,))


def _check(turn: Turn) -> Entry:
    head = line(Part(turn.subject), ", ", *listed(turn.rows), ": ", *became(turn.old, turn.new), *_in(turn.chapters))
    return Entry(head, (line(Part(turn.about)),) if turn.about else ())


def _figure(figure: FigureChange) -> Entry:
    kind = "changed" if figure.cells else "drawn otherwise from the same data"
    kind = "new" if figure.old is None else "gone" if figure.new is None else kind
    caption = (figure.new or figure.old).caption if figure.new or figure.old else ""  # type: ignore[union-attr]
    details = [line(Part(caption))] if caption else []
    details += [line(Part(c.row), ", ", Part(c.column), ": ", *became(c.old, c.new)) for c in figure.cells]
    return Entry(line(Part(figure.name), " in ", Part(figure.chapter), f": {kind}"), tuple(details))


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
