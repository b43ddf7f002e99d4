"""Second readings of results: what each reader gave beside the first reading, and how far the two agree.

Two tables hold them: ``readings.csv`` (a reader read a result again) and ``reading_values.csv`` (a field of it, as both
readings gave it). Both values stay when the result is corrected, so that agreement is that of the readings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property

from livingreview.evidence.package import Evidence

TABLES = ("readings", "reading_values")
#: Columns of results.csv that are read a second time.
FIELDS = ("estimate", "ci_low", "ci_high", "p_operator", "p_value", "n", "events")
#: What readings.csv calls who read, and the word in ``extraction`` of a result on which such a reader agrees. Of two
#: people the first of these words holds where the first reading was made by software, the second where by a person.
EXTRACTION = {"software": ("read_twice",), "person": ("read_by_person", "double")}

Row = Mapping[str, str]


def same(first: str, second: str) -> bool:
    """Whether two values are equal as printed.

    Numbers are compared as decimal numbers, exactly and without a tolerance: 0.50 is 0.5, and 0.54 is not. Everything
    else is compared letter for letter.
    """
    try:
        return Decimal(first) == Decimal(second)
    except InvalidOperation:
        return first == second


@dataclass(frozen=True)
class Value:
    """A field of a result as two readings gave it; blank where one of them gave nothing.

    Parameters
    ----------
    result_id, reader, field : str
        The result, who read it again, and the column of results.csv.
    first, second : str
        What the two readings gave.
    settled, settled_by, because : str
        Of a disagreement: what the source prints, who found that, and where it is printed.
    """

    result_id: str
    reader: str
    field: str
    first: str
    second: str
    settled: str = ""
    settled_by: str = ""
    because: str = ""

    @property
    def is_shared(self) -> bool:
        """Whether both readings gave the field, so that it can be compared."""
        return bool(self.first and self.second)

    @property
    def differs(self) -> bool:
        """Whether the readings gave different values."""
        return self.is_shared and not same(self.first, self.second)

    @property
    def is_open(self) -> bool:
        """Whether nobody has settled a disagreement."""
        return self.differs and not self.settled_by

    def is_confirmed(self, now: str) -> bool:
        """Whether a value of results.csv is the one on which both readings, or the adjudicator, settled.

        What one reading alone gave may have been taken out, or filled in from it.
        """
        if not self.is_shared:
            return not now or same(self.first or self.second, now)
        return not self.is_open and same(self.settled if self.settled_by else self.second, now)


class Readings:
    """All second readings.

    Parameters
    ----------
    readings, values : iterable of mapping
        Rows of the two tables.
    """

    def __init__(self, readings: Iterable[Row], values: Iterable[Row]) -> None:
        self.readings = list(readings)
        self.values = [Value(**{name: row[name] for name in Value.__dataclass_fields__}) for row in values]

    @cached_property
    def of_result(self) -> dict[str, list[Row]]:
        """Readings of each result that its readers could read."""
        groups = defaultdict[str, list[Row]](list)
        for row in self.readings:
            if row["readable"] == "yes":
                groups[row["result_id"]].append(row)
        return groups

    @cached_property
    def _values(self) -> dict[tuple[str, str], list[Value]]:
        groups = defaultdict[tuple[str, str], list[Value]](list)
        for value in self.values:
            groups[value.result_id, value.reader].append(value)
        return groups

    def of(self, reading: Row) -> list[Value]:
        """The fields of a reading."""
        return self._values.get((reading["result_id"], reading["reader"]), [])

    @property
    def open(self) -> list[Value]:
        """Disagreements that nobody has settled."""
        return [value for value in self.values if value.is_open]

    def unconfirmed(self, result: Row) -> list[Value]:
        """Fields of a result that are not, or no longer, what its readings settled on."""
        return [
            value
            for reading in self.of_result.get(result["result_id"], ())
            for value in self.of(reading)
            if not value.is_confirmed(result[value.field])
        ]

    def extraction(self, result: Row) -> tuple[str, ...]:
        """Words that the column ``extraction`` of a result may hold; the first is that of a first reading by software.

        Parameters
        ----------
        result : mapping of str to str
            Its row of results.csv.
        """
        kinds = {reading["reader_kind"] for reading in self.of_result.get(result["result_id"], ())}
        if not kinds or self.unconfirmed(result):
            return ("single",)
        return EXTRACTION["person" if "person" in kinds else "software"]

    def compared(self, reader: str, sources: Mapping[str, str]) -> dict[str, tuple[int, int]]:
        """Count what one reader and the first reading both gave.

        Parameters
        ----------
        reader : str
        sources : mapping of str to str
            Source of each result by its id.

        Returns
        -------
        dict of str to (int, int)
            How many were compared and how many of these agree: of each field; of results, in all their fields that
            both gave; and of sources, in all results.
        """
        shared = [value for value in self.values if value.reader == reader and value.is_shared]
        counts = {name: _agreed({v.result_id: [v] for v in shared if v.field == name}) for name in FIELDS}
        results, of_source = defaultdict[str, list[Value]](list), defaultdict[str, list[Value]](list)
        for value in shared:
            results[value.result_id].append(value)
            of_source[sources[value.result_id]].append(value)
        return counts | {"result": _agreed(results), "source": _agreed(of_source)}


def _agreed(groups: Mapping[str, list[Value]]) -> tuple[int, int]:
    return len(groups), sum(not any(value.differs for value in values) for values in groups.values())


def readings(book: Evidence) -> Readings:
    """Read the second readings of the evidence."""
    return Readings(*(book.rows(name) for name in TABLES))
