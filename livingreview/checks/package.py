"""The data package as far as it can be read, its faults, and the words in which they are told."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from livingreview.evidence import PAGES

DICTIONARY = "datapackage.json"
REFERENCES = "references.bib"
TABLES = (
    *(name for name in PAGES if name != "sources"),
    *("causes", "left_out", "agreement", "searches", "living", "registry", "checklists", "review"),
)
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?", re.ASCII)


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: where it is, what must be, what was found, and what to do.

    Parameters
    ----------
    file : str
        Path from the root of the project.
    row : int
        Line of the file as an editor counts it, its header being line 1; 0 for the file as a whole.
    column : str
        Column of a table, or field of the dictionary or of a reference; empty for the whole line.
    must, found, remedy : str
        ``must`` goes on after the word 'must'; ``remedy`` is one or more sentences.
    """

    file: str
    row: int
    column: str
    must: str
    found: str
    remedy: str

    def __str__(self) -> str:
        line = f"{'row' if self.file.endswith('.csv') else 'line'} {self.row}" if self.row else ""
        place = ", ".join(part for part in (self.file, line, self.column) if part)
        return visible(f"{place}: must {self.must}, found {self.found}. {self.remedy}")


@dataclass
class Text:
    """A file of the package: its bytes, and those of its lines that can be read, by number and without their ends."""

    file: str
    raw: bytes
    lines: list[tuple[int, str]]
    whole: bool = True
    #: Whether a line was too long to be read.
    cut: bool = False

    def fault(self, row: int, must: str, found: str, remedy: str, column: str = "") -> Fault:
        """Make a fault of this file."""
        return Fault(self.file, row, column, must, found, remedy)


@dataclass
class Table:
    """A table as far as it can be read: the columns that the dictionary knows, the rows that have the right form."""

    resource: str
    text: Text
    schema: dict[str, Any]
    columns: list[str]
    rows: list[Row]
    whole: bool

    @property
    def name(self) -> str:
        """Name of the file without its ending."""
        return self.resource.replace("-", "_")

    @property
    def key(self) -> list[str]:
        """Columns of the primary key."""
        return list(self.schema["primaryKey"])

    @cached_property
    def fields(self) -> dict[str, dict[str, Any]]:
        """What the dictionary says about each column."""
        return {f["name"]: f for f in self.schema["fields"]}

    def constraints(self, column: str) -> dict[str, Any]:
        """Give what the dictionary asks of a column; nothing where that is no mapping, which another rule tells."""
        constraints = self.fields[column].get("constraints")
        return constraints if isinstance(constraints, dict) else {}

    @cached_property
    def numeric(self) -> list[str]:
        """Columns that hold numbers."""
        return [c for c in self.columns if self.fields[c].get("type") in ("number", "integer")]

    @property
    def complete(self) -> bool:
        """Whether the file has every column of the dictionary."""
        return len(self.columns) == len(self.fields)


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    table: Table
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def number(self, column: str) -> float | None:
        """Give the number in a cell, or None where the cell is blank or not written as a number."""
        cell = self.cells[column]
        if cell.endswith("INF"):
            return {"INF": math.inf, "-INF": -math.inf}.get(cell)
        return float(cell) if NUMBER.fullmatch(cell) else None

    @property
    def place(self) -> tuple[str, int]:
        """File and line."""
        return self.table.text.file, self.line

    def fault(self, column: str, must: str, remedy: str, found: str = "") -> Fault:
        """Make a fault of one cell, which shows the cell unless something else was found."""
        return Fault(self.table.text.file, self.line, column, must, found or shown(self.cells.get(column, "")), remedy)


@dataclass
class References:
    """The bibliography: its entries, and the lines on which entries and their fields stand."""

    text: Text
    entries: Mapping[str, Any] = field(default_factory=dict)
    keys: list[tuple[int, str]] = field(default_factory=list)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    whole: bool = False

    def line(self, key: str, name: str) -> int:
        """Line of a field, or of its entry where the field has no line of its own."""
        return self.lines.get((key, name), self.lines.get((key, ""), 0))


@dataclass
class Package:
    """The data package as far as it can be read, with the faults that reading found."""

    data: Path
    descriptor: Any = None
    resources: list[dict[str, Any]] = field(default_factory=list)
    texts: dict[str, Text] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    references: References = field(default_factory=lambda: References(Text(f"data/{REFERENCES}", b"", [])))
    found: list[Fault] = field(default_factory=list)
    #: Files and lines of rows with a fault, with which no other number is compared.
    doubtful: set[tuple[str, int]] = field(default_factory=set)

    def rows(self, table: str) -> list[Row]:
        """Rows of a table; none where the table cannot be read or lacks a column."""
        return self.tables[table].rows if table in self.tables and self.tables[table].complete else []

    def whole(self, *tables: str) -> bool:
        """Whether every row of the tables could be read, so that what is not there is truly missing."""
        return all(t in self.tables and self.tables[t].whole and self.tables[t].complete for t in tables)


def shown(text: object) -> str:
    """Show what was found: a number as it is, other text in quotes, shortened, what is invisible as its code."""
    text = str(text)
    if not text:
        return "nothing"
    if NUMBER.fullmatch(text):
        return text
    return f"'{visible(text if len(text) <= 80 else text[:77] + '...')}'"


def visible(text: str) -> str:
    """Replace what a terminal would run or not show by its code."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def near(word: str, known: Iterable[str]) -> str:
    """Suggest the known word that is most like a wrong one; a frozen set of them is not copied."""
    likest = _likest(word[:80], frozenset(known))
    return f"Did you mean {shown(likest)}? " if likest else ""


@lru_cache(maxsize=256)
def _likest(word: str, known: frozenset[str]) -> str:
    """Give the known word; many rows may hold the same wrong one, and comparing it with all that are known is slow."""
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1)), "")


def count(number: int, thing: str) -> str:
    """Write a number of things."""
    return f"{number} {thing}" + ("" if number == 1 else "s")
