"""What would overturn the sentences of the book, as the last search for it is kept: one answer a sentence."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from livingreview.evidence import Evidence
from livingreview.evidence.about import labelled
from livingreview.publish.numbers import Cell, linked, phrase, sources_linked
from livingreview.repository import replace_file
from livingreview.statistics import wording

#: Where the answers are kept, from the root of the project.
KEPT = "proofs/overturn.json"
#: The chapter that shows them.
PAGE = "overturn"

#: What overturns a sentence, in words.
KINDS = {
    "number": "the smallest change of one number turns it",
    "word": "a word that is exchanged, or a blank that is filled or made, turns it",
    "removal": "one row or one source that is taken out turns it",
    "only uncomputable": "without one row it can no longer be computed; no change that was tried turns it",
    "nothing": "no single change that was tried turns it",
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
        return parsed((root / KEPT).read_bytes())
    except OSError:
        raise OverturnError(f"{KEPT} is missing. Run: make overturn") from None


def parsed(content: bytes) -> list[Answer]:
    """Read answers from the content of their file."""
    try:
        return [_answer(line) for line in json.loads(content)]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise OverturnError(f"{KEPT} is broken. Run: make overturn") from None


def write(root: Path, answers: Iterable[Answer]) -> None:
    """Keep answers, one a line, so that a change of one is a change of one line."""
    lines = [json.dumps(_plain(asdict(answer)), ensure_ascii=False) for answer in answers]
    (root / KEPT).parent.mkdir(exist_ok=True)
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


# ------------------------------------------------------------------------------------------- in words, for the pages

#: What readers call the columns in which a number may change.
_COLUMNS = {"estimate": "the estimate", "ci_low": "the lower limit", "ci_high": "the upper limit", "n": "the people"}
#: What becomes of a cell whose text is no number.
_WORDS = {"word": "another word", "filled": "a blank that is filled", "emptied": "left blank"}
_IN_WORDS = {
    "word": "It would turn with another word in {}.",
    "filled": "It would turn if a blank were filled: {}.",
    "emptied": "It would turn if this were left blank: {}.",
}
_COLUMNS |= {"p_value": "the P value", "events": "the events", "value": "the value", "ci_level": "the level in percent"}


def fresh(book: Evidence) -> list[Answer]:
    """The kept answers whose rows are as they were when the answer was searched for."""
    answers = read(book.data.parent)
    return [a for a in answers if a.fingerprint == fingerprint(a.text, a.state, a.rows, book)]


def anchor(answer: Answer) -> str:
    """Where an answer is on the page of all answers."""
    return place(answer.chapter, answer.text)


def place(chapter: str, text: str) -> str:
    """Where the answer on a sentence of a chapter is on the page of all answers."""
    return f"turn-{hashlib.sha256(f'{chapter}: {text}'.encode()).hexdigest()[:8]}"


def ranked(answers: Iterable[Answer]) -> list[Answer]:
    """Answers from the most fragile to the firmest: by the change of a number, else of the events; then the others."""

    def size(answer: Answer) -> tuple[float, float]:
        sizes = [of.any.size if of.any else math.inf for of in (answer.number, answer.events)]
        return min(sizes), max(sizes)

    return sorted(answers, key=size)


def main_change(answer: Answer) -> Change | None:
    """The change that says most to a reader: of a number, else of events, else of a word or a blank."""
    return answer.number.any or answer.events.any or answer.word.any


def subject(change: Change, book: Evidence) -> str:
    """What a change is made in: the column, and what its row is about."""
    labels = labelled(book, change.row)
    about = "a claim" if book.table(change.row) == "claims" else next(iter(labels.values()), "")
    arm = labels.get("Group", "")
    column = _COLUMNS.get(change.column, change.column.replace("_", " "))
    return ", ".join(filter(None, (column, about, arm if arm != about else "")))


def became(change: Change) -> str:
    """What becomes of a cell: a number before and after; of words only that they do, since no page says a false one."""
    if change.kind in _WORDS:
        return _WORDS[change.kind]
    return f"{change.after} in place of {change.before}"


def events(change: Change, book: Evidence) -> str:
    """How many more or fewer events in which arm."""
    more = "more" if Decimal(change.after) > Decimal(change.before) else "fewer"
    arm = labelled(book, change.row).get("Group", "one arm")
    return f"{change.size:,} {more} event{'s' * (change.size != 1)} in {_lower(arm)}"


def digits(change: Change) -> str:
    """How large a change of a number is."""
    return f"{change.size:,} unit{'s' * (change.size != 1)} of the last printed digit"


def facts(answer: Answer, book: Evidence) -> list[str]:
    """What would overturn a sentence, in sentences for its card, the most telling first."""
    name = "line" if answer.shape == "line" else "sentence"
    said = []
    if change := answer.events.any:
        how = "" if change.kind == "events" else "; its percentage fixes the events"
        said.append(f"{events(change, book)} would turn this {name} ({became(change)}{how}).")
    if change := answer.number.any:
        said.append(f"A change of {digits(change)} would turn it: {subject(change, book)}, {became(change)}.")
    elif change := answer.word.any:
        said.append(_IN_WORDS[change.kind].format(subject(change, book)))
    if answer.number.any or answer.events.any:
        said.append(_checked(answer))
    if names := [book.sources[key].short for key in answer.source.needed]:
        said.append(f"It can no longer be computed without {wording.listed(names)}.")
    if names := [book.sources[key].short for key in answer.source.turning]:
        said.append(f"It would turn without {wording.listed(names)}.")
    if not main_change(answer):
        said.insert(0, f"No single change that we tried turns this {name}.")
    return said


def _checked(answer: Answer) -> str:
    """Whether our check of the data would let such a change pass."""
    lets = [of.allowed for of in (answer.number, answer.events) if of.allowed]
    if not lets:
        return "Our check of the data noticed each such change that we tried."
    smallest = min(lets, key=lambda change: change.size)
    if smallest in (answer.number.any, answer.events.any):
        return "Our check of the data would not notice it."
    unit = "events" if smallest.kind in ("events", "percentage") else "units"
    return f"The smallest tried that our check of the data would not notice takes {smallest.size:,} {unit}."


def _lower(arm: str) -> str:
    """The name of an arm within a sentence; an abbreviation keeps its capitals."""
    return arm[:1].lower() + arm[1:] if arm[1:2].islower() else arm


def hold(answer: Answer) -> str:
    """How firm a sentence is, in a few words."""
    if found := answer.number.any or answer.events.any:
        unit = "unit" if answer.number.any else "event"
        return f"{found.size:,} {unit}{'s' * (found.size != 1)}"
    return KINDS[answer.kind]


def size(answer: Answer) -> int | None:
    """Units of the last printed digit that turn a sentence, of whichever number takes least; None if none does."""
    return answer.number.any.size if answer.number.any else None


def smallest(answer: Answer, book: Evidence) -> str:
    """The smallest change of a number that turns a sentence, as events where that is no larger."""
    change, patients = answer.number.any, answer.events.any
    if patients and (change is None or patients.size <= change.size):
        arm = _lower(labelled(book, patients.row).get("Group", "one arm"))
        return f"{patients.after} events in place of {patients.before} in {arm}"
    return f"{digits(change)}: {subject(change, book)}, {became(change)}" if change else "none"


def line(answer: Answer, book: Evidence) -> tuple[Cell | str, ...]:
    """The cells of an answer in a table: the sentence, the change, where it is made, as events, unnoticed, sources."""
    change = main_change(answer)
    allowed = [of.allowed for of in (answer.number, answer.events, answer.word) if of.allowed]
    lets = min(allowed, key=lambda of: of.size) if allowed else None
    return (
        answer.text,
        f"{change.size:,}" if change and change.size else became(change) if change else KINDS[answer.kind],
        _place(change, book) if change else "",
        events(answer.events.any, book) if answer.events.any else "",
        "none tried" if lets is None else f"{lets.size:,}" if lets.size else became(lets),
        sources_linked(answer.source.needed),
    )


def _place(change: Change, book: Evidence) -> Cell:
    """Where a change is made, as a link to its row, and of a number what it becomes."""
    where = linked(subject(change, book), change.row)
    return where if change.kind in _WORDS else phrase(where, f": {became(change)}")
