"""What a change does to the review: the difference between two of its versions, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from livingreview.checks import consistency
from livingreview.evidence import measures
from livingreview.evidence.ids import CHANGED
from livingreview.history import texts
from livingreview.history.material import number
from livingreview.history.publications import (
    Publications,
    by_row,
    chapters_of,
    paired,
    publications,
    turned,
)
from livingreview.history.reasons import Material, effect_row, reasons
from livingreview.history.snapshots import Snapshot, alike, working_tree
from livingreview.history.tables import SOURCES, Cells, Table, TableChange, across, change, renamed, tables
from livingreview.history.texts import LineChange
from livingreview.notebooks.outputs import DrawnFigure, Number
from livingreview.publish import overturned

#: Columns, of any table, that hold a verdict of this review; `word` is that of a judgment.
VERDICTS = ("verdict", "word", "certainty")


@dataclass(frozen=True)
class NumberChange:
    """A published number before and after; None where it did not or does not exist.

    Parameters
    ----------
    chapter, key : str
        Where it is published, and under which name.
    old, new : str or None
        Its text.
    shown_in : tuple of str
        Chapters that show it, in either version.
    rows : tuple of str
        Rows that it comes from, in either version.
    causes : tuple of str
        Those of the rows that changed.
    was_in : str
        The chapter that published it before.
    """

    chapter: str
    key: str
    old: str | None
    new: str | None
    shown_in: tuple[str, ...]
    rows: tuple[str, ...]
    causes: tuple[str, ...]
    was_in: str = ""


@dataclass(frozen=True)
class Turn:
    """A verdict, a conclusion or a check that was one way and is another; None where it does not exist.

    Parameters
    ----------
    subject : str
        The claim, the chapter, or the check.
    about : str
        What it is about, in words.
    old, new : str or None
    chapters : tuple of str
        Chapters that it concerns.
    rows : tuple of str
        Rows of the evidence that it concerns.
    """

    subject: str
    about: str
    old: str | None
    new: str | None
    chapters: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class FigureCell:
    """A cell of the table behind a figure before and after; `ratio` says that its number is drawn on a log scale."""

    row: str
    column: str
    old: str
    new: str
    ratio: bool = False


@dataclass(frozen=True)
class FigureChange:
    """A figure before and after; None where it did not or does not exist.

    `cells` are the cells of the table behind it that changed; there are none where only the drawing changed.
    """

    chapter: str
    name: str
    old: DrawnFigure | None
    new: DrawnFigure | None
    cells: tuple[FigureCell, ...] = ()


@dataclass(frozen=True)
class Diff:
    """The difference between two versions of the review.

    Parameters
    ----------
    before, after : str
        Names of the versions.
    tables : tuple of TableChange
        Rows and columns.
    numbers : tuple of NumberChange
        Published numbers and words.
    verdicts, conclusions, checks : tuple of Turn
        What turned: verdicts on claims and judgments, conclusions of chapters, checks of consistency.
    firmness : tuple of Turn
        Sentences that it now takes more, or less, to overturn.
    figures : tuple of FigureChange
    lines : tuple of LineChange
        Lines of text: prose, titles, captions, headers, labels, cells of tables, code, registers.
    shown : pair of mapping of (str, str) to Number
        The published numbers of both versions, to read the lines with.
    material : tuple of Material
        Why the change is material; empty when it is not.
    problems : tuple of str
        What could not be read, and so was not compared.
    """

    before: str
    after: str
    tables: tuple[TableChange, ...] = ()
    numbers: tuple[NumberChange, ...] = ()
    verdicts: tuple[Turn, ...] = ()
    conclusions: tuple[Turn, ...] = ()
    checks: tuple[Turn, ...] = ()
    firmness: tuple[Turn, ...] = ()
    figures: tuple[FigureChange, ...] = ()
    lines: tuple[LineChange, ...] = ()
    shown: tuple[Mapping[tuple[str, str], Number], Mapping[tuple[str, str], Number]] = field(
        default=({}, {}), repr=False, compare=False
    )
    material: tuple[Material, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether the versions publish the same from the same data."""
        turned = self.verdicts or self.conclusions or self.checks or self.firmness
        return not (self.tables or self.numbers or turned or self.figures or self.lines)


def compare(
    before: Path | Snapshot, after: Path | Snapshot, progress: Callable[[str], object] = lambda _said: None
) -> Diff:
    """Say what a change does to the review.

    Parameters
    ----------
    before, after : Path or Snapshot
        Two versions; a path is the root of a project as it lies there.
    progress : callable
        Called with a line of text before each part.

    Returns
    -------
    Diff
        What cannot be read of a version is named in its `problems`, and the rest is compared.
    """
    read = (side if isinstance(side, Snapshot) else working_tree(side, str(side)) for side in (before, after))
    sides = alike(*read)
    problems = [f"{side.name}: {problem}" for side in sides for problem in side.problems]
    problems += [
        f"{side.name} has no data and no chapters: everything of the other version counts as added or removed."
        for side in sides
        if not side.files
    ]
    progress("reading the tables of both versions")
    old, new = (tables(side, problems) for side in sides)
    progress("reading what the chapters of both versions publish")
    was, now = (publications(side, problems) for side in sides)
    users = by_row(was, now)
    changed = [change(name, old.get(name), new.get(name), users) for name in dict.fromkeys([*new, *old])]
    done = across([table for table in changed if table])
    # the checks and the effects read columns by the names of the new version
    old = {name: _renamed(table, new.get(name)) for name, table in old.items()}
    progress("running the checks of consistency on both versions")
    numbers = tuple(_numbers(was, now, done))
    verdicts, checks = tuple(_verdicts(old, new, done)), tuple(_checks(old, new, sides, users, problems))
    conclusions = tuple(Turn(chapter, "", a, b, (chapter,)) for chapter, a, b in turned(was, now))
    progress("comparing every line of text")
    material = reasons(done, numbers, (verdicts, conclusions), (old, new), (was, now))
    return Diff(
        sides[0].name,
        sides[1].name,
        tables=done,
        numbers=numbers,
        verdicts=verdicts,
        conclusions=conclusions,
        checks=checks,
        firmness=tuple(_firmness(sides, problems)),
        figures=tuple(_figures((old, new), (was, now))),
        lines=tuple(_lines(sides)),
        shown=(was.numbers, now.numbers),
        material=tuple(dict.fromkeys(material)),
        problems=tuple(dict.fromkeys(problems)),
    )


def _renamed(old: Table, new: Table | None) -> Table:
    names = renamed(old, new) if new else {}
    rows = {row: {names.get(c, c): text for c, text in cells.items()} for row, cells in old.rows.items()}
    return Table(old.name, old.file, tuple(names.get(c, c) for c in old.columns), rows, old.key) if names else old


def _numbers(was: Publications, now: Publications, done: tuple[TableChange, ...]) -> Iterator[NumberChange]:
    changed = {row.id for table in done for row in table.rows if row.kind != "moved"}
    changed |= {row.was for table in done for row in table.rows if row.was}
    for earlier, place in paired(was.numbers, now.numbers):
        old, new = was.numbers.get(earlier), now.numbers.get(place)
        texts = old.text if old else None, new.text if new else None
        if texts[0] != texts[1]:
            rows = tuple(dict.fromkeys(row for number in (new, old) if number for row in number.rows))
            causes = tuple(row for row in rows if row in changed)
            shown = tuple(sorted(chapters_of(earlier, was) | chapters_of(place, now)))
            yield NumberChange(*place, *texts, shown, rows, causes, earlier[0])


def _verdicts(old: Mapping[str, Table], new: Mapping[str, Table], done: tuple[TableChange, ...]) -> Iterator[Turn]:
    for table in done:
        for row in table.rows:
            before = old[table.name].rows.get(row.was or row.id, {}) if table.name in old else {}
            after = new[table.name].rows.get(row.id, {}) if table.name in new else {}
            for column in VERDICTS:
                verdicts = before.get(column, ""), after.get(column, "")
                if all(verdicts) and verdicts[0] != verdicts[1]:
                    parts = (after.get(part) for part in ("study_id", "outcome", "item"))
                    about = after.get("claim") or ", ".join(part for part in parts if part)
                    yield Turn(row.id, about, *verdicts, row.chapters, (row.id,))


def _checks(
    old: Mapping[str, Table],
    new: Mapping[str, Table],
    sides: tuple[Snapshot, Snapshot],
    users: Mapping[str, tuple[str, ...]],
    problems: list[str],
) -> Iterator[Turn]:
    """Checks whose verdict turned; one that is run in one version only counts if it does not agree."""
    read = (*consistency.TABLES, SOURCES)
    if all(_content(old.get(name)) == _content(new.get(name)) for name in read):
        return
    verdicts = []
    for tables_, side in zip((old, new), sides, strict=True):
        try:
            outcomes = {(finding.check, finding.rows): finding for finding in consistency.findings(_records(tables_))}
        # the checks are written for data that `make check` has passed
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
            problems.append(
                f"{side.name}: the checks of consistency could not be run ({error}). Run 'make check' on it."
            )
            return
        verdicts.append(outcomes)
    for about in dict.fromkeys([*verdicts[1], *verdicts[0]]):
        before, after = (side.get(about) for side in verdicts)
        old_verdict, new_verdict = (finding.verdict if finding else None for finding in (before, after))
        if old_verdict != new_verdict and {old_verdict, new_verdict} != {None, "consistent"}:
            finding = after or before
            chapters = sorted({chapter for row in about[1] for chapter in users.get(row, ())})
            yield Turn(about[0], finding.detail if finding else "", old_verdict, new_verdict, tuple(chapters), about[1])


def _firmness(sides: tuple[Snapshot, Snapshot], problems: list[str]) -> Iterator[Turn]:
    """Sentences that it takes another change to overturn, as both versions keep it."""
    found: list[dict[tuple[str, str], overturned.Answer]] = []
    for side in sides:
        try:
            answers = overturned.parsed(side.files.get(overturned.KEPT, b"[]"))
        except overturned.OverturnError as error:
            problems.append(f"{side.name}: {error}")
            return
        found.append({(answer.chapter, answer.text): answer for answer in answers})
    for place in sorted(found[0].keys() & found[1].keys()):
        old, new = (side[place] for side in found)
        if overturned.hold(old) != overturned.hold(new):
            first, last = overturned.ranked([old, new])
            way = "changed" if first.number.any is None and last.number.any is None else "firmer"
            way = "more fragile" if way == "firmer" and first is new else way
            yield Turn(
                place[0], f"{place[1]} ({way})", overturned.hold(old), overturned.hold(new), (place[0],), new.rows
            )


def _content(table: Table | None) -> list[tuple[str, Cells]]:
    return list(table.rows.items()) if table else []


def _records(read: Mapping[str, Table]) -> consistency.Records:
    rows = {
        name: {row: consistency.Row(row, name, cells) for row, cells in read[name].rows.items()}
        for name in consistency.TABLES
        if name in read
    }
    sources = read[SOURCES].rows if SOURCES in read else {}
    return consistency.Records(rows, {key: fields.get("year", "") for key, fields in sources.items()})


def _lines(sides: tuple[Snapshot, Snapshot]) -> Iterator[LineChange]:
    """Lines of text that differ, but for those of the data, whose rows are compared."""
    for path in dict.fromkeys(path for side in reversed(sides) for path in side.files):
        contents = [side.files.get(path) for side in sides]
        if path.startswith(("data/", CHANGED, overturned.KEPT)) or contents[0] == contents[1]:
            continue
        try:
            read = [[] if content is None else texts.of_file(path, content) for content in contents]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            continue  # it is named among what could not be read
        yield from texts.changed(path, *read)


def _figures(
    data: tuple[Mapping[str, Table], Mapping[str, Table]], sides: tuple[Publications, Publications]
) -> Iterator[FigureChange]:
    was, now = sides
    for earlier, place in paired(was.figures, now.figures):
        old, new = was.figures.get(earlier), now.figures.get(place)
        if old is None or new is None:
            yield FigureChange(*place, old, new)
        elif (old.shapes, old.data, old.columns) != (new.shapes, new.data, new.columns):
            rows = [
                effect_row(row, side) for side, drawing in zip(data, (old, new), strict=True) for row in drawing.rows
            ]
            ratios = {number(row["estimate"]) for row in rows if row and measures.measure(row.get("measure")).is_ratio}
            yield FigureChange(*place, old, new, tuple(_cells(old, new, ratios - {None})))


def _cells(old: DrawnFigure, new: DrawnFigure, ratios: Set[Decimal | None]) -> Iterator[FigureCell]:
    """The cells of the table behind a figure that differ: rows are matched by what is not a number."""
    before, after = _labelled(old), _labelled(new)
    for row in dict.fromkeys([*after, *before]):
        a, b = before.get(row, {}), after.get(row, {})
        for column in dict.fromkeys([*b, *a]):
            pair = a.get(column, ""), b.get(column, "")
            if pair[0] != pair[1]:
                yield FigureCell(row, column, *pair, any(number(text.partition(" (")[0]) in ratios for text in pair))


def _labelled(drawing: DrawnFigure) -> dict[str, dict[str, str]]:
    """The rows behind a figure by their label: all columns before the first that holds printed values."""
    values = [i for i, column in enumerate(drawing.columns) if column in ("Value", "Note")]
    first = max(values[0] if values else 1, 1)
    rows: dict[str, dict[str, str]] = {}
    for line in drawing.data:
        label = ", ".join(part for part in line[:first] if part)
        while label in rows:
            label += " (again)"
        rows[label] = dict(zip(drawing.columns[first:], line[first:], strict=False))
    return rows
