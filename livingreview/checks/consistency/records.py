"""The evidence in the form that the checks read: rows of printed text, by table and id.

Both the check of possibly broken data and the book, which needs sound data, can use this form.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from livingreview.evidence import Evidence

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
#: The arms whose contrast is reported, the intervention first.
ARMS = (("intervention", "comparator"), ("programme", "historical"))
TABLES = (
    *("studies", "arms", "sets", "results", "baseline", "pooled", "discrepancies", "explanations", "relations"),
    "instruments",
)
#: The column that holds the number of a row.
MAIN = {
    "results": "estimate",
    "baseline": "value",
    "pooled": "estimate",
    "sets": "n",
    "arms": "n",
    "studies": "n_randomised",
    "discrepancies": "value",
}
#: The columns of the people counted, and of their denominator.
COUNTED = {"results": ("events", "n"), "baseline": ("n", "denominator"), "sets": ("", "n")}


def is_number(text: str) -> bool:
    """Whether a text is a number that can be computed with."""
    return _NUMBER.fullmatch(text) is not None


@dataclass(frozen=True)
class Row:
    """One row of a table, as printed."""

    id: str
    table: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def number(self, column: str) -> str:
        """The number in a cell as printed; blank if there is none that can be computed with."""
        text = self[column]
        return text if is_number(text) else ""

    def count(self, column: str) -> str:
        """The whole number in a cell; blank if there is none."""
        text = self.number(column)
        return text if text.isdigit() else ""

    @property
    def main(self) -> str:
        """The reported number."""
        return self.number(MAIN.get(self.table, ""))

    @property
    def outcome(self) -> str:
        """What was measured."""
        return self["outcome"] or self["characteristic"]

    @property
    def events(self) -> str:
        """Number of people with the outcome or characteristic."""
        return self.count(COUNTED[self.table][0])

    @property
    def people(self) -> str:
        """Number of people that the row is about."""
        return self.count(COUNTED[self.table][1])


class OutcomeRows:
    """The rows of one outcome at one time in one source."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.contrasts = [row for row in rows if row["arm"] == "contrast"]
        self._arms: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            if row.main:
                self._arms[row["arm"], row["measure"]].append(row)

    def arms(self, measure: str) -> tuple[Row, Row] | None:
        """The rows of both arms with a measure, the intervention first."""
        for names in ARMS:
            first, second = (self._arms.get((arm, measure), []) for arm in names)
            if len(first) == len(second) == 1:
                return first[0], second[0]
        return None

    def contrast(self, *measures: str) -> Iterator[Row]:
        """The contrasts that have one of the measures and an estimate."""
        return (row for row in self.contrasts if row["measure"] in measures and row.main)


@dataclass(frozen=True)
class Records:
    """The tables that the checks read, and the year of each source."""

    tables: Mapping[str, Mapping[str, Row]]
    years: Mapping[str, str]

    def rows(self, *tables: str) -> Iterable[Row]:
        """All rows of some tables, in their order."""
        return [row for table in tables for row in self.tables.get(table, {}).values()]

    @cached_property
    def _by_id(self) -> dict[str, Row]:
        return {row.id: row for table in TABLES for row in self.tables.get(table, {}).values()}

    def find(self, row_id: str) -> Row | None:
        """The row with an id, or None."""
        return self._by_id.get(row_id)

    def study(self, row: Row) -> Row | None:
        """The study that a row belongs to."""
        return self.tables.get("studies", {}).get(row["study_id"])

    @cached_property
    def outcomes(self) -> list[OutcomeRows]:
        """The results by study, population, outcome, instrument, time and source; only groups of several rows."""
        groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        parts = ("study_id", "population", "outcome", "definition", "instrument", "months", "source_key")
        for row in self.rows("results"):
            groups[tuple(row[part] for part in parts)].append(row)
        return [OutcomeRows(rows) for rows in groups.values() if len(rows) > 1]

    def size(self, study_id: str, population: str, arm: str) -> tuple[str, str]:
        """How many people are in an arm of a population, and the row that says so; blank if unknown."""
        return self._sizes.get((study_id, population, arm), ("", ""))

    @cached_property
    def _sizes(self) -> dict[tuple[str, str, str], tuple[str, str]]:
        sizes: dict[tuple[str, str, str], tuple[str, str]] = {}
        for row in self.rows("sets"):
            sizes[row["study_id"], row["population"], row["arm"]] = (row.count("n"), row.id)
        for row in self.rows("arms"):
            if row["n_unit"] == "people":
                sizes[row["study_id"], "all", row["role"]] = (row.count("n"), row.id)
        for row in self.rows("studies"):
            sizes[row.id, "all", "both"] = (row.count("n_randomised"), row.id)
        return {key: value for key, value in sizes.items() if value[0]}


def records(book: Evidence) -> Records:
    """Convert the evidence into the form that the checks read."""
    tables = {}
    for name in (name for name in TABLES if name in book.resources):
        frame = getattr(book, name)
        printed = [c for c in frame.columns if f"{c}_printed" in frame.columns]
        columns = [c for c in frame.columns if c not in printed]
        lines = frame[columns].to_dict("records")
        tables[name] = {
            str(row_id): Row(str(row_id), name, {str(c).removesuffix("_printed"): str(v) for c, v in line.items()})
            for row_id, line in zip(frame.index, lines, strict=True)
        }
    return Records(tables, {key: source.year for key, source in book.sources.items()})
