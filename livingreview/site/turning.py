"""A quiet mark at each sentence that a conclusion bears out: it opens what would overturn the sentence."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from livingreview.audit.sentences import register
from livingreview.evidence import load
from livingreview.notebooks.outputs import clean
from livingreview.publish import overturned
from livingreview.publish.overturned import PAGE, Answer
from livingreview.site.published import CHAPTERS

#: What the mark is called.
NAME = "What would overturn this sentence"


@lru_cache(maxsize=1)
def answers(root: Path) -> dict[str, Answer]:
    """The answers that fit the data, by their anchor; none where the page that lists them is not there."""
    if not (root / CHAPTERS / f"{PAGE}.ipynb").is_file() or not (root / overturned.KEPT).is_file():
        return {}
    return {overturned.anchor(answer): answer for answer in overturned.fresh(load())}


@lru_cache(maxsize=1)
def _marked(root: Path) -> dict[str, list[tuple[str, str]]]:
    """By page, the sentences that rest on conclusions, the longest first, each with the anchor of its answer."""
    said = {(of.chapter, clean(of.text)): anchor for anchor, of in answers(root).items() if of.shape != "line"}
    anywhere = {text: anchor for (_, text), anchor in reversed(said.items())}
    pages: dict[str, list[tuple[str, str]]] = {}
    for line in register.read(root):
        if line.basis != "conclusion" or "{" in line.sentence:
            continue
        own = [clean(text) for text in line.on.split(register.TOGETHER)]
        anchors = [said.get((line.page, text)) or anywhere.get(text) for text in own]
        weakest = overturned.ranked(answers(root)[anchor] for anchor in anchors if anchor)
        if weakest:
            pages.setdefault(line.page, []).append((clean(line.sentence), overturned.anchor(weakest[0])))
    return {page: sorted(of, key=lambda pair: -len(pair[0])) for page, of in pages.items()}


class mark(nodes.Inline, nodes.Element):  # type: ignore[misc]  # noqa: N801 (named as in docutils)
    """The link at a sentence, which has no text: no title, description or search repeats it."""


def visit(translator: Any, node: mark) -> None:
    """Write the link."""
    name = escape(NAME)
    translator.body.append(f'<a class="n lr-turn" href="{node["place"]}" title="{name}" aria-label="{name}"></a>')


def depart(_translator: Any, _node: mark) -> None:
    """Write nothing more."""


class Mark(SphinxPostTransform):
    """Put the mark behind each sentence of a page that rests on a conclusion, and behind each conclusion in a list."""

    default_priority = 900  # after what spells out abbreviations
    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        """Look for the sentences in the paragraphs of the page."""
        root, (folder, _, page) = Path(self.app.srcdir), self.env.docname.rpartition("/")
        if page == PAGE:
            return
        place = f"{'' if folder else f'{CHAPTERS}/'}{PAGE}.html"
        for paragraph in [*self.document.findall(nodes.paragraph)]:
            found = {paragraph["turning"]} if "turning" in paragraph else set()
            for anchor in found & {*answers(root)}:
                paragraph.append(mark(place=f"{place}#{anchor}"))
            for sentence, anchor in () if found else _marked(root).get(page, ()):
                if end := _end(paragraph, sentence):
                    _insert(*end, mark(place=f"{place}#{anchor}"))


def _letters(paragraph: nodes.paragraph) -> Iterator[tuple[str, nodes.Text, int]]:
    """Letters of a paragraph with straight quotes and single spaces, each with its node and its place there."""
    for text in paragraph.findall(nodes.Text):
        if not isinstance(text.parent, nodes.raw):
            yield from ((letter, text, place) for place, letter in enumerate(str(text)))


def _end(paragraph: nodes.paragraph, sentence: str) -> tuple[nodes.Text, int] | None:
    """Where a sentence ends in a paragraph: the node of its last letter, and the place behind it."""
    kept: list[tuple[str, nodes.Text, int]] = []
    for letter, text, place in _letters(paragraph):
        plain = clean(letter) or " "
        if plain != " " or (kept and kept[-1][0] != " "):
            kept.append((plain, text, place))
    start = "".join(letter for letter, _, _ in kept).find(sentence)
    if start < 0:
        return None
    _, text, place = kept[start + len(sentence) - 1]
    return text, place + 1


def _insert(text: nodes.Text, place: int, link: mark) -> None:
    """Put a mark into a text, or behind the link that the text is in."""
    parent, whole = text.parent, str(text)
    if isinstance(parent, nodes.reference):
        parent.parent.insert(parent.parent.index(parent) + 1, link)
        return
    parent.replace(text, [node for node in (nodes.Text(whole[:place]), link, nodes.Text(whole[place:])) if node != ""])
