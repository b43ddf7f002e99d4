"""Figures of two versions: what changed drawn old over new on one scale, and the stored drawings made safe.

A stored drawing may come from anybody's pull request. It is rebuilt from what the figures of this project are made of;
any other element, attribute or value is left out, so that no drawing can run or load anything.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any, Literal

from livingreview.history.comparing import FigureCell, FigureChange
from livingreview.history.escaping import page, plain
from livingreview.history.material import number
from livingreview.publish.figures import Figure, Panel, Row, forest
from livingreview.publish.figures.parts import check_printed

BEFORE, AFTER = "before", "after"
LONGEST = 100  # characters of a text in a drawing
SMALLEST, LARGEST = 1e-9, 1e12  # sizes of the numbers that are drawn; others are shown as text

_SIGNED = r"[-−]?\$?(?:\d[\d,]*(?:\.\d+)?|\.\d+)%?"
_PRINTED = re.compile(rf"({_SIGNED})(?! to )(?:[^()]*\(({_SIGNED}) to ({_SIGNED})\))?")
_PLAIN_NUMBERS = r"[-+\d.,eE ]+"
#: The elements of a drawing and the values that their attributes may have; see `livingreview.publish.figures.svg`.
_VALUES = {
    "viewBox": _PLAIN_NUMBERS,
    "d": r"[-+\d.,eE \sMLHVCSQTAZmlhvcsqtaz]+",
    "transform": rf"translate\({_PLAIN_NUMBERS}\)",
    "style": r"(?:(?:fill|stroke):var\(--lr-series-\d,#[\da-f]{6}\);?)+",
    "fill": r"none|currentColor",
    "stroke": r"currentColor",
    "stroke-dasharray": _PLAIN_NUMBERS,
    "text-anchor": r"start|middle|end",
    "font-weight": r"\d{3}|bold",
    "font-style": r"italic|normal",
    **dict.fromkeys(("x", "y", "stroke-width", "opacity", "fill-opacity", "stroke-opacity", "font-size"), r"[-\d.e]+"),
}


def changes(figure: FigureChange, name: str) -> Figure | None:
    """Draw the numbers of a figure that changed, each old over new on a scale of its own.

    Parameters
    ----------
    one : FigureChange
    name : str
        Prefix of the ids, unique on the page.

    Returns
    -------
    Figure or None
        None when no number changed.
    """
    panels = [panel for cell in figure.cells for panel in _panel(cell)]
    if not panels:
        return None
    with warnings.catch_warnings():
        # the browser sets the text, so that letters which the font of the layout lacks are no trouble
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        return forest(name, panels, summary=f"Numbers of a figure before and after a change: {plain(figure.name)}")


def _panel(cell: FigureCell) -> Iterator[Panel]:
    rows = [_row(BEFORE, cell.old), _row(AFTER, cell.new)]
    drawn = [n for row in rows for n in (row.estimate, row.low, row.high) if n is not None]
    if drawn:
        logarithmic = cell.ratio and all(n > 0 for n in drawn)
        title = plain(cell.row if cell.column == "Value" else f"{cell.row}, {cell.column}")[:LONGEST]
        scale: Literal["log", "linear"] = "log" if logarithmic else "linear"
        yield Panel(rows, "as printed", scale, 1.0 if logarithmic else None, title=title)


def _row(label: str, text: str) -> Row:
    """A printed value as a row: with its number and interval where it has them, else as text."""
    text = plain(text)[:LONGEST]
    match = _PRINTED.match(text)
    values = [number(part or "") for part in (match.groups() if match else ("", "", ""))]
    numbers = [float(value) for value in values if value is not None]
    try:
        check_printed(label, text, *numbers)
        drawn = all(n == 0 or SMALLEST < abs(n) < LARGEST for n in numbers)
    except ValueError:  # a text that the figures do not read as these numbers
        drawn = False
    estimate, low, high = (float(value) if drawn and value is not None else None for value in values)
    return Row(label, text or "not there", estimate, low, high)


def stored(svg: str, prefix: str) -> str:
    """A stored drawing, rebuilt from what a figure of this project is made of.

    Parameters
    ----------
    svg : str
        The element as the notebook stores it.
    prefix : str
        Put before its ids, so that one page can show two drawings of one figure.

    Returns
    -------
    str
        An ``svg`` element; a sentence where it cannot be read.
    """
    from lxml import etree

    try:
        root = etree.fromstring(svg, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return "<p>The stored drawing cannot be read.</p>"
    texts = ((tag, root.findtext(tag) or "") for tag in ("title", "desc"))
    head = "".join(f'<{tag} id="{prefix}-{tag}">{page(text)}</{tag}>' for tag, text in texts)
    shapes = (
        f"<{shape.tag}{_attributes(shape)}>{page(shape.text or '')}</{shape.tag}>"
        for shape in root
        if shape.tag in ("text", "path")
    )
    labelled = f'aria-labelledby="{prefix}-title" aria-describedby="{prefix}-desc"'
    return (
        f'<svg{_attributes(root, "viewBox")} role="img" {labelled} fill="currentColor" font-size="11">'
        f"{head}{''.join(shapes)}</svg>"
    )


def _attributes(element: Any, *names: str) -> str:
    """The attributes of an element whose values are allowed."""
    values = {name: str(element.get(name, "")) for name in names or _VALUES}
    return "".join(f' {name}="{value}"' for name, value in values.items() if re.fullmatch(_VALUES[name], value))
