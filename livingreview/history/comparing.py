"""What a change does to the review: the difference between two of its versions, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from livingreview.checks import consistency
from livingreview.evidence import measures
from livingreview.history.material import Effect, material, number
from livingreview.history.publications import (
    Publications,
    by_row,
    chapters_of,
    paired,
    publications,
    turned,
)
from livingreview.history.snapshots import Snapshot, alike, working_tree
from livingreview.history.tables import SOURCES, Cells, Table, TableChange, across, change, renamed, tables
from livingreview.notebooks.outputs import DrawnFigure, Number
from livingreview.statistics import wording

#: Tables whose rows report effects.
EFFECTS = ("results", "pooled")
#: Columns, of any table, that hold a verdict of this review.
VERDICTS = ("verdict", "judgement", "certainty")

_COUNT_WORDS = frozenset(wording.count(n) for n in range(13))


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
    """Something that was one way and is another: a verdict, a conclusion or a check; None where there is none.

    Parameters
    ----------
    what : str
        The claim, the chapter, or the check.
    about : str
        What it is about, in words.
    old, new : str or None
    chapters : tuple of str
        Chapters that it concerns.
    rows : tuple of str
        Rows of the evidence that it concerns.
    """

    what: str
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
class Material:
    """One reason why the change is material: what it is about, and what happened to it."""

    what: str
    why: str
    chapters: tuple[str, ...] = ()


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
        What turned: verdicts on claims and judgements, conclusions of chapters, checks of consistency.
    figures : tuple of FigureChange
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
    figures: tuple[FigureChange, ...] = ()
    material: tuple[Material, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether the versions publish the same from the same data."""
        return not (self.tables or self.numbers or self.verdicts or self.conclusions or self.checks or self.figures)


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
    done = across([one for one in changed if one])
    # the checks and the effects read columns by the names of the new version
    old = {name: _renamed(table, new.get(name)) for name, table in old.items()}
    progress("running the checks of consistency on both versions")
    numbers = tuple(_numbers(was, now, done))
    verdicts, checks = tuple(_verdicts(old, new, done)), tuple(_checks(old, new, sides, users, problems))
    conclusions = tuple(Turn(chapter, "", a, b, (chapter,)) for chapter, a, b in turned(was, now))
    reasons = [
        *_turned(verdicts, conclusions),
        *_rows(old, new, done),
        *_published(numbers, (old, new), (was, now)),
    ]
    return Diff(
        sides[0].name,
        sides[1].name,
        tables=done,
        numbers=numbers,
        verdicts=verdicts,
        conclusions=conclusions,
        checks=checks,
        figures=tuple(_figures((old, new), (was, now))),
        material=tuple(dict.fromkeys(reasons)),
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
                    parts = (after.get(part) for part in ("study_id", "outcome", "domain_name"))
                    about = after.get("claim") or ", ".join(part for part in parts if part)
                    yield Turn(row.id, about, *verdicts, row.chapters, (row.id,))


def _checks(
    old: Mapping[str, Table],
    new: Mapping[str, Table],
    sides: tuple[Snapshot, Snapshot],
    users: Mapping[str, tuple[str, ...]],
    problems: list[str],
) -> Iterator[Turn]:
    """Checks whose outcome turned; one that begins or ceases to be run and agrees is none."""
    read = (*consistency.TABLES, SOURCES)
    if all(_content(old.get(name)) == _content(new.get(name)) for name in read):
        return
    found = []
    for tables_, side in zip((old, new), sides, strict=True):
        try:
            outcomes = {(one.check, one.rows): one for one in consistency.findings(_records(tables_))}
        # the checks are written for data that `make check` has passed
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
            problems.append(
                f"{side.name}: the checks of consistency could not be run ({error}). Run 'make check' on it."
            )
            return
        found.append(outcomes)
    for about in dict.fromkeys([*found[1], *found[0]]):
        before, after = (side.get(about) for side in found)
        old_verdict, new_verdict = (one.verdict if one else None for one in (before, after))
        if old_verdict != new_verdict and {old_verdict, new_verdict} != {None, "consistent"}:
            told = after or before
            chapters = sorted({chapter for row in about[1] for chapter in users.get(row, ())})
            yield Turn(about[0], told.detail if told else "", old_verdict, new_verdict, tuple(chapters), about[1])


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


def _figures(
    data: tuple[Mapping[str, Table], Mapping[str, Table]], sides: tuple[Publications, Publications]
) -> Iterator[FigureChange]:
    was, now = sides
    for earlier, place in paired(was.figures, now.figures):
        old, new = was.figures.get(earlier), now.figures.get(place)
        if old is None or new is None:
            yield FigureChange(*place, old, new)
        elif (old.shapes, old.data, old.columns) != (new.shapes, new.data, new.columns):
            rows = [_row(row, side) for side, one in zip(data, (old, new), strict=True) for row in one.rows]
            ratios = {number(row["estimate"]) for row in rows if row and measures.measure(row.get("measure")).is_ratio}
            yield FigureChange(*place, old, new, tuple(_cells(old, new, ratios - {None})))


def _row(row: str, read: Mapping[str, Table]) -> Cells | None:
    """A row that reports an effect, by its id."""
    return next((read[name].rows[row] for name in EFFECTS if name in read and row in read[name].rows), None)


def _cells(old: DrawnFigure, new: DrawnFigure, ratios: Set[Decimal | None]) -> Iterator[FigureCell]:
    """The cells of the table behind a figure that differ: rows are matched by what is not a number."""
    before, after = _labelled(old), _labelled(new)
    for row in dict.fromkeys([*after, *before]):
        a, b = before.get(row, {}), after.get(row, {})
        for column in dict.fromkeys([*b, *a]):
            pair = a.get(column, ""), b.get(column, "")
            if pair[0] != pair[1]:
                yield FigureCell(row, column, *pair, any(number(one.partition(" (")[0]) in ratios for one in pair))


def _labelled(drawing: DrawnFigure) -> dict[str, dict[str, str]]:
    """The rows behind a figure by their label: all columns before the first that holds printed values."""
    values = [i for i, column in enumerate(drawing.columns) if column in ("As printed", "Note")]
    first = max(values[0] if values else 1, 1)
    found: dict[str, dict[str, str]] = {}
    for line in drawing.data:
        label = ", ".join(part for part in line[:first] if part)
        while label in found:
            label += " (again)"
        found[label] = dict(zip(drawing.columns[first:], line[first:], strict=False))
    return found


# ------------------------------------------------------------------------------------------------- what is material


def _turned(verdicts: tuple[Turn, ...], conclusions: tuple[Turn, ...]) -> Iterator[Material]:
    for one in verdicts:
        yield Material(one.what, f"has another verdict: {one.old} is now {one.new}", one.chapters)
    for one in conclusions:
        if one.old is not None:
            why = f"is now: '{one.new}'" if one.new is not None else "no longer stands"
            yield Material(f"The conclusion '{one.old}'", why, one.chapters)


def effect_of(row: Cells) -> Effect:
    """The effect that a row of results.csv or pooled.csv reports."""
    names = {"low": "ci_low", "high": "ci_high", "benefit": "direction_of_benefit"}
    names |= {name: name for name in ("measure", "estimate", "p_operator", "p_value", "unit")}
    return Effect(**{name: row.get(column, "") for name, column in names.items()})


def _rows(old: Mapping[str, Table], new: Mapping[str, Table], done: tuple[TableChange, ...]) -> Iterator[Material]:
    """Effects as reported, row by row."""
    for table in done:
        if table.name in EFFECTS and table.name in old:
            for row in table.rows:
                cells = old[table.name].rows.get(row.was or row.id)
                if cells and measures.measure(cells.get("measure")).is_effect:
                    now = _row(row.id, new)  # it may have moved to the other table
                    effect = effect_of(now) if now else None
                    for why in material(effect_of(cells), effect):
                        yield Material(row.id, why, row.chapters)


def _published(
    numbers: tuple[NumberChange, ...],
    data: tuple[Mapping[str, Table], Mapping[str, Table]],
    sides: tuple[Publications, Publications],
) -> Iterator[Material]:
    """Effects that chapters derive from reported ones or take from another row, and words that follow from them."""
    for one in numbers:
        key = one.key.removesuffix("_ci")  # an interval can turn while its estimate stays
        before = sides[0].numbers.get((one.was_in, key))
        after = sides[1].numbers.get((one.chapter, key))
        if before is None or after is None:
            continue
        effects = _effect(before, data[0], sides[0]), _effect(after, data[1], sides[1])
        if before.formula and before.text != after.text and _is_word(before.text) and _is_word(after.text):
            yield Material(key, f"says '{after.text}' instead of '{before.text}'", one.shown_in)
        elif effects[0] and effects[1] and (before.formula or before.rows != after.rows):
            for why in material(effects[0], effects[1]):
                yield Material(key, why, one.shown_in)


def _is_word(text: str) -> bool:
    """Whether a published text is a word that follows from numbers, and no number, in digits or in letters."""
    return number(text) is None and not any(c.isdigit() for c in text) and text.casefold() not in _COUNT_WORDS


def _effect(one: Number, read: Mapping[str, Table], side: Publications) -> Effect | None:
    """The effect that a published number states; None for an interval, a P value, a count, or no effect at all."""
    rows = [row for row in (_row(i, read) for i in one.rows) if row]
    if not rows or number(one.text) is None:
        return None
    if not one.formula:
        reported = effect_of(rows[0])
        return reported if number(reported.estimate) == number(one.text) else None
    measure = measures.of_formula(one.formula) or "derived"
    interval = side.numbers.get((one.chapter, f"{one.key}_ci"))
    limits = interval.text.split(" to ") if interval and interval.formula == one.formula else []
    return Effect(measure, one.text, *(limits if len(limits) == 2 else ()))
