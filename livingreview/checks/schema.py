"""Rules on the dictionary, and on what it requires of cells; frictionless tests the standard itself."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache, partial
from itertools import islice
from typing import Any

from livingreview.checks.dictionary import pinned
from livingreview.checks.package import DICTIONARY, Fault, Package, Row, Table, near, shown
from livingreview.evidence import NUMBERS, SOURCES, split

TYPES = ("string", "number", "integer", "date")
#: Columns that the dictionary must require wherever a table has them.
REQUIRED = ("source_keys", "tier", "extraction")
#: Columns whose words the dictionary must list wherever a table has them.
LISTED = ("tier", "extraction", "arm", "measure", "verdict", "p_operator", "ci_type", "denominator_basis")


def columns_described(package: Package) -> Iterator[Fault]:
    """Test that the dictionary describes every column once, with a description and a valid type."""
    if not package.resources:
        return
    text = package.texts[DICTIONARY]
    for resource in package.resources:
        fields, lines = resource["schema"]["fields"], package.lines_of_columns.get(resource["path"], {})
        refers = {column for key in resource["schema"].get("foreignKeys", []) for column in _fields_of(key)}
        names = Counter(f["name"] for f in fields)
        for f in fields:
            requirement = remedy = actual = ""
            if names[f["name"]] > 1:
                requirement, actual, remedy = "be described once", f"{names[f['name']]} entries", "Delete the others."
            elif not str(f.get("description", "")).strip():
                requirement, actual = "have a description", "nothing"
                remedy = "Say in a sentence what the column holds."
            elif f.get("type") not in TYPES:
                requirement, actual = f"have a type: {', '.join(TYPES)}", shown(f.get("type", ""))
                remedy = "Correct the type."
            elif _reader(json.dumps(f)) is None:
                requirement, actual = "have constraints that fit its type", shown(json.dumps(f.get("constraints", "")))
                remedy = "Use required, unique, enum, pattern, minimum and maximum as the other columns do."
            elif f["name"] in REQUIRED and f.get("constraints", {}).get("required") is not True:
                requirement, actual, remedy = "be required", "nothing that requires it", "Restore its constraint."
            elif f["name"] in LISTED and "enum" not in f.get("constraints", {}):
                requirement, actual, remedy = "list its words", "no enum", "Restore it among the constraints."
            elif f["name"] == "study_id" and resource["name"] != "studies" and "study_id" not in refers:
                requirement, actual, remedy = "be a foreign key to studies", "none", "Restore it under foreignKeys."
            if requirement:
                column = f"{resource['name']}.{f['name']}"
                yield text.fault(lines.get(f["name"], 0), requirement, actual, remedy, column)


def listings_whole(package: Package) -> Iterator[Fault]:
    """Test that a listing shows every column once, and that the pages that are divided list something."""
    if not package.resources:
        return
    text, pages = package.texts[DICTIONARY], {SOURCES, NUMBERS}
    for resource in (resource for resource in package.resources if "listing" in resource):
        pages.add(resource["listing"].get("page", SOURCES))
        listed = Counter(name for cell in resource["listing"]["columns"].values() for name in split(cell))
        fields = Counter({f["name"]: 1 for f in resource["schema"]["fields"]})
        wrong = [f"{name} {'twice' if name in fields else 'that is no column'}" for name in listed - fields]
        if wrong := [*(f"no {name}" for name in fields - listed), *wrong]:
            requirement, actual = "show every column of its table once", ", ".join(wrong)
            remedy = "Put each column under a header, with '; ' between those of one header."
            yield text.fault(0, requirement, actual, remedy, f"{resource['name']}.listing")
    divided = package.descriptor.get("divided", [])
    if not isinstance(divided, list) or any(page not in pages for page in divided):
        requirement = "name pages that list rows under 'divided'"
        yield text.fault(0, requirement, shown(json.dumps(divided)), f"The pages are {', '.join(sorted(pages))}.")


def dictionary_valid(package: Package) -> Iterator[Fault]:
    """Test that the dictionary, if it has no other fault, conforms to the standard for data packages."""
    text = package.texts.get(DICTIONARY)
    if text and not package.reading_faults and not any(columns_described(package)):
        for note in _broken_standard(json.dumps(package.descriptor)):
            where = re.search(r"at property '([^']*)'", note)
            actual = f"a wrong {shown(where[1])}" if where else "another form"
            yield text.fault(0, "keep the standard for data packages", actual, "Correct or delete that property.")


def _fields_of(key: Any) -> list[str]:
    """Columns of a foreign key; none if it has the wrong form, which `foreign_keys` reports."""
    fields = key.get("fields") if isinstance(key, dict) else None
    return [name for name in fields if isinstance(name, str)] if isinstance(fields, list) else []


@lru_cache(maxsize=1)
def _broken_standard(descriptor: str) -> tuple[str, ...]:
    """Say how a dictionary violates the standard for data packages."""
    import frictionless

    return tuple(error.note for error in frictionless.Package.metadata_validate(json.loads(descriptor)))


@cache
def _reader(entry: str) -> Callable[[str], tuple[Any, Mapping[str, str] | None]] | None:
    """Make the frictionless function that reads a cell of a column; None if the column's entry is invalid."""
    import frictionless

    try:
        read: Callable[[str], tuple[Any, Mapping[str, str] | None]]
        read = frictionless.Field.from_descriptor(json.loads(entry)).create_cell_reader()
        read("1")
    except Exception:  # frictionless raises errors of many kinds, which all mean the same here
        return None
    return read


def table_schema(package: Package) -> Iterator[Fault]:
    """Test types, required cells, allowed words, forms and bounds of cells."""
    for table in package.tables.values():
        for column in table.columns:
            # a pattern that nobody reviewed may never end
            read = _reader(json.dumps(table.fields[column])) if pinned(table.resource, table.fields[column]) else None
            examples = cache(partial(_examples, table, column))
            for row in table.rows if read else []:
                # numbers in another form are reported elsewhere; frictionless would accept some of them, such as 1_000
                if row[column] and column in table.numeric and row.number(column) is None:
                    continue
                for broken in (read(row[column])[1] if read else None) or ():
                    yield _fault_of_cell(row, column, broken, examples)


def _examples(table: Table, column: str) -> list[str]:
    """Give valid cells of a column; a thousand are enough to find a similar one."""
    pattern = table.constraints(column)["pattern"]
    right = (row[column] for row in table.rows if row[column] and re.fullmatch(pattern, row[column]))
    return [*islice(right, 1000)]


def _fault_of_cell(row: Row, column: str, broken: str, examples: Callable[[], list[str]]) -> Fault:
    """Say in plain words which type or constraint a cell violates."""
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
        return row.fault(column, f"be one of {few}", near(row[column], allowed) + remedy)
    if broken == "pattern":
        likest = difflib.get_close_matches(row[column][:80], examples(), n=1, cutoff=0)
        like = f"be written like {shown(likest[0])}" if likest else f"have the form {bound}"
        return row.fault(column, like, f"Correct the cell; its pattern is in data/{DICTIONARY}.")
    return row.fault(column, f"be {'at least' if broken == 'minimum' else 'at most'} {bound}", remedy)
