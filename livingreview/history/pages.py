"""A difference as one HTML file that needs no other: with the figures old over new."""

from __future__ import annotations

from collections.abc import Iterator

from livingreview.history import drawings, escaping
from livingreview.history.comparing import Diff, FigureChange
from livingreview.history.report import Entry, Line, answer, sections, title
from livingreview.publish.figures import DARK, LIGHT

#: Nothing is loaded, nothing runs, nothing is sent.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root{color-scheme:light dark;--old:#9a3412;--new:#14532d;--line:#767676;LIGHT}
@media(prefers-color-scheme:dark){:root{--old:#fdba74;--new:#86efac;--line:#8b8b8b;DARK}}
body{font:1rem/1.5 -apple-system,'Segoe UI',Roboto,Arial,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
h2{margin-top:2rem;border-top:1px solid var(--line);padding-top:1rem}
li,td,th,h2,h3,summary{overflow-wrap:anywhere}
del{color:var(--old)}ins{color:var(--new);font-weight:bold}del,ins{text-decoration:none}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));gap:1rem}
figure{margin:1rem 0}svg{width:100%;max-width:27.6rem;height:auto}
table{border-collapse:collapse}th,td{border:1px solid var(--line);padding:.2rem .5rem;text-align:left}
"""


def page(diff: Diff) -> str:
    """Show a difference as a page.

    Returns
    -------
    str
        An HTML document in which everything from the versions is escaped, and which loads and runs nothing.
    """
    colours = (
        (name, "".join(f"--lr-series-{i}:{c};" for i, c in enumerate(palette, 1)))
        for name, palette in (("LIGHT", LIGHT), ("DARK", DARK))
    )
    style = _STYLE
    for name, variables in colours:
        style = style.replace(name, variables)
    heading = _html(title(diff))
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">',
            f"<title>{''.join(escaping.page(part.text) for part in title(diff))}</title>",
            f"<style>{style}</style></head><body><main>",
            f"<h1>{heading}</h1>\n<p><strong>{answer(diff)}</strong></p>",
            *_body(diff),
            "</main></body></html>\n",
        ]
    )


def _body(diff: Diff) -> Iterator[str]:
    for section in sections(diff):
        yield f"<h2>{_html(section.title)}</h2>\n<ul>"
        yield from map(_item, section.entries)
        yield "</ul>"
    if diff.figures:
        yield "<h2>Figures, old over new</h2>"
        for i, figure in enumerate(diff.figures):
            yield from _figure(figure, f"change-{i}")


def _item(entry: Entry) -> str:
    under = "".join(f"<li>{_html(detail)}</li>" for detail in entry.details)
    return f"<li>{_html(entry.head)}{f'<ul>{under}</ul>' if under else ''}</li>"


def _html(line: Line) -> str:
    marks = {"old": "del", "new": "ins", "lost": "del", "won": "ins"}
    texts = ((marks.get(part.kind), escaping.page(part.text)) for part in line)
    return "".join(f"<{mark}>{text}</{mark}>" if mark else text for mark, text in texts).replace("-&gt;", "→")


def _figure(figure: FigureChange, name: str) -> Iterator[str]:
    """The numbers that changed on one scale, the table of them, and both stored drawings."""
    yield f"<h3>{escaping.page(figure.name)} in {escaping.page(figure.chapter)}</h3>"
    drawn = drawings.changes(figure, name)
    if drawn:
        caption = "Each number before (above) and after (below) the change, on one scale."
        yield f"<figure><figcaption>{caption}</figcaption>{drawn.svg}"
        yield f"<p>{escaping.page(drawn.description)}</p></figure>"
    if figure.cells:
        head = "".join(f'<th scope="col">{word}</th>' for word in ("Row", "Column", "Before", "After"))
        yield f"<table><caption>What changed in the data of the figure</caption><tr>{head}</tr>"
        for cell in figure.cells:
            cells = "".join(f"<td>{escaping.page(text)}</td>" for text in (cell.column, cell.old, cell.new))
            yield f'<tr><th scope="row">{escaping.page(cell.row)}</th>{cells}</tr>'
        yield "</table>"
    yield '<div class="pair">'
    for when, drawing in (("Before", figure.old), ("After", figure.new)):
        shown = drawings.stored(drawing.svg, f"{name}-{when.lower()}") if drawing else "<p>There is none.</p>"
        description = f"<p>{escaping.page(drawing.description)}</p>" if drawing else ""
        words = f"<details><summary>{when}, in words</summary>{description}</details>" if description else ""
        yield f"<figure><figcaption>{when}</figcaption>{shown}{words}</figure>"
    yield "</div>"
