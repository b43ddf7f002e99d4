"""Measure this book beside the stock theme on this machine: ``make bench``, or all of it with ``--all``."""

from __future__ import annotations

import argparse
import compileall
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks import browser, chapters, commands, table
from benchmarks.commands import ROOT
from benchmarks.table import Line, Row
from livingreview.audit.mutation.tally import stored
from livingreview.audit.numerals import bind

RUNS, LONG = 3, 25  # of one measure, which is not run again once it has taken so many seconds
TRIALS = ("impact", "claro", "champ")  # chapters of which the paint is taken
OURS, STOCK, FLOOR = "ours", "Jupyter Book, stock theme", "one process, the same code (floor)"
OUR_NBVAL, OUR_QUICK, STOCK_NBVAL = "ours, nbval", "ours, quick", "nbval, stock, serial"
SENTENCE = "a page of one sentence (floor)"  # what any page costs before it has a text of its own
LOAD, REQUESTS, HOSTS = "first load", "requests of a chapter", "other hosts a chapter asks"
VERIFIED, COLD = "verification of all chapters", "build, cold"
UNBOUND, UNDETECTED = (
    "numbers that nothing accounts for",
    "changes neither stopped nor shown in the diff",
)
PAINTED, BLOCKED = "largest paint of the trials, slow", "longest blocking of a chapter, slow"
#: What a reader or a maintainer would choose a tool by; the README shows these lines.
SHOWN = (
    Line(
        "First load of the heaviest chapter; its requests; other hosts that it asks",
        {LOAD: (40, "KB"), REQUESTS: (3, ""), HOSTS: (0, "")},
        *(OURS, STOCK),
    ),
    Line("Verification with nbval, over one run of the same code", {VERIFIED: (2.6, "times")}, OUR_NBVAL, STOCK_NBVAL),
    Line("Cold build, over the stock theme", {COLD: (1.2, "times")}, OURS, STOCK),
    Line(
        "Numbers on pages that nothing accounts for; changes neither stopped nor shown in the diff",
        {UNBOUND: (0, ""), UNDETECTED: (0, "")},
        *(OURS, STOCK),
    ),
)
REST = (
    Line("Quick verification, over one run of the same code", {VERIFIED: (0.8, "times")}, OUR_QUICK, ""),
    Line("Largest paint, over that of a page of one sentence", {PAINTED: (1.7, "times")}, OURS, STOCK),
    Line("Longest blocking of a chapter, at a fourth of the processor", {BLOCKED: (200, "ms")}, OURS, STOCK),
)
# the pages alone: no other builder compares what is stored and what is built
BUILDERS = {
    OURS: ("python", "-c", "from livingreview.cli import render; render()"),
    STOCK: ("jupyter-book", "build", "."),
}
_NBVAL = ("pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "chapters")
VERIFIERS = {
    FLOOR: ("python", "-m", "benchmarks.floor", "."),
    OUR_NBVAL: (*_NBVAL, "-n", "2", "--dist", "loadfile"),
    STOCK_NBVAL: (*_NBVAL, "--noconftest"),
    OUR_QUICK: ("livingreview", "verify"),
}
_FOLDERS = re.compile(r"(?:/[^\s/:'\"]+)+/")


def attempted(measure: str, tool: str, rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows of a tool; where it fails a last row says why, and what comes after goes on."""
    try:
        for row in rows:
            print(f"{row.measure}, {row.tool}: {row.median} {row.unit}", file=sys.stderr, flush=True)
            yield row
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        note = f"failed: {_FOLDERS.sub('', reason)}"  # without the folders of this machine
        print(f"{measure}, {tool}, {note}", file=sys.stderr, flush=True)
        yield table.row(measure, tool, "", [], note)


def repeated(measure: str, tool: str, command: Sequence[str], home: Path, source: Path | None = None) -> Iterator[Row]:
    """Time a command some times, and fewer if it takes long; each time in a new copy of a source, if there is one."""
    values: list[float] = []
    while not values or (len(values) < RUNS and sum(values) < LONG):
        if source:
            shutil.rmtree(home, ignore_errors=True)  # with the caches that a tool keeps beside its pages
            shutil.copytree(source, home, symlinks=True)
        values.append(commands.run(command, home).clock)
    yield table.row(measure, tool, "s", values)


def built(folder: Path, tool: str) -> Iterator[Row]:
    """Build with a tool from nothing."""
    source = folder / "sources" / tool
    if tool == OURS:
        commands.copied(source)
        compileall.compile_dir(source / "livingreview", quiet=1)  # as any installed tool is
    else:
        chapters.stock_book(ROOT, source)
    yield from repeated(COLD, tool, BUILDERS[tool], folder / tool, source)


def loaded(site: Path, tool: str) -> Iterator[Row]:
    """Weigh the first load of every chapter."""
    with browser.opened(site) as load:
        loads = [load(f"chapters/{path.name}", slow=False) for path in site.glob("chapters/*.html")]
    yield table.row(LOAD, tool, "KB", [each.size / 1000 for each in loads], "all chapters")
    yield table.row(REQUESTS, tool, "", [each.requests for each in loads])
    yield table.row(HOSTS, tool, "", [each.hosts for each in loads])


def painted(site: Path, tool: str) -> Iterator[Row]:
    """Take the paint of the trials and the blocking of every chapter, slow."""
    with browser.opened(site) as load:
        paints = [load(f"chapters/{name}.html", slow=True).paint for name in TRIALS for _ in range(RUNS)]
        blocked = [load(f"chapters/{path.name}", slow=True).blocked for path in site.glob("chapters/*.html")]
    yield table.row(PAINTED, tool, "ms", paints, ", ".join(TRIALS))
    yield table.row(BLOCKED, tool, "ms", blocked, "all chapters")


def write_sentences(folder: Path) -> None:
    """Write pages of one sentence in place of the trials."""
    folder.mkdir(parents=True)
    text = "<!doctype html><html lang=en><title>One</title><p>This page has one sentence and nothing else to draw."
    for name in TRIALS:
        (folder / f"{name}.html").write_text(text, encoding="utf-8")


def unproved(folder: Path) -> Iterator[Row]:
    """Count what the proofs of this book leave open."""
    yield table.row(UNBOUND, OURS, "", [len(bind(folder / OURS / "_build/html", ROOT).problems)])
    run = stored(ROOT)
    yield table.row(UNDETECTED, OURS, "", [len(run.survivors) + len(run.passed) + run.hidden])


def measured(folder: Path, *, everything: bool) -> Iterator[Row]:
    """Measure what the README shows, or all; pages and proofs need what was built."""
    for tool in BUILDERS:
        yield from attempted(COLD, tool, built(folder, tool))
    for tool in BUILDERS:
        yield from attempted(LOAD, tool, loaded(folder / tool / "_build/html", tool))
    yield from attempted(UNBOUND, OURS, unproved(folder))
    for tool, command in VERIFIERS.items():
        yield from attempted(VERIFIED, tool, repeated(VERIFIED, tool, command, folder / "sources" / OURS))
    if everything:
        write_sentences(folder / SENTENCE / "_build/html/chapters")
        for tool in (SENTENCE, *BUILDERS):
            yield from attempted(PAINTED, tool, painted(folder / tool / "_build/html", tool))


def main() -> None:
    """Measure the lines that the README shows, or all of them, and write the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure this book beside the stock theme.")
    parser.add_argument("--all", action="store_true", help="measure the whole bar")
    everything = parser.parse_args().all
    with tempfile.TemporaryDirectory() as folder:
        rows = table.compared(measured(Path(folder), everything=everything), (FLOOR, SENTENCE, STOCK))
    if everything:
        text = f"{table.machine()}\n\n{table.bar(rows, (*SHOWN, *REST))}\n\n{table.as_markdown(rows)}"
        table.into(ROOT / "benchmarks/results/bench.md", text)
    table.into(ROOT / "README.md", f"{table.bar(rows, SHOWN)}\n\n{table.machine()}\n")


if __name__ == "__main__":
    main()
