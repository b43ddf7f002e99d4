"""The chapters as files: every rule is broken once, and every way of changing a stored output is seen."""

from __future__ import annotations

import base64
import copy
import csv
import importlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livingreview.evidence import load
from livingreview.notebooks import allowed_code, comparing, confinement, prose, refreshing
from livingreview.notebooks.files import Problem, environment, read
from livingreview.notebooks.fingerprints import fingerprint, fingerprints, keep_fingerprints, stale
from livingreview.notebooks.linting import METADATA, SKELETON, SUMMARY, lint
from livingreview.notebooks.outputs import of_chapter
from livingreview.notebooks.refreshing import refresh
from livingreview.notebooks.verifying import verify

PROJECT = Path(__file__).parent.parent
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
Notebook = dict[str, Any]


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code(text: str, *outputs: dict[str, Any], count: int | None = None) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": count, "metadata": {}, "outputs": list(outputs), "source": text}


def record(key: str, text: str = "45%") -> dict[str, Any]:
    """A published number as it is stored."""
    return {
        "output_type": "display_data",
        "data": {"application/papermill.record/text/plain": text},
        "metadata": {"scrapbook": {"mime_prefix": "application/papermill.record/", "name": key}},
    }


def notebook(*cells: dict[str, Any]) -> Notebook:
    numbered = [{"id": f"c{number}", **cell} for number, cell in enumerate(cells, 1)]
    return {"cells": numbered, "metadata": copy.deepcopy(METADATA), "nbformat": 4, "nbformat_minor": 5}


def write(root: Path, name: str, book: Notebook) -> Path:
    path = root / "chapters" / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(book), encoding="utf-8")
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with data, code and no chapter."""
    for name, text in {
        "data/results.csv": "id,n\na-1,5\n",
        "livingreview/statistics/effects.py": "ONE = 1\n",
        "livingreview/publish/figures/flow.py": "STYLE = 'style.mplstyle'\n",
        "livingreview/publish/figures/style.mplstyle": "font.size: 9\n",
        "livingreview/cli.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "chapters").mkdir()
    return tmp_path


# Fingerprints


def test_fingerprints_of_both_sides_of_a_merge_are_read(root: Path) -> None:
    fresh = write(root, "fresh", notebook(markdown("# One")))
    write(root, "other", notebook(markdown("# One")))
    seals = {"fresh": fingerprint(root, fresh), "other": "a" * 64, "gone": "b" * 64}
    keep_fingerprints(root, seals)
    path = root / "chapters/fingerprints.txt"
    assert path.read_text() == f"fresh {seals['fresh']}\nother {'a' * 64}\n"
    for lines in ("fresh {old}\nfresh {now}\n", "<<<<<<< HEAD\nfresh {old}\n=======\nfresh {now}\n>>>>>>> main\n"):
        path.write_text(lines.format(old="0" * 64, now=seals["fresh"]))
        assert stale(root) == ["other"]
    path.write_bytes(b"fresh \xff\n")
    assert stale(root) == ["fresh", "other"]


def test_fingerprint_reacts_to_data_code_and_source_alone(root: Path) -> None:
    imports = "from livingreview.publish.figures import flow\nfrom livingreview.statistics import effects"
    path = write(root, "impact", notebook(markdown("# One"), code(imports, count=1)))
    before = fingerprint(root, path)
    assert re.fullmatch("[0-9a-f]{64}", before)

    book = read(path)
    book["cells"][1]["outputs"] = [record("a")]
    book["cells"][1]["execution_count"] = 7
    book["cells"][0]["source"] = ["# ", "One"]
    write(root, "impact", book)
    os.utime(root / "data/results.csv", (0, 0))
    (root / "livingreview/cli.py").write_text("CHANGED = 1\n")
    (root / "data/.lock").write_text("an editor's")
    (root / "data/results.csv").write_bytes(b"id,n\r\na-1,5\r\n")
    assert fingerprint(root, path) == before
    elsewhere = root.parent / "elsewhere"
    shutil.copytree(root, elsewhere)
    assert fingerprint(elsewhere, elsewhere / "chapters/impact.ipynb") == before

    seen = {before}
    for name in (
        "data/results.csv",
        "data/more.csv",
        "livingreview/statistics/effects.py",
        "livingreview/publish/figures/style.mplstyle",
        "livingreview/publish/figures/flow.py",
    ):
        (root / name).write_text("changed\n")
        seen.add(fingerprint(root, path))
    for field, value in {"source": "# Two", "id": "other", "cell_type": "raw"}.items():
        book["cells"][0][field] = value
        write(root, "impact", book)
        seen.add(fingerprint(root, path))
    assert len(seen) == 9


def test_stale_names_chapters_and_is_cheap(root: Path) -> None:
    fresh = write(root, "fresh", notebook(markdown("# One")))
    keep_fingerprints(root, {"fresh": fingerprint(root, fresh)})
    write(root, "never", notebook(markdown("# One")))
    (root / "chapters/torn.ipynb").write_text("<<<<<<< HEAD")
    assert stale(root) == ["never", "torn"]
    (root / "data/results.csv").write_text("id,n\na-1,6\n")
    assert stale(root) == ["fresh", "never", "torn"]
    program = "import sys, livingreview.notebooks.fingerprints; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=PROJECT, check=True)
    assert not {"pandas", "nbformat", "nbclient", "IPython"} & set(done.stdout.split())


# Words and numerals


@pytest.mark.parametrize(
    "text",
    [
        "The PHQ-9, SCL-20, PCL-5, GAD-7, PC-PTSD-5, VR-12, SF-36 and DSM-5 are names.",
        "The PHQ-9-based item and (PHQ-8) are names.",
        "IMPACT (2002) is NCT04600414, billed as 99492 or G2214.",
        "The 12-month score, and scores at 6, 12 and 24 months (95% CI {n}`a`).",
        "Call or text 988 (US), or chat at 988lifeline.org; veterans press 1.",
        "See [the paper](https://doi.org/10.1001/jama.2002.28) {cite}`unutzer2002` and {ref}`label-2`.",
        "Out of 1,000 people with type 2 diabetes; RoB 2; PRISMA 2020; `impact-response-12m-contrast`; a note[^1].",
        "(label-2)=",
        "% a comment, 45%",
        "Two double-blind trials, three arms, a third trial, the third of May.",
        "The score fell by at least half.",
    ],
)
def test_names_are_no_results(text: str) -> None:
    (line,) = prose.lines(text)
    assert prose.numerals(line.text) + prose.ratios(line.text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("About 45% responded.", "45%"),
        ("The PHQ-91 and 95% of people.", "PHQ-91 95%"),
        ("A share of {n}`a`5% and ½ of 3{n}`b`.", "Number5% ½ 3Number"),
        ("[12 people](a.md#x-1) had `3.45`.", "12 `3.45`"),
        ("{ref}`all 99 of them <label-2>`, <b>1801</b>, IMPACT (1801)", "99 <b>1801</b> 1801"),
        ("per 100.5 or PHQ-9.5 or 95% CI 1.2", "100.5 PHQ-9.5 1.2"),
        ("![a share of 45%](figure-1.svg)", "45%"),
        ("at 9 months, P<0.001, −3, P<.05", "9 P<0.001 −3 P<.05"),
        ("| 45% | PHQ-9 | 50|", "45% 50"),
        ("It doubled, was twice as large, and halved.", "doubled twice halved"),
        ("One in four, two of three, two of the three.", "One in four two of three two of the three"),
        ("A third of them.", "third of"),
        ("A third fewer, one-third, two thirds, threefold.", "A third one-third thirds threefold"),
        ("Forty-five percent, five per cent, a quarter.", "Forty-five five per cent quarter"),
    ],
)
def test_typed_results_are_found(text: str, found: str) -> None:
    (line,) = prose.lines(text)
    assert " ".join(prose.numerals(line.text) + prose.ratios(line.text)) == found


def test_what_is_shown_of_directives() -> None:
    text = """```{figure} figure-1.svg
:name: fig-1
:alt: a share of 45%
A caption with 46%.
```
:::{note} Title 47%
Body 48%.
:9: 49%
:::
<!-- 50%
51% -->
```python
x = 52
```
"""
    found = [(line.number, token) for line in prose.lines(text) for token in prose.numerals(line.text)]
    assert found == [(3, "45%"), (4, "46%"), (6, "47%"), (7, "48%"), (8, "9"), (8, "49%"), (13, "52")]
    page = list(prose.lines("---\nversion: 3\n---\nText 4.", front_matter=True))
    assert [token for line in page for token in prose.numerals(line.text)] == ["4"]


def test_every_allowed_numeral_has_a_reason_and_is_no_bare_number() -> None:
    with prose.ALLOWED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["reason"] for row in rows)
    for number in ("45", "45%", "0.50", "2", "12", "1801", "1,801", "2002", "3.45", "988 people", "12 months"):
        assert prose.numerals(number) == [number.split()[0]]


@pytest.mark.parametrize(
    "text",
    [
        "Usual care vs. Enhanced care, e.g. The model, i.e. Adults, by Unützer et al. In short.",
        "By J. W. Smith and Dr. Katon.",
        "The U.S. Department, St. Louis, Fig. A, Ann. Intern. Med. and 3.5 Points.",
        "**Comparator.** Usual care.",
        "- **Who?** Adults.",
        'It says "It works. We know." in print.',
        "A note (It works. We know) in brackets.",
        "| One. Two | Three. Four |",
        "## Does it work? Yes",
        "1. Only one sentence.",
        "What is it?",
    ],
)
def test_one_sentence(text: str) -> None:
    assert not any(map(prose.two_sentences, prose.lines(text)))


@pytest.mark.parametrize(
    "text",
    [
        "It works. We know.",
        "Does it? Yes.",
        "It was {n}`a`. {n}`b` is more.",
        "It was (so). *We* know.",
        "- It works. Überall.",
        "**Who.** Adults. Others too.",
        "It has a 95% CI. We know.",
    ],
)
def test_two_sentences(text: str) -> None:
    assert any(map(prose.two_sentences, prose.lines(text)))


# Rules


def good() -> Notebook:
    """A chapter without a fault."""
    headings = [f"## {heading}" for heading in SKELETON]
    after = SKELETON.index(SUMMARY) + 1
    summary = {"output_type": "execute_result", "data": {"text/html": f"<table><caption>{SUMMARY}</caption></table>"}}
    summary |= {"metadata": {}, "execution_count": 3}
    return notebook(
        markdown("# IMPACT"),
        code(
            "from livingreview.evidence import load\n"
            "from livingreview.publish.numbers import publish\n"
            "publish('response', f'{len(load().arms):d}', rows=['impact-response-12m-contrast'])",
            record("response"),
            count=1,
        ),
        markdown("\n\n".join([*headings[:after], "A share of {n}`response` of {n}`impact:response`."])),
        code("print('text')", {"output_type": "stream", "name": "stdout", "text": ["text\n"]}, count=2),
        code("from livingreview.publish.summary import summary\nsummary([])", summary, count=3),
        markdown("\n\n".join(headings[after:])),
    )


def with_cell(text: str) -> Callable[[Notebook], None]:
    return lambda book: book["cells"][3].update(source=text)


def with_text(text: str) -> Callable[[Notebook], None]:
    return lambda book: book["cells"][0].update(source=text)


def with_output(**output: Any) -> Callable[[Notebook], None]:
    return lambda book: book["cells"][3].update(outputs=[output])


BROKEN: dict[str, tuple[Callable[[Notebook], object], str]] = {
    "format": (lambda book: book.update(nbformat_minor=4), "must be in notebook format 4.5; found 4.4"),
    "schema": (lambda book: book["cells"][1].pop("outputs"), "must be a valid notebook; found 'outputs' is a required"),
    "metadata": (
        lambda book: book["metadata"].update(mystnb={}),
        "must have the metadata of every chapter; found other values of mystnb",
    ),
    "no id": (lambda book: book["cells"][1].pop("id"), "cell 2 (code, id None): must have an id of its own"),
    "same id": (lambda book: book["cells"][1].update(id="c1"), 'must have an id of its own; found "c1"'),
    "raw": (lambda book: book["cells"][3].update(cell_type="raw"), "must be code or Markdown; found a raw cell"),
    "tag": (
        lambda book: book["cells"][3]["metadata"].update(tags=["nbval-skip"]),
        "must have no tags or other metadata; found nbval-skip",
    ),
    "hidden": (
        lambda book: book["cells"][0]["metadata"].update(jupyter={}),
        "must have no tags or other metadata; found jupyter",
    ),
    "marker": (
        with_cell("# NBVAL_IGNORE_OUTPUT\n1"),
        "must be compared with its stored outputs; found NBVAL_IGNORE_OUTPUT",
    ),
    "cleared": (
        lambda book: book["cells"][3].update(execution_count=None, outputs=[]),
        "must be stored as code cell 2 of one run; found execution count None",
    ),
    "order": (lambda book: book["cells"][3].update(execution_count=3), "found execution count 3"),
    "empty": (with_cell(" \n"), "must hold code"),
    "error": (
        with_output(output_type="error", ename="ValueError", evalue="", traceback=[]),
        "must run without an error; found ValueError",
    ),
    "stderr": (
        with_output(output_type="stream", name="stderr", text="a warning"),
        'must write nothing to stderr; found "a warning"',
    ),
    "same key": (
        lambda book: book["cells"][3].update(outputs=[record("response")]),
        'found "response", published in cell 2 too',
    ),
    "long": (with_cell("1\n" * 18 + "1"), "must have at most 18 lines; found 19"),
    "address": (
        with_cell("x = 1\ny = 'https://example.org/a'"),
        "line 2: must hold no address; found https://example.org/a",
    ),
    "magic": (with_cell("%time 1"), 'line 1: must be plain Python, without magics; found "%time 1"'),
    "semicolon": (with_cell("1;"), "must not end in a semicolon"),
    "lambda": (with_cell("f = lambda: 1"), "found a named lambda"),
    "import": (
        with_cell("import os"),
        "must import what is made for chapters; found import of os. Chapters import names of livingreview that",
    ),
    "typed": (
        with_cell("publish('other', '45%', rows=['x-1'])"),
        'must show only numbers computed from the data; found "45%"',
    ),
    "caption": (
        with_cell("from livingreview.publish import figures\nfigures.flow(['a share of 45%'])"),
        'line 2: must show only numbers computed from the data; found "45%"',
    ),
    "kept": (with_cell("caption = f'{1} of 45'"), 'must show only numbers computed from the data; found "45"'),
    "number": (
        with_text("# One\nAbout 45%."),
        'cell 1 (markdown, id c1), line 2: must hold no number typed by hand; found "45%". Publish',
    ),
    "words": (with_text("It doubled."), 'must hold no result spelled out by hand; found "doubled"'),
    "sentences": (with_text("One. Two."), 'must hold one sentence; found a second, "Two."'),
    "skeleton": (
        lambda book: book["cells"][2].update(source="## Results\n## The bottom line"),
        'must have the heading "## In plain words"',
    ),
    "no summary": (
        lambda book: book["cells"][4]["outputs"].clear(),
        "cell 3 (markdown, id c3): must show the table of 'Summary of findings' before the next heading; found none",
    ),
    "label": (with_text("# With {n}`response`"), "must have a label; found # With {n}`response`"),
    "title": (
        with_text("```{note} Of {n}`response`\n```"),
        "must have no {n} in the title of a backtick fence",
    ),
    "option": (
        with_text(":::{figure} a.svg\n:alt: {n}`response`\n:::"),
        "must have no {n} in an option or in alternative text",
    ),
    "image": (with_text("![{n}`response`](a.svg)"), "must have no {n} in an option or in alternative text"),
    "key": (
        with_text("{n}`reponse`"),
        "must use a key that chapters/impact.ipynb publishes; found {n}`reponse`. Did you mean response?",
    ),
    "chapter": (
        with_text("{n}`inpact:response`"),
        "must name the chapter that publishes the number; found {n}`inpact:response`. Write {n}`impact:response`.",
    ),
    "space": (with_text("{n} `response`"), "must give {n} a key"),
    "literal published": (with_cell("publish('impact_x', f'{4 + 1}', ['r'])"), "must hand over what is computed"),
    "literal worded": (with_cell("x = wording.number(round(0.26 * 100))"), "must hand over what is computed"),
    "literal interval": (with_cell("x = effects.Estimate(9, 8, 10)"), "must hand over what is computed"),
    "literal compared": (with_cell("x = computed('it', 3, ['r'])"), "must hand over what is computed"),
    "constant condition": (
        with_cell("x = 'more' if 2 > 1 else 'less'"),
        "must have no condition that is always the same",
    ),
    "or true": (with_cell("x = y == 1 or True"), "must have no condition that is always the same"),
    "factor": (with_cell("x = y * 1.1"), "must calculate with what is computed from the data; found y * 1.1"),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule(rule: str, root: Path) -> None:
    book = good()
    write(root, "impact", book)
    assert lint(root) == []
    change, message = BROKEN[rule]
    change(book)
    write(root, "impact", book)
    problems = [str(problem) for problem in lint(root)]
    assert any(message in problem for problem in problems), problems
    assert all(problem.startswith("chapters/impact.ipynb") for problem in problems)


def test_a_heading_with_a_label_may_hold_a_number(root: Path) -> None:
    book = good()
    book["cells"][0]["source"] = "(how)=\n# With {n}`response`\n\n:::{note} Of {n}`response`\n:::"
    write(root, "impact", book)
    assert lint(root) == []


def test_pages_in_markdown_keep_the_rules(root: Path) -> None:
    write(root, "other", notebook(code("1", record("key"), count=1)))
    (root / "index.md").write_text("# Book\n{n}`key`\n{n}`other:key` of 45%.\n")
    (root / "chapters/trials.md").write_text("---\nversion: 1\n---\nOne. Two.\n")
    (root / "chapters/torn.ipynb").write_text("<<<<<<< HEAD")
    assert [re.sub("; found.*", "", str(problem)) for problem in lint(root)] == [
        "chapters/torn.ipynb: must be readable",
        "index.md, line 3: must hold no number typed by hand",
        "index.md, line 2: must name the chapter that publishes the number",
        "chapters/trials.md, line 1: must be made of what pages may hold",
        "chapters/trials.md, line 4: must hold one sentence",
    ]


# Files that are no notebooks

CELL = {"cell_type": "code", "id": "c1", "metadata": {}, "execution_count": 1, "outputs": [], "source": "1"}
SHOWN = {"output_type": "display_data", "data": {"application/papermill.record/text/plain": "1"}, "metadata": {}}
TORN: dict[str, Any] = {
    "cells are text": {"cells": "x"},
    "a cell is text": {"cells": ["x"]},
    "a cell is nothing": {"cells": [None]},
    "no cells": {"metadata": {}},
    "no dictionary": [],
    "metadata of the notebook": {"cells": [], "metadata": "x"},
    "outputs are null": {"cells": [CELL | {"outputs": None}]},
    "an output is text": {"cells": [CELL | {"outputs": ["x"]}]},
    "an output's data": {"cells": [CELL | {"outputs": [SHOWN | {"data": []}]}]},
    "an output's metadata": {"cells": [CELL | {"outputs": [SHOWN | {"metadata": []}]}]},
    "a record": {"cells": [CELL | {"outputs": [SHOWN | {"metadata": {"scrapbook": 3}}]}]},
    "a record's rows": {"cells": [CELL | {"outputs": [SHOWN | {"metadata": {"livingreview": {"rows": 3}}}]}]},
    "a key": {"cells": [CELL | {"outputs": [SHOWN | {"metadata": {"scrapbook": {"name": 3}}}]}]},
    "no type": {"cells": [{"source": "x"}]},
    "a type": {"cells": [CELL | {"cell_type": 3}]},
    "an id": {"cells": [CELL | {"id": []}]},
    "tags": {"cells": [CELL | {"metadata": {"tags": 3}}]},
    "a tag": {"cells": [CELL | {"metadata": {"tags": [3]}}]},
    "attachments": {"cells": [CELL | {"attachments": 3}]},
    "lists in a source": {"cells": [CELL | {"source": [["x"]]}]},
    "no source": {"cells": [CELL | {"source": None}]},
    "half a character": {"cells": [CELL | {"source": "\ud800"}]},
    "half a character in an output": {"cells": [CELL | {"outputs": [SHOWN | {"text": "\ud800"}]}]},
    "lists without end": b"[" * 100_000,
    "no JSON": b"{",
    "nothing": b"",
    "a large number": b'{"cells":' + b"9" * 5000 + b"}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a folder": Path.mkdir,
    "a link": lambda path: path.symlink_to("/nowhere"),
}


def test_files_that_are_no_notebooks_are_named_without_a_traceback(root: Path) -> None:
    write(root, "impact", good())
    for number, torn in enumerate(TORN.values()):
        path = root / "chapters" / f"torn{number:02d}.ipynb"
        if callable(torn):
            torn(path)
        else:
            path.write_bytes(torn if isinstance(torn, bytes) else json.dumps(torn).encode())
    names = [f"torn{number:02d}" for number in range(len(TORN))]
    for name, problem in zip(names, lint(root), strict=True):
        assert str(problem).startswith(f"chapters/{name}.ipynb: must be readable; found chapters/{name}.ipynb"), problem
    assert refresh(root, progress=lambda _: None).failed == tuple(names)
    assert [problem.chapter for problem in verify(root)] == names
    assert stale(root) == names
    assert allowed_code.of_project(root) == []


# What code may do

#: Code that would do harm or never end, by what it tries.
HOSTILE_CODE = {
    "write a table": "results.to_csv('x.csv')",
    "save a figure": "import matplotlib.pyplot as plt\nplt.savefig('x')",
    "another way to open": "import io\nio.FileIO('x', 'w')",
    "open": "open('x', 'w')",
    "pathlib": "from pathlib import Path\nPath('x').write_text('')",
    "system": "import posix\nposix.system('true')",
    "native code": "import ctypes\nctypes.CDLL(None)",
    "an endless loop": "while True: pass",
    "a module's module": "import pandas as pd\npd.io.common.os.system('true')",
    "a module's import": "wording.re",
    "a module's import, imported": "from livingreview.statistics.wording import re",
    "by another name": "w = wording\nw.re.sys",
    "the folder of the data": "load().data.replace('x')",
    "the folder, imported": "from livingreview.evidence import DATA",
    "other evidence": "from livingreview.evidence import Evidence, using",
    "the session": "from livingreview.publish import session",
    "a room that is not for chapters": "from livingreview import cli",
    "the package": "import livingreview",
    "relative": "from . import x",
    "all names": "from livingreview.statistics.wording import *",
    "dunder": "().__class__.__base__.__subclasses__()",
    "globals of a function": "load.__globals__",
    "private": "results._mgr",
    "a private name": "_oh",
    "assigned builtins": "__builtins__ = {}",
    "builtins": "__builtins__",
    "getattr": "getattr(results, 'to' + '_csv')('x')",
    "setattr": "setattr(wording, 'number', 1)",
    "eval": "eval('1')",
    "exec": "exec('1')",
    "compile": "compile('1', '', 'eval')",
    "import as a function": "__import__('os')",
    "globals": "globals()",
    "vars": "vars(wording)",
    "the shell": "get_ipython().system('true')",
    "the shell's history": "In[0]",
    "display": "display({'text/html': '<script>'}, raw=True)",
    "the text of an attribute": "'{0.__globals__}'.format(load)",
    "the text of an attribute, mapped": "'{x.__globals__}'.format_map({'x': load})",
    "query": "results.query('@load()')",
    "pandas eval": "results.eval('n')",
    "pipe": "results.pipe(print)",
    "apply": "results.apply('to_csv')",
    "pickle": "results.to_pickle('x')",
    "a function": "def f():\n    return f()",
    "an asynchronous function": "async def f():\n    pass",
    "a class": "class C:\n    pass",
    "a decorator": "@print\ndef f():\n    pass",
    "with": "with x as y:\n    pass",
    "try": "try:\n    1\nexcept Exception:\n    pass",
    "a walrus": "(x := 1)",
    "global": "global x",
    "delete": "x = 1\ndel x",
    "yield": "(yield)",
    "match": "match 1:\n    case _:\n        pass",
    "another function in the package": "wording.number = lambda *a: 'better'",
    "a constant of the package": "effects.LEVEL += 1",
    "a cell of the evidence": "results.loc['x', 'estimate'] = 1",
    "a column of the evidence": "results['estimate'] = 1",
    "a loop over attributes": "for results.x in [1]: pass",
    "markup as a figure": "from livingreview.publish.figures import Figure",
    "markup as a figure of a module": "figures.Figure('<script>', '', '', (), ())",
    "chance": "import random\nrandom.random()",
    "chance of pandas": "results.sample(3)",
    "a clock": "import datetime\ndatetime.datetime.now()",
    "the network": "from urllib.request import urlopen",
    "a reader": "import pandas as pd\npd.read_csv('https://example.org')",
    "a magic": "%run x",
    "a shell": "!true",
    "nested too deeply": "(" * 500 + ")" * 500,
    "NUL": "x = 1\0",
}
IMPORTS = """from livingreview.evidence import load
from livingreview.publish import figures
from livingreview.statistics import effects, wording
results = load().results"""


@pytest.mark.parametrize("tries", HOSTILE_CODE)
def test_code_that_is_not_allowed_is_refused_before_it_runs(tries: str, root: Path) -> None:
    path = write(root, "impact", notebook(code(IMPORTS), code(HOSTILE_CODE[tries])))
    assert not allowed_code.of_project(PROJECT), "the chapters do what is allowed"
    problems = allowed_code.of_project(root) or [read(path)]
    assert all(str(problem).startswith("chapters/impact.ipynb, cell 2") for problem in problems)


def test_no_public_name_for_chapters_leads_to_a_folder_or_takes_markup() -> None:
    for room in allowed_code.FOR_CHAPTERS:
        module = importlib.import_module(f"livingreview.{room}")
        for name in allowed_code.public(f"livingreview.{room}"):
            assert not isinstance(getattr(module, name), Path | types.ModuleType), (room, name)
    leading = {name for name, value in vars(load()).items() if isinstance(value, Path)}
    assert not leading & allowed_code.attributes()


#: What a chapter could try that got past the list, each of which must fail: no file, no connection, no program.
ESCAPES = {
    "write": "open('x', 'w')",
    "write over": "open('one.ipynb', 'r+')",
    "write below Python": "import os\nos.open('x', os.O_CREAT | os.O_WRONLY)",
    "rename": "import os\nos.rename('one.ipynb', 'two.ipynb')",
    "remove": "import os\nos.remove('one.ipynb')",
    "folder": "import os\nos.mkdir('x')",
    "program": "import subprocess\nsubprocess.run(['touch', 'x'])",
    "shell": "import os\nos.system('touch x')",
    "fork": "import os\nos.fork()",
    "kill": "import os\nos.kill(os.getppid(), 15)",
    "connect": "import socket\nsocket.create_connection(('127.0.0.1', 9))",
    "memory": "x = bytearray(10 ** 12)",
}


def test_a_chapter_writes_no_file_reaches_no_network_and_starts_no_program(root: Path) -> None:
    write(root, "one", notebook(code("1")))
    for number, text in enumerate(ESCAPES.values()):
        write(root, f"escape{number:02d}", notebook(code(text)))
    before = sorted((root / "chapters").iterdir())
    report = refresh(root, progress=lambda _: None)
    assert len(report.failed) == len(ESCAPES)
    for outcome in report.outcomes[: len(ESCAPES)]:
        assert re.search("PermissionError|MemoryError", outcome.message), outcome.message
    assert sorted({*(root / "chapters").iterdir()} - {root / "chapters/fingerprints.txt"}) == before


def test_the_kernel_refuses_what_native_code_tries(tmp_path: Path) -> None:
    """What Python's own guard cannot see: a system call of a library."""
    if not confinement.rights():
        pytest.skip("this system has no Landlock: chapters are confined by Python alone here, as the module says")
    program = (
        "import ctypes, sys; from livingreview.notebooks import confinement; confinement.withdraw_rights(); "
        "print(ctypes.CDLL(None).mkdir(sys.argv[1].encode(), 0o777))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "x")]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "-1\n"
    assert not (tmp_path / "x").exists()


# What pages may hold

HOSTILE_TEXT = {
    "style": "<style>.bottom-line { display: none }</style>",
    "style in a sentence": "A <span style='display:none'>hidden</span> word.",
    "frame": "<iframe src='https://example.org'></iframe>",
    "script": "<script>alert(1)</script>",
    "comment": "<!-- This is not so. -->",
    "a comment of MyST": "% This is not so.",
    "a comment in a sentence": "It is <!-- not --> so.",
    "raw": "```{raw} html\n<b>x</b>\n```",
    "raw with colons": ":::{raw} html\n<b>x</b>\n:::",
    "raw as a role": "{raw}`x`",
    "include": "```{include} ../../etc/passwd\n```",
    "literal include": ":::{literalinclude} ../data/review.csv\n:::",
    "code that is run": "```{code-cell}\n1\n```",
    "evaluated": ":::{eval-rst}\n.. raw:: html\n:::",
    "within another": "::::{note}\n:::{raw} html\n:::\n::::",
    "within a box, as HTML": ":::{container} summary\n<b>x</b>\n:::",
    "a hidden box": ":::{container} visually-hidden\nx\n:::",
    "an option": ":::{note}\n:class: hidden\nx\n:::",
    "options as YAML": ":::{note}\n---\nclass: hidden\n---\nx\n:::",
    "script link": "[x](javascript:alert)",
    "script link, written otherwise": "[x]( JaVaScRiPt:alert)",
    "script address": "<javascript:alert>",
    "data link": "[x](data:text/html,x)",
    "link by reference": "[x][y]\n\n[y]: ftp://example.org",
    "a file of the machine": "[x](../../../etc/passwd)",
    "a file of the project": "[x](../data/review.csv)",
    "another host without a scheme": "[x](//example.org)",
    "attachment": "![x](attachment:x.png)",
    "image": "![x](https://example.org/x.png)",
    "download": "{download}`x <../data/review.csv>`",
    "block break": "+++ {}",
    "no width": "It is\u200bnot so.",
    "no width, as an entity": "It is&#8203;not so.",
    "the other way round": "It is \u202eton so.",
}


@pytest.mark.parametrize("tries", HOSTILE_TEXT)
def test_markup_that_is_not_allowed_is_refused(tries: str, root: Path) -> None:
    book = good()
    book["cells"][0]["source"] += f"\n\n{HOSTILE_TEXT[tries]}"
    write(root, "impact", book)
    problems = [str(problem) for problem in lint(root) if "be made of what pages may hold" in problem.requirement]
    assert problems
    assert all(text.startswith("chapters/impact.ipynb, cell 1 (markdown, id c1), line ") for text in problems)
    page = HOSTILE_TEXT[tries].encode("utf-8", "surrogatepass")
    (root / "chapters/impact.ipynb").unlink()
    (root / "index.md").write_bytes(page)
    assert any(problem.place.startswith("index.md") for problem in lint(root))


def test_attachments_and_outputs_that_the_package_does_not_write_are_refused(root: Path) -> None:
    book = good()
    book["cells"][0]["attachments"] = {"x.png": {"image/png": PIXEL}}
    hostile = {
        "text/html": [
            *("<script>1</script>", "<iframe></iframe>", "<p onclick='x'>1</p>", "<a href='javascript:x'>1</a>"),
            *("<p style='display:none'>1</p>", "<!-- x -->", "<svg><foreignObject/></svg>"),
        ],
        "application/javascript": ["alert(1)"],
        "text/latex": ["$1$"],
    }
    outputs = [
        {"output_type": "display_data", "data": {kind: text}, "metadata": {}}
        for kind, texts in hostile.items()
        for text in texts
    ]
    book["cells"][3]["outputs"] = outputs
    write(root, "impact", book)
    problems = [problem for problem in lint(root) if "what the package writes" in problem.requirement]
    assert len(problems) == len(outputs)
    assert any("must have no attachments; found x.png" in str(problem) for problem in lint(root))


# Refreshing, verifying, nbval


def publishing(*pairs: tuple[str, str]) -> str:
    return "\n".join(
        f"display({{'application/papermill.record/text/plain': '{text}'}}, raw=True, "
        f"metadata={{'scrapbook': {{'name': '{key}'}}}})"
        for key, text in pairs
    )


def html(text: str) -> str:
    return f"display({{'text/html': {text!r}, 'text/plain': 't'}}, raw=True)"


def data(outputs: list[Any], **kinds: Any) -> None:
    outputs[0]["data"].update({kind.replace("_", "/"): value for kind, value in kinds.items()})


def change_number(outputs: list[Any]) -> None:
    outputs[0]["data"]["application/papermill.record/text/plain"] = ["46%"]


def swap_keys(outputs: list[Any]) -> None:
    outputs[0]["metadata"], outputs[1]["metadata"] = outputs[1]["metadata"], outputs[0]["metadata"]


#: By the id of a cell: its source, and what is done to its stored outputs.
CHANGES: dict[str, tuple[str, Callable[[list[Any]], object]]] = {
    "text": ("2 + 2", lambda outputs: data(outputs, text_plain=["5"])),
    "stream": ("print('a')\nprint('b')", lambda outputs: outputs[0].update(text=["a\n", "c\n"])),
    "table": (html("<td>\n0.50\n</td>"), lambda outputs: data(outputs, text_html=["<td>\n", "0.5\n", "</td>"])),
    "svg": (html("<svg>1.5</svg>"), lambda outputs: data(outputs, text_html=["<svg>1.6</svg>"])),
    "png": (
        f"Image(data=__import__('base64').b64decode('{PIXEL}'), format='png')",
        lambda outputs: data(outputs, image_png=PIXEL.replace("A", "B")),
    ),
    "number": (publishing(("first", "45%")), change_number),
    "keys": (publishing(("second", "19%"), ("third", "19%")), swap_keys),
    "removed": ("1", lambda outputs: outputs.clear()),
    "added": ("x = 1", lambda outputs: outputs.append(record("extra"))),
    "order": (
        "print('a')\ndisplay({'text/html': '<b>x</b>'}, raw=True)\nprint('b')\nlist({'k', 'l'})",
        lambda outputs: outputs.reverse(),
    ),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one chapter, refreshed once; its cells show every kind of output."""
    root = tmp_path_factory.mktemp("book")
    sources = {"imports": "from IPython.display import Image, display", **{key: x[0] for key, x in CHANGES.items()}}
    cells = [markdown("# One"), *({**code(text), "id": key} for key, text in sources.items())]
    write(root, "kept", {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    messages: list[str] = []
    report = refresh(root, progress=messages.append)
    assert not report.failed
    assert messages == ["1 chapters: compute what they show", "kept: changed"]
    assert [str(change) for change in report.outcomes[0].numbers] == [
        "first: new, 45%",
        "second: new, 19%",
        "third: new, 19%",
    ]
    return root


@pytest.fixture
def book(kept: Path, tmp_path: Path) -> Path:
    """A copy of that project, to be changed."""
    shutil.copytree(kept, tmp_path / "book")
    return tmp_path / "book"


def change_outputs(root: Path, name: str, *cells: str) -> None:
    stored = read(root / "chapters/kept.ipynb")
    for cell in stored["cells"]:
        if cell["id"] in cells:
            CHANGES[cell["id"]][1](cell["outputs"])
    write(root, name, stored)


def test_refresh_stores_a_whole_clean_notebook(kept: Path) -> None:
    path = kept / "chapters/kept.ipynb"
    content = path.read_text(encoding="utf-8")
    stored = json.loads(content)
    assert content.startswith('{\n "cells"')
    assert content.endswith("}\n")
    assert [cell["id"] for cell in stored["cells"]] == ["cell-01", "imports", *CHANGES]
    assert [cell["execution_count"] for cell in stored["cells"][1:]] == list(range(1, len(CHANGES) + 2))
    assert stored["metadata"] == METADATA
    assert fingerprints(kept) == [("kept", fingerprint(kept, path))]
    assert stale(kept) == []
    assert of_chapter("", stored).texts == {"first": "45%", "second": "19%", "third": "19%"}
    assert not list(path.parent.glob(".*"))


def test_refresh_is_idempotent_and_goes_on_after_a_failure(book: Path) -> None:
    path = book / "chapters/kept.ipynb"
    before = path.read_bytes(), path.stat().st_mtime_ns
    conclusion = "assert x > 1, \"This no longer holds: 'more' (x = 1)\""
    failing = write(book, "failing", notebook(code(f"x = 1\n{conclusion}")))
    torn = write(book, "torn", {"cells": [{}]})
    write(book, "died", notebook(code("import os\nos._exit(3)")))
    # the time that a cell has is cut short by the cell itself
    write(
        book,
        "hangs",
        notebook(markdown("# One"), code("import signal, time\nassert signal.alarm(1)\nwhile True: pass")),
    )
    broken = failing.read_bytes(), torn.read_bytes()
    report = refresh(book, progress=lambda _: None)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert (failing.read_bytes(), torn.read_bytes()) == broken
    assert report.failed == ("died", "failing", "hangs", "torn")
    assert report.outcomes[0].message == "chapters/died.ipynb: its process in cell 1 died with status 3"
    assert (
        report.outcomes[2].message
        == "chapters/hangs.ipynb: its process in cell 2 did not end within 60 s and was stopped"
    )
    assert report.outcomes[1].message == (
        "chapters/failing.ipynb, cell 1 (code, id c1), line 2: must run to its end; "
        f"found AssertionError: This no longer holds: 'more' (x = 1). It fails at: {conclusion}"
    )


def test_refresh_repairs_what_lint_and_verify_send_to_it(book: Path) -> None:
    path = book / "chapters/kept.ipynb"
    before = path.read_bytes()
    change_outputs(book, "kept", "number", "added")
    report = refresh(book, progress=lambda _: None)
    assert path.read_bytes() == before
    assert [str(change) for change in report.outcomes[0].numbers] == ["first: 46% -> 45%", "extra: gone, was 45%"]
    assert report.outcomes[0].cells == (8, 11)
    stored = read(path)
    stored["metadata"]["language_info"]["version"] = "3.11"
    stored["cells"][3]["metadata"] = {"editor": {}}
    write(book, "kept", stored)
    assert [problem.remedy for problem in lint(book) if "metadata" in problem.requirement] == ["Run make refresh."] * 2
    assert str(refresh(book, progress=lambda _: None)) == "No output changed in: kept."
    assert path.read_bytes() == before
    assert str(refresh(book)) == "Every chapter is up to date."
    stored = read(path)
    stored["cells"][0]["id"] = "table"  # as after a copy in an editor
    stored["cells"][4].pop("id")
    write(book, "kept", stored)
    refresh(book, progress=lambda _: None)
    assert [cell["id"] for cell in read(path)["cells"]][:5] == ["table", "imports", "text", "stream", "cell-05"]


def test_only_chapters_that_show_something_else_are_written(root: Path) -> None:
    reads = "from pathlib import Path\nprint(Path('../data/results.csv').read_text()[{}])"
    for name, line in {"first": ":5", "whole": ":"}.items():
        write(root, name, notebook(code(reads.format(line))))
    refresh(root, progress=lambda _: None)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in (root / "chapters").iterdir()}
    (root / "data/results.csv").write_text("id,n\na-1,6\n")
    assert stale(root) == ["first", "whole"]
    messages: list[str] = []
    report = refresh(root, progress=messages.append)
    assert messages[1:] == ["whole: changed"]
    assert [str(outcome) for outcome in report.outcomes] == ["first: unchanged", "whole: changed (outputs of cells 1)"]
    assert stale(root) == []
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in (root / "chapters").iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"fingerprints.txt", "whole.ipynb"}


def test_code_that_cannot_be_imported_is_told(root: Path) -> None:
    (root / "livingreview/__init__.py").write_text("")
    (root / "livingreview/notebooks").mkdir()
    (root / "livingreview/notebooks/worker.py").write_text("1 +")
    write(root, "one", notebook(code("1")))
    with pytest.raises(RuntimeError, match=r"(?s)stopped: .*SyntaxError"):
        refresh(root, progress=lambda _: None)


def test_an_interruption_leaves_every_notebook_whole(tmp_path: Path) -> None:
    program = (
        # a process that was started in the background of a shell ignores interruptions, and so do those that it starts
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from livingreview.notebooks.refreshing import refresh\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "os.fsync = lambda file: (print('writing', flush=True), time.sleep(60))\n"
        "refresh(Path(sys.argv[1]), progress=lambda text: None)"
    )
    for how in (signal.SIGKILL, signal.SIGINT):
        root = tmp_path / how.name
        (root / "chapters").mkdir(parents=True)
        path = write(root, "one", notebook(code("1")))
        before = path.read_bytes()
        command = [sys.executable, "-c", program, str(root)]
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            assert child.stdout
            assert child.stdout.readline() == b"writing\n"
            child.send_signal(how)
        assert child.returncode
        assert path.read_bytes() == before
    refresh(tmp_path / "SIGKILL", progress=lambda _: None)
    assert stale(tmp_path / "SIGKILL") == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_refresh_that_is_ended_leaves_no_process(how: signal.Signals, tmp_path: Path) -> None:
    write(tmp_path, "one", notebook(code("import time\ntime.sleep(50)")))
    program = (
        "import sys; from pathlib import Path; from livingreview import cli; "
        "from livingreview.notebooks.refreshing import refresh; "
        "sys.exit(cli._run(lambda: print(refresh(Path(sys.argv[1]))), {}))"
    )
    command = [sys.executable, "-c", f"import signal; signal.signal(2, signal.default_int_handler); {program}"]
    with subprocess.Popen([*command, str(tmp_path)], cwd=PROJECT, stderr=subprocess.PIPE, text=True) as child:
        while len(started := of_project(tmp_path)) < 3:  # the command, the warm process, the chapter
            time.sleep(0.1)
        child.send_signal(how)
        _, said = child.communicate(timeout=20)
    assert child.returncode == 130
    assert said == "\nInterrupted. Nothing is half written.\n"
    time.sleep(0.5)
    assert not set(of_project(tmp_path)) & set(started)


def of_project(root: Path) -> list[str]:
    """The processes that name a project in their command."""
    listed = subprocess.run(
        ["ps", "-eww", "-o", "pid,args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [line.split()[0] for line in listed if line.endswith(f" {root}")]


def test_a_refresh_killed_at_any_moment_leaves_every_notebook_whole(tmp_path: Path) -> None:
    for name, reads in {"one": "1 +", "two": "2 +"}.items():
        write(tmp_path, name, notebook(code(f"import time\ntime.sleep(0.1)\n{reads} 1")))
    program = (
        "import sys; from pathlib import Path; from livingreview.notebooks.refreshing import refresh; "
        "refresh(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    start = time.monotonic()
    subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - start
    whole = {path: path.read_bytes() for path in (tmp_path / "chapters").glob("*.ipynb")}
    old = {path: raw.replace(b'"2"', b'"0"').replace(b'"3"', b'"0"') for path, raw in whole.items()}
    chance = random.Random(2002)
    for how in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for path, raw in old.items():
            path.write_bytes(raw)
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            time.sleep(chance.uniform(0.3, 1) * took)
            child.send_signal(how)
        assert all(path.read_bytes() in (old[path], whole[path]) for path in whole)
    refresh(tmp_path, progress=lambda _: None)
    assert {path: path.read_bytes() for path in whole} == whole
    assert stale(tmp_path) == []


def test_an_edit_during_the_run_is_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(root, "one", notebook(code("1")))
    runs = [*refreshing.run(root)]
    monkeypatch.setattr(refreshing, "run", lambda _: [path.write_text("edited") and runs[0]])
    (outcome,) = refresh(root, progress=lambda _: None).outcomes
    assert "was edited while it ran" in outcome.message
    assert path.read_text() == "edited"


def test_verify_sees_every_change_and_nbval_agrees(book: Path) -> None:
    assert verify(book) == []
    change_outputs(book, "changed", *CHANGES)
    problems = {re.sub(r".*id (\w+).*", r"\1", problem.place): problem for problem in verify(book)}
    assert set(problems) == set(CHANGES)
    assert {problem.chapter for problem in problems.values()} == {"changed"}
    assert problems["number"].actual == 'output 1: published number first: stored "46%", computed "45%"'
    assert problems["table"].actual == 'output 1: text/html, line 2: stored "0.5", computed "0.50"'
    assert problems["removed"].actual == "0 outputs stored (none), 1 computed (text/plain)"
    assert "'name': 'third'" in problems["keys"].actual

    # this book makes its outputs by code that no chapter may hold
    (book / "conftest.py").write_text((PROJECT / "conftest.py").read_text() + "\n\ndel pytest_sessionstart\n")
    options = "--nbval --nbval-current-env chapters -n 2 --dist loadfile -q -rf -p no:cacheprovider"
    command = [sys.executable, "-m", "pytest", *options.split()]
    env = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, cwd=book, env=env, capture_output=True, text=True, check=False)
    found = re.findall(r"^FAILED chapters/(\w+)\.ipynb::Cell (\d+)", done.stdout, re.M)
    assert sorted(found, key=lambda pair: int(pair[1])) == [("changed", str(n)) for n in range(1, len(CHANGES) + 1)]


def test_verify_names_the_sentence_that_fails_and_survives_a_crash(root: Path) -> None:
    conclusion = "assert x > 1, 'More people responded. (x = 1)'"
    write(root, "crash", notebook(code("import os\nos._exit(3)", count=1)))
    write(root, "fails", notebook(code("x = 1", count=1), code(f"\n{conclusion}", count=2)))
    write(root, "never", notebook(code("x = 1")))
    assert list(map(str, verify(root))) == [
        "chapters/crash.ipynb: must run to its end; found a process that in cell 1 died with status 3. "
        "Run make refresh to see where.",
        "chapters/fails.ipynb, cell 2 (code, id c2), line 2: must run to its end; "
        f"found AssertionError: More people responded. (x = 1). It fails at: {conclusion}",
        "chapters/never.ipynb, cell 1 (code, id c1): must be run as number 1; found execution count None. "
        "If the change is meant, run make refresh and review what changed.",
    ]


def test_the_environment_is_the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}/other")
    found = environment(tmp_path)
    assert found["PYTHONPATH"] == f"{tmp_path.resolve()}{os.pathsep}/other"
    assert (found["PYTHONHASHSEED"], found["MPLBACKEND"]) == ("0", "Agg")
    assert Path(found["IPYTHONDIR"]).is_dir()
    assert str(Problem("a", "b", "c", "d.")) == "a: must b; found c. d."


LONG = "The same beginning, which says nothing of what differs. " * 9


@pytest.mark.parametrize(("old", "new"), [("rose", "fell"), ("", "fell"), ("rose by 3", "rose")])
@pytest.mark.parametrize(("before", "behind"), [("", ""), (LONG, ""), ("", LONG), (LONG, LONG)])
def test_two_long_texts_are_shown_where_they_differ(before: str, behind: str, old: str, new: str) -> None:
    was, now = comparing.apart(before + old + behind, before + new + behind)
    assert was != now
    assert max(map(len, (was, now))) <= 126
    assert (was.startswith("..."), was.endswith("...")) == (bool(before), bool(behind))
    told = comparing.difference(
        [{"output_type": "stream", "text": before + old + behind}],
        [{"output_type": "stream", "text": before + new + behind}],
    )
    assert f'stored "{was}", computed "{now}"' in told
    assert str(refreshing.ChangedNumber("k", before + old + behind, before + new + behind)) == f"k: {was} -> {now}"
