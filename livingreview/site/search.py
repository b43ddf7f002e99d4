"""What the search box finds: every section of the text, and the trials, scales, terms and sources of the evidence.

An entry leads to the place itself, which the search of Sphinx does not do: it knows whole pages, and no numbers, so
that SF-36 cannot be asked for. The entries are a script, since a page that is opened as a file may fetch nothing.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from livingreview.evidence import load
from livingreview.site import pages

if TYPE_CHECKING:
    from sphinx.application import Sphinx

Entry = tuple[str, str, str, str, str]  # kind, title, where it stands, address, text

SCRIPT = "search.js"
#: Kinds of entries; of two that fit alike the earlier kind is shown first.
KINDS = ("Trial", "Scale", "Term", "Chapter", "Section", "Source")

_CAPTION = re.compile(r'<(?:(?:fig)?caption|p class="lr-caption")>(.*?)</(?:(?:fig)?caption|p)>', re.DOTALL)
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
        app.builder.search_entries[page] = [*sections(doctree, address)]  # type: ignore[attr-defined]


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the script of the search page: how a reader finds, and all that can be found."""
    if error is None and app.builder.format == "html":
        entries = [*evidence()]
        for _, found in sorted(app.builder.search_entries.items()):  # type: ignore[attr-defined]
            entries += found
        entries.sort(key=lambda entry: KINDS.index(entry[0]))
        data = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
        code = (pages.STATIC / SCRIPT).read_text(encoding="utf-8")
        Path(app.outdir, "_static", SCRIPT).write_text(f"{code}const ENTRIES = {data};\n", encoding="utf-8")
