"""Rules on ids, on keys, and on what names them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from livingreview.checks.dictionary import pinned
from livingreview.checks.package import DICTIONARY, REFERENCES, TABLES, Fault, Package, Row, near, shown
from livingreview.checks.references import KINDS
from livingreview.evidence import PAGES, ids, split

#: The kinds of source that a tier can rest on; a secondary summary can be part of any.
KINDS_OF_TIER = {
    "primary_full_text": ("primary", "protocol", "review"),
    "primary_abstract": ("primary", "protocol", "review"),
    "registry": ("registry",),
    "guidance": ("guidance",),
}


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
                    free = _free(package, row) if list(key) == table.key else ""
                    remedy = f"Correct it{f' ({free} is free)' if free else ''}, or delete the row."
                    yield row.fault(", ".join(key), must, remedy, shown(", ".join(cells)))


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


def _free(package: Package, row: Row) -> str:
    """Make an id that a row could have; none where its table makes none, or a column is missing."""
    table, short = row.table, package.descriptor.get("shortWords")
    if table.name not in ids.FORMS or not table.complete or not isinstance(short, dict):
        return ""
    others = (other.cells for other in table.rows if other is not row)
    return ids.row_id(table.name, row.cells, others, short)


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
            yield package.texts[DICTIONARY].fault(0, must, shown(json.dumps(key)), "Correct the names.")


def _referred_to(key: Any) -> str:
    """Name the table that a foreign key refers to; nothing where it has another form."""
    reference = key.get("reference") if isinstance(key, dict) else None
    name = reference.get("resource") if isinstance(reference, dict) else None
    return name if isinstance(name, str) else ""


def _strays(package: Package, name: str, ours: str, other: str, theirs: str) -> Iterator[Fault]:
    """Find the rows that refer to what another table has not; where that could not be read whole, it may have it."""
    table, target = (package.tables.get(resource.replace("-", "_")) for resource in (name, other))
    if table and target and ours in table.columns and package.whole(target.name):
        known = frozenset(row[theirs] for row in target.rows)
        for row in table.rows:
            if row[ours] and row[ours] not in known:
                remedy = f"{near(row[ours], known)}Correct it, or add that row there first."
                yield row.fault(ours, f"be a {theirs} of {target.text.file}", remedy)


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
            yield package.references.text.fault(line, must, shown(word), "Rename one of the two.")


def sources_known(package: Package) -> Iterator[Fault]:
    """Test that the sources of a row are in the references, each once, with '; ' between them."""
    known = frozenset(key for _, key in package.references.keys)
    must, remedy = f"be a key of data/{REFERENCES}", "Correct the key, or add the source there first."
    for table in package.tables.values() if package.references.whole else []:
        for column in [c for c in table.columns if c in ("source_key", "source_keys", "primary_source_key")]:
            for row in table.rows:
                yield from links(row, column, known, must, remedy)


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
        known = frozenset(row[package.tables[name].key[0]] for name in tables for row in package.rows(name))
        remedy = "Correct the id, or add the row first."
        for table, columns in {"claims": ["checked_against"], "risk_of_bias": ["result_ids", "row_ids"]}.items():
            for row in package.rows(table):
                for column in columns:
                    yield from links(row, column, known, "be the id of a row", remedy)


def outcomes_reported(package: Package) -> Iterator[Fault]:
    """Test that the rows that report an outcome are of its study, and of the arm that they are named for."""
    results = {row["result_id"]: row for row in package.rows("results")}
    sized = {row["study_id"] for row in package.rows("arms") if row["n"] and row["n_unit"] == "people"}
    arms = {"contrast_id": "contrast", "intervention_id": "intervention", "comparator_id": "comparator"}
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
        if bool(row["intervention_id"]) != bool(row["comparator_id"]):
            blank = "comparator_id" if row["intervention_id"] else "intervention_id"
            yield row.fault(blank, "be filled in, as its other arm is", "Name both arms, or neither.")


def links(row: Row, column: str, known: frozenset[str], must: str, remedy: str) -> Iterator[Fault]:
    """Test the names in a cell."""
    parts = split(row[column])
    for part in parts:
        if part not in known:
            yield row.fault(column, must, near(part, known) + remedy, shown(part))
    if "; ".join(dict.fromkeys(parts)) != row[column]:
        yield row.fault(column, "name each once, with '; ' between them", "Correct the list.")
