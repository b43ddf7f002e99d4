"""The command ``livingreview watch``: one run, from its folder to its verdict."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from livingreview.evidence import load
from livingreview.watch import report
from livingreview.watch.keeping import keep
from livingreview.watch.run import BEGINNING, run
from livingreview.watch.web import Client
from livingreview.watch.writing import TableError

__all__ = ["BEGINNING", "WatchError", "watch"]


class WatchError(Exception):
    """The watch cannot run, or is incomplete; the message says why, and what to do."""


def watch(folder: Path, today: date, since: date | None) -> None:
    """Ask the services, write the report and the ledger, and print what was found and what to do next.

    Parameters
    ----------
    folder : Path
        Where the run stores answers and writes its files.
    today : date
        Today; a run that began earlier in this folder keeps its own day.
    since : date or None
        First day to ask for; None to start from the last search.

    Raises
    ------
    WatchError
        If the folder cannot be used; or, once all files are written, if a service did not answer in full.
    """
    day, evidence = _day_of_run(folder, today), load()
    contact = evidence.facts["contact"]
    if not contact:
        print("data/review.csv has no contact: the services are asked without one, and may answer more slowly.")
    client = Client(folder, {}, contact)
    findings = run(evidence, client, day, since)
    files = report.write(findings, evidence, folder)
    try:
        kept = keep(findings, evidence)
    except TableError as error:
        raise WatchError(f"The records of this run do not fit the ledger:\n{error}") from error
    notices, changes, records = len(findings.notices), len(findings.changes), len(findings.records)
    print(f"\nFound: {notices} notices, {changes} changed facts of registry records, {records} records not known.")
    print("\n".join(f"  {path}" for path in files))
    print(f"Written into the ledger: {', '.join(f'data/{name}' for name in kept) or 'nothing that it did not have'}.")
    if not findings.complete:
        for inquiry in findings.inquiries:
            print("\n".join(f"  {inquiry.service.title}: {problem}" for problem in inquiry.problems))
        raise WatchError("The watch is incomplete, as listed above. Run it again: it asks only what was not answered.")
    print("Next: read report.md, which says what to do.")


def _day_of_run(folder: Path, today: date) -> date:
    """Give the day on which the run of a folder began, which is today for a new one."""
    began = folder / "began"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if began.exists():
            day = date.fromisoformat(began.read_text(encoding="utf-8").strip())
            print(f"The run of {day} in {folder} goes on: what was answered is not asked again.")
            return day
        began.write_text(f"{today}\n", encoding="utf-8")
    except (OSError, ValueError) as error:
        raise WatchError(f"{folder} cannot hold a run of the watch ({error}). Choose another with --folder.") from error
    return today
