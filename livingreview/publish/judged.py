"""Judgments of risk of bias on a page: a map of signs, and how far people agree; nothing before there are any."""

from __future__ import annotations

from livingreview.evidence import Evidence, split
from livingreview.evidence.judgments import CERTAINTY, DOMAINS, GRADE, OVERALL, judgments
from livingreview.publish import figures
from livingreview.publish.numbers import show, table
from livingreview.statistics import wording
from livingreview.statistics.agreement import agreement

#: The signs of the words of RoB 2.
SIGNS = (
    figures.Word("low", "full", "low risk of bias"),
    figures.Word("some concerns", "open", "some concerns"),
    figures.Word("high", "cross", "high risk of bias"),
)


def settled(book: Evidence) -> dict[str, dict[str, str]]:
    """Domains and overall judgment of each result on whose risk of bias two people agree, or a third one settled."""
    current = judgments(book)
    ids = dict.fromkeys(split(cell)[0] for cell in book.risk_of_bias["result_ids"])
    return {row_id: words for row_id in ids if (words := current.bias(str(row_id)))}


def traffic_lights(book: Evidence) -> None:
    """Draw the settled judgments; nothing while there are none."""
    judged = settled(book)
    if not judged:
        return
    items = [item for item in (*DOMAINS, OVERALL) if any(item in words for words in judged.values())]
    current, rows = judgments(book), []
    for row_id, words in judged.items():
        row = book.row(row_id)
        cells = [[words[item].replace("_", " ")] if item in words else [] for item in items]
        people = wording.listed(current.people(row_id, OVERALL))
        acronym = str(book.row(str(row["study_id"]))["acronym"])
        rows.append(figures.Place(str(row["outcome"]), "", cells, f"judged by {people}", acronym))
    columns = [item.replace(OVERALL, "All") for item in items]
    figure = figures.grid("risk-of-bias", columns, rows, SIGNS, summary="Risk of bias by result and domain of RoB 2")
    show(figure, "Risk of bias, as two people judged it", [*judged])


def agreed(book: Evidence) -> None:
    """Show how far two people agree on risk of bias and on certainty; nothing before two have judged."""
    current, rows = judgments(book), []
    for name, items in {"Risk of bias": (*DOMAINS, OVERALL), "Certainty": (*GRADE, CERTAINTY)}.items():
        both = agreement(current.pairs(items))
        if both.total:
            kappa = "" if both.kappa is None else wording.number(both.kappa, 2)
            rows.append((name, wording.number(both.total), wording.number(both.agreed), kappa))
    if rows:
        table("How far two people agree", ("Judgment", "By both", "Alike", "Kappa"), rows).show()
