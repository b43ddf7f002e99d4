"""The order of the rows: what it is, where it is broken, and how files are put into it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from livingreview.checks.package import Fault, Package, Row, Table, shown
from livingreview.checks.reading import read_package
from livingreview.checks.references import text_between_references
from livingreview.evidence import DATA
from livingreview.repository import replace_file

#: What the rows of a table are about: rows about the same thing stay together, in an order of their own. Two people
#: who add rows about different things then add them in different places, which merge without conflict.
ABOUT = {
    **dict.fromkeys(("studies", "arms", "sets", "results", "baseline", "claims", "discrepancies"), "study_id"),
    **dict.fromkeys(("outcomes", "milestones", "risk_of_bias"), "study_id"),
    "components": "component",
    "pooled": "source_key",
    "certainty": "source_key",
    "instruments": "instrument",
    "explanations": "check",
    "relations": "check",
}
#: Tables whose rows keep the order in which people put them.
UNSORTED = ("review", "searches", "living", "checklists", "registry", "notices", "causes")
SORT = "Run 'make sort'."


def _natural(text: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """Make a sort key that puts a-2 before a-10, and lower-case letters beside capitals."""
    parts = re.split(r"0*([0-9]+)", text.casefold())
    # every second part is a number, sorted by its length first; words are sorted by their letters alone
    return tuple((len(part) if at % 2 else 0, part) for at, part in enumerate(parts)), text


def _order(table: Table) -> list[str]:
    """Name the columns by which the rows of a table are sorted: what they are about, or their ids."""
    return [ABOUT[table.name]] if table.name in ABOUT else table.key


def place(row: Row) -> tuple[object, ...]:
    """Give the sort key of a row in its table."""
    return tuple(_natural(row[column]) for column in _order(row.table))


def in_order(rows: Iterable[dict[str, str]], columns: Sequence[str]) -> list[dict[str, str]]:
    """Sort rows by columns, as a table is sorted by its key."""
    return sorted(rows, key=lambda row: [_natural(row[column]) for column in columns])


def is_misplaced(table: Table, index: int) -> bool:
    """Whether a row is not in order between its neighbors."""
    places = [place(row) for row in table.rows[max(index - 1, 0) : index + 2]]
    return table.name not in UNSORTED and places != sorted(places)


def out_of_order(package: Package, faults: Iterable[Fault]) -> Iterator[Fault]:
    """Find the first misplaced row of a file; rows with other faults are skipped: their id or study may be wrong."""
    wrong = {(fault.file, fault.row) for fault in faults}
    for table in package.tables.values():
        if table.name not in UNSORTED and table.complete and table.text.whole:
            key = table.key[-1]
            requirement = f"stand in the order of {' and then of '.join(_order(table))}"
            rows = [row for row in table.rows if (table.text.file, row.line) not in wrong]
            for before, row in pairwise(rows):
                if place(row) < place(before):
                    yield row.fault(key, requirement, SORT, f"{shown(row[key])} after {shown(before[key])}")
                    break
    text = package.references.text
    keys = [(line, key) for line, key in package.references.keys if (text.file, line) not in wrong]
    for (_, former), (line, latter) in pairwise(keys if package.references.whole else []):
        if _natural(latter) < _natural(former):
            actual = f"{shown(latter)} after {shown(former)}"
            yield text.fault(line, "stand in the order of the keys", actual, SORT)
            return


def sort(data: Path = DATA) -> list[str]:
    """Sort the rows of every table, and the references, without changing their text.

    Returns
    -------
    list of str
        Names of the sorted files. A file that cannot be read completely stays as it is; the check reports why.
    """
    package = read_package(data)
    new: dict[str, str] = {}
    for table in package.tables.values():
        if table.name not in UNSORTED and table.whole and table.complete:
            lines = dict(table.text.lines)
            rows = [lines[row.line] for row in sorted(table.rows, key=place)]
            new[table.text.file] = "\n".join([lines[1], *rows, ""])
    references = package.references
    if references.whole and not any(text_between_references(package)):
        starts = [line - 1 for line, _ in references.keys]
        every = [line for _, line in references.text.lines]
        entries = ["\n".join(every[a:b]).strip() for a, b in pairwise([*starts, len(every)])]
        keyed = sorted(zip((_natural(key) for _, key in references.keys), entries, strict=True))
        new[references.text.file] = "\n\n".join(entry for _, entry in keyed) + "\n"
    changed = [file for file, text in new.items() if text.encode() != (data.parent / file).read_bytes()]
    for file in changed:
        replace_file(data.parent / file, new[file].encode())
    return changed
