"""The command ``livingreview judge``: forms for judgments go out, and come back from each person apart.

The forms on risk of bias begin with the columns that robvis reads: Study, the domains, Overall, Weight. Reasons follow,
since a judgment without one is refused. Cluster-randomized trials, which have a domain more, have a form of their own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from livingreview.checks.package import near, shown
from livingreview.contribute.edits import ContributionError, Edit
from livingreview.contribute.rereading import described
from livingreview.contribute.submissions import Given, sheet, text_of
from livingreview.evidence import Evidence, split
from livingreview.evidence.judgments import BIAS, CERTAINTY, DOMAINS, GRADE, LEVELS, OVERALL, RATINGS, judgments
from livingreview.repository import replace_file
from livingreview.statistics.agreement import agreement

#: The words of the forms: those of robvis for risk of bias, those of GRADE for certainty.
SAID = {word: word.replace("_", " ").capitalize() for word in (*BIAS, *LEVELS, *RATINGS)}
WORDS = {text.casefold(): word for word, text in SAID.items()}
#: Names of columns by item.
COLUMNS = {item: item for item in DOMAINS} | {OVERALL: "Overall"}
COLUMNS |= {item: item.replace("_", " ").capitalize() for item in (*GRADE, CERTAINTY)}
WHY, FACTS, ROW = "Reason", "Known", "Row"


def subjects(book: Evidence) -> dict[str, dict[str, str]]:
    """What is known of each domain, by the result that stands for those judged together."""
    listed: dict[str, dict[str, str]] = {}
    for row in book.rows("risk_of_bias"):
        listed.setdefault(split(row["result_ids"])[0], {})[row["domain"]] = row["facts"]
    return listed


def write_out(folder: Path, book: Evidence, limits: Mapping[str, Sequence[str]]) -> list[Path]:
    """Write the forms, and what has been settled in the layout that robvis reads.

    Parameters
    ----------
    folder : Path
    book : Evidence
    limits : mapping of str to sequence of str
        For each result whose certainty is to be rated, what can be computed that limits it: proposed, never decided.

    Returns
    -------
    list of Path
        The files; none on what is settled while nothing is.
    """
    current, forms = judgments(book), dict[str, list[dict[str, str]]]()
    for row_id, facts in subjects(book).items():
        name = f"bias{'_cluster' * ('D1b' in facts)}.csv"
        items = [item for item in DOMAINS if item in facts]
        blank = dict.fromkeys([*items, "Overall", "Weight"], "")
        reasons = dict.fromkeys([f"{WHY} {item}" for item in (*items, "Overall")], "")
        known = {f"{FACTS} {item}": facts[item] for item in items}
        study = {"Study": _study(book, row_id)}
        forms.setdefault(name, []).append({**study, **blank, ROW: row_id, **reasons, **known})
        if words := current.bias(row_id):
            judged = {COLUMNS[item]: SAID[word] for item, word in words.items()}
            forms.setdefault(f"robvis_{name}", []).append({**study, **judged, "Weight": "1"})
    for row_id, limiting in limits.items():
        about = {ROW: row_id, "About": described(book, row_id)["about"], FACTS: "; ".join(limiting)}
        blank = {COLUMNS[item]: "" for item in (*GRADE, CERTAINTY)}
        forms.setdefault("certainty.csv", []).append({**about, **blank, **{f"{WHY} {c}": "" for c in blank}})
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in forms.items():
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        replace_file(folder / name, out.getvalue().encode())
    return [folder / name for name in forms]


def _study(book: Evidence, row_id: str) -> str:
    row = next(row for row in book.rows("risk_of_bias") if split(row["result_ids"])[0] == row_id)
    return f"{book.row(row['study_id'])['acronym']}: {row['outcome']}"


def take_in(data: Path, path: Path, judge: str, today: date, *, settles: bool = False) -> tuple[Edit, int]:
    """Add the judgments of one person from a form, all or none; one that is there already is not added again.

    Parameters
    ----------
    data : Path
        Folder of the data package.
    path : Path
        A form that was filled in; a row in which nothing was filled in is left alone.
    judge : str
        Who judged, by the name that is to be published.
    today : date
    settles : bool
        Whether the person settles conflicts; then only these are filled in.

    Returns
    -------
    tuple of (Edit, int)
        The change, not written yet, and how many judgments it adds.

    Raises
    ------
    ContributionError
        With every judgment that has no reason, is in other words, or contradicts one that the same person made.
    """
    edit, wrong = Edit(data), list[str]()
    form = sheet(path.name, text_of(path))
    wrong += form.wrong
    if not judge:
        wrong.append("--by must name who judged, found nothing. Give a name, as it is to be published.")
    if not form.wrong and (ROW not in form.labels or not any(label.startswith(WHY) for label in form.labels)):
        found = ", ".join(form.labels) or "no column"
        remedy = "Reasons are needed: fill in the forms of 'livingreview judge out'."
        wrong.append(f"{path.name}, row 1: must name the columns {ROW} and {WHY} of each item, found {found}. {remedy}")
    rows = edit.rows("judgments")
    known = {(row["row_id"], row["item"], row["judge"].casefold()): row for row in rows}
    results = {row["result_id"] for row in edit.rows("results")} | {row["pooled_id"] for row in edit.rows("pooled")}
    added = []
    for given in [] if wrong else form.rows:
        if given.cells[ROW] not in results:
            hint = near(given.cells[ROW], results) or "Take the id from the form. "
            wrong.append(f"{given.place}, {ROW}: must be a result, found {shown(given.cells[ROW])}. {hint}".rstrip())
        for row in _judged(given, wrong):
            row |= {"judge": judge, "role": "adjudicator" if settles else "judge", "day": str(today)}
            before = known.get((row["row_id"], row["item"], judge.casefold()))
            if before and (before["word"], before["role"]) != (row["word"], row["role"]):
                words = f"{before['word']} as {before['role']}, found {row['word']} as {row['role']}"
                wrong.append(f"{given.place}, {COLUMNS[row['item']]}: {judge} has judged it before: {words}.")
            elif not before:
                added.append(row)
    if wrong:
        raise ContributionError("\n".join(wrong))
    if added:
        edit.replace("judgments", [*rows, *added])
    return edit, len(added)


def _judged(given: Given, wrong: list[str]) -> Iterator[dict[str, str]]:
    """Read the judgments of a row of a form; what is wrong with them is added to a list."""
    for item, column in COLUMNS.items():
        text = given.cells.get(column, "")
        word, why = WORDS.get(text.casefold(), ""), given.cells.get(f"{WHY} {column}", "")
        if text and not word:
            words = ", ".join(SAID[w] for w in (BIAS if item in (*DOMAINS, OVERALL) else (*LEVELS, *RATINGS)))
            wrong.append(f"{given.place}, {column}: must be one of {words}, found {shown(text)}. Correct it.")
        elif text and not why:
            wrong.append(f"{given.place}, {WHY} {column}: must say why it is {text}, found nothing. Write the reason.")
        elif text:
            yield {"row_id": given.cells[ROW], "item": item, "word": word, "why": why}


def report(book: Evidence) -> Iterator[str]:
    """Say how far people agree, and what is to be settled."""
    current = judgments(book)
    for name, items in {"Risk of bias": (*DOMAINS, OVERALL), "Certainty": (*GRADE, CERTAINTY)}.items():
        both = agreement(current.pairs(items))
        kappa = "" if both.kappa is None else f", kappa {both.kappa:.2f}"
        yield f"{name}: {both.total} judgments by two people, {both.agreed} alike{kappa}."
    alone = {row["row_id"] for row in current.rows if len(current.people(row["row_id"], row["item"])) < 2}
    yield f"Waiting for a second person: {', '.join(sorted(alone)) or 'nothing'}."
    yield from (f"To be settled by a third person: {row_id}, {COLUMNS[item]}" for row_id, item in current.conflicts)


def default_rows(book: Evidence, named: Iterable[str]) -> list[str]:
    """Results whose certainty is to be rated: those that were named, or those whose risk of bias is."""
    rows = list(named) or list(subjects(book))
    tables = {row: book.table(row) for row in rows if row in book}
    if strange := [row for row in rows if tables.get(row) not in ("results", "pooled")]:
        raise ContributionError(f"{shown(strange[0])} must be the id of a result or of a pooled effect. Correct it.")
    return rows
