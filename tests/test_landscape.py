"""Rows about many trials: what is derived, what is turned round, and what the thresholds say."""

from __future__ import annotations

import pytest
from scipy import stats

from livingreview.evidence import load
from livingreview.publish import across_trials, numbers
from livingreview.statistics import findings


@pytest.mark.parametrize(
    ("months", "window"),
    [(0, "0_to_6"), (6, "0_to_6"), (6.5, "7_to_12"), (12, "7_to_12"), (24, "13_to_24"), (25, "over_24")],
)
def test_window(months, window):
    assert across_trials.window(months) == window


def test_growth_is_the_difference_in_differences_of_each_place():
    """Lapham 2024, Table 3: health system 1, all treatment, printed 45.6; system 3 printed -10.5."""
    found = {g.place: g for g in across_trials.growth("proud", "all treatment", load())}
    assert len(found) == 6
    assert found["health system 1"].gap == pytest.approx((68.1 - 13.3) - (13.1 - 3.9))
    assert found["health system 1"].gap == pytest.approx(45.6, abs=0.05)
    assert found["health system 3"].gap == pytest.approx(-10.5, abs=0.15)
    assert found["health system 1"].rates == (
        "proud-oud-years-baseline-cc-system-1",
        "proud-oud-years-36m-cc-system-1",
        "proud-oud-years-baseline-control-system-1",
        "proud-oud-years-36m-control-system-1",
    )
    assert across_trials.growth("proud", "ongoing treatment", load())[4].contrast == ""
    assert across_trials.growth("claro", "all treatment", load()) == []


def test_a_study_is_on_substance_use_by_its_people_or_by_an_outcome():
    book = load()
    assert across_trials.is_on_substance_use("icct", book)  # by its people; its outcome is functioning
    assert across_trials.is_on_substance_use("partners", book)
    assert across_trials.is_on_substance_use("proud", book)  # by its outcome; its people are all patients
    assert not any(across_trials.is_on_substance_use(study, book) for study in ("impact", "prospect", "steps_up"))


def test_cautions_name_clusters_and_denominators_that_stand_in():
    book = load()
    assert across_trials.cautions("respect_d-outcome-response", book) == [
        "practices were randomized, which the interval ignores"
    ]
    assert across_trials.cautions("impact-outcome-response", book) == ["denominators as randomized"]
    assert across_trials.cautions("scamp-outcome-response", book) == []


def test_a_trial_is_a_row_and_a_line():
    book = load()
    arms = numbers.two_arms("landscape_test", "scamp-response-12m-cc", "scamp-response-12m-control")
    row = across_trials.response_row("scamp-outcome-response", arms, book)
    assert (row.label, row.printed) == ("SCAMP, 12 months", "2.26 (1.44 to 3.56)")
    line_cells = across_trials.response_line("scamp-outcome-response", arms, book)
    line = [getattr(cell, "text", cell) for cell in line_cells]
    assert line[:3] == ["SCAMP *, 12 months", "37.4% (46 of 123)", "16.5% (21 of 127)"]
    assert line[4] == "2.26 (1.44 to 3.56)"


def test_a_contrast_is_said_in_numbers_or_in_words():
    def said(result_id):
        return across_trials.contrast_result(result_id, load()).text

    of_response = "depression response, PHQ-9: odds ratio 1.77 (1.22 to 2.58) at 4 months"
    assert said("cadet-response-4m-contrast") == of_response
    assert said("pathways-hopkins-12m-contrast").endswith(": size not given (P = 0.004) at 12 months")
    minor = "depression remission and response, minor depression: reported not to differ (in words) at 24 months"
    assert said("prospect-remission-response-24m-contrast-minor-depression") == minor


def test_what_a_source_says_last_in_words_stands_after_its_last_number():
    text = across_trials.contrast_result("hitides-response-12m-contrast", load()).text
    size, words = "odds ratio 2.50 (1.37 to 4.56) at 6 months", "reported not to differ (in words) at 12 months"
    assert text == f"depression response, SCL-20: {size}; {words}"


def test_the_contrasts_of_a_trial_are_one_line():
    ids = ["cadet-response-4m-contrast", "cadet-response-12m-contrast", "pathways-hopkins-12m-contrast"]
    cadet, pathways = across_trials.contrast_lines(ids, load())
    assert (cadet[0], cadet[2]) == ("CADET *", "Usual care; adults with an ICD-10 depressive episode")
    assert cadet[1].text.count("odds ratio") == 2
    assert pathways[2] == "Usual care; diabetes with major depression and/or dysthymia"


def test_contrasts_on_depression_are_those_of_eligible_trials_at_their_last_time():
    rows = across_trials.contrasts_beyond({}, load())
    assert {"coach-hdrs-12m-contrast", "prim_care_sweden-madrs-s-24m-contrast"} <= {*rows}
    earlier, apart = "prim_care_sweden-madrs-s-3m-contrast", "asarnow2005-ces-d-6m-contrast"
    repeated, interaction = (
        "cadet-response-12m-contrast-number-needed-treat",
        "momcare-depression-severity-18m-contrast",
    )
    two_forms = "outreach-response-over-18-months-contrast"
    assert not {earlier, apart, repeated, interaction, two_forms} & {*rows}


def test_a_standardised_difference_that_is_better_when_higher_is_turned():
    row = across_trials.pooled_row("pooled-gilbody2006-depression-0-6m", load())
    assert (row.estimate, row.low, row.high) == (-0.25, -0.32, -0.18)
    assert row.printed == "\N{MINUS SIGN}0.25 (\N{MINUS SIGN}0.32 to \N{MINUS SIGN}0.18)"
    assert "sign turned, printed 0.25 (0.18 to 0.32)" in row.note
    assert "abstract only" in row.note
    assert across_trials.pooled_row("pooled-archer2012-depression-improvement-0-6m", load()).estimate == -0.34
    assert across_trials.pooled_row("pooled-archer2012-depression-response-0-6m", load()).estimate == 1.32


def test_pooled_figures_keep_measures_apart_and_draw_every_effect_once():
    book, drawn = load(), []
    for domain in across_trials.domains(book):
        for window in across_trials.WINDOWS:
            for measures in (across_trials.STANDARDISED, ["risk_ratio"], ["odds_ratio"]):
                rows = book.pooled
                wanted = (rows["domain"] == domain) & (rows["window"] == window) & rows["measure"].isin(measures)
                if wanted.any():
                    figure, caption, ids = across_trials.pooled_figure("x", domain, [window], measures, book)
                    assert sorted(ids) == sorted(rows.index[wanted])
                    assert across_trials.domains(book)[domain] in caption
                    assert len(figure.data) == len(ids)
                    drawn += ids
    assert len(drawn) == len(set(drawn)) >= 30


def test_thresholds_are_sizes_only_and_held_against_the_interval():
    book = load()
    assert list(across_trials.thresholds("PHQ-9", book)["threshold"]) == [1.7, 3.7, 5]
    assert 28 not in set(across_trials.thresholds("PCL-5", book)["threshold"])
    finding = findings.finding("claro-outcome-phq9", book)
    small, *others = across_trials.held(finding, "PHQ-9", book)
    se = 1.0 / stats.norm.isf(0.13 / 2)
    assert (small.verdict, small.chance) == ("still included", f"{100 * stats.norm.sf((1.7 - 1.0) / se):.0f}%")
    assert {(h.verdict, h.chance) for h in others} == {("left out", "under 1%")}
    verdicts = {
        h.size: h.verdict for h in across_trials.held(findings.finding("impact-outcome-scl20", book), "SCL-20", book)
    }
    assert (verdicts[0.31], verdicts[0.56]) == ("exceeded", "left out")


def test_probabilities_near_none_or_certainty_are_said_once():
    book = load()
    said = {
        scale: across_trials.chances(across_trials.held(findings.finding(i, book), scale, book), book)
        for i, scale in (("claro-outcome-phq9", "PHQ-9"), ("impact-outcome-scl20", "SCL-20"))
    }
    assert said == {
        "PHQ-9": "1.7: 14%; 3.7 and above: under 1%",
        "SCL-20": "up to 0.31: over 99%; 0.56 and above: under 1%",
    }
    assert across_trials.chances([], book) == ""


def test_a_difference_in_standard_deviations_is_compared_with_no_threshold_in_points():
    book = load()
    finding = findings.finding("cadet-outcome-phq9", book)
    assert across_trials.has_difference(finding)
    assert across_trials.held(finding, "PHQ-9", book) == []
    both = {i: findings.finding(i, book) for i in ("cadet-outcome-phq9", "claro-outcome-phq9")}
    _, _, ids = across_trials.against_thresholds("x", "PHQ-9", both, book)
    assert "claro-phq9-6m-contrast" in ids
    assert not any(i.startswith("cadet") for i in ids)


def test_rounding_of_difference_and_p_bounds_the_probability_of_a_benefit():
    lowest = stats.norm.sf((1.7 - 0.95) / (0.95 / stats.norm.isf(0.125 / 2)))
    highest = stats.norm.sf((1.7 - 1.05) / (1.05 / stats.norm.isf(0.135 / 2)))
    expected = (f"{100 * lowest:.0f}", f"{100 * highest:.0f}")
    assert across_trials.chance_by_rounding("claro-phq9-6m-contrast", 1.7, load()) == expected == ("11", "18")


def test_only_a_difference_with_two_limits_is_held_against_anything():
    book = load()
    found = {
        i: findings.finding(i, book)
        for i in (
            "claro-outcome-phq9",
            "champ-outcome-opioid-days",
            "proud-outcome-oud-years",
            "cocare-outcome-opioid-days",
        )
    }
    assert [across_trials.has_difference(f) for f in found.values()] == [True, False, False, False]
    figure, _, ids = across_trials.against_thresholds("x", "PHQ-9", found, book)
    assert [row[0] for row in figure.data] == ["CLARO: depression severity", "Marked", "Marked", "Marked"]
    assert ids[0] == "claro-phq9-6m-contrast"


def test_a_share_with_a_p_value_has_the_interval_of_its_counts_where_people_fit_the_percentages():
    """SUMMIT: 39.0% of 187 are 73 people; no whole number of 187 rounds to 32.8%."""
    book = load()
    treatment = findings.finding("summit-outcome-treatment", book)
    assert treatment.said.startswith("39.0% against 16.8%, P < 0.001 (95% CI of the difference 13.2 to 30.7 per 100")
    assert treatment.state == "better"
    assert findings.finding("summit-outcome-abstinence", book).said == "32.8% against 22.3%, P = 0.03"


def test_people_randomised_beside_the_others_are_added_to_the_size():
    assert findings.size("prism_e", load()) == "1,531 people; 560 (at-risk drinking)"


def test_rounded_percentages_allow_a_span_of_differences():
    rows = ("ahead-abstinence-12m-cc", "ahead-abstinence-12m-control")
    assert across_trials.difference_by_rounding(rows, load()) == "1 to 3"
