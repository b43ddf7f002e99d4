"""The folder of the project: where it is, its git, and files and folders written whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

#: What the root of a project holds, and no other folder.
MARKERS = ("_config.yml", "data/datapackage.json")
#: The sides of a conflict, as git numbers them: their common ancestor, this branch, and the branch that is merged in.
BASE, OURS, THEIRS = "1", "2", "3"

_QUIET = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
#: What would lead git to another checkout, as inside a hook.
_MISLEADING = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


class GitError(Exception):
    """Git is missing, or refused; the message says which.

    Parameters
    ----------
    message : str
        What failed.
    reason : str
        What git wrote of it; it may write nothing.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(f"{message}: {reason}" if reason else f"{message}.")
        self.reason = reason


class ConflictError(Exception):
    """A file in conflict cannot be merged here; the message says why and what to do."""


# ------------------------------------------------------------------------------------------------------- its place


def enclosing(folder: Path) -> Path | None:
    """Find the root of the project that a folder is in; None where it is in none."""
    resolved = folder.resolve()
    return next((path for path in (resolved, *resolved.parents) if all((path / m).is_file() for m in MARKERS)), None)


def project() -> Path:
    """Find the root of the project that this program works on.

    Returns
    -------
    Path
        That of the project in which the program was started. Outside any, the folder that holds this package.
    """
    return enclosing(Path.cwd()) or own_root()


def own_root() -> Path:
    """Give the folder that holds this package: the root of the checkout that the code is of, if it is of one."""
    return Path(__file__).resolve().parents[1]


# --------------------------------------------------------------------------------------------------------- its git


def git(root: Path, *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    """Run git in a folder.

    Parameters
    ----------
    root : Path
        The folder.
    *arguments : str
        The command of git and what it takes.
    stdin : bytes
        What it reads.
    environment : mapping of str to str, optional
        More variables of its environment.

    Returns
    -------
    bytes
        What it writes.

    Raises
    ------
    GitError
        When there is no git, or when it fails.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            input=stdin,
            capture_output=True,
            env={**inherited, **_QUIET, **(environment or {})},
            check=False,
        )
    except FileNotFoundError as error:
        raise GitError("git was not found", "Install git, and run the command again.") from error
    except ValueError as error:  # a NUL in an argument
        raise GitError(f"git {arguments[0]} cannot be run", f"{error}.") from error
    if done.returncode:
        reason = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise GitError(f"git {arguments[0]} failed", reason)
    return done.stdout


def git_text(root: Path, *arguments: str) -> str:
    """Run git as `git` does, and give its output as text, without blank lines around it."""
    return git(root, *arguments).decode("utf-8", "replace").strip("\n")


def head(root: Path) -> str:
    """Give the commit that a folder is at, or nothing where it is no checkout of git.

    Returns
    -------
    str
        40 hexadecimal digits, or empty.
    """
    try:
        top = git_text(root, "rev-parse", "--show-toplevel")
        return git_text(root, "rev-parse", "HEAD") if Path(top).resolve() == root.resolve() else ""
    except GitError:
        return ""


def commit(root: Path) -> str:
    """Give the commit that a folder holds: where a file differs from it, nothing, since that would be another text.

    Returns
    -------
    str
        40 hexadecimal digits, or empty. Files that git does not follow do not count.
    """
    current = head(root)
    return current if current and not git(root, "status", "--porcelain", "--untracked-files=no") else ""


def conflicts(root: Path) -> dict[str, dict[str, bytes]]:
    """Read the files that a merge left in conflict.

    Returns
    -------
    dict of str to dict of str to bytes
        The content of each side by the path of the file; a side that removed the file is absent.
    """
    sides: dict[str, dict[str, bytes]] = {}
    for line in filter(None, git(root, "ls-files", "--unmerged", "-z").decode().split("\0")):
        (_, blob, side), name = line.split("\t")[0].split(), line.partition("\t")[2]
        sides.setdefault(name, {})[side] = git(root, "cat-file", "blob", blob)
    return sides


# ------------------------------------------------------------------------------------------------------- its files


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file in one step, so that an interruption leaves the old one or the new one, whole.

    Parameters
    ----------
    path : Path
        The file; its folder must be there.
    content : bytes
        What it holds afterwards.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Replace a folder once it is written whole; after an error, what was there stays.

    Yields
    ------
    Path
        An empty folder to write into, which takes its place.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.mkdir(parents=True)
    try:
        yield draft
        shutil.rmtree(path, ignore_errors=True)
        draft.replace(path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
