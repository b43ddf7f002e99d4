"""Evidence and books of any size, made from the real ones: ids, keys and links stay valid, so that `check` passes."""

from __future__ import annotations

import csv
import json
import re
import string
import sys
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any

from livingreview.notebooks.linting import METADATA
from livingreview.notebooks.refreshing import refresh

#: Tables whose every row is written again in each copy of the evidence. The model, the instruments and the records of
#: the review do not grow with the trials.
GROWING = (
    *("studies", "arms", "sets", "results", "outcomes", "milestones", "baseline", "pooled", "claims"),
    *("discrepancies", "explanations", "relations", "risk_of_bias"),
)
#: Columns that name other rows and sources, besides those whose names end so.
LINKS = ("checked_against", "echoes", "whole", "parts")
ENDINGS = ("_id", "_ids", "_key", "_keys")
#: The chapters that list the evidence, in the order of the contents; they make the pages that grow with it.
LISTINGS = (
    *("evidence", "trials", "results", "baseline", "components", "pooled", "claims", "discrepancies"),
    *("instruments", "integrity", "sources", "notices", "glossary", "numbers"),
)
#: Published numbers of a small chapter.
NUMBERS = 5

_ENTRY = re.compile(r"^@\w+\{([^,]+),$", re.M)
_LINK = re.compile(r"\[([^\]\n]*)\]\((\w+)\.(?:ipynb|md)[^)\n]*\)")
_NUMBERED = re.compile(r"([a-z]+-)(\d+)")
_PAGE = """# A small chapter {name}

This chapter reports the trial {name} with what could be read of it.

{sentences}
"""


def evidence(data: Path, times: int) -> int:
    """Make a data package `times` as large: each copy has its own studies, arms, results, claims and sources.

    Parameters
    ----------
    data : Path
        Folder of a copy of the data package, which is written over. Its rows are left unsorted.
    times : int
        How many times its size it shall be; 1 leaves it as it is.

    Returns
    -------
    int
        Rows of results.csv.
    """
    tables = {name: _rows(data / f"{name}.csv") for name in GROWING}
    bibliography = (data / "references.bib").read_text(encoding="utf-8")
    known = {row[0] for _, rows in tables.values() for row in rows} | {*_ENTRY.findall(bibliography)}
    for name, (header, rows) in tables.items():
        links = {at for at, column in enumerate(header) if column.endswith(ENDINGS) or column in LINKS}
        with (data / f"{name}.csv").open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for copy in range(1, times):
                for row in rows:
                    cells = [_renamed(cell, copy, known) if at in links else cell for at, cell in enumerate(row)]
                    if name == "studies":
                        cells[header.index("registration")] = ""
                        cells[header.index("acronym")] += f" {copy}"
                    writer.writerow(cells)
    with (data / "references.bib").open("a", encoding="utf-8") as file:
        for copy in range(1, times):
            file.write(f"\n{_sources(bibliography, copy)}")
    return times * len(tables["results"][1])


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def _renamed(cell: str, copy: int, known: set[str]) -> str:
    """Give the names in a cell as they are in a copy; what is no name of the evidence stays as it is."""
    parts = []
    for part in cell.split("; "):
        name, point, column = part.partition(".")
        parts.append(f"{_name(name, copy)}{point}{column}" if name in known else part)
    return "; ".join(parts)


def _name(name: str, copy: int) -> str:
    """Give the name of a row or source in a copy: a numbered one has its own thousands, any other its own ending."""
    if numbered := _NUMBERED.fullmatch(name):
        return f"{numbered[1]}{int(numbered[2]) + 1000 * copy}"
    return f"{name}-{copy}" if re.search(r"[A-Z-]", name) else f"{name}_{copy}"


def _sources(bibliography: str, copy: int) -> str:
    """Give the bibliography of a copy: other keys and titles, and no number that a register gives once."""
    text = re.sub(r"^  (?:doi|pmid|pmcid) += .*\n", "", bibliography, flags=re.M)
    text = re.sub(r"^(  title +=) \{\{(.*)\}\}", rf"\1 {{{{\2 (copy {copy})}}}}", text, flags=re.M)
    return _ENTRY.sub(lambda entry: entry[0].replace(entry[1], _name(entry[1], copy)), text)


def book(root: Path, chapters: int) -> None:
    """Make of a copy of the project a book of the pages that list the evidence, and of small chapters.

    Parameters
    ----------
    root : Path
        A copy of the project, whose chapters and contents are written over; the outputs are left to `store`.
    chapters : int
        How many small chapters, each of which publishes some numbers.
    """
    folder = root / "chapters"
    for path in [*folder.iterdir()]:
        if path.stem not in LISTINGS:
            path.unlink()
        else:  # a link to a page that is gone is its text
            text = path.read_text(encoding="utf-8")
            path.write_text(_LINK.sub(lambda link: link[0] if link[2] in LISTINGS else link[1], text), encoding="utf-8")
    header, rows = _rows(root / "data/results.csv")
    estimate = header.index("estimate")
    ids = [row[0] for row in rows if row[estimate]]
    names = [*islice(map("".join, product(string.ascii_lowercase, repeat=3)), chapters)]
    for number, name in enumerate(names):
        chosen = [ids[(number * NUMBERS + offset) % len(ids)] for offset in range(NUMBERS)]
        (folder / f"{name}.ipynb").write_text(json.dumps(_chapter(name, chosen)), encoding="utf-8")
    files = "".join(f"- file: chapters/{name}\n" for name in (*names, *LISTINGS))
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{files}", encoding="utf-8")
    (root / "index.md").write_text("# A book that grew\n\nIt has small chapters and large tables.\n", encoding="utf-8")


def _chapter(name: str, ids: list[str]) -> dict[str, Any]:
    keys = [f"{name}_{letter}" for letter in string.ascii_lowercase[: len(ids)]]
    code = "\n".join(f'publish_result("{key}", "{row}")' for key, row in zip(keys, ids, strict=True))
    sentences = "\n".join(f"One result of it is {{n}}`{key}`." for key in keys)
    cells = [*_cells(name, _PAGE.format(name=name, sentences=sentences), code)]
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def _cells(name: str, prose: str, code: str) -> Iterator[dict[str, Any]]:
    yield {"cell_type": "markdown", "id": f"{name}-01", "metadata": {}, "source": prose.strip()}
    for number, text in enumerate(("from livingreview.publish.numbers import publish_result", code), 2):
        yield {
            "cell_type": "code",
            "id": f"{name}-{number:02d}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": text,
        }


if __name__ == "__main__":
    print(refresh(Path(sys.argv[1])))
