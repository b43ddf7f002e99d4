"""The evidence pages show every row and every column of the data."""

import pytest

from livingreview import evidence
from livingreview.publish import evidence_tables


@pytest.mark.parametrize("name", [name for name in evidence.load().pages if name != evidence.SOURCES])
def test_every_row_has_an_anchor(name):
    frame = getattr(evidence.load(), name)
    html = evidence_tables.listing(name, "caption")._repr_html_()
    for row_id in frame.index:
        assert f'<tr id="{row_id}">' in html


def test_every_source_has_an_anchor_and_says_what_was_read():
    html = evidence_tables.source_list("Sources")._repr_html_()
    for key in evidence.load().sources:
        assert f'<tr id="{key}">' in html
    assert "doi:10.1001/jama.288.22.2836" in html


def test_the_dictionary_describes_every_column():
    html = evidence_tables.dictionary("results")._repr_html_()
    assert html.count("<tr>") == 1 + len(evidence_tables.evidence.load().package["resources"][3]["schema"]["fields"])
    assert "denominator_basis" in html
