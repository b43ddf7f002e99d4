"""Settle what git could not merge: rows of the data by their ids, references by their keys, notebooks by their cells.

Git merges lines. It sees a conflict where two people add rows at one place, and where two refreshes stored outputs;
neither is one. What both sides changed in different ways is one, and is left to a person.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from livingreview.checks import sort
from livingreview.checks.package import DICTIONARY, REFERENCES
from livingreview.checks.reading import ENTRY, split_line
from livingreview.repository import replace_file

#: The sides of a conflict, as git numbers them: what both began with, this branch, and the branch that is merged in.
BASE, OURS, THEIRS = "1", "2", "3"


class MergeError(Exception):
    """A file cannot be settled here; the message says why and what to do."""


@dataclass
class Settled:
    """What was settled, and what is left to a person, in words."""

    files: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def settle(root: Path) -> Settled:
    """Settle the conflicts of an unfinished merge, as far as nobody's change is lost.

    Parameters
    ----------
    root : Path
        The root of the project.

    Returns
    -------
    Settled
        A file that is settled whole is marked as resolved in git; the others stay in conflict.
    """
    found = Settled()
    for name, sides in _conflicts(root):
        path, left = root / name, len(found.left)
        try:
            if len({OURS, THEIRS} & set(sides)) < 2:
                raise MergeError(f"{name}: one side removed it. Keep it with 'git add {name}', or 'git rm {name}'.")
            if name.startswith("chapters/") and name.endswith(".ipynb"):
                content = _notebook(name, sides)
            elif name == f"data/{REFERENCES}" or (name.startswith("data/") and name.endswith(".csv")):
                content = _rows(root, name, sides, found.left)
            else:
                raise MergeError(f"{name}: keep the lines that are right, delete the marks, then 'git add {name}'.")
        except MergeError as error:
            found.left.append(str(error))
            continue
        replace_file(path, content)
        if len(found.left) == left:
            found.files.append(name)
    sort(root / "data")
    if found.files:
        _git(root, "add", "--", *found.files)
    return found


def _conflicts(root: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Give each file in conflict with the content of its sides; the dictionary goes first, since tables need it."""
    sides: dict[str, dict[str, str]] = {}
    for line in filter(None, _git(root, "ls-files", "--unmerged", "-z").decode().split("\0")):
        (_, blob, side), name = line.split("\t")[0].split(), line.partition("\t")[2]
        sides.setdefault(name, {})[side] = blob
    for name in sorted(sides, key=lambda name: (not name.endswith(DICTIONARY), name)):
        yield name, {side: _git(root, "cat-file", "blob", blob) for side, blob in sides[name].items()}


def _git(root: Path, *command: str) -> bytes:
    try:
        return subprocess.run(["git", "-C", str(root), *command], capture_output=True, check=True).stdout
    except FileNotFoundError as error:
        raise MergeError("git was not found. Install it, and run 'make merge' again.") from error
    except subprocess.CalledProcessError as error:
        raise MergeError(f"git says: {error.stderr.decode(errors='replace').strip()}") from error


# ------------------------------------------------------------------------------------------------------------- rows


def _rows(root: Path, name: str, sides: dict[str, bytes], left: list[str]) -> bytes:
    """Merge a table or the references row by row; a row that both sides changed is marked in the file."""
    try:
        parts = {side: _keyed(root, name, raw.decode()) for side, raw in sides.items()}
    except (UnicodeDecodeError, ValueError) as error:
        raise MergeError(f"{name}: a side has a fault ({error}). Run 'make check', and settle it by hand.") from error
    (head, ours), (other, theirs), base = parts[OURS], parts[THEIRS], parts.get(BASE, ("", {}))[1]
    if head != other:
        raise MergeError(f"{name}: the sides have other columns. Keep the lines that are right, and delete the marks.")
    merged = []
    for key in {**ours, **theirs}:
        mine, yours, was = ours.get(key), theirs.get(key), base.get(key)
        if yours in (mine, was):
            merged.append(mine)
        elif mine == was:
            merged.append(yours)
        elif was is None:
            merged += [mine, yours]
            left.append(f"{name}, {', '.join(key)}: both sides added it. Give one of the two rows another id.")
        else:
            merged.append(f"<<<<<<< ours\n{_line(mine)}=======\n{_line(yours)}>>>>>>> theirs")
            how = "both sides changed it" if mine and yours else "one side changed it, the other removed it"
            left.append(f"{name}, {', '.join(key)}: {how}. Keep what is right, and delete the three marks.")
    kept = [row for row in merged if row is not None]
    text = "\n".join([head, *kept]) if head else "\n\n".join(kept)
    return f"{text}\n".encode()


def _line(row: str | None) -> str:
    return f"{row}\n" if row else ""


def _keyed(root: Path, name: str, text: str) -> tuple[str, dict[tuple[str, ...], str]]:
    """Give the header of a table, and its rows by their keys; the references have no header."""
    lines = text.rstrip("\n").split("\n")
    found: list[tuple[tuple[str, ...], str]] = []
    if name.endswith(REFERENCES):
        starts = [number for number, line in enumerate(lines) if ENTRY.match(line)]
        for a, b in pairwise([*starts, len(lines)]):
            match = ENTRY.match(lines[a])
            found.append(((match[2] if match else "",), "\n".join(lines[a:b]).strip()))
    else:
        resources = json.loads((root / "data" / DICTIONARY).read_text(encoding="utf-8"))["resources"]
        key = next(r["schema"]["primaryKey"] for r in resources if f"data/{r['path']}" == name)
        header = split_line(lines[0]) or []
        for number, line in enumerate(lines[1:], start=2):
            cells = split_line(line)
            if cells is None or len(cells) != len(header):
                raise ValueError(f"row {number} has another form than the header")
            found.append((tuple(cells[header.index(column)] for column in key), line))
    rows: dict[tuple[str, ...], str] = {}
    for one, row in found:
        if one in rows:
            raise ValueError(f"{', '.join(one)} stands twice")
        rows[one] = row
    return "" if name.endswith(REFERENCES) else lines[0], rows


# -------------------------------------------------------------------------------------------------------- notebooks


def _notebook(name: str, sides: dict[str, bytes]) -> bytes:
    """Merge the sources of a notebook; its outputs are left out, since a refresh stores them again."""
    by_hand = (
        f"{name}: both sides changed the same cell. Take one side whole, 'git checkout --ours {name}' (this branch) or "
        f"'--theirs', write into it what the other side changed, and 'git add {name}'; then make refresh."
    )
    empty = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / side for side in (OURS, BASE, THEIRS)]
        for path in paths:
            try:
                path.write_text(_without_outputs(json.loads(sides.get(path.name, empty))), encoding="utf-8")
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise MergeError(
                    f"{name}: a side is no notebook. Take the other: git checkout --ours {name}"
                ) from error
        done = subprocess.run(["git", "merge-file", "-p", *map(str, paths)], capture_output=True, check=False)
    try:
        if done.returncode:
            raise ValueError
        merged = json.loads(done.stdout)
        ids = [cell["id"] for cell in merged["cells"]]
        if len(set(ids)) < len(ids):
            raise ValueError
    except (ValueError, KeyError) as error:
        raise MergeError(by_hand) from error
    return done.stdout


def _without_outputs(notebook: dict[str, Any]) -> str:
    """Write a notebook without its outputs, each line of its sources on a line of its own."""
    for cell in notebook["cells"]:
        text = cell["source"]
        cell["source"] = text if isinstance(text, list) else text.splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    notebook.get("metadata", {}).pop("livingreview", None)
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
