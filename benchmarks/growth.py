"""How the commands grow with the evidence and with the book: ``python -m benchmarks.growth``.

What others do on the machine at the same time changes the time on a clock more than the size does: processor time of
all processes of a command is measured instead, once each.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from benchmarks import generator, table
from benchmarks.table import Row

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
EVIDENCE = (1, 10, 100, 1000)
CHAPTERS = (10, 50, 200)
#: A command that takes longer by the clock is stopped, and those that need what it makes are left out.
LIMIT = 600
#: Of the changes that `mutate` can make, how many it is asked for.
SAMPLE = 200
#: What is measured, in the order in which each needs the one before.
COMMANDS = {
    "sort": ("livingreview", "sort"),
    "check": ("livingreview", "check"),
    "outputs stored": ("python", "-m", "benchmarks.generator", "."),
    **{name: ("livingreview", name) for name in ("verify", "build", "bound")},
    "mutate, a sample": ("livingreview", "mutate", "--sample", str(SAMPLE)),
}
#: It goes on without the one before; any other cannot.
ALONE = "check"
#: It may find something: what only pages of the real book show is not caught in a book without them.
FINDING = "mutate, a sample"


@dataclass(frozen=True)
class Size:
    """How large a book is.

    Attributes
    ----------
    evidence, chapters : int
        Times the evidence of the review; small chapters beside the pages that list it.
    """

    evidence: int
    chapters: int

    def __str__(self) -> str:
        return f"evidence {self.evidence:,} times, {self.chapters} chapters"


@dataclass(frozen=True)
class Spent:
    """What a command took: seconds of processor time, the most memory of one of its processes in MB, and its fault."""

    seconds: float
    memory: float
    fault: str = ""


def spent(root: Path, command: Sequence[str], limit: float, good: Collection[int] = (0,)) -> Spent:
    """Run a command in a copy of the project.

    Parameters
    ----------
    root : Path
        The copy.
    command : sequence of str
        Name of a program of the environment, and its arguments.
    limit : float
        Seconds by the clock after which it is stopped.
    good : collection of int
        How it may end.

    Returns
    -------
    Spent
    """
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    program = str(Path(sys.executable).with_name(command[0]))
    # `timeout` waits for what it stops, so that the processor time of all is counted
    stopping = ["timeout", "--kill-after=10", str(limit), program, *command[1:]]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(stopping, cwd=root, env=env, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = [line.strip() for line in said if line.strip()]
    fault = ""
    if process.returncode in (124, 137):
        fault = f"stopped after {limit:.0f} s"
    elif process.returncode not in good:
        fault = f"failed: {' '.join(lines[-2:])[-300:]}"
    return Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, fault)


def copied(folder: Path) -> None:
    """Copy the project without what is built or installed."""
    left = shutil.ignore_patterns(".git", ".venv", "_build", ".*_cache", "__pycache__", "node_modules", ".hypothesis")
    shutil.copytree(ROOT, folder, ignore=left, symlinks=True)


def measured(size: Size, folder: Path, limit: float) -> Iterator[Row]:
    """Make a book of a size, and measure every command in it.

    Parameters
    ----------
    size : Size
    folder : Path
        Where the book is made; it is left for others to look at.
    limit : float
        Seconds by the clock for one command.

    Yields
    ------
    Row
    """
    copied(folder)
    results = generator.evidence(folder / "data", size.evidence)
    generator.book(folder, size.chapters)
    yield table.row("results", str(size), "rows", [results])
    stopped = ""
    for name, command in COMMANDS.items():
        if stopped and name != ALONE:
            yield table.row(name, str(size), "s", [], f"not run: {stopped}")
            continue
        took = spent(folder, command, limit, good=(0, 1) if name == FINDING else (0,))
        say(f"   {name}: {took.seconds:.1f} s, {took.memory:,.0f} MB {took.fault}")
        stopped = stopped or (f"{name} {took.fault}" if took.fault else "")
        yield table.row(name, str(size), "s", [] if took.fault else [took.seconds], took.fault)
        yield table.row(f"{name}, memory", str(size), "MB", [took.memory], "until it was stopped" if took.fault else "")
        if name == "build" and not took.fault:
            yield from weighed(size, folder / "_build" / "html")


def weighed(size: Size, site: Path) -> Iterator[Row]:
    """Weigh the pages of a site: its results, its heaviest page and all of it."""
    pages = {path: len(gzip.compress(path.read_bytes(), 6, mtime=0)) / 1000 for path in site.rglob("*.html")}
    heaviest = max(pages, key=lambda path: pages[path])
    listed = [pages[path] for path in pages if path.stem.startswith("results")]
    rows = max(path.read_text(encoding="utf-8").count("<tr id=") for path in pages)
    yield table.row("heaviest page, gzipped", str(size), "KB", [pages[heaviest]], heaviest.name)
    yield table.row("a page of results, gzipped", str(size), "KB", listed)
    yield table.row("rows on one page", str(size), "", [rows])
    yield table.row("site, its pages gzipped", str(size), "MB", [sum(pages.values()) / 1000])


def runners(root: Path, number: int, limit: float) -> Iterator[Row]:
    """Share the verification of a book out to runners that know nothing of each other, and merge what they report.

    Parameters
    ----------
    root : Path
        A copy of the project.
    number : int
        Of runners; each takes every chapter of that many, by the order of the files, as CONTRIBUTING.md says.
    limit : float
        Seconds by the clock.

    Raises
    ------
    RuntimeError
        When their reports together are not the report of one runner that takes all.
    """
    files = [f"chapters/{path.name}" for path in sorted((root / "chapters").glob("*.ipynb"))]

    def run(name: str, share: Sequence[str]) -> tuple[Spent, dict[str, bool]]:
        report = root / f"{name}.xml"
        took = spent(root, ("pytest", "-q", "--nbval", "--nbval-current-env", f"--junitxml={report}", *share), limit)
        cases = ElementTree.parse(report).iter("testcase")
        return took, {f"{case.get('classname')} {case.get('name')}": not len(case) for case in cases}

    whole, all_cells = run("whole", files)
    yield table.row("nbval, shared out", "one runner", "s", [whole.seconds], f"{len(all_cells):,} cells")
    merged: dict[str, bool] = {}
    with ThreadPoolExecutor(number) as pool:
        shares = pool.map(run, map(str, range(number)), [files[at::number] for at in range(number)])
        for at, (took, cells) in enumerate(shares, 1):
            note = f"{len(cells):,} cells of {len(files[at - 1 :: number])} chapters"
            yield table.row("nbval, shared out", f"runner {at} of {number}", "s", [took.seconds], note)
            merged |= cells
    if merged != all_cells:
        raise RuntimeError(f"{len(merged.items() ^ all_cells.items())} cells were reported otherwise by the runners.")
    say(f"   nbval on {number} runners, merged: {len(merged):,} cells, {sum(merged.values()):,} passed, as on one")


def compared(rows: Iterable[Row], sizes: Sequence[Size]) -> list[Row]:
    """Put rows in order of what they measure and of the sizes, each with its ratio to the first size."""
    order = [*map(str, sizes)]
    found = sorted(rows, key=lambda row: order.index(row.tool))
    measures = dict.fromkeys(row.measure for row in found)
    return [r for name in measures for r in table.compared((row for row in found if row.measure == name), order[0])]


def sizes(evidence: Iterable[int], chapters: Iterable[int]) -> list[Size]:
    """List the sizes: more evidence under the smallest book, then more chapters over the least evidence."""
    times, many = sorted(evidence), sorted(chapters)
    return [*(Size(number, many[0]) for number in times), *(Size(times[0], number) for number in many[1:])]


def store(rows: Iterable[Row]) -> None:
    """Keep the table as CSV, and as Markdown under what stands written about it."""
    found = list(rows)
    (RESULTS / "growth.csv").write_text(table.as_csv(found), encoding="utf-8")
    cores = os.cpu_count()
    machine = (
        f"Measured on {cores} cores, Python {platform.python_version()}. Seconds are processor time of all processes "
        "of a command, once each; memory is the most of one process; ratios are to the smallest book."
    )
    table.into(RESULTS / "growth.md", table.as_markdown(found, machine))


def say(text: str) -> None:
    """Show progress."""
    print(text, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all sizes, or those that are named."""
    parser = argparse.ArgumentParser(prog="benchmarks.growth", description="Measure how the commands grow.")
    parser.add_argument("--evidence", type=int, nargs="+", default=EVIDENCE, help="times the evidence of the review")
    parser.add_argument("--chapters", type=int, nargs="+", default=CHAPTERS, help="small chapters")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds by the clock for one command")
    parser.add_argument("--runners", type=int, default=2, help="among which the chapters of the review are shared")
    parser.add_argument("--keep", type=Path, help="an empty folder in which to keep the books")
    chosen = parser.parse_args(arguments)
    wanted = sizes(chosen.evidence, chosen.chapters)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as temporary:
        for size in sorted(wanted, key=lambda size: size.evidence * size.chapters):
            say(f"== {size}")
            folder = (chosen.keep or Path(temporary)) / f"{size.evidence}-{size.chapters}"
            rows += measured(size, folder, chosen.limit)
            if not chosen.keep:
                shutil.rmtree(folder)
            # what is known so far, should the next size be stopped
            store(compared(rows, wanted))
        say(f"== the chapters of the review on {chosen.runners} runners")
        copied(Path(temporary) / "review")
        shared = runners(Path(temporary) / "review", chosen.runners, chosen.limit)
        store([*compared(rows, wanted), *table.compared(shared, "one runner")])
    return 0


if __name__ == "__main__":
    sys.exit(main())
