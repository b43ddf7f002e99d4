"""Evidence and books of any size, made from the real ones: ids, keys and links stay valid, so that `check` passes."""

from __future__ import annotations

import csv
import json
import re
import string
import sys
from itertools import islice, product
from pathlib import Path
from typing import Any

from livingreview.evidence import load
from livingreview.notebooks.linting import METADATA
from livingreview.notebooks.refreshing import refresh

#: Tables that grow with the trials: every row is written again in each copy of the evidence.
GROWING = (
    *("studies", "arms", "sets", "results", "outcomes", "milestones", "baseline", "pooled", "claims"),
    *("discrepancies", "explanations", "relations", "risk_of_bias"),
)
#: Columns, by the ends of their names, that name other rows and sources.
LINKS = ("_id", "_ids", "_key", "_keys", "checked_against", "echoes", "whole", "parts")
#: The chapters that list the evidence; they make the pages that grow with it.
LISTINGS = ("evidence", *dict.fromkeys(load().pages.values()), "numbers")
NUMBERS = 5  # that a small chapter publishes

_ENTRY = re.compile(r"^@\w+\{([^,]+),$", re.M)
_LINK = re.compile(r"\[([^\]\n]*)\]\((\w+)\.(?:ipynb|md)[^)\n]*\)")
_PAGE = """# A small chapter {name}

This chapter reports the trial {name} with what could be read of it.

{sentences}
"""


def evidence(data: Path, times: int) -> int:
    """Make a data package `times` as large, unsorted, each copy with rows and sources of its own; count its results."""
    tables = {name: _rows(data / f"{name}.csv") for name in GROWING}
    bibliography = (data / "references.bib").read_text(encoding="utf-8")
    used: set[str] = set()
    known = {row[0] for _, rows in tables.values() for row in rows} | {*_ENTRY.findall(bibliography)}
    for name, (header, rows) in tables.items():
        links = {at for at, column in enumerate(header) if column.endswith(LINKS)}
        used |= {part for row in rows for at in links for part in row[at].split("; ")}
        with (data / f"{name}.csv").open("a", encoding="utf-8", newline="") as file:
            for copy, row in product(range(1, times), rows):
                cells = [_renamed(cell, copy, known) if at in links else cell for at, cell in enumerate(row)]
                if name == "studies":
                    cells[header.index("registration")] = ""
                    cells[header.index("acronym")] += f" {copy}"
                if name == "results":  # nobody read a copy again
                    cells[header.index("extraction")] = "single"
                csv.writer(file, lineterminator="\n").writerow(cells)
    with (data / "references.bib").open("a", encoding="utf-8") as file:
        file.writelines(f"\n{_sources(bibliography, copy, used)}" for copy in range(1, times))
    return times * len(tables["results"][1])


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def _renamed(cell: str, copy: int, known: set[str]) -> str:
    """Rename the rows and sources in a cell as they are named in a copy; any other text stays as it is."""
    parts = (part.partition(".") for part in cell.split("; "))
    return "; ".join((_name(name, copy) if name in known else name) + point + column for name, point, column in parts)


def _name(name: str, copy: int) -> str:
    """Give the name of a row or source in a copy: its first word, which can be a study, has the copy's number."""
    first, hyphen, rest = name.partition("-")
    return f"{first}_{copy}{hyphen}{rest}"


def _sources(bibliography: str, copy: int, used: set[str]) -> str:
    """Write the sources that a copy uses: other keys and titles, and no number that a register gives once."""
    entries = re.split(r"\n(?=@)", bibliography)
    bibliography = "\n".join(entry for entry in entries if (key := _ENTRY.search(entry)) and key[1] in used)
    text = re.sub(r"^  (?:doi|pmid|pmcid) += .*\n", "", bibliography, flags=re.M)
    text = re.sub(r"^(  title +=) \{\{(.*)\}\}", rf"\1 {{{{\2 (copy {copy})}}}}", text, flags=re.M)
    return _ENTRY.sub(lambda entry: entry[0].replace(entry[1], _name(entry[1], copy)), text)


def book(root: Path, chapters: int) -> None:
    """Reduce a copy of the project to the pages that list the evidence, and add small chapters without outputs."""
    folder = root / "chapters"
    for path in [*folder.iterdir()]:
        if path.stem not in LISTINGS:
            path.unlink()
        else:  # a link to a page that is gone becomes its text
            text = path.read_text(encoding="utf-8")
            path.write_text(_LINK.sub(lambda link: link[0] if link[2] in LISTINGS else link[1], text), encoding="utf-8")
    header, rows = _rows(root / "data/results.csv")
    ids = [row[0] for row in rows if row[header.index("estimate")]]
    names = [*islice(map("".join, product(string.ascii_lowercase, repeat=3)), chapters)]
    for number, name in enumerate(names):
        chosen = [ids[(number * NUMBERS + offset) % len(ids)] for offset in range(NUMBERS)]
        (folder / f"{name}.ipynb").write_text(json.dumps(_chapter(name, chosen)), encoding="utf-8")
    files = "".join(f"- file: chapters/{name}\n" for name in (*names, *LISTINGS))
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{files}", encoding="utf-8")
    (root / "index.md").write_text("# A book that grew\n\nIt has small chapters and large tables.\n", encoding="utf-8")


def _chapter(name: str, ids: list[str]) -> dict[str, Any]:
    keys = [f"{name}_{letter}" for letter in string.ascii_lowercase[: len(ids)]]
    prose = f"# A small chapter {name}\n\nThis chapter reports the trial {name} with what could be read of it.\n\n"
    prose += "\n".join(f"One result of it is {{n}}`{key}`." for key in keys)
    code = "\n".join(f'publish_result("{key}", "{row}")' for key, row in zip(keys, ids, strict=True))
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "source": prose}]
    for text in ("from livingreview.publish.numbers import publish_result", code):
        cells.append({"cell_type": "code", "source": text, "execution_count": None, "outputs": []})
    cells = [{"id": f"{name}-{number:02d}", "metadata": {}, **cell} for number, cell in enumerate(cells, 1)]
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


if __name__ == "__main__":
    print(refresh(Path(sys.argv[1])))
