"""What figures are made of: the palettes, the arguments of the figure functions, and words for numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Literal, ParamSpec

from livingreview.publish import session

P = ParamSpec("P")

# Series colours on the light and on the dark page, as CSS variables --lr-series-1 to -3. At least 4:1
# against the page, and apart from each other for every kind of colour vision (tests/test_figures.py).
LIGHT = ("#004f8c", "#c05600", "#1f8a70")
DARK = ("#4f9fe6", "#f09a3c", "#6fe3bb")

ALT = 160  # characters of what a short text tells; the description tells the rest

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
        A few sentences that say all that is drawn.
    columns, data : tuple
        The table behind the figure, as printed.
    """

    svg: str
    alt: str
    description: str
    columns: tuple[str, ...]
    data: tuple[tuple[str, ...], ...]


def drawing(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Let the session decide whether a figure is drawn; where it is not, the text of its arguments stands for it."""

    @wraps(draw)
    def drawn(*arguments: P.args, **named: P.kwargs) -> Figure:
        if session.current().drawing:
            return draw(*arguments, **named)
        return Figure(repr((draw.__name__, arguments, named)), "", "", (), ())

    return drawn


@dataclass(frozen=True)
class Row:
    """One labelled result. None or NaN is a number that is not known; `printed` is what the reader reads."""

    label: str
    printed: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    group: str = ""


@dataclass(frozen=True)
class Threshold:
    """A value worth marking, or the range from it to `upto`; the label states the number."""

    value: float
    label: str
    upto: float | None = None


@dataclass(frozen=True)
class Panel:
    """Rows that share one scale, with what lies left and right of the line of no difference (`null`)."""

    rows: Sequence[Row]
    xlabel: str
    scale: Literal["log", "linear"]
    null: float | None = None
    favours: tuple[str, str] | None = None
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
    """A moment (`start`) or a stretch of time (`start` to `end`); without a start it is listed apart."""

    label: str
    printed: str
    start: float | None = None
    end: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Box:
    """A step of a flow; an empty `printed` is a number nobody could read."""

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
    """A component of one or of both things compared; None where nothing could be read about it."""

    label: str
    left: bool | None
    right: bool | None


@dataclass(frozen=True)
class Word:
    """A word that may stand in a field of a map: how the field looks, and what the word means."""

    text: str
    look: Literal["full", "open", "dashed"]
    meaning: str


@dataclass(frozen=True)
class Place:
    """A row of a map: for each of its columns the words that stand there, one below the other."""

    label: str
    printed: str
    cells: Sequence[Sequence[str]]
    note: str = ""
    group: str = ""


def known(number: float | None) -> float | None:
    """Return the number, or None where it is missing, NaN or infinite."""
    return float(number) if number is not None and math.isfinite(number) else None


def check_printed(where: str, printed: str, *drawn: float, unsigned: bool = False) -> None:
    """Refuse a text that does not state the numbers drawn beside it.

    Raises
    ------
    ValueError
        If a drawn number differs from every number of the text by more than half of its last digit. The
        sign counts, unless it is `unsigned`, where the text has minus signs; '1.0 points lower' may stand
        beside -1.0.
    """
    tokens = [match.group().replace(",", "").replace("\u2212", "-") for match in _NUMBER.finditer(printed)]
    if unsigned:
        tokens = [token.lstrip("-") for token in tokens]
    signed = any(token.startswith("-") for token in tokens)
    for number in drawn:
        wanted = number if signed or number > 0 else abs(number)
        if not any(abs(wanted - float(t)) <= 0.5001 * 10.0 ** -len(t.partition(".")[2]) for t in tokens):
            raise ValueError(f"{where}: must print what it draws; {number:g} is not in {printed!r}.")


def listed(items: Iterable[str]) -> str:
    """Join as in a sentence: 'a, b and c'."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def fitting(parts: Sequence[str]) -> str:
    """Join what fits a short text, and say how much is left to the description."""
    kept = [part for i, part in enumerate(parts) if not i or len("; ".join(parts[: i + 1])) <= ALT]
    more = len(parts) - len(kept)
    return "; ".join(kept) + (f"; {more} more in the description" if more else "")


def prose(*sentences: str) -> str:
    """Join sentences, with a capital and a full stop each; empty ones are left out."""
    capitals = [text[0].upper() + text[1:] for text in sentences if text]
    return " ".join(text if text.endswith((".", "?", "!")) else f"{text}." for text in capitals)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return columns and data without the columns that are empty in every row."""
    kept = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    return tuple(columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows)
