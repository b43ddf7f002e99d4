"""What services send, made safe and alike: texts without surprises, identifiers in one form, records, their merging."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from livingreview.evidence import REGISTERS
from livingreview.watch.web import BadAnswerError

#: Longest texts that are kept, in characters.
TITLE, ABSTRACT, WORDS = 500, 8000, 1000
#: Shortest title that says what it is the title of: 'Correction' is that of thousands.
TELLING = 20

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<!--.*?-->", re.DOTALL)
_FORMS = {
    "doi": re.compile(r"10\.\d{4,9}/[^\s\"'`<>{}|\\^]+"),
    "pmid": re.compile(r"[1-9]\d{0,7}"),
    "pmcid": re.compile(r"PMC[1-9]\d{0,8}"),
    "nct": re.compile(r"NCT\d{8}"),
}
_NCT = re.compile(r"(?<![A-Z0-9])NCT\d{8}(?!\d)", re.IGNORECASE)
_RETRACTED = re.compile(r"^\W*(?:retracted|withdrawn)(?: article| paper)?\s*[:.\]]\s*", re.IGNORECASE)

Kind = Literal["report", "registration"]


def text(value: Any, longest: int = WORDS) -> str:
    """A value of an answer as plain text on one line: no tags, no invisible characters, not too long.

    Parameters
    ----------
    value : object
        Whatever stood there; what is neither text nor a number is a blank.
    longest : int
        Characters kept.

    Returns
    -------
    str
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    found = str(value)[: 20 * longest]
    for _ in range(2):  # tags are sent as such and as entities
        found = _TAG.sub(" ", html.unescape(found))
    found = unicodedata.normalize("NFC", "".join(c if c.isprintable() else " " for c in found))
    found = " ".join(found.split())
    return found if len(found) <= longest else f"{found[: longest - 1].rstrip()}…"


def identifier(kind: str, value: Any) -> str:
    """A DOI (in small letters, without its address), PMID, PMCID or NCT number; blank where the value is none."""
    found = text(value, 300)
    if kind == "doi":
        found = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", found, flags=re.IGNORECASE).lower()
        found = found.rstrip(".,;:)]" if found.count(")") > found.count("(") else ".,;:")
    elif kind == "pmid":
        found = re.sub(r"^(?:pmid:?\s*)|\.0$", "", found, flags=re.IGNORECASE)
    else:
        found = found.upper()
    return found if _FORMS[kind].fullmatch(found) else ""


def trials_named(*texts: str) -> tuple[str, ...]:
    """The NCT numbers that stand in texts, each once, in order."""
    return tuple(dict.fromkeys(number.upper() for part in texts for number in _NCT.findall(part)))


def plain_title(title: str) -> str:
    """A title by which two records are compared: letters and digits only, without 'RETRACTED:'."""
    bare = unicodedata.normalize("NFKD", _RETRACTED.sub("", title)).casefold()
    return "".join(char for char in bare if char.isalnum())


def says_retracted(title: str) -> bool:
    """Whether a title begins with the mark of a retracted paper."""
    return _RETRACTED.match(title) is not None


def cell(value: str) -> str:
    """A text that can stand in a cell of the data: the check of the data has no fault to find in it."""
    found = re.sub(r"[<>&`{}\\^~|\"]|(?:java|vb)script:|data:text/", " ", value, flags=re.IGNORECASE)
    found = "".join(c if c.isascii() or c.isalpha() else " " for c in unicodedata.normalize("NFKC", found))
    found = re.sub(r"(?<=\d),(?=\d)", ", ", found)
    return " ".join(re.sub(r"^[^\w(]+", "", found).split())


def items(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; one object that stands for itself is a list of one."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict)]


def sound(listed: Any, is_sound: Callable[[dict[str, Any]], object]) -> tuple[list[dict[str, Any]], int]:
    """The records of a list that can be read, and how many cannot.

    Raises
    ------
    BadAnswerError
        When it is no list, or none of its records can be read.
    """
    if not isinstance(listed, list):
        raise BadAnswerError("an answer without a list")
    good = [one for one in listed if isinstance(one, dict) and is_sound(one)]
    if listed and not good:
        raise BadAnswerError("an answer with something else than records in its list")
    return good, len(listed) - len(good)


def inner(value: Any, *names: str) -> Any:
    """What stands under names within names; None where one of them is missing or holds something else."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


@dataclass(frozen=True)
class Record:
    """A report or a registration, as services tell it.

    Parameters
    ----------
    kind : {'report', 'registration'}
        Whether it is a text, or an entry of a registry.
    title, abstract, journal, year : str
        As told; blank where not told.
    authors : tuple of str
        Family name first.
    doi, pmid, pmcid, nct : str
        Identifiers of the record itself.
    trials : tuple of str
        NCT numbers that it names.
    services : tuple of str
        Titles of the services that told it.
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
        found = {"doi": self.doi, "pmid": self.pmid, "pmcid": self.pmcid, "nct": self.nct}
        return {name: value for name, value in found.items() if value}

    @property
    def link(self) -> str:
        """An address made of an identifier; services' own addresses are not passed on."""
        known = self.ids
        return next((form.format(known[field]) for field, form in REGISTERS.items() if field in known), "")


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
        found = {self.by_id.get((record.kind, name, value)) for name, value in record.ids.items()} - {None}
        if found:
            return sorted(place for place in found if place is not None)
        titled = self.by_title.get((record.kind, plain_title(record.title)), [])
        return [place for place in titled if not _told_apart(record, self.records[place])][:1]


def _told_apart(one: Record, other: Record) -> bool:
    return any(other.ids.get(name, value) != value for name, value in one.ids.items())


def merged(records: Iterable[Record]) -> list[Record]:
    """Records without repetition, in their order: those that are the same are one, with all that any of them tells."""
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


def _joined(one: Record, other: Record) -> Record:
    """One record of two: what the first lacks, the second adds; the longer abstract, since services cut them."""
    plain = ("title", "journal", "year", "authors", "doi", "pmid", "pmcid", "nct")
    changed: dict[str, Any] = {name: getattr(other, name) for name in plain if not getattr(one, name)}
    for name in ("trials", "services", "reasons"):
        changed[name] = tuple(dict.fromkeys((*getattr(one, name), *getattr(other, name))))
    return replace(one, **changed, abstract=max(one.abstract, other.abstract, key=len))
