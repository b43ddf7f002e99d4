"""ClinicalTrials.gov, by version 2 of its API: the records of the trials in the data, and new registrations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from livingreview.watch.notices import Notice
from livingreview.watch.outcome import Inquiry, batches
from livingreview.watch.records import ABSTRACT, TITLE, Record, cell, identifier, inner, items, sound, text
from livingreview.watch.web import AbsentError, BadAnswerError, as_json

PAGE, PAGES, BATCH = 1000, 50, 50
_MODULES = ("identification", "status", "design", "outcomes", "references", "description")
FIELDS = "|".join([*(f"protocolSection.{name}Module" for name in _MODULES), "hasResults"])
#: References that the registry calls reports of the trial itself; the others are background.
_REPORTS = {"RESULT", "DERIVED"}

Study = dict[str, Any]


def records(inquiry: Inquiry, trials: Iterable[str], sources: Mapping[str, str]) -> dict[str, str]:
    """Read the records of the trials in the data.

    Parameters
    ----------
    inquiry : Inquiry
    trials : iterable of str
        NCT numbers.
    sources : mapping of str to str
        Keys of known sources, by PMID.

    Returns
    -------
    dict of str to str
        Why each report that a record lists should be fetched, by PMID.
    """
    outcome = inquiry.outcome
    listed: dict[str, str] = {}
    for group in batches(dict.fromkeys(trials), BATCH):
        before = outcome.answered
        studies = _listed(inquiry, f"{len(group)} registry records", {"filter.ids": ",".join(group)})
        if outcome.answered == before:
            continue  # where nothing was answered, nothing is known to be missing
        told = {_number(study): study for study in studies}
        for nct in group:
            study = told.get(nct) or _single(inquiry, nct)
            if study is None:
                continue
            if _number(study) != nct:
                outcome.notes.append(f"{nct} is now kept as {_number(study)}")
            outcome.registry[nct] = facts(study)
            for reference in items(inner(study, "protocolSection", "referencesModule", "references")):
                pmid = identifier("pmid", reference.get("pmid"))
                if pmid and text(reference.get("type")).upper() in _REPORTS:
                    listed.setdefault(pmid, f"listed in {nct}")
                if pmid in sources:
                    outcome.notices += [
                        Notice(
                            sources[pmid],
                            "retraction",
                            pmid=identifier("pmid", one.get("pmid")),
                            told_by=(outcome.title,),
                            told_as="retractions",
                        )
                        for one in items(reference.get("retractions"))
                    ]
    return listed


def _single(inquiry: Inquiry, nct: str) -> Study | None:
    try:
        return inquiry.look_up(nct, f"studies/{nct}", {"fields": FIELDS}, _study)
    except AbsentError:
        inquiry.outcome.missing(f"the registry has no record {nct}")
        return None


def search(inquiry: Inquiry) -> None:
    """Find registrations that match the query and were new or updated since."""
    if inquiry.query:
        term = f"({inquiry.query}) AND AREA[LastUpdatePostDate]RANGE[{inquiry.since},MAX]"
        for study in _listed(inquiry, "what matches the query", {"query.term": term, "countTotal": "true"}):
            inquiry.outcome.records.append(_record(study))


def _listed(inquiry: Inquiry, what: str, params: Mapping[str, str]) -> list[Study]:
    found: dict[str, Study] = {}
    token, passed, total = "", {""}, 0
    for number in range(PAGES):
        paged = {**params, "fields": FIELDS, "pageSize": str(PAGE)} | ({"pageToken": token} if token else {})
        page = inquiry.ask(what, "studies", paged, _page)
        if page is None:
            return list(found.values())
        count, studies, unread, token = page
        if unread:
            inquiry.outcome.missing(f"{what}: {unread} records could not be read")
        total = count if number == 0 else total
        found.update({_number(study): study for study in studies if _number(study) not in found})
        if token in passed:
            break
        passed.add(token)
    if token:
        inquiry.outcome.missing(f"{what}: the pages do not come to an end")
    elif len(found) < total:
        inquiry.outcome.missing(f"{what}: {total - len(found)} of {total} records were not listed")
    return list(found.values())


def _page(body: bytes) -> tuple[int, list[Study], int, str]:
    """The total (0 where it is not told), the records of a page, how many cannot be read, the token of the next."""
    answer = as_json(body)
    studies, unread = sound(answer.get("studies"), _number)
    total = text(answer.get("totalCount", 0))
    if not total.isdigit():
        raise BadAnswerError("an answer without a count")
    return int(total), studies, unread, text(answer.get("nextPageToken"), 500)


def _study(body: bytes) -> Study:
    answer = as_json(body)
    if not _number(answer):
        raise BadAnswerError("an answer without a record")
    return answer


def _number(study: Any) -> str:
    return identifier("nct", inner(study, "protocolSection", "identificationModule", "nctId"))


def facts(study: Study) -> dict[str, str]:
    """The facts of a record that are watched, as data/registry.csv has them; what is not told is left out."""
    status = inner(study, "protocolSection", "statusModule") or {}
    enrolment = inner(study, "protocolSection", "designModule", "enrollmentInfo") or {}
    dated = {
        "start_date": "startDateStruct",
        "primary_completion_date": "primaryCompletionDateStruct",
        "completion_date": "completionDateStruct",
        "results_first_posted": "resultsFirstPostDateStruct",
        "last_update_posted": "lastUpdatePostDateStruct",
    }
    results = {"true": "yes", "false": "no"}.get(str(study.get("hasResults")).casefold(), "")
    found = {
        "overall_status": text(inner(status, "overallStatus"), 60),
        "enrolment": text(inner(enrolment, "count"), 20),
        "enrolment_type": text(inner(enrolment, "type"), 20),
        **{fact: text(inner(status, name, "date"), 20) for fact, name in dated.items()},
        "has_results": results,
    }
    for fact in ("primary_outcomes", "secondary_outcomes"):
        name = fact.replace("_o", "O")
        told = (
            (text(one.get("measure"), 300), text(one.get("timeFrame"), 200))
            for one in items(inner(study, "protocolSection", "outcomesModule", name))
        )
        outcomes = [f"{cell(measure)} [{cell(when)}]" if when else cell(measure) for measure, when in told]
        found[fact] = text(" / ".join(filter(None, outcomes[:60])), 6000)
    return {fact: cell(value) for fact, value in found.items() if cell(value)}


def _record(study: Study) -> Record:
    section = inner(study, "protocolSection")
    names = inner(section, "identificationModule") or {}
    started = text(inner(section, "statusModule", "startDateStruct", "date"), 20)
    nct = _number(study)
    return Record(
        kind="registration",
        title=text(names.get("officialTitle"), TITLE) or text(names.get("briefTitle"), TITLE),
        abstract=text(inner(section, "descriptionModule", "briefSummary"), ABSTRACT),
        journal="ClinicalTrials.gov",
        year=started[:4] if started[:4].isdigit() else "",
        nct=nct,
        trials=(nct,),
        services=("ClinicalTrials.gov",),
        reasons=("matches the query",),
    )
