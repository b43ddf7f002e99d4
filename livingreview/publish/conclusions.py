"""Conclusions of a chapter: what is compared, how, and the sentence made from it.

A conclusion is one object. It holds the cells of the evidence, or what was derived from them, that it compares; it
says whether the evidence bears it out; and it makes its own sentence, so that sentence, direction and condition cannot
disagree. A sentence written by hand is compared with the object by :mod:`livingreview.publish.stated`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from livingreview import evidence
from livingreview.evidence import measures
from livingreview.publish import record, session, stated
from livingreview.statistics import effects, wording

if TYPE_CHECKING:
    from livingreview.publish.numbers import TwoArms
    from livingreview.statistics.effects import Estimate

Relation: TypeAlias = Literal["above", "below", "equal", "different", "near"]
Side: TypeAlias = Literal["either", "above", "below", "benefit", "harm"]
#: What kind of statement a conclusion is; one single digit turns an equality, and one row a count.
Shape: TypeAlias = Literal["difference", "equality", "words", "gap", "count"]

_VERBS = {
    "above": "is higher than",
    "below": "is lower than",
    "equal": "is the same as",
    "different": "differs from",
    "near": "is about the same as",
}
_REMEDY = "Rewrite the sentence and its condition, or correct the data."


@dataclass(frozen=True)
class Value:
    """An amount or a word that a conclusion compares.

    Parameters
    ----------
    name : str
        What it is, as a sentence names it.
    amount : float or str
        The value.
    rows : tuple of str
        Ids of the evidence rows that it came from.
    column : str
        Their column; blank where it was derived.
    better : str
        Whether 'higher' or 'lower' is better for the patient; blank where neither is, or it is not known.
    """

    name: str
    amount: float | str
    rows: tuple[str, ...]
    column: str = ""
    better: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool | np.bool_):
            raise TypeError(f"{self.name}: a conclusion compares amounts or words; state the condition as an object")
        if not isinstance(self.amount, str):
            object.__setattr__(self, "amount", float(self.amount))  # a cell holds a number of NumPy
        if self.amount == "" or (isinstance(self.amount, float) and math.isnan(self.amount)):
            raise AssertionError(f"This conclusion has lost a value: {self.where} is blank. {_REMEDY}")

    @property
    def where(self) -> str:
        """Its cell, or what it was derived from."""
        return ", ".join([", ".join(self.rows) or self.name, *filter(None, [self.column])])

    @property
    def text(self) -> str:
        """The value as a message prints it."""
        return self.amount if isinstance(self.amount, str) else f"{float(self.amount):g}"

    @property
    def size(self) -> Value:
        """The same amount without its sign."""
        return replace(self, name=f"the size of {self.name}", amount=abs(self.number))

    @property
    def number(self) -> float:
        """The amount as a number."""
        return float(self.amount)


@dataclass(frozen=True)
class Span:
    """An interval that a conclusion compares with a value.

    Parameters
    ----------
    name : str
        What it is the interval of, as a sentence names it.
    low, high : float
        Its limits; infinite where it has one side.
    null : float or None
        Value of no difference.
    better : str
        Whether 'higher' or 'lower' is better for the patient; blank where neither is.
    rows : tuple of str
        Ids of the evidence rows that it came from.
    columns : str
        Their columns; blank where it was derived.
    """

    name: str
    low: float
    high: float
    null: float | None
    better: str
    rows: tuple[str, ...]
    columns: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))
        if math.isnan(self.low) or math.isnan(self.high):
            raise AssertionError(f"This conclusion has lost its interval: {', '.join(self.rows)} has none. {_REMEDY}")

    @property
    def text(self) -> str:
        """The limits as a message prints them."""
        return f"{self.low:g} to {self.high:g}"

    def against(self, value: Value) -> Value:
        """Whether the interval includes a value, as a word that a conclusion can compare."""
        word = "leaves out" if wording.settles(self.low, self.high, value.number) else "includes"
        return Value(f"the interval of {self.name} against {value.name}", word, (*self.rows, *value.rows))


def value_in(row_id: str, column: str = "estimate") -> Value:
    """A cell of the evidence, to be compared.

    Parameters
    ----------
    row_id : str
        Id of an evidence row.
    column : str
        A column of its table.
    """
    row, about = evidence.load().row(row_id), _about(row_id)
    if column == "estimate":
        return Value(about, row[column], (row_id,), column, row["direction_of_benefit"])
    return Value(f"{column.replace('_', ' ')} of {about}", row[column], (row_id,), column)


def no_difference(row_id: str) -> Value:
    """The value that the estimate of a row has where there is no difference."""
    null = measures.measure(evidence.load().row(row_id)["measure"]).null
    if null is None:
        raise ValueError(f"{row_id}, measure: it has no value of no difference")
    return Value("no difference", null, (row_id,))


def values_in(row_ids: Iterable[str], column: str = "estimate") -> list[Value]:
    """The same column of several rows of the evidence."""
    return [value_in(row_id, column) for row_id in row_ids]


def computed(name: str, amount: float | str, rows: Iterable[str], better: str = "") -> Value:
    """An amount or a word that was derived from rows of the evidence, to be compared.

    Parameters
    ----------
    name : str
        What it is, as a sentence names it.
    amount : float or str
        The value.
    rows : iterable of str
        Ids of the evidence rows that it came from.
    better : str
        Whether 'higher' or 'lower' is better for the patient.
    """
    return Value(name, amount, _ids(rows), better=better)


def half(of: float = 1) -> Value:
    """Half of a whole: of 1 for a proportion, of 100 for a percentage, of a number of things."""
    return Value("half", of / 2, ())


def interval_in(row_id: str) -> Span:
    """The interval of a reported result, as printed or derived from its P value, with its value of no difference."""
    row = evidence.load().row(row_id)
    null = measures.measure(row.get("measure") or row["unit"].replace(" ", "_")).null
    low, high, columns = row["ci_low"], row["ci_high"], "ci_low and ci_high"
    if math.isnan(low) and row.get("p_operator") == "=":
        from_p = effects.interval_from_p(row["estimate"], row["p_value"], log=null == 1)
        low, high, columns = from_p.low, from_p.high, "estimate and p_value"
    return Span(_about(row_id), low, high, null, row.get("direction_of_benefit", ""), (row_id,), columns)


def interval_of(name: str, estimate: Estimate, rows: Iterable[str], null: float = 0, better: str = "") -> Span:
    """The interval of an estimate that was derived from rows of the evidence.

    Parameters
    ----------
    name : str
        What it is, as a sentence names it.
    estimate : Estimate
        With its limits.
    rows : iterable of str
        Ids of the evidence rows that it came from.
    null : float
        Value of no difference.
    better : str
        Whether 'higher' or 'lower' is better for the patient.
    """
    return Span(name, estimate.low, estimate.high, null, better, _ids(rows))


def difference_of(two: TwoArms) -> Span:
    """The interval of the difference in risk of an outcome counted in two arms."""
    row = evidence.load().row(two.rows[0])
    about = f"the difference in {_about(two.rows[0])}"
    return interval_of(about, two.risk_difference, two.rows, better=row["direction_of_benefit"])


class Conclusion(ABC):
    """What a chapter concludes from the evidence."""

    @property
    @abstractmethod
    def holds(self) -> bool:
        """Whether the evidence bears it out."""

    @property
    @abstractmethod
    def sentence(self) -> str:
        """What it says."""

    @property
    @abstractmethod
    def now(self) -> str:
        """What the evidence says, whether or not the conclusion holds."""

    @property
    def instead(self) -> str:
        """What the code of its condition must say to hold; blank where that is no single word."""
        return ""

    @property
    @abstractmethod
    def sense(self) -> stated.Sense:
        """The directions, quantifiers and the negation that a sentence for it has."""

    @property
    @abstractmethod
    def compared(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """What is compared: where it is recorded, its value in text, and its rows."""

    @property
    @abstractmethod
    def shape(self) -> Shape:
        """What kind of statement it is."""

    @property
    def rows(self) -> tuple[str, ...]:
        """Ids of the evidence rows that it rests on."""
        return tuple(dict.fromkeys(row for _, _, rows in self.compared for row in rows))


@dataclass(frozen=True)
class Compare(Conclusion):
    """Two values, one above, below, equal to, different from or near the other."""

    left: Value
    relation: Relation
    right: Value
    within: float = 0

    def __post_init__(self) -> None:
        if self.relation not in _VERBS:
            raise ValueError(f"a relation must be one of {', '.join(_VERBS)}, found {self.relation!r}")
        if (self.relation == "near") != (self.within > 0):
            raise ValueError("'near', and nothing else, must say within what")

    @property
    def shape(self) -> Shape:
        """An equality, words that differ, or a difference."""
        if self.relation in ("equal", "near"):
            return "equality"
        return "words" if isinstance(self.left.amount, str) else "difference"

    @property
    def holds(self) -> bool:
        """Whether the relation is the one that the values have."""
        if self.relation == "near":
            return abs(self.left.number - self.right.number) < self.within
        return self.relation in self._relations

    @property
    def _relations(self) -> tuple[Relation, ...]:
        """How the values relate, the most telling first."""
        left, right = self.left.amount, self.right.amount
        if left == right:
            return ("equal",)
        if isinstance(left, str) or isinstance(right, str):
            return ("different",)
        return ("above" if left > right else "below", "different")

    @property
    def sentence(self) -> str:
        """The left value compared with the right one."""
        return self._said(self.relation)

    @property
    def now(self) -> str:
        """The same with the relation that the values have."""
        return self._said(self._relations[0])

    def _said(self, relation: Relation) -> str:
        return _capital(f"{self.left.name} {_VERBS[relation]} {self.right.name}.")

    @property
    def instead(self) -> str:
        """The relation that the values have."""
        return f'"{self._relations[0]}" for "{self.relation}"'

    @property
    def sense(self) -> stated.Sense:
        """Its relation; where a share is compared with half, 'half' too, and 'most' if it is above."""
        words = {"above": {"up"}, "below": {"down"}, "equal": {"same"}, "near": {"same"}, "different": {"different"}}
        directions = set(words[self.relation])
        share = frozenset({"half"} if self.right.name == "half" else ())
        if share and self.relation == "above":
            directions.add("most")
        if self.left.better and self.relation in ("above", "below"):
            higher = self.relation == "above"
            directions.add("benefit" if higher == (self.left.better == "higher") else "harm")
        arms = [_arm(value) for value in (self.left, self.right)]
        return stated.Sense((frozenset(directions),), share, reverse=arms == ["comparator", "intervention"])

    @property
    def compared(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Both values."""
        return tuple((v.where, v.text, v.rows) for v in (self.left, self.right))


@dataclass(frozen=True)
class Excludes(Conclusion):
    """An interval that leaves out a value, by default that of no difference, on either side or on one side.

    Parameters
    ----------
    span : Span
        The interval.
    value : Value, optional
        What it leaves out; no difference where none is named.
    side : str
        On which side the interval lies; 'benefit' and 'harm' follow from what is better for the patient.
    """

    span: Span
    value: Value | None = None
    side: Side = "either"

    def __post_init__(self) -> None:
        if self.value is None and self.span.null is None:
            raise ValueError(f"{self.span.name}: its measure has no value of no difference to leave out")
        if self.side in ("benefit", "harm") and not self.span.better:
            raise ValueError(f"{self.span.name}: the data do not say which direction is better for the patient")

    @property
    def _against(self) -> float:
        return self.value.number if self.value else float(self.span.null or 0)

    @property
    def shape(self) -> Shape:
        """A difference, from what the interval leaves out."""
        return "difference"

    @property
    def holds(self) -> bool:
        """Whether the interval lies on the side that is named, or on either."""
        above, below = self.span.low > self._against, self.span.high < self._against
        if self.side == "either":
            return above or below
        return above if self._on_upper_side else below

    @property
    def _on_upper_side(self) -> bool:
        if self.side in ("above", "below"):
            return self.side == "above"
        return (self.side == "benefit") == (self.span.better == "higher")

    @property
    def sentence(self) -> str:
        """What the interval leaves out, and on which side it lies."""
        if self.side == "either":
            return f"The interval of {self.span.name} leaves out {self._name}."
        return f"The interval of {self.span.name} lies {'above' if self._on_upper_side else 'below'} {self._name}."

    @property
    def _name(self) -> str:
        return self.value.name if self.value else "no difference"

    @property
    def now(self) -> str:
        """Where the interval lies."""
        side = wording.finding(self.span.low, self.span.high, self._against, more="lies above", less="lies below")
        verb = "includes" if not wording.settles(self.span.low, self.span.high, self._against) else side
        return f"The interval of {self.span.name}, {self.span.text}, {verb} {self._name}."

    @property
    def instead(self) -> str:
        """The side on which the interval lies, or that it includes the value."""
        other = {"above": "below", "below": "above", "benefit": "harm", "harm": "benefit"}.get(self.side, "")
        lies_there = other and wording.settles(self.span.low, self.span.high, self._against)
        return f'side="{other}" for side="{self.side}"' if lies_there else "Includes(...) for Excludes(...)"

    @property
    def sense(self) -> stated.Sense:
        """The side of the interval, and whom it favors where it is compared with no difference."""
        if self.side == "either":
            return stated.Sense((frozenset({"different"}),))
        words = {"up" if self._on_upper_side else "down"}
        if self.value is None and self.span.better:
            words.add("benefit" if self._on_upper_side == (self.span.better == "higher") else "harm")
        return stated.Sense((frozenset({"different", *words}),))

    @property
    def compared(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """The interval, and the value that it leaves out."""
        return _span_and_value(self.span, self.value)


@dataclass(frozen=True)
class Includes(Conclusion):
    """An interval that includes a value, by default that of no difference."""

    span: Span
    value: Value | None = None

    @property
    def _excludes(self) -> Excludes:
        return Excludes(self.span, self.value)

    @property
    def shape(self) -> Shape:
        """A difference that is not shown."""
        return "difference"

    @property
    def holds(self) -> bool:
        """Whether the value lies between the limits, or on one of them."""
        return not self._excludes.holds

    @property
    def sentence(self) -> str:
        """What the interval includes; of no difference, that the arms did not differ significantly."""
        if self.value is None:
            return f"{_capital(self.span.name)} did not differ significantly (interval {self.span.text})."
        return f"The interval of {self.span.name} includes {self.value.name}."

    @property
    def now(self) -> str:
        """Where the interval lies."""
        return self._excludes.now

    @property
    def instead(self) -> str:
        """The side on which the interval lies."""
        side = "above" if self.span.low > self._excludes._against else "below"
        return f'Excludes(..., side="{side}") for Includes(...)'

    @property
    def sense(self) -> stated.Sense:
        """That it includes the value."""
        return stated.Sense((frozenset({"includes"}),))

    @property
    def compared(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """The interval, and the value that it includes."""
        return _span_and_value(self.span, self.value)


@dataclass(frozen=True)
class Between(Conclusion):
    """A value between two others, or on one of them."""

    value: Value
    low: Value
    high: Value

    @property
    def shape(self) -> Shape:
        """Two differences, to either end."""
        return "difference"

    @property
    def holds(self) -> bool:
        """Whether it lies there."""
        return self.low.number <= self.value.number <= self.high.number

    @property
    def sentence(self) -> str:
        """The value between the two."""
        return _capital(f"{self.value.name} lies between {self.low.name} and {self.high.name}.")

    @property
    def now(self) -> str:
        """Where the value lies."""
        if self.holds:
            return self.sentence
        end, side = (self.low, "below") if self.value.number < self.low.number else (self.high, "above")
        return _capital(f"{self.value.name} lies {side} {end.name}.")

    @property
    def sense(self) -> stated.Sense:
        """That it lies between them."""
        return stated.Sense((frozenset({"between", "same"}),))

    @property
    def compared(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """The three values."""
        return tuple((v.where, v.text, v.rows) for v in (self.value, self.low, self.high))


@dataclass(frozen=True)
class _OfCell(Conclusion):
    """A conclusion about what one cell, or a word that was derived, says."""

    value: Value

    @property
    def shape(self) -> Shape:
        """Words, or a number that is printed in them."""
        return "words"

    @property
    def now(self) -> str:
        """What the cell says."""
        return _capital(f"{self.value.name} is {self.value.text.replace('_', ' ')}.")

    @property
    def compared(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """The cell."""
        return ((self.value.where, self.value.text, self.value.rows),)


@dataclass(frozen=True)
class FieldIs(_OfCell):
    """A cell that is a word, or that has it somewhere in it, in whatever case."""

    word: str
    part: bool = False

    def __post_init__(self) -> None:
        if not self.word:
            raise ValueError("a blank is no word: use Blank")

    @property
    def holds(self) -> bool:
        """Whether the cell says so."""
        text = self.value.text.casefold()
        return self.word.casefold() in text if self.part else self.word.casefold() == text

    @property
    def sentence(self) -> str:
        """What the cell is or says."""
        return _capital(f"{self.value.name} {'says' if self.part else 'is'} {self.word.replace('_', ' ')}.")

    @property
    def instead(self) -> str:
        """What the cell says."""
        return f'"{self.value.text}" for "{self.word}"'

    @property
    def sense(self) -> stated.Sense:
        """What the word says by itself."""
        words = self.word.replace("_", " ")
        states = frozenset(stated.states(words))
        return stated.Sense((states,) if states else (), negative=stated.is_negative(words))


@dataclass(frozen=True)
class Member(_OfCell):
    """A cell that is one of several words."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.words:
            raise ValueError(f"{self.value.name}: a word must be one of at least one")

    @property
    def holds(self) -> bool:
        """Whether it is one of them."""
        return self.value.text in self.words

    @property
    def sentence(self) -> str:
        """The words that it can be."""
        words = wording.listed([word.replace("_", " ") for word in self.words])
        return _capital(f"{self.value.name} is one of: {words}.")

    @property
    def sense(self) -> stated.Sense:
        """What the words say by themselves, of which the sentence may repeat any."""
        return stated.Sense((), frozenset(state for word in self.words for state in stated.states(word)))


@dataclass(frozen=True)
class Blank(Conclusion):
    """Cells of the evidence that are all blank: a gap."""

    row_ids: Iterable[str]
    columns: Iterable[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "row_ids", _ids(self.row_ids))
        object.__setattr__(self, "columns", tuple(self.columns))
        if not self._cells:
            raise ValueError("a gap must have at least one row and one column")

    @property
    def _cells(self) -> list[tuple[str, str, str]]:
        book = evidence.load()
        rows = {i: book.row(i) for i in self.row_ids}
        return [(i, c, str(row.get(f"{c}_printed", row[c]))) for i, row in rows.items() for c in self.columns]

    @property
    def shape(self) -> Shape:
        """A gap, or what is reported."""
        return "gap"

    @property
    def holds(self) -> bool:
        """Whether all of them are blank."""
        return not any(text for _, _, text in self._cells)

    @property
    def sentence(self) -> str:
        """What was not reported."""
        return _capital(
            f"{wording.listed([c.replace('_', ' ') for c in self.columns])} of {self._about} is not reported."
        )

    @property
    def _about(self) -> str:
        return wording.listed([_about(i) for i in self.row_ids])

    @property
    def now(self) -> str:
        """Which of them are filled, and with what."""
        held = [f"{i}, {c} is {text}" for i, c, text in self._cells if text]
        return f"{wording.listed(held)}." if held else self.sentence

    @property
    def sense(self) -> stated.Sense:
        """That nothing is reported."""
        return stated.Sense((), negative=True)

    @property
    def compared(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Every cell."""
        return tuple((f"{i}, {c}", text or "blank", (i,)) for i, c, text in self._cells)


@dataclass(frozen=True)
class Filled(Blank):
    """Cells of the evidence that are all filled."""

    @property
    def holds(self) -> bool:
        """Whether none of them is blank."""
        return all(text for _, _, text in self._cells)

    @property
    def sentence(self) -> str:
        """What is reported."""
        return super().sentence.replace("is not reported", "is reported")

    @property
    def now(self) -> str:
        """What is missing."""
        blank = [f"{i}, {c} is blank" for i, c, text in self._cells if not text]
        return f"{wording.listed(blank)}." if blank else self.sentence

    @property
    def sense(self) -> stated.Sense:
        """That it is reported."""
        return stated.Sense(())


class Several(Conclusion):
    """Conclusions taken together.

    Parameters
    ----------
    *parts : Conclusion
        At least one.
    """

    def __init__(self, *parts: Conclusion) -> None:
        strange = [type(part).__name__ for part in parts if not isinstance(part, Conclusion)]
        if strange or not parts:
            raise TypeError(f"parts must be conclusions, found {', '.join(strange) or 'none'}")
        self.parts = parts

    @property
    def shape(self) -> Shape:
        """A difference if any of its parts is one, else the kind of its first part."""
        shapes = [part.shape for part in self.parts]
        return "difference" if "difference" in shapes else shapes[0]

    @property
    def holds(self) -> bool:
        """Whether none fails."""
        return not self._failing

    @property
    def compared(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """What the parts compare, once each."""
        return tuple(dict.fromkeys(compared for part in self.parts for compared in part.compared))

    @property
    def _holding(self) -> list[Conclusion]:
        return [part for part in self.parts if part.holds]

    @property
    def _failing(self) -> list[Conclusion]:
        return [part for part in self.parts if not part.holds]

    def _tally(self, parts: list[Conclusion]) -> str:
        return f"{len(parts)} of {len(self.parts)}: {' '.join(part.now for part in parts)}".strip()


class Both(Several):
    """Two conclusions, or more, that all hold; the sentence says each."""

    @property
    def sentence(self) -> str:
        """One after the other."""
        return " ".join(part.sentence for part in self.parts)

    @property
    def now(self) -> str:
        """What each comes to."""
        return " ".join(part.now for part in self.parts)

    @property
    def instead(self) -> str:
        """What the conditions that fail must say."""
        return "; ".join(filter(None, (part.instead for part in self._failing)))

    @property
    def sense(self) -> stated.Sense:
        """What each says."""
        return stated.together([part.sense for part in self.parts])


class Every(Several):
    """Conclusions of one kind that hold without exception; the sentence says it once."""

    @property
    def sentence(self) -> str:
        """All of them."""
        return f"Without exception: {' '.join(part.sentence for part in self.parts)}"

    @property
    def now(self) -> str:
        """Which of them do not hold."""
        return f"It does not hold for {self._tally(self._failing)}" if self._failing else self.sentence

    @property
    def sense(self) -> stated.Sense:
        """What they say, of every one."""
        sense = stated.alike([part.sense for part in self.parts])
        needs = tuple(need | {"most"} if "up" in need else need for need in sense.needs)  # 'most': above every other
        return replace(sense, needs=needs, may=sense.may | {"every"})


class NoneOf(Several):
    """Conclusions of one kind of which none holds."""

    @property
    def holds(self) -> bool:
        """Whether all fail."""
        return not self._holding

    @property
    def sentence(self) -> str:
        """The negation of all."""
        return f"None of this is so: {' '.join(part.sentence for part in self.parts)}"

    @property
    def now(self) -> str:
        """Which of them hold."""
        return f"It holds for {self._tally(self._holding)}" if self._holding else self.sentence

    @property
    def sense(self) -> stated.Sense:
        """What they say, negated."""
        sense = stated.alike([part.sense for part in self.parts])
        return replace(sense, negative=not sense.negative)


class Count(Several):
    """Conclusions of one kind of which some, several, most or a number hold.

    Parameters
    ----------
    *parts : Conclusion
        At least one.
    how_many : str or int
        'some' is at least one, 'several' at least two, 'most' more than half.
    """

    def __init__(self, *parts: Conclusion, how_many: Literal["some", "several", "most"] | int) -> None:
        super().__init__(*parts)
        self.how_many = how_many

    @property
    def shape(self) -> Shape:
        """A count, of whatever."""
        return "count"

    @property
    def holds(self) -> bool:
        """Whether as many hold."""
        n = len(self._holding)
        if isinstance(self.how_many, int):
            return n == self.how_many
        return n > {"some": 0, "several": 1, "most": len(self.parts) / 2}[self.how_many]

    @property
    def sentence(self) -> str:
        """How many hold."""
        amount = wording.count(self.how_many) if isinstance(self.how_many, int) else self.how_many
        return f"{_capital(amount)} of {len(self.parts)}: {self.parts[0].sentence}"

    @property
    def now(self) -> str:
        """How many hold, and which."""
        return f"It holds for {self._tally(self._holding)}"

    @property
    def sense(self) -> stated.Sense:
        """What they say, and of how many: without its quantifier the sentence would say it of all."""
        sense = stated.alike([part.sense for part in self.parts])
        if isinstance(self.how_many, int):
            return replace(sense, may=sense.may | {"only"})
        quantifier = frozenset({"most" if self.how_many == "most" else "some"})
        return replace(sense, needs=(*sense.needs, quantifier))


def conclude(conclusion: Conclusion, sentence: str = "") -> None:
    """Publish a conclusion, and stop where the evidence does not bear it out.

    Parameters
    ----------
    conclusion : Conclusion
        What is compared, and how.
    sentence : str
        The conclusion in words of the chapter, which stay true for any numbers that pass; by default its own sentence.

    Raises
    ------
    AssertionError
        When it does not hold any more, or the sentence says something else; the message names the sentence, the cells,
        what the data say and which sentence would be true.
    """
    if not isinstance(conclusion, Conclusion):
        raise TypeError(f"a conclusion must be an object of this module, found {conclusion!r}")
    compared, holds = conclusion.compared, conclusion.holds
    ids = list(dict.fromkeys(row for _, _, rows in compared for row in rows))
    statement = sentence or conclusion.sentence
    if session.current().asserting:
        _assert(conclusion, statement, ids)
    state = session.HOLDS if holds else session.FAILS
    values = "; ".join(text for _, text, _ in compared)
    session.current().concluded.append(session.Concluded(statement, tuple(ids), state, conclusion.shape, values))
    session.current().output({record.TEXT: statement}, record.of_conclusion(ids, holds))


def _assert(conclusion: Conclusion, statement: str, ids: list[str]) -> None:
    """Stop where the evidence does not bear a conclusion out, or its sentence says something else."""
    book = evidence.load()
    for row_id in ids:
        book.table(row_id)
    if not conclusion.holds:
        change = conclusion.instead
        data = "; ".join(f"{where}: {text}" for where, text, _ in conclusion.compared)
        raise AssertionError(
            f"This conclusion no longer holds: '{statement}' The data say: {data}. "
            f"True is: '{conclusion.now}' "
            + (f"Write that sentence, with {change} in its condition, or correct the data." if change else _REMEDY)
        )
    faults = stated.faults(statement, conclusion.sense, ids, book) if statement != conclusion.sentence else []
    if faults:
        raise AssertionError(
            f"The sentence '{statement}' does not say what is compared: {'; '.join(faults)}. "
            f"What is compared says: '{conclusion.sentence}'"
        )


def _ids(rows: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, rows)))


def _about(row_id: str) -> str:
    """What a row of the evidence is about, as a sentence names it."""
    if not session.current().tracing:
        return row_id
    book = evidence.load()
    row = book.row(row_id)
    names = ("outcome", "characteristic", "quantity", "claim", "detail", "threshold_kind", "label", "acronym")
    about = next((str(row[name]) for name in names if row.get(name)), row_id)
    arms = book.arms[(book.arms["study_id"] == row.get("study_id")) & (book.arms["role"] == row.get("arm"))]
    who = f" with {arms['label'].iloc[0].lower()}" if len(arms) else ""
    months = row.get("months", math.nan)
    return f"{about}{who}" + ("" if math.isnan(months) else f" at {months:g} months")


def _arm(value: Value) -> str:
    """The arm that a value is of; blank where it is of none, or of several."""
    book = evidence.load()
    arms = {str(book.row(row).get("arm", "")) for row in value.rows if book.table(row) == "results"}
    return arms.pop() if len(arms) == 1 else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _span_and_value(span: Span, value: Value | None) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    against = [(value.where, value.text, value.rows)] if value else []
    return ((", ".join(filter(None, (*span.rows, span.columns))), span.text, span.rows), *against)
