"""The outcome of a check, and how recomputed numbers are compared with printed ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

from livingreview.statistics import effects
from livingreview.statistics.rounding import Span, span, spread

#: The scale on which an interval is symmetric.

#: P from an interval: a t distribution, another test of the same model, or intermediate rounding.
P_FACTOR = 1.5
#: P from the arms: covariates, clusters and missing answers as well.
P_FACTOR_ARMS = 2.5
#: An odds or hazard ratio from two percentages: covariates move it in a randomised trial, but not far.
RATIO_FACTOR = 1.2
#: The width of an interval from the arms: covariates narrow it, clusters and missing answers widen it.
WIDTH_FACTOR = 1.25
#: A probability from intervals, in percentage points: a bootstrap is not normal, and has a chance error of its own.
PROBABILITY_POINTS = 3
#: A standard deviation is no smaller than the range of the scale over this.
LEAST_SPREAD = 20
#: How much less sure clusters make a difference: the square root of a design effect of 2.25.
CLUSTER_ROOM = 1.5
#: Planned and achieved size: the threshold of the TRACT checklist.
SIZE_GAP = 0.15
#: Degrees of freedom that a t statistic may have where none are printed.
LEAST_DF = 20
#: From here, t and normal distribution give the same P values and intervals, to the digits compared.
MANY_DF = 200

_TINY = 1e-12


@dataclass(frozen=True)
class Check:
    """Outcome of one check.

    Parameters
    ----------
    agrees : bool
        Whether some values that round to the printed ones agree.
    detail : str
        What was compared, with the numbers, in one sentence.
    off : str
        How far off it is beyond rounding; blank if it agrees.
    """

    agrees: bool
    detail: str
    off: str = ""


def show(value: float) -> str:
    """Write a recomputed number with enough digits to compare it."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def times(factor: float) -> str:
    """Write a factor."""
    return f"a factor of {factor:.0f}" if factor >= 10 else f"a factor of {factor:.3g}"


def compare(expected: Span, printed: Span, detail: str, unit: str = "") -> Check:
    """Compare what other numbers imply with what is printed."""
    gap = expected.gap(printed)
    return Check(not gap, detail, f"{show(gap)}{unit} beyond rounding" if gap else "")


def compare_factor(expected: Span, printed: Span, room: float, detail: str) -> Check:
    """Compare two positive numbers, allowing for a factor."""
    agrees = expected.wider(room).meets(printed)
    off = printed.low / expected.high if printed.low > expected.high else expected.low / printed.high
    return Check(agrees, detail, "" if agrees else f"{times(off)} beyond rounding")


def share(percent: Span) -> Span:
    """A percentage as a proportion from 0 to 1."""
    return Span(max(percent.low, 0.0) / 100, min(percent.high, 100.0) / 100)


def _logit(percent: float) -> float:
    return math.log(percent / (100 - percent))


def positive(values: Span, most: float = math.inf) -> Span:
    """The part of a span on which a logarithm exists."""
    return Span(max(values.low, _TINY), max(min(values.high, most), _TINY))


def scaled(values: Span, scale: str) -> Span:
    """Take a span to the scale on which an interval is symmetric."""
    if scale == "log":
        return spread(math.log, positive(values))
    if scale == "logit":
        return spread(_logit, positive(values, 100 - 1e-9))
    return spread(lambda value: 1 / value, values) if scale == "reciprocal" else values


def few(df: int) -> int | None:
    """Degrees of freedom, or None if there are enough for the normal distribution."""
    return df if df < MANY_DF else None


def p_of(t: Span, *choices: int | None) -> Span:
    """The P values of a t statistic for some choices of degrees of freedom; None is the normal distribution."""
    return Span(min(effects.p_from_t(t.high, df) for df in choices), max(effects.p_from_t(t.low, df) for df in choices))


def distance(value: Span, se: Span) -> Span:
    """How many standard errors a value is from zero."""
    size = Span(0.0 if 0.0 in value else min(abs(value.low), abs(value.high)), max(abs(value.low), abs(value.high)))
    return Span(size.low / se.high, size.high / se.low if se.low > 0 else math.inf)


def printed_p(operator: str, p: str) -> Span:
    """The P values that a printed one may mean."""
    if operator in ("<", "<="):
        return Span(0.0, float(p))
    return Span(float(p), 1.0) if operator in (">", ">=") else Span(max(span(p).low, 0.0), min(span(p).high, 1.0))


def compare_p(expected: Span, operator: str, p: str, room: float, detail: str) -> Check:
    """Compare the P values that other numbers imply with the printed one, allowing for a factor."""
    printed = printed_p(operator, p)
    if expected.wider(room).meets(printed):
        return Check(True, detail)
    low, high = (expected, printed) if printed.low > expected.high else (printed, expected)
    return Check(False, detail, f"{times(high.low / max(low.high, 1e-300))} beyond rounding")
