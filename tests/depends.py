"""Whether published numbers depend on the cells that they name: these are changed, and the chapters run again."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pandas as pd

from livingreview.audit.sentences.stored import Published
from livingreview.evidence import Evidence
from livingreview.notebooks import without_source
from livingreview.notebooks.running import Statement

#: What is left of the numbers, one after another, in each round: a ratio stays when both arms shrink alike, and a
#: number of whole people when they shrink by little.
_SHARES = ((0.7, 0.5, 0.85), (0.55, 0.8, 0.65, 0.9), (0.3, 0.95, 0.6, 0.8, 0.4))


def unmoved(
    book: Evidence, code: Mapping[str, list[Statement]], numbers: Mapping[tuple[str, str], Published]
) -> list[str]:
    """Name the numbers that stay as they are when every cell that they name is another.

    Parameters
    ----------
    book : Evidence
        The evidence.
    code : mapping of str to list of Statement
        Statements of the code by chapter.
    numbers : mapping of (str, str) to Published
        The published numbers by chapter and key; those that name no cells are passed over.

    Returns
    -------
    list of str
        Each as ``chapter:key``. A number that cannot be computed from the changed cells depends on them.
    """
    unmoved_numbers = []
    for chapter, cells in code.items():
        published = {key: item for (of, key), item in numbers.items() if of == chapter and item.cells}
        if published:
            rested = sorted({cell for item in published.values() for cell in item.cells})
            for shares in _SHARES:
                run = without_source.run(_changed(book, rested, shares), {chapter: cells}).numbers
                published = {
                    key: item
                    for key, item in published.items()
                    if (number := run.get((chapter, key))) and number.text == item.text
                }
            unmoved_numbers += [f"{chapter}:{key}" for key in published]
    return unmoved_numbers


def _changed(book: Evidence, cells: Sequence[str], shares: tuple[float, ...]) -> Evidence:
    """The same evidence with other values in some cells."""
    changed, frames = copy.copy(book), defaultdict(list)
    for number, cell in enumerate(cells):
        row, _, column = cell.rpartition(".")
        frames[book.table(row)].append((row, column, shares[number % len(shares)]))
    for table, changes in frames.items():
        frame = getattr(book, table).copy()
        for row, column, share in changes:
            _change(frame, row, column, share)
        setattr(changed, table, frame)
    return changed


def _change(frame: pd.DataFrame, row: str, column: str, share: float) -> None:
    """Change a cell as printed and as a number: a text gets a word more, a number shrinks to a share."""
    printed = f"{column}_printed"
    text = str(frame.loc[row, printed if printed in frame else column])
    if printed not in frame:
        frame.loc[row, column] = {"<": "=", "=": "<"}.get(text, f"{text} changed")
        return
    value, digits = float(text), len(text.partition(".")[2])
    smaller = round(value * share, digits)
    changed = smaller if smaller != value else value + 10**-digits
    frame.loc[row, column], frame.loc[row, printed] = changed, f"{changed:.{digits}f}"
