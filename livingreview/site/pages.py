"""What a page is made of: valid HTML, folded code, its styles and script in the page itself, its policy."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from docutils import nodes
from sphinx.search.en import SearchEnglish
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from livingreview.site.published import banners, review

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).parent
STATIC = HERE / "static"
#: The script of the forms in which a reader enters numbers; only a page with such a form loads it.
TOOLS = "clinic.js"


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


class Search(SearchEnglish):
    """English, without what nobody finds: the search box ignores numbers, and names of code are noise."""

    lang = "en"

    def word_filter(self, word: str) -> bool:
        """Say whether a word is worth its place in the index."""
        return super().word_filter(word) and not word.isdigit() and "_" not in word


@functools.cache
def script() -> str:
    """Return the one script of the site, as it stands in every page."""
    return (STATIC / "start.js").read_text(encoding="utf-8")


@functools.cache
def policy() -> str:
    """Return the content security policy: this site alone, and of inline scripts only ours."""
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src 'self' data:; form-action 'self'; base-uri 'none'"
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
    return re.sub(r"\s*([{};])\s*", r"\1", css).strip()


def fill(app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    """Hand the template what a page needs beyond its text."""
    tools = TOOLS if '<form class="lr-tool"' in context.get("body", "") else ""
    context.update(tools=tools, icon=icon(), policy=policy(), review=review(), script=script(), styles=styles())
    context["notices"] = banners(Path(app.env.doc2path(page))) if page in app.env.found_docs else []
