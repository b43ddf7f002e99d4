"""Second readings: a form without values, what comes back, both readings kept, and a disagreement settled."""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import pytest
from statsmodels.stats.proportion import proportion_confint

from livingreview import cli
from livingreview.checks import check
from livingreview.checks.package import Fault
from livingreview.checks.reading import read_package
from livingreview.checks.readings import (
    extraction_read,
    first_alone_moved,
    values_compared,
    values_of_readings,
    values_settled,
)
from livingreview.checks.rules import run
from livingreview.contribute import edits, rereading
from livingreview.contribute.correcting import correct, triples
from livingreview.contribute.edits import ContributionError, Edit
from livingreview.contribute.rereading import Reader, Reading, read, settle, take_in, to_read, write_out
from livingreview.evidence import DATA, Evidence
from livingreview.evidence.readings import FIELDS, Readings, Value, readings, same
from livingreview.publish.read_again import UNITS, counts

DAY = date(2026, 12, 3)
PERSON = Reader("Ada Reader")
#: A result with all that a contrast prints, and one of an arm; both were read by software already.
CONTRAST, ARM = "adapt_c-response-12m-contrast", "adapt_c-response-12m-cc"


class Round:
    """A copy of the data that readings come into."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, Path(shutil.copytree(DATA, folder / "copy" / "data"))
        shutil.copy(DATA.parent / "_toc.yml", folder / "copy")

    @property
    def book(self) -> Evidence:
        return Evidence(self.data)

    def rows(self) -> dict[str, dict[str, str]]:
        return {row["result_id"]: row for row in self.book.rows("results")}

    def form(self, *rows: dict[str, str], columns: Iterable[str] = ("result_id", *FIELDS, "readable", "note")) -> Path:
        """Write a form as a reader fills it in."""
        path = self.folder / "form.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*columns], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def own(self, result_id: str, **values: str) -> dict[str, str]:
        """Give the values that a result has now, as a reader would find them."""
        row = self.rows()[result_id]
        return {"result_id": result_id, **{f: row[f] for f in FIELDS}, **values}

    def take(self, *rows: dict[str, str], reader: Reader = PERSON) -> tuple[str, ...]:
        given, _ = read(self.form(*rows), self.rows(), {})
        taken = take_in(self.data, given, reader, self.rows(), DAY)
        assert taken.edit.write() == []
        return taken.said

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.data.iterdir()}


@pytest.fixture(autouse=True)
def own_rules(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Check with the rules on readings alone, but where a test is about the whole check."""
    rules = (values_compared, values_settled, values_of_readings, extraction_read)

    def check_readings(data: Path) -> list[Fault]:
        package = read_package(data)
        return [fault for rule in rules for fault in run(rule, package)]

    if "whole" not in request.node.name:
        monkeypatch.setattr(edits, "check", check_readings)


@pytest.fixture
def round_(tmp_path: Path) -> Round:
    return Round(tmp_path)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ----------------------------------------------------------------------------------------------------- what goes out


def test_a_form_says_what_is_looked_for_and_where_and_none_of_the_values(round_: Round) -> None:
    book, path = round_.book, round_.folder / "out.csv"
    assert write_out(path, book, to_read(book, ["adapt_c", "impact-response-12m-contrast"], PERSON.name)) == 10
    rows = {row["result_id"]: row for row in table(path)}
    assert not any(row[column] for row in rows.values() for column in rereading.FILLED)
    asked = rows[CONTRAST]
    for words in ("depression response", "Collaborative care versus", "12 months", "ADAPt-C", "odds ratio"):
        assert words in asked["about"]
    assert asked["link"] == "https://pmc.ncbi.nlm.nih.gov/articles/PMC2653113/"
    assert asked["locator"] == "abstract, Results"
    row = round_.rows()[CONTRAST]
    known = [row[f] for f in ("estimate", "ci_low", "ci_high", "n")]
    assert not [value for value in known if value in " ".join(asked.values()).replace("10.1200", "").split()]


def test_a_reader_is_asked_only_for_what_that_reader_has_not_read(round_: Round) -> None:
    round_.take(round_.own(CONTRAST))
    waiting = to_read(round_.book, ["adapt_c"], "ada reader")
    assert CONTRAST not in waiting
    assert ARM in waiting
    assert CONTRAST in to_read(round_.book, ["adapt_c"], "somebody else")
    everything = to_read(round_.book, [], "somebody else")
    rows = round_.rows()
    extraction = [rows[row]["extraction"] for row in everything]
    assert len(everything) == len(rows)
    assert extraction.index("read_twice") == extraction.count("single")  # what nobody has read again comes first


def test_a_name_that_is_no_result_and_no_study_is_refused_with_the_likest(round_: Round) -> None:
    with pytest.raises(
        ContributionError, match=r"'impct' must be the id of a result or of a study. Did you mean 'impact'"
    ):
        to_read(round_.book, ["impct"], "")


# --------------------------------------------------------------------------------------------------- what comes back


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("0.50", "0.5", True),
        ("0.5", "0.54", False),
        ("1.0", "1", True),
        ("0.001", "0.0010", True),
        ("INF", "INF", True),
        ("<", "=", False),
        ("-0.3", "0.3", False),
        ("0.1", "0.10000000000000001", False),  # the same as floating-point numbers
    ],
)
def test_values_are_compared_as_decimal_numbers_without_a_tolerance(first: str, second: str, alike: bool) -> None:
    assert same(first, second) is alike


def test_a_person_who_agrees_marks_the_result_and_both_readings_stay(round_: Round) -> None:
    said = round_.take(round_.own(CONTRAST, estimate="1.980", n=""))
    row = round_.rows()[CONTRAST]
    assert row["extraction"] == "read_by_person"
    assert row["estimate"] == "1.98"
    assert f"{CONTRAST}: extraction is read_by_person, and was read_twice." in said
    kept = {v.field: v for v in readings(round_.book).values if v.reader == PERSON.name}
    assert (kept["estimate"].first, kept["estimate"].second) == ("1.98", "1.980")
    assert (kept["n"].first, kept["n"].second) == (row["n"], "")
    assert not kept["n"].is_shared


def test_software_is_named_as_software(round_: Round) -> None:
    single = next(row for row in round_.rows().values() if row["extraction"] == "single" and row["estimate"])
    said = round_.take(round_.own(single["result_id"]), reader=Reader("A program", is_software=True))
    assert "read again by A program (software)" in said[0]
    assert round_.rows()[single["result_id"]]["extraction"] == "read_twice"
    wrong, _ = read(round_.form(round_.own(ARM)), round_.rows(), {})
    faults = take_in(round_.data, wrong, Reader("A program"), round_.rows(), DAY).edit.write()
    assert "reader_kind: must be person" in str(faults[0]) or "reader_kind: must be software" in str(faults[0])


def test_a_second_import_changes_nothing_and_another_value_is_refused(round_: Round) -> None:
    round_.take(round_.own(CONTRAST), round_.own(ARM))
    before = round_.files()
    given, _ = read(round_.form(round_.own(CONTRAST), round_.own(ARM)), round_.rows(), {})
    taken = take_in(round_.data, given, PERSON, round_.rows(), date(2027, 1, 1))
    assert taken.changes == 0
    assert taken.edit.write() == []
    assert round_.files() == before
    given, _ = read(round_.form(round_.own(CONTRAST, estimate="2.98")), round_.rows(), {})
    with pytest.raises(
        ContributionError, match=r"form.csv, row 2, estimate: Ada Reader gave 1.98 for .* before, found 2.98"
    ):
        take_in(round_.data, given, PERSON, round_.rows(), DAY)
    assert round_.files() == before


def test_a_place_that_could_not_be_read_is_kept_as_that_and_confirms_nothing(round_: Round) -> None:
    single = next(row["result_id"] for row in round_.rows().values() if row["extraction"] == "single")
    _, remarks = read(round_.form({"result_id": single, "readable": "no", "note": "behind a wall"}), round_.rows(), {})
    assert remarks == [f"{single}: behind a wall"]
    round_.take({"result_id": single, "readable": "no", "note": "behind a wall"})
    assert round_.rows()[single]["extraction"] == "single"
    assert [row["readable"] for row in round_.book.rows("readings") if row["reader"] == PERSON.name] == ["no"]
    assert not [v for v in readings(round_.book).values if v.reader == PERSON.name]


def test_rows_left_blank_are_not_read_yet_and_former_ids_are_known(round_: Round) -> None:
    form = round_.form({"result_id": CONTRAST}, {**round_.own(ARM), "result_id": "GAP-R050", "estimate": "63.0"})
    given, _ = read(form, round_.rows(), {"GAP-R050": ARM})
    assert [reading.result_id for reading in given] == [ARM]


def test_a_form_that_a_spreadsheet_saved_is_read(round_: Round) -> None:
    path = round_.form(round_.own(CONTRAST))
    head, row = path.read_text().splitlines()
    line = row.replace(".", ",X").replace(",X", ".").replace(",", ";").replace(".", ",").replace("0,01", ",01")
    path.write_bytes(f"\ufeff{head.replace(',', ';')}\r\n{line}\r\n".encode())
    given, _ = read(path, round_.rows(), {})
    assert given[0].values["estimate"] == "1.98"
    assert given[0].values["p_value"] == "0.01"


def test_everything_wrong_with_a_form_is_said_at_once_and_nothing_is_written(round_: Round) -> None:
    before = round_.files()
    form = round_.form(
        round_.own(ARM, estimate="about 63", n="1,801"),
        round_.own(CONTRAST, p_operator="less"),
        round_.own(CONTRAST),
        {"result_id": "adapt_c-respons-12m-cc", "estimate": "1"},
        {"result_id": "adapt_c-response-12m-control", "estimate": "50", "readable": "no"},
        {"result_id": "adapt_c-fall-5-12m-cc", "readable": "perhaps"},
    )
    with pytest.raises(ContributionError) as refused:
        read(form, round_.rows(), {})
    number = "must be a number with the digits as printed, found"
    remedy = "Write 1801 for 1,801; leave out words."
    assert str(refused.value).splitlines() == [
        f"form.csv, row 2, estimate: {number} 'about 63'. {remedy}",
        f"form.csv, row 2, n: {number} '1,801'. {remedy}",
        "form.csv, row 3, p_operator: must be one of = < > <= >=, found 'less'. Correct it.",
        "form.csv, row 4, result_id: must differ from that of row 3. Delete one of the two.",
        "form.csv, row 5, result_id: must be the id of a result, found 'adapt_c-respons-12m-cc'. "
        "Did you mean 'adapt_c-response-12m-cc'?",
        "form.csv, row 6, estimate: must be blank where readable is no, found 50. Clear one.",
        "form.csv, row 7, readable: must be yes, no or blank, found 'perhaps'. Correct it.",
    ]
    assert round_.files() == before
    with pytest.raises(ContributionError, match=r"row 1: must name the columns p_value, n, found result_id, estimate"):
        read(round_.form(columns=[c for c in ("result_id", *FIELDS) if c not in ("p_value", "n")]), round_.rows(), {})


def test_a_reading_is_compared_with_what_the_row_said_when_the_reader_got_it(round_: Round) -> None:
    row = round_.rows()[CONTRAST]
    header, old = ",".join(row), {**row, "result_id": "OLD-1", "n": ""}
    text = f"{header}\n" + ",".join(f'"{cell}"' for cell in old.values()) + "\n"
    first = rereading.first_reading(text, f"table,old,new,until\nresults,OLD-1,{CONTRAST},2026.1.0\n")
    given, _ = read(round_.form(round_.own(CONTRAST), round_.own(ARM)), round_.rows(), {})
    with pytest.raises(ContributionError, match=f"{ARM} has no first reading at that revision"):
        take_in(round_.data, given, PERSON, first, DAY)
    assert take_in(round_.data, given[:1], PERSON, first, DAY).edit.write() == []
    kept = {v.field: v for v in readings(round_.book).values if v.reader == PERSON.name}
    assert kept["n"].first == ""
    assert kept["n"].second == "472"


# ------------------------------------------------------------------------------------------------------ disagreement


@pytest.fixture
def differing(round_: Round) -> Round:
    round_.take(round_.own(CONTRAST, estimate="1.89"))
    return round_


def test_a_disagreement_takes_the_mark_off_and_is_listed(differing: Round) -> None:
    assert differing.rows()[CONTRAST]["extraction"] == "single"
    assert differing.rows()[CONTRAST]["estimate"] == "1.98"
    listed = list(rereading.report(differing.book))
    assert "Disagreements that nobody has settled: 1." in listed
    assert f"  {CONTRAST} estimate: 1.98, and 1.89 by Ada Reader" in listed
    assert counts(differing.book)[PERSON.name]["estimate"] == (1, 0)
    assert counts(differing.book)[PERSON.name]["result"] == (1, 0)


@pytest.mark.parametrize(("value", "causes"), [("1.98", 0), ("1.89", 1)])
def test_what_the_source_prints_settles_it_and_corrects_the_result(differing: Round, value: str, causes: int) -> None:
    before = len(differing.book.rows("causes"))
    taken = settle(differing.data, [CONTRAST, "estimate", value], "Third Person", "Table 2")
    assert taken.edit.write() == []
    row = differing.rows()[CONTRAST]
    assert row["estimate"] == value
    assert row["extraction"] == ("read_by_person" if value == "1.98" else "single")  # software had read 1.98
    assert len(differing.book.rows("causes")) == before + causes
    kept = next(v for v in readings(differing.book).values if v.reader == PERSON.name and v.field == "estimate")
    assert (kept.first, kept.second, kept.settled, kept.settled_by) == ("1.98", "1.89", value, "Third Person")
    assert counts(differing.book)[PERSON.name]["estimate"] == (1, 0)  # agreement stays that of the readings


def test_nobody_settles_what_is_not_open_nor_their_own_reading(differing: Round) -> None:
    with pytest.raises(ContributionError, match=f"n: no disagreement is open. Open are: {CONTRAST} estimate"):
        settle(differing.data, [CONTRAST, "n", "471"], "Third Person", "Table 2")
    with pytest.raises(ContributionError, match="Write: livingreview reread settle ROW FIELD VALUE"):
        settle(differing.data, [CONTRAST, "estimate"], "Third Person", "Table 2")
    faults = settle(differing.data, [CONTRAST, "estimate", "1.98"], "ada reader", "Table 2").edit.write()
    assert "settled_by: must be somebody else than the reader, Ada Reader" in str(faults[0])


def test_a_number_that_is_corrected_later_is_no_longer_what_both_gave(round_: Round) -> None:
    corrected = correct(round_.data, triples([ARM, "estimate", "64"]), "Table 2")
    assert f"{ARM}: extraction is single, and was read_twice." in corrected.said
    edit = Edit(round_.data)
    edit.change(edit.find(ARM), "estimate", "64")
    (fault,) = edit.write()
    assert "extraction: must be single, since estimate is 63 in the first reading and 63 in that of" in str(fault)


# ------------------------------------------------------------------------------------------------------- the rules


@pytest.mark.parametrize(
    ("name", "cells", "message"),
    [
        ("reading_values", {"second": "63 percent"}, "second: must be a number, with the digits as printed"),
        ("reading_values", {"reader": "Nobody"}, f"reader: must be somebody who read {ARM}"),
        ("reading_values", {"settled_by": "A", "because": "B"}, "settled_by: must be blank where the readings do not"),
        ("reading_values", {"because": "Table 2"}, "settled_by: must be filled in for what was settled"),
        ("reading_values", {"settled": "64"}, "settled: must be blank until somebody has settled it"),
        (
            "reading_values",
            {"first": "", "second": ""},
            "second: must be filled in where the first reading gave nothing",
        ),
        ("reading_values", {"first": "64"}, "extraction: must be single, since estimate is 64 in the first reading"),
        ("readings", {"reader_kind": "person"}, "reader_kind: must be software"),
        ("readings", {"readable": "no"}, f"reader: must be somebody who read {ARM}"),
    ],
)
def test_a_reading_that_was_edited_is_noticed(round_: Round, name: str, cells: dict[str, str], message: str) -> None:
    rows = round_.book.rows(name)
    at = next(i for i, row in enumerate(rows) if row["result_id"] == ARM and row.get("field", "estimate") == "estimate")
    rows[at] |= cells
    edit = Edit(round_.data)
    edit.replace(name, rows)
    assert message in "\n".join(map(str, edit.write()))


def test_no_result_is_called_read_again_without_a_reading(round_: Round) -> None:
    single = next(row["result_id"] for row in round_.rows().values() if row["extraction"] == "single")
    for word in ("read_twice", "read_by_person", "double"):
        edit = Edit(round_.data)
        edit.change(edit.find(single), "extraction", word)
        (fault,) = edit.write()
        assert "extraction: must be single, since data/readings.csv names nobody who read it again" in str(fault)


# --------------------------------------------------------------------------------------------------- what is published


def test_what_is_published_is_counted_from_the_two_readings() -> None:
    (counted,) = counts(Evidence()).values()
    rows = table(DATA / "reading_values.csv")
    shared = [row for row in rows if row["first"] and row["second"]]
    assert [*counted] == [*UNITS]
    for field in FIELDS:
        own = [row for row in shared if row["field"] == field]
        agreed = sum(float(row["first"]) == float(row["second"]) for row in own if field != "p_operator")
        agreed += sum(row["first"] == row["second"] for row in own if field == "p_operator")
        assert counted[field] == (len(own), agreed)
    assert counted["result"][0] == len({row["result_id"] for row in shared}) == 399
    low, high = proportion_confint(64, 64, method="wilson")
    assert counted["source"] == (64, 64)
    assert (round(low * 100, 1), round(high * 100, 1)) == (94.3, 100.0)


# ------------------------------------------------------------------------------------------------------- the command


@pytest.fixture
def command(round_: Round, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    root = round_.data.parent
    shutil.copytree(DATA.parent / "history", root / "history")
    monkeypatch.setattr(cli, "ROOT", root)
    monkeypatch.setattr(cli, "_refresh", list)
    monkeypatch.setattr(cli, "_next", print)
    monkeypatch.setattr(cli, "_carry_out", lambda edit, said, remedy: print(*said, *edit.write(), remedy, sep="\n"))

    def run(*words: str) -> int:
        options = vars(cli._parser().parse_args(["reread", *words]))
        return cli._run(options.pop("run"), options)

    return run


def test_the_command_writes_a_form_takes_it_in_and_settles(
    round_: Round, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    form = round_.folder / "mine.csv"
    assert command("adapt_c", "--out", str(form)) == 0
    rows = table(form)
    filled = [{**row, **round_.own(CONTRAST, estimate="1.89")} for row in rows if row["result_id"] == CONTRAST]
    assert command("--from", str(round_.form(*filled, columns=rows[0])), "--by", "Ada  Reader") == 0
    assert "livingreview reread settle ROW FIELD VALUE" in capsys.readouterr().out
    assert command("--from", str(round_.folder / "form.csv"), "--by", "Ada Reader") == 0
    assert "Nothing is new, and nothing was written." in capsys.readouterr().out
    assert command("settle", CONTRAST, "estimate", "1.98", "--by", "Third", "--because", "abstract") == 0
    assert command() == 0
    out = capsys.readouterr().out
    assert "Ada Reader (person): the same in both readings: estimate 0 of 1" in out
    assert "Disagreements that nobody has settled: 0." in out


def test_the_command_refuses_a_form_without_a_reader_and_questions_without_a_terminal(
    round_: Round, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    before = round_.files()
    assert command("--from", str(round_.form(round_.own(ARM)))) == 1
    assert "Name the reader with --by, and say --software if it is software." in capsys.readouterr().err
    assert command("--by", "Ada Reader", "adapt_c") == 1
    assert "Questions need a terminal. Write a form with --out FILE." in capsys.readouterr().err
    assert command("--from", str(round_.folder / "none.csv"), "--by", "Ada Reader") == 1
    assert "none.csv: must be a file, found nothing" in capsys.readouterr().err
    assert round_.files() == before


def test_questions_are_asked_again_and_an_interruption_loses_no_whole_reading(
    round_: Round, command: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = to_read(round_.book, ["adapt_c"], PERSON.name)[0]
    own = round_.own(first)
    answers = iter(["", "much", *(own[field] for field in FIELDS), "", "1"])

    def answer(question: str) -> str:
        try:
            return next(answers)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    assert command("--by", PERSON.name, "adapt_c") == 0
    assert "It must be a number with the digits as printed, found 'much'" in capsys.readouterr().out
    mine = [row for row in round_.book.rows("readings") if row["reader"] == PERSON.name]
    assert [row["result_id"] for row in mine] == [first]
    assert round_.rows()[first]["extraction"] == "read_by_person"


def test_readings_pass_the_whole_check_of_the_data(round_: Round) -> None:
    round_.take(round_.own(CONTRAST), round_.own(ARM, estimate="36"))
    assert settle(round_.data, [ARM, "estimate", "63"], "Third Person", "abstract").edit.write() == []
    assert check(round_.data) == []


def test_a_person_stays_when_software_reads_the_same_result(round_: Round) -> None:
    round_.take(round_.own(CONTRAST))
    both = Readings(round_.book.rows("readings"), round_.book.rows("reading_values"))
    assert len(both.of_result[CONTRAST]) == 2
    assert both.extraction(round_.rows()[CONTRAST]) == ("read_by_person", "double")
    assert Reading("x", {}, is_readable=False, place="").values == {}


def test_what_the_second_reading_alone_gave_and_was_filled_in_is_what_it_gave():
    alone = Value("a", "reader", "n", "", "254")
    assert alone.is_confirmed("254")
    assert alone.is_confirmed("")
    assert not alone.is_confirmed("255")
    assert Value("a", "reader", "n", "254", "").is_confirmed("254")


def test_what_the_first_reading_alone_gave_is_in_the_result_or_in_one_of_its_outcome(tmp_path: Path) -> None:
    data = Path(shutil.copytree(DATA, tmp_path / "data"))
    place = data / "reading_values.csv"
    text = place.read_text(encoding="utf-8")
    moved = 'impact-scl20-12m-control-black-latino,"second reader, artificial intelligence",p_value,0.001,,,,'
    place.write_text(text.replace(moved, moved.replace("0.001", "0.002")), encoding="utf-8")
    (fault,) = run(first_alone_moved, read_package(data))
    assert fault.column == "first"
    assert "0.002" in str(fault)
    value = Value("claro-first-fill-6m-contrast", PERSON.name, "n", first="797", second="")
    assert [value.is_confirmed(now) for now in ("797", "", "798")] == [True, True, False]
