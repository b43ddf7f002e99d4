"""What second readings of the results gave: how far they agree with the first, and where they do not meet."""

from __future__ import annotations

from livingreview.evidence import Evidence
from livingreview.evidence.readings import FIELDS, readings
from livingreview.publish.numbers import Cell, linked, table
from livingreview.statistics import effects, wording

#: What readers call the fields that are compared, and what is made of them.
NAMES = dict(
    zip(FIELDS, ("Estimate", "Lower limit", "Upper limit", "Sign of P", "P value", "People", "Events"), strict=True)
)
UNITS = {**NAMES, "result": "Results, in all of these", "source": "Sources, in all results"}

#: What says which result a row of a table is about, and what readers call whose result it is.
RESULT = ("Outcome", "Study", "Months", "Group")
GROUPS = {
    **{"intervention": "intervention", "comparator": "comparator", "contrast": "the two compared", "both": "both arms"},
    **{"cohort": "one group", "programme": "program", "historical": "earlier patients"},
}


def counts(book: Evidence) -> dict[str, dict[str, tuple[int, int]]]:
    """Count by reader what both readings gave, and how much of it is the same: see `Readings.compared`."""
    sources = dict(zip(book.results.index, book.results["source_key"], strict=True))
    again = readings(book)
    return {
        reader: again.compared(reader, sources) for reader in dict.fromkeys(row["reader"] for row in again.readings)
    }


def by_field(book: Evidence) -> None:
    """Show how far each reader agrees with the first reading, with Wilson intervals."""
    again = readings(book)
    for reader, counted in counts(book).items():
        own = [row for row in again.readings if row["reader"] == reader]
        days = wording.listed(wording.day(day) for day in sorted({row["day"] for row in own}))
        caption = f"Two readings of the results. Read again by: {reader} ({own[0]['reader_kind']}), taken in on {days}"
        rows = []
        for name, (total, agreed) in counted.items():
            interval = wording.limits(effects.risk(agreed, total), 1, "percent", 100) if total else ""
            rows.append((UNITS[name], wording.number(total), wording.number(agreed), interval))
        table(caption, ("Field", "In both readings", "The same in both", "95% CI of the share"), rows).show()


def unshared(book: Evidence) -> None:
    """Show what cannot be compared: values that one reading alone gave, and places that a reader could not read."""
    again = readings(book)
    alone = [
        (*_named(book, value.result_id), NAMES[value.field], value.first, value.second)
        for value in again.values
        if not value.is_shared
    ]
    if alone:
        table(
            "What only one of two readings gave", (*RESULT, "Field", "The first alone", "The second alone"), alone
        ).show()
    unread = [(*_named(book, row["result_id"]), row["reader"]) for row in again.readings if row["readable"] == "no"]
    if unread:
        table("Results whose place a second reader could not read", (*RESULT, "Reader"), unread).show()


def differing(book: Evidence) -> None:
    """Show where two readings gave different values, and what was settled; nothing where they never did."""
    rows = [
        (
            *(*_named(book, value.result_id), NAMES[value.field], value.first, value.second),
            (value.settled or "not printed") if value.settled_by else "open",
            *(value.settled_by, value.because),
        )
        for value in readings(book).values
        if value.differs
    ]
    columns = (*RESULT, "Field", "First reading", "Second reading", "Settled as", "Settled by", "Printed in")
    if rows:
        table("Where two readings differ", columns, rows).show()


def _named(book: Evidence, result_id: str) -> tuple[Cell | str, ...]:
    """Say which result it is, in the words of the data."""
    row = book.row(result_id)
    acronym = str(book.row(str(row["study_id"]))["acronym"])
    return linked(str(row["outcome"]), result_id), acronym, str(row["months_printed"]), GROUPS[str(row["arm"])]
