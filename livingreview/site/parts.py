"""Pages that are too heavy: their code goes to a page of its own, their tables of the evidence are divided.

A notebook stores its table whole, and is verified whole. Only the page is divided, while it is written: in place of the
table stands an index of its parts. Every link to a row is written as if nothing had been divided; at the end of the
build it is led to the part that holds the row. Which part that is may change with the evidence, so that
``results.html#ROW`` stays the address of a row: a script leads on from there, and the index does without one.
"""

from __future__ import annotations

import gzip
import html
import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from livingreview.evidence import PAGES, load
from livingreview.site import pages
from livingreview.site.glossary import spelled_before
from livingreview.site.published import CHAPTERS

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

#: Bytes of a page as it is sent, compressed. The bar is 40,000; the rest is for the scripts that a page loads.
LIMIT = 38_000
#: Bytes left on a part for its heading and its abbreviations.
HEADING = 3_000
#: Bytes of code for which a page of its own is worth it.
CODE = 1_000
#: Folder of the scripts that say which part holds a row, from the root of the site.
FOLDER = "rows"
#: Columns by which a reader looks for a row; the first column where a table has none of them.
BY = ("Study", "About", "Result", "Chapter")
#: The page that lists each table; the published numbers are no table of the data.
LISTED_ON = {**PAGES, "numbers": "numbers"}

_TABLE = re.compile(
    r'(?s)(<div class="table-scroll"[^>]*><table class="lr"><caption>([^<]*)</caption>(?:(?!<tbody>).)*<tbody>\n)'
    r"(<tr id=.*?)\n(</tbody></table></div>)"
)
_HEAD = re.compile(r'<th scope="col">([^<]*)</th>')
_ROW = re.compile(r'<tr id="([^"]+)"')
_CELL = re.compile(r"(?s)<t[hd][^>]*>(.*?)</t[hd]>")
_TAG = re.compile(r"<[^>]+>")
_LINK = re.compile(r'href="((?:\.\./)*(?:chapters/)?)(?:([a-z_]+)(?:-\d+)?\.html)?#([^"]+)"')
_PART = re.compile(r"([a-z_]+)-(\d+)")
_CODE = re.compile(r'(?s)<details class="lr-code"><summary>Code</summary>\n(.*?)</details>\n')


class Row(NamedTuple):
    """A row of a table: its id, the label by which a reader looks for it, and its HTML."""

    id: str
    label: str
    html: str


class Table(NamedTuple):
    """A table that can be divided: its name, its caption, and the HTML before, of and after its rows."""

    name: str
    caption: str
    opening: str
    rows: Sequence[Row]
    closing: str

    @property
    def html(self) -> str:
        """The whole table."""
        return self.opening + "\n".join(row.html for row in self.rows) + "\n" + self.closing


def weight(text: str) -> int:
    """Bytes of a text as a server sends it."""
    return len(gzip.compress(text.encode(), 6, mtime=0))


def tables(body: str, page: str) -> list[Table]:
    """Find the tables of a page whose rows have ids.

    Parameters
    ----------
    body : str
        HTML of the page.
    page : str
        Name of the chapter.

    Returns
    -------
    list of Table
    """
    found = []
    for opening, caption, inner, closing in _TABLE.findall(body):
        heads = _HEAD.findall(opening)
        at = next((heads.index(name) for name in BY if name in heads), 0)
        rows = [Row(_id(text), _label(text, at), text) for text in re.split(r"\n(?=<tr id=)", inner)]
        name = load().table(rows[0].id) if page in PAGES.values() else page
        found.append(Table(name, html.unescape(caption), opening, rows, closing))
    return found


def _id(row: str) -> str:
    return html.unescape(_ROW.findall(row)[0])


def _label(row: str, column: int) -> str:
    """What a cell says first; the acronym in place of the id of a study."""
    cell = _CELL.findall(row)[column].partition("<span")[0]
    text = html.unescape(_TAG.sub("", cell)).partition(";")[0].strip() or "no study"
    studies = load().studies
    return str(studies.loc[text, "acronym"] or text) if text in studies.index else text


def cut(rows: Sequence[Row], room: int) -> list[Sequence[Row]]:
    """Divide rows into runs that are each light enough, and about as heavy as each other.

    Rows with one label stay together, unless they are too heavy by themselves.

    Parameters
    ----------
    rows : sequence of Row
    room : int
        Bytes that a run may weigh.

    Returns
    -------
    list of sequence of Row
        In order; all rows, each once.
    """
    number = -(-weight("".join(row.html for row in rows)) // room)
    if number == 1 or len(rows) == 1:
        return [rows]
    sizes = [0]
    for row in rows:
        sizes.append(sizes[-1] + len(row.html))
    ends = [at for at in range(1, len(rows)) if rows[at - 1].label != rows[at].label] or [*range(1, len(rows))]

    def nearest(size: float) -> int:
        after = bisect_left(ends, bisect_left(sizes, size))
        return min(ends[max(after - 1, 0) : after + 1], key=lambda at: abs(sizes[at] - size))

    marks = sorted({nearest(sizes[-1] * at / number) for at in range(1, number)})
    return [part for start, end in pairwise([0, *marks, len(rows)]) for part in cut(rows[start:end], room)]


def span(rows: Sequence[Row]) -> str:
    """Say from where to where rows go: by their labels, or by their ids where they have but one."""
    first, last = rows[0], rows[-1]
    if len(rows) == 1:
        return first.label
    return f"{first.label} to {last.label}" if first.label != last.label else f"{first.label}, {first.id} to {last.id}"


def index(table: Table, parts: Sequence[Sequence[Row]], script: str, labels: bool) -> str:
    """Write what stands in place of a table that was divided.

    Parameters
    ----------
    table : Table
    parts : sequence of sequence of Row
        As `cut` gives them.
    script : str
        Address of the script that says which part holds a row.
    labels : bool
        Whether every label is listed, with its rows counted.

    Returns
    -------
    str
        HTML.
    """
    items = []
    for number, rows in enumerate(parts, 1):
        page = f"{table.name}-{number}.html"
        within = ""
        if labels:
            groups = [(name, [*own]) for name, own in groupby(rows, key=lambda row: row.label)]
            links = [
                f'<a href="{page}#{html.escape(own[0].id)}">{html.escape(of)}</a> {len(own)}' for of, own in groups
            ]
            within = f" <span>{', '.join(links)}</span>" if 1 < len(groups) < len(rows) else ""
        items.append(f'<li><a href="{page}">{html.escape(span(rows))}</a>: {_rows(len(rows))}{within}</li>\n')
    name = html.escape(table.caption)
    return (
        f'<nav class="lr-parts" aria-label="Parts of the table: {name}" data-rows="{script}">\n'
        f"<p><strong>{name}</strong>: {_rows(len(table.rows))}, in parts, each on a page of its own.</p>\n"
        f"<ul>\n{''.join(items)}</ul>\n</nav>"
    )


def _rows(many: int) -> str:
    return f"{many:,} row{'s' * (many != 1)}"


def divided(body: str, page: str, room: int) -> tuple[str, dict[str, tuple[Table, list[Sequence[Row]]]]]:
    """Divide the heaviest tables of a page until it is light enough.

    Parameters
    ----------
    body : str
        HTML of the page.
    page : str
        Name of the chapter.
    room : int
        Bytes that the body of a page may weigh.

    Returns
    -------
    body : str
        With an index in place of each table that was divided.
    parts : dict of str to tuple
        Each such table and its parts, by its name.
    """
    parts: dict[str, tuple[Table, list[Sequence[Row]]]] = {}
    written = body
    if weight(body) <= room:
        return body, parts
    for table in sorted(tables(body, page), key=lambda table: -weight(table.html)):
        parts[table.name] = table, cut(table.rows, room - HEADING)
        for labels in (True, False):
            written = body
            for one, own in parts.values():
                written = written.replace(one.html, index(one, own, f"../{FOLDER}/{page}.js", labels))
            if weight(written) <= room:
                return written, parts
    return written, parts


def without_code(body: str, page: str, chapter: str) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    """Take the code out of a page, unless there is little of it.

    Parameters
    ----------
    body : str
        HTML of the page.
    page : str
        Name of the chapter.
    chapter : str
        Its title, as HTML.

    Returns
    -------
    body : str
        With a link in place of each fold.
    pages : list of (str, dict)
        The page of the code, if any: its name, and what its template needs.
    """
    blocks = [block[1] for block in _CODE.finditer(body)]
    if weight("".join(blocks)) < CODE:
        return body, []
    number = count(1)
    body = _CODE.sub(
        lambda _: f'<p class="lr-code"><a href="{page}-code.html#code-{next(number)}">Code</a></p>\n', body
    )
    title = f"Code: {chapter}"
    parts = "".join(f'<div id="code-{n}">\n{block}</div>\n' for n, block in enumerate(blocks, 1))
    back = f'<p class="lr-part">It computes what <a href="{page}.html">{chapter}</a> shows, in this order.</p>'
    context = {"title": title, "body": f"<div>\n<h1>{title}</h1>\n{back}\n{parts}</div>", "prev": None, "next": None}
    return body, [(f"{CHAPTERS}/{page}-code", context)]


def divide(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Divide a chapter that is too heavy, and keep its parts until all chapters are written."""
    name, body = page.removeprefix(f"{CHAPTERS}/"), context.get("body", "")
    if doctree is None or app.builder.format != "html" or name == page:
        return
    _kept(app)[name] = []
    if weight(body) < LIMIT // 2:  # the rest of a page is lighter than that, and need not be rendered to be weighed
        return
    room = LIMIT - weight(app.builder.templates.render(template, {**context, "body": ""}))
    if weight(body) > room:
        body, code = without_code(body, name, context["title"])
        context["body"], parts = divided(body, name, room)
        context["tools"] = pages.tools(context["body"])
        _kept(app)[name] = [*code, *part_pages(parts, name, context["title"])]


def _kept(app: Sphinx) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Parts of the pages that this build wrote, by page."""
    if not hasattr(app.builder, "parts"):
        app.builder.parts = {}  # type: ignore[attr-defined]
    found: dict[str, list[tuple[str, dict[str, Any]]]] = app.builder.parts  # type: ignore[attr-defined]
    return found


def part_pages(
    parts: Mapping[str, tuple[Table, Sequence[Sequence[Row]]]], page: str, title: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the pages of the parts: the name of each, and what its template needs."""
    for name, (table, runs) in parts.items():
        titles = [f"{table.caption}: {span(rows)}" for rows in runs]
        links = [{"link": f"{name}-{n}.html", "title": html.escape(text)} for n, text in enumerate(titles, 1)]
        for at, rows in enumerate(runs):
            whole = table._replace(rows=rows).html
            body = (
                f'<div id="{page}">\n<h1>{html.escape(titles[at])}</h1>\n'
                f'<p class="lr-part" data-rows="../{FOLDER}/{page}.js">A part of the page '
                f'<a href="{page}.html">{title}</a>, which lists all parts.</p>\n'
                f'{spelled_before(whole)}<div class="output">{whole}</div>\n</div>'
            )
            context: dict[str, Any] = {"title": links[at]["title"], "body": body, "prev": None, "next": None}
            context |= {"prev": links[at - 1]} if at else {}
            context |= {"next": links[at + 1]} if at + 1 < len(runs) else {}
            yield f"{CHAPTERS}/{name}-{at + 1}", context


def give(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give the parts as pages that are no chapter: they are in no menu."""
    for parts in _kept(app).values():
        for name, context in parts:
            yield name, context, "page.html"


def places(site: Path) -> dict[tuple[str, str], str]:
    """Find the part that holds each row of a table that was divided.

    Parameters
    ----------
    site : Path
        Folder of the built pages.

    Returns
    -------
    dict of (str, str) to str
        Name of the part, by the page that would list the row, and its id.
    """
    named = ((_PART.fullmatch(path.stem), path) for path in (site / CHAPTERS).glob("*-*.html"))
    parts = sorted((name[1], int(name[2]), path) for name, path in named if name and name[1] in LISTED_ON)
    found = {}
    for table, _, path in parts:
        for row in _ROW.findall(path.read_text(encoding="utf-8")):
            found[LISTED_ON[table], html.unescape(row)] = path.stem
    return found


def led(text: str, page: str, rows: Mapping[tuple[str, str], str]) -> str:
    """Lead the links of a page to the parts that hold their rows.

    Parameters
    ----------
    text : str
        HTML of the page, or an address as the value of an attribute ``href``.
    page : str
        Its name.
    rows : mapping of (str, str) to str
        As `places` gives it.

    Returns
    -------
    str
    """
    part = _PART.fullmatch(page)
    here = LISTED_ON.get(part[1], page) if part else page

    def lead(link: re.Match[str]) -> str:
        listing = LISTED_ON.get(link[2], link[2]) if link[2] else here
        name = rows.get((listing, html.unescape(link[3])))
        return f'href="{link[1]}{name}.html#{link[3]}"' if name else link[0]

    return _LINK.sub(lead, text)


def arrive(app: Sphinx, error: Exception | None) -> None:
    """Drop the parts that are no more, lead every link of the site to its row, and write where each row is."""
    if error is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for page, kept in _kept(app).items():
        now = {f"{name}.html" for name, _ in kept}
        for path in (site / CHAPTERS).glob("*-*.html"):
            part = _PART.fullmatch(path.stem)
            is_own = LISTED_ON.get(part[1]) == page if part else path.stem == f"{page}-code"
            if is_own and f"{CHAPTERS}/{path.name}" not in now:
                path.unlink()
    rows = places(site)
    if rows:
        for path in site.rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            if (better := led(text, path.stem, rows)) != text:
                path.write_text(better, encoding="utf-8")
    for page in LISTED_ON.values():
        held: dict[str, list[str]] = {}
        for (listing, row), part_name in rows.items():
            if listing == page:
                held.setdefault(part_name, []).append(row)
        if held:
            (site / FOLDER).mkdir(exist_ok=True)
            data = json.dumps({name: " ".join(ids) for name, ids in held.items()}, separators=(",", ":"))
            (site / FOLDER / f"{page}.js").write_text(f"const ROWS = {data};\n", encoding="utf-8")
