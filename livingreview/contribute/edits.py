"""Changes to the data that are made in memory, checked in a copy, and then written whole or not at all.

Every route by which facts come in, `correcting` and `adding`, makes one `Edit`. It knows the lines of the files as they
were read, so that whatever it does not change stays as it is, byte for byte.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from livingreview.checks import check, sort
from livingreview.checks.package import REFERENCES, Fault, Package, Row, Table, near, shown
from livingreview.checks.reading import CELL, read_package
from livingreview.evidence import ids
from livingreview.repository import replace_file

#: The contents of the book, which the check of the data reads.
CONTENTS = "_toc.yml"


class ContributionError(Exception):
    """What somebody wants to change cannot be changed; the message says where, why, and what to do."""


@dataclass
class Edit:
    """Changes to the data.

    Parameters
    ----------
    data : Path
        Folder of the data package.

    Attributes
    ----------
    package : Package
        The data as they were read.
    read : dict of str to str
        What has been read of sources that are there, by their key, where more of it was than before.
    added : dict of str to list of dict
        New rows by their table.
    origin : dict of (str, str) to str
        Where a new row was given, by its table and id, or a new source, by the name of their file and its key: messages
        name that place, since the row is in no file yet.
    """

    data: Path
    package: Package = field(init=False)
    read: dict[str, str] = field(default_factory=dict)
    added: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    origin: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.package = read_package(self.data)
        self._changed: dict[str, dict[str, dict[str, str]]] = {}
        self._removed: dict[str, set[str]] = {}
        self._entries: dict[str, str] = {}
        self._whole: dict[str, list[dict[str, str]]] = {}

    # ------------------------------------------------------------------------------------------------- what is there

    def table(self, name: str) -> Table:
        """A table that can be changed.

        Raises
        ------
        ContributionError
            If there is none of that name, or its file has a fault.
        """
        if name not in self.package.tables:
            hint = near(name, self.package.tables)
            raise ContributionError(f"{shown(name)} is no table of the data that can be read. {hint}Run 'make check'.")
        table = self.package.tables[name]
        if not (table.whole and table.complete and table.text.raw == _raw(line for _, line in table.text.lines)):
            raise ContributionError(f"{table.text.file} has a fault already. Run 'make check', and mend it first.")
        return table

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a table as they will be."""
        if name in self._whole:
            return self._whole[name]
        table, changed, removed = self.table(name), self._changed.get(name, {}), self._removed.get(name, set())
        key = table.key[0]
        kept = ({**row.cells, **changed.get(row[key], {})} for row in table.rows if row[key] not in removed)
        return [*kept, *self.added.get(name, [])]

    def find(self, row_id: str) -> Row:
        """A row of any table, by its id.

        Raises
        ------
        ContributionError
            If there is none.
        """
        tables = [table for table in self.package.tables.values() if table.complete and len(table.key) == 1]
        every = {row[table.key[0]]: row for table in tables for row in table.rows}
        if row_id in self.keys:
            raise ContributionError(f"{row_id} is a source: correct it in data/{REFERENCES}, then run 'make check'.")
        if row_id not in every:
            hint = near(row_id, every) or "Look its id up on the evidence pages. "
            raise ContributionError(f"No row of the data is called {shown(row_id)}. {hint}".rstrip())
        return every[row_id]

    @property
    def keys(self) -> list[str]:
        """Keys of the sources as they will be."""
        return [*(key for _, key in self.package.references.keys), *self._entries]

    @property
    def short_words(self) -> dict[str, str]:
        """Short words by phrase, from which ids are made."""
        words: dict[str, str] = self.package.descriptor.get("shortWords", {})
        return words

    # ------------------------------------------------------------------------------------------------------- changes

    def change(self, row: Row, column: str, value: str) -> None:
        """Change one cell."""
        self.table(row.table.name)
        self._changed.setdefault(row.table.name, {}).setdefault(row[row.table.key[0]], {})[column] = value

    def remove(self, name: str, row_id: str) -> None:
        """Remove a row."""
        self._removed.setdefault(self.table(name).name, set()).add(row_id)

    def add(self, name: str, cells: Mapping[str, str], origin: str = "") -> str:
        """Add a row.

        Parameters
        ----------
        name : str
            Its table.
        cells : mapping of str to str
            By column; a column that is missing stays blank. A blank id is made from the cells.
        origin : str
            Where it was given, for messages.

        Returns
        -------
        str
            Its id.
        """
        table = self.table(name)
        row = {column: " ".join(cells.get(column, "").split()) for column in table.columns}
        key, rows = table.key[0], self.rows(name)
        if not row[key] and name in ids.FORMS:
            row[key] = ids.row_id(name, row, rows, self.short_words)
        if any(row[key] == other[key] for other in rows):
            remedy = "Correct that row with 'livingreview correct', or give this one another id."
            raise ContributionError(f"{origin or table.text.file}: {row[key]} is in the data already. {remedy}")
        self.added.setdefault(name, []).append(row)
        self.origin[table.text.file, row[key]] = origin
        return row[key]

    def replace(self, name: str, rows: Iterable[Mapping[str, str]]) -> None:
        """Give all rows of a table whose rows have no ids, in any order."""
        columns = self.table(name).columns
        self._whole[name] = [{column: " ".join(row[column].split()) for column in columns} for row in rows]

    def cite(self, key: str, entry: str, origin: str = "") -> None:
        """Add a source, as an entry of BibTeX."""
        if key in self.keys:
            raise ContributionError(
                f"{origin or REFERENCES}: the source {key} is in the data already. Name it by its key."
            )
        self._entries[key] = entry
        self.origin[f"data/{REFERENCES}", key] = origin

    # ------------------------------------------------------------------------------------------------ check and write

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """Give the folder of a copy of the data in which all changes are made and sorted."""
        with TemporaryDirectory(prefix="livingreview-") as folder:
            copied = Path(shutil.copytree(self.data, Path(folder, self.data.name)))
            if (self.data.parent / CONTENTS).is_file():
                shutil.copy(self.data.parent / CONTENTS, folder)
            for name, text in self._texts().items():
                (copied / name).write_bytes(text)
            sort(copied)
            yield copied

    def write(self) -> list[Fault]:
        """Check the changes, and write them if they have no fault.

        Returns
        -------
        list of Fault
            With any of these, nothing was written. A fault of a new row is at the place where the row was given.
        """
        with self.copy() as copied:
            if faults := check(copied):
                package = read_package(copied)
                places, names = self._places(package), _ids(package)
                return [
                    _at(fault, places.get((fault.file, fault.row), ""), names.get((fault.file, fault.row), ""))
                    for fault in faults
                ]
            self._replace({path.name: path.read_bytes() for path in sorted(copied.iterdir()) if path.is_file()})
        return []

    def _texts(self) -> dict[str, bytes]:
        """The content of each file that changes, unsorted."""
        texts = {}
        for name in {*self._changed, *self._removed, *self.added}:
            table = self.table(name)
            texts[f"{name}.csv"] = _raw([*self._lines(table), *map(_line, self.added.get(name, []))])
        for name, rows in self._whole.items():
            texts[f"{name}.csv"] = _raw([self.table(name).text.lines[0][1], *map(_line, rows)])
        if self._entries or self.read:
            lines = {self.package.references.line(key, "read"): read for key, read in self.read.items()}
            former = _raw(
                f"  {'read':<12} = {{{lines[number]}}}," if number in lines else line
                for number, line in self.package.references.text.lines
            )
            texts[REFERENCES] = b"\n".join([former, *(f"{entry}\n".encode() for entry in self._entries.values())])
        return texts

    def _lines(self, table: Table) -> Iterator[str]:
        """The lines of a table as it was read, with the cells that change."""
        changed, removed = self._changed.get(table.name, {}), self._removed.get(table.name, set())
        by_line = {row.line: row[table.key[0]] for row in table.rows}
        for number, line in table.text.lines:
            row_id = by_line.get(number)
            if row_id in removed:
                continue
            text = line
            for column, value in changed.get(row_id or "", {}).items():
                text = _with_cell(text, table.columns.index(column), value)
            yield text

    def _places(self, package: Package) -> dict[tuple[str, int], str]:
        """Where each new row and source was given, by its file and line in the copy."""
        lines = {(file, row_id): line for (file, line), row_id in _ids(package).items()}
        of_entry = {}
        for key in self._entries:
            for (name, _), line in package.references.lines.items():
                if name == key:
                    of_entry[f"data/{REFERENCES}", line] = self.origin[f"data/{REFERENCES}", key]
        of_row = {(at[0], lines[at]): origin for at, origin in self.origin.items() if at in lines}
        return of_row | of_entry

    def _replace(self, files: dict[str, bytes]) -> None:
        """Replace the files that differ; put every one back if one cannot be written, or on Ctrl-C."""
        before = {name: (self.data / name).read_bytes() for name in files if (self.data / name).is_file()}
        read = {text.file.removeprefix("data/"): text.raw for text in self.package.texts.values()}
        if edited := sorted(name for name in read if name in before and before[name] != read[name]):
            raise ContributionError(f"data/{edited[0]} was edited meanwhile. Nothing was written: run it again.")
        new = {name: content for name, content in files.items() if content != before.get(name)}
        try:
            for name, content in new.items():
                replace_file(self.data / name, content)
        except BaseException:
            for name in new:
                replace_file(self.data / name, before[name])
            raise


def _raw(lines: Iterator[str] | list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _line(row: Mapping[str, str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(row.values())
    return out.getvalue()


def _with_cell(line: str, place: int, value: str) -> str:
    """Replace one cell of a line; the others keep their text, quotes included."""
    at = 0
    for _ in range(place):
        if (match := CELL.match(line, at)) is not None:
            at = match.end()
    match = CELL.match(line, at)
    end = match.end() - len(match[3]) if match else len(line)
    return f"{line[:at]}{_line({'': value}) if value else ''}{line[end:]}"


def _ids(package: Package) -> dict[tuple[str, int], str]:
    """The id of each row by its file and line."""
    return {row.place: row[table.key[0]] for table in package.tables.values() if table.complete for row in table.rows}


def _at(fault: Fault, origin: str, row_id: str) -> Fault:
    """The same fault at the place where its row was given; one of a row that is there names its id."""
    if origin:
        return replace(fault, file=origin, row=0)
    return replace(fault, column=", ".join(filter(None, (row_id, fault.column))))
