"""The register of bases: every sentence that a reader meets, what it rests on, and what is wrong with that.

What the data can confirm of a sentence is checked, whatever stands here. The rest is review: whoever writes or edits
a sentence confirms it with its basis, and both stand in the diff.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from livingreview.audit.sentences import words
from livingreview.audit.sentences.context import Context
from livingreview.audit.sentences.texts import Sentence
from livingreview.evidence import EvidenceError
from livingreview.evidence.about import about
from livingreview.evidence.topic import expression
from livingreview.notebooks.linting import SKELETON_CHAPTERS
from livingreview.repository import replace_file

#: Where the register stands, from the root.
REGISTER = "chapters/basis.csv"
COLUMNS = ("page", "sentence", "basis", "on", "exception")
MOST_EXCEPTIONS = 40
#: Between the conclusions of a sentence that rests on several.
TOGETHER = " + "

#: The section that says things in other words than the data, so that fewer of its words stand in them.
PLAIN = "In plain words"
#: The section of limits, each of which names what is not shown and says why.
LIMITS = "What this does not show"

#: What a sentence may rest on.
BASES = {
    "numbers": "the published numbers in it; their rows stand beside it",
    "shown": "the rows that a table or figure shows; its words are those of code",
    "conclusion": "conclusions that the chapter asserts, in their words; several are joined by ' + '",
    "fact": "cells, each as row.column, that say it; several are joined by '; '",
    "gap": "a cell, as row.column, that is empty or says what is not known",
    "definition": "what a word means",
    "method": "how this review or a source was made or read, which it names",
    "navigation": "where something stands in the book",
}
_MANY = 4
_PAST = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bbe )(?<!\bbeen )\b(?:was|were|had|did|took|fell|rose|grew|gave|got|went|came|left|"
    r"kept|began|showed|found|felt|met|put|led|won|lost|ended|started|lasted|lived|improved|responded|differed|favou?red|helped|"
    r"reached|received|enrolled|recruited|randomi[sz]ed|compared|offered|reported|remained|declined|increased|reduced)\b",
    re.IGNORECASE,
)
_ENDED = re.compile(r"\b\w{3,}ed\b")
_PRESENT = re.compile(
    r"\b(?:is|are|has|have|do|does|can|may|must|will|cannot|shows?|gives?|says?|means?|counts?|lists?|names?|takes?|rests?"
    r"|stands?|holds?|reads?|prints?|needs?|asks?|uses?|comes?|goes|keeps?|makes?|leads?|brings?|follows?)\b",
    re.IGNORECASE,
)
_SUPERLATIVE = re.compile(
    r"\b(?:best|worst|largest|smallest (?!benefit left out)|highest|lowest|longest|shortest|greatest|fewest|strongest"
    r"|weakest|only trial)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(r"\b(?:most (?:of|people|patients|trials)|(?:the )?majority|hardly any|nearly all)\b", re.I)
#: What treatment does to people, in the present tense: a result whether or not it names a direction.
_EFFECT = re.compile(
    r"\b(?:helps|works|beats|wins|prevents|saves|cures|improves|reduces|raises|lowers|cuts|doubles|halves|increases"
    r"|decreases|delays|hurts|harms (?!are|were|is|of|in|or|and)|outperforms|favors|causes|leads to"
    r"|pays (?:off|for itself)|(?:is|are) (?:safe|effective|cost-effective|harmful|cheaper|dearer|unlikely to help))\b",
    re.IGNORECASE,
)
_RESULT = re.compile(
    "|".join(
        p.pattern
        for p in (
            words.MORE,
            words.FEWER,
            words.BETTER,
            words.WORSE,
            words.SIGNIFICANT,
            _SUPERLATIVE,
            _SHARE,
            _EFFECT,
        )
    ),
    re.IGNORECASE,
)
_MAY = re.compile(r"\b(?:whether|may|might|would|could (?:be|have been)|depends)\b(?! not)", re.IGNORECASE)
#: What a cell says whose value is not known.
_UNKNOWN = re.compile(r"not\b|no\b|unknown", re.IGNORECASE)
_SUPPOSED = re.compile(r"\b(?:if|whether|may|might|would|could|can|still|hide|left out)\b", re.IGNORECASE)
#: This review, and the texts that it reads: without one of them a sentence says nothing of how either was made.
_MADE = re.compile(
    r"\b(?:we|our|ours|us|review(?:s|ed)?|chapters?|pages?|tables?|figures?|panels?|columns?|rows?|cells?|data|sources?"
    r"|texts?|abstracts?|papers?|posters?|reports?|records?|registr\w+|news|protocols?|summar\w+|guidance|guidelines?"
    r"|graded|links?|search\w*|verdicts?|claims?|statements?|versions?|notices?|software|labels?|advice|checks?|book"
    rf"|{expression('sentences', 'guidance')}"
    r"|(?:your|same|each|every|this|one|code|these|printed) (?:own )?(?:numbers?|result|fact)|as printed"
    r"|not (?:been )?(?:assessed|judged)|missing|no threshold|(?:no|the) numbers|questions?|divided by"
    r"|leaves room|gap|results differ|not the number"
    r"|(?:cannot|does not|do not) (?:be (?:averaged|compared|said)|say|show|carry over|tell))\b",
    re.IGNORECASE,
)
_CONCEPT = (
    "average|interval|threshold|ratio|odds|difference|effect|result|study|number|percentage|estimate|probability|review"
    "|disagreement|agreement|confidence|response|remission|treatment|harms"
)
_DEFINED = re.compile(
    r"\b(?:means?|stands? for|is called|are those (?:that|whose)|(?:this|our) review means)\b"
    rf"|^(?:(?:An?|The|Each|No) )?(?:\S+ ){{0,3}}(?:{_CONCEPT})s?\b(?! (?:was|were))"
    r"[^;]* (?:not|no|minus|can|depends?|of its|range|says|shows|becomes)\b",
    re.IGNORECASE,
)
#: A place in the book, without which a full sentence leads nowhere.
_PLACE = re.compile(r"\b(?:chapters?|pages?|below|above|here)\b|(?:^|[:;,] )(?:see|read)\b", re.IGNORECASE)
#: A question, a heading in its form and a line that leads elsewhere state nothing.
_ASKED = re.compile(
    r"\?(?:$|:)|^(?:Start with|See|Read) [^.;:]*[.;:]?$|^(?:What|Who|Which|How|Where|Why|When)\b[^.;:]*$"
    r"|(?:^Where|: who) [^.;:]*\.$"
)


@dataclass(frozen=True)
class Basis:
    """A line of the register: a sentence of a page, the kind of its basis, what it rests on, and an exception."""

    page: str
    sentence: str
    basis: str
    on: str = ""
    exception: str = ""


def read(root: Path) -> list[Basis]:
    """Read the register; one that is not there has no line.

    Raises
    ------
    EvidenceError
        If a line cannot be read; it is named, since what is not read would be lost when the register is written.
    """
    path = root / REGISTER
    if not path.is_file():
        return []
    restore = f"Correct it, or restore the file: git checkout {REGISTER}"
    try:
        rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True)
        lines = [(rows.line_num, cells) for cells in rows]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise EvidenceError(f"{REGISTER}, line {line}: must be UTF-8, found other bytes. {restore}") from error
    except csv.Error as error:
        raise EvidenceError(f"{REGISTER}: must be CSV, found an error ({error}). {restore}") from error
    header = lines[0][1] if lines else []
    if header != [*COLUMNS]:
        raise EvidenceError(f"{REGISTER}, line 1: must be {','.join(COLUMNS)}, found '{','.join(header)}'. {restore}")
    for line, cells in lines:
        if len(cells) != len(COLUMNS):
            raise EvidenceError(
                f"{REGISTER}, line {line}: must have {len(COLUMNS)} cells, found {len(cells)}. {restore}"
            )
    return [Basis(*cells) for _, cells in lines[1:]]


def write(root: Path, register: Iterable[Basis]) -> None:
    """Write the register, sorted, one line a sentence of a page."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    lines = {(line.page, line.sentence): line for line in register}
    writer.writerows(
        [line.page, line.sentence, line.basis, line.on, line.exception] for _, line in sorted(lines.items())
    )
    replace_file(root / REGISTER, text.getvalue().encode())


def rests_on(context: Context, sentence: Sentence) -> str:
    """The rows of a sentence as the register names them: all when they are few, else the tables they stand in."""
    rows = [row for row in context.rows(sentence) if row in context.book]
    if len(rows) <= _MANY:
        return "; ".join(rows)
    return "many rows of " + ", ".join(sorted({context.book.table(row) for row in rows}))


def _past(text: str) -> str:
    """The verb of a sentence in the past tense; of one without any other verb its first word in '-ed'."""
    bare = text.endswith(".") and text.count(" ") > 2 and not _PRESENT.search(text)
    match = _PAST.search(text) or (_ENDED.search(text) if bare else None)
    return match[0] if match else ""


def propose(context: Context, sentence: Sentence) -> Basis:
    """Say what a sentence most likely rests on, for whoever confirms it."""
    if sentence.keys:
        basis, on = "numbers", rests_on(context, sentence)
    elif sentence.kind == "conclusion":
        basis, on = "conclusion", sentence.text
    elif sentence.kind in ("prose", "heading"):
        basis, on = _proposed(context, sentence)
    else:
        basis, on = "shown", rests_on(context, sentence)
    return Basis(sentence.page, sentence.text, basis, on)


def _proposed(context: Context, sentence: Sentence) -> tuple[str, str]:
    """What prose without a number most likely rests on."""
    text, past = sentence.text, _past(sentence.text)
    own = [said for said in context.conclusions.get(sentence.page, {}) if not context.unlike(sentence, said)]
    near = get_close_matches(text, own, 1, 0.6)
    cell = next(_facts(context, sentence), "")
    if _ASKED.search(text) or (sentence.kind == "heading" and not past):
        return "navigation", ""
    if near:
        return "conclusion", near[0]
    if cell and (past or _SUPERLATIVE.search(text) or context.numerals(sentence)):
        return "fact", cell
    if text.count(" ") < 5 and not past:
        return "navigation", ""
    defined = re.search(r"\b(?:means|is (?:a|an|the)|are (?:the )?\w+|stands for)\b", text) and not past
    return ("definition" if defined else "method"), ""


def _facts(context: Context, sentence: Sentence) -> Iterator[str]:
    """The cells of the rows around a sentence whose text stands in it, the longest first."""
    said = sentence.text.casefold()
    found: dict[str, int] = {}
    for row in context.near(sentence).rows:
        for column, value in context.book.row(row.row).items():
            text = str(value).casefold().replace("_", " ")
            if (
                text.count(" ") < 2
                or str(column).endswith(("_printed", "_id", "_key", "_keys"))
                or not re.search(r"[^\W\d_]{4}", text)
            ):
                continue
            if re.search(rf"\b{re.escape(text)}\b", said):
                found.setdefault(f"{row.row}.{column}", len(text))
    yield from sorted(found, key=lambda cell: (-found[cell], cell))


def faults(context: Context, sentence: Sentence, basis: Basis) -> Iterator[tuple[str, str]]:
    """What is wrong with the basis of a sentence: what it is, and what to do."""
    kinds = ", ".join(BASES)
    if basis.basis not in BASES:
        yield f"no basis of a known kind, '{basis.basis}'", f"Confirm it as one of: {kinds}."
    now = rests_on(context, sentence)
    if basis.basis in ("numbers", "shown") and basis.on != now:
        yield (
            f"confirmed on {basis.on or 'no row'}; it rests on {now or 'no row'} now",
            "Look whether it still holds; confirm it.",
        )
    if basis.basis == "numbers" and not sentence.keys:
        yield "a sentence without a number that is to rest on numbers", "Give it a key, or another basis."
    if basis.basis == "shown" and sentence.kind in ("prose", "heading"):
        yield "prose that is to rest on what a table shows", "Give it a key, a conclusion or a fact."
    if basis.basis == "conclusion":
        yield from _asserted(context, sentence, basis)
    if basis.basis in ("fact", "gap"):
        yield from _cells(context, sentence, basis)
    if basis.basis in ("definition", "navigation", "method", "fact", "gap") and not basis.exception:
        yield from _unfounded(context, sentence, basis)


def _asserted(context: Context, sentence: Sentence, basis: Basis) -> Iterator[tuple[str, str]]:
    """What the conclusions that a sentence rests on do not say: all of them together bear it out."""
    unknown = [said for said in basis.on.split(TOGETHER) if said not in context.said(sentence.page)]
    for said in unknown:
        yield f"no conclusion of the chapter reads '{said}'", "Assert it with conclude(), or name one that is asserted."
    if unknown:
        return
    all_words = words.content(sentence.text)
    for said in basis.on.split(TOGETHER):
        if len(words.unsaid(sentence.text, said)) == len(all_words):
            yield f"no word of the conclusion '{said}'", "Name the conclusion that it says."
            return
    if unlike := context.unlike(sentence, basis.on):
        yield f"'{unlike}', which the conclusion '{basis.on}' does not say", "Say what is asserted."
    elif not words.is_borne_out(sentence.text, basis.on, 0.2 if sentence.section == PLAIN else 0.5):
        unsaid = ", ".join(words.unsaid(sentence.text, basis.on))
        yield f"words that its conclusions do not say: {unsaid}", "Say what is asserted, or assert what it says."


def _unfounded(context: Context, sentence: Sentence, basis: Basis) -> Iterator[tuple[str, str]]:
    """A result or a fact told as something else: words that its basis does not say."""
    topic = re.match(r"[^.:]+[.:] ", sentence.text) if sentence.section == LIMITS else None
    text = sentence.text[topic.end() :] if topic else sentence.text
    if _ASKED.search(text):
        return
    past = _past(text)
    remedy = "Publish it and name its key, assert it with conclude(), or rest it on a fact."
    said = _said(context, basis) if basis.basis == "fact" else ""
    result = context.numerals(sentence) if past else words.spans(text)
    if not _SUPPOSED.search(text):
        result += [match[0] for match in _RESULT.finditer(text)]
    unsaid = next((word for word in result if word.casefold().removesuffix("ly") not in said.casefold()), "")
    if past and basis.basis in ("definition", "navigation"):
        yield f"a {basis.basis} in the past tense, '{past}'", remedy
    elif unsaid:
        yield f"a result in words, '{unsaid}', that rests on a {basis.basis}", remedy
    elif not topic and (lack := _lacks(context, sentence, basis.basis)):
        yield f"a {basis.basis} that {lack}", remedy


@cache
def pages_of_results() -> frozenset[str]:
    """The pages that say what was found; the others speak of this review."""
    with SKELETON_CHAPTERS.open(encoding="utf-8", newline="") as file:
        return frozenset({"index", "intro", *(row["chapter"] for row in csv.DictReader(file))})


def _lacks(context: Context, sentence: Sentence, basis: str) -> str:
    """What a sentence must have, or must not have, to be what it was confirmed as; blank where nothing lacks."""
    text = sentence.text
    if sentence.kind != "prose" or sentence.page not in pages_of_results():
        return ""
    if basis == "method":
        claim = None if words.ABSENT.search(text) else words.SOURCED.search(text)
        names_it = _MADE.search(text) or _MAY.search(text)
        return f"says what a source says, '{claim[0]}'" if claim else _unless(names_it, "names nothing that was read")
    if basis == "definition":
        named = next((name for name in context.trials if name in text), "")
        return f"speaks of a trial, {named}" if named else _unless(_DEFINED.search(text), "defines nothing")
    is_sentence = basis == "navigation" and text.endswith(".") and text.count(" ") > 2
    titled = any(title in text.casefold() for title in context.titles if " " in title)
    return _unless(not is_sentence or titled or _PLACE.search(text), "leads nowhere in the book")


def _unless(holds: object, lack: str) -> str:
    return "" if holds else lack


def _field(context: Context, cell: str) -> dict[str, Any]:
    """The description of the column of a cell."""
    row, _, column = cell.rpartition(".")
    fields = context.book.resources[context.book.table(row)]["schema"]["fields"]
    return next((field for field in fields if field["name"] == column.removesuffix("_printed")), {})


def _said(context: Context, basis: Basis) -> str:
    """All that the cells of a fact say, with the names of their columns, trials and arms."""
    cells = [cell.rpartition(".") for cell in basis.on.split("; ")]
    names = (f"{about(context.book, [row]).trials} {column}" for row, _, column in cells if row in context.book)
    return " ; ".join([*(context.cell(cell) for cell in basis.on.split("; ")), *names]).replace("_", " ")


def _cells(context: Context, sentence: Sentence, basis: Basis) -> Iterator[tuple[str, str]]:
    """What is wrong with the cells of a fact or a gap."""
    if not basis.on:
        yield f"a {basis.basis} without a cell", "Name it as row.column."
        return
    wrong = False
    for cell in basis.on.split("; "):
        row, _, column = cell.rpartition(".")
        try:
            value = context.book.row(row)
        except EvidenceError as error:
            yield str(error), "Name the cell as row.column."
            wrong = True
            continue
        if column not in value:
            yield f"'{column}', which is no column of {row}", "Name the cell as row.column."
            wrong = True
        elif basis.basis == "fact" and _field(context, cell).get("constraints", {}).get("enum"):
            yield f"{cell}, which holds a code and no words", "Name a cell that says it."
            wrong = True
    if not wrong and not basis.exception:
        yield from _gap(context, sentence, basis) if basis.basis == "gap" else _fact(context, sentence, basis)


def _gap(context: Context, sentence: Sentence, basis: Basis) -> Iterator[tuple[str, str]]:
    """A gap says that something is absent, names it, and its cells are empty."""
    for cell in basis.on.split("; "):
        text = context.cell(cell)
        if text and not _UNKNOWN.match(text):
            yield f"a gap that is none any more: {cell} says '{text}'", "Write what is known now."
    row, _, column = basis.on.split("; ")[0].rpartition(".")
    described = [column, _field(context, basis.on.split("; ")[0]).get("description", "")]
    about_it = " ".join([*described, *about(context.book, [row]).outcomes]).replace("_", " ")
    if not (words.ABSENT.search(sentence.text) and _MADE.search(sentence.text)):
        yield "a gap that says of nothing that it is absent", "Say what is not known, or give it another basis."
    elif len(words.unsaid(sentence.text, about_it)) == len(words.content(sentence.text)):
        yield f"a gap that does not name {column}", "Name what is not known."


def _fact(context: Context, sentence: Sentence, basis: Basis) -> Iterator[tuple[str, str]]:
    """A fact is said by its cells in three of five of its words, and in every word that is guarded."""
    said = _said(context, basis)
    for cell in basis.on.split("; "):
        text = context.cell(cell)
        if not text or not any(word not in words.unsaid(sentence.text, text) for word in words.content(sentence.text)):
            yield f"a fact that {cell} does not say; it says '{text}'", "Say what it says, or give it a key."
            return
    if not words.is_borne_out(sentence.text, said, 0.2 if sentence.section == PLAIN else 0.6):
        unsaid = ", ".join(words.unsaid(sentence.text, said))
        yield f"a fact whose cells do not say: {unsaid}", "Name the cells that say it, or say what they say."
    for guard in words.guards():
        match = guard.said.search(sentence.text)
        if match and not guard.needed.search(said):
            yield f"a fact whose cells do not say '{match[0]}'", "Name the cells that say it, or say what they say."
    if bool(words.NEGATION.search(sentence.text)) and not words.NEGATIVE.search(said):
        yield "a negation that its cells do not have", "Say what they say."


def changed(old: str, new: str) -> str:
    """The words that differ between two sentences, with two words on each side."""
    a, b = old.split(), new.split()
    parts = []
    for kind, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind != "equal":
            before, after = " ".join(a[max(0, i - 2) : i]), " ".join(a[j : j + 2])
            parts.append(f"{before} [{' '.join(a[i:j])} -> {' '.join(b[k:m])}] {after}".strip())
    return " … ".join(parts)


def before(sentence: Sentence, gone: Iterable[Basis]) -> Basis | None:
    """The line of the register that a sentence was edited from, if one of its page is like it."""
    own = {line.sentence: line for line in gone if line.page == sentence.page}
    near = get_close_matches(sentence.text, own, 1, 0.6)
    return own[near[0]] if near else None
