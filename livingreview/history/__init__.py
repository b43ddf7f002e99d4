"""Versions of the review and what lies between them.

`snapshots` reads a version, `tables` and `publications` read what is in it, `comparing` says what differs, and
`material` whether a reader should be told. `text`, `markdown` and `page` show a difference; nothing here runs code of
a version, and whatever comes from one is escaped by `escaping`.
"""

from livingreview.history.comparing import Diff, FigureCell, FigureChange, Material, NumberChange, Turn, compare
from livingreview.history.escaping import plain
from livingreview.history.material import Effect, material, moved
from livingreview.history.pages import page
from livingreview.history.rendering import markdown, text
from livingreview.history.snapshots import HistoryError, Snapshot, revision, working_tree
from livingreview.history.tables import CellChange, RowChange, TableChange

__all__ = [
    "CellChange",
    "Diff",
    "Effect",
    "FigureCell",
    "FigureChange",
    "HistoryError",
    "Material",
    "NumberChange",
    "RowChange",
    "Snapshot",
    "TableChange",
    "Turn",
    "compare",
    "markdown",
    "material",
    "moved",
    "page",
    "plain",
    "revision",
    "text",
    "working_tree",
]
