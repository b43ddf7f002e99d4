"""Whether every PDF beside the built pages says what its page says, all of it and nothing else.

The text of a file is read, without the running lines. Each text of the page is then taken out of it, the longest first:
what a page has and the file lacks is named, and so is what is left over.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import html
from pypdf import PdfReader

from livingreview.audit.expected import pdf_of
from livingreview.evidence import Evidence

FOLDER = "pdf"
BOOK = "book"

#: Kept besides letters and digits: a sign or a point that is lost makes another number.
_SIGNS = frozenset(".%-<>=$/\N{MINUS SIGN}")
#: The first letter of the scripts whose characters cannot be read back from a PDF.
_EAST = "\N{CJK RADICAL REPEAT}"
#: Texts of a page that must be in its PDF, unless they are within what is not printed.
_PRINTED = ("p", "li", "dd", "td", "th", "h1", "h2", "h3", "figcaption")
_HIDDEN = ("lr-code", "lr-data", "lr-download", "lr-filter", "lr-next", "lr-tool")
#: How many texts of a drawing may follow each other as one, such as those of an axis.
_TEXTS = 16
#: How much of a page must stand where its part of the book begins.
_START = 60


def missing(site: Path) -> Iterator[str]:
    """List the PDFs that a page names and that are not there."""
    for path in sorted(site.rglob("*.html")):
        for link in html.parse(str(path)).xpath("//a[@download and contains(@href, 'pdf/')]"):
            file = (path.parent / unquote(link.get("href"))).resolve()
            if file.parent.name == FOLDER and not file.is_file():
                yield file.relative_to(site.resolve()).as_posix()


def unlike(site: Path, name: str, evidence: Evidence) -> Iterator[tuple[str, object, object]]:
    """Compare a PDF with its page, or the whole book with all pages in the order of the contents.

    Parameters
    ----------
    site : Path
        Folder of the built site.
    name : str
        Path of the file from there.
    evidence : Evidence
        The data.

    Yields
    ------
    tuple of (str, object, object)
        What is compared, what the file says of it, and what it must say.
    """
    facts, stem, reader = evidence.facts, Path(name).stem, PdfReader(site / name)
    pages = _contents(site)
    own = pages if stem == BOOK else [page for page in pages if pdf_of(page) == stem]
    yield "which page it is of", bool(own), True
    about, said = reader.metadata, f"version {facts['version']}, evidence read to {facts['evidence_searched_to']}"
    yield "its author", about and about.author, facts["contributors"]
    yield "its subject", about and about.subject, f"{facts['title']}, {said}"
    trees = {page: html.parse(str(site / page)).getroot() for page in own}
    title = next(iter(trees.values())).findtext(".//main//h1") if trees else ""
    text = _text(reader, (title or "", said, facts["title"]))
    if stem == BOOK:
        yield from _of_book(text, trees)
    else:
        for page, tree in trees.items():
            yield from _of_page(page, text, [*_needed(tree), *_needed(tree, "//body//footer")], _texts(tree))


def _contents(site: Path) -> list[str]:
    """Pages in the order of the contents."""
    menu = html.parse(str(site / "index.html")).xpath('//nav[@id="chapters"]//li//a/@href')
    return ["index.html", *(unquote(page) for page in menu if page.endswith(".html"))]


def _of_book(text: str, trees: dict[str, Any]) -> Iterator[tuple[str, object, object]]:
    """Compare the book with its pages, each from where it begins; strip and footer stand in it once."""
    places = [0]
    for page, tree in [*trees.items()][1:]:
        at = text.find(_bare("".join(islice(_needed(tree), 2)))[:_START], places[-1])
        yield f"where {page} begins", at >= 0, True
        places.append(at if at >= 0 else places[-1])
    common = {_bare("Contents"), *_texts(trees["index.html"])}
    for at, end, (page, tree) in zip(places, [*places[1:], None], trees.items(), strict=True):
        yield from _of_page(page, text[at:end], _needed(tree), _texts(tree) | common)


def _of_page(page: str, text: str, needed: Iterable[str], texts: set[str]) -> Iterator[tuple[str, object, object]]:
    """Compare what is printed of a page with what must be printed, and with every text that the page has."""
    yield f"what {page} says", [said for said in needed if _bare(said) not in text][:3], []
    yield f"what {page} does not say", _left(text, texts)[:3], []


def _text(reader: PdfReader, running: tuple[str, ...]) -> str:
    """The text of a file without the running lines of each sheet, which come first."""
    sheets = []
    for number, sheet in enumerate(reader.pages, 1):
        bare = _bare(sheet.extract_text())
        for line in map(_bare, (*running, f"{number} / {len(reader.pages)}")):
            at = bare.find(line, 0, 4 * _START + sum(map(len, running)))
            bare = bare[:at] + bare[at + len(line) :] if at >= 0 else bare
        sheets.append(bare)
    return "".join(sheets)


def _bare(text: str) -> str:
    """A text without blanks, quotation marks and the like, in the letters that a PDF can be read back in."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in plain if char < _EAST and (char.isalnum() or char in _SIGNS))


def _needed(tree: Any, within: str = "//main/div[@class='article']") -> Iterator[str]:
    """Texts of a part of a page that must be printed."""
    for part in tree.xpath(within):
        for element in part.iter(*_PRINTED):
            classes = " ".join(str(around.get("class", "")) for around in (element, *element.iterancestors())).split()
            if not set(_HIDDEN) & set(classes):
                yield str(element.text_content())


def _texts(tree: Any) -> set[str]:
    """Every text of a page, from those of whole elements to single pieces."""
    texts = {_bare(text or "") for element in tree.iter() if isinstance(element.tag, str) for text in _of(element)}
    for drawing in tree.iter("svg"):
        pieces = [_bare(text.text_content()) for text in drawing.iter("text")]
        texts |= {"".join(pieces[i:j]) for i in range(len(pieces)) for j in range(i + 1, i + _TEXTS)}
    return texts


def _of(element: Any) -> tuple[str | None, ...]:
    is_code = element.tag in ("script", "style", "head", "html")
    return (element.tail,) if is_code else (element.text_content(), element.text, element.tail)


def _left(part: str, texts: set[str]) -> list[str]:
    """What of a part of a PDF is no text of its page."""
    single = {text for text in texts if len(text) == 1}
    for text in sorted(texts - single - {""}, key=len, reverse=True):
        part = part.replace(text, "\0")
    return [rest for rest in part.split("\0") if rest.strip(".") and rest not in single]
