"""What a reference manager makes of a page and of its downloads, as Zotero's translators do it.

The page is read by the rules of 'Embedded Metadata' (of its tags only those that this site may hold), the downloads
by those of BibTeX, RIS and CSL JSON. All give the same kind of item: names of fields as Zotero has them.
"""

from __future__ import annotations

import json
import re
from typing import Any

import rispy
from bs4 import BeautifulSoup
from pybtex.database import parse_string

Item = dict[str, Any]

HIGHWIRE = {
    "citation_title": "title",
    "citation_publication_date": "date",
    "citation_cover_date": "date",
    "citation_date": "date",
    "citation_journal_title": "publicationTitle",
    "citation_inbook_title": "publicationTitle",
    "citation_book_title": "bookTitle",
    "citation_series_title": "series",
    "citation_volume": "volume",
    "citation_issue": "issue",
    "citation_publisher": "publisher",
    "citation_isbn": "ISBN",
    "citation_abstract": "abstractNote",
    "citation_doi": "DOI",
    "citation_public_url": "url",
    "citation_language": "language",
}
#: Tags with a prefix are statements of RDF: what they give goes first, and Highwire's tags over it.
RDF = {
    "dc.title": "title",
    "og.title": "title",
    "dc.rights": "rights",
    "dc.publisher": "publisher",
    "dc.date": "date",
    "dc.language": "language",
    "prism.edition": "edition",
}
RDF_TYPES = (  # the first that speaks decides
    ("bibo.type", {"booksection": "bookSection", "book": "book"}),
    ("og.type", {"book": "book", "website": "webpage"}),
    ("dc.type", {"bookchapter": "bookSection", "book": "book", "dataset": "dataset"}),
)
FIELDS = ("title", "bookTitle", "date", "edition", "publisher", "language", "abstractNote", "rights", "url", "DOI")


def clean_author(name: str, comma: bool) -> tuple[str, str]:
    """Split a name into family and given name; without a comma the last word is the family name."""
    name = re.sub(r"^[\s.,/\[\]:]+|[\s.,/\[\]:]+$", "", name)
    if comma:
        family, _, given = name.partition(",")
        return family.strip(), given.strip()
    given, _, family = name.rpartition(" ")
    return family, given


def _normal(item: Item) -> Item:
    book = item.pop("publicationTitle", "") or item.get("bookTitle", "")
    item["bookTitle"] = book if item["itemType"] == "bookSection" else ""
    return {**item, **{name: " ".join(item.get(name, "").split()) for name in FIELDS}}


def embedded(page: BeautifulSoup) -> Item:
    """Read the tags of a page's head."""
    tags = [(str(t.get("name") or t.get("property")), str(t["content"])) for t in page.select("head meta[content]")]
    statements: dict[str, str] = {}
    for name, content in tags:
        statements.setdefault(re.sub(r"[.:_]", ".", name, count=1).lower(), content)
    item: Item = {field: statements[name] for name, field in reversed(RDF.items()) if name in statements}
    for tag, field in HIGHWIRE.items():  # the first tag of a name counts; of two names for one field, the last
        first = next((content for name, content in tags if name.endswith(tag)), "")
        if first.strip():
            item[field] = first
    highwire = {tag for tag in HIGHWIRE if any(name.endswith(tag) for name, _ in tags)}
    guessed = "bookSection" if "citation_book_title" in highwire else "journalArticle"
    said = (types.get(statements.get(name, "").lower()) for name, types in RDF_TYPES)
    item["itemType"] = next(filter(None, said), guessed)
    names = [content for name, content in tags if name.endswith("citation_author")]
    names = names or [content for name, content in tags if name == "DC.creator"]
    item["creators"] = [clean_author(one, "," in one) for name in names for one in re.split(r"\s*;\s*", name)]
    return _normal(item)


def from_bibtex(text: str) -> Item:
    """Read the one entry of a BibTeX file."""
    (entry,) = parse_string(text, "bibtex").entries.values()

    def plain(value: str) -> str:
        return re.sub(r"\\([#$%&~_^])", r"\1", re.sub(r"[{}]", "", value))

    names = {"booktitle": "publicationTitle", "copyright": "rights", "doi": "DOI", "abstract": "abstractNote"}
    item: Item = {names.get(key.lower(), key.lower()): plain(value) for key, value in entry.fields.items()}
    item["itemType"] = {"incollection": "bookSection", "book": "book"}[entry.type]
    item["creators"] = [
        (plain(" ".join(p.last_names)), " ".join([*p.first_names, *p.middle_names])) for p in entry.persons["author"]
    ]
    return _normal(item)


def from_ris(text: str) -> Item:
    """Read the one record of a RIS file."""
    (record,) = rispy.loads(text)
    names = {"doi": "DOI", "abstract": "abstractNote", "secondary_title": "publicationTitle"}
    item: Item = {names.get(key, key): value for key, value in record.items()}
    item["itemType"] = {"CHAP": "bookSection", "BOOK": "book"}[record["type_of_reference"]]
    item["date"] = record["date"].replace("/", "-")
    item["url"] = next(iter(record.get("urls", [])), "")
    item["rights"] = _licence(" ".join(record["notes"]))
    item["creators"] = [clean_author(name, True) for name in record["authors"]]
    return _normal(item)


def from_csl(text: str) -> Item:
    """Read the one item of a CSL-JSON file."""
    (record,) = json.loads(text)
    names = {"URL": "url", "abstract": "abstractNote", "container-title": "publicationTitle"}
    item: Item = {names.get(key, key): value for key, value in record.items() if isinstance(value, str)}
    item["itemType"] = {"chapter": "bookSection", "book": "book"}[record["type"]]
    item["date"] = "-".join(f"{part:02}" for part in record["issued"]["date-parts"][0])
    item["rights"] = _licence(record["note"])
    item["creators"] = [(n.get("literal") or n["family"], n.get("given", "")) for n in record["author"]]
    return _normal(item)


def _licence(note: str) -> str:
    """The two formats without a field for rights say it in their note."""
    found = re.search(r"License: (.+?)\.$", note)
    return found[1] if found else ""
