"""Measure this book and other tools side by side on this machine, and keep the tables: ``make bench``."""

from __future__ import annotations

import argparse
import compileall
import hashlib
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import bar, browser, chapters, imports, loop, peers, table
from benchmarks.growth import RESULTS, copied
from benchmarks.peers import BUILDERS, FLOOR, KERNEL, OUR_NBVAL, OURS, PACKAGES, ROOT, STOCK, VERIFIERS, Builder
from benchmarks.table import Row
from livingreview.audit.mutation.table import stored
from livingreview.audit.numerals import bind
from livingreview.evidence import Evidence
from livingreview.notebooks import files
from livingreview.repository import replace_file

RUNS = 3
#: Loads of which the paint is taken: it waits for the next frame of the screen, so that one load says little.
PAINTS = 9
#: Seconds of one measure after which it is not run again.
LONG = 25
#: Chapters whose paint is taken besides that of the heaviest.
TRIALS = ("impact", "claro", "champ")

#: What any page costs on this machine before it has a text of its own.
SENTENCE = "a page of one sentence (floor)"

_FOLDERS = re.compile(r"(?:/[^\s/:'\"]+)+/")


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


def attempted(measure: str, tool: str, unit: str, rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows of a tool; where it fails a last one says why, and the rest goes on.

    Parameters
    ----------
    measure, tool, unit : str
        Of the row that says why.
    rows : iterator of Row
        What is measured as it is asked for.

    Yields
    ------
    Row
    """
    try:
        yield from rows
    except Exception as error:
        told = (str(error).strip() or type(error).__name__).splitlines()[0]
        note = f"failed: {_FOLDERS.sub('', told)}"  # without the folders of this machine
        say(f"   {measure}, {tool}, {note}")
        yield table.row(measure, tool, unit, [], note)


def repeated(measure: str, tool: str, run: Callable[[], float], note: str = "", least: int = 1) -> Iterator[Row]:
    """Time a tool some times, and fewer if it takes long."""
    values: list[float] = []
    start = time.perf_counter()
    while len(values) < least or (len(values) < RUNS and time.perf_counter() - start < LONG):
        values.append(run())
        say(f"   {measure}, {tool}: {values[-1]:.1f} s")
    yield table.row(measure, tool, "s", values, note)


def together(rows: Iterable[Row], base: str) -> list[Row]:
    """Put the rows of each measure together, with their ratios to a tool."""
    found = list(rows)
    measures = dict.fromkeys(row.measure for row in found)
    return [r for name in measures for r in table.compared((row for row in found if row.measure == name), base)]


def site_of(builder: Builder, folder: Path) -> Path:
    """Give the folder of the pages that a tool has built."""
    return folder / (builder.peer or OURS) / builder.built


def pages(builder: Builder, folder: Path) -> dict[str, Path]:
    """Give the page of each chapter that a tool has built, by its name."""
    site = site_of(builder, folder)
    return {path.stem: site / builder.page.format(path.stem) for path in files.chapters(ROOT)}


def digests(site: Path) -> set[tuple[str, str]]:
    """Give the name and the digest of each file of a site."""
    found = (path for path in site.rglob("*") if path.is_file())
    return {(path.relative_to(site).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in found}


def built(folder: Path) -> Iterator[Row]:
    """Build with each tool, from nothing and again, and hold what each page has against ours."""
    for builder in BUILDERS:
        say(f"== build with {builder.tool}")
        yield from attempted(bar.COLD, builder.tool, "s", _built(builder, folder))


def _built(builder: Builder, folder: Path) -> Iterator[Row]:
    home, site = folder / (builder.peer or OURS), site_of(builder, folder)
    source = home.with_name(f"{home.name}, unbuilt")
    peers.programs(builder.peer)
    if builder.peer:
        builder.write(source, chapters.plain(ROOT, source / "chapters"))
    else:
        copied(source)
        compileall.compile_dir(source / "livingreview", quiet=1)  # as any installed tool is
    again = partial(peers.timed, builder.peer, builder.command, home)
    made: list[set[tuple[str, str]]] = []

    def cold() -> float:
        shutil.rmtree(home, ignore_errors=True)  # with the caches that a tool keeps beside its pages
        shutil.copytree(source, home, symlinks=True)
        seconds = again()
        made.append(digests(site))
        return seconds

    note = "" if builder.peer else "draws each figure as a picture too"
    yield from repeated(bar.COLD, builder.tool, cold, note, least=2)
    yield table.row(bar.DIFFERING, builder.tool, "", [len({name for name, _ in made[0] ^ made[-1]})])
    yield from repeated("build, unchanged", builder.tool, again)
    shown = [
        (chapters.content(page), chapters.content(pages(BUILDERS[0], folder)[name]))
        for name, page in pages(builder, folder).items()
    ]
    shares = [100 * (words & own).total() / own.total() for (words, _, _), (own, _, _) in shown]
    note = f"left out: {chapters.LEFT_OUT}" if builder.peer else ""
    yield table.row("words of our pages that are there, by chapter", builder.tool, "%", shares, note)
    tables, drawings = (
        sum(counts) for counts in zip(*((tables, drawn) for (_, tables, drawn), _ in shown), strict=True)
    )
    yield table.row("tables, all chapters", builder.tool, "", [tables])
    yield table.row("drawings, all chapters", builder.tool, "", [drawings])


def verified(folder: Path) -> Iterator[Row]:
    """Verify the chapters with each tool."""
    say("== verify the chapters")
    home = folder / "verified"
    copied(home)
    for tool, (peer, command) in VERIFIERS.items():
        run = partial(peers.timed, peer, command, home)
        note = "on two workers" if tool == OUR_NBVAL else ""
        yield from attempted(bar.VERIFIED, tool, "s", _verified(tool, peer, run, note))


def _verified(tool: str, peer: str, run: Callable[[], float], note: str) -> Iterator[Row]:
    peers.programs(peer)  # is installed before the clock runs
    yield from repeated(bar.VERIFIED, tool, run, note)


def loaded(folder: Path) -> Iterator[Row]:
    """Load the pages of each tool in a browser, and have axe and the validator read them."""
    with browser.chromium() as chrome:
        yield from attempted(bar.PAINTED, SENTENCE, "ms", _least(chrome, folder / "sentence"))
        for builder in BUILDERS:
            site, found = site_of(builder, folder), pages(builder, folder)
            if not all(page.exists() for page in found.values()):
                continue  # the section on building says why
            say(f"== load the pages of {builder.tool}")
            every = sorted(path for path in site.rglob("*.html") if not {"_static", "_sources"} & {*path.parts})
            with browser.served(site) as address:
                urls = {page: f"{address}/{page.relative_to(site).as_posix()}" for page in (*every, *found.values())}
                tool, note = builder.tool, f"{len(every)} pages"
                chosen = {name: urls[page] for name, page in found.items()}
                yield from attempted(bar.HEAVIEST, tool, "KB", _loaded(chrome, tool, chosen))
                # all of ours; of others, whose every page breaks some, a few: axe takes minutes for a heavy site
                looked = [urls[page] for page in every] if tool == OURS else [chosen[name] for name in TRIALS]
                views = browser.VIEWS if tool == OURS else browser.VIEWS[:1]
                read = partial(browser.axe, chrome, looked, views)
                said = f"{len(looked)} pages, in {len(views)} {'views' if len(views) > 1 else 'view'}"
                yield from attempted(bar.AXE, tool, "", counts(bar.AXE, tool, read, said))
                check = partial(browser.invalid, every)
                yield from attempted(bar.INVALID, tool, "", counts(bar.INVALID, tool, check, note))


def counts(measure: str, tool: str, count: Callable[[], Sequence[int]], note: str = "") -> Iterator[Row]:
    """Count something, on each page or once."""
    values = count()
    say(f"   {measure}, {tool}: {sum(values)}")
    yield table.row(measure, tool, "", values, note)


def _least(chrome: Browser, site: Path) -> Iterator[Row]:
    site.mkdir()
    text = "<!doctype html><html lang=en><title>One</title><p>This page has one sentence and nothing else to draw."
    (site / "index.html").write_text(text, encoding="utf-8")
    with browser.served(site) as address:
        yield _painted(chrome, bar.PAINTED, SENTENCE, {SENTENCE: f"{address}/index.html"}, PAINTS)


def _painted(chrome: Browser, measure: str, tool: str, urls: dict[str, str], runs: int) -> Row:
    paints = [browser.load(chrome, url, slow=True).paint for url in urls.values() for _ in range(runs)]
    say(f"   {measure}, {tool}: {min(paints):.0f} to {max(paints):.0f} ms")
    return table.row(measure, tool, "ms", paints, "" if tool == SENTENCE else ", ".join(urls))


def _loaded(chrome: Browser, tool: str, urls: dict[str, str]) -> Iterator[Row]:
    loads = {name: browser.load(chrome, url, slow=False) for name, url in urls.items()}
    lists = {*Evidence().pages.values()}
    heaviest, listing = (
        max((name for name in loads if (name in lists) is listed), key=lambda name: loads[name].size)
        for listed in (False, True)
    )
    for measure, name in ((bar.HEAVIEST, heaviest), ("first load, heaviest list of the evidence", listing)):
        yield table.row(measure, tool, "KB", [loads[name].size / 1000], name)
    yield table.row("first load", tool, "KB", [one.size / 1000 for one in loads.values()], "all chapters")
    yield table.row(bar.REQUESTS, tool, "", [one.requests for one in loads.values()])
    yield table.row(bar.HOSTS, tool, "", [one.hosts for one in loads.values()])
    yield table.row("largest paint, not slowed", tool, "ms", [one.paint for one in loads.values()], "all chapters")
    yield _painted(chrome, bar.PAINTED, tool, {heaviest: urls[heaviest]}, PAINTS)
    yield _painted(chrome, "largest paint of the trials, slow", tool, {name: urls[name] for name in TRIALS}, RUNS)


def counted(folder: Path) -> Iterator[Row]:
    """Count what the proofs of this book leave open."""
    say("== count what the proofs leave open")

    def unbound() -> list[int]:
        return [len(bind(site_of(BUILDERS[0], folder), ROOT).problems)]

    def unnoticed() -> list[int]:
        found = stored(ROOT)
        return [len(found.survivors) + len(found.passed)]

    for measure, count in ((bar.UNBOUND, unbound), (bar.UNNOTICED, unnoticed)):
        yield from attempted(measure, OURS, "", counts(measure, OURS, count))


def imported(_folder: Path) -> Iterator[Row]:
    """Time what chapters import beyond pandas and matplotlib, and the start of a kernel."""
    say("== import what the chapters import")
    for tool, run, note in (
        (KERNEL, imports.kernel, ""),
        (OURS, partial(imports.beyond, ROOT), "all that any of the chapters imports"),
    ):
        yield from attempted(bar.IMPORTED, tool, "s", repeated(bar.IMPORTED, tool, run, note))


def waited(_folder: Path) -> Iterator[Row]:
    """Time the loop of a contributor."""
    say("== change one number, see its page")
    yield from loop.measured(RUNS - 1)


#: What is measured, under which title, against which tool, and by what; pages and counts need what was built.
SECTIONS: dict[str, tuple[str, str, Callable[[Path], Iterator[Row]]]] = {
    "build": ("Build", STOCK, built),
    "pages": ("Pages in a browser", STOCK, loaded),
    "counts": ("What the proofs leave open", "", counted),
    "verify": ("Verification", FLOOR, verified),
    "imports": ("Before a chapter begins", KERNEL, imported),
    "loop": ("The loop of a contributor", next(iter(loop.STEPS)), waited),
}


def machine() -> str:
    """Say what was measured, on what, and when."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    ours = [
        f"{name} {version(name)}" for name in ("jupyter-book", "sphinx", "myst-nb", "nbval", "pandas", "matplotlib")
    ]
    theirs = [f"{name} {peers.locked(peer, name)}" for peer, names in PACKAGES.items() for name in names]
    return (
        f"Measured on {date.today()}, on {os.cpu_count()} cores with {memory:.0f} GB of memory, "
        f"Python {platform.python_version()}, {platform.system()}. "
        f"Ours: {', '.join(ours)}. Others: {', '.join(theirs)}."
    )


METHOD = """Every tool has the chapters of this book with the same text, tables and drawings; what it lacks is noted.
Seconds are by the clock, each in a process of its own; ratios are to the stock theme, those of verification and of
the loop to one process that runs the code of all chapters, those of imports to the start of a kernel. A measure is
taken up to three times, and not again once it has taken 25 s. The pages are sent compressed, as a static host does.
Slow is 1.6 Mbit/s, 150 ms, a fourth of the processor and a width of 412 pixels. No other host can be reached: what a
page asks of one is counted, not weighed. axe reads with every rule and all folds open: all our pages light, dark, at
320 pixels and at 200%, of others the trials, light."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all sections and keep the tables, or show the sections that are named."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure this book beside other tools.")
    parser.add_argument("sections", nargs="*", metavar="section", help=f"{', '.join(SECTIONS)}; all when left out")
    wanted = parser.parse_args(arguments).sections or [*SECTIONS]
    if unknown := {*wanted} - {*SECTIONS}:
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = {
            name: together(attempted(title, OURS, "", measured(Path(folder))), base)
            for name, (title, base, measured) in SECTIONS.items()
            if name in wanted
        }
    rows = [row for part in found.values() for row in part]
    parts = [f"## {SECTIONS[name][0]}\n\n{table.as_markdown(part, '').lstrip()}" for name, part in found.items()]
    text = "\n".join(
        ["# Side by side\n", f"{machine()}\n\n{METHOD}\n", f"## The bar\n\n{bar.as_markdown(rows)}\n", *parts]
    )
    lost = sum(row.median is None for row in rows)
    say(f"== {len(rows)} measures in {(time.perf_counter() - start) / 60:.0f} minutes, {lost} failed")
    if [*wanted] != [*SECTIONS]:
        print(text)
        return 0
    RESULTS.mkdir(exist_ok=True)
    replace_file(RESULTS / "bench.csv", table.tidy(found).encode())
    replace_file(RESULTS / "bench.md", text.encode())
    table.into(ROOT / "README.md", bar.as_markdown(rows))
    say("The tables are benchmarks/results/bench.md and bench.csv, and the bar is in README.md: read and commit them.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
