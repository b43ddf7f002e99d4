"""Verdicts on claims that rest on numbers, recomputed from the evidence.

A claim in claims.csv may name a rule. The stored verdict is valid while the rule holds for the rows that the claim
was checked against; once it no longer holds, the verdict is the one in the column ``otherwise``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from livingreview.evidence import Evidence, EvidenceError, measures, split
from livingreview.statistics import wording
from livingreview.statistics.findings import EvidenceRow
from livingreview.statistics.rounding import states

_NUMBER = re.compile(r"-?(?:\d[\d,]*\.?\d*|\.\d+)")


def _numbers_of(row: EvidenceRow) -> list[float]:
    """Every number that a row holds."""
    return [float(row[c.removesuffix("_printed")]) for c in row.index if str(c).endswith("_printed") and row[c]]


def _claimed(claim: EvidenceRow) -> list[str]:
    return [match[0].replace(",", "") for part in split(claim["numbers"]) if (match := _NUMBER.search(part))]


def matches(claim: EvidenceRow, rows: Sequence[EvidenceRow]) -> bool:
    """Every number of the claim is in the rows."""
    values = [value for row in rows for value in _numbers_of(row)]
    return all(any(states(text, value) for value in values) for text in _claimed(claim))


def differs(claim: EvidenceRow, rows: Sequence[EvidenceRow]) -> bool:
    """Some number of the claim is not in the rows."""
    return not matches(claim, rows)


def not_significant(_claim: EvidenceRow, rows: Sequence[EvidenceRow]) -> bool:
    """No row has a P value below 0.05."""
    return all(row["p_value"] >= 0.05 and row["p_operator"] in ("=", ">", ">=") for row in rows)


def _settles(row: EvidenceRow) -> bool:
    null = measures.measure(row["measure"]).null
    if null is None:
        raise ValueError(f"a {measures.in_words(row['measure'])} has no value of no difference")
    return wording.settles(row["ci_low"], row["ci_high"], null)


def includes_no_difference(_claim: EvidenceRow, rows: Sequence[EvidenceRow]) -> bool:
    """The interval of every row includes no difference."""
    return not any(_settles(row) for row in rows)


def excludes_no_difference(_claim: EvidenceRow, rows: Sequence[EvidenceRow]) -> bool:
    """The interval of every row excludes no difference."""
    return all(_settles(row) for row in rows)


def _value(row: EvidenceRow) -> float:
    return float(row["estimate"] if "estimate" in row else row["value"])


def below(_claim: EvidenceRow, rows: Sequence[EvidenceRow], limit: float) -> bool:
    """The first row's value is below the limit."""
    return _value(rows[0]) < limit


def size_below(_claim: EvidenceRow, rows: Sequence[EvidenceRow], limit: float) -> bool:
    """The first row's absolute value is below the limit."""
    return abs(_value(rows[0])) < limit


def ratio_above(_claim: EvidenceRow, rows: Sequence[EvidenceRow], limit: float) -> bool:
    """The first row's value is more than `limit` times the second's."""
    return _value(rows[0]) / _value(rows[1]) > limit


def ratio_between(_claim: EvidenceRow, rows: Sequence[EvidenceRow], low: float, high: float) -> bool:
    """The first row's value is between `low` and `high` times the second's."""
    return low <= _value(rows[0]) / _value(rows[1]) <= high


def comparisons(_claim: EvidenceRow, rows: Sequence[EvidenceRow], most: float) -> bool:
    """Every pooled effect rests on at most `most` comparisons."""
    return all(row["k"] <= most for row in rows)


def number_needed(claim: EvidenceRow, rows: Sequence[EvidenceRow]) -> bool:
    """The claim's number needed to treat follows from the percentages of the two rows."""
    return math.ceil(100 / abs(_value(rows[0]) - _value(rows[1]))) == float(_claimed(claim)[0])


def active_comparator(_claim: EvidenceRow, rows: Sequence[EvidenceRow]) -> bool:
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


def holds(claim: EvidenceRow, book: Evidence) -> bool:
    """Whether the rule of a claim holds for the rows it was checked against.

    Parameters
    ----------
    claim : pandas.Series
        Row of claims.csv with a rule such as ``matches`` or ``ratio_above 2``.
    book : Evidence
        The evidence.

    Raises
    ------
    EvidenceError
        If the rule is unknown, or its rows lack what it needs.
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


def verdict(claim: EvidenceRow, book: Evidence) -> str:
    """Verdict on a claim by the current evidence.

    Parameters
    ----------
    claim : pandas.Series
        Row of claims.csv.
    book : Evidence
        The evidence.

    Returns
    -------
    str
        The stored verdict, or the one in ``otherwise`` if the claim's rule does not hold.
    """
    return str(claim["verdict"] if not claim["rule"] or holds(claim, book) else claim["otherwise"])
