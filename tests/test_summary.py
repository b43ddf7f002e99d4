"""The summary of findings of a chapter: values from the rows, and what limits certainty from their fields alone."""

from __future__ import annotations

import pytest

from livingreview.publish import numbers, summary


@pytest.fixture(autouse=True)
def _session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers.session.current(), "output", lambda *_: None)


def test_an_outcome_counted_in_two_arms_is_said_per_100():
    arms = "impact-response-12m-cc-substantial", "impact-response-12m-control-substantial"
    two = numbers.two_arms("impact_x", *arms, ["impact-cc", "impact-control"], decimals=1)
    shown = summary.summary([summary.counted("Response at 12 months", two)])
    text = shown.rows[0]
    assert [cell.text for cell in text[:5]] == [
        "Response at 12 months",
        "25.3 more per 100 (21.1 to 29.4)",
        "19.3%",
        "44.6%",
        "1,801 people, one trial",
    ]
    assert shown.note.startswith("Certainty: not graded; ")


def test_a_contrast_shows_its_interval_and_names_a_ratio():
    line = summary.contrast("Days of opioid use", "champ-opioid-days-contrast")
    assert line.difference.text == "ratio of odds ratios 0.10 (0.03 to 0.38)"
    assert summary.limits_to_certainty(line.rows) == [
        "abstract only",
        "fewer than 400 people",
        "stopped early for futility",
    ]


def test_several_outcomes_of_a_trial_follow_one_another_in_a_line():
    champ = [summary.contrast("", f"champ-{outcome}-contrast") for outcome in ("opioid-days", "vr12")]
    line = summary.together("CHAMP: days of opioid use; mental health", *champ)
    assert line.difference.text == "ratio of odds ratios 0.10 (0.03 to 0.38); −1.20 (−4.97 to 2.57)"
    assert line.rows == ("champ-opioid-days-contrast", "champ-vr12-contrast")
    assert line.comparator == numbers.Cell("")


def test_an_interval_of_our_own_says_so():
    line = summary.contrast("PHQ-9", "claro-phq9-6m-contrast", interval=numbers.Cell("−2.3 to 0.3"))
    assert line.difference.text == "−1.0 (−2.3 to 0.3, our calculation)"
    assert 'href="results-claro.html#claro-phq9-6m-contrast"' in line.difference.html()


def test_a_pooled_effect_names_its_comparisons():
    line = summary.contrast("Response to 6 months", "pooled-archer2012-depression-response-0-6m")
    row = summary.summary([line]).rows[0]
    assert row[1].text == "risk ratio 1.32 (1.22 to 1.43)"
    assert row[2].text == "11,250 people, 48 comparisons"


def test_certainty_stands_once_under_the_table_and_a_line_adds_what_limits_it_alone():
    lines = ("champ-opioid-days-contrast", "claro-phq9-6m-contrast", "claro-pcl5-6m-contrast")
    both = summary.summary([summary.contrast("Outcome", line) for line in lines])
    assert both.note == "Certainty: not graded."
    assert [row[-1].text for row in both.rows] == [
        "abstract only; fewer than 400 people; stopped early for futility",
        *["news reports only; no interval printed"] * 2,
    ]
    alike = summary.summary([summary.contrast("Outcome", line) for line in lines[1:]])
    assert alike.note == "Certainty: not graded; news reports only; no interval printed."
    assert "Limits of certainty" not in alike.columns


def test_a_pool_counts_what_its_source_counts_and_one_is_no_plural():
    def people(pooled: str) -> str:
        return summary.summary([summary.contrast("Outcome", f"pooled-{pooled}")]).rows[0][2].text

    assert people("grigoroglou2021-suicidal-thoughts-0-6m") == "11,165 people, 28 trials"
    assert people("archer2012-depression-improvement-13-24m") == "1,379 people, 1 comparison"
    assert people("uwo-ptsd-symptoms") == "12 studies"


def test_an_effect_without_interval_says_so():
    limits = summary.limits_to_certainty(["claro-phq9-6m-contrast"])
    assert limits == ["news reports only", "no interval printed"]


def test_the_arms_of_one_trial_have_their_own_names():
    champ = summary.contrast("Days of opioid use", "champ-opioid-days-contrast")
    assert summary._arms([champ]) == (
        "Collaborative care for mental health only (active control)",
        "Collaborative care for OUD and mental health",
    )
    pooled = summary.contrast("Response to 6 months", "pooled-archer2012-depression-response-0-6m")
    assert summary._arms([pooled]) == ("With the comparator", "With collaborative care")


def test_a_column_without_any_entry_is_left_out():
    champ = summary.summary([summary.contrast("Days of opioid use", "champ-opioid-days-contrast")])
    assert [*champ.columns] == ["Outcome", "Difference (95% CI)", "People"]


def test_a_gap_is_a_line_without_a_grade():
    row = summary.summary([summary.gap("Deaths")]).rows[0]
    assert [cell.text for cell in row] == ["Deaths", "not in the texts we have"]


def test_more_than_seven_lines_are_refused():
    with pytest.raises(ValueError, match="at most 7 lines, found 8"):
        summary.summary([summary.gap("Deaths")] * 8)


def test_a_gap_names_nothing_that_a_line_reports():
    reported = summary.contrast("Symptoms at 12 months, SCL-20 points", "impact-scl20-12m-contrast")
    with pytest.raises(ValueError, match="a gap must name what no line reports, found 'Symptoms'"):
        summary.summary([reported, summary.gap("Symptoms")])


def test_the_label_of_a_drawn_row_names_no_other_instrument():
    assert numbers.drawn("impact-scl20-12m-contrast", "SCL-20").label == "SCL-20"
    with pytest.raises(ValueError, match="must name no other instrument, found SF-12"):
        numbers.drawn("impact-scl20-12m-contrast", "SF-12 score")
