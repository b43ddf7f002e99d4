"""What is changed: one cell of the data, one field of a reference, one thing in a stored notebook at a time.

The list of all mutants is the same on every run, so that a number in it names a mutant.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from livingreview.evidence import Evidence, package
from livingreview.notebooks.files import Notebook, chapters, outputs, read, source
from livingreview.publish import record

NUMERIC = ("number", "integer")
#: Columns whose two limits are exchanged with each other.
PAIRS = (("ci_low", "ci_high"), ("value", "value_high"), ("range_low", "range_high"))
DENOMINATORS = ("n", "denominator")
DATES = ("date", "enrol_start", "enrol_end")
SOURCES = ("source_key", "source_keys", "primary_source_key")
ARMS = {"intervention": "comparator", "comparator": "intervention"}
WORD = "indeed"
#: What makes nbval or the quick verifier pass over a cell: tags, and a comment.
SKIPS = ("nbval-skip", "nbval-ignore-output", "raises-exception", "skip-execution", "# NBVAL_SKIP")
FIELD = re.compile(r"(\s*(\w+)\s*=\s*\{)(.*)(\},?)")
#: What is changed in HTML by each operator: the group of the pattern, wherever it matches.
_HTML = (
    ("text", re.compile(r"<(?:caption|figcaption|p|summary)[^>]*>([^<]+)")),
    ("table cell", re.compile(r"<tr(?: [^>]*)?>.*<td>(?:<a [^>]*>)?([^<]+)")),
    ("svg text", re.compile(r"<text[^>]*>([^<]+)")),
    ("svg path", re.compile(r" d=\"([^\"]+)\"")),
    ("alt text", re.compile(r"<(?:title|desc)[^>]*>([^<]+)")),
    ("title", re.compile(r" title=\"([^\"]+)\"")),
)


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes
    ----------
    file, place, column : str
        File from the root of the project; row, reference or cell in it; column, field, output or line of that.
    operator : str
        Name of the kind of change.
    new : dict
        Of the data, the new text of each column or field that changes.
    index : int
        Row of its table, counted from 0, or line of the references, from 1.
    cells : callable, optional
        Returns the cells of a notebook that change, by their number from 0.
    """

    file: str
    place: str
    column: str
    operator: str
    new: dict[str, str] = field(default_factory=dict, compare=False)
    index: int = 0
    cells: Callable[[], dict[int, dict[str, Any]]] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        made = ", ".join(f"{column} = {text!r}" for column, text in self.new.items())
        return f"{self.file}, {self.place}, {self.column}: {self.operator}" + (f" ({made})" if made else "")


class Circle:
    """Words in a circle.

    Parameters
    ----------
    words : iterable of str
        In their order.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = [*words]
        self._at = {word: at for at, word in enumerate(self.words)}

    def after(self, text: str, left_out: Collection[str] = ()) -> str:
        """The next word that is not the text; the first for a text that is not among the words."""
        start, count = self._at.get(text, -1) + 1, len(self.words)
        around = (self.words[(start + step) % count] for step in range(count))
        return next((word for word in around if word != text and word not in left_out), f"{text} {WORD}")


def every(root: Path, book: Evidence) -> Iterator[Mutant]:
    """Make all mutants of a project and its data one after the other, always in the same order."""
    for resource in book.package["resources"]:
        frame = getattr(book, resource["name"].replace("-", "_"))
        yield from _of_table(resource, frame[~frame.index.isin([*package.DATES])], book)
    yield from _of_references((book.data / "references.bib").read_text(encoding="utf-8").splitlines())
    for path in chapters(root):
        yield from _of_notebook(f"chapters/{path.name}", read(path))


def up(text: str) -> str:
    """Raise the last digit of a text; append a word where there is none."""
    match = re.search(r"\d(?=\D*$)", text)
    return text[: match.start()] + str((int(match[0]) + 1) % 10) + text[match.end() :] if match else f"{text} {WORD}"


def _of_table(resource: dict[str, Any], frame: Any, book: Evidence) -> Iterator[Mutant]:
    """Change each cell of a table that is not blank by every operator that applies to it."""
    schema = resource["schema"]
    links = {key["fields"][0]: key["reference"]["resource"] for key in schema.get("foreignKeys", [])}
    texts = {
        f["name"]: [str(cell) for cell in frame[f"{f['name']}_printed" if f["type"] in NUMERIC else f["name"]]]
        for f in schema["fields"]
    }
    # what a cell is exchanged with is listed once for its column, not for each of its rows
    ids = {name: {*texts[name]} for name in schema["primaryKey"]}
    choices = {name: Circle(getattr(book, table).index) for name, table in links.items()}
    choices |= {f["name"]: Circle(_words(f, texts[f["name"]])) for f in schema["fields"] if f["name"] not in choices}
    sources = Circle(book.sources)
    for index, (label, *cells) in enumerate(zip(frame.index, *texts.values(), strict=True)):
        row = dict(zip(texts, cells, strict=True))
        place = str(label) if len(schema["primaryKey"]) == 1 else " ".join(row[c] for c in schema["primaryKey"])
        for entry in schema["fields"]:
            name, text = entry["name"], row[entry["name"]]
            changes: dict[str, dict[str, str]] = {"blank": {name: ""}}
            if name in schema["primaryKey"]:
                forms = (f"{text[:-1]}{end}" for end in "123456789abcdefghijklmnopqrstuvwxyz")
                changes["id"] = {name: next((form for form in forms if form not in ids[name]), f"{text}9")}
            elif name in links:
                changes["other row"] = {name: choices[name].after(text)}
            elif name in SOURCES:
                first, *rest = text.split("; ")
                changes["source"] = {name: "; ".join([sources.after(first, rest), *rest])}
            elif text:
                kinds = _numbers(name, text) if entry["type"] in NUMERIC else _texts(entry, text, choices[name])
                changes |= {kind: {name: new} for kind, new in kinds}
            for low, high in PAIRS:
                if name == low and row.get(high):
                    changes["limits"] = {low: row[high], high: row[low]}
            for operator, new in changes.items() if text else ():
                if any(row[column] != changed for column, changed in new.items()):
                    yield Mutant(f"data/{resource['path']}", place, name, operator, new, index)


def _numbers(name: str, text: str) -> Iterator[tuple[str, str]]:
    value = Decimal(text.replace("INF", "Infinity"))
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        yield "digit", "1"
        return
    yield "denominator" if name in DENOMINATORS else "digit", f"{value + Decimal(1).scaleb(exponent).copy_sign(value)}"
    if value:
        yield "sign", text.removeprefix("-") if text.startswith("-") else f"-{text}"


def _words(entry: dict[str, Any], column: list[str]) -> list[str]:
    """The words that a column may hold; of units, those that occur in it; none where any text is allowed."""
    allowed: list[str] = entry.get("constraints", {}).get("enum", [])
    return allowed or (sorted({*column} - {""}) if entry["name"].endswith("unit") else [])


def _texts(entry: dict[str, Any], text: str, choices: Circle) -> Iterator[tuple[str, str]]:
    name, allowed = entry["name"], entry.get("constraints", {}).get("enum", [])
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        yield "date", (datetime.date.fromisoformat(text) + datetime.timedelta(days=1)).isoformat()
    elif name in DATES:
        yield "date", up(text)
    elif text in ARMS and allowed:
        yield "arms", ARMS[text]
    elif allowed or name.endswith("unit"):
        kind = "unit" if name.endswith("unit") else "P operator" if name == "p_operator" else "word"
        yield kind, choices.after(text)
    else:
        yield "text", f"{text} {WORD}"
        if re.search(r"\d", text):
            yield "digit", up(text)


def _of_references(lines: list[str]) -> Iterator[Mutant]:
    """Change the key and each field of a reference."""
    key = ""
    for number, line in enumerate(lines, 1):
        if start := re.match(r"@\w+\{(\w+),", line):
            key = start[1]
            yield Mutant("data/references.bib", key, "id", "id", {"id": f"{key}9"}, number)
        elif match := FIELD.fullmatch(line):
            text = match[3]
            inner = text.strip("{}")
            changes = {"blank": "", "text": text.replace(inner, f"{inner} {WORD}")}
            changes |= {"digit": up(text)} if re.search(r"\d", text) else {}
            for operator, new in changes.items():
                yield Mutant("data/references.bib", key, match[2], operator, {match[2]: new}, number)


def reference(line: str, mutant: Mutant) -> str:
    """Write a line of the references with what a mutant changes in it."""
    (new,) = mutant.new.values()
    match = FIELD.fullmatch(line)
    return f"{match[1]}{new}{match[4]}" if match else line.replace(mutant.place, new)


def _of_notebook(file: str, notebook: Notebook) -> Iterator[Mutant]:
    """Change what a notebook stores: outputs, prose, and what keeps a cell from being compared."""
    before: tuple[int, int] | None = None  # the last published number
    for at, cell in enumerate(notebook["cells"]):
        make = partial(Mutant, file, f"cell {at + 1}")
        if cell.get("cell_type") == "markdown":
            for line, new in _typed(source(cell)):
                yield make(f"line {line}", "typed numeral", cells=partial(_with, cell, at, source=new))
            continue
        skip = SKIPS[at % len(SKIPS)]
        parts = {"source": f"{skip}\n{source(cell)}"} if skip.startswith("#") else {"metadata": {"tags": [skip]}}
        yield make(skip, "skip", cells=partial(_with, cell, at, **parts))
        yield make("cell type", "raw", cells=partial(_with, cell, at, cell_type="raw"))
        shown = outputs(cell)
        if shown:
            yield make("outputs", "cleared", cells=partial(_with, cell, at, outputs=[]))
        for number, output in enumerate(shown):
            make = partial(Mutant, file, f"cell {at + 1}", f"output {number + 1}")
            if number:
                order = [*shown[: number - 1], output, shown[number - 1], *shown[number + 1 :]]
                yield make("reordered", cells=partial(_with, cell, at, outputs=order))
            for operator, changed in _changed(output):
                yield make(operator, cells=partial(_with_output, cell, at, number, changed))
            if record.key(output.get("metadata", {})) is not None:
                if before:
                    yield make("keys exchanged", cells=partial(_exchanged, notebook, before, (at, number)))
                before = (at, number)


def _changed(output: dict[str, Any]) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """Change one thing in an output by each operator that applies; a function gives the changed output."""
    if "text" in output:
        yield "text", lambda: {**output, "text": up(output["text"])}
    for kind, text in output.get("data", {}).items():
        give = partial(_with_data, output, kind)
        if kind == "text/html":
            for operator, pattern in _HTML:
                for match in pattern.finditer(text):
                    yield operator, partial(give, *match.span(1), up(match[1]))
            if svg := re.search(r"<svg.*</svg>", text, re.S):
                yield "image replaced", partial(give, *svg.span(), '<svg viewBox="0 0 1 1"></svg>')
        elif kind.startswith("image/"):
            yield "image replaced", partial(give, 0, len(text), text[::-1])
        else:
            yield ("text" if kind == record.TEXT else "plain text"), partial(give, 0, len(text), up(text))
    metadata = output.get("metadata", {})
    if (key := record.key(metadata)) is not None:
        rows, formula = record.rows(metadata), record.formula(metadata)
        yield "key renamed", partial(dict, output, metadata=record.of_number(f"{key} {WORD}", rows, formula))
        yield "formula", partial(dict, output, metadata=record.of_number(key, rows, f"{formula} {WORD}"))
        yield "rows", partial(dict, output, metadata=record.of_number(key, [WORD], formula))


def _with(cell: dict[str, Any], at: int, **parts: Any) -> dict[int, dict[str, Any]]:
    return {at: {**cell, **parts}}


def _with_output(cell: dict[str, Any], at: int, number: int, changed: Callable[[], Any]) -> dict[int, dict[str, Any]]:
    shown = outputs(cell)
    shown[number] = changed()
    return _with(cell, at, outputs=shown)


def _with_data(output: dict[str, Any], kind: str, start: int, end: int, new: str) -> dict[str, Any]:
    text = output["data"][kind]
    return {**output, "data": {**output["data"], kind: text[:start] + new + text[end:]}}


def _exchanged(notebook: Notebook, earlier: tuple[int, int], later: tuple[int, int]) -> dict[int, dict[str, Any]]:
    """Exchange the keys of two published numbers."""
    shown = {at: outputs(notebook["cells"][at]) for at in (earlier[0], later[0])}
    first, second = shown[earlier[0]][earlier[1]], shown[later[0]][later[1]]
    first["metadata"], second["metadata"] = second["metadata"], first["metadata"]
    return {at: {**notebook["cells"][at], "outputs": exchanged} for at, exchanged in shown.items()}


def _typed(text: str) -> Iterator[tuple[int, str]]:
    """Type a number between two plain words of each line of prose: its line and the new source."""
    rows = text.split("\n")
    for number, row in enumerate(rows):
        # text in brackets or backticks may be an address or a key, which no reader sees
        plain = re.sub(r"`[^`]*`|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}", lambda match: "x" * len(match[0]), row)
        if match := re.search(r"(?<=[a-z]{2}) (?=[a-z]{2})", plain):
            new = f"{row[: match.start()]} 45%{row[match.start() :]}"
            yield number + 1, "\n".join([*rows[:number], new, *rows[number + 1 :]])
