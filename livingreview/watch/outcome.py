"""What asking one service came to: what it told, and what it did not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from livingreview.watch.notices import Notice
from livingreview.watch.records import Record
from livingreview.watch.web import SERVICES, AbsentError, Client, UnansweredError

T = TypeVar("T")


@dataclass
class Outcome:
    """What one service told.

    Parameters
    ----------
    service : str
        Its name.
    asked, answered : int
        Questions.
    problems : list of str
        What is missing; with one of these the search of this service is not complete.
    notes : list of str
        What a reader should know besides.
    records, notices, registry
        What it told: reports and registrations, notices about sources, and facts of registry records by NCT number.
    """

    service: str
    asked: int = 0
    answered: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    registry: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name of the service as readers know it."""
        return SERVICES[self.service].title

    @property
    def complete(self) -> bool:
        """Whether every question was answered in full."""
        return self.asked > 0 and not self.problems

    def missing(self, problem: str) -> None:
        """Tell what is missing, once."""
        if problem not in self.problems:
            self.problems.append(problem)


@dataclass
class Inquiry:
    """Questions to one service, with what is common to them.

    Parameters
    ----------
    client : Client
        Asks them.
    outcome : Outcome
        Keeps the answers.
    query : str
        The query of data/searches.csv.
    since, until : date
        First and last day that is asked for.
    """

    client: Client
    outcome: Outcome
    query: str
    since: date
    until: date

    def ask(self, what: str, path: str, params: Mapping[str, str], read: Callable[[bytes], T]) -> T | None:
        """Ask one question; without an answer, tell what is missing and go on with None."""
        try:
            return self.look_up(what, path, params, read)
        except AbsentError as error:
            self.outcome.missing(f"{what}: {error}")
            return None

    def look_up(self, what: str, path: str, params: Mapping[str, str], read: Callable[[bytes], T]) -> T | None:
        """Ask for one record, as `ask` does.

        Raises
        ------
        AbsentError
            When the service has no such record, which is an answer.
        """
        self.outcome.asked += 1
        self.client.say(f"   {what}")
        try:
            answer = self.client.ask(self.outcome.service, path, params, read)
        except AbsentError:
            self.outcome.answered += 1
            raise
        except UnansweredError as error:
            self.outcome.missing(f"{what}: {error}")
            return None
        self.outcome.answered += 1
        return answer


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """The values in lists of at most so many."""
    waiting = list(values)
    for start in range(0, len(waiting), size):
        yield waiting[start : start + size]
