"""Rules on the ledger: what searches returned, who decided what, and up to which day a search is done."""

from __future__ import annotations

from collections.abc import Iterator

from livingreview.checks.package import Fault, Package, Row
from livingreview.checks.rules import Wrong, each
from livingreview.evidence.identifiers import REGISTERS, is_written, named, normal
from livingreview.evidence.ledger import TABLES, Ledger


@each("since", "returned", "missing", tables=["runs"])
def runs_told(row: Row) -> Iterator[Wrong]:
    """Test that an incomplete run says what is missing, that a complete one lacks nothing, and that its days fit."""
    if (row["complete"] == "yes") == bool(row["missing"]):
        requirement = "be blank for a run that is complete" if row["missing"] else "say what was not answered"
        yield "missing", requirement, "Correct it, or whether the run is complete."
    if row["since"] > row["day"]:
        yield "since", f"be at most the day of the run, {row['day']}", "Correct one of the two."


@each("duplicate_of", "europepmc", tables=["records"])
def records_numbered(row: Row) -> Iterator[Wrong]:
    """Test that a record has a number by which it is known, and that its DOI is written as one."""
    if not any(row[kind] for kind in (*REGISTERS, "europepmc")):
        yield (
            "record_id",
            "have a DOI, PMID, PMCID, NCT number or one of Europe PMC",
            "Add the number, or delete the row.",
        )
    if row["doi"] and not (is_written("doi", row["doi"]) and row["doi"] == row["doi"].lower()):
        yield "doi", "be a DOI in lower case, without its address", "Correct the DOI."


def duplicates_of_first(package: Package) -> Iterator[Fault]:
    """Test that a duplicate names the record that stands for all of them."""
    records = {row["record_id"]: row for row in package.rows("records")}
    for row in records.values():
        first = records.get(row["duplicate_of"])
        if first and first["duplicate_of"]:
            requirement = f"name the record that {row['duplicate_of']} duplicates, {first['duplicate_of']}"
            yield row.fault("duplicate_of", requirement, "Write that one.")
        elif first is row:
            yield row.fault("duplicate_of", "name another record", "Clear it.")


def screenings_in_turn(package: Package) -> Iterator[Fault]:
    """Test that full texts are decided on after titles and with reasons, and that who settles a conflict is a third."""
    ledger = ledger_of(package)
    for row in package.rows("screenings"):
        record, stage = row["record_id"], row["stage"]
        if row["decision"] == "exclude" and stage == "full_text" and not row["reason"]:
            yield row.fault("reason", "say why a full text is excluded", "Write the reason.")
        if stage == "full_text" and ledger.decision(record, "title") != "include":
            requirement = "be title until title and abstract have been decided on"
            yield row.fault("stage", requirement, "Correct the stage, or record the decisions on the title first.")
        votes = [vote for vote in ledger.votes(record, stage) if vote["role"] == "screener"]
        people = {vote["screener"].casefold() for vote in votes}
        if row["role"] == "adjudicator" and row["screener"].casefold() in people:
            yield row.fault("screener", "be somebody who did not screen the record", "Name who settled it.")
        if row["role"] == "adjudicator" and len({vote["decision"] for vote in votes}) < 2:
            yield row.fault("role", "be screener where screeners do not disagree", "Correct the role.")


def searches_certified(package: Package) -> Iterator[Fault]:
    """Test that the date of a search that a service answers is the one that the ledger gives."""
    if not package.whole(*TABLES):
        return
    ledger = ledger_of(package)
    for row in package.rows("searches"):
        day = ledger.certified(row["search_id"]) if row["service"] else row["last_search"]
        if row["last_search"] != day:
            words = day or "blank, since no run of it is complete and screened"
            remedy = "Write that: the date follows from runs.csv, records.csv and screenings.csv."
            yield row.fault("last_search", f"be {words}", remedy)


def ledger_of(package: Package) -> Ledger:
    """Read the ledger of a package that may have faults."""
    used: set[tuple[str, str]] = set()
    for entry in package.references.entries.values():
        numbers = {kind: normal(kind, entry.fields.get(kind, "").strip("{}")) for kind in REGISTERS}
        used.update((kind, number) for kind, number in numbers.items() if number)
        used.update(("nct", number) for number in named("nct", " ".join(entry.fields.values())))
    used.update(("nct", nct) for row in package.rows("studies") for nct in named("nct", row["registration"]))
    used.update(("nct", row["nct"]) for row in package.rows("registry"))
    return Ledger({name: [row.cells for row in package.rows(name)] for name in TABLES}, used)
