"""What the data package must keep, and every fault in it at once.

Reading never stops at a fault: what can be read is read, and every rule looks at that. A rule is one small
function that yields faults, and `RULES` lists them all. Of several faults in one cell the first rule's is told,
since one slip (a space, a comma) breaks several rules. The Table Schema is tested by frictionless, the rest here.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property, lru_cache, partial, wraps
from itertools import pairwise
from pathlib import Path
from typing import Any

from livingreview import claims, consistency
from livingreview.evidence import DATA, PAGES, RATIOS, Evidence, EvidenceError, months_after, split
from livingreview.files import replace_file

DICTIONARY = "datapackage.json"
REFERENCES = "references.bib"
TABLES = (
    *(name for name in PAGES if name != "sources"),
    *("causes", "left_out", "searches", "living", "registry", "checklists", "review"),
)
#: Tables that may have no row: what they record may not have happened yet.
MAY_BE_EMPTY = ("notices", "causes")
TYPES = ("string", "number", "integer", "date")
#: Properties that the dictionary may give a table, a schema and a column; others could change how a cell is read.
OF_TABLE = ("name", "path", "title", "description", "format", "mediatype", "encoding", "schema")
OF_SCHEMA = ("fields", "primaryKey", "foreignKeys", "missingValues")
OF_COLUMN = ("name", "type", "title", "description", "unit", "example", "constraints")
RIGHT = {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
KINDS = ("primary", "protocol", "registry", "secondary", "guidance", "review")
BASES = ("printed", "randomised", "implied")

#: Columns that together say what a row reports: no two rows may agree in all of them.
SAME = {
    "results": (
        *("study_id", "population", "outcome", "definition", "instrument", "months", "time_as_printed"),
        *("arm", "measure", "source_key"),
    ),
    "baseline": ("study_id", "population", "arm", "characteristic", "measure", "source_key"),
    "pooled": ("outcome", "time_window", "population", "k", "n", "measure", "model", "source_key"),
    "sets": ("study_id", "population", "arm", "n_basis", "source_key"),
    "components": ("component", "detail", "applies_to", "source_key"),
    "claims": ("source_key", "section", "claim"),
    "discrepancies": ("study_id", "quantity", "stage", "date", "source_key"),
    "instruments": ("instrument", "threshold_kind", "threshold_unit", "population", "source_key"),
    "outcomes": ("study_id", "outcome", "contrast_id", "collaborative_care_id", "control_id"),
    "milestones": ("study_id", "event", "source_key"),
    "explanations": ("check", "row_ids"),
    "relations": ("check", "whole", "parts"),
    "notices": ("source_key", "kind", "where"),
}
#: What the rows of a table are about: rows about the same thing stand together, and among them by their ids. So two
#: people who add rows about different things add them at different places, which merge without a conflict.
ABOUT = {
    **dict.fromkeys(("studies", "arms", "sets", "results", "baseline", "claims", "discrepancies"), "study_id"),
    **dict.fromkeys(("outcomes", "milestones", "risk_of_bias"), "study_id"),
    "components": "component",
    "pooled": "source_key",
    "instruments": "instrument",
    "explanations": "check",
    "relations": "check",
}
#: Columns whose faults leave the numbers of their row as they are.
BESIDE = ("note", "locator", "source_key", "source_keys", "tier", "extraction")
#: Tables in an order of their own.
UNSORTED = ("review",)
#: The column of the people counted and that of the people they are out of.
COUNTED = {"results": ("events", "n"), "baseline": ("n", "denominator")}
CONTRASTS = (*RATIOS, "mean_difference", "difference_in_differences", "number_needed_to_treat")
#: The unit of a measure, where it can have only one.
UNITS = {"percent": "percent", "count": "people", "number_needed_to_treat": "people", **dict.fromkeys(RATIOS, "ratio")}
#: The kinds of source that a tier can rest on; a secondary summary can be part of any.
KINDS_OF_TIER = {
    "primary_full_text": ("primary", "protocol", "review"),
    "primary_abstract": ("primary", "protocol", "review"),
    "registry": ("registry",),
    "guidance": ("guidance",),
}
REVIEW_ITEMS = ("title", "contributors", "version", "dormant_after_months")

#: Columns of names that nobody lists; a name has one spelling in all of them.
SPELT = ("outcome", "instrument", "population", "characteristic", "component", "quantity")
#: Columns that the dictionary must require wherever a table has them.
REQUIRED = ("source_keys", "tier", "extraction")
#: Columns whose words the dictionary must list wherever a table has them.
LISTED = ("tier", "extraction", "arm", "measure", "verdict", "p_operator", "ci_type", "denominator_basis")
ENTRIES = ("article", "misc", "book", "incollection", "inproceedings", "techreport", "phdthesis", "mastersthesis")

ADDRESS = r"https?://[\w-]+(\.[\w-]+)+(:\d+)?([/?#][^\s<>\"'{}|\\^`]*)?"
DOI = r"10\.\d{4,9}/(?:[^\s()]|\([^\s()]*\))*(?:[^\s.,;()]|\([^\s()]*\))"
#: What a field of a reference must look like, in a pattern and in words.
FORMS = {
    "doi": (DOI, "a DOI without its address, such as 10.1001/jama.288.22.2836"),
    "pmid": (r"[1-9]\d{0,7}", "a PubMed number of up to 8 digits, such as 12472325"),
    "pmcid": (r"PMC[1-9]\d{0,8}", "a PubMed Central number, such as PMC1360390"),
    "nct": (r"NCT\d{8}", "NCT and 8 digits, such as NCT01561105"),
    "url": (ADDRESS, "a web address that begins with https:// or http://"),
    "year": (r"(19|20)\d\d", "a year of 4 digits"),
    "pages": (r"[A-Za-z]*\d+(--[A-Za-z]*\d+)?", "pages such as 2836--2845, e123 or CD006525"),
    "kind": ("|".join(KINDS), f"one of {', '.join(KINDS)}"),
}
#: What a fact about the review must look like.
REVIEW_FORMS = {
    "doi": FORMS["doi"],
    "site_url": (ADDRESS, "a web address that begins with https:// or http://"),
    "repository": (ADDRESS, "a web address that begins with https:// or http://"),
    "dormant_after_months": (r"[1-9]\d?", "a number of months, such as 12"),
    "version": (r"\d{4}\.(0|[1-9]\d*)\.(0|[1-9]\d*)", "YEAR.DATA.TEXT, such as 2026.1.0"),
}
OTHER_FIELDS = ("author", "title", "journal", "howpublished", "volume", "number", "read", "annote")

SORT = "Run 'make sort'."

BOM = b"\xef\xbb\xbf"
#: How files begin that are no text in UTF-8.
STARTS = {
    b"PK\x03\x04": "a spreadsheet or another packed file",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF",
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
CELL = re.compile(r'(?:"((?:[^"]|"")*+)"|([^",]*+))(,|\Z)')
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?", re.ASCII)
ENTRY = re.compile(r"\s*@(\w+)\s*[{(]\s*([^\s,}]*)")
FIRST_LINE = re.compile(rf"@({'|'.join(ENTRIES)})\{{[^\s,{{}}]+,")
NOWHERE = re.compile(r"(not )?(known|unknown|stated|given|available|none|paper|text)")
FIELD = re.compile(r"\s*([A-Za-z][\w-]*)\s*=")
CONFLICT = re.compile(r"(<{7}|\|{7}|={7}|>{7})( |$)")


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: where it is, what must be, what was found, and what to do.

    Parameters
    ----------
    file : str
        Path from the root of the project.
    row : int
        Line of the file as an editor counts it, its header being line 1; 0 for the file as a whole.
    column : str
        Column of a table, or field of the dictionary or of a reference; empty for the whole line.
    must, found, remedy : str
        ``must`` goes on after the word 'must'; ``remedy`` is one or more sentences.
    """

    file: str
    row: int
    column: str
    must: str
    found: str
    remedy: str

    def __str__(self) -> str:
        line = f"{'row' if self.file.endswith('.csv') else 'line'} {self.row}" if self.row else ""
        place = ", ".join(part for part in (self.file, line, self.column) if part)
        return _visible(f"{place}: must {self.must}, found {self.found}. {self.remedy}")


@dataclass
class Text:
    """A file of the package: its bytes, and those of its lines that can be read, by number and without their ends."""

    file: str
    raw: bytes
    lines: list[tuple[int, str]]
    whole: bool = True

    def fault(self, row: int, must: str, found: str, remedy: str, column: str = "") -> Fault:
        """Make a fault of this file."""
        return Fault(self.file, row, column, must, found, remedy)


@dataclass
class Table:
    """A table as far as it can be read: the columns that the dictionary knows, the rows that have the right form."""

    resource: str
    text: Text
    schema: dict[str, Any]
    columns: list[str]
    rows: list[Row]
    whole: bool

    @property
    def name(self) -> str:
        """Name of the file without its ending."""
        return self.resource.replace("-", "_")

    @property
    def key(self) -> list[str]:
        """Columns of the primary key."""
        return list(self.schema["primaryKey"])

    @cached_property
    def fields(self) -> dict[str, dict[str, Any]]:
        """What the dictionary says about each column."""
        return {f["name"]: f for f in self.schema["fields"]}

    def constraints(self, column: str) -> dict[str, Any]:
        """Give what the dictionary asks of a column; nothing where that is no mapping, which another rule tells."""
        constraints = self.fields[column].get("constraints")
        return constraints if isinstance(constraints, dict) else {}

    @cached_property
    def numeric(self) -> list[str]:
        """Columns that hold numbers."""
        return [c for c in self.columns if self.fields[c].get("type") in ("number", "integer")]

    @property
    def complete(self) -> bool:
        """Whether the file has every column of the dictionary."""
        return len(self.columns) == len(self.fields)


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    table: Table
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def number(self, column: str) -> float | None:
        """Give the number in a cell, or None where the cell is blank or not written as a number."""
        cell = self.cells[column]
        if cell.endswith("INF"):
            return {"INF": math.inf, "-INF": -math.inf}.get(cell)
        return float(cell) if NUMBER.fullmatch(cell) else None

    @property
    def place(self) -> tuple[str, int]:
        """File and line."""
        return self.table.text.file, self.line

    def fault(self, column: str, must: str, remedy: str, found: str = "") -> Fault:
        """Make a fault of one cell, which shows the cell unless something else was found."""
        return Fault(self.table.text.file, self.line, column, must, found or _shown(self.cells.get(column, "")), remedy)


@dataclass
class References:
    """The bibliography: its entries, and the lines on which entries and their fields stand."""

    text: Text
    entries: Mapping[str, Any] = field(default_factory=dict)
    keys: list[tuple[int, str]] = field(default_factory=list)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    whole: bool = False

    def line(self, key: str, name: str) -> int:
        """Line of a field, or of its entry where the field has no line of its own."""
        return self.lines.get((key, name), self.lines.get((key, ""), 0))


@dataclass
class Package:
    """The data package as far as it can be read, with the faults that reading found."""

    data: Path
    descriptor: Any = None
    resources: list[dict[str, Any]] = field(default_factory=list)
    texts: dict[str, Text] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    references: References = field(default_factory=lambda: References(Text(f"data/{REFERENCES}", b"", [])))
    found: list[Fault] = field(default_factory=list)
    #: Files and lines of rows with a fault, with which no other number is compared.
    doubtful: set[tuple[str, int]] = field(default_factory=set)

    def rows(self, table: str) -> list[Row]:
        """Rows of a table; none where the table cannot be read or lacks a column."""
        return self.tables[table].rows if table in self.tables and self.tables[table].complete else []

    def whole(self, *tables: str) -> bool:
        """Whether every row of the tables could be read, so that what is not there is truly missing."""
        return all(t in self.tables and self.tables[t].whole and self.tables[t].complete for t in tables)


def check(data: Path = DATA) -> list[Fault]:
    """Find every fault of the data package. It changes nothing, and bad input does not stop it.

    Parameters
    ----------
    data : Path
        Folder that holds ``datapackage.json``, the CSV files and ``references.bib``.

    Returns
    -------
    list of Fault
        Sorted by file, row and column.
    """
    package = _read(data)
    breaks = _breaks(package)
    package.doubtful.update((fault.file, fault.row) for fault in breaks if fault.column not in BESIDE)
    faults = _told(package, OF_NUMBERS, breaks)
    return sorted(_told(package, [verdicts_follow], faults))


def broken(data: Path = DATA) -> list[Fault]:
    """Find the faults that keep the data from being computed with; numbers that disagree are none of them.

    Parameters
    ----------
    data : Path
        Folder of the data package.

    Returns
    -------
    list of Fault
        Sorted by file, row and column.
    """
    return sorted(_breaks(_read(data)))


def _breaks(package: Package) -> set[Fault]:
    """Find all faults but numbers that disagree."""
    faults = _told(package, [rule for rule in RULES if rule not in OF_NUMBERS])
    return faults.union(_out_of_order(package, faults))


def _told(package: Package, rules: Iterable[Rule], before: Iterable[Fault] = ()) -> set[Fault]:
    """Run rules; of several faults in one cell the first rule's is told."""
    faults = {*package.found, *before}
    told = {(fault.file, fault.row, fault.column) for fault in faults}
    for rule in rules:
        for fault in _run(rule, package):
            cell, line = (fault.file, fault.row, fault.column), (fault.file, fault.row, "")
            if fault.row == 0 or not told & {cell, line}:
                faults.add(fault)
                told.add(cell)
    return faults


def main_text(faults: list[Fault], data: Path = DATA) -> str:
    """Write every fault on a line of its own, and then the verdict on one line.

    Parameters
    ----------
    faults : list of Fault
        What `check` found.
    data : Path
        Folder of the data package, which is counted where there is no fault.

    Returns
    -------
    str
    """
    if faults:
        files = _count(len({fault.file for fault in faults}), "file")
        return "\n".join([*map(str, faults), f"{_count(len(faults), 'fault')} in {files}. Nothing was changed."])
    package = _read(data)
    tables, sources = _count(len(package.tables), "table"), _count(len(package.references.entries), "source")
    rows = _count(sum(len(table.rows) for table in package.tables.values()), "row")
    return f"data: {tables}, {rows}, {sources}: no fault."


def annotation(fault: Fault) -> str:
    """Write a fault as a workflow command, which GitHub shows on its line of the pull request.

    Parameters
    ----------
    fault : Fault

    Returns
    -------
    str
    """
    place = "".join(f"%{ord(char):02X}" if char in "%:," else char for char in _visible(fault.file))
    line = f",line={fault.row}" if fault.row else ""
    return f"::error file={place}{line}::{str(fault).replace('%', '%25')}"


# ------------------------------------------------------------------------------------------------ words of messages


def _shown(text: object) -> str:
    """Show what was found: a number as it is, other text in quotes, shortened, what is invisible as its code."""
    text = str(text)
    if not text:
        return "nothing"
    if NUMBER.fullmatch(text):
        return text
    return f"'{_visible(text if len(text) <= 80 else text[:77] + '...')}'"


def _visible(text: str) -> str:
    """Replace what a terminal would run or not show by its code."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def _near(word: str, known: Iterable[str]) -> str:
    """Suggest the known word that is most like a wrong one."""
    near = difflib.get_close_matches(word[:80], sorted(known), n=1)
    return f"Did you mean {_shown(near[0])}? " if near else ""


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


# ---------------------------------------------------------------------------------------------------------- reading


def _read(data: Path) -> Package:
    """Read what can be read of the package."""
    package = Package(data)
    _read_dictionary(package)
    for resource in package.resources:
        _read_table(package, resource)
    _read_references(package)
    return package


def _read_text(package: Package, name: str) -> Text | None:
    """Read a file line by line, so that a letter in another encoding costs only its line."""
    path, text, found = package.data / name, Text(f"data/{name}", b"", []), ""
    restore = f"Restore the file{f', or delete its entry in data/{DICTIONARY}' if name.endswith('.csv') else ''}."
    save = f"Save the file as {'CSV UTF-8' if name.endswith('.csv') else 'UTF-8'}."
    try:
        if path.is_symlink():
            found = "a link"
        elif path.exists() and not path.is_file():  # a pipe, for instance, would keep the check waiting
            found = "a folder" if path.is_dir() else "no common file"
        else:
            text.raw = path.read_bytes()
    except OSError as error:
        found = "no file" if isinstance(error, FileNotFoundError) else "a file that cannot be opened"
    if found or not text.raw.strip(BOM + b"\r\n\t ,;"):
        package.found.append(text.fault(0, "be a file with text", found or "nothing in it", restore))
        return None
    kind = next((kind for start, kind in STARTS.items() if text.raw.startswith(start)), "")
    if not kind and text.raw.count(0) * 10 > len(text.raw):
        kind = "UTF-16, or no text at all"
    if kind:
        package.found.append(text.fault(0, "be text in UTF-8", kind, save))
        return None
    raw = text.raw.removeprefix(BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n")
    for number, line in enumerate(raw.split(b"\n"), start=1):
        try:
            decoded = line.decode("utf-8")
        except UnicodeDecodeError as error:
            before = _shown(line[: error.start].decode("utf-8")[-20:])
            found, remedy = f"the byte {line[error.start]:#04x} after {before}", f"Type that letter again. {save}"
            package.found.append(text.fault(number, "be text in UTF-8", found, remedy))
            text.whole = False
            continue
        if CONFLICT.match(decoded):
            remedy = "Run 'make merge', or keep the lines that are right and delete the marks between them."
            package.found.append(text.fault(number, "be no mark of a merge conflict", _shown(decoded), remedy))
            text.whole = False
            continue
        text.lines.append((number, decoded))
    package.texts[name] = text
    return text


def _read_dictionary(package: Package) -> None:
    """Read the dictionary; of its tables only those that it describes well enough to read them."""
    text = _read_text(package, DICTIONARY)
    if text is None:
        return
    resources: Any = None
    try:
        twice: list[str] = []
        package.descriptor = json.loads(
            "\n".join(line for _, line in text.lines), object_pairs_hook=partial(_properties, twice)
        )
        for name in dict.fromkeys(twice):
            remedy = "Delete one of the two; only the last of them is read."
            package.found.append(text.fault(0, "have each property once in its place", f"{_shown(name)} twice", remedy))
        resources = package.descriptor["resources"]
    except json.JSONDecodeError as error:
        at = text.lines[min(error.lineno, len(text.lines)) - 1][0] if text.lines else 0
        remedy = "Look for a comma, quote or bracket that is missing or too many, here or on the line before."
        package.found.append(text.fault(at, "be JSON", "an error", remedy))
        return
    except (LookupError, TypeError, ValueError, RecursionError):
        pass  # told below
    if not isinstance(resources, list):
        must, found = "be a data package, with a list of 'resources'", "another form"
        package.found.append(text.fault(0, must, found, "Restore the file."))
        return
    for number, resource in enumerate(resources, start=1):
        must, found = _wrong_resource(resource), f"resource {number} otherwise"
        if not must and any(resource["name"] == other["name"] for other in package.resources):
            must, found = f"describe {resource['path']} once", f"it again in resource {number}"
        if must:
            package.found.append(text.fault(0, must, found, "Write it like the other resources."))
        else:
            package.resources.append(resource)
    described = {resource["path"] for resource in package.resources}
    for name in TABLES if not package.found else []:
        if f"{name}.csv" not in described:
            must = "describe every table of the review under 'resources'"
            package.found.append(text.fault(0, must, f"no {name}.csv", "Restore its entry."))


def _properties(twice: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON, and note the names that stand twice in it."""
    twice += [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    return dict(pairs)


def _wrong_resource(resource: Any) -> str:
    """Say what the entry of a table must have and has not; nothing where the table can be read by it."""
    try:
        name, path, schema = resource["name"], resource["path"], resource["schema"]
        columns, key = [f["name"] for f in schema["fields"]], schema["primaryKey"]
        words = [name, path, *columns, *key]
        fit = columns and key and all(isinstance(word, str) and word for word in words) and set(key) <= set(columns)
        fit = fit and isinstance(key, list) and isinstance(schema.get("foreignKeys", []), list)
    except (LookupError, TypeError, AttributeError):
        fit = False
    if not fit:
        return "have name, path and schema, and each schema fields with names and a primaryKey among them"
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or path != name.replace("-", "_") + ".csv":
        return "have names of small letters, digits and hyphens, and the name with underscores and .csv as path"
    if schema.get("missingValues", [""]) != [""]:
        return "leave blank what is not known (missingValues)"
    for entry, known in ((resource, OF_TABLE), (schema, OF_SCHEMA), *((f, OF_COLUMN) for f in schema["fields"])):
        for other in sorted(set(entry) - set(known)):
            return f"have no property '{other}'"
    return next((f"have {k} {v}" for k, v in RIGHT.items() if resource.get(k, v) != v), "")


def _cells(line: str) -> list[str] | None:
    """Split a line into its cells; None where its quotes are not those of a CSV file."""
    if '"' not in line:
        return line.split(",")
    cells, at = [], 0
    while match := CELL.match(line, at):
        cells.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        if not match[3]:
            return cells
        at = match.end()
    return None


def _read_table(package: Package, resource: dict[str, Any]) -> None:
    """Read a table: its header against the dictionary, then each line that has the right form."""
    text = _read_text(package, resource["path"])
    if text is None or not text.lines or text.lines[0][0] != 1:
        return
    labels = _cells(text.lines[0][1]) or []
    table = Table(resource["name"], text, resource["schema"], [], [], text.whole)
    table.columns = [label for label in dict.fromkeys(labels) if label in table.fields]
    package.found += _faults_of_header(table, labels)
    read = [(number, line, _cells(line)) for number, line in text.lines[1:]]
    widths = Counter(len(cells) for _, _, cells in read if cells and any(cells))
    disordered = sorted(labels) == sorted(table.fields) and labels != list(table.fields)
    if not table.columns or len(set(labels)) < len(labels) or disordered:
        return  # nobody knows which cell is which
    if len(widths) == 1 and widths.total() > 1 and len(labels) not in widths:
        must = f"have as many names as the rows have cells ({next(iter(widths))})"
        package.found.append(text.fault(1, must, str(len(labels)), "Correct the header, or every row."))
        return
    rows = read or table.name in MAY_BE_EMPTY
    faults = [] if rows else [text.fault(0, "have a row below its header", "none", "Restore the rows.")]
    for number, line, cells in read:
        if cells is None:
            must = "have quotes at both ends of a quoted cell and two for each quote inside it"
            remedy = "Correct the quotes; a cell holds no line break."
            faults.append(text.fault(number, must, _shown(line), remedy))
        elif not any(cell.strip() for cell in cells) or cells == labels:
            found = "the header again" if cells == labels else "a blank line"
            faults.append(text.fault(number, "hold a fact", found, "Delete the line."))
        elif len(cells) != len(labels):
            remedy = "Put quotes round a cell that holds a comma, or add the commas of the blank cells."
            faults.append(text.fault(number, f"have {len(labels)} cells", str(len(cells)), remedy))
        else:
            known = {c: cell for c, cell in zip(labels, cells, strict=True) if c in table.fields}
            table.rows.append(Row(table, number, known))
    package.found += faults
    table.whole &= not faults
    package.tables[table.name] = table


def _faults_of_header(table: Table, labels: list[str]) -> Iterator[Fault]:
    """Test that a header names the columns of the dictionary, each once and in its order."""
    text, fields = table.text, list(table.fields)
    if not table.columns:
        must = f"name the columns, with commas between them: {','.join(fields[:3])} and so on"
        yield text.fault(1, must, _shown(text.lines[0][1]), "Restore the header, and save the file with commas.")
        return
    for label, times in Counter(labels).items():
        if label not in fields:
            column, must = label or "(no name)", f"be a column of data/{DICTIONARY}"
            remedy = f"{_near(label, set(fields) - set(labels))}Correct the name, or describe the column there."
            yield text.fault(1, must, _shown(label), remedy, column)
        elif times > 1:
            yield text.fault(1, "be the name of one column", f"{times} of that name", "Delete the others.", label)
    for name in fields:
        if name not in labels:
            remedy = f"Add the column, or delete its entry in data/{DICTIONARY}."
            yield text.fault(1, "be a column of the file", "no such column", remedy, name)
    if sorted(labels) == sorted(fields) and labels != fields:
        label, name = next((a, b) for a, b in zip(labels, fields, strict=True) if a != b)
        must = f"come in the order of data/{DICTIONARY}, where {name} stands here"
        yield text.fault(1, must, label, "Correct the header, or move the columns back with their cells.", label)


def _read_references(package: Package) -> None:
    """Read the references, and find on which lines their entries and fields stand."""
    text = _read_text(package, REFERENCES)
    if text is None:
        return
    # Imported here, as frictionless is below, so that a program that only shows faults need not wait for them.
    import pybtex.errors
    from pybtex.database.input.bibtex import Parser

    references = package.references = References(text, whole=text.whole)
    for number, line in text.lines:
        if match := ENTRY.match(line):
            references.keys.append((number, match[2]))
            references.lines.setdefault((match[2], ""), number)
        elif references.keys and (match := FIELD.match(line)):
            references.lines.setdefault((references.keys[-1][1], match[1].lower()), number)
    with pybtex.errors.capture() as errors:
        try:
            references.entries = Parser().parse_string("\n".join(line for _, line in text.lines)).entries
        except Exception as raised:  # whatever a parser from elsewhere makes of a broken file, the file is at fault
            errors.append(raised)
    unseen = {number for number, line in text.lines if not line.replace("\t", " ").isprintable()}
    for error in errors:
        if "repeated bibliography entry" not in str(error):  # `references_once` tells that, with its line
            fault = _fault_of_parser(references, error)
            if fault.row not in unseen:  # else `plain_lines` tells why it cannot be read
                package.found.append(fault)
            references.broken.update([key for line, key in references.keys if line < fault.row][-1:])
            references.whole = False


def _fault_of_parser(references: References, error: Exception) -> Fault:
    """Say in plain words what the parser found."""
    text, kind = references.text, type(error).__name__
    number = min(getattr(error, "lineno", None) or 0, len(text.lines))
    line = text.lines[number - 1][0] if number else 0
    if kind == "InvalidNameString":
        name = str(error).removeprefix("Too many commas in ").strip("'\"")
        line = next((number for number, line in text.lines if name in line), 0)
        must = "be names as 'Last, First', with ' and ' between them"
        return text.fault(line, must, _shown(name), "Correct the names.", "author")
    if kind == "DuplicateField":
        words = str(error).split()
        line = references.line(words[3], words[-2])
        return text.fault(line, "stand once in an entry", "two", "Delete one of the two.", words[-2])
    if kind == "UndefinedMacro":
        return text.fault(line, "have braces round each value", "a word without them", "Put braces round the value.")
    remedy = "Look for a comma or brace that is missing or too many, here or in the lines before."
    return text.fault(line, "be BibTeX", "an error", remedy)


# ------------------------------------------------------------------------------------------- the order of the rows


def _natural(text: str) -> tuple[object, ...]:
    """Give a key that puts a-2 before a-10, and small letters beside capital ones."""
    parts = re.split(r"0*([0-9]+)", text.casefold())
    return (*((len(part), part) if at % 2 else part for at, part in enumerate(parts)), text)


def _order(table: Table) -> list[str]:
    """Name the columns by which the rows of a table stand: what they are about, then their ids."""
    about = [ABOUT[table.name]] if table.name in ABOUT else []
    return list(dict.fromkeys([*about, *table.key]))


def place(row: Row) -> tuple[tuple[object, ...], ...]:
    """Give the key by which a row stands in its table."""
    return tuple(_natural(row[column]) for column in _order(row.table))


def _out_of_order(package: Package, told: Iterable[Fault]) -> Iterator[Fault]:
    """Find the first row of a file that is out of its place; one with another fault may have a wrong id or study."""
    wrong = {(fault.file, fault.row) for fault in told}
    for table in package.tables.values():
        if table.name not in UNSORTED and table.complete and table.text.whole:
            key = table.key[-1]
            must = f"stand in the order of {' and then of '.join(_order(table))}"
            rows = [row for row in table.rows if (table.text.file, row.line) not in wrong]
            for before, row in pairwise(rows):
                if place(row) < place(before):
                    yield row.fault(key, must, SORT, f"{_shown(row[key])} after {_shown(before[key])}")
                    break
    text = package.references.text
    keys = [(line, key) for line, key in package.references.keys if (text.file, line) not in wrong]
    for (_, former), (line, latter) in pairwise(keys if package.references.whole else []):
        if _natural(latter) < _natural(former):
            found = f"{_shown(latter)} after {_shown(former)}"
            yield text.fault(line, "stand in the order of the keys", found, SORT)
            return


def sort(data: Path = DATA) -> list[str]:
    """Put the rows of every table, and the references, in their order; their text stays as it is.

    Parameters
    ----------
    data : Path
        Folder of the data package.

    Returns
    -------
    list of str
        Names of the files that were sorted. A file that cannot be read whole is left as it is; the check tells why.
    """
    package = _read(data)
    new: dict[str, str] = {}
    for table in package.tables.values():
        if table.name not in UNSORTED and table.whole and table.complete:
            lines = dict(table.text.lines)
            rows = [lines[row.line] for row in sorted(table.rows, key=place)]
            new[table.text.file] = "\n".join([lines[1], *rows, ""])
    references = package.references
    if references.whole and not any(text_between_references(package)):
        starts = [line - 1 for line, _ in references.keys]
        every = [line for _, line in references.text.lines]
        entries = ["\n".join(every[a:b]).strip() for a, b in pairwise([*starts, len(every)])]
        keyed = sorted(zip((_natural(key) for _, key in references.keys), entries, strict=True))
        new[references.text.file] = "\n\n".join(entry for _, entry in keyed) + "\n"
    changed = [file for file, text in new.items() if text.encode() != (data.parent / file).read_bytes()]
    for file in changed:
        replace_file(data.parent / file, new[file].encode())
    return changed


# ------------------------------------------------------------------------------------------- how a rule is run

Rule = Callable[[Package], Iterator[Fault]]
#: What a rule on a row says: column, what must be, remedy, and what was found where that is not the cell.
Wrong = tuple[str, ...]


def _run(rule: Rule, package: Package) -> Iterator[Fault]:
    """Run a rule; one that breaks is a fault like any other, and hides none of the others."""
    try:
        yield from rule(package)
    except KeyError as error:
        must = f"describe the column {_shown(error.args[0])}, which the rule {rule.__name__} reads"
        remedy = "Restore the column, or change the rule with it."
        yield Fault(f"data/{DICTIONARY}", 0, "", must, "no such column", remedy)
    except Exception as error:
        remedy = "All other rules ran. Report this line: the rule must be mended, whatever the data hold."
        yield Fault("livingreview/check.py", 0, rule.__name__, "run to its end", f"a {type(error).__name__}", remedy)


def each(*columns: str, tables: Iterable[str] = ()) -> Callable[[Callable[[Row], Iterator[Wrong]]], Rule]:
    """Make a rule on a row a rule on every row of the tables that have the columns it needs.

    Parameters
    ----------
    *columns : str
        Columns that the rule reads.
    tables : iterable of str
        Tables it is for; all where there are none.

    Returns
    -------
    callable
        Decorator.
    """

    def decorate(rule: Callable[[Row], Iterator[Wrong]]) -> Rule:
        @wraps(rule)
        def on_rows(package: Package) -> Iterator[Fault]:
            described = [{f["name"] for f in resource["schema"]["fields"]} for resource in package.resources]
            missing = min((sorted(set(columns) - names) for names in described), key=len, default=[])
            if missing and not package.found:
                raise KeyError(missing[0])  # else a rule would fall silent with the column that it reads
            for table in package.tables.values():
                if (not tables or table.name in tables) and set(columns) <= set(table.columns):
                    for row in table.rows:
                        yield from (row.fault(*wrong) for wrong in rule(row))

        return on_rows

    return decorate


# ------------------------------------------------------------------------------------------- rules: files and text


def files_described(package: Package) -> Iterator[Fault]:
    """Test that nothing lies in the folder but the dictionary, the tables that it describes and the references."""
    text = package.texts.get(DICTIONARY)
    # also a table whose entry has a fault is described
    described = "\n".join(line for _, line in text.lines) if text else ""
    for path in sorted(package.data.iterdir()) if package.resources else []:
        named = path.name in (DICTIONARY, REFERENCES) or (path.suffix == ".csv" and f'"{path.name}"' in described)
        if not named and not path.name.startswith("."):
            must, found, remedy = f"be described in data/{DICTIONARY}", "no entry", "Describe it there, or move it out."
            if path.suffix.lower() != ".csv" or not path.is_file():
                must, found, remedy = "not be here", "no part of the data", "Move it out of the folder."
            yield Fault(f"data/{path.name}", 0, "", must, found, remedy)


def columns_described(package: Package) -> Iterator[Fault]:
    """Test that the dictionary has a description and a right type for every column, and describes it once."""
    if not package.resources:
        return
    text = package.texts[DICTIONARY]
    places = _lines_of_columns(text)
    for resource in package.resources:
        fields, lines = resource["schema"]["fields"], places.get(resource["path"], {})
        refers = {column for key in resource["schema"].get("foreignKeys", []) for column in _fields_of(key)}
        names = Counter(f["name"] for f in fields)
        for f in fields:
            must = remedy = found = ""
            if names[f["name"]] > 1:
                must, found, remedy = "be described once", f"{names[f['name']]} entries", "Delete the others."
            elif not str(f.get("description", "")).strip():
                must, found, remedy = "have a description", "nothing", "Say in a sentence what the column holds."
            elif f.get("type") not in TYPES:
                must, found = f"have a type: {', '.join(TYPES)}", _shown(f.get("type", ""))
                remedy = "Correct the type."
            elif _reader(json.dumps(f)) is None:
                must, found = "have constraints that fit its type", _shown(json.dumps(f.get("constraints", "")))
                remedy = "Use required, unique, enum, pattern, minimum and maximum as the other columns do."
            elif f["name"] in REQUIRED and f.get("constraints", {}).get("required") is not True:
                must, found, remedy = "be required", "nothing that requires it", "Restore its constraint."
            elif f["name"] in LISTED and "enum" not in f.get("constraints", {}):
                must, found, remedy = "list its words", "no enum", "Restore it among the constraints."
            elif f["name"] == "study_id" and resource["name"] != "studies" and "study_id" not in refers:
                must, found, remedy = "be a foreign key to studies", "none", "Restore it under foreignKeys."
            if must:
                column = f"{resource['name']}.{f['name']}"
                yield text.fault(lines.get(f["name"], 0), must, found, remedy, column)


def dictionary_valid(package: Package) -> Iterator[Fault]:
    """Test that the dictionary, where nothing else is wrong with it, keeps the standard for data packages."""
    text = package.texts.get(DICTIONARY)
    if text and not package.found and not any(columns_described(package)):
        for note in _broken_standard(json.dumps(package.descriptor)):
            where = re.search(r"at property '([^']*)'", note)
            found = f"a wrong {_shown(where[1])}" if where else "another form"
            yield text.fault(0, "keep the standard for data packages", found, "Correct or delete that property.")


def _fields_of(key: Any) -> list[str]:
    """Columns of a foreign key; none where it has another form, which `foreign_keys` tells."""
    fields = key.get("fields") if isinstance(key, dict) else None
    return [name for name in fields if isinstance(name, str)] if isinstance(fields, list) else []


@lru_cache(maxsize=1)
def _broken_standard(descriptor: str) -> tuple[str, ...]:
    """Say what the standard for data packages finds wrong with a dictionary."""
    import frictionless

    return tuple(error.note for error in frictionless.Package.metadata_validate(json.loads(descriptor)))


def _lines_of_columns(text: Text) -> dict[str, dict[str, int]]:
    """Find the lines of the dictionary on which the columns are named, by the path of their table."""
    found: dict[str, dict[str, int]] = {}
    path = ""
    for number, line in text.lines:
        if match := re.match(r'\s*"(path|name)": "([^"]*)"', line):
            path = match[2] if match[1] == "path" else path
            if match[1] == "name":
                found.setdefault(path, {}).setdefault(match[2], number)
    return found


@cache
def _reader(entry: str) -> Callable[[str], tuple[Any, Mapping[str, str] | None]] | None:
    """Make the function of frictionless that reads a cell of a column; None where the column's entry is wrong."""
    import frictionless

    try:
        read: Callable[[str], tuple[Any, Mapping[str, str] | None]]
        read = frictionless.Field.from_descriptor(json.loads(entry)).create_cell_reader()
        read("1")
    except Exception:  # errors of many kinds come out here, and each means the same
        return None
    return read


def byte_order_mark(package: Package) -> Iterator[Fault]:
    """Test that no file begins with a byte-order mark."""
    for text in package.texts.values():
        if text.raw.startswith(BOM):
            yield text.fault(0, "begin with its text", "a byte-order mark", "Save the file as UTF-8 without that mark.")


def line_ends(package: Package) -> Iterator[Fault]:
    """Test that lines end with a line feed alone, and that the last line ends."""
    for text in package.texts.values():
        if b"\r" in text.raw:
            line = text.raw.partition(b"\r")[0].count(b"\n") + 1
            found = f"carriage returns (as on Windows), first in line {line}"
            yield text.fault(0, "have the line ends of Unix", found, "Save the file with line ends 'LF'.")
        if not text.raw.endswith((b"\n", b"\r")):
            yield text.fault(0, "end with a line end", "none", "Press Enter at the end of the last line.")


Test = tuple[Callable[[str], object], str, str]
#: What no line and no cell may hold: a function that finds it, what must be, and what to do.
LINES: tuple[Test, ...] = (
    (
        # control characters, invisible ones, text turned round, spaces other than the common one
        lambda text: not text.isprintable(),
        "hold visible characters and common spaces",
        "Delete what is shown as a code, or type it again.",
    ),
    (
        re.compile(r"[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|\u00ef\u00bb\u00bf|\ufffd").search,
        "hold letters that were read in the right encoding",
        "Type those letters again.",
    ),
    (
        lambda text: not text.isascii() and any(char.isdecimal() and not char.isascii() for char in text),
        "have digits from 0 to 9",
        "Type those digits again.",
    ),
    (
        lambda text: not unicodedata.is_normalized("NFC", text),
        "have each letter with its accent as one character",
        "Type those letters again.",
    ),
    (
        # for example a Cyrillic letter that looks like a Latin one, the joined letters of a PDF, wide letters
        re.compile(
            r"[A-Za-z]\w*[\u0370-\u03bb\u03bd-\u052f]|[\u0370-\u03bb\u03bd-\u052f]\w*[A-Za-z]"
            r"|[\ufb00-\ufb06\uff01-\uff5e\U0001d400-\U0001d7ff\U0001f000-\U0001faff]"
        ).search,
        "have letters of one alphabet in a word, and no joined letters or pictures",
        "Type that word again.",
    ),
    (
        re.compile(r"<[A-Za-z/!?]|&#?\w+;|(java|vb)script:|data:text/|\bon\w+ ?= ?[\"']", re.IGNORECASE).search,
        "hold plain text without HTML or scripts",
        "Write it in words; a space may follow '<'.",
    ),
)
#: What no cell may hold besides.
CELLS: tuple[Test, ...] = (
    *LINES,
    (
        lambda text: text != text.strip() or "  " in text,
        "have no space at its ends and no two in a row",
        "Delete the spaces.",
    ),
    (
        # words that stand for nothing, and the errors of spreadsheets
        re.compile(r"n/?a|nan|null|nil|tbd|todo|fixme|\?+|-+|\.+|x{3,}|#(n/a|[a-z/0]+[!?])", re.IGNORECASE).fullmatch,
        "be blank where nothing is known",
        "Delete what stands there, or write what is known.",
    ),
    (
        re.compile(r"\u2212|(?<![\w)])[\u2010-\u2015\ufe63\uff0d]\s?[\d.]").search,
        "have a plain hyphen (-) as minus",
        "Type the minus again.",
    ),
    (
        re.compile(r"(?<![\d,.])\d{1,3},\d{1,2}(?![\d,])").search,
        "have a point before decimals, and a space after any other comma",
        "Correct the comma.",
    ),
    (
        re.compile(r"[=+@\uff0b\uff1d\uff20].|-(?!\.?\d[\d.]*($|[;,%)\s]))").match,
        "not begin like a formula of a spreadsheet (= + - @)",
        "Begin with a letter or a digit.",
    ),
)


@lru_cache(maxsize=8192)
def _wrong(text: str, tests: tuple[Test, ...]) -> Wrong:
    """Give what the first failing test says; the same words stand in many cells, hence the cache."""
    return next(((must, remedy) for finds, must, remedy in tests if finds(text)), ())


def fits(cell: str) -> bool:
    """Say whether a text could stand in a cell: nothing of what `CELLS` lists is in it."""
    return not _wrong(cell, CELLS)


def plain_lines(package: Package) -> Iterator[Fault]:
    """Test lines of the dictionary and the references for what `LINES` lists."""
    for text in (package.texts[name] for name in (DICTIONARY, REFERENCES) if name in package.texts):
        for number, line in text.lines:
            if wrong := _wrong(line.replace("\t", " "), LINES):
                yield text.fault(number, wrong[0], _shown(line.strip()), wrong[1])


@each()
def plain_cells(row: Row) -> Iterator[Wrong]:
    """Test cells for what `CELLS` lists."""
    for column, cell in row.cells.items():
        if cell and (wrong := _wrong(cell, CELLS)):
            yield column, *wrong
        elif ("://" in cell or "www." in cell) and row.table.name != "review":
            remedy = f"Put the address into data/{REFERENCES}, and name its source here."
            yield column, "hold no web address", remedy


@each()
def plain_numbers(row: Row) -> Iterator[Wrong]:
    """Test that a number has digits and at most one point; INF is for the open end of an interval."""
    for column in row.table.numeric:
        if row[column] and (row.number(column) is None or (row[column].endswith("INF") and column[:3] != "ci_")):
            yield column, "be a plain number such as 1801, 0.50 or -3.2", "Write the number, and the rest in the note."


# ------------------------------------------------------------------------------------------- rules: the Table Schema


def table_schema(package: Package) -> Iterator[Fault]:
    """Test types, required cells, allowed words, forms and bounds of cells."""
    for table in package.tables.values():
        for column in table.columns:
            read = _reader(json.dumps(table.fields[column]))
            for row in table.rows if read else []:
                # a cell that is no plain number has been told; frictionless would take some of them, such as 1_000
                if row[column] and column in table.numeric and row.number(column) is None:
                    continue
                for broken in (read(row[column])[1] if read else None) or ():
                    yield _fault_of_cell(row, column, broken)


def _fault_of_cell(row: Row, column: str, broken: str) -> Fault:
    """Say in plain words which type or constraint a cell breaks."""
    bound: Any = row.table.constraints(column).get(broken)
    remedy = "Correct the cell."
    if broken == "type":
        words = {"integer": "be a whole number", "date": "be a date that exists, as YYYY-MM-DD"}
        return row.fault(column, words.get(row.table.fields[column]["type"], "be a number"), remedy)
    if broken == "required":
        return row.fault(column, "be filled in", "Write what the source says.")
    if broken == "enum":
        allowed = [str(word) for word in bound]
        few = ", ".join(allowed) if len(allowed) <= 8 else f"the {len(allowed)} words that data/{DICTIONARY} lists"
        return row.fault(column, f"be one of {few}", _near(row[column], allowed) + remedy)
    if broken == "pattern":
        right = [other[column] for other in row.table.rows if other[column] and re.fullmatch(bound, other[column])]
        near = difflib.get_close_matches(row[column][:80], right, n=1, cutoff=0)
        like = f"be written like {_shown(near[0])}" if near else f"have the form {bound}"
        return row.fault(column, like, f"Correct the cell; its pattern is in data/{DICTIONARY}.")
    return row.fault(column, f"be {'at least' if broken == 'minimum' else 'at most'} {bound}", remedy)


def keys_once(package: Package) -> Iterator[Fault]:
    """Test that what is unique in a table, its primary key above all, stands once."""
    for table in package.tables.values():
        unique = [(c,) for c in table.columns if table.constraints(c).get("unique")]
        for key in dict.fromkeys([tuple(table.key), *unique]):
            first: dict[tuple[str, ...], int] = {}
            for row in table.rows if set(key) <= set(table.columns) else []:
                cells = tuple(row[c] for c in key)
                if any(cells) and first.setdefault(cells, row.line) != row.line:
                    must = f"differ from row to row (row {first[cells]} has it)"
                    remedy = f"Correct it{_free(table, *cells)}, or delete the row."
                    yield row.fault(", ".join(key), must, remedy, _shown(", ".join(cells)))


def _free(table: Table, *cells: str) -> str:
    """Offer the next free number of an id that ends with one."""
    ids = [re.fullmatch(r"(.*?)(\d{1,9})", row[table.key[0]], re.ASCII) for row in table.rows]
    stem = re.fullmatch(r"(.*?)(\d{1,9})", cells[0], re.ASCII) if len(cells) == 1 else None
    if not stem:
        return ""
    last = max((one for one in ids if one and one[1] == stem[1]), key=lambda one: int(one[2]), default=stem)
    return f" ({stem[1]}{int(last[2]) + 1:0{len(last[2])}d} is free)"


def foreign_keys(package: Package) -> Iterator[Fault]:
    """Test that a row that refers to another table finds what it names there."""
    columns = {r["name"]: {f["name"] for f in r["schema"]["fields"]} for r in package.resources}
    described = {table.replace("_", "-") for table in TABLES}
    for name, key in ((r["name"], key) for r in package.resources for key in r["schema"].get("foreignKeys", [])):
        try:
            (ours,), other, (theirs,) = key["fields"], key["reference"]["resource"], key["reference"]["fields"]
            fit = ours in columns[name] and theirs in columns[other]
        except (LookupError, TypeError, ValueError):
            fit = False
        if fit:
            yield from _strays(package, name, ours, other, theirs)
        elif _referred_to(key) in described - set(columns):
            continue  # that table's own entry has a fault, which is told
        else:
            must = f"have foreignKeys of {name} from one of its columns to one of another table"
            yield package.texts[DICTIONARY].fault(0, must, _shown(json.dumps(key)), "Correct the names.")


def _referred_to(key: Any) -> str:
    """Name the table that a foreign key refers to; nothing where it has another form."""
    reference = key.get("reference") if isinstance(key, dict) else None
    name = reference.get("resource") if isinstance(reference, dict) else None
    return name if isinstance(name, str) else ""


def _strays(package: Package, name: str, ours: str, other: str, theirs: str) -> Iterator[Fault]:
    """Find the rows that refer to what another table has not; where that could not be read whole, it may have it."""
    table, target = (package.tables.get(resource.replace("-", "_")) for resource in (name, other))
    if table and target and ours in table.columns and package.whole(target.name):
        known = {row[theirs] for row in target.rows}
        for row in table.rows:
            if row[ours] and row[ours] not in known:
                remedy = f"{_near(row[ours], known)}Correct it, or add that row there first."
                yield row.fault(ours, f"be a {theirs} of {target.text.file}", remedy)


# ------------------------------------------------------------------------------------------- rules: references


def references_begin(package: Package) -> Iterator[Fault]:
    """Test that each reference begins with its kind and key on a line of their own."""
    for number, line in package.references.text.lines:
        if (match := ENTRY.match(line)) and not FIRST_LINE.fullmatch(line):
            kind, must = match[1], "begin like @article{key, or @misc{key, and go on on the next line"
            known = f"{_near(kind.lower(), ENTRIES)}The kinds are {', '.join(ENTRIES)}. "
            remedy = f"{'' if kind in ENTRIES else known}Correct the line."
            yield package.references.text.fault(number, must, _shown(line), remedy)


def references_once(package: Package) -> Iterator[Fault]:
    """Test that each reference has a key of its own, of small letters, digits and underscores."""
    references = package.references
    first: dict[str, int] = {}
    for line, key in references.keys:
        must = remedy = ""
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            must = "have a key of small letters, digits and underscores"
            remedy = "Rename the entry, also where rows cite it."
        elif first.setdefault(key, line) != line:
            must, remedy = f"have a key of its own (line {first[key]} has it)", "Rename one of the two, or delete it."
        if must:
            yield references.text.fault(line, must, _shown(key), remedy)


def reference_forms(package: Package) -> Iterator[Fault]:
    """Test that references have title, kind and what was read, and numbers and addresses in the right form."""
    references = package.references
    keys = {key for _, key in references.keys} - references.broken
    for key, entry in references.entries.items():
        if key not in keys:
            continue
        for person in entry.persons.get("author", []):
            if ";" in str(person):
                must = "be names as 'Last, First', with ' and ' between them"
                place = references.line(key, "author")
                yield references.text.fault(place, must, _shown(str(person)), "Correct the names.", "author")
        values = {name.lower(): value for name, value in entry.fields.items()}
        for name in ("title", "kind", "read"):
            if not values.get(name, "").strip("{} "):
                place = references.line(key, name)
                yield references.text.fault(place, "be filled in", "nothing", f"Write the {name} of {key}.", name)
                values.pop(name, None)
        for name, value in values.items():
            plain = re.sub(r"\\([%&#_$])|[{}]", r"\1", value)
            must, found, remedy = "", _shown(plain), "Correct it."
            if name in FORMS:
                must = "" if re.fullmatch(FORMS[name][0], plain, re.ASCII) else f"be {FORMS[name][1]}"
            elif name not in OTHER_FIELDS:
                must, found = "be a field that the review reads", _shown(name)
                remedy = f"{_near(name, (*FORMS, *OTHER_FIELDS))}Rename or delete it."
            if not must and name == "url" and values.get("nct"):
                must, remedy = "be left out: the address follows from the field nct", "Delete it."
            if must:
                yield references.text.fault(references.line(key, name), must, found, remedy, name)


def references_read(package: Package) -> Iterator[Fault]:
    """Test that no reference is younger than the day up to which texts were read."""
    last = max((day.year for row in package.rows("searches") if (day := _day(row["last_search"]))), default=2100)
    for key, entry in package.references.entries.items():
        year = entry.fields.get("year", "").strip("{}")
        if re.fullmatch(FORMS["year"][0], year, re.ASCII) and int(year) > last:
            must = f"be at most {last}, when texts were last read (data/searches.csv)"
            place = package.references.line(key, "year")
            yield package.references.text.fault(place, must, year, "Correct the year, or that date.", "year")


def plain_letters(package: Package) -> Iterator[Fault]:
    """Test that references hold letters as they are, not as commands of TeX."""
    for number, line in package.references.text.lines:
        if re.search(r"\\(?![%&#_$])", line):
            remedy = "Write letters as they are; only % & # _ $ have a backslash before them."
            yield package.references.text.fault(number, "hold no command of TeX", _shown(line.strip()), remedy)


def references_differ(package: Package) -> Iterator[Fault]:
    """Test that no two references are the same paper."""
    references = package.references
    seen: dict[tuple[str, str], str] = {}
    for key, entry in references.entries.items():
        for name in ("doi", "pmid", "pmcid"):
            value = entry.fields.get(name, "").lower()
            if value and seen.setdefault((name, value), key) != key:
                must, remedy = f"differ from that of {seen[name, value]}", "Correct it, or merge the two references."
                yield references.text.fault(references.line(key, name), must, _shown(value), remedy, name)


def text_between_references(package: Package) -> Iterator[Fault]:
    """Test that nothing stands between references, where a parser would skip it."""
    references = package.references
    depth = 0
    for number, line in references.text.lines if references.whole else []:
        if depth == 0 and line.strip() and not ENTRY.match(line):
            remedy = "Begin the entry with @, or delete the line."
            yield references.text.fault(number, "belong to an entry", _shown(line.strip()), remedy)
        braces = re.sub(r"\\[{}]", "", line)
        depth = max(0, depth + braces.count("{") - braces.count("}"))


# ------------------------------------------------------------------------------------------- rules: ids and links


def ids_once(package: Package) -> Iterator[Fault]:
    """Test that an id stands once in all tables and references, since pages link to it by its name alone."""
    first: dict[str, str] = {}
    for table in (package.tables[name] for name in PAGES if name in package.tables):
        key = table.key[0]
        for row in table.rows if key in table.columns else []:
            here = f"{table.text.file}, row {row.line}"
            where = first.setdefault(row[key].casefold(), here)
            if row[key] and where != here:
                yield row.fault(key, f"differ from every other id ({where} has it)", "Rename one of the two.")
    for line, word in package.references.keys:
        if word and word.casefold() in first:
            must = f"have a key that is no id of a row ({first[word.casefold()]} has it)"
            yield package.references.text.fault(line, must, _shown(word), "Rename one of the two.")


def sources_known(package: Package) -> Iterator[Fault]:
    """Test that the sources of a row are in the references, each once, with '; ' between them."""
    known = {key for _, key in package.references.keys}
    must, remedy = f"be a key of data/{REFERENCES}", "Correct the key, or add the source there first."
    for table in package.tables.values() if package.references.whole else []:
        for column in [c for c in table.columns if c in ("source_key", "source_keys", "primary_source_key")]:
            for row in table.rows:
                yield from _links(row, column, known, must, remedy)


def tier_of_source(package: Package) -> Iterator[Fault]:
    """Test that the tier of a row fits the kind of its source."""
    kinds = {key: entry.fields.get("kind", "") for key, entry in package.references.entries.items()}
    for table in package.tables.values() if package.references.whole else []:
        for row in table.rows if {"tier", "source_key"} <= set(table.columns) else []:
            found = [kinds[key] for key in split(row["source_key"]) if kinds.get(key) in KINDS]
            right = KINDS_OF_TIER.get(row["tier"])
            if found and right and not set(found) & set(right):
                must = f"fit its source, which is of the kind {', '.join(found)}"
                yield row.fault("tier", must, f"Correct the tier, or the kind in data/{REFERENCES}.")


def checked_against_known(package: Package) -> Iterator[Fault]:
    """Test that the rows exist that a claim was checked against, or that risk of bias was judged from."""
    tables = [name for name in PAGES if name != "sources"]
    if package.whole(*tables):
        known = {row[package.tables[name].key[0]] for name in tables for row in package.rows(name)}
        remedy = "Correct the id, or add the row first."
        for table, columns in {"claims": ["checked_against"], "risk_of_bias": ["result_ids", "row_ids"]}.items():
            for row in package.rows(table):
                for column in columns:
                    yield from _links(row, column, known, "be the id of a row", remedy)


def judgements_supported(package: Package) -> Iterator[Fault]:
    """Test that a judgement of risk of bias has two assessors and its reason, and that a blank one has neither."""
    for row in package.rows("risk_of_bias"):
        judged = row["judgement"] != "not_assessed"
        people = set(split(row["assessors"]))
        if judged and len(people) < 2:
            must = "name the two people, or more, who judged independently"
            yield row.fault("assessors", must, "Name them, or write not_assessed as the judgement.")
        elif not judged and people:
            yield row.fault("assessors", "be blank until there is a judgement", "Clear it, or write the judgement.")
        if judged and not row["support"]:
            yield row.fault("support", "say why the judgement is what it is", "Write the reason, with what was read.")


def one_spelling(package: Package) -> Iterator[Fault]:
    """Test that names differ in more than capital letters, spaces and hyphens; the rarer spelling is told."""
    for column in SPELT:
        rows = [row for table in package.tables.values() for row in table.rows if row.cells.get(column)]
        times = Counter(row[column] for row in rows)
        usual: dict[str, str] = {}
        for word, _ in times.most_common():
            usual.setdefault(re.sub(r"[\s_-]", "", word.casefold()), word)
        for row in rows:
            word = usual[re.sub(r"[\s_-]", "", row[column].casefold())]
            if row[column] != word:
                must = f"be spelt like {_shown(word)} elsewhere"
                yield row.fault(column, must, "Correct the spelling, or use words that differ.")


@each("source_key", "locator")
def located(row: Row) -> Iterator[Wrong]:
    """Test that a source comes with the place in it."""
    word = row["locator"].strip().casefold()
    if row["source_key"] and not word:
        yield "locator", "be filled in, as source_key is", "Write a table, figure, page, section or 'abstract'."
    elif word and not re.fullmatch(r"p?\.? ?\d+", word) and (len(word) < 3 or NOWHERE.fullmatch(word)):
        yield "locator", "say where in the source it stands", "Write a table, figure, page, section or 'abstract'."


def verdicts_follow(package: Package) -> Iterator[Fault]:
    """Test the verdicts, as far as the evidence can be read."""
    if package.whole(*TABLES) and not any(fault.file.endswith(DICTIONARY) for fault in package.found):
        with suppress(EvidenceError):  # other rules have said why it cannot
            yield from _verdicts(package, Evidence(package.data))


def outcomes_reported(package: Package) -> Iterator[Fault]:
    """Test that the rows that report an outcome are of its study, and of the arm that they are named for."""
    results = {row["result_id"]: row for row in package.rows("results")}
    sized = {row["study_id"] for row in package.rows("arms") if row["n"] and row["n_unit"] == "people"}
    arms = {"contrast_id": "contrast", "collaborative_care_id": "collaborative_care", "control_id": "control"}
    for row in package.rows("outcomes"):
        for column, arm in arms.items():
            result = results.get(row[column]) if row[column] else None
            if result and (result["study_id"], result["arm"]) != (row["study_id"], arm):
                must = f"name a row of {row['study_id']} whose arm is {arm}"
                found = f"{result['result_id']}, which is of {result['study_id']} and whose arm is {result['arm']}"
                yield row.fault(column, must, "Correct the id, or the row it names.", found)
        if row["sizes"] and package.whole("arms") and row["study_id"] not in sized:
            must = f"be blank, since no arm of {row['study_id']} has a size"
            yield row.fault("sizes", must, "Clear it, or add the arms with their sizes.")
        if bool(row["collaborative_care_id"]) != bool(row["control_id"]):
            blank = "control_id" if row["collaborative_care_id"] else "collaborative_care_id"
            yield row.fault(blank, "be filled in, as its other arm is", "Name both arms, or neither.")


def _verdicts(package: Package, book: Evidence) -> Iterator[Fault]:
    """Test that a verdict that rests on numbers follows from them."""
    doubtful = {name for name, row in _by_id(package).items() if row.place in package.doubtful}
    for row in package.rows("claims"):
        if bool(row["rule"]) != bool(row["otherwise"]):
            yield row.fault("otherwise", "stand with a rule, and a rule with it", "Fill in both, or neither.")
            continue
        if row["rule"] and row["otherwise"] == row["verdict"]:
            must = "be another verdict than the one that stands while the rule holds"
            yield row.fault("otherwise", must, "Correct one of the two.")
            continue
        if doubtful.intersection((row["claim_id"], *split(row["checked_against"]))):
            continue
        try:
            now = claims.verdict(book.row(row["claim_id"]), book)
        except EvidenceError:
            must = f"be one of {', '.join(claims.RULES)}, with what it needs in the rows of checked_against"
            yield row.fault("rule", must, "Correct the rule, or the rows.")
            continue
        if now != row["verdict"]:
            must = f"be {now}, which follows from {row['checked_against']} by the rule '{row['rule']}'"
            yield row.fault("verdict", must, "Change the verdict, and read the row's words again.")


def _links(row: Row, column: str, known: set[str], must: str, remedy: str) -> Iterator[Fault]:
    """Test the names in a cell."""
    parts = split(row[column])
    for part in parts:
        if part not in known:
            yield row.fault(column, must, _near(part, known) + remedy, _shown(part))
    if "; ".join(dict.fromkeys(parts)) != row[column]:
        yield row.fault(column, "name each once, with '; ' between them", "Correct the list.")


# ------------------------------------------------------------------------------------------- rules: numbers


def _one_without(row: Row, a: str, b: str) -> tuple[str, str]:
    """Of two columns that belong together, give the blank one and the filled one; blanks where there is no such."""
    return ("", "") if bool(row[a]) == bool(row[b]) else (b, a) if row[a] else (a, b)


@each("p_operator", "p_value")
def p_with_operator(row: Row) -> Iterator[Wrong]:
    """Test that a P value and its sign stand together, and that it is not 0."""
    blank, other = _one_without(row, "p_operator", "p_value")
    if blank:
        yield blank, f"be filled in, as {other} is", "Write sign and value as printed, or neither."
    elif row.number("p_value") == 0:
        yield "p_value", "be above 0", "Write a P value printed as 0.000 as < 0.001."


@each("ci_low", "ci_high")
def limits_together(row: Row) -> Iterator[Wrong]:
    """Test that an interval has both limits, in order."""
    blank, other = _one_without(row, "ci_low", "ci_high")
    low, high = row.number("ci_low"), row.number("ci_high")
    if blank:
        yield blank, f"be filled in, as {other} is", "Write both limits (INF for an open end), or neither."
    elif low is not None and high is not None and low >= high:
        yield "ci_low", f"be below the upper limit {row['ci_high']}", "Exchange or correct the limits."


@each("ci_low", "ci_high", "ci_type")
def limits_typed(row: Row) -> Iterator[Wrong]:
    """Test that an interval has its type, and that exactly a one-sided one has an open end."""
    limits, kind = [row["ci_low"], row["ci_high"]], row["ci_type"]
    ends = sum(limit in ("INF", "-INF") for limit in limits)
    if any(limits) and not kind:
        yield "ci_type", "be filled in, as the limits are", "Write two_sided, one_sided or range."
    elif kind and not any(limits):
        yield "ci_type", "be blank where there are no limits", "Write the limits, or delete the type."
    elif (kind == "one_sided") != (ends == 1):
        yield "ci_type", "be one_sided exactly where one limit is INF", "Correct the type or the limits."


@each("ci_low", "ci_type", "ci_level", "note")
def level_of_interval(row: Row) -> Iterator[Wrong]:
    """Test that a confidence interval has its level, or a note why not, and that nothing else has one."""
    confidence = row["ci_type"] in ("two_sided", "one_sided")
    if confidence and not row["ci_level"] and not row["note"]:
        yield "ci_level", "be filled in for a confidence interval", "Write it, or note that it is not stated."
    elif row["ci_level"] and (row["ci_type"] == "range" or not row["ci_low"]):
        yield "ci_level", "be blank where there is no confidence interval", "Write the interval, or delete the level."


@each("ci_low", "ci_high")
def estimate_enclosed(row: Row) -> Iterator[Wrong]:
    """Test that an estimate lies within its interval; within a mere range it need not."""
    column = next((c for c in ("estimate", "value", "threshold") if c in row.cells), "")
    if column and row.cells.get("ci_type") != "range":
        low, value, high = row.number("ci_low"), row.number(column), row.number("ci_high")
        if low is not None and value is not None and high is not None and low <= high and not low <= value <= high:
            must = f"lie within its interval {row['ci_low']} to {row['ci_high']}"
            yield column, must, "Correct the number or its limits; look for a lost minus."


@each("measure")
def within_measure(row: Row) -> Iterator[Wrong]:
    """Test that a percentage is from 0 to 100, a ratio above 0 and a count not below 0."""
    remedy = "Correct the number or the measure."
    for column in [c for c in ("estimate", "value", "ci_low", "ci_high") if c in row.cells]:
        number, measure = row.number(column), row["measure"]
        if number is None:
            continue
        if measure == "percent" and column[:3] != "ci_" and not 0 <= number <= 100:
            yield column, "be from 0 to 100, being a percentage", remedy
        elif measure in RATIOS and number <= 0:
            yield column, "be above 0, being a ratio", remedy
        elif measure == "count" and number < 0:
            yield column, "be at least 0, being a count", remedy


@each("measure", "unit", "estimate")
def unit_of_measure(row: Row) -> Iterator[Wrong]:
    """Test that an estimate has a unit, and the one that its measure has."""
    needed = UNITS.get(row["measure"], "")
    if row["estimate"] and needed and row["unit"] != needed:
        yield "unit", f"be {needed}, the measure being {row['measure']}", "Correct the unit or the measure."
    elif row["estimate"] and not row["unit"]:
        yield "unit", "be filled in, as the estimate is", "Write the unit."


@each("arm", "measure")
def contrast_of_arms(row: Row) -> Iterator[Wrong]:
    """Test that what compares two arms is called a contrast."""
    if row["measure"] in CONTRASTS and row["arm"] != "contrast":
        yield "arm", f"be contrast, the measure being {row['measure']}", "Correct the arm or the measure."


@each("measure", "estimate", "p_value", "ci_low", "note")
def number_reported(row: Row) -> Iterator[Wrong]:
    """Test that a row reports a number, unless it reports a direction only or its note says why there is none."""
    if row["measure"] == "direction_only" and row["estimate"]:
        yield "measure", "be the kind of the estimate", "Correct the measure, or delete the estimate."
    elif row["measure"] != "direction_only" and not any(row[c] for c in ("estimate", "p_value", "ci_low", "note")):
        yield "estimate", "be filled in, or a P value or limits be", "Write it, or say in the note why there is none."


@each("denominator_basis", tables=COUNTED)
def denominator(row: Row) -> Iterator[Wrong]:
    """Test that people counted are out of a number that is given, or said not to be stated, and not more than it."""
    events, n = COUNTED[row.table.name]
    if not {events, n, "measure"} <= set(row.cells):
        return
    counted, total, basis = row.number(events), row.number(n), row["denominator_basis"]
    if counted is not None and total is not None and counted > total:
        yield events, f"be at most the {row[n]} it is out of ({n})", "Correct one of the two."
    if row[events] and not row[n] and basis != "not_stated":
        yield n, f"be filled in, as {events} is", "Write the number, or not_stated as denominator_basis."
    elif total is not None and basis not in BASES:
        yield "denominator_basis", f"say how {n} is known", f"Write one of {', '.join(BASES)}."
    elif basis in BASES and not row[n]:
        yield n, f"be filled in, as denominator_basis is {basis}", "Write the number, or not_stated as the basis."
    elif row["measure"] == "percent" and not basis:
        yield "denominator_basis", "be filled in for a percentage", "Write how the denominator is known, or not_stated."


@each("n", "n_basis")
def size_with_basis(row: Row) -> Iterator[Wrong]:
    """Test that the size of an arm or set, and how it came about, stand together."""
    blank, other = _one_without(row, "n", "n_basis")
    if blank:
        yield blank, f"be filled in, as {other} is", "Write both, or neither."


def within_randomised(package: Package) -> Iterator[Fault]:
    """Test that no more people are analysed than belong to the set, the arm or the study; nor fewer than it says."""
    explained = {(row["study_id"], row["value"]) for row in package.rows("discrepancies")}
    remedy = "Correct the row, or explain it in data/discrepancies.csv."
    for name in ("results", "baseline", "sets") if package.whole("arms", "sets", "studies", "discrepancies") else []:
        for row in package.rows(name):
            limit, of = _people(package, row)
            for column in [c for c in ("n", "denominator") if c in row.cells]:
                number = row.number(column)
                if number is None or (row["study_id"], row[column]) in explained:
                    continue
                whole = of.startswith("in") or row["population"] == "all"
                total = column == COUNTED.get(name, ("", ""))[1] and row.cells.get("denominator_basis") == "randomised"
                if number > limit:
                    yield row.fault(column, f"be at most the {limit:.0f} {of}", remedy)
                elif whole and total and number < limit < math.inf:
                    must = f"be the {limit:.0f} {of}, denominator_basis being randomised"
                    yield row.fault(column, must, "Correct the row, or write printed as denominator_basis.")


def _people(package: Package, row: Row) -> tuple[float, str]:
    """Give the most people that a row can be about, and who they are; infinite where that is not known in people."""
    study, arm = row["study_id"], row["arm"]
    both = "both" if arm == "contrast" else arm
    for one in package.rows("sets") if row.table.name != "sets" else []:
        if (one["study_id"], one["population"], one["arm"]) == (study, row["population"], both):
            return one.number("n") or math.inf, f"in {one['set_id']} of data/sets.csv"
    arms = [one for one in package.rows("arms") if (one["study_id"], one["role"]) == (study, arm)]
    sizes = [one.number("n") for one in arms if one["n_unit"] == "people"]
    known = [size for size in sizes if size is not None]
    if arms and len(known) == len(arms):
        return sum(known), "randomised to this arm" if arms[0]["n_basis"] == "randomised" else "people of this arm"
    whole = (one.number("n_randomised") for one in package.rows("studies") if one["study_id"] == study)
    return next((size for size in whole if size is not None), math.inf), "randomised in this study"


def arms_add_up(package: Package) -> Iterator[Fault]:
    """Test that the arms of a study add up to what was randomised, unless its note names their sum."""
    for study in package.rows("studies") if package.whole("arms") else []:
        arms = [row for row in package.rows("arms") if row["study_id"] == study["study_id"]]
        fit = all(row["n_unit"] == "people" and row["n_basis"] == "randomised" for row in arms)
        total = sum(row.number("n") or 0 for row in arms)
        said = re.search(rf"(?<!\d){total:.0f}(?!\d)", study["note"])
        if arms and fit and study.number("n_randomised") not in (None, total) and not said:
            must = f"be the sum of its arms in data/arms.csv, {total:.0f}"
            remedy = "Correct the study or its arms, or name that sum in the note and say why."
            yield study.fault("n_randomised", must, remedy)


@each("n_assessed", "n_randomised", "n_analysed")
def flow(row: Row) -> Iterator[Wrong]:
    """Test that no more people are randomised than assessed, and no more analysed than randomised."""
    known = [(c, number) for c in ("n_assessed", "n_randomised", "n_analysed") if (number := row.number(c)) is not None]
    for (before, most), (column, number) in pairwise(known):
        if number > most:
            yield column, f"be at most {before}, {row[before]}", "Correct one of the two."


def _records(package: Package) -> consistency.Records:
    """Give the checks of consistency the rows that can be read."""
    years = {key: entry.fields.get("year", "") for key, entry in package.references.entries.items()}
    tables = {
        name: {
            row[table.key[0]]: consistency.Row(row[table.key[0]], name, row.cells)
            for row in package.rows(name)
            if row.place not in package.doubtful
        }
        for name, table in package.tables.items()
    }
    return consistency.Records(tables, years)


def _by_id(package: Package) -> dict[str, Row]:
    return {row[table.key[0]]: row for name, table in package.tables.items() for row in package.rows(name)}


def agreement(package: Package) -> Iterator[Fault]:
    """Test that what is reported agrees with what else is reported, or that the data say why it does not."""
    rows = _by_id(package)
    for one in consistency.unexplained(_records(package)):
        first, *others = one.rows
        must = f"agree with {', '.join(others)}" if others else "agree with the rest of its row"
        remedy = f"Correct the row, or explain this in data/explanations.csv (check: {one.check})."
        yield rows[first].fault(one.column, must, remedy, one.detail.rstrip("."))


def explanations_fit(package: Package) -> Iterator[Fault]:
    """Test that an explanation is of what its check finds, and that what is not resolved says what would settle it."""
    if not package.whole(*consistency.TABLES):
        return
    rows = _by_id(package)
    known, checks = set(rows), {spec.name for spec in consistency.register()}
    unneeded = consistency.unneeded(_records(package))
    right = {name for name, row in rows.items() if row.place not in package.doubtful}
    for row in package.rows("explanations"):
        yield from _links(row, "row_ids", known, "be the id of a row", "Correct the id, or add the row first.")
        if row["kind"] == consistency.KINDS[-1] and not row["settled_by"]:
            yield row.fault("settled_by", f"be filled in for {row['kind']}", "Write what would settle it.")
        if row["explanation_id"] in unneeded and row["check"] in checks and right.issuperset(split(row["row_ids"])):
            must = "be what the check finds about these rows, with its numbers"
            yield row.fault("found", must, "Look at the rows again; correct the explanation, or delete it.")


def relations_fit(package: Package) -> Iterator[Fault]:
    """Test that relations name numbers that are there."""
    if not package.whole(*consistency.TABLES):
        return
    rows = _by_id(package)
    for relation, column, name in consistency.unrelated(_records(package)):
        named = rows.get(name.partition(".")[0])
        if named and any(named[c] and named.number(c) is None for c in named.table.numeric):
            continue  # the row holds what is no number, which has been told
        must = "be numbers" if column == "weights" else "name rows with a number, by id or by id.column"
        remedy = "Correct it." if column == "weights" else "Correct the name, or add the row first."
        yield rows[relation].fault(column, must, remedy, _shown(name))


@each("scale_range", "measure", "estimate")
def within_scale(row: Row) -> Iterator[Wrong]:
    """Test that the range of a scale rises, and that a mean on it lies within it."""
    ends, number = [float(end) for end in re.findall(r"\d{1,9}", row["scale_range"])], row.number("estimate")
    if len(ends) == 2 and ends[0] >= ends[1]:
        yield "scale_range", "go from the lower end to the higher", "Correct the range."
    elif len(ends) == 2 and row["measure"] == "mean" and number is not None and not ends[0] <= number <= ends[1]:
        yield "estimate", f"lie on its scale, {row['scale_range']}", "Correct the mean or the range."


def as_instrument(package: Package) -> Iterator[Fault]:
    """Test that results in points of an instrument have its range and its better direction."""
    known = {row["instrument"]: row for row in package.rows("instruments") if row["better_direction"]}
    for row in package.rows("results"):
        if row["unit"] == "points" and (one := known.get(row["instrument"])):
            ends = [one["range_low"], one["range_high"]]
            right = {
                "direction_of_benefit": one["better_direction"],
                "scale_range": "-".join(ends) if all(ends) else "",
            }
            for column, word in right.items():
                if row[column] and word and row[column] != word:
                    must = f"be {word} as for {one['instrument']} in data/instruments.csv"
                    yield row.fault(column, must, "Correct the row, or the instrument.")


def one_direction(package: Package) -> Iterator[Fault]:
    """Test that the better direction of an outcome is the same in all rows with its measure."""
    first: dict[tuple[str, ...], Row] = {}
    for row in package.rows("results"):
        if row["direction_of_benefit"]:
            one = first.setdefault((row["outcome"], row["measure"], row["unit"]), row)
            if one["direction_of_benefit"] != row["direction_of_benefit"]:
                must = f"be {one['direction_of_benefit']} as for the same outcome and measure in row {one.line}"
                yield row.fault("direction_of_benefit", must, "Correct one of the two.")


def ends_in_order(package: Package) -> Iterator[Fault]:
    """Test that a lower and a higher number of a row are in order."""
    pairs = (("value", "value_high"), ("range_low", "range_high"), ("intervention_months", "followup_months"))
    for low, high in pairs:
        for table in package.tables.values():
            for row in table.rows if {low, high} <= set(table.columns) else []:
                start, end = row.number(low), row.number(high)
                same, words = (True, "at least") if "months" in low else (False, "above")
                if start is not None and end is not None and (start > end or (start == end and not same)):
                    yield row.fault(high, f"be {words} {low}, {row[low]}", "Exchange or correct the two.")


def registered_once(package: Package) -> Iterator[Fault]:
    """Test that no two studies have the same number in a registry."""
    first: dict[str, Row] = {}
    for row in package.rows("studies"):
        if row["registration"] and (one := first.setdefault(row["registration"], row)) is not row:
            must = f"differ from that of {one['study_id']} in row {one.line}"
            yield row.fault("registration", must, "Correct one of the two.")


def reported_once(package: Package) -> Iterator[Fault]:
    """Test that no two rows report the same thing from the same source."""
    for name, columns in SAME.items():
        first: dict[tuple[str, ...], Row] = {}
        for row in package.rows(name):
            same, key = first.setdefault(tuple(row[c].casefold() for c in columns), row), row.table.key[0]
            if same is not row:
                must = f"report something else than {same[key]} in row {same.line}"
                yield row.fault(key, must, "Delete one of the two, or say in a column what differs.")


# ------------------------------------------------------------------------------------------- rules: dates, the review


def _day(text: str) -> date | None:
    """Give the first day that a date such as 2024, 2024-05 or 2024-05-17 can mean; None where there is no such date."""
    match = re.fullmatch(r"((?:19|20)\d\d)(?:-(\d\d)(?:-(\d\d))?)?", text, re.ASCII)
    try:
        return date(*(int(part or 1) for part in match.groups())) if match else None
    except ValueError:
        return None


def dates_exist(package: Package) -> Iterator[Fault]:
    """Test that dates are days, months or years that exist."""
    for table in package.tables.values():
        for column in [c for c in table.columns if c in ("date", "recorded", "enrol_start", "enrol_end")]:
            for row in table.rows:
                if row[column] and _day(row[column]) is None:
                    yield row.fault(column, "be a date that exists", "Correct the date.")


@each("enrol_start", "enrol_end")
def enrolment_in_order(row: Row) -> Iterator[Wrong]:
    """Test that enrolment starts before it ends, as far as the dates are known."""
    start, end = row["enrol_start"], row["enrol_end"]
    known = min(len(start), len(end))
    if start[:known] > end[:known]:
        yield "enrol_end", f"be on or after enrol_start, {start}", "Exchange or correct the two."


@each("assessment_months", "followup_months")
def assessed_within_followup(row: Row) -> Iterator[Wrong]:
    """Test that nobody was assessed after the end of the follow-up."""
    months = [float(month) for month in split(row["assessment_months"]) if NUMBER.fullmatch(month)]
    end = row.number("followup_months")
    if months and end is not None and max(months) > end:
        must = f"be at least {max(months):g}, the last of assessment_months"
        yield "followup_months", must, "Correct one of the two."


@each("months", "time_as_printed")
def months_as_printed(row: Row) -> Iterator[Wrong]:
    """Test that months agree with a time that is printed as a number of weeks, months or years."""
    match = re.fullmatch(r"(?:at |after )?(\d{1,4}(?:\.\d{1,3})?)[ -](week|month|year)s?", row["time_as_printed"])
    months = row.number("months")
    if match and months is not None:
        said = float(match[1]) * {"week": 12 * 7 / 365.25, "month": 1, "year": 12}[match[2]]
        if abs(said - months) > 0.5:
            yield "months", f"be {said:.3g}, as in time_as_printed", "Correct one of the two."


@each("assessment_months")
def months_listed(row: Row) -> Iterator[Wrong]:
    """Test that months of assessment are numbers that rise, with '; ' between them."""
    months = split(row["assessment_months"])
    right = all(NUMBER.fullmatch(month) for month in months) and "; ".join(months) == row["assessment_months"]
    if not right or any(float(a) >= float(b) for a, b in pairwise(months)):
        yield "assessment_months", "be months that rise, with '; ' between them", "Correct the list."


@each("where", tables=("notices",))
def notice_found(row: Row) -> Iterator[Wrong]:
    """Test that a notice can be found by what the row says of where it is."""
    if not re.fullmatch(rf"{DOI}|PMID {FORMS['pmid'][0]}|{ADDRESS}", row["where"], re.ASCII):
        yield "where", "be a DOI, 'PMID' with a number, or a web address", "Write where the notice can be read."


def review_facts(package: Package) -> Iterator[Fault]:
    """Test that the facts about the review are there and in the right form."""
    rows = {row["item"]: row for row in package.rows("review")}
    for item in REVIEW_ITEMS if package.whole("review") else []:
        if item not in rows:
            yield package.texts["review.csv"].fault(0, f"have a row for {item}", "none", "Restore the row.")
        elif not rows[item]["value"]:
            yield rows[item].fault("value", f"be filled in for {item}", "Write the value.")
    for item, row in rows.items():
        if item in REVIEW_FORMS and row["value"] and not re.fullmatch(REVIEW_FORMS[item][0], row["value"], re.ASCII):
            yield row.fault("value", f"be {REVIEW_FORMS[item][1]}", "Correct the value.")


def searches_in_order(package: Package) -> Iterator[Fault]:
    """Test that some source has been searched, and that each next search is due within its interval."""
    rows = package.rows("searches")
    if rows and package.whole("searches") and not any(row["last_search"] for row in rows):
        must, remedy = "have a last_search in at least one row", "Write when the texts were read."
        yield package.texts["searches.csv"].fault(0, must, "none", remedy)
    for row in rows:
        last, due, interval = _day(row["last_search"]), _day(row["next_due"]), row.number("interval_months") or 0
        if last and due and 1 <= interval <= 24:
            latest = months_after(last, int(interval))
            if not last < due <= latest and len(row["last_search"]) == len(str(last)):
                must = f"be after last_search, {last}, and at most {interval:.0f} months later, {latest}"
                yield row.fault("next_due", must, "Correct one of the three.")
        if row["service"] not in ("", "crossref") and not row["query"]:
            yield row.fault("query", f"be filled in for {row['service']}", "Write the query.")


@each("status", "place", "missing")
def checklists_told(row: Row) -> Iterator[Wrong]:
    """Test that an item that is reported has its place, and any other says what is missing."""
    column = "place" if row["status"] == "reported" else "missing"
    if row["status"] and not row[column]:
        remedy = "Write where it stands in the book." if column == "place" else "Write what is missing, or why."
        yield column, f"be filled in for what is {row['status']}", remedy


def registry_told_once(package: Package) -> Iterator[Fault]:
    """Test that a fact of a registry record stands once."""
    first: dict[tuple[str, str], Row] = {}
    for row in package.rows("registry"):
        if (one := first.setdefault((row["nct"], row["field"]), row)) is not row:
            must = f"differ from that of the same record in row {one.line}"
            yield row.fault("field", must, "Keep the one that was seen last.")


#: Every rule, in the order in which they may speak about a cell.
RULES: tuple[Rule, ...] = (
    files_described,
    columns_described,
    dictionary_valid,
    byte_order_mark,
    line_ends,
    plain_lines,
    plain_cells,
    plain_numbers,
    table_schema,
    keys_once,
    foreign_keys,
    references_begin,
    references_once,
    reference_forms,
    references_read,
    plain_letters,
    references_differ,
    text_between_references,
    ids_once,
    sources_known,
    tier_of_source,
    one_spelling,
    located,
    checked_against_known,
    judgements_supported,
    outcomes_reported,
    p_with_operator,
    limits_together,
    limits_typed,
    level_of_interval,
    estimate_enclosed,
    within_measure,
    unit_of_measure,
    contrast_of_arms,
    number_reported,
    denominator,
    size_with_basis,
    within_randomised,
    arms_add_up,
    flow,
    agreement,
    explanations_fit,
    relations_fit,
    within_scale,
    as_instrument,
    one_direction,
    ends_in_order,
    registered_once,
    reported_once,
    dates_exist,
    enrolment_in_order,
    assessed_within_followup,
    months_as_printed,
    months_listed,
    notice_found,
    review_facts,
    searches_in_order,
    registry_told_once,
    checklists_told,
)

#: Rules about what the numbers say to each other. Evidence that breaks them can be computed with.
OF_NUMBERS = (agreement, explanations_fit)
