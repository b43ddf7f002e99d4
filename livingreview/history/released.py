"""What was released under each number, so that a published version cannot become another one.

The record is a file of its own: the hash covers every file that git follows but this one, so that it can be taken
before the commit of a release, and checked from any later one.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import re
from pathlib import Path

from livingreview.repository import git, git_text, head, replace_file

RECORD = "proofs/versions.csv"
COLUMNS = ("version", "tree")

_TAG = re.compile(r"v(\d{4}\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))")


def tree_digest(root: Path, tree: str) -> str:
    """Hash the files of a commit or tree of git: mode, content and path of each, but for the record itself.

    Parameters
    ----------
    root : Path
        Root of the project, a git checkout.
    tree : str
        A commit or a tree.

    Returns
    -------
    str
        A SHA-256 in hexadecimal.
    """
    listed = git(root, "ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")
    files = sorted(line for line in listed if line and not line.endswith(f"\t{RECORD}".encode()))
    return hashlib.sha256(b"\0".join(files)).hexdigest()


def recorded(root: Path) -> dict[str, str]:
    """Read the hash of each version that was released, by its number."""
    path = root / RECORD
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return {row["version"]: row["tree"] for row in csv.DictReader(io.StringIO(text))}


def record(root: Path, version: str) -> None:
    """Record what is staged as the text of a version; its row is added to those that are there.

    Parameters
    ----------
    root : Path
        Root of the project, all of whose changes are staged.
    version : str
        Its number.
    """
    trees = recorded(root) | {version: tree_digest(root, git(root, "write-tree").decode().strip())}
    (root / RECORD).parent.mkdir(exist_ok=True)
    replace_file(root / RECORD, "".join(f"{','.join(row)}\n" for row in (COLUMNS, *trees.items())).encode())


def tags(root: Path) -> dict[str, str]:
    """List the commit of each published version by its number, the newest first.

    Raises
    ------
    GitError
        Outside a checkout.
    """
    listing = git_text(root, "for-each-ref", "--format=%(refname:short) %(objectname) %(*objectname)", "refs/tags")
    found = {}
    for line in listing.splitlines():
        tag, *commits = line.split()
        if match := _TAG.fullmatch(tag):  # an annotated tag has an object of its own, and then the commit
            found[match[1]] = commits[-1]
    return dict(sorted(found.items(), key=lambda item: [int(part) for part in item[0].split(".")], reverse=True))


@functools.cache
def is_published(root: Path, version: str) -> bool:
    """Whether the site holds a version under its own address: a draft before its tag has none yet.

    Without git nothing is known of tags; such a copy is taken for what it says that it is.
    """
    return not head(root) or version in tags(root)
