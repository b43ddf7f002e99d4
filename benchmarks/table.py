"""What was measured, as CSV, as Markdown, and in the README."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from statistics import median

from livingreview.repository import replace_file

START, END = "<!-- bench: newest table, written by make bench -->", "<!-- end of bench -->"


@dataclass(frozen=True)
class Row:
    """One measure of one tool.

    Attributes
    ----------
    measure, tool, unit : str
        What, of which, in what.
    median, low, high : float or None
        Of the runs; None where it failed, and `note` says why.
    runs : int
        How many.
    ratio : float or None
        To the tool or the floor that the measure is compared with.
    note : str
        What a reader must know.
    """

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
    """Summarise the runs of one measure."""
    if not values:
        return Row(measure, tool, unit, None, None, None, 0, None, note or "failed")
    return Row(measure, tool, unit, median(values), min(values), max(values), len(values), None, note)


def compared(rows: Iterable[Row], base: str) -> list[Row]:
    """Add to rows of one measure their ratio to the tool called `base`."""
    found = list(rows)
    of = next((r.median for r in found if r.tool == base), None)
    return [replace(r, ratio=r.median / of if of and r.median is not None else None) for r in found]


def as_csv(rows: Iterable[Row]) -> str:
    """Write rows as CSV."""
    return _csv([[f.name for f in fields(Row)], *map(_cells, rows)])


def tidy(sections: Mapping[str, Iterable[Row]]) -> str:
    """Write the rows of sections as one CSV."""
    header = ["section", *(f.name for f in fields(Row))]
    return _csv([header, *([section, *_cells(r)] for section, rows in sections.items() for r in rows)])


def _cells(r: Row) -> list[object]:
    return ["" if v is None else f"{v:.4g}" if isinstance(v, float) else v for v in astuple(r)]


def _csv(lines: Iterable[Iterable[object]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(lines)
    return file.getvalue()


def as_markdown(rows: Iterable[Row], machine: str) -> str:
    """Write rows as a Markdown table under a line on the machine."""
    lines = [machine, "", "| measure | tool | median | range | runs | ratio | note |", "|---|---|---|---|---|---|---|"]
    for r in rows:
        middle = "failed" if r.median is None else f"{number(r.median)} {r.unit}"
        spread = "" if r.low is None or r.high is None or r.runs < 2 else f"{number(r.low)} to {number(r.high)}"
        ratio = "" if r.ratio is None else f"{r.ratio:.2f}"
        lines.append(
            f"| {r.measure} | {r.tool} | {middle} | {spread} | {r.runs or ''} | {ratio} | {r.note.replace('|', '/')} |"
        )
    return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """Write a number with the digits that matter."""
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.2f}"


def into(readme: Path, text: str) -> None:
    """Put a table between the two marks of the README, whole or not at all."""
    before = readme.read_text(encoding="utf-8")
    head, found, rest = before.partition(START)
    _, end, tail = rest.partition(END)
    if not (found and end):
        raise SystemExit(f"{readme.name}: must have the marks {START} and {END}. Put them where the table shall stand.")
    replace_file(readme, f"{head}{START}\n\n{text}\n{END}{tail}".encode())
