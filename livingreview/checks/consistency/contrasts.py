"""Checks that compare contrasts with what is printed for the two arms."""

from __future__ import annotations

import math
from collections.abc import Callable

from livingreview.checks.consistency.outcome import (
    P_FACTOR_ARMS,
    RATIO_FACTOR,
    WIDTH_FACTOR,
    Check,
    compare,
    compare_factor,
    compare_p,
    distance,
    few,
    p_of,
    positive,
    printed_p,
    scaled,
    share,
    show,
)
from livingreview.statistics import effects
from livingreview.statistics.rounding import Span, decimals, exactly, span, spread


def difference_of_arms(difference: str, first: str, second: str) -> Check:
    """Whether a difference is that of the two printed means.

    Parameters
    ----------
    difference, first, second : str
        As printed; the difference is first minus second.
    """
    expected = spread(lambda a, b: a - b, span(first), span(second))
    middle = float(first) - float(second)
    return compare(expected, span(difference), f"{first} minus {second} is {show(middle)}, printed {difference}.")


def difference_in_differences(printed: str, before_1: str, after_1: str, before_2: str, after_2: str) -> Check:
    """Whether a difference in differences is that of the four printed rates.

    Parameters
    ----------
    printed : str
        The difference, first arm minus second.
    before_1, after_1, before_2, after_2 : str
        The rates as printed.
    """
    four = (before_1, after_1, before_2, after_2)
    expected = spread(effects.difference_in_differences, *map(span, four))
    middle = effects.difference_in_differences(*map(float, four))
    detail = f"({after_1} minus {before_1}) minus ({after_2} minus {before_2}) is {show(middle)}, printed {printed}."
    return compare(expected, span(printed), detail)


def _of_shares(function: Callable[[float, float], float], name: str, printed: str, percents: tuple[str, str]) -> Check:
    """Compare a ratio with that of two percentages; an odds or hazard ratio may be adjusted."""
    expected = spread(function, *(positive(share(span(percent)), 1 - 1e-9) for percent in percents))
    middle = function(*(float(percent) / 100 for percent in percents))
    detail = f"{percents[0]}% and {percents[1]}% give {name} of {show(middle)}, printed {printed}."
    return compare_factor(expected, span(printed), 1 if name == "a risk ratio" else RATIO_FACTOR, detail)


def odds_ratio_of_arms(ratio: str, first: str, second: str) -> Check:
    """Whether an odds ratio, which may be adjusted, is near that of the two printed percentages.

    Parameters
    ----------
    ratio, first, second : str
        As printed.
    """
    return _of_shares(lambda a, b: a / (1 - a) / (b / (1 - b)), "an odds ratio", ratio, (first, second))


def hazard_ratio_of_arms(ratio: str, first: str, second: str) -> Check:
    """Whether a hazard ratio is near that of the two printed percentages, if hazards are proportional.

    Parameters
    ----------
    ratio, first, second : str
        As printed; the percentages had the event by the end of the same time.
    """
    return _of_shares(lambda a, b: math.log(1 - a) / math.log(1 - b), "a hazard ratio", ratio, (first, second))


def risk_ratio_of_arms(
    ratio: str, first: str, second: str, counts: tuple[tuple[str, str], tuple[str, str]] | None = None
) -> Check:
    """Whether a risk ratio is that of the two arms: of their counts if printed, else of their percentages.

    Parameters
    ----------
    ratio, first, second : str
        The ratio and the percentages as printed.
    counts : pair of pairs of str, optional
        People with the event and people, in each arm.
    """
    if counts is None:
        return _of_shares(lambda a, b: a / b, "a risk ratio", ratio, (first, second))
    (a, n), (b, m) = counts
    expected = int(a) / int(n) / (int(b) / int(m))
    return compare(exactly(expected), span(ratio), f"{a} of {n} over {b} of {m} is {show(expected)}, printed {ratio}.")


def nnt_of_arms(number: str, first: str, second: str) -> Check:
    """Whether a number needed to treat is that of the two printed percentages; it may have been rounded up.

    Parameters
    ----------
    number, first, second : str
        As printed.
    """
    difference = distance(spread(lambda a, b: (a - b) / 100, span(first), span(second)), exactly(1))
    printed = span(number)
    if not decimals(number):
        printed = Span(float(number) - 1, printed.high)
    expected = Span(1 / difference.high, 1 / difference.low if difference.low > 0 else math.inf)
    middle = 100 / abs(float(first) - float(second)) if first != second else math.inf
    detail = f"{first}% and {second}% give a number needed to treat of {show(middle)}, printed {number}."
    return compare(expected, printed, detail)


def _width(low: str, high: str, se: Span, detail: str, df: int | None = None, *, log: bool = False) -> Check:
    """Compare the width of an interval with that from a standard error, allowing for a factor."""
    bounds = [scaled(span(x), "log" if log else "plain") for x in (low, high)]
    printed = Span(bounds[1].low - bounds[0].high, bounds[1].high - bounds[0].low)
    unit = 2 / effects.se_from_interval(-1, 1, df=df)
    expected = Span(se.low * unit, se.high * unit)
    ends = (float(low), float(high))
    wide = math.log(ends[1] / ends[0]) if log else ends[1] - ends[0]
    ratio = wide / ((expected.low + expected.high) / 2)
    words = f"the interval {low} to {high} is {ratio:.2f} times as wide as {detail}."
    return compare_factor(expected, printed, WIDTH_FACTOR, words)


def interval_of_means(
    low: str, high: str, first: tuple[str, str], second: tuple[str, str], *, errors: bool = False
) -> Check:
    """Whether the interval of a difference is as wide as the spread of the two arms makes it.

    Parameters
    ----------
    low, high : str
        Limits of the difference, as printed.
    first, second : pair of str
        Standard deviation and people of each arm; or, if `errors` is true, standard error and anything.
    errors : bool
        Whether standard errors are given.
    """
    df = None if errors else few(int(first[1]) + int(second[1]) - 2)
    parts = [span(sd) for sd, _ in (first, second)]
    roots = (1.0, 1.0) if errors else (math.sqrt(int(first[1])), math.sqrt(int(second[1])))
    se = spread(lambda a, b: math.hypot(a / roots[0], b / roots[1]), *parts)
    return _width(low, high, se, f"the standard {'errors' if errors else 'deviations'} of the arms give", df)


def interval_of_counts(low: str, high: str, first: tuple[str, str], second: tuple[str, str], *, odds: bool) -> Check:
    """Whether the interval of a risk or odds ratio is as wide as the counts of the two arms make it.

    Parameters
    ----------
    low, high : str
        Limits of the ratio, as printed.
    first, second : pair of str
        Percentage as printed and people, of each arm.
    odds : bool
        Whether it is an odds ratio.
    """

    def error(a: float, b: float) -> float:
        total = 0.0
        for risk, n in ((a, int(first[1])), (b, int(second[1]))):
            total += 1 / (n * risk * (1 - risk)) if odds else (1 - risk) / (n * risk)
        return math.sqrt(total)

    se = spread(error, *(positive(share(span(percent)), 1 - 1e-9) for percent, _ in (first, second)))
    return _width(low, high, se, "the counts of the arms give", log=True)


def p_of_percentages(
    operator: str, p: str, first: tuple[str, str], second: tuple[str, str], *, at_most: bool = False
) -> Check:
    """Whether the P value of a contrast is near the crude one of the two printed percentages.

    Parameters
    ----------
    operator, p : str
        As printed.
    first, second : pair of str
        Percentage as printed and people, of each arm.
    at_most : bool
        Whether these are upper limits of the people counted: then only too small a P value is wrong.
    """

    def z(a: float, b: float) -> float:
        n, m = int(first[1]), int(second[1])
        pooled = (a * n + b * m) / (n + m)
        return abs(a - b) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)) if 0 < pooled < 1 else 0.0

    risk_1, risk_2 = (share(span(percent)) for percent, _ in (first, second))
    t = spread(z, risk_1, risk_2)
    t = Span(0.0, t.high) if risk_1.meets(risk_2) else t
    middle = effects.p_from_t(z(float(first[0]) / 100, float(second[0]) / 100))
    sizes = f"{'at most ' if at_most else ''}{first[1]} and {second[1]} people"
    detail = f"{first[0]}% and {second[0]}% of {sizes} give a crude P of {middle:.2g}, printed {operator} {p}."
    expected = p_of(t, None)
    return compare_p(Span(expected.low, 1.0) if at_most else expected, operator, p, P_FACTOR_ARMS, detail)


def p_of_intervals(operator: str, p: str, first: tuple[str, str, str], second: tuple[str, str, str]) -> Check:
    """Whether the P value of a contrast is near that of two independent estimates with their 95% intervals.

    Parameters
    ----------
    operator, p : str
        As printed.
    first, second : triple of str
        Estimate and limits of each arm, as printed.
    """
    difference = spread(lambda a, b: a - b, span(first[0]), span(second[0]))
    unit = effects.se_from_interval(-1, 1) / 2
    errors = []
    for _, low, high in (first, second):
        width = spread(lambda a, b: b - a, span(low), span(high))
        errors.append(Span(max(width.low, 0.0) * unit, width.high * unit))
    t = distance(difference, spread(math.hypot, *errors))
    middle = abs(float(first[0]) - float(second[0])) / math.hypot(*((error.low + error.high) / 2 for error in errors))
    shown = " and ".join(f"{value} ({low} to {high})" for value, low, high in (first, second))
    detail = f"{shown} give P of about {effects.p_from_t(middle):.2g}, printed {operator} {p}."
    return compare_p(p_of(t, None), operator, p, P_FACTOR_ARMS, detail)


def ratios_agree(odds_ratio: str, risk_ratio: str, control: str) -> Check:
    """Whether an odds ratio and a risk ratio of one outcome are consistent at the control's percentage.

    Parameters
    ----------
    odds_ratio, risk_ratio, control : str
        As printed.
    """
    risk = positive(share(span(control)), 1 - 1e-9)
    expected = spread(effects.risk_ratio_from_odds_ratio, positive(span(odds_ratio)), risk)
    middle = effects.risk_ratio_from_odds_ratio(float(odds_ratio), float(control) / 100)
    detail = f"an odds ratio of {odds_ratio} at {control}% is a risk ratio of {show(middle)}, printed {risk_ratio}."
    return compare_factor(expected, span(risk_ratio), RATIO_FACTOR, detail)


def smd_and_ratio(smd: str, ratio: str) -> Check:
    """Whether a standardized mean difference is the logistic conversion of an odds ratio; usually it is not.

    Parameters
    ----------
    smd, ratio : str
        As printed.
    """
    expected = spread(lambda x: effects.smd_from_log_odds_ratio(math.log(x)), positive(span(ratio)))
    middle = effects.smd_from_log_odds_ratio(math.log(float(ratio)))
    detail = f"a ratio of {ratio} would amount to {show(middle)} standard deviations, printed {smd}: different scales."
    return compare(expected, span(smd), detail, " standard deviations")


def arms_in_direction(operator: str, p: str, first: str, second: str, *, better: str) -> Check:
    """Whether a significant difference is one for the intervention; one against it is rare, and worth a second look.

    Parameters
    ----------
    operator, p : str
        P value of the contrast, as printed.
    first, second : str
        Value of the intervention and of the comparator, as printed.
    better : {"higher", "lower"}
        Direction of benefit.
    """
    gap = span(first).low - span(second).high if better == "lower" else span(second).low - span(first).high
    against = gap > 0 and printed_p(operator, p).high < 0.05
    detail = f"{first} with the intervention and {second} without, {better} being better, with P {operator} {p}."
    return Check(not against, detail, "significantly against the intervention" if against else "")
