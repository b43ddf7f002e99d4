"""Checks that compare estimates, intervals, test statistics and P values with each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Literal

from livingreview.checks.consistency.outcome import (
    CLUSTER_ROOM,
    LEAST_DF,
    LEAST_SPREAD,
    P_FACTOR,
    P_FACTOR_ARMS,
    Check,
    compare,
    compare_p,
    distance,
    few,
    p_of,
    printed_p,
    scaled,
    show,
)
from livingreview.evidence.measures import IntervalScale
from livingreview.statistics import effects
from livingreview.statistics.rounding import Span, exactly, span, spread


def _back(value: float, scale: str) -> float:
    return math.exp(value) if scale == "log" else 1 / value if scale == "reciprocal" else value


def interval_symmetric(estimate: str, low: str, high: str, *, scale: IntervalScale = "plain") -> Check:
    """Whether the estimate is in the middle of its interval, on the scale on which the interval was made.

    Parameters
    ----------
    estimate, low, high : str
        As printed.
    scale : {"plain", "log", "reciprocal", "share"}
        ``log`` for ratios, ``reciprocal`` for a number needed to treat, ``share`` for a percentage: its interval is
        symmetric on the plain scale (Wald) or on that of the logit (Wilson).

    Raises
    ------
    ValueError
        If a ratio has limits at or below zero.
    """
    three = span(estimate), span(low), span(high)
    if scale == "log" and min(limit.high for limit in three) <= 0:
        raise ValueError(f"interval of a ratio: must be above zero, found {low} to {high}")
    outcomes = [_centred(three, limit) for limit in (("plain", "logit") if scale == "share" else (scale,))]
    middle, off = outcomes[0]
    agrees = any(not off for _, off in outcomes)
    detail = f"the middle of {low} to {high} is {show(middle)}, printed {estimate}."
    return Check(agrees, detail, "" if agrees else f"{100 * off:.2g}% of half the interval, beyond rounding")


def _centred(three: tuple[Span, Span, Span], scale: str) -> tuple[float, float]:
    """Middle of an interval, and distance of the estimate from it in half-widths of the interval."""
    estimate, low, high = (scaled(part, scale) for part in three)
    middle = Span((low.low + high.low) / 2, (low.high + high.high) / 2)
    ends = (scaled(exactly((part.low + part.high) / 2), scale).low for part in three[1:])
    return _back(sum(ends) / 2, scale), middle.gap(estimate) / (abs(high.high - low.low) / 2 or 1)


def _distance_of_interval(three: Sequence[Span], level: float, df: int | None) -> Span:
    """How many standard errors an estimate is from zero, given the estimate with one or two limits."""
    value, *limits = three
    if len(limits) == 2:
        unit = effects.se_from_interval(-1, 1, level=level, df=df) / 2
        near, far = sorted(limits, key=lambda limit: limit.low)
    else:
        unit = effects.se_from_interval(-1, 1, level=2 * level - 1, df=df)
        near, far = sorted((value, limits[0]), key=lambda limit: limit.low)
    half = Span(max(far.low - near.high, 0.0), far.high - near.low)
    return distance(value, Span(half.low * unit, half.high * unit))


def interval_and_p(
    estimate: str,
    low: str,
    high: str,
    operator: str,
    p: str,
    *,
    scale: IntervalScale = "plain",
    level: float = effects.LEVEL,
    df: int | None = None,
) -> Check:
    """Whether the P value follows from the interval, and lies on the same side of 5%.

    Parameters
    ----------
    estimate, low, high : str
        As printed; one limit of a one-sided interval is blank.
    operator, p : str
        P value as printed.
    scale : {"plain", "log", "reciprocal"}
        Scale on which the interval is symmetric.
    level : float
        Level of the interval, as a proportion.
    df : int, optional
        Fewest degrees of freedom that the analysis may have had; the normal distribution is tried too.
    """
    three = [scaled(span(x), scale) for x in (estimate, low, high) if x]
    ends = [p_of(_distance_of_interval(three, level, choice), choice) for choice in {None, df}]
    expected = Span(min(end.low for end in ends), max(end.high for end in ends))
    middles = [scaled(exactly(x), scale) for x in (estimate, low, high) if x]
    centre = effects.p_from_t(_distance_of_interval(middles, level, None).low)
    limits = sorted(three[1:], key=lambda limit: limit.low)
    shown = f"{low or 'minus infinity'} to {high or 'infinity'}"
    detail = f"the interval {shown} implies P of about {centre:.2g}, printed {operator} {p}."
    check = compare_p(expected, operator, p, P_FACTOR, detail)
    if check.agrees and len(limits) == 2 and level == effects.LEVEL:
        printed = printed_p(operator, p)
        outside, inside = limits[0].low > 0 or limits[1].high < 0, limits[0].high < 0 < limits[1].low
        if (outside and printed.low > 0.05) or (inside and printed.high < 0.05):
            word = "leaves out" if outside else "includes"
            return Check(False, f"{detail} The interval {word} no difference.", "on the other side of 5%")
    return check


def statistic_and_p(
    kind: Literal["t", "z", "chi2"], value: str, operator: str, p: str, *, df: int | None = None
) -> Check:
    """Whether the P value follows from a printed test statistic, allowing only for rounding.

    Parameters
    ----------
    kind : {"t", "z", "chi2"}
        Test; chi-square on 1 degree of freedom.
    value, operator, p : str
        As printed.
    df : int, optional
        Degrees of freedom of t; from 20 to infinity if not printed.
    """
    t = distance(span(value), exactly(1))
    if kind == "chi2":
        t = spread(math.sqrt, t)
    choices = (None, LEAST_DF) if kind == "t" and df is None else (df,)
    name = {"t": "t", "z": "z", "chi2": "chi-square"}[kind]
    centre = effects.p_from_t((t.low + t.high) / 2, df)
    return compare_p(
        p_of(t, *choices), operator, p, 1, f"{name} = {value} gives P = {centre:.2g}, printed {operator} {p}."
    )


def smd_and_p(smd: str, operator: str, p: str, n: str) -> Check:
    """Whether the P value follows from a standardized mean difference between two arms of similar size.

    Parameters
    ----------
    smd, operator, p : str
        As printed.
    n : str
        People in both arms.
    """
    df = few(int(n) - 2)
    t = distance(span(smd), exactly(2 / math.sqrt(int(n))))
    centre = effects.p_from_t((t.low + t.high) / 2, df)
    detail = f"d = {smd} among {n} people in equal arms gives P of about {centre:.2g}, printed {operator} {p}."
    return compare_p(p_of(t, df), operator, p, P_FACTOR_ARMS, detail)


def _normal_distance(p: float) -> float:
    """How many standard errors an estimate with a P value is from zero."""
    return NormalDist().inv_cdf(1 - p / 2)


def spread_on_scale(
    estimate: str, low: str, high: str, operator: str, p: str, *, n: str, whole: float, clustered: bool = False
) -> Check:
    """Whether a difference of means is as sure as people on that scale can make it.

    Interval or P value, and the number of people, give the standard deviation of a person's value. It is at most half
    of the range, when half of the people are at either end, and hardly below a twentieth of it.

    Parameters
    ----------
    estimate, low, high : str
        As printed; the limits, of 95%, are blank where the P value is used.
    operator, p : str
        P value as printed.
    n : str
        People in both arms.
    whole : float
        From the lower end of the scale to the higher.
    clustered : bool
        Whether clinics were randomised, which makes a difference less sure than people alone do.
    """
    if low:
        width = spread(lambda a, b: b - a, span(low), span(high))
        unit = effects.se_from_interval(-1, 1) / 2
        se, middle = Span(width.low * unit, width.high * unit), (float(high) - float(low)) * unit
        of = f"the interval {low} to {high}"
    else:
        chance, size = printed_p(operator, p), spread(abs, span(estimate))
        far, near = (_normal_distance(p_limit) for p_limit in (max(chance.low, 1e-12), min(chance.high, 1 - 1e-9)))
        se, middle = Span(size.low / far, size.high / near), abs(float(estimate)) / _normal_distance(float(p))
        of = f"{estimate} with P {operator} {p}"
    people = math.sqrt(int(n)) / 2
    least, most = whole / LEAST_SPREAD, whole / 2 * (CLUSTER_ROOM if clustered else 1)
    detail = f"{of} among {n} people gives a standard deviation of {show(middle * people)} on a scale of {whole:g}."
    return compare(Span(se.low * people, se.high * people), Span(least, most), detail)
