"""Abbreviations, spelled out once a page, from data/glossary.csv.

In running text they are spelled out where they are first used; those that only tables and figures use, at the end.
"""

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
_FOLD = ('<details class="lr-abbreviations"><summary>Abbreviations in tables and figures</summary>', "</details>\n")
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


def _terms(markup: str) -> list[str]:
    """Abbreviations that the text of some HTML uses, in its order."""
    return [*dict.fromkeys(match[1] for match in _pattern().finditer(html.unescape(_TAG.sub(" ", markup))))]


def spelled_after(markup: str) -> str:
    """Write the fold that spells out the abbreviations of a page of rows, beside the glossary.

    Parameters
    ----------
    markup : str
        HTML of its rows.

    Returns
    -------
    str
        HTML; empty if they have none.
    """
    pairs = {term: spelled()[term] for term in _terms(markup)}
    named = "; ".join(
        f'{html.escape(term)}: <a href="{load().page(row)}.html#{row}">{html.escape(text)}</a>'
        for term, (row, text) in pairs.items()
    )
    return f'{_FOLD[0]}<p class="lr-full">{named}.</p>{_FOLD[1]}' if named else ""


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

    The full form follows in square brackets, behind a link that holds the abbreviation. Tables and figures stand as
    they are stored: what only they use is spelled out in a fold before the list of sources, or at the end.
    """

    formats = ("html",)
    default_priority = 690  # after references are resolved (10) and before the downloads are added (710)

    def run(self, **_kwargs: Any) -> None:
        """Go through the page in the order in which it is read."""
        page = f"chapters/{load().pages['glossary']}"
        if self.env.docname == page or page not in self.env.found_docs:
            return
        self.met: set[str] = set()
        stored: list[str] = []
        for node in list(self.document.findall()):
            if _is_stored(node):
                stored += [] if "lr-cite" in node.astext() else _terms(node.astext())  # to cite: APA is a style there
            elif isinstance(node, nodes.Text) and not any(_is_apart(around) for around in _above(node)):
                self._within(node)
        if rest := [term for term in dict.fromkeys(stored) if term not in self.met]:
            self._at_end(rest)

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

    def _at_end(self, terms: list[str]) -> None:
        """Put a fold before the sources, which are a section of the page, or after all else."""
        line = nodes.paragraph("", "", *self._named(terms), nodes.Text("."), classes=["lr-full"])
        opening, closing = (nodes.raw("", tag, format="html") for tag in _FOLD)
        sections = [*self.document.findall(nodes.section)]
        if not sections:
            return
        sources = next((part for part in sections if part[0].astext() == "Sources"), None)
        home = sections[0] if sources is None else sources.parent
        at = len(home) if sources is None else home.index(sources)
        home.insert(at, [opening, line, closing])
