"""The data with one row changed, and whether the check of the data lets the change pass.

Everything is read and computed once for the data as they are; for a change only that is done again which it can reach.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pandas as pd

from livingreview.audit.mutation.mutants import Mutant
from livingreview.audit.mutation.recording import reach
from livingreview.audit.mutation.tally import MutationError
from livingreview.checks import RULES, Fault
from livingreview.checks.links import sources_known
from livingreview.checks.order import is_misplaced
from livingreview.checks.package import Package, Row
from livingreview.checks.reading import read_package, split_line
from livingreview.checks.rules import Rule, run
from livingreview.checks.schema import table_schema
from livingreview.checks.tables import agreement, explanations_fit, verdicts, within_randomised
from livingreview.evidence import Evidence, EvidenceError, dated, split
from livingreview.evidence.package import parse_table

#: Rules of the check that look at one row at a time, beside those made by `each`.
_ROW_RULES = {table_schema, sources_known}
#: Rules that look at a row of these tables with others of its study, or with those that it is related to.
STUDY_RULES = {within_randomised, agreement, explanations_fit}
_OF_STUDY = ("results", "baseline", "sets")
_RELATING = ("relations", "explanations")


class QuickRow(pd.Series):
    """A row that does not change: its cells are looked up in a dictionary, which takes a twentieth of the time."""

    cells: dict[str, Any]

    @classmethod
    def of(cls, row: pd.Series[Any]) -> QuickRow:
        """Copy a row."""
        quick = cls(row)
        object.__setattr__(quick, "cells", dict(zip(row.index, row.to_numpy(), strict=True)))
        return quick

    def __getitem__(self, key: Any) -> Any:
        """One cell by its column, or several as a series."""
        return self.cells[key] if isinstance(key, str) else super().__getitem__(key)


class Mutated(Evidence):
    """The evidence with one change; what it says of rows that are not touched is taken from a common store.

    Parameters
    ----------
    book : Evidence
        The evidence as it is.
    store : dict
        What its rows have given so far.
    touched : set of str
        Rows that the change reaches.
    **parts : object
        The attributes that differ.
    """

    def __init__(self, book: Evidence, store: dict[tuple[str, str], Any], touched: set[str], **parts: object) -> None:
        vars(self).update({**vars(book), **parts})
        vars(self).pop("_named", None)  # what rows name is read anew
        self._store, self._touched = store, touched
        self._own: dict[tuple[str, str], Any] = {}

    def row(self, row_id: str) -> pd.Series[Any]:
        """One row of any table, by its id."""
        return cast("pd.Series[Any]", self._kept("row", row_id))

    def describe(self, row_id: str) -> str:
        """Where a row comes from."""
        return str(self._kept("describe", row_id))

    def _kept(self, method: str, row_id: str) -> Any:
        if row_id not in self._table_of:
            return getattr(super(), method)(row_id)
        store = self._own if row_id in self._touched else self._store
        if (method, row_id) not in store:
            kept = getattr(super(), method)(row_id)
            store[method, row_id] = QuickRow.of(kept) if method == "row" else kept
        return store[method, row_id]


class ChangedData:
    """The data of a review, to be changed in one row at a time.

    Parameters
    ----------
    data : Path
        The folder of the data package.

    Attributes
    ----------
    evidence : Evidence
        The data as they are.
    faults : set of Fault
        What the check finds in them.
    """

    def __init__(self, data: Path) -> None:
        self.evidence = Evidence(data)
        self.package = read_package(data)
        self.faults = set(self.package.reading_faults)
        self.reach: dict[Rule, set[str]] = {}
        for rule in RULES:
            self.reach[rule], faults = reach(rule, self.package)
            if faults != set(run(rule, self.package)):
                raise MutationError(f"The rule {rule.__name__} finds otherwise when its reading is recorded.")
            self.faults |= faults
        #: quick rules first, since one that speaks is enough
        self.rules = sorted(self.reach, key=lambda rule: (rule in STUDY_RULES, not hasattr(rule, "__wrapped__")))
        self.of_study: dict[tuple[Any, ...], set[Fault]] = {}
        if not self.faults:
            self.faults.update(verdicts(self.package, self.evidence))
        self.store: dict[tuple[str, str], Any] = {}

    def allows(self, mutant: Mutant) -> bool:
        """Whether the data can be read with a change of a row, and the check finds no new fault in them."""
        name = Path(mutant.file).stem
        cells = self.package.tables[name].rows[mutant.index].cells | mutant.new
        package = self._changed(name, mutant.index, written(cells.values()))
        if self._breaks_rule(package, name, mutant):
            return False
        try:
            book, row = self.with_change(name, cells, mutant)
        except EvidenceError:
            return False
        label = getattr(self.evidence, name).index[mutant.index]
        return bool(self.faults) or not self._breaks_verdict(package, book, {str(label), str(row.index[0])})

    def with_change(self, name: str, cells: dict[str, str], mutant: Mutant) -> tuple[Mutated, pd.DataFrame]:
        """Give the evidence with changed cells in a row, and that row."""
        whole: pd.DataFrame = getattr(self.evidence, name)
        label = whole.index[mutant.index]
        row = self._read(name, cells, mutant)
        places = {key: table for key, table in self.evidence._table_of.items() if key != label}
        if name in self.evidence.pages:
            places[str(row.index[0])] = name
        frame = pd.concat([whole.iloc[: mutant.index], row, whole.iloc[mutant.index + 1 :]]).copy()
        touched = {str(label), str(row.index[0])}
        book = Mutated(self.evidence, self.store, touched, **{name: frame, "_table_of": places})
        if name in {"review", "searches"}:
            book.review = dated(book.review, book.searches)
        return book, row

    def _read(self, name: str, cells: dict[str, str], mutant: Mutant) -> pd.DataFrame:
        """Read the changed cells of a line with the reader of all tables, and put them into their row."""
        whole: pd.DataFrame = getattr(self.evidence, name)
        schema = self.evidence.resources[name]["schema"]
        fields = [f for f in schema["fields"] if f["name"] in {*schema["primaryKey"], *mutant.new, *[*cells][:2]}]
        names = [f["name"] for f in fields]
        lines = f"{written(names)}\n{written(cells[column] for column in names)}\n"
        table = parse_table(lines.encode(), f"{name}.csv", {**schema, "fields": fields})
        row = whole.iloc[[mutant.index]]
        if len(schema["primaryKey"]) > 1:
            table.index = row.index
        elif table.index[0] != row.index[0] and table.index[0] in whole.index:
            raise EvidenceError(f"data/{name}.csv: the id '{table.index[0]}' stands twice.")
        row.index = table.index
        return row.assign(**{column: table[column] for column in table.columns})

    def _changed(self, name: str, index: int, line: str) -> Package:
        """Give the data package with another line in a table."""
        whole = self.package.tables[name]
        mutated = replace(whole, rows=[*whole.rows])
        package = replace(self.package, tables={**self.package.tables, name: mutated})
        cells = dict(zip(whole.columns, split_line(line) or [], strict=True))
        mutated.rows[index] = Row(mutated, whole.rows[index].line, cells)
        return package

    def _breaks_rule(self, package: Package, name: str, mutant: Mutant) -> bool:
        """Whether a rule finds a fault that it does not find in the data as they are."""
        whole = package.tables[name]
        row, before = (tables[name].rows[mutant.index] for tables in (package.tables, self.package.tables))
        alone = replace(package, tables={name: replace(whole, rows=[row])})
        studies = {version.cells.get("study_id", "") for version in (row, before)}
        near: Package | None = None
        for rule in self.rules:
            if self.reach[rule].isdisjoint(f"{name}.{column}" for column in mutant.new):
                continue
            existing = self.faults
            of = alone if rule in _ROW_RULES or hasattr(rule, "__wrapped__") else package
            if rule in STUDY_RULES and name not in _RELATING:
                near = near or self._near(package, studies, row)
                key = (rule, *sorted(studies), "" if studies - {""} else before[whole.key[0]])
                if key not in self.of_study:
                    self.of_study[key] = set(run(rule, self._near(self.package, studies, before)))
                of, existing = near, self.of_study[key]
            if set(run(rule, of)) - existing:
                return True
        return is_misplaced(whole, mutant.index)

    def _near(self, package: Package, studies: set[str], row: Row) -> Package:
        """Leave in the package what is about these studies, and what explanations and relations name with it."""
        tables = package.tables
        ids = {row[row.table.key[0]]}
        ids.update(
            record[tables[n].key[0]] for n in _OF_STUDY for record in package.rows(n) if record["study_id"] in studies
        )
        related = [record for n in _RELATING for record in package.rows(n) if not _names(record).isdisjoint(ids)]
        ids = ids.union(*map(_names, related))
        subsets = {n: [record for record in package.rows(n) if record[tables[n].key[0]] in ids] for n in _OF_STUDY}
        subsets |= {n: [record for record in related if record.table.name == n] for n in _RELATING}
        parts = {n: replace(tables[n], rows=rows) for n, rows in subsets.items() if n in tables}
        return replace(package, tables={**tables, **parts})

    def _breaks_verdict(self, package: Package, book: Evidence, touched: set[str]) -> bool:
        """Whether the verdict of a claim on one of these rows does not follow from the data any more."""
        named = ((row, {row["claim_id"], *split(row["checked_against"])}) for row in package.rows("claims"))
        claims = replace(package.tables["claims"], rows=[row for row, names in named if touched & names])
        part = replace(package, tables={**package.tables, "claims": claims})
        return any(verdicts(part, book))


def written(cells: Iterable[str]) -> str:
    """Write a line of CSV, without its end."""
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow(cells)
    return file.getvalue()


def _names(row: Row) -> set[str]:
    """The ids in a row that explains or relates others."""
    return {part.partition(".")[0] for text in row.cells.values() for part in split(text)}
