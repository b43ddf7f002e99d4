"""Cut a version: its number follows from what changed, and what changed needs a cause.

``YEAR.DATA.TEXT``: YEAR is the year up to which evidence was searched; DATA rises when a row of the evidence or a
published value changed, and starts again with the year; TEXT rises when values stayed and only text or code changed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from livingreview import history
from livingreview.evidence import Evidence, EvidenceError, measures, split
from livingreview.history import versions
from livingreview.history.publications import publications
from livingreview.history.released import RECORD, record
from livingreview.history.versions import Published, Version
from livingreview.notebooks.comparing import apart
from livingreview.notebooks.outputs import Number
from livingreview.repository import GitError, git, git_text, replace_file

CHANGELOG = "CHANGELOG.md"
UNRELEASED = "## Unreleased"
NONE_YET = "; none has been released yet"
_SHOWN = 10
#: What the end of a key says of a number.
_PARTS = {"_ci": "interval", "_p": "P", "_n": "people"}
#: Arms by the end of a key.
_ARMS = {"_cc": "intervention", "_control": "comparator"}


@dataclass(frozen=True)
class Plan:
    """What a version would be: the version, the causes that it publishes, and the lines of the changelog."""

    version: Version
    causes: tuple[str, ...]
    lines: tuple[str, ...]


def next_name(last: str, year: int, part: str) -> str:
    """Number of the version that follows.

    Parameters
    ----------
    last : str
        The version before; blank for the first.
    year : int
        Year of the last search.
    part : str
        What moved; see `versions.PARTS`.
    """
    if part in ("first", "search year"):
        return f"{year}.1.0"
    old, data, text = (int(number) for number in last.split("."))
    return f"{old}.{data + 1}.0" if part == "data" else f"{old}.{data}.{text + 1}"


def plan(root: Path, today: date, overdue: str = "") -> tuple[Plan | None, list[str]]:
    """Work out the next version from what changed since the last one.

    Parameters
    ----------
    root : Path
        Root of the project, a git checkout.
    today : date
        Day on which it is cut.
    overdue : str
        Why it is cut although a search is overdue.

    Returns
    -------
    tuple of Plan and list of str
        Every reason why it cannot be cut; the plan is None where it cannot be worked out.
    """
    reasons = _of_git(root)
    try:
        book, released = Evidence(root / "data"), versions.stored(root)
        last = released[0] if released else None
        reasons += _searches(book, today, overdue)
        stated = book.facts["version"]
        if last and stated != last.name:
            reasons.append(
                f"data/review.csv, version: must be {last.name}, the last in {versions.FOLDER}/, found "
                f"{stated}. Restore it: a version is worked out, not typed."
            )
        before = history.revision(root, _commit_of(root, last.name)) if last else None
        done, further = _plan(root, book, last, before, today, overdue)
    except (EvidenceError, history.HistoryError, GitError) as error:
        return None, [*reasons, str(error)]
    reasons += further
    if done and git_text(root, "tag", "--list", f"v{done.version.name}"):
        reasons.append(f"The tag v{done.version.name} is there already. Look at it: git show v{done.version.name}")
    return done, reasons


def _of_git(root: Path) -> list[str]:
    """Why git does not allow a release."""
    try:
        changed = git_text(root, "status", "--porcelain").splitlines()
    except GitError as error:
        return [f"This is no checkout of git that a version can be cut from ({error})"]
    reasons = []
    if changed:
        names = ", ".join(str(line)[3:] for line in changed[:_SHOWN])
        further = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        reasons.append(f"The tree is not clean: {names}{further}. Commit the changes, or take them back.")
    try:
        git(root, "var", "GIT_COMMITTER_IDENT")
    except GitError:
        reasons.append("git knows no author. Tell it: git config user.name NAME; git config user.email ADDRESS")
    return reasons


def _searches(book: Evidence, today: date, overdue: str) -> list[str]:
    """Whether a search is overdue and nobody said why, or none is and somebody did."""
    late = [
        f"{row['source']} (due {row['next_due']})"
        for _, row in book.searches.iterrows()
        if row["next_due"] < today.isoformat()
    ]
    if late and not overdue.strip():
        return [
            f"A search is overdue: {', '.join(late)}. Search, or say why not: "
            'make release OVERDUE="nobody could search in May"'
        ]
    if overdue.strip() and not late:
        return [f"No search is overdue on {today.isoformat()}: leave out the word '{overdue.strip()}'."]
    return []


def _commit_of(root: Path, name: str) -> str:
    """The commit of a version: its tag, or the commit that brought its file."""
    if git_text(root, "tag", "--list", f"v{name}"):
        return f"v{name}"
    added = git_text(root, "log", "--diff-filter=A", "--format=%H", "--", f"{versions.FOLDER}/{name}.json").split()
    if not added:
        raise history.HistoryError(
            f"git knows neither the tag v{name} nor the commit of {versions.FOLDER}/{name}.json. "
            "Fetch the history: git fetch --unshallow --tags"
        )
    return added[-1]


def _plan(  # noqa: PLR0917
    root: Path, book: Evidence, last: Version | None, before: history.Snapshot | None, today: date, overdue: str
) -> tuple[Plan, list[str]]:
    reasons: list[str] = []
    tree = history.working_tree(root)
    published, searched = _published(book, tree, reasons), book.facts["evidence_searched_to"]
    draft = Version("", today.isoformat(), searched, "", overdue.strip(), *published)
    if last is None or before is None:
        return _first(book, draft, reasons), reasons
    diff = history.compare(before, tree)
    reasons += diff.problems
    evidence = {*book.pages} - {"notices"}  # a notice is its own cause
    rows = [
        (table, row) for table in diff.tables if table.name in evidence for row in table.rows if row.kind != "moved"
    ]
    by_row = {row.id: _covering(book, table.name, row) for table, row in rows}
    reasons += [
        f"{table.file}, {row.id}: {row.kind}{_cells(row)}, without a cause. Name it in a row of data/causes.csv."
        for table, row in rows
        if not by_row[row.id]
    ]
    by_number = _attributed(book, versions.changes(draft, last), diff, by_row, reasons)
    used = _used(book, last, {cause for causes in (*by_row.values(), *by_number.values()) for cause in causes}, reasons)
    part = _part(root, draft, last, bool(rows), reasons)
    version = replace(
        draft,
        name=next_name(last.name, int(searched[:4]), part),
        part=part,
        rows=tuple(_as_dict(table, row, by_row[row.id]) for table, row in rows),
        causes=by_number,
        material=tuple(_material(book, draft, diff)),
    )
    return Plan(version, used, tuple(_lines(book, version, last))), reasons


def _pending(book: Evidence) -> dict[str, str]:
    """Causes that no version has published, each with what it names."""
    causes = book.causes[book.causes["version"] == ""]
    return {str(i): str(changed) for i, changed in causes["changed"].items()}


def _first(book: Evidence, draft: Version, reasons: list[str]) -> Plan:
    """The first version, in which nothing has changed yet."""
    if pending := _pending(book):
        reasons.append(f"data/causes.csv: {', '.join(pending)} wait for a change, and the first version has none.")
    version = replace(draft, name=next_name("", int(draft.searched_to[:4]), "first"), part="first")
    counts = f"{len(draft.numbers)} published numbers and {sum(map(len, draft.conclusions.values()))} conclusions"
    return Plan(version, (), (f"The first version: {counts}, from {len(book.results)} results.",))


def _attributed(
    book: Evidence,
    changes: Iterable[versions.Change],
    diff: history.Diff,
    by_row: Mapping[str, tuple[str, ...]],
    reasons: list[str],
) -> dict[str, tuple[str, ...]]:
    """The causes of each number that changed: those of its rows that changed, and those that name its key."""
    pending, moved_numbers = _pending(book), {(number.chapter, number.key): number for number in diff.numbers}
    attributed: dict[str, tuple[str, ...]] = {}
    for change in changes:
        at = (change.chapter, change.key)
        rows, moved = (moved_numbers[at].rows, moved_numbers[at].causes) if at in moved_numbers else ((), ())
        # what carries no row counts rows, and moves with any of them
        behind = [row for row in by_row if row in moved or not rows]
        inherited = sorted({cause for row in behind for cause in by_row[row]})
        naming = [i for i, changed in pending.items() if change.key in split(changed)]
        attributed[":".join(at)] = tuple(dict.fromkeys([*inherited, *naming]))
        # that a number is new needs no cause: nobody knew it otherwise
        if change.old is not None and not behind and not naming:
            was, is_ = apart(change.old, change.new or "")
            became = f"now {is_}" if change.new else "gone"
            reasons.append(
                f"chapters/{change.chapter}.ipynb, {change.key}: {was} is {became}, and no row of the evidence that "
                "it rests on changed. Name the key in a row of data/causes.csv, as changed_method or rewritten."
            )
    return attributed


def _used(book: Evidence, last: Version, causes: Collection[str], reasons: list[str]) -> tuple[str, ...]:
    """The pending causes that something changed by; any other is a fault."""
    pending = _pending(book)
    reasons += [
        f"data/causes.csv, {i}: names {changed}, of which nothing changed since {last.name}. "
        "Correct the ids, or delete the row."
        for i, changed in pending.items()
        if i not in causes
    ]
    return tuple(i for i in pending if i in causes)


def _part(root: Path, draft: Version, last: Version, rows_changed: bool, reasons: list[str]) -> str:
    """Which part of the number moves; see `versions.PARTS`."""
    if draft.searched_to < last.searched_to:
        reasons.append(
            f"data/searches.csv: {last.name} was searched to {last.searched_to}, now only to {draft.searched_to}."
        )
    if int(draft.searched_to[:4]) > last.order[0]:
        return "search year"
    if rows_changed or any(change.old is not None for change in versions.changes(draft, last)):
        return "data"
    if not _notes(root):
        reasons.append(f"{CHANGELOG}: no value changed since {last.name}; say below '{UNRELEASED}' what did.")
    return "text"


def _as_dict(table: history.TableChange, row: history.RowChange, causes: tuple[str, ...]) -> dict[str, Any]:
    """A changed row as a version stores it."""
    cells = [[cell.column, cell.old, cell.new] for cell in row.cells] if row.kind == "changed" else []
    return {"table": table.name, "id": row.id, "kind": row.kind, "cells": cells, "causes": list(causes)}


def _material(book: Evidence, draft: Version, diff: history.Diff) -> Iterator[tuple[str, str]]:
    """What is material, under the name of its number or of its row."""
    labels = {key: number.label for (_, key), number in draft.numbers.items()}
    for reason in diff.material:
        if not reason.chapters or set(reason.chapters) - set(versions.OWN):
            yield labels.get(reason.subject) or _about(book, reason.subject), reason.why


def _published(
    book: Evidence, tree: history.Snapshot, reasons: list[str]
) -> tuple[dict[tuple[str, str], Published], dict[str, tuple[str, ...]]]:
    """Numbers and conclusions as the chapters store them."""
    published = publications(tree, reasons)
    numbers = {
        at: Published(number.text, number.rows, number.formula, _label(book, number), _is_ratio(book, number))
        for at, number in published.numbers.items()
        if at[0] not in versions.OWN
    }
    conclusions: dict[str, tuple[str, ...]] = {}
    for (chapter, _), sentences in published.conclusions.items():
        if chapter not in versions.OWN:
            conclusions[chapter] = (*conclusions.get(chapter, ()), *sentences)
    return numbers, conclusions


def _label(book: Evidence, number: Number) -> str:
    """What a number is, in words: trial, outcome, time, and the measure or the head of its formula."""
    words = _PARTS | {ending: book.arm(role) for ending, role in _ARMS.items()}
    part = next((f" ({word})" for ending, word in words.items() if number.key.endswith(ending)), "")
    row = next((row for row in number.rows if row in book and book.table(row) == "results"), None)
    return number.key.replace("_", " ") if row is None else _about(book, row, number.formula.partition(",")[0]) + part


def _about(book: Evidence, row: str, measure: str = "") -> str:
    """What a result is, in words; any other row by its id."""
    if row not in book or book.table(row) != "results":
        return row
    facts = book.row(row)
    study = book.studies.loc[facts["study_id"], "acronym"] if facts["study_id"] in book.studies.index else ""
    when = f" at {facts['months_printed']} months" if facts["months_printed"] else ""
    return f"{study}: {facts['outcome']}{when}, {measure or measures.in_words(facts['measure'])}"


def _is_ratio(book: Evidence, number: Number) -> bool:
    if number.formula:
        return measures.measure(measures.of_formula(number.formula)).is_ratio
    rows = map(book.row, book.without_sources(number.rows))
    return any(measures.measure(row.get("measure")).is_ratio for row in rows)


def _covering(book: Evidence, table: str, row: history.RowChange) -> tuple[str, ...]:
    """Causes without a version that name a row.

    They name the row itself, or its table for a row that was added to it or taken out; for one that was added also
    its study or a source of it; or each column in which it changed, as ``results: extraction``.
    """
    causes = book.causes[book.causes["version"] == ""]
    naming = {str(i): {*split(cause["changed"])} for i, cause in causes.iterrows()}
    names = {row.id, row.was} - {""} | ({table} if row.kind != "changed" else set())
    if row.kind == "added":
        for cell in row.cells:
            if cell.column == "study_id" or "source_key" in cell.column:
                names.update(split(cell.new))
    if whole := tuple(i for i, changed in naming.items() if changed & names):
        return whole
    columns = {f"{table}: {cell.column}" for cell in row.cells} if row.kind == "changed" else set()
    if columns - set().union(*naming.values()):
        return ()
    return tuple(i for i, changed in naming.items() if changed & columns)


def _cells(row: history.RowChange) -> str:
    pairs = ((cell.column, *apart(cell.old or "blank", cell.new or "blank")) for cell in row.cells[:3])
    shown = [f"{column} {old} -> {new}" for column, old, new in pairs]
    return f" ({'; '.join(shown)})" if row.kind == "changed" else ""


def _lines(book: Evidence, new: Version, last: Version) -> Iterable[str]:
    """What the changelog says of a version."""
    yield f"What moved since {last.name}: {versions.PARTS[new.part]}."
    for i in dict.fromkeys(
        cause for causes in (*(r["causes"] for r in new.rows), *new.causes.values()) for cause in causes
    ):
        cause = book.causes.loc[i]
        rows = [row["id"] for row in new.rows if i in row["causes"]]
        listed = (
            f" ({len(rows)} rows: {', '.join(rows[:_SHOWN])}{', ...' if len(rows) > _SHOWN else ''})" if rows else ""
        )
        kind = str(cause["kind"]).replace("_", " ").capitalize()
        yield f"{kind}: {cause['what']} For: {cause['for_whom']}.{listed}".replace("..", ".")
    for number in versions.changes(new, last):
        yield f"{number.chapter}, {number.key}: {number.old or 'new'} -> {number.new or 'gone'}"
    for chapter, sentence, way in versions.turned(new, last):
        yield f"{chapter}: this conclusion {way}: {sentence}"
    for subject, why in new.material:
        yield f"Material: {subject} {why}"


def _notes(root: Path) -> str:
    """What people wrote below 'Unreleased'."""
    text = (root / CHANGELOG).read_text(encoding="utf-8")
    return text.partition(f"{UNRELEASED}\n")[2].partition("\n## ")[0].strip()


def cut(root: Path, done: Plan, refresh: Callable[[], None], checks: Callable[[], None]) -> str:
    """Write a version, refresh the chapters, check the whole, commit and tag; or leave all as it was.

    Parameters
    ----------
    root : Path
        Root of the project, whose tree is clean.
    done : Plan
        The version.
    refresh, checks : callable
        Store the outputs of the chapters again; check what was made of them. Each raises when it fails.

    Returns
    -------
    str
        Name of the tag.
    """
    version = done.version
    try:
        _write(root, done)
        refresh()
        checks()
        git(root, "add", "--all")
        record(root, version.name)
        git(root, "add", "--", RECORD)
        git(root, "commit", "--quiet", "--message", f"Release {version.name}")
    except BaseException:
        # the tree was clean, so that all that differs is of this release
        git(root, "restore", "--staged", ".")
        for name in (f"{versions.FOLDER}/{version.name}.json", RECORD):
            if not git_text(root, "ls-files", "--", name):
                (root / name).unlink(missing_ok=True)
        git(root, "restore", ".")
        raise
    message = f"Version {version.name}, evidence read to {version.searched_to}"
    git(root, "tag", "--annotate", f"v{version.name}", "--message", message)
    return f"v{version.name}"


def _write(root: Path, done: Plan) -> None:
    version = done.version
    (root / versions.FOLDER).mkdir(exist_ok=True)
    replace_file(root / versions.FOLDER / f"{version.name}.json", version.as_text().encode())

    def release(cells: dict[str, str]) -> None:
        if cells["item"] == "version":
            cells["value"], cells["note"] = version.name, cells["note"].replace(NONE_YET, "")

    def publish(cells: dict[str, str]) -> None:
        if cells["cause_id"] in done.causes:
            cells["version"] = version.name

    for name, change in (("review", release), ("causes", publish)):
        path = root / "data" / f"{name}.csv"
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        for row in rows:
            change(row)
        out = io.StringIO()
        header = path.read_text(encoding="utf-8").partition("\n")[0].split(",")
        writer = csv.DictWriter(out, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        replace_file(path, out.getvalue().encode())
    path = root / CHANGELOG
    head, _, after = path.read_text(encoding="utf-8").partition(f"{UNRELEASED}\n")
    notes, mark, released = after.partition("\n## ")
    lines = [f"Evidence read to {version.searched_to}.", *done.lines]
    if version.overdue:
        lines.append(f"A search was overdue: {version.overdue}.")
    listed = "".join(f"- {line}\n" for line in lines)
    unreleased = f"{notes.strip()}\n" if notes.strip() else ""
    head = head.replace("No version has been released yet.\n\n", "")
    text = f"{head}{UNRELEASED}\n\n## {version.name} - {version.date}\n\n{listed}{unreleased}{mark}{released}"
    replace_file(path, text.encode())
