"""Merge notebooks by their cells: changes in different cells are no conflict."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from livingreview.repository import BASE, OURS, THEIRS, ConflictError, GitError, git


def merge_notebook(name: str, sides: dict[str, bytes]) -> bytes:
    """Merge the sources of a notebook, without its outputs, which a refresh stores again.

    Parameters
    ----------
    name : str
        Its path from the root of the project.
    sides : dict of str to bytes
        Its content on each side, as `livingreview.repository.conflicts` gives it.

    Returns
    -------
    bytes
        The notebook.

    Raises
    ------
    ConflictError
        If a side is not a notebook, or both sides changed the same cell.
    """
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
                raise ConflictError(
                    f"{name}: a side is no notebook. Take the other: git checkout --ours {name}"
                ) from error
        try:
            merged = git(Path(folder), "merge-file", "-p", *map(str, paths))
            ids = [cell["id"] for cell in json.loads(merged)["cells"]]
        except (GitError, ValueError, KeyError) as error:
            raise ConflictError(by_hand) from error
    if len(set(ids)) < len(ids):
        raise ConflictError(by_hand)
    return merged


def _without_outputs(notebook: dict[str, Any]) -> str:
    """Write a notebook without its outputs, each line of its sources on a line of its own."""
    for cell in notebook["cells"]:
        text = cell["source"]
        cell["source"] = text if isinstance(text, list) else text.splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    notebook.get("metadata", {}).pop("livingreview", None)
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
