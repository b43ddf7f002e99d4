"""What the words of a sentence state: directions, quantifiers, negations, arms, times and trials.

A conclusion that is written by hand is compared with its object by these words. Only words that state a result are
known here; a sentence may otherwise be put as it reads best.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from livingreview.evidence import Evidence
from livingreview.evidence.topic import expression

Row: TypeAlias = "pd.Series[Any]"

#: What words state; where two patterns fit at one place the first wins, so that longer phrases come first.
_STATES = {
    "": r"settled as|no difference(?! in)|for each|people without",
    "includes": r"(?:did|does|do) not differ(?: significantly)?|(?:still )?include[sd]?(?: no difference)?"
    r"|unsettled|no clear difference",
    "different": r"(?:leaves?|left) out(?: no difference)?|outside|settled|different|differs?"
    r"|differed(?: significantly)?|significant(?:ly)?",
    "same": r"(?:nearly )?the same|same|equals?|agrees?|follows? from|adds? up to|changes? no|is the one",
    "up": r"(?:fell|shrank) less|(?:grew|rose)(?: more)?|more|higher|larger|greater|longer|wider|above|exceed(?:s|ed)",
    "down": r"(?:grew|rose) less|(?:fell|shrank)(?: more)?|fewer|fewest|few|less|lower|smaller|shorter|narrower|below",
    "most": r"most",
    "harm": rf"worse|against {expression('sentences', 'name')}"
    r"|(?:favou?rs?|towards?) (?:the comparator|\w* ?usual (?:primary )?care)",
    "benefit": r"better|favou?rs?|towards?",
    "between": r"lies? between|fits?",
    "every": r"every|each|all|always|without exception",
    "some": r"some|several",
    "only": r"only(?= \w)",
    "half": r"half|halves",
    "fraction": r"(?:two |three )?(?:thirds?|quarters?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?)|twice|double"
    r"|triple|(?:two|three|four|five|ten) times",
    "supported": r"supported",
    "contradicted": r"contradicted",
    "overstated": r"overstated",
    "mistranslated": r"mistranslated",
}
_STATED = re.compile("|".join(rf"(?P<s{i}>\b(?:{words})\b)" for i, words in enumerate(_STATES.values())), re.IGNORECASE)
_NEGATION = re.compile(r"\b(?:no|not|none|neither|nor|never|nobody|nothing|cannot)\b|n't\b", re.IGNORECASE)
_TIMES = re.compile(r"\b((?:\d+(?:,|,? and(?: at)?|,? or(?: at)?| to| than(?: at)?)? )*\d+)[ -](week|month|year)s?\b")
_MONTHS = {"week": 12 / 52.18, "month": 1.0, "year": 12.0}
#: Words between two arms that say which of them the other is compared with.
_THAN = re.compile(r"\b(?:than|over)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Sense:
    """What a sentence for a conclusion states.

    Parameters
    ----------
    needs : tuple of frozenset of str
        Of each of these sets of states the sentence has at least one.
    may : frozenset of str
        Further states that it can have.
    negative : bool
        Whether it has a negation.
    reverse : bool
        Whether it names the comparator first, and compares the intervention with it.
    """

    needs: tuple[frozenset[str], ...] = ()
    may: frozenset[str] = frozenset()
    negative: bool = False
    reverse: bool = False

    @property
    def allowed(self) -> frozenset[str]:
        """Every state that the sentence can have."""
        return self.may.union(*self.needs)


def together(senses: Sequence[Sense]) -> Sense:
    """The sense of a sentence that says several things, one after the other."""
    return Sense(
        tuple(dict.fromkeys(need for sense in senses for need in sense.needs)),
        frozenset({"only"}).union(*(sense.may for sense in senses)),
        any(sense.negative for sense in senses),
        all(sense.reverse for sense in senses),
    )


def alike(senses: Sequence[Sense]) -> Sense:
    """The sense of a sentence that says one thing of several objects: of each of them it is what the object says."""
    return Sense(
        tuple(dict.fromkeys(need for sense in senses for need in sense.needs)),
        frozenset[str]().union(*(sense.may for sense in senses)),
        all(sense.negative for sense in senses),
        all(sense.reverse for sense in senses),
    )


def states(sentence: str) -> dict[str, str]:
    """What a sentence states, with the words that state it."""
    names = list(_STATES)
    stated = {names[int(str(match.lastgroup)[1:])]: match[0] for match in _STATED.finditer(sentence)}
    return {state: words for state, words in stated.items() if state}


def is_negative(sentence: str) -> bool:
    """Whether a sentence has a negation that belongs to no phrase such as 'includes no difference'."""
    return bool(_NEGATION.search(_STATED.sub(" ", sentence)))


def faults(sentence: str, sense: Sense, rows: Iterable[str], book: Evidence) -> list[str]:
    """In what a sentence disagrees with a conclusion.

    Parameters
    ----------
    sentence : str
        Written by hand.
    sense : Sense
        Of the conclusion.
    rows : iterable of str
        Ids of the evidence rows that it rests on.
    book : Evidence
        The evidence.

    Returns
    -------
    list of str
        One disagreement each, in words; none where it says what is compared.
    """
    about = _About(list(rows), book)
    return [*_of_result(sentence, sense), *_of_times(sentence, about), *_of_names(sentence, sense, about)]


def _of_result(sentence: str, sense: Sense) -> list[str]:
    stated = states(sentence)
    strange = {state: words for state, words in stated.items() if state not in sense.allowed}
    faults = [f"'{words}' is not what the data are tested for" for words in strange.values()]
    missing = [need for need in sense.needs if not need & stated.keys()]
    negative = is_negative(sentence)
    if "only" in stated and "only" in sense.allowed:  # it says of the others what is not said of them in words
        missing = missing if len(missing) == len(sense.needs) else []
        negative = negative or sense.negative
    if missing:
        faults.append(f"it must say one of {', '.join(sorted(set().union(*missing)))}")
    if negative != sense.negative:
        faults.append("it must have a negation" if sense.negative else "it must not have a negation")
    return faults


class _About:
    """What the rows of a conclusion are about."""

    def __init__(self, rows: Sequence[str], book: Evidence) -> None:
        self.book = book
        self.rows = [book.row(row) for row in rows if book.table(row) != "sources"]
        ids = (row.get("study_id") for row in self.rows)
        self.studies = {str(s) for s in ids if s} | {row for row in rows if book.table(row) == "studies"}
        cells = (cell for row in self.rows for cell in row.items())
        texts = [text for column, text in cells if isinstance(text, str) and column != "note"]
        studies = book.studies.loc[[s for s in book.studies.index if s in self.studies]]
        self.text = " ".join([*texts, *rows, *studies["acronym"], *studies["comparator"], *studies["name"]])
        self.types = {str(kind).replace("_", " ") for kind in studies["comparator_type"]}

    def arms(self, role: str) -> str:
        """Names of the arms with a role, as a text."""
        arms = self.book.arms[self.book.arms["study_id"].isin(self.studies) & (self.book.arms["role"] == role)]
        names = [str(label) for label in arms["label"]]
        if role == "comparator":
            names += [*self.types, *self.book.studies.loc[sorted(self.studies), "comparator"]]
        return " ; ".join([*names, self.book.arm(role)])

    @property
    def months(self) -> set[float]:
        """Times of the rows, and the ends of their time windows."""
        months = {float(row["months"]) for row in self.rows if "months" in row and not math.isnan(row["months"])}
        text = " ".join(str(row.get(c, "")) for row in self.rows for c in ("time_window", "time_as_printed", "detail"))
        return months | {float(n) * _MONTHS[unit] for n, unit in _amounts(text)}


def _amounts(text: str) -> list[tuple[str, str]]:
    return [(n, match[2]) for match in _TIMES.finditer(text) for n in re.findall(r"\d+", match[1])]


def _of_times(sentence: str, about: _About) -> list[str]:
    times = about.months
    return [
        f"'{n} {unit}s' is no time of its rows"
        for n, unit in _amounts(sentence)
        if not any(abs(float(n) * _MONTHS[unit] - months) < _MONTHS[unit] / 4 for months in times)
    ]


def _of_names(sentence: str, sense: Sense, about: _About) -> list[str]:
    """Trials and arms that the rows are not about, and arms in the wrong order."""
    acronyms = [a for a in about.book.studies["acronym"] if re.search(rf"(?<!\w){re.escape(a)}(?!\w)", sentence)]
    faults = [f"'{name}' is no trial of its rows" for name in acronyms if name not in about.text]
    terms = _terms(about.book)
    arms = [about.arms(role) for role in ("intervention", "comparator")]
    expected = {name for text in (*arms, about.text) for name in _named(text, terms)}
    names = _named(sentence, terms)
    if about.studies:
        faults += [f"'{name}' is no arm of its trials" for name in names if name not in expected]
    first, second = arms[::-1] if sense.reverse else arms
    than = _THAN.search(sentence)
    if not than:
        return faults
    before, after = (_named(part, terms) for part in (sentence[: than.start()], sentence[than.end() :]))
    if before and after and not (before[-1] in _named(first, terms) and after[0] in _named(second, terms)):
        faults.append(f"'{before[-1]}' and '{after[0]}' must be exchanged")
    return faults


def _terms(book: Evidence) -> re.Pattern[str]:
    """Names of arms and kinds of comparators, the longest first."""
    names = {re.sub(r" ?\(.*?\)", "", label).casefold() for label in book.arms["label"]} | {book.arm("intervention")}
    names |= {kind.replace("_", " ") for kind in book.studies["comparator_type"]}
    ordered = sorted((name for name in names if name.endswith("care")), key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in ordered), re.IGNORECASE)


def _named(text: str, terms: re.Pattern[str]) -> list[str]:
    return [match[0].casefold() for match in terms.finditer(text)]
