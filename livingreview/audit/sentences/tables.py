"""Whether a linked number of a table stands under its own arm: in its column, and in its row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from livingreview.audit.sentences import words
from livingreview.audit.sentences.rules import Fault
from livingreview.evidence import Evidence
from livingreview.evidence.about import about

_ARMS = ("intervention", "comparator")


def exchanged(book: Evidence, markup: str) -> Iterator[Fault]:
    """Compare the arm of the row that each linked cell of a table reports with the arms named beside it.

    Parameters
    ----------
    book : Evidence
        The evidence.
    markup : str
        What a cell of a chapter shows.
    """
    for table in html.fragment_fromstring(markup, "div").iter("table"):
        heads = [_arm(head) for head in table.xpath("./thead//th")]
        for line in table.xpath("./tbody/tr"):
            side = _arm(line[0])
            for head, cell in zip(heads[1:], line[1:], strict=False):
                labels = {head, side} - {""}
                for link in cell.xpath(".//a[contains(@href, '#')]"):
                    arm = about(book, [link.get("href").partition("#")[2]]).arm
                    if arm in _ARMS and len(labels) == 1 and arm not in labels:
                        row = link.get("href").partition("#")[2]
                        remedy = "Exchange the labels, or take the label of an arm from its row."
                        yield Fault(link.text_content(), f"{row} is a number of the {arm}", remedy)


def _arm(element: Any) -> str:
    """The arm that a header names; blank where it names none or both."""
    text = "".join(etree.ElementTextIterator(element))
    comparator = words.COMPARATOR.search(text)
    intervention = words.INTERVENTION.search(words.COMPARATOR.sub(" ", text))
    return "" if bool(comparator) == bool(intervention) else "comparator" if comparator else "intervention"
