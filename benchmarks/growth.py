"""How the commands grow with the evidence and with the book: ``python -m benchmarks.growth``.

The time on a clock depends on what else the machine does, so that processor time is measured, once each.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import generator, table
from benchmarks.commands import ROOT, CommandError, copied, run

#: Times the evidence of the review, with the fewest chapters; small chapters, with the least evidence.
EVIDENCE, CHAPTERS = (1, 10, 100, 1000), (10, 50, 200)
#: What is measured; a command that fails leaves out those after it.
COMMANDS = {
    "sort": ("livingreview", "sort"),
    "check": ("livingreview", "check"),
    "outputs stored": ("python", "-m", "benchmarks.generator", "."),
    **{name: ("livingreview", name) for name in ("verify", "build", "bound")},
    "mutate, a sample": ("livingreview", "mutate", "--sample", "200"),
}


def measured(evidence: int, chapters: int, folder: Path) -> Iterator[table.Row]:
    """Make a book of a size, and measure every command in it."""
    size = f"evidence {evidence:,} times, {chapters} chapters"
    copied(folder)
    yield table.row("results", size, "rows", [generator.evidence(folder / "data", evidence)])
    generator.book(folder, chapters)
    for name, command in COMMANDS.items():
        try:  # `mutate` ends with 1: what only pages of the real book show is not caught in a book without them
            spent = run(command, folder, good=(0, 1) if "mutate" in command else (0,))
        except CommandError as error:
            yield table.row(name, size, "s", [], f"{error}; the commands after it were not run")
            return
        yield table.row(name, size, "s", [spent.processor])
        yield table.row(f"{name}, memory", size, "MB", [spent.memory])
    pages = (folder / "_build" / "html").rglob("*.html")
    weights = {len(gzip.compress(page.read_bytes(), 6, mtime=0)) / 1000: page.name for page in pages}
    yield table.row("heaviest page, gzipped", size, "KB", [max(weights)], weights[max(weights)])


def main() -> None:
    """Measure all sizes, or those that are named, and write the table under what is written about it."""
    parser = argparse.ArgumentParser(prog="benchmarks.growth", description="Measure how the commands grow.")
    parser.add_argument("--evidence", type=int, nargs="+", default=EVIDENCE, help="times the evidence of the review")
    parser.add_argument("--chapters", type=int, nargs="+", default=CHAPTERS, help="small chapters")
    options = parser.parse_args()
    times, chapters = sorted(options.evidence), sorted(options.chapters)
    rows: list[table.Row] = []
    for size in [*((number, chapters[0]) for number in times), *((times[0], number) for number in chapters[1:])]:
        with tempfile.TemporaryDirectory() as folder:
            for row in measured(*size, Path(folder, "book")):
                print(f"{row.tool}: {row.measure} {row.median} {row.unit} {row.note}", flush=True)
                rows.append(row)
    rows = table.compared(rows, (rows[0].tool,))
    table.into(ROOT / "benchmarks/results/growth.md", f"{table.machine()}\n\n{table.as_markdown(rows)}")


if __name__ == "__main__":
    main()
