"""A year of the clock: what a page, status.json and the feed say of the searches is the same, and true."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import date
from importlib import resources
from xml.etree import ElementTree as ET

import pytest
from jinja2 import Environment
from playwright.sync_api import Browser, sync_playwright
from test_ledger import Kept, kept, three  # noqa: F401  # fixtures
from test_watch import book, world  # noqa: F401  # fixtures
from watch_server import article

from livingreview.evidence import Evidence
from livingreview.publish import searched
from livingreview.site import heartbeat
from livingreview.statistics import wording
from livingreview.watch.writing import write_tables

#: What a page says at its end, by the word of the day.
SAID = {"due": "search due now, by {}", "overdue": "search overdue", "dormant": "dormant"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        what = "there is no Chromium; install it to read the status as a page shows it"
        pytest.fail(what) if os.environ.get("CI") == "true" else pytest.skip(what)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def strip(browser: Browser, book: Evidence, day: str) -> str:  # noqa: F811
    """The line that every page begins with, from its template and with its script, as it reads on a day."""
    files = resources.files("livingreview.site")
    page = (files / "templates" / "page.html").read_text(encoding="utf-8")
    start = page.index("{%- macro at(page) %}")
    line = page[start : page.index("</script>", start)] + "</script>"
    context = {"pagename": "index", "pathto": lambda name: f"{name}.html", "review": book.facts}
    context |= {"searched": searched.status(book), "waiting": len(searched.waiting(book))}
    context |= {"due": wording.day(book.facts["next_search_due"])}
    script = (files / "static" / "status.js").read_text(encoding="utf-8")
    shown = browser.new_page()
    shown.clock.set_fixed_time(f"{day}T12:00:00Z")
    shown.set_content(Environment(autoescape=False).from_string(line).render(**context, status=script))
    text = shown.locator(".lr-strip").inner_text()
    shown.close()
    return " ".join(text.split())


def agree(browser: Browser, book: Evidence, day: str, word: str, waiting: int) -> str:  # noqa: F811
    """Compare the three with one another on a day; gives what they say of the searches."""
    page, machine = strip(browser, book, day), json.loads(heartbeat.status(book))
    (entry,) = (one for one in heartbeat.entries(book) if one.name == "status")
    feed = ET.fromstring(heartbeat.feed(book))
    contents = [element.text for element in feed.iter(f"{{{heartbeat.ATOM}}}content")]
    assert entry.content in contents
    assert page.startswith(machine["searched"])
    assert entry.content.startswith(machine["searched"])
    assert len(machine["waiting"]) == waiting
    assert f" {waiting} known updates not used yet." in page
    assert all(one["title"] in entry.content for one in machine["waiting"])
    held = [spell["status"] for spell in machine["status"] if spell["from"] <= day]
    assert held[-1] == word == searched.word(searched.spells(book), date.fromisoformat(day))
    assert f"{word} from " in entry.content
    due = wording.day(machine["next_search_due"])
    assert page.endswith(SAID.get(word, "search due by {}").format(due))
    counted = [row for row in machine["searches"] if row["last_search"] and row["source"] in searched_by_query(book)]
    assert ("searched to" in page) == bool(counted)
    for row in counted:
        assert wording.day(row["last_search"]) in page
    return str(machine["searched"])


def searched_by_query(book: Evidence) -> set[str]:  # noqa: F811
    return {row["source"] for row in book.rows("searches") if row["query"]}


def decide(kept: Kept, record: str, stage: str, decision: str) -> None:  # noqa: F811
    kept.screen(*((record, stage, name, "screener", decision, "") for name in ("Ama", "Kofi")))


def test_a_year_of_the_clock_on_a_page_in_the_file_and_in_the_feed(kept, browser) -> None:  # noqa: F811
    texts = "Texts read to November 21, 2026."
    assert agree(browser, kept.book, "2026-11-30", "not searched", 3) == (
        f"{texts} No systematic search has been run yet."
    )

    # December: PubMed leaves a word out of the query, and what the others returned waits
    kept.world.warned = {"quotedphrasesnotfound": ['"colaborative care"']}
    kept.world.europe = [{"id": "1", "source": "MED", "title": "Collaborative care: a systematic review"}]
    kept.watch(date(2026, 12, 1))
    assert agree(browser, kept.book, "2026-12-01", "searched in part", 3) == (
        "ClinicalTrials.gov searched to December 1, 2026. Not complete yet: PubMed and Europe PMC. "
        f"Records: 1 returned, 1 waiting for a decision. {texts}"
    )
    asked = {row["source"]: row for row in json.loads(heartbeat.status(kept.book))["searches"]}
    assert "PubMed left out" in asked["PubMed"]["missing"]
    assert asked["Europe PMC"]["missing"] is None
    assert searched.unanswered(kept.ledger).rows[0][0].text == "PubMed"

    # the query is mended, and two people decide
    kept.world.warned = {}
    kept.world.added = ["39000001"]
    kept.world.pubmed["39000001"] = article("39000001", "A trial of something else")
    kept.watch(date(2026, 12, 8))
    assert searched.unanswered(kept.ledger) is None
    decide(kept, "europepmc-med-1", "title", "include")
    decide(kept, "pubmed-39000001", "title", "exclude")
    assert "Not complete yet: Europe PMC." in agree(browser, kept.book, "2026-12-09", "searched in part", 3)
    decide(kept, "europepmc-med-1", "full_text", "include")
    assert agree(browser, kept.book, "2026-12-09", "current", 4) == (
        "PubMed, Europe PMC and ClinicalTrials.gov searched to December 8, 2026. "
        f"Records: 2 returned, 0 waiting for a decision. {texts}"
    )
    assert searched.waiting(kept.book)[0].kind == "newer synthesis"

    # nobody searches again: the clock alone moves the word
    for day, word in (
        ("2027-04-20", "current"),
        ("2027-04-21", "due"),
        ("2027-05-21", "due"),
        ("2027-05-22", "overdue"),
        ("2027-11-20", "overdue"),
        ("2027-11-21", "dormant"),
    ):
        agree(browser, kept.book, day, word, 4)


def test_what_is_compared_or_used_waits_no_longer(kept) -> None:  # noqa: F811
    rows = [{**row, "compared": "2026-12-01"} for row in kept.rows("notices")]
    write_tables(kept.book, {"notices": rows})
    assert [one.kind for one in searched.waiting(kept.book)] == ["posted results", "posted results"]
    used = kept.book
    used.results = used.results.copy()
    used.results.loc[used.results["study_id"] == "champ", "source_key"] = "nct04600414"
    assert [one.where for one in searched.waiting(used)] == ["NCT04218201"]
