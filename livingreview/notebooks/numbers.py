"""Whether a stored number is what its key, its cells and its formula say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from livingreview.evidence import load
from livingreview.evidence.about import about
from livingreview.notebooks.outputs import Number, digits

_SIDES = {"cc": "intervention", "uc": "comparator", "control": "comparator", "euc": "comparator"}
_SIDE = re.compile(r"_(cc|uc|control|euc)(?:_(?:ci|n|p))?$")
_NUMERAL = r"(\d[\d,]*(?:\.\d+)?)"
_QUOTIENT = re.compile(rf"{_NUMERAL}(?: [a-z ]+)? / {_NUMERAL}(?: [a-z ]+)?(?:;.*)?")
_ONE = re.compile(rf"\$?{_NUMERAL}(%?)")


def wrong(number: Number) -> Iterator[tuple[str, str, str]]:
    """Compare a stored number with the arm in its key, with the cells of its rows, and with its formula.

    Parameters
    ----------
    number : Number
        As a chapter stores it.

    Yields
    ------
    tuple of str
        What is required, what was found, and what to do.
    """
    yield from _arm(number)
    yield from _cells(number) if not number.formula else _quotient(number)


def _arm(number: Number) -> Iterator[tuple[str, str, str]]:
    """A key that ends in the name of an arm is that of a number of this arm."""
    side = _SIDE.search(number.key)
    arms = {row.arm for row in about(load(), number.rows).rows} & {*_SIDES.values()}
    if side and arms and arms != {_SIDES[side[1]]}:
        requirement = f'publish "{number.key}" from a row of the {_SIDES[side[1]]}'
        yield requirement, f"{', '.join(number.rows)}, of the {' and '.join(sorted(arms))}", "Name the row of that arm."


def _cells(number: Number) -> Iterator[tuple[str, str, str]]:
    """A number that is not calculated stands in the cells that it names, or else in one of its rows."""
    book = load()
    rows = [row for row in number.rows if row in book and book.table(row) != "sources"]
    named = [cell.rpartition(".") for cell in number.read_from]
    values = [book.row(row).get(column + form, "") for row, _, column in named for form in ("", "_printed")]
    said = _bare(" ; ".join(map(str, values or [value for row in rows for value in book.row(row)])))
    if rows and (odd := _bare(number.text) - said):
        where = ", ".join(number.read_from or rows)
        actual = f'"{number.text}", where {where} does not say {", ".join(sorted(odd))}'
        yield f'publish "{number.key}" as a cell says it', actual, "Take it from its cell, or say its formula."


def _bare(text: str) -> set[str]:
    """The numerals of a text without signs, which words may say, and without zeros before them, as in dates."""
    return {numeral.lstrip("-").lstrip("0") or "0" for numeral in digits(text)}


def _quotient(number: Number) -> Iterator[tuple[str, str, str]]:
    """The text of a quotient is what its two numbers come to."""
    parts, text = _QUOTIENT.fullmatch(number.formula), _ONE.fullmatch(number.text)
    if parts and text:
        above, below, shown = (float(part.replace(",", "")) for part in (parts[1], parts[2], text[1]))
        value = above / below * (100 if text[2] else 1)
        places = len(text[1].partition(".")[2])
        if abs(value - shown) > 0.5 * 10**-places + 1e-9:
            actual = f'"{number.text}", where {number.formula} is {value:.{places + 1}f}'
            yield f'publish "{number.key}" as its formula gives it', actual, "Correct the formula or the number."
