"""Settle conflicts that git leaves: rows by their ids, references by their keys, notebooks by a given function.

Git merges lines. It sees a conflict if two people add rows in one place, or if two refreshes stored outputs; neither
is a real conflict. What both sides changed in different ways is one, and is left to a person.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from livingreview.checks import sort
from livingreview.checks.package import DICTIONARY, REFERENCES, shown
from livingreview.checks.reading import ENTRY, split_line
from livingreview.repository import BASE, OURS, THEIRS, ConflictError, conflicts, git, replace_file

MergeNotebook = Callable[[str, dict[str, bytes]], bytes]


@dataclass
class Settled:
    """The settled files, and descriptions of what is left to a person."""

    files: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def settle(root: Path, merge_notebook: MergeNotebook) -> Settled:
    """Settle the conflicts of an unfinished merge as far as no change is lost.

    Parameters
    ----------
    root : Path
        The root of the project.
    merge_notebook : callable
        Takes the name of a notebook and the content of each side, and returns the merged notebook; raises ConflictError
        if it cannot be merged.

    Returns
    -------
    Settled
        A completely settled file is staged as resolved; the others stay in conflict.
    """
    settled, sides = Settled(), conflicts(root)
    for name in sorted(sides, key=lambda name: (not name.endswith(DICTIONARY), name)):  # tables need the dictionary
        try:
            content, reasons = _merged(root, name, sides[name], merge_notebook)
        except ConflictError as error:
            settled.left.append(str(error))
            continue
        replace_file(root / name, content)
        settled.left += reasons
        settled.files += [] if reasons else [name]
    sort(root / "data")
    if settled.files:
        git(root, "add", "--", *settled.files)
    return settled


def _merged(root: Path, name: str, sides: dict[str, bytes], merge_notebook: MergeNotebook) -> tuple[bytes, list[str]]:
    """Merge a file; give its content, and what is left to a person."""
    if len({OURS, THEIRS} & set(sides)) < 2:
        raise ConflictError(f"{name}: one side removed it. Keep it with 'git add {name}', or 'git rm {name}'.")
    if name.startswith("chapters/") and name.endswith(".ipynb"):
        return merge_notebook(name, sides), []
    if name == f"data/{REFERENCES}" or (name.startswith("data/") and name.endswith(".csv")):
        return _rows(root, name, sides)
    raise ConflictError(f"{name}: keep the lines that are right, delete the marks, then 'git add {name}'.")


def _rows(root: Path, name: str, sides: dict[str, bytes]) -> tuple[bytes, list[str]]:
    """Merge a table or the references row by row; a row that both sides changed gets conflict markers."""
    try:
        parts = {side: _keyed(root, name, raw.decode()) for side, raw in sides.items()}
    except (UnicodeDecodeError, ValueError) as error:
        raise ConflictError(
            f"{name}: a side has a fault ({error}). Run 'make check', and settle it by hand."
        ) from error
    (head, our_rows), (other_head, their_rows), base = parts[OURS], parts[THEIRS], parts.get(BASE, ("", {}))[1]
    if head != other_head:
        raise ConflictError(
            f"{name}: the sides have other columns. Keep the lines that are right, and delete the marks."
        )
    merged, conflicts = [], []
    for key in {**our_rows, **their_rows}:
        rows, reason = _merged_row(our_rows.get(key), their_rows.get(key), base.get(key), head)
        merged += rows
        conflicts += [f"{name}, {', '.join(key)}: {reason}"] if reason else []
    text = "\n".join([head, *merged]) if head else "\n\n".join(merged)
    return f"{text}\n".encode(), conflicts


def _merged_row(our_row: str | None, their_row: str | None, base: str | None, head: str) -> tuple[list[str], str]:
    """Merge a row; give its lines, and a reason if a person must look at it. None is a side without the row."""
    if their_row in (our_row, base):
        return ([] if our_row is None else [our_row]), ""
    if our_row == base:
        return ([] if their_row is None else [their_row]), ""
    if base is None:
        both = [row for row in (our_row, their_row) if row is not None]
        return both, f"both sides added it{_apart(our_row, their_row, head)}. Give one of the two rows another id."
    how = "both sides changed it" if our_row and their_row else "one side changed it, the other removed it"
    how += _apart(our_row, their_row, head)
    marked = f"<<<<<<< ours\n{_line(our_row)}=======\n{_line(their_row)}>>>>>>> theirs"
    return [marked], f"{how}. Keep what is right, and delete the three marks."


def _apart(our_row: str | None, their_row: str | None, head: str) -> str:
    """Name what differs between two sides of a row: each column, or line of a reference, with both values."""
    if our_row is None or their_row is None:
        return ""
    if head:
        names = split_line(head) or []
        ours, theirs = (dict(zip(names, split_line(row) or [], strict=True)) for row in (our_row, their_row))
    else:
        ours, theirs = (
            {line.partition("=")[0].strip(): line.strip() for line in row.split("\n")} for row in (our_row, their_row)
        )
    sides = ((name, ours.get(name, ""), theirs.get(name, "")) for name in {**ours, **theirs})
    both = [f"{column} is {shown(a)} on this branch and {shown(b)} on the other" for column, a, b in sides if a != b]
    return f": {'; '.join(both)}"


def _line(row: str | None) -> str:
    return f"{row}\n" if row else ""


def _keyed(root: Path, name: str, text: str) -> tuple[str, dict[tuple[str, ...], str]]:
    """Give the header of a table, and its rows by their keys; the references have no header."""
    lines = text.rstrip("\n").split("\n")
    keyed: list[tuple[tuple[str, ...], str]] = []
    if name.endswith(REFERENCES):
        starts = [number for number, line in enumerate(lines) if ENTRY.match(line)]
        for a, b in pairwise([*starts, len(lines)]):
            match = ENTRY.match(lines[a])
            keyed.append(((match[2] if match else "",), "\n".join(lines[a:b]).strip()))
    else:
        resources = json.loads((root / "data" / DICTIONARY).read_text(encoding="utf-8"))["resources"]
        key = next(r["schema"]["primaryKey"] for r in resources if f"data/{r['path']}" == name)
        header = split_line(lines[0]) or []
        for number, line in enumerate(lines[1:], start=2):
            cells = split_line(line)
            if cells is None or len(cells) != len(header):
                raise ValueError(f"row {number} has another form than the header")
            keyed.append((tuple(cells[header.index(column)] for column in key), line))
    rows: dict[tuple[str, ...], str] = {}
    for of, row in keyed:
        if of in rows:
            raise ValueError(f"{', '.join(of)} stands twice")
        rows[of] = row
    return "" if name.endswith(REFERENCES) else lines[0], rows
