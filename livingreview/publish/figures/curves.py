"""Values over time, one line per arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from livingreview.publish.figures.page import (
    DASH,
    EDGE,
    LINE,
    RISE,
    WIDTH,
    Edges,
    Page,
    Segment,
    inside,
    measure,
    overlap,
    sheet,
    wrap,
)
from livingreview.publish.figures.parts import LIGHT, Figure, Point, Series, check_printed, drawing, known, prose, table
from livingreview.publish.figures.scales import Scale, fitted, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT = 170.0
_STYLES = (("o", "-"), ("s", DASH), ("^", (0, (1.0, 1.5))))  # marker and line of the first, second, third


@drawing
def lines(name: str, series: Sequence[Series], xlabel: str, ylabel: str, *, cut: str = "", summary: str = "") -> Figure:
    """Draw values over time, one line per arm, each point with its printed value up to a parenthesis.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    series : sequence of Series
        At most three, distinguished by marker and dash as well as color. Points without an interval are
        hollow if others in the figure have one. A point without a value breaks its line.
    xlabel, ylabel : str
        Quantity and unit.
    cut : str
        Why the y axis does not start at zero, which is shown; by default it does.
    summary : str
        First sentence of the description.

    Raises
    ------
    ValueError
        If there are more than three series, a series has no value, or a printed text does not state what
        is drawn.
    """
    if len(series) > len(_STYLES):
        raise ValueError(f"{name}: must have at most {len(_STYLES)} series, found {len(series)}.")
    points = [point for curve in series for point in curve.points]
    for curve in series:
        if all(known(point.y) is None for point in curve.points):
            raise ValueError(f"{name}, {curve.label}: must have at least one value.")
    with sheet() as page:
        _plot(page, name, series, xlabel=xlabel, ylabel=ylabel, cut=cut)
        ends = []
        for curve in series:
            drawn = [point.printed for point in curve.points if known(point.y) is not None]
            change = f"from {drawn[0]} to {drawn[-1]}" if drawn[1:] else drawn[0]
            ends.append(f"{curve.label} {change}")
        xs = sorted({point.x for point in points})
        alt = prose(f"Line chart, {ylabel}, {xlabel} {xs[0]:g} to {xs[-1]:g}: {'; '.join(ends)}")
        values_in_words = [
            f"{curve.label}: {'; '.join(f'{p.printed} at {p.x:g}' for p in curve.points)}" for curve in series
        ]
        description = prose(
            summary,
            f"{ylabel} by {xlabel}",
            *values_in_words,
            "Hollow points have no interval" if _some_bare(series) else "",
            _cut(cut) if cut else "",
        )
        printed = [{point.x: point.printed for point in curve.points} for curve in series]
        columns, data = table(
            (xlabel, *(curve.label for curve in series)),
            [(f"{x:g}", *(column.get(x, "") for column in printed)) for x in xs],
        )
        return Figure(page.svg(name, alt, description), alt, description, columns, data)


def _cut(reason: str) -> str:
    return f"The vertical axis does not start at zero: {reason}"


def _limits(point: Point) -> tuple[float, float] | None:
    low, high = known(point.low), known(point.high)
    return None if low is None or high is None else (low, high)


def _some_bare(series: Sequence[Series]) -> bool:
    """Whether some points have an interval and others have none."""
    drawn = [point for curve in series for point in curve.points if known(point.y) is not None]
    return len({_limits(point) is None for point in drawn}) > 1


def _numbers(name: str, curve: Series, point: Point) -> list[float]:
    """Return the known numbers of a point, checked against what is printed beside it."""
    numbers = [n for n in (known(point.y), *(_limits(point) or ())) if n is not None]
    check_printed(f"{name}, {curve.label} at {point.x:g}", point.printed, *numbers)
    return numbers


@dataclass(frozen=True)
class _PlotFrame:
    """The position of a chart on the page, and its two scales."""

    left: float
    top: float
    right: float
    bottom: float
    across: Scale
    up: Scale

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a point on the page."""
        return (
            self.left + self.across.fraction(x) * (self.right - self.left),
            self.bottom - self.up.fraction(y) * (self.bottom - self.top),
        )


@dataclass(frozen=True)
class _Drawn:
    """A point as drawn: its middle and the ends of its interval on the page."""

    series: int
    printed: str
    x: float
    y: float
    over: float
    under: float


def _plot(page: Page, name: str, series: Sequence[Series], *, xlabel: str, ylabel: str, cut: str) -> None:
    numbers = [number for curve in series for point in curve.points for number in _numbers(name, curve, point)]
    up = fitted(name, numbers if cut else [0.0, *numbers], room=0.12)
    xs = sorted({point.x for curve in series for point in curve.points})
    ticks = up.ticks(_HEIGHT * 1.5)
    names = [wrap(curve.label, 92) for curve in series] if series[1:] else [[] for _ in series]
    page.paragraph(ylabel)
    top = page.y + LINE
    frame = _PlotFrame(
        left=max(measure(label) for label in ticks.values()) + 22,
        top=top,
        right=WIDTH - EDGE - 10 - max((measure(line) for text in names for line in text), default=8.0),
        bottom=top + _HEIGHT,
        across=Scale(xs[0], xs[-1] if xs[1:] else xs[0] + 1),
        up=up,
    )
    axes = page.chart(frame.left, frame.top, frame.right, frame.bottom)
    axes.set_xlim(frame.across.low, frame.across.high)
    axes.set_ylim(up.low, up.high)
    axes.set_xticks(xs, [short(x) for x in xs])
    axes.spines.bottom.set_visible(bool(cut))
    # Labels keep clear of points, names, ticks and the line of zero.
    boxes: list[Edges] = [(0, frame.bottom, WIDTH, frame.bottom + LINE)]
    for tick, label in ticks.items():
        y = frame.place(xs[0], tick)[1]
        page.text(frame.left - 18, y + 4, label, align="right")
        boxes.append((0, y - 5, frame.left - 17, y + 5))
        page.line([frame.left - 14, frame.right + 6], [y, y], width=0.8, alpha=None if tick == 0 else 0.18)
    drawn, segments = _draw(axes, frame, series)
    if up.low <= 0:
        segments.append((*frame.place(xs[0], 0), *frame.place(frame.across.high, 0)))
    boxes += [(p.x - 4, p.over - 4, p.x + 4, p.under + 4) for p in drawn]
    last = {point.series: point.y for point in drawn}
    _name_series(page, names, last, frame.right + 8, boxes)
    for point in drawn:
        # The number goes to the outer side of its point: above for the higher line, below for the lower one.
        neighbors = [p.over for p in drawn if p.x == point.x and p.series != point.series]
        above = all(point.over <= neighbor for neighbor in neighbors)
        spots = _spots(point.x, point.over, point.under, measure(point.printed) / 2, above)
        _write(page, point.printed, spots, boxes, segments)
    page.y = frame.bottom + 20
    for line in wrap(xlabel, WIDTH - 2 * EDGE):
        page.text((frame.left + frame.right) / 2, page.y + RISE, line, align="center")
        page.y += LINE
    if cut:
        page.paragraph(_cut(cut), slant=True)


def _draw(axes: Axes, frame: _PlotFrame, series: Sequence[Series]) -> tuple[list[_Drawn], list[Segment]]:
    """Draw lines, intervals and markers; return the points and the lines on the page."""
    drawn: list[_Drawn] = []
    segments: list[Segment] = []
    bare = _some_bare(series)
    for i, (curve, (marker, dash)) in enumerate(zip(series, _STYLES, strict=False)):
        values = [(point, known(point.y)) for point in curve.points]
        for (p, y0), (q, y1) in pairwise(values):
            if y0 is not None and y1 is not None:
                axes.plot([p.x, q.x], [y0, y1], color=LIGHT[i], ls=dash)
                segments.append((*frame.place(p.x, y0), *frame.place(q.x, y1)))
        for point, y in values:
            if y is None:
                continue
            limits = _limits(point)
            if limits:
                axes.plot([point.x] * 2, limits, "_-", color=LIGHT[i], lw=1.2, ms=7, mew=1.2)
            fill = "none" if bare and not limits else LIGHT[i]
            axes.plot([point.x], [y], marker, mfc=fill, mec=LIGHT[i], mew=1.4, ms=5.5)
            under, over = (frame.place(point.x, end)[1] for end in limits or (y, y))
            estimate = point.printed.partition(" (")[0]  # the interval is drawn, and is in the table
            drawn.append(_Drawn(i, estimate, *frame.place(point.x, y), over, under))
    return drawn, segments


def _name_series(
    page: Page, names: Sequence[Sequence[str]], last: dict[int, float], x: float, boxes: list[Edges]
) -> None:
    """Write each series' name to the right of its last point, moved down if two would touch."""
    free = 0.0
    for i, y in sorted(last.items(), key=lambda item: item[1]):
        height = LINE * len(names[i])
        top = max(y - height / 2, free)
        for k, line in enumerate(names[i]):
            page.text(x, top + k * LINE + RISE + 1, line)
            boxes.append((x, top + k * LINE, x + measure(line), top + (k + 1) * LINE))
        free = top + height + 3


def _spots(x: float, over: float, under: float, half: float, above: bool) -> list[tuple[float, float]]:
    """Return places for the middle and baseline of a label, the best first."""
    up, down, level = over - 6, under + 6 + RISE, (over + under) / 2 + 4
    heights = (up, down) if above else (down, up)
    spots = [(x, y) for y in heights]
    spots += [(x + side, y) for y in heights for side in (-10, 10, -half - 6, half + 6)]
    return [*spots, (x - half - 8, level), (x + half + 8, level)]


def _write(
    page: Page, text: str, spots: Sequence[tuple[float, float]], boxes: list[Edges], segments: Sequence[Segment]
) -> None:
    """Write a label where it covers least."""
    half = measure(text) / 2

    def frame(spot: tuple[float, float]) -> Edges:
        return spot[0] - half - 1, spot[1] - RISE - 1, spot[0] + half + 1, spot[1] + 2

    def hits(spot: tuple[float, float]) -> int:
        box = frame(spot)
        outside = box[0] < 0 or box[2] > WIDTH
        return (
            3 * outside
            + 3 * sum(overlap(box, other) for other in boxes)
            + sum(inside(box, segment) is not None for segment in segments)
        )

    best = min(spots, key=hits)
    boxes.append(frame(best))
    page.text(*best, text, align="center")
