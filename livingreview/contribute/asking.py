"""Ask for what is to be added, in a terminal: in the words of the dictionary, with what the data already hold.

Nothing is written while questions are asked, so that Ctrl-C leaves the data as they were.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from livingreview.checks import fits
from livingreview.checks.package import NUMBER, near, shown
from livingreview.checks.references import FORMS
from livingreview.checks.tables import SPELT
from livingreview.contribute import bibliography, forms
from livingreview.contribute.edits import Edit
from livingreview.contribute.submissions import Given, Submission
from livingreview.evidence import measures
from livingreview.evidence.identifiers import REGISTERS, normal

Ask = Callable[[str], str]
#: Finds the fields of a source by its DOI, PMID or NCT number.
LookUp = Callable[[str], dict[str, str]]

#: The columns that are asked for, in their order; any other can be named afterwards. Their words are the dictionary's.
ASKED = {
    "studies": (
        *("acronym", "registration", "group", "design", "unit_of_randomisation", "setting", "population", "min_age"),
        *("n_randomised", "comparator", "comparator_type", "intervention_months", "followup_months"),
        "primary_outcomes",
    ),
    "arms": ("label", "n", "care_manager", "consultant", "psychotherapy", "medication", "contacts"),
    "results": (
        *("outcome", "instrument", "months", "arm", "measure", "estimate", "unit", "ci_low", "ci_high", "ci_level"),
        *("p_operator", "p_value", "n", "events", "direction_of_benefit", "direction_reported", "locator"),
    ),
    "outcomes": ("kind", "role"),
    "claims": (
        *("study_id", "claim", "numbers", "primary_source_key", "checked_against", "verdict", "basis"),
        *("primary_says", "why"),
    ),
}
#: Columns of results that make no sense unless another is filled.
AFTER = {"ci_high": "ci_low", "ci_level": "ci_low", "p_value": "p_operator", "events": "n", "unit": "estimate"}
#: Fields of a source that no register knows, and without which it is none.
NEEDED = ("title", "kind", "read")
#: Most values that a question offers.
OFFERED = 8


def interview(kind: str, edit: Edit, ask: Ask, look_up: LookUp, identifier: str = "") -> Submission:
    """Ask for a trial, results, a source or claims.

    Parameters
    ----------
    kind : str
        A key of `adding.KINDS`.
    edit : Edit
        The data.
    ask : callable
        Puts a question and gives the answer.
    look_up : callable
        Finds the fields of a source by its number.
    identifier : str
        Number or key of the source; asked for where it is blank.

    Returns
    -------
    Submission
        Every cell has the form of its column; the check does the rest.
    """
    questions = _Questions(edit, ask)
    print("Enter leaves blank what the source does not say; Ctrl-C stops, and nothing is written.")
    submission = Submission(source=questions.source(look_up, identifier))
    submission.because = questions.text("Where in the source does it stand (abstract, Table 2, page 4)?")
    if kind == "trial":
        questions.trial(submission)
    elif kind == "result":
        study = questions.known("studies", "study_id", "Which trial?")
        submission.rows["studies"] = [Given({"study_id": study}, "the trial")]
        questions.results(submission, study)
    elif kind == "claim":
        submission.rows["claims"] = list(questions.several("claims", "claim"))
    else:
        study = questions.known("studies", "study_id", "Which trial is it about? (Enter: none)", required=False)
        submission.rows["studies"] = [Given({"study_id": study}, "the trial")] if study else []
    return submission


class _Questions:
    """Questions about rows, each asked until its answer has the form of its column."""

    def __init__(self, edit: Edit, ask: Ask) -> None:
        self.edit, self.ask = edit, ask

    def text(self, question: str) -> str:
        """Ask for a text."""
        while not (answer := " ".join(self.ask(f"{question} ").split())):
            print("   This is needed.")
        return answer

    def yes(self, question: str) -> bool:
        """Ask a question that Enter answers with no."""
        return self.ask(f"{question} (y, or Enter for no) ").strip().lower().startswith("y")

    def known(self, table: str, column: str, question: str, *, required: bool = True) -> str:
        """Ask for a value that a table has."""
        there = [row[column] for row in self.edit.rows(table)]
        while True:
            answer = self.ask(f"{question} ").strip()
            if answer in there or not (answer or required):
                return answer
            print(f"   {shown(answer)} is not in the data. {near(answer, there) or 'There are: ' + ', '.join(there)}")

    def source(self, look_up: LookUp, identifier: str) -> Given:
        """Ask for a source: one that is there, one that a register knows, or its fields."""
        question = "The source: its DOI, PMID or NCT number, its key if the review has it, or 'new'?"
        answer = identifier or self.text(question)
        fields = {"key": answer} if answer in self.edit.keys else {}
        if answer != "new" and not fields:
            numbers = {kind: number for kind in REGISTERS if (number := normal(kind, answer))}
            fields = numbers if bibliography.known(self.edit.package, numbers) else look_up(answer)
        if bibliography.known(self.edit.package, fields):
            return Given(fields, "the source")
        for name in bibliography.ORDER:
            if not fields.get(name) and (name in NEEDED or answer == "new"):
                fields[name] = self._field(name)
        return Given({name: value for name, value in fields.items() if value}, "the source")

    def _field(self, name: str) -> str:
        """Ask for a field of a source until it has its form."""
        test, words = FORMS.get(name, (None, forms.REFERENCE.get(name, "")))
        while True:
            answer = " ".join(self.ask(f"{name}: {words} ").split())
            written = answer.replace("-", "--") if name == "pages" else answer
            if not answer and name in NEEDED:
                print("   This is needed.")
            elif answer and test and not test(written):
                print(f"   It must be {words}.")
            else:
                return answer

    def trial(self, submission: Submission) -> None:
        """Ask for a trial: its row, its arms, its results, and the outcomes that they report."""
        submission.rows["studies"] = [Given(self.row("studies", {}), "the trial")]
        arms = submission.rows["arms"] = []
        for role in ("intervention", "comparator"):
            print(f"The {role} arm:")
            arms.append(Given(self.row("arms", {"role": role}), f"the {role} arm"))
        if self.yes("Are there results to enter now?"):
            self.results(submission, "")
            self.outcomes(submission)

    def results(self, submission: Submission, study: str) -> None:
        """Ask for results of a trial."""
        rows = self.several("results", "result", {"study_id": study} if study else {})
        submission.rows["results"] = list(rows)

    def outcomes(self, submission: Submission) -> None:
        """Ask what kind each outcome is that a trial reports."""
        outcomes = dict.fromkeys(row.cells["outcome"] for row in submission.rows["results"])
        rows = submission.rows["outcomes"] = []
        for outcome in outcomes:
            print(f"The outcome {outcome}:")
            rows.append(Given(self.row("outcomes", {"outcome": outcome}), f"the outcome {outcome}"))

    def several(self, table: str, name: str, fixed: dict[str, str] | None = None) -> Iterable[Given]:
        """Ask for rows until there are no more; what was the same in the last row is offered for the next."""
        last: dict[str, str] = {}
        number = 0
        while number == 0 or self.yes(f"Another {name}?"):
            number += 1
            last = self.row(table, fixed or {}, last)
            yield Given(last, f"{name} {number}")

    def row(self, table: str, fixed: dict[str, str], last: dict[str, str] | None = None) -> dict[str, str]:
        """Ask for a row."""
        cells, columns = dict(fixed), self.edit.table(table).columns
        for column in ASKED[table]:
            if column not in cells and not self._is_idle(column, cells):
                cells[column] = self.cell(table, column, (last or {}).get(column, "") if column in SPELT else "")
        while more := self.ask("Another column? (its name, or Enter to go on) ").strip():
            if more in columns:
                cells[more] = self.cell(table, more)
            else:
                print(f"   {near(more, columns)}The columns are {', '.join(columns)}.")
        return {column: cell for column, cell in cells.items() if cell}

    @staticmethod
    def _is_idle(column: str, cells: dict[str, str]) -> bool:
        """Whether a question makes no sense after the answers before it."""
        measure = measures.MEASURES.get(cells.get("measure", ""))
        if column in AFTER and not cells.get(AFTER[column]):
            return True
        if column == "unit":
            return bool(measure and measure.unit)
        if column == "direction_reported":
            return not (measure and measure.worded and cells.get("arm") == "contrast")
        return (
            column in ("p_operator", "ci_low") and cells.get("arm") != "contrast" and not (measure and measure.is_test)
        )

    def cell(self, table: str, column: str, default: str = "") -> str:
        """Ask for a cell until it has the form of its column."""
        described = self.edit.table(table).fields[column]
        words = [str(word) for word in described.get("constraints", {}).get("enum", ())]
        usual = [] if words else self._usual(table, column)
        print(f"{column}: {described['description']}")
        for number, word in enumerate(words or usual, start=1):
            print(f"   {number} {word}")
        prompt = f"   {column}{f' [{default}]' if default else ''}: "
        while True:
            answer = " ".join(self.ask(prompt).split()) or default
            if (
                words + usual
                and answer.isdigit()
                and 1 <= int(answer) <= len(words or usual)
                and (words or column in SPELT)
            ):
                answer = (words or usual)[int(answer) - 1]
            if not (fault := self._fault(table, column, answer, words)):
                return self._spelt(column, answer)
            print(f"   {fault}")

    def _usual(self, table: str, column: str) -> list[str]:
        """Names that a column has most often, where it holds names."""
        if column not in SPELT:
            return []
        return [
            word
            for word, _ in Counter(row[column] for row in self.edit.rows(table) if row[column]).most_common(OFFERED)
        ]

    def _fault(self, table: str, column: str, answer: str, words: list[str]) -> str:
        """Say what is wrong with an answer; blank if it has the form of its column."""
        of_column = self.edit.table(table)
        constraints = of_column.constraints(column)
        if not answer:
            return "This is needed." if constraints.get("required") and column != "locator" else ""
        if words and answer not in words:
            return f"It must be one of the list: a number or a word. {near(answer, words)}".rstrip()
        if column in of_column.numeric and not NUMBER.fullmatch(answer) and answer not in ("INF", "-INF"):
            return "It must be a plain number, such as 1801, 0.50 or -3.2."
        if not re.fullmatch(str(constraints.get("pattern", ".*")), answer):
            return f"It must have the form {constraints['pattern']}."
        return "" if fits(answer) else "It must be plain text: no formula, no Markdown, no address."

    def _spelt(self, column: str, answer: str) -> str:
        """Offer the spelling that the data have, where an answer is near to it."""
        names = {
            row.cells[column] for t in self.edit.package.tables.values() for row in t.rows if row.cells.get(column)
        }
        if column not in SPELT or not answer or answer in names or not (hint := near(answer, names)):
            return answer
        likest = hint.removeprefix("Did you mean ").rstrip(" ?").strip("'")
        return (
            likest if likest in names and self.yes(f"   Is it {shown(likest)}, as elsewhere in the data?") else answer
        )
