"""The command ``livingreview screening``: records go out to a screening program, and decisions come back.

Screening is done in a program made for it. ASReview LAB and Rayyan read both files that go out; what comes back is
the table that either exports. Nothing is written unless every decision of a file has its record.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import rispy

from livingreview.evidence import Evidence, ris
from livingreview.evidence.identifiers import REGISTERS, named, normal
from livingreview.evidence.ledger import STAGES, Ledger, going_on, ledger
from livingreview.repository import replace_file
from livingreview.statistics.agreement import agreement
from livingreview.watch.keeping import dated
from livingreview.watch.records import Record, RecordIndex, RecordKind, from_row
from livingreview.watch.values import data_cell
from livingreview.watch.writing import TableError, as_csv, write_tables

#: Columns under the names that ASReview and Rayyan know. Rayyan gives records keys of its own and keeps the notes,
#: ASReview keeps all columns: both bring the name of the record back.
COLUMNS = ("key", "title", "authors", "journal", "year", "abstract", "doi", "url", "pubmed_id", "pmc_id", "notes")
#: How a note names a record of the ledger.
_NAMED = re.compile(r"\brecord: ([a-z0-9_]+(?:-[a-z0-9_]+)*)")
#: Words for decisions: labels of ASReview in tables, its notes in RIS, and those of Rayyan.
_DECISIONS = {
    **dict.fromkeys(("1", "1.0", "asreview_relevant", "included"), "include"),
    **dict.fromkeys(("0", "0.0", "asreview_irrelevant", "excluded"), "exclude"),
    "maybe": "unclear",
}
_LABELS = ("asreview_label", "included")
_RAYYAN = re.compile(r"RAYYAN-INCLUSION: *\{(.*?)\}")
_RAYYAN_VOTE = re.compile(r'"([^"]*)" *=> *"([^"]*)"')
_RAYYAN_REASONS = re.compile(r"RAYYAN-EXCLUSION-REASONS: *(.*?) *(?:\||$)")
_ASREVIEW_NOTE = re.compile(r"^ASReview_(?:relevant|irrelevant)$", re.IGNORECASE)


class ScreeningError(Exception):
    """The files cannot go out, or cannot come back as they are; the message lists every reason."""


@dataclass(frozen=True)
class Decision:
    """A decision in a file: its line, the record as the file describes it, the decision, the reason and the day."""

    line: int
    record: Record
    key: str
    decision: str
    reason: str
    day: str


def write_out(folder: Path, stage: str, book: Evidence, runs: Path) -> tuple[int, int]:
    """Write what waits for a decision as CSV and as RIS.

    Parameters
    ----------
    folder : Path
        Where the two files go; made if it is not there.
    stage : {'title', 'full_text'}
    book : Evidence
    runs : Path
        Folder of the runs of the watch, whose reports hold the abstracts: the data keep none.

    Returns
    -------
    tuple of (int, int)
        How many records were written, and how many of them without an abstract.
    """
    current = ledger(book)
    abstracts = _abstracts(runs)
    entries = [_entry(current, record, abstracts) for record in current.to_screen(stage)]
    folder.mkdir(parents=True, exist_ok=True)
    name = f"screening_{stage}"
    table = ({**{c: csv_cell(entry[c]) for c in COLUMNS}, "authors": entry["authors"]} for entry in entries)
    replace_file(folder / f"{name}.csv", as_csv(COLUMNS, table).encode())
    replace_file(folder / f"{name}.ris", ris.write(map(_ris, entries)).encode())
    return len(entries), sum(not entry["abstract"] for entry in entries)


def _entry(current: Ledger, record_id: str, abstracts: RecordIndex) -> dict[str, str]:
    """Give the cells of a record, with what its duplicates have besides."""
    rows = current.groups[record_id]
    cells = {c: next((row[c] for row in rows if row[c]), "") for c in rows[0]}
    record = from_row(cells)
    places = [place for row in rows for place in abstracts.find(from_row(row))]
    return {
        "key": record_id,
        "title": record.title,
        "authors": cells["authors"],
        "journal": record.journal,
        "year": record.year,
        "abstract": max((abstracts.records[place].abstract for place in places), key=len, default=""),
        "doi": record.doi,
        "url": record.link,
        "pubmed_id": record.pmid,
        "pmc_id": record.pmcid,
        "nct": record.nct,
        "notes": f"record: {record_id}",
    }


def _ris(entry: Mapping[str, str]) -> dict[str, object]:
    return {
        "type_of_reference": "GEN" if entry["nct"] else "JOUR",
        "id": entry["key"],
        "title": entry["title"],
        "authors": entry["authors"].split("; "),
        "journal_name": entry["journal"],
        "year": entry["year"],
        "abstract": entry["abstract"],
        "doi": entry["doi"],
        "urls": [entry["url"]] if entry["url"] else [],
        "accession_number": entry["pubmed_id"] or entry["nct"] or entry["pmc_id"],
        "notes": [entry["notes"]],
    }


def _abstracts(runs: Path) -> RecordIndex:
    """Read the abstracts in the reports of the watch, the newest first."""
    index = RecordIndex()
    for path in sorted(runs.glob("*/report.json"), reverse=True):
        try:
            listed = json.loads(path.read_text(encoding="utf-8"))["records"]
            for record in (record for record in listed if record["abstract"]):
                numbers: dict[str, Any] = {kind: normal(kind, record[kind]) for kind in REGISTERS}
                index.add(Record(record["kind"], str(record["title"]), str(record["abstract"]), **numbers))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ScreeningError(
                f"{path} is no report of the watch ({error}). Move it away, or run the watch again."
            ) from error
    return index


def csv_cell(text: str) -> str:
    """Escape a text for a CSV file, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def read_in(
    path: Path, name: str, stage: str, book: Evidence, today: date, *, settles: bool = False
) -> tuple[int, int]:
    """Take the decisions of a person into screenings.csv, all or none.

    Parameters
    ----------
    path : Path
        What the program exported: CSV, TSV or RIS.
    name : str
        Who decided.
    stage : {'title', 'full_text'}
    book : Evidence
    today : date
        The day of decisions to which the program gives none.
    settles : bool
        Whether the person settled conflicts between screeners.

    Returns
    -------
    tuple of (int, int)
        How many decisions were added, and how many were there before.

    Raises
    ------
    ScreeningError
        With every decision that has no record, contradicts another or does not fit; nothing is written then.
    """
    if not (by := data_cell(name)):
        raise ScreeningError("--by must name who decided, found nothing. Give a name, as it is to be published.")
    current, rows = ledger(book), book.rows("screenings")
    known = {(row["record_id"], row["stage"], row["screener"].casefold()): row for row in rows}
    find = _finder(current)
    faults: list[str] = []
    added: dict[tuple[str, str, str], dict[str, str]] = {}
    repeated: set[tuple[str, str, str]] = set()
    for decision in _decisions(path, name, str(today)):
        record = find(decision)
        key = (record, stage, by.casefold())
        if not record:
            faults.append(f"{path.name}, row {decision.line}: no record of the ledger is '{_shown(decision)}'.")
            continue
        row = dict(zip(("record_id", "stage", "screener"), (record, stage, by), strict=True))
        row |= {"role": "adjudicator" if settles else "screener", "decision": decision.decision}
        row |= {"reason": data_cell(decision.reason), "day": decision.day}
        before = known.get(key) or added.get(key)
        if before and (before["decision"], before["role"]) != (row["decision"], row["role"]):
            words = f"{before['decision']} as {before['role']}, found {row['decision']} as {row['role']}"
            faults.append(f"{path.name}, row {decision.line}: {by} has decided on {record} before: {words}.")
        elif key in known:
            repeated.add(key)
        else:
            added.setdefault(key, row)
    if faults:
        remedy = "Correct the file, or the row of data/screenings.csv if somebody changed their mind."
        raise ScreeningError("\n".join([*faults, f"{remedy} Nothing was written."]))
    tables = {"screenings": [*rows, *added.values()]}
    try:
        write_tables(book, tables | {"searches": dated(book, tables)})
    except TableError as error:
        raise ScreeningError(str(error)) from error
    return len(added), len(repeated)


def told(book: Evidence, stage: str) -> Iterator[str]:
    """Report agreement and conflicts at a stage, and what is still to be screened."""
    current = ledger(book)
    both = agreement(current.pairs(stage))
    words = "" if both.kappa is None else f", kappa {both.kappa:.2f}"
    yield f"By two people, {STAGES[stage]}: {both.total} records, {both.agreed} with the same decision{words}."
    conflicts = current.conflicts(stage)
    yield f"Conflicts that nobody has settled: {len(conflicts)}."
    for record in conflicts:
        votes = ", ".join(f"{vote['screener']} {going_on(vote)}" for vote in current.votes(record, stage))
        yield f"  {record}: {votes}. {current.records[record]['title']}"
    waiting = {words: len(current.to_screen(name)) for name, words in STAGES.items()}
    yield f"Still to be decided: {', '.join(f'{count} by {words}' for words, count in waiting.items())}."


def _finder(current: Ledger) -> Callable[[Decision], str]:
    """Make a function that finds the record of a decision: by its name, its numbers, or its title."""
    index, ids = RecordIndex(), list(current.records)
    for row in current.records.values():
        index.add(from_row(row))

    def find(decision: Decision) -> str:
        if decision.key in current.records:
            return current.home(decision.key)
        homes = {current.home(ids[place]) for place in index.find(decision.record)}
        return homes.pop() if len(homes) == 1 else ""

    return find


def _shown(decision: Decision) -> str:
    record = decision.record
    return record.title or next(iter(record.ids.values()), "") or decision.key


def _decisions(path: Path, name: str, today: str) -> list[Decision]:
    """Read the decisions of a person from a file."""
    rows = _rows(path)
    if not rows:
        raise ScreeningError(
            f"{path.name} must have a row for each record, found none. Export it again. Nothing was written."
        )
    votes = [_RAYYAN_VOTE.findall(inside) for row in rows for inside in _RAYYAN.findall(row.get("notes", ""))]
    people = sorted({person for listed in votes for person, _ in listed})
    labelled = any(column in row for row in rows for column in _LABELS)
    if people and name not in people:
        raise ScreeningError(
            f"{path.name} has no decision of '{name}': it names {', '.join(people)}. Give --by as it does."
        )
    if not people and not labelled:
        found = ", ".join(rows[0]) or "no column"
        raise ScreeningError(
            f"{path.name} must have the column asreview_label or included, or RAYYAN-INCLUSION in notes; found {found}."
            " Export it again, with the decisions."
        )
    made, faults = [], []
    for line, row in enumerate(rows, 2):
        word = _word(row, name if people else "")
        if word and word.casefold() not in _DECISIONS:
            faults.append(f"{path.name}, row {line}: must be a decision, found '{word}'.")
        elif word:
            made.append(_decision(line, row, _DECISIONS[word.casefold()], today))
    if faults:
        raise ScreeningError(
            "\n".join([*faults, "Correct them in the program, and export again. Nothing was written."])
        )
    return made


def _word(row: Mapping[str, str], person: str) -> str:
    """Give the word for a decision in a row; blank where none was made."""
    if person:
        inside = " ".join(_RAYYAN.findall(row.get("notes", "")))
        return next((word for name, word in _RAYYAN_VOTE.findall(inside) if name == person), "")
    return next((row[column].strip() for column in _LABELS if row.get(column, "").strip()), "")


def _decision(line: int, row: Mapping[str, str], decision: str, today: str) -> Decision:
    notes = row.get("notes", "")
    key = next(iter(_NAMED.findall(notes)), "") or row.get("key", "") or row.get("id", "")
    link = " ".join((row.get("url", ""), row.get("urls", ""), notes))
    given = {"doi": row.get("doi", ""), "pmid": row.get("pubmed_id", ""), "pmcid": row.get("pmc_id", ""), "nct": ""}
    numbers: dict[str, Any] = {
        kind: normal(kind, cell) or next(iter(named(kind, link)), "") for kind, cell in given.items()
    }
    kind: RecordKind = "registration" if numbers["nct"] and not (numbers["doi"] or numbers["pmid"]) else "report"
    reasons = [part.strip() for cell in _RAYYAN_REASONS.findall(notes) for part in cell.split(",")]
    return Decision(
        line,
        Record(kind, row.get("title", "") or row.get("primary_title", ""), **numbers),
        key,
        decision,
        (", ".join(reasons) or row.get("asreview_note", "")) if decision == "exclude" else "",
        row.get("asreview_time", "")[:10] or today,
    )


def _rows(path: Path) -> list[dict[str, str]]:
    """Read a table or RIS; names of columns in lower case, and all cells as text."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".ris":
            return list(map(_from_ris, rispy.loads(text)))
        rows = list(
            csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ScreeningError(f"{path} cannot be read ({reason}). Give what the program exported, in UTF-8.") from error
    if any(None in row or None in row.values() for row in rows):
        raise ScreeningError(
            f"{path.name} has rows that are cut off or too long. Export it again. Nothing was written."
        )
    return [{str(column).strip().lower(): cell for column, cell in row.items()} for row in rows]


def _from_ris(entry: Mapping[str, object]) -> dict[str, str]:
    notes = [str(note) for note in _listed(entry.get("notes"))]
    row = {name: " ".join(map(str, _listed(value))) for name, value in entry.items()}
    label = next((note for note in notes if _ASREVIEW_NOTE.match(note)), "")
    return {**row, "notes": " | ".join(notes), "asreview_label": label}


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else [value] if value else []
