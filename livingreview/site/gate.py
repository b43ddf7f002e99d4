"""The gate before all that shows, prints or publishes pages: the mark of a folder that was verified and bound.

Only `livingreview build` sets a mark, after the stored outputs were verified and the pages bound. It holds the hash of
the folder, so that a folder that was built another way, or edited since, has none.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from livingreview.repository import replace_file


def digest(folder: Path) -> str:
    """Hash a folder: the name and content of every file in it, hidden ones as well."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        total.update(f"{path.relative_to(folder).as_posix()}\n{len(content)}\n".encode() + content)
    return total.hexdigest()


def place(folder: Path) -> Path:
    """Where the mark of a folder stands: beside it, so that it is no part of what is published."""
    return folder.with_name(f"{folder.name}.bound")


def mark(folder: Path) -> None:
    """Mark a folder whose outputs were verified and whose pages were bound."""
    replace_file(place(folder), f"{digest(folder)}\n".encode())


def refusal(folder: Path) -> str:
    """Say why a folder must not be shown; blank where it has its mark.

    Parameters
    ----------
    folder : Path
        Built pages.
    """
    if not (folder / "index.html").exists():
        return "There is no built site yet. Run: make book"
    if not place(folder).is_file():
        return f"{folder} was not verified and bound, or its build failed. Run: make book"
    if place(folder).read_text(encoding="utf-8").strip() != digest(folder):
        return f"{folder} was changed after it was bound. Run: make book"
    return ""
