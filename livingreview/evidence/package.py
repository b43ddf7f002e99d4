"""Reads the data package.

Every number comes as two columns: ``estimate`` is the value for computing, ``estimate_printed`` the text as
the source printed it ("0.50" keeps its zero), because rounding carries information.
"""

from __future__ import annotations

import copy
import json
import math
import os
from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import date
from functools import cache, cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from livingreview.evidence.sources import Source, read_sources
from livingreview.repository import project

#: The data of the project in which the program was started.
DATA = project() / "data"

#: Chapters that list what no table holds: the bibliography, and the numbers that chapters publish.
SOURCES, NUMBERS = "sources", "numbers"

#: Facts of the review that a platform may give where review.csv has none, and the variables that it gives them in.
PLACES = {"site_url": "SITE_URL", "repository": "REPOSITORY_URL"}

TIER_WORDS = {
    "primary_full_text": "primary paper",
    "primary_abstract": "primary abstract",
    "registry": "registry record",
    "secondary_summary": "secondary summary",
    "guidance": "guidance page",
}

#: What a notice can say about a source, the most serious first, and the word that flags the source.
MARKS = {
    "retraction": "retracted",
    "partial_retraction": "retracted in part",
    "expression_of_concern": "expression of concern",
    "reinstatement": "reinstated",
    "correction": "corrected",
}

#: Columns with the ids of the rows that a row is about.
_ABOUT = ("row_ids", "result_ids", "checked_against", "contrast_id", "intervention_id", "comparator_id")
#: All columns with ids of other rows; some may add a column after a point.
_NAMING = (*_ABOUT, "whole", "parts")


def places_given() -> dict[str, str]:
    """Where the review stands, as the platform that publishes it says: so a fork publishes under its own address."""
    return {item: os.environ[name] for item, name in PLACES.items() if os.environ.get(name)}


class EvidenceError(Exception):
    """The data package cannot be read; the message says where and what to do."""


class Evidence:
    """All tables of the data package.

    Parameters
    ----------
    data : Path
        Folder that holds ``datapackage.json``, the CSV files and ``references.bib``.

    Attributes
    ----------
    studies, arms, sets, results, outcomes, milestones, baseline, components, pooled, certainty, claims, \
discrepancies, instruments, glossary, explanations, relations, risk_of_bias, judgments, notices, causes, left_out, \
readings, reading_values, searches, living, registry, checklists, review : pandas.DataFrame
        One row per fact, indexed by its id, with ``<column>_printed`` beside each number. The facts of review.csv
        include the dates of the review, which follow from searches.csv: see `dates`. Any other table that the package
        describes is an attribute in the same way.
    resources : dict of str to dict
        What the package says of each table, by its name.
    pages : dict of str to str
        Chapter that lists the rows of a table, by its name.
    divided : frozenset of str
        Chapters whose tables are divided: each group of rows has a page of its own.

    Raises
    ------
    EvidenceError
        If a file is missing or a number cannot be read.
    """

    studies: pd.DataFrame
    arms: pd.DataFrame
    sets: pd.DataFrame
    results: pd.DataFrame
    outcomes: pd.DataFrame
    milestones: pd.DataFrame
    baseline: pd.DataFrame
    components: pd.DataFrame
    pooled: pd.DataFrame
    certainty: pd.DataFrame
    claims: pd.DataFrame
    discrepancies: pd.DataFrame
    instruments: pd.DataFrame
    glossary: pd.DataFrame
    explanations: pd.DataFrame
    relations: pd.DataFrame
    risk_of_bias: pd.DataFrame
    judgments: pd.DataFrame
    notices: pd.DataFrame
    causes: pd.DataFrame
    left_out: pd.DataFrame
    readings: pd.DataFrame
    reading_values: pd.DataFrame
    searches: pd.DataFrame
    living: pd.DataFrame
    registry: pd.DataFrame
    checklists: pd.DataFrame
    review: pd.DataFrame

    def __init__(self, data: Path = DATA) -> None:
        self.data = data
        package = data / "datapackage.json"
        try:
            self.package: dict[str, Any] = json.loads(package.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise EvidenceError(f"{package.name} is missing from {data.name}/. Restore it.") from error
        except json.JSONDecodeError as error:
            raise EvidenceError(f"data/{package.name}, line {error.lineno}: {error.msg}. Mend the JSON.") from error
        self.resources = {resource["name"].replace("-", "_"): resource for resource in self.package["resources"]}
        listings = {name: resource.get("listing", {}) for name, resource in self.resources.items()}
        self.pages = {name: listing["page"] for name, listing in listings.items() if "page" in listing}
        self.pages[SOURCES] = SOURCES
        self.divided = frozenset(self.package.get("divided", ()))
        self._table_of: dict[str, str] = {}
        self.notices = pd.DataFrame(columns=["source_key", "kind"])  # a package may have none
        for name, resource in self.resources.items():
            frame = read_table(data / resource["path"], resource["schema"])
            setattr(self, name, frame)
            if name in self.pages:
                self._table_of.update(dict.fromkeys(frame.index, name))
        self.review = dated(self.review, self.searches)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The bibliography, by citation key."""
        try:
            return _marked(read_sources(self.data / "references.bib"), self.notices)
        except (OSError, ValueError) as error:
            raise EvidenceError(f"data/references.bib cannot be read: {error}. Run 'make check'.") from error

    @property
    def facts(self) -> dict[str, str]:
        """The facts of the review by item: its title, version, dates, interests, places, and its licence."""
        licence: dict[str, str] = next(iter(self.package.get("licenses", ())), {})
        stated = {str(item): str(value) for item, value in self.review["value"].items()}
        stated |= {item: place for item, place in places_given().items() if not stated.get(item)}
        return {**stated, "licence": licence.get("name", "").replace("-", " "), "licence_url": licence.get("path", "")}

    def __contains__(self, row_id: str) -> bool:
        """Whether a row or a source has this id."""
        return row_id in self._table_of or row_id in self.sources

    def table(self, row_id: str) -> str:
        """Name of the table that holds a row.

        Parameters
        ----------
        row_id : str
            Id of a row, or key of a source.

        Raises
        ------
        EvidenceError
            If no table has the row.
        """
        if row_id in self._table_of:
            return self._table_of[row_id]
        if row_id in self.sources:
            return SOURCES
        raise EvidenceError(f"No row of the evidence is called '{row_id}'. Look its id up on the evidence pages.")

    def row(self, row_id: str) -> pd.Series[Any]:
        """One row of any table, by its id."""
        table = self.table(row_id)
        if table == SOURCES:
            raise EvidenceError(f"'{row_id}' is a source; use Evidence.sources.")
        row: pd.Series[Any] = getattr(self, table).loc[row_id]
        return row

    @property
    def short_words(self) -> dict[str, str]:
        """Short words by phrase, from which ids are made."""
        return dict(self.package.get("shortWords", {}))

    def rows(self, table: str) -> list[dict[str, str]]:
        """Rows of a table as printed, for a program that proposes changes."""
        frame = getattr(self, table)
        names = [c for c in frame.columns if not c.endswith("_printed")]
        printed = [f"{c}_printed" if f"{c}_printed" in frame else c for c in names]
        return [dict(zip(names, map(str, row), strict=True)) for row in frame[printed].itertuples(index=False)]

    def without_sources(self, row_ids: Iterable[str]) -> list[str]:
        """Keep the rows of the tables among some ids, in their order."""
        return [row_id for row_id in row_ids if row_id in self and row_id not in self.sources]

    def rests_on(self, row_id: str) -> tuple[str, ...]:
        """Sources that a row rests on: its own, and those of the rows it is about."""
        if self.table(row_id) == SOURCES:
            return (row_id,)
        keys, rows = self._named[row_id]
        return tuple(dict.fromkeys([*keys, *(key for row in rows if row in self for key in self.rests_on(row))]))

    @cached_property
    def _named(self) -> dict[str, tuple[list[str], list[str]]]:
        """Sources and other rows that each row cites."""
        names: dict[str, tuple[list[str], list[str]]] = {}
        for name in self._linkable:
            frame = getattr(self, name)
            columns = {c: "source_key" in c for c in frame if "source_key" in c or c in _ABOUT}
            for row_id, *cells in zip(frame.index, *(frame[c] for c in columns), strict=True):
                named: tuple[list[str], list[str]] = ([], [])
                for is_key, cell in zip(columns.values(), cells, strict=True):
                    named[0 if is_key else 1].extend(split(cell))
                names[row_id] = named
        return names

    def marked(self, row_ids: Iterable[str]) -> list[str]:
        """Keys of the sources with a notice that some rows rest on, the most serious notice first."""
        if self.notices.empty:
            return []
        marks = {key: self.sources[key].mark for row_id in row_ids for key in self.rests_on(row_id)}
        grave = list(MARKS.values())
        return sorted((key for key, mark in marks.items() if mark), key=lambda key: (grave.index(marks[key]), key))

    def notice_on(self, key: str) -> str:
        """Id of the most serious notice on a source."""
        kinds = in_force(self.notices[self.notices["source_key"] == key])["kind"]
        return str(min(kinds.index, key=lambda i: list(MARKS).index(kinds[i])))

    @property
    def retracted(self) -> frozenset[str]:
        """Sources that are retracted as a whole."""
        notices = in_force(self.notices)
        return frozenset(notices.loc[notices["kind"] == "retraction", "source_key"])

    def noticed(self, notices: pd.DataFrame) -> Evidence:
        """The same evidence with other notices."""
        book = copy.copy(self)
        book.notices = notices
        book.sources = _marked(self.sources, notices)
        of_notices = {str(row): ([str(key)], list[str]()) for row, key in notices["source_key"].items()}
        book._named = {row: references for row, references in self._named.items() if row in book._table_of} | of_notices
        book._table_of = {row: name for row, name in self._table_of.items() if name != "notices"}
        book._table_of.update(dict.fromkeys(notices.index, "notices"))
        return book

    def without(self, keys: Collection[str]) -> Evidence:
        """The evidence as it would be without some sources.

        Parameters
        ----------
        keys : collection of str
            Keys of the sources.

        Returns
        -------
        Evidence
            Without the rows that lose all sources of a column, and without those about such rows.
            The sources themselves stay in the bibliography.
        """
        gone: set[str] = set()
        tables = [name for name in self._linkable if name != "notices"]
        for naming in (False, True, True):  # such as an explanation of a claim checked against a row that goes
            for name in tables:
                frame = getattr(self, name)
                columns = [c for c in frame if (c in _NAMING if naming else "source_key" in c)]
                for row_id, *cells in zip(frame.index, *(frame[c] for c in columns), strict=True):
                    named = [set(split(cell)) for cell in cells]
                    if naming:
                        goes = any({part.partition(".")[0] for part in parts} & gone for parts in named)
                    else:
                        goes = any(parts and parts <= set(keys) for parts in named)
                    gone.update([row_id] if goes else [])
        book = copy.copy(self)
        for name in tables:
            frame = getattr(self, name)
            setattr(book, name, frame[~frame.index.isin(gone)])
        book._table_of = {row: name for row, name in self._table_of.items() if row not in gone}
        return book

    def arm(self, role: str) -> str:
        """What readers call an arm: the words for its role in review.csv, or else the role itself."""
        return str(self.review["value"].get(role, "")) or role.replace("_", " ")

    @property
    def _linkable(self) -> list[str]:
        """Tables of the package whose rows a page lists."""
        return [name for name in self.pages if name != SOURCES]

    def page(self, row_id: str) -> str:
        """Page that lists a row; its id is the anchor.

        It depends on the row and on the dictionary alone, never on how many other rows there are.
        """
        page = self.pages[self.table(row_id)]
        return self.part(page, self.group(row_id)) if page in self.divided else page

    def part(self, page: str, group: str) -> str:
        """Page of a group of what a chapter lists: the chapter, or a page of its own where the dictionary says so."""
        return f"{page}-{group}" if page in self.divided else page

    def group(self, row_id: str) -> str:
        """Key of the group that a row belongs to: its study, or the first letter of its id where it has none."""
        table = self.table(row_id)
        study = "" if table == SOURCES else str(self.row(row_id).get("study_id", ""))
        return study or row_id[0].lower()

    def describe(self, row_id: str) -> str:
        """Where a row comes from, in a few words: source, locator and tier."""
        if self.table(row_id) == SOURCES:
            return self.sources[row_id].short
        row = self.row(row_id)
        keys = next((str(row[c]) for c in ("source_key", "source_keys") if row.get(c)), "")
        names = "; ".join(self.sources[key].short for key in split(keys))
        tier = TIER_WORDS.get(str(row.get("tier", "")), "")
        locator = str(row.get("locator", ""))
        where = f"{names}, {locator}" if locator else names
        return f"{where} ({tier})" if tier else where


def _marked(sources: dict[str, Source], notices: pd.DataFrame) -> dict[str, Source]:
    """The same sources, each flagged with its most serious notice."""
    kinds = list(MARKS)
    marks = {key: MARKS[min(own, key=kinds.index)] for key, own in in_force(notices).groupby("source_key")["kind"]}
    return {key: replace(source, mark=marks.get(key, "")) for key, source in sources.items()}


def in_force(notices: pd.DataFrame) -> pd.DataFrame:
    """Leave out notices that a later reinstatement of their source lifted.

    It lifts a retraction, partial or complete, and a concern, but not a correction. If dates do not say which of
    two came first, the one recorded first did.
    """
    rows = [(row["source_key"], row["kind"], str(row.get("date", ""))) for _, row in notices.iterrows()]
    reinstated = [(key, (day, place)) for place, (key, kind, day) in enumerate(rows) if kind == "reinstatement"]
    return notices.iloc[
        [
            place
            for place, (key, kind, day) in enumerate(rows)
            if kind in ("reinstatement", "correction")
            or not any(key == other and _before((day, place), later) for other, later in reinstated)
        ]
    ]


def _before(notice: tuple[str, int], other: tuple[str, int]) -> bool:
    """Whether a notice came before another: by their dates as far as both are known, or else by their order."""
    exact = min(len(notice[0]), len(other[0]))
    return (notice[0][:exact], notice[1]) < (other[0][:exact], other[1])


def split(cell: str) -> list[str]:
    """Parts of a cell that holds several values separated by semicolons."""
    return [part for part in (p.strip() for p in cell.split(";")) if part]


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.month - 1 + months, 12)
    month += 1
    return date(day.year + year, month, min(day.day, monthrange(day.year + year, month)[1]))


def dates(last: list[str], due: list[str], dormant_after: int) -> dict[str, str]:
    """Derive the dates of the review from those of its searches.

    Parameters
    ----------
    last : list of str
        Last searches of the sources as ISO dates, blank for a source that has not been searched.
    due : list of str
        When the next are due.
    dormant_after : int
        Months without a search after which the review is dormant.

    Returns
    -------
    dict of str to str
        ``evidence_searched_to`` is the oldest of the last searches: all of them reach at least to that day.
        ``next_search_due`` is the first of the next ones; ``dormant_from`` follows from the former.

    Raises
    ------
    ValueError
        If no source has been searched, or a date is invalid.
    """
    searched = min(date.fromisoformat(day) for day in last if day)
    return {
        "evidence_searched_to": searched.isoformat(),
        "next_search_due": min(map(date.fromisoformat, due)).isoformat(),
        "dormant_from": months_after(searched, dormant_after).isoformat(),
    }


#: The evidence that `load` gives instead of the data package.
_instead: ContextVar[Evidence | None] = ContextVar("instead", default=None)


def load() -> Evidence:
    """Give the evidence to compute from: the data package, read once, or the evidence set by `using`."""
    return _instead.get() or _package()


@contextmanager
def using(book: Evidence) -> Iterator[None]:
    """Within this context, compute from other evidence than the data package."""
    token = _instead.set(book)
    try:
        yield
    finally:
        _instead.reset(token)


@cache
def _package() -> Evidence:
    return Evidence(DATA)


#: The dates of the review, and how each is derived.
DATES = {
    "evidence_searched_to": "the oldest of the last searches in searches.csv, of the sources that have been searched",
    "next_search_due": "the first day by which one of the searches is due; after it the status reads overdue",
    "dormant_from": "day from which the status reads dormant when no search has been done",
}


def dated(review: pd.DataFrame, searches: pd.DataFrame) -> pd.DataFrame:
    """Add the dates of the review to its facts.

    Parameters
    ----------
    review, searches : pandas.DataFrame
        The tables; dates that the first has already are derived again.

    Raises
    ------
    EvidenceError
        If they cannot be derived.
    """
    review = review.drop(index=[*DATES], errors="ignore")
    try:
        months = int(str(review.loc["dormant_after_months", "value"]))
        derived = dates([*searches["last_search"]], [*searches["next_due"]], months)
    except (KeyError, ValueError) as error:
        raise EvidenceError(
            f"The dates of the review cannot be derived from data/searches.csv and data/review.csv ({error}). "
            "Run 'make check'."
        ) from error
    rows = [{"item": item, "value": value, "note": DATES[item]} for item, value in derived.items()]
    return pd.concat([review, pd.DataFrame(rows, index=list(derived))])


def read_table(path: Path, schema: dict[str, Any]) -> pd.DataFrame:
    """Read one table of the package, with the printed text beside each number; raises as `Evidence` does."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise EvidenceError(f"data/{path.name} is missing. Restore the file.") from error
    # a shallow copy: pandas copies what is written to
    return _parsed(raw, path.name, json.dumps(schema)).copy(deep=False)


@lru_cache(maxsize=64)  # of some 30 tables a change touches few
def _parsed(raw: bytes, name: str, schema: str) -> pd.DataFrame:
    return parse_table(raw, name, json.loads(schema))


def parse_table(raw: bytes, name: str, schema: dict[str, Any]) -> pd.DataFrame:
    """Parse one table of the package.

    Parameters
    ----------
    raw : bytes
        CSV in UTF-8, with a line of headers.
    name : str
        Name of its file, for messages.
    schema : dict
        What the dictionary says of its columns and its key; columns that it does not name stay text.

    Returns
    -------
    pandas.DataFrame
        Indexed by the key, if that is one column, with ``<column>_printed`` beside each number.

    Raises
    ------
    EvidenceError
        If it is no table, lacks a column, has an id twice, or a number cannot be read.
    """
    try:
        # objects rather than pandas' strings: all columns of text are then one block, and rows are chosen nine times
        # as fast
        frame = pd.read_csv(BytesIO(raw), dtype=object, keep_default_na=False, encoding="utf-8")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise EvidenceError(f"data/{name} cannot be read: {error}. Run 'make check'.") from error
    missing = [f["name"] for f in schema["fields"] if f["name"] not in frame.columns]
    if missing:
        raise EvidenceError(f"data/{name} lacks the column {', '.join(missing)}. Run 'make check'.")
    for column in (f["name"] for f in schema["fields"] if f["type"] in ("number", "integer")):
        printed = frame[column]
        parsed = pd.to_numeric(printed.replace({"": math.nan, "INF": math.inf}), errors="coerce")
        wrong = parsed.isna() & (printed != "")
        if wrong.any():
            at = [*wrong].index(True)
            raise EvidenceError(
                f"data/{name}, row {at + 2}, {column}: must be a number, found {printed[at]!r}. "
                "Run 'make check' for the whole list."
            )
        frame[column] = parsed.astype(float)
        frame[f"{column}_printed"] = printed
    frame = frame.copy()  # puts the columns together again
    key = schema["primaryKey"]
    if len(key) > 1:
        return frame
    frame.index = pd.Index(frame[key[0]], name=None)
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()][0]
        raise EvidenceError(f"data/{name}: the id '{twice}' stands twice. Run 'make check'.")
    return frame
