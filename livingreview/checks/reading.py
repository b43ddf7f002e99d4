"""Read the data package; no fault stops it, and everything readable is read."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from livingreview.checks.package import (
    DICTIONARY,
    NEEDED,
    REFERENCES,
    Fault,
    Package,
    References,
    Row,
    Table,
    Text,
    near,
    shown,
)
from livingreview.evidence import sources, split

#: Properties that the dictionary may give a table, a schema and a column; others could change how a cell is read.
OF_TABLE = ("name", "path", "title", "description", "format", "mediatype", "encoding", "listing", "schema")
OF_SCHEMA = ("fields", "primaryKey", "foreignKeys", "missingValues")
OF_COLUMN = ("name", "type", "title", "description", "unit", "coded", "example", "constraints")
RIGHT = {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
BOM = b"\xef\xbb\xbf"
#: How files begin that are not UTF-8 text.
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
ENTRY = re.compile(r"\s*@(\w+)\s*[{(]\s*([^\s,}]*)")
FIELD = re.compile(r"\s*([A-Za-z][\w-]*)\s*=")
#: Most bytes of a line. Every rule looks at every cell, so that one of 10 MB would keep the check for a minute.
LONGEST_LINE = 20_000
#: Most digits of a number in the dictionary; reading one of thousands is slow, and Python refuses to.
LONGEST_NUMBER = 15
CONFLICT = re.compile(r"(<{7}|\|{7}|={7}|>{7})( |$)")


def read_package(data: Path) -> Package:
    """Read the package as far as possible."""
    package = Package(data)
    _read_dictionary(package)
    for resource in package.resources:
        _read_table(package, resource)
    read_references(package)
    return package


def _read_text(package: Package, name: str) -> Text | None:
    """Read a file line by line, so that a letter in another encoding costs only its line."""
    path, text, actual = package.data / name, Text(f"data/{name}", b"", []), ""
    restore = f"Restore the file{f', or delete its entry in data/{DICTIONARY}' if name.endswith('.csv') else ''}."
    save = f"Save the file as {'CSV UTF-8' if name.endswith('.csv') else 'UTF-8'}."
    try:
        if path.is_symlink():
            actual = "a link"
        elif path.exists() and not path.is_file():  # reading a pipe, for instance, would never end
            actual = "a folder" if path.is_dir() else "no common file"
        else:
            text.raw = path.read_bytes()
    except OSError as error:
        actual = "no file" if isinstance(error, FileNotFoundError) else "a file that cannot be opened"
    if actual or not text.raw.strip(BOM + b"\r\n\t ,;"):
        package.reading_faults.append(text.fault(0, "be a file with text", actual or "nothing in it", restore))
        return None
    kind = next((kind for start, kind in STARTS.items() if text.raw.startswith(start)), "")
    if not kind and text.raw.count(0) * 10 > len(text.raw):
        kind = "UTF-16, or no text at all"
    if kind:
        package.reading_faults.append(text.fault(0, "be text in UTF-8", kind, save))
        return None
    raw = text.raw.removeprefix(BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n")
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if len(line) > LONGEST_LINE:
            requirement, actual = f"be a line of at most {LONGEST_LINE} bytes", str(len(line))
            remedy = "Look for something pasted by mistake; say the rest in fewer words."
            package.reading_faults.append(text.fault(number, requirement, actual, remedy))
            text.cut, text.whole = True, False
            continue
        try:
            decoded = line.decode("utf-8")
        except UnicodeDecodeError as error:
            before = shown(line[: error.start].decode("utf-8")[-20:])
            actual, remedy = f"the byte {line[error.start]:#04x} after {before}", f"Type that letter again. {save}"
            package.reading_faults.append(text.fault(number, "be text in UTF-8", actual, remedy))
            text.whole = False
            continue
        if CONFLICT.match(decoded):
            remedy = "Run 'make merge', or keep the lines that are right and delete the marks between them."
            package.reading_faults.append(text.fault(number, "be no mark of a merge conflict", shown(decoded), remedy))
            text.whole = False
            continue
        text.lines.append((number, decoded))
    package.texts[name] = text
    return text


def _read_dictionary(package: Package) -> None:
    """Read the dictionary, and those of its tables that it describes well enough to be read."""
    text = _read_text(package, DICTIONARY)
    if text is None or text.cut:
        return
    resources: Any = None
    try:
        twice: list[str] = []
        package.descriptor = json.loads(
            "\n".join(line for _, line in text.lines),
            object_pairs_hook=partial(_properties, twice),
            parse_int=partial(_number, int),
            parse_float=partial(_number, float),
            parse_constant=partial(_number, float),
        )
        for name in dict.fromkeys(twice):
            remedy = "Delete one of the two; only the last of them is read."
            package.reading_faults.append(
                text.fault(0, "have each property once in its place", f"{shown(name)} twice", remedy)
            )
        resources = package.descriptor["resources"]
    except _NumberError as error:
        line = next((number for number, line in text.lines if error.written[:40] in line), 0)
        requirement, remedy = f"have plain numbers of at most {LONGEST_NUMBER} digits", "Correct the number."
        package.reading_faults.append(text.fault(line, requirement, shown(error.written), remedy))
        return
    except json.JSONDecodeError as error:
        at = text.lines[min(error.lineno, len(text.lines)) - 1][0] if text.lines else 0
        remedy = "Look for a comma, quote or bracket that is missing or too many, here or on the line before."
        package.reading_faults.append(text.fault(at, "be JSON", "an error", remedy))
        return
    except (LookupError, TypeError, ValueError, RecursionError):
        pass  # reported below
    if not isinstance(resources, list):
        requirement, actual = "be a data package, with a list of 'resources'", "another form"
        package.reading_faults.append(text.fault(0, requirement, actual, "Restore the file."))
        return
    for number, resource in enumerate(resources, start=1):
        requirement, actual = _wrong_resource(resource), f"resource {number} otherwise"
        if not requirement and any(resource["name"] == other["name"] for other in package.resources):
            requirement, actual = f"describe {resource['path']} once", f"it again in resource {number}"
        if requirement:
            package.reading_faults.append(text.fault(0, requirement, actual, "Write it like the other resources."))
        else:
            package.resources.append(resource)
    described = {resource["path"] for resource in package.resources}
    for name in NEEDED if not package.reading_faults else []:
        if f"{name}.csv" not in described:
            requirement = f"describe {', '.join(NEEDED)} under 'resources'"
            package.reading_faults.append(text.fault(0, requirement, f"no {name}.csv", "Restore its entry."))
    package.described = not package.reading_faults


class _NumberError(ValueError):
    """A number of the dictionary that cannot be one: NaN, infinity, or thousands of digits."""

    def __init__(self, written: str) -> None:
        super().__init__(written)
        self.written = written


def _number(kind: type[int] | type[float], written: str) -> float:
    """Read a number of the dictionary."""
    if len(written) > LONGEST_NUMBER or written.lstrip("-").isalpha():
        raise _NumberError(written)
    return kind(written)


def _properties(twice: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON, and record the names that occur twice in it."""
    twice += [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    return dict(pairs)


def _wrong_resource(resource: Any) -> str:
    """Say what the entry of a table lacks; blank if it is good enough to read the table."""
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
    if not _is_listing(resource.get("listing", {"columns": {}})):
        return (
            "have as listing its page, if any, its columns: each label with the columns under it, as text, "
            "and under 'heading' and 'value' labels of them"
        )
    for entry, allowed in ((resource, OF_TABLE), (schema, OF_SCHEMA), *((f, OF_COLUMN) for f in schema["fields"])):
        for unknown in sorted(set(entry) - set(allowed)):
            return f"have no property '{unknown}'"
    return next((f"have {k} {v}" for k, v in RIGHT.items() if resource.get(k, v) != v), "")


def _is_listing(listing: Any) -> bool:
    """Whether what the dictionary says of the listing of a table has the right form."""
    if not isinstance(listing, dict) or set(listing) - {"page", "heading", "value"} != {"columns"}:
        return False
    columns, page = listing["columns"], listing.get("page", "page")
    named = [listing.get(part, "") for part in ("heading", "value")]
    if not isinstance(columns, dict) or not all(isinstance(word, str) for word in (page, *named, *columns.values())):
        return False
    return bool(re.fullmatch(r"[a-z]+", page)) and {label for part in named for label in split(part)} <= set(columns)


def split_line(line: str) -> list[str] | None:
    """Split a line into its cells; None if its quotes are not valid CSV."""
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
    """Read a table: compare its header with the dictionary, then read each line in the right form."""
    text = _read_text(package, resource["path"])
    if text is None or not text.lines or text.lines[0][0] != 1:
        return
    labels = split_line(text.lines[0][1]) or []
    table = Table(resource["name"], text, resource["schema"], [], [], text.whole)
    table.columns = [label for label in dict.fromkeys(labels) if label in table.fields]
    package.reading_faults += _faults_of_header(table, labels)
    read = [(number, line, split_line(line)) for number, line in text.lines[1:]]
    widths = Counter(len(cells) for _, _, cells in read if cells and any(cells))
    disordered = sorted(labels) == sorted(table.fields) and labels != list(table.fields)
    if not table.columns or len(set(labels)) < len(labels) or disordered:
        return  # it is unclear which cell belongs to which column
    if len(widths) == 1 and widths.total() > 1 and len(labels) not in widths:
        requirement = f"have as many names as the rows have cells ({next(iter(widths))})"
        package.reading_faults.append(text.fault(1, requirement, str(len(labels)), "Correct the header, or every row."))
        return
    rows = read or table.name not in NEEDED
    faults = [] if rows else [text.fault(0, "have a row below its header", "none", "Restore the rows.")]
    for number, line, cells in read:
        if cells is None:
            requirement = "have quotes at both ends of a quoted cell and two for each quote inside it"
            remedy = "Correct the quotes; a cell holds no line break."
            faults.append(text.fault(number, requirement, shown(line), remedy))
        elif not any(cell.strip() for cell in cells) or cells == labels:
            actual = "the header again" if cells == labels else "a blank line"
            faults.append(text.fault(number, "hold a fact", actual, "Delete the line."))
        elif len(cells) != len(labels):
            remedy = "Put quotes round a cell that holds a comma, or add the commas of the blank cells."
            faults.append(text.fault(number, f"have {len(labels)} cells", str(len(cells)), remedy))
        else:
            described = {c: cell for c, cell in zip(labels, cells, strict=True) if c in table.fields}
            table.rows.append(Row(table, number, described))
    package.reading_faults += faults
    table.whole &= not faults
    package.tables[table.name] = table


def _faults_of_header(table: Table, labels: list[str]) -> Iterator[Fault]:
    """Test that a header has the columns of the dictionary, each once and in the same order."""
    text, fields = table.text, list(table.fields)
    if not table.columns:
        requirement = f"name the columns, with commas between them: {','.join(fields[:3])} and so on"
        yield text.fault(1, requirement, shown(text.lines[0][1]), "Restore the header, and save the file with commas.")
        return
    for label, times in Counter(labels).items():
        if label not in fields:
            column, requirement = label or "(no name)", f"be a column of data/{DICTIONARY}"
            remedy = f"{near(label, set(fields) - set(labels))}Correct the name, or describe the column there."
            yield text.fault(1, requirement, shown(label), remedy, column)
        elif times > 1:
            yield text.fault(1, "be the name of one column", f"{times} of that name", "Delete the others.", label)
    for name in fields:
        if name not in labels:
            remedy = f"Add the column, or delete its entry in data/{DICTIONARY}."
            yield text.fault(1, "be a column of the file", "no such column", remedy, name)
    if sorted(labels) == sorted(fields) and labels != fields:
        label, name = next((a, b) for a, b in zip(labels, fields, strict=True) if a != b)
        requirement = f"come in the order of data/{DICTIONARY}, where {name} stands here"
        yield text.fault(1, requirement, label, "Correct the header, or move the columns back with their cells.", label)


def read_references(package: Package) -> None:
    """Read the references, and find the lines of their entries and fields."""
    text = _read_text(package, REFERENCES)
    if text is None:
        return
    references = package.references = References(text, whole=text.whole)
    for number, line in text.lines:
        if match := ENTRY.match(line):
            references.keys.append((number, match[2]))
            references.lines.setdefault((match[2], ""), number)
        elif references.keys and (match := FIELD.match(line)):
            references.lines.setdefault((references.keys[-1][1], match[1].lower()), number)
    references.entries, errors = sources.parse("\n".join(line for _, line in text.lines))
    unseen = {number for number, line in text.lines if not line.replace("\t", " ").isprintable()}
    for error in errors:
        if "repeated bibliography entry" not in str(error):  # `references_once` reports that, with its line
            fault = _fault_of_parser(references, error)
            if fault.row not in unseen:  # else `plain_lines` reports why it cannot be read
                package.reading_faults.append(fault)
            references.broken.update([key for line, key in references.keys if line < fault.row][-1:])
            references.whole = False


def _fault_of_parser(references: References, error: Exception) -> Fault:
    """Put the parser's message into plain words."""
    text, kind = references.text, type(error).__name__
    number = min(getattr(error, "lineno", None) or 0, len(text.lines))
    line = text.lines[number - 1][0] if number else 0
    if kind == "DuplicateField":
        words = str(error).split()
        line = references.line(words[3], words[-2])
        return text.fault(line, "stand once in an entry", "two", "Delete one of the two.", words[-2])
    if kind == "UndefinedMacro":
        return text.fault(line, "have braces round each value", "a word without them", "Put braces round the value.")
    remedy = "Look for a comma or brace that is missing or too many, here or in the lines before."
    return text.fault(line, "be BibTeX", "an error", remedy)
