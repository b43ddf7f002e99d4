"""Measure everything side by side, and keep the tables."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from benchmarks import browser, chapters, peers, table
from benchmarks.peers import BUILDERS, Builder, PeerError
from benchmarks.table import Row

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
ENVIRONMENTS = ROOT / "_build" / "peers"
#: The chapters that are loaded in a browser; the first is the heaviest of the three trials.
PAGES = ("impact", "claro", "champ")
RUNS = 3

_T = TypeVar("_T")


def say(text: str) -> None:
    """Show progress."""
    print(text, flush=True)


def tried(what: str, run: Callable[[], _T]) -> tuple[_T | None, str]:
    """Run something of a tool; give what it gives, or why it failed, so that one tool does not stop the rest."""
    try:
        return run(), ""
    except (PeerError, browser.Failed) as error:
        say(f"   {what} failed: {error}")
        return None, str(error)


def timed(measure: str, tool: str, run: Callable[[], float]) -> Row:
    """Take the seconds of some runs."""
    values: list[float] = []
    note = ""
    for number in range(RUNS):
        seconds, note = tried(tool, run)
        if seconds is None:
            break
        values.append(seconds)
        say(f"   {measure}, {tool}, run {number + 1} of {RUNS}: {seconds:.1f} s")
    return table.row(measure, tool, "s", values, note)


def laid(builder: Builder, folder: Path) -> Path:
    """Lay the chapters out for a tool; give the folder."""
    home = folder / (builder.peer or "ours")
    if not builder.peer:
        peers.project(ROOT, home)
        return home
    names = chapters.plain(ROOT, home / "chapters")
    (home / "index.md").write_text("# Book\n", encoding="utf-8")
    builder.write(home, names)
    return home


def command(builder: Builder, home: Path) -> list[str | Path]:
    """Give the command of a tool, with the path of its program."""
    programs = peers.environment(builder.peer, ENVIRONMENTS) if builder.peer else Path(sys.executable).parent
    files = sorted((home / "chapters").glob("*.ipynb")) if builder.tool == "nbconvert" else []
    return [programs / builder.command[0], *builder.command[1:], *files]


def cold(builder: Builder, home: Path) -> float:
    """Build from nothing."""
    for left in ("_build", "_html", "site"):
        shutil.rmtree(home / left, ignore_errors=True)
    return again(builder, home)


def again(builder: Builder, home: Path) -> float:
    """Build on what is there."""
    return peers.run(command(builder, home), home, {"PYTHONPATH": str(home)})


def built(folder: Path) -> tuple[list[Row], dict[str, Path]]:
    """Measure the builds; give the folders of the pages too."""
    first: list[Row] = []
    second: list[Row] = []
    homes: dict[str, Path] = {}
    for builder in BUILDERS:
        say(f"== build with {builder.tool}")
        home = laid(builder, folder)
        if builder.peer:
            tried(builder.tool, partial(peers.environment, builder.peer, ENVIRONMENTS))
        first.append(timed("build, cold", builder.tool, partial(cold, builder, home)))
        second.append(timed("build, unchanged", builder.tool, partial(again, builder, home)))
        if first[-1].median is not None:
            homes[builder.tool] = home
    stock = BUILDERS[1].tool
    return [*table.compared(first, stock), *table.compared(second, stock)], homes


def verified(folder: Path) -> list[Row]:
    """Measure what verifies the chapters, over one process that runs the same code."""
    say("== verify the chapters")
    copy = folder / "verified"
    peers.project(ROOT, copy)
    programs = partial(peers.environment, folder=ENVIRONMENTS)
    rows = [timed("verification", name, run) for name, run in peers.verifiers(copy, programs).items()]
    return table.compared(rows, rows[0].tool)


def pages(homes: dict[str, Path]) -> list[Row]:
    """Measure how the pages load, and what is found in them."""
    rows: list[Row] = []
    kinds = (("weight", "KB"), ("requests", ""), ("other hosts", ""), ("largest paint", "ms"), ("paint, slow", "ms"))
    with browser.chromium() as chrome:
        for builder in (one for one in BUILDERS if one.tool in homes):
            say(f"== load the pages of {builder.tool}")
            site = homes[builder.tool] / builder.built
            names = [builder.page.format(name) for name in PAGES]
            found: dict[str, list[float]] = {kind: [] for kind, _ in kinds}
            with browser.served(site) as address:
                for name in names:
                    for _ in range(RUNS):
                        fast, note = tried(builder.tool, partial(browser.load, chrome, f"{address}/{name}", slow=False))
                        slow, note = tried(builder.tool, partial(browser.load, chrome, f"{address}/{name}", slow=True))
                        if fast and slow:
                            values = (fast.size / 1000, fast.requests, fast.hosts, fast.paint, slow.paint)
                            for (kind, _), value in zip(kinds, values, strict=True):
                                found[kind].append(value)
                counts = [tried("axe", partial(browser.axe, chrome, f"{address}/{name}"))[0] for name in names]
            errors = [browser.invalid(site / name) for name in names]
            rows += [table.row(f"page: {kind}", builder.tool, unit, found[kind], note) for kind, unit in kinds]
            rows.append(
                table.row("page: axe, rules broken", builder.tool, "", [float(n) for n in counts if n is not None])
            )
            told = "" if None not in errors else "the Nu validator is not installed here: bash .ci/run installs it"
            rows.append(
                table.row("page: HTML errors", builder.tool, "", [float(n) for n in errors if n is not None], told)
            )
            say(f"   {', '.join(f'{r.measure[6:]} {r.median:,.0f}' for r in rows[-7:] if r.median is not None)}")
    order = {kind: number for number, kind in enumerate(dict.fromkeys(row.measure for row in rows))}
    rows.sort(key=lambda row: order[row.measure])
    stock = BUILDERS[1].tool
    return [r for kind in order for r in table.compared((row for row in rows if row.measure == kind), stock)]


def machine() -> str:
    """Say what it was measured on."""
    names = ("jupyter-book", "sphinx", "myst-nb", "nbval", "pandas", "matplotlib")
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    cores = sum(line.startswith("processor") for line in _lines("/proc/cpuinfo"))
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"Measured on {cores} cores ({model or platform.machine()}), Python {platform.python_version()}, {versions}. "
        f"{RUNS} runs each, median. Ratios are to the stock theme, those of verification to the floor. "
        f"Pages: the chapters on {', '.join(name.upper() for name in PAGES)}; slow is 1.6 Mbit/s, 150 ms, 4x CPU."
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all, or the parts that are named."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure this book beside other tools.")
    parts = ("build", "verify", "pages")
    parser.add_argument("parts", nargs="*", choices=[[], *parts], help="what to measure; all of it when left out")
    wanted = parser.parse_args(arguments).parts or parts
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        homes: dict[str, Path] = {}
        if {"build", "pages"} & {*wanted}:
            rows, homes = built(Path(folder))
        if "verify" in wanted:
            rows += verified(Path(folder))
        if "pages" in wanted:
            rows += pages(homes)
    text = table.as_markdown(rows, machine())
    print(f"\n{text}")
    if {*wanted} == {*parts}:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "side_by_side.csv").write_text(table.as_csv(rows), encoding="utf-8")
        (RESULTS / "side_by_side.md").write_text(text, encoding="utf-8")
        table.into(ROOT / "README.md", text)
        say("Next: read README.md and benchmarks/results, then commit them.")
    return int(any(row.median is None for row in rows))


if __name__ == "__main__":
    sys.exit(main())
