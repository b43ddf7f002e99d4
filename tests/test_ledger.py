"""The ledger: what the watch writes into it, what it decides, and what it certifies."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from test_watch import CLARO, DAY, PMID, Watch, book, world  # noqa: F401  # fixtures
from watch_server import Answer, article, study

from livingreview.checks import check
from livingreview.evidence import DATA, Evidence
from livingreview.evidence.ledger import TABLES, Ledger, ledger
from livingreview.publish import searched
from livingreview.publish.searched import STEPS
from livingreview.site import heartbeat
from livingreview.watch.keeping import dated, keep
from livingreview.watch.run import BEGINNING
from livingreview.watch.writing import TableError, as_csv, write_tables


class Kept:
    """A copy of the data that the watch writes into."""

    def __init__(self, folder: Path, world) -> None:  # noqa: F811
        self.data = folder / "copy" / "data"
        shutil.copytree(DATA, self.data)
        self.world, self.folder, self.number = world, folder, 0

    @property
    def book(self) -> Evidence:
        return Evidence(self.data)

    @property
    def ledger(self) -> Ledger:
        return ledger(self.book)

    def watch(self, day=DAY, since=BEGINNING) -> list[str]:
        self.number += 1
        return keep(Watch(self.world, self.book, self.folder / str(self.number))(day, since), self.book)

    def rows(self, table: str) -> list[dict[str, str]]:
        return self.book.rows(table)

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.data.iterdir()}

    def screen(self, *decisions: tuple[str, ...]) -> None:
        """Add decisions: record, stage, screener, role, decision and reason."""
        columns = ("record_id", "stage", "screener", "role", "decision", "reason")
        rows = [{**dict(zip(columns, row, strict=True)), "day": "2026-12-02"} for row in decisions]
        tables = {"screenings": [*self.rows("screenings"), *rows]}
        write_tables(self.book, tables | {"searches": dated(self.book, tables)})

    def faults(self) -> list[str]:
        return [str(fault) for fault in check(self.data)]


@pytest.fixture
def kept(tmp_path, world):  # noqa: F811
    return Kept(tmp_path, world)


@pytest.fixture
def three(kept):
    """One paper in both databases, one in Europe PMC alone, one registration, and a source of the review."""
    kept.world.added = ["39000001", PMID]
    kept.world.pubmed["39000001"] = article("39000001", "Care & <i>cure</i>: results of a trial", doi="10.1001/new.1")
    kept.world.pubmed[PMID] = article(PMID, "A source of this review")
    kept.world.europe = [
        {"id": "39000001", "source": "MED", "pmid": "39000001", "doi": "10.1001/NEW.1", "title": "Care and cure"},
        {"id": "PPR7", "source": "PPR", "doi": "10.1002/(sici)1:2<3::aid-x4>3.0.co;2-5", "title": "An old form of DOI"},
    ]
    kept.world.studies["NCT09999999"] = study("NCT09999999", "A new registration")
    kept.world.matching = ["NCT09999999", CLARO]
    kept.watch()
    return kept


def test_nothing_was_run_yet_and_nothing_is_invented():
    current = ledger(Evidence(DATA))
    assert (current.runs, current.records, current.complete_runs()) == ([], {}, [])
    assert current.flow().returned == 0


def test_every_record_is_kept_with_its_search_and_day(three):
    rows = {row["record_id"]: row for row in three.rows("records")}
    assert {row_id: row["search_id"] for row_id, row in rows.items()} == {
        "clinicaltrials-nct04559893": "search-clinicaltrials-gov",
        "clinicaltrials-nct09999999": "search-clinicaltrials-gov",
        "europepmc-med-39000001": "search-europe-pmc",
        "europepmc-ppr-ppr7": "search-europe-pmc",
        "pubmed-16428253": "search-pubmed",
        "pubmed-39000001": "search-pubmed",
    }
    assert {row["day"] for row in rows.values()} == {"2026-12-01"}
    assert rows["pubmed-39000001"]["title"] == "Care cure : results of a trial"
    assert rows["europepmc-ppr-ppr7"]["doi"] == "10.1002/(sici)1:2<3::aid-x4>3.0.co;2-5"
    assert rows["europepmc-ppr-ppr7"]["europepmc"] == "PPR/PPR7"
    assert three.faults() == []


def test_duplicates_are_merged_by_their_numbers(three):
    doubled = {row["record_id"]: row["duplicate_of"] for row in three.rows("records") if row["duplicate_of"]}
    assert doubled == {"pubmed-39000001": "europepmc-med-39000001"}
    flow = three.ledger.flow()
    assert (flow.returned, flow.duplicates, flow.used, flow.open) == (6, 1, 2, 3)


def test_two_that_stood_for_themselves_are_joined_by_a_third(kept):
    kept.world.europe = [{"id": "1", "source": "MED", "pmid": "39000005", "title": "Told in few words"}]
    kept.watch()
    kept.world.europe = [{"id": "PPR2", "source": "PPR", "doi": "10.1001/five", "title": "Told otherwise"}]
    kept.watch(date(2026, 12, 2))
    kept.world.added, kept.world.europe = ["39000005"], []
    kept.world.pubmed["39000005"] = article("39000005", "Told by both", doi="10.1001/five")
    kept.watch(date(2026, 12, 3))
    assert [row["duplicate_of"] for row in kept.rows("records")] == ["", "europepmc-med-1", "europepmc-med-1"]
    assert kept.faults() == []


def test_a_second_run_changes_nothing_twice(three):
    before = three.bytes()
    assert three.watch() == []
    assert three.bytes() == before
    assert three.watch(date(2026, 12, 8)) == ["runs.csv", "searches.csv"]  # Crossref has nothing to be screened
    assert three.bytes()["records.csv"] == before["records.csv"]


def test_a_later_run_fills_in_a_number_and_moves_no_day(three):
    three.world.pubmed["39000001"] = article("39000001", "Another title", doi="10.1001/new.1", pmc="PMC77")
    three.watch(date(2026, 12, 8))
    row = next(row for row in three.rows("records") if row["record_id"] == "pubmed-39000001")
    assert (row["pmcid"], row["day"], row["title"]) == ("PMC77", "2026-12-01", "Care cure : results of a trial")


def refuse(_params: object, _times: int) -> Answer:
    return Answer(b"", 403)


def test_a_run_that_is_not_complete_says_what_is_missing_and_dates_no_search(kept):
    kept.world.spoilt["/europepmc/"] = refuse
    kept.watch()
    runs = {row["search_id"]: row for row in kept.rows("runs")}
    assert runs["search-europe-pmc"]["complete"] == "no"
    assert "status 403" in runs["search-europe-pmc"]["missing"]
    assert runs["search-pubmed"]["complete"] == "yes"
    last = {row["service"]: row["last_search"] for row in kept.rows("searches")}
    assert (last["europepmc"], last["pubmed"]) == ("", "2026-12-01")
    del kept.world.spoilt["/europepmc/"]
    kept.watch()
    assert {row["complete"] for row in kept.rows("runs")} == {"yes"}
    kept.world.spoilt["/europepmc/"] = refuse
    assert kept.watch() == []  # what was complete on a day stays so
    assert kept.faults() == []


def test_a_search_is_dated_when_all_of_it_is_screened(three):
    def last(service: str) -> tuple[str, str]:
        row = next(row for row in three.rows("searches") if row["service"] == service)
        return row["last_search"], row["next_due"]

    assert last("pubmed") == ("", "2027-05-21")
    assert last("crossref") == ("2026-12-01", "2027-06-01")  # it returns notices, and nothing to be screened
    both = ("europepmc-med-39000001", "title", "Ama", "screener", "exclude", "")
    three.screen(both)
    assert last("pubmed")[0] == ""
    three.screen(("europepmc-med-39000001", "title", "Kofi", "screener", "exclude", ""))
    assert last("pubmed") == ("2026-12-01", "2027-06-01")
    assert last("europepmc")[0] == ""  # the preprint is open
    assert three.faults() == []


def test_a_run_that_leaves_a_gap_dates_no_search(kept):
    kept.watch(since=date(2026, 11, 1))
    assert {row["last_search"] for row in kept.rows("searches")} == {"2026-11-21", "", "2026-12-01"}
    assert kept.ledger.certified("search-pubmed") == ""
    kept.watch(date(2026, 12, 2))
    assert kept.ledger.certified("search-pubmed") == "2026-12-02"


def test_what_a_run_returned_is_no_news_later(three):
    assert three.ledger.flow().open == 3
    found = Watch(three.world, three.book, three.folder / "later")(date(2026, 12, 8), BEGINNING)
    assert found.records == []


def test_who_decides_and_when_it_holds(three):
    record, stage = "europepmc-ppr-ppr7", "title"
    assert three.ledger.decision(record, stage) == ""
    three.screen((record, stage, "Ama", "screener", "include", ""))
    assert three.ledger.decision(record, stage) == ""  # one person decides nothing
    three.screen((record, stage, "Kofi", "screener", "exclude", ""))
    assert three.ledger.decision(record, stage) == "conflict"
    assert three.ledger.conflicts(stage) == [record]
    assert three.ledger.state(record) == "open"
    three.screen((record, stage, "Esi", "adjudicator", "include", ""))
    assert three.ledger.decision(record, stage) == "include"
    assert three.ledger.to_screen("full_text") == [record]
    for name in ("Ama", "Kofi"):
        three.screen((record, "full_text", name, "screener", "exclude", "not randomized"))
    flow = three.ledger.flow()
    assert (flow.sought, flow.reasons, three.ledger.state(record)) == (1, {"not randomized": 1}, "excluded")
    assert three.faults() == []


def test_a_title_that_leaves_it_unclear_goes_on_to_the_full_text(three):
    record = "europepmc-ppr-ppr7"
    three.screen(
        (record, "title", "Ama", "screener", "unclear", ""), (record, "title", "Kofi", "screener", "include", "")
    )
    assert three.ledger.decision(record, "title") == "include"
    assert three.ledger.pairs("title") == [("include", "include")]


def test_what_is_decided_on_a_duplicate_holds_for_both(three):
    three.screen(("pubmed-39000001", "title", "Ama", "screener", "exclude", ""))
    three.screen(("europepmc-med-39000001", "title", "Kofi", "screener", "exclude", ""))
    assert three.ledger.state("pubmed-39000001") == three.ledger.state("europepmc-med-39000001") == "excluded"


def test_an_included_record_waits_until_the_review_uses_it(three):
    record = "europepmc-ppr-ppr7"
    for stage in ("title", "full_text"):
        three.screen(*((record, stage, name, "screener", "include", "") for name in ("Ama", "Kofi")))
    assert three.ledger.waiting() == [record]
    used = [("doi", "10.1002/(sici)1:2<3::aid-x4>3.0.co;2-5")]
    assert Ledger({name: three.rows(name) for name in TABLES}, used).waiting() == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("europepmc-ppr-ppr7", "full_text", "Ama", "screener", "include", ""), "stage: must be title until title and"),
        (
            ("no-record", "title", "Ama", "screener", "include", ""),
            "record_id: must be a record_id of data/records.csv",
        ),
        (
            ("europepmc-ppr-ppr7", "title", "Ama", "adjudicator", "include", ""),
            "role: must be screener where screeners",
        ),
        (("europepmc-ppr-ppr7", "title", "", "screener", "include", ""), "screener: must be filled in"),
    ],
)
def test_a_decision_out_of_turn_is_refused_and_nothing_is_written(three, row, message):
    before = three.bytes()
    with pytest.raises(TableError, match=r"Nothing was written\.$") as refusal:
        three.screen(row)
    assert message in str(refusal.value)
    assert three.bytes() == before


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("records", "duplicate_of", "pubmed-39000001", "must name the record that pubmed-39000001 duplicates"),
        ("records", "doi", "10.1001/UPPER", "must be a DOI in lower case"),
        ("runs", "missing", "two pages", "must be blank for a run that is complete"),
        ("runs", "since", "2026-12-24", "must be at most the day of the run"),
        ("searches", "last_search", "2026-12-01", "must be blank, since no run of it is complete and screened"),
    ],
)
def test_a_ledger_that_contradicts_itself_is_named(three, table, column, value, message):
    rows = three.rows(table)
    chosen = {"records": "europepmc-ppr-ppr7", "searches": "search-pubmed", "runs": "search-pubmed"}[table]
    next(row for row in rows if chosen in row.values())[column] = value
    with pytest.raises(TableError) as refusal:
        write_tables(three.book, {table: rows})
    assert f"{column}: {message}" in str(refusal.value)


def test_a_run_that_is_interrupted_leaves_every_file_whole(three, monkeypatch):
    three.world.added.append("39000009")
    before = three.bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("livingreview.watch.writing.replace_file", stop)
    with pytest.raises(KeyboardInterrupt):
        three.watch(date(2026, 12, 9))
    assert three.bytes() == before


# ------------------------------------------------------------------------------------------------ what is published


@pytest.mark.parametrize(
    ("row", "cells", "message"),
    [
        ("prisma-2020-16a", {"status": "reported"}, "status: must be 'in part' or 'not reported', since no search has"),
        ("prisma-2020-18", {"status": "reported", "place": "integrity"}, "since no risk of bias has been judged"),
        ("prisma-2020-3", {"place": "methods#why-not"}, "place: must name a heading of the page methods"),
        ("prisma-2020-8", {"status": "reported"}, "since nobody has screened a record"),
    ],
)
def test_an_item_is_not_met_by_a_page_that_lacks_it(kept, row, cells, message):
    (kept.data.parent / "chapters").symlink_to(DATA.parent / "chapters")
    rows = kept.rows("checklists")
    next(each for each in rows if each["check_id"] == row).update(cells)
    (kept.data / "checklists.csv").write_text(as_csv(rows[0], rows), encoding="utf-8")
    assert [fault for fault in kept.faults() if message in fault]


def test_no_table_of_the_flow_is_shown_before_a_search_was_run(three):
    nothing = ledger(Evidence(DATA))
    assert (searched.by_database(nothing), searched.by_version(nothing, []), searched.excluded(nothing)) == (None,) * 3
    whole = searched.by_database(three.ledger)
    assert whole.columns == ("Step", "PubMed", "Europe PMC", "ClinicalTrials.gov", "Crossref", "In all")
    assert [cell.text for cell in whole.rows[0]] == ["Records returned", "2", "2", "2", "0", "6"]
    whole = searched.by_version(three.ledger, [("2026.1.0", "2026-11-30"), ("2027.1.0", "2027-01-02")])
    assert whole.columns == ("Step", "2027.1.0", "In all")
    assert [cell.text for cell in whole.rows[-1]] == ["Without a decision", "3", "3"]


def test_the_flow_counts_each_record_once(three):
    three.screen(*(("europepmc-ppr-ppr7", "title", name, "screener", "include", "") for name in ("Ama", "Kofi")))
    for name in ("Ama", "Kofi"):
        three.screen(("europepmc-ppr-ppr7", "full_text", name, "screener", "exclude", "not randomized"))
    for name in ("Ama", "Kofi"):
        three.screen(("europepmc-med-39000001", "title", name, "screener", "exclude", ""))
    flow = three.ledger.flow()
    numbers = {step: count(flow) for step, count in STEPS.items()}
    assert list(numbers.values()) == [6, 1, 2, 2, 1, 1, 1, 0, 1]
    assert flow.returned == flow.duplicates + flow.used + flow.excluded + sum(flow.reasons.values()) + flow.open


def test_a_year_of_the_clock_and_no_date_without_a_search(three):
    """Twelve months: searched and screened in December, then runs that nobody screens; the dates say so."""
    for record in three.ledger.to_screen("title"):
        three.screen(*((record, "title", name, "screener", "exclude", "") for name in ("Ama", "Kofi")))
    for month in range(1, 12):
        three.world.added = [f"3911{month:04d}"]
        three.watch(date(2027, month, 5))
    last = {row["service"]: row["last_search"] for row in three.rows("searches")}
    assert last == {
        "": "2026-11-21",
        "pubmed": "2026-12-01",  # each month's record is open
        "europepmc": "2027-11-05",
        "clinicaltrials": "2027-11-05",
        "crossref": "2027-11-05",
    }
    names = searched.spells(three.book)
    words = [searched.word(names, date(2027, month, 6)) for month in (1, 4, 5, 6, 12)]
    assert words == ["current", "current", "due", "overdue", "dormant"]
    told = {each["source"]: each for each in json.loads(heartbeat.status(three.book))["searches"]}
    assert (told["PubMed"]["last_complete_run"], told["PubMed"]["open"]) == ("2027-11-05", 11)
    assert (told["Public texts"]["last_complete_run"], told["Public texts"]["open"]) == (None, 0)
