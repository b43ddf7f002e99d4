"""ClinicalTrials.gov, through version 2 of its API: the records of the trials in the data, and new registrations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from livingreview.evidence.identifiers import normal
from livingreview.watch.inquiry import Inquiry, Targets, batches
from livingreview.watch.notices import of_reference
from livingreview.watch.records import Record
from livingreview.watch.values import ABSTRACT, TITLE, BadAnswerError, as_json, data_cell, inner, items, sound, text
from livingreview.watch.web import AbsentError, Service

SERVICE = Service("clinicaltrials", "ClinicalTrials.gov", "https://clinicaltrials.gov/api/v2/")
PAGE, PAGES, BATCH = 1000, 50, 50
_MODULES = ("identification", "status", "design", "outcomes", "references", "description")
FIELDS = "|".join([*(f"protocolSection.{name}Module" for name in _MODULES), "hasResults"])
#: References that the registry calls reports of the trial itself; the others are background.
_REPORTS = {"RESULT", "DERIVED"}

Study = dict[str, Any]


def ask(inquiry: Inquiry, targets: Targets) -> None:
    """Read the records of the trials in the data, and find new or updated ones that match the query."""
    for study in _of_trials(inquiry, targets.trials):
        nct = _number(study)
        for reference in items(inner(study, "protocolSection", "referencesModule", "references")):
            pmid = normal("pmid", reference.get("pmid"))
            if pmid and text(reference.get("type")).upper() in _REPORTS:
                targets.reports.setdefault(pmid, f"listed in {nct}")
            inquiry.notices += of_reference(reference, targets.sources["pmid"])
    if inquiry.query:
        term = f"({inquiry.query}) AND AREA[LastUpdatePostDate]RANGE[{inquiry.since},MAX]"
        studies = _listed(inquiry, "what matches the query", {"query.term": term, "countTotal": "true"})
        inquiry.records += map(as_record, studies)


def _of_trials(inquiry: Inquiry, trials: Iterable[str]) -> list[Study]:
    """Ask for the records of trials; their facts are stored under the number that was asked for."""
    studies = []
    for group in batches(trials, BATCH):
        before = inquiry.answered
        listed = _listed(inquiry, f"{len(group)} registry records", {"filter.ids": ",".join(group)})
        if inquiry.answered == before:
            continue  # without an answer, no record is known to be missing
        by_number = {_number(study): study for study in listed}
        for nct in group:
            study = by_number.get(nct) or _single(inquiry, nct)
            if study is None:
                continue
            if _number(study) != nct:
                inquiry.notes.append(f"{nct} is now kept as {_number(study)}")
            inquiry.registry[nct] = facts(study)
            studies.append(study)
    return studies


def _single(inquiry: Inquiry, nct: str) -> Study | None:
    try:
        return inquiry.look_up(nct, f"studies/{nct}", {"fields": FIELDS}, read_study)
    except AbsentError:
        inquiry.missing(f"the registry has no record {nct}")
        return None


def _listed(inquiry: Inquiry, subject: str, params: Mapping[str, str]) -> list[Study]:
    listed: dict[str, Study] = {}
    token, passed, total = "", {""}, 0
    for number in range(PAGES):
        paged = {**params, "fields": FIELDS, "pageSize": str(PAGE)} | ({"pageToken": token} if token else {})
        page = inquiry.ask(subject, "studies", paged, _page)
        if page is None:
            return list(listed.values())
        count, studies, unread, token = page
        if unread:
            inquiry.missing(f"{subject}: {unread} records could not be read")
        total = count if number == 0 else total
        listed.update({_number(study): study for study in studies if _number(study) not in listed})
        if token in passed:
            break
        passed.add(token)
    if token:
        inquiry.missing(f"{subject}: the pages do not come to an end")
    elif total:  # which is asked for with a query only
        inquiry.count(subject, len(listed), total)
    return list(listed.values())


def _page(body: bytes) -> tuple[int, list[Study], int, str]:
    """Read the total (0 if there is none), the records of a page, the number of unreadable ones, and the next token."""
    answer = as_json(body)
    studies, unread = sound(answer.get("studies"), _number)
    total = text(answer.get("totalCount", 0))
    if not total.isdigit():
        raise BadAnswerError("an answer without a count")
    return int(total), studies, unread, text(answer.get("nextPageToken"), 500)


def read_study(body: bytes) -> Study:
    """Read one record."""
    answer = as_json(body)
    if not _number(answer):
        raise BadAnswerError("an answer without a record")
    return answer


def _number(study: Any) -> str:
    return normal("nct", inner(study, "protocolSection", "identificationModule", "nctId"))


def facts(study: Study) -> dict[str, str]:
    """Give the facts of a record that are watched, in the form of data/registry.csv; missing ones are left out."""
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
    values = {
        "overall_status": text(inner(status, "overallStatus"), 60),
        "enrolment": text(inner(enrolment, "count"), 20),
        "enrolment_type": text(inner(enrolment, "type"), 20),
        **{fact: text(inner(status, name, "date"), 20) for fact, name in dated.items()},
        "has_results": results,
    }
    for fact in ("primary_outcomes", "secondary_outcomes"):
        name = fact.replace("_o", "O")
        outcomes = [_outcome(outcome) for outcome in items(inner(study, "protocolSection", "outcomesModule", name))]
        values[fact] = text(" / ".join(filter(None, outcomes[:60])), 6000)
    return {fact: cell for fact, value in values.items() if (cell := data_cell(value))}


def _outcome(outcome: Mapping[str, Any]) -> str:
    measure = data_cell(text(outcome.get("measure"), 300))
    when = data_cell(text(outcome.get("timeFrame"), 200))
    return f"{measure} [{when}]" if when else measure


def as_record(study: Study) -> Record:
    """Make a record of a registration."""
    section = inner(study, "protocolSection")
    names = inner(section, "identificationModule") or {}
    started = text(inner(section, "statusModule", "startDateStruct", "date"), 20)
    nct = _number(study)
    return Record(
        kind="registration",
        title=text(names.get("officialTitle"), TITLE) or text(names.get("briefTitle"), TITLE),
        abstract=text(inner(section, "descriptionModule", "briefSummary"), ABSTRACT),
        journal=SERVICE.title,
        year=started[:4] if started[:4].isdigit() else "",
        nct=nct,
        trials=(nct,),
        services=(SERVICE.title,),
        reasons=("matches the query",),
    )
