"""The sheet a figure is drawn on: text, lines and boxes in points from its top left, and chart areas.

The sheet is 4.6 inches wide and as high as its content. On a phone of 320 px a figure is some
288 px wide, so that text of 11 points comes out at 9.5 px; there is no other size.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from livingreview.publish.figures import svg
from livingreview.publish.figures.parts import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLE = Path(__file__).parent / "style.mplstyle"
WIDTH = 331.2  # points, 4.6 inches
SIZE = 11.0  # of all text; the same in style.mplstyle
LINE = 14.0  # from one line of text to the next
RISE = 8.5  # from the baseline to the top of a capital letter, with a little air
INK = "black"
DASH = (0, (4.0, 2.5))
EDGE = 2.0  # nothing is drawn nearer to the border

Align = Literal["left", "center", "right"]
Edges = tuple[float, float, float, float]  # left, top, right, bottom
Segment = tuple[float, float, float, float]  # x and y of one end, then of the other


@cache
def measure(text: str, bold: bool = False) -> float:
    """Return the width of a text in points, set in DejaVu Sans."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=SIZE)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def wrap(text: str, width: float, bold: bool = False) -> list[str]:
    """Break a text into lines of at most `width` points, inside words only where a word is longer."""
    lines, line = [], ""
    for word in re.split(r"[ \t\r\n]+", text.strip()):
        joined = f"{line} {word}" if line else word
        if measure(joined, bold) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while measure(line, bold) > width:
            fits = max(1, sum(measure(line[: i + 1], bold) <= width for i in range(len(line))))
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line] if line else lines


def overlap(a: Edges, b: Edges) -> bool:
    """Whether two boxes share an area."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def inside(box: Edges, segment: Segment) -> tuple[float, float] | None:
    """Return where along a line (0 to 1) it enters and leaves a box, or None where it misses it."""
    x0, y0, x1, y1 = segment
    enter, leave = 0.0, 1.0
    for start, step, low, high in ((x0, x1 - x0, box[0], box[2]), (y0, y1 - y0, box[1], box[3])):
        if step == 0:
            if not low < start < high:
                return None
            continue
        first, last = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, first), min(leave, last)
    return (enter, leave) if enter < leave else None


@contextmanager
def sheet() -> Iterator[Page]:
    """Give a page on which everything is drawn in the project's style, regardless of the user's settings."""
    import matplotlib.style

    with matplotlib.style.context(STYLE, after_reset=True):
        yield Page()


class Page:
    """A sheet; `y` is how far down it is filled."""

    def __init__(self) -> None:
        from matplotlib.figure import Figure

        self.y = EDGE
        self._figure = Figure(figsize=(WIDTH / 72, 1))
        self._paper = self._area()
        self._paper.set_axis_off()
        self._charts: list[tuple[Axes, Edges]] = []

    def _area(self) -> Axes:
        # One label each, or matplotlib warns of overlapping areas.
        return self._figure.add_axes((0, 0, 1, 1), label=str(len(self._figure.axes)))

    def chart(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """Add a chart area; its y axis is in points of the page unless the caller sets it."""
        axes = self._area()
        axes.set_ylim(bottom, top)
        axes.set_yticks([])
        self._charts.append((axes, (left, top, right, bottom)))
        return axes

    def text(
        self, x: float, y: float, text: str, *, align: Align = "left", bold: bool = False, slant: bool = False
    ) -> None:
        """Write one line with its baseline at `y`."""
        self._paper.text(
            x,
            y,
            text,
            ha=align,
            va="baseline",
            weight="bold" if bold else "normal",
            style="italic" if slant else "normal",
        )

    def paragraph(self, text: str, *, x: float = EDGE, bold: bool = False, slant: bool = False) -> None:
        """Write a text below the rest, wrapped to the width of the page."""
        for line in wrap(text, WIDTH - EDGE - x, bold):
            self.y += LINE
            self.text(x, self.y - LINE + RISE, line, bold=bold, slant=slant)

    def pair(self, left: str, right: str) -> None:
        """Write a text at the left and one at the right edge, on one line if they fit."""
        room = WIDTH - 2 * EDGE
        lines, right_lines = wrap(left, room), wrap(right, room)
        if right_lines and measure(lines[-1]) + 10 + measure(right_lines[0]) > room:
            lines.append("")
        for i, line in enumerate(lines):
            self.text(EDGE, self.y + RISE + i * LINE, line)
        self.y += LINE * len(lines)
        for i, line in enumerate(right_lines):
            self.text(WIDTH - EDGE, self.y - LINE + RISE + i * LINE, line, align="right")
        self.y += LINE * max(0, len(right_lines) - 1)

    def line(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        *,
        dashed: bool = False,
        width: float = 1.0,
        alpha: float | None = None,
        colour: str = INK,
    ) -> None:
        """Draw a line through points."""
        self._paper.plot(xs, ys, color=colour, lw=width, ls=DASH if dashed else "-", alpha=alpha, clip_on=False)

    def marker(self, x: float, y: float, marker: str, *, fill: str, edge: str, size: float) -> None:
        """Draw a marker, which keeps its form where a page stretches the sheet."""
        self._paper.plot([x], [y], marker, mfc=fill, mec=edge, mew=1.6, ms=size, clip_on=False)

    def arrow(self, xs: Sequence[float], ys: Sequence[float], *, dashed: bool = False) -> None:
        """Draw a line that ends in an arrow head."""
        x, y = xs[-1], ys[-1]
        dx, dy = x - xs[-2], y - ys[-2]
        length = (dx * dx + dy * dy) ** 0.5
        ux, uy = 7 * dx / length, 7 * dy / length
        self.line([*xs[:-1], x - ux], [*ys[:-1], y - uy], dashed=dashed)
        side = [(x, y), (x - ux - uy / 2, y - uy + ux / 2), (x - ux + uy / 2, y - uy - ux / 2)]
        self._paper.fill(*zip(*side, strict=True), color=INK, lw=0)

    def rectangle(
        self,
        box: Edges,
        *,
        frame: bool = True,
        dashed: bool = False,
        width: float = 1.0,
        series: int | None = None,
        tint: float = 0.0,
    ) -> None:
        """Draw a box in ink or in a series' colour: its frame, a tint of its area, or both."""
        left, top, right, bottom = box
        colour = INK if series is None else LIGHT[series]
        xs, ys = [left, right, right, left], [top, top, bottom, bottom]
        if tint:
            self._paper.fill(xs, ys, color=colour, alpha=tint, lw=0)
        if frame:
            self._paper.fill(xs, ys, fc="none", ec=colour, lw=width, ls=DASH if dashed else "-")

    def tiles(
        self, boxes: Sequence[Edges], *, series: int | None = None, tint: float = 0.0, width: float = 0.75
    ) -> None:
        """Draw many boxes as one shape: their frames and, in a series' colour, a tint of their areas."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path as Outline

        if boxes:
            corners = [((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)) for x0, y0, x1, y1 in boxes]
            codes = [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY] * len(boxes)
            outline = Outline([corner for box in corners for corner in box], codes)
            colour = INK if series is None else LIGHT[series]
            if tint:
                self._paper.add_patch(PathPatch(outline, fc=colour, ec="none", alpha=tint, lw=0))
            if tint < 1:
                self._paper.add_patch(PathPatch(outline, fc="none", ec=colour, lw=width))

    def centred(self, box: Edges, lines: Sequence[tuple[str, bool]]) -> None:
        """Write lines (text, bold) in the middle of a box."""
        x = (box[0] + box[2]) / 2
        y = (box[1] + box[3] - LINE * len(lines)) / 2 + (LINE + RISE) / 2
        for i, (line, bold) in enumerate(lines):
            self.text(x, y + i * LINE, line, align="center", bold=bold)

    def svg(self, name: str, alt: str, description: str) -> str:
        """Return the page as inline SVG."""
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            raise ValueError(f"figure name {name!r} must be lower-case letters, digits and hyphens.")
        height = self.y + EDGE
        self._figure.set_size_inches(WIDTH / 72, height / 72)
        self._paper.set_xlim(0, WIDTH)
        self._paper.set_ylim(height, 0)
        for axes, (left, top, right, bottom) in self._charts:
            axes.set_position((left / WIDTH, 1 - bottom / height, (right - left) / WIDTH, (bottom - top) / height))
        out = io.StringIO()
        self._figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        return svg.tidy(out.getvalue(), name, alt, description, size=SIZE, max_width="27.6rem")
