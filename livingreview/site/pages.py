"""What a page is made of: valid HTML, folded code, its styles and script in the page itself, its policy."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from livingreview.evidence import load
from livingreview.publish import fitting, searched
from livingreview.site import citing, datafiles, faults, previews
from livingreview.site.published import banners
from livingreview.statistics import wording

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
STATIC = HERE / "static"
#: The script of the forms in which a reader enters numbers.
TOOLS = "clinic.js"
#: Scripts that only some pages load, each with the markup that needs it.
ON_DEMAND = {TOOLS: '<form class="lr-tool"', "filter.js": " data-filter=", "rows.js": " data-rows="}
#: Name of the page that hosts show where there is none.
LOST = "404"

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_RELATIVE = re.compile(r'((?:href|action|src)=")(?!#|data:|[a-z]+:|/)')
_TAG = re.compile(r"<[^>]+>")
_LISTED = 'class="reference internal" href="{}.html"'
_PART = re.compile(r'(?s)<p class="caption"[^>]*><span class="caption-text">(.*?)</span></p>\n(<ul>.*?</ul>)')
_FOLD = re.compile(r"(?s)<details>(.*?</details>)")
#: The page that lists what is known and not used yet.
WAITING = "chapters/methods"
#: The page of notices in the menu.
_NOTICES = re.compile(r'<li[^>]*><a [^>]*href="(?:chapters/)?notices\.html"[^>]*>[^<]*</a></li>\n')
#: What a page and a handout are not; it stands at the foot of each.
ADVICE = (
    "For health professionals. A summary of published research, not medical advice and not a guideline; it does not "
    "replace clinical judgment or local protocols. No treatment should be started or stopped because of this page."
)
#: Most characters of a title and of a description: search engines show no more.
TITLE, DESCRIPTION = 69, 159
_SENTENCE = re.compile(r"(?<=[.?!])(?= [A-Z0-9])|$")
_CLAUSE = re.compile(r"(?=[,;:] | \()")
_SRC = re.compile(r'src="(?:\.\./)*(_static/[^"?]+)')


class Translator(HTML5Translator):
    """Sphinx's writer of HTML, without what validators and screen readers object to."""

    def starttag(  # type: ignore[no-untyped-def]
        self, node, tagname, suffix="\n", empty=False, **attributes
    ) -> str:
        """Scope header cells, and leave out the slash of void tags."""
        if tagname == "th":
            attributes["scope"] = "col" if "head" in attributes["classes"] else "row"
        return str(super().starttag(node, tagname, suffix, **attributes))

    def visit_section(self, node: nodes.Element) -> None:
        """Write the page itself as a plain part: its first heading belongs to no section of the page."""
        if isinstance(node.parent, nodes.document):
            self.section_level += 1
            self.body.append(self.starttag(node, "div"))
        else:
            super().visit_section(node)

    def depart_section(self, node: nodes.Element) -> None:
        """Close the part."""
        if isinstance(node.parent, nodes.document):
            self.section_level -= 1
            self.body.append("</div>\n")
        else:
            super().depart_section(node)

    def visit_reference(self, node: nodes.Element) -> None:
        """Let a link whose text does not say where it leads say so where links are read out alone."""
        super().visit_reference(node)
        if "leads_to" in node:
            label = html.escape(f"{node.astext()} ({node['leads_to']})")
            self.body[-1] = self.body[-1].replace("<a ", f'<a aria-label="{label}" ', 1)

    def visit_footnote(self, node: nodes.Element) -> None:
        """Write notes as a list: as <aside> each was a landmark, and its role is deprecated."""
        if not isinstance(node.previous_sibling(), type(node)):
            self.body.append(f'<div class="{node.tagname}-list" role="list">\n')
        self.body.append(self.starttag(node, "div", classes=[node.tagname], role="listitem"))

    def depart_footnote(self, node: nodes.Element) -> None:
        """Close the note, and the list after the last one."""
        self.body.append("</div>\n")
        if not isinstance(node.next_node(descend=False, siblings=True), type(node)):
            self.body.append("</div>\n")

    visit_citation = visit_footnote
    depart_citation = depart_footnote


class folded_code(nodes.General, nodes.Element):  # type: ignore[misc]  # noqa: N801 (named as in docutils)
    """The code of the cells of a section, closed until somebody asks for it."""


def visit_folded_code(translator: Translator, _node: nodes.Element) -> None:
    """Open the fold."""
    translator.body.append('<details class="lr-code"><summary>Code</summary>\n')


def depart_folded_code(translator: Translator, _node: nodes.Element) -> None:
    """Close the fold."""
    translator.body.append("</details>\n")


class FoldCode(SphinxPostTransform):
    """Keep the outputs of code cells in their place, and fold their code at the end of the section.

    A cell that only publishes numbers then leaves nothing behind, and a page has one quiet line of
    code for each section. What stands before the first section is folded into that one.
    """

    formats = ("html",)
    default_priority = 50  # after the choice of an output's format (4), before furo wraps tables (500)

    def run(self, **_kwargs: Any) -> None:
        """Move the code of every cell of the document."""
        folds: dict[nodes.Element, folded_code] = {}
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") != "cell_code":
                continue
            outputs = []
            for part in cell.children:
                if part.get("nb_element") == "cell_code_source":
                    for block in part.children:
                        block["language"] = "none"  # colours would be a sixth of the weight of a chapter
                    folds.setdefault(self._home(cell.parent), folded_code()).extend(part.children)
                else:
                    outputs += part.children
            cell.parent.replace(cell, outputs)
        for home, fold in folds.items():
            home.insert(self._end_of_text(home), fold)

    @staticmethod
    def _end_of_text(home: nodes.Element) -> int:
        return int(home.first_child_matching_class(nodes.section) or len(home))

    def _home(self, section: nodes.Element) -> nodes.Element:
        is_page = section.parent is self.document
        first = section.first_child_matching_class(nodes.section) if is_page else None
        return section if first is None else section[first]


class ScrollTables(SphinxPostTransform):
    """Make furo's wrapper of a table a named region to scroll in; it also repeats the ids of the table."""

    formats = ("html",)
    default_priority = 600  # after furo wraps tables (500)

    def run(self, **_kwargs: Any) -> None:
        """Replace the wrapper of every table of the document."""
        for wrapper in list(self.document.findall(nodes.container)):
            if "table-wrapper" in wrapper["classes"]:
                caption = wrapper.next_node(nodes.title)
                label = html.escape(caption.astext() if caption else "Table")
                opening = f'<div class="table-scroll" role="region" aria-label="{label}" tabindex="0">'
                around = [nodes.raw("", tag, format="html") for tag in (opening, "</div>")]
                wrapper.parent.replace(wrapper, [around[0], *wrapper.children, around[1]])


class Fit(SphinxPostTransform):
    """Give stored tables and figures the form that fits any width."""

    formats = ("html",)
    default_priority = 720  # after the figures as stored are written for download (710)

    def run(self, **_kwargs: Any) -> None:
        """Replace every output of the document."""
        for raw in self.document.findall(nodes.raw):
            raw.children = [nodes.Text(fitting.fitted(raw.astext()))]


@functools.cache
def script(name: str) -> str:
    """Return a script that stands in pages without what is there for its writers."""
    return re.sub(r"^\s*(?://.*\n)?", "", (STATIC / name).read_text(encoding="utf-8"), flags=re.MULTILINE)


def policy(*scripts: str) -> str:
    """Return the content security policy: this site alone, and of inline scripts only those given."""
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'"
    )


@functools.cache
def icon() -> str:
    """Return the icon as a data URI: a file would be one more request."""
    return "data:image/svg+xml," + quote((STATIC / "icon.svg").read_text(encoding="utf-8").strip())


@functools.cache
def styles() -> str:
    """Return the styles of the site without what is there for their writers."""
    css = (STATIC / "style.css").read_text(encoding="utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};])\s*|([:,])\s+", r"\1\2", re.sub(r"\s+", " ", css)).strip()


def tools(body: str) -> list[str]:
    """List the scripts that a page needs, by what it holds."""
    return [name for name, markup in ON_DEMAND.items() if markup in body]


def menu(app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    """Hand the template the menu of all chapters, made once for each folder: Sphinx and furo make one for each page."""
    resolve = context.pop("toctree")  # without it furo makes none
    folder, _, name = page.rpartition("/")
    if not hasattr(app.builder, "menus"):
        app.builder.menus = {}  # type: ignore[attr-defined]
    menus: dict[str, str] = app.builder.menus  # type: ignore[attr-defined]
    if folder not in menus:
        text = resolve(collapse=False, titles_only=True, maxdepth=-1, includehidden=True)
        text = re.sub(r' class="current"|(?<=[\w-]) current(?=")| role="heading"', "", text)
        menus[folder] = _folded(text.replace('class="current reference internal" href="#"', _LISTED.format(name)))
    here = 'class="reference internal" href="#" aria-current="page"'
    # a page beside a chapter, such as the results of a trial, has the chapter's name before a hyphen
    chapter = _LISTED.format(name.partition("-")[0])
    opened = _FOLD.sub(lambda fold: f"<details open>{fold[1]}" if chapter in fold[1] else fold[0], menus[folder])
    context["menu"] = opened.replace(_LISTED.format(name), here)


def _folded(menu: str) -> str:
    """Fold every part of the menu but the first, which is the review; a page with nothing on it is in no menu."""
    if load().notices.empty:
        menu = _NOTICES.sub("", menu)
    parts = count()
    return _PART.sub(
        lambda part: f"<details><summary>{part[1]}</summary>\n{part[2]}</details>" if next(parts) else part[0], menu
    )


def fill(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Hand the template what a page needs beyond its text."""
    facts = load().facts
    lost = script("lost.js") if page == LOST and not facts["site_url"] else ""
    preview, title = "", html.unescape(_TAG.sub("", context["title"]))
    if doctree is not None and facts["site_url"]:  # other sites ask for a whole address
        name = f"{previews.FOLDER}/{page}.png"
        dated = f"Version {facts['version']} · evidence read to {facts['evidence_searched_to']}"
        previews.draw(Path(app.outdir, name), title, facts["title"], dated)
        preview = f"{facts['site_url'].rstrip('/')}/{name}"
    number_card = script("number.js") if context["cards"] else ""
    text = doctree.next_node(nodes.paragraph) if doctree else None
    context.update(
        advice=ADVICE,
        description=short(citing.answer(doctree) or (" ".join(text.astext().split()) if text else "")),
        doctree_page=doctree is not None,
        icon=icon(),
        labels=fitting.labels(context.get("body", "")),
        lost=lost,
        number_card=number_card,
        preview=preview,
        notebook=_notebook(app, page) if doctree is not None else (),
        notices=banners(Path(app.env.doc2path(page))) if doctree is not None else [],
        policy=policy(*filter(None, [script("start.js"), script("status.js"), lost, number_card])),
        edit_at=faults.edit_at(facts, _path_of(app, page)) if doctree is not None else "",
        due=wording.day(facts["next_search_due"]),
        how_else=faults.HOW_ELSE if faults.HOW_ELSE[0] in app.env.found_docs else (),
        report_to=faults.report_to(facts, f"{page}.html", title),
        review=facts,
        searched=searched.status(load()),
        waiting=len(searched.waiting(load())) if WAITING in app.env.found_docs else 0,
        script=script("start.js"),
        status=script("status.js"),
        styles=styles(),
        tab_title=tab_title(title, facts["title"]) if page != app.config.root_doc else facts["title"],
        tools=tools(context.get("body", "")),
    )


def _path_of(app: Sphinx, page: str) -> str:
    return Path(app.env.doc2path(page)).relative_to(app.srcdir).as_posix()


def _notebook(app: Sphinx, page: str) -> tuple[str, ...]:
    """Put the notebook of a page beside the pages: its path, and its place in the repository where both are known."""
    source = Path(app.env.doc2path(page))
    if source.suffix != ".ipynb":
        return ()
    path = Path(app.outdir, "notebooks", source.name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(datafiles.content(source))
    facts = citing.page_facts(Path(app.srcdir))
    known = facts["repository"] and facts["commit"]
    place = f"{facts['repository'].rstrip('/')}/blob/{facts['commit']}/chapters/{source.name}" if known else ""
    return f"notebooks/{source.name}", place


def tab_title(title: str, review: str) -> str:
    """Write the title of the tab: that of the page, with as much of the title of the review as there is room for."""
    whole = (f"{title} - {name}" for name in (review, review.partition(":")[0]))
    return next((text for text in whole if len(text) <= TITLE), title)


def short(text: str) -> str:
    """Shorten a text to a description: to whole sentences, or else to the end of a clause outside brackets."""
    sentences = [end.start() for end in _SENTENCE.finditer(text) if end.start() <= DESCRIPTION]
    if sentences:
        return text[: sentences[-1]]
    clauses = (end.start() for end in _CLAUSE.finditer(text) if end.start() < DESCRIPTION - 1)
    outside = [end for end in clauses if text.count("(", 0, end) == text.count(")", 0, end)]
    return f"{text[: outside[-1]]} …" if outside else ""


def others(_app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give the pages that are no chapter."""
    yield "search", {"title": "Search"}, "search.html"
    yield LOST, {"title": "Page not found"}, "404.html"


def finish(app: Sphinx, error: Exception | None) -> None:
    """Let the links of the page for 'not found' begin at the root, if that is known, and drop what no page uses."""
    if error is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    if address := load().facts["site_url"]:
        page, root = site / f"{LOST}.html", urlsplit(address).path.rstrip("/")
        page.write_text(_RELATIVE.sub(rf"\1{root}/", page.read_text(encoding="utf-8")), encoding="utf-8")
    used = {name for page in site.rglob("*.html") for name in _SRC.findall(page.read_text(encoding="utf-8"))}
    for path in sorted((site / "_static").rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        elif path.relative_to(site).as_posix() not in used:
            path.unlink()
    (site / ".buildinfo").unlink(missing_ok=True)
    _list_pages(site, load().facts["site_url"].rstrip("/"))


def _list_pages(site: Path, address: str) -> None:
    """List the pages for search engines, where the site has an address."""
    hidden = {f"{LOST}.html", "search.html"}
    paths = sorted({path.relative_to(site).as_posix() for path in site.rglob("*.html")} - hidden)
    places = (f"{address}/{'' if path == 'index.html' else quote(path)}" for path in paths)
    urls = "".join(f"<url><loc>{html.escape(place)}</loc></url>\n" for place in places)
    if address:
        text = f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{_SITEMAP}">\n{urls}</urlset>\n'
        (site / "sitemap.xml").write_text(text, encoding="utf-8", newline="")
        robots = f"User-agent: *\nAllow: /\nSitemap: {address}/sitemap.xml\n"
        (site / "robots.txt").write_text(robots, encoding="utf-8", newline="")
