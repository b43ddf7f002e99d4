"""Versions of the review and what lies between them.

`snapshots` reads a version, `tables`, `publications` and `texts` read what is in it, `comparing` says what differs,
`reasons` whether a reader needs to know, and `material` whether of an effect. `text`, `markdown` and `page` show a
difference; nothing here runs code of a version, and whatever comes from one is escaped by `escaping`.
"""

from livingreview.history.comparing import Diff, FigureCell, FigureChange, NumberChange, Turn, compare
from livingreview.history.escaping import plain
from livingreview.history.material import Effect, material, moved
from livingreview.history.pages import page
from livingreview.history.reasons import Material
from livingreview.history.rendering import markdown, text
from livingreview.history.snapshots import HistoryError, Snapshot, revision, working_tree
from livingreview.history.tables import CellChange, RowChange, TableChange
from livingreview.history.texts import LineChange

__all__ = [
    "CellChange",
    "Diff",
    "Effect",
    "FigureCell",
    "FigureChange",
    "HistoryError",
    "LineChange",
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
