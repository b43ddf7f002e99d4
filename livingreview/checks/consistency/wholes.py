"""Checks that compare wholes with their parts, sources with each other, and a trial with its plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from livingreview.checks.consistency.outcome import (
    PROBABILITY_POINTS,
    SIZE_GAP,
    WIDTH_FACTOR,
    Check,
    compare,
    show,
    times,
)
from livingreview.checks.consistency.people import counts_of, either
from livingreview.statistics import effects
from livingreview.statistics.rounding import Printed, Span, span, spread

_NORMAL = NormalDist()


def mean_of_arms(whole: str, first: tuple[str, str], second: tuple[str, str]) -> Check:
    """Whether the value for both arms together is the mean of the two, weighted by size.

    Parameters
    ----------
    whole : str
        Value of both arms together, as printed.
    first, second : pair of str
        Value as printed and people, of each arm.
    """
    n, m = int(first[1]), int(second[1])
    expected = spread(lambda a, b: (n * a + m * b) / (n + m), span(first[0]), span(second[0]))
    middle = (n * float(first[0]) + m * float(second[0])) / (n + m)
    detail = f"{first[0]} of {n} people and {second[0]} of {m} make {show(middle)} together, printed {whole}."
    return compare(expected, span(whole), detail)


def parts_sum(whole: Printed, parts: Sequence[Printed], weights: Sequence[float] = ()) -> Check:
    """Whether parts add up to their whole.

    Parameters
    ----------
    whole : str or int
        As printed, or as counted.
    parts : sequence of str or int
        As printed, or as counted.
    weights : sequence of float
        Factor of each part; 1 by default.
    """
    pairs = list(zip(parts, weights or [1.0] * len(parts), strict=True))
    ends = [sorted((weight * span(part).low, weight * span(part).high)) for part, weight in pairs]
    expected = Span(sum(low for low, _ in ends), sum(high for _, high in ends))
    words = "".join(_term(part, weight) for part, weight in pairs).removeprefix(" + ")
    total = sum(weight * float(part) for part, weight in pairs)
    return compare(expected, span(whole), f"{words} is {show(total)}, printed {whole}.")


def _term(part: Printed, weight: float) -> str:
    """Write a term of a sum with its sign."""
    size = str(part).removeprefix("-")
    times = "" if abs(weight) == 1 else f"{abs(weight):g} x "
    return f" {'-' if weight * float(part) < 0 else '+'} {times}{size}"


def counts_sum(whole: int, parts: Sequence[tuple[str, str]]) -> Check:
    """Whether the people behind printed percentages can add up to a printed count.

    Parameters
    ----------
    whole : int
        Count of people.
    parts : sequence of pairs of str
        Percentage as printed, and its denominator in people.
    """
    counts = [counts_of(span(percent), int(n)) for percent, n in parts]
    if not all(counts):
        return Check(False, "a percentage is no whole number of its people.", "no whole number fits")
    expected = Span(sum(numbers[0] for numbers in counts), sum(numbers[-1] for numbers in counts))
    words = " + ".join(either(numbers) for numbers in counts)
    return compare(expected, span(whole), f"the percentages stand for {words}, printed {whole}.")


def ratio_of_parts(ratio: Printed, numerator: Printed, denominator: Printed, factor: float = 1.0) -> Check:
    """Whether a ratio, such as cost per day, is that of its two parts.

    Parameters
    ----------
    ratio, numerator, denominator : str or int
        As printed, or as counted.
    factor : float
        Factor of the ratio, such as days in a year over the weight of a day.
    """
    expected = spread(lambda a, b: factor * a / b, span(numerator), span(denominator))
    middle = factor * float(numerator) / float(denominator)
    multiplied = "" if factor == 1 else f" times {factor:g}"
    detail = f"{numerator} / {denominator}{multiplied} is {show(middle)}, printed {ratio}."
    return compare(expected, span(ratio), detail)


def interval_carries_cost(
    low: str, high: str, cost: tuple[str, str], effect: Printed = 1, factor: float = 1.0
) -> Check:
    """Whether the interval of a cost ratio or a net benefit is at least as wide as the uncertainty of the cost implies.

    Parameters
    ----------
    low, high : str
        Limits of the ratio, as printed.
    cost : pair of str
        Limits of the difference in cost, as printed.
    effect : str or int
        Difference in effect, as printed, by which the cost is divided; 1 for a net benefit.
    factor : float
        As in `ratio_of_parts`.
    """
    least = spread(lambda a, b, e: factor * (b - a) / abs(e), span(cost[0]), span(cost[1]), span(effect))
    width = spread(lambda a, b: b - a, span(low), span(high))
    share = (float(high) - float(low)) / ((least.low + least.high) / 2)
    agrees = width.high >= least.low / WIDTH_FACTOR
    alone = f"as the cost ({cost[0]} to {cost[1]}) alone makes it"
    detail = f"the interval {low} to {high} is {share:.2g} times as wide {alone}."
    return Check(agrees, detail, "" if agrees else f"{times(least.low / width.high)} too narrow")


def probability_of_intervals(percent: str, *estimates: tuple[str, str, str]) -> Check:
    """Whether the probability of a saving follows from the interval of the difference, or from those of the two arms.

    Parameters
    ----------
    percent : str
        Probability as printed.
    *estimates : triple of str
        Estimate and 95% limits of the difference in cost, or of the costs of the first and the second arm.
    """
    unit = effects.se_from_interval(-1, 1) / 2
    errors = [spread(lambda a, b: (b - a) * unit, span(low), span(high)) for _, low, high in estimates]
    signs = (1.0, -1.0)[: len(estimates)]
    value = parts = Span(0.0, 0.0)
    for sign, (estimate, _, _) in zip(signs, estimates, strict=True):
        parts = spread(lambda x, s=sign: s * x, span(estimate))
        value = Span(value.low + parts.low, value.high + parts.high)
    expected = spread(lambda x, *se: 100 * _NORMAL.cdf(-x / math.hypot(*se)), value, *errors)
    middle = (expected.low + expected.high) / 2
    room = Span(expected.low - PROBABILITY_POINTS, expected.high + PROBABILITY_POINTS)
    shown = " and ".join(f"{estimate} ({low} to {high})" for estimate, low, high in estimates)
    return compare(room, span(percent), f"{shown} give a probability of {middle:.0f}%, printed {percent}%.", " points")


def sources_agree(first: str, second: str) -> Check:
    """Whether two sources give the same number, at the precision of the coarser one.

    Parameters
    ----------
    first, second : str
        As printed.
    """
    word = "agree" if span(first).meets(span(second)) else "do not agree"
    return compare(span(first), span(second), f"{first} and {second} {word} as far as they are printed.")


def size_reached(planned: str, achieved: str) -> Check:
    """Whether a trial came within 15% of its planned size.

    Parameters
    ----------
    planned, achieved : str
        People.
    """
    gap = (int(achieved) - int(planned)) / int(planned)
    size = f"{abs(100 * gap):.0f}%"
    detail = f"{achieved} were randomized, {size} {'more' if gap > 0 else 'fewer'} than the {planned} planned."
    return Check(abs(gap) <= SIZE_GAP, detail, "" if abs(gap) <= SIZE_GAP else size)


def time_for_follow_up(enrol_end: str, months: str, published: str) -> Check:
    """Whether the last person enrolled can have been followed up before the results were published.

    Parameters
    ----------
    enrol_end : str
        Year, month or day of the last enrolment.
    months : str
        Longest follow-up that the source reports.
    published : str
        Year of the source.
    """
    year, month = (int(part) for part in f"{enrol_end}-01".split("-")[:2])
    late = year * 12 + month + float(months) - (int(published) * 12 + 12)
    detail = f"{months} months after the last enrolment ({enrol_end}), results of {published}."
    return Check(late <= 0, detail, "" if late <= 0 else f"{show(late)} months")


def part_of_whole(part: str, whole: str) -> Check:
    """Whether a group is no larger than the whole it belongs to.

    Parameters
    ----------
    part, whole : str
        People.
    """
    over = int(part) - int(whole)
    return Check(over <= 0, f"{part} people are a part of {whole}.", "" if over <= 0 else f"{over} people")
