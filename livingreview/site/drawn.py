"""The effects of a summary, drawn: beside each number with an interval, where both lie from no difference.

The drawing says nothing that the words beside it do not say, so it is hidden from screen readers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from livingreview.evidence import load
from livingreview.evidence.measures import measure, of_formula
from livingreview.notebooks.outputs import Number
from livingreview.site.published import find

#: Class of the container whose effects are drawn, and that of a drawing.
SUMMARY, DRAWN = "summary", "lr-drawn"
#: Where the line of no difference stands, and how far an interval may reach on either side, in percent of the width.
NULL, LEFT, RIGHT = 30.0, 27.0, 67.0
#: What the line and the side mean; the first drawing of a summary says it.
LABELS = f'<text x="{NULL:g}%" y="28">no difference</text><text class="end" x="100%" y="28">better →</text>'


class drawing(nodes.Inline, nodes.Element):  # type: ignore[misc]  # noqa: N801 (named as in docutils)
    """An effect drawn, which has no text: neither the search nor a title repeats it."""


def visit(translator: Any, node: drawing) -> None:
    """Write the drawing where it stands."""
    translator.body.append(node["markup"])


def depart(_translator: Any, _node: drawing) -> None:
    """Write nothing more."""


class Effects(SphinxPostTransform):
    """Draw each effect of a summary under the words that give it; the right is the side of benefit."""

    formats = ("html",)
    default_priority = 5  # before the links are resolved (10)

    def run(self, **_kwargs: Any) -> None:
        """Find the keys that stand with their interval, ``key`` beside ``key_ci``, in one paragraph."""
        for box in self.document.findall(lambda node: isinstance(node, nodes.container)):
            labels = LABELS
            for paragraph in box.findall(nodes.paragraph) if SUMMARY in box["classes"] else ():
                keys = [n["reftarget"] for n in paragraph.findall(addnodes.pending_xref) if n["reftype"] == "n"]
                for key in (key for key in keys if f"{key}_ci" in keys):
                    markup = draw(find(self.env, key), find(self.env, f"{key}_ci"), labels)
                    paragraph.append(drawing(markup=markup))
                    labels = ""


def draw(estimate: Number, interval: Number, labels: str = "") -> str:
    """Draw an estimate and its interval on a line of their own, as an SVG.

    Parameters
    ----------
    estimate, interval : Number
        As published, such as ``1.32`` and ``1.22 to 1.43``; their rows say what is better.
    labels : str
        Markup under the line.

    Returns
    -------
    str
        Blank where the measure has no value of no difference, or the rows no direction of benefit.
    """
    rows = [load().row(row) for row in estimate.rows]
    named = of_formula(estimate.formula) or rows[0].get("measure")
    directions = {row.get("direction_of_benefit") for row in rows} - {None, ""}
    properties = measure(named)
    if properties.null is None or len(directions) != 1:
        return ""
    sign = -1 if directions == {"lower"} else 1
    scaled = math.log if properties.is_ratio else float
    low, point, high = sorted(
        sign * (scaled(value) - scaled(properties.null)) for value in (*_values(interval), *_values(estimate))
    )
    unit = min(RIGHT / max(high, 1e-9), LEFT / max(-low, 1e-9))
    places = [f"{NULL + unit * value:.1f}%" for value in (low, point, high)]
    return (
        f' <svg class="{DRAWN}" aria-hidden="true" height="{34 if labels else 18}"><path d="M0 9h9999"/>'
        f'<line x1="{NULL:g}%" x2="{NULL:g}%" y1="2" y2="16"/>'
        f'<line class="interval" x1="{places[0]}" x2="{places[2]}" y1="9" y2="9"/>'
        f'<circle cx="{places[1]}" cy="9" r="4.5"/>{labels}</svg>'
    )


def _values(number: Number) -> Iterator[float]:
    for part in number.text.split(" to "):
        yield float(part.replace("−", "-").replace(",", ""))
