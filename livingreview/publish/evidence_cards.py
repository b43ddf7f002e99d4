"""Rows of the evidence as cards: what a row is about in words, its value first, then its facts, its id last."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from livingreview import evidence
from livingreview.evidence import measures
from livingreview.publish.numbers import Cell, Links, Out, Place, Table, joined, linked
from livingreview.statistics import wording

#: Columns that hold ids of other rows; some add a column after a point.
_OF_ROWS = {"row_ids", "result_ids", "contrast_id", "intervention_id", "comparator_id", "pooled_id", "whole", "parts"}
_OF_ROWS |= {"checked_against", "echoes"}
#: Columns that say where something is found off the site.
_OUT = {"registration", "where"}
#: Columns that the number beside them says.
_UNITS = ("unit", "threshold_unit", "n_unit")
_SAID = {"estimate_operator", *_UNITS, "value_high"}
#: What goes without saying.
_PLAIN = {"population": "all", "measure": "percent"}
#: How a row says whose result it is, by its role: with the name of the arm and of the one that it is compared with.
_SAYING = {
    "contrast": "{0} compared with {1}",
    "intervention": "{0} arm (compared with {1})",
    "comparator": "{1} arm (the comparator)",
    "both": "both arms",
}
#: Words of this review for some codes of the dictionary; the others are words.
_WORDS = {**evidence.TIER_WORDS, "single": "read once", "read_twice": "read twice by software"}
_WORDS |= {"read_by_person": "read again by a person", "double": "read by two people"}
_WORDS |= {"sd": "standard deviation", "se": "standard error"}
#: A date as the data hold it, and a code of a registry; both are said in words.
_DATE = re.compile(r"\d{4}-\d\d(-\d\d)?")
_CODE = re.compile("[A-Z]+(_[A-Z]+)+")
#: Units that add nothing to a number: its sign or its measure says them.
_BARE = ("percent", "ratio", "order")
_SIGNS = {"<=": "≤", ">=": "≥", "~": "about"}


@dataclass(frozen=True, repr=False)
class Cards(Table):
    """Rows with an id each, as cards; a reader of the data, and a filter, find the same columns as in a table.

    Parameters
    ----------
    heading : tuple of str
        Columns that say what a row is about; without them its first.
    value : tuple of str
        Columns that hold what it reports: the first is the number, the others stand beside it.
    """

    heading: tuple[str, ...] = ()
    value: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        chosen = f' data-filter="{escape("; ".join(self.filters))}"' if self.filters else ""
        cards = "\n".join(self._card(*row) for row in zip(self.ids, self.rows, strict=True))
        return (
            f'<p class="lr-caption">{escape(self.caption)}</p>\n'
            f'<ul class="lr-rows" aria-label="{escape(self.caption)}"{chosen}>\n{cards}\n</ul>'
        )

    def _card(self, row_id: str, row: tuple[Cell, ...]) -> str:
        """One row, on one line."""
        cells = {column: cell for column, cell in zip(self.columns, row, strict=True) if cell.text}
        about = [cells[column].html() for column in self.heading or self.columns[:1] if column in cells]
        value, shown = self._value(cells), {*self.heading, *self.value, self.columns[0]}
        facts = "".join(
            f"<dt>{escape(column)}</dt><dd{self._chosen(column)}>{cell.html()}</dd>"
            for column, cell in cells.items()
            if column not in shown
        )
        anchor = escape(row_id)
        return (
            f'<li id="{anchor}"><p class="lr-about">{" · ".join(about) or anchor}</p>{value}'
            f"{f'<dl>{facts}</dl>' if facts else ''}"
            f'<p class="lr-id"><a href="#{anchor}">{anchor}</a></p></li>'
        )

    def _value(self, cells: Mapping[str, Cell]) -> str:
        """The number, or the word, with what stands beside it; one that stands alone is named."""
        said = [(column, cells[column].html()) for column in self.value if column in cells]
        if not said:
            return ""
        (column, first), *others = said
        name = "" if others else f"{escape(column)}: "
        beside = "".join(f" ({text})" if column == "Interval" else f", {text}" for column, text in others)
        return f'<p class="lr-value">{name}<strong{self._chosen(column)}>{first}</strong>{beside}</p>'

    def _chosen(self, column: str) -> str:
        """What a filter finds the value by."""
        return f' data-of="{escape(column)}"' if column in self.filters else ""


@dataclass(frozen=True)
class Reference(Cell):
    """A link to another row, which a row names and does not rest on."""

    def html(self) -> str:
        """The link."""
        return f'<a class="lr-to" href="{escape(self.href)}">{escape(self.text)}</a>'


def cell(row: pd.Series[Any], columns: Sequence[str], fields: Mapping[str, Mapping[str, Any]]) -> Cell:
    """What the columns of a row that stand under one label say, in words.

    Parameters
    ----------
    row : pandas.Series
        A row of any table of the evidence.
    columns : sequence of str
        The columns.
    fields : mapping of str to mapping
        What the dictionary says of each column of the table.
    """
    if columns == ["place"]:
        return Place(str(row["place"]))
    if "ci_low" in columns:
        return Cell(_interval(row))
    if "p_value" in columns:
        return Cell(wording.p_value(row["p_operator"], row["p_value_printed"]) if row["p_value_printed"] else "")
    parts = [_part(row, column, fields[column]) for column in columns if column not in _SAID]
    if not any(row.get(f"{column}_printed") for column in columns):  # no number shows its unit
        parts += [
            Cell(f"in {row[column]}") for column in columns if column in _UNITS and row[column] not in ("", "date")
        ]
    return joined(part for part in parts if part.text)


def rows_linked(row_ids: Iterable[str]) -> Links:
    """Links to rows, each under its study and the heading of its card."""
    return Links("", parts=tuple(linked(_heading(row_id), row_id) for row_id in row_ids))


def _heading(row_id: str) -> str:
    book = evidence.load()
    row, resource = book.row(row_id), book.resources[book.table(row_id)]
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    listing = resource["listing"]
    under = [evidence.split(listing["columns"][header]) for header in evidence.split(listing["heading"])]
    columns = [["study_id"], *(columns for columns in under if columns != ["study_id"])]
    words = [cell(row, columns, fields).text for columns in columns if columns[0] in row]
    return ", ".join(dict.fromkeys(filter(None, words)))


def _part(row: pd.Series[Any], column: str, field: Mapping[str, Any]) -> Cell:
    """What one column says."""
    book, is_number = evidence.load(), f"{column}_printed" in row
    text = str(row[f"{column}_printed"] if is_number else row[column])
    if not text or text == _PLAIN.get(column):
        return Cell("")
    if "source_key" in column:
        return joined(linked(book.sources[key].short, key) for key in evidence.split(text))
    if column in _OF_ROWS:
        return joined(_reference(name) for name in evidence.split(text))
    if column in _OUT:
        return joined(map(Out, evidence.split(text)))
    if is_number:
        text = _amount(row, column, str(field.get("unit", "")))
    elif column == "study_id":
        text = _study(text)
    elif column == "arm":
        text = _arm(str(row.get("study_id", "")), text)
    elif "enum" in field.get("constraints", {}) or "coded" in field:
        text = _WORDS.get(text) or measures.in_words(text).replace("ised", "ized")
    elif _DATE.fullmatch(text):
        text = wording.day(text)
    elif _CODE.fullmatch(text):
        text = text.replace("_", " ").lower()
    return Cell(text)


def _reference(name: str) -> Cell:
    """An id, which may have a column after a point, as a link to its row."""
    book, row_id = evidence.load(), name.partition(".")[0]
    return Reference(name, f"{book.page(row_id)}.html#{row_id}") if row_id in book else Cell(name)


def _study(study: str) -> str:
    studies = evidence.load().studies
    return str(studies.loc[study, "acronym"] or study) if study in studies.index else study


def _arm(study: str, role: str) -> str:
    """An arm, or the contrast of two, by the names that the arms of the trial have."""
    book = evidence.load()
    of_study = book.arms[book.arms["study_id"] == study]
    names = [list(of_study.loc[of_study["role"] == of, "label"]) for of in ("intervention", "comparator")]
    if role not in _SAYING or any(len(of) != 1 for of in names):
        return book.arm(role)
    first, second = (of[0] for of in names)
    return _SAYING[role].format(first, second if re.search("[A-Z]", second[1:]) else second[:1].lower() + second[1:])


def _amount(row: pd.Series[Any], column: str, unit: str) -> str:
    """A number with its unit, and with what makes it a bound or a range."""
    if not unit or unit.startswith(("see ", "as ", "percent for ")):
        own = (row.get(name) for name in _UNITS if row.get(name))
        unit = str(next(own, "") or measures.measure(row.get("measure")).unit)
    text = wording.printed(row[f"{column}_printed"], unit)
    if column == "estimate" and row.get("estimate_operator"):
        text = f"{_SIGNS.get(row['estimate_operator'], row['estimate_operator'])} {text}"
    if column == "value" and row.get("value_high_printed"):
        text = f"{text} to {wording.printed(row['value_high_printed'], unit)}"
    # a number carries the signs of percent and of dollars; the unit of a ratio, or of a statistic, is its measure
    beside = unit.removeprefix("USD").replace("organisations", "organizations")
    if unit in _BARE or measures.measure(row.get("measure")).kind == "statistic":
        beside = ""
    return f"{text} {beside.strip()}".strip()


def _interval(row: pd.Series[Any]) -> str:
    """An interval behind what it is: a confidence interval with its level, or a range."""
    printed = [row["ci_low_printed"], row["ci_high_printed"]]
    if not any(printed):
        return ""
    unit = str(row.get("unit", "") or row.get("threshold_unit", ""))
    low, high = (wording.printed(limit, unit) if limit else "not printed" for limit in printed)
    if row.get("ci_type") == "range":
        return f"range {low} to {high}"
    level = wording.level_of(row)
    kind = "CI (level not stated)" if math.isnan(level) else f"{level * 100:g}% CI"
    return f"{kind} {low} to {high}" + (", one-sided" if row.get("ci_type") == "one_sided" else "")
