"""Run chapters in this process, without a kernel and without drawing: some milliseconds a chapter.

Figures are pure functions of their arguments, so a figure changes only if its arguments do; in its place stands the
text of its arguments. The table of how the numbers were checked rests on every row of the evidence; in its place stand
the rows that the chapter used. All else that a cell shows is what a kernel would store, and `Book` tests that it is.
"""

from __future__ import annotations

import ast
import contextlib
import io
from collections.abc import Iterator
from types import CodeType
from typing import Any

from livingreview import evidence, figures, publish
from livingreview.evidence import Evidence
from livingreview.figures.parts import Figure
from livingreview.notebooks.files import Notebook, source
from livingreview.publish import Table

#: What each code cell of a chapter shows; after a cell that fails, the error and no more.
Shown = list[list[Any]]
#: Caption of the table that is not computed here.
CHECKED = "How the numbers of this chapter were checked"
_VALUE = "_value_of_the_cell"


class Runner:
    """The chapters, compiled once; use it within its `stubs`."""

    def __init__(self, notebooks: dict[str, Notebook]) -> None:
        self.book: Evidence | None = None
        self._kept: list[Any] = []
        self._code = {
            name: [_compiled(source(cell)) for cell in notebook["cells"] if cell.get("cell_type") == "code"]
            for name, notebook in notebooks.items()
        }

    @contextlib.contextmanager
    def stubs(self) -> Iterator[None]:
        """Put recorders in the place of the display, of the drawing of figures and of the reading of data."""
        drawn = [name for name in figures.__all__ if _draws(getattr(figures, name))]
        places: list[tuple[Any, str, Any]] = [(figures, name, _undrawn(name)) for name in drawn]
        places += [(publish, "display", self._display), (publish, "checked", self._checked)]
        places += [(evidence, "load", lambda: self.book)]
        before = [getattr(module, name) for module, name, _ in places]
        try:
            for module, name, stub in places:
                setattr(module, name, stub)
            yield
        finally:
            for (module, name, _), old in zip(places, before, strict=True):
                setattr(module, name, old)

    def run(self, name: str, book: Evidence) -> tuple[Shown, Exception | None]:
        """Run a chapter on these data; give what it shows, and the error that ended it."""
        publish._used.clear()
        self.book = book
        space: dict[str, Any] = {"__name__": "__main__"}
        runs: Shown = []
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            for code in self._code[name]:
                self._kept = []
                space[_VALUE] = None
                runs.append(self._kept)
                try:
                    exec(code, space)
                    self._show(space[_VALUE])
                except Exception as error:
                    self._kept.append((type(error).__name__, str(error)))
                    return runs, error
                if printed.tell():
                    self._kept.append(printed.getvalue())
                    printed.seek(0)
                    printed.truncate()
        return runs, None

    def _display(self, data: dict[str, str], metadata: dict[str, Any] | None = None, **_: object) -> None:
        self._kept.append({"data": data, "metadata": metadata or {}})

    def _checked(self) -> Table:
        """Give what the real table counts."""
        assert self.book
        used = [(i, self.book.row(i)) for i in sorted(publish._used) if self.book.table(i) != "sources"]
        rows = [(row_id, str(row.get("tier", "")), str(row.get("extraction", ""))) for row_id, row in used]
        return publish.table(CHECKED, ("Row", "Tier", "Extraction"), rows)

    def _show(self, value: Any) -> None:
        if value is None or hasattr(value, "_ipython_display_"):
            return
        html = {"text/html": value._repr_html_()} if hasattr(value, "_repr_html_") else {}
        self._kept.append({"data": {**html, "text/plain": repr(value)}, "metadata": {}})


def _compiled(text: str) -> CodeType:
    """Compile a cell so that the value of its last line is kept."""
    tree = ast.parse(text)
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        tree.body[-1] = ast.Assign([ast.Name(_VALUE, ast.Store())], last.value)
    return compile(ast.fix_missing_locations(tree), "cell", "exec")


def _draws(value: Any) -> bool:
    return bool(getattr(value, "__annotations__", {}).get("return") == "Figure")


def _undrawn(name: str) -> Any:
    def stub(*arguments: object, **named: object) -> Figure:
        return Figure(repr((name, arguments, named)), "", "", (), ())

    return stub
