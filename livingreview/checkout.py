"""Which commit this is: the one fact of a page that stands in no file."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit(root: Path) -> str:
    """Give the commit that a folder holds, or nothing where it is no checkout of git, or one with changes.

    Parameters
    ----------
    root : Path
        Root of the project.

    Returns
    -------
    str
        40 hexadecimal digits, or empty. Files that git does not follow do not count.
    """

    def git(*command: str) -> str | None:
        try:
            done = subprocess.run(["git", "-C", str(root), *command], capture_output=True, text=True, check=False)
        except OSError:
            return None  # there is no git
        return done.stdout.strip() if done.returncode == 0 else None

    top = git("rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != root.resolve():
        return ""
    return "" if git("status", "--porcelain", "--untracked-files=no") else git("rev-parse", "HEAD") or ""
