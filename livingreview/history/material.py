"""Whether a change to an effect is material: one that a reader who knew the old value needs to know of.

The choices, in one place:

- A change is material when the direction of an effect turns, when it turns between leaving no difference out and
  including it, when what counts as benefit turns, or when it becomes another measure or unit.
- Else it is material when the effect moved by more than its own rounding allows and by more than 10%. A printed
  number stands for all values that round to it: two numbers that could both be rounded from one value have not moved.
- 10% is of the old value on a plain scale; from zero every move beyond rounding counts. A ratio is measured on the
  log scale: it moved by more than 10% when it was multiplied or divided by more than 1.1, so that a ratio and its
  inverse give the same answer.
- An interval is judged in the same way: it is material when a limit moved by more than its rounding allows and the
  interval became wider or narrower by more than 10%.
- Exactly 10% is not more than 10%.
- Zero, and a ratio of 1, have no direction: a move to or from them is judged by its size.
- A gap that is filled turns nothing and has not moved. An effect that is gone is material: what rested on it does not.
- Whether no difference is left out follows from the interval; without one, from whether P is below 0.05.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from math import log

from livingreview.evidence import measures
from livingreview.statistics import wording
from livingreview.statistics.rounding import span

SHARE = Decimal("0.1")
SIGNIFICANT = Decimal("0.05")

_NUMBER = re.compile(r"(-?)\$?(\d[\d,]*(?:\.\d+)?|\.\d+)%?")


@dataclass(frozen=True)
class Effect:
    """An effect as printed; blank is what was not reported.

    Parameters
    ----------
    measure : str
        As in results.csv; any other text is a value without a value of no difference.
    estimate, low, high : str
        The estimate and the limits of its interval.
    p_operator, p_value : str
        Its P value.
    benefit : str
        'higher' or 'lower': which is better for the patient.
    unit : str
        Unit of the estimate.
    """

    measure: str
    estimate: str
    low: str = ""
    high: str = ""
    p_operator: str = ""
    p_value: str = ""
    benefit: str = ""
    unit: str = ""

    @property
    def null(self) -> float | None:
        """The value of no difference; None where the measure has none."""
        return measures.measure(self.measure).null

    @property
    def settled(self) -> bool | None:
        """Whether it leaves no difference out; None where that is not known."""
        low, high = _limit(self.low), _limit(self.high)
        if self.null is not None and low is not None and high is not None:
            return wording.settles(low, high, self.null)
        p = number(self.p_value)
        if p is None:
            return None
        if self.p_operator.startswith("<"):  # P lies below what is printed
            return True if p < SIGNIFICANT or (p == SIGNIFICANT and self.p_operator == "<") else None
        if self.p_operator.startswith(">"):
            return False if p >= SIGNIFICANT else None
        return p < SIGNIFICANT

    @property
    def side(self) -> int:
        """-1 or 1 for the side of no difference (or of zero) on which it lies; 0 on neither."""
        value, null = number(self.estimate), Decimal(self.null or 0)
        return 0 if value is None else (value > null) - (value < null)


def number(text: str) -> Decimal | None:
    """The one number that a text consists of, whatever its typography; None for any other text.

    Parameters
    ----------
    text : str
        Such as ``-0.40``, ``1,801``, ``45%`` or ``$29,422``.

    Returns
    -------
    Decimal or None
        With the digits of the text.
    """
    match = _NUMBER.fullmatch(text.strip().replace(wording.MINUS, "-")) if text.isascii() or "−" in text else None
    return Decimal(match[1] + match[2].replace(",", "")) if match else None


def _limit(text: str) -> float | None:
    """A limit of an interval, which may be infinite."""
    bare = text.strip().replace(wording.MINUS, "-")
    if bare.lstrip("-") in ("INF", "infinity"):
        return float(bare.replace("INF", "inf"))
    value = number(text)
    return None if value is None else float(value)


def material(old: Effect, new: Effect | None) -> list[str]:
    """Say why a change to an effect is material.

    Parameters
    ----------
    old : Effect
        As it was.
    new : Effect or None
        As it is; None where it is gone.

    Returns
    -------
    list of str
        Reasons, each the rest of a sentence about the effect; empty when the change is not material.
    """
    if new is None or (old.estimate and not new.estimate):
        return [f"is gone: {old.estimate} is no longer reported"] if old.estimate else []
    if (old.measure, old.unit) != (new.measure, new.unit):
        return [f"is another quantity: {_quantity(old)} is now {_quantity(new)}"] if old.estimate else []
    reasons = []
    if old.benefit and new.benefit and old.benefit != new.benefit:
        reasons.append(f"counts the other way: {old.benefit} was better, now {new.benefit} is")
    if old.side * new.side < 0:
        reasons.append(f"has the other direction: {old.estimate} is now {new.estimate}")
    if old.settled is not None and new.settled is not None and old.settled != new.settled:
        reasons.append("no longer includes no difference" if new.settled else "no longer leaves no difference out")
    if why := moved(old.measure, old.estimate, new.estimate):
        reasons.append(why)
    if why := _stretched(old, new):
        reasons.append(why)
    return reasons


def _stretched(old: Effect, new: Effect) -> str:
    """Say that an interval became wider or narrower, if by more than its rounding allows and by more than 10%."""
    texts = [(effect.low, effect.high) for effect in (old, new)]
    limits = [[_limit(text) for text in pair] for pair in texts]
    finite = [[limit for limit in pair if limit is not None] for pair in limits]
    if texts[0] == texts[1] or not all(len(pair) == 2 for pair in finite):
        return ""
    meet = (_meet(*pair) for pair in zip(*texts, strict=True))
    logarithmic = measures.measure(old.measure).scale == "log" and all(limit > 0 for pair in finite for limit in pair)
    before, after = (log(pair[1] / pair[0]) if logarithmic else pair[1] - pair[0] for pair in finite)
    if all(meet) or before == after or abs(after - before) <= float(SHARE) * before * (1 + 1e-9):
        return ""
    became = " is now ".join(" to ".join(pair) for pair in texts)
    return f"has a {'wider' if after > before else 'narrower'} interval: {became}"


def _meet(old: str, new: str) -> bool:
    """Whether two limits may be one value, rounded."""
    values = number(old), number(new)
    if values[0] is None or values[1] is None:
        return old == new
    return span(str(values[0])).meets(span(str(values[1])))


def moved(measure: str, old: str, new: str) -> str:
    """Say how far an estimate moved, if by more than its rounding allows and by more than 10%.

    Parameters
    ----------
    measure : str
        As in results.csv; a ratio is measured on the log scale.
    old, new : str
        Estimates as printed; blank is a gap.

    Returns
    -------
    str
        The rest of a sentence; blank when it did not move so far.
    """
    if old == new or not old or not new:
        return ""
    before, after = number(old), number(new)
    if before is None or after is None:
        return f"cannot be compared: {old} is now {new}"
    movement = f"moved from {old} to {new}"
    if span(str(before)).meets(span(str(after))):
        return ""
    if measures.measure(measure).scale == "log" and before > 0 and after > 0:
        low, high = sorted((before, after))
        # multiplied out, since a division would round
        return f"{movement}, by a factor of {high / low:.2f}" if high > low * (1 + SHARE) else ""
    if before == 0:
        return movement
    share = abs(after - before) / abs(before)
    return f"{movement}, by {share:.0%}" if abs(after - before) > SHARE * abs(before) else ""


def _quantity(effect: Effect) -> str:
    return " ".join(part for part in (measures.in_words(effect.measure), effect.estimate, effect.unit) if part)
