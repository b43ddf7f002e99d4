"""What the chapters of a version publish: the numbers, conclusions and figures that their notebooks store."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any

from livingreview.history.escaping import plain
from livingreview.history.snapshots import Snapshot
from livingreview.notebooks.files import NUMBER, parsed, source
from livingreview.notebooks.outputs import DrawnFigure, Number, of_chapter, users

_BOTTOM_LINE = re.compile(r"^(:{3,})\{container\} bottom-line\n(.*?)^\1\s*$", re.M | re.S)


@dataclass
class Publications:
    """All that the chapters of a version publish.

    Attributes
    ----------
    numbers : dict of (str, str) to Number
        By chapter and key.
    shown : dict of (str, str) to set of str
        Pages whose prose names a number, by its chapter and key.
    bottom_lines : set of (str, str)
        The numbers that the bottom line of a page names.
    conclusions : dict of (str, str) to list of str
        By chapter and cell.
    figures : dict of (str, str) to DrawnFigure
        By chapter and name.
    users : dict of str to set of str
        Chapters that use a row, by its id; the pages that list the rows are left out.
    """

    numbers: dict[tuple[str, str], Number] = field(default_factory=dict)
    shown: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    bottom_lines: set[tuple[str, str]] = field(default_factory=set)
    conclusions: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    figures: dict[tuple[str, str], DrawnFigure] = field(default_factory=dict)
    users: dict[str, set[str]] = field(default_factory=dict)


def publications(snapshot: Snapshot, problems: list[str]) -> Publications:
    """Read what the notebooks of a version store. Nothing is executed.

    Parameters
    ----------
    snapshot : Snapshot
    problems : list of str
        Notebooks that cannot be read are named in it; the others are read all the same.
    """
    merged = Publications()
    for path, content in snapshot.files.items():
        page = PurePosixPath(path)
        try:
            if page.suffix == ".md":
                _prose(merged, page.stem, content.decode("utf-8"))
            elif page.suffix == ".ipynb":
                page_own = Publications()
                _notebook(page_own, page.stem, parsed(page.name, content))
                _add(merged, page_own)
        # a notebook is a tree of anything; where its shape is not that of the format, it is at fault
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            reason = plain(" ".join(str(error).split())) or type(error).__name__
            remedy = "If a merge left its marks, take either side of it; then run 'make refresh'."
            problems.append(f"{snapshot.name}: {plain(path)} cannot be read ({reason}). {remedy}")
    return merged


def _add(all_: Publications, page: Publications) -> None:
    all_.numbers |= page.numbers
    all_.conclusions |= page.conclusions
    all_.figures |= page.figures
    all_.bottom_lines |= page.bottom_lines
    for key, pages in page.shown.items():
        all_.shown.setdefault(key, set()).update(pages)
    for row, pages in page.users.items():
        all_.users.setdefault(row, set()).update(pages)


def _prose(published: Publications, page: str, text: str) -> None:
    for chapter, key in NUMBER.findall(text):
        published.shown.setdefault((chapter or page, key), set()).add(page)
    for _, card in _BOTTOM_LINE.findall(text):
        published.bottom_lines.update((chapter or page, key) for chapter, key in NUMBER.findall(card))


def _notebook(published: Publications, chapter: str, notebook: dict[str, Any]) -> None:
    cells, stored = notebook["cells"], of_chapter(chapter, notebook)
    for cell in cells:
        if cell["cell_type"] == "markdown":
            _prose(published, chapter, source(cell))
    published.users = {row: set(pages) for row, pages in users([stored]).items()}
    published.numbers = {(chapter, number.key): number for number in stored.numbers}
    for conclusion in stored.conclusions:
        place = chapter, str(cells[conclusion.cell - 1].get("id", conclusion.cell - 1))
        published.conclusions.setdefault(place, []).append(conclusion.sentence)
    for figure in stored.figures:
        _ = figure.caption, figure.description, figure.columns, figure.data  # one that cannot be read is named here
        published.figures[chapter, figure.name] = figure


def chapters_of(number: tuple[str, str], side: Publications) -> set[str]:
    """The chapters that show a number: those that name it, and the one that publishes it; none where none does."""
    return {number[0], *side.shown.get(number, ())} if number in side.numbers else set()


def by_row(*sides: Publications) -> Mapping[str, tuple[str, ...]]:
    """Chapters that use each row, in any of some versions."""
    rows = dict.fromkeys(row for side in sides for row in side.users)
    return {row: tuple(sorted(set().union(*(side.users.get(row, ()) for side in sides)))) for row in rows}


def turned(old: Publications, new: Publications) -> Iterator[tuple[str, str | None, str | None]]:
    """Conclusions that differ: the chapter, the sentence before and after; None where it does not exist.

    A sentence that is elsewhere in the book has only moved. A sentence that left a cell and one that came into it are
    taken for one reworded, in their order.
    """
    places = dict.fromkeys([*new.conclusions, *old.conclusions])
    gone = {place: _without(old.conclusions.get(place, []), new.conclusions.get(place, [])) for place in places}
    come = {place: _without(new.conclusions.get(place, []), old.conclusions.get(place, [])) for place in places}
    lost, won = (Counter(sentence for sentences in side.values() for sentence in sentences) for side in (gone, come))
    lost, won = lost - won, won - lost
    for place in places:
        pairs = zip_longest(_taken(gone[place], lost), _taken(come[place], won))
        yield from ((place[0], *pair) for pair in pairs)


def _without(sentences: list[str], counterparts: list[str]) -> list[str]:
    """The sentences of a cell that its other version does not have."""
    return _taken(sentences, Counter(sentences) - Counter(counterparts))


def _taken(sentences: list[str], remaining: Counter[str]) -> list[str]:
    """The sentences of a list that remain, each subtracted from the remaining ones."""
    taken = []
    for sentence in sentences:
        if remaining[sentence]:
            remaining[sentence] -= 1
            taken.append(sentence)
    return taken


def paired(old: Iterable[tuple[str, str]], new: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, str], ...]]:
    """Numbers or figures of two versions, each with its earlier place, which may be in another chapter.

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
    gone, come = (_by_name(side - opposite) for side, opposite in ((before, after), (after, before)))
    moved = {come[name][0]: places[0] for name, places in gone.items() if len(places) == len(come.get(name, ())) == 1}
    return [(moved.get(place, place), place) for place in dict.fromkeys([*new, *old]) if place not in moved.values()]


def _by_name(places: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    by_name: dict[str, list[tuple[str, str]]] = {}
    for place in places:
        by_name.setdefault(place[1], []).append(place)
    return by_name
