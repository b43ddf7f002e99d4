"""The form in which a page shows stored tables and figures: nothing is lost, and it fits any width."""

from __future__ import annotations

import re

import pytest
from lxml import html

from livingreview.publish import fitting
from livingreview.publish.figures import Panel, Row, Sides, forest
from livingreview.publish.numbers import table


def drawn() -> str:
    row = Row("A & B", "0.50 (0.30 to 0.80)", 0.5, 0.3, 0.8)
    return forest("one", [Panel([row], "ratio", "log", 1, Sides("worse", "better"))]).svg


def test_a_fluid_figure_keeps_texts_shapes_and_their_places() -> None:
    before, after = (html.fragment_fromstring(svg) for svg in (drawn(), fitting.fluid(drawn())))
    width, height = map(float, before.get("viewbox").split()[2:])
    texts = [
        [(float(t.get("x")) / width * 100, float(t.get("y")) / 11, t.text) for t in before.iter("text")],
        [(float(t.get("x").rstrip("%")), float(t.get("y").removesuffix("em")), t.text) for t in after.iter("text")],
    ]
    assert [text[2] for text in texts[0]] == [text[2] for text in texts[1]]
    for fixed, fluid in zip(*texts, strict=True):
        assert fluid[:2] == pytest.approx(fixed[:2], abs=0.01)
    stretched = after.xpath("./svg[@preserveaspectratio='none']")[0]
    assert stretched.get("viewbox") == before.get("viewbox")
    shapes = [path.get("d") for path in before.iter("path") if not path.get("transform")]
    assert [path.get("d") for path in stretched.iter("path")] == shapes
    markers = [re.findall(r"[\d.]+", path.get("transform")) for path in before.xpath("./path[@transform]")]
    places = [(float(e.get("x")[:-1]), float(e.get("y")[:-2])) for e in after.xpath("./svg[@overflow]")]
    assert len(places) == len(markers) > 0
    for (x, y), place in zip(markers, places, strict=True):
        assert place == pytest.approx((float(x) / width * 100, float(y) / 11), abs=0.01)
    assert float(after.get("style").removeprefix("--h:")) == pytest.approx(height / 11, abs=0.01)


def test_cells_are_labeled_by_the_header_of_their_column_and_the_answer_stands_first() -> None:
    stored = table("Trials", ["Trial", "Compared with", "Result <b>"], [["A", "usual care", "x" * 80]])._repr_html_()
    page = fitting.fitted(stored)
    name = re.findall(r'class="lr (t\w+)"', page)[0]
    above = ";--p:0;--m:0;--f:none;--w:auto"
    assert fitting.labels(page) == (
        f'.{name} td:nth-child(2){{--l:"Compared with"}}'
        f'.{name} td:nth-child(3){{--l:"Result \\3c b\\3e "{above};--o:-1}}'
    )
    assert fitting.labels(page + page) == fitting.labels(page)


def test_a_row_named_by_a_number_says_of_what() -> None:
    page = fitting.fitted(table("T", ["Of 100", "B", "C"], [["10", "1", "2"]])._repr_html_())
    assert 'tbody th{--l:"Of 100"}' in fitting.labels(page)


def test_a_table_of_two_columns_stays_a_table() -> None:
    page = fitting.fitted(table("T", ["A", "B"], [["a", "b"]])._repr_html_())
    assert (fitting.labels(page), 'class="lr"' in page) == ("", True)


@pytest.mark.parametrize(("columns", "wide"), [(6, False), (7, True)])
def test_a_table_of_many_columns_with_long_texts_is_always_cards(columns: int, wide: bool) -> None:
    stored = table("T", list("ABCDEFGH")[:columns], [["x" * 80] * columns])._repr_html_()
    assert (' w">' in fitting.fitted(stored)) == wide


@pytest.mark.parametrize("whole", ["P < 0.001", "P = 0.19", "2020-11-20", "VR-12", "10-14", "\u2212$525", "(\u22127.4"])
def test_values_are_kept_in_one_line(whole: str) -> None:
    page = html.fragment_fromstring(fitting.fitted(table("T", ["A", "B"], [["a", f"so {whole} it is"]])._repr_html_()))
    assert [span.text for span in page.iter("span")] == [whole]


@pytest.mark.parametrize("text", ["https://a.org/10-12/b", "nct-12-a", "well-known", "10 to 14"])
def test_other_texts_are_left_as_they_are(text: str) -> None:
    stored = table("T", ["A", "B"], [["a", text]])._repr_html_()
    assert fitting.fitted(stored) == stored
