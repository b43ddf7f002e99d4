"""Whether the sentences of the book say what its data say, and which of them have been confirmed by a person.

`texts` gives the sentences, `context` what their numbers are about, `rules` what is checked of them, `register` what
each was confirmed to rest on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from livingreview.audit.sentences import register, tables
from livingreview.audit.sentences.context import Context
from livingreview.audit.sentences.register import Basis
from livingreview.audit.sentences.texts import Pages, Sentence, distinct, markup
from livingreview.evidence import Evidence
from livingreview.notebooks import files
from livingreview.notebooks.files import Problem
from livingreview.publish.overturned import PAGE

__all__ = ["Basis", "Sentence", "confirm", "pages", "problems"]

#: What a person answers who confirms a sentence, when shown it with what is wrong and a proposed basis.
Answer = Callable[[Sentence, Basis | None, Basis, Sequence[str]], Basis | None]


def pages(root: Path) -> Pages:
    """Read every page of the book: its Markdown and its notebooks."""
    markdown = [*root.glob("index.md"), *sorted((root / "chapters").glob("*.md"))]
    texts = {path.stem: path.read_text(encoding="utf-8") for path in markdown}
    return texts | {path.stem: files.read(path) for path in files.chapters(root)}


def problems(book: Evidence, content: Pages, lines: Sequence[Basis]) -> list[Problem]:
    """Compare every sentence with the data and with the register.

    Parameters
    ----------
    book : Evidence
        The evidence.
    content : Pages
        The pages of the book.
    lines : sequence of Basis
        The register.

    Returns
    -------
    list of Problem
        Each word that the data contradict, each sentence that is not confirmed as it stands or whose basis does not
        hold, and each line of the register that no page says.
    """
    context, found = Context(book, content), []
    known = {(line.page, line.sentence): line for line in lines}
    said = distinct(book, content)
    gone = [line for at, line in known.items() if at not in said]
    for at, sentence in said.items():
        found += [_problem(sentence, *fault) for fault in _faults(context, sentence, known.get(at))]
        if at not in known:
            old = register.before(sentence, gone)
            edited = f"edited and not confirmed: {register.changed(old.sentence, sentence.text)}" if old else "new"
            found.append(_problem(sentence, edited, f"Run: livingreview confirm {sentence.page}"))
    for page, item in markup(content):
        where = files.place(f"chapters/{page}.ipynb", item.cell)
        for fault in tables.exchanged(book, item.text) if page != PAGE else ():  # a line is a sentence, not an arm
            must = "stand under its own arm"
            found.append(Problem(where, must, f'"{fault.word}", but {fault.data}', fault.remedy))
    must = "hold the sentences of the book"
    for line in gone:
        where, shown = f"{register.REGISTER}, {line.page}", f'"{line.sentence}", which the page does not say'
        found.append(Problem(where, must, shown, f"Run: livingreview confirm {line.page}"))
    exceptions = [line for line in lines if line.exception]
    if len(exceptions) > register.MOST_EXCEPTIONS:
        must = f"have at most {register.MOST_EXCEPTIONS} exceptions"
        found.append(Problem(register.REGISTER, must, str(len(exceptions)), "Reword some, or mend the rule."))
    return found


def _faults(context: Context, sentence: Sentence, basis: Basis | None) -> Iterator[tuple[str, str]]:
    """What is wrong with a sentence and with its basis, each with what to do."""
    if basis:
        yield from register.faults(context, sentence, basis)
    if not (basis and basis.exception):
        for fault in context.faults(sentence):
            yield f"'{fault.word}', but {fault.data}", fault.remedy
        for word in context.numerals(sentence) if sentence.keys or (basis and basis.basis == "numbers") else ():
            yield f"'{word}', which no number of it says", "Write {n}`key`, or list the sentence with its reason."


def _problem(sentence: Sentence, wrong: str, remedy: str) -> Problem:
    return Problem(sentence.place, "say what is confirmed and what the data say", f'"{sentence.text}": {wrong}', remedy)


def confirm(root: Path, only: str, answer: Answer) -> tuple[int, int]:
    """Ask for the basis of each sentence that is new, edited or rests on something else, and write the register.

    Parameters
    ----------
    root : Path
        Root of the project.
    only : str
        The page to confirm; blank for all.
    answer : callable
        Takes a sentence, the line it was edited from, the proposed basis and what is wrong; gives its line, or None
        to leave it.

    Returns
    -------
    tuple of two ints
        How many were confirmed, and how many lines of sentences that are gone were taken out.
    """
    book, content = Evidence(root / "data"), pages(root)
    context, lines = Context(book, content), register.read(root)
    known = {(line.page, line.sentence): line for line in lines}
    said = distinct(book, content)
    gone = [line for at, line in known.items() if at not in said and only in ("", line.page)]
    confirmed = 0
    for at, sentence in said.items():
        old = known.get(at)
        wrong = [found for found, _ in _faults(context, sentence, old)]
        if only not in ("", sentence.page) or (old and not wrong):
            continue
        edited = register.before(sentence, gone)
        line = answer(sentence, old or edited, register.propose(context, sentence), wrong)
        if line is not None:
            known[at], confirmed = line, confirmed + 1
        elif edited in gone:
            gone.remove(edited)  # what the sentence was is shown again when it is asked about again
    for line in gone:
        del known[line.page, line.sentence]
    register.write(root, known.values())
    return confirmed, len(gone)
