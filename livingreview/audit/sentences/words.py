"""The words of a sentence that the data can confirm or contradict: numerals, names, arms, times, directions."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from livingreview.evidence import DATA
from livingreview.evidence.topic import expression, pattern

_ONES = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_ONES = f"{_ONES} eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_LARGE = "hundred thousand million billion"
#: Value of each cardinal word from two on.
VALUES = (
    {word: number for number, word in enumerate(_ONES.split(), 2)}
    | {word: 10 * number for number, word in enumerate(_TENS.split(), 2)}
    | dict(zip(_LARGE.split(), (100, 1000, 10**6, 10**9), strict=True))
)
_CARDINAL = "|".join(VALUES)
_ORDINAL = (
    "third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\\w+teenth|\\w*(?:twent|thirt|fort|fift|sixt"
    "|sevent|eight|ninet)ieth|hundredth|thousandth|last of|first of|(?:twenty|thirty|forty|fifty)-(?:first|second)"
)
_SHARE = (
    "hal(?:f|ves|ved|ving)|thirds?|quarters?|fifths?|tenths?|twice|thrice|(?:doubl|tripl|quadrupl|halv|quintupl)\\w*"
    "|\\w+-?fold|most(?: (?:of|people|patients))|majority|minority|nobody|no one|everyone|everybody|everything"
    "|nearly all|almost all|dozens?|scores? of|\\w+score|couple of|myriads?|hundreds|thousands|millions"
    "|per ?cent|percent|handful|plenty|countless|hardly any|barely any|all but|vast|overwhelming\\w*"
)
_DATES = (
    "january|february|march|april|(?<=in )may|june|july|august|september|october|november|december|spring|summer"
    "|autumn|winter|(?:last|next|this|every) (?:year|month|week|decade)|decades?|century|yesterday|today|fortnight\\w*"
    "|nineties|eighties|seventies|sixties|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?"
)
_SPAN = re.compile(
    r"\b(?:daily|weekly|monthly|yearly|annually|nightly|hourly|overnight|lifelong|lifetime|permanent\w*|long ago"
    r"|(?:each|every other|once an?|twice an?|this) (?:day|week|month|year|winter|summer|spring|autumn)"
    r"|(?:takes?|took|lasts?|lasted) an? (?:hour|day|week|year)"
    r"|(?:within (?:hours|days|weeks|months|years)|(?:for|over the) (?:months|years)))\b",
    re.IGNORECASE,
)
_WORDED = re.compile(
    rf"\b(?:(?:{_CARDINAL})(?:[- ](?:{_CARDINAL}))*(?:[- ](?:{_ORDINAL}))?|{_ORDINAL}|{_SHARE}|{_DATES})\b",
    re.IGNORECASE,
)
_ROMAN = re.compile(
    r"\b(?=[IVXL]{2,}\b)X{0,4}(?:IX|IV|V?I{0,3}|L?X{0,3}V?I{0,3})\b|\b(?:phase|part|type|stage) [IVX]\b"
)
#: Names that hold a number word and say no number.
_FREE = re.compile(
    r"\b(?:the (?:last |first |other |next )?(?:two|three|four|five)"
    r"|(?:these|those|its|both|all|which) (?:two|three|four)"
    r"|two (?:people|assessors|guidelines|versions)|at least hal(?:f|ved)|percent(?:age)? points?"
    r"|nobody (?:asked|can|could say|has told|knows|should)|third[- ]part(?:y|ies)|quarterly|one (?:third|fifth)s?-)\b",
    re.IGNORECASE,
)


def numerals(text: str) -> list[str]:
    """Find what says a number without digits: words from two on, ordinals, shares, dates, Roman and other numerals."""
    plain = _FREE.sub(" ", re.sub(r"\{[^}]*\}", " ", text))
    found = [match[0] for pattern in (_WORDED, _ROMAN, _SPAN) for match in pattern.finditer(plain)]
    return found + [char for char in plain if _is_numeral(char)]


def spans(text: str) -> list[str]:
    """Find the words that say how often or how long."""
    return [match[0] for match in _SPAN.finditer(text)]


def _is_numeral(char: str) -> bool:
    if char.isascii():
        return False
    return (char.isnumeric() and char not in "²³") or "BRAILLE" in unicodedata.name(char, "")


#: Words for people, conditions, comparators, places, outcomes and units, each with what a cell must say to bear it out.
GUARDED = DATA.parent / "chapters" / "guarded_words.csv"


class Guard(NamedTuple):
    """A kind of word, the word in a sentence, and what the cells behind its numbers must say."""

    kind: str
    said: re.Pattern[str]
    needed: re.Pattern[str]


@cache
def guards() -> tuple[Guard, ...]:
    """Read the guarded words; where a line names no words of cells, the cells must say the same."""
    with GUARDED.open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    flags = {"place": 0}  # 'us' is no country
    return tuple(
        Guard(
            row["kind"],
            re.compile(rf"\b(?:{row['words']})\b", flags.get(row["kind"], re.IGNORECASE)),
            re.compile(row["cells"] or rf"\b(?:{row['words']})\b", re.IGNORECASE),
        )
        for row in rows
    )


#: What sentences call the intervention.
_NAME = expression("sentences", "name")
_IMPROVED = r"(?<!enhanced )(?<!optimi[sz]ed )(?<!augmented )"
#: Usual care that was not improved, in a sentence and in a cell.
USUAL = re.compile(rf"\b{_IMPROVED}usual care\b", re.IGNORECASE)
USUAL_CELL = re.compile(rf"\b{_IMPROVED}(?:usual|standard)\b", re.IGNORECASE)
INSTRUMENT = re.compile(rf"\b{expression('sentences', 'instrument')}(?!\w)")
IDENTIFIER = re.compile(r"\b(?:NCT\d{8}|PMC\d+|PMID:? ?\d+|10\.\d{4,9}/\S+|ISRCTN\d+|\d{5}(?=\D|$)|G\d{4})")
TIME = re.compile(
    r"\b(?P<n>\d+|" + _CARDINAL + r")(?:[- ](?:and|or|to|than at|,) ?(?P<m>\d+))?[- ](?P<unit>month|year|week|day)s?\b",
    re.IGNORECASE,
)
_SHARED = re.compile(r"(\d+)(?=(?:,? (?:and|or|to|than at)|,) (?:\d+(?:,| and| or| to)? )*(\d+) (months|years|weeks))")

CERTAINTY = re.compile(
    r"\b(?:(?:very low|low|moderate|high)[- ]certainty"
    r"|certainty (?:\w+ ){0,4}(?:was|is|were|are) (?:\w+ )?(?:low|moderate|high)"
    r"|(?:rated|judged|graded) (?:as )?(?:very )?(?:low|moderate|high)|conclusive\w*|definitive\w*|undoubted\w*"
    r"|(?:beyond|without) doubt|certainly|likely|guarantee\w*|undeniabl\w*|prove[sdn]?"
    r"|proof that|establish(?:es|ed) that"
    r"|as (?:useful|effective|good|helpful|safe) as|just as well|ruled out|rates this evidence as|we have graded"
    rf"|(?:is|are) better than (?:{_NAME}|(?:enhanced )?usual care|(?:a|the) team)|equivalent to|identical"
    r"|(?:did|does|do) (?:just )?as well|as (?:common|often|many|much|well|frequent)(?: as| in|[.,;])|is settled"
    r"|certainty:? (?:high|moderate|low)\b|insignificantly|(?:higher|lower|more|fewer) is not (?:better|worse)"
    r"|no effect|ineffective|useless|cures?|cured|always|never fails"
    r"|of each outcome high|clearly (?:works|superior))\b",
    re.IGNORECASE,
)
SIGNIFICANT = re.compile(
    r"(?P<no>\b(?:not|no|non-?|none|without|in)\W+(?:\w+\W+){0,3}|\bin)?"
    r"(?:(?<=\bin)|\b)(?:significan(?:t(?:ly)?|ce)|differed clearly|clearly differed|clear difference)\b",
    re.I,
)
#: How much of a whole, in a word.
QUANTIFIER = re.compile(
    r"\b(?:most|few|many|all|every|each|some|several|none|only|both|neither|any|nearly|almost|hardly|nobody|everyone)\b",
    re.IGNORECASE,
)
#: Those of them that cannot stand for one another.
_AMOUNT = frozenset(["most", "few", "many", "all", "nearly", "none", "nobody", "everyone", "hardly"])
#: What is said of a source: it must be read from a cell, or published.
SOURCED = re.compile(
    r"\b(?:abstracts?|papers?|reports?|records?|protocols?|reviews?|guidelines?|guidance|authors?|funders?)\b"
    r"(?: \w+){0,2}? (?:gives?|names?|prints?|reports?|says?|states?|contains?|includes?|rate[sd]?|recommends?"
    r"|rests? on|shows?|found)\b"
    r"(?! (?:that )?(?:neither|no|not|none|nothing)\b)(?![^.;:]* only\b)",
    re.IGNORECASE,
)
#: That a source was read whole or judged by people, or that it was withdrawn: a count or a notice says so, or nothing.
JUDGED = re.compile(
    r"\b(?:(?:had|read|been read)\b[^.;]{0,30}\b(?:in full|twice by people|full (?:papers?|texts?|reports?))"
    r"|we (?:had|read) (?:the|all) papers?\b"
    r"|(?:clinicians?|doctors?|experts?|people|authors|funder|makers)\b[^.;]{0,20}\b(?:checked|judged|graded|reviewed|wrote"
    r"|written|approved|answered|went through|went over|looked (?:at|through|over)|read|confirmed|verified)"
    r"|(?:was|were|is|been) (?:retracted|withdrawn|peer[- ]reviewed|a preprint|run by))\b",
    re.IGNORECASE,
)
NEGATION = re.compile(r"\b(?:not|no|none|never|nobody|neither|nor|without)\b", re.IGNORECASE)
#: What says in a sentence that something is absent, and in a cell that something is not so.
ABSENT = re.compile(r"\b(?:not|no|none|nothing|nobody|nor|neither|never|without|open|for that|unclear|unknown)\b", re.I)
NEGATIVE = re.compile(r"\b(?:not|no|none|never|neither|nor|without|blind\w*|masked|exclud\w*|un\w+|only)\b", re.I)
MORE = re.compile(
    r"\b(?:more|higher|larger|greater|longer|rose|grew|widened|increas\w+|gain\w*|went up|improved more)\b"
    r"(?! than (?:one|a|the)\b)",
    re.I,
)
FEWER = re.compile(
    r"\b(?:fewer|less|lower|smaller|shorter|fell|(?<!was )dropped|declin\w+|decreas\w+|reduc\w+|shrank|shrunk"
    r"|went down|narrowed|vanished|faded|eased|stopped using)\b"
    r"(?! than (?:one|a)\b)",
    re.I,
)
#: A change that was more or less than another: what fell less is the higher.
CHANGED = re.compile(
    r"\b(?:(?P<up>rose|grew|increased|gained)|fell|dropped|declined|decreased) (?:by )?(?P<size>more|less)\b", re.I
)
BETTER = re.compile(
    rf"\b(?:(?<!is )better|improved more|favou?rs? {_NAME}|benefited|benefits (?:from|people|patients|adults)"
    r"|helped|superior|outperform\w*|benefits? (?:is|are|was|were) (?:small|large|great|clear|lasting|seen|found)"
    r"|(?:is|are|was|were|has|have|found|shows?|showed) (?:an?|some|more|much|the) (?:\w+ )?benefits?)\b",
    re.I,
)
WORSE = re.compile(
    r"\b(?:worse|worsened|improved less|favou?rs? (?:usual care|the comparator|enhanced usual care)|harmed|inferior"
    r"|deteriorat\w*)\b",
    re.I,
)
#: The intervention in the place of its comparator, and what it is not called.
REVERSED = re.compile(
    r"\b(?:(?:than|(?<!, )(?<!is )against|in place of|compared with) (?:with |in |people |offered |the )*"
    rf"{_NAME}(?!{expression('sentences', 'not_reversed')})"
    rf"|enhanced {_NAME}|(?P<arm>(?:enhanced )?usual care|{_NAME})"
    r" (?:or|and|as|with|than|against|versus|as with|in place of) (?:with )?(?P=arm))\b",
    re.IGNORECASE,
)
#: A difference taken the wrong way round.
MINUS = re.compile(rf"\b{expression('sentences', 'comparator')} minus {_NAME}\b", re.IGNORECASE)
INTERVENTION = pattern("sentences", "intervention")
COMPARATOR = pattern("sentences", "comparator")


def times(text: str) -> Iterator[tuple[str, float]]:
    """Give each time of a text with its value in months, also the first of 'at 12, 18 and 24 months'."""
    factor = {"month": 1.0, "year": 12.0, "week": 12 / 52, "day": 12 / 365}
    for match in TIME.finditer(text):
        for name in ("n", "m"):
            if match[name]:
                number = VALUES.get(match[name].lower()) or float(match[name])
                yield match[0], number * factor[match["unit"].lower()]
    for match in _SHARED.finditer(text):
        yield f"{match[1]} {match[3]}", float(match[1]) * factor[match[3][:-1]]


#: Words that say nothing of their own: of grammar, and those of nearly every sentence of the book.
_GRAMMAR = (
    "about above after all already also and another any are because been before being below between both but came "
    "can cannot come could did does down during each either else even every few for from get gets got had has "
    "have her here his how however into its itself just less like many may might more most much must neither "
    "never nobody none nor not nothing off one only onto other others our out over own per put said same say says "
    "she should since so some something still such than that the their them themselves then there these they this "
    "those through thus too two under until upon use used very was well were what when where whether which while "
    "who whom whose why will with within without would yet you your people care participants "
    "besides alone arm arms group groups study studies trial trials"
)
_COMMON = frozenset(_GRAMMAR.split())


def content(text: str) -> list[str]:
    """The words of a sentence that say something, in lower case."""
    plain = re.sub(r"\{[^}]*\}", " ", text)
    return [word for word in re.findall(r"[^\W\d_][\w-]+\w", plain.casefold()) if word not in _COMMON]


def unsaid(text: str, basis: str) -> list[str]:
    """The words of a sentence that its basis says in no form."""
    stems = {word: word[: max(4, min(len(word) - 2, 7))] for word in content(text)}
    own = re.findall(r"[^\W\d_]+", basis.casefold())
    missing = [word for word in content(text) if not any(said.startswith(stems[word]) for said in own)]
    guarded = [guard.said for guard in guards() if guard.needed.search(basis)]
    return [word for word in missing if not any(pattern.fullmatch(word) for pattern in guarded)]


def other_quantity(text: str, basis: str) -> str:
    """The quantifier of a clause that the clause of its basis nearest to it does not have; blank if there is none."""
    clauses = [clause for clause in re.split(r"[,;:]", basis) if content(clause)]
    for clause in re.split(r"[,;:]", text):
        said = {match[0].casefold() for match in QUANTIFIER.finditer(clause)} & _AMOUNT
        if said and clauses:
            nearest = min(clauses, key=lambda other: len(unsaid(clause, other)))
            theirs = {match[0].casefold() for match in QUANTIFIER.finditer(nearest)} & _AMOUNT
            if theirs and not said & theirs:
                return sorted(said)[0]
    return ""


def is_borne_out(text: str, basis: str, share: float) -> bool:
    """Whether a basis says at least a share of the words of a sentence."""
    return len(unsaid(text, basis)) <= (1 - share) * len(content(text))
