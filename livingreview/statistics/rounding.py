"""Printed numbers, each treated as all the values that round to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

#: A number as printed, whose digits show its rounding; or an integer, a count of people that was not rounded.
Printed = str | int

#: Floating-point error between ends that are equal.
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Span:
    """The values from low to high. Both are included, since a half may have been rounded up or down."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.meets(Span(value, value))

    def meets(self, other: Span) -> bool:
        """Whether the spans have a value in common."""
        slack = _SLACK * max(1.0, *map(abs, (self.low, self.high, other.low, other.high)))
        return self.low <= other.high + slack and other.low <= self.high + slack

    def gap(self, other: Span) -> float:
        """Distance between the nearest ends; 0 if the spans meet."""
        return 0.0 if self.meets(other) else max(other.low - self.high, self.low - other.high)

    def wider(self, factor: float) -> Span:
        """The span of a positive quantity, widened by a factor on either side."""
        return Span(self.low / factor, self.high * factor)


def rounding(printed: str) -> tuple[float, float]:
    """All values that round to a printed number.

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


def span(printed: Printed) -> Span:
    """The span of a printed number, or of a count."""
    return exactly(printed) if isinstance(printed, int) else Span(*rounding(printed))


def exactly(number: float | str) -> Span:
    """The span of a number that is not rounded, such as a count of people."""
    return Span(float(number), float(number))


def decimals(printed: str) -> int:
    """Number of digits after the point."""
    return len(printed.partition(".")[2])


def states(printed: str, value: float) -> bool:
    """Whether a printed number is a value, rounded to its digits."""
    return abs(float(printed) - value) <= 0.5001 * 10.0 ** -decimals(printed)


def spread(function: Callable[..., float], *spans: Span) -> Span:
    """All values of a function that is monotonic in each of its arguments, taken at their ends."""
    values = [function(*corner) for corner in product(*((argument.low, argument.high) for argument in spans))]
    return Span(min(values), max(values))
