"""Words that the book does not use: each rule has a sentence that breaks it and one near it that does not."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_book import FILES, RECORD, notebook, published

from livingreview.notebooks import files, linting, wording_rules
from livingreview.notebooks.files import Problem

ROOT = Path(__file__).parents[1]
Problems = Callable[..., list[Problem]]

#: For each rule, words that break it and words near them that do not.
SENTENCES = {
    "no effect": ("It had no effect on pain.", "It had no side effects that were reported."),
    "no difference": ("There was no difference in pain.", "The interval includes no difference."),
    "equivalent": ("The two arms were equivalent.", "There were 2 full-time equivalent care managers."),
    "proved": ("The trial proves it.", "The clinics provide approved and improved care."),
    "usual care in CHAMP": ("CHAMP compared it with usual care.", "CLARO, not CHAMP, had enhanced usual care."),
    "odds ratio as a ratio of risks": ("Response was more likely (odds ratio 3.45).", "Response was more likely."),
    "times as likely": ("Response was twice as likely.", "The share who responded was twice as large."),
    "trend": ("There was a trend towards less pain.", "The trend over time is drawn."),
    "nearly significant": (
        "It failed to reach statistical significance.",
        "It failed to recruit; P is the significance.",
    ),
    "trials counted by significance": (
        "Three of four trials found a significant difference.",
        "None of the four trials reports harms; one difference was significant.",
    ),
    "addict": ("Addicts were left out.", "An addiction psychiatrist advised."),
    "abuse": ("They had a history of substance abuse.", "They had a history of substance use."),
    "clean or dirty": ("They stayed clean.", "The clinics had cleaners."),
    "junkie": ("Drug users were asked.", "People who use drugs were asked."),
    "relapser": ("Relapsers were left out.", "Relapse was counted."),
    "committed suicide": ("One person committed suicide.", "One person committed to care died by suicide."),
    "successful suicide": ("A failed suicide attempt was recorded.", "A suicide attempt was recorded."),
    "alcoholic": ("Alcoholics were left out.", "People with alcoholic hepatitis were left out."),
    "mentally ill": ("Care for the mentally ill.", "Care for mental illness."),
    "suffer": ("They suffer from depression.", "They have depression."),
    "non-compliant": ("Some were non-compliant.", "Some clinics had compliance officers."),
    "medication-assisted": ("They had medication-assisted treatment.", "They had medication and assisted transport."),
    "advice": ("You should take it for a year.", "Nobody should stop a treatment because of this page."),
    "not readable": ("The interval was not readable.", "The abstract is easy to read; we could not read the paper."),
}


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Problems:
    """Guard the small book with its IMPACT chapter, or another file, changed."""

    def run(exempt: str = "", **files: str) -> list[Problem]:
        listed = tmp_path / "exemptions.csv"
        listed.write_text("page,sentence,reason\n" + exempt, encoding="utf-8")
        monkeypatch.setattr(wording_rules, "EXEMPTIONS", listed)
        shutil.rmtree(tmp_path / "chapters", ignore_errors=True)
        changed = {f"chapters/{name}.ipynb": text for name, text in files.items()}
        for name, text in (FILES | changed).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return wording_rules.problems(tmp_path)

    return run


def rules(problems: list[Problem]) -> list[str]:
    return [problem.requirement.split("'")[1] for problem in problems]


def test_every_rule_is_tried() -> None:
    with wording_rules.RULES.open(encoding="utf-8", newline="") as file:
        assert [row["rule"] for row in csv.DictReader(file)] == list(SENTENCES)


@pytest.mark.parametrize("rule", SENTENCES)
def test_each_rule_is_broken_and_nearly_broken(found: Problems, rule: str) -> None:
    breaks, passes = SENTENCES[rule]
    computed = notebook(passes, "", published("claro_word", breaks, []))
    problems = found(impact=notebook(breaks, ""), claro=computed, model=notebook(passes, ""))
    assert rule in rules([problem for problem in problems if problem.chapter == "impact"])
    assert rule in rules([problem for problem in problems if "claro.ipynb, cell 2" in problem.place])
    assert [problem for problem in problems if "cell 2" not in problem.place and problem.chapter != "impact"] == []


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("no effect", "Care was **without** any effect."),
        ("no difference", "It made NO difference."),
        ("nearly significant", "The result approached significance."),
        ("nearly significant", "It was marginally significant."),
        ("abuse", "Alcohol abusers were left out."),
        ("medication-assisted", "People on MAT were asked."),
        ("odds ratio as a ratio of risks", "With an odds ratio of 3, response was 3 times as likely."),
        ("odds ratio as a ratio of risks", "Response was 45% more likely (odds ratio 3)."),
        ("advice", "We recommend it."),
        ("advice", "Clinicians should offer it."),
    ],
)
def test_other_words_for_the_same(found: Problems, rule: str, sentence: str) -> None:
    assert rule in rules(found(impact=notebook(sentence, "")))


def stored(text: str = "", key: str = "", **metadata: Any) -> dict[str, Any]:
    ours = {"scrapbook": {"name": key}, "livingreview": metadata}
    return {"output_type": "display_data", "data": {RECORD: text}, "metadata": ours}


COMPUTED = {
    "conclusion": stored("The arms were equivalent.", conclusion=True),
    "cell": "<table><tr><th>Pain</th><td>equivalent</td></tr></table>",
    "caption": "<figure><figcaption>Equivalent arms. <span>Source.</span></figcaption></figure>",
    "svg title": "<svg><title>Equivalent arms</title></svg>",
    "svg desc": "<svg><desc>Two bars. The arms are equivalent.</desc></svg>",
    "svg text": "<svg><text>equivalent</text></svg>",
    "description": "<details><p>Two bars. The arms are equivalent.</p></details>",
    "label": '<div aria-label="Equivalent arms"></div>',
    "title of a link": '<a class="n" title="our calculation: equivalent">2</a>',
}


@pytest.mark.parametrize("output", COMPUTED.values(), ids=COMPUTED)
def test_what_is_computed_is_guarded(found: Problems, output: Any) -> None:
    (problem,) = found(impact=notebook("", "", output))
    assert rules([problem]) == ["equivalent"]
    assert problem.place.startswith("chapters/impact.ipynb, cell 2 (code")


def test_the_comparator_of_champ_is_known_by_page_sentence_row_and_evidence(found: Problems) -> None:
    sentence = notebook("They had usual care.", "")
    assert rules(found(champ=sentence)) == ["usual care in CHAMP"]
    assert found(impact=sentence) == []
    table = "<table><tr><th>{}</th><td>usual care</td></tr></table>"
    assert rules(found(impact=notebook("", "", table.format("CHAMP")))) == ["usual care in CHAMP"]
    assert found(impact=notebook("", "", table.format("IMPACT"))) == []
    row = '<ul><li id="{}"><p>usual care</p><dl><dt>Note</dt><dd>compare CHAMP</dd></dl></li></ul>'
    assert rules(found(results=notebook("", "", row.format("champ-opioid-days-contrast")))) == ["usual care in CHAMP"]
    assert found(results=notebook("", "", row.format("impact-response-12m-cc"))) == []


def test_in_a_text_on_many_trials_a_sentence_that_names_one_is_about_that_one(found: Problems) -> None:
    drawing = "<svg><desc>{} Other care, CHAMP: better.</desc></svg>"
    assert found(impact=notebook("", "", drawing.format("Usual care, SUMMIT: better."))) == []
    for told in ("Usual care: better.", "CHAMP had usual care."):
        assert rules(found(impact=notebook("", "", drawing.format(told)))) == ["usual care in CHAMP"]


def test_an_odds_ratio_is_known_by_the_number_that_is_linked(found: Problems) -> None:
    """Also where the sentence does not name the measure."""
    sentence = "Response was more likely, {n}`impact_it`."
    odds, percent, derived = (
        published("impact_it", "3.45", ["impact-response-12m-contrast"]),
        published("impact_it", "45%", ["impact-response-12m-cc"]),
        published(
            "impact_it",
            "3.45",
            ["impact-response-12m-cc", "impact-response-12m-control"],
            "odds ratio, 45% against 19%",
        ),
    )
    rule = ["odds ratio as a ratio of risks"]
    assert rules(found(impact=notebook(sentence, "", odds))) == rule
    assert rules(found(impact=notebook(sentence, "", derived))) == rule
    assert found(impact=notebook(sentence, "", percent)) == []
    elsewhere = notebook(sentence.replace("`impact", "`impact:impact"), "")
    assert rules(found(impact=notebook("", "", odds), claro=elsewhere)) == rule


def test_a_published_word_and_a_typed_one_are_read_together(found: Problems) -> None:
    word = published("impact_word", "no", ["impact-response-12m-cc"], "sign")
    assert rules(found(impact=notebook("Care had {n}`impact_word` effect.", "", word))) == ["no effect"]


def test_titles_of_sources_are_not_ours(found: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = "<table><tr><td>{}</td></tr></table>"
    chapter = notebook("", "", cell.format("Substance abuse care"))
    assert rules(found(impact=chapter)) == ["abuse"]
    titled = FILES["data/references.bib"].replace("{IMPACT}", "{Substance abuse care}")
    monkeypatch.setitem(FILES, "data/references.bib", titled)
    assert found(impact=chapter) == []


def test_index_and_headings_are_guarded(found: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILES, "index.md", "## Proven care\n")
    (problem,) = found()
    assert problem.place == "index.md, line 1"


def test_a_message_says_place_sentence_why_and_what_to_write(found: Problems) -> None:
    (problem,) = found(impact=notebook("# IMPACT\n\nIt had no effect on *pain*.", ""))
    assert str(problem) == (
        "chapters/impact.ipynb, cell 1 (markdown, id None), line 3: must keep the rule 'no effect'; found "
        '"no effect" in "It had no effect on pain.". A result that is not significant does not show that there is '
        "none. Write the interval, and whether it still includes a difference that matters; a sentence that quotes "
        "is listed in exemptions.csv."
    )


def test_a_sentence_that_quotes_is_exempt_on_its_page_alone(found: Problems) -> None:
    wrong = notebook("To write that they were equivalent is wrong.", "")
    exempt = "impact,To write that they were equivalent is wrong.,says that it is wrong\n"
    assert found(exempt, impact=wrong) == []
    assert len(found(exempt, impact=wrong, claro=wrong)) == 1
    (problem,) = found(exempt, claro=notebook("", ""))
    assert str(problem).startswith('chapters/exemptions.csv: must list what quotes; found "To write that they')


def test_the_tables_of_a_page_that_quotes_are_exempt_and_its_prose_is_not(found: Problems) -> None:
    table = "<table><tr><td>It is equivalent.</td></tr></table>"
    exempt = "claims,,its tables repeat claims\n"
    assert found(exempt, claims=notebook("", "", table)) == []
    assert len(found(exempt, claims=notebook("It is equivalent.", "", table))) == 1


def test_the_book_keeps_its_rules() -> None:
    assert [str(problem) for problem in wording_rules.problems(ROOT)] == []


UNREADABLE = {
    "a cell that is text": lambda notebook: notebook["cells"].insert(0, "text"),
    "outputs that are null": lambda notebook: next(
        cell for cell in notebook["cells"] if cell["cell_type"] == "code"
    ).update(outputs=None),
    "no cells": lambda notebook: notebook.pop("cells"),
    "a source that is a number": lambda notebook: notebook["cells"][0].update(source=1),
    "metadata that are a list": lambda notebook: notebook["cells"][0].update(metadata=[]),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_notebook_in_another_form_is_named(name):
    notebook = json.loads((Path(__file__).parents[1] / "chapters" / "glossary.ipynb").read_text(encoding="utf-8"))
    UNREADABLE[name](notebook)
    with pytest.raises(
        files.NotebookError, match=r"^chapters/glossary\.ipynb(, cell 1|, cell \d+)?: must .+; found .+"
    ):
        files.parsed("glossary.ipynb", json.dumps(notebook).encode())


def test_a_folder_and_a_notebook_outside_the_contents_are_named(tmp_path):
    (tmp_path / "chapters" / "x.ipynb").mkdir(parents=True)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    found = [str(problem) for problem in linting.lint(tmp_path)]
    assert any("found a folder" in one for one in found), found
    assert any(one.startswith("chapters/x.ipynb: must be listed in _toc.yml") for one in found), found
