"""Rules on ids and keys, and on references to them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from livingreview.checks.dictionary import pinned
from livingreview.checks.package import DICTIONARY, REFERENCES, Fault, Package, Row, near, shown
from livingreview.checks.references import KINDS
from livingreview.evidence import ids, split

#: The kinds of source that a tier allows; a secondary summary can come from any.
KINDS_OF_TIER = {
    "primary_full_text": ("primary", "protocol", "review"),
    "primary_abstract": ("primary", "protocol", "review"),
    "registry": ("registry",),
    "guidance": ("guidance",),
}
#: Columns of sentences, which pages show as they are, and what could be an id in them.
PROSE = ("basis", "explanation", "note", "primary_says", "why")
_NAMES = re.compile(r"[a-z0-9_]+(?:-[a-z0-9_]+)*")


def keys_once(package: Package) -> Iterator[Fault]:
    """Test that unique values of a table, above all its primary key, occur once."""
    for table in package.tables.values():
        unique = [(c,) for c in table.columns if table.constraints(c).get("unique")]
        for key in dict.fromkeys([tuple(table.key), *unique]):
            first: dict[tuple[str, ...], int] = {}
            for row in table.rows if set(key) <= set(table.columns) else []:
                cells = tuple(row[c] for c in key)
                if any(cells) and first.setdefault(cells, row.line) != row.line:
                    requirement = f"differ from row to row (row {first[cells]} has it)"
                    free = _free(package, row) if list(key) == table.key else ""
                    remedy = f"Correct it{f' ({free} is free)' if free else ''}, or delete the row."
                    yield row.fault(", ".join(key), requirement, remedy, shown(", ".join(cells)))


def ids_in_words(package: Package) -> Iterator[Fault]:
    """Test that an id has its form, and begins with the study of its row."""
    for table in package.tables.values():
        key = table.key[0]
        if not pinned(table.resource, table.fields[key]):
            continue  # a pattern that nobody reviewed may never end
        form = re.compile(str(table.constraints(key).get("pattern", "")))
        for row in table.rows if table.name in ids.FORMS and key in table.columns else []:
            study = ids.study_part(row.cells)
            if not form.fullmatch(row[key]) or not row[key].startswith(study):
                begin = f", beginning with '{study}'" if study else ""
                free = _free(package, row)
                remedy = f"Write {free}." if free else "Write small letters, digits and hyphens."
                yield row.fault(key, f"say in words what the row is{begin}", remedy)


def no_ids_in_prose(package: Package) -> Iterator[Fault]:
    """Test that what pages show as words names no row and no reference by its id, which says nothing to a reader."""
    formed = [table for name, table in package.tables.items() if name in ids.FORMS and table.key[0] in table.columns]
    named = {row[table.key[0]] for table in formed for row in table.rows}
    named |= {key for _, key in package.references.keys if re.search(r"\d", key)}
    for table in package.tables.values():
        for column in (c for c in PROSE if c in table.columns):
            for row in table.rows:
                if found := next((word for word in _NAMES.findall(row[column]) if word in named), ""):
                    yield row.fault(column, "name no id", "Say in words what it is, such as Archer 2012.", shown(found))


def _free(package: Package, row: Row) -> str:
    """Make an id that a row could have; blank if its table has no form for ids, or a column is missing."""
    table, short = row.table, package.descriptor.get("shortWords")
    if table.name not in ids.FORMS or not table.complete or not isinstance(short, dict):
        return ""
    cells = (sibling.cells for sibling in table.rows if sibling is not row)
    return ids.row_id(table.name, row.cells, cells, short)


def foreign_keys(package: Package) -> Iterator[Fault]:
    """Test that references to rows of another table exist there."""
    columns = {r["name"]: {f["name"] for f in r["schema"]["fields"]} for r in package.resources}
    for name, key in ((r["name"], key) for r in package.resources for key in r["schema"].get("foreignKeys", [])):
        try:
            (column,), reference = key["fields"], key["reference"]
            target, (target_column,) = reference["resource"], reference["fields"]
            fit = column in columns[name] and target_column in columns[target]
        except (LookupError, TypeError, ValueError):
            fit = False
        if fit:
            yield from _strays(package, name, column, target, target_column)
        elif package.described or _referred_to(key) in columns:  # else the other table's entry may be at fault
            requirement = f"have foreignKeys of {name} from one of its columns to one of another table"
            yield package.texts[DICTIONARY].fault(0, requirement, shown(json.dumps(key)), "Correct the names.")


def _referred_to(key: Any) -> str:
    """Name the table that a foreign key refers to; blank if the key has the wrong form."""
    reference = key.get("reference") if isinstance(key, dict) else None
    name = reference.get("resource") if isinstance(reference, dict) else None
    return name if isinstance(name, str) else ""


def _strays(package: Package, name: str, column: str, target_name: str, target_column: str) -> Iterator[Fault]:
    """Find references to rows missing from another table; skip tables that could not be read completely."""
    table, target = (package.tables.get(resource.replace("-", "_")) for resource in (name, target_name))
    if table and target and column in table.columns and package.whole(target.name):
        keys = frozenset(row[target_column] for row in target.rows)
        for row in table.rows:
            if row[column] and row[column] not in keys:
                remedy = f"{near(row[column], keys)}Correct it, or add that row there first."
                yield row.fault(column, f"be a {target_column} of {target.text.file}", remedy)


def ids_once(package: Package) -> Iterator[Fault]:
    """Test that an id occurs once in all tables and references, since pages link to it by the id alone."""
    first: dict[str, str] = {}
    for table in (package.tables[name] for name in package.linkable if name in package.tables):
        key = table.key[0]
        for row in table.rows if key in table.columns else []:
            here = f"{table.text.file}, row {row.line}"
            where = first.setdefault(row[key].casefold(), here)
            if row[key] and where != here:
                yield row.fault(key, f"differ from every other id ({where} has it)", "Rename one of the two.")
    for line, word in package.references.keys:
        if word and word.casefold() in first:
            requirement = f"have a key that is no id of a row ({first[word.casefold()]} has it)"
            yield package.references.text.fault(line, requirement, shown(word), "Rename one of the two.")


def sources_known(package: Package) -> Iterator[Fault]:
    """Test that the sources of a row are in the references, each once, with '; ' between them."""
    keys = frozenset(key for _, key in package.references.keys)
    requirement, remedy = f"be a key of data/{REFERENCES}", "Correct the key, or add the source there first."
    for table in package.tables.values() if package.references.whole else []:
        for column in [c for c in table.columns if c in ("source_key", "source_keys", "primary_source_key")]:
            for row in table.rows:
                yield from links(row, column, keys, requirement, remedy)


def tier_of_source(package: Package) -> Iterator[Fault]:
    """Test that the tier of a row fits the kind of its source."""
    kinds = {key: entry.fields.get("kind", "") for key, entry in package.references.entries.items()}
    for table in package.tables.values() if package.references.whole else []:
        for row in table.rows if {"tier", "source_key"} <= set(table.columns) else []:
            kinds_cited = [kinds[key] for key in split(row["source_key"]) if kinds.get(key) in KINDS]
            right = KINDS_OF_TIER.get(row["tier"])
            if kinds_cited and right and not set(kinds_cited) & set(right):
                requirement = f"fit its source, which is of the kind {', '.join(kinds_cited)}"
                yield row.fault("tier", requirement, f"Correct the tier, or the kind in data/{REFERENCES}.")


def checked_against_known(package: Package) -> Iterator[Fault]:
    """Test that the rows behind a claim or a judgment of risk of bias exist."""
    tables = package.linkable
    if package.described and package.whole(*tables):
        row_ids = frozenset(row[package.tables[name].key[0]] for name in tables for row in package.rows(name))
        remedy = "Correct the id, or add the row first."
        for table, columns in {"claims": ["checked_against"], "risk_of_bias": ["result_ids", "row_ids"]}.items():
            for row in package.rows(table):
                for column in columns:
                    yield from links(row, column, row_ids, "be the id of a row", remedy)


def outcomes_reported(package: Package) -> Iterator[Fault]:
    """Test that the rows that report an outcome belong to its study, and to the arm of their column."""
    results = {row["result_id"]: row for row in package.rows("results")}
    sized = {row["study_id"] for row in package.rows("arms") if row["n"] and row["n_unit"] == "people"}
    arms = {"contrast_id": "contrast", "intervention_id": "intervention", "comparator_id": "comparator"}
    for row in package.rows("outcomes"):
        for column, arm in arms.items():
            result = results.get(row[column]) if row[column] else None
            if result and (result["study_id"], result["arm"]) != (row["study_id"], arm):
                requirement = f"name a row of {row['study_id']} whose arm is {arm}"
                actual = f"{result['result_id']}, which is of {result['study_id']} and whose arm is {result['arm']}"
                yield row.fault(column, requirement, "Correct the id, or the row it names.", actual)
        if row["sizes"] and package.whole("arms") and row["study_id"] not in sized:
            requirement = f"be blank, since no arm of {row['study_id']} has a size"
            yield row.fault("sizes", requirement, "Clear it, or add the arms with their sizes.")
        if bool(row["intervention_id"]) != bool(row["comparator_id"]):
            blank = "comparator_id" if row["intervention_id"] else "intervention_id"
            yield row.fault(blank, "be filled in, as its other arm is", "Name both arms, or neither.")


def links(row: Row, column: str, targets: frozenset[str], requirement: str, remedy: str) -> Iterator[Fault]:
    """Test the ids in a cell."""
    parts = split(row[column])
    for part in parts:
        if part not in targets:
            yield row.fault(column, requirement, near(part, targets) + remedy, shown(part))
    if "; ".join(dict.fromkeys(parts)) != row[column]:
        yield row.fault(column, "name each once, with '; ' between them", "Correct the list.")
