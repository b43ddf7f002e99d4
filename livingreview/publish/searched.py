"""What was searched and what waits: the flow of records as PRISMA 2020 and PRISMA-LSR draw it, and what is not used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from livingreview.evidence import Evidence
from livingreview.evidence.identifiers import REGISTERS, named
from livingreview.evidence.ledger import Flow, Ledger, Row, ledger
from livingreview.publish.numbers import Out, Table, table
from livingreview.statistics import wording

#: How long before its day a search is called due; status.js counts the same days.
AHEAD = timedelta(days=30)
#: Words in the title of a review of other studies.
_SYNTHESIS = re.compile(r"systematic review|meta-?\s?analy|network meta|umbrella review|evidence synthesis", re.I)

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


def status(book: Evidence) -> str:
    """Say up to when the evidence was looked for, and how, from the ledger.

    Only a search that has a query counts as systematic: reading public texts is none. It counts up to the day of its
    last complete run of which every record is decided.

    Returns
    -------
    str
        In a few short sentences.
    """
    kept = ledger(book)
    read = min((s["last_search"] for s in kept.searches.values() if not s["service"] and s["last_search"]), default="")
    texts = f"Texts read to {wording.day(read)}." if read else ""
    if not any(kept.last_run(i) for i, search in kept.searches.items() if search["query"]):
        return f"{texts} No systematic search has been run yet.".strip()
    done = by_day(kept)
    undone = done.pop("", [])
    to = "; ".join(f"{wording.listed(sources)} searched to {wording.day(day)}" for day, sources in done.items())
    missing = f"Not complete yet: {wording.listed(undone)}." if undone and done else ""
    first = f"{to}." if done else "No systematic search is complete yet."
    return " ".join(filter(None, (first, missing, counted(kept), texts)))


def by_day(kept: Ledger) -> dict[str, list[str]]:
    """The searches that have a query, by the day up to which they are done, the earliest first; blank for none."""
    done: dict[str, list[str]] = {}
    for source, day in sorted(kept.systematic.items(), key=lambda item: item[1]):
        done.setdefault(day, []).append(source)
    return done


def counted(kept: Ledger) -> str:
    """Say how many records the searches returned, and how many of them nobody has decided on."""
    flow = kept.flow()
    return f"Records: {wording.number(flow.returned)} returned, {wording.number(flow.open)} waiting for a decision."


def extent(kept: Ledger) -> str:
    """Say how far the review is searched: 'current' only if every search that has a query is done.

    Returns
    -------
    {'current', 'searched in part', 'not searched'}
    """
    days = kept.systematic.values()
    return "not searched" if not any(days) else "current" if all(days) else "searched in part"


def spells(book: Evidence) -> list[tuple[str, str]]:
    """The words for how current the review is, each with the day from which it holds.

    Returns
    -------
    list of (str, str)
        In their order; the last one of which the day has come holds.
    """
    start, due, end = (book.facts[name] for name in ("evidence_searched_to", "next_search_due", "dormant_from"))
    day = date.fromisoformat(due)
    later = [("due", (day - AHEAD).isoformat()), ("overdue", (day + timedelta(days=1)).isoformat())]
    named_days = [(name, first) for name, first in later if start < first < end]
    return [(extent(ledger(book)), start), *named_days, ("dormant", end)]


def word(names: Sequence[tuple[str, str]], day: date) -> str:
    """Choose the word of a day from those that `spells` gives."""
    return next((name for name, start in reversed(names) if start <= day.isoformat()), names[0][0])


@dataclass(frozen=True)
class Waiting:
    """What is known and the review does not use yet.

    Parameters
    ----------
    kind : str
        'newer synthesis', 'included report', 'posted results', or the kind of a notice.
    title : str
        The title of the report, or the name of the trial or of the source.
    where : str
        Its identifier or address.
    """

    kind: str
    title: str
    where: str


def waiting(book: Evidence) -> list[Waiting]:
    """List what waits to be used.

    Returns
    -------
    list of Waiting
        Records that two people included and no source of the review is; results that the registry says are posted and
        that no result of the review comes from; and notices with which nobody has compared the data.
    """
    kept, found = ledger(book), list[Waiting]()
    for record in kept.waiting():
        row = kept.records[record]
        kind = "newer synthesis" if _SYNTHESIS.search(row["title"]) else "included report"
        number = next((row[name] for name in (*REGISTERS, "europepmc") if row[name]), "")
        found.append(Waiting(kind, row["title"] or "without a title", number))
    sources = (book.sources[key] for key in set(book.results["source_key"]) if key in book.sources)
    used = {number for source in sources for number in named("nct", source.nct)}
    names = {nct: str(s["acronym"]) for _, s in book.studies.iterrows() for nct in named("nct", str(s["registration"]))}
    posted = book.registry[(book.registry["field"] == "has_results") & (book.registry["value"] == "yes")]
    for number in (str(nct) for nct in posted["nct"] if nct not in used):
        found.append(Waiting("posted results", names.get(number, number), number))
    for _, notice in book.notices[book.notices["compared"] == ""].iterrows():
        source = book.sources[notice["source_key"]]
        found.append(Waiting(str(notice["kind"]).replace("_", " "), source.name, str(notice["where"])))
    return found


def in_words(book: Evidence) -> str:
    """The whole status in one text: what was searched, what is not used yet, and which word holds from which day."""
    known = "; ".join(f"{one.kind}, {one.title} ({one.where})" for one in waiting(book)) or "nothing"
    words = "; ".join(f"{name} from {start}" for name, start in spells(book))
    return f"{status(book)} Known and not used yet: {known}. Status: {words}."


def awaited(book: Evidence) -> Table | None:
    """The table of what waits to be used; nothing when nothing does."""
    rows = [(one.title, one.kind.capitalize(), Out(one.where)) for one in waiting(book)]
    return table("Known and not used yet", ("What", "Kind", "Where"), rows) if rows else None


def unanswered(kept: Ledger) -> Table | None:
    """What the last run of each search left unanswered; nothing when every last run was complete."""
    runs = {str(row["source"]): kept.last_run(i) for i, row in kept.searches.items()}
    rows = [(name, wording.day(run["day"]), run["missing"]) for name, run in runs.items() if run and run["missing"]]
    return table("What the last run of a search left unanswered", ("Source", "Run", "Missing"), rows) if rows else None


def _of(ledger: Ledger, search_id: str) -> list[Row]:
    return [row for row in ledger.records.values() if row["search_id"] == search_id]


def _flow(caption: str, columns: Mapping[str, Iterable[Row]], ledger: Ledger) -> Table | None:
    if not ledger.runs or not columns:
        return None
    counted = {name: ledger.flow(rows) for name, rows in columns.items()} | {"In all": ledger.flow()}
    rows = [(step, *(wording.number(count(flow)) for flow in counted.values())) for step, count in STEPS.items()]
    return table(caption, ("Step", *counted), rows)
