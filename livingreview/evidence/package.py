"""The one reader of the data package.

Every number comes as two columns: ``estimate`` is the value for computing, ``estimate_printed`` the text as
the source printed it ("0.50" keeps its zero), because rounding carries information.
"""

from __future__ import annotations

import copy
import json
import math
from calendar import monthrange
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

DATA = Path(__file__).resolve().parents[2] / "data"

#: Which page of the book lists the rows of a table; the row's id is the anchor there.
PAGES = {
    "studies": "trials",
    "arms": "trials",
    "sets": "trials",
    "results": "results",
    "outcomes": "trials",
    "milestones": "trials",
    "baseline": "baseline",
    "components": "components",
    "pooled": "pooled",
    "certainty": "pooled",
    "claims": "claims",
    "discrepancies": "discrepancies",
    "instruments": "instruments",
    "glossary": "glossary",
    "explanations": "integrity",
    "relations": "integrity",
    "risk_of_bias": "integrity",
    "notices": "notices",
    "sources": "sources",
}

#: Measures that compare two arms by a ratio: no difference is 1.
RATIOS = ("odds_ratio", "risk_ratio", "hazard_ratio", "ratio_of_odds_ratios", "ratio_of_risk_ratios")

TIER_WORDS = {
    "primary_full_text": "primary paper",
    "primary_abstract": "primary abstract",
    "registry": "registry record",
    "secondary_summary": "secondary summary",
    "guidance": "guidance page",
}

#: What a notice can say of a source, the gravest first, and the word that marks the source from then on.
MARKS = {
    "retraction": "retracted",
    "partial_retraction": "retracted in part",
    "expression_of_concern": "expression of concern",
    "correction": "corrected",
}

#: Columns that name the rows that a row is about.
_ABOUT = ("row_ids", "result_ids", "checked_against", "contrast_id", "intervention_id", "comparator_id")
#: Columns that name any other rows; these may add a column after a point.
_NAMING = (*_ABOUT, "whole", "parts")


class EvidenceError(Exception):
    """The data package cannot be read; the message says where and what to do."""


#: Where a source stands in each register, by the field of its number.
REGISTERS = {
    "doi": "https://doi.org/{}",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/{}/",
    "nct": "https://clinicaltrials.gov/study/{}",
}


@dataclass(frozen=True)
class Source:
    """One entry of the bibliography."""

    key: str
    type: str
    authors: tuple[str, ...]
    title: str
    container: str
    year: str
    volume: str
    number: str
    pages: str
    doi: str
    pmid: str
    pmcid: str
    nct: str
    url: str
    kind: str
    read: str
    note: str
    mark: str = ""

    @property
    def identifiers(self) -> str:
        """How it is found: its numbers in registers, or the address of a page that has none."""
        named = (("doi:", self.doi), ("PMID ", self.pmid), ("", self.pmcid), ("", self.nct))
        return "; ".join(prefix + value for prefix, value in named if value) or self.url

    @property
    def registered(self) -> list[str]:
        """Its addresses in registers, as they follow from its numbers."""
        return [form.format(getattr(self, field)) for field, form in REGISTERS.items() if getattr(self, field)]

    @property
    def short(self) -> str:
        """Name used in running text, with its mark: wherever a source is named, a retraction shows."""
        return f"{self.name} [{self.mark}]" if self.mark else self.name

    @property
    def name(self) -> str:
        """First author and year, or what stands in for them."""
        if self.nct:
            return f"registry record {self.nct}"
        who = self.authors[0].partition(",")[0] if self.authors else self.container or self.title
        if self.year:
            return who if who.endswith(self.year) else f"{who} {self.year}"
        # the undated pages of one organisation differ by their titles only
        return f"{who}: {self.title}" if self.kind == "guidance" and who != self.title else f"{who} (undated)"


class Evidence:
    """All tables of the data package.

    Parameters
    ----------
    data : Path
        Folder that holds ``datapackage.json``, the CSV files and ``references.bib``.

    Attributes
    ----------
    studies, arms, sets, results, outcomes, milestones, baseline, components, pooled, certainty, claims, \
discrepancies, instruments, glossary, explanations, relations, risk_of_bias, notices, causes, left_out, agreement, \
searches, living, registry, checklists, review : pandas.DataFrame
        One row a fact, indexed by its id, with ``<column>_printed`` beside each number. To those of review.csv the
        dates of the review are added, which follow from searches.csv: see `dates`.

    Raises
    ------
    EvidenceError
        When a file is missing or a number cannot be read.
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
    notices: pd.DataFrame
    causes: pd.DataFrame
    left_out: pd.DataFrame
    agreement: pd.DataFrame
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
        self._table_of: dict[str, str] = {}
        self.notices = pd.DataFrame(columns=["source_key", "kind"])  # a package may have none
        for resource in self.package["resources"]:
            name = resource["name"].replace("-", "_")
            frame = read_table(data / resource["path"], resource["schema"])
            setattr(self, name, frame)
            if name in PAGES:
                self._table_of.update(dict.fromkeys(frame.index, name))
        self.review = dated(self.review, self.searches)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The bibliography, by citation key."""
        # Imported here: a kernel that cites nothing does not pay for the parser.
        from pybtex.database import parse_file

        def name(person: Any) -> str:
            names = [*person.prelast_names, *person.last_names, *person.lineage_names]
            return _plain(
                ", ".join(filter(None, [" ".join(names), " ".join([*person.first_names, *person.middle_names])]))
            )

        entries = parse_file(str(self.data / "references.bib")).entries
        found = {}
        for key, entry in entries.items():
            field = entry.fields
            authors = [name(person) for person in entry.persons.get("author", [])]
            found[key] = Source(
                key=key,
                type=entry.type,
                authors=tuple(a for a in authors if a != "others"),
                title=_plain(field.get("title", "")),
                container=_plain(field.get("journal", field.get("howpublished", ""))),
                note=_plain(field.get("annote", "")),
                read=_plain(field.get("read", "")),
                **{
                    part: _plain(field.get(part, ""))
                    for part in ("year", "volume", "number", "pages", "doi", "pmid", "pmcid", "nct", "url", "kind")
                },
            )
        return _marked(found, self.notices)

    def __contains__(self, row_id: str) -> bool:
        """Whether a row or a source has this id."""
        return row_id in self._table_of or row_id in self.sources

    def table(self, row_id: str) -> str:
        """Name of the table that holds a row.

        Parameters
        ----------
        row_id : str
            Id of a row, or key of a source.

        Returns
        -------
        str

        Raises
        ------
        EvidenceError
            When no table has the row.
        """
        if row_id in self._table_of:
            return self._table_of[row_id]
        if row_id in self.sources:
            return "sources"
        raise EvidenceError(f"No row of the evidence is called '{row_id}'. Look its id up on the evidence pages.")

    def row(self, row_id: str) -> pd.Series[Any]:
        """One row of any table, by its id."""
        table = self.table(row_id)
        if table == "sources":
            raise EvidenceError(f"'{row_id}' is a source; use Evidence.sources.")
        row: pd.Series[Any] = getattr(self, table).loc[row_id]
        return row

    @property
    def short_words(self) -> dict[str, str]:
        """Short words by phrase, of which ids are made."""
        return dict(self.package.get("shortWords", {}))

    def rows(self, table: str) -> list[dict[str, str]]:
        """Rows of a table as they are printed, for a program that proposes others."""
        frame = getattr(self, table)
        names = [c for c in frame.columns if not c.endswith("_printed")]
        printed = [f"{c}_printed" if f"{c}_printed" in frame else c for c in names]
        return [dict(zip(names, map(str, row), strict=True)) for row in frame[printed].itertuples(index=False)]

    def rests_on(self, row_id: str) -> tuple[str, ...]:
        """Sources that a row rests on: its own, and those of the rows that it is about."""
        if self.table(row_id) == "sources":
            return (row_id,)
        keys, rows = self._named[row_id]
        return tuple(dict.fromkeys([*keys, *(key for row in rows if row in self for key in self.rests_on(row))]))

    @cached_property
    def _named(self) -> dict[str, tuple[list[str], list[str]]]:
        """Sources and other rows that each row names."""
        found: dict[str, tuple[list[str], list[str]]] = {}
        for name in (name for name in PAGES if name != "sources" and name in vars(self)):
            frame = getattr(self, name)
            columns = {c: "source_key" in c for c in frame if "source_key" in c or c in _ABOUT}
            for row_id, *cells in zip(frame.index, *(frame[c] for c in columns), strict=True):
                named: tuple[list[str], list[str]] = ([], [])
                for is_key, cell in zip(columns.values(), cells, strict=True):
                    named[0 if is_key else 1].extend(split(cell))
                found[row_id] = named
        return found

    def marked(self, row_ids: Iterable[str]) -> list[str]:
        """Sources with a notice among those that some rows rest on, by key, those with the gravest notice first."""
        noticed = frozenset(self.notices["source_key"])
        found = {key for row_id in row_ids for key in self.rests_on(row_id) if key in noticed} if noticed else set()
        grave = list(MARKS.values())
        return sorted(found, key=lambda key: (grave.index(self.sources[key].mark), key))

    def notice_on(self, key: str) -> str:
        """Id of the gravest notice on a source that has one."""
        kinds = self.notices.loc[self.notices["source_key"] == key, "kind"]
        return str(min(kinds.index, key=lambda i: list(MARKS).index(kinds[i])))

    @property
    def retracted(self) -> frozenset[str]:
        """Sources that were retracted as a whole."""
        return frozenset(self.notices.loc[self.notices["kind"] == "retraction", "source_key"])

    def noticed(self, notices: pd.DataFrame) -> Evidence:
        """The same evidence with other notices on its sources."""
        other = copy.copy(self)
        other.notices = notices
        other.sources = _marked(self.sources, notices)
        told = {str(row): ([str(key)], list[str]()) for row, key in notices["source_key"].items()}
        other._named = {row: named for row, named in self._named.items() if row in other._table_of} | told
        other._table_of = {row: name for row, name in self._table_of.items() if name != "notices"}
        other._table_of.update(dict.fromkeys(notices.index, "notices"))
        return other

    def without(self, keys: Collection[str]) -> Evidence:
        """The evidence as it would be without some sources.

        Parameters
        ----------
        keys : collection of str
            Keys of the sources.

        Returns
        -------
        Evidence
            Without the rows of which a column has none of its sources left, and without those about such rows.
            The sources themselves stay in the bibliography.
        """
        gone: set[str] = set()
        tables = [name for name in PAGES if name not in ("sources", "notices") and name in vars(self)]
        for naming in (False, True, True):  # an explanation of a claim that was checked against a row that goes
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
        rest = copy.copy(self)
        for name in tables:
            frame = getattr(self, name)
            setattr(rest, name, frame[~frame.index.isin(gone)])
        rest._table_of = {row: name for row, name in self._table_of.items() if row not in gone}
        return rest

    def page(self, row_id: str) -> str:
        """Chapter that lists the row; its id is the anchor."""
        return PAGES[self.table(row_id)]

    def describe(self, row_id: str) -> str:
        """Where a row comes from: source, locator and tier, in a few words."""
        if self.table(row_id) == "sources":
            return self.sources[row_id].short
        row = self.row(row_id)
        keys = next((str(row[c]) for c in ("source_key", "source_keys") if row.get(c)), "")
        names = "; ".join(self.sources[key].short for key in split(keys))
        tier = TIER_WORDS.get(str(row.get("tier", "")), "")
        locator = str(row.get("locator", ""))
        where = f"{names}, {locator}" if locator else names
        return f"{where} ({tier})" if tier else where


def _marked(sources: dict[str, Source], notices: pd.DataFrame) -> dict[str, Source]:
    """The same sources, each with the mark of its gravest notice."""
    kinds = list(MARKS)
    marks = {key: MARKS[min(own, key=kinds.index)] for key, own in notices.groupby("source_key")["kind"]}
    return {key: replace(source, mark=marks.get(key, "")) for key, source in sources.items()}


def split(cell: str) -> list[str]:
    """Parts of a cell that holds several values separated by semicolons."""
    return [part for part in (p.strip() for p in cell.split(";")) if part]


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.month - 1 + months, 12)
    month += 1
    return date(day.year + year, month, min(day.day, monthrange(day.year + year, month)[1]))


def dates(last: list[str], due: list[str], dormant_after: int) -> dict[str, str]:
    """The dates of the review, from those of its searches.

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
        ``evidence_searched_to`` is the oldest of the last searches: all that were made reach at least so far.
        ``next_search_due`` is the first of the next ones, ``dormant_from`` follows from the former.

    Raises
    ------
    ValueError
        When no source has been searched, or a date is none.
    """
    searched = min(date.fromisoformat(day) for day in last if day)
    return {
        "evidence_searched_to": searched.isoformat(),
        "next_search_due": min(map(date.fromisoformat, due)).isoformat(),
        "dormant_from": months_after(searched, dormant_after).isoformat(),
    }


@lru_cache(maxsize=4)
def load(data: Path = DATA) -> Evidence:
    """Read the data package once.

    Parameters
    ----------
    data : Path
        Folder of the data package.

    Returns
    -------
    Evidence
    """
    return Evidence(data)


def _plain(text: str) -> str:
    """BibTeX text without its escapes."""
    for escaped, char in ((r"\%", "%"), (r"\&", "&"), (r"\#", "#"), (r"\_", "_"), (r"\$", "$")):
        text = text.replace(escaped, char)
    return text.replace("{", "").replace("}", "").replace("--", "-")


#: The dates of the review, and how each follows.
DATES = {
    "evidence_searched_to": "the oldest of the last searches in searches.csv, of the sources that have been searched",
    "next_search_due": "the first day by which one of the searches is due; after it the status reads overdue",
    "dormant_from": "day from which the status reads dormant when no search has been done",
}


def dated(review: pd.DataFrame, searches: pd.DataFrame) -> pd.DataFrame:
    """Add to the facts of the review its dates.

    Parameters
    ----------
    review, searches : pandas.DataFrame
        The tables; dates that stand in the first already are made anew.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    EvidenceError
        When they do not follow.
    """
    review = review.drop(index=[*DATES], errors="ignore")
    try:
        months = int(str(review.loc["dormant_after_months", "value"]))
        found = dates([*searches["last_search"]], [*searches["next_due"]], months)
    except (KeyError, ValueError) as error:
        raise EvidenceError(
            f"The dates of the review cannot be derived from data/searches.csv and data/review.csv ({error}). "
            "Run 'make check'."
        ) from error
    rows = [{"item": item, "value": value, "note": DATES[item]} for item, value in found.items()]
    return pd.concat([review, pd.DataFrame(rows, index=list(found))])


def read_table(path: Path, schema: dict[str, Any]) -> pd.DataFrame:
    """Read one table of the package, with the printed text beside each number; raises as `Evidence` does."""
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError as error:
        raise EvidenceError(f"data/{path.name} is missing. Restore the file.") from error
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise EvidenceError(f"data/{path.name} cannot be read: {error}. Run 'make check'.") from error
    missing = [f["name"] for f in schema["fields"] if f["name"] not in frame.columns]
    if missing:
        raise EvidenceError(f"data/{path.name} lacks the column {', '.join(missing)}. Run 'make check'.")
    numbers = [f["name"] for f in schema["fields"] if f["type"] in ("number", "integer")]
    for column in numbers:
        printed = frame[column]
        parsed = pd.to_numeric(printed.replace({"": math.nan, "INF": math.inf}), errors="coerce")
        wrong = parsed.isna() & (printed != "")
        if wrong.any():
            at = int(wrong.idxmax())
            raise EvidenceError(
                f"data/{path.name}, row {at + 2}, {column}: must be a number, found {printed[at]!r}. "
                "Run 'make check' for the whole list."
            )
        frame[column] = parsed.astype(float)
        frame[f"{column}_printed"] = printed
    key = schema["primaryKey"]
    if len(key) > 1:
        return frame
    frame.index = pd.Index(frame[key[0]], name=None)
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()][0]
        raise EvidenceError(f"data/{path.name}: the id '{twice}' stands twice. Run 'make check'.")
    return frame
