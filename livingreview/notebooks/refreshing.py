"""Re-run chapters and store their outputs, which are the publication."""

from __future__ import annotations

import copy
import itertools
import os
import string
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livingreview.files import replace_file
from livingreview.notebooks.files import (
    Notebook,
    environment,
    failure,
    foundation,
    keep_fingerprints,
    outputs,
    published,
    read,
    seal,
    source,
    stale,
)
from livingreview.notebooks.files import chapters as all_chapters
from livingreview.notebooks.linting import METADATA, REFRESH, lint
from livingreview.notebooks.verifying import verify

TIMEOUT = 300  # seconds a cell; a chapter takes about two in all


@dataclass(frozen=True)
class Change:
    """A published number before and after; None where it did not or does not exist."""

    key: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.key}: new, {self.new}"
        return f"{self.key}: {self.old} -> {self.new}" if self.new is not None else f"{self.key}: gone, was {self.old}"


@dataclass(frozen=True)
class Outcome:
    """What the refresh did to a chapter: 'changed', 'unchanged' or 'failed'; `message` says why it failed."""

    chapter: str
    status: str
    message: str = ""
    cells: tuple[int, ...] = ()
    numbers: tuple[Change, ...] = ()

    def __str__(self) -> str:
        if self.status == "failed":
            return f"{self.chapter}: failed, left as it was\n  {self.message}"
        outputs = ", ".join(map(str, self.cells))
        head = f"{self.chapter}: {self.status}{f' (outputs of cells {outputs})' if self.cells else ''}"
        return "\n  ".join([head, *map(str, self.numbers)])


@dataclass(frozen=True)
class Stored:
    """The content of a chapter's file before and after its run, and its fingerprint then."""

    before: bytes
    after: bytes
    fingerprint: str


@dataclass(frozen=True)
class Report:
    """The outcomes of a refresh, in the order of the chapters."""

    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the chapters that failed and were left as they were."""
        return tuple(outcome.chapter for outcome in self.outcomes if outcome.status == "failed")

    def __str__(self) -> str:
        if not self.outcomes:
            return "Every chapter is up to date."
        same = [o.chapter for o in self.outcomes if o.status != "failed" and not o.cells and not o.numbers]
        lines = [str(outcome) for outcome in self.outcomes if outcome.chapter not in same]
        if same:
            lines.append(f"No output changed in: {', '.join(same)}.")
        return "\n".join(lines)


def refresh(
    root: Path,
    chapters: Iterable[str] | None = None,
    jobs: int = 2,
    progress: Callable[[str], object] = print,
) -> Report:
    """Re-run chapters and store their outputs and fingerprints.

    Which chapters depend on a change is not declared anywhere, where it could be wrong: the verifier computes the
    outputs of all of them, and those that are not what is stored are executed again. A stale chapter that shows
    what it showed gets its new fingerprint only.

    Parameters
    ----------
    root : Path
        The root of the project.
    chapters : iterable of str, optional
        Names of chapters; by default those whose stored outputs or form are not those of a refresh, for example
        after the data or a library has changed, or an editor has saved the file.
    jobs : int
        How many chapters run at the same time.
    progress : callable
        Called with a line of text when a chapter ends.

    Returns
    -------
    Report
        A chapter that fails is left as it was; the others are refreshed.

    Raises
    ------
    ValueError
        If a name is not that of a chapter.
    """
    # Read before anything runs: data or chapters edited meanwhile leave a chapter stale.
    base = foundation(root)
    waiting = {name: seal(base, notebook) for name, notebook in _readable(root).items() if name in stale(root)}
    names = sorted(_due(root, progress) if chapters is None else set(chapters))
    paths = {path.stem: path for path in all_chapters(root)}
    if unknown := [name for name in names if name not in paths]:
        raise ValueError(f"No chapter {', '.join(unknown)}; the chapters are {', '.join(paths)}.")
    outcomes = {} if chapters else {name: Outcome(name, "unchanged") for name in waiting if name not in names}
    seals = {name: waiting[name] for name in outcomes}
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(_run, root, paths[name], base): name for name in names}
        try:
            for done in as_completed(running):
                outcome, new = _finish(paths[running[done]], done)
                outcomes[outcome.chapter] = outcome
                seals |= {outcome.chapter: new} if new else {}
                progress(f"{outcome.chapter}: {outcome.status} ({len(set(names) & set(outcomes))} of {len(names)})")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    keep_fingerprints(root, seals)
    return Report(tuple(outcomes[name] for name in sorted(outcomes)))


def _readable(root: Path) -> dict[str, Notebook]:
    found = {}
    for path in all_chapters(root):
        with suppress(ValueError):
            found[path.stem] = read(path)
    return found


def _due(root: Path, progress: Callable[[str], object]) -> set[str]:
    names = {path.stem for path in all_chapters(root)}
    progress(f"{len(names)} chapters: compare what they show with what the data give")
    try:
        due = {problem.chapter for problem in verify(root)}
    except RuntimeError:  # code that cannot be imported, for instance: each chapter will say so
        due = names
    return due | ({problem.chapter for problem in lint(root) if problem.remedy == REFRESH} & names)


def _finish(path: Path, done: Future[tuple[Outcome, Stored | None]]) -> tuple[Outcome, str]:
    """Store what a run gave; give its outcome, and the fingerprint where the chapter is stored."""
    try:
        outcome, stored = done.result()
        outcome = _store(path, stored, outcome) if stored else outcome
        return outcome, stored.fingerprint if stored and outcome.status != "failed" else ""
    except Exception as error:  # whatever it is, the other chapters are refreshed
        return Outcome(path.stem, "failed", f"chapters/{path.name}: {type(error).__name__}: {error}"), ""


def _run(root: Path, path: Path, base: str) -> tuple[Outcome, Stored | None]:
    """Run a chapter in a kernel of its own; give the outcome, and what to store."""
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    before = path.read_bytes()
    try:
        old = read(path)
    except ValueError as error:
        return Outcome(path.stem, "failed", str(error)), None
    new = nbformat.from_dict(_plain(old))  # type: ignore[no-untyped-call]
    # Without directories it finds the kernel of this interpreter, and no other that a user has installed.
    specs = KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
    client = NotebookClient(new, km=manager, timeout=TIMEOUT, record_timing=False, coalesce_streams=True)
    client.extra_arguments, client.shutdown_kernel, client.owns_km = ["--log-level=ERROR"], "immediate", True
    try:
        client.execute(cwd=str(path.parent), env={**os.environ, **environment(root)})
    except CellExecutionError:
        return Outcome(path.stem, "failed", _failure(path, new)), None
    except (CellTimeoutError, DeadKernelError) as error:
        message = f"chapters/{path.name}: {' '.join(str(error).splitlines()[:1])}"
        return Outcome(path.stem, "failed", message), None
    new.metadata = nbformat.from_dict(METADATA)  # type: ignore[no-untyped-call]
    after = (nbformat.writes(new).rstrip("\n") + "\n").encode()  # type: ignore[no-untyped-call]
    return _outcome(path.stem, old, new, before != after), Stored(before, after, seal(base, new))


def _plain(notebook: Notebook) -> Notebook:
    """Copy a notebook without outputs, in format 4.5, every cell with an id of its own."""
    new = copy.deepcopy(notebook)
    new |= {"nbformat": 4, "nbformat_minor": 5}
    taken = {cell.get("id") for cell in new["cells"]}
    seen = {None, ""}
    for number, cell in enumerate(new["cells"], 1):
        cell["source"] = source(cell)
        tags = cell.get("metadata", {}).get("tags")
        cell["metadata"] = {"tags": tags} if tags else {}
        if cell.get("id") in seen:
            letters = itertools.chain([""], string.ascii_lowercase)
            cell["id"] = next(name for letter in letters if (name := f"cell-{number:02d}{letter}") not in taken)
        taken.add(cell["id"])
        seen.add(cell["id"])
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
    return new


def _failure(path: Path, notebook: Any) -> str:
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return str(failure(f"chapters/{path.name}", number, cell, output))
    return f"chapters/{path.name}: failed, without saying why"


def _outcome(name: str, old: Notebook, new: Any, changed: bool) -> Outcome:
    before, after = published(old), published(new)
    numbers = tuple(
        Change(key, before.get(key), after.get(key))
        for key in dict.fromkeys([*after, *before])
        if before.get(key) != after.get(key)
    )
    stored = {cell.get("id"): outputs(cell) for cell in old["cells"]}
    cells = tuple(number for number, cell in enumerate(new.cells, 1) if stored.get(cell.id, []) != outputs(cell))
    return Outcome(name, "changed" if changed else "unchanged", cells=cells, numbers=numbers)


def _store(path: Path, stored: Stored, outcome: Outcome) -> Outcome:
    """Replace a chapter in one step, so that an interruption leaves the old one or the new one, whole."""
    if path.read_bytes() != stored.before:
        message = f"chapters/{path.name}: was edited while it ran; nothing was written. Run make refresh again."
        return Outcome(outcome.chapter, "failed", message)
    if stored.before != stored.after:
        replace_file(path, stored.after)
    return outcome
