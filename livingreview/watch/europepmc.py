"""Europe PMC, through its RESTful service: a search that is paged by cursor."""

from __future__ import annotations

import re
from typing import Any

from livingreview.evidence.identifiers import named, normal
from livingreview.watch.inquiry import Inquiry, Targets, batches
from livingreview.watch.records import Record
from livingreview.watch.values import ABSTRACT, TITLE, BadAnswerError, as_json, inner, sound, text
from livingreview.watch.web import Service

SERVICE = Service("europepmc", "Europe PMC", "https://www.ebi.ac.uk/europepmc/webservices/rest/")
PAGE, PAGES, BATCH = 1000, 50, 50

_YEAR = re.compile(r"(?:19|20)\d\d(?!\d)", re.ASCII)


def ask(inquiry: Inquiry, targets: Targets) -> None:
    """Find records that match the query or name a trial, by the day of indexing, which can be long after publication.

    Before, find the PMIDs of sources that are known by a PubMed Central number only: PubMed is asked by those.
    """
    for pmid, source in _pmids(inquiry, targets.sources["pmcid"]).items():
        targets.sources["pmid"].setdefault(pmid, source)
    trials = " OR ".join(f'"{nct}"' for nct in targets.trials)
    records: dict[tuple[str, str], Record] = {}
    for reason, query in (("names a trial of the data", trials), ("matches the query", inquiry.query)):
        if query:
            dated = f"({query}) AND (FIRST_IDATE:[{inquiry.since} TO {inquiry.until}])"
            for key, result in _results(inquiry, reason, dated).items():
                records.setdefault(key, _record(result, "/".join(key), reason))
    inquiry.records += records.values()


def _pmids(inquiry: Inquiry, sources: dict[str, str]) -> dict[str, str]:
    """Look up the PMIDs of sources that are known by PMCID; give their keys by PMID."""
    pmids: dict[str, str] = {}
    for group in batches(sources, BATCH):
        query = " OR ".join(f"PMCID:{pmcid}" for pmcid in group)
        params = {"query": query, "format": "json", "resultType": "lite", "pageSize": str(PAGE), "cursorMark": "*"}
        page = inquiry.ask(f"the PMIDs of {len(group)} sources", "search", params, _page)
        for result in page[1] if page else ():
            pmcid, pmid = (normal(kind, result.get(kind)) for kind in ("pmcid", "pmid"))
            if pmid and pmcid in group:
                pmids[pmid] = sources[pmcid]
    return pmids


def _results(inquiry: Inquiry, reason: str, query: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Run a search; give its records by database and id."""
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    cursor, passed, total = "*", {"*"}, 0
    for _ in range(PAGES):
        params = {"query": query, "format": "json", "resultType": "core", "pageSize": str(PAGE), "cursorMark": cursor}
        page = inquiry.ask(f"what {reason}", "search", params, _page)
        if page is None:
            return listed
        total, results, unread, cursor = page
        if unread:
            inquiry.missing(f"what {reason}: {unread} records could not be read")
        for result in results:
            listed.setdefault((text(result.get("source"), 20), text(result.get("id"), 60)), result)
        if not results or not cursor or cursor in passed or len(listed) == total:
            break
        passed.add(cursor)
    inquiry.count(f"what {reason}", len(listed), total)
    return listed


def _page(body: bytes) -> tuple[int, list[dict[str, Any]], int, str]:
    """Read the total, the records of a page, the number of unreadable ones, and the cursor of the next page."""
    answer = as_json(body)
    if "errCode" in answer or "errMsg" in answer:
        raise BadAnswerError(f"an error in place of an answer ('{text(answer.get('errMsg'))[:120]}')")
    results, total = inner(answer, "resultList", "result"), text(answer.get("hitCount"))
    if results is None and total == "0":
        results = []
    good, unread = sound(results, lambda result: text(result.get("id")))
    if not total.isdigit():
        raise BadAnswerError("an answer without a count")
    return int(total), good, unread, text(answer.get("nextCursorMark"), 500)


def _record(result: dict[str, Any], key: str, reason: str) -> Record:
    title, abstract = text(result.get("title"), TITLE), text(result.get("abstractText"), ABSTRACT)
    # preprints, books and patents are in no journal, and some have no year of publication
    places = (
        inner(result, "journalInfo", "journal", "title"),
        result.get("journalTitle"),
        inner(result, "bookOrReportDetails", "publisher"),
    )
    dates = (
        result.get("pubYear"),
        inner(result, "journalInfo", "yearOfPublication"),
        inner(result, "bookOrReportDetails", "yearOfPublication"),
        result.get("firstPublicationDate"),
    )
    authors = (text(name, 100) for name in text(result.get("authorString"), 5000).rstrip(".").split(","))
    return Record(
        kind="report",
        title=title,
        abstract=abstract,
        journal=next(filter(None, (text(place, 200) for place in places)), ""),
        year=next((year[0] for date in dates if (year := _YEAR.match(text(date)))), ""),
        authors=tuple(filter(None, authors)),
        doi=normal("doi", result.get("doi")),
        pmid=normal("pmid", result.get("pmid")),
        pmcid=normal("pmcid", result.get("pmcid")),
        europepmc=key,
        trials=named("nct", f"{title} {abstract}"),
        services=(SERVICE.title,),
        reasons=(reason,),
    )
