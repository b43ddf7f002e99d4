"""How to cite: one record of what is cited, in CSL-JSON, and every form that it is given in.

Pages, downloads, tags of the head and the files at the root of the repository are all written from it.
"""

from __future__ import annotations

import copy
import functools
import html
import io
import json
import posixpath
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from docutils import nodes
from pybtex.database import BibliographyData, Entry, Person
from pybtex.database.output.bibtex import Writer
from sphinx.util.docutils import SphinxDirective

from livingreview.evidence import DATA, Author, Source, load, ris, split
from livingreview.evidence.identifiers import address as register_address
from livingreview.evidence.sources import ET_AL, OTHERS
from livingreview.history import released, versions
from livingreview.repository import commit
from livingreview.site.datafiles import DESCRIPTION, data_hash
from livingreview.site.datafiles import FOLDER as DATA_FOLDER
from livingreview.site.published import outputs

if TYPE_CHECKING:
    from sphinx.application import Sphinx

CONFIG = "_config.yml"
#: Folder of the downloads, from the root of the site.
FOLDER = "cite"
#: The forms of a download: suffix, name.
FORMS = {"bib": "BibTeX", "ris": "RIS", "json": "CSL-JSON"}

Item = dict[str, Any]

_CFF_NAMES = {"family": "family-names", "given": "given-names", "suffix": "name-suffix", "literal": "name"}
_BIBTEX_TYPES = {"chapter": "incollection", "book": "book", "article-journal": "article"}
_RIS_TYPES = {"chapter": "CHAP", "book": "BOOK", "article-journal": "JOUR", "webpage": "ELEC", "document": "GEN"}


# ---------------------------------------------------------------------------------------------- what is cited


def _people(authors: Iterable[Author], et_al: bool = False) -> list[dict[str, str]]:
    """Names in CSL: a group stays whole, and so does what says that the list is cut."""
    people = []
    for author in authors:
        name = {"family": author.family, "given": author.given, "suffix": author.suffix}
        people.append({k: v for k, v in name.items() if v} if author.given else {"literal": author.family})
    return [*people, {"literal": ET_AL}] if et_al else people


def _contributors(facts: dict[str, str]) -> list[dict[str, str]]:
    return _people(map(Author.read, split(facts["contributors"])))


def address(facts: dict[str, str], page: str, version: str = "") -> str:
    """Web address of a page, of the newest version or, once that is published, of a given one; empty without a site."""
    site = facts["site_url"].rstrip("/") if facts["site_url"].startswith(("https://", "http://")) else ""
    path = "" if page == "index.html" else page
    within = f"v/{version}/" if version and released.is_published(DATA.parent, version) else ""
    return site and f"{site}/{within}{path}"


def of_review(facts: dict[str, str], page: str = "index.html", title: str = "", abstract: str = "") -> Item:
    """Write the record of a chapter, or of the whole review.

    Parameters
    ----------
    facts : dict of str to str
        The facts of the review; what depends on a blank one is left out.
    page : str
        Path of the page from the root of the site; the first page stands for the whole.
    title, abstract : str
        Title and answer of the chapter.

    Returns
    -------
    dict
        A CSL-JSON item.
    """
    whole = page == "index.html"
    part_of = f" Part of a review with the DOI {facts['doi']}." if facts["doi"] and not whole else ""
    year, month, day = map(int, facts["evidence_searched_to"].split("-"))
    name = "review" if whole else Path(page).stem
    item: Item = {
        "id": f"{facts['intervention'].replace(' ', '_')}_{facts['version']}_{name}",
        "type": "book" if whole else "chapter",
        "title": facts["title"] if whole else title,
        "author": _contributors(facts),
        "container-title": "" if whole else facts["title"],
        "edition": f"Version {facts['version']}",
        "publisher": facts["contributors"],
        "issued": {"date-parts": [[year, month, day]]},
        "language": "en",
        "abstract": facts["summary"] if whole else abstract,
        "URL": address(facts, page, facts["version"]),
        "DOI": facts["doi"] if whole else "",  # that of the whole is no chapter's own
        "note": f"Evidence read to {facts['evidence_searched_to']}.{part_of} License: {facts['licence']}.",
    }
    return {key: value for key, value in item.items() if value}


def of_source(source: Source) -> Item:
    """Write the record of a source of the bibliography, as a CSL-JSON item."""
    journal = source.type == "article" or bool(source.volume)
    url = register_address("nct", source.nct) if source.nct else source.url
    numbers = [f"PMID {source.pmid}" if source.pmid else "", source.pmcid, source.nct]
    caveats = [source.mark.capitalize(), source.note]
    item: Item = {
        "id": source.key,
        "type": "article-journal" if journal else "webpage" if url else "document",
        "title": source.cited_title,
        "author": _people(source.authors, source.et_al),
        "container-title": source.container,
        "volume": source.volume,
        "issue": source.number,
        "page": source.pages,
        "issued": {"date-parts": [[int(source.year)]]} if source.year.isdigit() else None,
        "DOI": source.doi,
        "URL": url,
        "PMID": source.pmid,
        "PMCID": source.pmcid,
        "note": "; ".join(filter(None, [*numbers, *caveats])),
    }
    return {key: value for key, value in item.items() if value}


# ---------------------------------------------------------------------------------------------- in files


class _Writer(Writer):  # type: ignore[misc]
    """BibTeX in which addresses stay as they are: reference managers take them so."""

    def _write_field(self, stream: io.StringIO, type: str, value: str) -> None:
        # a dollar that is left as it is begins a formula, and some programs then drop the field
        value = value if type in ("url", "doi") else re.sub(r"(?<!\\)\$", r"\\$", self._encode(value))
        stream.write(f",\n    {type} = {{{value}}}")


def _day(item: Item) -> list[str]:
    parts = item.get("issued", {}).get("date-parts", [[]])[0]
    return [f"{part:02}" for part in parts]


def bibtex(items: Sequence[Item]) -> str:
    """Write CSL-JSON items as BibTeX. Titles and names of groups are kept as they are by doubled braces."""

    def plain(text: str) -> str:
        return re.sub(r"[{}\\]", "", text)

    entries = {}
    for item in items:
        day = _day(item)
        kind = _BIBTEX_TYPES.get(item["type"], "misc")
        inside = {"article": "journal", "incollection": "booktitle"}.get(kind, "howpublished")
        fields = {
            "title": f"{{{plain(item['title'])}}}",
            inside: plain(item.get("container-title", "")),
            "edition": item.get("edition", ""),
            "publisher": plain(item.get("publisher", "")),
            "year": day[0] if day else "",
            "date": "-".join(day) if len(day) > 1 else "",
            "volume": plain(item.get("volume", "")),
            "number": plain(item.get("issue", "")),
            "pages": plain(item.get("page", "")).replace("-", "--"),
            "language": item.get("language", ""),
            "copyright": load().facts["licence"] if item["type"] in ("chapter", "book") else "",
            "doi": item.get("DOI", ""),
            "url": plain(item.get("URL", "")),
            "abstract": plain(item.get("abstract", "")),
            "note": plain(item.get("note", "")),
        }
        authors = [_bibtex_person({part: plain(text) for part, text in n.items()}) for n in item.get("author", [])]
        persons = {"author": authors} if authors else {}
        entries[item["id"]] = Entry(kind, [(k, v) for k, v in fields.items() if v], persons)
    stream = io.StringIO()
    _Writer("UTF-8").write_stream(BibliographyData(entries), stream)
    return stream.getvalue()


def _bibtex_person(name: dict[str, str]) -> Person:
    if "family" in name:
        return Person(first=name["given"], last=name["family"], lineage=name.get("suffix", ""))
    return Person(last=OTHERS if name["literal"] == ET_AL else f"{{{name['literal']}}}")


def as_ris(items: Sequence[Item]) -> str:
    """Write CSL-JSON items as RIS."""
    records = []
    for item in items:
        day, (first, _, last) = _day(item), item.get("page", "").partition("-")
        records.append(
            {
                "type_of_reference": _RIS_TYPES[item["type"]],
                "title": item["title"],
                "authors": [
                    ", ".join(name[part] for part in ("family", "given", "suffix", "literal") if part in name)
                    for name in item.get("author", [])
                ],
                "secondary_title": item.get("container-title", ""),
                "edition": item.get("edition", ""),
                "publisher": item.get("publisher", ""),
                "year": day[0] if day else "",
                "date": "/".join(day) if len(day) > 1 else "",
                "volume": item.get("volume", ""),
                "number": item.get("issue", ""),
                "start_page": first,
                "end_page": last,
                "language": item.get("language", ""),
                "doi": item.get("DOI", ""),
                "urls": list(filter(None, [item.get("URL", "")])),
                "abstract": item.get("abstract", ""),
                "notes": list(filter(None, [item.get("note", "")])),
                "id": item["id"],
            }
        )
    return ris.write(records)


def csl(items: Sequence[Item]) -> str:
    """Write CSL-JSON items as a file."""
    return json.dumps(items, ensure_ascii=False, indent=1) + "\n"


def write(folder: Path, name: str, items: Sequence[Item], forms: Iterable[str] = FORMS) -> None:
    """Write the downloads of some items into a folder, one a form."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {"bib": bibtex, "ris": as_ris, "json": csl}
    for suffix in forms:
        (folder / f"{name}.{suffix}").write_text(written[suffix](items), encoding="utf-8", newline="")


def files(facts: dict[str, str], root: Path) -> dict[str, str]:
    """Write what the files of the repository say of the review: a book, whose repository is a data set.

    Parameters
    ----------
    facts : dict of str to str
        The facts of the review.
    root : Path
        Root of the project, whose ``_config.yml`` is kept but for title and author.

    Returns
    -------
    dict of str to str
        ``CITATION.cff`` (schema 1.2.0), ``.zenodo.json`` and ``_config.yml``, by name.
    """
    item = of_review(facts)
    keywords = split(facts["keywords"])
    authors = [{_CFF_NAMES[part]: text for part, text in name.items()} for name in item["author"]]
    released = next((version.date for version in versions.stored(root) if version.name == facts["version"]), "")
    book = {
        "type": "book",
        "title": item["title"],
        "authors": copy.deepcopy(authors),  # the same object would be written as a reference to the first
        "edition": item["edition"],
        "year": item["issued"]["date-parts"][0][0],
        "publisher": {"name": item["publisher"]},
        "doi": facts["doi"],
        "url": facts["site_url"],
    }
    places = [("isDescribedBy", facts["site_url"]), ("isDerivedFrom", facts["repository"])]
    related = [{"relation": relation, "identifier": place} for relation, place in places if place]
    cff = {
        "cff-version": "1.2.0",
        "message": "If you use this review, please cite it as below, with its version and the date of its evidence.",
        "title": item["title"],
        "type": "dataset",  # of the two that the format knows; what is cited is the book below
        "authors": authors,
        "version": facts["version"],
        "date-released": released,
        "license": facts["licence"].replace(" ", "-"),
        "doi": facts["doi"],
        "url": facts["site_url"],
        "repository-code": facts["repository"],
        "keywords": keywords,
        "abstract": item["abstract"],
        "preferred-citation": {key: value for key, value in book.items() if value},
    }
    zenodo = {
        "title": item["title"],
        "upload_type": "publication",
        "publication_type": "book",
        "publication_date": released,
        "description": item["abstract"],
        "creators": [{"name": ", ".join(name.values())} for name in item["author"]],
        "version": facts["version"],
        "license": facts["licence"].replace(" ", "-").lower(),
        "access_right": "open",
        "language": "eng",
        "keywords": keywords,
        "notes": item["note"],
        "related_identifiers": related,
    }
    note = "# Written by 'make refresh' from data/review.csv: change that.\n"
    kept = {key: value for key, value in cff.items() if value}
    return {
        "CITATION.cff": note + yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=110),
        ".zenodo.json": json.dumps({k: v for k, v in zenodo.items() if v}, ensure_ascii=False, indent=2) + "\n",
        CONFIG: _config((root / CONFIG).read_text(encoding="utf-8"), facts),
    }


def _config(text: str, facts: dict[str, str]) -> str:
    for name, value in (("title", facts["title"]), ("author", facts["contributors"])):
        line = f"{name}: {json.dumps(value, ensure_ascii=False)}"
        text = re.sub(rf"^{name}:.*$", line.replace("\\", r"\\"), text, count=1, flags=re.MULTILINE)
    return text


# ---------------------------------------------------------------------------------------------- on the page


def _with_initials(name: dict[str, str], between: str, dot: str, apart: str) -> str:
    """Write a name with initials; that of a group stays whole."""
    initials = apart.join(f"{part[0]}{dot}" for part in name.get("given", "").split())
    parts = (name.get("family", ""), initials, name.get("suffix", ""), name.get("literal", ""))
    return between.join(filter(None, parts))


def _ended(title: str) -> str:
    """End a title with a full stop, unless it ends as a question."""
    return title if title.endswith("?") else f"{title}."


def vancouver(item: Item, facts: dict[str, str]) -> str:
    """Write a citation in the style of the National Library of Medicine, without the day of reading."""
    names = [_with_initials(name, " ", "", "") for name in item["author"]]
    inside = f"{_ended(item['title'])} In: {item['container-title']}" if "container-title" in item else item["title"]
    year = item["issued"]["date-parts"][0][0]
    text = f"{', '.join(names)}. {inside} [Internet]. {item['edition']}. {year} "
    text += f"[evidence read to {facts['evidence_searched_to']}]."
    text += f" Available from: {item['URL']}" if "URL" in item else ""
    return text + (f" doi: {item['DOI']}" if "DOI" in item else "")


def apa(item: Item, facts: dict[str, str]) -> str:
    """Write a citation in the style of the American Psychological Association."""
    names = [_with_initials(name, ", ", ".", " ") for name in item["author"]]

    def sentence(title: str) -> str:
        return re.sub(r"(: )(\w)", lambda match: match[1] + match[2].upper(), title)

    title, within = sentence(item["title"]), sentence(item.get("container-title", ""))
    about = f"({item['edition']}; evidence read to {facts['evidence_searched_to']})"
    year = item["issued"]["date-parts"][0][0]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, & {names[-1]}"
    text = f"{listed.rstrip('.')}. ({year}). " + (
        f"{_ended(title)} In {within} {about}." if within else f"{title} {about}."
    )
    where = register_address("doi", item["DOI"]) if "DOI" in item else item.get("URL", "")
    return f"{text} {where}".strip()


def tags(item: Item) -> list[tuple[str, str]]:
    """Write the tags of a page's head: those of Highwire, Dublin Core, and what Zotero takes from others.

    A name without a comma ends with one: reference managers would take its last word for a family name.
    """
    chapter = item["type"] == "chapter"
    names = [f"{n['family']}, {n['given']}" if "family" in n else f"{n['literal']}," for n in item["author"]]
    year, month, day = _day(item)
    named = [
        ("citation_title", item["title"]),
        *(("citation_author", name) for name in names),
        ("citation_publication_date", f"{year}/{month}/{day}"),
        ("citation_date", f"{year}-{month}-{day}"),  # of the two, Zotero takes this
        ("citation_inbook_title", item.get("container-title", "")),
        ("citation_book_title", item.get("container-title", "")),
        ("citation_publisher", item["publisher"]),
        ("citation_language", item["language"]),
        ("citation_doi", item.get("DOI", "")),
        ("citation_public_url", item.get("URL", "")),
        ("citation_abstract", item.get("abstract", "")),
        ("DC.title", item["title"]),
        *(("DC.creator", name) for name in names),
        ("DC.date", f"{year}-{month}-{day}"),
        ("DC.publisher", item["publisher"]),
        ("DC.language", item["language"]),
        ("DC.rights", load().facts["licence"]),
        ("DC.type", "bookChapter" if chapter else "book"),
        ("DC.identifier", f"doi:{item['DOI']}" if "DOI" in item else item.get("URL", "")),
        ("prism.edition", item["edition"]),  # the only way for an edition into Zotero
        ("bibo.type", "BookSection" if chapter else "Book"),  # goes before og:type there
    ]
    return [(name, text) for name, text in named if text]


def organisations(names: list[dict[str, str]]) -> list[Item]:
    """Write names in the terms of schema.org."""
    return [
        {"@type": "Person", "familyName": n["family"], "givenName": n["given"]}
        if "family" in n
        else {"@type": "Organization", "name": n["literal"]}
        for n in names
    ]


def linked_data(item: Item, facts: dict[str, str], page: str, sources: Iterable[Source] = ()) -> Item:
    """Describe a chapter, or the whole review, in the terms of schema.org.

    Parameters
    ----------
    item : dict
        The record of the page.
    facts : dict of str to str
        The facts of the review.
    page : str
        Path of the page from the root of the site.
    sources : iterable of Source
        What the page cites.

    Returns
    -------
    dict
        JSON-LD.
    """
    chapter = item["type"] == "chapter"
    authors = organisations(item["author"])
    book = {"@type": "Book", "name": facts["title"], "url": address(facts, "index.html")}
    cited = [identifier for source in sources if (identifier := identifier_of(source))]
    described: Item = {
        "@context": "https://schema.org",
        "@type": "MedicalScholarlyArticle" if chapter else "Book",
        "headline" if chapter else "name": item["title"],
        "abstract": item.get("abstract"),
        "author": authors,
        "publisher": authors[0],
        "datePublished": facts["evidence_searched_to"],
        "version": facts["version"],
        "inLanguage": item["language"],
        "license": facts["licence_url"],
        "isAccessibleForFree": True,
        "publicationType": "Review" if chapter else None,  # a type of MeSH; the search was no systematic one
        "about": {"@type": "Thing", "name": facts["title"].partition(":")[0]},
        "keywords": None if chapter else split(facts["keywords"]),
        "isPartOf": {key: value for key, value in book.items() if value} if chapter else None,
        "url": address(facts, page),
        "sameAs": register_address("doi", facts["doi"]) if facts["doi"] and not chapter else "",
        "accessibilityFeature": ["alternativeText", "longDescription", "structuralNavigation", "tableOfContents"],
        "accessibilityHazard": "none",
        "citation": cited,
    }
    return {key: value for key, value in described.items() if value}


def identifier_of(source: Source) -> str:
    """Address of a source by its number in a register; empty where it has none."""
    return next(iter(source.registered), "")


def script_text(data: Any) -> str:
    """JSON as it may stand within a script element: nothing in it can close the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def box(item: Item, facts: dict[str, str], up: str) -> str:
    """Write the box 'cite this chapter'.

    Parameters
    ----------
    item : dict
        The record of the page.
    facts : dict of str to str
        The facts of the review, with ``commit`` and ``data_hash``.
    up : str
        The way from the page to the root of the site.

    Returns
    -------
    str
        HTML.
    """
    name = item["id"].rpartition("_")[2]
    lines = [f"Version {facts['version']}", f"Evidence read to {facts['evidence_searched_to']}"]
    lines += [f"Commit <code>{facts['commit']}</code>"] if facts["commit"] else []
    lines += [
        f"Data hash <code>{facts['data_hash']}</code> (SHA-256 of "
        f'<a href="{up}{DATA_FOLDER}/{DESCRIPTION}" download>the description of the data</a>, '
        "which has that of every table)"
    ]
    permanent = item.get("URL") or (register_address("doi", item["DOI"]) if "DOI" in item else "")
    if permanent:
        lines.append(f'Permanent link <a href="{html.escape(permanent)}">{html.escape(permanent)}</a>')
    files = [f'<a href="{up}{FOLDER}/{name}.{suffix}" download>{form}</a>' for suffix, form in FORMS.items()]
    return (
        '<div class="lr-cite">\n'
        f'<p><strong>Vancouver</strong></p>\n<p class="lr-copy">{html.escape(vancouver(item, facts))}</p>\n'
        f'<p><strong>APA</strong></p>\n<p class="lr-copy">{html.escape(apa(item, facts))}</p>\n'
        "<ul>\n" + "\n".join(f"<li>{line}</li>" for line in lines) + "\n</ul>\n"
        f'<p class="lr-download">For a reference manager: {", ".join(files)}</p>\n</div>'
    )


class CiteChapter(SphinxDirective):
    """``{cite-chapter}``: how to cite this page; on the first page, the whole review."""

    def run(self) -> list[nodes.Node]:
        """Write the box, and mark the page for its tags and its downloads."""
        self.env.note_reread()  # the commit may change while the page does not
        title = self.state.document.next_node(nodes.title)
        name = title.astext() if title else self.env.docname
        self.env.metadata[self.env.docname]["cite"] = name
        facts = page_facts(Path(self.env.srcdir))
        item = of_review(facts, f"{self.env.docname}.html", name)
        return [nodes.raw("", box(item, facts, "../" * self.env.docname.count("/")), format="html")]


@functools.cache
def page_facts(root: Path) -> dict[str, str]:
    """Facts of the review, with the commit that the book is built from and the hash of its data."""
    return {**load().facts, "commit": commit(root), "data_hash": data_hash(DATA)}


def answer(document: nodes.document | None) -> str:
    """Text of the card at the top of a chapter, which is its abstract."""
    card = _card(document)
    return " ".join(card.astext().split()) if card is not None else ""


def _card(document: nodes.document | None) -> nodes.Element | None:
    cards = document.findall(nodes.Element) if document else ()
    return next((node for node in cards if "bottom-line" in node.get("classes", ())), None)


def paragraphs(document: nodes.document, *, full: bool = False) -> list[str]:
    """Paragraphs of that card, with or without the full forms of abbreviations that a page puts in brackets."""
    card = _card(document)
    found = [] if card is None else card.findall(nodes.paragraph)
    return [" ".join(text.astext().split()) if full else _without_full(text) for text in found]


def _without_full(paragraph: nodes.paragraph) -> str:
    full = [node for node in paragraph.findall(nodes.inline) if "lr-full" in node["classes"]]
    texts = {id(text) for node in full for text in node.findall(nodes.Text)}
    return " ".join("".join(text for text in paragraph.findall(nodes.Text) if id(text) not in texts).split())


def fill(app: Sphinx, page: str, _template: str, context: dict[str, Any], document: nodes.document | None) -> None:
    """Hand the template the tags of a page that can be cited, and write its downloads."""
    facts, path = load().facts, f"{page}.html"
    context["canonical"] = address(facts, path)
    if not (title := app.env.metadata.get(page, {}).get("cite")):
        return
    item = of_review(facts, path, title, answer(document))
    write(Path(app.outdir) / FOLDER, item["id"].rpartition("_")[2], [item])
    context["citation_tags"] = tags(item)
    context["linked_data"] = script_text(linked_data(item, facts, path, _cited(Path(app.env.doc2path(page)))))


def _cited(page: Path) -> list[Source]:
    """Sources that a chapter links, as its list of sources does, in the order of their keys."""
    keys = outputs(page).used if page.suffix == ".ipynb" else ()
    return [source for key, source in sorted(load().sources.items()) if key in keys]


def write_sources(app: Sphinx, error: Exception | None) -> None:
    """Write the downloads of the bibliography: whole, and one source a file."""
    if error is None and app.builder.format == "html":
        folder = Path(app.outdir) / FOLDER
        items = [of_source(source) for source in load().sources.values()]
        write(folder, "sources", items)
        for item in items:
            write(folder / "sources", posixpath.basename(item["id"]), [item], ("bib", "ris"))
