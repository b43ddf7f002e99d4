"""The files of the review at a moment: at a revision of git, or in the working tree.

Files of a revision are read out of git's store: nothing is checked out, and no code of it is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from livingreview.evidence.ids import CHANGED, changed, renamed
from livingreview.history.escaping import plain
from livingreview.publish import overturned
from livingreview.repository import GitError, git

#: What a reader of the review sees comes from these.
PLACES = ("data", "chapters", "index.md", "_toc.yml", "_config.yml", CHANGED, overturned.KEPT)
SUFFIXES = (".csv", ".json", ".bib", ".ipynb", ".md", ".yml")
LARGEST = 32_000_000  # bytes of one file; the largest of the review has a hundredth of it
_LINK, _FILE = "120000", ("100644", "100755")


class HistoryError(Exception):
    """The versions cannot be compared; the message says why and what to do."""


@dataclass(frozen=True)
class Snapshot:
    """The data, notebooks and pages of the review at one moment.

    Parameters
    ----------
    name : str
        What people call it: a revision, or 'the working tree'.
    files : mapping of str to bytes
        Content by path from the root of the project.
    problems : tuple of str
        What could not be read.
    """

    name: str
    files: Mapping[str, bytes] = field(repr=False)
    problems: tuple[str, ...] = ()


def revision(root: Path, name: str) -> Snapshot:
    """Read the review as it was at a revision.

    Parameters
    ----------
    root : Path
        Root of the project, in a git checkout.
    name : str
        Anything by which git knows a commit: a branch, a tag, the beginning of a hash, ``HEAD~3``.

    Raises
    ------
    HistoryError
        When git is missing, the folder is not in a checkout, or git does not know the revision.
    """
    _git(root, "rev-parse", "--git-dir", otherwise="This is not a git checkout, so it has no earlier versions.")
    resolved = _git(
        root,
        *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"),
        otherwise=f"git knows no revision '{plain(name)}'. Look at 'git branch -a' and 'git tag', "
        "or fetch it first: git fetch --unshallow, or git fetch origin BRANCH.",
    )
    commit = resolved.decode().split()[-1]
    listing = _git(root, "ls-tree", "-r", "-l", "-z", commit, "--", *PLACES, otherwise="git cannot list the files.")
    blobs, problems = {}, []
    for line in filter(None, listing.split(b"\0")):
        about, _, raw = line.partition(b"\t")
        mode, _, blob, size = about.decode().split()
        path = raw.decode("utf-8", "backslashreplace")
        if problem := _unread(path, mode == _LINK, int(size) if size.isdigit() else 0):
            problems.append(problem)
        elif mode in _FILE and path.endswith(SUFFIXES):
            blobs[path] = blob
    return Snapshot(f"{plain(name)} ({commit[:10]})", _blobs(root, blobs), tuple(problems))


def working_tree(root: Path, name: str = "the working tree") -> Snapshot:
    """Read the review as it lies in a folder.

    Parameters
    ----------
    root : Path
        Root of the project.
    name : str
        What to call it.
    """
    files, problems = {}, []
    places = [root / place for place in PLACES]
    for path in sorted(inner for place in places for inner in ([place] if place.is_file() else place.rglob("*"))):
        relative = path.relative_to(root).as_posix()
        if path.is_dir() or not relative.endswith(SUFFIXES) or any(p.startswith(".") for p in relative.split("/")):
            continue
        try:
            if problem := _unread(relative, path.is_symlink(), path.lstat().st_size):
                problems.append(problem)
            elif path.is_file():
                files[relative] = path.read_bytes()
        except OSError as error:
            problems.append(f"{plain(relative)}: cannot be read ({error.strerror}).")
    return Snapshot(name, files, tuple(problems))


def alike(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot]:
    """Give two versions in the same ids: where one has an id that was changed since, it is read with the new one."""
    old, new = (_changed(side) for side in (before, after))
    return _renamed(before, {i: new[i] for i in new.keys() - old}), _renamed(
        after, {i: old[i] for i in old.keys() - new}
    )


def _changed(side: Snapshot) -> dict[str, str]:
    return changed(side.files.get(CHANGED, b"").decode("utf-8", "replace"))


def _renamed(side: Snapshot, names: Mapping[str, str]) -> Snapshot:
    if not names:
        return side
    # bytes that are not text are reported where the file is read, and pass through here unchanged
    files = {
        path: renamed(raw.decode("utf-8", "surrogateescape"), names).encode("utf-8", "surrogateescape")
        for path, raw in side.files.items()
    }
    return replace(side, files=files)


def _unread(path: str, link: bool, size: int) -> str:
    """Why a file is not read, if so: a link could lead anywhere."""
    if link:
        return f"{plain(path)}: is a symbolic link and was not read. Put the file itself there."
    return f"{plain(path)}: has {size:,} bytes and was not read; at most {LARGEST:,}." if size > LARGEST else ""


def _blobs(root: Path, blobs: Mapping[str, str]) -> dict[str, bytes]:
    """The content of files by path, in one call of git."""
    asked = "".join(f"{blob}\n" for blob in blobs.values()).encode()
    answer = _git(root, "cat-file", "--batch", stdin=asked, otherwise="git cannot read the files of the revision.")
    contents, at = {}, 0
    for path in blobs:
        end = answer.index(b"\n", at)
        head = answer[at:end].split()
        if len(head) != 3:
            raise HistoryError(f"git has lost the content of {plain(path)}. Fetch the revision again.")
        at = end + 1 + int(head[2])
        contents[path] = answer[end + 1 : at]
        at += 1
    return contents


def _git(root: Path, *arguments: str, otherwise: str, stdin: bytes = b"") -> bytes:
    """Give what git answers, of what is in the store already; a failure is reported in words, with git's own."""
    try:
        return git(root, *arguments, stdin=stdin, environment={"GIT_NO_LAZY_FETCH": "1"})
    except GitError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise HistoryError(str(error)) from error
        reason = plain(error.reason)
        raise HistoryError(f"{otherwise} (git: {reason})" if reason else otherwise) from error
