"""What the notices on sources change: the published numbers with and without what was retracted.

Which numbers and conclusions rest on a source is traced by the rows that they carry. What they would be without it is
computed by running the code of the chapters again on the evidence without its rows. What fails then could not be
computed without them, and what had been computed from it fails with it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import isfunction
from types import ModuleType
from typing import Any

from livingreview import evidence
from livingreview.evidence import MARKS, Evidence
from livingreview.notebooks.files import chapters, read, source
from livingreview.publish import conclusions, evidence_tables, figures, numbers
from livingreview.publish.conclusions import Conclusion

#: The chapters that show what is computed here, or what was published before.
OWN = ("notices", "changes")

ALONE = "none: it rests on this alone"
NOT_COMPUTED = "none: it cannot be computed without it"
KEPT = "kept: the source was not retracted"


@dataclass
class Run:
    """What the chapters publish and conclude on some evidence.

    Attributes
    ----------
    numbers : dict of (str, str) to (str, tuple of str)
        Text and rows, by chapter and key.
    conclusions : dict of (str, str) to (bool, tuple of str)
        Whether it holds, and its rows, by chapter and sentence.
    """

    numbers: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    conclusions: dict[tuple[str, str], tuple[bool, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What a notice does to a published number or to a conclusion.

    Attributes
    ----------
    chapter, name : str
        Where it stands, and its key or its sentence.
    rows : tuple of str
        Rows of the evidence that it rests on.
    sources : tuple of str
        Keys of the sources with a notice that it rests on; none where it only counts rows of them.
    before, without : str
        What it is, and what it is without what was retracted, in words where it is nothing.
    """

    chapter: str
    name: str
    rows: tuple[str, ...]
    sources: tuple[str, ...]
    before: str
    without: str


def cells(book: Evidence) -> dict[str, list[str]]:
    """Code of the chapters that publish numbers, cell by cell."""
    found = {}
    for path in chapters(book.data.parent):
        if path.stem not in OWN:
            found[path.stem] = [source(cell) for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    return found


def run(book: Evidence, code: dict[str, list[str]]) -> Run:
    """Run the code of chapters on some evidence, and keep what they publish and conclude.

    Parameters
    ----------
    book : Evidence
        The evidence that they compute from.
    code : dict of str to list of str
        Cells by chapter.

    Returns
    -------
    Run
        Without what failed, and without what was computed from that.
    """
    found = Run()
    for chapter, texts in code.items():
        names: dict[str, Any] = {}
        with _kept(book, chapter, found):
            for text in texts:
                for statement in ast.parse(text).body:
                    _try(statement, names)
    return found


def effects(book: Evidence) -> tuple[list[Effect], list[Effect]]:
    """Find what the notices on the sources of the review change: published numbers, and conclusions."""
    if book.notices.empty:
        return [], []
    code = cells(book)
    return compared(book, run(book, code), run(book.without(book.retracted), code))


def compared(book: Evidence, now: Run, then: Run) -> tuple[list[Effect], list[Effect]]:
    """Find what the notices on sources change.

    Parameters
    ----------
    book : Evidence
        The evidence with its notices.
    now, then : Run
        What chapters publish on it, and without what was retracted.

    Returns
    -------
    tuple of two lists of Effect
        Published numbers, and conclusions. A number that rests on no source with a notice is listed too when it is
        another one without what was retracted, for example a count of rows.
    """
    rest, numbers = book.without(book.retracted), []
    for (chapter, key), (text, rows) in now.numbers.items():
        noticed = book.marked(rows)
        left = then.numbers.get((chapter, key), ("", ()))[0]
        if noticed or (left and left != text):
            without = _without(book, rest, rows, left or NOT_COMPUTED)
            numbers.append(Effect(chapter, key, rows, tuple(noticed), text, without))
    numbers.sort(key=lambda effect: not effect.sources)
    concluded = []
    for (chapter, sentence), (_, rows) in now.conclusions.items():
        noticed = book.marked(rows)
        held = then.conclusions.get((chapter, sentence))
        if noticed or (held and not held[0]):
            words = NOT_COMPUTED if held is None else "still holds" if held[0] else "does not hold"
            without = _without(book, rest, rows, words)
            concluded.append(Effect(chapter, sentence, rows, tuple(noticed), "holds", without))
    return numbers, concluded


def said(book: Evidence) -> str:
    """How many sources have a notice, in a sentence."""
    if book.notices.empty:
        return f"No notice is recorded on any of the {len(book.sources)} sources of this review."
    kinds = Counter(source.mark for source in book.sources.values() if source.mark)
    listed = "; ".join(f"{mark}: {kinds[mark]}" for mark in MARKS.values() if kinds[mark])
    return f"Sources of this review with a notice: {kinds.total()} of {len(book.sources)} ({listed})."


def asked(book: Evidence) -> str:
    """When the service that tells of notices was last asked about every source, in a sentence."""
    rows = book.searches[book.searches["service"] == "crossref"]
    last = min(rows["last_search"], default="")
    if not last:
        return "Crossref has not been asked about every source yet, so there may be notices that are not recorded here."
    return f"Crossref was last asked about every source that has a DOI on {last}."


def _without(book: Evidence, rest: Evidence, rows: Iterable[str], computed: str) -> str:
    """What stands for a value without what was retracted."""
    own = list(rows)
    noticed = set(book.marked(own))
    if noticed and not noticed & book.retracted:
        return KEPT
    # a row that is a source goes with it: the bibliography keeps the entry
    if own and not any(row in rest and row not in book.retracted for row in own):
        return ALONE
    return computed


@contextmanager
def _kept(book: Evidence, chapter: str, found: Run) -> Iterator[None]:
    """Let a chapter compute from other evidence; what it publishes is kept, and nothing is drawn or shown."""

    def keep(data: dict[str, str], metadata: dict[str, Any] | None = None) -> None:
        ours = (metadata or {}).get("livingreview", {})
        if "rows" in ours and metadata:
            key = metadata["scrapbook"]["name"]
            found.numbers[chapter, key] = (next(iter(data.values())), tuple(ours["rows"]))

    def conclude(conclusion: Conclusion, sentence: str = "") -> None:
        found.conclusions[chapter, sentence or conclusion.sentence] = (conclusion.holds, conclusion.rows)

    drawings = [name for name in figures.__all__ if isfunction(drawing := getattr(figures, name)) and _draws(drawing)]
    instead: dict[tuple[ModuleType, str], Any] = {(figures, name): _nothing for name in drawings}
    instead |= {(numbers, name): _nothing for name in ("checked", "show", "sources", "table")}
    instead |= {(evidence_tables, name): _nothing for name in ("dictionary", "listing", "source_list")}
    instead |= {(numbers, "_output"): keep, (conclusions, "conclude"): conclude, (numbers, "_used"): {}}
    instead[evidence, "load"] = lambda data=evidence.DATA: book
    before = {(module, name): getattr(module, name) for module, name in instead}
    try:
        for (module, name), value in instead.items():
            setattr(module, name, value)
        yield
    finally:
        for (module, name), value in before.items():
            setattr(module, name, value)


def _draws(function: Callable[..., Any]) -> bool:
    return function.__annotations__.get("return") == "Figure"


def _nothing(*_arguments: object, **_named: object) -> None:
    """Stand for what draws or shows."""


class _EachTurn(ast.NodeTransformer):
    """Let a turn of a loop fail without the others."""

    def visit_For(self, node: ast.For) -> ast.For:  # (named by ast)
        self.generic_visit(node)
        forget = ast.parse(f"_forget({sorted(_assigned(node))!r})").body
        handler = ast.ExceptHandler(type=ast.Name("Exception", ast.Load()), name=None, body=forget)
        node.body = [ast.Try(body=node.body, handlers=[handler], orelse=[], finalbody=[])]
        return node


def _assigned(node: ast.AST) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}


def _try(statement: ast.stmt, names: dict[str, Any]) -> None:
    """Run a statement; if it fails, what it would have named is unknown, so that nothing goes on with an old value."""

    def forget(unknown: Iterable[str]) -> None:
        for name in unknown:
            names.pop(name, None)

    forgetting: Callable[[Iterable[str]], None] = forget
    names["_forget"] = forgetting
    assigned = _assigned(statement)
    body = ast.fix_missing_locations(ast.Module([_EachTurn().visit(statement)], []))
    try:
        exec(compile(body, "chapter", "exec"), names)
    except Exception:  # whatever it is, it could not be computed from this evidence
        forget(assigned)
