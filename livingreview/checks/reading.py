"""Read the data package: no fault stops it, and what can be read is read."""

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
    REFERENCES,
    TABLES,
    Fault,
    Package,
    References,
    Row,
    Table,
    Text,
    near,
    shown,
)
from livingreview.evidence import sources

#: Tables that may have no row: what they record may not have happened yet.
MAY_BE_EMPTY = ("notices", "causes")
#: Properties that the dictionary may give a table, a schema and a column; others could change how a cell is read.
OF_TABLE = ("name", "path", "title", "description", "format", "mediatype", "encoding", "schema")
OF_SCHEMA = ("fields", "primaryKey", "foreignKeys", "missingValues")
OF_COLUMN = ("name", "type", "title", "description", "unit", "example", "constraints")
RIGHT = {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
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
ENTRY = re.compile(r"\s*@(\w+)\s*[{(]\s*([^\s,}]*)")
FIELD = re.compile(r"\s*([A-Za-z][\w-]*)\s*=")
CONFLICT = re.compile(r"(<{7}|\|{7}|={7}|>{7})( |$)")


def read_package(data: Path) -> Package:
    """Read what can be read of the package."""
    package = Package(data)
    _read_dictionary(package)
    for resource in package.resources:
        _read_table(package, resource)
    read_references(package)
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
            before = shown(line[: error.start].decode("utf-8")[-20:])
            found, remedy = f"the byte {line[error.start]:#04x} after {before}", f"Type that letter again. {save}"
            package.found.append(text.fault(number, "be text in UTF-8", found, remedy))
            text.whole = False
            continue
        if CONFLICT.match(decoded):
            remedy = "Run 'make merge', or keep the lines that are right and delete the marks between them."
            package.found.append(text.fault(number, "be no mark of a merge conflict", shown(decoded), remedy))
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
            package.found.append(text.fault(0, "have each property once in its place", f"{shown(name)} twice", remedy))
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


def split_line(line: str) -> list[str] | None:
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
    labels = split_line(text.lines[0][1]) or []
    table = Table(resource["name"], text, resource["schema"], [], [], text.whole)
    table.columns = [label for label in dict.fromkeys(labels) if label in table.fields]
    package.found += _faults_of_header(table, labels)
    read = [(number, line, split_line(line)) for number, line in text.lines[1:]]
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
            faults.append(text.fault(number, must, shown(line), remedy))
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
        yield text.fault(1, must, shown(text.lines[0][1]), "Restore the header, and save the file with commas.")
        return
    for label, times in Counter(labels).items():
        if label not in fields:
            column, must = label or "(no name)", f"be a column of data/{DICTIONARY}"
            remedy = f"{near(label, set(fields) - set(labels))}Correct the name, or describe the column there."
            yield text.fault(1, must, shown(label), remedy, column)
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


def read_references(package: Package) -> None:
    """Read the references, and find on which lines their entries and fields stand."""
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
    if kind == "DuplicateField":
        words = str(error).split()
        line = references.line(words[3], words[-2])
        return text.fault(line, "stand once in an entry", "two", "Delete one of the two.", words[-2])
    if kind == "UndefinedMacro":
        return text.fault(line, "have braces round each value", "a word without them", "Put braces round the value.")
    remedy = "Look for a comma or brace that is missing or too many, here or in the lines before."
    return text.fault(line, "be BibTeX", "an error", remedy)
