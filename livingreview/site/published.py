"""Published numbers on the page: the role ``{n}`` and the directives that list what notebooks publish.

A notebook stores each number it publishes in an output that shows nothing. The role puts the stored
text into the prose, as a link to the evidence that it came from.
"""

from __future__ import annotations

import difflib
import functools
import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from livingreview.audit.fingerprint import STORED
from livingreview.audit.mutation import tally
from livingreview.audit.numerals import COUNTS
from livingreview.evidence import NUMBERS, EvidenceError, Source, load
from livingreview.notebooks.files import read
from livingreview.notebooks.files import source as source_of
from livingreview.notebooks.outputs import ChapterOutputs, Conclusion, Number, of_chapter, users
from livingreview.publish import overturned, record
from livingreview.publish.evidence_cards import Cards
from livingreview.publish.evidence_tables import grouped
from livingreview.publish.numbers import Cell, Markup, origin

if TYPE_CHECKING:
    from sphinx.application import Sphinx

CHAPTERS = "chapters"

logger = logging.getLogger(__name__)


def outputs(notebook: Path) -> ChapterOutputs:
    """Read what a notebook stores."""
    return _outputs(notebook, notebook.stat().st_mtime_ns)


@functools.lru_cache
def _outputs(notebook: Path, _mtime: int) -> ChapterOutputs:
    return of_chapter(notebook.stem, read(notebook))


def hide(app: Sphinx, document: str, source: list[str]) -> None:
    """Leave, of the outputs of a notebook that is read as a page, what is made for it: tables and figures.

    What is stored to be published elsewhere, MyST-NB would warn of; what a cell merely returns, it would print.
    """
    if Path(app.env.doc2path(document)).suffix == ".ipynb":
        notebook = json.loads(source[0])
        for cell in notebook["cells"]:
            if "outputs" in cell:
                cell["outputs"] = [out for out in cell["outputs"] if record.HTML in out.get("data", [record.HTML])]
        source[0] = json.dumps(notebook)


_NAMED = re.compile(r"\{(n|src)\}`([^`]+)`")


class UsedIn(SphinxPostTransform):
    """Say beside each row of the evidence which chapters state it."""

    formats = ("html",)
    default_priority = 700

    def run(self, **_kwargs: Any) -> None:
        """Complete the last line of every row of the page that has an anchor."""
        listing = self.env.docname.removeprefix(f"{CHAPTERS}/")
        if listing not in load().pages.values():
            return
        chapters = []
        for document in self.env.config.external_site_map:
            notebook = Path(self.env.srcdir, f"{document.removesuffix('.ipynb')}.ipynb")
            if notebook.exists():
                self.env.note_dependency(str(notebook))
                chapters.append(outputs(notebook))
        of_row = users(chapters)
        for raw in self.document.findall(nodes.raw):
            if '<li id="' in raw.astext():
                text = _ROW.sub(
                    lambda found: found[0] + _used_in(of_row.get(html.unescape(found[1]), ())), raw.astext()
                )
                raw.children = [nodes.Text(text)]


_ROW = re.compile(r'<li id="([^"]+)">.*?(?=</p></li>)')


def _used_in(chapters: Sequence[str]) -> str:
    links = ", ".join(f'<a href="{chapter}.html">{chapter}</a>' for chapter in chapters)
    return f'<span class="lr-used"> used in {links}</span>' if links else ""


def published(notebook: Path) -> dict[str, Number]:
    """Read what a notebook publishes, by key, in the order of the notebook."""
    return {number.key: number for number in outputs(notebook).numbers}


def find(env: BuildEnvironment, reference: str) -> Number:
    """Find the number that ``key`` or ``chapter:key`` names on the page being read.

    Raises
    ------
    LookupError
        If there is no such chapter or key; the message says what is near.
    """
    chapter, _, key = reference.rpartition(":")
    notebook = Path(env.srcdir, CHAPTERS, f"{chapter}.ipynb") if chapter else Path(env.doc2path(env.docname))
    if notebook.suffix != ".ipynb":
        named = f"{{n}}`{key.partition('_')[0]}:{key}`"
        raise LookupError(f"this page is no notebook; name the chapter, as in {named}")
    if not notebook.exists():
        raise LookupError(f"there is no chapter {CHAPTERS}/{notebook.name}")
    env.note_dependency(str(notebook))
    numbers = published(notebook)
    if key not in numbers:
        near = ", ".join(difflib.get_close_matches(key, numbers)) or "none is near"
        raise LookupError(f"{CHAPTERS}/{notebook.name} publishes no {key!r} (near: {near})")
    return numbers[key]


def link_to(role: SphinxRole, text: str, document: str, anchor: str, title: str = "") -> nodes.Node:
    """Return a link that waits for the builder to say where the page is.

    A pending cross-reference, since that is what Sphinx strips from the titles it copies to the
    sidebar, the contents and the browser's tab.
    """
    pending = addnodes.pending_xref(
        role.rawtext, nodes.Text(text), refdomain="", reftype=role.name, reftarget=role.text
    )
    pending.attributes.update(document=document, anchor=anchor, title=title)
    role.set_source_info(pending)
    return pending


def failed(role: SphinxRole, error: Exception) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Warn of a role that finds nothing, at its place; the build is run so that a warning ends it."""
    logger.warning("{%s}`%s`: %s", role.name, role.text, error, location=role.get_location())
    return [nodes.problematic(text=f"{{{role.name}}}`{role.text}`")], []


class NumberRole(SphinxRole):
    """``{n}`key``` or ``{n}`chapter:key```: a published number, as a link to its evidence."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Put the stored text at the place of the role."""
        try:
            number = find(self.env, self.text)
            target = origin(number.key, number.rows, number.formula)
            return [link_to(self, number.text, f"{CHAPTERS}/{target.page}", target.anchor, target.title)], []
        except (LookupError, EvidenceError) as error:
            return failed(self, error)


class SourceRole(SphinxRole):
    """``{src}`key```: the short name of a source, as a link to its entry."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Put the name at the place of the role."""
        sources = load().sources
        if self.text not in sources:
            near = ", ".join(difflib.get_close_matches(self.text, sources)) or "none is near"
            return failed(self, LookupError(f"data/references.bib has no such source (near: {near})"))
        return [link_to(self, sources[self.text].short, f"{CHAPTERS}/{load().page(self.text)}", self.text)], []


def resolve(
    app: Sphinx, _env: BuildEnvironment, node: addnodes.pending_xref, text: nodes.TextElement
) -> nodes.Node | None:
    """Turn what waits into a link in HTML; into text in any other format, and within a link."""
    if "anchor" not in node:
        return None
    if app.builder.format != "html" or _within_link(node):
        return text
    uri = f"{app.builder.get_relative_uri(node['refdoc'], node['document'])}#{node['anchor']}"
    link = nodes.reference("", "", text, internal=True, refuri=uri)
    if node["title"]:
        link["reftitle"] = node["title"]
        if re.fullmatch(r"[a-z-]+", link.astext()):  # a word such as 'more' does not say what its link leads to
            link["leads_to"] = "evidence"
        link["classes"].append("n")
    return link


def _within_link(node: nodes.Node | None) -> bool:
    while node := node and node.parent:
        if isinstance(node, nodes.reference | addnodes.pending_xref):
            return True
    return False


def use_labels(_app: Sphinx, document: nodes.document) -> None:
    """Give a heading that holds a number its label as anchor: the other one changes with the number."""
    for title in document.findall(nodes.title):
        section = title.parent
        if not isinstance(section, nodes.section) or section.parent is document:
            continue
        if any(node["reftype"] == "n" for node in title.findall(addnodes.pending_xref)):
            labels = [name for name in section["ids"] if name != nodes.make_id(title.astext())]
            if not labels:
                logger.warning("a heading with a number needs a label, as (name)= before it", location=title)
            section["ids"] = labels or section["ids"]


def _row(number: Number) -> tuple[Cell, ...]:
    links = ", ".join(f'<a href="{load().page(row)}.html#{row}">{row}</a>' for row in number.rows)
    chapter = f'<a href="{number.chapter}.html">{number.chapter}</a>'
    return Cell(number.text), Cell(number.how), Markup(links), Markup(chapter)


class PublishedNumbers(SphinxDirective):
    """``{published-numbers}``: a list of every number of every chapter, in the order of the contents.

    Its links are relative to the folder of the chapters, where its page is.
    """

    def run(self) -> list[nodes.Node]:
        """Read every notebook of the book."""
        rows: dict[Number, tuple[Cell, ...]] = {}
        for document in self.env.app.config.external_site_map:
            notebook = Path(self.env.srcdir, f"{document.removesuffix('.ipynb')}.ipynb")
            if not notebook.exists():
                continue
            self.env.note_dependency(str(notebook))
            for number in published(notebook).values():
                try:
                    rows[number] = _row(number)
                except EvidenceError as error:
                    logger.warning("{n}`%s`: %s", number.key, error, location=self.get_location())
        ids, columns = tuple(number.key.replace("_", "-") for number in rows), ("Value", "How", "Rows", "Chapter")
        whole = Cards("Every published number", columns, tuple(rows.values()), ids, heading=columns[:1])
        shown = grouped(whole, NUMBERS, NUMBERS, [number.chapter for number in rows])
        return [nodes.raw("", shown._repr_html_(), format="html")]


@dataclass(frozen=True)
class Banner:
    """What a page says of a notice on one of its sources."""

    source: Source
    notice: str
    numbers: int
    conclusions: int

    @property
    def pages(self) -> tuple[str, str]:
        """Pages that list the source and the notice."""
        return load().page(self.source.key), load().page(self.notice)

    @property
    def is_correction(self) -> bool:
        """True for a correction, which is named below the text; what questions a source stands above the title."""
        return bool(load().notices.loc[self.notice, "kind"] == "correction")


def banners(page: Path) -> list[Banner]:
    """Find the notices on the sources of a page, by the rows that its numbers, conclusions and tables carry.

    Parameters
    ----------
    page : Path
        Its notebook or Markdown file.

    Returns
    -------
    list of Banner
        One a source with a notice, the gravest first; a correction only where a number or a conclusion rests on its
        source.
    """
    book = load()
    if book.notices.empty or not page.exists():
        return []
    numbers_of, conclusions_of, used = _carried(page, page.stat().st_mtime_ns)
    numbers, concluded = ([book.marked(one.rows) for one in of] for of in (numbers_of, conclusions_of))
    known = [row for row in used if row in book]
    found = [
        Banner(
            book.sources[key], book.notice_on(key), *(sum(key in found for found in of) for of in (numbers, concluded))
        )
        for key in book.marked({key for found in (*numbers, *concluded, book.marked(known)) for key in found})
    ]
    return [banner for banner in found if banner.numbers or banner.conclusions or not banner.is_correction]


@functools.lru_cache
def _carried(page: Path, _mtime: int) -> tuple[list[Number], tuple[Conclusion, ...], set[str]]:
    """The numbers that a page publishes or names, its conclusions, and the rows and sources that it shows."""
    text, stored = page.read_text(encoding="utf-8"), ChapterOutputs(page.stem)
    if page.suffix == ".ipynb":
        stored = outputs(page)
        text = "\n".join(source_of(cell) for cell in read(page)["cells"] if cell["cell_type"] == "markdown")
    carried = {(page.stem, number.key): number for number in stored.numbers}
    used = {*stored.used, *stored.listed}
    for role, name in _NAMED.findall(text):
        chapter, _, key = name.rpartition(":")
        notebook = page.parent / CHAPTERS / f"{chapter}.ipynb" if page.suffix == ".md" else page.with_stem(chapter)
        if role == "src":
            used.add(key)
        elif chapter and notebook.exists():
            carried[chapter, key] = published(notebook)[key]
    return list(carried.values()), stored.conclusions, used


class Conclusions(SphinxDirective):
    """``{conclusions}``: the conclusions of every chapter, each asserted by a cell of its notebook.

    One that rests on a source with a notice says so.
    """

    def run(self) -> list[nodes.Node]:
        """Read them from the outputs of the notebooks, in the order of the contents."""
        lists: list[nodes.Node] = []
        for document in self.env.app.config.external_site_map:
            notebook = Path(self.env.srcdir, f"{document.removesuffix('.ipynb')}.ipynb")
            if not notebook.exists():
                continue
            self.env.note_dependency(str(notebook))
            if stored := outputs(notebook).conclusions:
                link = addnodes.pending_xref(
                    "", nodes.inline(), refdomain="std", reftype="doc", reftarget=f"/{CHAPTERS}/{notebook.stem}"
                )
                link["refexplicit"], link["refdoc"] = False, self.env.docname
                items = [self._item(conclusion) for conclusion in stored]
                lists.append(nodes.paragraph("", "", link))
                lists.append(nodes.bullet_list("", *items, classes=["lr-conclusions"]))
        if not lists:
            logger.warning("{conclusions}: no cell of any chapter concludes anything", location=self.get_location())
        return lists

    @staticmethod
    def _item(conclusion: Conclusion) -> nodes.list_item:
        item = nodes.paragraph(
            "", conclusion.sentence, turning=overturned.place(conclusion.chapter, conclusion.sentence)
        )
        if noticed := [load().sources[key].short for key in load().marked(conclusion.rows)]:
            item += [nodes.Text(" "), nodes.strong("", f"Rests on {', '.join(noticed)}.")]
        return nodes.list_item("", item)


class MutationRun(SphinxDirective):
    """``{mutation-run}``: what the last full proof by mutation found, unless it is older than the data."""

    def run(self) -> list[nodes.Node]:
        """Read the stored run."""
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / STORED))
        return [nodes.raw("", tally.html(root), format="html")]


class BoundCounts(SphinxDirective):
    """``{bound-counts}``: the place for the counts of bound numerals, which are known when all pages are written."""

    def run(self) -> list[nodes.Node]:
        """Leave the place empty."""
        return [nodes.raw("", COUNTS, format="html")]
