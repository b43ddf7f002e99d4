"""Correct cells of the data: the change, its cause, and what the consistency checks then find, in one step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from livingreview.checks import consistency
from livingreview.checks.package import Row, near, shown
from livingreview.checks.reading import read_package
from livingreview.checks.tables import recorded
from livingreview.contribute.edits import ContributionError, Edit
from livingreview.evidence import split

#: What would settle a difference that the source prints and does not explain.
SETTLED_BY = "The authors, or the data of the study."


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
    what = " ".join(corrected.said) or f"What the source prints of {of} does not agree ({because.rstrip('.')})."
    settled = _settle(corrected, about, because, printed_so)
    first = next(iter(about.values()))
    cause = {"kind": "correction" if rows else "new_reading", "changed": "; ".join([*rows, *settled]), "what": what}
    if rows or settled:
        edit.add("causes", {**cause, "for_whom": _for_whom(edit, first), "source_key": _source(first)}, "the cause")
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


def _source(row: Row) -> str:
    """The source that the row rests on, if it is one."""
    keys = split(row.cells.get("source_key", ""))
    return keys[0] if len(keys) == 1 else ""


def _for_whom(edit: Edit, row: Row) -> str:
    """Say for whom a change of a row matters: the people of its study, or those that the row itself names."""
    studies = {cells["study_id"]: cells for cells in edit.rows("studies")}
    people = studies.get(row.cells.get("study_id", ""), {}).get("population", "")
    people = people or row.cells.get("population", "") or row.cells.get("applies_to", "")
    pages = {r["name"].replace("-", "_"): r.get("listing", {}).get("page", "") for r in edit.package.resources}
    return people or f"readers of the page '{pages[row.table.name]}'"


def _settle(corrected: Corrected, about: dict[str, Row], because: str, printed_so: bool) -> list[str]:
    """Bring the explanations in line with what the checks find about some rows; give the ids of those that changed."""
    edit = corrected.edit
    settled: dict[str, None] = {}
    with edit.copy() as copied:
        records = recorded(read_package(copied))
    unexplained = [f for f in consistency.unexplained(records) if about.keys() & set(f.rows)]
    findings = {(finding.check, "; ".join(finding.rows)): finding for finding in unexplained}
    unneeded = set(consistency.unneeded(records))
    for row in edit.rows("explanations"):
        name = row["explanation_id"]
        if name not in unneeded:
            continue
        again = (row["check"], row["row_ids"]) in findings
        if about.keys() & set(split(row["row_ids"])) and (printed_so or not again):
            edit.remove("explanations", name)
            settled[name] = None
            why = "is written anew" if again else "is taken out, since the numbers it explained agree"
            corrected.said.append(f"{name} {why}.")
    for finding in findings.values() if printed_so else ():
        first = about[next(name for name in finding.rows if name in about)]
        cells = {
            "check": finding.check,
            "row_ids": "; ".join(finding.rows),
            "found": finding.detail,
            "kind": consistency.KINDS[-1],
            "explanation": f"The source prints it so ({because.rstrip('.')}); what was read of it does not say why.",
            "settled_by": SETTLED_BY,
            "source_key": _source(first),
        }
        name = edit.add("explanations", cells, "the explanation")
        settled[name] = None
        corrected.said.append(f"{name} records what does not agree: {finding.detail}")
    return [*settled]
