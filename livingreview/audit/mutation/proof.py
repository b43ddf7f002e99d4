"""Make every change, ask every guard, and keep what they said: ``make mutate``.

The answers are appended to a file as they come, so that a run that was stopped can go on; the tally of a full run
replaces ``proofs/mutation.json`` in one step.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from livingreview.audit.fingerprint import fingerprint
from livingreview.audit.mutation.guards import Judge, Verdict
from livingreview.audit.mutation.mutants import Mutant, every
from livingreview.audit.mutation.tally import STOPPING, MutationError, Tally, store

ANSWERS = "_build/mutation"
TIMEOUT = 300  # seconds without any answer

#: What the forked processes are asked about: the judge and the mutants.
_ASKED: dict[str, tuple[Judge, dict[int, Mutant]]] = {}


def run(
    root: Path, sample: int | None, seed: int, jobs: int, progress: Callable[[str], None], *, resume: bool = False
) -> Tally:
    """Make mutants and ask every guard about each; store the tally of a full run.

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
        Called with a line that says how far the run is.
    resume : bool
        Whether to go on with a run of the same kind that was stopped.

    Raises
    ------
    MutationError
        When the stored outputs are not those of the data, or a process ends early.
    """
    root = root.resolve()
    progress("reading the data and running every chapter as it is")
    head = {"fingerprint": fingerprint(root), "sample": sample, "seed": seed}
    with TemporaryDirectory() as folder:
        judge = Judge(root, Path(folder))
        # made twice rather than kept: there are over a hundred for each row
        made = sum(1 for _ in every(root, judge.evidence))
        chosen = range(made) if sample is None else sorted(random.Random(seed).sample(range(made), min(sample, made)))
        drawn = set(chosen)
        mutants = {number: mutant for number, mutant in enumerate(every(root, judge.evidence)) if number in drawn}
        path = root / ANSWERS / f"{'all' if sample is None else sample}.jsonl"
        answers = _answered(path, head) if resume else {}
        if answers:
            progress(f"going on after {len(answers):,} mutants of an earlier run")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(head) + "\n", encoding="utf-8")
        remaining = [number for number in chosen if number not in answers]
        start = reported = time.monotonic()
        with path.open("a", encoding="utf-8") as file:
            for done, (number, verdict) in enumerate(_judged(judge, mutants, remaining, jobs), 1):
                answers[number] = verdict
                file.write(json.dumps([number, *verdict]) + "\n")
                file.flush()
                if (now := time.monotonic()) > reported + 5:
                    reported, seconds = now, (len(remaining) - done) * (now - start) / done
                    progress(f"{len(answers):,} of {len(chosen):,}, about {seconds:.0f} s to go")
    tally = _tally([(mutants[number], answers[number]) for number in chosen], head)
    if sample is None:
        store(root, tally)
    return tally


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


def _judged(judge: Judge, mutants: dict[int, Mutant], numbers: list[int], jobs: int) -> Iterator[tuple[int, Verdict]]:
    """Share the mutants out to forked copies of this process, and give each answer as it comes."""
    _ASKED["now"] = judge, mutants
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
    judge, mutants = _ASKED["now"]
    return [(number, judge.judge(mutants[number])) for number in numbers]


def _tally(answers: list[tuple[Mutant, Verdict]], head: dict[str, Any]) -> Tally:
    shown: dict[str, bool] = {}
    for mutant, verdict in answers:
        # a key without which the data cannot be read is used by every page
        showing = {"chapter", "listing"} | ({"reader"} if mutant.operator == "id" else set())
        on_page = bool(mutant.cells or showing & {*verdict.guards})
        shown[_cell(mutant)] = shown.get(_cell(mutant), False) or on_page
    return Tally(
        **head,
        made=len(answers),
        caught=sum(bool(verdict.guards) for _, verdict in answers),
        stopped=sum(bool(STOPPING & {*verdict.guards}) for _, verdict in answers),
        shown=sum(verdict.shown and bool(verdict.guards) for _, verdict in answers),
        guards=dict(Counter(guard for _, verdict in answers for guard in verdict.guards).most_common()),
        alone=dict(Counter(verdict.guards[0] for _, verdict in answers if len(verdict.guards) == 1)),
        files=_counts((mutant.file, verdict) for mutant, verdict in answers),
        operators=_counts((mutant.operator, verdict) for mutant, verdict in answers),
        survivors=[str(mutant) for mutant, verdict in answers if not verdict.guards],
        passed=[f"{mutant} [{', '.join(verdict.unseen)}]" for mutant, verdict in answers if verdict.unseen],
        unused=[cell for cell, on_page in shown.items() if not on_page] if head["sample"] is None else [],
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
