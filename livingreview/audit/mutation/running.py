"""Run chapters in this process, without a kernel and without drawing: some milliseconds a chapter.

Figures are pure functions of their arguments, so a figure changes only if its arguments do; in its place stands the
text of its arguments. The table of how the numbers were checked rests on every row of the evidence; in its place stand
the rows that the chapter used. All else that a cell shows is what a kernel would store, and `Book` tests that it is.

For a change of the data only those statements of a chapter are run that can reach it: those that read it, those that
use a name that such a one sets, and those that set what these use. For all others it is known what they show.
"""

from __future__ import annotations

import ast
import contextlib
import dis
import io
from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from livingreview import evidence
from livingreview.audit.mutation.recording import Cell, recorded
from livingreview.audit.mutation.table import MutationError
from livingreview.evidence import Evidence
from livingreview.notebooks.files import Notebook, source
from livingreview.publish import figures, numbers
from livingreview.publish.figures.parts import Figure
from livingreview.publish.numbers import Table

#: What each code cell of a chapter shows; after a cell that fails, the error and no more.
Shown = list[list[Any]]
#: Caption of the table that is not computed here.
CHECKED = "How the numbers of this chapter were checked"
#: What speaks of every row that the statements before it have used.
_OF_ALL = {"checked", "sources"}
_VALUE = "_value_of_the_cell"


@dataclass
class Statement:
    """A statement of a code cell: the names that it uses and sets, the data that it reads, what it shows and uses."""

    cell: int
    code: CodeType
    uses: set[str]
    sets: set[str]
    reads: set[Cell] = field(default_factory=set)
    shown: list[Any] = field(default_factory=list)
    rows: dict[str, set[str]] = field(default_factory=dict)
    #: The statements that set what it uses.
    after: set[int] = field(default_factory=set)


class Runner:
    """The chapters, compiled once; use it within its `stubs`."""

    def __init__(self, notebooks: dict[str, Notebook]) -> None:
        self.book: Evidence | None = None
        self._kept: list[Any] = []
        self._cells = {
            name: [source(cell) for cell in notebook["cells"] if cell.get("cell_type") == "code"]
            for name, notebook in notebooks.items()
        }
        self._statements = {
            name: [one for cell, text in enumerate(cells) for one in _compiled(cell, text)]
            for name, cells in self._cells.items()
        }
        for statements in self._statements.values():
            setting: defaultdict[str, set[int]] = defaultdict(set)
            for number, one in enumerate(statements):
                one.after = set().union(*(setting[name] for name in one.uses))
                for name in one.sets:
                    setting[name] = {number} | (setting[name] if name in one.uses else set())

    @contextlib.contextmanager
    def stubs(self) -> Iterator[None]:
        """Put recorders in the place of the display, of the drawing of figures and of the reading of data."""
        drawn = [name for name in figures.__all__ if _draws(getattr(figures, name))]
        places: list[tuple[Any, str, Any]] = [(figures, name, _undrawn(name)) for name in drawn]
        places += [(numbers, "display", self._display), (numbers, "checked", self._checked)]
        places += [(evidence, "load", lambda: self.book)]
        before = [getattr(module, name) for module, name, _ in places]
        try:
            for module, name, stub in places:
                setattr(module, name, stub)
            yield
        finally:
            for (module, name, _), old in zip(places, before, strict=True):
                setattr(module, name, old)

    def learn(self, name: str, book: Evidence) -> set[Cell]:
        """Run a chapter on the data as they are, note what each statement shows and reads; give all that is read."""
        seen: set[Cell] = set()
        self.book = recorded(book, seen)
        space = _space()
        numbers._used.clear()
        for one in self._statements[name]:
            before = {row: set(keys) for row, keys in numbers._used.items()}
            seen.clear()
            one.shown = self._execute(one, space)
            one.reads = {*seen}
            one.rows = {row: keys for row, keys in numbers._used.items() if keys != before.get(row)}
        return set().union(*(one.reads for one in self._statements[name]))

    def run(self, name: str, book: Evidence, changed: Set[Cell] | None = None) -> tuple[Shown, Exception | None]:
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
        statements = self._statements[name]
        needed = {*range(len(statements))} if changed is None else _reached(statements, changed)
        self.book = book
        space = _space()
        numbers._used.clear()
        shown: Shown = [[] for _ in self._cells[name]]
        for number, one in enumerate(statements):
            if number not in needed:
                shown[one.cell] += one.shown
                for row, keys in one.rows.items():
                    numbers._used.setdefault(row, set()).update(keys)
                continue
            try:
                shown[one.cell] += self._execute(one, space)
            except NameError as error:
                raise MutationError(f"chapters/{name}.ipynb: a statement was left out ({error}).") from error
            except Exception as error:
                shown[one.cell] += [*self._kept, (type(error).__name__, str(error))]
                return shown[: one.cell + 1], error
        return shown, None

    def _execute(self, one: Statement, space: dict[str, Any]) -> list[Any]:
        """Run a statement; give what it shows."""
        self._kept, space[_VALUE] = [], None
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(one.code, space)
        self._show(space[_VALUE])
        return [*self._kept, *filter(None, [printed.getvalue()])]

    def _display(self, data: dict[str, str], metadata: dict[str, Any] | None = None, **_: object) -> None:
        self._kept.append({"data": data, "metadata": metadata or {}})

    def _checked(self) -> Table:
        """Give what the real table counts."""
        assert self.book
        used = [(i, self.book.row(i)) for i in sorted(numbers._used) if self.book.table(i) != "sources"]
        rows = [(row_id, str(row.get("tier", "")), str(row.get("extraction", ""))) for row_id, row in used]
        return numbers.table(CHECKED, ("Row", "Tier", "Extraction"), rows)

    def _show(self, value: Any) -> None:
        if value is None or hasattr(value, "_ipython_display_"):
            return
        html = {"text/html": value._repr_html_()} if hasattr(value, "_repr_html_") else {}
        self._kept.append({"data": {**html, "text/plain": repr(value)}, "metadata": {}})


def _space() -> dict[str, Any]:
    return {"__name__": "__main__"}


def _compiled(cell: int, text: str) -> Iterator[Statement]:
    """Compile a cell, statement by statement, so that the value of its last line is kept."""
    tree = ast.parse(text)
    for one in tree.body:
        node = one
        if one is tree.body[-1] and isinstance(one, ast.Expr):
            node = ast.Assign([ast.Name(_VALUE, ast.Store())], one.value)
        code = compile(ast.fix_missing_locations(ast.Module([node], [])), "cell", "exec")
        sets = {*_names(code, "STORE_NAME", "DELETE_NAME"), *_changes(one)} - {_VALUE}
        own = {*_names(_target(one), "STORE_NAME")} if isinstance(one, ast.For) else set()
        yield Statement(cell, code, ({*_names(code, "LOAD_NAME", "LOAD_GLOBAL")} - own) | {*_changes(one)}, sets)


def _target(loop: ast.For) -> CodeType:
    """Compile what a loop sets for each round, unless its own values come from a name that it sets."""
    names = {node.id for node in ast.walk(loop.iter) if isinstance(node, ast.Name)}
    own = [node for node in ast.walk(loop.target) if isinstance(node, ast.Name) and node.id not in names]
    return compile("\n".join(f"{node.id} = 0" for node in own), "cell", "exec")


def _names(code: CodeType, *operations: str) -> Iterator[str]:
    """Names of the chapter with which code does this, in functions within it as well."""
    yield from (str(step.argval) for step in dis.get_instructions(code) if step.opname in operations)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner, *operations)


def _changes(statement: ast.stmt) -> Iterator[str]:
    """Names whose values a statement may change in place: by a call that gives nothing, or by setting a part of it."""
    for node in ast.walk(statement):
        part: ast.expr | None = None
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            part = node.value.func
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            part = node
        elif isinstance(node, ast.AugAssign):
            part = node.target
        while isinstance(part, ast.Subscript | ast.Attribute | ast.Call):
            part = part.func if isinstance(part, ast.Call) else part.value
            if isinstance(part, ast.Name):
                yield part.id


def _reached(statements: list[Statement], changed: Set[Cell]) -> set[int]:
    """Find the statements that must be run when these cells of the data have changed."""
    reached: set[int] = set()
    for number, one in enumerate(statements):
        if not one.reads.isdisjoint(changed) or not one.after.isdisjoint(reached) or one.uses & _OF_ALL:
            reached.add(number)
    left = [*reached]
    while left:
        new = statements[left.pop()].after - reached
        reached |= new
        left += new
    return reached


def _draws(value: Any) -> bool:
    return bool(getattr(value, "__annotations__", {}).get("return") == "Figure")


def _undrawn(name: str) -> Any:
    def stub(*arguments: object, **named: object) -> Figure:
        return Figure(repr((name, arguments, named)), "", "", (), ())

    return stub
