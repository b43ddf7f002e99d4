"""Issues that were written with a form: what becomes of them, what is remarked on, and what a stranger cannot do."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from livingreview import cli
from livingreview.checks import check
from livingreview.checks.reading import read_package
from livingreview.contribute import as_printed, forms, issues
from livingreview.contribute.edits import ContributionError, Edit

PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT / ".github" / "scripts"))

import publish  # noqa: E402

PACKAGE = read_package(PROJECT / "data")
KNOWN = {
    "author": "Doe, Jane and Roe, Richard",
    "title": "A trial of tests",
    "journal": "A Journal of Tests",
    "year": "2024",
    "doi": "10.5555/zz.2024",
}
JAMA = "10.1001/jama.288.22.2836"


def written(form: str, /, **answers: str) -> str:
    """The text of an issue as the service writes it."""
    questions = forms.FORMS[form].questions
    assert {*answers} <= {question.name for question in questions}
    return "\n\n".join(f"### {q.label}\n\n{answers.get(q.name) or '_No response_'}" for q in questions)


def option(form: str, name: str, word: str) -> str:
    """The option of a question that stands for a word of the dictionary."""
    question = next(question for question in forms.FORMS[form].questions if question.name == name)
    return next(text for text, of in forms.options(question, PACKAGE).items() if of == word)


RESULT = {
    "outcome": "Outcome: depression response\nScale or record: PHQ-9\n"
    "Counts as reached when: >=50% fall from baseline\nMonths after entry: 12\nPrimary: yes",
    "outcome_kind": option("2-trial", "outcome_kind", "mental_health"),
    "result": "Collaborative care: 60 of 120 (50.0%)\nComparison group: 36 of 120 (30.0%)\n"
    "Difference: odds ratio 2.33 (95% CI 1.37 to 3.96), P = 0.002\nBetter is (higher or lower): higher",
}
TRIAL = {
    "name": "ZZ-Test",
    "paper": "https://doi.org/10.5555/ZZ.2024",
    "read": forms.ABSTRACT,
    "place": "abstract, Results",
    "part": option("2-trial", "part", "comparison"),
    "unit": option("2-trial", "unit", "patient"),
    "people": "adults with depression",
    "sizes": "Collaborative care: 120\nComparison group: 120",
    "team": "Care manager: nurse\nConsultant: psychiatrist\nPsychotherapy: \nMedication: antidepressants\nContacts: ",
    "comparator": "usual care",
    "comparator_type": option("2-trial", "comparator_type", "usual_care"),
    **RESULT,
    "harms": "no serious harm in either group",
}
FULL_TEXT = {**RESULT, "paper": JAMA, "trial": "IMPACT", "place": "Table 4"}
CLAIM = {
    "claim": "IMPACT made 50% of its patients well",
    "text": "What everybody says",
    "text_at": "https://example.org/what_everybody_says",
    "section": "first paragraph",
    "paper": JAMA,
    "read": forms.ABSTRACT,
    "source_says": "45% had a response at 12 months",
    "verdict": option("5-claim", "verdict", "overstated"),
}
CORRECTION = {"row": "impact-scl20-12m-contrast", "says": "-0.4", "must_be": "-0.39", "place": "Table 3"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copy(PROJECT / "_toc.yml", tmp_path)
    return Path(shutil.copytree(PROJECT / "data", tmp_path / "data"))


def propose(data: Path, text: str) -> issues.Proposal:
    numbers = {"impact-severity": ("impact-scl20-12m-contrast",), "impact-two": ("impact-a", "impact-b")}
    proposal = issues.propose(text, Edit(data), lambda _number: dict(KNOWN), lambda: numbers)
    proposal.write()
    return proposal


def remarks(data: Path, text: str) -> dict[str, list[str]]:
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    with pytest.raises(issues.AnswersError) as caught:
        propose(data, text)
    assert before == {path.name: path.read_bytes() for path in data.iterdir()}
    by_question: dict[str, list[str]] = {}
    for remark in caught.value.remarks:
        by_question.setdefault(remark.question, []).append(remark.text)
    return by_question


def label(form: str, name: str) -> str:
    return next(question.label for question in forms.FORMS[form].questions if question.name == name)


def row(data: Path, table: str, row_id: str) -> dict[str, str]:
    rows = read_package(data).tables[table].rows
    return {c: cell for r in rows if r.cells[r.table.key[0]] == row_id for c, cell in r.cells.items() if cell}


# ------------------------------------------------------------------------------------------------- what becomes of it


def test_the_answers_of_a_clinician_make_a_whole_trial(data: Path) -> None:
    propose(data, written("2-trial", **TRIAL))
    assert check(data) == []
    study = row(data, "studies", "zz_test")
    assert {study["comparator_type"], study["group"], study["n_randomised"]} == {"usual_care", "comparison", "240"}
    assert study["note"] == "harms as reported: no serious harm in either group"
    assert row(data, "arms", "zz_test-cc")["care_manager"] == "nurse"
    assert row(data, "arms", "zz_test-control")["label"] == "usual care"
    contrast = row(data, "results", "zz_test-response-12m-contrast")
    assert (contrast["measure"], contrast["estimate"], contrast["ci_low"]) == ("odds_ratio", "2.33", "1.37")
    assert (contrast["p_operator"], contrast["p_value"], contrast["tier"]) == ("=", "0.002", "primary_abstract")
    arm = row(data, "results", "zz_test-response-12m-cc")
    assert (arm["events"], arm["n"], arm["estimate"], arm["months"]) == ("60", "120", "50.0", "12")
    outcome = row(data, "outcomes", "zz_test-outcome-response")
    assert (outcome["role"], outcome["intervention_id"]) == ("primary", "zz_test-response-12m-cc")


def test_a_correction_names_its_row_in_any_way_and_its_cell_by_what_the_page_says(data: Path) -> None:
    ways = (
        {"row": "https://example.org/review/chapters/numbers-impact.html#impact-severity"},
        {"row": "https://example.org/review/chapters/results-impact.html#impact-scl20-12m-contrast"},
        {"says": "\u22120.40", "must_be": "\u22120.39"},
    )
    for way in ways:
        shutil.copy(PROJECT / "data" / "results.csv", data)
        shutil.copy(PROJECT / "data" / "causes.csv", data)
        propose(data, written("1-correction", **{**CORRECTION, **way}))
        assert row(data, "results", "impact-scl20-12m-contrast")["estimate"] == "-0.39"
    assert "(Table 3)" in (data / "causes.csv").read_text(encoding="utf-8")


def test_a_full_text_makes_results_and_says_that_it_was_read(data: Path) -> None:
    text = {**FULL_TEXT, "outcome": RESULT["outcome"].replace("PHQ-9", "PHQ-8"), "place": "Table 4, printed so"}
    propose(data, written("4-full-text", **text))
    added = [r.cells for r in read_package(data).tables["results"].rows if r["locator"] == "Table 4"]
    assert [r["arm"] for r in added] == ["intervention", "comparator", "contrast"]
    assert {(r["study_id"], r["tier"], r["instrument"]) for r in added} == {("impact", "primary_full_text", "PHQ-8")}
    entry = read_package(data).references.entries["unutzer2002jama"]
    assert entry.fields["read"] == "full text"


def test_a_claim_and_a_missed_paper_are_added(data: Path) -> None:
    propose(data, written("5-claim", **CLAIM))
    claim = row(data, "claims", "claim-impact-made-50")
    assert (claim["verdict"], claim["numbers"], claim["primary_source_key"]) == ("overstated", "50", "unutzer2002jama")
    assert read_package(data).references.entries["everybody"].fields["url"] == CLAIM["text_at"]
    propose(data, written("3-paper", paper="10.5555/zz.2024", trial="impact", read=forms.ABSTRACT))
    assert row(data, "studies", "impact")["source_keys"].endswith("doe2024")


# ----------------------------------------------------------------------------------------------------- what is missing


def test_what_is_missing_is_named_by_its_question_all_at_once(data: Path) -> None:
    answers = {**TRIAL, "people": "", "sizes": "Collaborative care: about 120", "unit": "", "paper": "a paper I have"}
    answers["result"] = "Collaborative care: 50%\nDifference: it was better\nBetter is (higher or lower): yes"
    found = remarks(data, written("2-trial", **answers))
    assert found[label("2-trial", "people")] == ["must be answered."]
    assert found[label("2-trial", "unit")] == ["must be answered."]
    assert "must be a whole number" in found[label("2-trial", "sizes")][0]
    assert "must be a DOI, a PMID or an NCT number" in found[label("2-trial", "paper")][0]
    assert "must be higher or lower" in " ".join(found[label("2-trial", "result")])
    assert "must name the measure and its value" in " ".join(found[label("2-trial", "result")])
    assert len(found) == 5


def test_numbers_that_do_not_agree_are_asked_about_and_taken_when_the_source_prints_them_so(data: Path) -> None:
    answers = {**TRIAL, "result": RESULT["result"].replace("50.0%", "52.0%")}
    found = remarks(data, written("2-trial", **answers))
    assert [*found] == [label("2-trial", "result")]
    assert "60 of 120 is 50.00%, printed 52.0%" in found[label("2-trial", "result")][0]
    assert "'printed so'" in found[label("2-trial", "result")][0]
    assert "livingreview" not in found[label("2-trial", "result")][0]
    propose(data, written("2-trial", **{**answers, "place": "abstract (printed so)"}))
    assert row(data, "explanations", "why-zz_test-response-12m-cc")["kind"] == "not resolved"


@pytest.mark.parametrize(
    ("form", "answers", "name", "said"),
    [
        ("1-correction", {**CORRECTION, "says": "12345"}, "says", "while its numbers are months 12; estimate -0.4"),
        (
            "1-correction",
            {**CORRECTION, "row": "x#impact-two"},
            "row",
            "Name the row that is wrong: impact-a, impact-b",
        ),
        ("1-correction", {**CORRECTION, "row": "impact-scl20-12m-contrat"}, "row", "Did you mean 'impact-scl20-12m-"),
        ("1-correction", {**CORRECTION, "must_be": "-0.4"}, "", "Nothing is to be corrected"),
        ("1-correction", {**CORRECTION, "must_be": "lots"}, "must_be", "must be a plain number"),
        (
            "3-paper",
            {"paper": JAMA, "trial": "IMPACT", "read": forms.FULL},
            "paper",
            "The review has this paper already",
        ),
        ("3-paper", {"paper": "10.5555/zz", "trial": "IMPAKT", "read": forms.FULL}, "trial", "Did you mean 'impact'?"),
        ("4-full-text", {**FULL_TEXT, "result": ""}, "result", "must be answered"),
        ("4-full-text", {**FULL_TEXT, "outcome": "Months after entry: 26 weeks"}, "outcome", "a number of months"),
        ("5-claim", {**CLAIM, "paper": "10.5555/none"}, "paper", "must be a paper that the review has"),
        ("5-claim", {**CLAIM, "text_at": "x}, kind = {method"}, "text_at", "must be a web address"),
        ("5-claim", {**CLAIM, "verdict": "it is wrong"}, "verdict", "must be one of the list, found 'it is wrong'"),
        (
            "2-trial",
            {**TRIAL, "sizes": "120 in each"},
            "sizes",
            "must have lines that begin with 'Collaborative care:'",
        ),
        ("2-trial", {**TRIAL, "team": "Contacts: 1\nContacts: 2"}, "team", "must have the line 'Contacts' once"),
    ],
)
def test_a_remark_says_what_to_do(data: Path, form: str, answers: dict[str, str], name: str, said: str) -> None:
    found = remarks(data, written(form, **answers))
    assert said in " ".join(found[label(form, name) if name else ""])


# ----------------------------------------------------------------------------------------------- the text of a stranger


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


PEOPLE = label("2-trial", "people")
HOSTILE = {
    "a mention": (replaced("adults with", "adults @octocat with"), "without Markdown or mentions"),
    "a link": (replaced("adults with", "[adults](https://example.org) with"), "without Markdown"),
    "an element": (replaced("adults with", "<img src=x onerror=alert(1)> with"), "without HTML"),
    "a comment": (replaced("adults with", "<!-- hidden --> with"), "without HTML"),
    "an invisible character": (replaced("adults with", "adu\u200blts with"), "visible characters"),
    "reversed text": (replaced("adults with", "\u202eadults with"), "visible characters"),
    "a filler": (replaced("adults with", "adults\u3164 with"), "cannot be seen"),
    "half a character": (replaced("adults with", "adults \ud800 with"), "visible characters"),
    "a formula": (replaced("adults with", "=HYPERLINK(1) with"), "formula"),
    "a key": (replaced("adults with", "ghp_0123456789abcdef0123456789abcdef0123 with"), "no password or key"),
    "a long answer": (replaced("adults with", "many adults " * 100), "at most 1000 characters"),
    "a heading of the form in an answer": (replaced("adults with", f"adults\n\n### {PEOPLE}\n\nx"), "once, and in its"),
    "a later heading in an answer": (
        replaced("adults with", f"x\n\n### {label('2-trial', 'harms')}\n\nnone\n"),
        "once, and in its place",
    ),
    "headings in another order": (
        lambda text: text.replace(PEOPLE, "?").replace(label("2-trial", "unit"), PEOPLE).replace("?", "", 1),
        "heading of this question",
    ),
    "no heading": (replaced(f"### {PEOPLE}", ""), "is no more in the text"),
    "another heading in an answer": (replaced("adults with", "### Verdict\n\nadults with"), "without Markdown"),
    "too long": (lambda text: text + "x" * 70_000, "at most 65536 characters"),
    "nothing": (lambda _text: "", "has no question of a form. Open a new issue with one of 'Correct a number'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_changes_nothing_and_is_shown_so_that_it_cannot_act(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    change, said = HOSTILE[name]
    text = change(written("2-trial", **TRIAL))
    assert text != written("2-trial", **TRIAL)
    found = remarks(data, text)
    assert said in " ".join(line for lines in found.values() for line in lines)
    monkeypatch.setattr(cli, "ROOT", data.parent)
    answer = commented(tmp_path, json.dumps({"issue": {"body": text}}), monkeypatch)
    assert publish.shown(answer) == answer
    # nothing of it can call, lead, run or hide
    assert not re.search(r"@octocat|<img|<!--|\]\(|\u200b|\u202e|\u3164", answer)


def commented(folder: Path, event: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said on an issue whose answers make no change."""
    path = folder / "event.json"
    path.write_text(event, encoding="utf-8")
    monkeypatch.setattr(cli, "_look_up", lambda _number, **_: dict(KNOWN))
    cli.propose(path, folder / "answer.md")
    answer = (folder / "answer.md").read_text(encoding="utf-8")
    assert answer.startswith("## What is missing\n")
    return answer


def test_ten_million_characters_are_refused_unread(data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cli, "ROOT", data.parent)
    answer = commented(tmp_path, json.dumps({"issue": {"body": "x" * 10_000_000}}), monkeypatch)
    assert "65536" in answer
    assert len(answer) < 500


@pytest.mark.parametrize("event", ["", "[]", "{}", '{"issue": 3}', "[" * 100_000])
def test_an_event_that_is_none_stops_with_a_message(data: Path, tmp_path: Path, event: str) -> None:
    (tmp_path / "event.json").write_text(event, encoding="utf-8")
    with pytest.raises(ContributionError, match="must describe an issue in JSON"):
        issues.body(tmp_path / "event.json")


def test_an_issue_without_a_text_is_no_form(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text('{"issue": {"body": null}}', encoding="utf-8")
    assert issues.body(tmp_path / "event.json") == ""


def test_fences_line_ends_and_no_response_are_what_the_service_writes(data: Path) -> None:
    text = written("1-correction", **{**CORRECTION, "says": "```text\n-0.4\n```", "note": "see `x` @all"})
    form, answers = issues.divided(text.replace("\n", "\r\n"))
    assert form.kind == "correction"
    assert answers == {**CORRECTION, "note": "see `x` @all"}
    assert issues.divided(written("1-correction", **CORRECTION))[1]["note"] == ""
    proposal = propose(data, text)
    assert proposal.answers[label("1-correction", "note")] == "see `x` @all"


def test_only_what_is_not_answered_is_no_answer() -> None:
    for answer, read in (("None", ""), ("_No response_", ""), ("none", "none"), ("No response", "No response")):
        assert issues.divided(written("1-correction", **{**CORRECTION, "place": answer}))[1]["place"] == read


# ----------------------------------------------------------------------------------------------- results as printed


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("60 of 120 (50.0%)", [{"measure": "percent", "estimate": "50.0", "events": "60", "n": "120"}]),
        ("1,801 of 2,000 (90 percent)", [{"measure": "percent", "estimate": "90", "events": "1801", "n": "2000"}]),
        ("50% of 120", [{"measure": "percent", "estimate": "50", "n": "120"}]),
        ("60/120", [{"measure": "count", "estimate": "60", "events": "60", "n": "120"}]),
        ("mean 1\u00b739", [{"measure": "mean", "estimate": "1.39"}]),
        (
            "mean 0.99 (SD .71), n = 119",
            [{"measure": "mean", "estimate": "0.99", "n": "119"}, {"measure": "sd", "estimate": "0.71", "n": "119"}],
        ),
    ],
)
def test_the_result_of_a_group_is_read_as_printed(text: str, rows: list[dict[str, str]]) -> None:
    assert as_printed.of_group(text) == rows


@pytest.mark.parametrize(
    "text", ["1.2", "50% (SE 3)", "much better", "50% or mean 3", "60 of 120, 70 of 120", "mean 3 of 5%"]
)
def test_what_is_not_understood_of_a_group_is_not_guessed(text: str) -> None:
    with pytest.raises(as_printed.NotUnderstoodError):
        as_printed.of_group(text)


MEASURES = ("odds_ratio", "risk_ratio", "mean_difference", "mean", "percent")
INTERVAL = {"ci_level": "95", "ci_low": "1.37", "ci_high": "3.96"}


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("OR 2.33 [95% CI, 1.37\u20133.96]", {"measure": "odds_ratio", "estimate": "2.33", **INTERVAL}),
        ("Odds ratio = 2.33 (95% CI 1.37-3.96)", {"measure": "odds_ratio", "estimate": "2.33", **INTERVAL}),
        ("relative risk 2, p<.001", {"measure": "risk_ratio", "estimate": "2", "p_operator": "<", "p_value": "0.001"}),
        (
            "mean difference \u22120.4 points (95% CI \u22120.6 to \u22120.2), adjusted for age",
            {
                "measure": "mean_difference",
                "estimate": "-0.4",
                "ci_level": "95",
                "ci_low": "-0.6",
                "ci_high": "-0.2",
                "unit": "points",
                "note": "adjusted for age",
            },
        ),
        ("P = 0.03", {"measure": "p_value", "p_operator": "=", "p_value": "0.03"}),
    ],
)
def test_a_difference_is_read_as_printed(text: str, cells: dict[str, str]) -> None:
    assert as_printed.difference(text, MEASURES, ("points", "ratio")) == cells


@pytest.mark.parametrize(
    "text", ["2.33", "difference 2", "mean 3", "odds ratio 2 (1 to 3)", "OR 2 in men", "95% CI 1 to 3"]
)
def test_a_difference_without_its_measure_is_not_guessed(text: str) -> None:
    with pytest.raises(as_printed.NotUnderstoodError):
        as_printed.difference(text, MEASURES, ("points",))


def test_the_command_refuses_an_event_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    assert cli.main(["propose", os.fspath(tmp_path / "none.json"), os.fspath(tmp_path / "answer.md")]) == 1
