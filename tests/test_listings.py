"""The evidence pages show every row and every column of the data."""

import json
import shutil

import pytest

from livingreview import evidence
from livingreview.checks import check
from livingreview.publish import evidence_tables

TABLES = [name for name in evidence.load().pages if name != evidence.SOURCES]


def parts(listed):
    """Give the tables of a listing: it is one table, or one for each group of rows."""
    return [part for _, _, part in listed.tables] if isinstance(listed, evidence_tables.Groups) else [listed]


def lines(listed):
    """Give the rows of a listing, in the order of its groups."""
    return [row for part in parts(listed) for row in part.rows]


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_an_anchor(name):
    frame = getattr(evidence.load(), name)
    html = evidence_tables.listing(name, "caption")._repr_html_()
    for row_id in frame.index:
        assert f'<li id="{row_id}">' in html


@pytest.mark.parametrize("name", TABLES)
def test_a_listing_has_as_many_rows_as_the_data_and_shows_every_value(name):
    frame = getattr(evidence.load(), name)
    listed = evidence_tables.listing(name, "caption")
    rows = lines(listed)
    assert len(rows) == len(frame)
    words = frame.loc[[i for part in parts(listed) for i in part.ids]]
    words = words[[c for c in frame if c in ("note", "claim", "detail", "meaning")]]
    for row, texts in zip(rows, words.astype(str).to_numpy(), strict=True):
        shown = " ".join(cell.text for cell in row)
        assert all(text in shown for text in texts)


def test_a_listing_of_some_rows_has_those_and_no_others():
    frame = evidence.load().results
    rows = lines(evidence_tables.listing("results", "caption", only={"study_id": "claro"}))
    assert len(rows) == (frame["study_id"] == "claro").sum() > 0


def test_every_source_is_listed_once():
    book = evidence.load()
    found = evidence_tables.source_list("Sources")
    assert sorted(i for part in parts(found) for i in part.ids) == sorted(book.sources)
    assert len(lines(found)) == len(book.sources)


def test_every_source_has_an_anchor_and_says_what_was_read():
    html = evidence_tables.source_list("Sources")._repr_html_()
    for key in evidence.load().sources:
        assert f'<li id="{key}">' in html
    assert "doi:10.1001/jama.288.22.2836" in html


def test_the_dictionary_describes_every_column():
    html = evidence_tables.dictionary("results")._repr_html_()
    assert html.count("<tr>") == 1 + len(evidence_tables.evidence.load().package["resources"][3]["schema"]["fields"])
    assert "denominator_basis" in html


COSTS = {
    "name": "visit-costs",
    "path": "visit_costs.csv",
    "description": "One cost of a visit a row.",
    "listing": {"page": "costs", "columns": {"Row": "cost_id", "What it pays": "kind; value", "Source": "source_key"}},
    "schema": {
        "fields": [
            {"name": "cost_id", "type": "string", "description": "Short name of the row."},
            {
                "name": "kind",
                "type": "string",
                "description": "What is paid.",
                "constraints": {"enum": ["first_visit"]},
            },
            {"name": "value", "type": "number", "description": "The cost.", "unit": "USD"},
            {
                "name": "source_key",
                "type": "string",
                "description": "Key of the source.",
                "constraints": {"required": True},
            },
        ],
        "primaryKey": ["cost_id"],
    },
}


@pytest.fixture
def data(tmp_path):
    return shutil.copytree(evidence.DATA, tmp_path / "data")


def resources(data, change):
    path = data / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["resources"] = change(package["resources"])
    path.write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def test_a_new_table_is_its_file_and_its_entry(data, monkeypatch):
    resources(data, lambda known: [*known, COSTS])
    row = "cost-first-visit,first_visit,12.50,unutzer2002jama"
    (data / "visit_costs.csv").write_text(f"cost_id,kind,value,source_key\n{row}\n", encoding="utf-8")
    assert all("run 'make pins'" in fault.remedy for fault in check(data))
    book = evidence.Evidence(data)
    monkeypatch.setattr(evidence, "load", lambda: book)
    html = evidence_tables.listing("visit_costs", "Costs")._repr_html_()
    assert '<li id="cost-first-visit"><p class="lr-about">cost-first-visit</p>' in html
    assert "<dt>What it pays</dt><dd>first visit; $12.50</dd>" in html
    assert book.page("cost-first-visit") == "costs"
    assert "visit_costs.csv: One cost of a visit a row." in evidence_tables.dictionary("visit_costs")._repr_html_()


@pytest.mark.parametrize("name", ["causes", "living", "milestones"])
def test_a_table_that_nothing_refers_to_may_be_absent_or_empty(data, name):
    path = data / f"{name}.csv"
    header = path.read_text(encoding="utf-8").partition("\n")[0]
    path.write_text(f"{header}\n", encoding="utf-8")
    assert "row below its header" not in "".join(map(str, check(data)))
    path.unlink()
    resources(data, lambda known: [resource for resource in known if resource["path"] != path.name])
    assert check(data) == []
    assert evidence.Evidence(data).sources
