"""What a change can reach: the chapters that use its rows, and the tests of the code that it is in.

It serves those who change something and want an answer soon. A declaration of what a row or a module reaches can be
wrong, so that nothing is published, and no pull request merged, because of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from livingreview.evidence import Evidence, EvidenceError
from livingreview.history import snapshots, tables
from livingreview.notebooks.files import chapters, read
from livingreview.notebooks.fingerprints import computing, imports, modules
from livingreview.notebooks.outputs import of_chapter, users
from livingreview.repository import git_text

#: Folders of what chapters compute from, besides the code.
_COMPUTED_FROM = ("data", "history")


@dataclass(frozen=True)
class Reach:
    """What a change can reach.

    Parameters
    ----------
    files : tuple of str
        Paths of what changed, was added or is gone, from the root of the project.
    rows : tuple of str
        Ids of the rows and keys of the sources that changed.
    chapters : tuple of str
        Those whose outputs can be others.
    tests : tuple of str
        Files of tests that changed, or that import a changed module themselves.
    """

    files: tuple[str, ...]
    rows: tuple[str, ...]
    chapters: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def python(self) -> list[str]:
        """The changed files with code, those that are gone left out."""
        return [name for name in self.files if name.endswith(".py")]

    @property
    def text(self) -> bool:
        """Whether something changed that a sentence is, or is compared with."""
        return any(name.startswith(("data/", "chapters/", "index")) for name in self.files)

    @property
    def data(self) -> bool:
        """Whether something of the data changed."""
        return any(name.startswith("data/") for name in self.files)


def reach(root: Path, base: str) -> Reach:
    """Find what a change can reach.

    Parameters
    ----------
    root : Path
        Root of the project, in a git checkout.
    base : str
        The branch or commit that it is compared with, from where the two parted.

    Returns
    -------
    Reach
        Of all that differs in the working tree, committed or not.

    Raises
    ------
    HistoryError
        When git does not know the base.
    """
    before = snapshots.revision(root, base)
    parted = git_text(root, "merge-base", base, "HEAD")
    changed = git_text(root, "diff", "--name-only", "--no-renames", "-z", parted)
    untracked = git_text(root, "ls-files", "--others", "--exclude-standard", "-z")
    files = tuple(sorted({name for name in (changed + "\0" + untracked).split("\0") if name}))
    if any(name.startswith("data/") for name in files):
        before = snapshots.revision(root, parted)
        rows = _changed_rows(before, snapshots.working_tree(root))
    else:
        rows = ()
    code = [root / name for name in files if name.endswith(".py")]
    return Reach(files, rows, _chapters(root, files, rows), _tests(root, code))


def _changed_rows(before: snapshots.Snapshot, after: snapshots.Snapshot) -> tuple[str, ...]:
    """Name the rows and sources that are not the same on both sides."""
    old, new = (tables.tables(side, []) for side in snapshots.alike(before, after))
    ids: dict[str, None] = {}
    for name in (*new, *(name for name in old if name not in new)):
        sides = [side[name].rows if name in side else {} for side in (old, new)]
        ids.update(dict.fromkeys(row for row in {**sides[0], **sides[1]} if sides[0].get(row) != sides[1].get(row)))
    return tuple(ids)


def _chapters(root: Path, files: Collection[str], rows: Collection[str]) -> tuple[str, ...]:
    """Name the chapters that changed, that use or list a changed row, or that changed code computes: then all."""
    names = [path.stem for path in chapters(root)]
    code = {path.relative_to(root).as_posix() for path in computing(root)}
    other = {name for name in files if name.startswith(_COMPUTED_FROM) and not name.endswith((".csv", ".bib"))}
    if other or code.intersection(files):
        return tuple(names)
    edited = {PurePosixPath(name).stem for name in files if name.startswith("chapters/")}
    using = _using(root, rows) if rows else set()
    return tuple(name for name in names if name in edited | using)


def _using(root: Path, rows: Collection[str]) -> set[str]:
    """Name the chapters that list rows, or use rows or what rests on them; none where the check says what is broken."""
    try:
        book = Evidence(root / "data")
    except EvidenceError:
        return set()
    listing = {book.pages[book.table(row)] for row in rows if row in book}
    using = users(of_chapter(path.stem, read(path)) for path in chapters(root))
    resting = (row for row in using if row in rows or (row in book and not set(rows).isdisjoint(book.rests_on(row))))
    return listing.union(*(using[row] for row in resting))


def _tests(root: Path, changed: Collection[Path]) -> tuple[str, ...]:
    """Name the files of tests that changed, or that import a changed module or helper."""
    helpers = {path.stem for path in changed if path.parent == root / "tests"}
    reaching = []
    for path in sorted((root / "tests").glob("test_*.py")) if changed else ():
        names = imports(path.read_text(encoding="utf-8"), "tests")
        own_helpers = helpers.intersection(name.partition(".")[0] for name in names)
        if own_helpers or not {path, *_imported(root, names)}.isdisjoint(changed):
            reaching.append(path.relative_to(root).as_posix())
    return tuple(reaching)


def _imported(root: Path, names: Iterable[str]) -> Iterator[Path]:
    """Give the modules that some names are of; a room stands for the modules that it takes what it offers from."""
    for module in (module for name in names for module in list(modules(root, name))[-1:]):
        yield module
        if module.name == "__init__.py":
            inner = imports(module.read_text(encoding="utf-8"), ".".join(module.relative_to(root).parts[:-1]))
            yield from (part for name in inner for part in list(modules(root, name))[-1:])
