"""The reader of the data package: numbers keep their digits, and broken files give a message."""

import re
import shutil
from pathlib import Path

import pytest

import livingreview
from livingreview.evidence import DATA, SOURCES, Evidence, EvidenceError, load, topic


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(DATA, tmp_path / "data")


def test_the_package_is_whole():
    book = load()
    least = {"results": 405, "claims": 86, "discrepancies": 44, "components": 65, "baseline": 94, "pooled": 56}
    least |= {"instruments": 20, "studies": 41}
    for name, n in least.items():
        assert len(getattr(book, name)) >= n, name
    assert len(book.arms) + len(book.sets) >= 80


def test_printed_digits_stand_beside_the_parsed_number():
    row = load().row("impact-exercise-days-12m-contrast-diabetes")
    assert (row["estimate"], row["estimate_printed"]) == (0.5, "0.50")


def test_ids_are_unique_over_all_tables():
    book = load()
    ids = [i for name in book.pages if name != SOURCES for i in getattr(book, name).index] + list(book.sources)
    assert len(ids) == len(set(ids))


def test_a_row_says_where_it_comes_from():
    assert load().describe("impact-response-12m-contrast") == "Unützer 2002, abstract (primary abstract)"
    assert load().page("impact-response-12m-contrast") == "results-impact"


def test_every_source_that_a_row_cites_is_in_the_bibliography():
    book = load()
    for name in book.pages:
        if name != "sources":
            for row_id in getattr(book, name).index:
                book.describe(row_id)


def test_unknown_row():
    with pytest.raises(EvidenceError, match="No row of the evidence is called 'impact-999'"):
        load().row("impact-999")


@pytest.mark.parametrize(
    ("file", "bend", "message"),
    [
        ("results.csv", lambda p: p.unlink(), "data/results.csv is missing. Restore the file."),
        ("datapackage.json", lambda p: p.unlink(), "datapackage.json is missing"),
        ("datapackage.json", lambda p: p.write_text("{"), "Mend the JSON"),
        (
            "results.csv",
            lambda p: p.write_text(p.read_text().replace("percent,,45,", "percent,,abc,", 1)),
            r"row \d+, estimate: must be a number",
        ),
        ("results.csv", lambda p: p.write_bytes(b"\xff\xfe"), "data/results.csv cannot be read"),
        ("results.csv", lambda p: p.write_text(""), "data/results.csv cannot be read"),
        (
            "results.csv",
            lambda p: p.write_text(p.read_text().replace(",outcome,", ",outcom,", 1)),
            "lacks the column outcome",
        ),
        (
            "results.csv",
            lambda p: p.write_text(p.read_text().replace("impact-response-12m-control,", "impact-response-12m-cc,", 1)),
            "stands twice",
        ),
    ],
)
def test_a_broken_file_gives_a_message(copy, file, bend, message):
    bend(copy / file)
    with pytest.raises(EvidenceError, match=message):
        Evidence(copy)


def test_a_platform_gives_the_places_that_the_data_do_not_state(monkeypatch):
    book = Evidence(DATA)
    assert book.facts["site_url"] == ""
    monkeypatch.setenv("SITE_URL", "https://example.org/fork")
    monkeypatch.setenv("REPOSITORY_URL", "https://example.org/code")
    assert (book.facts["site_url"], book.facts["repository"]) == (
        "https://example.org/fork",
        "https://example.org/code",
    )
    assert book.review.loc["site_url", "value"] == "", "no chapter shows it, so that none becomes stale"
    book.review.loc["site_url", "value"] = "https://example.org/stated"
    assert book.facts["site_url"] == "https://example.org/stated"


def test_the_package_does_not_name_the_topic():
    package = Path(livingreview.__file__).parent
    words = "depress|opioid|PHQ|psychiatri|care manager|collaborative.care|buprenorph|PTSD|Claro|AIMS Center"
    names = re.compile(rf"(?i:{words})|\b(?:IMPACT|CHAMP|PROSPECT|PROUD)\b")
    files = [path for path in package.rglob("*") if path.suffix in {".py", ".html", ".js", ".css"}]
    assert [(path.name, match[0]) for path in files for match in names.finditer(path.read_text("utf-8"))] == []


def test_without_a_topic_nothing_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(topic, "DATA", tmp_path)
    topic._topic.cache_clear()
    try:
        assert topic.section("team") == {}
        assert topic.pattern("sentences", "intervention").search("any sentence") is None
    finally:
        topic._topic.cache_clear()
