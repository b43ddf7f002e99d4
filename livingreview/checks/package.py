"""The data package as far as it can be read, its faults, and the words for them."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

DICTIONARY = "datapackage.json"
REFERENCES = "references.bib"
#: Tables without which there is no review; a package may lack any other.
NEEDED = ("review", "searches")
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?", re.ASCII)

#: Characters that are printable by the standard and yet draw nothing: fillers of Hangul, the empty Braille cell, the
#: grapheme joiner, vowels without a form, and all selectors of variants.
UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
    # two accents on one letter, beyond those that a composed letter has, draw over the lines around them
    "|[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{2}"
)


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: where it is, what is required, what was found, and what to do.

    Parameters
    ----------
    file : str
        Path from the root of the project.
    row : int
        Line of the file as an editor counts it, its header being line 1; 0 for the file as a whole.
    column : str
        Column of a table, or field of the dictionary or of a reference; empty for the whole line.
    requirement, actual, remedy : str
        ``requirement`` continues the word 'must'; ``remedy`` is one or more sentences.
    """

    file: str
    row: int
    column: str
    requirement: str
    actual: str
    remedy: str

    def __str__(self) -> str:
        line = f"{'row' if self.file.endswith('.csv') else 'line'} {self.row}" if self.row else ""
        place = ", ".join(part for part in (self.file, line, self.column) if part)
        return visible(f"{place}: must {self.requirement}, found {self.actual}. {self.remedy}")


@dataclass
class Text:
    """A file of the package: its bytes, and its readable lines with their numbers, without line ends."""

    file: str
    raw: bytes
    lines: list[tuple[int, str]]
    whole: bool = True
    #: Whether a line was too long to be read.
    cut: bool = False

    def fault(self, row: int, requirement: str, actual: str, remedy: str, column: str = "") -> Fault:
        """Make a fault of this file."""
        return Fault(self.file, row, column, requirement, actual, remedy)


@dataclass
class Table:
    """A table as far as it can be read: the columns in the dictionary, and the rows in the right form."""

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
        """The dictionary's entry for each column."""
        return {f["name"]: f for f in self.schema["fields"]}

    def constraints(self, column: str) -> dict[str, Any]:
        """Give the constraints of a column; empty if they are not a mapping, which another rule reports."""
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
        """Give the number in a cell; None if the cell is blank or not a number."""
        cell = self.cells[column]
        if cell.endswith("INF"):
            return {"INF": math.inf, "-INF": -math.inf}.get(cell)
        return float(cell) if NUMBER.fullmatch(cell) else None

    @property
    def place(self) -> tuple[str, int]:
        """File and line."""
        return self.table.text.file, self.line

    def fault(self, column: str, requirement: str, remedy: str, actual: str = "") -> Fault:
        """Make a fault of one cell; it shows the cell unless `actual` is given."""
        actual = actual or shown(self.cells.get(column, ""))
        return Fault(self.table.text.file, self.line, column, requirement, actual, remedy)


@dataclass
class References:
    """The bibliography: its entries, and the line numbers of entries and fields."""

    text: Text
    entries: Mapping[str, Any] = field(default_factory=dict)
    keys: list[tuple[int, str]] = field(default_factory=list)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    whole: bool = False

    def line(self, key: str, name: str) -> int:
        """Line of a field, or of its entry if the field has no line of its own."""
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
    reading_faults: list[Fault] = field(default_factory=list)
    #: Whether the dictionary was read without a fault, so that a table that it does not describe is truly not there.
    described: bool = False
    #: Files and lines of rows with a fault; no other number is compared with theirs.
    doubtful: set[tuple[str, int]] = field(default_factory=set)

    def rows(self, table: str) -> list[Row]:
        """Rows of a table; none if the table cannot be read or lacks a column."""
        return self.tables[table].rows if table in self.tables and self.tables[table].complete else []

    def whole(self, *tables: str) -> bool:
        """Whether every row of the tables could be read, so that what is not there is truly missing."""
        there = [name for name in tables if name in self.names or not self.described]
        return all(t in self.tables and self.tables[t].whole and self.tables[t].complete for t in there)

    @cached_property
    def lines_of_columns(self) -> dict[str, dict[str, int]]:
        """Lines of the dictionary that name the columns, by the path of their table; blank is the table."""
        lines: dict[str, dict[str, int]] = {}
        path = ""
        for number, line in self.texts[DICTIONARY].lines:
            if match := re.match(r'\s*"(path|name)": "([^"]*)"', line):
                path = match[2] if match[1] == "path" else path
                lines.setdefault(path, {}).setdefault("", number)
                if match[1] == "name":
                    lines.setdefault(path, {}).setdefault(match[2], number)
        return lines

    @property
    def names(self) -> list[str]:
        """Tables that the dictionary describes."""
        return [resource["name"].replace("-", "_") for resource in self.resources]

    @property
    def linkable(self) -> list[str]:
        """Tables whose rows a page lists."""
        return [r["name"].replace("-", "_") for r in self.resources if "page" in r.get("listing", {})]


def shown(text: object) -> str:
    """Show a value in a message: a number as it is, text quoted, shortened, its invisible characters as codes."""
    text = str(text)
    if not text:
        return "nothing"
    if NUMBER.fullmatch(text):
        return text
    return f"'{visible(text if len(text) <= 80 else text[:77] + '...')}'"


def visible(text: str) -> str:
    """Replace characters that a terminal would interpret or not show with their codes."""
    if text.isascii() and text.isprintable():
        return text
    seen = text if text.isascii() else UNSEEN.sub(lambda unseen: ascii(unseen[0])[1:-1], text)
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in seen)


def near(word: str, words: Iterable[str]) -> str:
    """Suggest the known word most similar to a wrong one; a frozenset of them is not copied."""
    likest = _likest(word[:80], frozenset(words))
    return f"Did you mean {shown(likest)}? " if likest else ""


@lru_cache(maxsize=256)
def _likest(word: str, words: frozenset[str]) -> str:
    """Find the word; cached, since the comparison is slow and many rows may share a mistake."""
    return next(iter(difflib.get_close_matches(word, sorted(words), n=1)), "")


def count(number: int, noun: str) -> str:
    """Write a number with its noun, in the plural if need be."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
