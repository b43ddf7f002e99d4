"""Figures of the review: pure functions from printed numbers to inline SVG.

Every function returns a `Figure`: the drawing, a short and a long description computed from the same
arguments, and the table behind it. Nothing here reads data, the clock or a random number, so equal
arguments give equal bytes. matplotlib is loaded when the first figure is drawn, not on import.
"""

from livingreview.publish.figures.curves import lines
from livingreview.publish.figures.diagrams import compared, flow, grid, relations
from livingreview.publish.figures.parts import (
    DARK,
    LIGHT,
    Arrow,
    Box,
    Component,
    Event,
    Figure,
    Link,
    Node,
    Panel,
    Place,
    Point,
    Risk,
    Row,
    Series,
    Sides,
    Threshold,
    Word,
)
from livingreview.publish.figures.people import people
from livingreview.publish.figures.rows import forest, risks, spans, timeline, years

__all__ = [
    "DARK",
    "LIGHT",
    "Arrow",
    "Box",
    "Component",
    "Event",
    "Figure",
    "Link",
    "Node",
    "Panel",
    "Place",
    "Point",
    "Risk",
    "Row",
    "Series",
    "Sides",
    "Threshold",
    "Word",
    "compared",
    "flow",
    "forest",
    "grid",
    "lines",
    "people",
    "relations",
    "risks",
    "spans",
    "timeline",
    "years",
]
