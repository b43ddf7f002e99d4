"""Put back what a spreadsheet did to a table by saving it, and keep what a person changed in it.

A spreadsheet adds a mark at the beginning, other line ends and separators; it drops zeros, turns numbers and dates
into its own form, and writes its own minus. The table as git has it says what each cell was.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from livingreview.checks.reading import BOM, split_line
from livingreview.repository import GitError, git, replace_file

_ENCODINGS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (BOM, "utf-8-sig"))
_NUMBER = re.compile(r"[-+]?\d[\d ]*(?:[.,]\d+)?(?:[eE][-+]?\d+)?")
#: Forms in which a spreadsheet shows a date, and in which the tables have it.
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%b-%y", "%d-%b-%Y", "%d/%m/%y", "%m/%d/%y", "%Y/%m/%d")
_MONTHS = ("%Y-%m", "%b-%y", "%b %Y", "%m/%Y")
#: A range such as 3-4, which a spreadsheet takes for a day of this year, and what it makes of it.
_PAIRS = ("%d-%m", "%m-%d", "%d/%m", "%m/%d", "%d-%b", "%b-%d", *_DAYS)
#: Restored cells that are shown one by one, of each table.
SHOWN = 5


@dataclass(frozen=True)
class Mended:
    """A table: what the spreadsheet had done to the file and to cells, and what stays changed."""

    file: str
    form: tuple[str, ...]
    restored: tuple[str, ...]
    kept: tuple[str, ...]

    def __str__(self) -> str:
        more = len(self.restored) - SHOWN
        return "\n".join(
            [
                f"{self.file}: {', '.join([*self.form, f'{len(self.restored)} cells put back'])}",
                *(f"  put back: {cell}" for cell in self.restored[:SHOWN]),
                *([f"  and {more} more"] if more > 0 else []),
                *(f"  your change, kept: {cell}" for cell in self.kept),
            ]
        )


def mend(root: Path) -> list[Mended]:
    """Mend the tables that differ from those of the last commit.

    Parameters
    ----------
    root : Path
        The root of the project.

    Returns
    -------
    list of Mended
        Those that were written anew. A file that is no table, or has other columns, is left to the check.
    """
    package = json.loads(git(root, "show", "HEAD:data/datapackage.json"))
    mended = []
    for resource in package["resources"]:
        path = root / "data" / str(resource["path"])
        schema = resource["schema"]
        try:
            before = git(root, "show", f"HEAD:data/{path.name}")
            raw = path.read_bytes()
        except (GitError, OSError):
            continue
        if raw != before and (done := _mended(path.name, raw, before.decode(), schema)):
            result, content = done
            if content != raw:
                replace_file(path, content)
                mended.append(result)
    return mended


def _mended(name: str, raw: bytes, before: str, schema: dict[str, Any]) -> tuple[Mended, bytes] | None:
    numeric = {f["name"] for f in schema["fields"] if f["type"] in ("number", "integer")}
    text, form = _decoded(raw)
    lines = before.splitlines()
    columns = split_line(lines[0]) or []
    separator = next((mark for mark in ",;\t" if _header(text, mark) == columns), "")
    if not separator:
        return None
    form += [] if separator == "," else [f"columns separated by {'tabs' if separator == chr(9) else 'semicolons'}"]
    keys = [columns.index(column) for column in schema["primaryKey"]]

    def key(cells: list[str]) -> tuple[str, ...]:
        return tuple(_plain(cells[at], True) for at in keys)

    old = {key(cells): (cells, line) for line in lines[1:] if (cells := split_line(line))}
    written, restored, kept = [lines[0]], [], []
    for row in csv.reader(io.StringIO(text), delimiter=separator):
        cells = [*row[: len(columns)], *[""] * (len(columns) - len(row))]
        if cells == columns or not any(cells):
            continue
        was, line = old.get(key(cells), ([], ""))
        for at, column in enumerate(columns):
            found, plain = cells[at], _plain(cells[at], column in numeric)
            cells[at] = was[at] if was and _same(was[at], found) else plain
            if cells[at] != found:
                restored.append(f"{cells[0]}, {column}: {found!r} -> {cells[at]!r}")
            if was and cells[at] != was[at]:
                kept.append(f"{cells[0]}, {column}: {was[at]!r} -> {cells[at]!r}")
        kept += [] if was else [f"{cells[0]}: a new row"]
        written.append(line if cells == was else _line(cells))
    content = "\n".join([*written, ""]).encode()
    return Mended(f"data/{name}", tuple(form), tuple(restored), tuple(kept)), content


def _decoded(raw: bytes) -> tuple[str, list[str]]:
    """Decode a file as spreadsheets write it; say what of its form is theirs."""
    encoding = next((encoding for start, encoding in _ENCODINGS if raw.startswith(start)), "utf-8")
    form = ["a mark at its beginning"] if encoding != "utf-8" else []
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text, form = raw.decode("cp1252", "replace"), ["the letters of Windows"]
    return text.replace("\r\n", "\n").replace("\r", "\n"), form + (["the line ends of Windows"] if "\r" in text else [])


def _header(text: str, separator: str) -> list[str]:
    cells = next(csv.reader(io.StringIO(text), delimiter=separator), [])
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _plain(cell: str, is_number: bool) -> str:
    """Write a cell of a person as tables have it: in columns of numbers with a hyphen as minus, and a point."""
    plain = cell.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ").strip()
    return plain.replace(",", ".") if is_number and re.fullmatch(r"-?\d+,\d+", plain) else plain if is_number else cell


def _same(old: str, new: str) -> bool:
    """Whether a spreadsheet may have made one of the other."""
    if _plain(old, True) == _plain(new, True) or (old.casefold() == new.casefold() and new in ("TRUE", "FALSE")):
        return True
    first, second = _value(old), _value(new)
    if first is not None and second is not None:
        return first == second or (len(old) > len("1.00E+00") and f"{first:.2E}" == f"{second:.2E}" and "E" in new)
    return any(set(_moments(old, forms)) & set(_moments(new, forms)) for forms in (_DAYS, _MONTHS, _PAIRS))


def _value(cell: str) -> float | None:
    plain = _plain(cell, True)
    return float(plain.replace(",", ".").replace(" ", "")) if _NUMBER.fullmatch(plain) else None


def _moments(cell: str, forms: tuple[str, ...]) -> Iterator[tuple[int, ...]]:
    """The days that a cell may mean; of a range without a year only month and day."""
    for form in forms:
        try:
            # a leap year, so that 29-2 is a day
            day = datetime.strptime(
                cell if "y" in form.lower() else f"{cell} 2000", form if "y" in form.lower() else f"{form} %Y"
            )
        except ValueError:
            continue
        yield (day.month, day.day) if forms is _PAIRS else (day.year, day.month, day.day)
