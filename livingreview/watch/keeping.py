"""Keeps the ledger: what a run returned goes into it, and a search is done once nothing of it is open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from livingreview.checks import fits
from livingreview.evidence import Evidence, months_after
from livingreview.evidence.ledger import TABLES, Ledger, ledger
from livingreview.watch.inquiry import Inquiry
from livingreview.watch.records import NUMBERS, Record, RecordIndex, from_row
from livingreview.watch.run import Findings
from livingreview.watch.values import TITLE, data_cell
from livingreview.watch.writing import write_tables

#: Most authors that are kept, and longest id: ids of the data have no more characters.
AUTHORS, ID = 6, 64


def keep(findings: Findings, book: Evidence) -> list[str]:
    """Write a run into the ledger; what it has already stays as it is.

    Parameters
    ----------
    findings : Findings
        A run, complete or not.
    book : Evidence
        The evidence as it is.

    Returns
    -------
    list of str
        Names of the files that changed.

    Raises
    ------
    TableError
        If the ledger would have a fault; nothing is written then.
    """
    searches = {row["service"]: row["search_id"] for row in book.rows("searches")}
    records = {row["record_id"]: row for row in book.rows("records")}
    runs = {(row["search_id"], row["day"]): row for row in book.rows("runs")}
    fresh: dict[str, dict[str, str]] = {}
    for inquiry in findings.inquiries:
        search_id, day = searches[inquiry.service.name], str(findings.day)
        run = _run(inquiry, search_id, day)
        if not _covers(runs.get((search_id, day), {}), run):
            runs[search_id, day] = run
        for record in inquiry.records:
            row = as_row(record, inquiry.service.name, search_id, day)
            fresh.setdefault(row["record_id"], row)
    for row_id, row in fresh.items():
        known = records.get(row_id)
        if known is not None:
            known |= {column: row[column] for column in NUMBERS if not known[column]}
    _merge(records, [row for row_id, row in fresh.items() if row_id not in records])
    tables = {"records": list(records.values()), "runs": list(runs.values())}
    return write_tables(book, tables | {"searches": dated(book, tables)})


def dated(book: Evidence, tables: Mapping[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    """Give the rows of searches.csv, each with the day up to which the ledger certifies it.

    Parameters
    ----------
    book : Evidence
    tables : mapping of str to list of dict
        Tables of the ledger that are about to be written, by name.
    """
    after = Ledger({name: tables.get(name, book.rows(name)) for name in TABLES}, ledger(book).used)
    rows = book.rows("searches")
    for row in rows:
        day = after.certified(row["search_id"]) if row["service"] else ""
        if day and day != row["last_search"]:
            row["last_search"] = day
            row["next_due"] = str(months_after(date.fromisoformat(day), int(row["interval_months"])))
    return rows


def as_row(record: Record, service: str, search_id: str, day: str) -> dict[str, str]:
    """Give the row of records.csv for a record as a service sent it."""
    own = {"pubmed": record.pmid, "europepmc": record.europepmc, "clinicaltrials": record.nct}[service]
    name = re.sub(r"[^a-z0-9]+", "-", f"{service}-{own}".lower()).strip("-")[:ID].rstrip("-")
    cells = {
        "title": record.title[:TITLE],
        "authors": "; ".join(filter(None, map(data_cell, record.authors[:AUTHORS]))),
        "journal": record.journal,
    }
    cells = {column: data_cell(cell) if column != "authors" else cell for column, cell in cells.items()}
    cells |= {"year": record.year, **{kind: getattr(record, kind) for kind in NUMBERS}}
    plain = {column: cell if fits(cell) else "" for column, cell in cells.items()}
    return {"record_id": name, "search_id": search_id, "day": day, **plain, "duplicate_of": ""}


def _run(inquiry: Inquiry, search_id: str, day: str) -> dict[str, str]:
    missing = data_cell("; ".join(inquiry.problems))[:TITLE]
    return {
        "search_id": search_id,
        "day": day,
        "since": str(inquiry.since),
        "returned": str(len(inquiry.records)),
        "complete": "yes" if inquiry.complete else "no",
        "missing": missing if fits(missing) else "not every question was answered in full",
    }


def _covers(run: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether a run says all that another of the same day says: it was complete, and asked from no later day."""
    return bool(run) and run["complete"] == "yes" and (other["complete"] == "no" or run["since"] <= other["since"])


def _merge(records: dict[str, dict[str, str]], fresh: Iterable[dict[str, str]]) -> None:
    """Add records; one that has an identifier or the title of another duplicates it, or all that stood for one."""
    index, ids = RecordIndex(), list[str]()

    def homes(row: Mapping[str, str]) -> Iterator[str]:
        for place in index.find(from_row(row)):
            yield records[ids[place]]["duplicate_of"] or ids[place]

    def enter(row: Mapping[str, str]) -> None:
        index.add(from_row(row))
        ids.append(row["record_id"])

    for row in sorted(records.values(), key=lambda row: row["day"]):
        enter(row)
    for row in fresh:
        first, *others = dict.fromkeys(homes(row)) or [""]
        row["duplicate_of"] = first
        for other in records.values():
            if others and (other["record_id"] in others or other["duplicate_of"] in others):
                other["duplicate_of"] = first
        records[row["record_id"]] = row
        enter(row)
