"""The command ``livingreview reread``: results go to a second reader without their values, and the readings come back.

A reader sees what a result is about and where its source reports it. What both readings gave is kept; where they
differ, the result counts as read once until somebody settles what the source prints.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from livingreview.checks.package import NUMBER, near, shown
from livingreview.contribute.correcting import Correction, correct, mark_extraction
from livingreview.contribute.edits import ContributionError, Edit
from livingreview.contribute.submissions import Given, plain, sheet, text_of
from livingreview.evidence import Evidence, ids, measures
from livingreview.evidence.about import labelled
from livingreview.evidence.readings import FIELDS, TABLES, Readings, Row, same
from livingreview.repository import replace_file

#: What a reader is told of a result, and what the reader fills in.
SHOWN = ("result_id", "about", "source", "link", "locator")
FILLED = (*FIELDS, "readable", "note")
OPERATORS = ("=", "<", ">", "<=", ">=")


@dataclass(frozen=True)
class Reader:
    """Who reads a second time: a name as it is to be published, and whether it is software."""

    name: str
    is_software: bool = False

    @property
    def kind(self) -> str:
        """The word of readings.csv."""
        return "software" if self.is_software else "person"


@dataclass(frozen=True)
class Reading:
    """What a reader gave for a result: values by field, or that its place could not be read, and where it was given."""

    result_id: str
    values: Mapping[str, str]
    is_readable: bool
    place: str


@dataclass(frozen=True)
class Taken:
    """Readings in memory, and what they are, in sentences; nothing is written yet."""

    edit: Edit
    changes: int
    said: tuple[str, ...]


# ------------------------------------------------------------------------------------------------------------- out


def to_read(book: Evidence, names: Collection[str], reader: str) -> list[str]:
    """Ids of the results that a reader has not read yet, those first that nobody has read again.

    Parameters
    ----------
    book : Evidence
    names : collection of str
        Ids of results or of studies; all results where there are none.
    reader : str
        Name of the reader.

    Raises
    ------
    ContributionError
        If a name is that of neither.
    """
    studies = {str(study) for study in book.results["study_id"]}
    if strange := [name for name in names if name not in book.results.index and name not in studies]:
        hints = (near(name, {*studies, *book.results.index}) for name in strange)
        raise ContributionError(
            "\n".join(
                f"{shown(name)} must be the id of a result or of a study. {hint}".rstrip()
                for name, hint in zip(strange, hints, strict=True)
            )
        )
    done = {row["result_id"] for row in book.rows("readings") if row["reader"].casefold() == reader.casefold()}
    rows = [row for row in book.rows("results") if not names or {row["result_id"], row["study_id"]} & {*names}]
    waiting = [row for row in rows if row["result_id"] not in done]
    return [row["result_id"] for row in sorted(waiting, key=lambda row: row["extraction"] != "single")]


def described(book: Evidence, result_id: str) -> dict[str, str]:
    """Say of a result what it is about and where its source reports it, and none of its values."""
    row = book.row(result_id)
    words = labelled(book, result_id)
    words.pop("Number of people", None)
    measure = {"Measure": f"{measures.in_words(row['measure'])} ({row['unit']})".replace(" ()", "")}
    sources = [book.sources[key] for key in [str(row["source_key"])]]
    return {
        "result_id": result_id,
        "about": "; ".join(f"{label}: {text}" for label, text in (words | measure).items()),
        "source": "; ".join(f"{source.short}, {source.cited_title}" for source in sources),
        "link": "; ".join(next(iter(source.registered), source.url) for source in sources),
        "locator": str(row["locator"]),
    }


def write_out(path: Path, book: Evidence, result_ids: Iterable[str]) -> int:
    """Write a form for a reader, a result a row; give how many there are."""
    out = io.StringIO()
    writer = csv.DictWriter(out, (*SHOWN, *FILLED), restval="", lineterminator="\n")
    writer.writeheader()
    rows = [described(book, result_id) for result_id in result_ids]
    writer.writerows(rows)
    replace_file(path, out.getvalue().encode())
    return len(rows)


def interview(book: Evidence, result_id: str, ask: Callable[[str], str]) -> Reading:
    """Ask for the values of a result, in a terminal; one that is not in the form of its field is asked for again."""
    for label, text in described(book, result_id).items():
        print(f"{label.replace('result_id', 'result')}: {text}")
    if ask("Can you read that place (Enter for yes, no)? ").strip().casefold() in ("n", "no"):
        return Reading(result_id, {}, is_readable=False, place=result_id)
    fields = {f["name"]: f["description"] for f in book.resources["results"]["schema"]["fields"]}
    values: dict[str, str] = {}
    for field in FIELDS:
        while True:
            values[field] = plain(" ".join(ask(f"{field} ({fields[field].rstrip('.')})? ").split()), ",")
            if not (wrong := _wrong(field, values[field])):
                break
            print(f"It {wrong}")
    return Reading(result_id, values, is_readable=True, place=result_id)


# -------------------------------------------------------------------------------------------------------------- in


def read(path: Path, results: Collection[str], renamed: Mapping[str, str]) -> tuple[list[Reading], list[str]]:
    """Read the form that a reader filled in.

    Parameters
    ----------
    path : Path
        CSV with the columns ``result_id`` and those of `FIELDS`; others are left alone.
    results : collection of str
        Ids of the results.
    renamed : mapping of str to str
        Present ids by former ones.

    Returns
    -------
    tuple of list of Reading and list of str
        The readings, and what the reader says of places that could not be read. Rows in which nothing was filled in
        have not been read.

    Raises
    ------
    ContributionError
        With all that is wrong.
    """
    form = sheet(path.name, text_of(path))
    wrong = form.wrong
    if not wrong and (missing := [name for name in ("result_id", *FIELDS) if name not in form.labels]):
        found = ", ".join(form.labels) or "no column"
        remedy = "Write the form anew with 'livingreview reread --out FILE', and fill that in."
        wrong.append(f"{path.name}, row 1: must name the columns {', '.join(missing)}, found {found}. {remedy}")
    readings: dict[str, Reading] = {}
    remarks = []
    for row in [] if wrong else form.rows:
        reading, faults = _reading(row, results, renamed, form.delimiter)
        if reading.result_id in readings:
            before = readings[reading.result_id].place.rpartition(", ")[2]
            faults.append(f"{row.place}, result_id: must differ from that of {before}. Delete one of the two.")
        wrong += faults
        if any(reading.values.values()) or row.cells.get("readable"):
            readings[reading.result_id] = reading
            remarks += [] if reading.is_readable else [f"{reading.result_id}: {row.cells.get('note') or 'no reason'}"]
    if wrong:
        raise ContributionError("\n".join(wrong))
    return list(readings.values()), remarks


def _reading(
    row: Given, results: Collection[str], renamed: Mapping[str, str], delimiter: str
) -> tuple[Reading, list[str]]:
    """Read a row of a form; give what is wrong with it as well."""
    given, wrong = row.cells["result_id"], []
    result_id = given if given in results else renamed.get(given, given)
    if result_id not in results:
        hint = near(result_id, results) or "Take the id from the form. "
        wrong.append(f"{row.place}, result_id: must be the id of a result, found {shown(given)}. {hint}".rstrip())
    readable = row.cells.get("readable", "").casefold()
    if readable not in ("", "yes", "no"):
        wrong.append(f"{row.place}, readable: must be yes, no or blank, found {shown(readable)}. Correct it.")
    values = {field: _as_printed(row.cells[field], delimiter) for field in FIELDS}
    for field, value in values.items():
        if problem := _wrong(field, value):
            wrong.append(f"{row.place}, {field}: {problem}")
        elif value and readable == "no":
            wrong.append(f"{row.place}, {field}: must be blank where readable is no, found {shown(value)}. Clear one.")
    return Reading(result_id, values, readable != "no", row.place), wrong


def _as_printed(cell: str, delimiter: str) -> str:
    return "INF" if cell.casefold() == "inf" else plain(cell, delimiter)


def _wrong(field: str, value: str) -> str:
    """What is wrong with a value of a field; nothing if it has its form."""
    if not value or (NUMBER.fullmatch(value) and field != "p_operator"):
        return ""
    if field == "p_operator":
        return "" if value in OPERATORS else f"must be one of {' '.join(OPERATORS)}, found {shown(value)}. Correct it."
    if field == "ci_high" and value == "INF":
        return ""
    return f"must be a number with the digits as printed, found {shown(value)}. Write 1801 for 1,801; leave out words."


def take_in(data: Path, readings: Collection[Reading], reader: Reader, first: Mapping[str, Row], today: date) -> Taken:
    """Compare readings with the first one, and add both; a reading that is there already is not added again.

    Parameters
    ----------
    data : Path
        Folder of the data package.
    readings : collection of Reading
    reader : Reader
        Who read.
    first : mapping of str to mapping
        The first reading: rows of results.csv by id, as they were when the reader got them.
    today : date

    Raises
    ------
    ContributionError
        With every reading that contradicts what the same reader gave before, or that has no first reading.
    """
    edit = Edit(data)
    before = Readings(*(edit.rows(name) for name in TABLES))
    known = {(row["result_id"], row["reader"].casefold()): row for row in before.readings}
    wrong: list[str] = []
    rows, values = [*edit.rows("readings")], [*edit.rows("reading_values")]
    counted: Counter[str] = Counter()
    for reading in readings:
        if earlier := known.get((reading.result_id, reader.name.casefold())):
            wrong += _contradicted(reading, earlier, before)
            counted["repeated"] += 1
        elif reading.result_id not in first:
            wrong.append(
                f"{reading.place}: {reading.result_id} has no first reading at that revision. Leave the row out."
            )
        else:
            about = {"result_id": reading.result_id, "reader": reader.name}
            readable = {"readable": "yes" if reading.is_readable else "no"}
            rows.append({**about, "reader_kind": reader.kind, "day": str(today), **readable})
            values += _values(reading, about, first[reading.result_id])
            counted["added" if reading.is_readable else "not read"] += 1
    if wrong:
        remedy = "Correct the file; to change a reading, settle it with 'livingreview reread settle'."
        raise ContributionError("\n".join([*wrong, remedy]))
    added = counted["added"] + counted["not read"]
    if added:
        edit.replace("readings", rows)
        edit.replace("reading_values", values)
    marked = mark_extraction(edit, [reading.result_id for reading in readings])
    words = (
        f"{counted['added']} results read again by {reader.name} ({reader.kind}), {counted['not read']} not readable"
    )
    return Taken(edit, added, (f"{words}; {counted['repeated']} were there before.", *marked))


def first_reading(table: str, changed: str) -> dict[str, dict[str, str]]:
    """Read results.csv as it was at some time.

    Parameters
    ----------
    table : str
        The text of the file.
    changed : str
        The text of the list of changed ids.

    Returns
    -------
    dict of str to dict
        Its rows by present ids.
    """
    renamed = ids.changed(changed)
    rows = csv.DictReader(io.StringIO(table))
    return {renamed.get(row["result_id"], row["result_id"]): row for row in rows}


def _values(reading: Reading, about: Mapping[str, str], first: Row) -> Iterator[dict[str, str]]:
    """Give the rows of what the two readings gave; none for a field that neither gave, or a place that was not read."""
    unsettled = dict.fromkeys(("settled", "settled_by", "because"), "")
    for field in FIELDS if reading.is_readable else ():
        if first[field] or reading.values[field]:
            yield {**about, "field": field, "first": first[field], "second": reading.values[field], **unsettled}


def _contradicted(reading: Reading, earlier: Row, before: Readings) -> Iterator[str]:
    """Find where a reader gives other values than before."""
    former = {value.field: value.second for value in before.of(earlier)}
    for field, value in reading.values.items():
        if not same(value, former.get(field, "")):
            gave = former.get(field, "") or "nothing"
            yield (
                f"{reading.place}, {field}: {earlier['reader']} gave {gave} for {reading.result_id} before, "
                f"found {shown(value)}."
            )
    if reading.is_readable != (earlier["readable"] == "yes"):
        word = "readable" if earlier["readable"] == "yes" else "not readable"
        yield f"{reading.place}, readable: {earlier['reader']} called {reading.result_id} {word} before."


# ------------------------------------------------------------------------------------------------------ disagreement


def settle(data: Path, words: list[str], by: str, because: str) -> Taken:
    """Settle a disagreement: what the source prints goes to the readings and to the result.

    Parameters
    ----------
    data : Path
        Folder of the data package.
    words : list of str
        Id of the result, its field, and the value as printed, blank where the source prints none.
    by, because : str
        Who settled it, and where the source says so.
    """
    if len(words) != 3:
        raise ContributionError(
            'Write: livingreview reread settle ROW FIELD VALUE --by NAME --because PLACE; VALUE is "" where the source '
            "prints none."
        )
    row_id, field, given = words
    value = _as_printed(" ".join(given.split()), ",")
    edit = Edit(data)
    row, values = edit.find(row_id), edit.rows("reading_values")
    waiting = {(v.result_id, v.reader, v.field) for v in Readings(edit.rows("readings"), values).open}
    mine = {key for key in waiting if key[0] == row_id and key[2] == field}
    if problem := _wrong(field, value):
        raise ContributionError(f"{row_id}, {field}: {problem}")
    if not mine:
        open_fields = ", ".join(sorted(f"{key[0]} {key[2]}" for key in waiting)) or "nothing"
        raise ContributionError(
            f"{row_id}, {field}: no disagreement is open. Open are: {open_fields}. Correct a number that is not among "
            "them with 'livingreview correct'."
        )
    said = [f"{row_id}: {field} is settled as {value or 'blank'} by {by} ({because})."]
    if row[field] != value:
        corrected = correct(data, [Correction(row_id, field, value)], because)
        edit, said = corrected.edit, [*said, *corrected.said]
    settled = {"settled": value, "settled_by": by, "because": because}
    edit.replace(
        "reading_values", [v | settled if (v["result_id"], v["reader"], v["field"]) in mine else v for v in values]
    )
    return Taken(edit, len(mine), (*said, *mark_extraction(edit, [row_id])))


def report(book: Evidence) -> Iterator[str]:
    """Say how far readings agree, reader by reader, and what is to be settled."""
    current = Readings(*(book.rows(name) for name in TABLES))
    sources = dict(zip(book.results.index, book.results["source_key"], strict=True))
    for reader, kind in dict.fromkeys((row["reader"], row["reader_kind"]) for row in current.readings):
        counts = current.compared(reader, sources)
        words = ", ".join(f"{name} {agreed} of {total}" for name, (total, agreed) in counts.items() if total)
        yield f"{reader} ({kind}): the same in both readings: {words or 'nothing was compared'}."
    yield f"Disagreements that nobody has settled: {len(current.open)}."
    for value in current.open:
        yield f"  {value.result_id} {value.field}: {value.first}, and {value.second} by {value.reader}"
    if current.open:
        yield "Next: livingreview reread settle ROW FIELD VALUE --by NAME --because PLACE"
