"""Wordings that the book avoids, both written by hand and computed.

The rules are in `chapters/wording_rules.csv`. Sentences that quote a wrong wording are listed, each with a reason, in
`wording_exemptions.csv`; a page listed without a sentence is one whose tables quote other texts.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree, html

from livingreview.evidence import DATA, Evidence
from livingreview.notebooks.files import (
    NUMBER,
    VERSIONS_PAGE,
    Notebook,
    Problem,
    chapters,
    outputs,
    place,
    read,
    source,
)
from livingreview.notebooks.outputs import Conclusion, Number, ShownTable, clean, of_chapter, of_output
from livingreview.notebooks.prose import lines

RULES = DATA.parent / "chapters" / "wording_rules.csv"
EXEMPTIONS = RULES.with_name("wording_exemptions.csv")

#: Elements of tables and figures whose text is one unit, and attributes that are shown or read aloud.
UNITS = {"caption", "dd", "desc", "dt", "figcaption", "li", "p", "summary", "td", "text", "th", "title"}
SPOKEN = ("alt", "aria-label", "aria-description", "title")

_ABOUT = ("_id", "_key", "measure")  # suffixes of the columns that say what a row is about
_MARKS = re.compile(r"[*\[\]]|(?<=\])\)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


class WordingRule(NamedTuple):
    """A pattern that sentences must not match; `where` is a pattern for what the sentence is about."""

    rule: str
    pattern: str
    where: str
    why: str
    instead: str

    def breach(self, text: str, about: str) -> str:
        """Give the words of a sentence that break the rule, if any."""
        match = re.search(self.pattern, text, re.IGNORECASE)
        return match[0] if match and re.search(self.where, about, re.IGNORECASE) else ""


class _Review(NamedTuple):
    """What the rules apply to: the chapters, and the numbers that they publish, by chapter and key."""

    root: Path
    evidence: Evidence
    notebooks: dict[str, Notebook]
    numbers: dict[tuple[str, str], Number]


class _Sentence(NamedTuple):
    """A sentence, where it is, what it is about (its page, its row, the measures of its numbers)."""

    page: str
    place: str
    text: str
    about: str
    tabled: bool = False


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def problems(root: Path) -> list[Problem]:
    """Find wordings that the book avoids, in its prose and in everything computed for it.

    Returns
    -------
    list of Problem
        Every sentence that breaks a rule, once per rule, and every unneeded exemption.
    """
    exempt = {(row["page"], row["sentence"]) for row in _rows(EXEMPTIONS)}
    breaches: dict[tuple[str, str, str], Problem] = {}
    used, rules = set(), [WordingRule(**row) for row in _rows(RULES)]
    any_of = re.compile("|".join(f"(?:{rule.pattern})" for rule in rules), re.IGNORECASE)
    for sentence in (sentence for sentence in _sentences(_review(root)) if any_of.search(sentence.text)):
        quoted = exempt & {(sentence.page, sentence.text), (sentence.page, "" if sentence.tabled else sentence.text)}
        for rule in rules:
            words = rule.breach(sentence.text, sentence.about)
            used |= quoted if words else set()
            if words and not quoted:
                requirement, actual = f"keep the rule '{rule.rule}'", f'"{words}" in "{sentence.text}"'
                remedy = f"{rule.why} Write {rule.instead}; a sentence that quotes is listed in {EXEMPTIONS.name}."
                problem = Problem(sentence.place, requirement, actual, remedy)
                breaches[sentence.place, rule.rule, sentence.text] = problem
    for page, text in sorted(exempt - used):
        actual = f'"{text or "its tables"}" of {page}, which breaks no rule'
        breaches[page, "", text] = Problem(f"chapters/{EXEMPTIONS.name}", "list what quotes", actual, "Delete the row.")
    return list(breaches.values())


def _review(root: Path) -> _Review:
    notebooks = {path.stem: read(path) for path in chapters(root)}
    stored = [number for name, notebook in notebooks.items() for number in of_chapter(name, notebook).numbers]
    numbers = {(number.chapter, number.key): number for number in stored}
    return _Review(root, Evidence(root / "data"), notebooks, numbers)


def _sentences(review: _Review) -> Iterator[_Sentence]:
    for path in [*review.root.glob("index.md"), *sorted((review.root / "chapters").glob("*.md"))]:
        yield from _prose(review, path.stem, path.read_text(encoding="utf-8"), path.relative_to(review.root).as_posix())
    titles = {clean(text) for entry in review.evidence.sources.values() for text in (entry.title, entry.container)}
    names = map(re.escape, sorted(review.evidence.studies["acronym"]))
    trials = re.compile(rf"\b(?:{'|'.join(names)})(?!\w)")
    for chapter, notebook in review.notebooks.items():
        for number, cell in enumerate(notebook["cells"], 1):
            where = place(f"chapters/{chapter}.ipynb", number, cell)
            if cell["cell_type"] == "markdown":
                yield from _prose(review, chapter, source(cell), where)
            for output in outputs(cell) if chapter != VERSIONS_PAGE else ():
                for text, whole in _computed(review, chapter, output):
                    for sentence in _SENTENCE.split(clean(text)) if clean(text) not in titles else []:
                        # in a text on many trials, a sentence that names one is about that one
                        about = sentence if whole == text and trials.search(sentence) else whole
                        yield _Sentence(chapter, where, sentence, f"{chapter}: {about}", "text/html" in output["data"])


def _prose(review: _Review, page: str, text: str, where: str) -> Iterator[_Sentence]:
    """Give each line, which is a sentence, with its published words filled in, and the measures of its numbers."""

    def said(role: re.Match[str]) -> str:
        number = review.numbers.get((role[1] or page, role[2]))
        return number.text if number and not any(map(str.isnumeric, number.text)) else "Number"

    for line, shown in zip(*(lines(t, t.startswith("---\n")) for t in (text, NUMBER.sub(said, text))), strict=True):
        if shown.text and shown.kind != "code":
            numbers = (review.numbers.get((chapter or page, key)) for chapter, key in NUMBER.findall(line.raw))
            about = " ".join([page, shown.text, *(_measures(review, number) for number in numbers)])
            yield _Sentence(page, f"{where}, line {line.number}", clean(_MARKS.sub("", shown.text)), about)


def _computed(review: _Review, chapter: str, output: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the texts of an output, each with what it is about: its row, or the measure of the number."""
    for stored in of_output(chapter, output):
        if isinstance(stored, Number):
            yield stored.text, f"{stored.text} {_measures(review, stored)}"
        elif isinstance(stored, Conclusion):
            yield stored.sentence, f"{stored.sentence} "
        elif isinstance(stored, ShownTable):
            for element in html.fragment_fromstring(stored.html, "div").iter(etree.Element):
                is_card = element.tag == "li" and element.get("id", "") in review.evidence
                texts = [element.text_content()] if element.tag in UNITS and not is_card else []
                for text in (*texts, *(element.get(name) for name in SPOKEN if element.get(name))):
                    yield text, _row(review, element) or text


def _row(review: _Review, element: Any) -> str:
    """What a cell of a table, or a part of a card, is about; blank for any other text.

    Of a row of the evidence that is its keys and measure, but not its notes, which may name other trials.
    """
    if element.tag in {"td", "th"}:
        return " | ".join(cell.text_content() for cell in element.getparent())
    card = next((li for li in element.iterancestors("li") if li.get("id", "") in review.evidence), None)
    if card is None or card.get("id") in review.evidence.sources:
        return "" if card is None else " | ".join(part.text_content() for part in card.iter("p", "dd"))
    return _named(review.evidence, card.get("id"))


@cache
def _named(evidence: Evidence, key: str) -> str:
    about = [str(text) for name, text in evidence.row(key).items() if str(name).endswith(_ABOUT)]
    return " ".join([key, *about]).replace("_", " ")


def _measures(review: _Review, number: Number | None) -> str:
    """How a number was computed, and what its rows measure."""
    if number is None:
        return ""
    rows = [review.evidence.row(row) for row in number.rows if row not in review.evidence.sources]
    return " ".join([number.how, *(str(row.get("measure", "")).replace("_", " ") for row in rows)])
