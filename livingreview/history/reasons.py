"""Why a change to the review is material: what is tested, and what was found.

An effect is judged by `material`. Beside it, these are material by themselves: a conclusion or verdict that turned, a
notice, a trial or an outcome that came or went, a row that says something else of `ASPECTS` (what was filled in is
not), a number taken from such a row, and a tally in a bottom line. Words that somebody wrote are judged by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingreview.evidence import measures
from livingreview.history.material import Effect, material, number
from livingreview.history.publications import Publications
from livingreview.history.tables import Cells, RowChange, Table, TableChange
from livingreview.notebooks.outputs import Number
from livingreview.statistics import wording

if TYPE_CHECKING:
    from livingreview.history.comparing import NumberChange, Turn

#: The tables, and what is published, of both versions.
Data = tuple[Mapping[str, Table], Mapping[str, Table]]
Sides = tuple[Publications, Publications]
#: Tables whose rows report effects.
EFFECTS = ("results", "pooled")
#: What a row says of what it is about, by table and column.
ASPECTS = {
    "results": {
        "study_id": "trial",
        "arm": "arm",
        "population": "people",
        "outcome": "outcome",
        "instrument": "instrument",
        "months": "time",
        "time_as_printed": "time",
        "n": "denominator",
        "events": "number of events",
        "denominator_basis": "basis of the denominator",
        "ci_level": "level of the interval",
        "ci_type": "kind of interval",
    },
    "pooled": {
        "outcome": "outcome",
        "population": "people",
        "condition": "condition",
        "time_window": "time",
        "window": "time",
        "k": "number of trials",
        "n": "denominator",
        "ci_type": "kind of interval",
    },
    "arms": {
        "study_id": "trial",
        "role": "arm",
        "label": "label",
        "n": "denominator",
        "n_basis": "basis of the denominator",
    },
    "studies": {
        "population": "people",
        "eligibility": "people",
        "comparator": "comparator",
        "comparator_type": "comparator",
        "primary_outcomes": "primary outcomes",
        "n_randomised": "denominator",
        "n_analysed": "denominator",
        "followup_months": "time",
        "assessment_months": "time",
    },
}
#: What the first sentence says was tested.
TESTED = (
    "conclusions, verdicts, notices; trials and outcomes that came or went; direction, size and interval of each "
    "effect; arm, time, people, comparator, primary outcomes and denominators of each row; tallies in a bottom line"
)

_COUNT_WORDS = frozenset(wording.count(n) for n in range(13))


@dataclass(frozen=True)
class Material:
    """One reason why the change is material: what it is about, and what happened to it."""

    subject: str
    why: str
    chapters: tuple[str, ...] = ()


def reasons(
    tables: tuple[TableChange, ...],
    numbers: tuple[NumberChange, ...],
    turns: tuple[tuple[Turn, ...], tuple[Turn, ...]],
    data: Data,
    sides: Sides,
) -> Iterator[Material]:
    """Give every reason why a change is material.

    Parameters
    ----------
    tables, numbers : tuple of TableChange, of NumberChange
        What differs.
    turns : pair of tuple of Turn
        Verdicts and conclusions that turned.
    data, sides : pairs of mapping of str to Table, of Publications
        Both versions.
    """
    yield from _turned(*turns)
    yield from _come_and_gone(tables, data)
    yield from _rows(*data, tables)
    yield from _aspects(tables)
    yield from _published(numbers, data, sides)
    yield from _tallies(numbers, data, sides)


def effect_row(row: str, read: Mapping[str, Table]) -> Cells | None:
    """A row that reports an effect, by its id."""
    return next((read[name].rows[row] for name in EFFECTS if name in read and row in read[name].rows), None)


def _turned(verdicts: tuple[Turn, ...], conclusions: tuple[Turn, ...]) -> Iterator[Material]:
    for verdict in verdicts:
        yield Material(verdict.subject, f"has another verdict: {verdict.old} is now {verdict.new}", verdict.chapters)
    for conclusion in conclusions:
        if conclusion.old is not None:
            why = f"is now: '{conclusion.new}'" if conclusion.new is not None else "no longer stands"
            yield Material(f"The conclusion '{conclusion.old}'", why, conclusion.chapters)


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
                    new_row = effect_row(row.id, new)  # it may have moved to the other table
                    effect = effect_of(new_row) if new_row else None
                    for why in material(effect_of(cells), effect):
                        yield Material(row.id, why, row.chapters)


def _published(
    numbers: tuple[NumberChange, ...],
    data: Data,
    sides: Sides,
) -> Iterator[Material]:
    """Effects that chapters derive from reported ones or take from another row, and words that follow from them."""
    for change in numbers:
        key = change.key.removesuffix("_ci")  # an interval can turn while its estimate stays
        before = sides[0].numbers.get((change.was_in, key))
        after = sides[1].numbers.get((change.chapter, key))
        if before is None or after is None:
            continue
        effects = _effect(before, data[0], sides[0]), _effect(after, data[1], sides[1])
        if before.formula and before.text != after.text and _is_word(before.text) and _is_word(after.text):
            yield Material(key, f"says '{after.text}' instead of '{before.text}'", change.shown_in)
        elif effects[0] and effects[1] and (before.formula or before.rows != after.rows):
            for why in material(effects[0], effects[1]):
                yield Material(key, why, change.shown_in)
        if before.reported and after.reported and before.rows != after.rows:
            rows = [
                effect_row(published.rows[0], read) or {} for published, read in zip((before, after), data, strict=True)
            ]
            for column, aspect in ASPECTS["results"].items():
                values = [row.get(column, "") for row in rows]
                if values[0] and _unlike(*values):
                    yield Material(key, f"is taken from another row, {_other(aspect, *values)}", change.shown_in)


def _is_word(text: str) -> bool:
    """Whether a published text is a word that follows from numbers, and not itself a number in digits or letters."""
    return number(text) is None and not any(c.isdigit() for c in text) and text.casefold() not in _COUNT_WORDS


def _effect(published: Number, read: Mapping[str, Table], side: Publications) -> Effect | None:
    """The effect that a published number states; None for an interval, a P value, a count, or no effect at all."""
    rows = [row for row in (effect_row(i, read) for i in published.rows) if row]
    if not rows or number(published.text) is None:
        return None
    if not published.formula:
        reported = effect_of(rows[0])
        return reported if number(reported.estimate) == number(published.text) else None
    measure = measures.of_formula(published.formula) or "derived"
    interval = side.numbers.get((published.chapter, f"{published.key}_ci"))
    limits = interval.text.split(" to ") if interval and interval.formula == published.formula else []
    return Effect(measure, published.text, *(limits if len(limits) == 2 else ()))


def _come_and_gone(tables: tuple[TableChange, ...], data: Data) -> Iterator[Material]:
    """Notices that differ; trials and their outcomes that came or went."""
    outcomes = [_outcomes(side) for side in data]
    for table in tables:
        for row in table.rows if table.name in ("notices", "studies") else ():
            if table.name == "notices":
                yield from _notice(row, data)
            elif row.kind in ("added", "removed"):
                yield Material(row.id, f"is a trial that was {row.kind}", row.chapters)
    for kind, (has, lacks) in {"added": (outcomes[1], outcomes[0]), "removed": outcomes}.items():
        for trial, outcome in has:
            if (trial, outcome) not in lacks:
                yield Material(trial or "no trial", f"has an outcome that was {kind}: {outcome}")


def _notice(row: RowChange, data: Data) -> Iterator[Material]:
    """A notice that came, went, or says something else; that somebody has compared the data with it is no news."""
    said = {cell.column for cell in row.cells} - {"recorded", "compared", "note"}
    if row.kind in ("moved", "renumbered") or not said:
        return
    tables = (side["notices"].rows for side in reversed(data) if "notices" in side)
    cells = next(rows[row.id] for rows in tables if row.id in rows)
    rests = sum(
        one.get("source_key") == cells.get("source_key")
        for name, table in data[1].items()
        if name != "notices"
        for one in table.rows.values()
    )
    rows = "1 row of the data rests" if rests == 1 else f"{rests:,} rows of the data rest"
    yield Material(row.id, f"is a notice that was {row.kind}; {rows} on its source", row.chapters)


def _outcomes(read: Mapping[str, Table]) -> dict[tuple[str, str], None]:
    rows = read["results"].rows.values() if "results" in read else ()
    pairs = ((cells.get("study_id", ""), cells.get("outcome", "")) for cells in rows)
    return dict.fromkeys(pair for pair in pairs if pair[1])


def _aspects(tables: tuple[TableChange, ...]) -> Iterator[Material]:
    """Rows that say something else of what they are about."""
    for table in tables:
        words = ASPECTS.get(table.name, {})
        for row in table.rows:
            for cell in row.cells if row.kind in ("changed", "renumbered") else ():
                if cell.column in words and cell.old and _unlike(cell.old, cell.new):
                    yield Material(row.id, _other(words[cell.column], cell.old, cell.new), row.chapters)


def _unlike(old: str, new: str) -> bool:
    values = number(old), number(new)
    return values[0] != values[1] if None not in values else old != new


def _other(aspect: str, old: str, new: str) -> str:
    return f"changed in {aspect}: {old} is now {new or 'blank'}"


def _tallies(
    numbers: tuple[NumberChange, ...],
    data: Data,
    sides: Sides,
) -> Iterator[Material]:
    """Counts in a bottom line; an effect there is judged as an effect."""
    for change in numbers:
        places = (change.was_in, change.key), (change.chapter, change.key)
        values = [(side.numbers.get(at), read, side) for at, read, side in zip(places, data, sides, strict=True)]
        texts = [published.text for published, _, _ in values if published]
        shown = any(place in side.bottom_lines for place, side in zip(places, sides, strict=True))
        effect = any(published and _effect(published, read, side) for published, read, side in values)
        if shown and not effect and all(map(_is_tally, texts)):
            became = f"{change.old or 'none'} is now {change.new or 'none'}"
            yield Material(change.key, f"is a tally in a bottom line: {became}", change.shown_in)


def _is_tally(text: str) -> bool:
    return text.replace(",", "").isdecimal() or text.casefold() in _COUNT_WORDS
