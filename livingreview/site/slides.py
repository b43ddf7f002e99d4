"""A figure as a slide of 16:9 for a talk: it says of itself what it shows, of whom, from where, and how sure it is.

Everything on it stands on the page of the figure. A drawing that is taller than the slide is cut between two lines of
text, and its parts stand side by side.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from livingreview.publish.figures.page import SIZE, wrap

#: The sheet, in points; a picture has three pixels a point.
WIDTH, HEIGHT = 640.0, 360.0
EDGE, GAP = 16.0, 16.0
#: Lines of a drawing that are farther apart than this, in its points, belong to different blocks.
APART = 18.0
#: Sizes of text in points, with the space from one line to the next.
TITLE, NOTE = (14.0, 18.0), (7.5, 10.0)

_TEXT = re.compile(r'<text [^>]*?\by="([\d.]+)"')
_HEAD = re.compile(r'<text [^>]*?\by="([\d.]+)"[^>]*font-weight="700"')
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_NAMES = re.compile(r"(?s)<title.*?</title>|<desc.*?</desc>")
_SVG = re.compile(r"(?s)\A<svg[^>]*>(.*)</svg>\s*\Z")


def slide(drawing: str, title: str, notes: Sequence[str]) -> str:
    """Put a drawing on a slide.

    Parameters
    ----------
    drawing : str
        An SVG in the colours of light pages.
    title : str
        What stands above it: the caption of the figure.
    notes : sequence of str
        Paragraphs below it.

    Returns
    -------
    str
        An SVG of 640 by 360 points.
    """
    view, inner = _VIEW.search(drawing), _SVG.match(drawing)
    if view is None or inner is None:
        raise ValueError("a drawing needs a viewBox that begins at 0 0")
    titles, below = _lines([title], TITLE[0], bold=True), _lines(notes, NOTE[0])
    top, bottom = 1.5 * EDGE + TITLE[1] * len(titles), HEIGHT - EDGE - NOTE[1] * len(below)
    width, shapes = float(view[1]), _NAMES.sub("", inner[1])
    cuts, scale = _cuts(drawing, width, float(view[2]), bottom - top - GAP)
    parts = "".join(
        f'<svg x="{EDGE + n * (width * scale + GAP):g}" y="{top:g}" width="{width * scale:g}" '
        f'height="{(end - start) * scale:g}" viewBox="0 {start:g} {width:g} {end - start:g}" '
        f'font-size="{SIZE:g}">{shapes}</svg>'
        for n, (start, end) in enumerate(cuts)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" fill="#000000" '
        f'font-family="sans-serif"><rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#ffffff"/>'
        f"{_written(titles, EDGE, TITLE, bold=True)}{parts}{_written(below, bottom, NOTE)}</svg>\n"
    )


def _lines(texts: Sequence[str], size: float, *, bold: bool = False) -> list[str]:
    return [line for text in texts for line in wrap(text, (WIDTH - 2 * EDGE) * SIZE / size, bold)]


def _written(lines: Sequence[str], top: float, text: tuple[float, float], *, bold: bool = False) -> str:
    size, step = text
    weight = ' font-weight="700"' if bold else ""
    return "".join(
        f'<text x="{EDGE:g}" y="{top + size + n * step:g}" font-size="{size:g}"{weight}>'
        f"{html.escape(line, quote=False)}</text>"
        for n, line in enumerate(lines)
    )


def _cuts(drawing: str, width: float, height: float, room: float) -> tuple[list[tuple[float, float]], float]:
    """Where a drawing is cut, and its scale: above a head line, unless cuts elsewhere make it much larger."""
    heads, free = (
        _largest(sorted(places), width, height, room) for places in (_above_heads(drawing), _above_blocks(drawing))
    )
    return heads if heads[1] > 0.75 * free[1] else free


def _largest(
    places: Sequence[float], width: float, height: float, room: float
) -> tuple[list[tuple[float, float]], float]:
    """The cuts at some of the places that make the parts largest, and their scale."""
    best: tuple[list[tuple[float, float]], float] = ([], 0.0)
    for count in range(1, 6 if places else 2):
        at = [height * n / count for n in range(1, count)]
        edges = sorted({0.0, *(min(places, key=lambda place, y=y: abs(place - y)) for y in at), height})  # type: ignore[misc]
        cuts = [*pairwise(edges)]
        across = (WIDTH - 2 * EDGE - GAP * (len(cuts) - 1)) / (len(cuts) * width)
        scale = min(room / max(end - start for start, end in cuts), across)
        best = max(best, (cuts, scale), key=lambda pair: pair[1])
    return best


def _above_heads(drawing: str) -> Iterator[float]:
    """Heights just above the lines in bold type, but for the first."""
    heads = sorted({float(y) for y in _HEAD.findall(drawing)})
    for y in heads[1:]:
        yield y - SIZE


def _above_blocks(drawing: str) -> Iterator[float]:
    """Heights just above the lines that do not go on from the line above: what is drawn between stays above."""
    baselines = sorted({float(y) for y in _TEXT.findall(drawing)})
    for above, line in pairwise(baselines):
        if line - above > APART:
            yield line - SIZE
