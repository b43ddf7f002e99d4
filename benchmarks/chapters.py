"""The chapters in a form that every tool reads: with their numbers in place, and without our roles and directives."""

from __future__ import annotations

import json
import re
from pathlib import Path

from livingreview.notebooks.files import chapters, outputs, published, read, source

_ROLE = re.compile(r"\{n\}`(?:([^`:]+):)?([^`]+)`")
_SOURCE = re.compile(r"\{src\}`([^`]+)`")
_FENCE = re.compile(r"^:::.*$", re.M)
_LABEL = re.compile(r"^\([\w-]+\)=$", re.M)
_LINK = re.compile(r"\]\((?!http)[^)]*\)")


def plain(root: Path, target: Path) -> list[str]:
    """Write plain copies of all chapters.

    Parameters
    ----------
    root : Path
        The root of the project.
    target : Path
        Folder for the copies.

    Returns
    -------
    list of str
        Names of the chapters, in the order of their files.
    """
    target.mkdir(parents=True)
    notebooks = {path.stem: read(path) for path in chapters(root)}
    numbers = {(name, key): text for name, book in notebooks.items() for key, text in published(book).items()}
    for name, notebook in notebooks.items():
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                text = _ROLE.sub(lambda role, name=name: numbers[role[1] or name, role[2]], source(cell))  # type: ignore[misc]
                for pattern, instead in ((_SOURCE, r"\1"), (_FENCE, ""), (_LABEL, ""), (_LINK, "](#)")):
                    text = pattern.sub(instead, text)
                cell["source"] = text
            else:
                shown = [output for output in outputs(cell) if "text/html" in output.get("data", {})]
                cell["outputs"] = [{**output, "metadata": {}} for output in shown]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        notebook["metadata"] = {"kernelspec": kernel, "language_info": {"name": "python"}}
        (target / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return list(notebooks)
