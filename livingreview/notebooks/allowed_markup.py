"""What the text of a page and the stored outputs of a chapter may consist of: a list of what is allowed.

A page is plain Markdown with the roles and directives of this review. Raw HTML, other directives, images, comments and
attachments could hide a sentence, run a script, ask another host, or take in a file that nobody reviewed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from lxml import etree, html

#: Roles and directives that a page may use, those of the review and three of Sphinx, and the classes of a container.
ROLES = {"n", "src", "cite", "ref", "doc"}
DIRECTIVES = {
    *("bound-counts", "cite-chapter", "conclusions", "data-package", "mutation-run", "published-numbers"),
    *("container", "note"),
}
CONTAINERS = {"bottom-line", "status", "summary"}
#: What a link may begin with, where it leads out of the book.
ADDRESS = re.compile(r"https?://|mailto:")
#: What else it may name: a page, or a place on one. Sphinx would copy any other file into the site.
PAGE = re.compile(r"(?:chapters/)?[\w-]+\.(?:ipynb|md)(?:#[\w-]+)?|#?[\w-]+")
#: Types of the outputs of a chapter, and the elements of its HTML.
KINDS = {"application/papermill.record/text/plain", "text/html", "text/plain"}
ELEMENTS = {
    *("a", "b", "caption", "dd", "desc", "details", "div", "dl", "dt", "em", "fieldset", "figcaption", "figure"),
    *("form", "g", "h3", "h4", "i", "input", "label", "legend", "li", "nav", "noscript", "ol", "option", "output", "p"),
    *("path", "section", "select", "small", "span", "strong", "sub", "summary", "sup", "svg", "table", "tbody", "td"),
    *("text", "th", "thead", "title", "tr", "ul"),
}
_MARKUP = {
    **{"html_block": "raw HTML", "html_inline": "raw HTML", "image": "an image", "front_matter": "front matter"},
    **{"myst_line_comment": "a comment", "myst_block_break": "a block break", "code_block": "an indented block"},
}
_INFO = re.compile(r"\{([^}]*)\}\s*(.*)", re.DOTALL)
_SCHEME = re.compile(r"^\s*[a-z][a-z0-9+.-]*:", re.IGNORECASE)
#: A link that the parser leaves as text since it would run something; another parser need not.
_SCRIPT = re.compile(r"\]\(\s*(?:javascript|vbscript|data|file|attachment)\s*:|<(?:javascript|data):", re.IGNORECASE)
_REMEDY = "Write plain Markdown; what a page shows besides comes from its cells."

#: Line of the text, what is required, what was found, what to do.
Refusal = tuple[int, str, str, str]


@cache
def _parser() -> Any:
    """The parser of the build, with the extensions that _config.yml names."""
    from myst_parser.config.main import MdParserConfig
    from myst_parser.mdit_to_docutils.base import DocutilsRenderer
    from myst_parser.parsers.mdit import create_md_parser

    return create_md_parser(MdParserConfig(enable_extensions={"colon_fence"}), DocutilsRenderer)


def refusals(text: str, start: int = 0) -> Iterator[Refusal]:
    """Find what a text of Markdown holds that no page may hold.

    Parameters
    ----------
    text : str
        The source of a cell, of a page or of what a directive contains.
    start : int
        Lines before it in its cell or page.
    """
    for token in _parser().parse(text):
        line = start + (token.map[0] + 1 if token.map else 1)
        yield from (_refusal(line, actual) for actual in _block(token))
        for child in token.children or ():
            yield from (_refusal(line, actual) for actual in _inline(child))
        if token.type in ("fence", "colon_fence") and _INFO.match(token.info):
            yield from refusals(token.content, line)
    for number, written in enumerate(text.split("\n"), start + 1):
        if script := _SCRIPT.search(written):
            yield _refusal(number, f"a link to {script[0]}")
        if unseen := next((c for c in written if c != "\t" and not c.isprintable()), ""):
            yield _refusal(number, f"an invisible character, {_name(unseen)}")


def _refusal(line: int, actual: str) -> Refusal:
    return line, "be made of what pages may hold", actual, _REMEDY


def _block(token: Any) -> Iterator[str]:
    if token.type in _MARKUP:
        yield f"{_MARKUP[token.type]}, {token.content.strip()[:60]!r}"
    elif token.type in ("fence", "colon_fence") and (info := _INFO.match(token.info)):
        name, argument = info[1], info[2].strip()
        if name not in DIRECTIVES:
            yield f"the directive {{{name}}}"
        elif name == "container" and not set(argument.split()) <= CONTAINERS:
            yield f"a container of the class {argument!r}"
        elif re.match(r"\s*(:[\w-]+:|---)", token.content):
            yield f"an option of the directive {{{name}}}"


def _inline(token: Any) -> Iterator[str]:
    if token.type in _MARKUP:
        yield f"{_MARKUP[token.type]}, {(token.content or str(token.attrs)).strip()[:60]!r}"
    elif token.type == "myst_role" and token.meta["name"].split(":")[0] not in ROLES:
        yield f"the role {{{token.meta['name']}}}"
    elif token.type == "link_open" and not (
        ADDRESS.match(target := str(token.attrs.get("href", ""))) or PAGE.fullmatch(target)
    ):
        yield f"a link to {token.attrs['href']!r}"
    elif unseen := next((c for c in token.content if c not in "\t\n" and not c.isprintable()), ""):
        yield f"an invisible character, {_name(unseen)}"


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}"


def of_output(output: dict[str, Any]) -> Iterator[str]:
    """Find what a stored output holds that no output of a chapter may hold; its texts are in one piece."""
    data = output.get("data", {})
    yield from (f"an output of the type {kind}" for kind in data if kind not in KINDS)
    markup = str(data.get("text/html", ""))
    try:
        elements = [*html.fragment_fromstring(markup, create_parent="div").iter()] if markup else []
    except (etree.ParserError, ValueError) as error:
        yield f"HTML that cannot be read, {error}"
        return
    for element in elements:
        if element.tag not in ELEMENTS:
            yield f"the element <{element.tag if isinstance(element.tag, str) else '!-- --'}>"
            continue
        for name, value in element.attrib.items():
            where = name.rpartition(":")[2].rpartition("}")[2]
            if name.startswith("on") or (
                where in ("href", "src", "action") and _SCHEME.match(value) and not ADDRESS.match(value)
            ):
                yield f"{name}={value[:60]!r} in <{element.tag}>"
            elif name == "style" and re.search(r"display|visibility|position|url|expression|opacity", value):
                yield f"style={value[:60]!r} in <{element.tag}>"
