"""The chapters as files: where they are, how they are read, and the environment in which they run.

This module imports nothing heavy.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
RESTORE = "Restore the file (git checkout), or save it again as a notebook; then make refresh."

#: A published number in prose: the chapter that publishes it, if it is another one, and its key.
NUMBER = re.compile(r"\{n\}`(?:([^`:]+):)?([^`]+)`")


class NotebookError(ValueError):
    """A file among the chapters that cannot be read as a notebook; its message names file, cell and remedy."""


@dataclass(frozen=True)
class Problem:
    """A violation in a chapter: where it is, what is required, what was found, and what to do."""

    place: str
    requirement: str
    actual: str
    remedy: str

    @property
    def chapter(self) -> str:
        """Name of the page without its folder and suffix."""
        return Path(self.place.partition(",")[0]).stem

    def __str__(self) -> str:
        return f"{self.place}: must {self.requirement}; found {self.actual}. {self.remedy}"


#: Characters of code above which the code of a chapter has a page of its own.
CODE = 15_000
#: The chapter that reports what each version changed: its output quotes what earlier versions said.
VERSIONS_PAGE = "changes"


def place(page: str, number: int = 0, cell: dict[str, Any] | None = None, line: int = 0) -> str:
    """Say where something is: page, cell (counted from 1), line of the cell or of the page."""
    where = [page]
    if cell is not None:
        where.append(f"cell {number} ({cell.get('cell_type')}, id {cell.get('id')})")
    if line:
        where.append(f"line {line}")
    return ", ".join(where)


def failure(page: str, number: int, cell: dict[str, Any], error: dict[str, Any]) -> Problem:
    """Report which line of a cell failed, and the error."""
    traceback = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.get("traceback", [])))
    at = re.search(r"Cell In\[\d+\], line (\d+)", traceback)
    rows = source(cell).split("\n")
    # IPython counts from the first line that is not blank.
    line = int(at[1]) + next((blank for blank, row in enumerate(rows) if row.strip()), 0) if at else 0
    remedy = f"It fails at: {rows[line - 1].strip()}" if 0 < line <= len(rows) else "Correct the cell."
    raised = f"{error['ename']}: {' '.join(error['evalue'].split())}".rstrip(".")
    return Problem(place(page, number, cell, line), "run to its end", raised, remedy)


def chapters(root: Path) -> list[Path]:
    """List the notebooks of the book."""
    return sorted(path for path in (root / "chapters").glob("*.ipynb") if not path.name.startswith("."))


def content(path: Path) -> bytes:
    """Read the bytes of a notebook; raises NotebookError where there is a folder or a link in its place."""
    if path.is_symlink() or not path.is_file():
        actual = "a link" if path.is_symlink() else "a folder" if path.is_dir() else "no file"
        raise NotebookError(f"chapters/{path.name}: must be a notebook; found {actual}. Move it out of chapters.")
    return path.read_bytes()


def read(path: Path) -> Notebook:
    """Read a notebook as it is stored.

    Raises
    ------
    NotebookError
        If the file is not a notebook, for example because of conflict markers.
    """
    return parsed(path.name, content(path))


def parsed(name: str, raw: bytes) -> Notebook:
    """Read a notebook from the content of its file; raises as `read` does."""
    try:
        notebook = json.loads(raw.decode("utf-8"))
        if _SURROGATE.search(raw):  # half a character, which no file can hold, may stand there as its code
            json.dumps(notebook, ensure_ascii=False).encode()
    except RecursionError as error:
        raise NotebookError(f"chapters/{name}: must be a notebook; found lists in lists. {RESTORE}") from error
    except ValueError as error:
        if re.search(rb"^<{7} .*^>{7} ", raw, re.M | re.S):
            raise NotebookError(
                f"chapters/{name}: must be whole; found marks of a merge conflict. Run 'make merge', or take one side, "
                f"git checkout --ours chapters/{name} (or --theirs). Then make refresh."
            ) from error
        raise NotebookError(f"chapters/{name}: must be JSON in UTF-8; found {error}. {RESTORE}") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise NotebookError(f"chapters/{name}: must be a notebook; found no list of cells. {RESTORE}")
    if not isinstance(notebook.get("metadata", {}), dict):
        raise NotebookError(f"chapters/{name}: must have metadata by name; found another form. {RESTORE}")
    for number, cell in enumerate(notebook["cells"], start=1):
        if wrong := _wrong_cell(cell):
            raise NotebookError(f"chapters/{name}, cell {number}: must {wrong}. {RESTORE}")
    return notebook


def _wrong_cell(cell: Any) -> str:
    """Say why a cell cannot be read: it, its metadata, its source or its outputs have another form."""
    if not isinstance(cell, dict):
        return f"be a cell; found {type(cell).__name__}"
    if not isinstance(cell.get("cell_type"), str) or not isinstance(cell.get("id", ""), str):
        return "have its type and its id as text; found another form"
    if not _by_name(cell, "metadata", "attachments") or not _texts([cell.get("metadata", {}).get("tags", [])]):
        return "have metadata by name; found another form"
    if not _texts([cell.get("source", "")]):
        return "have its source as text; found another form"
    return _wrong_outputs(cell.get("outputs", [])) if cell["cell_type"] == "code" else ""


def _wrong_outputs(outputs: Any) -> str:
    if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
        return "have a list of outputs; found another form"
    if not all(_by_name(output, "data", "metadata") for output in outputs):
        return "have outputs whose data are by kind; found another form"
    if not all(_recorded(output.get("metadata", {})) for output in outputs):
        return "have outputs whose records are texts by name; found another form"
    return "" if _texts([o["text"] for o in outputs if "text" in o]) else "have texts as text; found another form"


def _by_name(part: dict[str, Any], *names: str) -> bool:
    return all(isinstance(part.get(name, {}), dict) for name in names)


def _recorded(metadata: dict[str, Any]) -> bool:
    """Whether what `livingreview.publish.record` stores with an output can be read."""
    names = ("scrapbook", "livingreview")
    values = [value for name in names if _by_name(metadata, name) for value in metadata.get(name, {}).values()]
    return _by_name(metadata, *names) and _texts([value for value in values if not isinstance(value, bool)])


def _texts(texts: list[Any]) -> bool:
    return all(isinstance(line, str) for text in texts for line in (text if isinstance(text, list) else [text]))


def joined(text: Any) -> str:
    """Join a text that the notebook format may store as a list of lines."""
    return "".join(text) if isinstance(text, list) else str(text)


def source(cell: dict[str, Any]) -> str:
    """Give the source of a cell as one text."""
    return joined(cell.get("source", ""))


def has_code_page(notebook: Notebook) -> bool:
    """Whether the code of a chapter is so long that it has a page of its own; it depends on the code alone."""
    return sum(len(source(cell)) for cell in notebook["cells"] if cell["cell_type"] == "code") > CODE


def outputs(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the outputs of a cell, every text in one piece."""
    cleaned = [dict(output) for output in cell.get("outputs", [])]
    for output in cleaned:
        if "text" in output:
            output["text"] = joined(output["text"])
        if "data" in output:
            output["data"] = {
                kind: value if kind.endswith("json") else joined(value) for kind, value in output["data"].items()
            }
    return cleaned


def environment(root: Path) -> dict[str, str]:
    """Give the environment in which chapters run, the same for a refresh, a verification and nbval.

    Sets keep their order from run to run, figures need no screen, and the user's IPython start-up files, which
    could change what a chapter shows, are ignored.
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
