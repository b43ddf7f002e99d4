"""What a reader can take away from a page: a figure as SVG, PNG and table, a source as a citation.

Files are written at build; the page holds links to them and nothing more.
"""

from __future__ import annotations

import csv
import html
import io
import multiprocessing
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from lxml import html as parser
from sphinx.transforms.post_transforms import SphinxPostTransform

from livingreview.evidence import load
from livingreview.publish.figures import pictures
from livingreview.publish.figures.parts import LIGHT
from livingreview.site import citing, slides
from livingreview.site.published import CHAPTERS, outputs

if TYPE_CHECKING:
    from sphinx.application import Sphinx

#: Folder of the figures, from the root of the site.
FOLDER = "figures"
FORMS = {"svg": "SVG", "png": "PNG", "slide.png": "slide (PNG)", "csv": "data (CSV)"}

_FIGURE = re.compile(r'(?s)<figure class="lr-figure">.*?(?=</figure>)')
_SVG = re.compile(r"(?s)<svg .*?</svg>")
_NAME = re.compile(r'<title id="([a-z][a-z0-9-]*)-t">')
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>")
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_COLOUR = re.compile(r"var\(--lr-series-(\d)[^)]*\)")
_ROW = re.compile(r'<li id="([^"]+)">.*?(?=</p></li>)')
_NUMBER = re.compile(r"[-+]?[\d.,]+%?")
#: An estimate with its interval, as a figure prints it: '25.3 more per 100 (21.1 to 29.4)'.
_ESTIMATE = re.compile(r"(-?[\d.,]+)%?(?: more per \d+)?(?: \((-?[\d.,]+)%? to (-?[\d.,]+)%?\))?")
#: What a note on a slide must speak of: with whom people were compared, and how sure the answer is.
_NEEDED = re.compile(r"(?i)compar|certain|how sure|usual care|against")


class Downloads(SphinxPostTransform):
    """Put links to its downloads below every figure, and beside every entry of the list of sources."""

    formats = ("html",)
    default_priority = 710  # after the rows have their chapters (700)

    def run(self, **_kwargs: Any) -> None:
        """Complete the outputs of the page."""
        page = self.env.docname
        is_list = page == f"{CHAPTERS}/sources"
        for raw in self.document.findall(nodes.raw):
            text = raw.astext()
            if '<figure class="lr-figure">' in text:
                raw.children = [nodes.Text(_FIGURE.sub(self._figure, text))]
            elif is_list and '<li id="' in text:
                every = _links(f"../{citing.FOLDER}/sources", citing.FORMS, "all sources")
                rows = _ROW.sub(_source, text)
                raw.children = [nodes.Text(f'<p class="lr-download">All sources: {every}</p>\n{rows}')]

    def _figure(self, found: re.Match[str]) -> str:
        svg, name = _SVG.search(found[0]), _NAME.search(found[0])
        if svg is None or name is None:
            return found[0]
        chapter, facts = Path(self.env.docname).name, load().facts
        base = Path(self.env.app.outdir) / FOLDER / chapter / name[1]
        title = next((node.astext() for node in self.document.findall(nodes.title)), "")
        cite = citing.vancouver(citing.of_review(facts, f"{self.env.docname}.html", title), facts)
        write(base, svg[0], found[0], facts, cite)
        head, sources = caption(found[0])
        answer = [text for text in citing.paragraphs(self.document) if _NEEDED.search(text)]
        notes = [" ".join([f"{title}.", *answer]), *filter(None, [sources]), f"{cite} {facts['licence']}."]
        slide = slides.slide(light(svg[0]), head, notes)
        Path(f"{base}.slide.svg").write_text(slide, encoding="utf-8")
        up = "../" * self.env.docname.count("/")
        links = _links(f"{up}{FOLDER}/{chapter}/{name[1]}", FORMS, name[1])
        title = _TITLE.search(svg[0])
        embed = _embedded(facts, self.env.docname, f"{FOLDER}/{chapter}/{name[1]}.svg", title[1] if title else "")
        data = "the sources named in its caption" if "lr-sources" in found[0] else "this review"
        return (
            f'{found[0]}<details class="lr-download"><summary>Download</summary><p>This figure: {links}. Source: this '
            f"review, version {facts['version']}; data from {data}. License: {facts['licence']}.</p>{embed}</details>"
        )


def _embedded(facts: dict[str, str], page: str, image: str, title: str) -> str:
    """The code that shows a figure on another site, to copy; nothing while the site has no address."""
    place, source = (citing.address(facts, path, facts["version"]) for path in (f"{page}.html", image))
    alt = html.escape(html.unescape(title))
    code = f'<a href="{place}"><img src="{source}" alt="{alt}"></a>'
    return f'<p>On another site: <code class="lr-copy">{html.escape(code)}</code></p>' if place else ""


def _links(path: str, forms: dict[str, str], of: str) -> str:
    """Links to the files of one thing; each says to those who cannot see it what it is of."""
    return ", ".join(
        f'<a href="{html.escape(path)}.{suffix}" download aria-label="{form}, {html.escape(of)}">{form}</a>'
        for suffix, form in forms.items()
    )


def _source(found: re.Match[str]) -> str:
    key = html.unescape(found[1])
    if key not in load().sources:
        return found[0]
    forms = {suffix: citing.FORMS[suffix] for suffix in ("bib", "ris")}
    links = _links(f"../{citing.FOLDER}/sources/{key}", forms, key)
    return f'{found[0]}<span class="lr-download"> {links}</span>'


def begin(app: Sphinx) -> None:
    """Begin to draw the pictures beside the build: that takes as long as reading and writing all pages."""
    if app.builder.format == "html":
        arguments = Path(app.srcdir), Path(app.outdir).parent / pictures.FOLDER
        drawing = multiprocessing.get_context("fork").Process(target=_draw, args=arguments, daemon=True)
        drawing.start()
        app.builder.drawing = drawing  # type: ignore[attr-defined]


def _draw(source: Path, folder: Path) -> None:
    """Draw every figure that the notebooks store and whose picture is not kept yet."""
    facts = load().facts
    for path in sorted((source / CHAPTERS).glob("*.ipynb")):
        for figure in outputs(path).figures:
            pictures.kept(standalone(figure.svg, facts, path.stem), folder)


def finish(app: Sphinx, error: Exception | None) -> None:
    """Write the picture of every figure, from the last on, so as to meet the process that draws them from the first."""
    if app.builder.format != "html":
        return
    if error is None:
        site = Path(app.outdir)
        for path in sorted(site.glob(f"{FOLDER}/*/*.svg"), reverse=True):
            png = pictures.kept(path.read_text(encoding="utf-8"), site.parent / pictures.FOLDER)
            path.with_suffix(".png").write_bytes(png)
    app.builder.drawing.join()  # type: ignore[attr-defined]


def write(base: Path, svg: str, figure: str, facts: dict[str, str], cite: str) -> None:
    """Write the files of a figure, all but its pictures.

    Parameters
    ----------
    base : Path
        Their path without an ending, in a folder of the figures of the site.
    svg : str
        The drawing as it stands in the page.
    figure : str
        The figure, with the table of its data.
    facts : dict of str to str
        The facts of the review.
    cite : str
        How the page of the figure is cited.
    """
    base.parent.mkdir(parents=True, exist_ok=True)
    Path(f"{base}.svg").write_text(standalone(svg, facts, base.parent.name), encoding="utf-8")
    Path(f"{base}.csv").write_text(table(figure, cite), encoding="utf-8-sig", newline="")


def light(svg: str) -> str:
    """Give a drawing of the page the colours of light pages, which programs other than browsers need."""
    return _COLOUR.sub(lambda series: LIGHT[int(series[1]) - 1], svg).replace("currentColor", "#000000")


def standalone(svg: str, facts: dict[str, str], chapter: str) -> str:
    """Make a drawing of the page one that stands alone: light colours, a white ground, and below it what it is from.

    Where it is shown in a frame, what it is from is a link to the page of its chapter.
    """
    view = _VIEW.search(svg)
    if view is None:
        raise ValueError("a drawing needs a viewBox that begins at 0 0")
    width, height = float(view[1]), float(view[2])
    lines = (f"{facts['title']}, version {facts['version']}", f"{facts['contributors']}, {facts['licence']}")
    notes = "".join(
        f'<text x="2" y="{height + 12 + 10 * i:g}" font-size="8">{html.escape(line, quote=False)}</text>'
        for i, line in enumerate(lines)
    )
    link = f'<a href="../../{CHAPTERS}/{chapter}.html" target="_blank">'
    tall = height + 26
    svg = svg.replace(view[0], f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {tall:g}"', 1)
    svg = light(svg).replace('role="img"', 'role="figure"', 1)  # in an image no link could be reached
    ground = f'<rect width="{width:g}" height="{tall:g}" fill="#ffffff"/>'
    after = svg.index("</desc>") + len("</desc>") if "</desc>" in svg else svg.index(">") + 1
    return f"{svg[:after]}{ground}{svg[after:].removesuffix('</svg>')}{link}{notes}</a></svg>\n"


def caption(figure: str) -> tuple[str, str]:
    """The caption of a figure, and its line of sources, which may be empty."""
    root = parser.fragment_fromstring(f"{figure}</figure>")
    texts = [" ".join(part.text_content().split()) for part in root.xpath("./figcaption | .//*[@class='lr-sources']")]
    sources = texts[1] if len(texts) > 1 else ""
    return texts[0].removesuffix(sources).rstrip(), sources


def table(figure: str, cite: str = "") -> str:
    """Write the data of a figure as CSV.

    Parameters
    ----------
    figure : str
        The figure, with the table of its data.
    cite : str
        How it is cited: the last cell of each row.

    Returns
    -------
    str
        Each cell in quotation marks; an estimate with its interval is in three columns, as numbers.
    """
    rows = parser.fragment_fromstring(f"{figure}</figure>").xpath(".//table//tr")
    texts = [[" ".join(cell.text_content().split()).replace("−", "-") for cell in row] for row in rows]
    columns = [_numbers(*column) for column in zip(*texts, strict=True)] if texts else []
    ends = ["Cite as", *[cite] * (len(texts) - 1)] if cite else []
    return written(
        [*(cell for column in columns for cell in column[at]), *ends[at : at + 1]] for at in range(len(texts))
    )


def _numbers(head: str, *cells: str) -> list[list[str]]:
    """Divide a column of estimates into the text, where it says more, and the numbers; leave any other as it is."""
    matches = [_ESTIMATE.fullmatch(cell) for cell in cells]
    if not any(match and match[2] for match in matches):
        return [[text] for text in (head, *cells)]
    parts = [[(part or "").replace(",", "") for part in match.groups()] if match else [""] * 3 for match in matches]
    heads = ["Estimate", "Low", "High"] if head == "Value" else [f"{head}: {x}" for x in ("estimate", "low", "high")]
    return [[head, *heads], *([cell, *numbers] for cell, numbers in zip(cells, parts, strict=True))]


def written(rows: Iterable[Sequence[str]]) -> str:
    """Write rows as CSV that no spreadsheet takes for formulas."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [safe(cell) for cell in row] for row in rows
    )
    return out.getvalue()


def safe(cell: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run; a plain number stays a number."""
    starts = cell.lstrip().startswith(("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠"))
    return f"'{cell}" if (starts and not _NUMBER.fullmatch(cell)) or cell[:1] in ("\t", "\r", "\n") else cell
