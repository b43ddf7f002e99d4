"""Reads what chapters store: numbers, conclusions, figures and tables, and the rows that they rest on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from livingreview.evidence import load
from livingreview.notebooks.files import Notebook, outputs
from livingreview.publish import record

_ANCHOR = re.compile(r'(?<!<a class="lr-to" )href="[\w-]+\.html#([^"]+)"')
_LISTED = re.compile(r'<li id="([^"]+)"')
_LINK = re.compile(r'<a class="n" href="[\w-]+\.html#([^"]+)"[^>]*>([^<]*)')
_NAME = re.compile(r'<svg[^>]*\saria-labelledby="([\w-]+)-t[ "]')
_SVG = re.compile(r"<svg\b.*?</svg>", re.S)

_QUOTES = str.maketrans("‘’“”", "''\"\"")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BARE_POINT = re.compile(r"(?<![\d.])\.(?=\d)")
_DIGITS = re.compile(r"(?<![\w.)%-])-\d+(?:\.\d+)*|\d+(?:\.\d+)*")


@dataclass(frozen=True)
class Number:
    """A published number or word.

    Attributes
    ----------
    chapter, key : str
        The chapter that publishes it, and its name there.
    text : str
        As it is on the page.
    rows : tuple of str
        Ids of the rows from which it comes.
    formula : str
        How it was computed; blank if it is as reported.
    cell : int
        Cell that publishes it, counted from 1.
    read_from : tuple of str
        The cells of the data that it names, each as ``row.column``.
    """

    chapter: str
    key: str
    text: str
    rows: tuple[str, ...] = ()
    formula: str = ""
    cell: int = 0
    read_from: tuple[str, ...] = ()

    @property
    def reported(self) -> bool:
        """Whether it is the number of one row, as reported."""
        return len(self.rows) == 1 and not self.formula

    @property
    def how(self) -> str:
        """How it came about, in words."""
        if self.formula:
            return f"our calculation: {self.formula}"
        return "as reported" if self.reported else "from several rows" if self.rows else "stated by this review"


@dataclass(frozen=True)
class Conclusion:
    """A conclusion: its sentence, the rows that it rests on, and whether it holds."""

    chapter: str
    sentence: str
    rows: tuple[str, ...] = ()
    holds: bool = True
    cell: int = 0


@dataclass(frozen=True)
class SummaryLine:
    """A line of a summary of findings: its outcome, the rows that it rests on, and what it says of the difference."""

    chapter: str
    outcome: str
    rows: tuple[str, ...] = ()
    finding: str = ""
    cell: int = 0


@dataclass(frozen=True)
class ShownTable:
    """A table, or another HTML element, as shown; `rows` are those in its metadata."""

    chapter: str
    html: str = field(repr=False)
    rows: tuple[str, ...] = ()
    cell: int = 0

    @property
    def used(self) -> tuple[str, ...]:
        """Rows that it rests on: those in its metadata, and those that it links to."""
        return (*self.rows, *_ANCHOR.findall(self.html))

    @property
    def listed(self) -> list[str]:
        """Rows that it lists."""
        return _LISTED.findall(self.html)

    @property
    def links(self) -> list[tuple[str, str]]:
        """Its links to rows of the evidence, each with its text."""
        return _LINK.findall(self.html)


@dataclass(frozen=True)
class DrawnFigure(ShownTable):
    """A figure: its drawing as stored in the notebook, and the table behind it."""

    @property
    def name(self) -> str:
        """Its name, unique in the chapter."""
        return str(_NAME.findall(self.html)[0])

    @property
    def svg(self) -> str:
        """The drawing."""
        drawing = _SVG.search(self.html)
        return drawing[0] if drawing else ""

    @property
    def shapes(self) -> str:
        """The drawing without its first tag, which says how it is placed on a page."""
        return self.svg.partition(">")[2]

    @cached_property
    def caption(self) -> str:
        """The caption, without the sources."""
        return next(iter(_texts(self._tree, ".//figcaption")), "").partition(" Source: ")[0]

    @cached_property
    def description(self) -> str:
        """The long description."""
        return next(iter(_texts(self._tree, ".//details/p")), "")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Headers of the table behind it."""
        return tuple(_texts(self._tree, ".//thead//th"))

    @cached_property
    def data(self) -> tuple[tuple[str, ...], ...]:
        """Rows of the table behind it."""
        return tuple(tuple(_texts(line, "./*")) for line in self._tree.iterfind(".//tbody/tr"))

    @cached_property
    def _tree(self) -> Any:
        from lxml import html as parser

        return parser.fragment_fromstring(self.html, create_parent="div")


Stored = Number | Conclusion | SummaryLine | DrawnFigure | ShownTable


@dataclass(frozen=True)
class ChapterOutputs:
    """All that a chapter stores, in order.

    Attributes
    ----------
    chapter : str
        Its name.
    numbers, conclusions, lines : tuple
        Values that it stores to be shown elsewhere.
    shown : tuple
        The tables and figures that it shows.
    """

    chapter: str
    numbers: tuple[Number, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    lines: tuple[SummaryLine, ...] = ()
    shown: tuple[ShownTable, ...] = ()

    @property
    def figures(self) -> list[DrawnFigure]:
        """The figures that it shows."""
        return [element for element in self.shown if isinstance(element, DrawnFigure)]

    @property
    def texts(self) -> dict[str, str]:
        """The text of every number by its key."""
        return {number.key: number.text for number in self.numbers}

    @property
    def used(self) -> tuple[str, ...]:
        """Rows of the evidence used in its numbers, conclusions, figures and tables."""
        resting = (published.rows for of in (self.numbers, self.conclusions) for published in of)
        shown = (element.used for element in self.shown)
        return tuple(dict.fromkeys(row for rows in (*resting, *shown) for row in rows))

    @property
    def listed(self) -> set[str]:
        """Rows of the evidence that its tables list."""
        return {row for element in self.shown for row in element.listed}


def of_chapter(chapter: str, notebook: Notebook) -> ChapterOutputs:
    """Read all that a notebook stores."""
    cells = enumerate(notebook["cells"], 1)
    stored = [
        entry for number, cell in cells for output in outputs(cell) for entry in of_output(chapter, output, number)
    ]
    return ChapterOutputs(
        chapter,
        tuple(entry for entry in stored if isinstance(entry, Number)),
        tuple(entry for entry in stored if isinstance(entry, Conclusion)),
        tuple(entry for entry in stored if isinstance(entry, SummaryLine)),
        tuple(entry for entry in stored if isinstance(entry, ShownTable)),
    )


def of_output(chapter: str, output: dict[str, Any], cell: int = 0) -> Iterator[Stored]:
    """Read an output of a cell; yield nothing if it is of none of these kinds.

    Parameters
    ----------
    chapter : str
        Name of the chapter.
    output : dict
        As `files.outputs` gives it, every text in one piece.
    cell : int
        Number of the cell, counted from 1.
    """
    data, metadata = output.get("data", {}), output.get("metadata", {})
    rows = record.rows(metadata)
    if record.TEXT in data:
        text, key, holds = data[record.TEXT], record.key(metadata), record.holds(metadata)
        if key is not None:
            yield Number(chapter, key, text, rows, record.formula(metadata), cell, record.cells(metadata))
        elif holds is not None:
            yield Conclusion(chapter, text, rows, holds, cell)
        elif (finding := record.finding(metadata)) is not None:
            yield SummaryLine(chapter, text, rows, finding, cell)
    if html := data.get(record.HTML, ""):
        kind = DrawnFigure if _NAME.search(html) else ShownTable
        yield kind(chapter, html, rows, cell)


def users(chapters: Iterable[ChapterOutputs]) -> dict[str, list[str]]:
    """List the chapters that use each row of the evidence, without the pages that list all rows."""
    chapters_by_row: dict[str, list[str]] = {}
    lists = {*load().pages.values()}
    for stored in chapters:
        for row in stored.used if stored.chapter not in lists else ():
            chapters_by_row.setdefault(row, []).append(stored.chapter)
    return chapters_by_row


def digits(text: str) -> frozenset[str]:
    """The numerals of a text without typography: minus signs, thousands separators and dollar signs."""
    text = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").replace("$", "")
    return frozenset(_DIGITS.findall(_BARE_POINT.sub("0.", _THOUSANDS.sub("", text))))


def clean(text: str) -> str:
    """A text on one line with straight quotation marks: the site uses typographic ones."""
    return " ".join(text.translate(_QUOTES).split())


def _texts(root: Any, where: str) -> list[str]:
    return [" ".join(str(element.text_content()).split()) for element in root.iterfind(where)]
