"""Numbers as text, and the words that follow from numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from livingreview.statistics import rounding
from livingreview.statistics.effects import LEVEL, Estimate

if TYPE_CHECKING:
    import pandas as pd

MINUS = "\N{MINUS SIGN}"

_COUNTS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
# not from `calendar`, whose names follow the locale
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
#: Shares that people put as 'one in N' or 'N in M'.
_SHARES = (
    (1 / 10, "one in ten"),
    (1 / 5, "one in five"),
    (1 / 4, "one in four"),
    (1 / 3, "one in three"),
    (2 / 5, "two in five"),
    (1 / 2, "half"),
    (3 / 5, "three in five"),
    (2 / 3, "two in three"),
    (3 / 4, "three in four"),
    (4 / 5, "four in five"),
    (9 / 10, "nine in ten"),
)


def number(value: float, decimals: int = 0, unit: str = "") -> str:
    """A number as the pages print it.

    Parameters
    ----------
    value : float
        The value, in `unit`.
    decimals : int
        Digits after the point.
    unit : str
        Unit in the data dictionary; percent and dollars add their sign.

    Returns
    -------
    str
        With thousands separators and a real minus sign; a value that rounds to zero has no sign.

    Raises
    ------
    ValueError
        If the value is NaN: a gap must be shown as a gap, never printed.
    """
    if math.isnan(value):
        raise ValueError("a gap has no number to print: say in words that it was not reported")
    if math.isinf(value):
        return "infinity" if value > 0 else f"{MINUS}infinity"
    return _signed(f"{value:,.{decimals}f}", unit)


def printed(text: str, unit: str = "") -> str:
    """A number with the digits of the source, in the typography of the pages.

    Parameters
    ----------
    text : str
        Number as it is in the data, for example ``-0.40``.
    unit : str
        Unit of the data dictionary.
    """
    if not text:
        raise ValueError("a gap has no number to print: say in words that it was not reported")
    if text == "INF":
        return "infinity"
    # a printed -0.00 keeps its sign, which shows the side of zero on which the unrounded value was
    return (MINUS if text.startswith("-") else "") + number(abs(float(text)), rounding.decimals(text), unit)


def _signed(text: str, unit: str) -> str:
    before = "$" if unit == "USD" or unit.startswith("USD per ") else ""
    after = "%" if unit == "percent" else ""
    digits = text.lstrip("-")
    minus = MINUS if text.startswith("-") and any(d in digits for d in "123456789") else ""
    return f"{minus}{before}{digits}{after}"


def level_of(row: pd.Series[Any]) -> float:
    """Confidence level of the interval of a row, between 0 and 1; NaN if not stated.

    Intervals of a table without a column for it have the level of the book; so do ranges, which have none.
    """
    if "ci_level" not in row or row["ci_type"] == "range":
        return LEVEL
    return float(row["ci_level"]) / 100


def interval(low: str, high: str, level: float = LEVEL) -> str:
    """Two limits as one phrase.

    Parameters
    ----------
    low, high : str
        The limits as printed.
    level : float
        Confidence level, between 0 and 1; NaN if not stated. Pages write '95% CI' beside an interval, so any other
        level is stated here.
    """
    if math.isnan(level):
        return f"{low} to {high}, level not stated"
    return f"{low} to {high}" + ("" if math.isclose(level, LEVEL) else f", level {level * 100:g}%")


def limits(estimate: Estimate, decimals: int = 0, unit: str = "", scale: float = 1) -> str:
    """Interval of an estimate as one phrase.

    Parameters
    ----------
    estimate : Estimate
        Estimate with its limits.
    decimals : int
        Digits after the point.
    unit : str
        Unit of the data dictionary.
    scale : float
        Factor applied first, for example 100 to print a proportion per 100 people.
    """
    low, high = (number(limit * scale, decimals, unit) for limit in (estimate.low, estimate.high))
    return interval(low, high, estimate.level)


def p_value(operator: str, value: str) -> str:
    """A P value as printed, for example ``P < 0.001``."""
    return f"P {operator.replace('<=', '≤').replace('>=', '≥')} {value}"


def pooled_from(row: pd.Series[Any]) -> str:
    """How many comparisons, trials or studies a published effect pools; blank where the source does not say."""
    if not row["k_printed"]:
        return ""
    of = str(row["k_of"])
    single = {"studies": "study"}.get(of, of.removesuffix("s"))
    return f"{row['k_printed']} {single if row['k_printed'] == '1' else of}"


def day(date: str) -> str:
    """A date as a reader in the United States says it.

    Parameters
    ----------
    date : str
        ISO 8601, of a day, a month or a year: ``2026-11-21``, ``1999-07``, ``1999``.

    Returns
    -------
    str
        ``November 21, 2026``, ``July 1999`` or ``1999``.
    """
    year, _, rest = date.partition("-")
    month, _, of_month = rest.partition("-")
    if not month:
        return year
    name = _MONTHS[int(month) - 1]
    return f"{name} {int(of_month)}, {year}" if of_month else f"{name} {year}"


def count(n: int, *, capital: bool = False) -> str:
    """A small count in words, a larger one in digits."""
    word = _COUNTS[n] if 0 <= n < len(_COUNTS) else f"{n:,}"
    return word.capitalize() if capital else word


def share(proportion: float) -> str:
    """A proportion in everyday words: 'about one in four'.

    Parameters
    ----------
    proportion : float
        Between 0 and 1.

    Returns
    -------
    str
        'about' and the nearest common share when it is within 2.5 percentage points, 'fewer than one in
        ten' or 'more than nine in ten' beyond them, else 'about N in 100'.
    """
    if not 0 <= proportion <= 1:
        raise ValueError(f"a proportion must lie between 0 and 1, found {proportion}")
    value, words = min(_SHARES, key=lambda s: abs(s[0] - proportion))
    if abs(value - proportion) <= 0.025:
        return f"about {words}"
    if proportion < 0.1:
        return "fewer than one in ten"
    if proportion > 0.9:
        return "more than nine in ten"
    return f"about {round(proportion * 100)} in 100"


#: Words for more and for less that belong together: a pair the other way round says the opposite.
_PAIRS = {
    ("higher", "lower"),
    ("larger", "smaller"),
    ("more", "fewer"),
    ("more people", "fewer people"),
    ("later", "earlier"),
    ("grew", "shrank"),
    ("fell less", "fell more"),
    ("lies above", "lies below"),
}


def _paired(more: str, less: str) -> None:
    if (more, less) not in _PAIRS:
        pairs = "; ".join(f"'{a}' and '{b}'" for a, b in sorted(_PAIRS))
        raise ValueError(f"words for more and less must be a pair such as {pairs}; found '{more}' and '{less}'")


def compared(
    value: float, null: float = 0.0, *, more: str = "higher", less: str = "lower", same: str = "the same"
) -> str:
    """The word for the side of the null value on which an estimate lies; `more` and `less` must be a pair."""
    _paired(more, less)
    return more if value > null else less if value < null else same


def settles(low: float, high: float, null: float = 0.0) -> bool:
    """Whether an interval excludes the null value."""
    return not low <= null <= high


def finding(low: float, high: float, null: float = 0.0, *, more: str = "higher", less: str = "lower") -> str:
    """Say what an interval shows about a difference.

    Parameters
    ----------
    low, high : float
        Limits of the interval.
    null : float
        Value of no difference: 0 for a difference, 1 for a ratio.
    more, less : str
        Words for an interval entirely above and entirely below the null value; they must be a pair.

    Returns
    -------
    str
        'did not differ significantly' if the interval includes the null value: never 'no effect'.
    """
    _paired(more, less)
    if not settles(low, high, null):
        return "did not differ significantly"
    return more if low > null else less


def favours(value: float, direction_of_benefit: str, null: float = 0.0) -> str:
    """Say which arm a point estimate favors, regardless of its interval.

    Parameters
    ----------
    value : float
        Difference (intervention minus comparator) or ratio.
    direction_of_benefit : str
        'higher' or 'lower': which is better for the patient.
    null : float
        Value of no difference.

    Returns
    -------
    str
        'intervention', 'comparator' or 'neither'.
    """
    if value == null:
        return "neither"
    return "intervention" if (value > null) == (direction_of_benefit == "higher") else "comparator"


def listed(items: Iterable[str]) -> str:
    """Items as a list in a sentence: 'a, b and c'."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last
