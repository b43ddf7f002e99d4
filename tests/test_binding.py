"""Numerals of built pages: each is bound on a page as built, and each way of planting one is found."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from small_book import CODE, DERIVED, FIGURE, FILES, LISTING, SOURCES, TITLE, notebook

from livingreview.audit import numerals
from livingreview.audit.fingerprint import STORED, fingerprint
from livingreview.audit.mutation.tally import Tally, store
from livingreview.audit.mutation.tally import html as mutation_html
from livingreview.audit.numerals import COUNTS, Bindings, bind, main_text
from livingreview.notebooks.outputs import digits
from livingreview.site.counts import fill

HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="citation_publication_date" content="2026/11/21"><title>A review</title><style>p::before{content:"\\201C"}\
</style></head><body><p class="lr-strip">Texts read to November 21, 2026. Version 2026.0.0&nbsp;·
<span data-due="2027-05-21">search due by May 21, 2027</span></p><div class="article">"""
TAIL = "</div></body></html>"


def link(page: str, anchor: str, title: str, text: str) -> str:
    return f'<a class="n reference internal" href="{page}.html#{anchor}" title="{title}">{text}</a>'


def output(stored: str) -> str:
    return f'<div class="output text_html">{stored}\n</div>'


def fold(code: str) -> str:
    return f'<details class="lr-code"><summary>Code</summary><pre><span></span>{code}\n</pre></details>'


USED = '<span class="lr-used"> used in <a href="impact.html">impact</a></span>'
CC = link("results", "impact-response-12m-cc", TITLE, "45%")
CONTROL = link("results", "impact-response-12m-control", TITLE, "19%")
RATIO = link("numbers", "impact-rr", DERIVED, "2.37")
IMPACT = f"""<h1>The IMPACT trial</h1>
<p>At 12 months {CC} responded, a ratio of {RATIO}, in <a href="sources.html#unutzer2002">Unützer 2002</a>.
PHQ-9 was not used; {CONTROL} did with usual care.</p>
<ul><li><p>It’s better at 12 months.</p></li></ul>
{output(FIGURE)}
{fold(html.escape(CODE, quote=False))}"""


def used(listing: str) -> str:
    """What the site adds to the last line of every row."""
    return listing.replace("</p></li>", f"{USED}</p></li>")


def row(anchor: str, value: str, how: str, rows: str) -> str:
    facts = {"How": how, "Rows": rows, "Chapter": '<a href="impact.html">impact</a>'}
    listed = "".join(f"<dt>{label}</dt><dd>{fact}</dd>" for label, fact in facts.items())
    last = f'<p class="lr-id"><a href="#{anchor}">{anchor}</a></p>'
    return f'<li id="{anchor}"><p class="lr-about">{value}</p><dl>{listed}</dl>{last}</li>\n'


def to(*rows: str) -> str:
    return ", ".join(f'<a href="results.html#{i}">{i}</a>' for i in rows)


LISTED = row("impact-cc", "45%", "as reported", to("impact-response-12m-cc"))
LISTED += row("impact-control", "19%", "as reported", to("impact-response-12m-control"))
RR = (DERIVED.partition("; from")[0], to("impact-response-12m-cc", "impact-response-12m-control"))
LISTED += row("impact-rr", "2.37", *RR)

PAGES = {
    "index.html": "<p>Out of 100 people in need, many are not reached.</p>",
    "chapters/impact.html": IMPACT,
    "chapters/results.html": f"<h1>Results</h1>{output(used(LISTING))}{fold('listing()')}",
    "chapters/sources.html": f"<h1>Sources</h1>{output(used(SOURCES))}{fold('source_list()')}",
    "chapters/numbers.html": f"<h1>Published numbers</h1><ul>{LISTED}</ul>",
}


@pytest.fixture
def bound(tmp_path: Path) -> Callable[..., Bindings]:
    """Build the five pages, one of them changed, and bind them."""

    def build(page: str = "", old: str = "", new: str = "") -> Bindings:
        for name, text in FILES.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        for name, text in PAGES.items():
            whole = HEAD + text + TAIL
            if name == page:
                assert old in whole, old
                whole = whole.replace(old, new, 1)
            path = tmp_path / "html" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(whole, encoding="utf-8")
        return bind(tmp_path / "html", tmp_path)

    return build


def test_every_numeral_of_unchanged_pages_is_bound(bound: Callable[..., Bindings]) -> None:
    report = bound()
    assert [str(problem) for problem in report.problems] == []
    facts = report.as_dict()
    assert facts == json.loads(json.dumps(facts))
    assert set(facts["kinds"]) == {
        "published number",
        "computed output",
        "data cell",
        "source",
        "page of published numbers",
        "review fact",
        "code",
        "reviewed name",
    }
    assert facts["unbound"] == 0
    assert sum(facts["pages"].values()) == sum(facts["kinds"].values())
    assert main_text(report).endswith(
        f"bound: all {sum(facts['kinds'].values())} numerals of 5 pages, and 0 files beside them."
    )


IN_IMPACT = {
    "prose": ("responded,", "responded in 61 of 100,", '"61"'),
    "a digit beside a link": ("45%</a> responded", "45%</a>5 responded", '"Number5"'),
    "a fraction sign": ("responded,", "½ responded,", '"½"'),
    "a numeral cut by tags": ("responded,", "6<b>1</b> responded,", '"61"'),
    "heading": ("trial</h1>", "trial, 61%</h1>", '"61%"'),
    "a name beyond those typed": ("responded,", "responded at 6 months,", '"at 6 months" 0 times'),
    "a name changed": ("At 12 months", "At 24 months", '"At 24 months" 0 times'),
    "closed details": ("<summary>Code", "<p>61%</p><summary>Code", '"61%"'),
    "caption": ("906 people", "907 people", '"Response at 12 months, 907 people."'),
    "svg title": ("Response: 45%", "Response: 46%", '"Response: 46% and 19%"'),
    "svg desc": ("Two bars, 45", "Two bars, 46", '"Two bars, 46 and 19."'),
    "svg text": ('y="20">45%', 'y="20">46%', '"46%"'),
    "svg path": ("M10 20L163", "M10 20L173", "path/@d: must be as stored"),
    "svg coordinate": ('x="160"', 'x="170"', "/@x: must be as stored"),
    "description": ("45 and 19 percent", "45 and 18 percent", '"Two bars: 45 and 18 percent."'),
    "cell": ("171 of 895", "172 of 895", '"172 of 895"'),
    "a cell more": ("<td>171", "<td>61</td><td>171", '"61"'),
    "title of a cell's link": (
        f'title="{TITLE}">45%</a></td>',
        'title="as reported: Unützer 2003">45%</a></td>',
        "2003",
    ),
    "a figure removed": (output(FIGURE), "", "nothing for"),
    "a figure twice": (output(FIGURE), output(FIGURE) * 2, "must be as stored"),
    "alt": ("<p>At", '<p><img alt="61%" src="x.png">At', "/@alt"),
    "aria-label": ("<ul>", '<ul aria-label="61%">', "/@aria-label"),
    "aria-label of a link": (">2.37<", ' aria-label="61%">2.37<', "/@aria-label"),
    "aria-label around a figure": ('output text_html"', 'output text_html" aria-label="61%"', "/@aria-label"),
    "title attribute": ("<ul>", '<ul title="61%">', "/@title"),
    "placeholder": ("<ul>", '<input placeholder="61%"><ul>', "/@placeholder"),
    "meta description": ("<title>", '<meta name="description" content="61% responded"><title>', "/@content"),
    "OpenGraph": ("<title>", '<meta property="og:title" content="61% responded"><title>', "/@content"),
    "title of the page": ("A review", "A review of 61", '"61"'),
    "JSON-LD": ("<title>", '<script type="application/ld+json">{"n": "61"}</script><title>', "script/@n"),
    "style sheet": ("201C", '201C";content:"61', '"61"'),
    "text of a link": ("2.37</a>", "2.38</a>", '"2.38 | '),
    "text of another link": ("2.37</a>", "45%</a>", "must be the number"),
    "two links swapped": (f"{CC} responded, a ratio of {RATIO}", f"{RATIO} responded, a ratio of {CC}", "must be the"),
    "target of a link": ("numbers.html#impact-rr", "numbers.html#impact-cc", "must be the number"),
    "row of a link": (
        'results.html#impact-response-12m-control" title',
        'results.html#impact-response-12m-cc" title',
        "must be the number",
    ),
    "formula of a link": ("= 45% / 19%; from", "= 45% / 18%; from", "must be the number"),
    "a link removed": (RATIO, "2.37", '"2.37"'),
    "a link added": ("responded,", f"{CONTROL} responded,", "must not be here"),
    "name of a source": ("Unützer 2002</a>.\nPHQ", "Unützer 2003</a>.\nPHQ", "2003"),
    "conclusion": ("better at 12", "worse at 12", "It's better at 12 months."),
    "code": ("assert 45", "assert 46", '"assert 46 > 19"'),
    "date": ("to November 21, 2026", "to November 22, 2026", '"22"'),
    "dates exchanged": ("due by May 21, 2027", "due by November 21, 2026", '"21"'),
    "date for the script": ('data-due="2027-05', 'data-due="2028-05', "/@data-due"),
    "date of the citation": ("2026/11/21", "2026/11/22", "/@content"),
}
ELSEWHERE = {
    "data cell": ("results", ">19<", ">91<", "must hold no numeral but those of impact-response-12m-control"),
    "sign of a data cell": ("results", "−0.40", "0.40", "must hold no numeral but those of impact-response-12m-cc"),
    "thousands": ("results", "1,801", "1,810", "1810"),
    "anchor of a row": (
        "results",
        'id="impact-response-12m-cc"',
        'id="impact-response-12m-control"',
        "must be as stored",
    ),
    "source entry": ("sources", "2002;288", "2002;289", "must hold no numeral but those of unutzer2002"),
    "user of a row": ("results", USED, USED.replace("impact", "claro"), "must say that impact uses it"),
    "no user of a row": ("results", USED, "", "must say that impact uses it"),
    "typed beside a user": ("results", "used in", "61 used in", "must say that impact uses it"),
    "a user's title": ("results", 'class="lr-used"', 'class="lr-used" title="61"', "/@title"),
    "listed value": ("numbers", ">2.37<", ">2.38<", '"2.37 | How'),
    "listed formula": ("numbers", "45% / 19%", "45% / 18%", "must be as stored"),
    "listed rows": ("numbers", "#impact-response-12m-control", "#impact-response-12m-cc", "must be as stored"),
    "listed twice": ("numbers", LISTED, LISTED * 2, "must list a published number"),
    "not listed": ("numbers", LISTED, LISTED.partition("\n")[2], '"impact-cc"'),
    "typed beside the list": ("numbers", "</h1>", "</h1><p>61 in all</p>", '"61"'),
}


@pytest.mark.parametrize(
    ("page", "old", "new", "message"),
    [("impact", *change) for change in IN_IMPACT.values()] + list(ELSEWHERE.values()),
    ids=[*IN_IMPACT, *ELSEWHERE],
)
def test_every_change_is_found(bound: Callable[..., Bindings], page: str, old: str, new: str, message: str) -> None:
    report = bound(f"chapters/{page}.html", old, new)
    found = [str(problem) for problem in report.problems]
    assert any(message in problem for problem in found), found
    assert all(problem.startswith(f"chapters/{page}.html") for problem in found)
    assert main_text(report).endswith("named above.")


def test_a_message_says_page_place_text_and_remedy(bound: Callable[..., Bindings]) -> None:
    (problem,) = bound("chapters/impact.html", "responded,", "responded in 61 of 99,").problems[:1]
    assert str(problem) == (
        "chapters/impact.html, /body/div/p: must hold no numeral that is bound to nothing; found "
        '"61" in "At 12 months Number responded in 61 of 99, a ratio of Number, in Number.". Publish the number and '
        "write {n}`key`, or list a name with its reason in chapters/allowed_numerals.csv."
    )


def test_a_link_of_a_table_holds_what_its_row_prints(
    bound: Callable[..., Bindings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that a notebook stores under a link to a row that does not hold it is no report of that row."""
    wrong = FIGURE.replace('title="' + TITLE + '">45%', 'title="' + TITLE + '">46%')
    monkeypatch.setitem(
        FILES, "chapters/impact.ipynb", FILES["chapters/impact.ipynb"].replace(*map(_json, (FIGURE, wrong)))
    )
    found = [str(problem) for problem in bound("chapters/impact.html", FIGURE, wrong).problems]
    assert len(found) == 1
    assert 'must hold no numeral but those of impact-response-12m-cc; found 46 in "46%"' in found[0]


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def test_a_page_that_is_not_built_is_missed(bound: Callable[..., Bindings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "chapters/claro.ipynb", notebook("# CLARO", ""))
    assert str(bound().problems[0]).startswith("chapters/claro.html: must be built")


def test_numerals_are_compared_without_typography() -> None:
    assert digits("−1,801.50 (45%), $7 and .05") == {"-1801.50", "45", "7", "0.05"}
    assert digits("0.03-0.38, PHQ-9, 100% - 30") == {"0.03", "0.38", "9", "100", "30"}


def test_the_counts_are_put_into_their_page_and_checked_there(bound: Callable[..., Bindings], tmp_path: Path) -> None:
    report = bound("index.html", "<p>Out", f"{COUNTS}<p>Out")
    assert report.problems == []
    page = tmp_path / "html/index.html"
    fill(tmp_path / "html", report)
    filled = page.read_text(encoding="utf-8")
    total = sum(report.as_dict()["kinds"].values())
    assert f"All {total} numerals of 5 pages are bound; unbound: 0." in filled
    again = bind(tmp_path / "html", tmp_path)
    assert (again.problems, again.counts) == ([], report.counts)
    page.write_text(filled.replace(f"All {total}", f"All {total + 1}"), encoding="utf-8")
    (problem,) = bind(tmp_path / "html", tmp_path).problems
    assert problem.place == "index.html, #lr-bound"
    assert f"All {total + 1} numerals" in problem.actual


def test_no_run_is_shown_where_none_is_stored(bound: Callable[..., Bindings], tmp_path: Path) -> None:
    shown = f"{mutation_html(tmp_path)}<p>Out"
    assert bound("index.html", "<p>Out", shown).problems == []
    (problem,) = bound("index.html", "<p>Out", shown.replace("No full run", "Run 61")).problems
    assert problem.place == "index.html, #lr-mutation"
    assert "Run 61" in problem.actual


PROVED = {
    "guards": {"check": 1800, "lint": 2},
    "alone": {"check": 7},
    "files": {"data/results.csv": [1801, 1801], "data/arms.csv": [3, 1]},
    "operators": {"blank": [1804, 1802]},
    "survivors": ["data/arms.csv, impact_cc, n: digit (n = '907')", "data/arms.csv, impact_uc, n: blank (n = '')"],
    "passed": ["data/results.csv, impact-001, n: sign (n = '-1') [intro]"],
    "unused": [],
}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("1,001 stopped", "1,002 stopped"),
        ("2 noticed by nothing.", "none noticed by nothing."),
        ("<td>1,800</td><td>7</td>", "<td>1,800</td><td>8</td>"),
        ("<td>1,801</td><td>1,801</td>", "<td>1,801</td><td>1,800</td>"),
        ('<th scope="col">Caught by it alone</th>', '<th scope="col">Made</th>'),
        ("the check of the data finds a fault", "the check of the data finds 5 faults"),
        ("<td>801</td>", "<td>802</td>"),
        ("asks for a refresh", "stops it in 1 of 2"),
        ("Changes by kind</caption>", "Changes by file</caption>"),
        ("<li><code>data/arms.csv, impact_uc, n: blank (n = &#x27;&#x27;)</code></li>", ""),
        ("Cells that no page shows: none.", "Cells that no page shows: 1."),
        ('aria-label="Changes by kind"', 'aria-label="Changes by 4 kinds"'),
        ("</div><p>Out", "<p>All are caught.</p></div><p>Out"),
    ],
)
def test_the_proof_by_mutation_on_a_page_is_the_stored_one(
    bound: Callable[..., Bindings], tmp_path: Path, old: str, new: str
) -> None:
    assert bound().problems == []  # which writes the small book
    store(tmp_path, Tally(fingerprint(tmp_path), None, 1, 1804, 1802, 1001, 801, **PROVED))  # type: ignore[arg-type]
    shown = f"{mutation_html(tmp_path)}<p>Out"
    assert old in shown
    problems = bound("index.html", "<p>Out", shown.replace(old, new, 1)).problems
    assert [problem.place for problem in problems][:1] == (["index.html, #lr-mutation"] if old else [])


def test_a_run_that_is_older_than_the_code_is_not_shown(bound: Callable[..., Bindings], tmp_path: Path) -> None:
    assert bound().problems == []
    store(tmp_path, Tally(fingerprint(tmp_path), None, 1, 1804, 1802, 1001, 801, **PROVED))  # type: ignore[arg-type]
    shown = f"{mutation_html(tmp_path)}<p>Out"
    assert bound("index.html", "<p>Out", shown).problems == []
    path = tmp_path / STORED
    path.write_text(path.read_text(encoding="utf-8").replace(fingerprint(tmp_path), "0" * 64), encoding="utf-8")
    (problem,) = bound("index.html", "<p>Out", shown).problems
    assert problem.requirement == 'be as stored: "No full run belongs to this version of the data and the code yet."'


CITED = """<div class="lr-cite"><p>A (2026). Care (Version 2026.0.0; evidence read to 2026-11-21).</p>
<p>A. Care [Internet]. Version 2026.0.0. 2026 [evidence read to 2026-11-21].</p></div>
<script type="application/ld+json">{"@type": "Book", "version": "2026.0.0", "datePublished": "2026-11-21",
"license": "https://creativecommons.org/licenses/by/4.0/", "isAccessibleForFree": true, "about": "care"}</script>"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("(Version 2026.0.0", "(Version 2026.0.1"),
        ("A (2026)", "A (2025)"),
        ("2026 [evidence", "2025 [evidence"),
        ("to 2026-11-21)", "to 2026-11-22)"),
        ("A. Care", "A. Care, commit 1a2b"),
        ("A. Care", "A. Care, https://doi.org/10.1/5"),
        ('"version": "2026.0.0"', '"version": "2026.0.1"'),
        ('"datePublished": "2026-11-21"', '"datePublished": "2026-11-22"'),
        ("by/4.0/", "by/3.0/"),
        ('"care"', '"45% responded"'),
        ('"care"', '"care", "abstract": "45% responded"'),
    ],
)
def test_a_citation_holds_the_facts_of_the_review(bound: Callable[..., Bindings], old: str, new: str) -> None:
    cited = CITED.replace(old, new, 1)
    assert (cited != CITED) == bool(old)
    problems = bound("index.html", "<p>Out", f"{cited}<p>Out").problems
    assert len(problems) == bool(old), list(map(str, problems))


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("https://example.org/2026/chapters/impact.html", 0),
        ("https://example.org/2026/v/2026.0.0/chapters/impact.html", 0),
        ("https://example.org/2026/v/2026.0.0/pdf/impact.pdf", 0),
        ("https://example.org/2026/data/results.csv", 0),
        ("https://doi.org/10.5281/zenodo.7", 0),
        ("https://example.org/2026/v/2026.0.1/chapters/impact.html", 1),
        ("https://example.org/2027/chapters/impact.html", 1),
    ],
)
def test_addresses_are_those_of_the_review(
    bound: Callable[..., Bindings], monkeypatch: pytest.MonkeyPatch, address: str, wrong: int
) -> None:
    review = f"{FILES['data/review.csv']}site_url,https://example.org/2026/\ndoi,10.5281/zenodo.7\n"
    monkeypatch.setitem(FILES, "data/review.csv", review)
    linked = f'<script type="application/ld+json">{{"url": "{address}"}}</script>'
    problems = bound("chapters/impact.html", "<h1>", f"{linked}<h1>").problems
    assert len(problems) == wrong, list(map(str, problems))


def test_a_long_text_is_shown_where_it_differs(bound: Callable[..., Bindings]) -> None:
    (problem,) = bound("chapters/impact.html", "assert 45", "assert 46").problems
    assert ("assert 45" in problem.requirement, "assert 46" in problem.actual) == (True, True)
    wanted, found = numerals._pair(f"{'the same ' * 40}rose", f"{'the same ' * 40}fell")
    assert ("rose" in wanted, "fell" in found) == (True, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("chapters/impact.html&quot;", "chapters/claro.html&quot;"),
        ("Response: 45% and", "Response: 54% and"),
        ("figures/impact/f.svg&quot; alt", "figures/claro/f.svg&quot; alt"),
        ("https://example.org/2026/v/", "https://example.com/2026/v/"),
        ("&lt;a href", "&lt;script src=x&gt;&lt;a href"),
    ],
)
def test_the_code_that_shows_a_figure_elsewhere_is_that_of_the_figure(
    bound: Callable[..., Bindings], monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    monkeypatch.setitem(FILES, "data/review.csv", f"{FILES['data/review.csv']}site_url,https://example.org/2026/\n")
    at = "https://example.org/2026/v/2026.0.0/"
    code = f'<a href="{at}chapters/impact.html"><img src="{at}figures/impact/f.svg" alt="Response: 45% and 19%"></a>'
    shown = html.escape(code)
    assert (old in shown) == (shown.replace(old, new, 1) != shown or not old)
    fold = '<details class="lr-download"><p><a href="../figures/impact/f.svg" download aria-label="SVG, f">SVG</a></p>'
    fold += f"<p>On another site: <code>{shown.replace(old, new, 1)}</code></p></details>"
    problems = bound("chapters/impact.html", "</figure>", f"</figure>{fold}").problems
    assert len(problems) == bool(old), list(map(str, problems))
