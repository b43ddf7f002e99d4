"""What catches a change: the check of the data, their reader, the chapters, the listing pages, lint, the verifier.

Everything is read and computed once for the data as they are; for a mutant only that is done again which its change
can reach. The fingerprint of a chapter is no guard here: it sees every change and would hide what the others miss.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from livingreview.audit.mutation.changed import STUDY_RULES, ChangedData, Mutated, written
from livingreview.audit.mutation.mutants import Mutant, reference, up
from livingreview.audit.mutation.reaching import Runner, Shown
from livingreview.audit.mutation.recording import DataCell, tables
from livingreview.audit.mutation.tally import STOPPING, MutationError
from livingreview.checks import RULES, Fault
from livingreview.checks.package import REFERENCES, Package
from livingreview.checks.reading import read_references
from livingreview.checks.references import plain_letters, reference_forms, text_between_references
from livingreview.checks.rules import run
from livingreview.checks.text import plain_lines
from livingreview.evidence import SOURCES, Evidence, EvidenceError, Source, split, using
from livingreview.evidence.package import DATES
from livingreview.history.snapshots import Snapshot
from livingreview.history.tables import change
from livingreview.history.tables import tables as in_version
from livingreview.notebooks import linting
from livingreview.notebooks.comparing import difference
from livingreview.notebooks.files import Notebook, chapters, outputs, read
from livingreview.notebooks.fingerprints import stale
from livingreview.notebooks.outputs import Number, ShownTable, digits, of_chapter, of_output
from livingreview.publish import evidence_tables
from livingreview.publish.evidence_tables import Groups
from livingreview.publish.numbers import Table
from livingreview.publish.overturned import PAGE

#: Rules that look at one reference at a time.
_ENTRY_RULES = {reference_forms, plain_lines, plain_letters, text_between_references}

#: Changes of words and names: once a quicker guard has noticed one, the chapters are not run for it.
_OF_WORDS = {"blank", "text", "id"}


class Verdict(NamedTuple):
    """Which guards caught a mutant; the chapters that it changes or stops; those that state its number, and do not see.

    Pages that list rows are left out of the chapters. `shown` says of a mutant that nothing stops whether the diff of a
    pull request names it.
    """

    guards: list[str]
    stated: list[str]
    unseen: list[str]
    shown: bool = False


class Judge(ChangedData):
    """The review as it is, and the judge of its mutants.

    Parameters
    ----------
    root : Path
        The root of the project.
    folder : Path
        For files of its own, while it judges.

    Raises
    ------
    MutationError
        When the stored outputs are not those of the data.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        if names := stale(root):
            raise MutationError(
                f"The stored outputs of {', '.join(names)} are not those of the data. Run: make refresh"
            )
        if problems := linting.lint(root):
            raise MutationError(f"The notebooks have {len(problems)} problems, which would hide others. Run: make lint")
        super().__init__(root / "data")
        self.notebooks = {path.stem: read(path) for path in chapters(root)}
        self.keys = {name: set(of_chapter(name, notebook).texts) for name, notebook in self.notebooks.items()}
        self.folder = folder
        self.runner = Runner(self.notebooks)
        self.shown: dict[str, Shown] = {}
        self.readers: defaultdict[DataCell, set[str]] = defaultdict(set)
        #: numerals that a chapter states as those of a row, by both
        self.stating: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for name, notebook in self.notebooks.items():
            self._learn(name, notebook)
        fresh = tables(Evidence(root / "data"))
        if any(not frame.equals(fresh[name]) for name, frame in tables(self.evidence).items()):
            raise MutationError("A chapter changes the tables of the evidence in place: let it change a copy.")
        self.listed = {name: self._lines(name) for name in self.notebooks}
        self.entries: dict[str, set[Fault]] = {}
        self.listings: dict[tuple[str, object], str] = {}
        self.citing: defaultdict[str, set[str]] = defaultdict(set)
        for name in set(self.evidence.pages) - {SOURCES}:
            for label, row in getattr(self.evidence, name).iterrows():
                for key in split(f"{row.get('source_key', '')}; {row.get('source_keys', '')}"):
                    self.citing[key].add(label)
        self.lines = (root / "data/references.bib").read_text(encoding="utf-8").splitlines()

    def judge(self, mutant: Mutant) -> Verdict:
        """Say which guards catch a mutant."""
        if mutant.cells:
            return Verdict(self._judge_notebook(mutant), [], [])
        verdict = self._judge_reference(mutant) if mutant.file.endswith(".bib") else self._judge_row(mutant)
        return verdict if STOPPING & {*verdict.guards} else verdict._replace(shown=self._in_diff(mutant))

    def _in_diff(self, mutant: Mutant) -> bool:
        """Whether `livingreview diff` lists a change of the data."""
        if mutant.file.endswith(".bib"):
            entry, at = self._of_reference(mutant)
            lines = [entry, [*entry[:at], reference(entry[at], mutant), *entry[at + 1 :]]]
        else:
            cells = self.package.tables[Path(mutant.file).stem].rows[mutant.index].cells
            lines = [[written(cells), written(of.values())] for of in (cells, cells | mutant.new)]
        versions = (Snapshot("", {mutant.file: "\n".join([*of, ""]).encode()}) for of in lines)
        before, after = (next(iter(in_version(version, []).values()), None) for version in versions)
        return change(mutant.file, before, after, {}) is not None

    # ------------------------------------------------------------------------------------------- the intact review

    def _learn(self, name: str, notebook: Notebook) -> None:
        """Run a chapter on the data as they are, and note which cells it reads.

        A page that lists rows is never run for a mutant, so what it reads is not asked.
        """
        seen: set[DataCell] = set()
        shown, error = self.runner.run(name, self.evidence)
        again = shown
        if name not in self.evidence.pages.values():
            seen = self.runner.learn(name, self.evidence)
            again, _ = self.runner.run(name, self.evidence, set())
        if error or shown != again:
            raise MutationError(f"chapters/{name}.ipynb runs otherwise when its reading is recorded: {error}.")
        stored = [outputs(cell) for cell in notebook["cells"] if cell.get("cell_type") == "code"]
        for number, (was, now) in enumerate(zip(stored, shown, strict=True), 1):
            if len(was) != len(now) or not all(map(_same, was, now)):
                raise MutationError(f"chapters/{name}.ipynb, code cell {number} is not what is stored: make refresh")
        self.shown[name] = shown
        for cell in seen if name != PAGE else ():  # it leaves out answers whose rows have changed, and judges nothing
            self.readers[cell].add(name)
        for row, text in _stated(stored):
            self.stating[name, row] |= digits(text)

    def _lines(self, name: str) -> set[str]:
        """Rows of the tables that a chapter shows, one line of HTML each."""
        shown = [o["data"].get("text/html", "") for cell in self.notebooks[name]["cells"] for o in outputs(cell)]
        return {_FILTERED.sub("", line) for text in shown for line in text.split("\n") if line.startswith(_ROW)}

    # ------------------------------------------------------------------------------------------- a row of a table

    def _judge_row(self, mutant: Mutant) -> Verdict:
        name = Path(mutant.file).stem
        cells = self.package.tables[name].rows[mutant.index].cells | mutant.new
        package = self._changed(name, mutant.index, written(cells.values()))
        guards = ["check"] if self._breaks_rule(package, name, mutant) else []
        whole: pd.DataFrame = getattr(self.evidence, name)
        label = whole.index[mutant.index]
        try:
            book, row = self.with_change(name, cells, mutant)
        except EvidenceError:
            return Verdict([*guards, "reader"], [], [])
        touched = {str(label), str(row.index[0])}
        reached = {chapter for column in mutant.new for chapter in self.readers.get((name, label, column), ())}
        if row.index[0] != label:
            reached = {
                chapter for (table, _, _), readers in self.readers.items() if table == name for chapter in readers
            }
        moved = [d for d in DATES if _day(book, d) != _day(self.evidence, d)]
        reached |= {chapter for day in moved for chapter in self.readers.get(("review", day, "value"), ())}
        if not guards and not self.faults and self._breaks_verdict(package, book, touched):
            guards = ["check"]
        if (name, label) not in self.listings:
            self.listings[name, label] = self._listing(self.evidence, name, whole.loc[[label]])
        before, after = self.listings[name, label], self._listing(book, name, row)
        numeric = [column for column in mutant.new if f"{column}_printed" in row.columns]
        words = mutant.operator in _OF_WORDS and not numeric
        # whoever reads a table may look for an id, and a date of the review may follow from a search
        follows = row.index[0] != label or bool(moved)
        changed = None if follows else {(name, label, column) for column in mutant.new}
        page = self.evidence.pages.get(name, "evidence")
        verdict = self._verdict(guards, book, reached, page, (before, after), changed=changed, words=words)
        candidates = [
            chapter for chapter in self.notebooks if chapter not in {*verdict.stated, *self.evidence.pages.values()}
        ]
        unseen = [
            chapter
            for chapter in candidates
            if any(self._states(chapter, mutant, str(label), column) for column in numeric)
        ]
        return verdict._replace(unseen=unseen)

    def _states(self, chapter: str, mutant: Mutant, label: str, column: str) -> bool:
        """Whether a chapter states the numeral of a cell as that row's.

        Another cell of the row may hold the same numeral. The chapter states that other cell if the numeral goes
        from the chapter when the other cell changes.
        """
        name = Path(mutant.file).stem
        cells = self.package.tables[name].rows[mutant.index].cells
        stated = digits(cells[column])
        if not stated or not stated <= self.stating[chapter, label]:
            return False
        same = [c for c in cells if c != column and f"{c}_printed" in getattr(self.evidence, name)]
        same = [c for c in same if stated <= digits(cells[c]) and chapter in self.readers.get((name, label, c), ())]
        new = {c: up(cells[c]) for c in same}
        if not new or not stated <= _digits_of(label, self.shown[chapter]):
            return True
        book, _ = self.with_change(name, cells | new, replace(mutant, new=new))
        shown, error = self.runner.run(chapter, book, {(name, label, c) for c in new})
        remaining = (
            self.shown[chapter][len(shown) - 1 :] if error else []
        )  # what the failing cell and those after it show
        return stated <= _digits_of(label, [*shown, *remaining])

    def _listing(self, book: Evidence, name: str, rows: pd.DataFrame) -> str:
        """Give the line of HTML that lists a row; nothing where its page could not show it."""
        try:
            with using(Mutated(book, {}, set(), **{name: rows})):
                return _line(evidence_tables.listing(name, ""))
        except (EvidenceError, LookupError) as error:
            return repr(error)

    def _verdict(
        self,
        guards: list[str],
        book: Evidence,
        reached: set[str],
        page: str,
        lines: tuple[str, str],
        *,
        changed: set[DataCell] | None,
        words: bool,
    ) -> Verdict:
        """Compare the line on the page that lists the row, and run the chapters that a change can reach."""
        listed = lines[0] != lines[1] and any(lines[0] in shown for shown in self.listed.values())
        if words and (guards or listed):
            reached = set()
        reached -= {page, *self.evidence.pages.values()}
        runs = {chapter: self.runner.run(chapter, book, changed) for chapter in sorted(reached)}
        stated = [chapter for chapter, (shown, _) in runs.items() if shown != self.shown[chapter]]
        stopped = any(isinstance(error, AssertionError) for _, error in runs.values())
        signals = {"conclusion": stopped, "chapter": bool(stated), "listing": listed}
        return Verdict([*guards, *(guard for guard, caught in signals.items() if caught)], stated, [])

    # ------------------------------------------------------------------------------------------- a reference

    def _judge_reference(self, mutant: Mutant) -> Verdict:
        key = mutant.place
        entry, at = self._of_reference(mutant)
        if key not in self.entries:
            self.entries[key] = self._alone(entry)[1]
        entry[at] = reference(entry[at], mutant)
        alone, faults = self._alone(entry)
        guards = ["check"] if faults - self.entries[key] or self._breaks_reference(mutant, entry[at], alone) else []
        book = Mutated(self.evidence, self.store, self.citing[key], data=alone.data)
        old = {key: vars(book).pop("sources")[key]}
        try:
            changed = book.sources
        except Exception:  # whatever a parser from elsewhere makes of a broken reference, the data cannot be read
            return Verdict([*guards, "reader"], [], [])
        unchanged = {name: source for name, source in self.evidence.sources.items() if name != key}
        vars(book)["sources"] = unchanged | changed
        reached = self.readers.get(("sources", key, ""), set())
        lines = (self._entry(old), self._entry(changed))
        words = mutant.operator in _OF_WORDS
        return self._verdict(guards, book, reached, "sources", lines, changed={("sources", key, "")}, words=words)

    def _of_reference(self, mutant: Mutant) -> tuple[list[str], int]:
        """The lines of the reference that a mutant changes, and which of them it changes."""
        start = max(n for n, text in enumerate(self.lines[: mutant.index]) if text.startswith("@"))
        return self.lines[start : self.lines.index("}", start) + 1], mutant.index - 1 - start

    def _alone(self, entry: list[str]) -> tuple[Package, set[Fault]]:
        """Write an entry to a file of its own, and give that package with the faults of the entry itself."""
        folder = self.folder / str(os.getpid())  # each process has one of its own
        folder.mkdir(exist_ok=True)
        (folder / REFERENCES).write_text("\n".join([*entry, ""]), encoding="utf-8")
        alone = Package(folder)
        read_references(alone)
        rules = (rule for rule in RULES if rule in _ENTRY_RULES)
        return alone, set(alone.reading_faults).union(*(run(rule, alone) for rule in rules))

    def _breaks_reference(self, mutant: Mutant, line: str, alone: Package) -> bool:
        """Whether a rule finds a fault with another line in the references that it does not find without."""
        whole = self.package.references
        key, new = mutant.place, mutant.new.get("id", mutant.place)
        text = replace(whole.text, lines=[(n, line if n == mutant.index else old) for n, old in whole.text.lines])
        references = replace(
            whole,
            text=text,
            entries={k: fields for k, fields in whole.entries.items() if k != key} | dict(alone.references.entries),
            keys=[(n, new if k == key else k) for n, k in whole.keys],
            lines={(new if k == key else k, name): n for (k, name), n in whole.lines.items()},
            whole=alone.references.whole,
        )
        texts = {**self.package.texts, REFERENCES: text}
        package = replace(self.package, texts=texts, references=references)
        # of a reference, the rules on studies look at the year alone
        passed = _ENTRY_RULES if mutant.column in ("year", "id") else _ENTRY_RULES | STUDY_RULES
        rules = [r for r in self.rules if REFERENCES in self.reach[r] and r not in passed]
        return any(set(run(rule, package)) - self.faults for rule in rules)

    def _entry(self, sources: dict[str, Source]) -> str:
        """Give the line of HTML that lists a source."""
        with using(Mutated(self.evidence, self.store, set(), sources=sources)):
            return _line(evidence_tables.source_list(""))

    # ------------------------------------------------------------------------------------------- a stored notebook

    def _judge_notebook(self, mutant: Mutant) -> list[str]:
        """Compare changed outputs as the quick verifier does; read what it does not compare as lint does."""
        name = Path(mutant.file).stem
        notebook = self.notebooks[name]
        changed = mutant.cells() if mutant.cells else {}
        for at, cell in changed.items():
            if cell.get("cell_type") == "code" and difference(outputs(cell), outputs(notebook["cells"][at])):
                return ["verifier"]
        cells = tuple(changed.get(at, cell) for at, cell in enumerate(notebook["cells"]))
        page = linting.Page(mutant.file, {**notebook, "cells": list(cells)}, cells)
        for rule in (linting._prose, linting._code, linting._outputs, linting._skeleton, linting._format):
            if any(rule(page)):
                return ["lint"]
        return ["lint"] if any(linting._roles(page, self.keys)) else []


def _stated(shown: Shown) -> Iterator[tuple[str, str]]:
    """Texts that a chapter gives as those of one row, with the id of the row."""
    for output in (output for of_cell in shown for output in of_cell if isinstance(output, dict)):
        for stored in of_output("", output):
            if isinstance(stored, Number) and stored.reported:
                yield stored.rows[0], stored.text
            elif isinstance(stored, ShownTable):
                # a link that shows the id of its row states no number, whatever digits are in the id
                yield from ((row, text) for row, text in stored.links if text != row)


def _digits_of(label: str, shown: Shown) -> set[str]:
    """Numerals that a chapter gives as those of a row."""
    return set().union(*(digits(text) for row, text in _stated(shown) if row == label))


def _day(book: Evidence, item: str) -> str:
    return str(book.review.at[item, "value"])


#: How the line of a row begins, and what a filter of its page finds it by, which a row alone does not have.
_ROW, _FILTERED = ("<tr", "<li id="), re.compile(r' data-of="[^"]*"')


def _line(table: Table | Groups) -> str:
    lines = (line for line in table._repr_html_().split("\n") if line.startswith(_ROW))
    return _FILTERED.sub("", next(lines, ""))


def _same(stored: dict[str, Any], shown: Any) -> bool:
    """Whether a stored output is what the runner shows; what it does not compute is taken as it is."""
    if "lr-figure" in stored.get("data", {}).get("text/html", ""):
        return "lr-figure" in shown["data"]["text/html"]
    if "text" in stored:
        return bool(stored["text"] == shown)
    return bool(stored["data"] == shown["data"] and stored["metadata"] == shown["metadata"])
