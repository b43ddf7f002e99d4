"""Known answers, agreement with SciPy and statsmodels, planted errors and true numbers at the edge of rounding."""

import csv
import json
import math
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

from livingreview import evidence
from livingreview.checks import consistency
from livingreview.checks.consistency import contrasts, intervals, people, wholes
from livingreview.statistics.rounding import Span, span, spread

PUBLISHED = Path(__file__).parent / "published"


def read(name):
    with (PUBLISHED / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@cache
def rows():
    return consistency.records(evidence.load())


@cache
def found():
    return consistency.findings(rows())


def planted(row_id, **cells):
    """The findings that no explanation covers once cells of a row are changed."""
    table = rows().find(row_id).table
    row = rows().find(row_id)
    changed = {**rows().tables[table], row_id: replace(row, cells={**row.cells, **cells})}
    return consistency.unexplained(consistency.Records({**rows().tables, table: changed}, rows().years))


# Published examples


GRANULARITY = read("granularity.csv")


@pytest.mark.parametrize("row", GRANULARITY, ids=lambda row: f"{row['value']}-of-{row['n']}")
def test_published_examples_of_grim_and_debit(row):
    n = int(row["n"])
    check = {
        "mean": lambda: people.mean_reachable(row["value"], n),
        "percent": lambda: people.percent_reachable(row["value"], n),
        "proportion": lambda: people.proportion_sd(row["value"], row["sd"], n),
    }[row["kind"]]()
    assert check.agrees is (row["consistent"] == "yes"), check.detail
    assert bool(check.off) is not check.agrees


@pytest.mark.parametrize("row", read("recomputed_p.csv"), ids=lambda row: f"{row['statistic']}-{row['value']}")
def test_published_examples_of_recomputed_p_values(row):
    df = int(row["df"]) if row["df"] else None
    check = intervals.statistic_and_p(row["statistic"], row["value"], row["operator"], row["p"], df=df)
    assert check.agrees is (row["consistent"] == "yes"), check.detail


@pytest.mark.parametrize(
    ("estimate", "low", "high", "p", "scale"),
    [("17", "1.4", "32.6", "0.032", "plain"), ("0.30", "0.10", "0.90", "0.034", "log")],
)
def test_altman_and_bland_2011(estimate, low, high, p, scale):
    """Intervals derived from P values (BMJ 343:d2090): zinc, 49% v 32%; and a relative risk."""
    assert intervals.interval_symmetric(estimate, low, high, scale=scale).agrees
    assert intervals.interval_and_p(estimate, low, high, "=", p, scale=scale).agrees
    assert not intervals.interval_and_p(estimate, low, high, "=", "0.3", scale=scale).agrees
    assert not intervals.interval_and_p(estimate, low, high, "<", "0.001", scale=scale).agrees


def test_a_number_needed_to_treat_is_symmetric_on_the_reciprocal_scale():
    """Rollman 2009: 50.0% v 29.6%, 4.9 (3.2 to 10.4)."""
    assert intervals.interval_symmetric("4.9", "3.2", "10.4", scale="reciprocal").agrees
    assert not intervals.interval_symmetric("4.9", "3.2", "10.4").agrees
    assert contrasts.nnt_of_arms("4.9", "50.0", "29.6").agrees
    assert contrasts.nnt_of_arms("5", "50.0", "29.6").agrees
    assert contrasts.nnt_of_arms("4", "45", "19").agrees
    assert not contrasts.nnt_of_arms("4", "45", "29").agrees


WORKED = read("worked_checks_by_check.csv")


@pytest.mark.parametrize("row", [row for row in WORKED if row["check"]], ids=lambda row: row["check_id"])
def test_worked_checks_are_reproduced(row):
    """Checks worked by hand; of the midpoint of a net benefit (check-25) these allow 3 dollars, here rounding only."""
    same = [f for f in found() if (f.check, f.rows[0]) == (row["check"], row["row_id"]) and row["shows"] in f.detail]
    assert len(same) == 1, same
    assert (same[0].verdict == "consistent") is (row["outcome"] == "agrees")


def test_every_worked_check_is_reproduced_or_left_out_with_a_reason():
    assert [row["check_id"] for row in WORKED] == [row["check_id"] for row in read("worked_checks.csv")]
    assert all(bool(row["check"]) is not bool(row["not_checked_since"]) for row in WORKED)
    by_hand = {row["check_id"]: row["verdict"].startswith("DIFFERS") for row in read("worked_checks.csv")}
    differs = {row["check_id"] for row in WORKED if by_hand[row["check_id"]] != (row["outcome"] == "differs")}
    # wider than by hand: rounding only (25); the intervals without the cost (52, 53); wording (68)
    assert differs == {"check-25", "check-52", "check-53", "check-68"}


# Printed numbers as intervals


def test_rounding_is_an_interval():
    assert consistency.rounding("0.50") == pytest.approx((0.495, 0.505))
    assert consistency.rounding("45") == (44.5, 45.5)
    assert span(45) == Span(45, 45)


def test_a_function_is_spread_over_the_ends():
    assert spread(lambda a, b: a - b, span("5"), span("3")) == Span(1.0, 3.0)


# The same as other software


@pytest.mark.parametrize(("value", "df"), [("2.28", 30), ("1.96", 500), ("0.41", 9)])
def test_p_of_t_is_that_of_scipy(value, df):
    p = 2 * stats.t.sf(float(value), df)
    assert intervals.statistic_and_p("t", value, "=", f"{p:.3f}", df=df).agrees
    assert not intervals.statistic_and_p("t", value, "=", f"{p * 1.3:.3f}", df=df).agrees


@pytest.mark.parametrize("value", ["3.84", "6.63", "12.27"])
def test_p_of_chi_square_is_that_of_scipy(value):
    p = stats.chi2.sf(float(value), 1)
    assert intervals.statistic_and_p("chi2", value, "=", f"{p:.6f}").agrees
    assert not intervals.statistic_and_p("chi2", value, "=", f"{p * 1.3:.6f}").agrees


@pytest.mark.parametrize(
    ("events_1", "n_1", "events_2", "n_2"), [(45, 124, 25, 122), (8, 35, 3, 40), (140, 250, 120, 260)]
)
def test_counts_give_what_statsmodels_gives(events_1, n_1, events_2, n_2):
    table = Table2x2([[events_1, n_1 - events_1], [events_2, n_2 - events_2]])
    arms = [(f"{100 * k / n:.1f}", str(n)) for k, n in ((events_1, n_1), (events_2, n_2))]
    percents = [percent for percent, _ in arms]
    for ratio, ends, odds in (
        (table.riskratio, table.riskratio_confint(), False),
        (table.oddsratio, table.oddsratio_confint(), True),
    ):
        printed = f"{ratio:.2f}", *(f"{end:.2f}" for end in ends)
        test = contrasts.odds_ratio_of_arms if odds else contrasts.risk_ratio_of_arms
        assert intervals.interval_symmetric(*printed, scale="log").agrees
        assert test(printed[0], *percents).agrees
        assert not test(f"{2 * ratio:.2f}", *percents).agrees
        assert contrasts.interval_of_counts(*printed[1:], *arms, odds=odds).agrees
        assert not contrasts.interval_of_counts(printed[1], f"{5 * ends[1]:.2f}", *arms, odds=odds).agrees
    assert contrasts.ratios_agree(f"{table.oddsratio:.2f}", f"{table.riskratio:.2f}", percents[1]).agrees
    p = proportions_ztest([events_1, events_2], [n_1, n_2])[1]
    assert contrasts.p_of_percentages("=", f"{p:.4f}", *arms).agrees
    assert not contrasts.p_of_percentages("=", f"{min(p * 6, 1):.4f}", *arms).agrees


def test_wilson_and_wald_intervals_are_both_symmetric():
    for method in ("wilson", "normal"):
        low, high = proportion_confint(13, 109, method=method)
        assert intervals.interval_symmetric("11.93", f"{100 * low:.2f}", f"{100 * high:.2f}", scale="share").agrees


def test_means_and_standard_deviations_give_what_scipy_gives():
    found = stats.ttest_ind_from_stats(1.08, 0.61, 124, 1.35, 0.73, 122)
    se = math.sqrt(0.61**2 / 124 + 0.73**2 / 122)
    low, high = -0.27 - stats.t.ppf(0.975, 244) * se, -0.27 + stats.t.ppf(0.975, 244) * se
    ends = f"{low:.2f}", f"{high:.2f}"
    assert contrasts.interval_of_means(*ends, ("0.61", "124"), ("0.73", "122")).agrees
    assert not contrasts.interval_of_means("-0.54", "0.00", ("0.61", "124"), ("0.73", "122")).agrees
    smd = -0.27 / math.sqrt((123 * 0.61**2 + 121 * 0.73**2) / 244)
    assert intervals.smd_and_p(f"{smd:.2f}", "=", f"{found.pvalue:.3f}", "246").agrees
    assert not intervals.smd_and_p(f"{smd:.2f}", "=", "0.2", "246").agrees


def test_standard_deviation_of_a_proportion_is_that_of_numpy():
    people_with = np.array([1] * 5 + [0] * 23)
    sd = people_with.std(ddof=1)
    assert people.proportion_sd("0.18", f"{sd:.3f}", 28).agrees
    assert people.proportion_sd("17.9", f"{100 * sd:.1f}", 28, whole=100).agrees
    assert not people.proportion_sd("0.18", "0.30", 28).agrees


def test_hazard_ratio_is_that_of_exponential_survival():
    """Perneger 2008: with proportional hazards the ratio of the logarithms is the hazard ratio."""
    first, second = (100 * (1 - math.exp(-rate * 8)) for rate in (0.04, 0.08))
    assert contrasts.hazard_ratio_of_arms("0.50", f"{first:.0f}", f"{second:.0f}").agrees
    assert not contrasts.hazard_ratio_of_arms("0.80", f"{first:.0f}", f"{second:.0f}").agrees


# True numbers, rounded as papers do, always agree

ROUNDING = st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN])
PLACES = st.integers(0, 3)
VALUE = st.floats(-50, 50)
COUNT = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
INNER = st.integers(2, 300).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))


def printed(value, places, how):
    return str(Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=how))


def percent(count, places, how):
    events, n = count
    return printed(Decimal(100 * events) / n, places, how)


@given(VALUE, st.floats(0.01, 20), PLACES, ROUNDING, st.booleans())
def test_a_true_interval_agrees(value, se, places, how, log):
    three = [value, value - 1.96 * se, value + 1.96 * se]
    if log:
        three = [math.exp(x / 20) for x in three]
        three = [x for x in three if 0.01 < x < 1000]
    if len(three) == 3:
        estimate, low, high = (printed(x, places, how) for x in three)
        if not (log and float(high) <= 0):
            assert intervals.interval_symmetric(estimate, low, high, scale="log" if log else "plain").agrees


@given(VALUE, st.floats(0.1, 20), st.integers(1, 3), st.integers(2, 4), ROUNDING, st.none() | st.integers(5, 150))
def test_a_true_p_value_agrees(value, se, places, digits, how, df):
    times = stats.norm.ppf(0.975) if df is None else stats.t.ppf(0.975, df)
    p = 2 * (stats.norm.sf(abs(value) / se) if df is None else stats.t.sf(abs(value) / se, df))
    three = [printed(x, places, how) for x in (value, value - times * se, value + times * se)]
    check = intervals.interval_and_p(*three, "=", printed(p, digits, how), df=df)
    assert check.agrees, check.detail


@given(COUNT, st.integers(0, 2), ROUNDING)
def test_a_true_percentage_agrees(count, places, how):
    text = percent(count, places, how)
    assert people.percent_reachable(text, count[1], count[0]).agrees
    assert people.percent_reachable(text, count[1]).agrees
    assert count[1] in people.denominators(text, 300)
    assert count[1] in people.denominators(text, 300, count[0])


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), PLACES, ROUNDING)
def test_a_true_mean_of_whole_numbers_agrees(values, places, how):
    assert people.mean_reachable(printed(Decimal(sum(values)) / len(values), places, how), len(values)).agrees


@given(INNER, st.integers(2, 3), ROUNDING)
def test_a_true_deviation_of_a_proportion_agrees(count, places, how):
    events, n = count
    sd = math.sqrt(n / (n - 1) * events / n * (1 - events / n))
    assert people.proportion_sd(printed(Decimal(events) / n, places, how), printed(sd, places, how), n).agrees


@given(INNER, INNER, st.integers(0, 2), ROUNDING)
def test_true_contrasts_of_counts_agree(first, second, places, how):
    (a, n), (b, m) = first, second
    percents = percent(first, places, how), percent(second, places, how)
    if all(0 < float(x) < 100 for x in percents):
        odds = a / (n - a) / (b / (m - b))
        hazard = math.log(1 - a / n) / math.log(1 - b / m)
        assert contrasts.odds_ratio_of_arms(printed(odds, 2, how), *percents).agrees
        assert contrasts.hazard_ratio_of_arms(printed(hazard, 2, how), *percents).agrees
        ratio = printed(a / n / (b / m), 2, how)
        assert contrasts.risk_ratio_of_arms(ratio, *percents).agrees
        counts = ((str(a), str(n)), (str(b), str(m)))
        assert contrasts.risk_ratio_of_arms(ratio, *percents, counts).agrees
        p = proportions_ztest([a, b], [n, m])[1]
        arms = (percents[0], str(n)), (percents[1], str(m))
        assert contrasts.p_of_percentages("=", printed(p, 3, how), *arms).agrees
        if a * m != b * n:
            number = abs(1 / (a / n - b / m))
            assert contrasts.nnt_of_arms(printed(number, 1, how), *percents).agrees
            assert contrasts.nnt_of_arms(str(math.ceil(number)), *percents).agrees


@given(st.lists(VALUE, min_size=4, max_size=4), PLACES, ROUNDING)
def test_true_differences_sums_and_ratios_agree(values, places, how):
    text = [printed(x, places, how) for x in values]
    a, b, c, d = values
    assert contrasts.difference_of_arms(printed(a - b, places, how), *text[:2]).agrees
    assert contrasts.difference_in_differences(printed((b - a) - (d - c), places, how), *text).agrees
    assert wholes.parts_sum(printed(sum(values), places, how), text).agrees
    assert wholes.parts_sum(printed(10 * a - b, places, how), text[:2], (10, -1)).agrees
    together = printed((30 * a + 70 * b) / 100, places, how)
    assert wholes.mean_of_arms(together, (text[0], "30"), (text[1], "70")).agrees
    if abs(float(text[1])) > 1:
        assert wholes.ratio_of_parts(printed(a / b, places, how), *text[:2]).agrees


@given(VALUE, PLACES, PLACES, ROUNDING)
def test_one_number_rounded_in_two_ways_agrees(value, one, other, how):
    assert wholes.sources_agree(printed(value, one, how), printed(value, other, how)).agrees


@given(st.lists(INNER, min_size=2, max_size=4), st.integers(0, 2), ROUNDING)
def test_true_counts_behind_percentages_agree(counts, places, how):
    parts = [(percent(count, places, how), str(count[1])) for count in counts]
    assert wholes.counts_sum(sum(events for events, _ in counts), parts).agrees


# Planted errors, in the evidence itself


CHANGED = {
    "an interval whose limit lost a digit": (
        "impact-impairment-12m-contrast",
        {"ci_high": "-0.4"},
        "interval symmetric",
    ),
    "a limit without its minus": (
        "impact-arthritis-limits-12m-contrast-arthritis",
        {"ci_high": "0.19"},
        "interval symmetric",
    ),
    "a P value ten times too large": ("impact-pain-12m-contrast-arthritis", {"p_value": "0.09"}, "P from the interval"),
    "a P value ten times too small": ("aetna_ccm-phq9-12m-contrast", {"p_value": "0.001"}, "P from the interval"),
    "a P value on the other side of 5%": (
        "prim_care_sweden-bdi-ii-6m-contrast",
        {"p_value": "0.049"},
        "P from the interval",
    ),
    "a P value of a one-sided interval": ("proud-oud-years-24m-contrast", {"p_value": "0.2"}, "P from the interval"),
    "a P value beside the arms": ("impact-response-6m-contrast-cancer", {"p_value": "0.03"}, "P from the percentages"),
    "a P value of a contrast without interval": (
        "respect_d-response-6m-contrast",
        {"p_value": "0.2"},
        "P from the percentages",
    ),
    "a P value of a statistic": (
        "impact-response-12m-cc-arthritis-pain",
        {"p_value": "0.44"},
        "P from the test statistic",
    ),
    "a P value of d": ("champ-vr12-contrast-cohen-d", {"p_value": "0.053"}, "P from the standardised difference"),
    "a denominator": ("scamp-response-12m-cc", {"n": "132"}, "percentage from its people"),
    "a denominator of a characteristic": (
        "champ-baseline-taking-moud-baseline",
        {"denominator": "221"},
        "percentage from its people",
    ),
    "a count": ("casper-lost-4m-cc", {"events": "28"}, "percentage from its people"),
    "a count of everyone": ("impact-baseline-suicidal-thoughts-cc", {"n": "193"}, "percentage of everyone"),
    "a percentage of few": (
        "impact-cardiac-event-96m-control-indiana-cvd",
        {"estimate": "82"},
        "percentage from its people",
    ),
    "an arm's mean": ("incpad-hscl20-3m-control-depressed", {"estimate": "1.53"}, "difference of the arms"),
    "a rate": ("proud-oud-years-36m-cc-system-1", {"estimate": "61.8"}, "difference in differences"),
    "an arm's percentage": ("impact-response-12m-control", {"estimate": "29"}, "odds ratio from the percentages"),
    "a risk ratio": ("scamp-response-12m-contrast", {"estimate": "3.2"}, "risk ratio from the arms"),
    "a hazard ratio": (
        "impact-cardiac-event-96m-contrast-indiana-no-cvd",
        {"estimate": "0.25"},
        "hazard ratio from the percentages",
    ),
    "a number needed to treat": ("btb-response-8m-contrast", {"estimate": "9.4"}, "number needed to treat"),
    "a standard deviation": (
        "incpad-hscl20-3m-cc-depressed-sd",
        {"estimate": "6.1"},
        "interval from the spread of the arms",
    ),
    "the size of an arm in a ratio": (
        "incpad-response-3m-control-depressed",
        {"n": "1220"},
        "interval from the counts of the arms",
    ),
    "a value of both arms": ("summit-baseline-age", {"value": "46"}, "both arms together"),
    "a part": ("impact-baseline-dysthymic-disorder-only", {"value": "40"}, "parts that must sum"),
    "a set": ("impact-people-income-30-50", {"n": "483"}, "parts that must sum"),
    "an arm": ("claro-cc", {"n": "440"}, "parts that must sum"),
    "a cost": ("impact-outpatient-cost-year1-12m-contrast", {"estimate": "338"}, "parts that must sum"),
    "a cost ratio": ("incpad-cost-free-day-12m-contrast", {"estimate": "17.92"}, "ratio from its parts"),
    "an interval without its cost": (
        "impact-cost-free-day-24m-contrast",
        {"ci_low": "1.76", "ci_high": "3.76"},
        "interval carries its cost",
    ),
    "a probability": ("impact-cheaper-48m-contrast-two-sites", {"estimate": "97"}, "probability from the intervals"),
    "another source": ("impact-response-12m-control-substantial", {"estimate": "13.9"}, "two sources of one quantity"),
    "a count behind percentages": ("impact-cardiac-event-96m-indiana", {"events": "191"}, "counts behind percentages"),
    "a trial that is too small": ("claro", {"n_randomised": "597"}, "planned and achieved size"),
    "results before their time": ("impact", {"enrol_end": "2005-08"}, "follow-up after enrolment"),
    "a group that is too large": ("impact-people-arthritis", {"n": "10010"}, "group within its trial"),
    "people of a contrast": ("incpad-hscl20-3m-contrast-depressed", {"n": "264"}, "people of both arms"),
    "another error where one is explained": (
        "proud-oud-years-36m-contrast-system-1",
        {"ci_low": "13.8"},
        "interval symmetric",
    ),
    "an explained P value that changes": (
        "impact-exercise-days-12m-contrast-diabetes",
        {"p_value": "0.3"},
        "P from the interval",
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_planted_error_is_found(name):
    row_id, cells, check = CHANGED[name]
    faults = planted(row_id, **cells)
    assert check in {one.check for one in faults if row_id in one.rows}
    assert all(one.off and one.explanation is None for one in faults)


def _step(text):
    return Decimal(1).scaleb(-len(text.partition(".")[2]))


def test_every_limit_that_is_moved_is_found():
    """By a tenth of the interval and what rounding leaves open; a ratio's twofold, a percentage's to its middle."""
    for one in found():
        if one.check == "interval symmetric" and one.verdict == "consistent":
            row = rows().find(one.rows[0])
            high, width = Decimal(row["ci_high"]), Decimal(row["ci_high"]) - Decimal(row["ci_low"])
            open_to_rounding = 2 * (_step(row.main) + _step(row["ci_high"]))
            moved = high + width / 10 + open_to_rounding
            if row["measure"] == "percent":
                moved = high - width * 2 / 5
            elif "ratio" in row["measure"] and "cost" not in row["measure"]:
                moved = 2 * high + open_to_rounding
            elif row["measure"] == "number_needed_to_treat":
                moved = 2 * high
            changed = planted(row.id, ci_high=str(moved.quantize(_step(row["ci_high"]))))
            assert any((f.check, f.rows) == (one.check, one.rows) for f in changed), (one, moved)


def test_every_p_value_of_an_interval_that_is_ten_times_another_is_found():
    for one in found():
        row = rows().find(one.rows[0])
        if one.check == "P from the interval" and row["p_operator"] == "=" and one.verdict == "consistent":
            other = float(row["p_value"]) * (10 if float(row["p_value"]) < 0.1 else 0.1)
            changed = planted(one.rows[0], p_value=f"{other:.{len(row['p_value']) - 1}f}")
            assert any(f.check == one.check for f in changed), one


def test_every_count_that_is_changed_by_its_tenth_is_found():
    for one in found():
        row = rows().find(one.rows[0])
        if one.check == "percentage from its people" and one.verdict == "consistent" and row.events:
            column = {"results": "events", "baseline": "n"}[row.table]
            more = int(row.events) + max(int(row.events) // 10, 2 if "." in row.main else int(row.people) // 50 + 1)
            assert any(f.check == one.check for f in planted(row.id, **{column: str(more)})), one


# What the evidence says


def test_every_inconsistency_has_its_explanation_and_every_explanation_its_inconsistency():
    assert consistency.unexplained(rows()) == []
    assert consistency.unneeded(rows()) == []
    assert consistency.unrelated(rows()) == []
    for one in found():
        assert (one.verdict == "consistent") is (one.explanation is None) is (not one.off)
        if one.explanation:
            assert (one.verdict == "explained") is (one.explanation.kind != "not resolved")
            assert one.explanation.text.endswith(".")
            assert one.explanation.settled_by or one.verdict == "explained"


def test_each_row_has_one_verdict_with_a_reason():
    table = consistency.coverage(rows())
    book = evidence.load()
    assert list(table.index) == [*book.results.index, *book.baseline.index]
    assert set(table["verdict"]) <= set(consistency.VERDICTS)
    assert table["reason"].str.len().min() > 5
    verdicts = Counter(table["verdict"])
    assert verdicts["consistent"] >= 340
    named = {row_id for one in found() if one.verdict != "consistent" for row_id in one.rows}
    assert set(table.index[table["verdict"].isin(["inconsistent", "explained"])]) == named & set(table.index)


def test_only_what_prints_too_little_has_nothing_to_check_against():
    """An estimate with a two-sided interval is checked, and a percentage of a known number whose digits allow it."""
    results = evidence.load().results.join(consistency.coverage(rows())[["verdict", "reason"]])
    alone = results[results["verdict"] == "nothing to check against"]
    assert not len(alone[(alone["estimate_printed"] != "") & (alone["ci_type"] == "two_sided")])
    counted = alone[(alone["measure"] == "percent") & (alone["n_printed"] != "")]
    assert len(counted)
    assert counted["reason"].str.contains("every percentage with so few digits").all()


@pytest.mark.parametrize(
    ("row_id", "verdict", "words"),
    [
        (
            "impact-response-12m-contrast",
            "consistent",
            "interval symmetric; P from the interval; odds ratio from the percentages",
        ),
        ("impact-exercise-days-12m-contrast-diabetes", "inconsistent", "implies P of about 0.011, printed = 0.001"),
        ("impact-cost-qaly-low-24m-contrast-diabetes", "explained", "holds the cost"),
        ("champ-opioid-days-contrast", "explained", "different scales"),
        ("champ-baseline-women", "inconsistent", "139 of 254 is 54.72%, printed 59.9%, which would be of 232 people"),
        ("champ-baseline-white", "nothing to check against", "of the 254 people in all, no whole number gives it"),
        (
            "champ-baseline-lifetime-overdose",
            "nothing to check against",
            "of the 254 people in all, a whole number gives it",
        ),
        ("champ-opioid-days-3m-cc", "nothing to check against", "a single number"),
        ("respect_ptsd-ptsd-severity-6m-contrast", "nothing to check against", "printed in words only"),
        ("quest_rost-cost-qaly-24m-contrast", "nothing to check against", "a range"),
        ("incpad-major-depression-3m-contrast-depressed", "consistent", "risk ratio from the arms"),
        ("impact-mental-cost-48m-two-sites", "consistent", "both arms together"),
    ],
)
def test_verdicts(row_id, verdict, words):
    row = consistency.coverage(rows()).loc[row_id]
    assert row["verdict"] == verdict
    assert words in row["reason"]


def test_findings_come_in_order_of_what_they_could_change():
    off = [one for one in found() if one.verdict == "inconsistent"]
    assert [one.rank for one in off] == sorted(one.rank for one in off)
    ranks = {one.rows[0]: one.rank for one in found()}
    assert (
        ranks["ahead-abstinence-12m-contrast"],
        ranks["impact-exercise-days-12m-contrast-diabetes"],
        ranks["champ-baseline-women"],
        ranks["impact-cost-free-day-24m-contrast"],
    ) == (1, 2, 3, 3)


def test_denominators_that_fit_are_listed():
    """CHAMP: 139 women are 59.9% of 232 people only; 172 people are 76.0% of nobody."""
    assert consistency.denominators("59.9", 254, 139) == [232]
    assert consistency.denominators("76.0", 10_000, 172) == []
    assert 254 in consistency.denominators("47.6", 254)


# The register


def test_the_register_describes_every_check_once():
    names = [spec.name for spec in consistency.register()]
    assert len(set(names)) == len(names)
    for spec in consistency.register():
        assert all((spec.needs, spec.tests, spec.rounding, spec.origin))
        assert spec.test.__doc__
        assert spec.test.__module__.startswith("livingreview.checks.consistency.")
    package = evidence.load().package["resources"]
    words = {
        (resource["name"], field["name"]): field["constraints"]["enum"]
        for resource in package
        for field in resource["schema"]["fields"]
        if "enum" in field.get("constraints", {})
    }
    assert words["explanations", "check"] == names
    assert words["explanations", "kind"] == list(consistency.KINDS)
    assert set(words["relations", "check"]) <= set(names)


def test_every_check_finds_its_cases():
    """Three have none in the evidence as it is; a contributor's row can bring one."""
    used = {one.check for one in found()}
    without = {spec.name for spec in consistency.register()} - used
    assert without == {"mean of whole numbers", "standard deviation of a proportion", "ratios of one outcome"}
    faults = planted("champ-opioid-days-3m-cc", estimate="1.44", n="10", denominator_basis="printed")
    assert "mean of whole numbers" in {one.check for one in faults}
    faults = planted("champ-baseline-taking-moud-baseline", sd="12.4")
    assert "standard deviation of a proportion" in {one.check for one in faults}
    faults = planted("hitides-response-6m-contrast", measure="risk_ratio")
    assert "risk ratio from the arms" in {one.check for one in faults}


@pytest.mark.parametrize(
    "cells",
    [
        {"n": "0"},
        {"n": "half"},
        {"n": "999999999999999", "events": "1"},
        {"estimate": "-5"},
        {"estimate": "1e9"},
        {"estimate": "", "ci_low": ""},
        {"ci_low": "-1", "ci_high": "-2"},
        {"ci_low": "4.38", "ci_high": "4.38", "estimate": "4.38"},
        {"ci_level": "0"},
        {"p_value": "0", "p_operator": "="},
        {"p_value": "19"},
        {"months": "soon"},
        {"measure": "chi_square", "unit": "chi-square, 1 df", "estimate": "-3"},
    ],
)
@pytest.mark.parametrize(
    "row_id",
    [
        "impact-response-12m-contrast",
        "impact-cardiac-event-96m-indiana",
        "champ-opioid-days-contrast-cohen-d",
        "proud-oud-years-24m-contrast",
        "incpad-response-3m-contrast-depressed",
        "btb-response-8m-contrast",
    ],
)
def test_impossible_numbers_stop_nothing(row_id, cells):
    assert isinstance(planted(row_id, **cells), list)


def test_it_is_quick_and_needs_no_scipy():
    start = time.process_time()
    consistency.coverage(evidence.load())
    assert time.process_time() - start < 1
    code = "import sys; from livingreview.checks import consistency; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_details_are_sentences():
    for one in found():
        assert re.search(r"\.$", one.detail), one
        assert "nan" not in one.detail
        assert json.dumps(one.detail).isascii()
