"""Scales of charts: the position of a value, and the ticks that fit a narrow axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from livingreview.publish.figures.page import measure

# Ticks within a decade, the densest first.
_LOG_STEPS = ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,))


@dataclass(frozen=True)
class Scale:
    """A linear or logarithmic scale from `low` to `high`."""

    low: float
    high: float
    log: bool = False

    def fraction(self, value: float) -> float:
        """Return the position of a value, from 0 at the low to 1 at the high end."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, width: float) -> dict[float, str]:
        """Return three to seven ticks, with labels that do not touch on an axis of `width` points."""
        shown: dict[float, str] = {}
        for choice in self._choices():
            shown = {tick: short(tick) for tick in choice if -1e-9 <= self.fraction(tick) <= 1 + 1e-9}
            places = [(self.fraction(tick) * width, measure(label) / 2) for tick, label in shown.items()]
            clear = all(b - a > left + right + 8 for (a, left), (b, right) in pairwise(places))
            if 3 <= len(shown) <= 7 and clear:
                break
        return shown

    def _choices(self) -> list[list[float]]:
        from matplotlib.ticker import MaxNLocator

        locators = (MaxNLocator(n, steps=[1, 2, 5, 10]) for n in (7, 5, 3, 2))
        linear = [[float(tick) for tick in locator.tick_values(self.low, self.high)] for locator in locators]
        if not self.log:
            return linear
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        logarithmic = [[m * 10.0**k for k in decades for m in steps] for steps in _LOG_STEPS]
        return logarithmic + [[tick for tick in choice if tick > 0] for choice in linear]


def fitted(where: str, values: Sequence[float], *, log: bool = False, room: float = 0.04) -> Scale:
    """Return a scale that includes the values with some room at both ends; an end at zero stays there.

    Raises
    ------
    ValueError
        If there is no value, or the scale is logarithmic and a value is not positive.
    """
    if not values:
        raise ValueError(f"{where}: must have at least one number to draw.")
    low, high = min(values), max(values)
    if log:
        if low <= 0:
            raise ValueError(f"{where}: must be positive on a log scale, found {low:g}. Use the linear scale.")
        factor = (high / low) ** room if high > low else 2.0
        return Scale(low / factor, high * factor, log)
    margin = room * (high - low) or 1.0
    return Scale(low - margin if low or not high else 0.0, high + margin if high else 0.0)


def short(number: float) -> str:
    """Write a number for an axis: 20,000 or 2021 or 0.05 or -2.5 (with a true minus sign)."""
    grouping = "," if abs(number) >= 10_000 else ""
    text = f"{round(number, 10) + 0.0:{grouping}.10f}".rstrip("0").rstrip(".")
    return text.replace("-", "\u2212")
