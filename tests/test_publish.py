"""What a notebook hands to the page: value, origin, links, and text from data as text."""

import re

import pytest

from livingreview.publish import numbers
from livingreview.publish.figures.parts import Figure
from livingreview.publish.session import Session
from livingreview.statistics.effects import Estimate


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
    assert cell.href == "results-impact.html#impact-response-12m-contrast"
    assert "Unützer 2002" in cell.title


def test_a_derived_number_links_to_its_formula(shown):
    cell = numbers.publish("impact_rr", "2.37", ["impact-response-12m-cc", "impact-response-12m-control"], "risk ratio")
    assert cell.href == "numbers.html#impact-rr"
    assert cell.title == "our calculation: risk ratio; from impact-response-12m-cc, impact-response-12m-control"


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
        "impact_severity_n": "1,801",
    }


def test_two_arms(shown):
    found = numbers.two_arms(
        "impact_response", "impact-response-12m-cc", "impact-response-12m-control", ["impact-cc", "impact-control"]
    )
    assert found.cells["rd"][0].text == "26"
    assert found.cells["nnt"][0].text == "4"
    assert found.risk_difference.low < 0.26 < found.risk_difference.high
    assert found.cells["cc"][0].href == "results-impact.html#impact-response-12m-cc"


def test_text_from_the_data_is_text_on_the_page():
    html = numbers.table("<b>x</b>", ("a<b",), [("<script>alert(1)</script>",)])._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<b>x" not in html


def test_a_row_with_too_few_cells_is_refused():
    with pytest.raises(ValueError, match="must have 2 cells, found 1"):
        numbers.table("t", ("a", "b"), [("x",)])


def test_a_figure_brings_its_data_and_sources_and_holds_its_description_itself(shown):
    figure = Figure("<svg><desc>long &lt;text&gt;</desc></svg>", "alt", "long <text>", ("a", "b"), (("x", "1"),))
    numbers.show(figure, "Caption.", ["impact-response-12m-cc"])
    html = shown[0][0]["text/html"]
    assert html.count("long &lt;text&gt;") == 1
    assert '<a href="sources-u.html#unutzer2002jama">Unützer 2002</a>' in html
    assert '<th scope="row">x</th><td>1</td>' in html


def test_a_gap_is_said_as_a_gap():
    assert numbers.reported("impact-scl20-24m-contrast", "ci").text == "not reported"
    assert numbers.reported("impact-scl20-24m-contrast", "ci").href == ""


def test_a_table_shows_every_row_and_every_cell_in_order():
    rows = [(f"r{i}", f"a{i}", f"b{i}") for i in range(5)]
    html = numbers.table(
        "t", ("x", "y", "z"), rows, ids=[f"i{i}" for i in range(5)], note="n", filters=("z",)
    )._repr_html_()
    cells = re.findall(r"<t[hd](?: scope=\"row\")?>([rab]\d)</t[hd]>", html)
    assert cells == [cell for row in rows for cell in row]
    assert re.findall(r'<tr id="(i\d)">', html) == [f"i{i}" for i in range(5)]
    assert re.findall(r'<th scope="col">(\w)</th>', html) == ["x", "y", "z"]
    assert 'data-filter="z"' in html
    assert "<caption>t</caption>" in html
    assert '<p class="table-note">n</p>' in html


def test_a_derived_estimate_is_stored_with_its_interval(shown):
    numbers.publish_estimate("impact_rd", Estimate(0.26, 0.218, 0.3), ["impact-response-12m-cc"], "how", scale=100)
    assert [(m["scrapbook"]["name"], *d.values()) for d, m in shown] == [
        ("impact_rd", "26.00"),
        ("impact_rd_ci", "21.80 to 30.00"),
    ]


def test_two_arms_take_the_arms_in_their_order(shown):
    ids = "impact-response-12m-cc", "impact-response-12m-control"
    two = numbers.two_arms("impact_response", *ids, ["impact-cc", "impact-control"])
    assert [round(risk.value * 100) for risk in two.risks] == [45, 19]
    kept = {m["scrapbook"]["name"]: next(iter(d.values())) for d, m in shown}
    assert (kept["impact_response_cc"], kept["impact_response_control"]) == ("45%", "19%")
    assert (kept["impact_response_cc_ci"], kept["impact_response_control_ci"]) == ("42% to 48%", "17% to 22%")
    assert (kept["impact_response_rr"], kept["impact_response_or"]) == ("2.37", "3.49")
    risk = numbers.out_of_100(two, "Response", "26 more per 100")
    assert [(row.label, round(row.estimate), round(row.low), round(row.high)) for row in risk.arms] == [
        ("Collaborative care", 45, 42, 48),
        ("Usual care", 19, 17, 22),
    ]


def test_the_sides_of_a_figure_follow_from_the_rows():
    usual, collaborative = "favors usual care", "favors collaborative care"
    assert numbers.sides("impact-response-12m-contrast") == (usual, collaborative, False)
    assert numbers.sides("impact-scl20-12m-contrast") == (usual, collaborative, True)
    assert numbers.sides("claro-phq9-6m-contrast") == ("favors enhanced usual care", collaborative, True)
    for other in ("impact-response-12m-contrast", "claro-phq9-6m-contrast"):
        with pytest.raises(ValueError, match="one study and have one direction"):
            numbers.sides("impact-scl20-12m-contrast", other)


def test_what_is_drawn_is_the_row(shown):
    row = numbers.drawn("impact-scl20-12m-contrast", "Symptoms")
    assert (row.label, row.estimate, row.low, row.high) == ("Symptoms", -0.4, -0.46, -0.33)
    assert row.printed == "−0.4 (−0.46 to −0.33)"
    point = numbers.plotted("impact-scl20-12m-contrast")
    assert (point.x, point.y, point.low, point.high) == (12, -0.4, -0.46, -0.33)


def test_a_cell_is_the_column_that_is_asked_for():
    row = "impact-scl20-12m-contrast"
    found = {column: numbers.reported(row, column).text for column in ("estimate", "ci", "p", "outcome")}
    assert found == {"estimate": "−0.4", "ci": "−0.46 to −0.33", "p": "P < 0.001", "outcome": "depression severity"}


def test_a_number_names_the_cells_that_it_was_read_from(shown):
    numbers.publish_result("impact_or", "impact-response-12m-contrast")
    arms = "impact-response-12m-cc", "impact-response-12m-control"
    numbers.two_arms("impact_r", *arms, ["impact-cc", "impact-control"])
    cells = {m["scrapbook"]["name"]: m["livingreview"]["cells"] for _, m in shown}
    row = "impact-response-12m-contrast"
    assert cells["impact_or"] == [f"{row}.estimate"]
    assert cells["impact_or_ci"] == [f"{row}.ci_low", f"{row}.ci_high"]
    assert cells["impact_or_p"] == [f"{row}.p_operator", f"{row}.p_value"]
    assert cells["impact_r_cc_ci"] == ["impact-response-12m-cc.estimate", "impact-response-12m-cc.n"]


def test_a_column_that_no_row_has_is_refused(shown):
    with pytest.raises(ValueError, match="found colour, which none of impact has"):
        numbers.publish("impact_n", "1,801", ["impact"], columns=["colour"])
