"""Whether a linked number of a table stands under its own arm: in its column, and in its row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree, html

from livingreview.audit.sentences import rules, words
from livingreview.audit.sentences.rules import Fault
from livingreview.evidence import Evidence
from livingreview.evidence.about import About, about

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
        yield from _lines(book, table)
        for cell in table.iter("td", "th"):
            yield from rules.turned("".join(cell.itertext()))
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


def _lines(book: Evidence, table: Any) -> Iterator[Fault]:
    """Compare the label of each line with the results that its cells link, and with those of the other lines."""
    known = []
    for line in table.xpath("./tbody/tr"):
        links = {link.get("href").partition("#")[2] for link in line.xpath("./td//a[contains(@href, '#')]")}
        whole = about(book, sorted(row for row in links if row in book and book.table(row) != "sources"))
        own = replace(whole, rows=tuple(row for row in whole.rows if row.outcome and row.arm))
        if own.rows:
            known.append((" ".join("".join(line[0].itertext()).split()), own))
    for at, (label, own) in enumerate(known):
        yield from rules.label(label, own, own)
        yield from rules.times(label, own, own)
        for other, theirs in known[at + 1 :]:
            gains = [_gain(label, own, theirs), _gain(other, theirs, own)]
            if min(gains) >= 0 < max(gains):
                yield Fault(label, f"its numbers are about {other}", "Exchange the labels, or the rows.")


def _gain(label: str, own: About, other: About) -> int:
    """How many more words of a label other rows say than its own."""
    said, theirs = (" ".join(f"{row.words} {row.row}" for row in rows.rows) for rows in (own, other))
    return len(words.unsaid(label, said)) - len(words.unsaid(label, theirs))


def _arm(element: Any) -> str:
    """The arm that a header names; blank where it names none or both."""
    text = "".join(etree.ElementTextIterator(element))
    comparator = words.COMPARATOR.search(text)
    intervention = words.INTERVENTION.search(words.COMPARATOR.sub(" ", text))
    return "" if bool(comparator) == bool(intervention) else "comparator" if comparator else "intervention"
