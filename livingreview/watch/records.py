"""Reports and registrations as services send them, and how duplicates are merged."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from livingreview.evidence.identifiers import REGISTERS, address
from livingreview.watch.notices import untagged

#: Shortest title that identifies a paper: thousands are called 'Correction'.
TELLING = 20

#: Numbers that a record may have, the columns of records.csv for them.
NUMBERS = ("europepmc", *REGISTERS)

RecordKind = Literal["report", "registration"]


def plain_title(title: str) -> str:
    """Reduce a title to what two records are compared by: letters and digits, without 'RETRACTED:'."""
    bare = unicodedata.normalize("NFKD", untagged(title)).casefold()
    return "".join(char for char in bare if char.isalnum())


@dataclass(frozen=True)
class Record:
    """A report or a registration, as described by services.

    Parameters
    ----------
    kind : {'report', 'registration'}
        A text, or an entry in a registry.
    title, abstract, journal, year : str
        Blank if unknown.
    authors : tuple of str
        Family name first.
    doi, pmid, pmcid, nct, europepmc : str
        Identifiers of the record itself; that of Europe PMC is its database and its number there.
    trials : tuple of str
        NCT numbers that it names.
    services : tuple of str
        Titles of the services that sent it.
    reasons : tuple of str
        Why it was found.
    """

    kind: RecordKind
    title: str
    abstract: str = ""
    journal: str = ""
    year: str = ""
    authors: tuple[str, ...] = ()
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    nct: str = ""
    europepmc: str = ""
    trials: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def ids(self) -> dict[str, str]:
        """The known identifiers, by kind."""
        return {kind: value for kind in REGISTERS if (value := getattr(self, kind))}

    @property
    def link(self) -> str:
        """An address made from an identifier; addresses that services send are not passed on."""
        ids = self.ids
        return next((address(kind, ids[kind]) for kind in REGISTERS if kind in ids), "")


def from_row(row: Mapping[str, str]) -> Record:
    """Give the record that a row of records.csv is of."""
    numbers: dict[str, Any] = {kind: row[kind] for kind in NUMBERS}
    return Record(
        kind="registration" if row["nct"] else "report",
        title=row["title"],
        authors=tuple(filter(None, row["authors"].split("; "))),
        journal=row["journal"],
        year=row["year"],
        **numbers,
    )


@dataclass
class RecordIndex:
    """An index of records by identifier and title, separate for each kind of record.

    A title decides only if identifiers do not: two records with different DOIs are two.
    """

    by_id: dict[tuple[RecordKind, str, str], int] = field(default_factory=dict)
    by_title: dict[tuple[RecordKind, str], list[int]] = field(default_factory=dict)
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
        """Find the positions of the records that are the same as this one."""
        keys = ((record.kind, name, value) for name, value in record.ids.items())
        if places := {self.by_id[key] for key in keys if key in self.by_id}:
            return sorted(places)
        titled = self.by_title.get((record.kind, plain_title(record.title)), [])
        return [place for place in titled if not _differ(record, self.records[place])][:1]


def _differ(record: Record, other: Record) -> bool:
    return any(other.ids.get(name, value) != value for name, value in record.ids.items())


def merge_records(records: Iterable[Record]) -> list[Record]:
    """Merge duplicates, in the order of the records; each keeps everything that any of its duplicates has."""
    index = RecordIndex()
    home: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    for record in records:
        same = sorted({home[place] for place in index.find(record)})
        place = len(index.records)
        index.add(record)
        first, *duplicates = same or [place]
        members.setdefault(first, [])
        whole = index.records[first]
        for duplicate in duplicates:
            whole = _joined(whole, index.records[duplicate])
            members[first] += members.pop(duplicate)
        members[first].append(place)
        for member in members[first]:
            home[member] = first
            index.records[member] = _joined(whole, record)
    return [index.records[first] for first in sorted(members)]


def _joined(first: Record, other: Record) -> Record:
    """Join two records: the second adds what the first lacks, and the longer abstract wins: services cut them."""
    plain = ("title", "journal", "year", "authors", *NUMBERS)
    changed: dict[str, Any] = {name: getattr(other, name) for name in plain if not getattr(first, name)}
    for name in ("trials", "services", "reasons"):
        changed[name] = tuple(dict.fromkeys((*getattr(first, name), *getattr(other, name))))
    return replace(first, **changed, abstract=max(first.abstract, other.abstract, key=len))
