"""Ids of rows: what they are made of, what tells two apart, and that they are as the dictionary says."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from livingreview.evidence import DATA
from livingreview.evidence.ids import APART, CHANGED, FORMS, changed, renamed, row_id, study_part
from livingreview.history import compare, working_tree

PACKAGE = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
SHORT: dict[str, str] = PACKAGE["shortWords"]
TABLES = {name: list(csv.DictReader((DATA / f"{name}.csv").read_text(encoding="utf-8").splitlines())) for name in FORMS}
BY_ID = {row["result_id"]: row for row in TABLES["results"]}


def made(row: dict[str, str], *others: dict[str, str]) -> str:
    return row_id("results", row, others, SHORT)


def test_an_id_says_study_outcome_time_arm_and_people() -> None:
    for name in ("impact-response-12m-cc", "claro-phq9-6m-contrast", "impact-response-12m-control-cancer"):
        assert made(BY_ID[name]) == name
    first = BY_ID["smart2-response-24-weeks-cc"]
    assert (first["months"], made(first)) == ("5.5", "smart2-response-24-weeks-cc")


def test_what_tells_two_rows_apart_is_added_and_nothing_else() -> None:
    row = BY_ID["impact-response-12m-cc"]
    for column, value, end in (
        ("measure", "odds_ratio", "odds-ratio"),
        ("definition", ">=50% fall within 24 weeks", "within-24-weeks"),
        ("definition", ">=40% fall from baseline", "40-fall"),
        ("instrument", "PHQ-9", "phq9"),
        ("source_key", "afp2005", "afp2005"),
    ):
        assert made({**row, column: value}, row) == f"impact-response-12m-cc-{end}"
    assert made({**row, "population": "cancer diagnosis"}, row) == "impact-response-12m-cc-cancer"
    assert made(dict(row), row) == "impact-response-12m-cc-2"  # no column tells them apart


def test_every_row_begins_with_its_study_and_has_the_form_of_the_dictionary() -> None:
    keys = {r["name"].replace("-", "_"): r["schema"]["fields"][0] for r in PACKAGE["resources"]}
    for table, rows in TABLES.items():
        for row in rows:
            name = next(iter(row.values()))
            assert re.fullmatch(keys[table]["constraints"]["pattern"], name)
            assert name.startswith(study_part(row))
    assert set(FORMS) == set(APART)


def test_ids_that_were_changed_lead_to_rows_of_today_and_are_none() -> None:
    text = (DATA.parent / CHANGED).read_text(encoding="utf-8")
    names, today = changed(text), {next(iter(row.values())) for rows in TABLES.values() for row in rows}
    numbers = {row["new"] for row in csv.DictReader(text.splitlines()) if row["table"] == "numbers"}
    assert set(names.values()) - numbers <= today
    assert not set(names) & (today | numbers)
    assert len(set(names.values())) == len(names)


def test_an_id_is_changed_as_a_whole_word_only() -> None:
    names = {"impact-001": "impact-response"}
    text = r"\nimpact-001.events #impact-001\" impact-0011 x-impact-001 impact-001-rr"
    assert renamed(text, names) == r"\nimpact-response.events #impact-response\" impact-0011 x-impact-001 impact-001-rr"


def test_no_row_is_removed_and_added_because_its_id_changed(tmp_path: Path) -> None:
    sides = []
    for side, name in (("old", "impact-001"), ("new", "impact-response-12m-cc")):
        data = tmp_path / side / "data"
        data.mkdir(parents=True)
        (data / "results.csv").write_text(f"result_id,estimate,note\n{name},4{side == 'new':d},\n", encoding="utf-8")
        (data / "claims.csv").write_text(f"claim_id,checked_against\nc-1,{name}; x\n", encoding="utf-8")
        sides.append(tmp_path / side)
    (tmp_path / "new/history").mkdir()
    ids = "table,old,new,until\nresults,impact-001,impact-response-12m-cc,2026.1.0\n"
    (tmp_path / "new" / CHANGED).write_text(ids, encoding="utf-8")
    for before, after in (sides, sides[::-1]):
        found = compare(working_tree(before), working_tree(after))
        rows = [(table.name, row.id, row.kind) for table in found.tables for row in table.rows]
        assert rows == [("results", "impact-response-12m-cc", "changed")]
