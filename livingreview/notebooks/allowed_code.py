"""What the code of a chapter may do: a list of what is allowed, checked on its syntax tree before anything runs.

A chapter takes the evidence, computes with texts, lists and tables, and hands the result to the package. What it may
import and which attributes it may read follow from the public names of the modules that are made for chapters; the
rest is listed here. Whatever is not allowed is refused: files, other modules, private names, loops without an end,
and functions that run text as code. How what is allowed is confined when it runs is in `confinement`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path

from livingreview.notebooks.files import Notebook, NotebookError, Problem, chapters, place, read, source
from livingreview.repository import own_root

#: The modules that chapters may import from.
FOR_CHAPTERS = (
    *("evidence", "evidence.ledger"),
    *("statistics.effects", "statistics.findings", "statistics.rounding", "statistics.wording"),
    *("checks.claims", "checks.consistency"),
    *("publish.conclusions", "publish.evidence_cards", "publish.evidence_tables", "publish.numbers", "publish.summary"),
    *("publish.across_trials", "publish.calculator", "publish.calculator_forms", "publish.figures"),
    *("publish.judged", "publish.overturned", "publish.read_again", "publish.searched"),
    "notebooks.without_source",
    "history.versions",
)
#: Names of other packages, which compute and do nothing else.
OF_OTHERS = {"collections.Counter", "dataclasses.replace"}
#: Public names of those modules that no chapter needs: they name folders, exchange the evidence, or take ready markup.
NOT_FOR_CHAPTERS = {"DATA", "Evidence", "Figure", "data", "package", "stored", "using"}

#: The functions of Python that a chapter may call.
FUNCTIONS = {
    *("abs", "all", "any", "dict", "enumerate", "filter", "float", "frozenset", "int", "len", "list", "map", "max"),
    *("min", "print", "range", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip"),
}
#: The methods and attributes of texts, lists and tables that a chapter may use, and those that `Evidence` sets.
METHODS = {
    *("append", "assign", "capitalize", "casefold", "columns", "contains", "copy", "drop", "endswith", "extend"),
    *("fromkeys", "fullmatch", "get", "groupby", "idxmax", "idxmin", "iloc", "index", "insert", "isdigit", "isin"),
    *("items", "iterrows", "join", "keys", "loc", "lower", "lstrip", "max", "mean", "median", "min", "nunique"),
    *("partition", "pop", "removeprefix", "removesuffix", "replace", "resources", "rpartition", "rstrip", "set_axis"),
    *("set_index", "sort_values", "split", "splitlines", "startswith", "str", "strip", "sum", "title", "union"),
    *("unique", "unstack", "update", "upper", "value_counts", "values"),
}
#: The parts of the language that a chapter may use.
SYNTAX = (
    *(ast.Module, ast.Import, ast.ImportFrom, ast.alias, ast.Expr, ast.Assign, ast.AugAssign, ast.For, ast.If),
    *(ast.Assert, ast.Pass, ast.Break, ast.Continue),
    *(ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword, ast.Starred, ast.Lambda),
    *(ast.arguments, ast.arg, ast.Dict, ast.Set, ast.List, ast.Tuple, ast.ListComp, ast.SetComp, ast.DictComp),
    *(ast.GeneratorExp, ast.comprehension, ast.JoinedStr, ast.FormattedValue, ast.Constant, ast.Attribute),
    *(ast.Subscript, ast.Slice, ast.Name, ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop),
)
_COLLECTION = (ast.Dict, ast.DictComp, ast.List, ast.ListComp)
_PACKAGE = "livingreview"

#: Line of the cell, what is required, what was found, what to do.
Refusal = tuple[int, str, str, str]


def of_project(root: Path) -> list[Problem]:
    """Find what the code of the chapters may not do; a file that is no notebook is another rule's, and is not run.

    Returns
    -------
    list of Problem
        Each names its chapter, cell and line.
    """
    problems: list[Problem] = []
    for path in chapters(root):
        with suppress(NotebookError):
            notebook, name = read(path), path.relative_to(root).as_posix()
            for number, (line, *words) in refusals(notebook):
                problems.append(Problem(place(name, number, notebook["cells"][number - 1], line), *words))
    return problems


def refusals(notebook: Notebook) -> Iterator[tuple[int, Refusal]]:
    """Give what is refused in each code cell, with the number of the cell."""
    chapter = _Chapter()
    for number, cell in enumerate(notebook["cells"], 1):
        if cell.get("cell_type") == "code":
            tree = parsed(source(cell))
            if isinstance(tree, Exception):
                line, text = getattr(tree, "lineno", 0) or 0, (getattr(tree, "text", "") or str(tree)).strip()
                yield number, (line, "be plain Python, without magics", f'"{text[:80]}"', "Rewrite it.")
                continue
            for refusal in chapter.read(tree):
                yield number, refusal


def parsed(text: str) -> ast.Module | Exception:
    """Parse the code of a cell; give the error where it is no Python, or nested too deeply."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error


@cache
def _module(name: str) -> Path | None:
    """File of a module of the package; None if there is none."""
    path = own_root().joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _is_for_chapters(module: str) -> bool:
    return module.removeprefix(f"{_PACKAGE}.") in FOR_CHAPTERS


@cache
def public(module: str) -> frozenset[str]:
    """Give the names of a module that chapters may use: those that it defines, or those that its package lists."""
    file = _module(module)
    tree = ast.parse(file.read_text(encoding="utf-8")) if file else ast.Module([], [])
    names: set[str] = set()
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
        assigned = {target.id for target in targets if isinstance(target, ast.Name)}
        if "__all__" in assigned and isinstance(node, ast.Assign):
            return frozenset(ast.literal_eval(node.value)) - NOT_FOR_CHAPTERS
        names |= assigned | ({node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set())
    return frozenset(name for name in names if not name.startswith("_")) - NOT_FOR_CHAPTERS


@cache
def attributes() -> frozenset[str]:
    """Give the attributes that a chapter may read: those of the objects that it is given, and METHODS."""
    names = set(METHODS)
    for room in FOR_CHAPTERS:
        file = _module(f"{_PACKAGE}.{room}")
        files = file.parent.glob("*.py") if file and file.name == "__init__.py" else filter(None, [file])
        for path in files:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    names |= set(chain.from_iterable(map(_members, node.body)))
    return frozenset(name for name in names if not name.startswith("_")) - NOT_FOR_CHAPTERS


def _members(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    return [node.target.id] if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else []


class _Chapter:
    """What a chapter has bound so far: modules, other names, and the lists and dictionaries that it made itself."""

    def __init__(self) -> None:
        self.modules: dict[str, str] = {}
        self.bound: set[str] = set()
        self.made: set[str] = set()

    def read(self, tree: ast.Module) -> Iterator[Refusal]:
        """Give what is refused in a cell."""
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from self._imports(node)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.bound.add(node.id)
            elif isinstance(node, ast.arg):
                self.bound.add(node.arg)
            elif isinstance(node, ast.Assign):
                self._makes(node)
        for node in nodes:
            for actual, remedy in self._refused(node):
                yield getattr(node, "lineno", 0), "use what chapters may use, and nothing else", actual, remedy

    def _makes(self, node: ast.Assign) -> None:
        """Remember a name that the chapter gives a list or a dictionary of its own."""
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            for name, value in pairs:
                if isinstance(name, ast.Name):
                    (self.made.add if isinstance(value, _COLLECTION) else self.made.discard)(name.id)

    def _imports(self, node: ast.Import | ast.ImportFrom) -> Iterator[Refusal]:
        module = node.module or "." if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            full = f"{module}.{alias.name}".lstrip(".")
            bound = alias.asname or alias.name
            if _module(full) and _is_for_chapters(full) and module:
                self.modules[bound] = full
            elif not (full in OF_OTHERS or (_is_for_chapters(module) and alias.name in public(module))):
                remedy = f"Chapters import names of {_PACKAGE} that are made for them, and {', '.join(OF_OTHERS)}."
                yield node.lineno, "import what is made for chapters", f"import of {full}", remedy
            self.bound.add(bound)

    def _refused(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        if not isinstance(node, SYNTAX):
            yield type(node).__name__, "Move it into livingreview, with a test."
        elif isinstance(node, ast.Name):
            yield from self._name(node)
        elif isinstance(node, ast.Attribute):
            yield from self._attribute(node)
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield from self._item(node)

    def _item(self, node: ast.Subscript) -> Iterator[tuple[str, str]]:
        if not isinstance(node.value, ast.Name) or node.value.id not in self.made:
            yield f"{ast.unparse(node)} =", "Set only what a cell has made as a list or a dictionary."

    def _name(self, node: ast.Name) -> Iterator[tuple[str, str]]:
        if node.id.startswith("_") and node.id != "_":
            yield node.id, "A name with an underscore is the system's own."
        elif node.id not in self.bound | FUNCTIONS:
            yield node.id, f"Import it; of Python's own functions chapters use {', '.join(sorted(FUNCTIONS))}."

    def _attribute(self, node: ast.Attribute) -> Iterator[tuple[str, str]]:
        module = self.modules.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if not isinstance(node.ctx, ast.Load):
            yield f"{ast.unparse(node)} =", "Set nothing in a module, a table or another object."
        elif module:
            if node.attr not in public(module):
                yield ast.unparse(node), f"That is no public name of {module}."
        elif node.attr not in attributes():
            remedy = "Move the work into livingreview, or add a method that changes nothing to allowed_code.METHODS."
            yield f".{node.attr}", remedy
