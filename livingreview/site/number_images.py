"""Every published number as an image: what another site can show as it is, at the newest version or at a given one.

Shown in an ``iframe`` it is a link to the page of published numbers as well; in an ``img`` a browser leaves that out.
"""

from __future__ import annotations

import html
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from livingreview.evidence import NUMBERS, load
from livingreview.notebooks.outputs import Number
from livingreview.site import number_cards
from livingreview.site.published import CHAPTERS, published

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_WIDE, _LINE, _MARGIN = 72, 16, 12


def image(number: Number) -> str:
    """Draw a number: its text, what it is about, its sources, and the review and version that it is from.

    Parameters
    ----------
    number : Number
        The number.

    Returns
    -------
    str
        SVG.
    """
    book = load()
    facts, known = book.facts, book.without_sources(number.rows)
    keys = dict.fromkeys(key for row in number.rows for key, _ in number_cards.sources(row))
    about = " · ".join(number_cards.facts(known))
    said = [about, f"{number.how}.", f"Source: {'; '.join(book.sources[key].short for key in keys)}." if keys else ""]
    said += [f"{facts['title']}, version {facts['version']}. {facts['contributors']}, {facts['licence']}."]
    lines = [line for part in said if part for line in textwrap.wrap(part, _WIDE)]
    top = _MARGIN + 24
    drawn = "".join(
        f'<text x="{_MARGIN}" y="{top + _LINE * place}">{html.escape(line, quote=False)}</text>'
        for place, line in enumerate(lines, start=1)
    )
    tall = top + _LINE * len(lines) + _MARGIN
    head = html.escape(number.text, quote=False)
    place = f"../{CHAPTERS}/{book.part(NUMBERS, number.chapter)}.html#{number.key.replace('_', '-')}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 {tall}" width="560" height="{tall}" '
        f'font-family="DejaVu Sans, Verdana, sans-serif" font-size="12"><rect width="560" height="{tall}" '
        f'fill="#ffffff"/><a href="{place}" target="_blank">'
        f'<text x="{_MARGIN}" y="{top - 4}" font-size="22" font-weight="bold">{head}</text>{drawn}</a></svg>\n'
    )


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the image of every number of every chapter."""
    if error is not None or app.builder.format != "html":
        return
    Path(app.outdir, number_cards.IMAGES).mkdir(exist_ok=True)
    for notebook in sorted(Path(app.srcdir, CHAPTERS).glob("*.ipynb")):
        for number in published(notebook).values():
            Path(app.outdir, number_cards.image_path(number.key)).write_text(
                image(number), encoding="utf-8", newline=""
            )
