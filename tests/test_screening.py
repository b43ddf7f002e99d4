"""Screening: records go out to ASReview and Rayyan, and decisions come back, each once.

The files in screening/ named asreview_* were written by ASReview's own package (3.0.8, through asreview_round.py) from
the records_title.* beside them, which are what `livingreview screening out` writes for the ledger of these tests.
"""

from __future__ import annotations

import csv
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
import rispy
from statsmodels.stats.inter_rater import cohens_kappa

from livingreview import cli
from livingreview.checks import check
from livingreview.evidence import DATA, Evidence
from livingreview.evidence.ledger import ledger
from livingreview.statistics.agreement import agreement
from livingreview.watch.screening import ScreeningError, read_in, told, write_out
from livingreview.watch.writing import write_tables

RECORDED = Path(__file__).with_name("screening")
TODAY = date(2026, 12, 2)
COUNT = 36


def record(number: int) -> dict[str, str]:
    """Give the row of a record: every third has no DOI, every fifth no year, and one no title."""
    title = "" if number == 17 else f"Collaborative care in clinic {number}, a trial: results"
    doi = f"10.1001/round.{number}" if number % 3 else ""
    own = {"record_id": f"pubmed-{38000000 + number}", "pmid": str(38000000 + number), "doi": doi, "title": title}
    rest = {"search_id": "search-pubmed", "day": "2026-12-01", "year": "2026" if number % 5 else ""}
    blank = dict.fromkeys(("pmcid", "nct", "europepmc", "duplicate_of"), "")
    return {**own, **rest, **blank, "authors": "Unützer, Jürgen; A group", "journal": "A journal"}


class Round:
    """A copy of the data with a ledger of records, and the files that go out and come back."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "copy" / "data"
        shutil.copytree(DATA, self.data)
        run = {"search_id": "search-pubmed", "day": "2026-12-01", "since": "1900-01-01", "missing": ""}
        runs = [{**run, "returned": str(COUNT), "complete": "yes"}]
        write_tables(self.book, {"records": [record(number) for number in range(COUNT)], "runs": runs})
        numbers = ("title", "doi", "pmid", "pmcid", "nct")
        reports = [
            {k: record(n)[k] for k in numbers} | {"kind": "report", "abstract": f"Abstract {n}."} for n in range(30)
        ]
        (folder / "watch" / "2026-12-01").mkdir(parents=True)
        (folder / "watch" / "2026-12-01" / "report.json").write_text(json.dumps({"records": reports}))

    @property
    def book(self) -> Evidence:
        return Evidence(self.data)

    def out(self, stage: str = "title") -> tuple[int, int]:
        return write_out(self.folder / "out", stage, self.book, self.folder / "watch")

    def take(self, name: str, file: Path | str, stage: str = "title", **rest: bool) -> tuple[int, int]:
        path = RECORDED / file if isinstance(file, str) else file
        return read_in(path, name, stage, self.book, TODAY, **rest)

    def file(self, *lines: str, name: str = "made.csv") -> Path:
        path = self.folder / name
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return path

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.data.iterdir()}

    def decisions(self) -> dict[str, dict[str, str]]:
        """Decisions by person and record."""
        made: dict[str, dict[str, str]] = {}
        for row in self.book.rows("screenings"):
            made.setdefault(row["screener"], {})[row["record_id"]] = row["decision"]
        return made


@pytest.fixture
def trip(tmp_path: Path) -> Round:
    return Round(tmp_path)


def decided(screener: str, most: int = COUNT) -> dict[str, str]:
    """Say what a screener of asreview_round.py decides."""
    words = ("exclude", "include")
    flips = (screener == "second" and number % 9 == 0 for number in range(most))
    return {record(n)["record_id"]: words[(n % 4 == 0) ^ flip] for n, flip in zip(range(most), flips, strict=True)}


# ------------------------------------------------------------------------------------------------------- going out


def test_both_files_hold_what_waits_and_are_those_that_asreview_was_given(trip):
    assert trip.out() == (COUNT, 6)
    for name in ("csv", "ris"):
        written = (trip.folder / "out" / f"screening_title.{name}").read_bytes()
        assert written == (RECORDED / f"records_title.{name}").read_bytes()
    rows = list(csv.DictReader((RECORDED / "records_title.csv").open(encoding="utf-8", newline="")))
    entries = rispy.loads((RECORDED / "records_title.ris").read_text(encoding="utf-8"))
    assert [row["key"] for row in rows] == [entry["id"] for entry in entries] == list(decided("first"))
    assert rows[1]["abstract"] == entries[1]["abstract"] == "Abstract 1."
    assert entries[1]["authors"] == ["Unützer, Jürgen", "A group"]


def test_what_is_decided_goes_out_no_more(trip):
    trip.take("Ama", "asreview_first.csv")
    assert trip.out()[0] == COUNT  # one person decides nothing
    trip.take("Kofi", "asreview_second.csv")
    assert trip.out()[0] == 4  # the conflicts
    assert trip.out("full_text")[0] == 8
    assert (trip.folder / "out" / "screening_full_text.ris").read_text().count("TY  - ") == 8


def test_a_report_that_cannot_be_read_is_named(trip):
    (trip.folder / "watch" / "2026-12-01" / "report.json").write_text("{}")
    with pytest.raises(ScreeningError, match=r"report\.json is no report of the watch"):
        trip.out()


# ----------------------------------------------------------------------------------------- coming back from ASReview


@pytest.mark.parametrize(
    "file", ["asreview_first.csv", "asreview_first_of_ris.csv", "asreview_first.ris", "asreview_first.tsv"]
)
def test_what_asreview_exports_comes_back_whole(trip, file):
    assert trip.take("Ama", file) == (COUNT, 0)
    assert trip.decisions() == {"Ama": decided("first")}
    assert [str(fault) for fault in check(trip.data)] == []


def test_two_screeners_an_interruption_and_a_second_import(trip):
    assert trip.take("Ama", "asreview_first.csv") == (COUNT, 0)
    assert trip.take("Kofi", "asreview_second_stopped.csv") == (20, 0)
    assert trip.take("Kofi", "asreview_second.csv") == (COUNT - 20, 20)
    before = trip.bytes()
    assert trip.take("Kofi", "asreview_second.csv") == (0, COUNT)
    assert trip.bytes() == before
    assert trip.decisions() == {"Ama": decided("first"), "Kofi": decided("second")}
    lines = list(told(trip.book, "title"))
    assert lines[0] == "By two people, title and abstract: 36 records, 32 with the same decision, kappa 0.72."
    assert lines[1] == "Conflicts that nobody has settled: 4."
    assert lines[2].startswith("  pubmed-38000000: Ama include, Kofi exclude. Collaborative care in clinic 0")
    assert lines[-1] == "Still to be decided: 4 by title and abstract, 8 by full text."


def test_a_third_person_settles_the_conflicts(trip):
    trip.take("Ama", "asreview_first.csv")
    trip.take("Kofi", "asreview_second.csv")
    settled = trip.file("key,included", *(f"pubmed-{38000000 + number},0" for number in (0, 9, 18, 27)))
    with pytest.raises(ScreeningError, match="Ama has decided on pubmed-38000000 before"):
        trip.take("Ama", settled, settles=True)
    assert trip.take("Esi", settled, settles=True) == (4, 0)
    assert ledger(trip.book).conflicts("title") == []
    with pytest.raises(ScreeningError, match="role: must be screener where screeners do not disagree"):
        trip.take("Esi", trip.file("key,included", "pubmed-38000001,0"), settles=True)


def test_an_interruption_leaves_the_ledger_as_it_was(trip, monkeypatch):
    before = trip.bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("livingreview.watch.writing.replace_file", stop)
    with pytest.raises(KeyboardInterrupt):
        trip.take("Ama", "asreview_first.csv")
    assert trip.bytes() == before


# ------------------------------------------------------------------------------------------- coming back from Rayyan

RAYYAN = "key,title,year,authors,journal,url,abstract,notes,pubmed_id,pmc_id"


def rayyan(number: int, votes: str, rest: str = "", notes: str = "") -> str:
    """Give a row as Rayyan exports it: with a key of its own, and its decisions after the notes that were imported."""
    cell = f"{notes}RAYYAN-INCLUSION: {{{votes}}}{rest}".replace('"', '""')
    return f'rayyan-{900 + number},"{record(number)["title"]}",2026,,,,,"{cell}",,'


def test_rayyan_names_who_decided_and_why(trip):
    file = trip.file(
        RAYYAN,
        rayyan(1, '"Ama"=>"Included", "Kofi"=>"Excluded"', " | RAYYAN-LABELS: a, b", "record: pubmed-38000001 | "),
        rayyan(2, '"Kofi"=>"Maybe"'),  # found by its title
        rayyan(3, '"Ama"=>"Excluded"', " | RAYYAN-EXCLUSION-REASONS: wrong population,no comparator | USER-NOTES: {}"),
        'rayyan-904,"Collaborative care in clinic 4, a trial: results",2026,,,,,,,',
    )
    assert trip.take("Ama", file) == (2, 0)
    assert trip.take("Kofi", file) == (2, 0)
    assert trip.decisions() == {
        "Ama": {"pubmed-38000001": "include", "pubmed-38000003": "exclude"},
        "Kofi": {"pubmed-38000001": "exclude", "pubmed-38000002": "unclear"},
    }
    reasons = {row["reason"] for row in trip.book.rows("screenings")}
    assert reasons == {"", "wrong population, no comparator"}
    with pytest.raises(ScreeningError, match="has no decision of 'Esi': it names Ama, Kofi"):
        trip.take("Esi", file)


# -------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["key,title,included", "x,Not one of ours,1"], r"row 2: no record of the ledger is 'Not one of ours'"),
        (["key,title", "pubmed-38000001,T"], "must have the column asreview_label or included"),
        (["key,included", "pubmed-38000001,perhaps"], r"row 2: must be a decision, found 'perhaps'"),
        (["key,included", "pubmed-38000001"], "has rows that are cut off"),
        (["key,included", "pubmed-38000001,1", "pubmed-38000001,0"], "has decided on pubmed-38000001 before: include"),
    ],
)
def test_a_file_with_one_fault_is_refused_whole(trip, lines, message):
    before = trip.bytes()
    with pytest.raises(ScreeningError, match=message):
        trip.take("Ama", trip.file(*lines))
    assert trip.bytes() == before


def test_a_changed_mind_is_not_written_over(trip):
    trip.take("Ama", trip.file("key,included", "pubmed-38000001,1"))
    with pytest.raises(
        ScreeningError, match=r"include as screener, found exclude as screener(.|\n)*Nothing was written"
    ):
        trip.take("ama", trip.file("key,included", "pubmed-38000001,0", "pubmed-38000002,1"))
    assert trip.decisions() == {"Ama": {"pubmed-38000001": "include"}}


def test_a_full_text_is_excluded_for_a_reason_only(trip):
    for name in ("Ama", "Kofi"):
        trip.take(name, trip.file("key,included", "pubmed-38000001,1"))
    with pytest.raises(ScreeningError, match="reason: must say why a full text is excluded"):
        trip.take("Ama", trip.file("key,included", "pubmed-38000001,0"), "full_text")
    file = trip.file("key,asreview_label,asreview_note", "pubmed-38000001,0,not randomized")
    assert trip.take("Ama", file, "full_text") == (1, 0)


# --------------------------------------------------------------------------------------------------------- agreement


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # the example of GetKappa in the manual of the R package Delta 0.2.0.3, which prints 0.5
        ([[50, 10], [10, 20]], 0.5),
        # Cohen 1960, Table 1, with its kappa as given in the published tables of the R package grassr
        ([[88, 14], [10, 88]], 0.76),
    ],
)
def test_kappa_of_published_tables(counts, expected):
    pairs = [(str(i), str(j)) for i, row in enumerate(counts) for j, count in enumerate(row) for _ in range(count)]
    both = agreement(pairs)
    assert (both.total, both.agreed) == (sum(map(sum, counts)), counts[0][0] + counts[1][1])
    assert round(both.kappa, 2) == expected
    assert both.kappa == pytest.approx(cohens_kappa(counts).kappa)


def test_agreement_that_chance_alone_gives_has_no_kappa():
    assert agreement([("exclude", "exclude")] * 9).kappa is None
    assert agreement([]) == agreement(())
    assert agreement([("a", "b"), ("b", "a")]).kappa == -1


def test_the_commands_say_what_was_done(trip, monkeypatch, capsys):
    monkeypatch.setattr(cli, "ROOT", trip.data.parent)
    assert cli.main(["screening", "out", str(trip.folder / "out")]) == 0
    assert f"{COUNT} records in " in capsys.readouterr().out
    assert cli.main(["screening", "in", str(RECORDED / "asreview_first.csv"), "--by", "Ama"]) == 0
    assert f"{COUNT} decisions of Ama added, 0 were there before." in capsys.readouterr().out
    assert cli.main(["screening", "in", str(trip.folder / "none.csv"), "--by", "Ama"]) == 1
    assert "none.csv cannot be read (No such file or directory)" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "key,included\n"])
def test_a_file_without_a_record_is_refused(trip, content):
    with pytest.raises(ScreeningError, match="must have a row for each record, found none"):
        trip.take("Ama", trip.file(content.rstrip("\n")))
