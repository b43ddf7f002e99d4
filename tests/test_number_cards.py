"""What opens at a number: that each has a card, and that it can be read where it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import site_checks
from playwright.sync_api import Browser, Page
from test_site import HTML, browser, built, listen, run, site  # noqa: F401 (fixtures)

from livingreview.contribute.forms import FORMS
from livingreview.evidence import load
from livingreview.publish import overturned

CHAPTERS = ("impact", "depression")
PAGES = sorted(path.stem for path in (HTML / "cards").glob("*.js"))
NUMBERS = "main a.n:not([href*='sources'])"
#: Words of the machine: names of files, columns and rows.
MACHINE = re.compile(r"\.(csv|json|ipynb)\b|\b[a-z]+_[a-z_]+\b|_key\b")


def held(chapter: str) -> dict[str, dict[str, object]]:
    """The cards of a page, by link and text."""
    text = (HTML / "cards" / f"{chapter}.js").read_text(encoding="utf-8")
    numbers: dict[str, dict[str, object]] = json.loads(text.removeprefix("const CARDS = ").rstrip(";\n"))
    return numbers


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:  # noqa: F811
    """A chapter on a phone that is touched, and that may load nothing from elsewhere."""
    context = browser.new_context(viewport={"width": 375, "height": 740}, has_touch=True)
    page = context.new_page()
    wrong = listen(page)
    page.goto((HTML / "chapters" / "impact.html").as_uri())
    page.locator("html:not(.unpainted)").wait_for()
    yield page
    context.close()
    assert wrong == []


@pytest.mark.parametrize("name", PAGES)
def test_a_card_has_no_word_of_the_machine(name: str) -> None:
    for key, card in held(name).items():
        said = [card.get(field, "") for field in ("kind", "facts", "how", "where", "read")]
        assert not MACHINE.search(json.dumps(said)), key


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_number_of_a_chapter_has_a_card(site: site_checks.Site, chapter: str) -> None:  # noqa: F811
    cards, sources = held(chapter), load().sources
    links = site[HTML / "chapters" / f"{chapter}.html"].select("main a.n")
    keys = {f"{link['href']} {link.get_text()}" for link in links if str(link["href"]).partition("#")[2] not in sources}
    assert len(keys) > 50
    assert keys == cards.keys()
    for key, card in cards.items():
        assert card["facts"] if "#turn-" in key else card.get("sources") or card.get("how"), key


def test_the_mark_at_a_sentence_opens_what_would_overturn_it(page: Page) -> None:
    answers = {overturned.anchor(of): of for of in overturned.fresh(load())}
    card, marks = page.locator("#lr-card"), page.locator("main a.lr-turn")
    assert marks.count() > 1
    for mark in marks.all():
        anchor = str(mark.get_attribute("href")).partition("#")[2]
        mark.focus()
        page.keyboard.press("Enter")
        card.wait_for(state="visible")
        said = " ".join(card.inner_text().split())
        assert all(fact in said for fact in overturned.facts(answers[anchor], load())), said
        page.keyboard.press("Escape")
        card.wait_for(state="hidden")


def test_a_card_says_what_a_number_is(page: Page) -> None:
    card = page.locator("#lr-card")
    page.locator(NUMBERS, has_text="44.6%").first.tap()
    card.wait_for(state="visible")
    text = card.inner_text()
    for part in ("44.6%", "Depression response", "SCL-20", "Collaborative care", "usual care", "12 months", "IMPACT"):
        assert part.lower() in text.lower()
    for name in ("web page", "Evidence", "Permanent link", "As an image", "Something wrong?"):
        assert card.get_by_role("link", name=name, exact=True).is_visible()
    page.keyboard.press("Escape")
    page.locator(NUMBERS, has_text="25.3").first.tap()
    assert "our calculation: risk difference per 100 people" in card.inner_text().lower()
    for link in card.get_by_role("link").all():
        address = link.evaluate("(link) => link.href")
        assert address.startswith("https://") or Path(address.partition("#")[0].removeprefix("file://")).is_file()


def test_a_report_of_an_error_says_which_number_it_is_about(page: Page) -> None:
    reports = {}
    for address in ("https://example.org/issues/new?template=1-correction.yml&note=b", "mailto:a@example.org?body=b"):
        page.evaluate(f"document.querySelector('#lr-error a').href = '{address}'")
        page.locator(NUMBERS, has_text="44.6%").first.tap()
        link = page.locator("#lr-card").get_by_role("link", name="Something wrong?")
        reports[address] = (link.get_attribute("href") or "").removeprefix(address)
        page.keyboard.press("Escape")
    to_form, letter = reports.values()
    asked = parse_qs(to_form)
    assert asked["says"] == ["44.6%"]
    assert "results-impact.html#impact-response-12m-cc" in asked["row"][0]
    assert {*asked} <= {question.name for question in FORMS["1-correction"].questions}
    assert letter.startswith("%0AAbout%3A%2044.6%25")
    assert "results-impact.html%23impact-response-12m-cc" in letter


def test_a_card_opens_and_closes_by_every_means(page: Page) -> None:
    card, link = page.locator("#lr-card"), page.locator(NUMBERS, has_text="44.6%").first
    link.tap()
    card.wait_for(state="visible")
    page.keyboard.press("Escape")
    assert not card.is_visible()
    assert link.evaluate("(link) => link === document.activeElement")
    page.keyboard.press("Enter")
    card.wait_for(state="visible")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#lr-card') !== null")
    page.keyboard.press("Escape")
    assert link.evaluate("(link) => link === document.activeElement")
    link.hover()
    card.wait_for(state="visible")
    link.click()
    page.mouse.move(1, 1)
    page.wait_for_timeout(500)
    assert card.is_visible(), "a click keeps what hovering opened"
    link.click()
    assert not card.is_visible()


def test_a_click_with_a_key_follows_the_link(page: Page) -> None:
    with page.context.expect_page() as opened:
        page.locator(NUMBERS).first.click(modifiers=["Control"])
    assert "/chapters/results-impact.html" in opened.value.url
    assert not page.locator("#lr-card").is_visible()


@pytest.mark.parametrize(("width", "height"), [(320, 640), (375, 740), (768, 1024), (1280, 800)])
def test_no_number_is_covered_by_its_card(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.locator(NUMBERS).first.tap()
    page.locator("#lr-card").wait_for(state="visible")
    wrong = page.evaluate(f"async (selector) => {{ {(Path(__file__).parent / 'covered.js').read_text()} }}", NUMBERS)
    assert wrong == []


def test_a_number_is_a_link_without_a_script(browser: Browser) -> None:  # noqa: F811
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((HTML / "chapters" / "impact.html").as_uri())
    page.locator(NUMBERS, has_text="44.6%").first.click()
    page.wait_for_url("**/results-impact.html#impact-response-12m-cc-substantial")
    context.close()


def test_an_open_card_is_accessible_and_is_not_printed(page: Page) -> None:
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    page.locator(NUMBERS, has_text="25.3").first.tap()
    page.locator("#lr-card").wait_for(state="visible")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert run(page, "axeFinds", "#lr-card") == []
    page.emulate_media(media="print")
    assert not page.locator("#lr-card").is_visible()
