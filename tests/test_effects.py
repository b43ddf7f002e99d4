"""Known answers, agreement with statsmodels and SciPy, and mathematical properties of livingreview.statistics.effects.

Tolerances are by kind of quantity: half a unit of the last printed digit for published numbers, unless the
test says why it is wider; 1e-9 against other software.
"""

import csv
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from livingreview.statistics import effects
from livingreview.statistics.effects import NNT, Estimate

SOFTWARE = 1e-9


def read(name):
    with (Path(__file__).parent / "published" / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def counts(row):
    return [float(row[name]) for name in ("events_1", "n_1", "events_2", "n_2")]


def limits(estimate):
    return estimate.low, estimate.high


def numbers(estimate):
    return estimate.value, estimate.low, estimate.high


PUBLISHED = read("two_by_two.csv")
NEWCOMBE = [row for row in PUBLISHED if row["id"].startswith("newcombe-1998")]


# Published analyses of 2x2 tables


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["id"])
def test_published_two_by_two_table(row):
    estimate = getattr(effects, row["measure"].removeprefix("log_"))(*counts(row))
    scale = math.log if row["measure"].startswith("log_") else float
    for name in ("value", "low", "high"):
        if row[name]:
            found = scale(getattr(estimate, name))
            assert found == pytest.approx(float(row[name]), abs=float(row["tolerance"])), (
                name,
                row["source"],
            )


def test_every_published_row_names_its_source():
    assert all(row["source"] and float(row["tolerance"]) > 0 for row in PUBLISHED)
    assert len({row["id"] for row in PUBLISHED}) == len(PUBLISHED)


@pytest.mark.parametrize("row", NEWCOMBE, ids=lambda row: row["id"])
def test_newcombe_1998_table_ii_in_statsmodels(row):
    """The other software gives the published limits too, so the table is copied right."""
    events_1, n_1, events_2, n_2 = counts(row)
    other = confint_proportions_2indep(events_1, n_1, events_2, n_2, method="newcomb", compare="diff")
    assert limits(effects.risk_difference(events_1, n_1, events_2, n_2)) == pytest.approx(other, abs=SOFTWARE)


# Published conversions


def test_altman_1998_interval_through_infinity():
    """A risk reduction of 10% (-5% to 25%): NNTB 10, NNTB 4 through infinity to NNTH 20 (BMJ 317:1309)."""
    nnt = effects.number_needed_to_treat(Estimate(-0.10, -0.25, 0.05), increase_is_benefit=False)
    assert nnt.text(0) == "NNTB 10 (NNTB 4 to infinity to NNTH 20)"
    assert nnt.text() == "NNTB 10.0 (NNTB 4.0 to infinity to NNTH 20.0)"
    assert (nnt.direction, nnt.crosses) == ("benefit", True)
    assert nnt.value == pytest.approx(10)


def test_barrowman_2002_tissue_plasminogen_activator():
    """An absolute risk reduction of 16.6%, 0.9% to 32.2%: NNT about 6, 3.1 to 111.1 (CMAJ 166:1676)."""
    nnt = effects.number_needed_to_treat(Estimate(0.166, 0.009, 0.322), increase_is_benefit=True)
    assert nnt.text() == "NNTB 6.0 (3.1 to 111.1)"
    assert not nnt.crosses


def test_cochrane_handbook_12_5_4_3_odds_ratio_at_a_control_risk():
    """Odds ratio 0.73 at 0.3: 62 fewer per 1000, NNT 17 (Handbook 5.1.0, 12.5.4.3)."""
    p1 = effects.risk_from_odds_ratio(0.73, 0.3)
    assert p1 == pytest.approx(0.2383, abs=0.00005)
    assert round(1000 * (0.3 - p1)) == 62
    difference = Estimate(0.73, 0.73, 0.73).map(lambda ratio: effects.risk_from_odds_ratio(ratio, 0.3) - 0.3)
    nnt = effects.number_needed_to_treat(difference, increase_is_benefit=False)
    assert nnt.value == pytest.approx(16.2, abs=0.05)
    assert nnt.text(0).startswith("NNTB 17 ")


def test_cochrane_handbook_16_3_6_standard_error_of_an_odds_ratio():
    """63/295 v 84/330: ln OR -0.23, SE 0.19 (Handbook 5.1.0, 16.3.6)."""
    ratio = effects.odds_ratio(63, 295, 84, 330)
    se = effects.se_from_interval(0.548, 1.154, log=True)
    assert math.log(ratio.value) == pytest.approx(-0.23, abs=0.005)
    assert se == pytest.approx(0.19, abs=0.005)


def test_altman_bland_2011_zinc():
    """49% v 32%, P = 0.032: 17 points, 1.4 to 32.6, SE 7.940 (BMJ 343:d2090).

    The paper approximates z by 2.141 where it is 2.144, hence 0.02 on the standard error.
    """
    interval = effects.interval_from_p(17, 0.032)
    assert effects.se_from_interval(*limits(interval)) == pytest.approx(7.940, abs=0.02)
    assert limits(interval) == pytest.approx((1.4, 32.6), abs=0.1)
    assert interval.method == "derived from P"


def test_altman_bland_2011_ratio():
    """A relative risk of 0.30 with P = 0.034: z 2.117, SE 0.569 (BMJ 343:d2090); exact z is 2.120."""
    interval = effects.interval_from_p(0.30, 0.034, log=True)
    assert effects.se_from_interval(*limits(interval), log=True) == pytest.approx(0.569, abs=0.002)


def test_unutzer_2008_four_year_costs():
    """29422 (26479 to 32365) v 32785 (27648 to 37921): the paper gives an 87% probability of lower costs."""
    intervention, usual = Estimate(29422, 26479, 32365), Estimate(32785, 27648, 37921)
    difference = effects.difference_of_means(intervention, usual)
    assert difference.estimate.value == -3363
    assert difference.p == pytest.approx(0.27, abs=0.005)
    assert effects.probability_below(difference.estimate, 0) == pytest.approx(0.87, abs=0.005)
    assert difference.estimate.low < 0 < difference.estimate.high


def test_handbook_of_research_synthesis_table_13_4():
    """135/150 v 40/50 as a standardised difference: 0.4471, SE 0.2460 (metafor, test_misc_escalc.r, OR2D)."""
    ratio = effects.odds_ratio(135, 150, 40, 50)
    se = effects.se_from_interval(ratio.low, ratio.high, log=True)
    assert effects.smd_from_log_odds_ratio(math.log(ratio.value)) == pytest.approx(0.4471, abs=0.00005)
    assert effects.smd_from_log_odds_ratio(se) == pytest.approx(0.2460, abs=0.00005)


def test_chinn_2000_factor():
    """A log odds ratio is divided by 1.81 (Stat Med 19:3127); 0.10 is then -1.27 standard deviations."""
    assert effects.smd_from_log_odds_ratio(1.81) == pytest.approx(1, abs=0.005)
    assert effects.smd_from_log_odds_ratio(math.log(0.10)) == pytest.approx(-1.27, abs=0.005)


# Agreement with other software

FIRST_ARMS = [(events, n) for n in (7, 120, 906) for events in (1, n // 3, n - 1)]
SECOND_ARMS = [(2, 9), (4, 9), (2, 895), (447, 895)]
TABLES = [(*first, *second) for first in FIRST_ARMS for second in SECOND_ARMS]


@pytest.mark.parametrize(("events", "n"), [(0, 1), (0, 10), (3, 10), (10, 10), (408, 906), (0.5, 3)])
def test_wilson_is_that_of_statsmodels(events, n):
    assert limits(effects.risk(events, n)) == pytest.approx(
        proportion_confint(events, n, method="wilson"), abs=SOFTWARE
    )


@pytest.mark.parametrize("table", TABLES)
def test_two_by_two_is_that_of_statsmodels(table):
    e1, n1, e2, n2 = table
    difference = confint_proportions_2indep(e1, n1, e2, n2, method="newcomb", compare="diff")
    assert limits(effects.risk_difference(*table)) == pytest.approx(difference, abs=SOFTWARE)
    other = Table2x2([[e1, n1 - e1], [e2, n2 - e2]])
    ratio, odds = (other.riskratio, *other.riskratio_confint()), (other.oddsratio, *other.oddsratio_confint())
    assert numbers(effects.risk_ratio(*table)) == pytest.approx(ratio, rel=SOFTWARE)
    assert numbers(effects.odds_ratio(*table)) == pytest.approx(odds, rel=SOFTWARE)


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 10, 45, 46, 797, 1799])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_standard_error_by_t_is_that_of_scipy(df, level):
    half = stats.t.ppf((1 + level) / 2, df)
    assert effects.se_from_interval(-half, half, level=level, df=df) == pytest.approx(1, rel=1e-8)


@pytest.mark.parametrize("p", [0.999, 0.5, 0.05, 1e-4, 1e-30])
def test_interval_from_p_is_that_of_scipy(p):
    half = stats.norm.isf(0.025) * 2.5 / stats.norm.isf(p / 2)
    assert limits(effects.interval_from_p(-2.5, p)) == pytest.approx((-2.5 - half, -2.5 + half), rel=SOFTWARE)


@pytest.mark.parametrize("t", [-2.2, 0, 0.7, 12])
@pytest.mark.parametrize("df", [None, 1, 5, 28, 199])
def test_p_of_a_statistic_is_that_of_scipy(t, df):
    tail = stats.norm.sf(abs(t)) if df is None else stats.t.sf(abs(t), df)
    assert effects.p_from_t(t, df) == pytest.approx(2 * tail, rel=1e-9, abs=1e-14)


# Mathematical properties

ARM = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
OPEN_ARM = st.integers(2, 2000).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))
RATIO = st.floats(0.01, 100)
RISK = st.floats(0.001, 0.999)


@given(ARM)
def test_risk_lies_in_its_interval_within_0_and_1(arm):
    estimate = effects.risk(*arm)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.low < estimate.high


@given(ARM)
def test_risk_of_the_event_mirrors_risk_of_no_event(arm):
    events, n = arm
    with_event, without = effects.risk(events, n), effects.risk(n - events, n)
    assert limits(without) == pytest.approx((1 - with_event.high, 1 - with_event.low))


@given(ARM, ARM)
def test_risk_difference_changes_sign_when_arms_swap(first, second):
    one, other = effects.risk_difference(*first, *second), effects.risk_difference(*second, *first)
    assert numbers(other) == pytest.approx((-one.value, -one.high, -one.low))
    assert -1 <= one.low <= one.value <= one.high <= 1


@given(OPEN_ARM, OPEN_ARM)
def test_ratios_invert_when_arms_swap(first, second):
    for measure in (effects.risk_ratio, effects.odds_ratio):
        one, other = measure(*first, *second), measure(*second, *first)
        assert numbers(other) == pytest.approx((1 / one.value, 1 / one.high, 1 / one.low))
        assert 0 < one.low <= one.value <= one.high


@given(OPEN_ARM, OPEN_ARM)
def test_odds_ratio_at_the_observed_control_risk_gives_the_observed_risk_and_risk_ratio(first, second):
    ratio, control = effects.odds_ratio(*first, *second).value, second[0] / second[1]
    assert effects.risk_from_odds_ratio(ratio, control) == pytest.approx(first[0] / first[1])
    assert effects.risk_ratio_from_odds_ratio(ratio, control) == pytest.approx(
        effects.risk_ratio(*first, *second).value
    )


@given(RATIO, RISK)
def test_risk_ratio_is_nearer_to_one_than_odds_ratio(ratio, control):
    risk_ratio = effects.risk_ratio_from_odds_ratio(ratio, control)
    assert min(1, ratio) - 1e-12 <= risk_ratio <= max(1, ratio) + 1e-12
    assert 0 <= effects.risk_from_odds_ratio(ratio, control) <= 1


@given(st.floats(0.1, 10).filter(lambda value: value != 1), st.floats(1e-6, 0.9), st.booleans())
def test_p_value_and_interval_round_trip(value, p, log):
    scale = math.log if log else float
    interval = effects.interval_from_p(value, p, log=log).map(scale)
    z = interval.value / effects.se_from_interval(*limits(interval))
    assert effects.p_from_t(z) == pytest.approx(p)


THOUSANDTHS = st.integers(0, 1000).map(lambda count: count / 1000)


@given(st.integers(-1000, 1000), THOUSANDTHS, THOUSANDTHS, st.booleans())
def test_number_needed_to_treat_inverts_the_limits_and_knows_the_side(thousandths, below, above, up):
    value = thousandths / 1000
    difference = Estimate(value, max(-1, value - below), min(1, value + above))
    nnt = effects.number_needed_to_treat(difference, increase_is_benefit=up)
    assert nnt.direction == ("neither" if value == 0 else "benefit" if (value > 0) is up else "harm")
    assert nnt.crosses is (difference.low < 0 < difference.high)
    assert nnt.crosses is ("NNTB" in nnt.text() and "NNTH" in nnt.text())
    assert nnt.value >= 1


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0.1, 10), st.floats(0.1, 10))
def test_difference_of_means_changes_sign_when_arms_swap(one, two, width_1, width_2):
    first, second = Estimate(one, one - width_1, one + width_1), Estimate(two, two - width_2, two + width_2)
    forth, back = effects.difference_of_means(first, second), effects.difference_of_means(second, first)
    assert back.estimate.value == -forth.estimate.value
    assert back.se == pytest.approx(forth.se)
    assert back.p == pytest.approx(forth.p)


# Plain cases


@pytest.mark.parametrize(
    ("benefit", "text", "whole"),
    [
        (
            Estimate(0.08, -0.025, 0.1639),
            "NNTB 12.5 (NNTB 6.1 to infinity to NNTH 40.0)",
            "NNTB 13 (NNTB 7 to infinity to NNTH 40)",
        ),
        (
            Estimate(-0.1, -0.2, 0.05),
            "NNTH 10.0 (NNTH 5.0 to infinity to NNTB 20.0)",
            "NNTH 10 (NNTH 5 to infinity to NNTB 20)",
        ),
        (Estimate(-0.1, -0.2, -0.05), "NNTH 10.0 (5.0 to 20.0)", "NNTH 10 (5 to 20)"),
        (Estimate(0.1, 0, 0.2), "NNTB 10.0 (5.0 to infinity)", "NNTB 10 (5 to infinity)"),
        (Estimate(0, -0.2, 0), "infinity (NNTH 5.0 to infinity)", "infinity (NNTH 5 to infinity)"),
        (
            Estimate(0, -0.25, 0.25),
            "infinity (NNTB 4.0 to infinity to NNTH 4.0)",
            "infinity (NNTB 4 to infinity to NNTH 4)",
        ),
        (Estimate(0.3 - 0.2, 0.05, 0.2), "NNTB 10.0 (5.0 to 20.0)", "NNTB 10 (5 to 20)"),
    ],
)
def test_text_of_a_number_needed_to_treat(benefit, text, whole):
    assert (NNT(benefit).text(), NNT(benefit).text(0)) == (text, whole)


def test_events_from_percent_are_not_rounded():
    assert effects.events_from_percent(45, 906) == pytest.approx(407.7)
    assert effects.risk(effects.events_from_percent(45, 906), 906).value == pytest.approx(0.45)


def test_map_puts_the_limits_back_in_order():
    falling = Estimate(2, 1, 4, level=0.9, method="by hand").map(lambda value: 1 / value)
    assert falling == Estimate(0.5, 0.25, 1, level=0.9, method="by hand")


def test_probability_below_of_a_melanoma_trial():
    """Shakespeare 2001 and its lecture: hazard ratio 0.72, SE 0.192; confidence of at least 15% benefit is 80%."""
    estimate = Estimate(math.log(0.72), math.log(0.72) - 1.959964 * 0.192, math.log(0.72) + 1.959964 * 0.192)
    assert effects.probability_below(estimate, math.log(0.85)) == pytest.approx(0.80, abs=0.01)


def test_probability_below_of_a_trial_reanalysed_with_a_vague_prior():
    """Hamilton 2021, abstract: any benefit 64%, at least one percentage point 18%; simulated, so to 2 points."""
    first, second = 1398 / 5795, 1408 / 5763
    se = math.sqrt(first * (1 - first) / 5795 + second * (1 - second) / 5763)
    fewer = Estimate(first - second, first - second - 1.959964 * se, first - second + 1.959964 * se)
    assert effects.probability_below(fewer, 0) == pytest.approx(0.64, abs=0.02)
    assert effects.probability_below(fewer, -0.01) == pytest.approx(0.18, abs=0.02)


@given(st.floats(-9, 9), st.floats(0.1, 5), st.floats(-9, 9))
def test_probability_below_is_that_of_scipy(value, se, limit):
    half = stats.norm.ppf(0.975) * se
    found = effects.probability_below(Estimate(value, value - half, value + half), limit)
    assert found == pytest.approx(stats.norm.cdf(limit, value, se), abs=1e-9)


def test_difference_in_differences():
    assert effects.difference_in_differences(10, 25, 11, 14) == 12


def test_interval_level_is_used():
    narrow, wide = Estimate(1, 0, 2, level=0.9), Estimate(1, 0, 2, level=0.95)
    assert effects.probability_below(narrow, 0) == pytest.approx(stats.norm.sf(stats.norm.ppf(0.95)))
    assert effects.probability_below(wide, 0) == pytest.approx(stats.norm.sf(stats.norm.ppf(0.975)))


def test_import_loads_nothing_heavy():
    heavy = {"numpy", "scipy", "pandas", "statsmodels"}
    code = f"import sys, livingreview.statistics.effects; print({heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


# Input that cannot be

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Estimate(NAN, 0, 1), "estimate: must be a finite number, found nan"),
        (lambda: Estimate(0.5, NAN, 1), "must enclose its estimate 0.5, found nan to 1"),
        (lambda: Estimate(0.5, 0.9, 0.1), "must enclose its estimate 0.5, found 0.9 to 0.1"),
        (lambda: Estimate(2, 0, 1), "must enclose its estimate 2, found 0 to 1"),
        (lambda: Estimate(0.5, 0, 1, level=95), "confidence level: must be above 0 and below 1, found 95"),
        (lambda: effects.risk(0, 0), "n: must be above 0, found 0"),
        (lambda: effects.risk(12, 10), "events among 10 people: must be at least 0 and at most 10, found 12"),
        (lambda: effects.risk(-1, 10), "events among 10 people: must be at least 0"),
        (lambda: effects.risk(NAN, 10), "events among 10 people: must be a finite number"),
        (lambda: effects.risk_difference(1, 10, 1, NAN), "n: must be a finite number"),
        (lambda: effects.risk_ratio(0, 10, 3, 10), "risk ratio: needs events in each arm"),
        (lambda: effects.risk_ratio(10, 10, 5, 5), "risk ratio: .* and someone without"),
        (lambda: effects.odds_ratio(10, 10, 3, 10), "odds ratio: needs events and non-events in each arm"),
        (lambda: effects.odds_ratio(3, 10, 0, 10), "odds ratio: needs events and non-events in each arm"),
        (
            lambda: effects.events_from_percent(101, 10),
            "percentage: must be at least 0 and at most 100, found 101",
        ),
        (lambda: effects.events_from_percent(10, 0), "n: must be above 0"),
        (
            lambda: effects.number_needed_to_treat(Estimate(25, 20, 30), increase_is_benefit=True),
            "a proportion, not a percentage.*found 25",
        ),
        (
            lambda: effects.number_needed_to_treat(Estimate(1, 0, 1.5), increase_is_benefit=True),
            "must be at least -1 and at most 1, found 1.5",
        ),
        (lambda: effects.risk_from_odds_ratio(0, 0.3), "odds ratio: must be above 0"),
        (
            lambda: effects.risk_from_odds_ratio(2, 30),
            "control risk: must be at least 0 and at most 1, found 30",
        ),
        (lambda: effects.risk_ratio_from_odds_ratio(NAN, 0.3), "odds ratio: must be a finite number"),
        (lambda: effects.se_from_interval(2, 1), "upper limit: must be at least 2, found 1"),
        (lambda: effects.se_from_interval(-INF, 1), "lower limit: must be a finite number"),
        (lambda: effects.se_from_interval(0, 2, log=True), "lower limit of a ratio: must be above 0"),
        (lambda: effects.se_from_interval(0, 2, level=1), "confidence level"),
        (lambda: effects.se_from_interval(0, 2, df=0), "degrees of freedom: must be at least 1"),
        (lambda: effects.se_from_interval(0, 2, level=1 - 1e-12, df=9), "P for a t distribution"),
        (lambda: effects.interval_from_p(0.4, 0), "P: must be above 0 and below 1, found 0"),
        (lambda: effects.interval_from_p(0.4, NAN), "P: must be a finite number"),
        (lambda: effects.interval_from_p(0, 0.5), "size of the effect: must be above 0"),
        (lambda: effects.interval_from_p(1, 0.5, log=True), "size of the effect: must be above 0"),
        (lambda: effects.interval_from_p(-1, 0.5, log=True), "ratio: must be above 0"),
        (lambda: effects.probability_below(Estimate(1, 1, 1), 0), "width of the interval: must be above 0"),
        (
            lambda: effects.difference_of_means(Estimate(1, 0, INF), Estimate(1, 0, 2)),
            "upper limit: must be a finite",
        ),
        (
            lambda: effects.difference_of_means(Estimate(1, 1, 1), Estimate(2, 2, 2)),
            "standard error of the difference",
        ),
        (lambda: effects.smd_from_log_odds_ratio(NAN), "log odds ratio: must be a finite number"),
        (lambda: effects.difference_in_differences(1, NAN, 1, 1), "rate: must be a finite number"),
    ],
)
def test_impossible_input_is_refused_in_plain_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()
