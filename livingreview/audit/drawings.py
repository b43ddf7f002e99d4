"""Whether an effect that the first page draws lies where its printed number and interval say."""

from __future__ import annotations

import math
from typing import Any

from livingreview.evidence import Evidence
from livingreview.evidence.measures import measure, of_formula
from livingreview.notebooks.outputs import Number

#: How far a place may be from where it belongs, in percent of the width: what one decimal leaves open.
_ROOM = 0.15


def misdrawn(svg: Any, estimate: Number, interval: Number, book: Evidence) -> str:
    """Read the places of a drawing back, and compare them with the number and the interval beside it.

    Parameters
    ----------
    svg : lxml element
        The drawing: a line of no difference, a line for the interval and a point.
    estimate, interval : Number
        As the notebook stores them.
    book : Evidence
        The evidence, which says what is measured and which side is better.

    Returns
    -------
    str
        What is wrong; blank if nothing is.
    """
    rows = [book.row(row) for row in estimate.rows]
    properties = measure(of_formula(estimate.formula) or rows[0].get("measure"))
    sign = -1 if any(row.get("direction_of_benefit") == "lower" for row in rows) else 1
    scaled = math.log if properties.is_ratio else float
    texts = (interval.text.split(" to ")[0], estimate.text, interval.text.split(" to ")[1])
    values = [float(text.replace("\u2212", "-").replace(",", "")) for text in texts]
    if properties.null is None:
        return "a measure without a value of no difference is drawn"
    sizes = sorted(sign * (scaled(value) - scaled(properties.null)) for value in values)
    middle, (start, end) = _places(svg, 0)[0], _places(svg, 1)
    places = [start - middle, float(svg.find("circle").get("cx").rstrip("%")) - middle, end - middle]
    unit = (places[2] - places[0]) / (sizes[2] - sizes[0])
    if unit <= 0 or any(abs(place - unit * size) > _ROOM for place, size in zip(places, sizes, strict=True)):
        return f"a point at {places[1]:+.1f} and a line from {places[0]:+.1f} to {places[2]:+.1f} of no difference"
    return ""


def _places(svg: Any, line: int) -> tuple[float, float]:
    shape = svg.findall("line")[line]
    return float(shape.get("x1").rstrip("%")), float(shape.get("x2").rstrip("%"))
