"""What one service is asked in a run, and what it answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from livingreview.watch.notices import Notice
from livingreview.watch.records import Record
from livingreview.watch.web import AbsentError, Client, Service, UnansweredError

T = TypeVar("T")


@dataclass
class Targets:
    """What the services are asked about.

    Parameters
    ----------
    trials : dict of str to str
        Names of the trials of the data, by NCT number.
    sources : dict of str to dict of str to str
        Keys of the sources of the review by ``doi``, ``pmid`` and ``pmcid``; a service that knows more numbers of a
        source adds them for the services that are asked after it.
    reports : dict of str to str
        Why a report should be fetched from PubMed, by PMID: the registry record that lists it.
    """

    trials: dict[str, str]
    sources: dict[str, dict[str, str]]
    reports: dict[str, str] = field(default_factory=dict)


@dataclass
class Inquiry:
    """The questions to one service, and its answers.

    Parameters
    ----------
    client : Client
        Asks the questions.
    service : Service
    query : str
        The query of data/searches.csv.
    since, until : date
        First and last day that is asked for.

    Attributes
    ----------
    asked, answered : int
        Questions.
    problems : list of str
        What is missing; with any of these the search of this service is incomplete.
    notes : list of str
        What else a reader should know.
    records, notices, registry
        Reports and registrations, notices on sources, and facts of registry records by NCT number.
    """

    client: Client
    service: Service
    query: str
    since: date
    until: date
    asked: int = 0
    answered: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    registry: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every question was answered in full."""
        return self.asked > 0 and not self.problems

    def missing(self, problem: str) -> None:
        """Report what is missing, once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def count(self, subject: str, listed: int, total: int) -> None:
        """Report a list that has fewer or more records than the service counts."""
        if listed < total:
            self.missing(f"{subject}: {total - listed} of {total} records were not listed")
        elif listed > total:
            self.missing(f"{subject}: {listed} records were listed, where the service counts {total}")

    def note(self, note: str) -> None:
        """Note what a reader should know, once."""
        if note not in self.notes:
            self.notes.append(note)

    def ask(self, subject: str, path: str, params: Mapping[str, str], read: Callable[[bytes], T]) -> T | None:
        """Ask one question; without an answer, report what is missing and go on with None."""
        try:
            return self.look_up(subject, path, params, read)
        except AbsentError as error:
            self.missing(f"{subject}: {error}")
            return None

    def look_up(self, subject: str, path: str, params: Mapping[str, str], read: Callable[[bytes], T]) -> T | None:
        """Ask for one record, as `ask` does.

        Raises
        ------
        AbsentError
            If the service has no such record, which counts as an answer.
        """
        self.asked += 1
        self.client.say(f"   {subject}")
        try:
            answer = self.client.ask(self.service, path, params, read)
        except AbsentError:
            self.answered += 1
            raise
        except UnansweredError as error:
            self.missing(f"{subject}: {error}")
            return None
        self.answered += 1
        return answer


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Divide values into lists of at most `size`."""
    waiting = list(values)
    for start in range(0, len(waiting), size):
        yield waiting[start : start + size]
