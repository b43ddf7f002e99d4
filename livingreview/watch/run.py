"""One run of the watch: ask every service, and compare the answers with what the review has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from livingreview.evidence import Evidence, ledger
from livingreview.evidence.identifiers import REGISTERS, named, normal
from livingreview.watch import clinicaltrials, crossref, europepmc, pubmed
from livingreview.watch.inquiry import Inquiry, Targets
from livingreview.watch.notices import Notice, keys, merge_notices, recorded
from livingreview.watch.records import Record, RecordIndex, from_row, merge_records
from livingreview.watch.web import Client

#: The services in the order in which they are asked: those that know more identifiers come first. Each module has a
#: `SERVICE`, and an `ask` that puts all its questions.
SERVICES = {module.SERVICE.name: module for module in (clinicaltrials, europepmc, pubmed, crossref)}
#: First day of a search for everything.
BEGINNING = date.fromisoformat(ledger.BEGINNING)
#: Days before the last search that are searched again, since services list records late.
LAG = 30


@dataclass(frozen=True)
class RegistryChange:
    """A fact of a registry record that has changed since it was last seen; `old` is blank if it was never seen."""

    nct: str
    field: str
    old: str
    new: str
    as_of: str = ""


@dataclass
class Findings:
    """What a run found.

    Parameters
    ----------
    day : date
        Day of the run.
    names : dict of str to str
        Names of the trials of the data, by NCT number.
    searched : dict of str to date
        Day of the previous search, by service.
    inquiries : list of Inquiry
        What each service answered.
    records : list of Record
        Reports and registrations that the review does not have, each once.
    notices : list of Notice
        On sources of the review, each once, without those recorded in data/notices.csv.
    recorded : int
        How many are recorded there.
    changes, first : list of RegistryChange
        Facts of registry records that changed, and those seen for the first time.
    unasked : list of str
        Keys of sources that no service can be asked about.
    elsewhere, unregistered : list of str
        Trials of the data that are in another registry, with their number there, and those without a number.
    """

    day: date
    names: dict[str, str]
    searched: dict[str, date] = field(default_factory=dict)
    inquiries: list[Inquiry] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    recorded: int = 0
    changes: list[RegistryChange] = field(default_factory=list)
    first: list[RegistryChange] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    unregistered: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every service answered in full."""
        return all(inquiry.complete for inquiry in self.inquiries)

    def joins(self, inquiry: Inquiry) -> bool:
        """Whether a search continues from the previous one without a gap, or covers everything if there was none."""
        return inquiry.since <= self.searched.get(inquiry.service.name, BEGINNING)


def run(evidence: Evidence, client: Client, day: date, since: date | None = None) -> Findings:
    """Ask every service of data/searches.csv what is new.

    Parameters
    ----------
    evidence : Evidence
    client : Client
    day : date
        Day of the run.
    since : date, optional
        First day to ask for; by default some days before the last search of each source, or, if it has not been
        searched, before the day to which the review was.

    Returns
    -------
    Findings
        With what some services answered even if others failed.
    """
    findings = Findings(day, _trials(evidence))
    targets = Targets(findings.names, {kind: keys(evidence, kind) for kind in ("doi", "pmid")})
    # Europe PMC knows the PMIDs of sources that have no other number
    asked = {*targets.sources["doi"].values(), *targets.sources["pmid"].values()}
    targets.sources["pmcid"] = {n: key for n, key in keys(evidence, "pmcid").items() if key not in asked}
    rows = {str(row["service"]): row for _, row in evidence.searches.iterrows()}
    for name, module in SERVICES.items():
        if name not in rows:
            continue
        row = rows[name]
        searched = str(row["last_search"]) or evidence.facts["evidence_searched_to"]
        start = since or date.fromisoformat(searched) - timedelta(days=LAG)
        if row["last_search"] or not row["query"]:  # without a query, everything is asked for every time
            findings.searched[name] = date.fromisoformat(str(row["last_search"]) or str(day))
        inquiry = Inquiry(client, module.SERVICE, str(row["query"]), min(start, day), day)
        findings.inquiries.append(inquiry)
        client.say(f"== {inquiry.service.title}, since {inquiry.since}")
        try:
            module.ask(inquiry, targets)
        except Exception as error:  # an unforeseen answer must not cost those of the other services
            inquiry.missing(f"an answer of a form that was not foreseen ({type(error).__name__})")
    index = _known(evidence, day)
    records = merge_records(record for inquiry in findings.inquiries for record in inquiry.records)
    findings.records = [record for record in records if not index.find(record)]
    notices = merge_notices(notice for inquiry in findings.inquiries for notice in inquiry.notices)
    known_notices = recorded(notices, evidence)
    findings.notices = [notice for notice in notices if notice not in known_notices]
    findings.recorded = len(known_notices)
    _compare(evidence, findings)
    asked |= {*targets.sources["pmid"].values(), *(s.key for s in evidence.sources.values() if s.nct)}
    findings.unasked = [key for key in evidence.sources if key not in asked]
    for _, study in evidence.studies.iterrows():
        name, number = str(study["acronym"]), str(study["registration"])
        if not number:
            findings.unregistered.append(name)
        elif not named("nct", number):
            findings.elsewhere.append(f"{name} ({number})")
    return findings


def _trials(evidence: Evidence) -> dict[str, str]:
    """The trials of the data that are registered at ClinicalTrials.gov, by number."""
    studies = evidence.studies
    return {nct: str(s["acronym"]) for _, s in studies.iterrows() for nct in named("nct", str(s["registration"]))}


def _known(evidence: Evidence, day: date) -> RecordIndex:
    """Index what the review has, and what earlier runs returned."""
    index = RecordIndex()
    for source in evidence.sources.values():
        index.add(_record(source.title, {kind: normal(kind, getattr(source, kind)) for kind in REGISTERS}))
    for nct in {*_trials(evidence), *evidence.registry["nct"]}:
        index.add(_record("", {"nct": str(nct)}))
    for row in evidence.rows("records"):
        if row["day"] < str(day):  # what this run itself returned is news until its day is over
            index.add(from_row(row))
    return index


def _record(title: str, numbers: dict[str, Any]) -> Record:
    return Record("registration" if numbers.get("nct") else "report", title, **numbers)


def _compare(evidence: Evidence, findings: Findings) -> None:
    """Compare registry records with the facts that were last seen in them."""
    seen = {(str(row["nct"]), str(row["field"])): row for _, row in evidence.registry.iterrows()}
    for inquiry in findings.inquiries:
        for nct, facts in inquiry.registry.items():
            for name in dict.fromkeys([*facts, *(name for number, name in seen if number == nct)]):
                new, row = facts.get(name, ""), seen.get((nct, name))
                if row is None:
                    findings.first.append(RegistryChange(nct, name, "", new))
                elif not _as_seen(name, str(row["value"]), new):
                    findings.changes.append(RegistryChange(nct, name, str(row["value"]), new, str(row["as_of"])))


def _as_seen(name: str, old: str, new: str) -> bool:
    """Whether a fact is unchanged; a day is, if it lies in the month that was seen."""
    dated = name.endswith(("_date", "_posted"))
    return old == new or (dated and len(old) < len(new) and new.startswith(f"{old}-"))
