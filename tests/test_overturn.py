"""What would overturn a sentence: against brute force, published fragility indices, and the kept answers."""

from __future__ import annotations

import csv
import json
import random
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from livingreview.audit import overturn
from livingreview.audit.mutation.changed import ChangedData
from livingreview.audit.overturn import Search, Task
from livingreview.evidence import load
from livingreview.history import comparing
from livingreview.history.snapshots import Snapshot
from livingreview.notebooks import without_source
from livingreview.publish import overturned
from livingreview.publish.overturned import Answer, Change

PROJECT = Path(__file__).resolve().parents[1]
IMPORTS = """from livingreview.evidence import load
from livingreview.publish.conclusions import Blank, Compare, Count, Every, FieldIs, computed, conclude, value_in
results = load().results
"""
THOUGHTS = ("impact-suicidal-thoughts-baseline-cc", "impact-suicidal-thoughts-baseline-control")
DEATHS = ("coach-death-12m-cc", "coach-death-12m-control")
#: Fisher's exact test of the events of two arms, two-sided, by its definition.
FISHER = f"""from math import comb
(a, n), (b, m) = ((int(results.loc[i, "events"]), int(results.loc[i, "n"])) for i in {DEATHS})
weights = [comb(n, k) * comb(m, a + b - k) for k in range(max(0, a + b - m), min(n, a + b) + 1)]
p = sum(w for w in weights if w <= comb(n, a) * comb(m, b)) / sum(weights)
conclude(Compare(computed("P", p, {DEATHS}), "RELATION", computed("the level", 0.05, [])), "The arms and the level.")
"""


@pytest.fixture(scope="module")
def data() -> ChangedData:
    return ChangedData(PROJECT / "data")


def tasks(root: Path, *cells: str) -> list[Task]:
    """The statements of a scratch chapter that conclude."""
    (root / "chapters").mkdir(exist_ok=True)
    notebook = {"cells": [{"cell_type": "code", "source": text, "outputs": []} for text in (IMPORTS, *cells)]}
    (root / "chapters" / "scratch.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return overturn.tasks(root)


def answer(data: ChangedData, root: Path, *cells: str) -> Answer:
    (task,) = tasks(root, *cells)
    (found,) = Search(data, task).answers()
    return found


def brute(data: ChangedData, task: Task, row: str, column: str, most: int) -> int | None:
    """The first change of a cell that turns a conclusion, each read and run whole, up and down."""
    search = Search(data, task)
    text = search.printed(row, column)
    unit = Decimal(1).scaleb(Decimal(text).as_tuple().exponent)  # type: ignore[arg-type]
    for size in range(1, most + 1):
        for sign in (1, -1):
            if search.turned(search._as_read(row, {column: f"{Decimal(text) + sign * size * unit:f}"})):
                return size
    return None


@pytest.mark.parametrize(
    ("rows", "relation"),
    [
        (THOUGHTS, "above"),
        (THOUGHTS, "different"),
        (("impact-scl20-24m-contrast", "impact-scl20-12m-contrast"), "above"),
    ],
)
def test_the_smallest_change_is_that_of_brute_force(
    data: ChangedData, tmp_path: Path, rows: tuple[str, str], relation: str
) -> None:
    code = f'conclude(Compare(value_in("{rows[0]}"), "{relation}", value_in("{rows[1]}")), "They compare.")'
    (task,) = tasks(tmp_path, code)
    (found,) = Search(data, task).answers()
    sizes = [brute(data, task, row, "estimate", 25) for row in rows]
    assert found.number.any is not None
    assert found.number.any.size == min(size for size in sizes if size)


def test_a_threshold_far_away_is_found_by_bisection(data: ChangedData, tmp_path: Path) -> None:
    code = f'conclude(Compare(value_in("{THOUGHTS[0]}"), "below", computed("much", 987.6, [])), "It is below much.")'
    found = answer(data, tmp_path, code).number.any
    assert found is not None
    assert found.after == "987.6"
    assert found.size == (Decimal("987.6") - Decimal(found.before)) * 10


@pytest.mark.parametrize(
    ("counts", "index"),
    [
        # README of the R package FragilityTools, commit 10c906c: bin.fi(mat, test = 'fisher') gives 37 of 60
        ((40, 60, 100, 210), 3),
        # README of the R package fragilityindex, 'Introduction': one more event in the second group, P = 0.078
        ((15, 40, 6, 40), 1),
        # the example of Walsh 2014 as others cite it: 1 of 100 against 9 of 100, P = 0.02; with one more, P = 0.06
        ((1, 100, 9, 100), 1),
    ],
)
def test_published_fragility_indices(tmp_path: Path, counts: tuple[int, ...], index: int) -> None:
    shutil.copytree(PROJECT / "data", tmp_path / "data")
    path = tmp_path / "data" / "results.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    for row in rows:
        if row[0] in DEATHS:
            place = 2 * DEATHS.index(row[0])
            row[header.index("events")], row[header.index("n")] = map(str, counts[place : place + 2])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    found = answer(ChangedData(tmp_path / "data"), tmp_path, FISHER.replace("RELATION", "below")).events.any
    assert found is not None
    assert (found.size, found.kind) == (index, "events")


def test_what_nothing_and_everything_turns(data: ChangedData, tmp_path: Path) -> None:
    firm = f'conclude(Compare(computed("one", 1, {THOUGHTS}), "below", computed("two", 2, [])), "One is below two.")'
    found = answer(data, tmp_path, firm)
    assert (found.kind, found.row.needed, found.searched) == ("nothing", (), 2)
    same = f'conclude(Compare(value_in("{THOUGHTS[0]}"), "equal", value_in("{THOUGHTS[0]}", "estimate")), "The same.")'
    assert answer(data, tmp_path, same).kind == "only uncomputable"
    held = f'conclude(Compare(value_in("{THOUGHTS[0]}"), "equal", computed("it", 14.4, [])), "It is the same.")'
    value = data.evidence.row(THOUGHTS[0])["estimate"]
    found = answer(data, tmp_path, held.replace("14.4", str(value)))
    assert found.number.any is not None
    assert found.number.any.size == 1
    assert found.row.needed == (THOUGHTS[0],)
    assert found.source.needed == tuple(data.evidence.rests_on(THOUGHTS[0]))


def test_what_rests_on_no_row_or_on_text(data: ChangedData, tmp_path: Path) -> None:
    none = 'conclude(Compare(computed("one", 1, []), "below", computed("two", 2, [])), "One is below two.")'
    assert answer(data, tmp_path, none).kind == "no row"
    text = 'conclude(FieldIs(value_in("claro", "comparator_type"), "enhanced_usual_care"), "It is enhanced.")'
    found = answer(data, tmp_path, text)
    assert found.kind == "word"
    assert found.word.any is not None
    assert (found.word.any.column, found.word.any.kind) == ("comparator_type", "word")


def test_a_gap_that_closes_turns_a_sentence_on_it(data: ChangedData, tmp_path: Path) -> None:
    found = answer(data, tmp_path, f'conclude(Blank(["{THOUGHTS[0]}"], ["ci_low"]), "No interval is reported.")')
    assert found.word.any is not None
    assert (found.word.any.kind, found.word.any.before) == ("filled", "")


def test_one_row_that_is_taken_out_turns_a_count(data: ChangedData, tmp_path: Path) -> None:
    code = f"""held = [i for i in {THOUGHTS} if i in results.index]
conclude(Compare(computed("rows", len(held), {THOUGHTS}), "equal", computed("two", 2, [])), "There are two.")"""
    found = answer(data, tmp_path, code)
    assert (found.kind, found.row.turning) == ("removal", THOUGHTS)
    assert found.source.turning == tuple(data.evidence.rests_on(THOUGHTS[0]))


def test_columns_that_pick_rows_are_left_out(data: ChangedData, tmp_path: Path) -> None:
    code = f"""at = results.loc[{list(THOUGHTS)}]
start = at[at["months"] == 0]
conclude(Compare(computed("rows", len(start), {THOUGHTS}), "equal", computed("two", 2, [])), "Two at the start.")"""
    assert answer(data, tmp_path, code).number.any is None


def test_an_answer_that_does_not_turn_is_refused(data: ChangedData, tmp_path: Path) -> None:
    (task,) = tasks(
        tmp_path, f'conclude(Compare(value_in("{THOUGHTS[0]}"), "above", value_in("{THOUGHTS[1]}")), "More.")'
    )
    search = Search(data, task)
    (found,) = search.answers()
    change = found.number.any
    assert change is not None
    text = f"{Decimal(change.before) + (Decimal(change.after) - Decimal(change.before)) / change.size:f}"
    less = Change(change.row, change.column, change.before, text, 1, "digit")
    wrong = Answer(**{**vars(found), "number": overturned.Found(less)})
    with pytest.raises(overturned.OverturnError, match="does not turn"):
        search.confirm(0, wrong)


def test_only_what_changed_is_searched_again(
    data: ChangedData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = [f'conclude(Compare(value_in("{THOUGHTS[0]}"), "above", value_in("{THOUGHTS[1]}")), "More.")']
    code.append(f'conclude(Compare(value_in("{THOUGHTS[0]}"), "different", value_in("{THOUGHTS[1]}")), "They differ.")')
    tasks(tmp_path, *code)
    monkeypatch.setattr(overturn, "ChangedData", lambda _folder: data)
    lines: list[str] = []
    first = overturn.run(tmp_path, 1, lines.append)
    tasks(tmp_path, code[0], code[1].replace("They differ", "They are different"))
    second = overturn.run(tmp_path, 1, lines.append)
    assert [line.split(",")[0] for line in lines if "as they were" in line] == [
        "0 of 2 statements are as they were",
        "1 of 2 statements are as they were",
    ]
    assert first[0] == second[0]
    assert overturned.read(tmp_path) == second


@pytest.mark.parametrize("part", range(2))
def test_kept_answers_turn_their_sentences_and_not_with_one_digit_less(data: ChangedData, part: int) -> None:
    answers = {(of.statement, of.text): of for of in overturned.read(PROJECT)}
    changeable = sorted((key for key, of in answers.items() if of.number.any), key=str)
    whole = {task.statement: task for task in overturn.tasks(PROJECT)}
    for key in random.Random(part).sample(changeable, 6):
        search = Search(data, whole[key[0]])
        search.confirm([of.text for of in search.said].index(key[1]), answers[key])


def test_every_sentence_of_the_book_has_an_answer() -> None:
    assert overturn.stale(PROJECT) == []


def test_without_a_source_the_drill_of_a_retraction_says_the_same(data: ChangedData) -> None:
    code, book = without_source.code(data.evidence), data.evidence
    own = {chapter: code[chapter] for chapter in ("claro", "champ")}
    now, without = without_source.run(book, own), without_source.run(book.without({"hmp2025_claro"}), own)
    lost = {place for place in now.conclusions if place not in without.conclusions}
    kept = {(of.chapter, of.text) for of in overturned.read(PROJECT) if "hmp2025_claro" in of.source.needed}
    assert lost == {place for place in kept if place[0] in own and place in now.conclusions}
    assert lost


@pytest.mark.parametrize(("content", "said"), [(None, "is missing"), (b"[{", "is broken"), (b"[1]", "is broken")])
def test_answers_that_cannot_be_read_are_named_as_that(tmp_path, content, said):
    shutil.copytree(PROJECT / "data", tmp_path / "data")
    (tmp_path / "proofs").mkdir()
    if content is not None:
        (tmp_path / overturned.KEPT).write_bytes(content)
    with pytest.raises(overturned.OverturnError, match=rf"overturn\.json {said}. Run: make overturn"):
        overturn.stale(tmp_path)


@pytest.mark.parametrize(
    ("digits", "way"), [("smaller", "more fragile"), ("larger", "firmer"), ("the same", "")], ids=lambda text: text
)
def test_the_diff_says_which_sentences_became_firmer(digits: str, way: str) -> None:
    kept = json.loads((PROJECT / overturned.KEPT).read_bytes())
    was, now = json.dumps(kept).encode(), kept
    changed = next(of for of in now if of["number"].get("any", {}).get("size", 0) > 1)
    changed["number"]["any"]["size"] += {"smaller": -1, "larger": 1, "the same": 0}[digits]
    sides = Snapshot("before", {overturned.KEPT: was}), Snapshot("after", {overturned.KEPT: json.dumps(now).encode()})
    turns = list(comparing._firmness(sides, []))
    assert [turn.about for turn in turns] == ([f"{changed['text']} ({way})"] if way else [])


def test_numbers_for_machines_hold_each_answer_and_lead_to_it() -> None:
    html = PROJECT / "_build" / "html"
    page = (html / "chapters" / f"{overturned.PAGE}.html").read_text(encoding="utf-8")
    sentences = json.loads((html / "numbers.json").read_text(encoding="utf-8"))["sentences"]
    answers = {(of.chapter, of.text): of for of in overturned.fresh(load())}
    assert {(of["chapter"], of["text"]) for of in sentences} == answers.keys()
    for of in sentences:
        kept = answers[of["chapter"], of["text"]]
        assert f'id="{of["address"].partition("#")[2]}"' in page
        assert of["needed_sources"] == list(kept.source.needed)
        size = of["changes"].get("number", {}).get("size")
        assert size == overturned.size(kept), of["text"]
