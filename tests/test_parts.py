"""Tables that are too heavy for one page: where they are divided, that every link arrives, and that nothing is lost."""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
from itertools import pairwise
from pathlib import Path

import large_book
import pytest
import site_checks
from bs4 import BeautifulSoup

from livingreview.audit.numerals import bind
from livingreview.publish.evidence_tables import listing
from livingreview.site import parts
from livingreview.site.parts import Row, cut, divided, led, span, tables


def rows(*labels: tuple[str, int], seed: int = 0) -> list[Row]:
    """Rows with as many digits each as no compressor saves."""
    dice = random.Random(seed)
    every = [label for label, count in labels for _ in range(count)]
    return [Row(f"r-{n}", label, f"<td>{dice.getrandbits(800):x}</td>") for n, label in enumerate(every)]


def weight(part: list[Row]) -> int:
    return parts.weight("".join(row.html for row in part))


def test_a_light_table_is_one_part() -> None:
    few = rows(("IMPACT", 3))
    assert cut(few, 10_000) == [few]


@pytest.mark.parametrize("room", [300, 1_000, 2_500, 9_000])
def test_parts_hold_every_row_once_in_order_and_are_light_enough(room: int) -> None:
    many = rows(("ACM", 1), ("CHAMP", 40), ("CLARO", 2), ("IMPACT", 150), ("TEAM", 7))
    found = cut(many, room)
    assert [row for part in found for row in part] == many
    assert max(weight(list(part)) for part in found) <= room
    assert len(found) <= 3 * weight(many) / room + 1


def test_rows_of_a_study_stay_together_where_they_fit() -> None:
    many = rows(*((f"study {n}", n % 7 + 1) for n in range(60)))
    found = cut(many, 2_000)
    assert len(found) > 3
    assert all(one[-1].label != other[0].label for one, other in pairwise(found))


def test_a_row_that_is_too_heavy_by_itself_is_a_part() -> None:
    assert [len(part) for part in cut(rows(("one", 2)), 10)] == [1, 1]


def test_a_part_is_named_by_its_studies_or_within_one_by_its_rows() -> None:
    many = rows(("ACM", 1), ("CHAMP", 2))
    assert [span(many), span(many[1:]), span(many[:1])] == ["ACM to CHAMP", "CHAMP, r-1 to r-2", "ACM"]


def test_only_what_is_too_heavy_is_divided() -> None:
    body = "".join(listing(name, name)._repr_html_() for name in ("arms", "results", "milestones"))
    assert divided(body, "trials", 10**6) == (body, {})
    written, found = divided(body, "trials", parts.weight(body) - 1)
    assert [*found] == ["results"]
    assert '<tr id="impact-scl20-12m-contrast"' not in written
    assert '<tr id="impact-cc"' in written


def test_a_table_is_looked_up_by_study_else_by_its_first_column() -> None:
    (results,) = tables(listing("results", "Results")._repr_html_(), "results")
    assert {row.id: row.label for row in results.rows}["impact-scl20-12m-contrast"] == "IMPACT"
    (pooled,) = tables(listing("pooled", "Pooled")._repr_html_(), "pooled")
    assert [row.label for row in pooled.rows] == [row.id for row in pooled.rows]


PLACES = {
    ("results", "impact-scl20-12m-contrast"): "results-2",
    ("trials", "impact"): "studies-1",
    ("integrity", "a&b"): "risk_of_bias-1",
}


@pytest.mark.parametrize(
    ("page", "link", "arrives"),
    [
        ("impact", "results.html#impact-scl20-12m-contrast", "results-2.html#impact-scl20-12m-contrast"),
        (
            "index",
            "chapters/results.html#impact-scl20-12m-contrast",
            "chapters/results-2.html#impact-scl20-12m-contrast",
        ),
        (
            "404",
            "../chapters/results.html#impact-scl20-12m-contrast",
            "../chapters/results-2.html#impact-scl20-12m-contrast",
        ),
        ("results-1", "results-1.html#impact-scl20-12m-contrast", "results-2.html#impact-scl20-12m-contrast"),
        ("results-1", "#impact-scl20-12m-contrast", "results-2.html#impact-scl20-12m-contrast"),
        ("trials", "#impact", "studies-1.html#impact"),
        ("arms-4", "trials.html#impact", "studies-1.html#impact"),
        ("integrity", "risk_of_bias-7.html#a&amp;b", "risk_of_bias-1.html#a&amp;b"),
        ("impact", "#impact", "#impact"),
        ("impact", "results.html#results", "results.html#results"),
        ("impact", "results.html", "results.html"),
        (
            "impact",
            "https://example.org/results.html#impact-scl20-12m-contrast",
            "https://example.org/results.html#impact-scl20-12m-contrast",
        ),
    ],
)
def test_a_link_leads_to_the_part_that_holds_its_row(page: str, link: str, arrives: str) -> None:
    once = led(f'<a href="{link}">6</a>', page, PLACES)
    assert once == f'<a href="{arrives}">6</a>'
    assert led(once, page, PLACES) == once


# ------------------------------------------------------------------------------------- a book that crosses the limit


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = tmp_path_factory.mktemp("large") / "book"
    large_book.write(book)
    large_book.build(book)
    return book


@pytest.fixture(scope="module")
def site(book: Path) -> site_checks.Site:
    return site_checks.pages(book / "_build/html")


def part_pages(site: site_checks.Site, table: str) -> list[BeautifulSoup]:
    named = {path.stem: page for path, page in site.items()}
    return [named[f"{table}-{n}"] for n in range(1, len(named)) if f"{table}-{n}" in named]


@pytest.mark.parametrize("check", site_checks.CHECKS, ids=lambda check: check.__name__)
def test_pages(site: site_checks.Site, check: site_checks.Check) -> None:
    if check is site_checks.downloads:  # it asks the listing itself for the rows
        assert all(
            row.select_one(".lr-download") for page in part_pages(site, "sources") for row in page.select("tr[id]")
        )
        return
    found = list(check(site))
    assert not found, "\n".join(found)


def test_no_row_is_lost_and_none_stands_twice(book: Path, site: site_checks.Site) -> None:
    for table, chapter in (("results", "results"), ("sources", "sources")):
        stand = [str(row["id"]) for page in part_pages(site, table) for row in page.select("tr[id]")]
        assert stand == large_book.stored_rows(book, chapter)
        assert not site[book / f"_build/html/chapters/{chapter}.html"].select("tr[id]")
        assert len(part_pages(site, table)) > 2


def test_pages_are_as_light_as_they_must_be(site: site_checks.Site) -> None:
    heavy = {path.name: len(gzip.compress(path.read_bytes(), 6, mtime=0)) for path in site}
    assert max(heavy.values()) <= large_book.LIMIT, heavy


def test_a_page_above_the_bar_is_found(site: site_checks.Site, tmp_path: Path) -> None:
    page = tmp_path / "results.html"
    page.write_text("".join(row.html for row in rows(("IMPACT", 500))), encoding="utf-8")
    (found,) = site_checks.weight(site_checks.pages(tmp_path))
    assert "first load is 1 requests" in found


def test_every_link_to_a_row_arrives(book: Path, site: site_checks.Site) -> None:
    chapters = book / "_build/html/chapters"
    links = {str(link["href"]) for link in site[chapters / "impact.html"].select("main a.n")}
    holding = {row["id"]: path.name for path, page in site.items() for row in page.select("tr[id]")}
    assert {f"{holding[row]}#{row}" for row in large_book.ROWS[:2]} < links
    assert {name.partition("-")[0] for name in links} == {"results", "numbers.html#impact"}
    searched = (book / "_build/html/_static/search.js").read_text(encoding="utf-8").partition("const ENTRIES = ")[2]
    for kind, _, _, address, _ in json.loads(searched.strip().removesuffix(";")):
        path, _, row = address.partition("#")
        if kind in ("Source", "Trial"):
            assert Path(path).name == holding[row]


def test_an_index_lists_its_parts_and_a_part_leads_back_and_on(book: Path, site: site_checks.Site) -> None:
    index = site[book / "_build/html/chapters/results.html"]
    listed = [str(item.a["href"]) for item in index.select("nav.lr-parts li") if item.a]
    found = part_pages(site, "results")
    assert listed == [f"results-{n}.html" for n in range(1, len(found) + 1)]
    counts = [int(count) for count in re.findall(r": (\d+) rows?", index.select("nav.lr-parts ul")[0].get_text())]
    assert counts == [len(page.select("tr[id]")) for page in found]
    assert "IMPACT" in index.select("nav.lr-parts")[0].get_text()
    for at, page in enumerate(found):
        assert page.select_one(".lr-part a[href='results.html']")
        around = {str(link["rel"][0]): str(link["href"]) for link in page.select(".lr-next a")}
        near = {"prev": at, "next": at + 2}
        assert around == {name: f"results-{n}.html" for name, n in near.items() if 1 <= n <= len(found)}
        assert not page.select("#chapters a[href*='results-']"), "parts are in no menu"


def test_a_script_knows_where_each_row_is(book: Path, site: site_checks.Site) -> None:
    text = (book / "_build/html/rows/results.js").read_text(encoding="utf-8")
    held = json.loads(text.removeprefix("const ROWS = ").rstrip().removesuffix(";"))
    assert {f"{name}.html": ids.split(" ") for name, ids in held.items()} == {
        path.name: [row["id"] for row in page.select("tr[id]")]
        for path, page in site.items()
        if path.name.startswith("results-") and page.select("tr[id]")
    }


def test_a_filter_stays_with_its_table(site: site_checks.Site) -> None:
    studies = part_pages(site, "studies")
    assert studies
    assert all(page.select("[data-filter]") and page.select("script[src$='filter.js']") for page in studies)


def test_code_that_is_heavy_has_a_page_of_its_own(book: Path, site: site_checks.Site) -> None:
    chapters = book / "_build/html/chapters"
    page, code = site[chapters / "results.html"], site[chapters / "results-code.html"]
    links = [str(link["href"]) for link in page.select("p.lr-code a")]
    assert links == [f"results-code.html#{block['id']}" for block in code.select("main div[id^=code-]")]
    assert large_book.CODE in code.get_text()
    assert not page.select("details.lr-code")
    assert code.select_one(".lr-part a[href='results.html']")
    assert site[chapters / "impact.html"].select("details.lr-code"), "where there is room it stays"


def test_a_divided_book_is_bound(book: Path) -> None:
    assert [str(problem) for problem in bind(book / "_build/html", book).problems] == []


@pytest.mark.parametrize(
    ("page", "old", "new", "told"),
    [
        ("results-2", r'<tr id="[^"]+">.*\n', "", "results.html"),  # a row is lost
        ("results-2", r"(<tr id=.*\n)", r"\1\1", "results.html"),  # a row stands twice
        ("results-2", r"(<tr id=.*\n)(<tr id=.*\n)", r"\2\1", "results.html"),
        ("results-2", r"<td>(\d)", r"<td>9\1", "results.html"),
        ("results-2", r"<h1>[^<]*", "<h1>Results of 77 studies", "results-2.html"),
        ("results", r": (\d+) rows <", ": 777 rows <", "results.html"),
        ("results", r"<li>.*</li>\n(?=</ul>\n</nav>)", "", "named by the page"),
        ("results", r"(</a>) \d+,", r"\1 77,", "results.html"),
        ("impact", r"results-\d\.html#", "results.html#", "lead to the part that holds the row"),
        ("impact", r"results-\d\.html#", "results-3.html#", "impact.html"),
    ],
)
def test_what_a_part_or_an_index_says_wrongly_is_found(
    book: Path, tmp_path: Path, page: str, old: str, new: str, told: str
) -> None:
    copy = tmp_path / "html"
    shutil.copytree(book / "_build/html", copy)
    path = copy / f"chapters/{page}.html"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(old, new, text, count=1)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    problems = [str(problem) for problem in bind(copy, book).problems]
    assert any(told in problem for problem in problems), problems


def test_parts_that_are_no_more_are_dropped(tmp_path: Path) -> None:
    large_book.write(tmp_path)
    site = large_book.build(tmp_path)
    assert (site / "chapters/results-2.html").exists()
    (tmp_path / "chapters/results.ipynb").touch()
    large_book.build(tmp_path, 10**6)
    assert not [*(site / "chapters").glob("results-*.html")]
    assert "impact-scl20-12m-contrast" in (site / "chapters/results.html").read_text(encoding="utf-8")
