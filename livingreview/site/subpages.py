"""Pages beside a chapter: the code of a long one, and the groups of rows of a chapter that the dictionary divides.

A notebook stores its tables and its code whole, and is verified whole; only what it shows is put on several pages.
"""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

from livingreview.evidence import NUMBERS, load
from livingreview.notebooks.files import has_code_page, read
from livingreview.site import pages
from livingreview.site.glossary import spelled_after
from livingreview.site.published import CHAPTERS

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

Page = tuple[str, dict[str, Any]]
logger = logging.getLogger(__name__)

#: Bytes, compressed, that a page that lists rows may weigh; the bar of 40,000 counts the scripts that it loads, too.
LIMIT = 39_000
#: Folder of the scripts that say which page holds a row, from the root of the site.
FOLDER = "rows"

_GROUP = re.compile(r'(?s)<div class="lr-group" id="[^"]+" data-page="([^"]+)">\n.*?</ul>\n</div>\n')
_LABEL = re.compile(r'<li><a href="([^"#]+)\.html#[^"]+">([^<]+)</a></li>')
_ROW = re.compile(r'<li id="([^"]+)"')
_CODE = re.compile(r'(?s)<details class="lr-code"><summary>Code</summary>\n(.*?)</details>\n')


def divide(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Take out of a chapter what has pages of its own, and keep these until all chapters are written."""
    name, file = page.removeprefix(f"{CHAPTERS}/"), Path(app.env.doc2path(page))
    if doctree is None or app.builder.format != "html" or name == page:
        return
    body, kept = context["body"], []
    is_notebook = file.suffix == ".ipynb"
    if is_notebook and has_code_page(read(file)):
        kept.append(code_page(name, context["title"], body))
        numbers = count(1)
        body = _CODE.sub(
            lambda _: f'<p class="lr-code"><a href="{name}-code.html#code-{next(numbers)}">Code</a></p>\n', body
        )
    if name in load().divided:
        kept += group_pages(name, context["title"], body, 'class="output"' if is_notebook else "")
        body = _GROUP.sub("", body)
    context.update(body=body, tools=pages.tools(body))
    _kept(app)[name] = kept


def _kept(app: Sphinx) -> dict[str, list[Page]]:
    """Pages beside the chapters that this build wrote, by chapter."""
    if not hasattr(app.builder, "subpages"):
        app.builder.subpages = {}  # type: ignore[attr-defined]
    kept: dict[str, list[Page]] = app.builder.subpages  # type: ignore[attr-defined]
    return kept


def code_page(chapter: str, title: str, body: str) -> Page:
    """Write the page of the code of a chapter: its name, and what its template needs."""
    folds = "".join(
        f'<div class="lr-code" id="code-{n}">\n{fold[1]}</div>\n' for n, fold in enumerate(_CODE.finditer(body), 1)
    )
    back = f'<p class="lr-part">It computes what <a href="{chapter}.html">{title}</a> shows, in this order.</p>'
    return _page(f"{chapter}-code", f"Code: {title}", f"{back}\n{folds}")


def group_pages(chapter: str, title: str, body: str, output: str) -> Iterator[Page]:
    """Write the pages of the groups of a chapter, each of which leads to those beside it.

    Parameters
    ----------
    chapter : str
        Its name.
    title : str
        Its title, as HTML.
    body : str
        Its page, with all groups.
    output : str
        Attributes of what stands around the tables.

    Yields
    ------
    (str, dict)
        Name of the page, and what its template needs.
    """
    tables: dict[str, str] = {}
    for group in _GROUP.finditer(body):
        tables[group[1]] = tables.get(group[1], "") + f"<div {output}>\n{group[0]}</div>\n"
    labels = dict(_LABEL.findall(body))
    links = [{"link": f"{name}.html", "title": labels[name]} for name in tables]
    back = f'<p class="lr-part">A part of the page <a href="{chapter}.html">{title}</a>, which lists all parts.</p>'
    for at, (name, shown) in enumerate(tables.items()):
        page, context = _page(name, f"{title}: {labels[name]}", f"{back}\n{shown}{spelled_after(shown)}")
        context.update(prev=links[at - 1] if at else None, next=links[at + 1] if at + 1 < len(links) else None)
        yield page, context


def _page(name: str, title: str, text: str) -> Page:
    body = f"<div>\n<h1>{title}</h1>\n{text}</div>"
    return f"{CHAPTERS}/{name}", {"title": title, "body": body, "prev": None, "next": None}


def give(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give them as pages that are no chapter: they are in no menu."""
    for kept in _kept(app).values():
        for name, context in kept:
            yield name, context, "page.html"


def write(app: Sphinx, error: Exception | None) -> None:
    """Write which page holds each row, for an address that it has in an undivided chapter, and warn of heavy pages."""
    if error is not None or app.builder.format != "html":
        return
    book = load()
    for chapter in sorted({*book.pages.values(), NUMBERS} - book.divided):
        path = Path(app.outdir, CHAPTERS, f"{chapter}.html")
        if path.exists() and (size := len(gzip.compress(path.read_bytes(), 6, mtime=0))) > LIMIT:
            must = f"must weigh at most {LIMIT:,} bytes compressed, found {size:,}"
            remedy = f'Add "{chapter}" to "divided" in data/datapackage.json, then run \'make refresh\''
            logger.warning("%s/%s: %s. %s.", CHAPTERS, chapter, must, remedy)
    for chapter in book.divided:
        rows = {
            Path(name).name: " ".join(map(html.unescape, ids))
            for name, context in _kept(app).get(chapter, [])
            if (ids := _ROW.findall(context["body"]))
        }
        path = Path(app.outdir, FOLDER, f"{chapter}.js")
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"const ROWS = {json.dumps(rows, separators=(',', ':'))};\n", encoding="utf-8")
