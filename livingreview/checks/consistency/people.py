"""Checks of percentages, means and standard deviations against whole numbers of people."""

from __future__ import annotations

import math
from collections.abc import Sequence

from livingreview.checks.consistency.outcome import Check, compare, show
from livingreview.statistics.rounding import Span, decimals, exactly, span

#: Most people for whom possible denominators are listed.
_MANY = 1_000_000


def denominators(percent: str, highest: int, events: int | None = None, lowest: int = 1) -> list[int]:
    """List every denominator for which a whole number of people gives the printed percentage.

    Parameters
    ----------
    percent : str
        As printed.
    highest, lowest : int
        Range of the denominator, both ends included.
    events : int, optional
        Printed count; any count by default.
    """
    values, first, last = span(percent), max(lowest, 1), highest
    if events is None:
        return [n for n in range(first, last + 1) if counts_of(values, n)]
    first = max(first, math.floor(100 * events / values.high))
    if values.low > 0:
        last = min(last, math.ceil(100 * events / values.low))
    return [n for n in range(first, last + 1) if 100 * events / n in values]


def counts_of(percent: Span, n: int) -> range:
    """Whole numbers out of n people that give a percentage."""
    return range(max(math.ceil(percent.low * n / 100 - 1e-9), 0), min(math.floor(percent.high * n / 100 + 1e-9), n) + 1)


def either(numbers: Sequence[int]) -> str:
    """Write the possible numbers, of many only the first and the last."""
    if len(numbers) > 3:
        return f"{numbers[0]} to {numbers[-1]}"
    return " or ".join(map(str, numbers))


def percent_reachable(percent: str, n: int, events: int | None = None) -> Check:
    """Whether the printed count, or any whole number of people, gives the printed percentage (GRIM).

    Parameters
    ----------
    percent : str
        Percentage as printed.
    n : int
        Denominator, people.
    events : int, optional
        Printed numerator, if any.
    """
    printed = span(percent)
    if events is not None:
        exact = 100 * events / n
        agrees = exact in printed
        detail = f"{events} of {n} is {exact:.2f}%, printed {percent}%"
        fits = [] if agrees or n > _MANY else denominators(percent, 2 * n, events)
        if fits:
            detail += f", which would be of {either(fits)} people"
        return Check(agrees, f"{detail}.", "" if agrees else f"{show(printed.gap(exactly(exact)))} percentage points")
    agrees = bool(counts_of(printed, n))
    below = math.floor(printed.low * n / 100 + 1e-9)
    near = " or ".join(f"{100 * k / n:.{decimals(percent) + 1}f}% ({k})" for k in (below, below + 1) if k <= n)
    word = "can" if agrees else "cannot"
    detail = f"a whole number of {n} people {word} be {percent}%" + ("." if agrees else f": the nearest are {near}.")
    gap = min(abs(float(percent) - 100 * k / n) for k in (below, below + 1))
    return Check(agrees, detail, "" if agrees else f"{show(gap)} percentage points")


def mean_reachable(mean: str, n: int, items: int = 1) -> Check:
    """Whether a mean of whole numbers can be the printed one (GRIM).

    Parameters
    ----------
    mean : str
        As printed.
    n : int
        People.
    items : int
        Number of whole-number items that each person's value is the mean of.
    """
    printed, parts = span(mean), n * items
    below = math.floor(printed.low * parts + 1e-9)
    agrees = any(k / parts in printed for k in range(below, math.ceil(printed.high * parts) + 1))
    near = " or ".join(f"{k / parts:.{decimals(mean) + 1}f}" for k in (below, below + 1))
    word = "can" if agrees else "cannot"
    detail = f"the mean of {n} whole numbers {word} be {mean}" + ("." if agrees else f": the nearest are {near}.")
    return Check(agrees, detail, "" if agrees else "no whole number fits")


def proportion_sd(share: str, sd: str, n: int, *, whole: int = 1) -> Check:
    """Whether the standard deviation of a proportion is the one that follows from it (DEBIT).

    Parameters
    ----------
    share, sd : str
        Proportion with the characteristic and its standard deviation, as printed.
    n : int
        People.
    whole : int
        Printed value for everyone: 1, or 100 for percentages.
    """
    printed, printed_sd = span(share), span(sd)
    counts = counts_of(Span(printed.low * 100 / whole, printed.high * 100 / whole), n)
    if not counts:
        return Check(False, f"a whole number of {n} people cannot be {share}.", "no whole number fits")
    # the spread is largest at one half, which may lie between the two ends
    ends = {counts[0], counts[-1], min(max(n // 2, counts[0]), counts[-1])}
    expected = [whole * math.sqrt(n / (n - 1) * k / n * (1 - k / n)) for k in ends]
    detail = f"a proportion of {share} of {whole} among {n} people has a standard deviation of "
    return compare(Span(min(expected), max(expected)), printed_sd, f"{detail}{show(max(expected))}, printed {sd}.")
