"""The built book, as a reader gets it: links, holes, valid parts, weight, and how it behaves in a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from http.server import ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import pytest
import site_checks
import yaml
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from livingreview import cli
from livingreview.evidence import load
from livingreview.publish import searched
from livingreview.statistics import wording

ROOT = Path(__file__).parents[1]
#: Widths and themes in which axe reads a page; 640 pixels are a window of 1280 at 200%.
VIEWS: tuple[tuple[int, Literal["light", "dark"]], ...]
VIEWS = ((1280, "light"), (1280, "dark"), (640, "light"), (320, "light"), (320, "dark"))
#: Those in which it reads every page with all rules.
FULL = {(1280, "light"), (320, "light")}
HTML = ROOT / "_build" / "html"
VALIDATOR = ROOT / ".ci/node_modules/vnu-jar/build/dist/vnu.jar"

IN_PAGE = (Path(__file__).parent / "in_page.js").read_text(encoding="utf-8")


def run(page: Page, function: str, *arguments: object) -> Any:
    """Run a function of in_page.js in a page."""
    return page.evaluate(f"(given) => {{ {IN_PAGE}\nreturn {function}(...given); }}", list(arguments))


def missing(what: str) -> None:
    """Skip on a desk, fail where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def site() -> site_checks.Site:
    """Return the pages of the built book."""
    if not (HTML / "index.html").exists():
        missing("the book is not built; run: make book")
    return site_checks.pages(HTML)


@pytest.fixture(autouse=True)
def built(site: site_checks.Site) -> None:
    """Leave every test of this file out where there are no pages to test."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the Chromium of this machine."""
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    executable = next(found, None)
    if executable is None:
        missing("there is no Chromium; install it to test the pages in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def listen(page: Page) -> list[str]:
    """Collect what goes wrong on a page: errors, and requests that leave this machine."""
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda sent: wrong.append(sent.url) if not sent.url.startswith(("file:", "data:")) else None)
    return wrong


def a_chapter(context: Browser | BrowserContext) -> Page:
    """Open the first page that has a number and sections."""
    page = context.new_page()
    for path in sorted(HTML.glob("chapters/*.html")):
        page.goto(path.as_uri())
        if page.locator("main p a.n").count() and page.locator("h2").count():
            return page
    pytest.fail("no chapter links a number")


def test_every_page_of_the_contents_is_built(site: site_checks.Site) -> None:
    def files(entry: object) -> Iterator[str]:
        if isinstance(entry, dict):
            yield from (entry[key] for key in ("file", "root") if key in entry)
            for value in entry.values():
                yield from files(value)
        elif isinstance(entry, list):
            for value in entry:
                yield from files(value)

    names = list(files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))))
    assert [name for name in names if HTML / f"{name}.html" not in site] == []
    parts = {path.stem for path, page in site.items() if page.select(".lr-part")}
    assert {path.stem for path in site} - {Path(name).stem for name in names} - parts == {"search", "404"}


@pytest.mark.parametrize("check", site_checks.CHECKS, ids=lambda check: check.__name__)
def test_pages(site: site_checks.Site, check: site_checks.Check) -> None:
    found = list(check(site))
    assert not found, "\n".join(found)


def unfit(browser: Browser, paths: list[Path]) -> list[str]:
    """Find what axe objects to on some pages, what is wider than the window, and what the browser complains of."""
    axe = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    page = browser.new_page()
    wrong = listen(page)
    for path in paths:
        page.goto(path.as_uri())
        run(page, "openAll")
        page.evaluate(axe)
        # The menus and the frame are alike on every page: on one that has both menus every view is read with all
        # rules. On others dark changes the colours, a width the rest, and a phone either.
        whole = path.stem == "impact"
        for width, theme in VIEWS if whole else VIEWS[:-1]:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=theme)
            menus = run(page, "hiddenMenus") if whole else []
            colours = [] if whole or (width, theme) in FULL else [theme == "dark"]
            for part in ("html", *(f"#{menu}" for menu in menus)):
                page.evaluate("(part) => { location.hash = part === 'html' ? '' : part; }", part)
                found = run(page, "axeFinds", part, *colours)
                found += ["wider than the window"] * (run(page, "overflow") > 0)
                wrong += [f"{path.name}, {width} px, {theme}, {part}: {finding}" for finding in found]
    page.close()
    return wrong


def invalid(paths: list[Path]) -> list[str]:
    """Find what the HTML validator objects to."""
    if not (VALIDATOR.exists() and shutil.which("java")):
        missing("the HTML validator is not there; install Java and run: npm ci --prefix .ci")
    command = ["java", "-jar", str(VALIDATOR), "--format", "json", "--exit-zero-always", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # The validator takes the hash of a script in the policy for none; test_pages checks the hashes. Its CSS is older
    # than anchoring, by which the card of a number finds its place (test_number_cards checks where it lies), than
    # queries of containers, by which tables and figures fit their column, and than lines that keep their width in a
    # drawing that is stretched (test_no_table_is_cut_and_figures_fill_their_column).
    newer = "position-area|position-try-fallbacks|anchor-center|container-type|@container|vector-effect"
    unknown = re.compile(rf"violates Content Security Policy|“(?:{newer})”|Parse Error\.\n.*\dcqi\)")
    messages = json.loads(done.stderr)["messages"]
    found = [m for m in messages if not unknown.search(f"{m['message']}\n{m.get('extract', '')}")]
    return [f"{m['url']}: line {m.get('lastLine')}: {m['message']}" for m in found]


def test_pages_fit_are_quiet_and_accessible(browser: Browser, site: site_checks.Site) -> None:
    # The parts of a chapter differ in their rows alone: of each chapter's the heaviest is read.
    parts: dict[str, Path] = {}
    for path in sorted(site, key=lambda path: path.stat().st_size):
        if part := site[path].select_one(".lr-part a"):
            parts[str(part["href"])] = path
    wrong = unfit(browser, [path for path in site if path in parts.values() or not site[path].select(".lr-part")])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", [1280, 375])
def test_no_table_is_cut_and_figures_fill_their_column(browser: Browser, site: site_checks.Site, width: int) -> None:
    page, wrong = browser.new_page(viewport={"width": width, "height": 800}), []
    for path in (path for path in site if not site[path].select(".lr-part")):
        page.goto(path.as_uri())
        run(page, "openAll")
        wrong += [f"{path.name}: {finding}" for finding in run(page, "cut")]
    page.close()
    assert not wrong, "\n".join(wrong)


def test_html_is_valid(site: site_checks.Site) -> None:
    found = invalid(list(site))
    assert not found, "\n".join(found)


def test_a_row_is_found_by_its_undivided_address_and_by_its_id(browser: Browser) -> None:
    page = browser.new_page()
    wrong = listen(page)
    target = re.compile(r"/results-impact\.html#impact-scl20-12m-contrast$")
    undivided = (HTML / "chapters" / "results.html").as_uri()
    page.goto(f"{undivided}#impact-scl20-12m-contrast")
    page.wait_for_url(target)
    assert page.locator(":target .lr-id").inner_text().startswith("impact-scl20-12m-contrast")
    page.goto(undivided)
    page.get_by_label("Find a row by its id").fill("impact-999")
    page.keyboard.press("Enter")
    page.get_by_text("No row has the id “impact-999”.").wait_for()
    page.get_by_label("Find a row by its id").fill("impact-scl20-12m-contrast")
    page.keyboard.press("Enter")
    page.wait_for_url(target)
    assert wrong == []
    page.close()


def test_a_row_of_the_evidence_says_which_chapters_state_it(site: site_checks.Site) -> None:
    stated = {
        (HTML / "chapters" / str(link["href"]).partition("#")[0], str(link["href"]).partition("#")[2])
        for link in site[HTML / "chapters" / "impact.html"].select('main a.n[href*="results-"]')
    }
    assert stated
    for path, row in stated:
        used = site[path].select_one(f'[id="{row}"] .lr-used a[href="impact.html"]')
        assert used is not None, row


def test_abbreviations_of_the_text_are_explained(site: site_checks.Site) -> None:
    book = load()
    known = {word for term in book.glossary["term"] for word in term.split()} | set(book.studies["acronym"])
    known |= {word for acronym in book.studies["acronym"] for word in re.findall(r"[\w-]+", acronym)}
    # names of sources are links, and those of rows and columns are no words
    apart = ".output, .lr-rows, table, svg, pre, code, a, form, .lr-full, .lr-cite"
    unknown = set()
    for path, soup in site.items():
        (article,) = soup.select(".article")
        skipped = {id(part) for tag in article.select(apart) for part in tag.descendants}
        text = " ".join(part for part in article.find_all(string=True) if id(part) not in skipped)
        for word in re.findall(r"(?<![\w-])[A-Za-z]*[A-Z]{2}\w*(?:-[A-Z\d][\w-]*)?", text):
            if not {word, word.removesuffix("s")} & known:
                unknown.add(f"{path.name}: {word} needs a row in data/glossary.csv")
    assert unknown == set()


def test_works_without_javascript(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 800})
    page = a_chapter(context)
    assert page.locator("h1").is_visible()
    assert "search due by" in page.locator(".lr-strip").inner_text()
    assert not page.locator("#chapters").is_visible()
    page.get_by_role("link", name="Chapters and search").click()
    assert page.locator("#chapters").is_visible()
    assert page.locator("#chapters").get_by_role("button", name="Search").is_visible()
    theme = page.locator("#chapters").get_by_text("Light or dark", exact=True)
    assert theme.count() == 1
    assert not theme.is_visible()
    context.close()


def test_claims_can_be_narrowed_by_verdict(browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    page.goto((HTML / "chapters" / "claims.html").as_uri())
    page.locator("html:not(.unpainted)").wait_for()
    rows = page.locator("[data-filter] > li")
    every = rows.count()
    page.get_by_label("Verdict", exact=True).select_option("contradicted")
    kept = page.locator("[data-filter] > li:visible")
    assert 0 < kept.count() < every
    assert set(kept.locator(".lr-value strong").all_text_contents()) == {"contradicted"}
    assert page.locator(".lr-filter output").inner_text() == f"{kept.count()} of {every} rows"
    page.get_by_label("About", exact=True).select_option("CLARO")
    assert kept.count() == 0
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_a_row_of_the_evidence_is_read_without_scrolling_aside(browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 740})
    page = context.new_page()
    for row in (
        "results-impact.html#impact-response-12m-cc",
        "sources-u.html#unutzer2002jama",
        "trials-claro.html#claro",
    ):
        page.goto((HTML / "chapters" / row.partition("#")[0]).as_uri() + f"#{row.partition('#')[2]}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, row
        right = "(card) => Math.max(...[...card.querySelectorAll('*')].map((e) => e.getBoundingClientRect().right))"
        assert page.locator(":target").evaluate(right) <= width, row
    for row in ("impact-response-12m-cc", "impact-response-6m-cc-old-old-75"):  # near the top, and below a hundred rows
        page.goto("about:blank")  # a change of the anchor alone would not load the page
        page.goto((HTML / "chapters/results-impact.html").as_uri() + f"#{row}")
        value = page.locator(":target .lr-value strong").bounding_box()
        assert value is not None
        assert 0 < value["y"] < 400, "the value is on the first screen of a row that a number leads to"
    context.close()


def test_every_number_of_a_source_in_a_register_is_a_link(site: site_checks.Site) -> None:
    book = load()
    for key, source in book.sources.items():
        entry = site[HTML / "chapters" / f"{book.page(key)}.html"].select_one(f'[id="{key}"]')
        assert entry is not None
        given = [str(link["href"]).casefold() for link in entry.select("a.lr-out")]  # of a DOI the case is free
        assert given == [url.casefold() for url in source.registered or [source.url] if url], key
    of_chapter = site[HTML / "chapters/impact.html"].select('#sources a[href^="https://doi.org/10."]')
    assert len(of_chapter) > 10


def test_the_menu_is_short_and_shows_where_the_reader_is(site: site_checks.Site) -> None:
    for name, group in (("impact", ""), ("claims", "Can it be trusted?"), ("results-impact", "The evidence")):
        menu = site[HTML / "chapters" / f"{name}.html"].select_one("#chapters")
        assert menu is not None
        assert len(menu.select("li a")) - len(menu.select("details a")) == 10
        assert [part.get_text() for part in menu.select("summary")] == ["Can it be trusted?", "The evidence"]
        assert [part.get_text() for part in menu.select("details[open] summary")] == [group] * bool(group)


def test_a_form_answers_only_where_its_script_is(browser: Browser, site: site_checks.Site) -> None:
    forms = [path for path, page in site.items() if page.select("form[data-tool]")]
    assert [path for path, page in site.items() if page.select("script[src$='clinic.js']")] == forms
    assert [path.name for path in forms] == ["clinic.html"]
    came_with = [" ".join(output.stripped_strings) for output in site[forms[0]].select("form output")]
    for script in (True, False):
        context = browser.new_context(java_script_enabled=script)
        page = context.new_page()
        wrong = listen(page)
        page.goto(forms[0].as_uri())
        assert page.locator("form[data-tool]:visible").count() == (2 if script else 0)
        if script:
            texts = "(all) => all.map((one) => [...one.querySelectorAll('b, b ~ *')].map((part) => part.textContent))"
            told = [" ".join(said) for said in page.locator("form output").evaluate_all(texts)]
            assert told == came_with
        assert page.get_by_role("table", name="Response by the pooled ratio").is_visible()
        assert page.get_by_role("table", name="Posts and billable hours by caseload").is_visible()
        assert wrong == []
        context.close()


def test_a_form_works_from_the_keyboard_and_prints_its_state(browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    page.goto((HTML / "chapters" / "clinic.html").as_uri())
    page.locator("html:not(.unpainted)").wait_for()
    page.get_by_label("Ratio from", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("30")
    page.keyboard.press("Tab")
    page.wait_for_url("**?outcome=impact&baseline=30#tool-effect")
    page.emulate_media(media="print")
    printed = page.locator("#tool-effect")
    assert printed.get_by_role("textbox").is_visible()
    assert "30.0 of 100 respond with usual care" in printed.locator("output").inner_text()
    context.close()


def test_menu_opens_and_closes_from_the_keyboard(browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = a_chapter(context)
    page.get_by_role("link", name="Chapters and search").press("Enter")
    assert page.locator("#chapters").is_visible()
    page.keyboard.press("Escape")
    page.wait_for_url("**/*.html")
    assert not page.locator("#chapters").is_visible()
    context.close()


def test_contents_lead_to_their_sections(browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = a_chapter(context)
    page.locator("html:not(.unpainted)").wait_for()
    for link in page.locator("#contents li li > a").all():
        link.click()
        top = page.evaluate("document.querySelector(':target').getBoundingClientRect().top")
        assert 0 <= top < 800, link.inner_text()
    context.close()


def test_keyboard_reaches_a_number_and_shows_where_it_is(browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = a_chapter(context)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('main a.n')"):
            break
    ring = page.evaluate(
        "(({ outlineStyle, outlineWidth }) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))"
    )
    assert page.evaluate("document.activeElement.className").startswith("n")
    assert ring == ["solid", "3px"]
    context.close()


def test_status_follows_the_day(browser: Browser) -> None:
    context = browser.new_context()
    page = a_chapter(context)
    due, dormant = (page.locator("#status").get_attribute(f"data-{name}") for name in ("due", "dormant"))
    assert due
    assert dormant
    day_after, day_before = date.fromisoformat(due) + timedelta(1), date.fromisoformat(dormant) - timedelta(1)
    days = [
        (date.fromisoformat(due) - searched.AHEAD - timedelta(1), f"search due by {wording.day(due)}"),
        (date.fromisoformat(due) - searched.AHEAD, f"search due now, by {wording.day(due)}"),
        (due, f"search due now, by {wording.day(due)}"),
        (day_after, "search overdue"),
        (day_before, "search overdue"),
        (dormant, "dormant"),
        ("2999-01-01", "dormant"),
    ]
    for day, status in days:
        page.clock.set_fixed_time(f"{day}T12:00:00Z")
        page.reload()
        assert page.locator("#status").inner_text() == status
    context.close()


def test_far_in_the_future_every_page_is_dormant(browser: Browser, site: site_checks.Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.clock.set_fixed_time("2999-01-01T12:00:00Z")
    words = {}
    for path in site:
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        words[path.name] = page.locator("#status").inner_text()
    context.close()
    assert set(words.values()) == {"dormant"}, words


def test_the_heartbeat_stands_beside_the_pages(site: site_checks.Site) -> None:
    status = json.loads((HTML / "status.json").read_text(encoding="utf-8"))
    feed = (HTML / "feed.xml").read_bytes()
    for path, page in site.items():
        strip = page.select_one(".lr-strip").get_text()  # type: ignore[union-attr]
        for fact in (status["version"], *(wording.day(status[n]) for n in ("evidence_searched_to", "next_search_due"))):
            assert fact in strip, (path.name, fact)
    assert ElementTree.fromstring(feed).tag == "{http://www.w3.org/2005/Atom}feed"


def test_theme_is_chosen_and_kept(browser: Browser) -> None:
    context = browser.new_context(color_scheme="light")
    page = a_chapter(context)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Light or dark").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert light != dark == page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()


def test_print_is_light_and_only_the_text(browser: Browser) -> None:
    context = browser.new_context(color_scheme="dark")
    page = a_chapter(context)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for hidden in ("header", "#chapters", ".skip"):
        assert not page.locator(hidden).first.is_visible(), hidden
    for shown in ("h1", ".lr-strip", "footer"):
        assert page.locator(shown).first.is_visible(), shown
    assert page.locator(".lr-code").first.is_hidden()
    context.close()


@pytest.mark.parametrize(
    ("asked", "kind", "target"),
    [
        ("IMPACT", "Trial", "chapters/trials-impact.html#impact"),
        ("phq-9", "Scale", "chapters/instruments.html#scale-"),
        ("Unutzer 2002", "Source", "chapters/sources-u.html#unutzer2002"),
        ("PTSD", "Term", "chapters/glossary.html#ptsd"),
        ("caseload psychiatrists", "", "chapters/"),
    ],
)
def test_search_finds_the_place_offline(browser: Browser, asked: str, kind: str, target: str) -> None:
    page = a_chapter(browser)
    wrong = listen(page)
    page.get_by_role("searchbox").fill(asked)
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**/search.html?*")
    found = page.locator(".lr-found li").first
    assert kind in found.inner_text()
    assert str(found.locator("a").get_attribute("href")).startswith(target)
    found.locator("a").click()
    assert page.locator(":target, h1").first.is_visible()
    assert wrong == []
    page.close()


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ("adverse events", "harm"),
        ("harms", "harm"),
        ("inclusion criteria", "eligibility"),
        ("conflict of interest", "interests"),
        ("telehealth", "telemedicine"),
        ("cost", "cost"),
        ("buprenorphine", "buprenorphine"),
        ("loss to follow-up", "follow-up"),
        ("0.10", "0.10"),
        ("比值比", "比值比"),
    ],
)
def test_search_finds_what_a_clinician_asks_in_the_words_of_the_book(browser: Browser, asked: str, word: str) -> None:
    page = a_chapter(browser)
    page.get_by_role("searchbox").fill(asked)
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/search.html?*")
    entries = page.locator(".lr-found li").all_inner_texts()
    assert entries
    assert any(word in entry.lower() for entry in entries[:5]), entries[:5]
    page.close()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("<b>xyzzy</b>+(", "0 found for “<b>xyzzy</b> (”"),
        ("%23%23%23", "0 found for “###”: enter a word or a number"),
        ("±", "0 found for “±”: enter a word or a number"),
    ],
)
def test_search_says_when_it_finds_nothing(browser: Browser, asked: str, said: str) -> None:
    page = browser.new_page()
    page.goto(f"{(HTML / 'search.html').as_uri()}?q={asked}")
    assert page.locator("#found").inner_text() == said
    page.close()


@pytest.mark.parametrize("lost", ["nothing.html", "chapters/nothing.html", "v/1.0/a/b/"])
def test_page_not_found_leads_on_at_any_depth_and_prefix(
    browser: Browser, site: site_checks.Site, tmp_path: Path, lost: str
) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "book").symlink_to(HTML, target_is_directory=True)

    class Host(cli.Pages):
        lost = "some/book/404.html"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    base = f"http://127.0.0.1:{server.server_port}/some/book/"
    answer = page.goto(base + lost)
    assert answer is not None
    assert answer.status == 404
    page.locator("main a[href$='/some/book/index.html']").wait_for()
    page.locator("#chapters").get_by_role("link", name="IMPACT").click()
    assert page.url == f"{base}chapters/impact.html"
    page.close()
    server.shutdown()
    server.server_close()


def test_every_stop_of_the_tab_key_can_be_seen(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto((HTML / "chapters" / "impact.html").as_uri())
    run(page, "openAll")
    stops = []
    for _ in range(70):
        page.keyboard.press("Tab")
        stops.append(run(page, "focused"))
    assert stops[0]["text"] == "Skip to content"
    assert [stop for stop in stops if not stop["seen"] or stop["ring"] != "solid 3px"] == []
    kinds = {stop["name"] for stop in stops}
    assert {"A", "DIV", "SUMMARY"} <= kinds, "links, tables that scroll, and folds"
    page.close()


COLOURS = ("color-foreground-primary", "color-foreground-muted", "color-link", "color-link-visited")
GROUNDS = ("color-background-primary", "color-background-secondary", "lr-card", "lr-target")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_have_enough_contrast(
    browser: Browser, site: site_checks.Site, theme: Literal["light", "dark"]
) -> None:
    page = browser.new_page(color_scheme=theme)
    wrong = []
    for path in [path for path, soup in site.items() if soup.select("main svg")]:
        page.goto(path.as_uri())
        for name, ratio, need in run(page, "drawn"):
            if ratio < need:
                wrong.append(f"{path.name}: {name} has a contrast of {ratio:.1f} to 1")
    for text in COLOURS:
        for ground in GROUNDS:
            ratio = run(page, "contrastOf", [text, ground])
            if ratio < 7:
                wrong.append(f"{text} on {ground} has a contrast of {ratio:.1f} to 1")
    page.close()
    assert wrong == []


def test_nothing_moves_and_forced_colours_leave_figures_and_boxes(browser: Browser) -> None:
    page = browser.new_page(forced_colors="active", color_scheme="dark", reduced_motion="reduce")
    page.goto((HTML / "chapters" / "impact.html").as_uri())
    assert [name for name, ratio, need in run(page, "drawn") if ratio < need] == []
    assert page.evaluate("getComputedStyle(document.querySelector('.bottom-line')).borderTopStyle") == "solid"
    assert run(page, "moving") == 0
    page.close()
