"""Turn matplotlib's SVG into a small inline one that follows the page's colors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from xml.etree import ElementTree

from livingreview.publish.figures.parts import LIGHT

# A figure needs no more: text is drawn in one size, in the color of the page's text.
FONTS = "-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
_INK = "#000000"
_COLOURS = {colour: f"var(--lr-series-{i},{colour})" for i, colour in enumerate(LIGHT, start=1)}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def tidy(svg: str, name: str, alt: str, description: str, *, size: float, max_width: str) -> str:
    """Return matplotlib's SVG as a compact inline element.

    Markers are drawn in place and every id but those of title and description (`name`-t, `name`-d) is
    dropped, so that figures on one page cannot share any.

    Parameters
    ----------
    svg : str
        Output of matplotlib's SVG backend with `svg.fonttype: none`.
    name : str
        Unique on the page.
    alt, description : str
        Text of `<title>` and `<desc>`.
    size : float
        Font size of all text, in the units of the view box.
    max_width : str
        Maximum width as a CSS length.

    Raises
    ------
    ValueError
        If a color is neither black nor of the palette: it would not follow the page's theme.
    """
    root = ElementTree.fromstring(svg)
    markers = {e.attrib["id"]: e for e in root.iterfind(".//{*}defs/{*}path")}
    body = "".join(_elements(root, markers))
    return (
        f'<svg viewBox="{_round(root.attrib["viewBox"])}" width="100%" style="max-width:{max_width}"'
        f' role="img" aria-labelledby="{name}-t" aria-describedby="{name}-d"'
        f' fill="currentColor" font-family="{FONTS}" font-size="{size:g}">'
        f'<title id="{name}-t">{escape(alt, quote=False)}</title>'
        f'<desc id="{name}-d">{escape(description, quote=False)}</desc>{body}</svg>'
    )


def _elements(parent: ElementTree.Element, markers: dict[str, ElementTree.Element]) -> Iterator[str]:
    for element in parent:
        tag = element.tag.rpartition("}")[2]
        if tag == "g":
            yield from _elements(element, markers)
        elif tag == "text":
            yield _text(element)
        elif tag == "path":
            yield _path(element.attrib["d"], _style(element), "")
        elif tag == "use":
            marker = markers[element.attrib["{http://www.w3.org/1999/xlink}href"][1:]]
            place = _round(f"{element.attrib['x']} {element.attrib['y']}")
            style = _style(marker) | _style(element)
            yield _path(marker.attrib["d"], style, f' transform="translate({place})"')


def _text(element: ElementTree.Element) -> str:
    style = _style(element)
    anchor = style.get("text-anchor", "start")
    attributes = "".join(
        f' {key}="{value}"'
        for key, value, default in (
            ("text-anchor", anchor, "start"),
            ("font-weight", style.get("font-weight", "400"), "400"),
            ("font-style", style.get("font-style", "normal"), "normal"),
        )
        if value != default
    )
    x, y = _round(element.attrib["x"]), _round(element.attrib["y"])
    return f'<text x="{x}" y="{y}"{attributes}>{escape(element.text or "", quote=False)}</text>'


def _path(d: str, style: dict[str, str], transform: str) -> str:
    fill, stroke = style.get("fill", _INK), style.get("stroke", "none")
    if style.get("fill-opacity") == "0":  # matplotlib's form of a marker without a fill
        fill = "none"
    if fill == stroke == "none":
        return ""
    shape = re.sub(r"\s*([A-Za-z])\s*", r"\1", _round(" ".join(d.split())))
    variables = ";".join(
        f"{key}:{_COLOURS[colour]}"
        for key, colour in (("fill", fill), ("stroke", stroke))
        if colour not in ("none", _INK) and _palette(colour)
    )
    attributes = transform
    if fill == "none":
        attributes += ' fill="none"'
    if stroke == _INK:
        attributes += ' stroke="currentColor"'
    if stroke != "none":
        attributes += f' stroke-width="{_round(style.get("stroke-width", "1"))}"'
        if "stroke-dasharray" in style:
            attributes += f' stroke-dasharray="{style["stroke-dasharray"]}"'
    for key in ("opacity", "fill-opacity", "stroke-opacity"):
        if key in style and not (key == "fill-opacity" and fill == "none"):
            attributes += f' {key}="{_round(style[key])}"'
    if variables:
        attributes += f' style="{variables}"'
    return f'<path d="{shape}"{attributes}/>'


def _palette(colour: str) -> bool:
    if colour not in _COLOURS:
        raise ValueError(f"colour {colour} must be black or of the palette {', '.join(LIGHT)}.")
    return True


def _style(element: ElementTree.Element) -> dict[str, str]:
    pairs = (part.partition(":") for part in element.attrib.get("style", "").split(";") if part.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _round(text: str) -> str:
    """Round every number in a text to two decimals, without trailing zeros or a negative zero."""
    return _NUMBER.sub(lambda match: f"{round(float(match.group()), 2) + 0.0:g}", text)
