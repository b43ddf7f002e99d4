"""The folder of the project: the commit that it is at, and files written whole or not at all."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def head(root: Path) -> str:
    """Give the commit that a folder is at, or nothing where it is no checkout of git.

    Parameters
    ----------
    root : Path
        Root of the project.

    Returns
    -------
    str
        40 hexadecimal digits, or empty.
    """
    top = _git(root, "rev-parse", "--show-toplevel")
    return (_git(root, "rev-parse", "HEAD") or "") if top and Path(top).resolve() == root.resolve() else ""


def commit(root: Path) -> str:
    """Give the commit that a folder holds: where a file differs from it, nothing, since that would be another text.

    Parameters
    ----------
    root : Path
        Root of the project.

    Returns
    -------
    str
        40 hexadecimal digits, or empty. Files that git does not follow do not count.
    """
    found = head(root)
    return found if found and _git(root, "status", "--porcelain", "--untracked-files=no") == "" else ""


def _git(root: Path, *command: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *command], capture_output=True, text=True, check=False)
    except OSError:
        return None  # there is no git
    return done.stdout.strip() if done.returncode == 0 else None


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file in one step, so that an interruption leaves the old one or the new one, whole.

    Parameters
    ----------
    path : Path
        The file; its folder must be there.
    content : bytes
        What it holds afterwards.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
