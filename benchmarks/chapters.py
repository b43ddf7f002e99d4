"""The chapters in a form that every tool reads: with their numbers in place, and without our roles and directives."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from bs4 import BeautifulSoup

from livingreview.notebooks.files import NUMBER, chapters, outputs, read, source
from livingreview.notebooks.outputs import of_chapter

#: What a plain copy lacks; it is said in the table.
LEFT_OUT = (
    "the links of numbers to their rows, the boxes to cite a chapter, the dictionary of the data, and the pages on "
    "numbers and on the proof"
)
_SOURCE = re.compile(r"\{src\}`([^`]+)`")
_CONCLUSIONS = re.compile(r"^:::\{conclusions\}$", re.M)
_FENCE = re.compile(r"^:::.*$", re.M)
_LABEL = re.compile(r"^\([\w-]+\)=$", re.M)
_ELSEWHERE = re.compile(r"\[([^\]]*)\]\((?!http|\w+\.ipynb\))[^)]*\)")  # links to what a copy has not


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
    stored = {name: of_chapter(name, notebook) for name, notebook in notebooks.items()}
    numbers = {(name, key): text for name, of in stored.items() for key, text in of.texts.items()}
    for name, notebook in notebooks.items():
        concluded = "\n".join(f"- {conclusion.sentence}" for conclusion in stored[name].conclusions)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                text = NUMBER.sub(lambda role, name=name: numbers[role[1] or name, role[2]], source(cell))  # type: ignore[misc]
                text = _CONCLUSIONS.sub(lambda _, concluded=concluded: concluded, text)  # type: ignore[misc]
                for pattern, instead in ((_SOURCE, r"\1"), (_FENCE, ""), (_LABEL, ""), (_ELSEWHERE, r"\1")):
                    text = pattern.sub(instead, text)
                cell["source"] = text
            else:
                kept = [output for output in outputs(cell) if "text/html" in output.get("data", {})]
                cell["outputs"] = [{**output, "metadata": {}} for output in kept]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        notebook["metadata"] = {"kernelspec": kernel, "language_info": {"name": "python"}}
        (target / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return list(notebooks)


def content(page: Path) -> tuple[Counter[str], int, int]:
    """Count the words, the tables and the drawings of the main part of a page."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "lxml")
    main = soup.select_one("article, main") or soup
    return (
        Counter(re.findall(r"\w+", main.get_text(" "))),
        len(main.select("table:not(.highlighttable)")),
        len(main.select("figure svg")),
    )
