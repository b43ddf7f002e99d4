"""Europe PMC, by its RESTful service: a search that is paged by cursor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from livingreview.watch.outcome import Inquiry, batches
from livingreview.watch.records import ABSTRACT, TITLE, Record, identifier, inner, sound, text, trials_named
from livingreview.watch.web import BadAnswerError, as_json

PAGE, PAGES = 1000, 50


def search(inquiry: Inquiry, trials: Iterable[str]) -> None:
    """Find records first published since: those that match the query, and those that name a trial.

    Parameters
    ----------
    inquiry : Inquiry
    trials : iterable of str
        NCT numbers.
    """
    named = " OR ".join(f'"{nct}"' for nct in trials)
    found: dict[tuple[str, str], Record] = {}
    for what, query in (("names a trial of the data", named), ("matches the query", inquiry.query)):
        if query:
            dated = f"({query}) AND (FIRST_PDATE:[{inquiry.since} TO {inquiry.until}])"
            for key, result in _results(inquiry, what, dated).items():
                found.setdefault(key, _record(result, what))
    inquiry.outcome.records += found.values()


def _results(inquiry: Inquiry, what: str, query: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The records of a search, by their key."""
    outcome = inquiry.outcome
    found: dict[tuple[str, str], dict[str, Any]] = {}
    cursor, passed, total = "*", {"*"}, 0
    for _ in range(PAGES):
        params = {"query": query, "format": "json", "resultType": "core", "pageSize": str(PAGE), "cursorMark": cursor}
        page = inquiry.ask(f"what {what}", "search", params, _page)
        if page is None:
            return found
        total, results, unread, cursor = page
        if unread:
            outcome.missing(f"what {what}: {unread} records could not be read")
        for result in results:
            found.setdefault((text(result.get("source"), 20), text(result.get("id"), 60)), result)
        if not results or not cursor or cursor in passed or len(found) >= total:
            break
        passed.add(cursor)
    if len(found) < total:
        outcome.missing(f"what {what}: {total - len(found)} of {total} records were not listed")
    return found


def _page(body: bytes) -> tuple[int, list[dict[str, Any]], int, str]:
    """The total, the records of a page, how many of them cannot be read, and the cursor of the next one."""
    answer = as_json(body)
    if "errCode" in answer or "errMsg" in answer:
        raise BadAnswerError(f"an error in place of an answer ('{text(answer.get('errMsg'))[:120]}')")
    results, total = inner(answer, "resultList", "result"), text(answer.get("hitCount"))
    if results is None and total == "0":
        results = []
    good, unread = sound(results, lambda one: text(one.get("id")))
    if not total.isdigit():
        raise BadAnswerError("an answer without a count")
    return int(total), good, unread, text(answer.get("nextCursorMark"), 500)


def resolve(inquiry: Inquiry, sources: Mapping[str, str]) -> dict[str, str]:
    """Find the PMIDs of sources that are known by a PubMed Central number only.

    Parameters
    ----------
    inquiry : Inquiry
    sources : mapping of str to str
        Keys of known sources, by PMCID.

    Returns
    -------
    dict of str to str
        Keys of known sources, by PMID.
    """
    found: dict[str, str] = {}
    for group in batches(sources, 50):
        query = " OR ".join(f"PMCID:{pmcid}" for pmcid in group)
        params = {"query": query, "format": "json", "resultType": "lite", "pageSize": str(PAGE), "cursorMark": "*"}
        page = inquiry.ask(f"the PMIDs of {len(group)} sources", "search", params, _page)
        numbers = (
            {identifier("pmcid", one.get("pmcid")): identifier("pmid", one.get("pmid")) for one in page[1]}
            if page
            else {}
        )
        found |= {numbers[pmcid]: sources[pmcid] for pmcid in group if numbers.get(pmcid)}
    return found


def _record(result: dict[str, Any], what: str) -> Record:
    title, abstract = text(result.get("title"), TITLE), text(result.get("abstractText"), ABSTRACT)
    journal = text(inner(result, "journalInfo", "journal", "title") or result.get("journalTitle"), 200)
    year = text(result.get("pubYear"), 4)
    authors = (text(name, 100) for name in text(result.get("authorString"), 5000).rstrip(".").split(","))
    return Record(
        kind="report",
        title=title,
        abstract=abstract,
        journal=journal,
        year=year if re.fullmatch(r"(?:19|20)\d\d", year) else "",
        authors=tuple(filter(None, authors)),
        doi=identifier("doi", result.get("doi")),
        pmid=identifier("pmid", result.get("pmid")),
        pmcid=identifier("pmcid", result.get("pmcid")),
        trials=trials_named(title, abstract),
        services=("Europe PMC",),
        reasons=(what,),
    )
