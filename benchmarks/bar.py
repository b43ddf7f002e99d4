"""The bar: what this book must reach, each line held against what was measured in the same run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from benchmarks import table
from benchmarks.peers import FLOOR, KERNEL, OUR_NBVAL, OUR_QUICK, OURS
from benchmarks.table import Row

HEAVIEST, PAINTED = "first load, heaviest chapter", "largest paint of the heaviest chapter, slow"
REQUESTS, HOSTS = "requests of a chapter", "other hosts a chapter asks"
AXE, INVALID = "rules of accessibility that a page breaks", "HTML errors of a page"
VERIFIED, COLD = "verification of all chapters", "build, cold"
IMPORTED = "before a chapter begins"
UNNOTICED, UNBOUND = "changes of the data that go unnoticed", "numbers that nothing accounts for"
DIFFERING = "files that differ between two builds"


@dataclass(frozen=True)
class Line:
    """One line of the bar.

    Attributes
    ----------
    what, measure : str
        In plain words, and as in the whole table.
    most : float
        What ours may be at most.
    by : {"median", "high", "ratio"}
        Which number of a row counts.
    ours : str
        Our row.
    """

    what: str
    measure: str
    most: float
    by: Literal["median", "high", "ratio"] = "high"
    ours: str = OURS


LINES = (
    Line("First load of the heaviest chapter, figures included", HEAVIEST, 40, "median"),
    Line("Its largest paint on a slow phone and network", PAINTED, 550, "median"),
    Line("Requests of a chapter", REQUESTS, 3),
    Line("Other hosts that a chapter asks", HOSTS, 0),
    Line("Rules of accessibility (axe) that the worst page breaks", AXE, 0),
    Line("HTML errors, worst page", INVALID, 0),
    Line("Verification with nbval, over one run of the same code", VERIFIED, 3.5, "ratio", OUR_NBVAL),
    Line("Quick verification, over the same", VERIFIED, 1.5, "ratio", OUR_QUICK),
    Line("Imports of all chapters beyond pandas and matplotlib, over the start of a kernel", IMPORTED, 0.2, "ratio"),
    Line("Cold build, over the stock theme", COLD, 1.5, "ratio"),
    Line("Changes of the data that go unnoticed", UNNOTICED, 0),
    Line("Numbers on pages that nothing accounts for", UNBOUND, 0),
    Line("Files that differ between two builds", DIFFERING, 0),
)


def as_markdown(rows: Iterable[Row]) -> str:
    """Write the bar as a table: what, at most, ours, whether it is met, and the other tools."""
    found = list(rows)
    lines = ["| What | At most | Ours | Met | Others |", "|---|---|---|---|---|"]
    for line in LINES:
        own = [row for row in found if row.measure == line.measure and row.tool == line.ours]
        value = getattr(own[0], line.by) if own else None
        met = "not measured" if value is None else "yes" if value <= line.most else "no"
        others = [
            row for row in found if row.measure == line.measure and not row.tool.startswith((OURS, FLOOR, KERNEL))
        ]
        if line.ours == OUR_QUICK:
            others = []  # no other tool verifies without kernels
        beside = "; ".join(f"{row.tool} {_said(row, line)}" for row in others)
        most = _number(line.most, line, own[0].unit if own else "")
        lines.append(f"| {line.what} | {most} | {_said(own[0], line) if own else ''} | {met} | {beside} |")
    return "\n".join(lines)


def _said(row: Row, line: Line) -> str:
    value = getattr(row, line.by)
    return "failed" if value is None else _number(value, line, row.unit)


def _number(value: float, line: Line, unit: str) -> str:
    return f"{table.number(value)} times" if line.by == "ratio" else f"{table.number(value)} {unit}".strip()
