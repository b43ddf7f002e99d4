"""One meaning of a measure, for every rule, sentence and figure that asks."""

import json

import pandas as pd
import pytest

from livingreview.checks import claims
from livingreview.evidence import DATA, load
from livingreview.evidence.measures import MEASURES, measure, of_formula
from livingreview.publish import across_trials
from livingreview.statistics import findings


def allowed():
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    fields = [field for resource in package["resources"] for field in resource["schema"]["fields"]]
    return {value for field in fields if field["name"] == "measure" for value in field["constraints"]["enum"]}


def test_every_measure_of_the_dictionary_is_described_once():
    derived = {"risk_difference"}
    assert set(MEASURES) == allowed() | derived


def test_a_measure_with_a_value_of_no_difference_is_a_ratio_or_a_difference():
    for name, known in MEASURES.items():
        assert known.null == {"ratio": 1.0, "difference": 0.0}.get(known.kind), name
        assert (known.scale == "log") is known.is_ratio


def test_what_is_not_known_has_no_value_of_no_difference():
    assert measure("").null is measure("hearsay").null is measure(None).null is None


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        ("risk ratio, 45% of 906 against 19% of 895; log interval", "risk_ratio"),
        ("odds ratio = 2.0", "odds_ratio"),
        ("risk difference per 100 people, 45% of 906 against 19% of 895", "risk_difference"),
        ("risk difference per 1,000 people, 22 of 1,232 against 14 of 1,133", "risk_difference"),
        ("risk ratio x the limits of the baseline, 0.2", ""),  # a risk
        ("1 / risk difference, rounded up to whole people", ""),
        ("mean, of both arms", ""),
        ("", ""),
    ],
)
def test_a_formula_names_the_measure_that_it_derives(formula, name):
    assert of_formula(formula) == name


@pytest.mark.parametrize("name", [name for name, known in MEASURES.items() if known.is_ratio])
@pytest.mark.parametrize(("low", "high", "excludes"), [(0.8, 1.1, False), (0.7, 0.9, True)])
def test_no_difference_of_a_ratio_is_1_in_claims_and_findings(name, low, high, excludes):
    row = result(name, low, high)
    assert claims.excludes_no_difference(row, [row]) is excludes
    assert claims.includes_no_difference(row, [row]) is not excludes
    finding = findings._of_contrast(row, [], ("x",))
    assert (finding.state, finding.null) == ("better" if excludes else "unsettled", 1)
    assert finding.said.startswith(name.replace("_", " "))


def result(name, low, high):
    estimate = (low + high) / 2
    printed = {"estimate_printed": f"{estimate:g}", "ci_low_printed": f"{low:g}", "ci_high_printed": f"{high:g}"}
    cells = {"measure": name, "estimate": estimate, "ci_low": low, "ci_high": high, "ci_type": "two_sided"}
    rest = {
        "unit": measure(name).unit,
        "direction_of_benefit": "lower",
        "p_operator": "",
        "p_value_printed": "",
        "direction_reported": "",
    }
    return pd.Series({**cells, **printed, **rest, "ci_level": 95})


@pytest.mark.parametrize("name", ["number_needed_to_treat", "percent", "cost_effectiveness_ratio"])
def test_nothing_is_settled_by_an_interval_without_a_value_of_no_difference(name):
    row = result(name, 4, 9)
    with pytest.raises(ValueError, match="no value of no difference"):
        claims.excludes_no_difference(row, [row])
    assert findings._of_contrast(row, [], ("x",)).state == "unread"


@pytest.mark.parametrize(
    ("pooled", "name", "drawn"),
    [
        ("pooled-hudson2019-antidepressant-telephone", "ratio_of_risk_ratios", ("log", 1, "ratio of risk ratios")),
        ("pooled-atlantis2014-hba1c-percentage-points", "mean_difference", ("linear", 0, "mean difference")),
        (
            "pooled-archer2012-depression-improvement-0-6m",
            "standardised_mean_difference",
            ("linear", 0, "standardized mean difference, in standard deviations"),
        ),
    ],
)
def test_a_pooled_effect_is_drawn_on_its_scale_around_no_difference(pooled, name, drawn):
    book = load()
    assert book.row(pooled)["measure"] == name
    panel = across_trials._panel(name, [pooled], book)
    assert (panel.scale, panel.null, panel.xlabel) == drawn
    assert panel.favours.better.startswith("better with collaborative care")
    assert panel.favours.lower_is_better is (book.row(pooled)["direction_of_benefit"] == "lower")


def test_a_higher_value_turns_the_scale_of_a_figure_unless_its_sign_is_turned(monkeypatch):
    book = load()
    rows = {
        i: book.row(i).copy()
        for i in ("pooled-atlantis2014-hba1c-percentage-points", "pooled-archer2012-depression-improvement-0-6m")
    }
    for row in rows.values():
        row["direction_of_benefit"] = "higher"
    monkeypatch.setattr(type(book), "row", lambda self, i: rows[i])
    panels = [across_trials._panel(rows[i]["measure"], [i], book) for i in rows]
    assert [panel.favours.lower_is_better for panel in panels] == [False, True]
