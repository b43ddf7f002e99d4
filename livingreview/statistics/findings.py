"""The findings of trials on their outcomes, as far as they could be read.

An outcome in outcomes.csv names the rows of results.csv that report it. Here they become one finding: which arm it
favors, if any, with the estimate and its interval if they are printed or can be derived.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import pandas as pd

from livingreview.evidence import Evidence, load, measures
from livingreview.statistics import effects, rounding, wording
from livingreview.statistics.effects import Estimate

EvidenceRow: TypeAlias = "pd.Series[Any]"
#: better, worse: the interval, or a P value below 0.05, excludes no difference;
#: unsettled: it does not; unread: results are published, but neither could be read; awaited: no results yet.
State = Literal["better", "worse", "unsettled", "unread", "awaited"]
_PUBLISHED = "results_published"
_LEVEL = 0.05
#: What a source says in words of a difference, and the state where a P value settles it.
_SAID: dict[str, State] = {"intervention better": "better", "comparator better": "worse"}


@dataclass(frozen=True)
class OutcomeFinding:
    """The finding of one trial on one outcome.

    Attributes
    ----------
    state : str
        Which arm it favors, or why that cannot be said.
    estimate : Estimate or None
        The contrast with its interval, in its own unit.
    null : float or None
        Its value of no difference; None if its measure has none.
    better : str
        Whether a 'higher' or a 'lower' estimate is better for the patient; blank if nothing was read.
    rows : tuple of str
        Rows of results.csv that it rests on.
    how : str
        How the estimate or interval was derived; blank if as reported.
    said : str
        The result in a few words, with its numbers.
    """

    state: State
    estimate: Estimate | None
    null: float | None
    better: str
    rows: tuple[str, ...]
    how: str
    said: str

    def chance(self, size: float) -> float:
        """Probability of a benefit of at least a size, by the normal approximation with a flat prior.

        Parameters
        ----------
        size : float
            A difference in the direction of benefit, in the unit of the estimate; 0 for a benefit of any size.

        Raises
        ------
        ValueError
            If there is no difference with a two-sided interval.
        """
        return 1 - effects.probability_below(self.difference, size)

    @property
    def difference(self) -> Estimate:
        """The difference, its sign turned so that higher is better; raises ValueError if none has an interval."""
        if self.estimate is None or self.null != 0:
            raise ValueError("the outcome must have a difference with an interval")
        return self.estimate if self.better == "higher" else self.estimate.map(lambda value: -value)


def finding(outcome_id: str, book: Evidence) -> OutcomeFinding:
    """Give the finding on an outcome.

    Parameters
    ----------
    outcome_id : str
        A row of outcomes.csv.
    book : Evidence
        The evidence.

    Returns
    -------
    OutcomeFinding
        From the reported contrast, else from its P value, else from the counts of the two arms.
    """
    outcome = book.row(outcome_id)
    ids = [str(outcome[c]) for c in ("contrast_id", "intervention_id", "comparator_id") if outcome[c]]
    rows = tuple(ids)
    if not rows:
        study = outcome["study_id"]
        events = zip(book.milestones["study_id"], book.milestones["event"], strict=True)
        published = (study, _PUBLISHED) in events or book.row(study)["group"] == "comparison"
        state: State = "unread" if published else "awaited"
        return OutcomeFinding(state, None, 0.0, "", (), "", "not available to us" if published else "no results seen")
    arms = [book.row(str(outcome[c])) for c in ("intervention_id", "comparator_id") if outcome[c]]
    contrast = book.row(str(outcome["contrast_id"])) if outcome["contrast_id"] else None
    counted = outcome["form"] == "binary" and len(arms) == 2 and all(_is_count(arm) for arm in arms)
    if contrast is not None and (contrast["ci_low_printed"] or _p(contrast) or not arms):
        result = _of_contrast(contrast, arms, rows)
        return _with_interval(result, arms) if counted and result.estimate is None else result
    return _of_arms(arms, rows, counted=counted)


def sizes(outcome_id: str, book: Evidence) -> list[str]:
    """Rows of arms.csv whose sizes replace unprinted denominators, one per arm; blank if one was printed."""
    outcome = book.row(outcome_id)
    arms = book.arms[(book.arms["study_id"] == outcome["study_id"]) & (book.arms["n_unit"] == "people")]
    arm_ids = []
    for role in ("intervention", "comparator"):
        printed = bool(book.row(str(outcome[f"{role}_id"]))["n_printed"])
        arm_ids.append("" if printed or not outcome["sizes"] else str(arms.index[arms["role"] == role][0]))
    return arm_ids


def size(study_id: str, book: Evidence) -> str:
    """Say how large a study is: people randomized, people planned, or clinics, whichever is known first.

    People whom it randomized beside those, as a group of its own, are added.
    """
    study, sets = book.row(study_id), book.sets
    groups = sets[(sets["study_id"] == study_id) & (sets["arm"] == "both") & (sets["n_basis"] == "randomised")]
    beside = "".join(f"; {wording.printed(row['n_printed'])} ({row['population']})" for _, row in groups.iterrows())
    for column, unit in (("n_randomised", "people"), ("n_planned", "planned"), ("clinics", "clinics")):
        if study[f"{column}_printed"]:
            return f"{wording.printed(study[f'{column}_printed'])} {unit}{beside}"
    return "size not in the texts we had"


def _of_contrast(row: EvidenceRow, arms: list[EvidenceRow], rows: tuple[str, ...]) -> OutcomeFinding:
    null, better, p = measures.measure(row["measure"]).null, str(row["direction_of_benefit"]), _p(row)
    estimate, how = _interval(row)
    are_shares = bool(arms) and all(measures.measure(arm["measure"]).kind == "share" for arm in arms)
    shares = _shares(arms) if are_shares or not _estimate(row) else ""
    result = ", ".join(part for part in (shares, _estimate(row), p) if part)
    if estimate is not None and null is not None:
        unit = str(row["unit"]) if row["unit"] == "percent" else ""
        percent = effects.LEVEL * 100
        if how:
            limits = f"{wording.limits(estimate, 1, unit)}, our calculation from P"
        else:
            low, high = (wording.printed(row[c], unit) for c in ("ci_low_printed", "ci_high_printed"))
            level = wording.level_of(row)
            if not math.isnan(level):
                percent, level = level * 100, effects.LEVEL
            limits = wording.interval(low, high, level)
        state = _side(estimate.low, estimate.high, null, estimate.value, better)
        return OutcomeFinding(state, estimate, null, better, rows, how, f"{result} ({percent:g}% CI {limits})")
    if not p:
        direction = str(row["direction_reported"])
        words = f"in words only: {direction_in_words(direction)}" if direction else result
        if direction and result:  # the statistic of a test, which says nothing of the size
            words = f"{words} ({result})"
        return OutcomeFinding("unread", None, null, better, rows, "", words)
    settled = row["p_value"] <= _LEVEL if row["p_operator"] in ("<", "<=") else row["p_value"] < _LEVEL
    direction = str(row["direction_reported"])
    gap = row["estimate"] - null if row["estimate_printed"] and null is not None else _gap(arms)
    if row["p_operator"] in (">", ">=") or not settled or (math.isnan(gap) and direction not in _SAID):
        return OutcomeFinding("unsettled", None, null, better, rows, "", result)
    if direction in _SAID:
        return OutcomeFinding(_SAID[direction], None, null, better, rows, "", result)
    return OutcomeFinding(_favoured(gap, 0, better), None, null, better, rows, "", result)


def direction_in_words(direction: str) -> str:
    """What a source says of a difference without a number, as this review says it."""
    said = {
        "intervention better": f"better with {load().arm('intervention')}",
        "comparator better": "better with the comparator",
        "did not differ": "reported not to differ",
    }
    return said.get(direction, direction)


def _of_arms(arms: list[EvidenceRow], rows: tuple[str, ...], *, counted: bool) -> OutcomeFinding:
    better = str(arms[0]["direction_of_benefit"])
    if not counted:
        return OutcomeFinding("unread", None, 0.0, better, rows, "", f"{_shares(arms)}, no interval")
    return _with_interval(OutcomeFinding("unread", None, 0.0, better, rows, "", _shares(arms)), arms)


def _with_interval(result: OutcomeFinding, arms: list[EvidenceRow]) -> OutcomeFinding:
    """A finding with the interval of the risk difference from the counts of its arms; a P value settles its state."""
    counts = [number for arm in arms for number in (_events(arm), float(arm["n"]))]
    estimate = effects.risk_difference(*counts).map(lambda share: share * 100)
    digits = max(rounding.decimals(arm["estimate_printed"]) for arm in arms)
    return replace(
        result,
        state=_side(estimate.low, estimate.high, 0.0, estimate.value, result.better)
        if result.state == "unread"
        else result.state,
        estimate=estimate,
        null=0.0,
        how=f"risk difference per 100 people, {_shares(arms)}; Newcombe interval",
        said=f"{result.said} (95% CI of the difference {wording.limits(estimate, digits)} per 100, our calculation)",
    )


def _interval(row: EvidenceRow) -> tuple[Estimate | None, str]:
    """The contrast with its interval as printed, or else derived from its P value, and how it was derived."""
    if row["ci_low_printed"] and row["ci_high_printed"] and row["ci_type"] != "range":
        level = wording.level_of(row)
        level = effects.LEVEL if math.isnan(level) else level
        return Estimate(row["estimate"], row["ci_low"], row["ci_high"], level, "as reported"), ""
    measure = measures.measure(row["measure"])
    invertible = measure.null is not None and not measure.is_standardised
    if row["estimate_printed"] and row["p_operator"] == "=" and invertible:
        derived = effects.interval_from_p(row["estimate"], row["p_value"], log=measure.scale == "log")
        how = f"interval from {row['estimate_printed']} and P = {row['p_value_printed']}, normal approximation"
        return derived, how
    return None, ""


def _is_count(arm: EvidenceRow) -> bool:
    """Whether an arm reports a share that some whole number of its people rounds to."""
    if measures.measure(arm["measure"]).kind != "share" or not arm["n_printed"]:
        return False
    low, high = (float(arm["n"]) * end / 100 for end in rounding.rounding(arm["estimate_printed"]))
    return bool(arm["events_printed"]) or math.ceil(low) <= math.floor(high)


def _events(arm: EvidenceRow) -> float:
    return float(arm["events"]) if arm["events_printed"] else effects.events_from_percent(arm["estimate"], arm["n"])


def _side(low: float, high: float, null: float, value: float, better: str) -> State:
    return _favoured(value, null, better) if wording.settles(low, high, null) else "unsettled"


def _favoured(value: float, null: float, better: str) -> State:
    return "better" if wording.favours(value, better, null) == "intervention" else "worse"


def _gap(arms: list[EvidenceRow]) -> float:
    return float(arms[0]["estimate"] - arms[1]["estimate"]) if arms else math.nan


def _p(row: EvidenceRow) -> str:
    return wording.p_value(row["p_operator"], row["p_value_printed"]) if row["p_value_printed"] else ""


def _estimate(row: EvidenceRow) -> str:
    if not row["estimate_printed"]:
        return ""
    number, unit = wording.printed(row["estimate_printed"]), str(row["unit"])
    if measures.measure(row["measure"]).is_ratio:
        return f"{measures.in_words(row['measure'])} {number}"
    if measures.measure(row["measure"]).kind == "statistic":
        return f"{unit.partition(',')[0]} {number}"
    return f"{number} {unit}"


def _shares(arms: list[EvidenceRow]) -> str:
    values = [wording.printed(arm["estimate_printed"], str(arm["unit"])) for arm in arms]
    if len(values) != 2:
        return ""
    unit = "" if str(arms[0]["unit"]) == "percent" else f" {arms[0]['unit']}"
    change = "change of " if "change" in str(arms[0]["measure"]) else ""
    return f"{change}{values[0]} against {values[1]}{unit}"
