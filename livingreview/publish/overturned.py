"""What would overturn the sentences of the book, as the last search for it is kept: one answer a sentence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from livingreview.evidence import Evidence
from livingreview.repository import replace_file

#: Where the answers are kept, from the root of the project.
KEPT = "proofs/overturn.json"

#: What overturns a sentence, in words.
KINDS = {
    "number": "the smallest change of one number turns it",
    "word": "a word that is exchanged, or a blank that is filled or made, turns it",
    "removal": "one row or one source that is taken out turns it",
    "only uncomputable": "without one row it can no longer be computed; no change that was tried turns it",
    "nothing": "nothing single turns it",
    "no row": "it rests on no row of the data",
}


class OverturnError(Exception):
    """Answers are missing, older than what they are about, or wrong; the message says what to do."""


@dataclass(frozen=True)
class Change:
    """A change of one row that turns a sentence.

    Attributes
    ----------
    row, column : str
        The cell; of a count, the column of the events, or of the percentage that fixes them.
    before, after : str
        Its text, blank where the cell is.
    size : int
        Units of the last printed digit; of a count, events; 0 for a word, and for a cell that is filled or emptied.
    kind : str
        'digit', 'events' (printed), 'percentage' (events that the percentage fixes), 'word', 'filled' or 'emptied'.
    """

    row: str
    column: str
    before: str
    after: str
    size: int
    kind: str


@dataclass(frozen=True)
class Found:
    """The smallest change of one kind: any, and one that the check of the data lets pass."""

    any: Change | None = None
    allowed: Change | None = None


@dataclass(frozen=True)
class Removal:
    """Ids, or keys of sources, each of which alone turns a sentence when it is taken out, or makes it uncomputable."""

    turning: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What overturns one sentence, or one line of a summary of findings.

    Attributes
    ----------
    chapter, text, shape : str
        Its chapter, the sentence or the outcome of the line, and what kind of statement it is.
    state : str
        Whether it holds; of a line, what it says of the difference.
    rows : tuple of str
        Rows that it rests on.
    clinical : bool
        Whether it is on a result of patients: a difference, or a line of a summary.
    statement, fingerprint : str
        Of the statements that conclude it, and of itself with its rows as they are printed.
    searched : int
        How many of its rows were changed.
    number, events, word : Found
        The smallest change of a digit, of the events of one arm, and the first change of a word or a blank.
    row, source : Removal
        What is needed.
    """

    chapter: str
    text: str
    shape: str
    state: str
    rows: tuple[str, ...]
    clinical: bool
    statement: str
    fingerprint: str
    searched: int
    number: Found = field(default_factory=Found)
    events: Found = field(default_factory=Found)
    word: Found = field(default_factory=Found)
    row: Removal = field(default_factory=Removal)
    source: Removal = field(default_factory=Removal)

    @property
    def kind(self) -> str:
        """What overturns it: 'number', 'word', 'removal', 'only uncomputable', 'nothing' or 'no row'."""
        if not self.rows:
            return "no row"
        if self.number.any or self.events.any:
            return "number"
        if self.word.any:
            return "word"
        if self.row.turning or self.source.turning:
            return "removal"
        return "only uncomputable" if self.row.needed or self.source.needed else "nothing"


def fingerprint(text: str, state: str, rows: Iterable[str], book: Evidence) -> str:
    """Hash what an answer is about: a sentence, whether it holds, and its rows as they are printed."""
    held: list[Any] = [text, state]
    for row in rows:
        cells: Mapping[Any, Any] = book.row(row).to_dict() if row in book and row not in book.sources else {}
        held.append([row, *(f"{name}={cell}" for name, cell in cells.items() if f"{name}_printed" not in cells)])
    return hashlib.sha256(json.dumps(held, ensure_ascii=False).encode()).hexdigest()[:20]


def read(root: Path) -> list[Answer]:
    """Read the kept answers.

    Raises
    ------
    OverturnError
        When there are none, or they cannot be read.
    """
    try:
        return [_answer(line) for line in json.loads((root / KEPT).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        state = "missing" if isinstance(error, FileNotFoundError) else "broken"
        raise OverturnError(f"{KEPT} is {state}. Run: make overturn") from None


def write(root: Path, answers: Iterable[Answer]) -> None:
    """Keep answers, one a line, so that a change of one is a change of one line."""
    lines = [json.dumps(_plain(asdict(answer)), ensure_ascii=False) for answer in answers]
    replace_file(root / KEPT, ("[\n" + ",\n".join(lines) + "\n]\n").encode())


def _plain(held: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not there."""
    return {name: _plain(of) if isinstance(of, dict) else of for name, of in held.items() if of not in (None, {}, ())}


def _answer(held: dict[str, Any]) -> Answer:
    found = {
        name: Found(*(Change(**of[kind]) if kind in of else None for kind in ("any", "allowed")))
        for name in ("number", "events", "word")
        for of in [held.get(name, {})]
    }
    removals = {
        name: Removal(*(tuple(of.get(kind, ())) for kind in ("turning", "needed")))
        for name in ("row", "source")
        for of in [held.get(name, {})]
    }
    return Answer(**{**held, "rows": tuple(held.get("rows", ())), **found, **removals})
