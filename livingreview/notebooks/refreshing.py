"""Rerun chapters and store their outputs, which are what is published.

Every chapter runs in a child of one warm process. Its outputs are byte for byte those of a kernel, as nbval, which
gives each chapter its own kernel, verifies before anything is published.
"""

from __future__ import annotations

import copy
import itertools
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livingreview.notebooks.comparing import apart
from livingreview.notebooks.files import Notebook, NotebookError, content, failure, outputs, parsed, source
from livingreview.notebooks.files import chapters as all_chapters
from livingreview.notebooks.fingerprints import Foundation, foundation, keep_fingerprints, seal, stale
from livingreview.notebooks.linting import METADATA
from livingreview.notebooks.outputs import of_chapter
from livingreview.notebooks.worker import ChapterRun, run
from livingreview.repository import replace_file


@dataclass(frozen=True)
class ChangedNumber:
    """A published number before and after; None if it did not or does not exist."""

    key: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        if self.old is None:
            return f"{self.key}: new, {self.new}"
        if self.new is None:
            return f"{self.key}: gone, was {self.old}"
        old, new = apart(self.old, self.new)
        return f"{self.key}: {old} -> {new}"


@dataclass(frozen=True)
class RefreshedChapter:
    """What a refresh did to a chapter: 'changed', 'unchanged' or 'failed'; `message` says why it failed."""

    chapter: str
    status: str
    message: str = ""
    cells: tuple[int, ...] = ()
    numbers: tuple[ChangedNumber, ...] = ()

    def __str__(self) -> str:
        if self.status == "failed":
            return f"{self.chapter}: failed, left as it was\n  {self.message}"
        outputs = ", ".join(map(str, self.cells))
        head = f"{self.chapter}: {self.status}{f' (outputs of cells {outputs})' if self.cells else ''}"
        return "\n  ".join([head, *map(str, self.numbers)])


@dataclass(frozen=True)
class Refreshed:
    """The outcomes of a refresh, in the order of the chapters."""

    outcomes: tuple[RefreshedChapter, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the chapters that failed and were not changed."""
        return tuple(outcome.chapter for outcome in self.outcomes if outcome.status == "failed")

    def __str__(self) -> str:
        if not self.outcomes:
            return "Every chapter is up to date."
        same = [o.chapter for o in self.outcomes if o.status != "failed" and not o.cells and not o.numbers]
        lines = [str(outcome) for outcome in self.outcomes if outcome.chapter not in same]
        if same:
            lines.append(f"No output changed in: {', '.join(same)}.")
        return "\n".join(lines)


def refresh(root: Path, progress: Callable[[str], object] = print) -> Refreshed:
    """Rerun the chapters, and store changed outputs and all fingerprints.

    All chapters are run, since a declaration of what depends on a change could be wrong. Those whose file would be
    different after this run are written. A stale chapter with unchanged outputs only gets its new
    fingerprint.

    Parameters
    ----------
    root : Path
        The root of the project.
    progress : callable
        Called with a line of text at the start, and for each chapter that changes or fails.

    Returns
    -------
    Refreshed
        A chapter that fails is not changed; the others are refreshed.

    Raises
    ------
    RuntimeError
        If the process that runs the chapters dies.
    """
    # Read before anything runs, so that a chapter stays stale if it or the data are edited meanwhile.
    base, waiting = foundation(root), set(stale(root))
    outcomes: dict[str, RefreshedChapter] = {}
    before: dict[str, tuple[Path, bytes]] = {}
    for path in all_chapters(root):
        try:
            before[path.stem] = path, content(path)
        except NotebookError as error:
            outcomes[path.stem] = RefreshedChapter(path.stem, "failed", str(error))
    progress(f"{len(before)} chapters: compute what they show")
    seals: dict[str, str] = {}
    for chapter_run in itertools.chain(run(root), [ChapterRun(name, [], 0) for name in before]):
        if chapter_run.chapter not in before:  # new, or done: only unreadable chapters are left at the end
            continue
        path, raw = before.pop(chapter_run.chapter)
        try:
            outcome, fingerprint = _finished(path, raw, base, chapter_run)
        except Exception as error:  # whatever it is, the other chapters go on
            outcome, fingerprint = _failed(path, f"{type(error).__name__}: {error}"), ""
        if outcome.status != "unchanged":
            progress(f"{outcome.chapter}: {outcome.status}")
        if outcome.status != "unchanged" or outcome.chapter in waiting:
            outcomes[outcome.chapter] = outcome
        seals |= {outcome.chapter: fingerprint} if fingerprint else {}
    keep_fingerprints(root, seals)
    return Refreshed(tuple(outcomes[name] for name in sorted(outcomes)))


def _failed(path: Path, why: str) -> RefreshedChapter:
    return RefreshedChapter(path.stem, "failed", f"chapters/{path.name}: {why}")


def _finished(path: Path, before: bytes, base: Foundation, run: ChapterRun) -> tuple[RefreshedChapter, str]:
    """Store the outputs of a run; give its outcome, and the fingerprint if the chapter is stored."""
    import nbformat

    try:
        old = parsed(path.name, before)
    except ValueError as error:
        return RefreshedChapter(path.stem, "failed", str(error)), ""
    if run.died:
        return _failed(path, f"its process {run.end}"), ""
    new = _plain(old)
    code = [(number, cell) for number, cell in enumerate(new["cells"], 1) if cell["cell_type"] == "code"]
    if run.error:
        number, cell = code[len(run.shown) - 1]
        return RefreshedChapter(path.stem, "failed", str(failure(f"chapters/{path.name}", number, cell, run.error))), ""
    counts = itertools.count(1)
    for (_, cell), shown in zip(code, run.shown, strict=True):
        cell |= {"outputs": shown, "execution_count": next(counts) if source(cell).strip() else None}
    after = (nbformat.writes(nbformat.from_dict(new)).rstrip("\n") + "\n").encode()  # type: ignore[no-untyped-call]
    if path.read_bytes() != before:
        return _failed(path, "was edited while it ran; nothing was written. Run make refresh again."), ""
    if before != after:  # in one step, so that an interruption leaves the old file or the new one
        replace_file(path, after)
    return _outcome(path.stem, old, new, before != after), seal(base, new)


def _plain(notebook: Notebook) -> Notebook:
    """Copy a notebook without outputs, in format 4.5, every cell with a unique id."""
    new = copy.deepcopy(notebook)
    new |= {"metadata": copy.deepcopy(METADATA), "nbformat": 4, "nbformat_minor": 5}
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


def _outcome(name: str, old: Notebook, new: Notebook, changed: bool) -> RefreshedChapter:
    before, after = (of_chapter(name, notebook).texts for notebook in (old, new))
    numbers = tuple(
        ChangedNumber(key, before.get(key), after.get(key))
        for key in dict.fromkeys([*after, *before])
        if before.get(key) != after.get(key)
    )
    stored = {cell.get("id"): outputs(cell) for cell in old["cells"]}
    cells = tuple(number for number, cell in enumerate(new["cells"], 1) if stored.get(cell["id"], []) != outputs(cell))
    return RefreshedChapter(name, "changed" if changed else "unchanged", cells=cells, numbers=numbers)
