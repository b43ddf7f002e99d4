"""Whether every file beside the built pages holds what the data and the notebooks give.

The data are compared byte by byte. What machines read (the feed, the status, citations, the index of the search) is
read back into its fields, and each field is compared with the data; a figure with the stored drawing and its table, its
picture with the drawing. Nothing of the code that writes these files is used.
"""

from __future__ import annotations

import csv
import io
import json
import posixpath
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lxml import etree, html
from pypdf import PdfReader

from livingreview.audit import number_cards, numbers_file, packed, printed
from livingreview.audit.expected import Expected
from livingreview.evidence import NUMBERS, Author, Evidence, Source, split
from livingreview.evidence.identifiers import address
from livingreview.evidence.ledger import ledger
from livingreview.evidence.sources import ET_AL, parse, split_names
from livingreview.evidence.sources import OTHERS as OTHER_NAMES
from livingreview.history import versions
from livingreview.notebooks.comparing import apart
from livingreview.notebooks.files import Problem
from livingreview.notebooks.outputs import DrawnFigure, clean
from livingreview.publish import searched
from livingreview.publish.figures import pictures

#: What the site may hold beside pages, data, citations and figures: scripts, the labels of the pages, previews.
OTHERS = re.compile(r"objects\.inv|numbers\.schema\.json|\.nojekyll|previews/.+\.png|_static/(?!search\.js$).+")
SEARCH = "_static/search.js"

_REBUILD = "The file is not what the data give: build the site again with 'make book'."
_ATOM = "{http://www.w3.org/2005/Atom}"
_ENTRIES = re.compile(r"const ENTRIES = (\[.*\]);\n\Z")
_MARKUP = re.compile(r"[{}\\\s]")
_WORD = re.compile(r"[^\s:]+")
#: Heads of the columns of numbers in the table of a figure.
_NUMBERS = re.compile(r"(?i)(?:^|: )(?:estimate|low|high)$")
_NUMERAL = re.compile(r"-?\d*\.?\d+")
_PRINTED = re.compile(r"(\S+)(?: more per \d+)?(?: \((\S+) to (\S+)\))?")
_SERIES = re.compile(r"var\(--lr-series-\d,(#[0-9a-f]{6})\)")
_RIS = re.compile(r"([A-Z][A-Z0-9])  - (.*?)\s*")
_RIS_FIELDS = {"TI": "title", "T2": "container", "ET": "edition", "PB": "publisher", "PY": "year", "VL": "volume"}
_RIS_FIELDS |= {"IS": "number", "DO": "doi", "UR": "url", "AB": "abstract", "N1": "note", "LA": "language", "ID": "key"}
_CSL_FIELDS = {"title": "title", "container-title": "container", "edition": "edition", "publisher": "publisher"}
_CSL_FIELDS |= {"volume": "volume", "issue": "number", "page": "pages", "DOI": "doi", "URL": "url", "note": "note"}
_CSL_FIELDS |= {"abstract": "abstract", "language": "language", "id": "key", "PMID": "pmid", "PMCID": "pmcid"}
_CSL_FIELDS["type"] = "type"
_RIS_TYPES = {"CHAP": "chapter", "BOOK": "book", "JOUR": "article-journal", "ELEC": "webpage", "GEN": "document"}
_BIBTEX_TYPES = {"incollection": "chapter", "book": "book", "article": "article-journal"}

_BIBTEX_FIELDS = dict.fromkeys(("journal", "booktitle", "howpublished"), "container") | {"copyright": "licence"}
#: What a spreadsheet would run, had it no apostrophe before it.
_FORMULA = tuple("=+-@|%\t\r\n \N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}")
#: Papers of a handout, and their sizes in points.
_PAPERS = {"a4": (595, 842), "letter": (612, 792)}
#: Parts of a CSL item that are compared in another shape.
_APART = ("author", "issued")

Record = dict[str, Any]
Facts = Mapping[str, str]


def problems(site: Path, expected: Expected) -> tuple[int, list[Problem]]:
    """Check every file of a built site that is no page.

    Parameters
    ----------
    site : Path
        Folder of the built site.
    expected : Expected
        What the data and the notebooks give.

    Returns
    -------
    tuple of int and list of Problem
        How many files were checked, and what is wrong with them.
    """
    paths = sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    files = [name for name in paths if not name.endswith(".html") and not OTHERS.fullmatch(name)]
    faults = [problem for name in files for problem in of_file(site, name, expected)]
    if any(name.startswith("data/") for name in files):
        needed = {packed.DESCRIPTION, *packed.files(expected.root)}
        missing = sorted(needed - {posixpath.basename(name) for name in files})
        faults += [Problem(f"data/{name}", "be there", "no such file", _REBUILD) for name in missing]
    need = "The page needs it: build the site again with 'make book'."
    faults += [Problem(name, "be there", "no such file", need) for name in number_cards.missing(site, expected)]
    faults += [Problem(name, "be there", "no such file", need) for name in _missing_pdfs(site)]
    return len(files), faults


def _missing_pdfs(site: Path) -> list[str]:
    """PDFs that pages name and that are not there; they are printed last, from pages that are bound."""
    return sorted(set(printed.missing(site))) if (site / printed.FOLDER).is_dir() else []


def of_pdfs(site: Path, root: Path) -> tuple[int, list[Problem]]:
    """Check the PDFs of a built site whose pages are bound.

    Parameters
    ----------
    site : Path
        Folder of the built site.
    root : Path
        Root of the project.

    Returns
    -------
    tuple of int and list of Problem
        How many were checked, and what is wrong with them.
    """
    expected, names = Expected(root), sorted(f"{printed.FOLDER}/{path.name}" for path in site.glob("pdf/*"))
    faults = [problem for name in names for problem in of_file(site, name, expected)]
    return len(names), faults + [Problem(name, "be there", "no such file", _REBUILD) for name in _missing_pdfs(site)]


def of_file(site: Path, name: str, expected: Expected) -> list[Problem]:
    """Check one file by the folder that it is in; a file that cannot be read is a fault.

    Parameters
    ----------
    site : Path
        Folder of the built site.
    name : str
        Path of the file from there.
    expected : Expected
        What the data and the notebooks give.
    """
    folder = name.partition("/")[0]
    checks: dict[str, Callable[[Path, str, Expected], Iterator[tuple[str, str]]]] = {
        "data": _of_data,
        "cite": _of_citation,
        "figures": _of_figure,
        "handouts": _of_handout,
        printed.FOLDER: _of_pdf,
        "status.json": _of_status,
        "feed.xml": _of_feed,
        "_static": _of_search,
        "rows": _of_rows,
        number_cards.FOLDER: _of_cards,
        numbers_file.FILE: _of_numbers,
        "numbers": _of_image,
        "notebooks": _of_notebook,
        "sitemap.xml": _of_sitemap,
        "robots.txt": _of_robots,
    }
    if folder not in checks:
        return [Problem(name, "be a file that the data or the notebooks give", "another one", "Remove it.")]
    try:
        pairs = list(checks[folder](site, name, expected))
    except (ValueError, LookupError, TypeError, AttributeError, etree.XMLSyntaxError) as error:
        pairs = [("be readable", " ".join(str(error).split()) or type(error).__name__)]
    return [Problem(name, requirement, actual, _REBUILD) for requirement, actual in pairs]


def _unlike(subject: str, actual: Any, expected: Any) -> Iterator[tuple[str, str]]:
    if actual != expected:
        stored, built = apart(json.dumps(expected, ensure_ascii=False), json.dumps(actual, ensure_ascii=False))
        yield f"say of {subject} {stored}", built


def _of_rows(site: Path, name: str, _expected: Expected) -> Iterator[tuple[str, str]]:
    """Compare the list of rows of a divided chapter with the rows that its pages show; `bind` traces these."""
    text = (site / name).read_text(encoding="utf-8")
    listed = json.loads(text.removeprefix("const ROWS = ").rstrip().removesuffix(";"))
    pages = (site / "chapters").glob(f"{Path(name).stem}-*.html")
    shown = {page.stem: ids for page in pages if (ids := html.parse(str(page)).xpath("//li/@id"))}
    yield from _unlike("its rows", {page: ids.split(" ") for page, ids in listed.items()}, shown)


def _of_cards(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    """Compare what opens at each number of a page with what its link leads to."""
    for what, found, wanted in number_cards.unlike(site, name, expected):
        yield from _unlike(what, found, wanted)


def _of_numbers(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    """Compare the file of all numbers with what chapters publish."""
    for what, found, wanted in numbers_file.unlike(site / name, expected):
        yield from _unlike(what, found, wanted)


def _of_image(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    """Compare the image of a number with what the data say of it."""
    stored = {number_cards.image_of(entry.number): entry.number for entry in expected.numbers.values()}
    root = etree.fromstring((site / name).read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
    said = "".join("".join(str(text) for text in root.itertext()).split())
    number = stored[name]
    place = f"../{expected.numbers_page(number.chapter)}#{number.key.replace('_', '-')}"
    yield from _unlike("where it leads", [link.get("href") for link in root.iter("{*}a")], [place])
    yield from _unlike("its number", said, number_cards.texts_of_image(number, expected))


def _of_notebook(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    chapter = expected.root / "chapters" / posixpath.basename(name)
    if (site / name).read_bytes() != packed.held(chapter):
        yield "be the chapter as it is", "other bytes"


def _of_sitemap(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    """Compare the list of pages with those that are there; a page that nothing leads to is not listed."""
    address_of_site = expected.evidence.facts["site_url"].rstrip("/")
    root = etree.fromstring((site / name).read_bytes())
    listed = [str(element.text) for element in root.iter("{*}loc")]
    paths = {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"404.html", "search.html"}
    pages = sorted(f"{address_of_site}/{'' if path == 'index.html' else path}" for path in paths)
    yield from _unlike("which pages there are", sorted(listed), pages if address_of_site else [])


def _of_robots(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    address_of_site = expected.evidence.facts["site_url"].rstrip("/")
    wanted = f"User-agent: *\nAllow: /\nSitemap: {address_of_site}/sitemap.xml\n"
    yield from _unlike("robots", (site / name).read_text(encoding="utf-8"), wanted)


# ------------------------------------------------------------------------------------------------------------ data


def _of_data(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    path = packed.files(expected.root).get(posixpath.basename(name))
    if name.endswith(".zip"):
        for member, requirement, actual in packed.unlike(site / name, expected):
            yield f"hold {member}, which must {requirement}", actual
    elif name == f"data/{packed.DESCRIPTION}":
        built = json.loads((site / name).read_bytes())
        for key, value in packed.description(expected).items():
            yield from _unlike(key, built.pop(key, None), value)
        yield from _unlike("anything else", built, {})
    elif path is None:
        yield "be a file of the data", "no such file"
    elif (site / name).read_bytes() != packed.held(path):
        yield f"hold {path.relative_to(expected.root).as_posix()} as it is", "other bytes"


# ------------------------------------------------------------------------------------------------- status and feed


def _of_status(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    book, facts = expected.evidence, expected.evidence.facts
    status: Record = {fact: facts[fact] for fact in ("title", "version", "evidence_searched_to", "next_search_due")}
    status |= {"dormant_from": facts["dormant_from"], "feed": "feed.xml"}
    status["status"] = [{"status": word, "from": day} for word, day in searched.spells(book)]
    status |= _of_ledger(book)
    status["notices"] = [
        {"source": row["source_key"], "kind": row["kind"], "date": row["date"] or None, "where": row["where"]}
        for _, row in book.notices.iterrows()
    ]
    status["versions"] = [{"version": version.name, "date": version.date} for version in versions.stored(expected.root)]
    built = json.loads((site / name).read_text(encoding="utf-8"))
    for key in {**status, **built}:
        yield from _unlike(key, built.get(key), status.get(key))


def _of_ledger(book: Evidence) -> Record:
    """What the status says of the searches, and of records that were included and are not used yet."""
    kept, searches = ledger(book), []
    for i, row in book.searches.iterrows():
        days = (run["day"] for run in book.rows("runs") if (run["search_id"], run["complete"]) == (i, "yes"))
        returned = [record["record_id"] for record in book.rows("records") if record["search_id"] == i]
        told = {"source": row["source"], "last_search": row["last_search"] or None, "next_due": row["next_due"]}
        told |= {"last_complete_run": max(days, default=None), "records": len(returned)}
        runs = sorted((run["day"], run["missing"]) for run in book.rows("runs") if run["search_id"] == i)
        told["missing"] = (runs[-1][1] or None) if runs else None
        searches.append({**told, "open": sum(kept.state(record) == "open" for record in returned)})
    waiting = [asdict(one) for one in searched.waiting(book)]
    return {"searches": searches, "searched": searched.status(book), "waiting": waiting}


def _of_feed(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    facts, entries = expected.evidence.facts, [_status(expected), *_versions(expected), *_notices(expected)]
    entries.sort(key=lambda entry: entry[2], reverse=True)
    newest = max([entry[2] for entry in entries] or [facts["evidence_searched_to"]])
    namespace = uuid.uuid5(uuid.NAMESPACE_OID, str(expected.evidence.package["name"]))

    def urn(about: str) -> str:
        return uuid.uuid5(namespace, about).urn

    expected_texts = [("id", urn("feed")), ("title", f"{facts['title']}: versions and material changes")]
    expected_texts += [("updated", f"{newest}T00:00:00Z"), ("name", facts["contributors"])]
    expected_texts += [("rights", f"Text, figures and data: {facts['licence']}")]
    for about, title, day, content in entries:
        expected_texts += [("id", urn(about)), ("title", title), ("updated", f"{day}T00:00:00Z"), ("content", content)]
    root = etree.fromstring((site / name).read_bytes())
    texts = [
        (str(element.tag).removeprefix(_ATOM), element.text or "")
        for element in root.iter(etree.Element)
        if not len(element)
    ]
    built = [pair for pair in texts if pair[0] != "link"]
    for pair, text in zip(built, expected_texts, strict=False):
        yield from _unlike(text[0], list(pair), list(text))
    yield from _unlike("the number of its texts", len(built), len(expected_texts))
    marks = {
        (str(element.tag).removeprefix(_ATOM), *element.items())
        for element in root.iter(etree.Element)
        if element.attrib
    }
    yield from (
        _unlike("its attributes", sorted(mark for mark in marks if mark[0] != "link"), [("content", ("type", "text"))])
        if entries
        else ()
    )
    stray = [element.tail.strip() for element in root.iter(etree.Element) if element.tail and element.tail.strip()]
    yield from _unlike("anything else", stray, [])
    site_url = facts["site_url"].rstrip("/")
    for link in root.iter(f"{_ATOM}link"):
        if link.get("href") not in {f"{site_url}/{path}" for path in ("feed.xml", *_PAGES_OF_FEED)} or not site_url:
            yield "lead to a page of versions or notices", str(link.get("href"))


_PAGES_OF_FEED = ("chapters/changes.html", "chapters/notices.html", "chapters/methods.html")
_Entry = tuple[str, str, str, str]
#: The tables of which a new row changes the status.
_LEDGER = ("runs", "screenings")


def _status(expected: Expected) -> _Entry:
    book = expected.evidence
    days = [book.facts["evidence_searched_to"], *(row["day"] for name in _LEDGER for row in book.rows(name))]
    return "status", "Status of the searches", max(days), searched.in_words(book)


def _versions(expected: Expected) -> Iterator[_Entry]:
    """What names each version, each of its material changes and each cause of it, and what the feed says of them."""
    stored, book = versions.stored(expected.root), expected.evidence
    for new, old in zip(stored, [*stored[1:], None], strict=True) if stored else ():
        part = versions.PARTS[new.part]
        about = f"{part[0].upper()}{part[1:].lower()}. Evidence read to {new.searched_to}."
        yield f"version/{new.name}", f"Version {new.name}", new.date, about
        for number, (description, why) in enumerate(new.material, 1):
            title = f"Material change in version {new.name}: {description}"
            yield f"version/{new.name}/material/{number}", title, new.date, f"{description} {why}."
        for i, cause in book.causes[book.causes["version"] == new.name].iterrows():
            moved = [change for change in versions.changes(new, old) if i in change.causes] if old else []
            numbers = "; ".join(f"{change.label}: {change.old or 'new'} -> {change.new or 'gone'}" for change in moved)
            content = f"{cause['what']} For whom it matters: {cause['for_whom']}. "
            title = f"{_words(cause['kind'])} in version {new.name}"
            content += f"{numbers}." if numbers else "No published number changed."
            yield f"cause/{i}", title, new.date, content


def _notices(expected: Expected) -> Iterator[_Entry]:
    for _, row in expected.evidence.notices.iterrows():
        source, when = expected.evidence.sources[row["source_key"]], f" of {row['date']}" if row["date"] else ""
        content = f"{source.title} ({source.name}). The notice{when}: {row['where']}. What rests on it is marked."
        name = f"notice/{row['source_key']}/{row['kind']}/{row['where']}"
        yield name, f"{_words(row['kind'])}: {source.name}", row["recorded"], content


def _words(kind: object) -> str:
    return str(kind).replace("_", " ").capitalize()


# ------------------------------------------------------------------------------------------------------- citations


def _of_citation(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    """Compare each record of a file with the source, or with the page, that it is of."""
    path, sources = site / name, expected.evidence.sources
    if name.startswith("cite/sources/"):
        records = [_of_source(sources[path.stem])]
    elif path.stem == "sources":
        records = [_of_source(source) for source in sources.values()]
    else:
        records = [_of_page(site, path.stem, expected)]
    read = {".ris": _ris, ".json": _csl, ".bib": _bibtex}[path.suffix]
    built = {record["key"]: record for record in read(path)}
    keys = [record["key"] for record in records]
    yield from _unlike("which records it holds", sorted(built), sorted(keys))
    for record in records:
        actual = built.get(record["key"], {})
        if path.suffix == ".bib" and "edition" in record:
            record["licence"] = expected.evidence.facts["licence"]
        if path.suffix == ".bib" and record["type"] not in _BIBTEX_TYPES.values():
            record["type"] = "misc"
        fields = {field: _bare(value) for field, value in record.items() if field not in _without(path.suffix)}
        for field in {**fields, **actual}:
            yield from _unlike(f"{field} of {record['key']}", _bare(actual.get(field)), fields.get(field, ""))


def _without(suffix: str) -> set[str]:
    """The fields that a form has no room for."""
    numbers = {"pmid", "pmcid"}
    return {".ris": numbers | {"pages"}, ".json": {"first", "last"}, ".bib": numbers | {"first", "last"}}[suffix]


def _bare(value: Any) -> str:
    """A field without the marks of its form."""
    text = "|".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
    return _MARKUP.sub("", clean(text)).replace("--", "-")


def _author(author: Author) -> str:
    return "".join((author.family, author.given, author.suffix))


def _of_source(source: Source) -> Record:
    numbers = [f"PMID {source.pmid}" if source.pmid else "", source.pmcid, source.nct]
    note = "; ".join(filter(None, [*numbers, source.mark.capitalize(), source.note]))
    first, _, last = source.pages.partition("-")
    same = ("key", "container", "volume", "number", "pages", "doi", "pmid", "pmcid")
    record = {name: getattr(source, name) for name in same} | {"title": source.cited_title}
    record |= {"year": source.year if source.year.isdigit() else "", "first": first, "last": last, "note": note}
    record["url"] = address("nct", source.nct) if source.nct else source.url
    record["authors"] = [*map(_author, source.authors), *([ET_AL] if source.et_al else [])]
    journal = source.type == "article" or bool(source.volume)
    record["type"] = "article-journal" if journal else "webpage" if record["url"] else "document"
    return record


def _of_page(site: Path, stem: str, expected: Expected) -> Record:
    """The record of a chapter, or of the whole review, with the title and the card of its built page."""
    facts = expected.evidence.facts
    whole = stem == "review"
    page = "index.html" if whole else f"chapters/{stem}.html"
    tree = html.document_fromstring((site / page).read_text(encoding="utf-8"))
    cards = [div for div in tree.iter("div") if "bottom-line" in str(div.get("class", "")).split()]
    url = expected.version_address
    day, place = facts["evidence_searched_to"], "" if whole else page
    part_of = f" Part of a review with the DOI {facts['doi']}." if facts["doi"] and not whole else ""
    return {
        "key": f"{facts['intervention'].replace(' ', '_')}_{facts['version']}_{stem}",
        "type": "book" if whole else "chapter",
        "title": facts["title"] if whole else tree.findtext(".//main//h1") or "",
        "container": "" if whole else facts["title"],
        "authors": [_author(Author.read(name)) for name in split(facts["contributors"])],
        "edition": f"Version {facts['version']}",
        "publisher": facts["contributors"],
        "year": day[:4],
        "date": day,
        "language": "en",
        "abstract": facts["summary"] if whole else cards[0].text_content() if cards else "",
        "url": url and f"{url}{place}",
        "doi": facts["doi"] if whole else "",
        "note": f"Evidence read to {day}.{part_of} License: {facts['licence']}.",
    }


def _ris(path: Path) -> Iterator[Record]:
    record: Record = {"authors": []}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = _RIS.fullmatch(line)
        if match is None:
            raise ValueError(f"a line without a tag: {line}")
        tag, value = match.groups()
        if tag == "ER":
            yield record
            record = {"authors": []}
        elif tag == "AU":
            record["authors"].append(value.replace(", ", ""))
        elif tag in ("SP", "EP", "DA"):
            record[{"SP": "first", "EP": "last", "DA": "date"}[tag]] = value.replace("/", "-")
        elif tag == "TY":
            record["type"] = _RIS_TYPES[value]
        else:
            record[_RIS_FIELDS[tag]] = value


def _csl(path: Path) -> Iterator[Record]:
    for item in json.loads(path.read_text(encoding="utf-8")):
        record: Record = {_CSL_FIELDS.get(name, name): value for name, value in item.items() if name not in _APART}
        parts = item.get("issued", {}).get("date-parts", [[]])[0]
        names = ("family", "given", "suffix", "literal")
        record["authors"] = ["".join(author.get(name, "") for name in names) for author in item.get("author", [])]
        record |= {"year": f"{parts[0]}" if parts else "", "date": "-".join(f"{n:02}" for n in parts if parts[1:])}
        yield record


def _bibtex(path: Path) -> Iterator[Record]:
    entries, errors = parse(path.read_text(encoding="utf-8"))
    if errors:
        raise ValueError(str(errors[0]))
    for key, entry in entries.items():
        fields = {_BIBTEX_FIELDS.get(name.lower(), name.lower()): value for name, value in entry.fields.items()}
        names = split_names(fields.pop("author", ""))
        authors = [ET_AL if name == OTHER_NAMES else _author(Author.read(name)) for name in names]
        yield {**fields, "key": key, "authors": authors, "type": _BIBTEX_TYPES.get(entry.type, entry.type)}


# --------------------------------------------------------------------------------------------------------- figures


def _of_figure(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    """Compare the files of a figure with the stored one: its drawing, its table, and the picture of the drawing."""
    path = site / name
    stored = {figure.name: figure for figure in expected.stored[path.parent.name].figures}
    figure = stored[path.stem.removesuffix(".slide")]
    if path.name.endswith(".slide.svg"):
        yield from _of_slide(path, figure, _page_of(site, path))
    elif path.suffix == ".svg":
        yield from _of_drawing(path, figure, expected.evidence.facts)
    elif path.suffix == ".png":
        drawing = path.with_suffix(".svg").read_text(encoding="utf-8")
        if path.read_bytes() != pictures.kept(drawing, site.parent / pictures.FOLDER):
            yield "be the picture of the drawing beside it", "another picture"
    elif path.suffix == ".csv":
        yield from _of_table(path, figure, _page_of(site, path))
    else:
        yield "be a form in which a figure is offered", path.suffix


def _page_of(site: Path, path: Path) -> str:
    """All that stands on the page of a figure, as words with a blank between them."""
    tree = html.document_fromstring((site / f"chapters/{path.parent.name}.html").read_text(encoding="utf-8"))
    return f" {clean(' '.join(tree.itertext()))} "


def _words_of(text: str) -> set[str]:
    """Words without what stands before and after them."""
    return {word.strip(".,;()•") for word in _WORD.findall(clean(text))} - {""}


def _of_table(path: Path, figure: DrawnFigure, page: str) -> Iterator[tuple[str, str]]:
    """Compare each cell with the stored table, the numbers with the text they were taken from."""
    tree = html.fragment_fromstring(figure.html, create_parent="div")
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    texts = [[" ".join(str(cell.text_content()).split()) for cell in row] for row in tree.iterfind(".//table//tr")]
    yield from _unlike("the number of rows", len(rows), len(texts))
    for number, (row, stored) in enumerate(zip(rows, texts, strict=False), 1):
        built = [cell.removeprefix("'") if cell[1:2] in _FORMULA else cell for cell in row[:-1]]
        wanted: list[str] = []
        for text in (text.replace("−", "-") for text in stored):
            wanted.append(text)
            if _NUMBERS.search(rows[0][len(wanted)]):
                wanted += _heads(text) if number == 1 else _parts(text)
        yield from _unlike(f"row {number}", built, wanted)
        is_cited = row[-1] == "Cite as" if number == 1 else _bare(row[-1]) in _bare(page)
        yield from _unlike(f"the citation of row {number}", is_cited, True)


def _heads(text: str) -> list[str]:
    """The heads of the columns of numbers that are taken from a column."""
    return ["Estimate", "Low", "High"] if text == "Value" else [f"{text}: {n}" for n in ("estimate", "low", "high")]


def _parts(text: str) -> list[str]:
    """The estimate and the limits of its interval, as numbers; blank where a text is none."""
    match = _PRINTED.fullmatch(text)
    parts = [(part or "").rstrip("%").replace(",", "") for part in match.groups()] if match else []
    return parts if all(_NUMERAL.fullmatch(part) for part in filter(None, parts)) and parts else ["", "", ""]


def _of_slide(path: Path, figure: DrawnFigure, page: str) -> Iterator[tuple[str, str]]:
    """Compare each part of a slide with the stored drawing, and its words with those of the page."""
    root = etree.fromstring(path.read_bytes())
    plain = _SERIES.sub(r"\1", figure.svg).replace("currentColor", "#000000")
    stored = [shape for shape in _shapes(plain) if shape[0] not in ("title", "desc")]
    parts = [child for child in root if etree.QName(child).localname == "svg"]
    yield from _unlike("its parts", bool(parts), True)
    for part in parts:
        for shape, expected in zip(_shapes(etree.tostring(part).decode()), stored, strict=True):
            yield from _unlike("a shape", shape, expected)
    lines = " ".join(child.text for child in root if etree.QName(child).localname == "text")
    missing = sorted(_words_of(lines) - _words_of(page))
    yield from _unlike("words that its page has not", missing, [])


def _of_drawing(path: Path, figure: DrawnFigure, facts: Facts) -> Iterator[tuple[str, str]]:
    """Compare the file of a drawing with the stored one: the file adds a white ground, and two lines below."""
    plain = _SERIES.sub(r"\1", figure.svg).replace("currentColor", "#000000")
    stored, built = (_shapes(text) for text in (plain, path.read_text(encoding="utf-8")))
    ground = [shape for shape in built if shape[0] == "rect"]
    link, *notes = built[-3:]
    shapes = [shape for shape in built[:-3] if shape[0] != "rect"]
    yield from _unlike("its ground", [shape[2].get("fill") for shape in ground], ["#ffffff"])
    title = f"{facts['title']}, version {facts['version']}"
    leads = {"href": f"../../chapters/{path.parent.name}.html", "target": "_blank"}
    yield from _unlike("where it leads", link, ("a", "", leads))
    lines = [title, f"{facts['contributors']}, {facts['licence']}"]
    yield from _unlike("its source", [note[1] for note in notes], lines)
    for shape, expected in zip(shapes, stored, strict=False):
        yield from _unlike("a shape", shape, expected)
    yield from _unlike("the number of shapes", len(shapes), len(stored))


def _shapes(svg: str) -> list[tuple[str, str, dict[str, str]]]:
    """What is drawn: tag, text and attributes of each element within the drawing."""
    root = etree.fromstring(svg.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    inner = [element for element in root.iter(etree.Element) if element is not root]
    stray = [(element.tail or "").strip() for element in inner] + [(root.text or "").strip()]
    shapes = [(etree.QName(element).localname, element.text or "", dict(element.attrib)) for element in inner]
    return [*(("text", text, {}) for text in stray if text), *shapes]


# -------------------------------------------------------------------------------------------------------- handouts


def _of_handout(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    """Compare a handout with the page of its chapter: its whole answer, and no word that the page has not."""
    chapter, _, paper = Path(name).stem.rpartition("-")
    sheets = PdfReader(site / name).pages
    text = clean(" ".join(sheet.extract_text() for sheet in sheets))
    tree = html.document_fromstring((site / f"chapters/{chapter}.html").read_text(encoding="utf-8"))
    size = [round(float(side)) for side in sheets[0].mediabox[2:]]
    yield from _unlike("its pages and their size", [len(sheets), *size], [1, *_PAPERS[paper]])
    card = tree.xpath('//*[contains(@class, "bottom-line")]//p')
    for part in (tree.xpath("//h1")[0], *card):
        shown = clean(str(part.text_content()))
        if _bare(shown) not in _bare(text):
            yield f"say {shown}", "not there"
    texts = str(tree.text_content()), *tree.itertext(), expected.evidence.facts["licence"], *_harms(site)
    missing = sorted(_words_of(text) - _words_of(" ".join(map(str, texts))))
    yield from _unlike("words that its page has not", missing, [])


def _of_pdf(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    """Compare a PDF with the page, or with the pages, that it is of."""
    for what, found, wanted in printed.unlike(site, name, expected.evidence):
        yield from _unlike(what, found, wanted)


def _harms(site: Path) -> list[str]:
    """What the first page of the review says about harms."""
    return [str(item.text_content()) for item in html.parse(str(site / "index.html")).xpath("//main//li")]


# ---------------------------------------------------------------------------------------------------------- search


def _of_search(site: Path, _name: str, expected: Expected) -> Iterator[tuple[str, str]]:
    """Compare what the search finds: rows with the evidence, sections with the built pages, which are bound."""
    code = (site / SEARCH).read_text(encoding="utf-8")
    match = _ENTRIES.search(code)
    if match is None:
        yield "end with its entries", repr(code[-40:])
        return
    expected_rows, pages, anchors = _rows(expected), dict[str, Any](), set[str]()
    for kind, title, where, place, text in json.loads(match[1]):
        page, _, anchor = place.partition("#")
        anchors.add(anchor)
        if kind not in ("Chapter", "Section", "Evidence"):
            row = expected_rows.pop((kind, anchor), None)
            yield from _unlike(f"{kind} {anchor}", [title, where, place, text], row)
        elif not (site / page).is_file():
            yield f"lead to a page of the site: {title}", place
        else:
            if page not in pages:
                pages[page] = html.document_fromstring((site / page).read_text(encoding="utf-8"))
            if anchor and pages[page].get_element_by_id(anchor, None) is None:
                yield f"lead to a place of the site: {title}", place
                continue
            check = _of_card if kind == "Evidence" else _of_section
            yield from check(pages[page], anchor, (title, where, text), place)
    yield from _unlike("rows that are not there", [], sorted(map(list, expected_rows)))
    pages.pop(f"chapters/{NUMBERS}.html", None)  # a published number is found where the text says it
    cards = {str(row) for tree in pages.values() for row in tree.xpath('//ul[@class="lr-rows"]/li/@id')}
    yield from _unlike("cards that are not there", [], sorted(cards - anchors))


def _of_card(tree: Any, anchor: str, fields: tuple[str, str, str], place: str) -> Iterator[tuple[str, str]]:
    """Compare a row with its card: what it is about, then all that stands before its id."""
    about, *facts, _ = tree.get_element_by_id(anchor)
    texts = [_bare(part.text_content()) for part in (about, *facts)]
    page = (tree.findtext(".//main//h1") or "").partition(": ")[0]
    built = [texts[0], "".join(texts[1:])]
    yield from _unlike(f"the row {place}", [_bare(fields[0]), _bare(fields[2])], built)
    yield from _unlike(f"the page of {place}", fields[1].partition(": ")[0], page)


def _of_section(tree: Any, anchor: str, fields: tuple[str, str, str], place: str) -> Iterator[tuple[str, str]]:
    title, where, text = fields
    section = tree.get_element_by_id(anchor) if anchor else next(tree.iter("main"))
    head = next(section.iter("h1", "h2", "h3", "h4", "h5", "h6"))
    yield from _unlike(f"the title of {place}", _bare(title), _bare(head.text_content()).removesuffix("#"))
    page = tree.findtext(".//main//h1") or next(tree.iter("h1")).text_content()
    yield from _unlike(f"the page of {place}", _bare(where), _bare(page).removesuffix("#") if anchor else "")
    texts = str(section.text_content()), " ".join(section.itertext())  # a word may end at a tag, or go on behind it
    held = {word for text_ in texts for word in _WORD.findall(clean(text_))}
    missing = [word for word in _WORD.findall(clean(text)) if word not in held]
    yield from _unlike(f"words of {place} that it has not", missing, [])


def _rows(expected: Expected) -> dict[tuple[str, str], list[str]]:
    """What the search must say of each row of the evidence, by its kind and id: title, section, address and text."""
    book, rows = expected.evidence, {}

    def add(kind: str, row: object, title: str, *texts: str) -> None:
        rows[kind, str(row)] = [title, "", expected.reported(str(row))[0], ". ".join(filter(None, map(str, texts)))]

    for row, study in book.studies.iterrows():
        title = study["acronym"] or study["name"]
        add("Trial", row, title, study["name"], study["population"], study["comparator"])
    for row, scale in book.instruments.drop_duplicates("instrument").iterrows():
        add("Scale", row, scale["instrument"], scale["full_name"])
    for row, term in book.glossary.iterrows():
        add("Term", row, term["term"], term["full"], term["meaning"])
    for key, source in book.sources.items():
        add("Source", key, source.short, source.title, "; ".join(source.names), source.container)
    return rows
