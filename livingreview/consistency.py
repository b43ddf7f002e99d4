"""Whether a reported number agrees with what else was reported.

Every check is a pure function of printed numbers. A printed number stands for all values that round to it, so
each check asks whether some such values agree, and fails only when none do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from livingreview.effects import Estimate, p_from_interval

_RATIOS = {"odds_ratio", "risk_ratio", "hazard_ratio", "ratio_of_odds_ratios"}
#: P values come from models, tests and adjustments that an interval does not show, so a P value counts as
#: contradicted only when it is off by more than this factor.
P_FACTOR = 2.5


@dataclass(frozen=True)
class Check:
    """Outcome of one check."""

    name: str
    agrees: bool
    detail: str


def rounding(printed: str) -> tuple[float, float]:
    """All values that a printed number may stand for.

    Parameters
    ----------
    printed : str
        Number with the digits of the source.

    Returns
    -------
    tuple of float
        Lowest and highest value that round to it.
    """
    value = Decimal(printed)
    exponent = value.as_tuple().exponent
    half = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0) / 2
    return float(value - half), float(value + half)


def interval_symmetric(estimate: str, low: str, high: str, *, log: bool) -> Check:
    """Whether the estimate lies in the middle of its interval, on the scale it was computed on.

    Parameters
    ----------
    estimate, low, high : str
        As printed.
    log : bool
        Whether the scale is logarithmic (ratios).

    Returns
    -------
    Check

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, section 6.3.
    """
    scale: Callable[[float], float] = math.log if log else float
    try:
        (e0, e1), (l0, l1), (h0, h1) = (tuple(map(scale, rounding(x))) for x in (estimate, low, high))
    except ValueError:
        return Check("interval symmetric", False, f"a ratio cannot have limits at or below zero ({low} to {high}).")
    agrees = e0 <= (l1 + h1) / 2 and e1 >= (l0 + h0) / 2
    middle = (scale(float(low)) + scale(float(high))) / 2
    shown = math.exp(middle) if log else middle
    return Check("interval symmetric", agrees, f"the middle of {low} to {high} is {shown:.4g}, printed {estimate}.")


def percent_reachable(percent: str, n: int, events: int | None) -> Check:
    """Whether a whole number of people gives the printed percentage (GRIM for a proportion).

    Parameters
    ----------
    percent : str
        Percentage as printed.
    n : int
        Denominator, people.
    events : int or None
        Printed numerator, where there is one.

    Returns
    -------
    Check

    References
    ----------
    Brown NJL, Heathers JAJ. The GRIM test. Soc Psychol Personal Sci 2017;8:363-369.
    """
    low, high = rounding(percent)
    candidates = [events] if events is not None else range(math.floor(low * n / 100), math.ceil(high * n / 100) + 1)
    # both ways of rounding a half are allowed, hence the closed interval
    agrees = any(low - 1e-9 <= 100 * k / n <= high + 1e-9 for k in candidates)
    if events is not None:
        return Check(
            "percentage from its count", agrees, f"{events} of {n} is {100 * events / n:.2f}%, printed {percent}%."
        )
    return Check(
        "percentage reachable", agrees, f"a whole number of {n} people {'can' if agrees else 'cannot'} be {percent}%."
    )


def p_agrees(estimate: str, low: str, high: str, operator: str, p: str, *, log: bool, level: float = 0.95) -> Check:
    """Whether the P value follows from the interval.

    Parameters
    ----------
    estimate, low, high : str
        As printed.
    operator, p : str
        P value as printed.
    log : bool
        Whether the interval is symmetric on the logarithmic scale.
    level : float
        Level of the interval, as a proportion.

    Returns
    -------
    Check

    References
    ----------
    Altman DG, Bland JM. How to obtain the P value from a confidence interval. BMJ 2011;343:d2304.
    """
    found = p_from_interval(Estimate(float(estimate), float(low), float(high), level), log=log)
    p0, p1 = rounding(p)
    if operator in ("<", "<="):
        agrees = found <= float(p) * P_FACTOR
    elif operator in (">", ">="):
        agrees = found >= float(p) / P_FACTOR
    else:
        agrees = max(p0, 0.0) / P_FACTOR <= found <= p1 * P_FACTOR
    return Check(
        "P from the interval",
        agrees,
        f"the interval {low} to {high} implies P of about {found:.2g}, printed {operator} {p}.",
    )


def check_row(row: pd.Series[Any]) -> list[Check]:
    """All checks that one row of results.csv or baseline.csv allows.

    Parameters
    ----------
    row : pandas.Series
        Row of the evidence.

    Returns
    -------
    list of Check
        Blank when there is nothing in the row to check its number against.
    """
    checks: list[Check] = []
    estimate = row.get("estimate_printed", row.get("value_printed", ""))
    low, high = row.get("ci_low_printed", ""), row.get("ci_high_printed", "")
    log = row["measure"] in _RATIOS
    contrast = row["arm"] == "contrast"
    if estimate and low and high and row["ci_type"] == "two_sided" and row["measure"] != "number_needed_to_treat":
        checks.append(interval_symmetric(estimate, low, high, log=log))
        # the P value printed beside an arm belongs to the contrast, so only contrasts are tested
        if contrast and row["p_value_printed"] and checks[0].agrees:
            checks.append(p_agrees(estimate, low, high, row["p_operator"], row["p_value_printed"], log=log))
    if row["measure"] == "percent" and estimate and row["denominator_basis"] in ("printed", "implied", "randomised"):
        # baseline.csv calls the people with the characteristic n, results.csv calls them events
        n, events = ("denominator", "n") if "denominator" in row else ("n", "events")
        if row[f"{events}_printed"]:
            checks.append(percent_reachable(estimate, int(row[n]), int(row[events])))
        elif row["denominator_basis"] == "printed" and row[f"{n}_printed"]:
            checks.append(percent_reachable(estimate, int(row[n]), None))
    return checks
