"""What the chapters of a version publish: the numbers, conclusions and figures that their notebooks store."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any

from livingreview.evidence import load
from livingreview.history.escaping import plain
from livingreview.history.snapshots import Snapshot
from livingreview.notebooks.files import NUMBER, RECORD, outputs, parsed, source

_ANCHOR = re.compile(r'href="[\w-]+\.html#([^"]+)"')
_NAME = re.compile(r'<svg[^>]*\saria-labelledby="([\w-]+)-t[ "]')
_SVG = re.compile(r"<svg\b.*?</svg>", re.S)


@dataclass(frozen=True)
class Number:
    """A published number or word: its text, the rows it came from and how; blank `formula` for one as reported."""

    chapter: str
    key: str
    text: str
    rows: tuple[str, ...]
    formula: str


@dataclass(frozen=True)
class Drawing:
    """A figure as stored: its drawing as it stands in the notebook, and the table behind it."""

    chapter: str
    name: str
    caption: str
    svg: str = field(repr=False)
    description: str = field(repr=False)
    columns: tuple[str, ...]
    data: tuple[tuple[str, ...], ...] = field(repr=False)
    rows: tuple[str, ...] = ()

    @property
    def shapes(self) -> str:
        """What is drawn: all but the first tag, which says how the drawing stands on a page."""
        return self.svg.partition(">")[2]


@dataclass
class Publications:
    """All that the chapters of a version publish.

    Attributes
    ----------
    numbers : dict of (str, str) to Number
        By chapter and key.
    shown : dict of (str, str) to set of str
        Pages whose prose names a number, by its chapter and key.
    conclusions : dict of (str, str) to list of str
        By chapter and cell.
    figures : dict of (str, str) to Drawing
        By chapter and name.
    users : dict of str to set of str
        Chapters that use a row, by its id; the pages that list the rows are left out.
    """

    numbers: dict[tuple[str, str], Number] = field(default_factory=dict)
    shown: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    conclusions: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    figures: dict[tuple[str, str], Drawing] = field(default_factory=dict)
    users: dict[str, set[str]] = field(default_factory=dict)


def publications(snapshot: Snapshot, problems: list[str]) -> Publications:
    """Read what the notebooks of a version store. Nothing is executed.

    Parameters
    ----------
    snapshot : Snapshot
    problems : list of str
        Notebooks that cannot be read are named in it; the others are read all the same.

    Returns
    -------
    Publications
    """
    found = Publications()
    for path, content in snapshot.files.items():
        page = PurePosixPath(path)
        try:
            if page.suffix == ".md":
                _prose(found, page.stem, content.decode("utf-8"))
            elif page.suffix == ".ipynb":
                one = Publications()
                _notebook(one, page.stem, parsed(page.name, content))
                _add(found, one)
        # a notebook is a tree of anything; where its shape is not that of the format, it is at fault
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            said = plain(" ".join(str(error).split())) or type(error).__name__
            remedy = "If a merge left its marks, take either side of it; then run 'make refresh'."
            problems.append(f"{snapshot.name}: {plain(path)} cannot be read ({said}). {remedy}")
    return found


def _add(all_: Publications, one: Publications) -> None:
    all_.numbers |= one.numbers
    all_.conclusions |= one.conclusions
    all_.figures |= one.figures
    for key, pages in one.shown.items():
        all_.shown.setdefault(key, set()).update(pages)
    for row, pages in one.users.items():
        all_.users.setdefault(row, set()).update(pages)


def _prose(found: Publications, page: str, text: str) -> None:
    for chapter, key in NUMBER.findall(text):
        found.shown.setdefault((chapter or page, key), set()).add(page)


def _notebook(found: Publications, chapter: str, notebook: dict[str, Any]) -> None:
    for position, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "markdown":
            _prose(found, chapter, source(cell))
        for output in outputs(cell):
            data, ours = output.get("data", {}), output.get("metadata", {}).get("livingreview", {})
            html, text = data.get("text/html", ""), data.get(RECORD)
            rows = tuple(map(str, ours.get("rows", ())))
            drawn = tuple(map(str, ours.get("drawn", ())))
            if chapter not in load().pages.values():
                for row in (*rows, *drawn, *_ANCHOR.findall(html)):
                    found.users.setdefault(row, set()).add(chapter)
            if text is not None and "rows" in ours:
                key = str(output["metadata"]["scrapbook"]["name"])
                found.numbers[chapter, key] = Number(chapter, key, text, rows, str(ours["formula"]))
            elif text is not None and ours.get("conclusion"):
                found.conclusions.setdefault((chapter, str(cell.get("id", position))), []).append(text)
            for name in _NAME.findall(html)[:1]:
                found.figures[chapter, name] = _drawing(chapter, name, html, drawn)


def _drawing(chapter: str, name: str, html: str, rows: tuple[str, ...]) -> Drawing:
    from lxml import html as parser

    svg = _SVG.search(html)
    figure = parser.fragment_fromstring(html, create_parent="div")

    def texts(where: str, root: Any = figure) -> list[str]:
        return [" ".join(str(element.text_content()).split()) for element in root.iterfind(where)]

    caption = next(iter(texts(".//figcaption")), "").partition(" Source: ")[0]
    lines = [tuple(texts("./*", line)) for line in figure.iterfind(".//tbody/tr")]
    return Drawing(
        *(chapter, name, caption, svg[0] if svg else ""),
        next(iter(texts(".//details/p")), ""),
        tuple(texts(".//thead//th")),
        tuple(lines),
        rows,
    )


def chapters_of(number: tuple[str, str], side: Publications) -> set[str]:
    """The chapters that show a number: those that name it, and the one that publishes it; none where none does."""
    return {number[0], *side.shown.get(number, ())} if number in side.numbers else set()


def by_row(*sides: Publications) -> Mapping[str, tuple[str, ...]]:
    """Chapters that use each row, in any of some versions."""
    rows = dict.fromkeys(row for side in sides for row in side.users)
    return {row: tuple(sorted(set().union(*(side.users.get(row, ()) for side in sides)))) for row in rows}


def turned(old: Publications, new: Publications) -> Iterator[tuple[str, str | None, str | None]]:
    """Conclusions that differ: the chapter, the sentence before and after; None where there is none.

    A sentence that stands elsewhere in the book has only moved. Sentences of one cell that went and came are taken for
    one reworded, in their order.
    """
    places = dict.fromkeys([*new.conclusions, *old.conclusions])
    gone = {place: _without(old.conclusions.get(place, []), new.conclusions.get(place, [])) for place in places}
    come = {place: _without(new.conclusions.get(place, []), old.conclusions.get(place, [])) for place in places}
    lost, won = (Counter(sentence for sentences in side.values() for sentence in sentences) for side in (gone, come))
    lost, won = lost - won, won - lost
    for place in places:
        pairs = zip_longest(_taken(gone[place], lost), _taken(come[place], won))
        yield from ((place[0], *pair) for pair in pairs)


def _without(sentences: list[str], others: list[str]) -> list[str]:
    """The sentences of a cell that its other version does not have."""
    return _taken(sentences, Counter(sentences) - Counter(others))


def _taken(sentences: list[str], left: Counter[str]) -> list[str]:
    """The sentences of a list that are left, each taken off what is left."""
    found = []
    for sentence in sentences:
        if left[sentence]:
            left[sentence] -= 1
            found.append(sentence)
    return found


def paired(old: Iterable[tuple[str, str]], new: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, str], ...]]:
    """Numbers or figures of two versions, each with what it was: one of its name that stood in another chapter.

    Parameters
    ----------
    old, new : iterable of (str, str)
        Chapter and name.

    Returns
    -------
    list of pairs
        Of places before and after, which are the same where it did not move or has no other side.
    """
    before, after = set(old), set(new)
    gone, come = (_by_name(one - other) for one, other in ((before, after), (after, before)))
    moved = {come[name][0]: places[0] for name, places in gone.items() if len(places) == len(come.get(name, ())) == 1}
    return [(moved.get(place, place), place) for place in dict.fromkeys([*new, *old]) if place not in moved.values()]


def _by_name(places: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for place in places:
        found.setdefault(place[1], []).append(place)
    return found
