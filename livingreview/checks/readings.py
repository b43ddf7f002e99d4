"""Rules on second readings: what belongs to a reading, what settles a disagreement, and what a result may claim."""

from __future__ import annotations

from collections.abc import Iterator

from livingreview.checks.package import NUMBER, Fault, Package, Row
from livingreview.checks.rules import Wrong, each
from livingreview.evidence.readings import TABLES, Readings, Value


@each("field", "first", "second", tables=["reading_values"])
def values_compared(row: Row) -> Iterator[Wrong]:
    """Test that a reading gave each value in the form of its field, and that at least one of the two gave it."""
    for column in ("first", "second", "settled"):
        cell = row[column]
        if cell and row["field"] != "p_operator" and cell != "INF" and not NUMBER.fullmatch(cell):
            yield column, "be a number, with the digits as printed", "Correct it."
    if not row["first"] and not row["second"]:
        yield "second", "be filled in where the first reading gave nothing", "Delete the row."


@each("settled", "settled_by", "because", tables=["reading_values"])
def values_settled(row: Row) -> Iterator[Wrong]:
    """Test that only a disagreement is settled, by somebody else than the reader, who says where the source says so."""
    value = Value(**{name: row[name] for name in Value.__dataclass_fields__})
    if value.settled_by and not value.differs:
        yield "settled_by", "be blank where the readings do not disagree", "Clear it."
    elif value.settled_by.casefold() == value.reader.casefold():
        yield "settled_by", f"be somebody else than the reader, {value.reader}", "Name who settled it."
    if bool(value.settled_by) != bool(value.because):
        requirement = "be filled in for what was settled, and for nothing else"
        yield "because" if value.settled_by else "settled_by", requirement, "Say it, or clear the other."
    if value.settled and not value.settled_by:
        yield "settled", "be blank until somebody has settled it", "Name who did in settled_by, or clear it."


def values_of_readings(package: Package) -> Iterator[Fault]:
    """Test that a value belongs to a reading of a place that was read, and that a reader is one kind of reader."""
    kinds: dict[str, str] = {}
    read: dict[tuple[str, str], bool] = {}
    for row in package.rows("readings"):
        kind = kinds.setdefault(row["reader"].casefold(), row["reader_kind"])
        if row["reader_kind"] != kind:
            requirement = f"be {kind}, as in the other rows of {row['reader']}"
            yield row.fault("reader_kind", requirement, "Correct it, or the name.")
        read[row["result_id"], row["reader"]] = row["readable"] == "yes"
    for row in package.rows("reading_values") if package.whole("readings") else []:
        if not read.get((row["result_id"], row["reader"])):
            requirement = f"be somebody who read {row['result_id']} by data/readings.csv"
            yield row.fault("reader", requirement, "Correct the name, or delete the row.")


def first_alone_moved(package: Package) -> Iterator[Fault]:
    """Test that what the first reading alone gave, and its result has no more, stands in a result of its outcome."""
    if not package.whole("results", *TABLES):
        return
    results = {row["result_id"]: row for row in package.rows("results")}
    of_outcome: dict[tuple[str, str], list[Row]] = {}
    for row in results.values():
        of_outcome.setdefault((row["study_id"], row["outcome"]), []).append(row)
    for row in package.rows("reading_values"):
        result, field = results.get(row["result_id"]), row["field"]
        if row["second"] or result is None or result[field]:
            continue
        held = {other[field] for other in of_outcome[result["study_id"], result["outcome"]]} - {""}
        if row["first"] not in held:
            requirement = f"be the {field} of a result of the same outcome, since {row['result_id']} has none"
            remedy = f"Write what the first reading gave: {' or '.join(sorted(held))}." if held else "Delete the row."
            yield row.fault("first", requirement, remedy)


def extraction_read(package: Package) -> Iterator[Fault]:
    """Test that a result is called read again only if a second reading gave what it says."""
    if not package.whole("results", *TABLES):
        return
    readings = Readings(*([row.cells for row in package.rows(name)] for name in TABLES))
    for row in package.rows("results"):
        words = readings.extraction(row.cells)
        if row["extraction"] in words:
            continue
        if unlike := readings.unconfirmed(row.cells):
            value = unlike[0]
            first, second = value.first or "blank", value.second or "blank"
            why = f"{value.field} is {first} in the first reading and {second} in that of {value.reader}"
            remedy = f"Correct the number, or write {words[0]}."
            if value.is_open:
                remedy = f"Write {words[0]}; then: livingreview reread settle {row['result_id']} {value.field} VALUE"
        else:
            named = ", ".join(reading["reader"] for reading in readings.of_result.get(row["result_id"], ()))
            why = f"data/readings.csv names {named or 'nobody who read it again'}"
            remedy = f"Write {words[0]}, or take the reading in with 'livingreview reread'."
        yield row.fault("extraction", f"be {' or '.join(words)}, since {why}", remedy)
