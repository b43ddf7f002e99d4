"""What would overturn each sentence: the data are changed in one place at a time until its conclusion turns.

A conclusion turns when it no longer holds, a line of a summary of findings when it says something else of the
difference; one that can no longer be computed has not turned. Only the statements that a conclusion needs are run.
Every answer is confirmed: with its change, read as the reader of the data reads it, the conclusion turns, and with one
digit less it does not.
"""

from __future__ import annotations

import ast
import gc
import hashlib
import math
import multiprocessing
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from livingreview.audit.mutation.changed import ChangedData, Mutated
from livingreview.audit.mutation.mutants import NUMERIC, SOURCES, Circle, Mutant
from livingreview.audit.mutation.reaching import Step, steps
from livingreview.audit.mutation.recording import DataCell, recorded
from livingreview.evidence import Evidence
from livingreview.notebooks.concluding import attempted, matched
from livingreview.notebooks.files import chapters, read, source
from livingreview.notebooks.outputs import of_chapter
from livingreview.notebooks.running import Execution, Statement
from livingreview.notebooks.without_source import OWN
from livingreview.publish.conclusions import conclude
from livingreview.publish.overturned import Answer, Change, Found, OverturnError, Removal, fingerprint, write
from livingreview.publish.overturned import read as kept
from livingreview.publish.session import FAILS, HOLDS, Concluded
from livingreview.publish.summary import summary

#: What publishes a conclusion, or the lines of a summary of findings.
_CONCLUDING = {conclude.__name__, summary.__name__}
#: Columns that say what a row is about, by which a chapter picks it, beside keys and sources.
SELECTORS = {"months", "arm", "role", "group", "measure", "unit", "unit_of_randomisation", "population", "outcome"}
SELECTORS |= {
    "instrument",
    "definition",
    "window",
    "condition",
    "domain",
    "stage",
    "quantity",
    "component",
    "applies_to",
}
SELECTORS |= {"characteristic", "item", "field", "event", "threshold_kind", "threshold_unit", "time_window"}
SELECTORS |= {"time_as_printed", "row_ids", "result_ids", "checked_against", "file", "whole", "parts"}
#: Digits that are tried one by one; beyond, the change is doubled, and the first that turns is found by bisection.
SCANNED = 60
#: The largest change, in units of the last printed digit.
MOST = 2**20
#: Cells that the statements of a conclusion read, above which its changes are doubled from the first digit on.
_CHEAP = 800
#: A sentence on more rows is about the data as a whole: some of them, evenly spread, are changed by one digit.
APART, _SPREAD = 100, 10
#: Turning changes of one number that are shown to the check of the data.
_SHOWN = 3
#: Tables of results of patients.
_CLINICAL = {"results", "pooled"}

Make = Callable[[int], dict[str, str] | None]
States = tuple[str | None, ...]


@dataclass(frozen=True)
class Task:
    """A statement that concludes, with the statements that it needs.

    Attributes
    ----------
    chapter : str
        Its chapter.
    steps : tuple of Step
        What must be run for it, itself last.
    """

    chapter: str
    steps: tuple[Step, ...]

    @property
    def statements(self) -> list[Statement]:
        """The statements in their order."""
        return [step.statement for step in self.steps]

    @cached_property
    def statement(self) -> str:
        """A fingerprint of the statements as written."""
        text = "\n".join(ast.unparse(step.statement.node) for step in self.steps)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def tasks(root: Path) -> list[Task]:
    """List the statements of the chapters that conclude, in the order of the chapters."""
    listed = []
    for path in chapters(root):
        cells = [source(cell) for cell in read(path)["cells"] if cell.get("cell_type") == "code"]
        if path.stem in OWN or not any(name in text for text in cells for name in _CONCLUDING):
            continue
        chapter = steps(cells)
        for number, step in enumerate(chapter):
            if _concludes(step.statement.node):
                needed = (chapter[n] for n in sorted(_needed(chapter, number)))
                listed.append(Task(path.stem, tuple(needed)))
    return listed


def _concludes(node: ast.stmt) -> bool:
    calls = (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call))
    return any(isinstance(call, ast.Name) and call.id in _CONCLUDING for call in calls)


def _needed(chapter: Sequence[Step], number: int) -> set[int]:
    """The statements that must be run for one of a chapter, and itself."""
    needed, pending = {number}, [number]
    while pending:
        new = chapter[pending.pop()].after - needed
        needed |= new
        pending += new
    return needed


class Search:
    """The search for what overturns the conclusions of one statement.

    Parameters
    ----------
    data : ChangedData
        The data, and their check.
    task : Task
        The statement.
    """

    def __init__(self, data: ChangedData, task: Task) -> None:
        self.data, self.book, self.task = data, data.evidence, task
        self.reads: set[DataCell] = set()
        *_, (_, self.said) = attempted(self.book, task.statements)
        self.before = self._learn()
        self._frames: dict[str, Any] = {}
        self._depending: dict[tuple[str, str], set[int]] = {}
        self._allowed: dict[tuple[Any, ...], bool] = {}
        rows = list(dict.fromkeys(row for of in self.before for row in of.rows if row not in self.book.sources))
        self.is_apart = len(rows) > APART
        self.rows = rows[:: math.ceil(len(rows) / _SPREAD)] if self.is_apart else rows
        of = range(len(self.before))
        self.number: list[dict[str, Change]] = [{} for _ in of]
        self.events: list[dict[str, Change]] = [{} for _ in of]
        self.word: list[dict[str, Change]] = [{} for _ in of]

    def _learn(self) -> list[Concluded]:
        """Run the statements on the data as they are, and note which cells they read."""
        execution = Execution(recorded(self.book, self.reads), asserting=False, tracing=False)
        for statement in self.task.statements:
            start = len(execution.session.concluded)
            execution.execute(statement)
        return execution.session.concluded[start:]

    # ------------------------------------------------------------------------------------------- one change

    def after(self, book: Evidence) -> list[Concluded | None]:
        """What has become of each conclusion on other evidence; None for one that can no longer be computed."""
        return matched(self.before, self._run(book))

    def _run(self, book: Evidence) -> list[Concluded]:
        """Run the statements, and give what the last of them concludes."""
        *_, (_, concluded) = attempted(book, self.task.statements, tracing=False)
        return concluded

    @contextmanager
    def changed(self, row: str, new: Mapping[str, str]) -> Iterator[Evidence]:
        """The evidence with other text in some cells of a row, for as long as the context lasts."""
        table = self.book.table(row)
        if table not in self._frames:
            self._frames[table] = getattr(self.book, table).copy()
        frame = self._frames[table]
        at = frame.index.get_loc(row)
        cells: dict[str, Any] = {
            name: value for column, text in new.items() for name, value in _cells(frame, column, text)
        }
        places = {name: frame.columns.get_loc(name) for name in cells}
        before = {name: frame.iat[at, place] for name, place in places.items()}
        try:
            for name, place in places.items():
                frame.iat[at, place] = cells[name]
            book = Mutated(self.book, self.data.store, {row}, **{table: frame})
            vars(book)["_named"] = self.book._named  # no change names other rows or sources
            yield book
        finally:
            for name, place in places.items():
                frame.iat[at, place] = before[name]

    def with_change(self, row: str, new: Mapping[str, str]) -> list[Concluded | None]:
        """What has become of each conclusion with a change."""
        with self.changed(row, new) as book:
            return self.after(book)

    def turned(self, after: Sequence[Concluded | None]) -> set[int]:
        """Which of the conclusions have turned."""
        pairs = enumerate(zip(self.before, after, strict=True))
        return {number for number, (before, now) in pairs if now and now.state != before.state}

    def allows(self, row: str, new: Mapping[str, str]) -> bool:
        """Whether the check of the data lets a change pass."""
        key = (row, *new.items())
        if key not in self._allowed:
            self._allowed[key] = self.data.allows(self._mutant(row, new))
        return self._allowed[key]

    def _mutant(self, row: str, new: Mapping[str, str]) -> Mutant:
        table = self.book.table(row)
        index = getattr(self.book, table).index.get_loc(row)
        return Mutant(f"data/{table}.csv", row, next(iter(new)), "digit", dict(new), index)

    # ------------------------------------------------------------------------------------------- the smallest change

    def along(self, row: str, make: Make, kind: str, best: list[dict[str, Change]], depending: set[int]) -> None:
        """Find the smallest change of one number in one direction that turns each conclusion, and keep it if it is so.

        Parameters
        ----------
        row : str
            The row that changes.
        make : callable
            Gives what changes by the size of the change; None where there is no such change.
        kind : str
            Of the change.
        best : list of dict
            For each conclusion the smallest change so far, any and allowed.
        depending : set of int
            The conclusions that the number bears on.
        """
        known: dict[int, set[int]] = {}

        def turned(size: int) -> set[int]:
            if size not in known:
                new = make(size)
                known[size] = self.turned(self.with_change(row, new)) if new else set()
            return known[size]

        first: dict[int, int] = {}
        scanned = 1 if self.is_apart or len(self.reads) > _CHEAP else SCANNED
        for size in range(1, scanned + 1):
            waiting = {n for n in depending - {*first} if size < _bound(best[n])}
            if not waiting:
                break
            first |= dict.fromkeys(turned(size) & waiting, size)
        for n in () if self.is_apart else {n for n in depending - {*first} if _bound(best[n]) > scanned}:
            if size := _first(lambda size, n=n: n in turned(size), scanned):  # type: ignore[misc]
                first[n] = size
        for n, size in first.items():
            held = best[n]
            if "any" not in held or size < held["any"].size:
                held["any"] = self._change(row, make(size) or {}, size, kind)
            for larger in range(size, int(min(size + _SHOWN, _bound(held)))):
                new = make(larger)
                if new and n in turned(larger) and self.allows(row, new):
                    held["allowed"] = self._change(row, new, larger, kind)
                    break

    def _differing(self, after: Sequence[Concluded | None]) -> set[int]:
        """Conclusions that compare something else, or can no longer be computed."""
        pairs = enumerate(zip(self.before, after, strict=True))
        return {
            n
            for n, (before, now) in pairs
            if now is None or (now.state, now.compared) != (before.state, before.compared)
        }

    def _change(self, row: str, new: Mapping[str, str], size: int, kind: str) -> Change:
        column = next(iter(new))
        return Change(row, column, self.printed(row, column), new[column], size, kind)

    def printed(self, row: str, column: str) -> str:
        """The text of a cell."""
        cells = self.book.row(row)
        return str(cells.get(f"{column}_printed", cells[column]))

    def numbers(self) -> None:
        """Change each number, digit by digit, up and down."""
        for row, column, is_number in self._read_cells():
            text = self.printed(row, column)
            if is_number and text not in ("", "INF") and (depending := self._bears_on(row, column)):
                for sign in (1, -1):
                    self.along(row, partial(_moved, column, text, sign), "digit", self.number, depending)

    def _bears_on(self, row: str, column: str) -> set[int]:
        """The conclusions that a number bears on: they compare something else when its cell is blank."""
        if self.is_apart:
            return {n for n, held in enumerate(self.number) if "any" not in held}
        if (row, column) not in self._depending:
            self._depending[row, column] = self._differing(self.with_change(row, {column: ""}))
        return self._depending[row, column]

    def counts(self) -> None:
        """Change the events of one arm, its people staying as many; unless printed, those that its percentage fixes."""
        for row in () if self.is_apart else self.rows:
            if counted := self._counted(row):
                make, kind = counted
                columns = {column for of, column in self._depending if of == row} & {"events", "estimate"}
                depending = set().union(*(self._depending[row, column] for column in columns))
                for sign in (1, -1) if depending else ():
                    self.along(row, partial(make, sign), kind, self.events, depending)

    def _counted(self, row: str) -> tuple[Callable[[int, int], dict[str, str] | None], str] | None:
        """How to change the events of a row, and whether they are printed; None where they are not known."""
        cells = self.book.row(row)
        if self.book.table(row) != "results" or cells["arm"] not in ("intervention", "comparator"):
            return None
        of = self._people(row)
        printed, percent = str(cells["events_printed"]), str(cells["estimate_printed"])
        is_share = cells["measure"] == "percent" and percent != ""
        if not of or not (printed or is_share):
            return None
        digits = len(percent.partition(".")[2])
        fitting = [n for n in range(of + 1) if is_share and f"{100 * n / of:.{digits}f}" == percent]
        if not printed and len(fitting) != 1:
            return None
        events = int(printed or fitting[0])

        def make(sign: int, size: int) -> dict[str, str] | None:
            count = events + sign * size
            if not 0 <= count <= of:
                return None
            share = {"estimate": f"{100 * count / of:.{digits}f}"} if is_share else {}
            return ({"events": str(count)} if printed else {}) | share

        return make, "events" if printed else "percentage"

    def _people(self, row: str) -> int:
        """The people of the arm of a row: its own, else those of an arm that the conclusion rests on; 0 if unknown."""
        cells = self.book.row(row)
        if cells["n_printed"]:
            return int(cells["n"])
        arms = [self.book.row(other) for other in self.rows if self.book.table(other) == "arms"]
        sizes = [arm["n"] for arm in arms if (arm["study_id"], arm["role"]) == (cells["study_id"], cells["arm"])]
        return int(sizes[0]) if len(sizes) == 1 and sizes[0] == sizes[0] else 0

    def words(self) -> None:
        """Exchange each word, and fill and empty each cell."""
        for row, column, is_number in self._read_cells():
            for tried, (kind, text) in enumerate(self._other(row, column, is_number)):
                waiting = {n for n, held in enumerate(self.word) if "allowed" not in held}
                if self.is_apart:
                    waiting = {n for n in waiting if not self.number[n] and not self.word[n]}
                if not waiting or (tried > 1 and not self._depending.get((row, column))):
                    break  # nothing that is compared follows from this cell
                after = self.with_change(row, {column: text})
                self._depending.setdefault((row, column), set()).update(self._differing(after))
                if turned := self.turned(after) & waiting:
                    self._keep_word(turned, self._change(row, {column: text}, 0, kind))

    def _keep_word(self, turned: set[int], change: Change) -> None:
        is_allowed = self.allows(change.row, {change.column: change.after})
        for n in turned:
            self.word[n].setdefault("any", change)
            if is_allowed:
                self.word[n]["allowed"] = change

    def _read_cells(self) -> Iterator[tuple[str, str, bool]]:
        """Cells of the rows that the statements read and that do not say what the row is about."""
        for row in self.rows:
            table = self.book.table(row)
            schema = self.book.resources[table]["schema"]
            keys = {*schema["primaryKey"], *(key["fields"][0] for key in schema.get("foreignKeys", []))}
            for entry in schema["fields"]:
                name = entry["name"]
                if name not in keys | SELECTORS | {*SOURCES} and (table, row, name) in self.reads:
                    yield row, name, entry["type"] in NUMERIC

    def _other(self, row: str, column: str, is_number: bool) -> Iterator[tuple[str, str]]:
        """Other texts of a cell: of a number none but a blank, of a blank the least and the most in its column."""
        table, text = self.book.table(row), self.printed(row, column)
        frame = getattr(self.book, table)
        if is_number:
            held = frame[frame[f"{column}_printed"] != ""].sort_values(column, kind="stable")[f"{column}_printed"]
            if text:
                yield "emptied", ""
            elif len(held):
                yield from (("filled", str(held.iloc[place])) for place in (0, -1))
            return
        entry = next(f for f in self.book.resources[table]["schema"]["fields"] if f["name"] == column)
        allowed = entry.get("constraints", {}).get("enum", [])
        others = [word for word in allowed if word] or [Circle(sorted({*frame[column]} - {""})).after(text)]
        if text:
            yield "emptied", ""
        yield from (("word" if text else "filled", word) for word in others if word != text)

    # ------------------------------------------------------------------------------------------- what is taken out

    def removals(self) -> tuple[list[Removal], list[Removal]]:
        """For each conclusion the rows, and the sources, each of which alone turns it or is needed for it."""
        rows = {row: self._without_row(row) for row in self.rows}
        sources = dict.fromkeys(key for row in self.rows for key in self.book.rests_on(row))
        without = {key: self.after(self.book.without({key})) for key in sources}
        return self._removed(rows), self._removed(without)

    def _without_row(self, row: str) -> list[Concluded | None]:
        table = self.book.table(row)
        places = {label: of for label, of in self.book._table_of.items() if label != row}
        frame = getattr(self.book, table).drop(index=row)
        return self.after(Mutated(self.book, self.data.store, {row}, **{table: frame, "_table_of": places}))

    def _removed(self, after: Mapping[str, list[Concluded | None]]) -> list[Removal]:
        return [
            Removal(
                tuple(name for name, now in after.items() if n in self.turned(now)),
                tuple(name for name, now in after.items() if now[n] is None),
            )
            for n in range(len(self.before))
        ]

    # ------------------------------------------------------------------------------------------- the answers

    def answers(self) -> list[Answer]:
        """Search for what overturns each conclusion of the statement, and confirm it."""
        self.numbers()
        self.counts()
        self.words()
        rows, sources = self.removals()
        found = []
        for n, of in enumerate(self.said):
            is_clinical = of.shape in ("difference", "line") and bool(_CLINICAL & {self.book.table(r) for r in of.rows})
            answer = Answer(
                chapter=self.task.chapter,
                text=of.text,
                shape=of.shape,
                state=of.state,
                rows=of.rows,
                clinical=is_clinical,
                statement=self.task.statement,
                fingerprint=fingerprint(of.text, of.state, of.rows, self.book),
                searched=len(set(of.rows) & {*self.rows}),
                number=Found(**self.number[n]),
                events=Found(**self.events[n]),
                word=Found(**self.word[n]),
                row=rows[n],
                source=sources[n],
            )
            self.confirm(n, answer)
            found.append(answer)
        return found

    def confirm(self, n: int, answer: Answer) -> None:
        """Make each change of an answer, read as the reader of the data reads it, and that with one digit less.

        Raises
        ------
        OverturnError
            When the conclusion does not turn, or turns with less.
        """
        for change in _changes(answer):
            if n not in self.turned(self._as_read(change.row, self._whole(change, change.size))):
                raise OverturnError(f"'{answer.text}' does not turn with {change}.")
        for change in filter(None, (answer.number.any, answer.events.any)):
            if change.size > 1 and n in self.turned(self._as_read(change.row, self._whole(change, change.size - 1))):
                raise OverturnError(f"'{answer.text}' turns with less than {change}.")

    def _whole(self, change: Change, size: int) -> dict[str, str]:
        """All cells that change with a change, of this size."""
        if change.kind in ("events", "percentage"):
            counted = self._counted(change.row)
            sign = 1 if Decimal(change.after) > Decimal(change.before) else -1
            return (counted[0](sign, size) if counted else None) or {}
        if change.kind == "digit":
            sign = 1 if Decimal(change.after) > Decimal(change.before) else -1
            return _moved(change.column, change.before, sign, size)
        return {change.column: change.after}

    def _as_read(self, row: str, new: Mapping[str, str]) -> list[Concluded | None]:
        """What has become of each conclusion, the changed row read with the reader of all tables."""
        mutant = self._mutant(row, new)
        name = self.book.table(row)
        cells = self.data.package.tables[name].rows[mutant.index].cells | mutant.new
        return self.after(self.data.with_change(name, cells, mutant)[0])


def run(root: Path, jobs: int, progress: Callable[[str], None], *, anew: bool = False) -> list[Answer]:
    """Answer for every sentence what would overturn it, and keep the answers; only what changed is searched again.

    Parameters
    ----------
    root : Path
        The root of the project.
    jobs : int
        Processes at a time.
    progress : callable
        Called with a line that says how far the run is.
    anew : bool
        Whether to search for what is kept as well.
    """
    known = {} if anew else {_key(answer): answer for answer in _kept(root)}
    data = ChangedData(root / "data")
    whole = tasks(root)
    answered = {n: _known(data.evidence, task, known) for n, task in enumerate(whole)}
    # the longest first, since one that starts late delays the end: those on most rows, as far as that is known
    rows = Counter({answer.statement: len(answer.rows) for answer in _kept(root)})
    remaining = [n for n, of in answered.items() if of is None]
    remaining.sort(key=lambda n: (rows[whole[n].statement], len(whole[n].steps)), reverse=True)
    progress(
        f"{len(whole) - len(remaining)} of {len(whole)} statements are as they were, {len(remaining)} are searched"
    )
    start = time.monotonic()
    for done, (n, answers) in enumerate(_searched(data, whole, remaining, jobs), 1):
        answered[n] = answers
        if done % 10 == 0 or done == len(remaining):
            progress(f"{done} of {len(remaining)} statements, {time.monotonic() - start:.0f} s")
            _write(root, answered)  # a run that is stopped goes on here
    return _write(root, answered)


def _write(root: Path, answered: Mapping[int, list[Answer] | None]) -> list[Answer]:
    """Keep the answers that are there, in the order of the statements."""
    answers = [answer for n in sorted(answered) for answer in answered[n] or ()]
    write(root, answers)
    return answers


def stale(root: Path) -> list[str]:
    """Name the sentences whose kept answer is not about their present statement and rows, without running anything.

    Raises
    ------
    OverturnError
        If the answers are missing or cannot be read.
    """
    book, known = Evidence(root / "data"), {_key(answer) for answer in kept(root)}
    statements: defaultdict[str, set[str]] = defaultdict(set)
    for task in tasks(root):
        statements[task.chapter].add(task.statement)
    names = []
    for chapter, own in statements.items():
        stored = of_chapter(chapter, read(root / "chapters" / f"{chapter}.ipynb"))
        said = [(of.sentence, HOLDS if of.holds else FAILS, of.rows) for of in stored.conclusions]
        said += [(of.outcome, of.finding, of.rows) for of in stored.lines]
        prints = {text: fingerprint(text, state, rows, book) for text, state, rows in said}
        names += [f"{chapter}: {text}" for text, seal in prints.items() if not known & {(of, seal) for of in own}]
    return names


def _key(answer: Answer) -> tuple[str, str]:
    return answer.statement, answer.fingerprint


def _kept(root: Path) -> list[Answer]:
    try:
        return kept(root)
    except OverturnError:
        return []


def _known(book: Evidence, task: Task, known: Mapping[tuple[str, str], Answer]) -> list[Answer] | None:
    """The kept answers of a statement, if all are there."""
    if not any(statement == task.statement for statement, _ in known):
        return None
    *_, (_, concluded) = attempted(book, task.statements)
    answers = [known.get((task.statement, fingerprint(of.text, of.state, of.rows, book))) for of in concluded]
    return [answer for answer in answers if answer] if all(answers) else None


#: The forked processes are asked about these.
_ASKED: dict[str, tuple[ChangedData, list[Task]]] = {}


def _searched(
    data: ChangedData, whole: list[Task], numbers: list[int], jobs: int
) -> Iterator[tuple[int, list[Answer]]]:
    _ASKED["now"] = data, whole
    with multiprocessing.get_context("fork").Pool(jobs, _begin) as pool:
        yield from pool.imap_unordered(_search, numbers)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # by this, at the end
    gc.freeze()  # what is there already is never garbage


def _search(number: int) -> tuple[int, list[Answer]]:
    data, whole = _ASKED["now"]
    return number, Search(data, whole[number]).answers()


def _changes(answer: Answer) -> list[Change]:
    found = (answer.number, answer.events, answer.word)
    return [change for of in found for change in (of.any, of.allowed) if change]


def _bound(held: Mapping[str, Change]) -> float:
    """The size below which a change still matters."""
    return held["allowed"].size if "allowed" in held else float("inf")


def _first(turns: Callable[[int], bool], scanned: int) -> int:
    """The first change beyond those tried one by one that turns, by doubling and bisection; 0 if none does."""
    low = high = scanned
    while not turns(high):
        if high == MOST:
            return 0
        low, high = high, min(2 * high, MOST)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if turns(middle) else (middle, high)
    return high


def _moved(column: str, text: str, sign: int, size: int) -> dict[str, str]:
    """A number changed by some units of its last printed digit."""
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    unit = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return {column: f"{value + sign * size * unit:f}"}


def _cells(frame: Any, column: str, text: str) -> Iterator[tuple[str, Any]]:
    """The cells of a column with a text: of a number, itself and its text."""
    if f"{column}_printed" in frame:
        yield column, float(text.replace("INF", "inf") or "nan")
        yield f"{column}_printed", text
    else:
        yield column, text
