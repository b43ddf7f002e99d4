"""What a run found, as it is stored, printed and shown on a page of the book."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from livingreview.audit.fingerprint import STORED, fingerprint
from livingreview.publish import numbers
from livingreview.repository import replace_file

GUARDS = {
    # what stops a change, then what asks for a refresh, which accepts it
    "check": "the check of the data finds a fault",
    "reader": "the data cannot be read",
    "conclusion": "a conclusion of a chapter does not hold",
    "verifier": "the stored output is not what the data give",
    "lint": "the form of the notebooks does not allow it",
    "chapter": "a chapter that states the value shows something else than is stored",
    "listing": "the page that lists the row shows something else than is stored",
}
#: Those after which a change cannot be published; the others speak of an output that a refresh stores anew.
STOPPING = frozenset(GUARDS) - {"chapter", "listing"}
_NOTE = (
    "What only a chapter or a listing page notices is an output that is out of date: 'make refresh' stores it anew, "
    "and the change is accepted, right or wrong. Then the diff of the pull request names it, for a person to judge. "
    "The fingerprints of the chapters (make refresh) see every change of the data as well; they are not counted. "
    "For a change of words that the check or a listing page has noticed, the chapters are not asked as well."
)


class MutationError(Exception):
    """Mutants cannot be made or judged; the message says why and what to do."""


@dataclass(frozen=True)
class Tally:
    """What a run found: how many changes were made and caught, and by what.

    Attributes
    ----------
    fingerprint : str
        Of the data, the code and the sources of the notebooks.
    sample : int or None
        How many mutants were drawn; None for all of them.
    seed : int
        Of the drawing.
    made, caught, stopped, shown : int
        Mutants; those that a guard caught; of these, those that a guard stops, and of the others, which a refresh
        accepts, those that the diff of a pull request names.
    guards, alone : dict
        Mutants that each guard caught, and those that no other caught.
    files, operators : dict
        Mutants made and caught, by file and by operator.
    survivors : list of str
        Mutants that nothing caught.
    passed : list of str
        Mutants of a number that a chapter states as that of the row, which the chapter does not see.
    unused : list of str
        Cells that no page shows; of a full run only.
    """

    fingerprint: str
    sample: int | None
    seed: int
    made: int
    caught: int
    stopped: int
    shown: int
    guards: dict[str, int]
    alone: dict[str, int]
    files: dict[str, list[int]]
    operators: dict[str, list[int]]
    survivors: list[str]
    passed: list[str]
    unused: list[str]

    @property
    def hidden(self) -> int:
        """Mutants that a refresh accepts, and that no diff names."""
        return self.caught - self.stopped - self.shown

    def lists(self) -> Iterator[tuple[str, list[str]]]:
        """What must be named, under what it is."""
        yield "Caught by nothing", self.survivors
        yield "Unseen by a chapter that states the number", self.passed
        yield "Cells that no page shows", self.unused


def store(root: Path, tally: Tally) -> None:
    """Keep the tally of a full run, whole or not at all."""
    path = root / STORED
    path.parent.mkdir(exist_ok=True)
    replace_file(path, (json.dumps(asdict(tally), indent=1, ensure_ascii=False) + "\n").encode())


def stored(root: Path) -> Tally:
    """Give what the last full run found.

    Raises
    ------
    MutationError
        When no run is stored, or data, code or notebooks have changed since.
    """
    try:
        tally = Tally(**json.loads((root / STORED).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        state = "missing" if isinstance(error, FileNotFoundError) else "broken"
        raise MutationError(f"{STORED} is {state}. Run: make mutate") from None
    if tally.fingerprint != fingerprint(root):
        raise MutationError(f"{STORED} is older than the data, the code or the notebooks. Run: make mutate")
    return tally


def main_text(tally: Tally) -> str:
    """Write a tally for a terminal."""
    lines = [_verdict(tally)]
    lines += [f"  {guard}: {n:,}, alone {tally.alone.get(guard, 0):,}" for guard, n in tally.guards.items()]
    for title, counts in (("by file", tally.files), ("by operator", tally.operators)):
        lines += [f"{title}:", *(f"  {name}: {caught:,} of {made:,}" for name, (made, caught) in counts.items())]
    for title, names in tally.lists():
        lines += [f"{title}: {len(names):,}", *(f"  {name}" for name in names)]
    return "\n".join([*lines, _NOTE])


def html(root: Path) -> str:
    """Write what the last full run found for the page of the book; a run that is too old is not shown.

    Returns
    -------
    str
        Paragraphs, tables and lists, in one element.
    """
    try:
        tally = stored(root)
    except MutationError:
        return '<div id="lr-mutation"><p>No full run belongs to this version of the data and the code yet.</p></div>'
    guards = [
        (guard, meaning, _does(guard), f"{tally.guards.get(guard, 0):,}", f"{tally.alone.get(guard, 0):,}")
        for guard, meaning in GUARDS.items()
    ]
    becomes = [
        ("Stopped", tally.stopped),
        ("Accepted by a refresh, and shown in the diff of the pull request", tally.shown),
        ("Accepted by a refresh, and shown nowhere", tally.hidden),
        ("Noticed by nothing", len(tally.survivors)),
    ]
    parts = [
        f"<p>{escape(_verdict(tally))} {escape(_NOTE)}</p>",
        _html("What becomes of the changes", ("What becomes", "Changes"), ((word, f"{n:,}") for word, n in becomes)),
        _html(
            "What caught the changes",
            ("Guard", "It speaks when", "What it does", "Caught", "Caught by it alone"),
            guards,
        ),
        _counts("Changes by file", "File", tally.files),
        _counts("Changes by kind", "Kind of change", tally.operators),
    ]
    for title, names in tally.lists():
        items = "\n".join(f"<li><code>{escape(name)}</code></li>" for name in names)
        parts.append(f"<p>{title}: {f'{len(names):,}' if names else 'none'}.</p>")
        parts.append(f"<details><summary>{title}: all of them</summary><ul>\n{items}</ul></details>" if names else "")
    return f'<div id="lr-mutation">{"".join(parts)}</div>'


def _verdict(tally: Tally) -> str:
    return (
        f"{tally.made:,} changes made: {tally.stopped:,} stopped; "
        f"{tally.caught - tally.stopped:,} accepted by a refresh, "
        f"{tally.shown:,} of them shown in the diff of the pull request; "
        f"{len(tally.survivors):,} noticed by nothing."
    )


def _does(guard: str) -> str:
    return "stops it" if guard in STOPPING else "asks for a refresh"


def _counts(caption: str, first: str, counts: Mapping[str, list[int]]) -> str:
    rows = ((name, f"{made:,}", f"{caught:,}") for name, (made, caught) in counts.items())
    return _html(caption, (first, "Made", "Caught"), rows)


def _html(caption: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return numbers.table(caption, columns, rows)._repr_html_()
