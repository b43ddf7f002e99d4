"""The faults as text for a terminal and for GitHub."""

from __future__ import annotations

from pathlib import Path

from livingreview.checks.package import REFERENCES, Fault, count, visible
from livingreview.evidence import DATA


def main_text(faults: list[Fault], data: Path = DATA) -> str:
    """Write every fault on a line of its own, and then a line with the verdict.

    Parameters
    ----------
    faults : list of Fault
        The faults that `check` found.
    data : Path
        Folder of the data package, whose rows are counted if there is no fault.
    """
    if faults:
        files = count(len({fault.file for fault in faults}), "file")
        return "\n".join([*map(str, faults), f"{count(len(faults), 'fault')} in {files}. Nothing was changed."])
    # without faults, every line but the first is a row, so nothing must be parsed again
    tables = [*data.glob("*.csv")]
    rows = sum(path.read_bytes().count(b"\n") - 1 for path in tables)
    sources = (data / REFERENCES).read_bytes().count(b"\n@") + 1
    return f"data: {count(len(tables), 'table')}, {count(rows, 'row')}, {count(sources, 'source')}: no fault."


def annotation(fault: Fault) -> str:
    """Write a fault as a workflow command, which GitHub shows on its line in the pull request."""
    place = "".join(f"%{ord(char):02X}" if char in "%:," else char for char in visible(fault.file))
    line = f",line={fault.row}" if fault.row else ""
    return f"::error file={place}{line}::{str(fault).replace('%', '%25')}"
