"""What a chapter has published, as the audit of sentences reads it: the one place that knows how it is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from livingreview.notebooks.files import RECORD, Notebook, outputs

_ANCHOR = re.compile(r'href="\w+\.html#([^"]+)"')


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
    for number, cell in enumerate(notebook["cells"], 1):
        for output in outputs(cell):
            data, metadata = output.get("data", {}), output.get("metadata", {})
            ours, name = metadata.get("livingreview", {}), metadata.get("scrapbook", {}).get("name", "")
            if RECORD in data and name:
                rows, cells = tuple(ours.get("rows", ())), tuple(ours.get("cells", ()))
                yield Published("number", number, data[RECORD], name, rows, cells, ours.get("formula", ""))
            elif RECORD in data and ours.get("conclusion"):
                yield Published("conclusion", number, data[RECORD], rows=tuple(ours.get("rests_on", ())))
            elif "text/html" in data:
                linked = dict.fromkeys(_ANCHOR.findall(data["text/html"]))
                yield Published("markup", number, data["text/html"], rows=tuple(ours.get("drawn", linked)))
