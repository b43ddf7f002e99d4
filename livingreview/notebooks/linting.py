"""The rules that every chapter must keep, checked without running it.

Every violation is listed; none hides another.
"""

from __future__ import annotations

import ast
import csv
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from livingreview.evidence import DATA
from livingreview.notebooks import allowed_code, allowed_markup, numbers
from livingreview.notebooks.files import Notebook, Problem, chapters, joined, outputs, place, read, source
from livingreview.notebooks.outputs import of_chapter
from livingreview.notebooks.prose import FENCE, LABEL, Line, lines, numerals, ratios, two_sentences

#: The chapters with a common skeleton of headings, and which of them weigh an effect.
SKELETON_CHAPTERS = DATA.parent / "chapters" / "skeleton.csv"
SUMMARY = "Summary of findings"
SKELETON = (
    "The bottom line",
    "In plain words",
    SUMMARY,
    "How we know",
    "Results",
    "What this does not show",
    "Sources",
    "Cite this chapter",
)

#: The metadata of every chapter.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LONGEST_CELL = 18
_IDENTIFIER = re.compile(r"[A-Za-z_][\w:.-]*|[.,+]*\d?[a-z%]")
_FIELD = re.compile(r"\{[^{}]*\}")
_MARKERS = re.compile(r"^\s*#+\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)", re.M)
_URL = re.compile(r"https?://\S+|\bwww\.\S+|\bdoi\.org\S*")
_ROLE = re.compile(r"\{n\}(?:`([^`]*)`)?")
#: What the chapter hands over to be shown or compared, by the position of the argument.
_HANDED = {"publish": 1, "computed": 1, "effects.Estimate": 0} | dict.fromkeys(
    ("compared", "count", "favours", "finding", "multiple", "number", "printed", "settles", "share"), 0
)
#: What a chapter may calculate with: halves and percentages, months and minutes; any other number is a result.
_FACTORS = {0, 1, 2, 12, 60, 100}
#: A number that is not a result; where it is shown, the page says so.
_INVENTED = ("an example of this review", "an assumption of this review")
_NUMBER = "Publish the number with publish() and write {n}`key`, or list a name in allowed_numerals.csv."
_STRING = "Put the value into an f-string, or list a name in allowed_numerals.csv."
_WORDS = "Let livingreview.statistics.wording choose the words, publish them, and write {n}`key`."
REFRESH = "Run make refresh."

#: Cell (0 for the page itself), line (0 for the cell itself), what is required, what was found, what to do.
LintFinding = tuple[int, int, str, str, str]


@dataclass(frozen=True)
class Page:
    """A page of the book: a notebook, or a Markdown file, which counts as one cell without a number."""

    name: str
    notebook: Notebook | None
    cells: tuple[dict[str, Any], ...]

    def of(self, kind: str) -> list[tuple[int, dict[str, Any]]]:
        """Give the cells of a kind with their numbers in the notebook, from 1."""
        numbered = enumerate(self.cells, 0 if self.notebook is None else 1)
        return [(number, cell) for number, cell in numbered if cell.get("cell_type") == kind]

    def prose(self) -> Iterator[tuple[int, Line]]:
        """Give every line of Markdown with the number of its cell."""
        for number, cell in self.of("markdown"):
            text = source(cell)
            for line in lines(text, front_matter=number == 0 and text.startswith("---\n")):
                yield number, line


def lint(root: Path) -> list[Problem]:
    """Check every chapter, the root page and the other pages against the rules of the book.

    Returns
    -------
    list of Problem
        Every violation with its place and remedy, page by page.
    """
    pages, problems = [], []
    for path in [*root.glob("index.md"), *sorted((root / "chapters").glob("*.md")), *chapters(root)]:
        name = path.relative_to(root).as_posix()
        try:
            if path.suffix == ".ipynb":
                notebook = read(path)
                pages.append(Page(name, notebook, tuple(notebook["cells"])))
            else:
                text = path.read_text(encoding="utf-8")
                pages.append(Page(name, None, ({"cell_type": "markdown", "source": text},)))
        except ValueError as error:
            problems.append(Problem(name, "be readable", str(error).rstrip("."), "Mend that first."))
    problems += _unlisted(root)
    keys = {Path(page.name).stem: set(of_chapter("", page.notebook).texts) for page in pages if page.notebook}
    for page in pages:
        rules = (
            _format(page),
            _markup(page),
            _outputs(page),
            _code(page),
            _prose(page),
            _skeleton(page),
            _summary(page),
            _roles(page, keys),
        )
        for number, line, requirement, actual, remedy in chain(*rules):
            cell = page.cells[number - 1] if number else None
            problems.append(Problem(place(page.name, number, cell, line), requirement, actual, remedy))
    return problems


def _unlisted(root: Path) -> Iterator[Problem]:
    """Find the notebooks that the contents do not list: no reader would find their pages."""
    contents = root / "_toc.yml"
    if contents.is_file():
        listed = set(re.findall(r"^\s*-?\s*(?:file|root):\s*(\S+)", contents.read_text(encoding="utf-8"), re.MULTILINE))
        for path in chapters(root):
            name = path.relative_to(root).with_suffix("").as_posix()
            if name not in listed:
                actual, remedy = "no entry", f"Add '- file: {name}' where it belongs, or move the file out of chapters."
                yield Problem(f"{name}.ipynb", "be listed in _toc.yml", actual, remedy)


def _format(page: Page) -> Iterator[LintFinding]:
    """Check the format of a notebook, and that nothing hides a cell from the checks or the reader."""
    if page.notebook is None:
        return
    ids: set[str] = set()
    for number, cell in enumerate(page.cells, 1):
        kind, name, metadata = cell.get("cell_type"), cell.get("id", ""), cell.get("metadata", {})
        if kind not in {"code", "markdown"}:
            yield number, 0, "be code or Markdown", f"a {kind} cell", "Change its type or delete it."
        if not name or name in ids:
            yield number, 0, "have an id of its own", f'"{name}"', REFRESH
        ids.add(name)
        if metadata:
            tags = metadata.get("tags")
            remedy = "Every cell is checked and shown: delete them." if tags else REFRESH
            yield number, 0, "have no tags or other metadata", ", ".join(tags or metadata), remedy
    for number, cell in page.of("code"):
        if marker := _MARKERS.search(source(cell)):
            yield number, 0, "be compared with its stored outputs", marker[1], "Delete the comment."
    metadata = page.notebook.get("metadata", {})
    if metadata != METADATA:
        names = [key for key in {**metadata, **METADATA} if metadata.get(key) != METADATA.get(key)]
        yield 0, 0, "have the metadata of every chapter", f"other values of {', '.join(names)}", REFRESH
    version = f"{page.notebook.get('nbformat')}.{page.notebook.get('nbformat_minor')}"
    from nbformat.validator import iter_validate

    errors = iter_validate(page.notebook, version=4, version_minor=5)  # type: ignore[no-untyped-call]
    if version != "4.5":
        yield 0, 0, "be in notebook format 4.5", version, REFRESH
    elif error := next(errors, None):
        yield 0, 0, "be a valid notebook", str(error).splitlines()[0], REFRESH


def _markup(page: Page) -> Iterator[LintFinding]:
    """Check that texts and outputs hold no markup but that of the list."""
    for number, cell in page.of("markdown"):
        if cell.get("attachments"):
            yield number, 0, "have no attachments", ", ".join(cell["attachments"]), "Delete them; figures are computed."
        for refusal in allowed_markup.refusals(source(cell)):
            yield number, *refusal
    for number, cell in page.of("code"):
        for actual in chain.from_iterable(map(allowed_markup.of_output, outputs(cell))):
            yield number, 0, "show what the package writes", actual, REFRESH


def _outputs(page: Page) -> Iterator[LintFinding]:
    """Check that stored outputs come from one run, that each number has its own key, and that it agrees with it."""
    for count, (number, cell) in enumerate(page.of("code"), 1):
        if not source(cell).strip():
            yield number, 0, "hold code", "an empty cell", "Delete it."
        elif cell.get("execution_count") != count:
            actual = f"execution count {cell.get('execution_count')}"
            yield number, 0, f"be stored as code cell {count} of one run", actual, REFRESH
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                yield number, 0, "run without an error", output.get("ename", ""), "Correct it; make refresh."
            elif output.get("name") == "stderr":
                actual = f'"{joined(output.get("text", ""))[:80].strip()}"'
                yield number, 0, "write nothing to stderr", actual, "Remove its cause; make refresh."
    first: dict[str, int] = {}
    for published in of_chapter("", page.notebook or {"cells": []}).numbers:
        if published.key in first:
            actual = f'"{published.key}", published in cell {first[published.key]} too'
            yield published.cell, 0, "publish under a key of its own", actual, "Rename one of the keys."
        first.setdefault(published.key, published.cell)
        for requirement, actual, remedy in numbers.wrong(published):
            yield published.cell, 0, requirement, actual, remedy


def _code(page: Page) -> Iterator[LintFinding]:
    """Check that cells are short, plain and reproducible, and take their numbers from the data."""
    imported: set[str] = set()  # names imported from the package: their arguments are shown to the reader
    for number, cell in page.of("code"):
        text = source(cell)
        rows = text.split("\n")
        if len(rows) > LONGEST_CELL:
            remedy = "Split it, or move the work into livingreview."
            yield number, 0, f"have at most {LONGEST_CELL} lines", str(len(rows)), remedy
        for line, row in enumerate(rows, 1):
            if url := _URL.search(row):
                yield number, line, "hold no address", url[0], "Sources belong in data/references.bib."
        tree = allowed_code.parsed(text)
        if isinstance(tree, Exception):
            continue  # reported below
        if text.rstrip().endswith(";"):
            yield number, len(rows), "not end in a semicolon", '";"', "Nbval compares what it hides."
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("livingreview"):
                imported |= {alias.asname or alias.name for alias in node.names}
            for requirement, actual, remedy in chain(_named_lambda(node), _typed(node, imported), _literal(node)):
                yield number, getattr(node, "lineno", 0), requirement, actual, remedy
    for number, refusal in allowed_code.refusals(page.notebook or {"cells": []}):
        yield number, *refusal


def _named_lambda(node: ast.AST) -> Iterator[tuple[str, str, str]]:
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        yield "define no function", "a named lambda", "Move it into livingreview, with a test."


def _typed(node: ast.AST, imported: set[str]) -> Iterator[tuple[str, str, str]]:
    """Find results typed into texts that a cell assigns to a name or passes to the package."""
    shown: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and node.value:
        shown = [node.value]
    elif isinstance(node, ast.For):
        shown = [node.iter]
    elif isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name.partition(".")[0] in imported and name.count(".") < 2:
            shown = node.args + [keyword.value for keyword in node.keywords if keyword.arg != "rows"]
    for text in chain.from_iterable(map(_strings, shown)):
        # An identifier such as 'trial-response-12m-contrast' and a format such as '.2f' are not shown.
        for numeral in [] if _IDENTIFIER.fullmatch(text) else numerals(_FIELD.sub("", text)):
            yield "show only numbers computed from the data", f'"{numeral}"', _STRING


def _literal(node: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Look for literals where a value must be computed: handed over, as a condition, or in arithmetic."""
    remedy = "Take it from the evidence."
    if isinstance(node, ast.Call):
        position = _HANDED.get(ast.unparse(node.func).removeprefix("wording."))
        if position is not None and len(node.args) > position and _is_constant(node.args[position]):
            invented = [keyword.value for keyword in node.keywords if keyword.arg == "formula"]
            if not any(isinstance(value, ast.Constant) and value.value in _INVENTED for value in invented):
                yield "hand over what is computed from the data", ast.unparse(node.args[position]), remedy
    elif isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert) and _is_constant(node.test):
        yield "have no condition that is always the same", ast.unparse(node.test), remedy
    elif isinstance(node, ast.BoolOp) and any(
        isinstance(v, ast.Constant) and v.value in (True, False) for v in node.values
    ):
        yield "have no condition that is always the same", ast.unparse(node), remedy
    elif isinstance(node, ast.BinOp) and not _is_constant(node):
        for side in (node.left, node.right):
            if isinstance(side, ast.Constant) and isinstance(side.value, int | float) and side.value not in _FACTORS:
                yield "calculate with what is computed from the data", ast.unparse(node), remedy


def _is_constant(node: ast.AST) -> bool:
    """Whether an expression comes to the same whatever the data are."""
    plain = {"abs", "float", "int", "len", "round", "str", "wording"}
    return all(part.id in plain for part in ast.walk(node) if isinstance(part, ast.Name))


def _strings(node: ast.AST) -> Iterator[str]:
    """Give the texts written in an expression, without the format specifications of f-strings."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.FormattedValue):
        yield from _strings(node.value)
    elif not isinstance(node, ast.Subscript | ast.Compare | ast.Call):
        yield from chain.from_iterable(map(_strings, ast.iter_child_nodes(node)))


def _prose(page: Page) -> Iterator[LintFinding]:
    """Check that a line contains one sentence, and no result typed by hand."""
    for number, line in page.prose():
        for words in numerals(line.text):
            yield number, line.number, "hold no number typed by hand", f'"{words}"', _NUMBER
        for words in ratios(line.text) if line.kind != "code" else []:
            yield number, line.number, "hold no result spelled out by hand", f'"{words}"', _WORDS
        if words := two_sentences(line):
            yield number, line.number, "hold one sentence", f'a second, "{words}"', "Start a new line."


def _skeleton(page: Page) -> Iterator[LintFinding]:
    """Check that the chapters of skeleton.csv have the headings of the skeleton, in its order."""
    with SKELETON_CHAPTERS.open(encoding="utf-8", newline="") as file:
        effects = {row["chapter"]: row["effects"] == "yes" for row in csv.DictReader(file)}
    chapter = Path(page.name).stem
    if page.notebook is None or chapter not in effects:
        return
    skeleton = [heading for heading in SKELETON if heading != SUMMARY or effects[chapter]]
    headings = [line.text for _, line in page.prose() if line.kind == "heading"]
    sections = [text[3:].strip() for text in headings if text.startswith("## ")]
    remaining = iter(sections)
    for heading in skeleton:
        if heading not in remaining:  # consumes the headings up to the one looked for
            requirement = f'have the heading "## {heading}", in the order {" · ".join(skeleton)}'
            yield 0, 0, requirement, " · ".join(sections) or "no headings", "Add or move it."
            return


def _summary(page: Page) -> Iterator[LintFinding]:
    """Check that the table of a summary of findings is stored below its heading, before the next one."""
    below = 0  # the cell with the heading, until its table is reached
    for number, cell in enumerate(page.cells, 1):
        if cell.get("cell_type") == "code":
            shown = (joined(output.get("data", {}).get("text/html", "")) for output in cell.get("outputs", []))
            below = 0 if any(f"<caption>{SUMMARY}</caption>" in html for html in shown) else below
            continue
        for line in lines(source(cell)):
            if line.kind == "heading" and below:
                remedy = "Let its cell end with summary(...), as its last expression; make refresh."
                yield below, 0, f"show the table of '{SUMMARY}' before the next heading", "none", remedy
            if line.kind == "heading":
                below = number if line.text == f"## {SUMMARY}" else 0


def _roles(page: Page, keys: dict[str, set[str]]) -> Iterator[LintFinding]:
    """Check that every {n} names a published number, and is where it is rendered."""
    before = ""
    for number, line in page.prose():
        if line.number == 1:
            before = ""  # a label belongs only to a heading in the same cell
        label, before = LABEL.match(before), line.raw if line.raw.strip() else before
        roles = list(_ROLE.finditer(line.raw)) if line.kind != "code" else []
        here, raw = (number, line.number), line.raw.strip()
        fence = FENCE.match(line.raw)
        if roles and line.kind == "title" and fence and fence["mark"][0] == "`":
            remedy = "There it is published as text: write the fence with colons, :::{name} title."
            yield *here, "have no {n} in the title of a backtick fence", raw, remedy
        if roles and (line.kind == "option" or re.search(r"!\[[^\]]*\{n\}", raw)):
            remedy = "There it is published as text: say it in the caption."
            yield *here, "have no {n} in an option or in alternative text", raw, remedy
        if roles and line.kind == "heading" and not label:
            remedy = "Write a line (label)= before it: a number would otherwise enter its link."
            yield *here, "have a label", raw, remedy
        for role in roles:
            for requirement, remedy in _key(role[1], Path(page.name).stem, keys):
                yield *here, requirement, role[0], remedy


def _key(written: str | None, chapter: str, keys: dict[str, set[str]]) -> Iterator[tuple[str, str]]:
    name, _, key = (written or "").rpartition(":")
    name = name or chapter
    if not key:
        yield "give {n} a key", "Write {n}`key`, without a space."
    elif name not in keys:
        near = difflib.get_close_matches(name, keys, 1) or sorted(keys)
        yield "name the chapter that publishes the number", f"Write {{n}}`{' or '.join(near)}:{key}`."
    elif key not in keys[name]:
        near = difflib.get_close_matches(key, keys[name], 3)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "Publish it, then run make refresh."
        yield f"use a key that chapters/{name}.ipynb publishes", remedy
