"""What chapters and rules read: the data are handed to them behind recorders.

What a recorder does not know counts as reading all that it holds, so that what is not on the record was not read,
and a change to it can change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any, cast

import pandas as pd

from livingreview.checks import Fault
from livingreview.checks.package import REFERENCES, Package, Row
from livingreview.checks.rules import Rule, run
from livingreview.evidence import Evidence

#: Table, label of the row, column; of a source, 'sources', its key and nothing.
DataCell = tuple[str, object, str]
Note = Callable[[Iterable[object], Iterable[str]], None]
_HARMLESS = {"index", "columns", "shape", "empty", "name"}


def tables(book: Evidence) -> dict[str, pd.DataFrame]:
    """Give the tables of the evidence by name."""
    return {name: frame for name, frame in vars(book).items() if isinstance(frame, pd.DataFrame)}


def recorded(book: Evidence, seen: set[DataCell]) -> Evidence:
    """Copy the evidence so that it notes in `seen` which of its cells are read."""

    def of(table: str) -> Note:
        # reading the text of a number counts as reading the number; a column's own name may end that way too
        return lambda labels, columns: seen.update(
            (table, label, name) for c in columns for name in (c, c.removesuffix("_printed")) for label in labels
        )

    copy = Evidence.__new__(Evidence)
    frames = {name: _Frame(frame, of(name)) for name, frame in tables(book).items()}
    sources = _Mapping(book.sources, lambda key: seen.add(("sources", key, "")))
    vars(copy).update({**vars(book), **frames, "sources": sources})
    vars(copy).pop("_named", None)  # so that whoever asks for it reads the rows
    return copy


def reach(rule: Rule, package: Package) -> tuple[set[str], set[Fault]]:
    """Run a rule of the check; give the columns ('results.n') and files that it reads, and its faults."""
    seen: set[str] = set()

    class Noting(Package):
        def __getattribute__(self, name: str) -> Any:
            if name == "references":
                seen.add(REFERENCES)
            return super().__getattribute__(name)

    parts = {part.name: getattr(package, part.name) for part in fields(package)}
    copy = Noting(**{**parts, "tables": {}, "texts": _Mapping(package.texts, seen.add)})
    for name, whole in package.tables.items():
        copy.tables[name] = table = replace(whole, rows=[])
        note = partial(_add, seen, name)
        table.rows += [Row(table, row.line, cast("dict[str, str]", _Mapping(row.cells, note))) for row in whole.rows]
    seen.clear()
    return seen, set(run(rule, copy))


def _add(seen: set[str], table: str, column: str) -> None:
    seen.add(f"{table}.{column}")


class _Mapping(Mapping[str, Any]):
    """A dictionary that notes which of its keys are looked up; no dictionary, which could be copied unseen."""

    def __init__(self, wrapped: Mapping[str, Any], note: Callable[[str], object]) -> None:
        self._wrapped, self._note = wrapped, note

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        return self._wrapped[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._wrapped)

    def __len__(self) -> int:
        return len(self._wrapped)


class _Noting:
    """A table or a row, or the part of it that a chapter has picked out; and what notes its cells."""

    def __init__(self, wrapped: Any, note: Note) -> None:
        self._wrapped, self._note = wrapped, note

    def __contains__(self, key: object) -> bool:
        return key in self._wrapped

    def __len__(self) -> int:
        return len(self._wrapped)

    def __getattr__(self, name: str) -> Any:
        if name not in _HARMLESS:
            self._all()
        return getattr(self._wrapped, name)

    def __iter__(self) -> Iterator[Any]:
        self._all()
        return iter(self._wrapped)


class _Frame(_Noting):
    def _all(self) -> None:
        self._note(self._wrapped.index, self._wrapped.columns)

    def __getitem__(self, key: Any) -> Any:
        part = self._wrapped[key]
        if isinstance(part, pd.DataFrame):
            return _Frame(part, self._note)
        self._note(part.index, [key])
        return part

    @property
    def loc(self) -> _Loc:
        return _Loc(self._wrapped, self._note)

    def iterrows(self) -> Iterator[tuple[object, _Row]]:
        for label, row in self._wrapped.iterrows():
            yield label, _Row(row, self._note)

    def groupby(self, by: Any, **options: Any) -> Any:
        if options or not isinstance(by, list):
            return self.__getattr__("groupby")(by, **options)
        self._note(self._wrapped.index, by)
        return self._wrapped[by].groupby(by)  # without the other columns, so that none of them can be read unseen


class _Loc(_Noting):
    def __getitem__(self, key: Any) -> Any:
        part = self._wrapped.loc[key]
        labels, columns = key if isinstance(key, tuple) else (key, None)
        if isinstance(part, pd.DataFrame):
            return _Frame(part, self._note)
        if columns is None:
            return _Row(part, self._note)
        is_column = isinstance(part, pd.Series) and isinstance(columns, str)
        self._note(part.index if is_column else [labels], [columns] if isinstance(columns, str) else columns)
        return part


class _Row(_Noting):
    def _all(self) -> None:
        self._note([self._wrapped.name], self._wrapped.index)

    def __getitem__(self, key: Any) -> Any:
        self._note([self._wrapped.name], [key] if isinstance(key, str) else key)
        return self._wrapped[key]

    def get(self, key: str, default: Any = None) -> Any:
        self._note([self._wrapped.name], [key])
        return self._wrapped.get(key, default)
