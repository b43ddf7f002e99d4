"""Read what somebody wants to add: JSON as a form or a script writes it, tables from a spreadsheet, RIS and BibTeX.

JSON is one object. Its names are those of the tables and their columns, all texts; numbers keep their digits::

    {"study": {"acronym": "TRIAL", "population": "...", ...},
     "arms": [{"role": "intervention", "label": "...", "n": "120", ...}, {...}],
     "outcomes": [{"outcome": "response", "kind": "mental_health", "role": "primary"}],
     "results": [{"outcome": "response", "months": "12", "arm": "intervention", "measure": "percent", ...}],
     "source": {"author": "Last, First and Last, First", "title": "...", "journal": "...", "year": "2026",
                "doi": "...", "kind": "primary", "read": "abstract"},
     "because": "abstract"}

* A part or a column that is blank, null or missing is a gap. What follows from other cells is filled in, see `adding`:
  ids, the study and the source of every row, and its locator from ``because``, the place in the source.
* ``study`` with nothing but a ``study_id`` names a trial that the data have. Any other table may be given as a list
  under its name: ``sets``, ``milestones``, ``baseline``, ``claims`` and so on.
* ``source`` is an entry of the bibliography by its fields, with ``entry`` (article, misc, ...) and ``key`` where they
  do not follow. A key alone, as text, or one of ``doi``, ``pmid``, ``pmcid`` and ``nct`` that the bibliography has
  names a source that is there.

A CSV file is a part of one table, with its columns in any order; its header says which table.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rispy

from livingreview.checks.package import near, shown, visible
from livingreview.checks.reading import BOM, STARTS
from livingreview.checks.references import FORMS, OTHER_FIELDS
from livingreview.contribute.edits import ContributionError, Edit
from livingreview.evidence import sources

#: Most bytes of a file, and of a cell: a trial needs some thousands, and the check of the data refuses longer cells.
LARGEST, LONGEST = 1_000_000, 5_000
#: Names of a part of the JSON, for the table that it is a row of.
SINGLE = {"study": "studies"}
SOURCE_FIELDS = ("key", "entry", *FORMS, *OTHER_FIELDS)
#: Where RIS has the fields of a source; of several the first that has a value.
RIS = {
    "title": ("title", "primary_title", "translated_title"),
    "journal": ("journal_name", "secondary_title", "alternate_title1", "alternate_title3"),
    "year": ("year", "publication_year", "date"),
    "volume": ("volume",),
    "number": ("number", "issue_number"),
    "doi": ("doi",),
}
_NUMERIC = re.compile(r"[-\u2212\u2010-\u2013]?\d*[.,]?\d+")


@dataclass(frozen=True)
class Given:
    """A row as it was given, without its blanks, and where."""

    cells: dict[str, str]
    place: str


@dataclass
class Submission:
    """What somebody wants to add.

    Parameters
    ----------
    rows : dict of str to list of Given
        By table.
    source : Given or None
        Fields of a source.
    because : str
        The place in the source.
    mended : list of str
        What a spreadsheet had changed in the file, and was put right.
    """

    rows: dict[str, list[Given]] = field(default_factory=dict)
    source: Given | None = None
    because: str = ""
    mended: list[str] = field(default_factory=list)


def read(paths: Iterable[Path], table: str, edit: Edit) -> Submission:
    """Read the files of a submission.

    Parameters
    ----------
    paths : iterable of Path
        JSON, CSV, RIS or BibTeX by their suffix.
    table : str
        The table that a CSV file is taken for where its header fits several.
    edit : Edit
        The data, whose dictionary says which tables and columns there are.

    Raises
    ------
    ContributionError
        With every fault of every file.
    """
    submission, wrong = Submission(), []
    for path in paths:
        try:
            text = text_of(path)
            if path.suffix.lower() == ".json":
                wrong += _read_json(path.name, text, edit, submission)
            elif path.suffix.lower() in (".bib", ".ris"):
                _add_source(
                    submission,
                    Given(
                        dict(
                            _of_ris(text, path.name) if path.suffix.lower() == ".ris" else _of_bibtex(text, path.name)
                        ),
                        path.name,
                    ),
                )
            else:
                wrong += _read_csv(path.name, text, table, edit, submission)
        except ContributionError as error:
            wrong.append(str(error))
    if wrong:
        raise ContributionError("\n".join(wrong))
    return submission


def text_of(path: Path) -> str:
    """The text of a file, without the mark that a spreadsheet puts before it and with plain line ends."""
    try:
        raw = path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise ContributionError(f"{path.name}: cannot be read ({error.strerror}). Name a file.") from error
    if raw is None:
        raise ContributionError(
            f"{path}: must be a file, found {'a folder' if path.is_dir() else 'nothing'}. Name one."
        )
    if len(raw) > LARGEST:
        raise ContributionError(f"{path.name}: must have at most {LARGEST} bytes, found {len(raw)}. Divide it.")
    kind = next((kind for start, kind in STARTS.items() if raw.startswith(start)), "")
    try:
        if kind:
            raise ValueError(kind)
        text = raw.removeprefix(BOM).decode("utf-8")
    except ValueError as error:
        actual = kind or "another encoding"
        raise ContributionError(
            f"{path.name}: must be text in UTF-8, found {actual}. Save the sheet as 'CSV UTF-8', and give that."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _add_source(submission: Submission, source: Given) -> None:
    if submission.source is not None:
        raise ContributionError(f"{source.place}: must be the only source, found one in {submission.source.place} too.")
    submission.source = source


# ----------------------------------------------------------------------------------------------------------- JSON


def _read_json(name: str, text: str, edit: Edit, submission: Submission) -> list[str]:
    """Read JSON into a submission; give what is wrong with it."""
    try:
        whole = json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        at = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        actual = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        return [f"{name}{at}: must be JSON, found {actual}. Correct it there, or on the line before."]
    if not isinstance(whole, dict):
        return [f"{name}: must be one object, in braces, found {_kind(whole)}."]
    wrong: list[str] = []
    for part, value in whole.items():
        table = SINGLE.get(part, part)
        if part == "because":
            submission.because = _cell(value, f"{name}, because", wrong)
        elif part == "source":
            source = {"key": value} if isinstance(value, str) else value
            if cells := _cells(source, f"{name}, source", SOURCE_FIELDS, wrong):
                _add_source(submission, Given(cells, f"{name}, source"))
        elif table in edit.package.tables:
            rows = value if isinstance(value, list) and part not in SINGLE else [value]
            for number, row in enumerate(rows, start=1):
                place = f"{name}, {part}" + (f" {number}" if part not in SINGLE else "")
                if cells := _cells(row, place, edit.table(table).columns, wrong):
                    submission.rows.setdefault(table, []).append(Given(cells, place))
        else:
            known = ("because", "source", *SINGLE, *edit.package.tables)
            wrong.append(f"{name}: must name parts of the data, found {shown(part)}. {near(part, known)}".rstrip())
    return wrong


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; refuse one that has a name twice, of which the first would be lost."""
    if twice := next((name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at])), ""):
        raise ValueError(f"{shown(twice)} twice in one object")
    return dict(pairs)


def _cells(row: Any, place: str, columns: Iterable[str], wrong: list[str]) -> dict[str, str]:
    """Read the cells of a row; blank ones are left out."""
    if row is None:
        return {}
    if not isinstance(row, dict):
        wrong.append(f"{place}: must be an object, in braces, found {_kind(row)}.")
        return {}
    cells = {}
    for column, value in row.items():
        if column not in columns:
            hint = near(column, columns)
            wrong.append(f"{place}: must have columns of the data, found {shown(column)}. {hint}".rstrip())
        elif cell := _cell(value, f"{place}, {column}", wrong):
            cells[column] = cell
    return cells


def _cell(value: Any, place: str, wrong: list[str]) -> str:
    """Read one value: text, a number with its digits, or a list of them."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "; ".join(value) if not place.endswith("author") else " and ".join(value)
    if value is not None and not isinstance(value, str):
        wrong.append(f"{place}: must be text or a number, found {_kind(value)}.")
        return ""
    text = value or ""
    if len(text) > LONGEST:
        wrong.append(f"{place}: must have at most {LONGEST} characters, found {len(text)}.")
        return ""
    return " ".join(text.split())


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: str(value).lower()}
    return kinds.get(type(value), "nothing")


# ------------------------------------------------------------------------------------------------------ CSV, sources


@dataclass
class Sheet:
    """A table as a person or a spreadsheet saved it: its delimiter, the names of its columns, its rows and its faults.

    A row comes with its place, and has a cell for every column.
    """

    delimiter: str = ","
    labels: list[str] = field(default_factory=list)
    rows: list[Given] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def sheet(name: str, text: str) -> Sheet:
    """Read CSV with commas, semicolons or tabs; rows without any entry are left out."""
    head = text.partition("\n")[0]
    read = Sheet(max(",;\t", key=head.count))
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=read.delimiter, strict=True))
    except csv.Error as error:
        read.wrong.append(f"{name}: must be CSV, found {error}. Look at its quotes.")
        return read
    read.labels = [label.strip() for label in lines[0]] if lines else []
    if len(set(read.labels)) < len(read.labels):
        read.wrong.append(f"{name}, row 1: must name each column once. Delete the others.")
        return read
    for number, cells in enumerate(lines[1:], start=2):
        place = f"{name}, row {number}"
        if len(cells) != len(read.labels) and any(cell.strip() for cell in cells):
            remedy = "Put quotes round a cell that has the delimiter in it."
            read.wrong.append(f"{place}: must have {len(read.labels)} cells, found {len(cells)}. {remedy}")
        elif any(cell.strip() for cell in cells):
            row = {label: " ".join(cell.split()) for label, cell in zip(read.labels, cells, strict=True)}
            read.rows.append(Given(row, place))
    return read


def _read_csv(name: str, text: str, table: str, edit: Edit, submission: Submission) -> list[str]:
    """Read a part of a table; give what is wrong with it."""
    read = sheet(name, text)
    tables = {table: edit.table(table).columns, **{other: t.columns for other, t in edit.package.tables.items()}}
    of = max(tables, key=lambda other: (len(set(read.labels) & set(tables[other])), other == table))
    if strange := [label for label in read.labels if label not in tables[of]]:
        return [
            f"{name}, row 1: must name columns of {of}, found {shown(s)}. {near(s, tables[of])}".rstrip()
            for s in strange
        ]
    numeric = {*edit.table(of).numeric}
    for given in read.rows:
        row = {column: cell for column, cell in given.cells.items() if cell}
        for column in row.keys() & numeric:
            if (mended := plain(row[column], read.delimiter)) != row[column]:
                submission.mended.append(f"{given.place}, {column}: {visible(row[column])} read as {mended}")
                row[column] = mended
        submission.rows.setdefault(of, []).append(Given(row, given.place))
    return read.wrong


def plain(cell: str, delimiter: str) -> str:
    """Put right what a spreadsheet does to a number: another minus, a decimal comma, a lost zero before the point."""
    if not _NUMERIC.fullmatch(cell):
        return cell
    number = re.sub("^[\u2212\u2010-\u2013]", "-", cell)
    number = number.replace(",", ".") if delimiter != "," else number
    return re.sub(r"^(-?)\.", r"\g<1>0.", number)


def _of_bibtex(text: str, name: str) -> Iterator[tuple[str, str]]:
    """Read the one entry of BibTeX."""
    entries, errors = sources.parse(text)
    if errors or len(entries) != 1:
        actual = str(errors[0]) if errors else f"{len(entries)} entries"
        raise ContributionError(f"{name}: must be one entry of BibTeX, found {actual}.")
    for key, entry in entries.items():
        yield "key", key if re.fullmatch(r"[a-z][a-z0-9_]*", key) else ""
        yield "entry", entry.type.lower()
        for field_name, value in entry.fields.items():
            if field_name.lower() in SOURCE_FIELDS:  # a reference manager adds keywords, abstracts and files
                yield field_name.lower(), " ".join(value.split()) if field_name == "author" else sources.plain(value)


def _of_ris(text: str, name: str) -> Iterator[tuple[str, str]]:
    """Read the one record of RIS."""
    try:
        records: list[Mapping[str, Any]] = rispy.loads(text)
    except Exception as error:  # whatever the parser raises, the file is at fault
        raise ContributionError(f"{name}: must be RIS, found an error ({error}).") from error
    if len(records) != 1:
        raise ContributionError(f"{name}: must be one record of RIS, found {len(records)}.")
    record = records[0]
    yield (
        "entry",
        {"BOOK": "book", "CHAP": "incollection", "JOUR": "article"}.get(record.get("type_of_reference", ""), "misc"),
    )
    yield "author", " and ".join(record.get("authors") or record.get("first_authors") or [])
    for field_name, tags in RIS.items():
        value = next((str(record[tag]) for tag in tags if record.get(tag)), "")
        yield field_name, value[:4] if field_name == "year" else value
    pages = [str(record[tag]) for tag in ("start_page", "end_page") if record.get(tag)]
    yield "pages", "-".join(dict.fromkeys(pages))
    yield "url", next(iter(record.get("urls", [])), "") if not record.get("doi") else ""
    number = str(record.get("accession_number", ""))
    yield "pmid", number if number.isdigit() else ""
