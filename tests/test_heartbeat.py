"""The heartbeat: words for a day, the file for machines, and a feed that keeps its specification (RFC 4287)."""

from __future__ import annotations

import copy
import json
import re
from datetime import date
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from livingreview import evidence
from livingreview.evidence import Evidence
from livingreview.history import versions
from livingreview.history.versions import Published, Version
from livingreview.publish import searched
from livingreview.site import heartbeat

BOOK = evidence.load()
FACTS = {str(item): str(value) for item, value in BOOK.review["value"].items()}
A = f"{{{heartbeat.ATOM}}}"


def days(*names: str) -> dict[str, str]:
    return dict(zip(("evidence_searched_to", "next_search_due", "dormant_from"), names, strict=True))


def dated(facts: dict[str, str]) -> Evidence:
    """The review with other dates."""
    book = copy.copy(BOOK)
    book.review = BOOK.review.copy()
    for item, day in facts.items():
        book.review.loc[item, "value"] = day
    return book


@pytest.mark.parametrize(
    ("facts", "day", "word"),
    [
        (days("2026-11-21", "2027-05-21", "2027-11-21"), "2026-11-21", "current"),
        (days("2026-11-21", "2027-05-21", "2027-11-21"), "2027-04-20", "current"),
        (days("2026-11-21", "2027-05-21", "2027-11-21"), "2027-04-21", "due"),
        (days("2026-11-21", "2027-05-21", "2027-11-21"), "2027-05-21", "due"),
        (days("2026-11-21", "2027-05-21", "2027-11-21"), "2027-05-22", "overdue"),
        (days("2026-11-21", "2027-05-21", "2027-11-21"), "2027-11-20", "overdue"),
        (days("2026-11-21", "2027-05-21", "2027-11-21"), "2027-11-21", "dormant"),
        (days("2026-11-21", "2027-05-21", "2027-11-21"), "9999-12-31", "dormant"),
        (days("2026-11-21", "2027-05-21", "2027-11-21"), "2020-01-01", "current"),
        # a search that is due when the review is dormant already was never overdue
        (days("2026-11-21", "2027-11-21", "2027-11-21"), "2027-11-20", "due"),
        (days("2026-11-21", "2027-12-21", "2027-11-21"), "2027-11-20", "current"),
        (days("2026-11-21", "2027-12-21", "2027-11-21"), "2027-11-25", "dormant"),
    ],
)
def test_the_word_of_a_day(facts: dict[str, str], day: str, word: str) -> None:
    book = dated(facts)
    book.rows = lambda name: [{**row, "last_search": "2026-12-01"} for row in BOOK.rows(name)]  # type: ignore[method-assign]
    assert searched.word(searched.spells(book), date.fromisoformat(day)) == word


def test_nothing_is_current_before_a_search_was_run() -> None:
    names = searched.spells(dated(days("2026-11-21", "2027-05-21", "2027-11-21")))
    words = [searched.word(names, date(year, 6, 1)) for year in (2020, 2027, 2028)]
    assert words == ["not searched", "overdue", "dormant"]


def test_the_file_for_machines_has_words_and_dates() -> None:
    found = json.loads(heartbeat.status(BOOK))
    assert [spell["status"] for spell in found["status"]] == ["not searched", "due", "overdue", "dormant"]
    starts = [spell["from"] for spell in found["status"]]
    assert starts == sorted(starts)
    assert starts[0] == found["evidence_searched_to"] == FACTS["evidence_searched_to"]
    assert starts[3] == found["dormant_from"]
    assert found["searched"] == "Texts read to November 21, 2026. No systematic search has been run yet."
    assert found["version"] == FACTS["version"]
    assert len(found["searches"]) == len(BOOK.searches)
    assert heartbeat.status(BOOK) == heartbeat.status(BOOK)


def other(monkeypatch: pytest.MonkeyPatch, site: str = "") -> Evidence:
    """The review with two versions, a cause and a notice."""
    numbers = {
        ("impact", "impact_severity"): Published("−0.40", ("impact-scl20-12m-contrast",), "", "IMPACT: severity")
    }
    later = {("impact", "impact_severity"): Published("−0.30", ("impact-scl20-12m-contrast",), "", "IMPACT: severity")}
    causes = {"impact:impact_severity": ("cause-addresses-eight-registry",)}
    new = Version(
        *("2026.2.0", "2027-02-03", "2026-11-21", "data", ""),
        *(later, {}, (), causes, (("IMPACT & <b>severity</b>", "moved from −0.40 to −0.30"),)),
    )
    first = Version("2026.1.0", "2026-11-26", "2026-11-21", "first", "", numbers)
    monkeypatch.setattr(versions, "stored", lambda _root: [new, first])
    row = {"notice_id": "notice-001", "source_key": "unutzer2002jama", "kind": "retraction", "date": "2027-01-05"}
    frame = pd.DataFrame([{**row, "where": "10.1234/x", "recorded": "2027-03-01", "compared": "", "note": ""}])
    book = BOOK.noticed(frame.set_index("notice_id", drop=False))
    told = {
        "cause_id": "cause-addresses-eight-registry",
        "version": "2026.2.0",
        "kind": "correction",
        "changed": "impact-scl20-12m-contrast",
    }
    told |= {"what": "The table prints another value.", "for_whom": "Older people", "source_key": ""}
    book.causes = pd.DataFrame([told]).set_index("cause_id", drop=False)
    book.review = book.review.copy()
    book.review.loc["site_url", "value"] = site
    return book


def valid(text: bytes) -> ET.Element:
    """Hold a feed against what RFC 4287 asks of one, section by section."""
    assert text.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    root = ET.fromstring(text)
    assert root.tag == f"{A}feed"
    for parent, must in (
        (root, ("id", "title", "updated")),
        *((one, ("id", "title", "updated")) for one in root.iter(f"{A}entry")),
    ):
        for name in must:  # 4.1.1, 4.1.2: exactly one of each
            assert len(parent.findall(f"{A}{name}")) == 1, name
            assert parent.findtext(f"{A}{name}").strip()  # type: ignore[union-attr]
        # 3.3: a date as of RFC 3339, with a capital T and a zone
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", parent.findtext(f"{A}updated"))  # type: ignore[arg-type]
        # 4.2.6: an IRI that is absolute
        assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", parent.findtext(f"{A}id"))  # type: ignore[arg-type]
    assert root.findtext(f"{A}author/{A}name")  # 4.1.1: an author of the feed is one of each entry
    ids = [element.text for element in root.iter(f"{A}id")]
    assert len(ids) == len(set(ids))
    for entry in root.iter(f"{A}entry"):  # 4.1.2: without content an entry needs a link; 4.1.3.1: its type
        assert [one.get("type") for one in entry.findall(f"{A}content")] == ["text"]
        assert not list(entry.find(f"{A}content"))  # type: ignore[arg-type]
    for link in root.iter(f"{A}link"):  # 4.2.7
        assert link.get("href", "").startswith("https://")
        assert link.get("rel") in ("self", "alternate")
    known = {"id", "title", "updated", "author", "name", "rights", "link", "entry", "content", "feed"}
    assert {element.tag.removeprefix(A) for element in root.iter()} <= known
    return root


def test_the_feed_is_valid_and_the_same_at_every_build() -> None:
    assert valid(heartbeat.feed(BOOK)) is not None
    assert heartbeat.feed(BOOK) == heartbeat.feed(Evidence(BOOK.data))


def test_the_feed_tells_versions_causes_material_changes_and_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    root = valid(heartbeat.feed(other(monkeypatch)))
    titles = [element.text for element in root.findall(f"{A}entry/{A}title")]
    assert titles == [
        "Retraction: Unützer 2002",
        "Version 2026.2.0",
        "Material change in version 2026.2.0: IMPACT & <b>severity</b>",
        "Correction in version 2026.2.0",
        "Version 2026.1.0",
        "Status of the searches",
    ]
    assert root.findtext(f"{A}updated") == "2027-03-01T00:00:00Z"
    texts = [element.text or "" for element in root.iter(f"{A}content")]
    assert any("Older people. IMPACT: severity: −0.40 -> −0.30." in text for text in texts)
    assert not list(root.iter(f"{A}link"))


def test_links_come_with_the_address_and_names_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    without = valid(heartbeat.feed(other(monkeypatch)))
    root = valid(heartbeat.feed(other(monkeypatch, "https://example.org/review/")))
    links = [link.get("href") for link in root.findall(f"{A}link")]
    assert links == ["https://example.org/review/feed.xml", "https://example.org/review/chapters/changes.html"]
    assert all(entry.find(f"{A}link") is not None for entry in root.iter(f"{A}entry"))
    assert [e.text for e in root.iter(f"{A}id")] == [e.text for e in without.iter(f"{A}id")]
