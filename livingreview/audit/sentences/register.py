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
from pathlib import Path

from livingreview.audit.sentences import words
from livingreview.audit.sentences.context import Context
from livingreview.audit.sentences.texts import Sentence
from livingreview.evidence import Evidence, EvidenceError
from livingreview.repository import replace_file

#: Where the register stands, from the root.
REGISTER = "chapters/basis.csv"
COLUMNS = ("page", "sentence", "basis", "on", "exception")
MOST_EXCEPTIONS = 40
#: Between the conclusions of a sentence that rests on several.
TOGETHER = " + "

#: What a sentence may rest on.
BASES = {
    "numbers": "the published numbers in it; their rows stand beside it",
    "shown": "the rows that a table or figure shows; its words are those of code",
    "conclusion": "conclusions that the chapter asserts, in their words; several are joined by ' + '",
    "fact": "a cell, as row.column, whose value the sentence says",
    "gap": "a cell, as row.column, that is empty",
    "definition": "what a word means",
    "method": "how this review or a source was made or read",
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
_SUPPOSED = re.compile(r"\b(?:if|whether|may|might|would|could|can|still|hide|left out)\b", re.IGNORECASE)
#: A question, a heading in its form and a line that leads elsewhere state nothing.
_ASKED = re.compile(r"\?$|^(?:Start with|See|Read) [^.;:]*[.;:]?$|^(?:What|Who|Which|How|Where|Why|When)\b[^.;:]*$")


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
        yield from _cells(context.book, sentence, basis)
    if basis.basis in ("definition", "navigation", "method", "fact", "gap") and not basis.exception:
        yield from _unfounded(context, sentence, basis)


def _asserted(context: Context, sentence: Sentence, basis: Basis) -> Iterator[tuple[str, str]]:
    """What the conclusions that a sentence rests on do not say: all of them together bear it out."""
    unknown = [said for said in basis.on.split(TOGETHER) if said not in context.said(sentence.page)]
    for said in unknown:
        yield f"no conclusion of the chapter reads '{said}'", "Assert it with conclude(), or name one that is asserted."
    if not unknown and (unlike := context.unlike(sentence, basis.on)):
        yield f"'{unlike}', which the conclusion '{basis.on}' does not say", "Say what is asserted."


def _unfounded(context: Context, sentence: Sentence, basis: Basis) -> Iterator[tuple[str, str]]:
    """A result told as something else: words of number, direction or effect that no cell says."""
    if _ASKED.search(sentence.text):
        return
    past = _past(sentence.text)
    remedy = "Publish it and name its key, assert it with conclude(), or rest it on a fact."
    said = " ".join(context.cell(cell) for cell in basis.on.split("; ")) if basis.basis == "fact" else ""
    result = context.numerals(sentence) if past else []
    if not _SUPPOSED.search(sentence.text):
        result += [match[0] for match in _RESULT.finditer(sentence.text)]
    unsaid = next((word for word in result if word.casefold() not in said.casefold()), "")
    if past and basis.basis in ("definition", "navigation"):
        yield f"a {basis.basis} in the past tense, '{past}'", remedy
    elif unsaid:
        yield f"a result in words, '{unsaid}', that rests on a {basis.basis}", remedy


def _cells(book: Evidence, sentence: Sentence, basis: Basis) -> Iterator[tuple[str, str]]:
    if not basis.on:
        yield f"a {basis.basis} without a cell", "Name it as row.column."
    for cell in filter(None, basis.on.split("; ")):
        row, _, column = cell.rpartition(".")
        try:
            value = book.row(row)
        except EvidenceError as error:
            yield str(error), "Name the cell as row.column."
            continue
        if column not in value:
            yield f"'{column}', which is no column of {row}", "Name the cell as row.column."
            continue
        text = str(value.get(f"{column}_printed", value[column]))
        if basis.basis == "gap" and text:
            yield f"a gap that is none any more: {cell} says '{text}'", "Write what is known now."
        elif basis.basis == "fact" and text.replace("_", " ").casefold() not in sentence.text.casefold():
            yield f"a fact that {cell} does not say; it says '{text}'", "Say it in these words, or give it a key."


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
