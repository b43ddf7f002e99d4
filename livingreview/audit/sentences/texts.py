"""Every sentence, heading, caption, header and label that a reader sees, in a form that no number changes.

Prose is kept as it is typed, with the keys of its numbers in braces. What code computes stands with its numerals
replaced by '#', since those follow from the data; its words do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from lxml import etree, html

from livingreview.audit.sentences.stored import Published, published
from livingreview.evidence import Evidence
from livingreview.notebooks.files import NUMBER, Notebook, place, source
from livingreview.notebooks.linting import SKELETON
from livingreview.notebooks.prose import lines
from livingreview.publish.overturned import PAGE

#: The pages of the book: a notebook by the name of its chapter, the text of a Markdown page by its name.
Pages = Mapping[str, Notebook | str]

_SOURCE = re.compile(r"\{src\}`([^`]+)`")
_MARKS = re.compile(r"(?<!\w)[*_]+(?=\S)|(?<=\S)[*_]+(?!\w)|^#+\s+")
_LINKED = re.compile(r"\[([^\]]*)\]\)?")
# What is typed as a rule stays: times ('at 12 months'), names ('SCL-20'), levels ('95% CI') and bases ('per 100').
_NUMERAL = re.compile(
    r"(?<!\w)(?<![A-Za-z]-)(?<!per )(?<!\d,)[−+-]?(?<!\w)\d[\d,.]*(?![\d,.]|[- ](?:month|year|week)|% CI)(?:\s?%)?"
    r"|(?<=\d)%(?! CI)"
)
_KEY = re.compile(r"\{([\w:.-]+)\}")
_PLAIN = re.compile(
    r"(?:#|P|CI|to|and|less|than|percent|percentage|points?|days?|months?|years?|US|SD|per|of|not|printed)"
)
_TEXTS = {"p", "li", "label", "legend", "option", "button", "dt", "dd", "h2", "h3", "h4", "summary"}


@dataclass(frozen=True)
class Sentence:
    """A text as a reader meets it: its page and place, its normal form, and the numbers and rows it rests on.

    The kind is 'prose', 'heading', 'caption', 'header', 'label', 'description', 'conclusion', 'word' (a published
    text that is no number) or 'formula'.
    """

    page: str
    place: str
    text: str
    kind: str
    keys: tuple[tuple[str, str], ...] = ()
    rows: tuple[str, ...] = ()
    cell: int = 0
    section: str = ""


def sentences(book: Evidence, pages: Pages) -> Iterator[Sentence]:
    """Give every sentence of the book, page by page."""
    # the list of what would overturn each sentence repeats sentences of other pages, and names rows of the data
    listings, data = {*book.pages.values(), PAGE}, texts_of_data(book)
    for page, content in pages.items():
        if isinstance(content, str):
            name = f"{page}.md" if page == "index" else f"chapters/{page}.md"
            yield from _prose(page, content, name, 0)
            continue
        name = f"chapters/{page}.ipynb"
        section = ""
        for number, cell in enumerate(content["cells"], 1):
            if cell["cell_type"] == "markdown":
                for sentence in _prose(page, source(cell), place(name, number, cell), number):
                    section = sentence.section or section
                    yield replace(sentence, section=section)
        for item in published(content):
            where = place(name, item.cell, content["cells"][item.cell - 1])
            for kind, text in _computed(item, data, page in listings):
                yield Sentence(page, where, text, kind, rows=item.rows, cell=item.cell)


def distinct(book: Evidence, pages: Pages) -> dict[tuple[str, str], Sentence]:
    """Give each sentence of a page once, at its first place, with the rows of all of them."""
    found: dict[tuple[str, str], Sentence] = {}
    for sentence in sentences(book, pages):
        first = found.setdefault((sentence.page, sentence.text), sentence)
        if not set(sentence.rows) <= set(first.rows):
            found[sentence.page, sentence.text] = replace(first, rows=(*first.rows, *sentence.rows))
    return found


def _prose(page: str, text: str, where: str, cell: int) -> Iterator[Sentence]:
    """Give each line, which is a sentence, with its keys in braces."""
    section = ""
    kept = _SOURCE.sub(r"{src.\1}", NUMBER.sub(lambda m: "{" + (f"{m[1]}:" if m[1] else "") + m[2] + "}", text))
    for line in lines(kept, text.startswith("---\n")):
        shown = " ".join(_MARKS.sub("", _LINKED.sub(r"\1", line.text)).split()).strip("| ")
        section = shown if line.kind == "heading" else section
        if line.kind == "code" or not re.search(r"[^\W\d_]", _KEY.sub("", shown)) or shown in SKELETON:
            continue
        keys = tuple(
            (chapter or page, key)
            for chapter, _, key in (k.rpartition(":") for k in _KEY.findall(shown))
            if not key.startswith("src.")
        )
        kind = "heading" if line.kind == "heading" else "prose"
        yield Sentence(page, f"{where}, line {line.number}", shown, kind, keys, cell=cell, section=section)


def _computed(item: Published, data: frozenset[str], listing: bool) -> Iterator[tuple[str, str]]:
    """Give the words that code has published, each with its kind."""
    if item.kind == "conclusion":
        yield "conclusion", normal(item.text)
    elif item.kind == "number":
        words = normal(item.text)
        if any(not _PLAIN.fullmatch(word) for word in re.findall(r"[^\W\d_]+", words)) and not _is_data(words, data):
            yield "word", f"{item.key}: {words}"
        if item.formula:
            yield "formula", f"= {normal(item.formula)}"
    else:
        yield from ((kind, text) for kind, text in _markup(item.text, data, listing) if re.search(r"[^\W\d_]", text))


def _markup(markup: str, data: frozenset[str], listing: bool) -> Iterator[tuple[str, str]]:
    root = html.fragment_fromstring(markup, "div")
    for gone in root.xpath(".//*[@class='lr-sources'] | .//script | .//style | .//svg/title"):
        gone.drop_tree() if gone.tag != "title" else gone.getparent().remove(gone)
    whole = normal(root.xpath("string(.//nav[@class='lr-groups']//strong)"))
    for group in root.xpath(".//nav[@class='lr-groups']//li | .//div[@class='lr-group']//p[@class='lr-caption']"):
        if not _told(normal(group.text_content()).removeprefix(f"{whole}: "), data):
            group.drop_tree()  # the name of the table, which is confirmed once, and that of a row
    for figure in root.xpath(".//details[@class='lr-data']//table"):
        figure.getparent().remove(figure)  # the same captions, labels and values as the drawing
    if cards := root.xpath(".//ul[@class='lr-rows']"):  # rows of the evidence: data, but for their labels
        yield "header", " | ".join(dict.fromkeys(normal(label.text_content()) for label in root.xpath(".//dl/dt")))
        for rows in cards:
            rows.drop_tree()
    for svg in root.iter("svg"):
        labels = [normal(text.text_content()) for text in svg.iter("text")]
        yield "label", " · ".join(dict.fromkeys(text for text in labels if _told(text, data)))
        yield from (("description", normal(desc.text_content())) for desc in svg.iter("desc"))
    for table in root.iter("table"):
        yield "header", " | ".join(normal(cell.text_content()) for cell in table.xpath("./thead//th"))
        cells = [] if listing else table.xpath("./tbody//th | ./tbody//td")
        texts = dict.fromkeys(normal(cell.text_content()) for cell in cells)
        yield from (("label", text) for text in texts if _told(text, data))
    for element in root.iter(etree.Element):
        if element.tag in ("caption", "figcaption") or element.get("class") == "lr-caption":
            yield "caption", normal(element.text_content())
        elif _stands_alone(element):
            yield "label", normal(element.text_content())


def _stands_alone(element: Any) -> bool:
    """Whether an element holds a text of its own that is in no table."""
    inner = any(child.tag in _TEXTS for child in element)
    return element.tag in _TEXTS and not inner and not element.xpath("ancestor::table | ancestor::details")


def _told(text: str, data: frozenset[str]) -> bool:
    """Whether the words of a label are typed, and not a cell of the data."""
    return bool(re.search(r"[^\W\d_]{2}", text)) and not _is_data(text, data)


def _is_data(text: str, data: frozenset[str]) -> bool:
    return all(part.strip().casefold() in data for part in re.split(r"[;,]\s", text))


def normal(text: str) -> str:
    """A text that code made, on one line, with '#' for each numeral that is not a time."""
    return " ".join(_NUMERAL.sub("#", text.translate(str.maketrans("‘’“”", "''\"\""))).split())


@lru_cache(maxsize=4)
def texts_of_data(book: Evidence) -> frozenset[str]:
    """Every cell of the data and every name of a source, in the form of a label."""
    found = set(_strings(book.package))
    for resource in book.package["resources"]:
        frame = getattr(book, resource["name"].replace("-", "_"))
        found.update(frame.index.astype(str), frame.columns.astype(str))
        found.update(v for c in frame.columns for v in frame[c].unique() if isinstance(v, str))
    for entry in book.sources.values():
        found.update((entry.short, entry.title, entry.container, entry.key, entry.name, entry.identifiers, entry.read))
    texts = {normal(text).casefold() for text in found}
    parts = {part.strip() for text in texts for part in re.split(r"[;,]\s", text)}
    arms = {str(label).casefold() for label in book.arms["label"]} if hasattr(book, "arms") else set()
    return frozenset((texts | parts | {text.replace("_", " ") for text in texts}) - arms)


def _strings(value: object) -> Iterator[str]:
    """Every text of the description of the data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            if name != "listing":  # its headers are labels of the review
                yield str(name)
                yield from _strings(part)
    elif isinstance(value, list):
        yield from (text for part in value for text in _strings(part))


def markup(pages: Pages) -> Iterator[tuple[str, Published]]:
    """Give every table and figure with its page."""
    for page, content in pages.items():
        for item in published(content) if not isinstance(content, str) else ():
            if item.kind == "markup":
                yield page, item


def numbers(pages: Pages) -> dict[tuple[str, str], Published]:
    """Give every published number by its chapter and key."""
    notebooks: Iterable[tuple[str, Notebook]] = (
        (name, page) for name, page in pages.items() if not isinstance(page, str)
    )
    return {(name, item.key): item for name, page in notebooks for item in published(page) if item.kind == "number"}
