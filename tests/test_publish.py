"""What a notebook hands to the page: value, origin, links, and text from data as text."""

import pytest

from livingreview.publish import numbers
from livingreview.publish.figures.parts import Figure
from livingreview.publish.session import Session


@pytest.fixture
def shown():
    outputs = []
    with Session(output=lambda data, metadata: outputs.append((data, metadata))):
        yield outputs


def test_a_reported_number_carries_its_row_and_links_to_it(shown):
    cell = numbers.publish("impact_or", "3.45", ["impact-response-12m-contrast"])
    data, metadata = shown[0]
    assert data == {"application/papermill.record/text/plain": "3.45"}
    assert metadata["scrapbook"]["name"] == "impact_or"
    assert metadata["livingreview"] == {"rows": ["impact-response-12m-contrast"], "formula": ""}
    assert cell.href == "results.html#impact-response-12m-contrast"
    assert "Unützer 2002" in cell.title


def test_a_derived_number_links_to_its_formula(shown):
    cell = numbers.publish("impact_rr", "2.37", ["impact-response-12m-cc", "impact-response-12m-control"], "risk ratio")
    assert cell.href == "numbers.html#impact-rr"
    assert cell.title == "derived by us: risk ratio; from impact-response-12m-cc, impact-response-12m-control"


def test_an_unknown_row_is_refused(shown):
    with pytest.raises(Exception, match="No row of the evidence"):
        numbers.publish("impact_or", "3.45", ["impact-9999"])
    assert not shown


def test_publish_result_stores_what_the_row_has(shown):
    numbers.publish_result("impact_severity", "impact-scl20-12m-contrast")
    found = {m["scrapbook"]["name"]: d["application/papermill.record/text/plain"] for d, m in shown}
    assert found == {
        "impact_severity": "−0.4",
        "impact_severity_ci": "−0.46 to −0.33",
        "impact_severity_p": "P < 0.001",
    }


def test_two_arms(shown):
    found = numbers.two_arms(
        "impact_response", "impact-response-12m-cc", "impact-response-12m-control", ["impact-cc", "impact-control"]
    )
    assert found.cells["rd"][0].text == "26"
    assert found.cells["nnt"][0].text == "4"
    assert found.risk_difference.low < 0.26 < found.risk_difference.high
    assert found.cells["cc"][0].href == "results.html#impact-response-12m-cc"


def test_text_from_the_data_is_text_on_the_page():
    html = numbers.table("<b>x</b>", ("a<b",), [("<script>alert(1)</script>",)])._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<b>x" not in html


def test_a_row_with_too_few_cells_is_refused():
    with pytest.raises(ValueError, match="must have 2 cells, found 1"):
        numbers.table("t", ("a", "b"), [("x",)])


def test_a_figure_brings_its_description_data_and_sources(shown):
    figure = Figure("<svg></svg>", "alt", "long <text>", ("a", "b"), (("x", "1"),))
    numbers.show(figure, "Caption.", ["impact-response-12m-cc"])
    html = shown[0][0]["text/html"]
    assert "long &lt;text&gt;" in html
    assert '<a href="sources.html#unutzer2002jama">Unützer 2002</a>' in html
    assert '<th scope="row">x</th><td>1</td>' in html


def test_checked_counts_the_rows_that_were_used(shown):
    numbers.publish_result("impact_exercise", "impact-exercise-days-12m-contrast-diabetes")
    numbers.publish_result("impact_severity", "impact-scl20-12m-contrast")
    text = numbers.checked()._repr_html_()
    assert "Rows of the evidence used</th><td>2</td>" in text
    assert 'does not agree: <a class="n" href="results.html#impact-exercise-days-12m-contrast-diabetes"' in text
    assert "implies P of about 0.011" in text


def test_a_gap_is_said_as_a_gap():
    assert numbers.reported("impact-scl20-24m-contrast", "ci").text == "not reported"
    assert numbers.reported("impact-scl20-24m-contrast", "ci").href == ""
