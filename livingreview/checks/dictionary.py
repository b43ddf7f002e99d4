"""What of the dictionary the code relies on: it may change only together with the code.

A contributor changes facts. Types, allowed words, bounds, forms, keys and the licence are rules, which the code reads
or was written for: a word more among the tiers would be published without a meaning, and a pattern can be written that
never ends. ``pins.csv`` holds a fingerprint of these for every column, so that a change of the rules is a change of
the code, and is reviewed as one. Descriptions, units and titles may change freely.

``make pins`` writes the fingerprints anew.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from livingreview.checks.package import DICTIONARY, Fault, Package, shown
from livingreview.evidence import DATA

PINS = Path(__file__).with_name("pins.csv")
#: What of a column, of a table and of the whole is pinned.
OF_COLUMN = ("type", "constraints")
OF_SCHEMA = ("primaryKey", "foreignKeys", "missingValues")
OF_PACKAGE = ("name", "licenses")


def _pin(entry: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Give the fingerprint of some properties."""
    pinned_part = {name: entry[name] for name in names if name in entry}
    return hashlib.sha256(json.dumps(pinned_part, sort_keys=True).encode()).hexdigest()[:12]


def pins(descriptor: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Give the fingerprints of a dictionary.

    Parameters
    ----------
    descriptor : mapping
        The data package.

    Returns
    -------
    dict
        By table and column; the column is blank for a table's keys, and both are for the licence.
    """
    hashes = {("", ""): _pin(descriptor, OF_PACKAGE)}
    for resource in descriptor["resources"]:
        hashes[resource["name"], ""] = _pin(resource["schema"], OF_SCHEMA)
        for field in resource["schema"]["fields"]:
            hashes[resource["name"], field["name"]] = _pin(field, OF_COLUMN)
    return hashes


@cache
def _pinned() -> dict[tuple[str, str], str]:
    with PINS.open(encoding="utf-8", newline="") as file:
        return {(row["table"], row["column"]): row["pin"] for row in csv.DictReader(file)}


def pinned(table: str, field: Mapping[str, Any]) -> bool:
    """Whether a column has the type and the constraints that the code was written for."""
    return _pinned().get((table, field["name"])) == _pin(field, OF_COLUMN)


def _of_columns(fault: Fault) -> bool:
    """Whether a fault of reading is one of the dictionary or of a header."""
    return fault.file.endswith(DICTIONARY) or fault.row <= 1


def rules_pinned(package: Package) -> Iterator[Fault]:
    """Test that types, constraints, keys and licence are those that the code was written for."""
    text = package.texts.get(DICTIONARY)
    if not text or not package.resources or any(_of_columns(fault) for fault in package.reading_faults):
        return
    requirement = (
        "stand as the code expects: types, constraints, keys and licence change with livingreview/checks/pins.csv"
    )
    remedy = (
        "Restore it ('git diff data/datapackage.json' shows the change); where the change is meant, "
        "change the code that reads it, and run 'make pins'."
    )
    fields = {(r["name"], f["name"]): f for r in package.resources for f in r["schema"]["fields"]}
    schemas = {(r["name"], ""): r["schema"] for r in package.resources}
    for place, pin in pins({**package.descriptor, "resources": package.resources}).items():
        if _pinned().get(place) != pin:
            entry = fields.get(place, schemas.get(place, package.descriptor))
            names = OF_COLUMN if place in fields else OF_SCHEMA if place in schemas else OF_PACKAGE
            actual = json.dumps({name: entry[name] for name in names if name in entry}, ensure_ascii=False)
            row = package.lines_of_columns.get(place[0].replace("-", "_") + ".csv", {}).get(place[1], 0)
            yield text.fault(row, requirement, shown(actual), remedy, ".".join(filter(None, place)))


def write_pins() -> None:
    """Write the fingerprints of the dictionary as it is."""
    hashes = pins(json.loads((DATA / DICTIONARY).read_text(encoding="utf-8")))
    with PINS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("table", "column", "pin"))
        writer.writerows((*place, pin) for place, pin in hashes.items())
