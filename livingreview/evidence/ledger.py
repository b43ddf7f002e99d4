"""The ledger: which records searches returned, what people decided on them, and what is still open.

Three tables hold it: ``runs.csv`` (a search on a day), ``records.csv`` (what it returned) and ``screenings.csv`` (what
a person decided). Everything else follows from them: duplicates are decided on together, a decision takes two people
who agree or one who settles their conflict, and a search counts up to the day of its last complete run of which
nothing is open.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from livingreview.evidence.identifiers import REGISTERS, named, normal

if TYPE_CHECKING:
    from livingreview.evidence.package import Evidence

Row = Mapping[str, str]

#: The tables that the ledger is read from.
TABLES = ("searches", "runs", "records", "screenings")
#: Stages of screening, in their order, and how people call them.
STAGES = {"title": "title and abstract", "full_text": "full text"}
#: First day of a search for everything.
BEGINNING = "1900-01-01"
#: People who must agree on a record, each apart.
SCREENERS = 2


@dataclass(frozen=True)
class Flow:
    """The numbers of the flow diagram of PRISMA 2020, of some records.

    Parameters
    ----------
    returned : int
        Records that searches returned.
    duplicates : int
        Those that duplicate another.
    used : int
        Those whose report or trial the review used before anybody screened them.
    excluded : int
        Excluded by title and abstract.
    sought : int
        Gone on to the full text.
    reasons : dict of str to int
        Excluded by full text, by reason.
    included : int
        Included.
    open : int
        Without a decision at one of the stages, conflicts included.
    """

    returned: int
    duplicates: int
    used: int
    excluded: int
    sought: int
    reasons: dict[str, int]
    included: int
    open: int

    @property
    def screened(self) -> int:
        """Records on whose title and abstract there is a decision."""
        return self.excluded + self.sought


class Ledger:
    """What the tables of the ledger say together.

    Parameters
    ----------
    tables : mapping of str to iterable of mapping of str to str
        Rows of each of `TABLES`.
    used : collection of (str, str)
        Kind and number of each report and trial that the review uses, as ``('doi', '10.1001/x')``.
    """

    def __init__(self, tables: Mapping[str, Iterable[Row]], used: Collection[tuple[str, str]] = ()) -> None:
        self.searches = {row["search_id"]: row for row in tables["searches"]}
        self.runs = sorted(tables["runs"], key=lambda row: (row["search_id"], row["day"]))
        self.records = {row["record_id"]: row for row in tables["records"]}
        self.used = frozenset(used)
        self._votes: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in tables["screenings"]:
            self._votes[self.home(row["record_id"]), row["stage"]].append(row)

    def home(self, record_id: str) -> str:
        """Give the record that stands for a record and its duplicates."""
        return self.records.get(record_id, {}).get("duplicate_of", "") or record_id

    @cached_property
    def groups(self) -> dict[str, list[Row]]:
        """The records that stand for themselves, each with its duplicates."""
        groups: dict[str, list[Row]] = {}
        for record_id, row in self.records.items():
            groups.setdefault(self.home(record_id), []).append(row)
        return groups

    def votes(self, record_id: str, stage: str) -> list[Row]:
        """Decisions of people on a record or a duplicate of it, at a stage."""
        return self._votes.get((self.home(record_id), stage), [])

    def decision(self, record_id: str, stage: str) -> str:
        """Decide on a record at a stage.

        Returns
        -------
        {'include', 'exclude', 'unclear', 'conflict', ''}
            Blank until two people have decided.
        """
        votes = self.votes(record_id, stage)
        settled = {going_on(row) for row in votes if row["role"] == "adjudicator"}
        decisions = settled or {going_on(row) for row in votes}
        if len(decisions) > 1:
            return "conflict"
        enough = settled or len({row["screener"].casefold() for row in votes}) >= SCREENERS
        return next(iter(decisions), "") if enough else ""

    def state(self, record_id: str) -> str:
        """Say where a record is: 'excluded', 'included', 'used' (in the review, unscreened) or 'open'."""
        title, full = (self.decision(record_id, stage) for stage in STAGES)
        if title == "exclude" or (title == "include" and full == "exclude"):
            return "excluded"
        if title == "include" and full == "include":
            return "included"
        return "used" if not title and not full and self.is_used(record_id) else "open"

    def is_used(self, record_id: str) -> bool:
        """Whether the review has the report or the trial of a record, by any identifier of it or its duplicates."""
        rows = self.groups.get(self.home(record_id), [])
        return any((kind, row[kind]) in self.used for row in rows for kind in REGISTERS if row[kind])

    def to_screen(self, stage: str) -> list[str]:
        """Records that wait for a decision at a stage, conflicts included, in their order."""
        waiting = [record for record in self.groups if self.state(record) == "open"]
        if stage == "title":
            return [record for record in waiting if self.decision(record, "title") in ("", "conflict")]
        return [record for record in waiting if self.decision(record, "title") == "include"]

    def conflicts(self, stage: str) -> list[str]:
        """Records on which people disagree at a stage, and nobody has settled it."""
        return [record for record in self.groups if self.decision(record, stage) == "conflict"]

    def pairs(self, stage: str) -> list[tuple[str, str]]:
        """What the first two screeners of each record decided, in the order of their names."""
        pairs = []
        for record in self.groups:
            own = {row["screener"]: going_on(row) for row in self.votes(record, stage) if row["role"] == "screener"}
            if len(own) >= SCREENERS:
                first, second = [own[name] for name in sorted(own)][:SCREENERS]
                pairs.append((first, second))
        return pairs

    def waiting(self) -> list[str]:
        """Records that were included, and that the review does not use yet."""
        return [record for record in self.groups if self.state(record) == "included" and not self.is_used(record)]

    def open_of(self, search_id: str, day: str = "9999") -> int:
        """Count the records that a search returned up to a day and that are open."""
        returned = [row for row in self.records.values() if row["search_id"] == search_id and row["day"] <= day]
        return sum(self.state(row["record_id"]) == "open" for row in returned)

    def flow(self, records: Iterable[Row] | None = None) -> Flow:
        """Count records on their way from a search to the review.

        Parameters
        ----------
        records : iterable of mapping, optional
            Rows of records.csv, such as those of one search; all by default.
        """
        rows = list(self.records.values() if records is None else records)
        own = [row["record_id"] for row in rows if not row["duplicate_of"]]
        titles = Counter(self.decision(record, "title") for record in own)
        states = Counter(map(self.state, own))
        read = [record for record in own if self.decision(record, "full_text") == "exclude"]
        reasons = Counter(next(vote["reason"] for vote in self.votes(r, "full_text") if vote["reason"]) for r in read)
        return Flow(
            returned=len(rows),
            duplicates=len(rows) - len(own),
            used=states["used"],
            excluded=titles["exclude"],
            sought=titles["include"],
            reasons=dict(sorted(reasons.items())),
            included=states["included"],
            open=states["open"],
        )

    @property
    def systematic(self) -> dict[str, str]:
        """The searches that have a query, by their source, and the day up to which each is done; blank if it is not."""
        asked = (row for row in self.searches.values() if row["service"] and row["query"])
        return {row["source"]: row["last_search"] for row in asked}

    def last_run(self, search_id: str) -> Row | None:
        """The last run of a search, complete or not; None before the first."""
        return next((run for run in reversed(self.runs) if run["search_id"] == search_id), None)

    def complete_runs(self, search_id: str = "") -> list[Row]:
        """Runs that were answered in full, of one search or of all."""
        return [r for r in self.runs if r["complete"] == "yes" and search_id in ("", r["search_id"])]

    def certified(self, search_id: str) -> str:
        """Say up to which day a search is done: complete, without a gap, and with nothing open.

        Parameters
        ----------
        search_id : str
            A search that a service answers.

        Returns
        -------
        str
            Day of the last such run; blank if there is none.
        """
        reached, asks_all = "", not self.searches[search_id]["query"]
        for run in self.complete_runs(search_id):
            joins = asks_all or run["since"] <= (reached or BEGINNING)
            if joins and not self.open_of(search_id, run["day"]):
                reached = run["day"]
        return reached


def going_on(row: Row) -> str:
    """Give a decision as it counts: what a title leaves unclear goes on to the full text."""
    return "include" if row["stage"] == "title" and row["decision"] == "unclear" else row["decision"]


def ledger(book: Evidence) -> Ledger:
    """Read the ledger of the evidence."""
    sources = ((kind, normal(kind, getattr(s, kind))) for s in book.sources.values() for kind in REGISTERS)
    trials = [number for cell in book.studies["registration"] for number in named("nct", str(cell))]
    used = {*sources, *(("nct", number) for number in [*trials, *map(str, book.registry["nct"])])}
    return Ledger({name: book.rows(name) for name in TABLES}, used)
