"""Crossref, by its REST API: notices about works, which it takes from publishers and from Retraction Watch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from livingreview.answers import CROSSREF
from livingreview.watch.notices import Notice
from livingreview.watch.outcome import Inquiry, batches
from livingreview.watch.records import identifier, inner, items, says_retracted, sound, text
from livingreview.watch.web import AbsentError, BadAnswerError, as_json

BATCH = 20

#: Updates that say nothing against what was published before.
_HARMLESS = {"new_edition", "new_version"}

Work = dict[str, Any]


def notices(inquiry: Inquiry, sources: Mapping[str, str]) -> None:
    """Ask what was published about sources.

    Parameters
    ----------
    inquiry : Inquiry
    sources : mapping of str to str
        Keys of known sources, by DOI.
    """
    told: dict[str, Work] = {}
    # a comma separates filters, so that a DOI with one must be asked for by itself
    for group in batches([doi for doi in sources if "," not in doi], BATCH):
        params = {"filter": ",".join(f"doi:{doi}" for doi in group), "rows": str(BATCH)}
        works = inquiry.ask(f"{len(group)} DOIs", "works", params, _works)
        if works is None:
            continue
        told |= {doi: work for work in works if (doi := identifier("doi", work.get("DOI"))) in group}
        for doi in set(group) - set(told):
            told |= _single(inquiry, doi, sources[doi])
    for doi in (doi for doi in sources if "," in doi):
        told |= _single(inquiry, doi, sources[doi])
    for doi, work in told.items():
        inquiry.outcome.notices += _notices(work, sources[doi])


def _single(inquiry: Inquiry, doi: str, source: str) -> dict[str, Work]:
    try:
        work = inquiry.look_up(f"{doi} ({source})", f"works/{quote(doi, safe='')}", {}, _work)
    except AbsentError:
        inquiry.outcome.notes.append(f"{source}: its DOI, {doi}, is not registered with Crossref")
        return {}
    return {} if work is None else {doi: work}


def _works(body: bytes) -> list[Work]:
    # one that cannot be read is asked for by itself, as one that is not there
    return sound(inner(as_json(body), "message", "items"), lambda work: identifier("doi", work.get("DOI")))[0]


def _work(body: bytes) -> Work:
    work = inner(as_json(body), "message")
    if not isinstance(work, dict) or not identifier("doi", work.get("DOI")):
        raise BadAnswerError("an answer without a work")
    return work


def _notices(work: Work, source: str) -> list[Notice]:
    found = []
    for update in items(work.get("updated-by")):
        word = text(update.get("type"), 60).casefold().replace("-", "_").replace(" ", "_")
        if word not in _HARMLESS:
            # what is not known by its word marks the source until somebody has read the notice
            kind = CROSSREF.get(word, "correction")
            doi = identifier("doi", update.get("DOI"))
            found.append(Notice(source, kind, _day(update.get("updated")), doi, "", ("Crossref",), word))
    titles = work.get("title")
    title = text(titles[0] if isinstance(titles, list) and titles else titles)
    if says_retracted(title) and not any(one.kind == "retraction" for one in found):
        found.append(Notice(source, "retraction", told_by=("Crossref",), told_as="its title"))
    return found


def _day(updated: Any) -> str:
    """A date as Crossref writes it, as far as it is told."""
    told = text(inner(updated, "date-time"), 30)[:10]
    if len(told) == len("2010-02-06") and told.replace("-", "").isdigit():
        return told
    parts = inner(updated, "date-parts")
    first = parts[0] if isinstance(parts, list) and parts else []
    numbers = [text(one, 4) for one in (first if isinstance(first, list) else [])[:3]]
    if not numbers or not all(number.isdigit() for number in numbers):
        return ""
    return "-".join([numbers[0].zfill(4), *(number.zfill(2) for number in numbers[1:])])
