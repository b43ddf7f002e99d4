"""The chapters in a form that the stock theme reads: numbers in place, without our roles and directives."""

from __future__ import annotations

import json
import re
from pathlib import Path

from livingreview.notebooks.files import NUMBER, chapters, outputs, read, source
from livingreview.notebooks.outputs import of_chapter

#: Sources, fences and labels of ours, and links to what a copy does not have; each with what takes its place.
_PLAIN = (
    (re.compile(r"\{src\}`([^`]+)`"), r"\1"),
    (re.compile(r"^:::.*$", re.M), ""),
    (re.compile(r"^\([\w-]+\)=$", re.M), ""),
    (re.compile(r"\[([^\]]*)\]\((?!http|\w+\.ipynb\))[^)]*\)"), r"\1"),
)


def stock_book(root: Path, folder: Path) -> None:
    """Write a book of plain copies of all chapters, with the least configuration of a stock Jupyter Book."""
    (folder / "chapters").mkdir(parents=True)
    notebooks = {path.stem: read(path) for path in chapters(root)}
    stored = {name: of_chapter(name, notebook) for name, notebook in notebooks.items()}
    numbers = {(name, key): text for name, of in stored.items() for key, text in of.texts.items()}
    for name, notebook in notebooks.items():
        concluded = "\n".join(f"- {conclusion.sentence}" for conclusion in stored[name].conclusions)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                text = NUMBER.sub(lambda role, name=name: numbers[role[1] or name, role[2]], source(cell))  # type: ignore[misc]
                text = text.replace(":::{conclusions}", concluded)
                for pattern, instead in _PLAIN:
                    text = pattern.sub(instead, text)
                cell["source"] = text
            else:
                shown = [output for output in outputs(cell) if "text/html" in output.get("data", {})]
                cell["outputs"] = [{**output, "metadata": {}} for output in shown]
        (folder / f"chapters/{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    files = "".join(f"  - file: chapters/{name}\n" for name in notebooks)
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{files}", encoding="utf-8")
    (folder / "_config.yml").write_text('title: Book\nexecute:\n  execute_notebooks: "off"\n', encoding="utf-8")
    (folder / "index.md").write_text("# Book\n", encoding="utf-8")
