"""Fits stored tables and figures to the width of a page: a figure fills its column, a table can become cards.

What is stored is a plain table and a sheet of fixed size, which downloads and print keep. The page shows both in a form
that style alone lays out for any width; the audit makes the same form of what is stored, and compares.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from html import escape, unescape
from xml.etree import ElementTree

from livingreview.publish.figures.page import SIZE

#: A table of so few columns fits a phone as it is.
NARROW = 2
#: A table of so many columns, one of which holds long texts, is shown as cards on every screen.
WIDE = 7
#: Characters in a cell from which on the label of a column stands above its texts, not beside them.
LONG = 70

_PIXELS = 4 / 3  # a point of the sheet at full size
_SVG = re.compile(r'(?s)<svg viewBox="0 0 [^>]*" width="100%".*?</svg>')
_TABLE = re.compile(r'(?s)<table class="lr">.*?</table>')
_HEAD = re.compile(r'(?s)<th scope="col">(.*?)</th>')
_BODY = re.compile(r"(?s)<tbody>.*</tbody>")
_ROW = re.compile(r"(?s)<tr[ >].*?</tr>")
_CELL = re.compile(r'(?s)<(?:td|th scope="row")>(.*?)</t[dh]>')
_TAG = re.compile(r"<[^>]+>")
_TEXT = re.compile(r">([^<]+)<")
_CLASS = re.compile(r'(?s)<table class="lr (t[0-9a-f]+)(?: w)?">.*?</table>')
_KEPT = r'<span class="k">\g<0></span>'
_ANSWER = re.compile("Result|Difference|Effect|Value|Used")
_LETTER = re.compile(r"[^\W\d_]")
# P values, dates, ranges, instruments and amounts, in which a line may break at a space, a hyphen or a sign
_WHOLE = re.compile(
    r"\bP (?:[=\u2264\u2265]|&[lg]t;) [\d.]+\d|(?<![\w/.:-])(?:[A-Z]{1,5}-\d+|\d[\d,.]*(?:-\d[\d,.]*)+)(?![\w/-])"
    r"|\(?\u2212\$?\d(?:[\d,.]*\d)?"
)


def fitted(html: str) -> str:
    """Give the form in which a page shows a stored output.

    Parameters
    ----------
    html : str
        A table, a figure or anything else as a notebook stores it.

    Returns
    -------
    str
        The same, where each figure is fluid and each table of more than `NARROW` columns has a class for its labels.
    """
    return _TABLE.sub(lambda found: _table(found[0]), _SVG.sub(lambda found: fluid(found[0]), html))


def labels(body: str) -> str:
    """Write the styles that give the cells of the tables of a page the header of their column as label.

    The labels are those that the header of each table says; screen readers read only that.

    Parameters
    ----------
    body : str
        The page, with tables as `fitted` gives them.

    Returns
    -------
    str
        One rule for each column that needs a label; blank where no table needs any.
    """
    tables = {found[1]: found[0] for found in _CLASS.finditer(body)}
    return "".join(rule for name, table in tables.items() for rule in _rules(name, table))


def css_text(content: str) -> str:
    """Write a text as a string of CSS that may stand in a style element."""
    return '"' + re.sub(r'["\\<>&\n]', lambda found: f"\\{ord(found[0]):x} ", content) + '"'


def _table(html: str) -> str:
    """Keep P values, dates and the like in one line, and give the table a class that says how its cells are labeled."""
    whole = _BODY.sub(lambda body: _TEXT.sub(_unbroken, body[0]), html)
    heads = _HEAD.findall(html)
    if len(heads) <= NARROW:
        return whole
    long = _long(html, len(heads))
    form = "\n".join([*heads, *map(str, long), str(_bare(html))])
    wide = " w" if long and len(heads) >= WIDE else ""
    return whole.replace('"lr"', f'"lr t{hashlib.sha256(form.encode()).hexdigest()[:5]}{wide}"', 1)


def _unbroken(text: re.Match[str]) -> str:
    return f">{_WHOLE.sub(_KEPT, text[1])}<"


def _rules(name: str, html: str) -> Iterator[str]:
    """The rules of one table: the first column is the title of a card, and needs a label where it is a bare number."""
    heads = [_plain(head) for head in _HEAD.findall(html)]
    long = _long(html, len(heads))
    if _bare(html):
        yield f".{name} tbody th{{--l:{css_text(heads[0])}}}"
    answer = next((head for head in heads[1:] if _ANSWER.match(head)), "")
    for at, head in enumerate(heads[1:], start=2):
        above = ";--p:0;--m:0;--f:none;--w:auto" if at - 1 in long else ""
        first = ";--o:-1" if head == answer and at > 2 else ""
        yield f".{name} td:nth-child({at}){{--l:{css_text(head)}{above}{first}}}"


def _columns(html: str) -> list[Sequence[str]]:
    rows = [[_plain(cell) for cell in _CELL.findall(row)] for row in _ROW.findall(_BODY.findall(html)[0])]
    return list(zip(*rows, strict=True))


def _long(html: str, columns: int) -> list[int]:
    """Columns that hold a long text."""
    texts = _columns(html) or [()] * columns
    return [at for at, column in enumerate(texts) if any(len(text) > LONG for text in column)]


def _bare(html: str) -> bool:
    """Whether a row is named by a number alone."""
    return any(text and not _LETTER.search(text) for column in _columns(html)[:1] for text in column)


def _plain(html: str) -> str:
    return " ".join(unescape(_TAG.sub("", html)).split())


def fluid(svg: str) -> str:
    """Make a drawing as wide as its column, with text, markers and lines that keep their size.

    Places across are in percent, heights in the size of the text, which the page sets. Lines and areas are stretched
    with the width; markers are not.

    Parameters
    ----------
    svg : str
        A drawing of a fixed size, as the module `svg` writes it.

    Returns
    -------
    str
        The same texts, markers, lines and areas, in that order from the top.
    """
    root = ElementTree.fromstring(svg)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    texts, markers, shapes = [], [], []
    for element in root:
        if element.tag == "text":
            texts.append(_text(element, width))
        elif element.tag == "path" and "transform" in element.attrib:
            markers.append(_marker(element, width))
        elif element.tag == "path":
            shapes.append(_path(element))
    names = "".join(f"<{e.tag}{_attributes(e)}>{_escaped(e)}</{e.tag}>" for e in root if "id" in e.attrib)
    for name in ("viewBox", "width", "style", "font-family", "font-size"):
        del root.attrib[name]
    return (
        f'<svg class="lr-fluid" style="--h:{height / SIZE:.2f}"{_attributes(root)}>{names}'
        f'<svg viewBox="0 0 {width:g} {height:g}" width="100%" height="100%" preserveAspectRatio="none">'
        f"{''.join(shapes)}</svg>{''.join(markers)}{''.join(texts)}</svg>"
    )


def _attributes(element: ElementTree.Element, *but: str) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in element.attrib.items() if name not in but)


def _escaped(element: ElementTree.Element) -> str:
    return escape(element.text or "", quote=False)


def _across(x: str, width: float) -> str:
    return f"{float(x) / width * 100:.2f}".rstrip("0").rstrip(".") + "%"


def _down(y: str) -> str:
    return f"{float(y) / SIZE:.2f}".rstrip("0").rstrip(".") + "em"


def _text(element: ElementTree.Element, width: float) -> str:
    x, y = _across(element.attrib["x"], width), _down(element.attrib["y"])
    return f'<text x="{x}" y="{y}"{_attributes(element, "x", "y")}>{_escaped(element)}</text>'


def _marker(element: ElementTree.Element, width: float) -> str:
    x, y = element.attrib.pop("transform").removeprefix("translate(").rstrip(")").split()
    path = _path(element, f' transform="scale({_PIXELS:.2f})"')
    return f'<svg x="{_across(x, width)}" y="{_down(y)}" overflow="visible">{path}</svg>'


def _path(element: ElementTree.Element, transform: str = "") -> str:
    """A line or an area; the width of a line and its dashes are in pixels, whatever it is stretched to."""
    for name in ("stroke-width", "stroke-dasharray"):
        if name in element.attrib:
            sizes = re.split(r"[ ,]+", element.attrib[name])
            element.attrib[name] = " ".join(f"{float(size) * _PIXELS:.2f}" for size in sizes)
    return f"<path{transform}{_attributes(element)}/>"
