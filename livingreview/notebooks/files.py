"""The chapters as files: their fingerprints, published numbers and running conditions.

It imports nothing heavy, so that a build can ask `stale` at no cost. It reads the data as bytes, never as facts.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livingreview.repository import replace_file

Notebook = dict[str, Any]

#: Where the fingerprints stand: beside the notebooks, so that a refresh changes only notebooks whose outputs change.
#: Git keeps the lines of both sides of a merge; one that fits nothing any more does no harm.
FINGERPRINTS = "chapters/fingerprints.txt"

#: The modules of the package whose code can change what a chapter shows.
COMPUTING = (
    "evidence",
    "statistics",
    "checks/claims.py",
    "checks/consistency",
    "publish",
    "notebooks/without_source.py",
    "notebooks/files.py",
    "history",
)

#: A published number in prose: the chapter that publishes it, if it is another one, and its key.
NUMBER = re.compile(r"\{n\}`(?:([^`:]+):)?([^`]+)`")
#: The type of a published number's output; see `livingreview.publish.numbers`.
RECORD = "application/papermill.record/text/plain"


@dataclass(frozen=True)
class Problem:
    """Something in a chapter that must be otherwise, and what to do about it."""

    place: str
    must: str
    found: str
    remedy: str

    @property
    def chapter(self) -> str:
        """Name of the page without its folder and suffix."""
        return Path(self.place.partition(",")[0]).stem

    def __str__(self) -> str:
        return f"{self.place}: must {self.must}; found {self.found}. {self.remedy}"


def place(page: str, number: int = 0, cell: dict[str, Any] | None = None, line: int = 0) -> str:
    """Say where something is: page, cell (counted from 1), line of the cell or of the page."""
    where = [page]
    if cell is not None:
        where.append(f"cell {number} ({cell.get('cell_type')}, id {cell.get('id')})")
    if line:
        where.append(f"line {line}")
    return ", ".join(where)


def failure(page: str, number: int, cell: dict[str, Any], error: dict[str, Any]) -> Problem:
    """Say in one message which line of a cell failed and with which words."""
    traceback = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.get("traceback", [])))
    at = re.search(r"Cell In\[\d+\], line (\d+)", traceback)
    rows = source(cell).split("\n")
    # IPython counts from the first line that is not blank.
    line = int(at[1]) + next((blank for blank, row in enumerate(rows) if row.strip()), 0) if at else 0
    remedy = f"It fails at: {rows[line - 1].strip()}" if 0 < line <= len(rows) else "Correct the cell."
    found = f"{error['ename']}: {' '.join(error['evalue'].split())}".rstrip(".")
    return Problem(place(page, number, cell, line), "run to its end", found, remedy)


def chapters(root: Path) -> list[Path]:
    """List the notebooks of the book."""
    return sorted(path for path in (root / "chapters").glob("*.ipynb") if not path.name.startswith("."))


def read(path: Path) -> Notebook:
    """Read a notebook as it is stored.

    Raises
    ------
    ValueError
        If the file is not a notebook, for example after a merge that left its marks.
    """
    return parsed(path.name, path.read_bytes())


def parsed(name: str, content: bytes) -> Notebook:
    """Read a notebook from the content of its file; raises as `read` does."""
    try:
        notebook = json.loads(content.decode("utf-8"))
    except ValueError as error:
        if re.search(rb"^<{7} .*^>{7} ", content, re.M | re.S):
            raise ValueError(
                f"chapters/{name}: must be whole; found marks of a merge conflict. Run 'make merge', or take one side, "
                f"git checkout --ours chapters/{name} (or --theirs). Then make refresh."
            ) from error
        raise ValueError(f"chapters/{name}: must be JSON in UTF-8; found {error}.") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError(f"chapters/{name}: must be a notebook; found no list of cells.")
    return notebook


def joined(text: Any) -> str:
    """Join a text that the notebook format may store as a list of lines."""
    return "".join(text) if isinstance(text, list) else str(text)


def source(cell: dict[str, Any]) -> str:
    """Give the source of a cell as one text."""
    return joined(cell.get("source", ""))


def outputs(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the outputs of a cell with every text as one text."""
    found = [dict(output) for output in cell.get("outputs", [])]
    for output in found:
        if "text" in output:
            output["text"] = joined(output["text"])
        if "data" in output:
            output["data"] = {
                kind: value if kind.endswith("json") else joined(value) for kind, value in output["data"].items()
            }
    return found


def records(notebook: Notebook) -> Iterator[tuple[int, str, str]]:
    """Give the cell (counted from 1), key and text of every published number, in order."""
    for number, cell in enumerate(notebook["cells"], 1):
        for output in outputs(cell):
            key = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if key is not None and RECORD in output["data"]:
                yield number, key, output["data"][RECORD]


def published(notebook: Notebook) -> dict[str, str]:
    """Give the text of every published number by its key."""
    return {key: text for _, key, text in records(notebook)}


def computing(root: Path) -> list[Path]:
    """List the modules that compute, this one, which reads chapters for one of them, and the style of the figures."""
    places = [root / "livingreview" / name for name in COMPUTING]
    files = [path for place in places for path in (place, *place.rglob("*"))]
    return sorted(path for path in files if path.is_file() and path.suffix in {".py", ".mplstyle"})


def foundation(root: Path) -> str:
    """Hash what all chapters stand on: every data file, and the code that computes."""
    data = [path for name in ("data", "history") for path in (root / name).rglob("*") if path.is_file()]
    named = {path.relative_to(root).as_posix(): path for path in computing(root) + data}
    digest = hashlib.sha256()
    for name in sorted(name for name in named if not any(part.startswith(".") for part in name.split("/"))):
        # A checkout may turn line ends into CRLF; what the chapters compute stays the same.
        content = named[name].read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()


def seal(foundation: str, notebook: Notebook) -> str:
    """Give the fingerprint of a notebook's own source on a given foundation; its outputs do not count."""
    cells = [[cell.get("cell_type"), cell.get("id"), source(cell)] for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps([foundation, cells]).encode()).hexdigest()


def fingerprint(root: Path, chapter_path: Path) -> str:
    """Give the fingerprint of the data, the computing code and the source of a chapter.

    Parameters
    ----------
    root : Path
        The root of the project.
    chapter_path : Path
        The notebook.

    Returns
    -------
    str
        A SHA-256 in hexadecimal, the same on every machine and at every path.
    """
    return seal(foundation(root), read(chapter_path))


def stale(root: Path) -> list[str]:
    """Name the chapters whose data, code or source has changed since their outputs were stored.

    A chapter without a fingerprint, or one that cannot be read, is stale.
    """
    base, known = foundation(root), set(fingerprints(root))
    names = []
    for path in chapters(root):
        try:
            fresh = (path.stem, seal(base, read(path))) in known
        except ValueError:
            fresh = False
        if not fresh:
            names.append(path.stem)
    return names


def fingerprints(root: Path) -> list[tuple[str, str]]:
    """Read the chapters' names and fingerprints; after a merge a chapter may have two, and other lines do not count."""
    try:
        lines = (root / FINGERPRINTS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [(match[1], match[2]) for line in lines if (match := re.fullmatch(r"(\S+) ([0-9a-f]{64})", line))]


def keep_fingerprints(root: Path, new: dict[str, str]) -> None:
    """Write the fingerprints of chapters in place of those they had; the lines of others stay.

    Parameters
    ----------
    root : Path
        The root of the project.
    new : dict of str
        Fingerprints by the name of the chapter.
    """
    names = {path.stem for path in chapters(root)}
    kept = {(name, one) for name, one in fingerprints(root) if name not in new} | set(new.items())
    lines = [f"{name} {one}\n" for name, one in sorted(kept) if name in names]
    content = "".join(lines).encode()
    path = root / FINGERPRINTS
    if not path.is_file() or path.read_bytes() != content:
        replace_file(path, content)


def environment(root: Path) -> dict[str, str]:
    """Give the environment in which chapters run, the same for a refresh, a verification and nbval.

    Sets keep their order from run to run, figures need no screen, and the start-up files of a user's IPython, which
    could change what a chapter shows, are left out.
    """
    ipython = root.resolve() / "_build" / "ipython"
    ipython.mkdir(parents=True, exist_ok=True)
    paths = [str(root.resolve()), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
        "IPYTHONDIR": str(ipython),
    }
