"""What chapters make of changed data, running only the statements that the change can reach.

Those are the statements that read the changed cells, those that use a name that such a one sets, and those that set
what these use. For all others it is known what they show.
"""

from __future__ import annotations

import ast
import symtable
from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any

from livingreview.audit.mutation.recording import DataCell, recorded
from livingreview.audit.mutation.tally import MutationError
from livingreview.evidence import Evidence
from livingreview.notebooks.files import Notebook, source
from livingreview.notebooks.running import Execution, Statement, statements
from livingreview.publish import numbers

#: What each code cell of a chapter shows; after a cell that fails, the error and no more.
Shown = list[list[Any]]
#: What speaks of every row that the statements before it have used.
_OF_ALL = {numbers.sources.__name__}


@dataclass
class Step:
    """A statement of a chapter with what was learnt of it.

    Attributes
    ----------
    statement : Statement
    uses, sets : set of str
        The names that it uses and sets.
    after : set of int
        The steps that set what it uses.
    reads : set of DataCell
        The data that it reads.
    shown, rows : list
        What it shows, and the rows of the evidence that it uses.
    """

    statement: Statement
    uses: set[str]
    sets: set[str]
    after: set[int] = field(default_factory=set)
    reads: set[DataCell] = field(default_factory=set)
    shown: list[Any] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)


class Runner:
    """The chapters, compiled once."""

    def __init__(self, notebooks: dict[str, Notebook]) -> None:
        self._cells = {
            name: [source(cell) for cell in notebook["cells"] if cell.get("cell_type") == "code"]
            for name, notebook in notebooks.items()
        }
        self._steps = {name: steps(cells) for name, cells in self._cells.items()}

    def learn(self, name: str, book: Evidence) -> set[DataCell]:
        """Run a chapter on the data as they are, note what each statement shows and reads; give all that is read."""
        seen: set[DataCell] = set()
        execution = Execution(recorded(book, seen))
        used = execution.session.used
        for step in self._steps[name]:
            seen.clear()
            before = len(used)
            step.shown = execution.execute(step.statement)
            step.reads, step.rows = {*seen}, used[before:]
        return set().union(*(step.reads for step in self._steps[name]))

    def run(self, name: str, book: Evidence, changed: Set[DataCell] | None = None) -> tuple[Shown, Exception | None]:
        """Run a chapter on these data.

        Parameters
        ----------
        name : str
            The chapter.
        book : Evidence
            The data.
        changed : set of tuple, optional
            The cells in which they differ from those that were learnt; without it every statement is run.

        Returns
        -------
        shown : list of list
            What each cell shows; after one that fails nothing more.
        error : Exception or None
            What ended the chapter.

        Raises
        ------
        MutationError
            When a statement that was needed was not run.
        """
        chapter = self._steps[name]
        needed = {*range(len(chapter))} if changed is None else reached(chapter, changed)
        execution = Execution(book)
        shown: Shown = [[] for _ in self._cells[name]]
        for number, step in enumerate(chapter):
            cell = step.statement.cell
            if number not in needed:
                shown[cell] += step.shown
                execution.session.used += step.rows
                continue
            try:
                shown[cell] += execution.execute(step.statement)
            except NameError as error:
                raise MutationError(f"chapters/{name}.ipynb: a statement was left out ({error}).") from error
            except Exception as error:
                shown[cell] += [*execution.shown, (type(error).__name__, str(error))]
                return shown[: cell + 1], error
        return shown, None


def steps(cells: list[str]) -> list[Step]:
    """Find which statements of a chapter set what others use."""
    chapter = [Step(statement, *_names(statement.node)) for statement in statements(cells)]
    setting: defaultdict[str, set[int]] = defaultdict(set)
    for number, step in enumerate(chapter):
        step.after = set().union(*(setting[name] for name in step.uses))
        for name in step.sets:
            setting[name] = {number} | (setting[name] if name in step.uses else set())
    return chapter


def reached(chapter: list[Step], changed: Set[DataCell]) -> set[int]:
    """Find the statements that must be run when these cells of the data have changed."""
    numbers: set[int] = set()
    for number, step in enumerate(chapter):
        if not step.reads.isdisjoint(changed) or not step.after.isdisjoint(numbers) or step.uses & _OF_ALL:
            numbers.add(number)
    pending = [*numbers]
    while pending:
        new = chapter[pending.pop()].after - numbers
        numbers |= new
        pending += new
    return numbers


def _names(node: ast.stmt) -> tuple[set[str], set[str]]:
    """Names of the chapter that a statement uses, in functions within it as well, and those that it sets."""
    table = symtable.symtable(ast.unparse(node), "cell", "exec")
    sets = {name.get_name() for name in table.get_symbols() if name.is_assigned() or name.is_imported()}
    uses = {name.get_name() for name in table.get_symbols() if name.is_referenced()} | {*_of_chapter(table)}
    changed = {*_changed(node)}
    if isinstance(node, ast.For):  # what a loop sets for each turn, unless its own values come from that name
        taken = {name.id for name in ast.walk(node.iter) if isinstance(name, ast.Name)}
        uses -= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)} - taken
    return uses | changed, sets | changed


def _of_chapter(table: symtable.SymbolTable) -> Iterator[str]:
    for inner in table.get_children():
        yield from (name.get_name() for name in inner.get_symbols() if name.is_global())
        yield from _of_chapter(inner)


def _changed(node: ast.stmt) -> Iterator[str]:
    """Names whose values a statement may change in place: by a call that gives nothing, or by setting a part of it."""
    for inner in ast.walk(node):
        part: ast.expr | None = None
        if isinstance(inner, ast.AugAssign):
            part = inner.target
            if isinstance(part, ast.Name):
                yield part.id
        elif isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Call):
            part = inner.value.func
        elif isinstance(inner, ast.Subscript | ast.Attribute) and isinstance(inner.ctx, ast.Store | ast.Del):
            part = inner
        while isinstance(part, ast.Subscript | ast.Attribute | ast.Call):
            part = part.func if isinstance(part, ast.Call) else part.value
            if isinstance(part, ast.Name):
                yield part.id
