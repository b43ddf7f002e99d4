"""The flow of records from the searches to the review, as PRISMA 2020 draws it and PRISMA-LSR asks for each version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from livingreview.evidence.ledger import Flow, Ledger, Row
from livingreview.publish.numbers import Table, table
from livingreview.statistics import wording

#: The steps of the flow, in their order, and the numbers of each.
STEPS: dict[str, Callable[[Flow], int]] = {
    "Records returned": lambda flow: flow.returned,
    "Duplicates": lambda flow: flow.duplicates,
    "Used by the review before": lambda flow: flow.used,
    "Title and abstract decided on": lambda flow: flow.screened,
    "Excluded by title and abstract": lambda flow: flow.excluded,
    "Full texts sought": lambda flow: flow.sought,
    "Full texts excluded": lambda flow: sum(flow.reasons.values()),
    "Included": lambda flow: flow.included,
    "Without a decision": lambda flow: flow.open,
}


def by_database(ledger: Ledger) -> Table | None:
    """The flow for each search; nothing before a search was run."""
    searches = {str(search["source"]): _of(ledger, i) for i, search in ledger.searches.items() if search["service"]}
    return _flow("From records to reports, by database", searches, ledger)


def by_version(ledger: Ledger, versions: Iterable[tuple[str, str]]) -> Table | None:
    """The flow for each version; nothing before a search was run.

    Parameters
    ----------
    ledger : Ledger
    versions : iterable of (str, str)
        Name and day of each published version, the oldest first.
    """
    released, periods = list(versions), dict[str, list[Row]]()
    for row in ledger.records.values():
        name = next((name for name, day in released if row["day"] <= day), "since the last version")
        periods.setdefault(name, []).append(row)
    return _flow("From records to reports, by version", periods, ledger)


def excluded(ledger: Ledger) -> Table | None:
    """Why full texts were excluded, with how many; nothing before one was."""
    rows = [(reason, wording.number(count)) for reason, count in ledger.flow().reasons.items()]
    return table("Why full texts were excluded", ("Reason", "Full texts"), rows) if rows else None


def _of(ledger: Ledger, search_id: str) -> list[Row]:
    return [row for row in ledger.records.values() if row["search_id"] == search_id]


def _flow(caption: str, columns: Mapping[str, Iterable[Row]], ledger: Ledger) -> Table | None:
    if not ledger.runs or not columns:
        return None
    counted = {name: ledger.flow(rows) for name, rows in columns.items()} | {"In all": ledger.flow()}
    rows = [(step, *(wording.number(count(flow)) for flow in counted.values())) for step, count in STEPS.items()]
    return table(caption, ("Step", *counted), rows)
