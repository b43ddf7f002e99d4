"""Reports and registrations as services send them, and which of them are the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from livingreview.evidence.identifiers import REGISTERS, address
from livingreview.watch.notices import untagged

#: Shortest title that says what it is the title of: 'Correction' is that of thousands.
TELLING = 20

Kind = Literal["report", "registration"]


def plain_title(title: str) -> str:
    """A title by which two records are compared: letters and digits only, without 'RETRACTED:'."""
    bare = unicodedata.normalize("NFKD", untagged(title)).casefold()
    return "".join(char for char in bare if char.isalnum())


@dataclass(frozen=True)
class Record:
    """A report or a registration, as services describe it.

    Parameters
    ----------
    kind : {'report', 'registration'}
        Whether it is a text, or an entry of a registry.
    title, abstract, journal, year : str
        Blank where unknown.
    authors : tuple of str
        Family name first.
    doi, pmid, pmcid, nct : str
        Identifiers of the record itself.
    trials : tuple of str
        NCT numbers that it names.
    services : tuple of str
        Titles of the services that sent it.
    reasons : tuple of str
        Why it was found.
    """

    kind: Kind
    title: str
    abstract: str = ""
    journal: str = ""
    year: str = ""
    authors: tuple[str, ...] = ()
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    nct: str = ""
    trials: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def ids(self) -> dict[str, str]:
        """The identifiers that are known, by kind."""
        return {kind: value for kind in REGISTERS if (value := getattr(self, kind))}

    @property
    def link(self) -> str:
        """An address made of an identifier; services' own addresses are not passed on."""
        known = self.ids
        return next((address(kind, known[kind]) for kind in REGISTERS if kind in known), "")


@dataclass
class Known:
    """What is known, by identifier and by title, of each kind of record apart.

    A title decides only where identifiers do not: two records that both have a DOI, and not the same, are two.
    """

    by_id: dict[tuple[Kind, str, str], int] = field(default_factory=dict)
    by_title: dict[tuple[Kind, str], list[int]] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Add a record, and remember its identifiers and its title."""
        place = len(self.records)
        self.records.append(record)
        for name, value in record.ids.items():
            self.by_id.setdefault((record.kind, name, value), place)
        if len(title := plain_title(record.title)) >= TELLING:
            self.by_title.setdefault((record.kind, title), []).append(place)

    def find(self, record: Record) -> list[int]:
        """The places of the records that are the same as this one."""
        keys = ((record.kind, name, value) for name, value in record.ids.items())
        if places := {self.by_id[key] for key in keys if key in self.by_id}:
            return sorted(places)
        titled = self.by_title.get((record.kind, plain_title(record.title)), [])
        return [place for place in titled if not _differ(record, self.records[place])][:1]


def _differ(record: Record, other: Record) -> bool:
    return any(other.ids.get(name, value) != value for name, value in record.ids.items())


def merge_records(records: Iterable[Record]) -> list[Record]:
    """Records without repetition, in their order: those that are the same are one, with all that any of them has."""
    known = Known()
    home: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    for record in records:
        same = sorted({home[place] for place in known.find(record)})
        place = len(known.records)
        known.add(record)
        first, *others = same or [place]
        members.setdefault(first, [])
        whole = known.records[first]
        for other in others:
            whole = _joined(whole, known.records[other])
            members[first] += members.pop(other)
        members[first].append(place)
        for member in members[first]:
            home[member] = first
            known.records[member] = _joined(whole, record)
    return [known.records[first] for first in sorted(members)]


def _joined(first: Record, other: Record) -> Record:
    """One record of two: what the first lacks, the second adds; the longer abstract, since services cut them."""
    plain = ("title", "journal", "year", "authors", *REGISTERS)
    changed: dict[str, Any] = {name: getattr(other, name) for name in plain if not getattr(first, name)}
    for name in ("trials", "services", "reasons"):
        changed[name] = tuple(dict.fromkeys((*getattr(first, name), *getattr(other, name))))
    return replace(first, **changed, abstract=max(first.abstract, other.abstract, key=len))
