"""The bibliography: its BibTeX, its sources, and the names of their authors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from livingreview.evidence.identifiers import REGISTERS, address

#: The end of an incomplete list of authors: in text, and in BibTeX.
ET_AL, OTHERS = "et al.", "others"
#: How names must be written.
NAMES = "be names as 'Last, First', with ' and ' between them"

_SUFFIX = r"(?:Jr|Sr|2nd|3rd|4th)\.?|II|III|IV"
_SUFFIX_LAST = re.compile(rf"(.+?) ({_SUFFIX})")
_INITIALS_LAST = re.compile(r"(.+?) ((?:[A-Z]\.?[ -]?){1,4})")
_CUT = re.compile(r"(?:.*\s)?(?:et al\.?|others)", re.IGNORECASE)
#: What a note says of a title that nobody read, and what stands beside it in a citation.
_UNREAD = re.compile(r"\btitle\b[^;]*\b(not readable(?: in full)?|from the address)\b")
_UNREAD_WORDS = {
    "not readable": "title not read",
    "not readable in full": "title not read in full",
    "from the address": "title taken from the address",
}


@dataclass(frozen=True)
class Author:
    """A person, or a group, which only has a family name."""

    family: str
    given: str = ""
    suffix: str = ""

    @classmethod
    def read(cls, name: str) -> Author:
        """Read a BibTeX name: 'Last, First', 'Last, Jr, First', or a name that stays whole.

        A suffix after the given names, as in older versions of the data, is recognized too.
        """
        family, *parts = (plain(part) for part in _split(name, ","))
        *before, given = parts or [""]
        suffix = " ".join(before)
        if not suffix and (match := _SUFFIX_LAST.fullmatch(given)):
            given, suffix = match.groups()
        return cls(family, given, suffix)

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.family, " ".join(filter(None, (self.given, self.suffix))))))


@dataclass(frozen=True)
class Source:
    """One entry of the bibliography."""

    key: str
    type: str
    authors: tuple[Author, ...]
    et_al: bool
    title: str
    container: str
    year: str
    volume: str
    number: str
    pages: str
    doi: str
    pmid: str
    pmcid: str
    nct: str
    url: str
    kind: str
    read: str
    note: str
    mark: str = ""

    @property
    def cited_title(self) -> str:
        """Title as it leaves this review: one that was not read stands in square brackets and says so."""
        unread = _UNREAD.search(self.note)
        return f"[{self.title}; {_UNREAD_WORDS[unread[1]]}]" if unread else self.title

    @property
    def names(self) -> list[str]:
        """Its authors as text; 'et al.' ends an incomplete list."""
        return [*map(str, self.authors), *([ET_AL] if self.et_al else [])]

    @property
    def places(self) -> list[str]:
        """How to find it: its numbers in registers, or else its address."""
        prefixed = (("doi:", self.doi), ("PMID ", self.pmid), ("", self.pmcid), ("", self.nct))
        return [prefix + value for prefix, value in prefixed if value] or [self.url] * bool(self.url)

    @property
    def identifiers(self) -> str:
        """Its places in one text."""
        return "; ".join(self.places)

    @property
    def registered(self) -> list[str]:
        """Its addresses in registers, made from its numbers."""
        return [address(kind, number) for kind in REGISTERS if (number := getattr(self, kind))]

    @property
    def short(self) -> str:
        """Name used in running text, with its flag, so that a retraction shows wherever a source is named."""
        return f"{self.name} [{self.mark}]" if self.mark else self.name

    @property
    def name(self) -> str:
        """First author and year, or a substitute."""
        if self.nct:
            return f"registry record {self.nct}"
        who = self.authors[0].family if self.authors else self.container or self.title
        if self.year:
            return who if who.endswith(self.year) else f"{who} {self.year}"
        # undated pages of one organization differ only in their titles
        return f"{who}: {self.title}" if self.kind == "guidance" and who != self.title else f"{who} (undated)"


def read_sources(path: Path) -> dict[str, Source]:
    """Read the bibliography.

    Parameters
    ----------
    path : Path
        The file of BibTeX.

    Returns
    -------
    dict of str to Source
        By citation key, without flags.

    Raises
    ------
    ValueError
        If it is not valid BibTeX.
    """
    entries, errors = parse(path.read_text(encoding="utf-8"))
    if errors:
        raise ValueError(str(errors[0]))
    return {key: _source(key, entry) for key, entry in entries.items()}


def _source(key: str, entry: Any) -> Source:
    field = entry.fields
    names = split_names(field.get("author", ""))
    return Source(
        key=key,
        type=entry.type,
        authors=tuple(Author.read(name) for name in names if name != OTHERS),
        et_al=OTHERS in names,
        title=plain(field.get("title", "")),
        container=plain(field.get("journal", field.get("howpublished", ""))),
        note=plain(field.get("annote", "")),
        read=plain(field.get("read", "")),
        **{
            part: plain(field.get(part, ""))
            for part in ("year", "volume", "number", "pages", "doi", "pmid", "pmcid", "nct", "url", "kind")
        },
    )


@lru_cache(maxsize=4)
def parse(text: str) -> tuple[Mapping[str, Any], list[Exception]]:
    """Parse BibTeX; names stay as they are written.

    Parameters
    ----------
    text : str
        The text of the bibliography.

    Returns
    -------
    tuple of mapping and list of Exception
        Entries by their keys, and what the parser could not read.
    """
    # Imported here: a kernel that cites nothing does not pay for the parser.
    import pybtex.errors
    from pybtex.database.input.bibtex import Parser

    entries: Mapping[str, Any] = {}
    with pybtex.errors.capture() as errors:
        try:
            entries = Parser(person_fields=()).parse_string(text).entries
        except Exception as raised:  # whatever the parser raises, the file is at fault
            errors.append(raised)
    return entries, errors


def split_names(text: str) -> list[str]:
    """Split a field of names at each ' and ' outside braces."""
    return [name for name in _split(text, r"\s+and\s+") if name]


def faults_of_names(text: str) -> Iterator[tuple[str, str]]:
    """Find the names of a field that are not written as `NAMES` says.

    Parameters
    ----------
    text : str
        A field of BibTeX.

    Yields
    ------
    tuple of (str, str)
        The name, and what to do.
    """
    names = split_names(text)
    for place, name in enumerate(names, start=1):
        if name == OTHERS:
            remedy = "" if place == len(names) > 1 else f"Write 'and {OTHERS}' once, at the end of the list."
        else:
            remedy = _remedy(name)
        if remedy:
            yield name, remedy


def _remedy(name: str) -> str:
    """Say how a name must be written; blank if it is written so."""
    parts = _split(name, ",")
    if re.fullmatch(r"\{.*\S.*\}", name) and len(_split(name)) == 1:
        return _remedy_of_group(plain(name))
    if _CUT.fullmatch(name) or re.match(r"and\s", name, re.IGNORECASE):
        return f"Write 'and' once between two names, and 'and {OTHERS}' at the end of a list that is cut."
    misplaced = next((match for part in (parts[0], parts[-1]) if (match := _SUFFIX_LAST.fullmatch(part))), None)
    if len(parts) == 1:
        return _remedy_without_comma(name, misplaced)
    if len(parts) == 2 and _INITIALS_LAST.fullmatch(parts[0]):
        return "Write each as 'Last, First', with ' and ' between them: these stand as PubMed writes them."
    if ";" in name or len(parts) > 3 or (len(parts) == 3 and not re.fullmatch(_SUFFIX, parts[1])):
        return "Put ' and ' between names; a suffix stands in the middle, as in 'Last, Jr, First'."
    return _remedy_of_parts(parts, misplaced)


def _remedy_of_parts(parts: list[str], suffix: re.Match[str] | None) -> str:
    """Say how a name of last, suffix and given names must be written; blank if it is written so."""
    if not all(parts):
        return "Write last and given names; the name of a group stands in braces of its own."
    if suffix and len(parts) == 2:
        family, given = (re.sub(rf" {re.escape(suffix[2])}$", "", part) for part in parts)
        return f"Write '{family}, {suffix[2]}, {given}'."
    return ""


def _remedy_of_group(text: str) -> str:
    """Say that braces hold the names of people, as in 'Smith JA and Doe A'; blank if they hold that of a group."""
    names = [name for name in re.split(r"\s+and\s+|\s*[;,]\s*", text) if name]
    cut = bool(_CUT.fullmatch(names[-1]))
    if len(names) + cut > 1 and all(map(_INITIALS_LAST.fullmatch, names[: -1 if cut else None])):
        return "Write each name as 'Last, First'; braces hold the name of one group."
    return ""


def _remedy_without_comma(name: str, suffix: re.Match[str] | None) -> str:
    group = f"or, for a group, '{{{name}}}'."
    if match := _INITIALS_LAST.fullmatch(name):
        return f"Write '{match[1]}, {match[2]}', {group}"
    given, _, family = (suffix[1] if suffix else name).rpartition(" ")
    middle = f"{suffix[2]}, " if suffix else ""
    return f"Write '{family}, {middle}{given}', {group}" if given else f"Write the given names behind a comma, {group}"


def _split(text: str, separator: str | None = None) -> list[str]:
    """Split BibTeX text outside braces."""
    from pybtex.bibtex.utils import split_tex_string

    parts: list[str] = split_tex_string(text, separator) or [""]
    return parts


def plain(text: str) -> str:
    """BibTeX text without its escapes."""
    for escaped, char in ((r"\%", "%"), (r"\&", "&"), (r"\#", "#"), (r"\_", "_"), (r"\$", "$")):
        text = text.replace(escaped, char)
    return text.replace("{", "").replace("}", "").replace("--", "-")
