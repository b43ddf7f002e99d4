"""Write a source as an entry of the bibliography."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping

from livingreview.checks.package import Package
from livingreview.evidence.identifiers import REGISTERS, normal
from livingreview.evidence.sources import Author, split_names

#: The fields of an entry, in their order.
ORDER = (
    *("author", "title", "journal", "howpublished", "year", "volume", "number", "pages"),
    *("doi", "pmid", "pmcid", "nct", "url", "kind", "read", "annote"),
)


def known(package: Package, source: Mapping[str, str]) -> str:
    """Key of the source that the bibliography has under one of these identifiers, or under this key; else blank."""
    entries = package.references.entries
    if (key := source.get("key", "")) in entries:
        return key
    for kind in REGISTERS:
        number = normal(kind, source.get(kind, ""))
        for other, entry in entries.items() if number else ():
            if normal(kind, entry.fields.get(kind, "").strip("{}")) == number:
                return str(other)
    return ""


def completed(source: Mapping[str, str], taken: Collection[str]) -> dict[str, str]:
    """Fill in what follows of a source: the normal form of its numbers, its kind of entry and its key.

    Parameters
    ----------
    source : mapping of str to str
        Its fields, with ``key`` and ``entry`` where they are known.
    taken : collection of str
        Keys of the other sources.
    """
    fields = {name: value for name, value in source.items() if value}
    for kind in REGISTERS:
        if kind in fields:
            fields[kind] = normal(kind, fields[kind]) or fields[kind]
    if fields.get("nct"):
        fields.setdefault("kind", "registry")
    if any(fields.get(kind) for kind in REGISTERS):
        fields.pop("url", None)  # the address follows from the number
    fields.setdefault("entry", "article" if fields.get("journal") else "misc")
    fields.setdefault("key", _key(fields, taken))
    return fields


def _key(fields: Mapping[str, str], taken: Collection[str]) -> str:
    """Make a key: the first author and the year, or the number of a registry record; a letter where it is taken."""
    names = split_names(fields.get("author", ""))
    titled = [_letters(word) for word in fields.get("title", "").split()]
    words = _letters(Author.read(names[0]).family) if names else max(titled[:4], key=len, default="")
    name = fields["nct"].lower() if fields.get("nct") else f"{words or 'source'}{fields.get('year', '')}"
    endings = ("", *(f"_{letter}" for letter in "bcdefghijklmnopqrstuvwxyz"))
    return next(key for ending in endings if (key := f"{name}{ending}") not in taken)


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]", "", plain)


def entry(fields: Mapping[str, str]) -> str:
    """Write an entry of BibTeX.

    Parameters
    ----------
    fields : mapping of str to str
        As `completed` gives them.
    """
    lines = [f"@{fields['entry']}{{{fields['key']},"]
    for name in ORDER:
        if value := fields.get(name, ""):
            # braces of an author hold the name of a group; addresses and numbers are written as they are
            plain = value if name in ("author", "url", *REGISTERS) else re.sub(r"[{}]", "", value)
            text = plain if name in ("url", *REGISTERS) else re.sub(r"(?<!\\)([%&#$])", r"\\\1", plain)
            text = re.sub(r"-+", "--", text) if name == "pages" else f"{{{text}}}" if name == "title" else text
            lines.append(f"  {name:<12} = {{{text}}},")
    return "\n".join([*lines, "}"])
