"""What a chapter has published, as the audit of sentences reads it: in its order, each with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from livingreview.notebooks.files import Notebook, outputs
from livingreview.notebooks.outputs import Conclusion, Number, ShownTable, of_output


@dataclass(frozen=True)
class Published:
    """A number, a conclusion, or a table or figure (then `text` is its markup), with what it rests on."""

    kind: Literal["number", "conclusion", "markup"]
    cell: int
    text: str
    key: str = ""
    rows: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    formula: str = ""


def published(notebook: Notebook) -> Iterator[Published]:
    """Give all that a chapter has published, in its order; cells are counted from 1."""
    for position, cell in enumerate(notebook["cells"], 1):
        for entry in (entry for output in outputs(cell) for entry in of_output("", output, position)):
            if isinstance(entry, Number):
                yield Published("number", position, entry.text, entry.key, entry.rows, entry.read_from, entry.formula)
            elif isinstance(entry, Conclusion):
                yield Published("conclusion", position, entry.sentence, rows=entry.rows)
            elif isinstance(entry, ShownTable):
                rows = entry.rows or tuple(dict.fromkeys(entry.used))
                yield Published("markup", position, entry.html, rows=rows)
