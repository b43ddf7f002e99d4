"""Verdicts on claims that rest on numbers, worked out again from the evidence.

A claim of claims.csv may name a rule. The stored verdict stands while the rule holds over the rows that the claim
was checked against; when it does not hold any more, the verdict is the one in the column ``otherwise``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pandas as pd

from livingreview.evidence import Evidence, EvidenceError, measures, split
from livingreview.statistics import wording

Row: TypeAlias = "pd.Series[Any]"
_NUMBER = re.compile(r"-?(?:\d[\d,]*\.?\d*|\.\d+)")


def _numbers_of(row: Row) -> list[float]:
    """Every number that a row holds."""
    return [float(row[c.removesuffix("_printed")]) for c in row.index if str(c).endswith("_printed") and row[c]]


def _claimed(claim: Row) -> list[str]:
    return [found[0].replace(",", "") for part in split(claim["numbers"]) if (found := _NUMBER.search(part))]


def _stated(text: str, values: Sequence[float]) -> bool:
    """Whether a number of a claim is one of the values, to the digits that the claim gives."""
    half = 0.5001 * 10.0 ** -len(text.partition(".")[2])
    return any(abs(float(text) - value) <= half for value in values)


def matches(claim: Row, rows: Sequence[Row]) -> bool:
    """Every number of the claim stands in the rows."""
    values = [value for row in rows for value in _numbers_of(row)]
    return all(_stated(text, values) for text in _claimed(claim))


def differs(claim: Row, rows: Sequence[Row]) -> bool:
    """Some number of the claim does not stand in the rows."""
    return not matches(claim, rows)


def not_significant(_claim: Row, rows: Sequence[Row]) -> bool:
    """No row has a P value below 0.05."""
    return all(row["p_value"] >= 0.05 and row["p_operator"] in ("=", ">", ">=") for row in rows)


def _settles(row: Row) -> bool:
    null = measures.measure(row["measure"]).null
    if null is None:
        raise ValueError(f"a {measures.in_words(row['measure'])} has no value of no difference")
    return wording.settles(row["ci_low"], row["ci_high"], null)


def includes_no_difference(_claim: Row, rows: Sequence[Row]) -> bool:
    """The interval of every row includes no difference."""
    return not any(_settles(row) for row in rows)


def excludes_no_difference(_claim: Row, rows: Sequence[Row]) -> bool:
    """The interval of every row leaves out no difference."""
    return all(_settles(row) for row in rows)


def _value(row: Row) -> float:
    return float(row["estimate"] if "estimate" in row else row["value"])


def below(_claim: Row, rows: Sequence[Row], limit: float) -> bool:
    """The first row's value lies below the limit."""
    return _value(rows[0]) < limit


def size_below(_claim: Row, rows: Sequence[Row], limit: float) -> bool:
    """The first row's value, without its sign, lies below the limit."""
    return abs(_value(rows[0])) < limit


def ratio_above(_claim: Row, rows: Sequence[Row], limit: float) -> bool:
    """The first row's value is more than so many times the second's."""
    return _value(rows[0]) / _value(rows[1]) > limit


def ratio_between(_claim: Row, rows: Sequence[Row], low: float, high: float) -> bool:
    """The first row's value is between so many and so many times the second's."""
    return low <= _value(rows[0]) / _value(rows[1]) <= high


def comparisons(_claim: Row, rows: Sequence[Row], most: float) -> bool:
    """Every pooled effect rests on at most so many comparisons."""
    return all(row["k"] <= most for row in rows)


def number_needed(claim: Row, rows: Sequence[Row]) -> bool:
    """The claim's number needed to treat follows from the percentages of the two rows."""
    return math.ceil(100 / abs(_value(rows[0]) - _value(rows[1]))) == float(_claimed(claim)[0])


def active_comparator(_claim: Row, rows: Sequence[Row]) -> bool:
    """The study's comparator is not usual care."""
    return rows[0]["comparator_type"] not in ("usual_care", "enhanced_usual_care")


RULES: dict[str, Callable[..., bool]] = {
    rule.__name__: rule
    for rule in (
        matches,
        differs,
        not_significant,
        includes_no_difference,
        excludes_no_difference,
        below,
        size_below,
        ratio_above,
        ratio_between,
        comparisons,
        number_needed,
        active_comparator,
    )
}


def holds(claim: Row, book: Evidence) -> bool:
    """Whether the rule of a claim holds over the rows it was checked against.

    Parameters
    ----------
    claim : pandas.Series
        Row of claims.csv with a rule such as ``matches`` or ``ratio_above 2``.
    book : Evidence
        The evidence.

    Returns
    -------
    bool

    Raises
    ------
    EvidenceError
        When the rule is unknown, or its rows do not have what it needs.
    """
    name, *limits = str(claim["rule"]).split()
    rows = [book.row(row_id) for row_id in split(str(claim["checked_against"]))]
    try:
        return bool(RULES[name](claim, rows, *map(float, limits)))
    except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError) as error:
        raise EvidenceError(
            f"data/claims.csv, {claim.name}: the rule '{claim['rule']}' cannot be worked out over "
            f"'{claim['checked_against']}' ({type(error).__name__}: {error}). Use one of: {', '.join(RULES)}."
        ) from error


def verdict(claim: Row, book: Evidence) -> str:
    """Verdict on a claim as the evidence stands now.

    Parameters
    ----------
    claim : pandas.Series
        Row of claims.csv.
    book : Evidence
        The evidence.

    Returns
    -------
    str
        The stored verdict, or the one under ``otherwise`` when the claim's rule does not hold.
    """
    return str(claim["verdict"] if not claim["rule"] or holds(claim, book) else claim["otherwise"])
