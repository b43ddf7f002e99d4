"""Correct cells of the data: the change, its cause, and what the consistency checks then find, in one step."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from livingreview.checks import consistency
from livingreview.checks.package import Row, near, shown
from livingreview.checks.reading import read_package
from livingreview.checks.tables import recorded
from livingreview.contribute.edits import ContributionError, Edit
from livingreview.evidence import split
from livingreview.evidence.readings import TABLES, Readings

#: What would settle a difference that the source prints and does not explain.
SETTLED_BY = "The authors, or the data of the study."
_NUMBERS = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Correction:
    """What a cell must say: the id of its row, its column, and the value as the source prints it."""

    row: str
    column: str
    value: str


@dataclass
class Corrected:
    """Corrections in memory, and what they did, in sentences."""

    edit: Edit
    said: list[str] = field(default_factory=list)


def triples(words: list[str]) -> list[Correction]:
    """Read corrections from the words of a command: a row, a column and a value, and again.

    Raises
    ------
    ContributionError
        If a word is missing.
    """
    if len(words) % 3:
        wanted = ("a COLUMN and a VALUE", "a VALUE")[len(words) % 3 - 1]
        raise ContributionError(
            f"{shown(words[-1])} must be followed by {wanted}. Write ROW COLUMN VALUE, and again for another cell; "
            'a value of several words, or a blank one, stands in quotes: "".'
        )
    return [Correction(*words[at : at + 3]) for at in range(0, len(words), 3)]


def correct(
    data: Path, corrections: Iterable[Correction], because: str, *, printed_so: bool = False, of: str = ""
) -> Corrected:
    """Make corrections, with the row of causes.csv that says why.

    Parameters
    ----------
    data : Path
        Folder of the data package.
    corrections : iterable of Correction
        What the cells must say.
    because : str
        Where the source says so, such as 'Table 2'.
    printed_so : bool
        Whether to record in explanations.csv what the checks then find, as printed by the source and not resolved. If
        not, whatever does not agree stops the correction.
    of : str
        Id of a row whose findings are recorded although no cell of it changes.

    Returns
    -------
    Corrected
        Nothing is written yet.

    Raises
    ------
    ContributionError
        With all that is wrong.
    """
    corrected, wrong = Corrected(Edit(data)), []
    edit = corrected.edit
    rows: dict[str, Row] = {}
    for correction in corrections:
        try:
            row = edit.find(correction.row)
            _change(corrected, row, correction, because)
            rows[correction.row] = row
        except ContributionError as error:
            wrong.append(str(error))
    if wrong:
        raise ContributionError("\n".join(dict.fromkeys(wrong)))
    about = {**rows, **({of: edit.find(of)} if of else {})}
    corrected.said += mark_extraction(edit, [name for name, row in rows.items() if row.table.name == "results"])
    what = " ".join(corrected.said) or f"What the source prints of {of} does not agree ({because.rstrip('.')})."
    first = next(iter(about.values()))
    settled, said = settle(edit, about, _source(first), because, printed_so=printed_so)
    corrected.said += said
    if rows or settled:
        cause = {"kind": "correction" if rows else "new_reading", "changed": "; ".join([*rows, *settled]), "what": what}
        # its source is that of the rows: the cause would name one only where another text made it known
        edit.add("causes", {**cause, "for_whom": for_whom(edit, first.table.name, first.cells)}, "the cause")
    return corrected


def _change(corrected: Corrected, row: Row, correction: Correction, because: str) -> None:
    """Change a cell, after a look at whether that can be meant."""
    column, value, table = correction.column, " ".join(correction.value.split()), row.table
    if column not in table.columns:
        columns = ", ".join(table.columns)
        raise ContributionError(
            f"{correction.row}: {shown(column)} is no column of {table.text.file}. "
            f"{near(column, table.columns)}Its columns are {columns}."
        )
    if column in table.key:
        raise ContributionError(f"{correction.row}: its id stays when a row is corrected. Name another column.")
    if row[column] == value:
        raise ContributionError(f"{correction.row}, {column}: is {shown(value)} already. Nothing is to be corrected.")
    corrected.edit.change(row, column, value)
    before, after = (cell or "blank" for cell in (row[column], value))
    where = because.rstrip(".")
    corrected.said.append(f"{correction.row}: {column.replace('_', ' ')} is {after}, and was {before} ({where}).")


def mark_extraction(edit: Edit, ids: Iterable[str]) -> list[str]:
    """Bring the column ``extraction`` of some results in line with their second readings; say what changed."""
    said, now = [], {row["result_id"]: row for row in edit.rows("results")}
    readings = Readings(*(edit.rows(name) for name in TABLES))
    for row in (now[row_id] for row_id in dict.fromkeys(ids) if row_id in now):
        words = readings.extraction(row)
        if row["extraction"] not in words:
            edit.change(edit.find(row["result_id"]), "extraction", words[0])
            said.append(f"{row['result_id']}: extraction is {words[0]}, and was {row['extraction']}.")
    return said


def _source(row: Row) -> str:
    """The source that the row rests on, if it is one."""
    keys = split(row.cells.get("source_key", ""))
    return keys[0] if len(keys) == 1 else ""


def for_whom(edit: Edit, table: str, cells: Mapping[str, str]) -> str:
    """Say for whom a change of a row matters: the people of its study, or those that it names, or the page's readers.

    Parameters
    ----------
    edit : Edit
        The data.
    table : str
        The table of the row.
    cells : mapping of str to str
        The row.
    """
    studies = {row["study_id"]: row for row in edit.rows("studies")}
    people = studies.get(cells.get("study_id", ""), {}).get("population", "")
    people = people or cells.get("population", "") or cells.get("applies_to", "")
    pages = {r["name"].replace("-", "_"): r.get("listing", {}).get("page", "") for r in edit.package.resources}
    return people or f"readers of the page '{pages[table]}'"


def settle(
    edit: Edit, about: Collection[str], source_key: str, because: str, *, printed_so: bool
) -> tuple[list[str], list[str]]:
    """Bring the explanations in line with what the checks find about some rows.

    What is found no more needs no explanation, and nobody need be asked.

    Parameters
    ----------
    edit : Edit
        The data as they will be.
    about : collection of str
        Ids of the rows.
    source_key : str
        The source that prints them.
    because : str
        The place in the source.
    printed_so : bool
        Whether what is found is recorded as printed by the source; if not, it is left to the check.

    Returns
    -------
    tuple of list of str
        Ids of the explanations that changed, and sentences about them.
    """
    findings, former = _checked(edit, about)
    settled, said = [], []
    for finding in findings:
        old = former.pop((finding.check, "; ".join(finding.rows)), None)
        if printed_so:
            name, sentence = _record(edit, finding, old, source_key, because)
            settled.append(name)
            said.append(sentence)
    for row in former.values():
        edit.remove("explanations", row["explanation_id"])
        settled.append(row["explanation_id"])
        said.append(f"{row['explanation_id']} is taken out: the numbers that it explained agree.")
    return settled, said


def _checked(
    edit: Edit, about: Collection[str]
) -> tuple[list[consistency.ConsistencyFinding], dict[tuple[str, str], dict[str, str]]]:
    """What the checks find about some rows that nothing explains, and explanations of these that match nothing."""
    with edit.copy() as copied:
        records = recorded(read_package(copied))
    findings = [finding for finding in consistency.unexplained(records) if {*about} & {*finding.rows}]
    unneeded = set(consistency.unneeded(records))
    of_rows = (row for row in edit.rows("explanations") if {*about} & {*split(row["row_ids"])})
    return findings, {(row["check"], row["row_ids"]): row for row in of_rows if row["explanation_id"] in unneeded}


def _record(
    edit: Edit, finding: consistency.ConsistencyFinding, old: dict[str, str] | None, source_key: str, because: str
) -> tuple[str, str]:
    """Record a finding as printed by the source; give the id of its explanation, and a sentence.

    Of an explanation of other numbers the words are kept, unless they name a number that has changed.
    """
    if old:
        gone = {*_NUMBERS.findall(old["found"])} - {*_NUMBERS.findall(finding.detail)}
        if not gone & {*_NUMBERS.findall(old["explanation"])}:
            edit.change(edit.find(old["explanation_id"]), "found", finding.detail)
            return old["explanation_id"], f"{old['explanation_id']} now explains other numbers: read its words again."
        edit.remove("explanations", old["explanation_id"])
    cells = {
        "check": finding.check,
        "row_ids": "; ".join(finding.rows),
        "found": finding.detail,
        "kind": consistency.KINDS[-1],
        "explanation": f"The source prints it so ({because.rstrip('.')}); what was read of it does not say why.",
        "settled_by": SETTLED_BY,
        "source_key": source_key,
    }
    name = edit.add("explanations", cells, "the explanation")
    return name, f"{name} records what does not agree: {finding.detail}"
