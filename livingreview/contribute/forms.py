"""Issue forms for people who do not use git: what each asks, in their words, and the templates that show it.

A form is a list of questions, in this place alone: the templates are written from it, and `issues` reads by it what was
answered. Where an answer is one of the words of a column, the dictionary gives the options and what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from livingreview.checks.package import Package
from livingreview.checks.reading import read_package
from livingreview.evidence.topic import section
from livingreview.repository import replace_file

FOLDER = ".github/ISSUE_TEMPLATE"
#: The label by which the workflow knows an issue that was written with a form.
LABEL = "form"
_TOPIC = section("forms")
#: The arms in the words of the forms, in the order of their rows.
GROUPS = {_TOPIC.get("intervention", "Intervention"): "intervention", "Comparison group": "comparator"}
#: Descriptions of the fields of a reference that have no form of their own, for the questions of a terminal.
REFERENCE = {
    "author": "Names as 'Last, First', with ' and ' between them; a group in braces; 'and others' for the rest.",
    "title": "The title as printed.",
    "journal": "The journal.",
    "howpublished": "For a page on the web: its site.",
    "volume": "Volume.",
    "number": "Issue.",
    "read": "What you read of it: full text, abstract, the registry record.",
    "annote": "What a reader must know about it.",
}
SOURCES = (
    "Facts come from sources. Leave blank what yours does not say: a blank is shown as a gap, and never means zero. "
    "A program reads your answers, makes a change of the data that somebody reviews, or says here what is missing."
)
LICENCE = "What you send is published under {}; numbers, short labels and places only, no copied sentences."


@dataclass(frozen=True)
class Question:
    """One question of a form.

    Parameters
    ----------
    name : str
        Its id, by which an address can fill it in.
    label, text : str
        The question, and what helps to answer it.
    required : bool
        Whether there must be an answer.
    lines : tuple of str
        What the answer has a line for each, written into the form as 'Name: '.
    options : tuple of (str, str), optional
        The table and column whose words are the options.
    without : str
        A word of that column that is none.
    own : tuple of str
        Options that no column has.
    is_long : bool
        Whether the answer may have several lines.
    is_address : bool
        Whether the answer is an address or a number of a source, which are no text for a cell.
    """

    name: str
    label: str
    text: str = ""
    required: bool = False
    lines: tuple[str, ...] = ()
    options: tuple[str, str] | tuple[()] = ()
    without: str = ""
    own: tuple[str, ...] = ()
    is_long: bool = False
    is_address: bool = False


@dataclass(frozen=True)
class Form:
    """A form: what it makes, its title, what it is for, and its questions."""

    kind: str
    title: str
    about: str
    questions: tuple[Question, ...]


FULL, ABSTRACT, RECORD = "the full text", "the abstract only", "the registry record only"
FOUND = Question(
    "paper",
    "Where can the paper be found?",
    "Its DOI, its PubMed number (PMID), or for a trial without a paper its registration number (NCT).",
    required=True,
    is_address=True,
)
READ = Question("read", "What did you read of it?", required=True, own=(FULL, ABSTRACT, RECORD))
PLACE = Question(
    "place",
    "Where in the text are these numbers?",
    "For example: Table 2; abstract, Results; page 4.",
    required=True,
)
OUTCOME = Question(
    "outcome",
    "What was the main outcome?",
    f"A name that says what was measured, such as '{_TOPIC.get('outcome', '')}'; the scale or the record it was "
    "measured with; for an outcome that is reached or not, when it counts as reached; the months from entry to the "
    "measurement, as a "
    "number; and whether the authors call it primary (yes or no).",
    lines=("Outcome", "Scale or record", "Counts as reached when", "Months after entry", "Primary"),
)
OUTCOME_KIND = Question("outcome_kind", "What kind of outcome is that?", options=("outcomes", "kind"))
RESULT = Question(
    "result",
    "What was its result?",
    "As the source prints it. For example: 60 of 120 (50.0%); 36 of 120 (30.0%); odds ratio 2.33 (95% CI 1.37 to "
    "3.96), P = 0.002; higher. Or: mean 8.1 (SD 5.2), n = 118; mean 10.2 (SD 5.4), n = 116; mean difference -2.1 "
    "points (95% CI -3.5 to -0.7), P = 0.003; lower. Leave blank what the source does not print.",
    lines=(*GROUPS, "Difference", "Better is (higher or lower)"),
)
TRIAL = Question(
    "trial",
    "Which trial of the review is it about?",
    "Its name as on the page of trials. A trial that the review does not have is proposed with the form 'Add a trial'.",
    required=True,
)
NOTE = Question("note", "What else must we know?", is_long=True)

#: Every form by the name of its file.
FORMS = {
    "1-correction": Form(
        "correction",
        "Correct a number",
        "A number or a word on a page that is not what its source says.",
        (
            Question(
                "row",
                "Which number is it?",
                "Its permanent link, which its card on the page has, or the id of its row on the evidence pages.",
                required=True,
                is_address=True,
            ),
            Question("says", "What does the page say?", "The number or the word alone.", required=True),
            Question(
                "must_be", "What does the source say?", "With the digits as the source prints them.", required=True
            ),
            PLACE,
            NOTE,
        ),
    ),
    "2-trial": Form(
        "trial",
        "Add a trial",
        "A whole trial that the review does not have.",
        (
            Question(
                "name", "What was the trial called?", "Its short name; else first author and year.", required=True
            ),
            FOUND,
            READ,
            PLACE,
            Question(
                "part",
                "Which part of the review does it belong to?",
                required=True,
                options=("studies", "group"),
                without="main",
            ),
            Question("unit", "What was randomized?", required=True, options=("studies", "unit_of_randomisation")),
            Question("people", "Who took part?", f"For example: {_TOPIC.get('people', '')}.", required=True),
            Question(
                "sizes",
                "How many people were in each group?",
                "As randomized, or in a study without randomization as included: whole numbers.",
                required=True,
                lines=(*GROUPS,),
            ),
            Question(
                "team",
                "What was the team, and what did it do?",
                "Who managed care; who advised the team; psychological treatments; medication; how often and how long "
                "patients were seen.",
                lines=(*_TOPIC.get("team", ()),),
            ),
            Question(
                "comparator",
                "What was it compared with?",
                "In a few words, such as: usual care with a referral.",
                required=True,
            ),
            Question(
                "comparator_type",
                "Which kind of comparison is that?",
                required=True,
                options=("studies", "comparator_type"),
            ),
            OUTCOME,
            OUTCOME_KIND,
            RESULT,
            Question(
                "harms",
                "What does the source say about harms?",
                "In a few words: what happened, and how often in each group.",
                is_long=True,
            ),
        ),
    ),
    "3-paper": Form(
        "source",
        "A paper that was missed",
        "A paper or a registry record about a trial of the review, which the review does not have.",
        (FOUND, TRIAL, READ, NOTE),
    ),
    "4-full-text": Form(
        "result",
        "A full text that we could not read",
        "A result out of a paper of which the review knows the abstract or less, and which you have.",
        (FOUND, TRIAL, OUTCOME, OUTCOME_KIND, RESULT, PLACE, NOTE),
    ),
    "5-claim": Form(
        "claim",
        "A claim that is repeated",
        "What a text says about the model or a trial, compared with its source.",
        (
            Question("claim", "What does the text say?", "In your words, in a sentence.", required=True, is_long=True),
            Question("text", "What is the text called?", "Its title.", required=True),
            Question(
                "text_at", "Where can the text be found?", "Its DOI or its web address.", required=True, is_address=True
            ),
            Question("section", "Where in the text does it say so?", "For example: third paragraph.", required=True),
            FOUND,
            READ,
            Question(
                "source_says",
                "What does the paper say?",
                "In a few words, with its numbers and the place.",
                required=True,
            ),
            Question("verdict", "Does the paper bear the claim out?", required=True, options=("claims", "verdict")),
            NOTE,
        ),
    ),
}


def options(question: Question, package: Package) -> dict[str, str]:
    """The options of a question, each with the word that a cell has for it.

    Parameters
    ----------
    question : Question
    package : Package
        The data, whose dictionary lists the words of a column and says what they mean.
    """
    if question.options:
        table, column = question.options
        described = package.tables[table].fields[column]
        words = [str(word) for word in described["constraints"]["enum"] if word != question.without]
        return {_in_words(word, str(described["description"])): word for word in words}
    return {word: word for word in question.own}


def _in_words(word: str, description: str) -> str:
    """Write a word of a column as an option, with what the description of the column says it means."""
    meaning = re.search(rf"\b{re.escape(word)}(?:: ([^;.]+)| \(([^)]+)\))", description)
    # GitHub reserves the word 'none', which it shows if nothing is chosen
    plain = "none of these" if word == "none" and not meaning else word.replace("_", " ")
    return f"{plain}: {meaning[1] or meaning[2]}" if meaning else plain


def write(root: Path) -> list[str]:
    """Rewrite the templates.

    Returns
    -------
    list of str
        The files that changed; those of forms that are no more are deleted.
    """
    expected, folder = texts(root), root / FOLDER
    gone = [path for path in folder.glob("[0-9]*.yml") if path.name not in expected]
    for path in gone:
        path.unlink()
    changed = [path.name for path in gone]
    for name, text in expected.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, text.encode())
            changed.append(name)
    return changed


def texts(root: Path) -> dict[str, str]:
    """Give the text of each template by the name of its file."""
    package = read_package(root / "data")
    licence = package.descriptor["licenses"][0]["name"].replace("-", " ")
    start = {"type": "markdown", "attributes": {"value": f"{SOURCES}\n\n{LICENCE.format(licence)}"}}
    head = (
        "# Written by 'livingreview forms' from livingreview/contribute/forms.py and the dictionary; a test compares.\n"
    )
    templates = {}
    for name, form in FORMS.items():
        asked = [_template(question, options(question, package)) for question in form.questions]
        template = {"name": form.title, "description": form.about, "title": f"{form.title}: ", "labels": [LABEL]}
        text = yaml.safe_dump({**template, "body": [start, *asked]}, sort_keys=False, allow_unicode=True, width=118)
        templates[f"{name}.yml"] = head + text
    return templates


def _template(question: Question, words: Mapping[str, str]) -> dict[str, Any]:
    """Write a question as GitHub wants it."""
    attributes: dict[str, Any] = {"label": question.label}
    if question.text:
        attributes["description"] = question.text
    if words:
        attributes["options"] = [*words]
    if question.lines:
        attributes["value"] = "".join(f"{line}: \n" for line in question.lines)
    kind = "dropdown" if words else "textarea" if question.lines or question.is_long else "input"
    asked = {"type": kind, "id": question.name, "attributes": attributes}
    return asked | ({"validations": {"required": True}} if question.required else {})
