"""What the search box finds: every section of the text, and every row of the evidence.

An entry leads to the place itself, which the search of Sphinx does not do: it knows whole pages, and no numbers, so
that SF-36 cannot be asked for. The entries are a script, since a page that is opened as a file may fetch nothing.

Words that readers use and the book does not are in ``chapters/synonyms.csv``, each with words of the book.
"""

from __future__ import annotations

import csv
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging

from livingreview.evidence import NUMBERS, load
from livingreview.site import pages

if TYPE_CHECKING:
    from sphinx.application import Sphinx

Entry = tuple[str, str, str, str, str]  # kind, title, where it stands, address, text
logger = logging.getLogger(__name__)

SCRIPT = "search.js"
#: Words of readers, and the words of the book that are searched for as well; from the root of the book.
SYNONYMS = "chapters/synonyms.csv"
#: Kinds of entries; of two that fit alike the earlier kind is shown first.
KINDS = ("Trial", "Scale", "Term", "Chapter", "Section", "Source", "Evidence")

_CAPTION = re.compile(r'<(?:(?:fig)?caption|p class="lr-caption")>(.*?)</(?:(?:fig)?caption|p)>', re.DOTALL)
_CARD = re.compile(r'<li id="([^"]+)"><p class="lr-about">(.*?)</p>(.*?)<p class="lr-id">', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def sections(document: nodes.document, address: str) -> Iterator[Entry]:
    """List the sections of a page with their own text, without that of the sections within them.

    Parameters
    ----------
    document : docutils.nodes.document
        The page as it is written.
    address : str
        Address of the page from the root of the site.

    Yields
    ------
    Entry
    """
    page = ""
    for section in document.findall(nodes.section):
        title = section.next_node(nodes.title)
        if title is None:
            continue
        name = title.astext()
        is_page = isinstance(section.parent, nodes.document)
        page = name if is_page else page
        text = " ".join(_texts(section))
        place = address if is_page else f"{address}#{section['ids'][0]}"
        yield "Chapter" if is_page else "Section", name, "" if is_page else page, place, text


def cards(document: nodes.document, address: str) -> Iterator[Entry]:
    """List the rows of the evidence that a page shows as cards, each with its own address: that page, or a part of it.

    A published number has a card, too; it is found where the text says it.

    Parameters
    ----------
    document : docutils.nodes.document
        The page as it is written.
    address : str
        Address of the page from the root of the site.

    Yields
    ------
    Entry
    """
    book, is_divided = load(), Path(address).stem in load().divided
    page = next((title.astext() for title in document.findall(nodes.title)), "")
    for raw in document.findall(nodes.raw) if Path(address).stem != NUMBERS else ():
        for row, about, facts in _CARD.findall(raw.astext()):
            at = f"chapters/{book.page(html.unescape(row))}.html" if is_divided else address
            yield "Evidence", _plain(about), page, f"{at}#{row}", _plain(facts)


def _plain(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def _texts(section: nodes.Element) -> Iterator[str]:
    for child in section.children:
        if isinstance(child, nodes.paragraph | nodes.list_item | nodes.entry):
            yield " ".join(child.astext().split())
        elif isinstance(child, nodes.raw):
            yield from (html.unescape(_TAG.sub("", caption)) for caption in _CAPTION.findall(child.astext()))
        elif isinstance(child, nodes.Element) and not isinstance(
            child, nodes.section | nodes.title | nodes.literal_block
        ):
            yield from _texts(child)


def evidence() -> Iterator[Entry]:
    """List the trials, scales, terms and sources, each with the address of its row."""
    book = load()

    def entry(kind: str, row: str, title: str, *texts: str) -> Entry:
        return kind, title, "", f"chapters/{book.page(row)}.html#{row}", ". ".join(filter(None, map(str, texts)))

    for row, study in book.studies.iterrows():
        title = study["acronym"] or study["name"]
        yield entry("Trial", str(row), title, study["name"], study["population"], study["comparator"])
    scales = book.instruments.drop_duplicates("instrument")
    for row, scale in scales.iterrows():
        yield entry("Scale", str(row), scale["instrument"], scale["full_name"])
    for row, term in book.glossary.iterrows():
        yield entry("Term", str(row), term["term"], term["full"], term["meaning"])
    for key, source in book.sources.items():
        yield entry("Source", key, source.short, source.title, "; ".join(source.names), source.container)


def replace(app: Sphinx) -> None:
    """Put this search in the place of that of Sphinx."""
    app.builder.search = False  # type: ignore[attr-defined]  # of the builders of HTML
    app.builder.search_entries = {}  # type: ignore[attr-defined]


def collect(app: Sphinx, page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Keep what can be found on a page, while it is written."""
    if doctree is not None:
        address = app.builder.get_target_uri(page)
        app.builder.search_entries[page] = [*sections(doctree, address), *cards(doctree, address)]  # type: ignore[attr-defined]


def synonyms(root: Path) -> list[dict[str, str]]:
    """Read the synonyms of a book; none where it has no such file."""
    path = root / SYNONYMS
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def faults(rows: Iterable[dict[str, str]], entries: Iterable[Entry]) -> Iterator[str]:
    """Say which synonyms help nobody: those that lead to nothing, and those that repeat another.

    Parameters
    ----------
    rows : iterable of dict
        The synonyms: what is ``asked``, and the words of the book to be ``searched``.
    entries : iterable of Entry
        All that can be found.

    Yields
    ------
    str
        File, row, column, what must be, and what to do.
    """
    texts = [_folded(" ".join(entry)) for entry in entries]
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, 2):
        place, asked, searched = f"{SYNONYMS}, row {number}", row["asked"], row["searched"]
        if (asked, searched) in seen:
            yield f"{place}: must say what no other row says, found {asked!r} with {searched!r} again. Remove it."
        seen.add((asked, searched))
        words = [re.compile(rf"(?<!\w){re.escape(word)}") for word in _folded(searched).split()]
        if not words or not any(all(word.search(text) for word in words) for text in texts):
            yield (
                f"{place}, searched: must be words that stand together in the book, found {searched!r}. "
                "Name words that it has, or remove the row."
            )


def _folded(text: str) -> str:
    """A text without accents and case, as the script of the page compares it."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).lower()


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the script of the search page: how a reader finds, and all that can be found."""
    if error is not None or app.builder.format != "html":
        return
    entries = [*evidence()]
    places = {entry[3] for entry in entries}
    for _, on_page in sorted(app.builder.search_entries.items()):  # type: ignore[attr-defined]
        entries += [entry for entry in on_page if entry[3] not in places]
    entries.sort(key=lambda entry: KINDS.index(entry[0]))
    rows = synonyms(Path(app.srcdir))
    for fault in faults(rows, entries):
        logger.warning(fault)
    alike = [[_folded(row["asked"]), row["searched"]] for row in rows]
    code = (pages.STATIC / SCRIPT).read_text(encoding="utf-8")
    lists = "".join(
        f"const {name} = {json.dumps(items, ensure_ascii=False, separators=(',', ':'))};\n"
        for name, items in (("SYNONYMS", alike), ("ENTRIES", entries))
    )
    Path(app.outdir, "_static", SCRIPT).write_text(f"{code}{lists}", encoding="utf-8")
