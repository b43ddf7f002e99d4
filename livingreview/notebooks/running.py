"""Run the statements of a chapter one by one in this process, without a kernel and without drawing.

It takes some milliseconds per chapter. Figures and the table of checks are replaced by their arguments, of which
they are pure functions; everything else that a statement shows is what a kernel would store.
"""

from __future__ import annotations

import ast
import contextlib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from types import CodeType
from typing import Any

from livingreview.evidence import Evidence
from livingreview.publish.record import HTML
from livingreview.publish.session import Session

_VALUE, _TURN = "_value_of_the_cell", "_turn_of_the_loop"


@dataclass(frozen=True)
class Loop:
    """The parts of a loop that can be run turn by turn."""

    turns: CodeType
    target: CodeType
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Statement:
    """A statement of a chapter.

    Attributes
    ----------
    node : ast.stmt
        As written.
    cell : int
        Its code cell, counted from 0.
    code : CodeType
        Compiled so that the value of the last line of a cell is kept.
    loop : Loop or None
        Its parts, if it is a loop without break or continue.
    assigned : frozenset of str
        Names that it assigns.
    """

    node: ast.stmt
    cell: int
    code: CodeType
    loop: Loop | None
    assigned: frozenset[str]


def statements(cells: Iterable[str]) -> list[Statement]:
    """Compile the code cells of a chapter, statement by statement."""
    return [
        _compiled(node, number, node is body[-1])
        for number, text in enumerate(cells)
        for body in [ast.parse(text).body]
        for node in body
    ]


def _compiled(node: ast.stmt, cell: int, last: bool = False) -> Statement:
    shown = ast.Assign([ast.Name(_VALUE, ast.Store())], node.value) if last and isinstance(node, ast.Expr) else node
    assigned = (name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store))
    return Statement(node, cell, _code(shown), _loop(node, cell), frozenset(assigned))


def _code(node: ast.stmt) -> CodeType:
    return compile(ast.fix_missing_locations(ast.Module([node], [])), "cell", "exec")


def _loop(node: ast.stmt, cell: int) -> Loop | None:
    if (
        not isinstance(node, ast.For)
        or node.orelse
        or any(isinstance(n, ast.Break | ast.Continue) for n in ast.walk(node))
    ):
        return None
    turns = compile(ast.fix_missing_locations(ast.Expression(node.iter)), "cell", "eval")
    target = _code(ast.Assign([node.target], ast.Name(_TURN, ast.Load())))
    return Loop(turns, target, tuple(_compiled(inner, cell) for inner in node.body))


class Execution:
    """One run of a chapter on some evidence: the names that it has set, and its session.

    Parameters
    ----------
    book : Evidence
        What the chapter computes from.
    asserting : bool
        Whether a conclusion that does not hold stops the chapter.
    tracing : bool
        Whether a published number says where it comes from.

    Attributes
    ----------
    shown : list
        Outputs of the last statement: data by format with their metadata, and printed text.
    """

    def __init__(self, book: Evidence, *, asserting: bool = True, tracing: bool = True) -> None:
        self.session = Session(book, self._show, drawing=False, asserting=asserting, tracing=tracing)
        self.shown: list[Any] = []
        self._names: dict[str, Any] = {"__name__": "__main__"}

    def execute(self, statement: Statement) -> list[Any]:
        """Run a statement; give what it publishes, the value of the last line of its cell, and printed text."""
        with self._begun() as printed:
            self._names[_VALUE] = None
            exec(statement.code, self._names)
            value = self._names[_VALUE]
            if value is not None and not hasattr(value, "_ipython_display_"):
                html = {HTML: value._repr_html_()} if hasattr(value, "_repr_html_") else {}
                self._show({**html, "text/plain": repr(value)}, {})
        self.shown += filter(None, [printed.getvalue()])
        return self.shown

    def attempt(self, statement: Statement) -> list[Any]:
        """Run a statement as far as it can be run; give what it publishes.

        One turn of a loop may fail without the others. The names that a failed part would have set are deleted, so
        that nothing continues with an old value.
        """
        with self._begun():
            self._attempt(statement.assigned, partial(self._run, statement))
        return self.shown

    def _run(self, statement: Statement) -> None:
        if statement.loop is None:
            exec(statement.code, self._names)
            return
        for turn in eval(statement.loop.turns, self._names):
            self._attempt(statement.assigned, partial(self._turn, statement.loop, turn))

    def _turn(self, loop: Loop, turn: Any) -> None:
        self._names[_TURN] = turn
        exec(loop.target, self._names)
        for inner in loop.body:
            self._run(inner)

    def _attempt(self, assigned: Iterable[str], run: Callable[[], None]) -> None:
        try:
            run()
        except Exception:  # whatever it is, the part cannot be computed from this evidence
            for name in assigned:
                self._names.pop(name, None)

    @contextlib.contextmanager
    def _begun(self) -> Iterator[io.StringIO]:
        self.shown = []
        with self.session, contextlib.redirect_stdout(io.StringIO()) as printed:
            yield printed

    def _show(self, data: dict[str, str], metadata: dict[str, Any]) -> None:
        self.shown.append({"data": data, "metadata": metadata})
