"""Make every change, ask every guard, and keep what they said: ``make mutate``.

The answers are appended to a file as they come, so that a run that was stopped can go on; the table of a full run
replaces ``proofs/mutation.json`` in one step.
"""

from __future__ import annotations

import gc
import hashlib
import json
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from livingreview.mutation.guards import Book, MutationError, Verdict
from livingreview.mutation.mutants import Mutant, every
from livingreview.notebooks.files import chapters, foundation, read, seal

STORED = "proofs/mutation.json"
ANSWERS = "_build/mutation"
TIMEOUT = 300  # seconds without any answer
_NOTE = "The fingerprints of the chapters (make refresh) see every change of the data as well; they are not counted."

#: What the forked processes are asked about: the judge and all mutants.
_ASKED: dict[str, tuple[Book, list[Mutant]]] = {}


@dataclass(frozen=True)
class Table:
    """What a run found.

    Attributes
    ----------
    fingerprint : str
        Of the data, the code and the sources of the notebooks.
    sample : int or None
        How many mutants were drawn; None for all of them.
    seed : int
        Of the drawing.
    made, caught : int
        Mutants, and those that a guard caught.
    guards, alone : dict
        Mutants that each guard caught, and those that no other caught.
    files, operators : dict
        Mutants made and caught, by file and by operator.
    survivors : list of str
        Mutants that nothing caught.
    passed : list of str
        Mutants that pass a chapter unseen which states their cell, since another change of it shows there; of a full
        run only, and without those that the check or a conclusion stops.
    unused : list of str
        Cells that no page shows; of a full run only.
    stated : dict
        By row, the chapters that its cells change, each with these cells.
    """

    fingerprint: str
    sample: int | None
    seed: int
    made: int
    caught: int
    guards: dict[str, int]
    alone: dict[str, int]
    files: dict[str, list[int]]
    operators: dict[str, list[int]]
    survivors: list[str]
    passed: list[str]
    unused: list[str]
    stated: dict[str, dict[str, list[str]]]


def fingerprint(root: Path) -> str:
    """Give the fingerprint of all that a run depends on: data, code, and sources of the notebooks."""
    digest = hashlib.sha256(foundation(root).encode())
    package = root / "livingreview"
    for path in sorted(path for end in ("py", "csv") for path in package.rglob(f"*.{end}")):
        name = path.relative_to(package).as_posix()
        if not name.startswith(("site/", "cli.")):
            digest.update(f"{name}\n".encode() + path.read_bytes().replace(b"\r\n", b"\n"))
    for path in chapters(root):
        digest.update(seal(path.name, read(path)).encode())
    return digest.hexdigest()


def run(
    root: Path, sample: int | None, seed: int, jobs: int, progress: Callable[[str], None], *, resume: bool = False
) -> Table:
    """Make mutants and ask every guard about each; store the table of a full run.

    Parameters
    ----------
    root : Path
        The root of the project.
    sample : int or None
        How many mutants to draw; None for all of them.
    seed : int
        Of the drawing.
    jobs : int
        Processes at a time.
    progress : callable
        Is told, in a line, how far the run is.
    resume : bool
        Whether to go on with a run of the same kind that was stopped.

    Returns
    -------
    Table

    Raises
    ------
    MutationError
        When the stored outputs are not those of the data, or a process ends early.
    """
    root = root.resolve()
    progress("reading the data and running every chapter as it is")
    head = {"fingerprint": fingerprint(root), "sample": sample, "seed": seed}
    with ExitStack() as stack:
        book = Book(root, stack)
        mutants = every(root, book.evidence)
        many = len(mutants)
        chosen = range(many) if sample is None else sorted(random.Random(seed).sample(range(many), min(sample, many)))
        path = root / ANSWERS / f"{'all' if sample is None else sample}.jsonl"
        answers = _answered(path, head) if resume else {}
        if answers:
            progress(f"going on after {len(answers):,} mutants of an earlier run")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(head) + "\n", encoding="utf-8")
        left = [number for number in chosen if number not in answers]
        start = told = time.monotonic()
        with path.open("a", encoding="utf-8") as file:
            for done, (number, verdict) in enumerate(_judged(book, mutants, left, jobs), 1):
                answers[number] = verdict
                file.write(json.dumps([number, *verdict]) + "\n")
                file.flush()
                if (now := time.monotonic()) > told + 5:
                    told, rest = now, (len(left) - done) * (now - start) / done
                    progress(f"{len(answers):,} of {len(chosen):,}, about {rest:.0f} s to go")
    table = _table([(mutants[number], answers[number]) for number in chosen], head)
    if sample is None:
        _store(root / STORED, table)
    return table


def stored(root: Path) -> dict[str, Any]:
    """Give the fields of the `Table` of the last full run.

    Raises
    ------
    MutationError
        When there is none, or when data, code or notebooks have changed since.
    """
    try:
        table: dict[str, Any] = json.loads((root / STORED).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError) as error:
        found = "missing" if isinstance(error, FileNotFoundError) else f"broken in line {error.lineno}"
        raise MutationError(f"{STORED} is {found}. Run: make mutate") from None
    if table.get("fingerprint") != fingerprint(root):
        raise MutationError(f"{STORED} is older than the data, the code or the notebooks. Run: make mutate")
    return table


def main_text(table: Table) -> str:
    """Write a table for a terminal."""
    lines = [f"{table.made:,} changes made, {table.caught:,} caught, {len(table.survivors):,} not."]
    lines += [f"  {guard}: {n:,}, alone {table.alone.get(guard, 0):,}" for guard, n in table.guards.items()]
    for title, counts in (("by file", table.files), ("by operator", table.operators)):
        lines += [f"{title}:", *(f"  {name}: {caught:,} of {made:,}" for name, (made, caught) in counts.items())]
    for title, names in (
        ("caught, but unseen by a chapter that states the cell", table.passed),
        ("cells that no page shows", table.unused),
        ("caught by nothing", table.survivors),
    ):
        lines += [f"{title}: {len(names):,}", *(f"  {name}" for name in names)]
    return "\n".join([*lines, _NOTE])


def _answered(path: Path, head: dict[str, Any]) -> dict[int, Verdict]:
    """Read the answers of an earlier run of the same kind, and cut off a line that was not finished."""
    try:
        first, *lines = path.read_bytes().splitlines(keepends=True)
        if json.loads(first) != head:
            return {}
    except (FileNotFoundError, ValueError):
        return {}
    whole = [line for line in lines if line.endswith(b"\n")]
    path.write_bytes(b"".join([first, *whole]))
    return {number: Verdict(*verdict) for number, *verdict in map(json.loads, whole)}


def _judged(book: Book, mutants: list[Mutant], numbers: list[int], jobs: int) -> Iterator[tuple[int, Verdict]]:
    """Share the mutants out to forked copies of this process, and give each answer as it comes."""
    _ASKED["now"] = book, mutants
    shares = [numbers[start : start + 8] for start in range(0, len(numbers), 8)]
    with multiprocessing.get_context("fork").Pool(jobs, _begin) as pool:
        answers = pool.imap_unordered(_answer, shares)
        for _ in shares:
            try:
                yield from answers.next(TIMEOUT)
            except multiprocessing.TimeoutError:
                raise MutationError("A process stopped answering. Run: make mutate, with --resume.") from None


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children
    gc.freeze()  # what is there already is never garbage


def _answer(numbers: list[int]) -> list[tuple[int, Verdict]]:
    book, mutants = _ASKED["now"]
    return [(number, book.judge(mutants[number])) for number in numbers]


def _table(answers: list[tuple[Mutant, Verdict]], head: dict[str, Any]) -> Table:
    stated: dict[str, dict[str, list[str]]] = {}
    chapters_of: dict[str, set[str]] = {}
    shown: set[str] = set()
    for mutant, verdict in answers:
        chapters_of.setdefault(_cell(mutant), set()).update(verdict.stated)
        shown |= {_cell(mutant)} if mutant.cells or {"chapter", "listing"} & {*verdict.guards} else set()
        for chapter in verdict.stated:
            columns = stated.setdefault(mutant.place, {}).setdefault(chapter, [])
            columns += [mutant.column] if mutant.column not in columns else []
    whole = answers if head["sample"] is None else []
    on_pages = [(mutant, verdict) for mutant, verdict in whole if {*verdict.guards} <= {"chapter", "listing"}]
    unseen = [(mutant, sorted(chapters_of[_cell(mutant)] - {*verdict.stated})) for mutant, verdict in on_pages]
    return Table(
        **head,
        made=len(answers),
        caught=sum(bool(verdict.guards) for _, verdict in answers),
        guards=dict(Counter(guard for _, verdict in answers for guard in verdict.guards).most_common()),
        alone=dict(Counter(verdict.guards[0] for _, verdict in answers if len(verdict.guards) == 1)),
        files=_counts((mutant.file, verdict) for mutant, verdict in answers),
        operators=_counts((mutant.operator, verdict) for mutant, verdict in answers),
        survivors=[str(mutant) for mutant, verdict in answers if not verdict.guards],
        passed=[f"{mutant} [{', '.join(names)}]" for mutant, names in unseen if names],
        unused=[cell for cell in chapters_of if cell not in shown] if whole else [],
        stated=dict(sorted(stated.items())),
    )


def _cell(mutant: Mutant) -> str:
    return f"{mutant.file}, {mutant.place}, {mutant.column}"


def _counts(verdicts: Iterator[tuple[str, Verdict]]) -> dict[str, list[int]]:
    """Count the mutants that were made, and those that were caught, under each name."""
    counts: dict[str, list[int]] = {}
    for name, verdict in verdicts:
        made, caught = counts.get(name, (0, 0))
        counts[name] = [made + 1, caught + bool(verdict.guards)]
    return dict(sorted(counts.items()))


def _store(path: Path, table: Table) -> None:
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(json.dumps(asdict(table), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
