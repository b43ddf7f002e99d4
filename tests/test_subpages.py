"""Chapters that the dictionary divides: where each row stands, that every link arrives, and that nothing is lost."""

from __future__ import annotations

import json
import logging
import random
import re
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import large_book
import pytest
import site_checks
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from test_site import browser, invalid, unfit  # noqa: F401 (the fixture)

from livingreview.audit.numerals import bind
from livingreview.evidence import DATA, Evidence
from livingreview.notebooks.files import CODE, has_code_page
from livingreview.publish import evidence_tables
from livingreview.publish.evidence_tables import Groups, listing
from livingreview.site import subpages

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def divided(tmp_path: Path, *pages: str) -> Evidence:
    """Give the evidence with a dictionary that divides some pages."""
    shutil.copytree(DATA, tmp_path / "data")
    large_book.divide(tmp_path, *pages)
    return Evidence(tmp_path / "data")


@pytest.mark.parametrize(
    ("row", "whole", "part"),
    [
        ("impact-scl20-12m-contrast", "results", "results-impact"),
        ("impact", "trials", "trials-impact"),
        ("impact-cc", "trials", "trials-impact"),
        ("unutzer2002jama", "sources", "sources-u"),
        ("ptsd", "glossary", "glossary-p"),
    ],
)
def test_the_page_of_a_row_follows_from_the_row(tmp_path: Path, row: str, whole: str, part: str) -> None:
    assert divided(tmp_path / "whole").page(row) == whole
    assert divided(tmp_path / "divided", "results", "trials", "sources", "glossary").page(row) == part


def test_a_row_keeps_its_page_however_many_there_are(tmp_path: Path) -> None:
    before = divided(tmp_path, "results", "sources")
    large_book.generator.evidence(tmp_path / "data", 3)
    after = Evidence(tmp_path / "data")
    assert len(after.results) == 3 * len(before.results)
    for row in (*before.results.index, *before.sources):
        assert after.page(row) == before.page(row)


def test_a_long_table_is_shown_group_by_group_with_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_tables, "GROUPED", 1)
    book, shown = Evidence(DATA), listing("baseline", "Participants")
    assert isinstance(shown, Groups)
    page = BeautifulSoup(shown._repr_html_(), "lxml")
    assert Counter(str(row["id"]) for row in page.select(".lr-rows > li")) == Counter(book.baseline.index)
    for group in page.select(".lr-group"):
        study = {book.baseline.loc[str(row["id"]), "study_id"] for row in group.select(".lr-rows > li")}
        assert [f"baseline-{name}" for name in study] == [group["id"]]
    assert [link["href"] for link in page.select("nav a")] == [f"#{group['id']}" for group in page.select(".lr-group")]


def test_a_short_table_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = len(Evidence(DATA).baseline)
    monkeypatch.setattr(evidence_tables, "GROUPED", rows)
    assert not isinstance(listing("baseline", "Participants"), Groups)
    monkeypatch.setattr(evidence_tables, "GROUPED", rows - 1)
    assert isinstance(listing("baseline", "Participants"), Groups)


def test_only_long_code_has_a_page_of_its_own() -> None:
    cells = [{"cell_type": "code", "source": "x" * (CODE // 2)}] * 2
    assert not has_code_page({"cells": [*cells, {"cell_type": "markdown", "source": "x"}]})
    assert has_code_page({"cells": [*cells, {"cell_type": "code", "source": "x"}]})


# ------------------------------------------------------------------------------------- a large book with divided pages


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = tmp_path_factory.mktemp("large") / "book"
    large_book.write(book)
    large_book.build(book)
    return book


@pytest.fixture(scope="module")
def site(book: Path) -> site_checks.Site:
    return site_checks.pages(book / "_build/html")


def group_pages(site: site_checks.Site, chapter: str) -> dict[str, BeautifulSoup]:
    return {
        path.stem: page
        for path, page in site.items()
        if path.stem.startswith(f"{chapter}-") and path.stem != f"{chapter}-code"
    }


@pytest.mark.parametrize("check", site_checks.CHECKS, ids=lambda check: check.__name__)
def test_pages(site: site_checks.Site, check: site_checks.Check) -> None:
    if check is site_checks.downloads:  # it asks the listing itself for the rows
        pages = group_pages(site, "sources").values()
        assert all(row.select_one(".lr-download") for page in pages for row in page.select(".lr-rows > li"))
        return
    wrong = list(check(site))
    assert not wrong, "\n".join(wrong)


def test_pages_of_groups_fit_are_accessible_and_valid(browser: Browser, book: Path) -> None:  # noqa: F811
    names = ("trials", "trials-impact", "results-impact", "sources-u", "results-code")
    pages = [book / f"_build/html/chapters/{name}.html" for name in names]
    wrong = unfit(browser, pages) + invalid(pages)
    assert not wrong, "\n".join(wrong)


def test_every_row_stands_once_on_the_page_that_it_says(book: Path, site: site_checks.Site) -> None:
    evidence = Evidence(book / "data")
    for chapter, rows in (("results", evidence.results.index), ("sources", evidence.sources)):
        pages = group_pages(site, chapter)
        stand = [(str(row["id"]), name) for name, page in pages.items() for row in page.select(".lr-rows > li")]
        assert sorted(stand) == sorted((row, evidence.page(row)) for row in rows)
        assert not site[book / f"_build/html/chapters/{chapter}.html"].select(".lr-rows > li")
        assert len(pages) > 20


def test_the_tables_of_a_chapter_share_the_page_of_a_study(site: site_checks.Site) -> None:
    page = group_pages(site, "trials")["trials-impact"]
    assert [str(caption.get_text()) for caption in page.select(".lr-caption")] == ["Studies: IMPACT", "Arms: IMPACT"]
    assert {"impact", "impact-cc"} < {str(row["id"]) for row in page.select(".lr-rows > li")}
    assert page.select("[data-filter]")
    assert page.select("script[src$='filter.js']")


def test_every_link_to_a_row_arrives(book: Path, site: site_checks.Site) -> None:
    chapters = book / "_build/html/chapters"
    links = {str(link["href"]) for link in site[chapters / "impact.html"].select("main a.n")}
    assert links == {
        f"results-acm_va.html#{large_book.ROWS[0]}",
        f"results-impact.html#{large_book.ROWS[1]}",
        "numbers-impact.html#impact-ratio",
    }
    assert site[chapters / "impact.html"].select("main a[href='sources-u.html#unutzer2002jama']")
    searched = (book / "_build/html/_static/search.js").read_text(encoding="utf-8").partition("const ENTRIES = ")[2]
    holding = {row["id"]: path.name for path, page in site.items() for row in page.select(".lr-rows > li")}
    for kind, _, _, address, _ in json.loads(searched.strip().removesuffix(";")):
        path, _, row = address.partition("#")
        if kind in ("Source", "Trial"):
            assert Path(path).name == holding[row]


def test_an_index_lists_its_groups_and_a_group_leads_back_and_on(book: Path, site: site_checks.Site) -> None:
    index = site[book / "_build/html/chapters/results.html"]
    pages = group_pages(site, "results")
    listed = [str(link["href"]).partition(".html#")[0] for link in index.select("nav.lr-groups li a")]
    assert sorted(listed) == sorted(pages)
    for at, name in enumerate(listed):
        assert pages[name].select_one(".lr-part a[href='results.html']")
        around = {str(link["rel"][0]): str(link["href"]) for link in pages[name].select(".lr-next a")}
        near = {"prev": at - 1, "next": at + 1}
        assert around == {way: f"{listed[to]}.html" for way, to in near.items() if 0 <= to < len(listed)}
        assert not pages[name].select("#chapters a[href*='results-']"), "groups are in no menu"


def test_a_script_knows_where_each_row_is(book: Path, site: site_checks.Site) -> None:
    text = (book / "_build/html/rows/results.js").read_text(encoding="utf-8")
    held = json.loads(text.removeprefix("const ROWS = ").rstrip().removesuffix(";"))
    assert {name: ids.split() for name, ids in held.items()} == {
        name: [row["id"] for row in page.select(".lr-rows > li")] for name, page in group_pages(site, "results").items()
    }
    index = site[book / "_build/html/chapters/results.html"]
    assert index.select("nav[data-rows='../rows/results.js']")
    assert index.select("script[src$='rows.js']")


def test_code_that_is_long_has_a_page_of_its_own(book: Path, site: site_checks.Site) -> None:
    chapters = book / "_build/html/chapters"
    page, code = site[chapters / "results.html"], site[chapters / "results-code.html"]
    links = [str(link["href"]) for link in page.select("p.lr-code a")]
    assert links == [f"results-code.html#{block['id']}" for block in code.select("main div[id^=code-]")]
    assert large_book.LONG in code.get_text()
    assert not page.select("details.lr-code")
    assert code.select_one(".lr-part a[href='results.html']")
    assert site[chapters / "impact.html"].select("details.lr-code"), "where it is short it stays"


def test_a_divided_book_is_bound(book: Path) -> None:
    assert [str(problem) for problem in bind(book / "_build/html", book).problems] == []


#: Pages of the book, and what is changed there, which is then found.
FALSE = (
    ("results-impact", r'<li id="[^"]+">.*\n', ""),  # a row is lost
    ("results-proud", r"(<li id=.*\n)", r"\1\1"),  # a row stands twice
    ("results-summit", r"(<li id=.*\n)(<li id=.*\n)", r"\2\1"),
    ("results-incpad", r"<strong>(\d)", r"<strong>9\1"),
    ("results-impact_1", r"<h1>[^<]*", "<h1>Results: IMPACT 2"),
    ("results", r">IMPACT 1<", ">IMPACT 7<"),
    ("trials", r'<li><a href="trials-impact.html.*\n', ""),
    ("results-code", r"value_7 = \d", "value_7 = 8"),
    ("numbers-impact", r">more<", ">45<"),
    ("impact", r"results-impact\.html#", "results.html#"),
    ("impact", r"results-acm_va\.html#", "results-impact.html#"),
)
GONE = ("results-claro", "sources-u", "glossary")


def test_what_a_divided_page_says_wrongly_is_found(book: Path, tmp_path: Path) -> None:
    copy = tmp_path / "html"
    shutil.copytree(book / "_build/html", copy)
    for page, old, new in FALSE:
        path = copy / f"chapters/{page}.html"
        text = path.read_text(encoding="utf-8")
        changed = re.sub(old, new, text, count=1)
        assert changed != text, page
        path.write_text(changed, encoding="utf-8")
    for page in GONE:
        (copy / f"chapters/{page}.html").unlink()
    searched = copy / "_static/search.js"
    text = searched.read_text(encoding="utf-8")
    assert "chapters/trials-impact.html#impact" in text
    searched.write_text(text.replace("trials-impact.html#impact", "trials-claro.html#impact", 1), encoding="utf-8")
    problems = [str(problem) for problem in bind(copy, book).problems]
    assert any("trials-claro.html#impact" in problem for problem in problems), "the search leads to another page"
    assert any("_static/search.js" in problem and "glossary.html" in problem for problem in problems)
    assert sum(problem.startswith("rows/results.js: ") for problem in problems) == 1
    for page in {page for page, _, _ in FALSE}:
        assert any(problem.startswith(f"chapters/{page}.html") for problem in problems), page
    assert sum("chapters/impact.html, " in problem for problem in problems) == 2
    for page in GONE:
        assert any(f"chapters/{page}.html: must be built" in problem for problem in problems)


def test_a_heavy_page_ends_the_build_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(subpages, "logger", logging.getLogger("a build, which a warning ends"))
    (tmp_path / "chapters").mkdir()
    for name, size in (("baseline", 39_100), ("pooled", 38_900)):
        heavy = random.Random(0).randbytes(size - 100)  # no compressor saves any of it
        (tmp_path / f"chapters/{name}.html").write_bytes(heavy)
    subpages.write(cast("Sphinx", SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))), None)
    (said,) = caplog.messages
    assert said.startswith("chapters/baseline: must weigh at most 39,000 bytes compressed, found 39,0")
    assert said.endswith('Add "baseline" to "divided" in data/datapackage.json, then run \'make refresh\'.')
