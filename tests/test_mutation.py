"""Every change of data and notebooks is made as it says, asked of every guard, and caught."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livingreview.audit.fingerprint import STORED, fingerprint
from livingreview.audit.mutation import guards, proof
from livingreview.audit.mutation.guards import Judge, Verdict
from livingreview.audit.mutation.mutants import Mutant, every, reference, up
from livingreview.audit.mutation.proof import run
from livingreview.audit.mutation.reaching import reached, steps
from livingreview.audit.mutation.tally import MutationError, Tally, html, main_text, store, stored
from livingreview.checks import check
from livingreview.evidence import SOURCES, Evidence
from livingreview.notebooks.files import chapters, read
from livingreview.notebooks.fingerprints import foundation, keep_fingerprints, seal
from livingreview.publish.overturned import PAGE

PROJECT = Path(__file__).parent.parent
SEED = 2002


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(PROJECT, tmp_path_factory.mktemp("judge"))


@pytest.fixture(scope="module")
def mutants(book: Judge) -> list[Mutant]:
    return [*every(PROJECT, book.evidence)]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project with all data, one chapter, and one of the pages that list rows."""
    shutil.copytree(PROJECT / "data", tmp_path / "data")
    (tmp_path / "chapters").mkdir()
    for name in ("intro", "instruments"):
        path = Path(shutil.copy(PROJECT / f"chapters/{name}.ipynb", tmp_path / "chapters"))
        keep_fingerprints(tmp_path, {name: seal(foundation(tmp_path), read(path))})
    return tmp_path


#: A run in a process of its own, as from the command line: where tests run side by side there are threads, and
#: a process that is forked off with threads may wait for ever.
PROGRAM = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from livingreview.audit.mutation.proof import run
root, sample, jobs, resume = sys.argv[1:]
told = []
table = run(Path(root), int(sample), SEED, int(jobs), told.append, resume=bool(resume))
print(json.dumps([asdict(table), told]))
""".replace("SEED", str(SEED))


def command(root: Path, sample: int, jobs: int, resume: bool) -> list[str]:
    return [sys.executable, "-c", PROGRAM, str(root), str(sample), str(jobs), "yes" if resume else ""]


def ran(root: Path, sample: int, jobs: int = 2, *, resume: bool = False) -> tuple[Tally, list[str]]:
    done = subprocess.run(command(root, sample, jobs, resume), cwd=PROJECT, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    table, told = json.loads(done.stdout)
    return Tally(**table), told


# Operators


@pytest.mark.parametrize(("text", "changed"), [("0.29", "0.20"), ("12-month", "13-month"), ("none", "none indeed")])
def test_up(text: str, changed: str) -> None:
    assert up(text) == changed


@pytest.mark.parametrize(
    ("file", "place", "column", "changes"),
    [
        ("results.csv", "champ-vr12-contrast", "estimate", {"blank": "", "digit": "-1.21", "sign": "1.20"}),
        (
            "results.csv",
            "champ-vr12-contrast",
            "ci_low",
            {"blank": "", "digit": "-4.98", "sign": "4.97", "limits": "2.57"},
        ),
        ("results.csv", "impact-response-12m-cc", "arm", {"blank": "", "arms": "comparator"}),
        ("results.csv", "impact-response-12m-contrast", "p_operator", {"blank": "", "P operator": ">"}),
        ("results.csv", "impact-response-12m-cc", "unit", {"blank": "", "unit": "percent of days"}),
        ("arms.csv", "impact-cc", "n", {"blank": "", "denominator": "907", "sign": "-906"}),
        ("arms.csv", "impact-cc", "arm_id", {"blank": "", "id": "impact-c1"}),
        ("arms.csv", "impact-cc", "study_id", {"blank": "", "other row": "impact_kaiser"}),
        ("studies.csv", "impact", "enrol_start", {"blank": "", "date": "1999-08"}),
        ("searches.csv", "search-public-texts", "last_search", {"blank": "", "date": "2026-11-22"}),
        ("left_out.csv", "sources hunkeler2006_impact", "what", {"blank": "", "text": "source indeed"}),
        ("references.bib", "afp2004", "pages", {"blank": "", "text": "2919--2920 indeed", "digit": "2919--2921"}),
        ("references.bib", "afp2004", "id", {"id": "afp20049"}),
    ],
)
def test_operators_of_data(mutants: list[Mutant], file: str, place: str, column: str, changes: dict[str, str]) -> None:
    made = {
        m.operator: m.new[column] for m in mutants if (m.file, m.place, m.column) == (f"data/{file}", place, column)
    }
    assert made == changes


def test_every_cell_is_changed_once_by_each_operator(book: Judge, mutants: list[Mutant]) -> None:
    named = [(m.file, m.place, m.column, m.operator, *m.new.values()) for m in mutants if not m.cells]
    assert len(set(named)) == len(named)
    for name, table in book.package.tables.items():
        filled = {(row.line - 2, column) for row in table.rows for column, text in row.cells.items() if text}
        assert {(m.index, m.column) for m in mutants if m.file == f"data/{name}.csv"} == filled


def test_each_operator_of_notebooks_is_caught_by_its_guard(book: Judge, mutants: list[Mutant]) -> None:
    first = {m.operator: m for m in reversed(mutants) if m.cells}
    found = {operator: book.judge(mutant).guards for operator, mutant in first.items()}
    shown = ("text", "table cell", "svg text", "svg path", "alt text", "title", "plain text", "image replaced")
    stored = ("cleared", "reordered", "key renamed", "keys exchanged", "formula", "rows")
    guards = dict.fromkeys(("typed numeral", "skip", "raw"), "lint")
    guards |= dict.fromkeys((*shown, *stored), "verifier")
    assert found == {operator: [guard] for operator, guard in guards.items()}


# Guards


def changed(mutant: Mutant, folder: Path) -> None:
    """Make a change in the files themselves."""
    path = folder / Path(mutant.file).name
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix == ".bib":
        lines[mutant.index - 1] = reference(lines[mutant.index - 1], mutant)
    else:
        header, *rows = csv.reader(lines)
        cells = dict(zip(header, rows[mutant.index], strict=True)) | mutant.new
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(cells.values())
        lines[mutant.index + 1] = line.getvalue()
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def test_guards_say_what_the_whole_check_and_the_whole_chapters_say(
    book: Judge, mutants: list[Mutant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "_OF_WORDS", set())  # ask the chapters about all
    of_data = [mutant for mutant in mutants if not mutant.cells]
    numbered = random.Random(SEED).sample(range(len(of_data)), 12)
    before = set(check(PROJECT / "data"))
    for number in numbered:
        mutant = of_data[number]
        verdict = book.judge(mutant)
        folder = tmp_path / str(number) / "data"
        shutil.copytree(PROJECT / "data", folder)
        for kept in ("history", "proofs"):  # versions, and what overturns each sentence, lie beside the data
            (folder.parent / kept).symlink_to(PROJECT / kept)
        changed(mutant, folder)
        assert bool(set(check(folder)) - before) is ("check" in verdict.guards), mutant
        try:
            whole = Evidence(folder)
            assert whole.sources
        except Exception:
            assert verdict.guards[-1] == "reader", mutant
            continue
        page = book.evidence.pages.get(SOURCES if mutant.file.endswith(".bib") else Path(mutant.file).stem, "evidence")
        stating = [name for name in book.notebooks if name not in {*book.evidence.pages.values(), page, PAGE}]
        runs = {name: book.runner.run(name, whole) for name in stating}  # every statement, of data read anew
        assert [name for name, (shown, _) in runs.items() if shown != book.shown[name]] == verdict.stated, mutant
        stopped = any(isinstance(error, AssertionError) for _, error in runs.values())
        assert stopped is ("conclusion" in verdict.guards), mutant
        shutil.rmtree(folder)


def guards_of(book: Judge, mutants: list[Mutant], file: str, place: str, column: str, operator: str) -> Verdict:
    wanted = (f"data/{file}", place, column, operator)
    return book.judge(next(m for m in mutants if (m.file, m.place, m.column, m.operator) == wanted))


def test_a_number_is_caught_in_the_chapters_that_state_it(book: Judge, mutants: list[Mutant]) -> None:
    verdict = guards_of(book, mutants, "results.csv", "champ-opioid-days-contrast", "estimate", "digit")
    assert {"chapter", "listing"} <= set(verdict.guards)
    assert {"champ", "intro"} <= set(verdict.stated)
    verdict = guards_of(book, mutants, "results.csv", "champ-vr12-contrast", "ci_low", "sign")
    assert {"conclusion", "chapter", "listing"} <= set(verdict.guards)
    assert (
        "check" in guards_of(book, mutants, "results.csv", "impact-response-12m-contrast", "source_key", "blank").guards
    )
    verdict = guards_of(book, mutants, "references.bib", "unutzer2002jama", "year", "digit")
    assert {"impact", "intro", "model"} <= set(verdict.stated)


def test_the_level_of_an_interval_is_caught_where_the_interval_stands(book: Judge, mutants: list[Mutant]) -> None:
    for row, chapters_of in {
        "champ-opioid-days-contrast": {"champ", "intro", "landscape"},
        "impact-scl20-12m-contrast": {"thresholds"},
    }.items():
        for operator in ("digit", "blank"):
            verdict = guards_of(book, mutants, "results.csv", row, "ci_level", operator)
            assert chapters_of <= set(verdict.stated), verdict
            assert verdict.unseen == []


def test_a_numeral_that_two_cells_of_a_row_share_is_that_of_the_one_that_it_goes_with(
    book: Judge, mutants: list[Mutant], monkeypatch: pytest.MonkeyPatch
) -> None:
    row, run, typed = "top_ptsd-cpt-12m-control", book.runner.run, list[str]()
    assert "model" in guards_of(book, mutants, "results.csv", row, "estimate", "digit").stated

    def outputs(evidence: Any) -> list[Any]:
        """What a chapter shows that states the percentage of the row, and what is typed beside it."""
        texts = [f"{evidence.row(row)['estimate_printed']}%", *typed]
        links = [f'<a class="n" href="results.html#{row}">{text}</a>' for text in texts]
        return [[{"data": {"text/html": link}, "metadata": {}}] for link in links]

    def with_row(name: str, evidence: Any, *of: Any) -> tuple[Any, Exception | None]:
        shown, error = run(name, evidence, *of)
        return ([*shown, *outputs(evidence)] if name == "landscape" else shown), error

    before = book.shown["landscape"]
    monkeypatch.setattr(book.runner, "run", with_row)
    monkeypatch.setitem(book.stating, ("landscape", row), {"12"})
    monkeypatch.setitem(book.readers, ("results", row, "estimate"), {"landscape", "model"})
    monkeypatch.setitem(book.shown, "landscape", [*before, *outputs(book.evidence)])
    other = guards_of(book, mutants, "results.csv", row, "months", "digit")
    assert "listing" in other.guards
    assert other.unseen == []
    # once the months are typed beside the percentage, the numeral stays in the chapter whatever becomes of that
    typed.append("12 months")
    monkeypatch.setitem(book.shown, "landscape", [*before, *outputs(book.evidence)])
    assert guards_of(book, mutants, "results.csv", row, "months", "digit").unseen == ["landscape"]


def test_a_column_that_its_page_leaves_out_is_not_caught(
    book: Judge, mutants: list[Mutant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(book.evidence.resources["left_out"]["listing"]["columns"], "Reason")
    monkeypatch.setattr(book, "listings", {})
    verdict = guards_of(book, mutants, "left_out.csv", "sources hunkeler2006_impact", "reason", "text")
    assert verdict.guards == []


# Runs


def test_a_run_names_what_nothing_caught(small: Path) -> None:
    table, _ = ran(small, 160)
    assert (table.made, table.caught) == (160, 160 - len(table.survivors))
    assert any(name.startswith("data/pooled.csv, pooled-") for name in table.survivors)
    text = main_text(table)
    assert text.startswith(f"160 changes made: {table.stopped} stopped; {table.caught - table.stopped} accepted by")
    assert all(f"\n  {name}\n" in text for name in table.survivors)
    assert not (small / STORED).exists()


def test_a_run_that_was_killed_goes_on(small: Path) -> None:
    answers = small / proof.ANSWERS / "40.jsonl"
    with subprocess.Popen(command(small, 40, 2, False), cwd=PROJECT, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None and not (answers.exists() and answers.read_bytes().count(b"\n") > 8):
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    kept = answers.read_bytes().count(b"\n") - 1
    with answers.open("a") as file:
        file.write('[17, ["che')
    table, told = ran(small, 40, 1, resume=True)
    assert told[1] == f"going on after {kept} mutants of an earlier run"
    assert table == ran(small, 40)[0]
    assert len(answers.read_bytes().splitlines()) == 41


def test_runs_refuse_what_would_hide_changes(small: Path) -> None:
    path = small / "chapters/intro.ipynb"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("intro_made", "intro_until"), encoding="utf-8")
    with pytest.raises(MutationError, match=r"outputs of intro are not those of the data\. Run: make refresh"):
        run(small, 1, SEED, 1, str)
    notebook = json.loads(before)
    next(cell for cell in reversed(notebook["cells"]) if cell.get("outputs"))["outputs"].clear()
    path.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(MutationError, match=r"chapters/intro\.ipynb, code cell \d is not what is stored"):
        run(small, 1, SEED, 1, str)


def table_of(*verdicts: tuple[Mutant, list[str], list[str]], **head: Any) -> Tally:
    answers = [(mutant, Verdict(*rest)) for mutant, *rest in verdicts]
    return proof._tally(answers, {"fingerprint": "", "sample": None, "seed": 1, **head})


def test_a_table_counts_by_guard_file_and_operator_and_names_cells() -> None:
    one = Mutant("data/a.csv", "a-1", "n", "blank", {"n": ""})
    two = Mutant("data/a.csv", "a-1", "n", "digit", {"n": "2"})
    three = Mutant("data/a.csv", "a-1", "note", "blank", {"note": ""})
    table = table_of((one, ["check", "chapter"], ["intro"], []), (two, ["listing"], [], ["intro"]), (three, [], [], []))
    assert (table.made, table.caught, table.stopped, table.shown, table.hidden) == (3, 2, 1, 0, 1)
    assert (table.guards, table.alone) == ({"check": 1, "chapter": 1, "listing": 1}, {"listing": 1})
    assert (table.files, table.operators) == ({"data/a.csv": [3, 2]}, {"blank": [2, 1], "digit": [1, 1]})
    assert table.survivors == ["data/a.csv, a-1, note: blank (note = '')"]
    assert table.passed == ["data/a.csv, a-1, n: digit (n = '2') [intro]"]
    assert table.unused == ["data/a.csv, a-1, note"]


def test_what_no_guard_stops_is_shown_in_the_diff(book: Judge, mutants: list[Mutant]) -> None:
    of_data = [mutant for mutant in mutants if not mutant.cells]
    verdicts = [book.judge(mutant) for mutant in random.Random(SEED).sample(of_data, 60)]
    accepted = [verdict for verdict in verdicts if {*verdict.guards} <= {"chapter", "listing"}]
    assert len(accepted) > 10
    assert all(verdict.shown for verdict in accepted)
    assert not any(verdict.shown for verdict in verdicts if verdict not in accepted)
    same = next(mutant for mutant in of_data if mutant.file.endswith("results.csv") and mutant.column == "note")
    cells = book.package.tables["results"].rows[same.index].cells
    assert not book._in_diff(replace(same, new={"note": cells["note"]}))
    mixed = table_of(*((mutant, *verdict[:3]) for mutant, verdict in zip(of_data, verdicts, strict=False)))
    assert (mixed.stopped, mixed.hidden) == (len(verdicts) - len(accepted), len(accepted))


def test_the_stored_run_is_refused_when_it_is_older_than_the_data(small: Path) -> None:
    path = small / STORED
    with pytest.raises(MutationError, match=r"proofs/mutation\.json is missing\. Run: make mutate"):
        stored(small)
    store(small, table_of(fingerprint=fingerprint(small)))
    assert stored(small) == table_of(fingerprint=fingerprint(small))
    assert [found.name for found in path.parent.iterdir()] == ["mutation.json"]
    for changed in (small / "data/results.csv", next(iter(chapters(small)))):
        before = changed.read_text(encoding="utf-8")
        changed.write_text(before.replace("months", "weeks").replace("Threshold", "Limit").replace("Scales", "S"))
        with pytest.raises(MutationError, match=r"older than the data, the code or the notebooks\. Run: make mutate"):
            stored(small)
        changed.write_text(before, encoding="utf-8")
    assert stored(small)
    path.write_text('{"made": 1,\n', encoding="utf-8")
    with pytest.raises(MutationError, match=r"proofs/mutation\.json is broken\. Run: make mutate"):
        stored(small)


def test_the_page_shows_the_run_and_no_run_that_is_too_old(small: Path) -> None:
    lost = Mutant("data/a.csv", "a-1", "note", "text", {"note": "<script>"})
    table = table_of((lost, ["check"], [], []), (lost, [], [], []), fingerprint=fingerprint(small))
    store(small, table)
    page = html(small)
    assert (
        "2 changes made: 1 stopped; 0 accepted by a refresh, 0 of them shown in the diff of the pull request; "
        "1 noticed by nothing." in page
    )
    assert "<td>2</td><td>1</td>" in page
    assert "<li><code>data/a.csv, a-1, note: text (note = &#x27;&lt;script&gt;&#x27;)</code></li>" in page
    review = small / "data/review.csv"
    review.write_text(review.read_text(encoding="utf-8").replace("none", "some"), encoding="utf-8")
    assert html(small) == (
        '<div id="lr-mutation"><p>No full run belongs to this version of the data and the code yet.</p></div>'
    )


# Statements


@pytest.mark.parametrize(
    ("cells", "after"),
    [
        (["a = 1\nb = a", "c = b"], [set(), {0}, {1}]),
        (["a = 1", "a = 2", "b = a"], [set(), set(), {1}]),  # the last one counts
        (["a = [1]", "a += [2]", "b = a"], [set(), {0}, {0, 1}]),
        (["a = [1]", "a.append(2)", "b = a"], [set(), {0}, {0, 1}]),  # changed in place
        (["a = {}", "a['x'].y = 1", "b = a"], [set(), {0}, {0, 1}]),
        (["a = 1", "for a in range(2):\n    b = a", "c = [a for a in b]"], [set(), set(), {1}]),
        (["a = [1]", "for a in a:\n    b = a"], [set(), {0}]),
        (["a = 1", "b = lambda: a", "c = {d: a for d in b()}"], [set(), {0}, {0, 1}]),
        (["import math", "a = math.pi"], [set(), {0}]),
    ],
)
def test_what_a_statement_needs(cells: list[str], after: list[set[int]]) -> None:
    assert [step.after for step in steps(cells)] == after


def test_only_what_a_change_reaches_is_run() -> None:
    chapter = steps(["a = 1", "b = a", "c = 2", "d = b + c", "e = c", "f = e"])
    chapter[1].reads = {("results", "r-1", "n")}
    assert reached(chapter, {("results", "r-1", "n")}) == {0, 1, 2, 3}
    assert reached(chapter, {("results", "r-2", "n")}) == set()


def test_a_statement_that_was_wrongly_left_out_stops_the_run(book: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = next(cell for cell in book.readers if cell[0] == "results" and "impact" in book.readers[cell])
    for step in book.runner._steps["impact"]:
        monkeypatch.setattr(step, "after", set())
    with pytest.raises(MutationError, match=r"chapters/impact\.ipynb: a statement was left out"):
        book.runner.run("impact", book.evidence, {cell})
