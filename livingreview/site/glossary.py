"""Abbreviations, spelled out where a page first uses them, from data/glossary.csv."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from livingreview.evidence import load

#: What is no running text: headings are copied to menus, code and lists of sources are quoted as they are.
_APART: tuple[type[nodes.Node], ...]
_APART = (nodes.title, nodes.literal, nodes.literal_block, nodes.footnote, nodes.citation)
#: More than so many before one table are folded.
MANY = 8
_FOLD = ('<details class="lr-abbreviations"><summary>Abbreviations of this table</summary>', "</details>\n")
_TAG = re.compile(r"<[^>]+>")


@functools.cache
def spelled() -> dict[str, tuple[str, str]]:
    """Return id and full form of each abbreviation that is spelled out; names of countries and registries are not."""
    rows = load().glossary
    return {row["term"]: (str(i), row["full"]) for i, row in rows[rows["kind"] == "abbreviation"].iterrows()}


@functools.cache
def _pattern() -> re.Pattern[str]:
    terms = "|".join(map(re.escape, sorted(spelled(), key=len, reverse=True)))
    return re.compile(rf"(?<![\w-])({terms})(?:['’]?s)?(?:-[a-z]+)*(?![\w+]|-[A-Z\d])")


def spelled_before(markup: str) -> str:
    """Write the line that spells out the abbreviations of a table, for a page beside the glossary.

    Parameters
    ----------
    markup : str
        HTML of the table.

    Returns
    -------
    str
        HTML; empty if it has none.
    """
    found = dict.fromkeys(match[1] for match in _pattern().finditer(html.unescape(_TAG.sub(" ", markup))))
    full = {term: (row, html.escape(text)) for term, (row, text) in spelled().items() if term in found}
    links = {term: f'<a href="{load().page(row)}.html#{row}">{text}</a>' for term, (row, text) in full.items()}
    named = [f"{html.escape(term)}: {links[term]}" for term in found]
    if not named:
        return ""
    opening, closing = _FOLD if len(named) > MANY else ("", "\n")
    return f'{opening}<p class="lr-full">{"; ".join(named)}.</p>{closing}'


def _above(node: nodes.Node | None) -> Iterator[nodes.Element]:
    while (node := node and node.parent) is not None:
        yield node


def _is_stored(node: nodes.Node) -> bool:
    """Whether a node stands as a notebook stores it: a table, a figure, the conclusions of a chapter."""
    return isinstance(node, nodes.raw) or (isinstance(node, nodes.Element) and "lr-conclusions" in node["classes"])


def _is_apart(node: nodes.Element) -> bool:
    return isinstance(node, _APART) or _is_stored(node) or "lr-cite" in node["classes"]


class SpellOut(SphinxPostTransform):
    """Spell out each abbreviation at its first use on a page.

    In running text the full form follows in square brackets, behind a link that holds the abbreviation. Tables and
    figures stand as they are stored: theirs are spelled out in a line before them.
    """

    formats = ("html",)
    default_priority = 690  # after references are resolved (10) and before the downloads are added (710)

    def run(self, **_kwargs: Any) -> None:
        """Go through the page in the order in which it is read."""
        page = f"chapters/{load().pages['glossary']}"
        if self.env.docname == page or page not in self.env.found_docs:
            return
        self.met: set[str] = set()
        for node in list(self.document.findall()):
            if _is_stored(node):
                self._before(node)
            elif isinstance(node, nodes.Text) and not any(_is_apart(around) for around in _above(node)):
                self._within(node)

    def _new(self, text: str, said: str = "") -> list[tuple[str, int]]:
        """Abbreviations that the page has not had yet, each with where it ends; `said` may hold their full form."""
        found: dict[str, int] = {}
        for match in _pattern().finditer(text):
            found.setdefault(match[1], match.end())
        new = [(term, end) for term, end in found.items() if term not in self.met]
        self.met.update(found)
        return [(term, end) for term, end in new if spelled()[term][1].casefold() not in said.casefold()]

    def _full(self, term: str) -> nodes.reference:
        row, full = spelled()[term]
        address = self.app.builder.get_relative_uri(self.env.docname, f"chapters/{load().page(row)}")
        return nodes.reference("", full, internal=True, refuri=f"{address}#{row}")

    def _named(self, terms: list[str]) -> Iterator[nodes.Node]:
        for count, term in enumerate(terms):
            yield nodes.Text(f"{'; ' if count else ''}{term}: ")
            yield self._full(term)

    def _within(self, text: nodes.Text) -> None:
        block = next((around for around in _above(text) if isinstance(around, nodes.paragraph)), text.parent)
        new = self._new(str(text), block.astext())
        if not new:
            return
        links = [around for around in _above(text) if isinstance(around, nodes.reference)]
        if links:
            named = nodes.inline(
                "", " [", *self._named([term for term, _ in new]), nodes.Text("]"), classes=["lr-full"]
            )
            links[-1].parent.insert(links[-1].parent.index(links[-1]) + 1, named)
            return
        parts: list[nodes.Node] = []
        start = 0
        for term, end in new:
            full = nodes.inline("", " [", self._full(term), nodes.Text("]"), classes=["lr-full"])
            parts += [nodes.Text(str(text)[start:end]), full]
            start = end
        text.parent.replace(text, [*parts, nodes.Text(str(text)[start:])])

    def _before(self, stored: nodes.Element) -> None:
        if "lr-cite" in stored.astext():  # how to cite: APA is a style there
            return
        new = [term for term, _ in self._new(html.unescape(_TAG.sub(" ", stored.astext())))]
        if new:
            output = stored
            while isinstance(output.parent, nodes.container):
                output = output.parent
            line = nodes.paragraph("", "", *self._named(new), nodes.Text("."), classes=["lr-full"])
            opening, closing = (nodes.raw("", tag, format="html") for tag in _FOLD)
            folded = [opening, line, closing] if len(new) > MANY else [line]
            at = output.parent.index(output)
            output.parent.insert(at, folded)
