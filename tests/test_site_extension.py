"""The site layer, tried on a book of five small pages, built as the real one is."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import html5lib
import pytest
import site_checks
from bs4 import BeautifulSoup

from livingreview.site import previews, search

ROOT = Path(__file__).parents[1]

# Runs the command line of Jupyter Book, with the answer of the stale guard given as first argument.
BUILD = """
import sys
from livingreview.evidence import load
from livingreview.notebooks import fingerprints
load().divided = frozenset()  # the trial book lists no group
answer = sys.argv.pop(1).split()
fingerprints.stale = lambda root: answer
from jupyter_book.cli.main import main
main()
"""

STORED = "application/papermill.record/text/plain"

FIGURE = """<figure class="lr-figure"><figcaption>Response at 12 months</figcaption><svg viewBox="0 0 330 60" \
role="img" aria-labelledby="f1-t" aria-describedby="f1-d">\
<title id="f1-t">Response at 12 months</title><desc id="f1-d">Two bars.</desc>\
<rect x="0" y="5" width="150" height="18" fill="var(--lr-series-1)"/><rect x="0" y="32" width="63" height="18" \
fill="var(--lr-series-2)"/><text x="160" y="20" fill="currentColor">45%</text></svg>
<details class="lr-data"><summary>Data of this figure</summary><p>Two bars: 45 and 19 percent.</p>
<div class="table-scroll" role="region" aria-label="Data" tabindex="0"><table class="lr"><caption>Data</caption>\
<thead><tr><th scope="col">Arm</th><th scope="col">Percent</th></tr></thead>
<tbody><tr><th scope="row">collaborative care</th><td>45</td></tr></tbody></table></div></details></figure>"""

RESULTS = """<p class="lr-caption">Reported results</p>
<ul class="lr-rows" aria-label="Reported results">
<li id="impact-response-12m-cc"><p class="lr-about">Response</p><p class="lr-value"><strong>45%</strong></p>\
<p class="lr-id"><a href="#impact-response-12m-cc">impact-response-12m-cc</a></p></li>
<li id="impact-response-12m-control"><p class="lr-value"><strong>19%</strong></p>\
<p class="lr-id"><a href="#impact-response-12m-control">impact-response-12m-control</a></p></li>
</ul>"""

IMPACT = """# The IMPACT trial, {n}`impact_cc` of 100

:::{admonition} The bottom line
:class: bottom-line
At 12 months {n}`impact_cc`% of the people in collaborative care and {n}`impact_control`% in usual care had responded,
a ratio of {n}`impact_rr`. Evidence {cite:p}`unutzer2002`.
:::

(how)=
## How {n}`impact:impact_rr` came about

A note.[^1] A [link to {n}`impact_rr`](results.ipynb).

[^1]: It says {n}`impact_control`.

```
a line of literal text that is so long that it does not fit on a telephone of 320 pixels
```

:::{table} Response of {n}`impact_cc`%
| arm | percent |
|-----|---------|
| collaborative care | {n}`impact_cc` |
:::
"""

CONCLUSIONS = """## What was concluded

:::{conclusions}
:::

## Sources

:::{bibliography}
:::

## Cite this chapter

:::{cite-chapter}
:::
"""

CLARO = """# CLARO and PTSD

In IMPACT {n}`impact:impact_rr`, and {n}`impact:impact_cc`%.

Adults with PTSD and a 95% CI, or CIs.
PTSD again, a VA-led trial.

Opioid use disorder (OUD), [PHQ-9 by link](results.ipynb).
"""

ARMS = """<div class="table-scroll" role="region" aria-label="Arms with SD" tabindex="0"><table class="lr">\
<caption>Arms with SD</caption><tbody><tr><th scope="row">PTSD</th><td>SD</td></tr></tbody></table></div>"""
GLOSSARY = "".join(f'<p id="{term}">{term}</p>' for term in ("ptsd", "ci", "va", "oud", "phq-9", "sd"))

BIB = """@article{unutzer2002, author = {Unützer, Jürgen and Katon, Wayne}, title = {Collaborative care management},
journal = {JAMA}, year = {2002}}
"""


def number(key: str, text: str, rows: list[str], formula: str = "") -> dict[str, Any]:
    """Return the output that publishes a number."""
    scrapbook = {"mime_prefix": "application/papermill.record/", "name": key}
    metadata = {"scrapbook": scrapbook, "livingreview": {"rows": rows, "formula": formula}}
    return {"output_type": "display_data", "data": {STORED: text}, "metadata": metadata}


def conclusion(sentence: str) -> dict[str, Any]:
    """Return the output that stores a conclusion."""
    return {
        "output_type": "display_data",
        "data": {STORED: sentence},
        "metadata": {"livingreview": {"conclusion": True}},
    }


def shown(markup: str) -> dict[str, Any]:
    """Return the output that shows a table or a figure."""
    return {"output_type": "display_data", "data": {"text/html": markup, "text/plain": "it"}, "metadata": {}}


def returned(text: str) -> dict[str, Any]:
    """Return the output of a cell whose last line is an expression."""
    return {"output_type": "execute_result", "execution_count": 1, "data": {"text/plain": text}, "metadata": {}}


def notebook(*cells: str | tuple[str, list[dict[str, Any]]]) -> str:
    """Return a notebook: a text is a Markdown cell, a pair the source and outputs of a code cell."""
    written: list[dict[str, Any]] = []
    for count, cell in enumerate(cells):
        common = {"id": f"c{count}", "metadata": {}}
        if isinstance(cell, str):
            written.append({"cell_type": "markdown", "source": cell, **common})
        else:
            source, outputs = cell
            code = {"cell_type": "code", "execution_count": count, "source": source, "outputs": outputs}
            written.append({**code, **common})
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "livingreview": {"fingerprint": "0"},
    }
    return json.dumps({"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def write_book(book: Path) -> None:
    """Write a book that has every kind of thing a page may hold."""
    (book / "chapters").mkdir(parents=True)
    (book / "data").mkdir()
    shutil.copy(ROOT / "_config.yml", book)
    (book / "data/references.bib").write_text(BIB, encoding="utf-8")
    (book / "README.md").write_text("# Not a page\n", encoding="utf-8")
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n- file: chapters/impact\n- file: chapters/claro\n"
        "- file: chapters/results\n- file: chapters/glossary\n- file: chapters/numbers\n",
        encoding="utf-8",
    )
    (book / "index.md").write_text(
        "# Collaborative care\n\n{n}`impact:impact_cc`% in [IMPACT, {n}`impact:impact_rr`](chapters/impact.ipynb).\n",
        encoding="utf-8",
    )
    (book / "chapters/numbers.md").write_text("# Published numbers\n\n:::{published-numbers}\n:::\n", encoding="utf-8")
    (book / "chapters/impact.ipynb").write_text(
        notebook(
            IMPACT,
            (
                "response = 45\npublish('impact_cc', '45')",
                [
                    number("impact_cc", "45", ["impact-response-12m-cc"]),
                    number("impact_control", "19", ["impact-response-12m-control"]),
                ],
            ),
            "## Results\n\nWho responded?",
            (
                "ratio = 45 / 19",
                [
                    number("impact_rr", "2.37", ["impact-response-12m-cc", "impact-response-12m-control"], "45% / 19%"),
                    returned("Cell(text='2.37')"),
                ],
            ),
            ("show(figure)", [shown(FIGURE)]),
            ("conclude(more, 'More people responded.')", [conclusion("More people responded.")]),
            CONCLUSIONS,
        ),
        encoding="utf-8",
    )
    (book / "chapters/claro.ipynb").write_text(notebook(CLARO, ("table(arms)", [shown(ARMS)])), encoding="utf-8")
    (book / "chapters/glossary.ipynb").write_text(
        notebook("# Glossary", ("listing('glossary')", [shown(GLOSSARY)])), encoding="utf-8"
    )
    (book / "chapters/results.ipynb").write_text(
        notebook("# Results as reported", ("table(results)", [shown(RESULTS)])), encoding="utf-8"
    )


def build(book: Path, stale: str = "", *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Build a book as `make` does."""
    command = [sys.executable, "-c", BUILD, stale, "build", str(book), "-W", "-n", "--keep-going", *options]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT), **env}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a trial book, built without a warning."""
    book = tmp_path_factory.mktemp("trial") / "book"
    write_book(book)
    done = build(book)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    return book


@pytest.fixture(scope="module")
def site(book: Path) -> site_checks.Site:
    return site_checks.pages(book / "_build/html")


@pytest.fixture(scope="module")
def impact(book: Path, site: site_checks.Site) -> BeautifulSoup:
    return site[book / "_build/html/chapters/impact.html"]


def numbers(page: BeautifulSoup, where: str) -> list[tuple[str, str, str]]:
    return [(tag.get_text(), str(tag["href"]), str(tag["title"])) for tag in page.select(f"{where} a.n")]


REPORTED = ("45", "results.html#impact-response-12m-cc", "as reported: Unützer 2002, abstract (primary abstract)")
DERIVED = (
    "2.37",
    "numbers.html#impact-rr",
    "our calculation: 45% / 19%; from impact-response-12m-cc, impact-response-12m-control",
)


@pytest.mark.parametrize("check", site_checks.CHECKS, ids=lambda check: check.__name__)
def test_pages(site: site_checks.Site, check: site_checks.Check) -> None:
    found = list(check(site))
    assert not found, "\n".join(found)


def test_only_the_contents_are_pages(site: site_checks.Site) -> None:
    assert {path.stem for path in site} == {
        "index",
        "impact",
        "claro",
        "results",
        "glossary",
        "numbers",
        "search",
        "404",
    }


def test_html_is_valid_where_a_parser_can_tell(site: site_checks.Site) -> None:
    for path in site:
        parser = html5lib.HTMLParser()
        parser.parse(path.read_text(encoding="utf-8"))
        assert parser.errors == [], path.name
        assert not re.search(r"<(?:br|hr|img|input|link|meta|col)\\b[^>]*/>", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("where", ["h1", ".bottom-line", "caption", "td"])
def test_a_reported_number_links_to_its_row(impact: BeautifulSoup, where: str) -> None:
    assert REPORTED in numbers(impact, where)


def test_a_derived_number_links_to_its_formula(impact: BeautifulSoup) -> None:
    assert DERIVED in numbers(impact, ".bottom-line")
    assert numbers(impact, "h2") == [DERIVED]


def test_a_number_in_a_footnote_is_a_link(impact: BeautifulSoup) -> None:
    assert numbers(impact, ".footnote")[0][:2] == ("19", "results.html#impact-response-12m-control")


def test_a_number_of_another_chapter_is_a_link_from_any_folder(book: Path, site: site_checks.Site) -> None:
    assert numbers(site[book / "_build/html/chapters/claro.html"], "main") == [DERIVED, REPORTED]
    assert (
        numbers(site[book / "_build/html/index.html"], "main")[0][1] == "chapters/results.html#impact-response-12m-cc"
    )


def test_a_number_within_a_link_is_text(impact: BeautifulSoup) -> None:
    assert impact.select("main a[href='results.html']")[0].get_text() == "link to 2.37"


def test_titles_stay_plain(impact: BeautifulSoup) -> None:
    title = "The IMPACT trial, 45 of 100"
    assert impact.title is not None
    assert impact.title.get_text() == f"{title} - Collaborative care: a living review"
    current = impact.select("#chapters [aria-current=page]")
    assert [str(tag.decode_contents()) for tag in current] == [title]
    assert "How 2.37 came about" in [tag.decode_contents() for tag in impact.select("#contents a")]


def test_a_heading_with_a_number_is_anchored_by_its_label(impact: BeautifulSoup) -> None:
    assert impact.select("#contents a[href='#how']")
    assert not impact.select("[id*='2-37']")


def test_published_numbers_are_listed_with_their_rows(book: Path, site: site_checks.Site) -> None:
    rows = site[book / "_build/html/chapters/numbers.html"].select(".lr-rows > li")
    assert [row["id"] for row in rows] == ["impact-cc", "impact-control", "impact-rr"]
    assert [cell.get_text() for cell in rows[2].select("p, dd")] == [
        "2.37",
        "our calculation: 45% / 19%",
        "impact-response-12m-cc, impact-response-12m-control",
        "impact",
        "impact-rr",
    ]
    assert [link["href"] for link in rows[2].select("dd:nth-of-type(2) a")] == [
        "results.html#impact-response-12m-cc",
        "results.html#impact-response-12m-control",
    ]


def test_conclusions_are_listed_once(impact: BeautifulSoup) -> None:
    assert impact.get_text().count("More people responded.") == 2, "in the list, and in the code that asserts it"
    assert [item.get_text(strip=True) for item in impact.select("#what-was-concluded li")] == ["More people responded."]


def test_code_is_folded_once_a_section_and_leaves_no_gap(impact: BeautifulSoup) -> None:
    folds = impact.select("details.lr-code")
    assert [fold.find_parent("section")["id"] for fold in folds] == ["how", "results"]  # type: ignore[index]
    assert [len(fold.select("pre")) for fold in folds] == [1, 3]
    assert not impact.select(".cell, .cell_output, summary p")
    assert "Cell(" not in impact.get_text(), "what a cell merely returns is not shown"


def test_citation_is_text_and_tags(impact: BeautifulSoup) -> None:
    assert "In: Collaborative care: a living review [Internet]. Version " in impact.select(".lr-cite")[0].get_text()
    tags = {str(tag["name"]): str(tag["content"]) for tag in impact.select("meta[name^=citation_]")}
    assert tags["citation_title"] == "The IMPACT trial, 45 of 100"
    assert tags["citation_inbook_title"] == "Collaborative care: a living review"


def test_search_holds_sections_with_their_text_and_rows_of_the_evidence(book: Path) -> None:
    script = (book / "_build/html/_static/search.js").read_text(encoding="utf-8")
    entries = json.loads(script.partition("const ENTRIES = ")[2].rstrip().removesuffix(";"))
    assert entries == sorted(entries, key=lambda entry: search.KINDS.index(entry[0]))
    found = {entry[3]: entry for entry in entries}
    assert found["chapters/trials.html#impact"][:2] == ["Trial", "IMPACT"]
    assert found["chapters/impact.html"][:3] == ["Chapter", "The IMPACT trial, 45 of 100", ""]
    kind, title, where, _, text = found["chapters/impact.html#how"]
    assert (kind, title, where) == ("Section", "How 2.37 came about", "The IMPACT trial, 45 of 100")
    assert "A note" in text
    assert "Who responded?" not in text, "that stands in another section"
    assert "publish(" not in script
    assert found["chapters/results.html#impact-response-12m-cc"][:2] == ["Evidence", "Response"]


def test_a_synonym_that_leads_nowhere_or_repeats_another_is_named() -> None:
    entries = [("Section", "Harms", "IMPACT", "chapters/impact.html#harms", "Nobody reported Überdosen.")]
    rows = [("adverse event", "harm"), ("OD", "uberdose"), ("price", "cost"), ("adverse event", "harm"), ("x", "")]
    faults = [*search.faults([{"asked": asked, "searched": searched} for asked, searched in rows], entries)]
    assert [fault.partition(": must ")[0] for fault in faults] == [
        "chapters/synonyms.csv, row 4, searched",
        "chapters/synonyms.csv, row 5",
        "chapters/synonyms.csv, row 6, searched",
    ]
    assert "found 'cost'" in faults[0]


def test_abbreviations_are_spelled_out_where_the_text_first_uses_them_and_once(
    book: Path, site: site_checks.Site
) -> None:
    page = site[book / "_build/html/chapters/claro.html"]
    assert page.h1 is not None
    assert page.h1.get_text() == "CLARO and PTSD"
    first, second = (paragraph.get_text() for paragraph in page.select("h1 ~ p:not(.lr-full)")[1:3])
    assert first.startswith(
        "Adults with PTSD [post-traumatic stress disorder] and a 95% CI [confidence interval], or CIs."
    )
    assert first.endswith("PTSD again, a VA-led [US Department of Veterans Affairs] trial.")
    assert second == "Opioid use disorder (OUD), PHQ-9 by link [PHQ-9: Patient Health Questionnaire, nine questions]."
    fold = page.select_one("details.lr-abbreviations")
    assert fold is not None
    assert [part.get_text() for part in fold.find_all(recursive=False)] == [
        "Abbreviations in tables and figures",
        "SD: standard deviation.",
    ]
    assert fold.find_previous("table") is not None
    assert page.select("p.lr-full") == fold.select("p.lr-full"), "no line of its own elsewhere"
    links = {str(link["href"]): link.get_text() for link in page.select(".lr-full a")}
    assert links["glossary.html#ptsd"] == "post-traumatic stress disorder"


def test_the_same_card_has_the_same_bytes_and_the_size_that_sites_ask_for(tmp_path: Path) -> None:
    title = "Collaborative care for opioid use disorder added to collaborative care for mental health, $2 and $3"
    drawn = []
    for name in ("one", "other"):
        previews.draw(tmp_path / f"{name}.png", title, "Collaborative care", "Version 2026.0.0")
        drawn.append((tmp_path / f"{name}.png").read_bytes())
    assert drawn[0] == drawn[1]
    assert struct.unpack(">II", drawn[0][16:24]) == (1200, 630)


def test_two_builds_are_the_same(book: Path, tmp_path: Path) -> None:
    """A build elsewhere, in another time zone and language, at another hash seed, with no cache of fonts."""
    other = tmp_path / "a longer path, with spaces"
    write_book(other)
    (tmp_path / "cold").mkdir()
    env = {"TZ": "Pacific/Chatham", "LC_ALL": "C", "LANGUAGE": "tr", "PYTHONHASHSEED": "17"}
    done = build(other, **env, MPLCONFIGDIR=str(tmp_path / "cold"), XDG_CACHE_HOME=str(tmp_path / "cold"))
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = (
        {path.relative_to(root): path.read_bytes() for path in (root / "_build/html").rglob("*") if path.is_file()}
        for root in (book, other)
    )
    assert first.keys() == second.keys()
    assert [str(path) for path in first if first[path] != second[path]] == []


def test_a_changed_number_reaches_the_other_chapters(book: Path, tmp_path: Path) -> None:
    copy = tmp_path / "book"
    shutil.copytree(book, copy)
    chapter = copy / "chapters/impact.ipynb"
    chapter.write_text(chapter.read_text(encoding="utf-8").replace('"2.37"', '"2.38"'), encoding="utf-8")
    assert build(copy).returncode == 0
    for name in ("chapters/claro", "chapters/numbers", "chapters/impact"):
        text = (copy / f"_build/html/{name}.html").read_text(encoding="utf-8")
        assert ("2.38" in text, "2.37" in text) == (True, False), name


def test_what_is_wrong_fails_the_build_and_says_where(tmp_path: Path) -> None:
    write_book(tmp_path)
    (tmp_path / "index.md").write_text("# Care\n\n{n}`impact_cc` {n}`impcat:impact_cc`\n", encoding="utf-8")
    wrong = "# CLARO {n}`impact:impact_cx`\n\n## It is {n}`impact:impact_cc`\n\n:::{conclusions}\n:::\n\n{n}`none`"
    code = ("code", [number("none", "1", ["impact-000"])])
    (tmp_path / "chapters/claro.ipynb").write_text(notebook(wrong, code), encoding="utf-8")
    done = build(tmp_path)
    assert done.returncode == 1
    for place, message in (
        ("index.md:3", "name the chapter, as in {n}`impact:impact_cc`"),
        ("index.md:3", "there is no chapter chapters/impcat.ipynb"),
        ("chapters/claro.ipynb:10002", "chapters/impact.ipynb publishes no 'impact_cx' (near: impact_cc"),
        ("chapters/claro.ipynb:10004", "a heading with a number needs a label"),
        ("chapters/claro.ipynb:10009", "No row of the evidence is called 'impact-000'"),
        ("chapters/numbers.md:3", "No row of the evidence is called 'impact-000'"),
    ):
        assert re.search(f"{re.escape(place)}: WARNING: .*{re.escape(message)}", done.stderr), (message, done.stderr)


def test_stale_chapters_stop_the_build_in_one_line(tmp_path: Path) -> None:
    write_book(tmp_path)
    done = build(tmp_path, "impact claro")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("stale chapters: impact, claro. ")
    assert "make refresh" in done.stderr
    assert "Traceback" not in done.stderr
