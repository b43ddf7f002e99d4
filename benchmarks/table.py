"""Measures as rows: summarised, compared, written as Markdown, and put between the marks of a page."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from livingreview.repository import replace_file

START, END = "<!-- bench: newest table, written by make bench -->", "<!-- end of bench -->"


class Row(NamedTuple):
    """One measure of one tool: middle and range of the runs, blank where it failed, and the ratio to a base."""

    measure: str
    tool: str
    unit: str
    median: float | None
    low: float | None
    high: float | None
    runs: int
    ratio: float | None = None
    note: str = ""


def row(measure: str, tool: str, unit: str, values: Sequence[float], note: str = "") -> Row:
    """Summarise the runs of one measure; no run is a failure."""
    if not values:
        return Row(measure, tool, unit, None, None, None, 0, None, note or "failed")
    return Row(measure, tool, unit, median(values), min(values), max(values), len(values), None, note)


def compared(rows: Iterable[Row], bases: Sequence[str]) -> list[Row]:
    """Put the rows of each measure together, with their ratio to the first of the `bases` that the measure has."""
    every = [*rows]
    result = []
    for measure in dict.fromkeys(r.measure for r in every):
        tools = {r.tool: r for r in every if r.measure == measure}
        base = next((tools[name].median for name in bases if name in tools), None)
        result += [r._replace(ratio=r.median / base if base and r.median is not None else None) for r in tools.values()]
    return result


def as_markdown(rows: Iterable[Row]) -> str:
    """Write rows as a Markdown table."""
    lines = ["| measure | tool | median | range | runs | ratio | note |", "|---|---|---|---|---|---|---|"]
    for r in rows:
        middle = "failed" if r.median is None else f"{number(r.median)} {r.unit}".strip()
        spread = "" if r.low is None or r.high is None or r.runs < 2 else f"{number(r.low)} to {number(r.high)}"
        ratio = "" if r.ratio is None else f"{r.ratio:.2f}"
        lines.append(f"| {r.measure} | {r.tool} | {middle} | {spread} | {r.runs or ''} | {ratio} | {r.note} |")
    return "\n".join(lines) + "\n"


class Line(NamedTuple):
    """A line of the bar: by measure what ours may be at most, and in which unit; "times" is the ratio to the base."""

    what: str
    limits: dict[str, tuple[float, str]]
    ours: str
    stock: str


def bar(rows: Iterable[Row], lines: Iterable[Line]) -> str:
    """Write lines of the bar: at most, ours, whether it is met, and the stock theme."""
    by_tool = {(row.measure, row.tool): row for row in rows}

    def values(line: Line, tool: str) -> Iterator[float | None]:
        for measure, (_, unit) in line.limits.items():
            row = by_tool.get((measure, tool))
            yield (row.ratio if unit == "times" else row.high) if row else None

    result = ["| What | At most | Ours | Met | Stock Jupyter Book |", "|---|---|---|---|---|"]
    for line in lines:
        most, units = zip(*line.limits.values(), strict=True)
        columns = most, [*values(line, line.ours)], [*values(line, line.stock)]
        unmet = [v for v, limit in zip(columns[1], most, strict=True) if v is None or v > limit]
        met = "not measured" if None in unmet else "no" if unmet else "yes"
        cells = [[f"{number(v)} {u}".strip() for v, u in zip(c, units, strict=True) if v is not None] for c in columns]
        limits, ours, stock = map("; ".join, cells)
        result.append(f"| {line.what} | {limits} | {ours} | {met} | {stock} |")
    return "\n".join(result)


def machine() -> str:
    """Say when and on what was measured, and with which versions."""
    packages = ("jupyter-book", "sphinx-book-theme", "sphinx", "myst-nb", "nbval", "pandas", "matplotlib")
    return (
        f"Measured on {date.today()}, on {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{platform.system()}: {', '.join(f'{name} {version(name)}' for name in packages)}."
    )


def number(value: float) -> str:
    """Write a number with the digits that matter."""
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.2f}"


def into(page: Path, text: str) -> None:
    """Put a text between the two marks of a page, whole or not at all."""
    before = page.read_text(encoding="utf-8")
    head, start, rest = before.partition(START)
    _, end, tail = rest.partition(END)
    if not (start and end):
        raise SystemExit(f"{page.name}: must have the marks {START} and {END}. Put them where the table shall stand.")
    replace_file(page, f"{head}{START}\n\n{text}\n{END}{tail}".encode())
