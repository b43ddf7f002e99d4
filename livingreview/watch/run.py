"""One run of the watch: asks every service, and compares what it is told with what the review has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from livingreview.evidence import Evidence, split
from livingreview.watch import clinicaltrials, crossref, europepmc, pubmed
from livingreview.watch.notices import Notice, is_recorded, merged
from livingreview.watch.outcome import Inquiry, Outcome
from livingreview.watch.records import Known, Record, identifier, trials_named
from livingreview.watch.records import merged as merged_records
from livingreview.watch.web import Client

#: First day of a search for everything.
BEGINNING = date(1900, 1, 1)
#: Days before the last search that are asked for again, since services list records late.
LAG = 30

_IDS = {
    "doi": re.compile(r"10\.\d{4,9}/\S+"),
    "pmid": re.compile(r"(?<=PMID[ :])\d{1,8}"),
    "pmcid": re.compile(r"PMC\d+"),
    "nct": re.compile(r"NCT\d{8}"),
}


@dataclass(frozen=True)
class Change:
    """A fact of a registry record that is not as it was last seen; `old` is blank where it was never seen."""

    nct: str
    field: str
    old: str
    new: str
    as_of: str = ""


@dataclass
class Found:
    """What a run found.

    Parameters
    ----------
    day : date
        Day of the run.
    since, searched : dict of str to date
        First day asked for, and day of the search before, by service.
    outcomes : list of Outcome
        What each service told.
    records : list of Record
        Reports and registrations that the review does not know, each once.
    notices : list of Notice
        About sources of the review, each once, without those that data/notices.csv has.
    recorded : int
        How many it has.
    changes, first : list of Change
        Facts of registry records that changed, and those that were never seen before.
    unasked : list of str
        Keys of sources that no service can be asked about.
    names : dict of str to str
        Names of the trials of the data, by NCT number.
    """

    day: date
    since: dict[str, date] = field(default_factory=dict)
    searched: dict[str, date] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    recorded: int = 0
    changes: list[Change] = field(default_factory=list)
    first: list[Change] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every service answered in full."""
        return all(outcome.complete for outcome in self.outcomes)

    def joins(self, service: str) -> bool:
        """Whether what was asked for joins the search before, or begins at the beginning where there was none."""
        return self.since[service] <= self.searched.get(service, BEGINNING)


def run(evidence: Evidence, client: Client, day: date, since: date | None = None) -> Found:
    """Ask every service of data/searches.csv what is new.

    Parameters
    ----------
    evidence : Evidence
    client : Client
    day : date
        Day of the run.
    since : date, optional
        First day to ask for; without it, some days before the last search of each source, or, where it has not been
        searched, before the day up to which the review was.

    Returns
    -------
    Found
        With what services told even where others failed.
    """
    sources = evidence.sources.values()
    found = Found(day, names=_trials(evidence))
    rows = {str(row["service"]): row for _, row in evidence.searches.iterrows() if row["service"]}
    searched = evidence.facts["evidence_searched_to"]
    by_pmid = _keys(sources, "pmid")
    listed: dict[str, str] = {}

    def ask(service: str, questions: Callable[[Inquiry], None]) -> None:
        if service not in rows:
            return
        row, outcome = rows[service], Outcome(service)
        start = since or date.fromisoformat(str(row["last_search"]) or searched) - timedelta(days=LAG)
        start = min(start, day)
        found.since[service] = start
        if row["last_search"] or not row["query"]:  # without a query everything is asked for each time
            found.searched[service] = date.fromisoformat(str(row["last_search"]) or str(day))
        found.outcomes.append(outcome)
        client.say(f"== {outcome.title}, since {start}")
        try:
            questions(Inquiry(client, outcome, str(row["query"]), start, day))
        except Exception as error:  # an answer that nobody foresaw must not cost what the others tell
            outcome.missing(f"an answer of a form that was not foreseen ({type(error).__name__})")

    def registry(inquiry: Inquiry) -> None:
        listed.update(clinicaltrials.records(inquiry, found.names, by_pmid))
        clinicaltrials.search(inquiry)

    def europe(inquiry: Inquiry) -> None:
        only = {s.pmcid: s.key for s in sources if s.pmcid and not s.pmid and not s.doi}
        by_pmid.update({pmid: key for pmid, key in europepmc.resolve(inquiry, only).items() if pmid not in by_pmid})
        europepmc.search(inquiry, found.names)

    def papers(inquiry: Inquiry) -> None:
        pubmed.fetch(inquiry, {}, by_pmid)  # first: no search that fails may cost a notice
        reasons = pubmed.search(inquiry, found.names)
        reasons |= {pmid: why for pmid, why in listed.items() if pmid not in by_pmid and pmid not in reasons}
        pubmed.fetch(inquiry, reasons, {})

    ask("clinicaltrials", registry)
    ask("europepmc", europe)  # before PubMed, which is asked by the numbers that it gives
    ask("pubmed", papers)
    ask("crossref", lambda inquiry: crossref.notices(inquiry, _keys(sources, "doi")))

    known = _known(evidence)
    told = [record for outcome in found.outcomes for record in outcome.records]
    found.records = [record for record in merged_records(told) if not known.find(record)]
    notices = merged(notice for outcome in found.outcomes for notice in outcome.notices)
    found.notices = [notice for notice in notices if not is_recorded(notice, evidence)]
    found.recorded = len(notices) - len(found.notices)
    _compare(evidence, found)
    asked = {*by_pmid.values(), *(s.key for s in sources if s.doi or s.nct)}
    found.unasked = [s.key for s in sources if s.key not in asked]
    return found


def _trials(evidence: Evidence) -> dict[str, str]:
    """The trials of the data that are registered at ClinicalTrials.gov, by number."""
    studies = evidence.studies
    return {nct: str(s["acronym"]) for _, s in studies.iterrows() for nct in trials_named(str(s["registration"]))}


def _keys(sources: Iterable[object], kind: str) -> dict[str, str]:
    """Keys of sources by an identifier of theirs; registry records and their copies are no works."""
    return {i: s.key for s in sources if (i := identifier(kind, getattr(s, kind)))}  # type: ignore[attr-defined]


def _known(evidence: Evidence) -> Known:
    """What the review has, and what it left out by a number that stands there."""
    known = Known()
    for source in evidence.sources.values():
        known.add(_record(source.title, {kind: identifier(kind, getattr(source, kind)) for kind in _IDS}))
    for nct in {*_trials(evidence), *evidence.registry["nct"]}:
        known.add(Record("registration", "", nct=str(nct)))
    for cell in evidence.left_out["row_id"]:
        for part in split(str(cell)):
            ids = {kind: identifier(kind, form.findall(part)[0]) for kind, form in _IDS.items() if form.findall(part)}
            if ids:
                known.add(_record("", ids))
    return known


def _record(title: str, ids: dict[str, str]) -> Record:
    doi, pmid, pmcid, nct = (ids.get(kind, "") for kind in ("doi", "pmid", "pmcid", "nct"))
    return Record("registration" if nct else "report", title, doi=doi, pmid=pmid, pmcid=pmcid, nct=nct)


def _compare(evidence: Evidence, found: Found) -> None:
    """Hold registry records against the facts that were last seen of them."""
    seen = {(str(row["nct"]), str(row["field"])): row for _, row in evidence.registry.iterrows()}
    for outcome in found.outcomes:
        for nct, facts in outcome.registry.items():
            fields = dict.fromkeys([*facts, *(name for number, name in seen if number == nct)])
            for name in fields:
                new, row = facts.get(name, ""), seen.get((nct, name))
                if row is None:
                    found.first.append(Change(nct, name, "", new))
                elif not _as_seen(name, str(row["value"]), new):
                    found.changes.append(Change(nct, name, str(row["value"]), new, str(row["as_of"])))


def _as_seen(name: str, old: str, new: str) -> bool:
    """Whether a fact is as it was seen; a day within the month that was seen is."""
    dated = name.endswith(("_date", "_posted"))
    return old == new or (dated and len(old) < len(new) and new.startswith(f"{old}-"))
