"""The tables of two versions, row by row.

Rows are matched by their id, so that their order does not matter. A row that kept its id and its cells, but not its
place among the rows of both versions, has moved. A row whose id alone changed is renumbered.

Columns are matched by name. A column that only the old version has and one that only the new one has are one column
renamed, when more than half of the rows of both versions that hold anything in either hold the same in both, and
neither fits another column better. Its remaining differences are reported as changes of cells.
"""

from __future__ import annotations

import csv
import io
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from livingreview.evidence import sources
from livingreview.history.escaping import plain
from livingreview.history.snapshots import Snapshot

DICTIONARY = "data/datapackage.json"
REFERENCES = "data/references.bib"
#: Names of the two tables that are not CSV files.
SOURCES, COLUMNS = "sources", "dictionary"

Cells = dict[str, str]


@dataclass(frozen=True)
class Table:
    """One table of a version: its columns, and its rows by id, in their order."""

    name: str
    file: str
    columns: tuple[str, ...]
    rows: Mapping[str, Cells] = field(repr=False)
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class CellChange:
    """A cell before and after; blank where there is none."""

    column: str
    old: str
    new: str


@dataclass(frozen=True)
class RowChange:
    """What became of a row.

    Parameters
    ----------
    id : str
        Its id; several key columns are joined by a comma.
    kind : str
        added, removed, changed, renumbered or moved; a row that changed and moved is changed.
    cells : tuple of CellChange
        Every cell that differs; of a row that was added or removed, every cell that is not blank.
    moved : bool
        Whether its place among the rows of both versions changed.
    was : str
        The earlier id of a renumbered row.
    chapters : tuple of str
        Chapters that use the row, in either version.
    other : str
        The file that a removed row has moved to, or that an added one has come from, by its id.
    """

    id: str
    kind: str
    cells: tuple[CellChange, ...] = ()
    moved: bool = False
    was: str = ""
    chapters: tuple[str, ...] = ()
    other: str = ""


@dataclass(frozen=True)
class TableChange:
    """What became of a table; `renamed` holds pairs of an old and a new name of a column."""

    name: str
    file: str
    rows: tuple[RowChange, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows by what became of them."""
        return dict(Counter(row.kind for row in self.rows))


def tables(snapshot: Snapshot, problems: list[str]) -> dict[str, Table]:
    """Read every table of a version.

    Parameters
    ----------
    snapshot : Snapshot
    problems : list of str
        What cannot be read is added to it; the rest is read all the same.

    Returns
    -------
    dict of str to Table
        By name: the CSV files in the order of the dictionary, those it does not name after them; then the dictionary
        of columns and the sources.
    """
    read: dict[str, Table] = {}
    files = {path for path in snapshot.files if path.startswith("data/") and path.endswith(".csv")}
    package = _package(snapshot, problems)
    for resource in package:
        path = f"data/{resource['path']}"
        if path in files:
            files.discard(path)
            name = resource["name"].replace("-", "_")
            read[name] = _table(snapshot, name, path, resource["key"], problems)
        elif path.endswith(".csv"):
            problems.append(f"{snapshot.name}: {plain(path)} is missing, though the dictionary names it.")
    for path in sorted(files):
        name = path.removeprefix("data/").removesuffix(".csv")
        read[name] = _table(snapshot, name, path, (), problems)
    if package:
        columns = dict(pair for resource in package for pair in resource["columns"].items())
        read[COLUMNS] = _of_rows(COLUMNS, DICTIONARY, columns)
    if REFERENCES in snapshot.files:
        read[SOURCES] = _of_rows(SOURCES, REFERENCES, _references(snapshot, problems))
    return read


def _of_rows(name: str, file: str, rows: dict[str, Cells]) -> Table:
    return Table(name, file, tuple(dict.fromkeys(column for cells in rows.values() for column in cells)), rows)


def _text(snapshot: Snapshot, path: str, problems: list[str]) -> str:
    try:
        return snapshot.files[path].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(f"{snapshot.name}: {plain(path)} is not UTF-8 at byte {error.start}. Run 'make check' on it.")
        return ""


def _package(snapshot: Snapshot, problems: list[str]) -> list[dict[str, Any]]:
    """The tables that the dictionary names: name, path, key, and a row for the table and each of its columns."""
    if DICTIONARY not in snapshot.files:
        return []
    tables = []
    try:
        for resource in json.loads(_text(snapshot, DICTIONARY, problems) or "{}").get("resources", []):
            name, schema = str(resource["name"]), resource["schema"]
            key = schema.get("primaryKey", [])
            columns = {name: _cells(resource, "schema") | _cells(schema, "fields")}
            columns |= {f"{name}.{field['name']}": _cells(field, "name") for field in schema["fields"]}
            keys = (key,) if isinstance(key, str) else tuple(map(str, key))
            tables.append({"name": name, "path": str(resource["path"]), "key": keys, "columns": columns})
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        problems.append(
            f"{snapshot.name}: {DICTIONARY} cannot be read ({type(error).__name__}: {plain(str(error))}). "
            "Run 'make check' on it."
        )
    return tables


def _cells(descriptor: Mapping[str, Any], without: str) -> Cells:
    """The properties of a part of the dictionary as cells, those within constraints each for itself."""
    flat = {key: value for key, value in descriptor.items() if key != without}
    flat |= dict(flat.pop("constraints", None) or {})
    return {
        str(key): value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        for key, value in flat.items()
    }


def _table(snapshot: Snapshot, name: str, path: str, key: tuple[str, ...], problems: list[str]) -> Table:
    """Read a CSV file; a row that does not fit its header is reported and left out."""
    place = f"{snapshot.name}: {plain(path)}"
    reader = csv.reader(io.StringIO(_text(snapshot, path, problems), newline=""), strict=True)
    rows: dict[str, Cells] = {}
    columns: tuple[str, ...] = ()
    try:
        header = next(reader, [])
        columns = tuple(_apart(header))
        if columns != tuple(header):
            problems.append(f"{place} has two columns of one name. Rename one of them.")
        keys = key if key and set(key) <= set(columns) else columns[:1]
        lines = [(reader.line_num, cells) for cells in reader if cells]
        fit = [cells for _, cells in lines if len(cells) == len(columns)]
        for number, cells in lines:
            if len(cells) != len(columns):
                problems.append(f"{place}, row {number}: has {len(cells)} cells, its header {len(columns)}.")
        at = [columns.index(column) for column in keys]
        names = [", ".join(cells[i] for i in at) for cells in fit]
        ids = [*_apart(names)]
        problems += [f"{place}: the id '{plain(n)}' stands twice. Give one of the rows another." for n in _twice(names)]
        rows = {row: dict(zip(columns, cells, strict=True)) for row, cells in zip(ids, fit, strict=True)}
    except csv.Error as error:
        problems.append(f"{place}, row {reader.line_num}: {error}. Run 'make check' on it.")
        keys = ()
    return Table(name, path, columns, rows, keys)


def _apart(names: Iterable[str]) -> Iterator[str]:
    """Names, a repeated one with its count after it."""
    seen: Counter[str] = Counter()
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _twice(names: Sequence[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _references(snapshot: Snapshot, problems: list[str]) -> dict[str, Cells]:
    """The fields of each reference, by its key."""
    entries, errors = sources.parse(_text(snapshot, REFERENCES, problems))
    if errors:
        reason = plain(" ".join(str(errors[0]).split()))
        problems.append(f"{snapshot.name}: {REFERENCES}: {reason}. Run 'make check' on it.")
    return {
        str(key): {"type": str(entry.type)} | {str(name): str(value) for name, value in entry.fields.items()}
        for key, entry in entries.items()
    }


def renamed(old: Table, new: Table) -> dict[str, str]:
    """Columns that have another name.

    Returns
    -------
    dict of str to str
        New name by old name, by the rule of this module.
    """
    gone = [column for column in old.columns if column not in new.columns]
    come = [column for column in new.columns if column not in old.columns]
    common = [row for row in old.rows if row in new.rows]
    fits = []
    for before in gone:
        for after in come:
            pairs = [(old.rows[row].get(before, ""), new.rows[row].get(after, "")) for row in common]
            pairs = [pair for pair in pairs if any(pair)]
            share = sum(a == b for a, b in pairs) / len(pairs) if pairs else 0.0
            apart = abs(old.columns.index(before) - new.columns.index(after))
            if share > 0.5:
                fits.append((-share, apart, before, after))
    names: dict[str, str] = {}
    for _, _, before, after in sorted(fits):
        if before not in names and after not in names.values():
            names[before] = after
    return names


def change(name: str, old: Table | None, new: Table | None, users: Mapping[str, Sequence[str]]) -> TableChange | None:
    """Say what became of a table.

    Parameters
    ----------
    name : str
        Its name.
    old, new : Table or None
        Before and after; None where it does not exist.
    users : mapping of str to sequence of str
        Chapters that use a row, by its id.

    Returns
    -------
    TableChange or None
        None when nothing changed.
    """
    before, after = (table or Table(name, "", (), {}) for table in (old, new))
    names = renamed(before, after)
    earlier = {row: {names.get(c, c): text for c, text in cells.items()} for row, cells in before.rows.items()}
    columns = tuple(dict.fromkeys([*after.columns, *(names.get(c, c) for c in before.columns)]))
    gone = [row for row in earlier if row not in after.rows]
    come = [row for row in after.rows if row not in earlier]
    keys = {names.get(c, c) for c in before.key} | set(after.key)
    was = _renumbered({row: earlier[row] for row in gone}, {row: after.rows[row] for row in come}, keys)
    elsewhere = _moved([row for row in earlier if row in after.rows], [row for row in after.rows if row in earlier])
    changes = []
    for row in [*after.rows, *(row for row in gone if row not in was.values())]:
        earlier_id = was.get(row, row)
        cells = _differences(columns, earlier.get(earlier_id, {}), after.rows.get(row, {}))
        kind = "renumbered" if row in was else "added" if row not in earlier else ""
        kind = kind or ("removed" if row not in after.rows else "changed" if cells else "moved")
        if kind != "moved" or row in elsewhere:
            chapters = sorted({*users.get(row, ()), *users.get(earlier_id, ())})
            changes.append(RowChange(row, kind, cells, row in elsewhere, was.get(row, ""), tuple(chapters)))
    done = TableChange(
        name,
        after.file or before.file,
        tuple(changes),
        tuple(c for c in after.columns if c not in before.columns and c not in names.values()),
        tuple(c for c in before.columns if c not in after.columns and c not in names),
        tuple(names.items()),
    )
    return done if done.rows or done.added or done.removed or done.renamed else None


def across(changes: Sequence[TableChange]) -> tuple[TableChange, ...]:
    """Say of rows that were removed from one table and added to another where they went and came from."""
    files: dict[str, dict[str, str]] = {"added": {}, "removed": {}}
    for table in changes:
        for row in table.rows:
            files.setdefault(row.kind, {})[row.id] = table.file
    opposite = {"added": files["removed"], "removed": files["added"]}
    return tuple(
        replace(
            table,
            rows=tuple(replace(row, other=opposite.get(row.kind, {}).get(row.id, "")) for row in table.rows),
        )
        for table in changes
    )


def _differences(columns: Sequence[str], old: Cells, new: Cells) -> tuple[CellChange, ...]:
    pairs = ((column, old.get(column, ""), new.get(column, "")) for column in columns)
    return tuple(CellChange(*pair) for pair in pairs if pair[1] != pair[2])


def _renumbered(gone: dict[str, Cells], come: dict[str, Cells], keys: set[str]) -> dict[str, str]:
    """Rows of which only the id changed: the earlier id by the new one. Rows with equal cells are left out."""

    def without(rows: dict[str, Cells]) -> dict[tuple[tuple[str, str], ...], list[str]]:
        ids: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for row, cells in rows.items():
            values = tuple(sorted((c, text) for c, text in cells.items() if c not in keys and text))
            if values:
                ids.setdefault(values, []).append(row)
        return ids

    before, after = without(gone), without(come)
    pairs = ((before.get(values, []), rows) for values, rows in after.items())
    return {rows[0]: earlier[0] for earlier, rows in pairs if len(earlier) == len(rows) == 1}


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Rows to take out so that the others are in the same order: all but a longest rising sequence."""
    place = {row: i for i, row in enumerate(before)}
    tails: list[int] = []  # the lowest end of a rising sequence of each length
    ends: list[str] = []
    previous: dict[str, str | None] = {}
    for row in after:
        at = bisect_left(tails, place[row])
        previous[row] = ends[at - 1] if at else None
        tails[at : at + 1], ends[at : at + 1] = [place[row]], [row]
    in_order, row_ = set(), ends[-1] if ends else None
    while row_ is not None:
        in_order.add(row_)
        row_ = previous[row_]
    return {row for row in after if row not in in_order}
