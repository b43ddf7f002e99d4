"""Crossref, through its REST API: notices on works, from publishers and from Retraction Watch."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from livingreview.evidence.identifiers import normal
from livingreview.watch.inquiry import Inquiry, Targets, batches
from livingreview.watch.notices import of_work
from livingreview.watch.values import BadAnswerError, as_json, inner, sound
from livingreview.watch.web import AbsentError, Service

#: Crossref allows one request for a list per second.
SERVICE = Service("crossref", "Crossref", "https://api.crossref.org/", 1.0, ("mailto",))
BATCH = 20

Work = dict[str, Any]


def ask(inquiry: Inquiry, targets: Targets) -> None:
    """Ask for notices on the sources of the review."""
    sources = targets.sources["doi"]
    works: dict[str, Work] = {}
    # a comma separates filters, so a DOI that contains one is asked for by itself
    alone = [doi for doi in sources if "," in doi]
    for group in batches([doi for doi in sources if "," not in doi], BATCH):
        params = {"filter": ",".join(f"doi:{doi}" for doi in group), "rows": str(BATCH)}
        listed = inquiry.ask(f"{len(group)} DOIs", "works", params, _works)
        if listed is not None:
            works |= {doi: work for work in listed if (doi := normal("doi", work["DOI"])) in group}
            alone += [doi for doi in group if doi not in works]
    for doi in alone:
        try:
            work = inquiry.look_up(f"{doi} ({sources[doi]})", f"works/{quote(doi, safe='')}", {}, read_work)
        except AbsentError:
            inquiry.notes.append(f"{sources[doi]}: its DOI, {doi}, is not registered with Crossref")
        else:
            works |= {doi: work} if work else {}
    for doi, work in works.items():
        for notices in of_work({**work, "DOI": doi}, sources).values():
            inquiry.notices += notices


def _works(body: bytes) -> list[Work]:
    # an unreadable work is asked for by itself, like a missing one
    return sound(inner(as_json(body), "message", "items"), lambda work: normal("doi", work.get("DOI")))[0]


def read_work(body: bytes) -> Work:
    """Read one work."""
    work = inner(as_json(body), "message")
    if not isinstance(work, dict) or not normal("doi", work.get("DOI")):
        raise BadAnswerError("an answer without a work")
    return work
