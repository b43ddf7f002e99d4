"""The parts of figures: the palettes, the arguments of the figure functions, and words for numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Literal, NamedTuple, ParamSpec

from livingreview.publish import session
from livingreview.statistics.rounding import states

P = ParamSpec("P")

# Series colors on the light and on the dark page, as CSS variables --lr-series-1 to -3. At least 4:1
# against the page, and distinct for every kind of color vision (tests/test_figures.py).
LIGHT = ("#004f8c", "#c05600", "#1f8a70")
DARK = ("#4f9fe6", "#f09a3c", "#6fe3bb")

ALT = 160  # most characters of a short text; the description has the rest

# A number as publications print it: 1,801 or 0.50 or .5, with a minus only where it is no range's dash.
_NUMBER = re.compile(r"(?:(?<![\w)])[-\u2212])?(?:\d[\d,]*(?:\.\d+)?|\.\d+)")


@dataclass(frozen=True)
class Figure:
    """A figure as the page needs it.

    Attributes
    ----------
    svg : str
        Inline `<svg>` element; its only ids are those of its title and description.
    alt : str
        One sentence.
    description : str
        A few sentences that state everything drawn.
    columns, data : tuple
        The table behind the figure, as printed.
    """

    svg: str
    alt: str
    description: str
    columns: tuple[str, ...]
    data: tuple[tuple[str, ...], ...]


def drawing(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Let the session decide whether a figure is drawn; if not, its arguments as text replace it."""

    @wraps(draw)
    def drawn(*arguments: P.args, **options: P.kwargs) -> Figure:
        if session.current().drawing:
            return draw(*arguments, **options)
        return Figure(repr((draw.__name__, arguments, options)), "", "", (), ())

    return drawn


@dataclass(frozen=True)
class Row:
    """One labeled result. None or NaN is an unknown number; `printed` is what the reader reads."""

    label: str
    printed: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    group: str = ""


@dataclass(frozen=True)
class Threshold:
    """A value to mark, or the range from it to `upto`; the label states the number."""

    value: float
    label: str
    upto: float | None = None


class Sides(NamedTuple):
    """What lies left and right of the line of no difference. The right is the side of benefit."""

    worse: str
    better: str
    lower_is_better: bool = False


@dataclass(frozen=True)
class Panel:
    """Rows that share one scale, with what lies left and right of the line of no difference (`null`).

    Where lower is better the scale runs from high to low, so that the right is the side of benefit in every figure.
    """

    rows: Sequence[Row]
    xlabel: str
    scale: Literal["log", "linear"]
    null: float | None = None
    favours: Sides | None = None
    title: str = ""
    thresholds: Sequence[Threshold] = ()


@dataclass(frozen=True)
class Risk:
    """One outcome: its risk in two arms, and their difference as printed."""

    title: str
    arms: tuple[Row, Row]
    difference: str = ""


@dataclass(frozen=True)
class Point:
    """One value of a series; None or NaN in `y` breaks the line."""

    x: float
    y: float | None
    printed: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """Values of one arm in order of `x`."""

    label: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Event:
    """A moment (`start`) or a period (`start` to `end`); without a start it is listed separately."""

    label: str
    printed: str
    start: float | None = None
    end: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Box:
    """A step of a flow; an empty `printed` is an unreadable number."""

    key: str
    label: str
    printed: str = ""


Arrow = tuple[str, str]


@dataclass(frozen=True)
class Node:
    """A role at a place: `column` from 0 (left) to 1 (right), `row` from 0 (top)."""

    key: str
    label: str
    column: float
    row: float


@dataclass(frozen=True)
class Link:
    """What one node does for another, or (`both`) each for the other; `dashed` means the lesser kind."""

    source: str
    target: str
    label: str
    dashed: bool = False
    both: bool = False


@dataclass(frozen=True)
class Component:
    """A component of one or both packages compared; None if nothing could be read about it."""

    label: str
    left: bool | None
    right: bool | None


@dataclass(frozen=True)
class Word:
    """A word in a field of a map: the sign that stands for it, and what it means."""

    text: str
    look: Literal["full", "open", "cross", "dot"]
    meaning: str


@dataclass(frozen=True)
class Place:
    """A row of a map: for each column its words, from top to bottom."""

    label: str
    printed: str
    cells: Sequence[Sequence[str]]
    note: str = ""
    group: str = ""


def known(number: float | None) -> float | None:
    """Return the number, or None if it is missing, NaN or infinite."""
    return float(number) if number is not None and math.isfinite(number) else None


def check_printed(where: str, printed: str, *drawn: float, unsigned: bool = False) -> None:
    """Reject a text that does not state the numbers drawn beside it.

    Raises
    ------
    ValueError
        If a drawn number differs from every number of the text by more than half of its last digit. The
        sign counts if the text has minus signs, unless it is `unsigned`; '1.0 points lower' may be printed
        beside -1.0.
    """
    tokens = [match.group().replace(",", "").replace("\u2212", "-") for match in _NUMBER.finditer(printed)]
    if unsigned:
        tokens = [token.lstrip("-") for token in tokens]
    signed = any(token.startswith("-") for token in tokens)
    for number in drawn:
        expected = number if signed or number > 0 else abs(number)
        if not any(states(token, expected) for token in tokens):
            raise ValueError(f"{where}: must print what it draws; {number:g} is not in {printed!r}.")


def fitting(parts: Sequence[str]) -> str:
    """Join what fits a short text, and say how much more is in the description."""
    short = [part for i, part in enumerate(parts) if not i or len("; ".join(parts[: i + 1])) <= ALT]
    more = len(parts) - len(short)
    return "; ".join(short) + (f"; {more} more in the description" if more else "")


def prose(*sentences: str) -> str:
    """Join sentences, with a capital and a full stop each; empty ones are left out."""
    capitals = [text[0].upper() + text[1:] for text in sentences if text]
    return " ".join(text if text.endswith((".", "?", "!")) else f"{text}." for text in capitals)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return columns and data without the columns that are empty in every row."""
    filled = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    return tuple(columns[i] for i in filled), tuple(tuple(row[i] for i in filled) for row in rows)
