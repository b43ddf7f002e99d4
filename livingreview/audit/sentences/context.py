"""What each sentence can be compared with: its own numbers, those around it, and those of its page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from livingreview.audit.sentences import rules, words
from livingreview.audit.sentences.stored import published
from livingreview.audit.sentences.texts import Pages, Sentence, normal, numbers
from livingreview.evidence import Evidence
from livingreview.evidence.about import About, about
from livingreview.notebooks.files import NUMBER, Notebook, source


def _titles(content: Notebook | str) -> list[str]:
    """The title of a page."""
    first = content if isinstance(content, str) else source(content["cells"][0]) if content["cells"] else ""
    return re.findall(r"^# (.+)$", first, re.MULTILINE)


class Context:
    """The numbers of the book by the places where they are published and named.

    Parameters
    ----------
    book : Evidence
        The evidence.
    pages : Pages
        The pages of the book.
    """

    def __init__(self, book: Evidence, pages: Pages) -> None:
        self.book, self.numbers = book, numbers(pages)
        self.trials = [str(name) for name in book.studies["acronym"]] if hasattr(book, "studies") else []
        self.about = {at: about(book, item.rows, item.cells) for at, item in self.numbers.items()}
        self.titles = {name.casefold() for page, content in pages.items() for name in (page, *_titles(content))}
        self.conclusions: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        self._near: dict[tuple[str, int], About] = {}
        self._page: dict[str, About] = {}
        self._rows: dict[tuple[str, int], set[str]] = defaultdict(set)
        for page, content in pages.items():
            for item in published(content) if not isinstance(content, str) else ():
                self._rows[page, item.cell].update(item.rows)
                if item.kind == "conclusion":
                    self.conclusions[page][item.text] = item.rows
        texts = {page: content for page, content in pages.items() if isinstance(content, str)}
        for page, text in texts.items():  # a page without cells tells what the chapters of its numbers conclude
            for chapter in {named[1] for named in NUMBER.finditer(text)} & {*self.conclusions}:
                self.conclusions[page] |= self.conclusions[chapter]

    def near(self, sentence: Sentence) -> About:
        """What is published in the cells before and after that of a sentence."""
        at = sentence.page, sentence.cell
        if at not in self._near:
            cells = (self._rows[sentence.page, sentence.cell + step] for step in (-1, 0, 1)) if sentence.cell else ()
            self._near[at] = about(self.book, sorted(set().union(*cells)))
        return self._near[at]

    def page(self, page: str) -> About:
        """All that is published on a page."""
        if page not in self._page:
            rows = set().union(*(rows for (name, _), rows in self._rows.items() if name == page))
            self._page[page] = about(self.book, sorted(rows))
        return self._page[page]

    def rows(self, sentence: Sentence) -> tuple[str, ...]:
        """The rows that a sentence rests on: those of its numbers, or those that a figure shows."""
        own = [row for key in sentence.keys if key in self.numbers for row in self.numbers[key].rows]
        return tuple(sorted({*own, *sentence.rows}))

    def faults(self, sentence: Sentence) -> Iterator[rules.Fault]:
        """What the data contradict in a sentence."""
        places = [match.start() for match in re.finditer(r"\{(?!src\.)", sentence.text)]
        at = zip(sentence.keys, places, strict=False)
        keys = [(key[1], place, self.about[key]) for key, place in at if key in self.about]
        if keys:
            yield from rules.faults(sentence.text, keys, self.trials, self.near(sentence))
        elif sentence.rows and sentence.kind in ("caption", "header"):
            own = about(self.book, sentence.rows)
            yield from rules.faults(sentence.text, [("", 0, own)], self.trials, self.near(sentence))
        elif sentence.kind in ("prose", "heading"):
            yield from rules.scope(sentence.text, self.page(sentence.page), self.trials)
        elif sentence.kind in ("conclusion", "caption", "header"):
            yield from rules.never(sentence.text)
        elif " · " in sentence.text or sentence.kind == "description":  # of a figure; the lines of a table are apart
            yield from rules.label(sentence.text, about(self.book, sentence.rows), self.near(sentence))
        elif sentence.kind == "word":
            yield from rules.directions(sentence.text.partition(": ")[2], about(self.book, sentence.rows))

    def numerals(self, sentence: Sentence) -> list[str]:
        """The numerals in words of a sentence that none of its cells and no text that was computed says."""
        if sentence.kind not in ("prose", "heading", "caption"):
            return []
        known = self.near(sentence).joined(*(self.about[key] for key in sentence.keys if key in self.about)).words
        return [word for word in words.numerals(sentence.text) if not re.search(rf"\b{re.escape(word)}\b", known, re.I)]

    def said(self, page: str) -> set[str]:
        """The conclusions of a page, as they are asserted and in their normal form."""
        return {form for text in self.conclusions.get(page, {}) for form in (text, normal(text))}

    def cell(self, name: str) -> str:
        """The text of a cell, named as row.column; blank where there is none."""
        row, _, column = name.rpartition(".")
        known = row in self.book and self.book.table(row) != "sources"
        value = self.book.row(row).to_dict() if known else dict[Any, Any]()
        return str(value.get(f"{column}_printed", value.get(column, ""))).replace("_", " ")

    def unlike(self, sentence: Sentence, conclusion: str) -> str:
        """The word of direction, arm, time, negation or number in which a sentence departs from a conclusion."""
        if odd := set(words.numerals(sentence.text)) - set(words.numerals(conclusion)):
            return sorted(odd)[0]
        for guard in words.guards():
            named = guard.said.search(sentence.text)
            if named and not guard.needed.search(conclusion) and not guard.said.search(conclusion):
                return named[0]
        for pattern in (
            words.MORE,
            words.FEWER,
            words.BETTER,
            words.WORSE,
            words.SIGNIFICANT,
            words.QUANTIFIER,
            words.TIME,
        ):
            ours = {match[0].casefold() for match in pattern.finditer(sentence.text)}
            theirs = {match[0].casefold() for match in pattern.finditer(conclusion)}
            if (ours and not theirs) or (pattern is words.TIME and ours - theirs):
                return sorted(ours - theirs)[0]
        ours, theirs = ({m[0].casefold() for m in words.CHANGED.finditer(said)} for said in (sentence.text, conclusion))
        if theirs and ours - theirs:
            return sorted(ours - theirs)[0]
        if other := words.other_quantity(sentence.text, conclusion):
            return other
        ours, theirs = (set(words.NEGATION.findall(text.casefold())) for text in (sentence.text, conclusion))
        return "" if bool(ours) == bool(theirs) else sorted(ours | theirs)[0]
