"""The form in which a notebook stores what it publishes: one definition for `numbers`, which writes, and all readers.

Numbers and conclusions are outputs that show nothing: their text has its own media type. What they and figures rest on
is in their metadata.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: The media type of a text that is stored to be shown elsewhere; ``myst_nb.glue`` uses it too.
TEXT = "application/papermill.record/text/plain"
HTML = "text/html"

_OURS = "livingreview"
#: The lists of rows that an output may rest on: of a number, of a figure, of a conclusion.
_ROWS, _DRAWN, _RESTS_ON = "rows", "drawn", "rests_on"


def of_number(key: str, rows: Sequence[str], formula: str, cells: Sequence[str] = ()) -> dict[str, Any]:
    """Metadata of a number: the key that it is published under, its rows, how it was computed, and its cells."""
    scrapbook = {"mime_prefix": TEXT.removesuffix("text/plain"), "name": key}
    metadata = {"cells": list(cells)} if cells else {}
    return {"scrapbook": scrapbook, _OURS: {_ROWS: list(rows), "formula": formula, **metadata}}


def of_conclusion(rows: Sequence[str], holds: bool) -> dict[str, Any]:
    """Metadata of a conclusion: whether it holds, and the rows that it rests on."""
    return {_OURS: {"conclusion": holds, _RESTS_ON: list(rows)}}


def of_line(rows: Sequence[str], finding: str) -> dict[str, Any]:
    """Metadata of a line of a summary of findings: what it says of the difference, and the rows that it rests on."""
    return {_OURS: {"line": finding, _RESTS_ON: list(rows)}}


def of_figure(rows: Sequence[str]) -> dict[str, Any]:
    """Metadata of a figure: the rows that are drawn."""
    return {_OURS: {_DRAWN: list(rows)}}


def key(metadata: Mapping[str, Any]) -> str | None:
    """The key of a number; None for any other output."""
    name = metadata.get("scrapbook", {}).get("name")
    return None if name is None else str(name)


def formula(metadata: Mapping[str, Any]) -> str:
    """How a number was computed; blank if it is as reported."""
    return str(metadata.get(_OURS, {}).get("formula", ""))


def cells(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The cells that a number was read from, each as ``row.column``; none where its maker names no columns."""
    return tuple(map(str, metadata.get(_OURS, {}).get("cells", ())))


def holds(metadata: Mapping[str, Any]) -> bool | None:
    """Whether a conclusion holds; None for any other output."""
    conclusion = metadata.get(_OURS, {}).get("conclusion")
    return None if conclusion is None else bool(conclusion)


def finding(metadata: Mapping[str, Any]) -> str | None:
    """What a line of a summary of findings says of the difference; None for any other output."""
    line = metadata.get(_OURS, {}).get("line")
    return None if line is None else str(line)


def rows(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the rows that an output rests on, whatever it is."""
    recorded = metadata.get(_OURS, {})
    return tuple(str(row) for name in (_ROWS, _DRAWN, _RESTS_ON) for row in recorded.get(name, ()))
