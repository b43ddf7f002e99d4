"""The text that a version publishes, line by line, and what differs between the lines of two versions.

A line of Markdown, of code or of a register is as it was typed. A table or a figure that a chapter stores is divided
into lines that a reader takes for one: a caption, a row with its cells, a label of a drawing. A link to a row stands
with the row that it leads to, and a published number with its formula and its rows, so that an exchange of two rows
with equal digits is a change as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import Any

from livingreview.notebooks.files import NUMBER, Notebook, outputs, parsed, source
from livingreview.notebooks.outputs import Number, ShownTable, of_output
from livingreview.notebooks.prose import lines

#: What a reader takes for one line of a table or a figure.
_WHOLE = {"button", "caption", "dd", "desc", "dt", "figcaption", "h2", "h3", "h4", "label", "legend", "li"}
_WHOLE |= {"option", "p", "summary", "text", "title", "tr"}
_KINDS = {"figcaption": "caption", "text": "label", "desc": "description", "title": "description", "p": "text"}
#: Attributes that are seen or heard; the title of a link says again what its row says.
_SHOWN = ("alt", "aria-description", "aria-label", "placeholder", "value")
#: Equal words between two changes that are shown: those next to a change.
_NEAR = 12
_TOKENS = re.compile(r"\s+|\d[\d.,]*\d|\w+|[^\w\s]")


@dataclass(frozen=True)
class TextLine:
    """A line of what a version publishes.

    Attributes
    ----------
    cell : str
        Id of its cell, or its number; blank where a page has no cells.
    number : int
        Its number there: in the source as typed, or among the lines of the output.
    kind : str
        prose, heading, table, title, option or code, as typed; caption, header, row, label, description, text or
        number, as stored.
    text : str
        As it is there.
    """

    cell: str
    number: int
    kind: str
    text: str


@dataclass(frozen=True)
class LineChange:
    """A line of a file before and after; None where it does not exist."""

    file: str
    old: TextLine | None
    new: TextLine | None

    @property
    def line(self) -> TextLine:
        """The line as it is, or as it was."""
        present = self.new or self.old
        if present is None:
            raise ValueError("a change of no line")
        return present


def of_file(path: str, content: bytes) -> list[TextLine]:
    """Read the lines of a file of the review.

    Parameters
    ----------
    path : str
        From the root of the project.
    content : bytes

    Raises
    ------
    ValueError, LookupError, TypeError, AttributeError, RecursionError
        When a notebook has not the shape of its format.
    """
    page = PurePosixPath(path)
    if page.suffix == ".ipynb":
        return [*_of_notebook(page.stem, parsed(page.name, content))]
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    if page.suffix == ".md":
        return [*_of_markdown("", text)]
    return [TextLine("", i, "row", line) for i, line in enumerate(text.split("\n"), 1) if line.strip()]


def _of_markdown(cell: str, text: str) -> Iterator[TextLine]:
    for line in lines(text, front_matter=not cell and text.startswith("---\n")):
        if line.raw.strip():
            yield TextLine(cell, line.number, line.kind, line.raw.rstrip())


def _of_notebook(chapter: str, notebook: Notebook) -> Iterator[TextLine]:
    for count, cell in enumerate(notebook["cells"], 1):
        name = str(cell.get("id") or count)
        if cell["cell_type"] == "markdown":
            yield from _of_markdown(name, source(cell))
            continue
        typed = enumerate(source(cell).split("\n"), 1)
        yield from (TextLine(name, number, "code", line.rstrip()) for number, line in typed if line.strip())
        stored = (line for output in outputs(cell) for line in _of_output(chapter, output))
        yield from (TextLine(name, number, kind, text) for number, (kind, text) in enumerate(stored, 1))


def _of_output(chapter: str, output: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The lines of an output: their kind and text. The text of a number or a conclusion is compared for itself."""
    stored = [*of_output(chapter, output)]
    for item in stored:
        if isinstance(item, Number):
            yield "number", f"{item.key}: {', '.join(filter(None, (item.how, *item.rows)))}"
        elif isinstance(item, ShownTable):
            yield from _of_html(item.html)
    if not stored:
        texts = [output.get("text", ""), *output.get("data", {}).values()]
        for text in filter(None, map(str, texts)):
            whole = text if len(text) < 1000 else f"an output with the hash {hashlib.sha256(text.encode()).hexdigest()}"
            yield from (("text", line) for line in whole.split("\n") if line.strip())


def _of_html(text: str) -> Iterator[tuple[str, str]]:
    from lxml import html

    return _of_element(html.fragment_fromstring(text, create_parent="div"))


def _of_element(element: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(element.tag, str):
        return
    if element.tag in _WHOLE:
        cells = [" ".join(_words(cell).split()) for cell in element] if element.tag == "tr" else []
        words = " | ".join(cells) if cells else " ".join(_words(element).split())
        head = element.tag == "tr" and all(cell.tag == "th" for cell in element)
        kind = "header" if head else "row" if element.tag == "tr" else _KINDS.get(element.tag, element.tag)
        if words:
            yield kind, words
    elif words := (element.text or "").strip():
        yield "text", words
    for inner in element.iter() if element.tag in _WHOLE else (element,):
        yield from (("label", inner.get(name)) for name in _SHOWN if inner.get(name))
    for child in element if element.tag not in _WHOLE else ():
        yield from _of_element(child)
        if words := (child.tail or "").strip():
            yield "text", words


def _words(element: Any) -> str:
    """The text of an element, each link to a row with the row."""
    row = str(element.get("href", "")).rpartition("#")[2] if element.tag == "a" else ""
    inner = "".join(f"{_words(child)}{child.tail or ''}" for child in element if isinstance(child.tag, str))
    return f"{element.text or ''}{inner}{f' [{row}]' if row else ''}"


def with_numbers(text: str, chapter: str, numbers: Mapping[tuple[str, str], Number]) -> str:
    """A line of Markdown with the text of each published number before its key."""

    def shown(role: re.Match[str]) -> str:
        number = numbers.get((role[1] or chapter, role[2]))
        return f"{number.text} [{role[2]}]" if number else role[0]

    return NUMBER.sub(shown, text)


def changed(file: str, old: Sequence[TextLine], new: Sequence[TextLine]) -> Iterator[LineChange]:
    """Say which lines of a file differ.

    Parameters
    ----------
    file : str
        Its path.
    old, new : sequence of TextLine
        Its lines in both versions, in their order.

    Yields
    ------
    LineChange
        A line that was reworded is one change: lines are taken for one where they share half of their words.
    """
    keys = [[(line.kind, line.text) for line in side] for side in (old, new)]
    for kind, a, b, c, d in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if kind != "equal":
            yield from (LineChange(file, *pair) for pair in _paired(old[a:b], new[c:d]))


def _paired(old: Sequence[TextLine], new: Sequence[TextLine]) -> Iterator[tuple[TextLine | None, TextLine | None]]:
    """The lines of two runs, each with what it was."""
    if len(old) == len(new):
        yield from zip(old, new, strict=True)
        return
    words = [[frozenset(_TOKENS.findall(line.text)) for line in side] for side in (old, new)]
    start = 0
    for line, tokens in zip(new, words[1], strict=True):
        alike = (i for i in range(start, len(old)) if old[i].kind == line.kind and _alike(words[0][i], tokens))
        at = next(alike, None)
        if at is None:
            yield None, line
            continue
        yield from ((gone, None) for gone in old[start:at])
        yield old[at], line
        start = at + 1
    yield from ((gone, None) for gone in old[start:])


def _alike(old: frozenset[str], new: frozenset[str]) -> bool:
    return 2 * len(old & new) >= max(len(old), len(new))


def marked(old: str, new: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Two texts in pieces, each with whether the other text lacks it; long pieces that both have are cut short."""
    a, b = _TOKENS.findall(old), _TOKENS.findall(new)
    before: list[tuple[str, bool]] = []
    after: list[tuple[str, bool]] = []
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    for i, (kind, start, end, first, last) in enumerate(blocks):
        between = 0 < i < len(blocks) - 1 and not "".join(a[start:end]).strip()
        if kind == "equal" and not between:  # a blank between two changes belongs to them
            whole = _short(a[start:end], i == 0, i == len(blocks) - 1)
            before.append((whole, False))
            after.append((whole, False))
        else:
            _add(before, "".join(a[start:end]))
            _add(after, "".join(b[first:last]))
    return before, after


def _add(pieces: list[tuple[str, bool]], text: str) -> None:
    """Add to the words that the other text lacks."""
    if text and pieces and pieces[-1][1]:
        pieces[-1] = (pieces[-1][0] + text, True)
    elif text:
        pieces.append((text, True))


def _short(tokens: list[str], first: bool, last: bool) -> str:
    """Equal words, without those far from any change."""
    head, tail = (0 if first else 2 * _NEAR), (0 if last else 2 * _NEAR)
    if len(tokens) <= head + tail + 2 * _NEAR:
        return "".join(tokens)
    return f"{''.join(tokens[:head])} \N{HORIZONTAL ELLIPSIS} {''.join(tokens[len(tokens) - tail :])}"
