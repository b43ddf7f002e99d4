"""The evidence pages show every row and every column of the data."""

import pytest

from livingreview import evidence
from livingreview.publish import evidence_tables


@pytest.mark.parametrize("name", list(evidence_tables.LAYOUT))
def test_every_column_of_the_data_is_shown(name):
    book = evidence.load()
    resource = next(r for r in book.package["resources"] if r["name"] == name.replace("_", "-"))
    shown = {column for _, columns in evidence_tables.LAYOUT[name] for column in columns}
    assert shown == {field["name"] for field in resource["schema"]["fields"]}


@pytest.mark.parametrize("name", [name for name in evidence_tables.LAYOUT if name in evidence.PAGES])
def test_every_row_has_an_anchor(name):
    frame = getattr(evidence.load(), name)
    html = evidence_tables.listing(name, "caption")._repr_html_()
    for row_id in frame.index:
        assert f'<tr id="{row_id}">' in html


@pytest.mark.parametrize("name", list(evidence_tables.LAYOUT))
def test_a_listing_has_as_many_rows_as_the_data_and_shows_every_value(name):
    frame = getattr(evidence.load(), name)
    rows = evidence_tables.listing(name, "caption").rows
    assert len(rows) == len(frame)
    words = frame[[c for c in frame if c in ("note", "claim", "detail", "meaning")]]
    for row, texts in zip(rows, words.astype(str).to_numpy(), strict=True):
        shown = " ".join(cell.text for cell in row)
        assert all(text in shown for text in texts)


def test_a_listing_of_some_rows_has_those_and_no_others():
    frame = evidence.load().results
    rows = evidence_tables.listing("results", "caption", only={"study_id": "claro"}).rows
    assert len(rows) == (frame["study_id"] == "claro").sum() > 0


def test_every_source_is_listed_once():
    book = evidence.load()
    found = evidence_tables.source_list("Sources")
    assert sorted(found.ids) == sorted(book.sources)
    assert len(found.rows) == len(book.sources)


def test_every_source_has_an_anchor_and_says_what_was_read():
    html = evidence_tables.source_list("Sources")._repr_html_()
    for key in evidence.load().sources:
        assert f'<tr id="{key}">' in html
    assert "doi:10.1001/jama.288.22.2836" in html


def test_the_dictionary_describes_every_column():
    html = evidence_tables.dictionary("results")._repr_html_()
    assert html.count("<tr>") == 1 + len(evidence_tables.evidence.load().package["resources"][3]["schema"]["fields"])
    assert "denominator_basis" in html
