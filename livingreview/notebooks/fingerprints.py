"""The fingerprints of the chapters, which show whether stored outputs still match the data and the code.

Which code matters follows from the imports. It is one set for all chapters, since one of them runs the code of the
others. Nothing heavy is imported, so that a build can call `stale` cheaply.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from livingreview.notebooks.files import Notebook, chapters, read, source
from livingreview.repository import replace_file

#: File of the fingerprints, beside the notebooks, so that a refresh changes only notebooks whose outputs change.
#: Git keeps the lines of both sides of a merge; obsolete lines do no harm.
FINGERPRINTS = "chapters/fingerprints.txt"

PACKAGE = "livingreview"
#: The parts of a statement that contain statements.
_OF_STATEMENTS = ("body", "orelse", "finalbody", "handlers", "cases")
#: The rows of review.csv that say where the review stands, and what a chapter that shows them calls.
_PLACES = re.compile(rb"^(?:repository|site_url|doi|contact),.*\n", re.MULTILINE)
_LISTS_FACTS = 'listing("review"'
#: What would overturn each sentence, and the module by which a chapter shows it.
_ANSWERS, _SHOWS_ANSWERS = "proofs/overturn.json", "import overturned"
#: Suffixes of files that a module may read from its folder.
_READ = {".csv", ".mplstyle"}


def computing(root: Path) -> list[Path]:
    """List the files of the package that can change what a chapter shows."""
    cells = [cell for notebook in _readable(root) for cell in notebook["cells"] if cell.get("cell_type") == "code"]
    return reached(root, {name for cell in cells for name in imports(source(cell), "")})


def reached(root: Path, names: Iterable[str]) -> list[Path]:
    """List the files of the package that modules reach through imports.

    Parameters
    ----------
    root : Path
        The root of the project.
    names : iterable of str
        Modules, or names imported from them, such as ``livingreview.publish.numbers.publish``.

    Returns
    -------
    list of Path
        Modules, the packages that contain them, and the files in its folder that a module names.
    """
    files: set[Path] = set()
    pending = [*names]
    while pending:
        for path in modules(root, pending.pop()):
            if path not in files:
                text = path.read_text(encoding="utf-8")
                files |= {path, *(file for file in path.parent.iterdir() if file.suffix in _READ and file.name in text)}
                parts = path.relative_to(root).parts
                pending += imports(text, ".".join(parts[:-1]))
    return sorted(files)


def modules(root: Path, name: str) -> Iterator[Path]:
    """Find the module that a name means or belongs to, and the packages around it.

    Parameters
    ----------
    root : Path
        The root of the project.
    name : str
        A module of the package, or what is imported from one; nothing is found for another name.

    Yields
    ------
    Path
        From the outermost package to the module.
    """
    path, parts = root, name.split(".")
    for part in parts if parts[0] == PACKAGE else ():
        path /= part
        for module in (path / "__init__.py", path.with_suffix(".py")):
            if module.is_file():
                yield module


@cache
def imports(text: str, package: str) -> tuple[str, ...]:
    """List the names that a module imports anywhere, except those needed only for type checking.

    Parameters
    ----------
    text : str
        Its code.
    package : str
        The package that holds it, for relative imports.

    Returns
    -------
    tuple of str
        In full, such as ``livingreview.publish.numbers.publish``; none if the code cannot be parsed.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return ()  # running it reports the fault
    names: list[str] = []
    pending: list[Any] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join(filter(None, [*above, node.module]))
            names += [f"{module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            pending += node.orelse
        else:
            pending += chain.from_iterable(getattr(node, part, ()) for part in _OF_STATEMENTS)
    return tuple(names)


def digest(root: Path, files: Iterable[Path]) -> str:
    """Hash files by their names and contents, without hidden files.

    Parameters
    ----------
    root : Path
        The root of the project; names are relative to it.
    files : iterable of Path
        The files.

    Returns
    -------
    str
        A SHA-256 in hexadecimal, the same on every machine and at every path.
    """
    paths = {path.relative_to(root).as_posix(): path for path in files}
    total = hashlib.sha256()
    for name in sorted(name for name in paths if not any(part.startswith(".") for part in name.split("/"))):
        # Git may check files out with CRLF; what the chapters compute stays the same.
        content = paths[name].read_bytes().replace(b"\r\n", b"\n")
        total.update(f"{name}\n{len(content)}\n".encode() + content)
    return total.hexdigest()


class Foundation(NamedTuple):
    """What chapters depend on, hashed: `common` for all.

    `places` is for one that lists where the review stands, `answers` for one that shows what would overturn sentences.
    """

    common: str
    places: str
    answers: str = ""


def foundation(root: Path) -> Foundation:
    """Hash what chapters depend on: every data file, and the code that computes.

    Where the review stands (its address, repository, DOI and contact) is in no computed output, so that filling it in
    makes only a chapter stale that lists the facts of the review as they are.
    """
    review = root / "data" / "review.csv"
    data = [path for name in ("data", "history") for path in (root / name).rglob("*") if path.is_file()]
    stated = review.read_bytes().replace(b"\r\n", b"\n") if review.is_file() else b""
    common = digest(root, [*(path for path in data if path != review), *computing(root)])
    common = hashlib.sha256(common.encode() + _PLACES.sub(b"", stated)).hexdigest()
    answers = [path for path in (root / _ANSWERS,) if path.is_file()]
    places = hashlib.sha256(b"".join(_PLACES.findall(stated))).hexdigest()
    return Foundation(common, places, digest(root, answers))


def seal(foundation: Foundation, notebook: Notebook) -> str:
    """Give the fingerprint of a notebook's source and a foundation; outputs do not count."""
    cells = [[cell.get("cell_type"), cell.get("id"), source(cell)] for cell in notebook["cells"]]
    code = "\n".join(text for kind, _, text in cells if kind == "code")
    base = [foundation.common, *([foundation.places] if _LISTS_FACTS in code else [])]
    base += [foundation.answers] if _SHOWS_ANSWERS in code else []
    return hashlib.sha256(json.dumps([base, cells]).encode()).hexdigest()


def fingerprint(root: Path, chapter_path: Path) -> str:
    """Give the fingerprint of the data, the computing code and a chapter's source.

    Returns
    -------
    str
        A SHA-256 in hexadecimal, the same on every machine and at every path.
    """
    return seal(foundation(root), read(chapter_path))


def stale(root: Path) -> list[str]:
    """Name the chapters whose data, code or source has changed since their outputs were stored.

    Chapters without a fingerprint, and unreadable ones, are stale.
    """
    base, current = foundation(root), set(fingerprints(root))
    names = []
    for path in chapters(root):
        try:
            fresh = (path.stem, seal(base, read(path))) in current
        except ValueError:
            fresh = False
        if not fresh:
            names.append(path.stem)
    return names


def fingerprints(root: Path) -> list[tuple[str, str]]:
    """Read the chapters' names and fingerprints, ignoring other lines; after a merge a chapter may have two."""
    try:
        lines = (root / FINGERPRINTS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [(match[1], match[2]) for line in lines if (match := re.fullmatch(r"(\S+) ([0-9a-f]{64})", line))]


def keep_fingerprints(root: Path, new: dict[str, str]) -> None:
    """Replace the fingerprints of some chapters; those of others stay.

    Parameters
    ----------
    root : Path
        The root of the project.
    new : dict of str
        Fingerprints by the name of the chapter.
    """
    names = {path.stem for path in chapters(root)}
    pairs = {(name, seal) for name, seal in fingerprints(root) if name not in new} | set(new.items())
    content = "".join(f"{name} {seal}\n" for name, seal in sorted(pairs) if name in names).encode()
    path = root / FINGERPRINTS
    if not path.is_file() or path.read_bytes() != content:
        replace_file(path, content)


def _readable(root: Path) -> Iterator[Notebook]:
    for path in chapters(root):
        try:
            yield read(path)
        except ValueError:
            continue  # running or comparing it reports the fault
