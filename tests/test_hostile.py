"""Text of strangers stays text: a review whose every column holds markup, links to scripts and formulas."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import test_site
from playwright.sync_api import Browser
from test_site import browser  # noqa: F401 (the fixture)

from livingreview.evidence import Evidence

ROOT = Path(__file__).parents[1]

MARKUP = """"></td></script></title><script>window.hit = 1</script><img src=x onerror="window.hit = 2"> \
[x](javascript:window.hit=3) <!-- 'x' & "y" &lt;b&gt; ]]> {n}`x` ${window.hit=4}"""
FORMULA = '=HYPERLINK("javascript:window.hit=5";"x")'

#: Columns whose text is more than text: names of rows and of sources, and what rules read.
READ = re.compile(r"\w*(_ids?|_keys?)|checked_against|whole|parts|weights|numbers|changed|where")

CODE = """from livingreview.publish import figures
from livingreview.evidence import load
from livingreview.publish.conclusions import FieldIs, computed, conclude
from livingreview.publish.evidence_tables import listing, source_list
from livingreview.publish.numbers import publish, show, table

evidence = load()
name, note = evidence.studies.iloc[0]["name"], evidence.studies.iloc[1]["note"]
publish("hostile_name", name, [evidence.studies.index[0]])
conclude(FieldIs(computed(note, "noted", [evidence.studies.index[1]]), "noted"))"""

FIGURE = """rows = [figures.Row(name, "1 (0 to 2)", 1.0, 0.0, 2.0), figures.Row(note, "2 (1 to 3)", 2.0, 1.0, 3.0)]
show(figures.spans("hostile", rows, note), name, [evidence.studies.index[0]])"""

TEXT = (
    "# {n}`hostile_name`\n\nIt is {n}`hostile_name`, in {src}`%s`.\n\n:::{conclusions}\n:::\n\n:::{cite-chapter}\n:::"
)


def poison(data: Path) -> None:
    """Put markup into the first row of every table and a formula into the second, wherever text is free."""
    package = json.loads((data / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        path, schema = data / resource["path"], resource["schema"]
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        keys = {*schema["primaryKey"], *(name for key in schema.get("foreignKeys", []) for name in key["fields"])}
        for row, text in zip(rows, (MARKUP, FORMULA), strict=False):
            for i, field in enumerate(schema["fields"]):
                bound = {"enum", "pattern", "unique"} & set(field.get("constraints", {})) or field["name"] in keys
                if field["type"] == "string" and not bound and not READ.fullmatch(field["name"]):
                    row[i] = f"{text} {row[i]}"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])
    with (data / "review.csv").open("r+", encoding="utf-8") as file:
        text = file.read().replace("\nsite_url,,", "\nsite_url,https://example.org/review,")  # for what needs one
        file.seek(0)
        file.write(text)
    references = data / "references.bib"
    text = references.read_text(encoding="utf-8")
    for field in ("title", "journal", "author", "note"):
        text = re.sub(rf"(\n\s*{field}\s*=\s*\{{)", lambda found: found[1] + MARKUP + " ", text, count=1)
    references.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the pages of a review of such data, refreshed and built; the check of the data would refuse them."""
    book = tmp_path_factory.mktemp("hostile") / "book"
    shutil.copytree(ROOT / "livingreview", book / "livingreview", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data", book / "data")
    shutil.copy(ROOT / "_config.yml", book)
    poison(book / "data")
    source = re.search(r"@\w+\{(\w+),", (book / "data/references.bib").read_text(encoding="utf-8"))
    assert source is not None
    cells = [
        CODE,
        *(f'listing("{name}", "{name}")' for name in Evidence(book / "data").resources),
        'source_list("Sources")',
        FIGURE,
    ]
    code = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    written = [{"cell_type": "markdown", "id": "text", "metadata": {}, "source": TEXT % source[1]}]
    written += [{**code, "id": f"c{i}", "source": cell} for i, cell in enumerate(cells)]
    (book / "chapters").mkdir()
    (book / "chapters/hostile.ipynb").write_text(
        json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )
    (book / "chapters/numbers.md").write_text("# Numbers\n\n:::{published-numbers}\n:::\n", encoding="utf-8")
    (book / "index.md").write_text("# {n}`hostile:hostile_name`\n", encoding="utf-8")
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n- file: chapters/hostile\n- file: chapters/numbers\n",
        encoding="utf-8",
    )
    run = "from livingreview import cli\nfrom livingreview.notebooks.refreshing import refresh\n"
    run += "print(refresh(cli.ROOT))\ncli.render()"
    environment = {**os.environ, "PYTHONPATH": str(book), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", run], cwd=book, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return book / "_build/html"


def test_hostile_text_is_shown_and_never_run(hostile: Path, browser: Browser) -> None:  # noqa: F811
    page = browser.new_page()
    wrong = test_site.listen(page)
    seen = 0
    for path in [*sorted(hostile.rglob("*.html")), Path(f"{hostile / 'search.html'}?q=script+window.hit")]:
        page.goto(path.parent.as_uri() + "/" + path.name)
        page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        text = page.locator("body").inner_text()
        seen += text.count("<script>window.hit = 1</script>")
        assert page.evaluate("window.hit") is None, path.name
        assert page.locator("img, [onerror], a[href^='javascript' i]").count() == 0, path.name
        if path.name == "hostile.html":
            assert text.count(FORMULA) > 15
    assert seen > 100
    assert (hostile / "previews/chapters/hostile.png").exists(), "the address of the site is set"
    assert wrong == []
    page.close()
