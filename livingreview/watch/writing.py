"""Writes tables of the data whole, each in its order, and only such as the check of the data accepts."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from livingreview.checks import broken
from livingreview.checks.order import UNSORTED, in_order
from livingreview.evidence import Evidence
from livingreview.repository import replace_file


class TableError(Exception):
    """What was to be written does not fit the data; the message lists every fault, and nothing was written."""


def as_csv(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Write rows as CSV, the way the files of the data are written."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_tables(book: Evidence, tables: Mapping[str, Iterable[dict[str, str]]]) -> list[str]:
    """Replace tables of the data, after the check of all of them together.

    Parameters
    ----------
    book : Evidence
        The evidence as it is.
    tables : mapping of str to iterable of dict
        All rows of each table by its name, in any order.

    Returns
    -------
    list of str
        Names of the files that changed, in the order in which they were written.

    Raises
    ------
    TableError
        If a table would have a fault.
    """
    texts = {book.resources[name]["path"]: _text(book, name, rows) for name, rows in tables.items()}
    changed = {path: text for path, text in texts.items() if text != (book.data / path).read_bytes()}
    if not changed:
        return []
    with TemporaryDirectory() as folder:
        draft = Path(folder, book.data.name)
        shutil.copytree(book.data, draft)
        for path, text in changed.items():
            (draft / path).write_bytes(text)
        faults = [fault for fault in broken(draft) if Path(fault.file).name in changed]
    if faults:
        raise TableError("\n".join([*map(str, faults), "Nothing was written."]))
    for path, text in changed.items():
        replace_file(book.data / path, text)
    return list(changed)


def _text(book: Evidence, name: str, rows: Iterable[dict[str, str]]) -> bytes:
    schema = book.resources[name]["schema"]
    ordered = rows if name in UNSORTED else in_order(rows, schema["primaryKey"])
    return as_csv((field["name"] for field in schema["fields"]), ordered).encode()
