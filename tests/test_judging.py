"""Judgments of risk of bias and certainty: forms, two people apart, what follows, and what a page then shows."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from livingreview import cli
from livingreview.checks.judgments import judgments_apart, judgments_whole, judgments_worded
from livingreview.checks.package import Fault
from livingreview.checks.reading import read_package
from livingreview.checks.rules import run
from livingreview.contribute import edits, judging
from livingreview.contribute.edits import ContributionError
from livingreview.evidence import DATA, Evidence, using
from livingreview.evidence.judgments import DOMAINS, GRADE, OVERALL, Judgments, judgments, rated
from livingreview.publish import judged, numbers, summary
from livingreview.publish.figures import Figure
from livingreview.statistics.agreement import agreement

DAY = date(2026, 12, 3)
IMPACT, CHAMP = "impact-response-12m-contrast", "champ-opioid-days-contrast"
#: robvis names the columns of its example data so, that of cluster trials with D1b after D1.
ROBVIS = ["Study", "D1", "D2", "D3", "D4", "D5", "Overall", "Weight"]
ROBVIS_CLUSTER = ["Study", "D1", "D1b", "D2", "D3", "D4", "D5", "Overall", "Weight"]


class Round:
    """A copy of the data that judgments come into, and its forms."""

    def __init__(self, folder: Path) -> None:
        self.forms, self.data = folder / "forms", Path(shutil.copytree(DATA, folder / "copy" / "data"))
        judging.write_out(self.forms, self.book, {IMPACT: ["abstract only"]})

    @property
    def book(self) -> Evidence:
        return Evidence(self.data)

    def fill(self, name: str, row_id: str, **words: str) -> Path:
        """Fill in a row of a form; what is not named is Low, or not serious, and of the certainty High."""
        with (self.forms / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        (row,) = [row for row in rows if row["Row"] == row_id]
        for column in judging.COLUMNS.values():
            if column in row:
                plain = "Low" if name != "certainty.csv" else "High" if column == "Certainty" else "Not serious"
                row[column] = words.get(column.replace(" ", "_"), plain)
                row[f"Reason {column}"] = "read in the full paper" if row[column] else ""
        path = self.forms / f"filled_{name}"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def take(self, path: Path, judge: str, *, settles: bool = False) -> list[str]:
        edit, _ = judging.take_in(self.data, path, judge, DAY, settles=settles)
        return [str(fault) for fault in edit.write()]


@pytest.fixture(autouse=True)
def own_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check with the rules on judgments alone; the whole check is tested elsewhere."""

    def check(data: Path) -> list[Fault]:
        package = read_package(data)
        rules = (judgments_worded, judgments_whole, judgments_apart)
        return [*package.reading_faults, *(fault for rule in rules for fault in run(rule, package))]

    monkeypatch.setattr(edits, "check", check)


@pytest.fixture
def forms(tmp_path: Path) -> Round:
    return Round(tmp_path)


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_forms_begin_with_the_columns_of_robvis_and_propose_without_deciding(forms: Round) -> None:
    head, *rows = table(forms.forms / "bias.csv")
    assert head[:8] == ROBVIS
    assert not any(cell for row in rows for cell in row[1:8])
    assert "The assessors did not know the arm." in rows[-1]
    head, *rows = table(forms.forms / "bias_cluster.csv")
    assert head[:9] == ROBVIS_CLUSTER
    assert {row[0] for row in rows} == {"CHAMP: days of opioid use", "CHAMP: mental health score"}
    (certainty,) = csv.DictReader((forms.forms / "certainty.csv").open(encoding="utf-8"))
    assert certainty["Known"] == "abstract only"
    assert certainty["Certainty"] == ""
    assert not list(forms.forms.glob("robvis*"))


def test_two_people_who_agree_are_shown_and_go_out_to_robvis(forms: Round) -> None:
    concern = forms.fill("bias_cluster.csv", CHAMP, D1b="Some concerns", Overall="some concerns")
    assert forms.take(concern, "Ada One") == []
    assert judged.settled(forms.book) == {}
    assert "Waiting for a second person: champ-opioid-days-contrast." in list(judging.report(forms.book))
    assert forms.take(concern, "Bob Two") == []
    words = dict.fromkeys((*DOMAINS, OVERALL), "low") | {"D1b": "some_concerns", OVERALL: "some_concerns"}
    assert judged.settled(forms.book) == {CHAMP: words}
    judging.write_out(forms.forms, forms.book, {})
    assert table(forms.forms / "robvis_bias_cluster.csv") == [
        ROBVIS_CLUSTER,
        ["CHAMP: days of opioid use", "Low", "Some concerns", "Low", "Low", "Low", "Low", "Some concerns", "1"],
    ]


def test_a_second_import_changes_nothing_and_a_changed_mind_is_named(forms: Round) -> None:
    form = forms.fill("bias.csv", IMPACT)
    assert forms.take(form, "Ada One") == []
    before = (forms.data / "judgments.csv").read_bytes()
    assert judging.take_in(forms.data, form, "ada one", DAY)[1] == 0
    assert forms.take(form, "Ada One") == []
    assert (forms.data / "judgments.csv").read_bytes() == before
    changed = forms.fill("bias.csv", IMPACT, D2="High", Overall="High")
    with pytest.raises(
        ContributionError, match=r"row \d, D2: Ada One has judged it before: low as judge, found high as"
    ):
        judging.take_in(forms.data, changed, "Ada One", DAY)


def test_no_judgment_without_a_name_a_reason_or_in_other_words(forms: Round) -> None:
    form = forms.fill("bias.csv", IMPACT, D1="Unclear")
    form.write_text(form.read_text().replace("read in the full paper", "", 2), encoding="utf-8")
    with pytest.raises(ContributionError) as refused:
        judging.take_in(forms.data, form, "", DAY)
    message = str(refused.value)
    assert "--by must name who judged, found nothing." in message
    with pytest.raises(ContributionError) as refused:
        judging.take_in(forms.data, form, "Ada One", DAY)
    message = str(refused.value)
    assert "D1: must be one of Low, Some concerns, High, found 'Unclear'. Correct it." in message
    assert "Reason D2: must say why it is Low, found nothing. Write the reason." in message
    bare = forms.forms / "robvis.csv"
    bare.write_text("Study,D1,D2,D3,D4,D5,Overall,Weight\nIMPACT,Low,Low,Low,Low,Low,Low,1\n", encoding="utf-8")
    with pytest.raises(ContributionError, match="must name the columns Row and Reason of each item"):
        judging.take_in(forms.data, bare, "Ada One", DAY)


@pytest.mark.parametrize(
    ("name", "row_id", "words", "message"),
    [
        (
            "bias.csv",
            IMPACT,
            {"D3": "High"},
            "word: must be no better than the worst domain, which is high, found 'low'",
        ),
        ("bias.csv", IMPACT, {"D3": "Some concerns"}, "no better than the worst domain, which is some_concerns"),
        ("bias_cluster.csv", CHAMP, {"D1b": ""}, "item: must stand with D1b of the same result and person"),
        (
            "certainty.csv",
            IMPACT,
            {"Imprecision": "Serious"},
            "word: must be moderate, 1 levels below high, found 'high'",
        ),
        (
            "certainty.csv",
            IMPACT,
            {"Imprecision": "High"},
            "word: must be one of not_serious, serious, very_serious for",
        ),
        (
            "certainty.csv",
            IMPACT,
            {"Certainty": "Not serious"},
            "word: must be one of high, moderate, low, very_low for",
        ),
    ],
)
def test_what_a_person_concludes_follows(
    forms: Round, name: str, row_id: str, words: dict[str, str], message: str
) -> None:
    before = (forms.data / "judgments.csv").read_bytes()
    assert message in "\n".join(forms.take(forms.fill(name, row_id, **words), "Ada One"))
    assert (forms.data / "judgments.csv").read_bytes() == before


def test_an_overall_judgment_may_be_worse_than_every_domain(forms: Round) -> None:
    several = {"D1": "Some concerns", "D2": "Some concerns", "D3": "Some concerns", "Overall": "High"}
    assert forms.take(forms.fill("bias.csv", IMPACT, **several), "Ada One") == []


def test_a_conflict_is_settled_by_a_third_person(forms: Round) -> None:
    assert forms.take(forms.fill("bias.csv", IMPACT), "Ada One") == []
    other = {"D2": "Some concerns", "Overall": "Some concerns"}
    assert forms.take(forms.fill("bias.csv", IMPACT, **other), "Bob Two") == []
    assert judged.settled(forms.book) == {}
    listed = list(judging.report(forms.book))
    assert f"To be settled by a third person: {IMPACT}, D2" in listed
    votes = [("low", "low")] * 4 + [("low", "some_concerns")] * 2
    both = agreement(judgments(forms.book).pairs((*DOMAINS, OVERALL)))
    assert sorted(judgments(forms.book).pairs((*DOMAINS, OVERALL))) == sorted(votes)
    assert both.kappa == pytest.approx(cohens_kappa([[4, 2], [0, 0]]).kappa)
    columns = dict.fromkeys(("D1", "D3", "D4", "D5"), "") | other
    settling = forms.fill("bias.csv", IMPACT, **columns)
    assert forms.take(settling, "Cy Three", settles=True) == []
    assert judged.settled(forms.book)[IMPACT]["D2"] == "some_concerns"


def test_the_certainty_is_high_minus_what_the_domains_take_off() -> None:
    words = dict.fromkeys(GRADE, "not_serious")
    assert rated(words) == "high"
    assert rated(words | {"imprecision": "serious"}) == "moderate"
    assert rated(words | {"imprecision": "very_serious"}) == "low"
    assert rated(dict.fromkeys(GRADE, "serious")) == "very_low"


def test_the_summary_shows_the_certainty_of_two_people_in_place_of_not_graded(
    forms: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers.session.current(), "output", lambda *_: None)
    down = {"Imprecision": "Serious", "Certainty": "Moderate"}
    for judge in ("Ada One", "Bob Two"):
        with using(forms.book):
            shown = summary.summary([summary.contrast("Response", IMPACT), summary.contrast("Pain", CHAMP)])
        assert shown.note.startswith("Certainty: not graded")
        assert "Certainty (GRADE)" not in shown.columns
        assert forms.take(forms.fill("certainty.csv", IMPACT, **down), judge) == []
    with using(forms.book):
        shown = summary.summary([summary.contrast("Response", IMPACT), summary.contrast("Pain", CHAMP)])
    at = shown.columns.index("Certainty (GRADE)")
    assert [row[at].text for row in shown.rows] == ["moderate (Ada One and Bob Two)", "not graded"]
    assert shown.note.startswith("Certainty: graded by the people named")


def test_the_figure_is_drawn_only_when_there_are_judgments(forms: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[object, ...]] = []
    monkeypatch.setattr(judged, "show", lambda *given: drawn.append(given))
    judged.traffic_lights(forms.book)
    assert not drawn
    for judge in ("Ada One", "Bob Two"):
        assert forms.take(forms.fill("bias.csv", IMPACT, D3="High", Overall="High"), judge) == []
    with using(forms.book):
        judged.traffic_lights(forms.book)
    ((figure, caption, rows),) = drawn
    assert isinstance(figure, Figure)
    assert caption == "Risk of bias, as two people judged it"
    assert rows == [IMPACT]
    assert "judged by Ada One and Bob Two" in [cell for row in figure.data for cell in row]
    assert "D3: high" in figure.description


def test_an_adjudicator_alone_holds_only_where_judges_disagree() -> None:
    row = {"row_id": "x", "item": "D1", "judge": "A", "role": "judge", "word": "low"}
    assert Judgments([row]).settled("x", "D1") == ""
    assert Judgments([row, {**row, "judge": "B", "word": "high"}]).conflicts == [("x", "D1")]
    settled = [row, {**row, "judge": "B", "word": "high"}, {**row, "judge": "C", "role": "adjudicator", "word": "high"}]
    assert Judgments(settled).settled("x", "D1") == "high"


def test_the_command_writes_forms_and_takes_them_in(
    forms: Round, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "ROOT", forms.data.parent)
    monkeypatch.setattr(cli, "_next", print)
    monkeypatch.setattr(cli, "_carry_out", lambda edit, said, remedy: print(*said, *edit.write(), sep="\n"))

    def command(*words: str) -> int:
        options = vars(cli._parser().parse_args(["judge", *words]))
        return cli._run(options.pop("run"), options)

    run: Callable[..., int] = command
    assert run("out", str(forms.forms)) == 0
    form = str(forms.fill("bias.csv", IMPACT))
    assert run("in", form, "--by", "Ada One") == 0
    assert run("in", form, "--by", "Ada One") == 0
    out = capsys.readouterr().out
    assert "6 judgments of Ada One added." in out
    assert "Nothing is new, and nothing was written." in out
    assert run("out", str(forms.forms), "nothing-like-it") == 1
    assert "'nothing-like-it' must be the id of a result or of a pooled effect." in capsys.readouterr().err
