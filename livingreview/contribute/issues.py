"""Make a change of the data of an issue that somebody wrote with a form, or say what its answers lack.

The text is a stranger's. It is read as the hosting service writes a form, one heading for each question; it is never
run, and no part of it becomes a name of a file or an option of a command. What cannot be read is not guessed: it
becomes a remark on its question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from livingreview.checks.package import Fault, near, shown, visible
from livingreview.checks.references import FORMS as FIELDS
from livingreview.checks.text import unfit
from livingreview.contribute import adding, as_printed, bibliography
from livingreview.contribute.correcting import Correction
from livingreview.contribute.correcting import correct as corrected
from livingreview.contribute.edits import ContributionError, Edit
from livingreview.contribute.forms import ABSTRACT, FORMS, FULL, GROUPS, NOTE, RECORD, Form, Question, options
from livingreview.contribute.submissions import LARGEST, Given, Submission
from livingreview.evidence.identifiers import REGISTERS, named, normal

#: Finds the fields of a source by its DOI, PMID or NCT number.
LookUp = Callable[[str], dict[str, str]]
T = TypeVar("T")
#: Most characters of an issue: the service takes no more.
LONGEST = 65_536
#: What the service writes where nothing was answered, or nothing chosen.
NO_ANSWER = ("_No response_", "None")
#: How an entry of the bibliography says what was read.
READ = {FULL: "full text", ABSTRACT: "abstract", RECORD: "the registry record"}
#: Questions whose answers are numbers as printed, and may be words.
AS_PRINTED = ("says", "must_be")
#: How an answer says that the source prints numbers that do not agree.
PRINTED_SO = re.compile(r"[\s,;.(]*\bprinted so\b[\s.)]*$", re.IGNORECASE)
AGREE = "Correct it; or if the source prints it so, add 'printed so' at the end of the answer that names the place."
_FENCE = re.compile(r"(`{3,}|~{3,})[^\n]*\n(.*?)\n?\1", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Remark:
    """What is wrong with the answer to a question; the question is blank where it concerns the whole."""

    question: str
    text: str


class AnswersError(Exception):
    """The answers make no change yet; the remarks say why, in the words of the form."""

    def __init__(self, remarks: Iterable[Remark]) -> None:
        self.remarks = list(dict.fromkeys(remarks))
        super().__init__("\n".join(f"{remark.question}: {remark.text}" for remark in self.remarks))


@dataclass
class Proposal:
    """A change of the data in memory.

    Parameters
    ----------
    form : Form
    answers : dict of str to str
        As given, by question; those left blank are not among them.
    edit : Edit
        The data with the change.
    said : list of str
        Sentences about the change.
    asked : dict of (str, str) to str
        The question by the place and the column of a cell that it fills; by a blank column for all others.
    """

    form: Form
    answers: dict[str, str]
    edit: Edit
    said: list[str] = field(default_factory=list)
    asked: dict[tuple[str, str], str] = field(default_factory=dict)

    def write(self) -> None:
        """Check the change, and write it.

        Raises
        ------
        AnswersError
            With each fault, at the question whose answer has it; then nothing was written.
        """
        try:
            faults = self.edit.write()
        except ContributionError as error:
            raise AnswersError([Remark("", str(error))]) from error
        if faults:
            raise AnswersError(map(self._remark, faults))

    def _remark(self, fault: Fault) -> Remark:
        """Report a fault of a row at the question that made it."""
        column = fault.column.rpartition(", ")[2]
        question = self.asked.get((fault.file, column), self.asked.get((fault.file, ""), ""))
        if not question:
            return Remark("", str(fault))
        remedy = AGREE if "--printed-so" in fault.remedy else fault.remedy
        return Remark(question, f"must {fault.requirement}, found {fault.actual}. {remedy}")


def body(event: Path) -> str:
    """Read the text of an issue out of the file that describes the event.

    Parameters
    ----------
    event : Path
        JSON, as the service hands it to a workflow.

    Raises
    ------
    AnswersError
        If it is too long.
    """
    with event.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise AnswersError([Remark("", f"An issue must have at most {LONGEST} characters, found more. Write it anew.")])
    try:
        text = json.loads(raw)["issue"]["body"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ContributionError(f"{event.name}: must describe an issue in JSON, found another text.") from error
    return text if isinstance(text, str) else ""


def propose(
    text: str, edit: Edit, look_up: LookUp, numbers: Callable[[], Mapping[str, tuple[str, ...]]] = dict
) -> Proposal:
    """Make a change of the data of the text of an issue.

    Parameters
    ----------
    text : str
        As somebody wrote it with a form.
    edit : Edit
        The data.
    look_up : callable
        Finds the fields of a source by its number.
    numbers : callable
        Gives the rows of each published number by the end of its permanent link.

    Raises
    ------
    AnswersError
        With a remark on every question that it can find fault with.
    """
    form, given = divided(text)
    reader = _Reader(form, given, edit, look_up, numbers)
    reader.look()
    try:
        proposal: Proposal = getattr(reader, f"as_{form.kind}")()
    except ContributionError as error:
        raise AnswersError([*reader.remarks, *reader.of_error(error)]) from error
    if reader.remarks:
        raise AnswersError(reader.remarks)
    return proposal


def divided(text: str) -> tuple[Form, dict[str, str]]:
    """Divide a text at the headings of its form.

    Parameters
    ----------
    text : str
        As the service writes it.

    Returns
    -------
    form : Form
        The one whose questions are all there.
    answers : dict of str to str
        By the name of the question; blank where nothing was answered.

    Raises
    ------
    AnswersError
        If it is too long, is that of no form, or has a heading of the form twice or in another order: an answer with
        such a heading in it could stand for another answer.
    """
    if len(text) > LONGEST:
        raise AnswersError([Remark("", f"An issue must have at most {LONGEST} characters, found {len(text)}.")])
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    heads = [(at, line[4:].strip()) for at, line in enumerate(lines) if line.startswith("### ")]
    labels = {label for _, label in heads}
    missing = {f.title: [q.label for q in f.questions if q.label not in labels] for f in FORMS.values()}
    form = min(FORMS.values(), key=lambda f: (len(missing[f.title]), -len(f.questions)))
    if len(missing[form.title]) == len(form.questions):
        titles = ", ".join(f"'{form.title}'" for form in FORMS.values())
        raise AnswersError([Remark("", f"The text has no question of a form. Open a new issue with one of {titles}.")])
    if missing[form.title]:
        words = "The heading of this question is no more in the text. Put it back, or fill in the form anew."
        raise AnswersError(Remark(label, words) for label in missing[form.title])
    expected = [question.label for question in form.questions]
    own = [(at, label) for at, label in heads if label in expected]
    if [label for _, label in own] != expected:
        words = "The heading of this question must be in the text once, and in its place. Take it out of the answers."
        moved = [label for (_, label), right in zip(own, [*expected, *[""] * len(own)], strict=False) if label != right]
        raise AnswersError([Remark(moved[0], words)])
    ends = [at for at, _ in own] + [len(lines)]
    answers = ("\n".join(lines[start + 1 : end]).strip() for start, end in pairwise(ends))
    return form, {q.name: _unfenced(answer) for q, answer in zip(form.questions, answers, strict=True)}


def _unfenced(answer: str) -> str:
    """The text of an answer, without the fence around it that makes it code."""
    match = _FENCE.fullmatch(answer)
    answer = match[2].strip() if match else answer
    return "" if answer in NO_ANSWER else answer


class _Reader:
    """Reads the answers of a form, and remarks on those that cannot be used."""

    def __init__(
        self,
        form: Form,
        given: dict[str, str],
        edit: Edit,
        look_up: LookUp,
        numbers: Callable[[], Mapping[str, tuple[str, ...]]],
    ) -> None:
        self.form, self.given, self.edit = form, given, edit
        self.look_up, self.numbers = look_up, numbers
        self.remarks: list[Remark] = []
        self.asked: dict[tuple[str, str], str] = {}
        self.questions = {question.name: question for question in form.questions}
        self.chosen: dict[str, str] = {}
        self.lines: dict[str, dict[str, str]] = {}
        self.printed_so = bool(PRINTED_SO.search(given.get("place", "")))
        if self.printed_so:
            given["place"] = PRINTED_SO.sub("", given["place"])

    # ------------------------------------------------------------------------------------------------- every answer

    def remark(self, name: str, text: str) -> None:
        """Remark on an answer."""
        self.remarks.append(Remark(self.questions[name].label if name in self.questions else "", text))

    def of_error(self, error: ContributionError) -> Iterator[Remark]:
        """Report an error of the additions, at its question where its place says which."""
        for line in str(error).split("\n"):
            place, _, rest = line.partition(": ")
            where, _, column = place.partition(", ")
            question = self.asked.get((where, column), self.asked.get((where, ""), ""))
            yield Remark(question, rest if question else line)

    def look(self) -> None:
        """Test what can be tested of each answer alone."""
        for name, question in self.questions.items():
            answer = self.given[name]
            if question.lines:
                self._look_at_lines(question, answer)
            elif question.options or question.own:
                self._look_at_choice(question, answer)
            elif not (question.is_address or question is NOTE):
                self.given[name] = as_printed.plain(answer) if name in AS_PRINTED else " ".join(answer.split())
                self._test(name, "", self.given[name])
            if question.required and not (any(self.lines[name].values()) if question.lines else answer):
                self.remark(name, "must be answered.")

    def _test(self, name: str, part: str, text: str) -> None:
        if wrong := unfit(text):
            self.remark(name, f"{part + ': ' if part else ''}must {wrong[0]}, found {shown(text)}. {wrong[1]}")

    def _look_at_choice(self, question: Question, answer: str) -> None:
        words = options(question, self.edit.package)
        if answer and answer not in words:
            self.remark(question.name, f"must be one of the list, found {shown(answer)}.")
        self.chosen[question.name] = words.get(answer, "")

    def _look_at_lines(self, question: Question, answer: str) -> None:
        """Divide an answer at its lines, each of which begins with its name."""
        names = {line.casefold(): line for line in question.lines}
        parts: dict[str, list[str]] = {}
        last = ""
        for line in filter(None, map(str.strip, answer.split("\n"))):
            head, colon, rest = line.partition(":")
            name = names.get(head.strip("*-_ ").casefold(), "") if colon else ""
            if name and name in parts:
                self.remark(question.name, f"must have the line {shown(name)} once, found it twice.")
            elif not name and not last:
                listed = ", ".join(f"'{line}:'" for line in question.lines)
                self.remark(question.name, f"must have lines that begin with {listed}, found {shown(line)}.")
            last = name or last
            parts.setdefault(last, []).append(rest if name else line)
        self.lines[question.name] = {name: as_printed.plain(" ".join(parts.get(name, []))) for name in question.lines}
        for name, text in self.lines[question.name].items():
            self._test(question.name, name, text)

    def answers(self) -> dict[str, str]:
        """The answers by question, those left blank left out."""
        given = ((question.label, self.given[name].split("\n")) for name, question in self.questions.items())
        return {label: visible("; ".join(filter(None, map(str.strip, of)))) for label, of in given if any(of)}

    def row(self, place: str, default: str, **columns: tuple[str, str]) -> Given:
        """Make a row: of each column the question that fills it, and the cell."""
        self.asked[place, ""] = self.questions[default].label if default in self.questions else ""
        for column, (name, _) in columns.items():
            if name in self.questions:
                self.asked[place, column] = self.questions[name].label
        return Given({column: cell for column, (_, cell) in columns.items() if cell}, place)

    # ------------------------------------------------------------------------------------------------------- sources

    def identified(self, name: str) -> dict[str, str]:
        """The numbers of a source that an answer has."""
        answer = self.given[name]
        alone = {kind: number for kind in REGISTERS if (number := normal(kind, answer))}
        within = {kind: numbers[0] for kind in REGISTERS if (numbers := named(kind, answer))}
        return alone or within

    def source(self, name: str, read: str) -> Given:
        """The source that an answer names: the one that is there, or what a register knows of it."""
        numbers = self.identified(name)
        place = "the paper"
        self.asked[place, ""] = self.questions[name].label
        if "read" in self.questions:
            self.asked[place, "read"] = self.questions["read"].label
        if not numbers:
            if self.given[name]:
                self.remark(name, f"must be a DOI, a PMID or an NCT number, found {shown(self.given[name])}.")
            return Given({}, place)
        if key := bibliography.known(self.edit.package, numbers):
            fields = self.edit.package.references.entries[key].fields
            if read == FULL and fields.get("kind") == "primary" and not fields.get("read", "").startswith("full text"):
                self.edit.read[key] = READ[FULL]
            return Given({"key": key}, place)
        number = next(numbers[kind] for kind in ("doi", "pmid", "nct", "pmcid") if kind in numbers)
        try:
            fields = self.look_up(number)
        except ContributionError as error:
            self.remark(name, str(error))
            return Given({}, place)
        kind = "registry" if "nct" in fields else "primary"
        return Given({"kind": kind, "read": READ.get(read, ""), **fields}, place)

    def study(self) -> str:
        """The trial of the review that is meant: by its name or its id."""
        answer = self.given["trial"].casefold()
        names = {
            row[c].casefold(): row["study_id"] for row in self.edit.rows("studies") for c in ("acronym", "study_id")
        }
        if answer and answer not in names:
            hint = near(answer, names)
            advice = "For a trial that the review does not have, use the form 'Add a trial'."
            self.remark("trial", f"must be a trial of the review, found {shown(self.given['trial'])}. {hint}{advice}")
        return names.get(answer, "")

    # ------------------------------------------------------------------------------------------------------- results

    def results(self) -> tuple[list[Given], list[Given]]:
        """The rows of results and of outcomes that the answers on an outcome make."""
        outcome, printed = self.lines["outcome"], self.lines["result"]
        if not any(printed.values()):
            if outcome["Outcome"] and not self.given["result"]:
                self.remark("result", "must be answered, since an outcome is named.")
            return [], []
        if not outcome["Outcome"]:
            self.remark("outcome", "must be answered, since a result is reported.")
        if not self.chosen["outcome_kind"]:
            self.remark("outcome_kind", "must be answered, since a result is reported.")
        better, when = "Better is (higher or lower)", "Months after entry"
        common = {
            "outcome": ("outcome", outcome["Outcome"]),
            "instrument": ("outcome", outcome["Scale or record"]),
            "definition": ("outcome", outcome["Counts as reached when"]),
            "months": ("outcome", self._understood("outcome", when, as_printed.months, "")),
            "direction_of_benefit": ("result", self._understood("result", better, as_printed.better, "")),
        }
        no_groups: list[dict[str, str]] = []
        no_difference: dict[str, str] = {}
        rows = []
        for name, arm in GROUPS.items():
            for cells in self._understood("result", name, as_printed.of_group, no_groups):
                rows.append(self._result(f"the result of {name.lower()}, {cells['measure']}", arm, cells, common))
        constraints = self.edit.table("results").constraints
        known, units = constraints("measure")["enum"], constraints("unit")["enum"]
        cells = self._understood(
            "result", "Difference", lambda text: as_printed.difference(text, known, units), no_difference
        )
        if cells:
            rows.append(self._result("the difference", "contrast", cells, common))
        role = {"yes": "primary", "no": "secondary"}.get(outcome["Primary"].casefold(), "reported")
        kind = ("outcome_kind", self.chosen["outcome_kind"])
        place = "the outcome"
        return rows, [self.row(place, "outcome", outcome=common["outcome"], kind=kind, role=("outcome", role))]

    def _result(self, place: str, arm: str, cells: dict[str, str], common: dict[str, tuple[str, str]]) -> Given:
        place = place.replace(",", "")
        shared = dict(common) if cells["measure"] != "sd" else common | {"direction_of_benefit": ("result", "")}
        own = {column: ("result", cell) for column, cell in cells.items()}
        return self.row(place, "result", arm=("result", arm), **shared, **own)

    def _understood(self, name: str, line: str, read: Callable[[str], T], blank: T) -> T:
        """Read a line of an answer; remark where it is not understood."""
        if not self.lines[name][line]:
            return blank
        try:
            return read(self.lines[name][line])
        except as_printed.NotUnderstoodError as error:
            self.remark(name, f"{line}: {error}")
            return blank

    # ---------------------------------------------------------------------------------------------------------- forms

    def as_trial(self) -> Proposal:
        """Add a trial with its arms, its main outcome and the results."""
        source = self.source("paper", self.given["read"])
        sizes = {name: self.lines["sizes"][name] for name in GROUPS}
        for name, size in sizes.items():
            if size and not size.isdecimal():
                self.remark("sizes", f"{name}: must be a whole number, found {shown(size)}.")
        results, outcomes = self.results()
        submission = Submission(source=source, because=self.given["place"])
        submission.rows["studies"] = [self._study_row(sizes)]
        team = {line.lower().replace(" ", "_"): ("team", text) for line, text in self.lines["team"].items()}
        submission.rows["arms"] = []
        for name, arm in GROUPS.items():
            more = team if arm == "intervention" else {}
            label = ("comparator", self.given["comparator"]) if arm == "comparator" else ("", name)
            row = self.row(name.lower(), "sizes", role=("", arm), label=label, n=("sizes", sizes[name]), **more)
            submission.rows["arms"].append(row)
        submission.rows |= {name: rows for name, rows in (("results", results), ("outcomes", outcomes)) if rows}
        return self._added(submission)

    def _study_row(self, sizes: Mapping[str, str]) -> Given:
        """The row of the trial itself."""
        unit = self.chosen["unit"]
        randomized = {"patient": "randomized trial", "none": "not randomized"}.get(unit, "cluster-randomized trial")
        whole = sum(int(size) for size in sizes.values() if size.isdecimal()) if all(sizes.values()) else 0
        primary = self.lines["outcome"]["Primary"].casefold() == "yes"
        harms = self.given["harms"]
        numbers = self.identified("paper")
        return self.row(
            "the trial",
            "name",
            acronym=("name", self.given["name"]),
            registration=("paper", numbers.get("nct", "")),
            group=("part", self.chosen["part"]),
            design=("unit", randomized),
            unit_of_randomisation=("unit", unit),
            population=("people", self.given["people"]),
            n_randomised=("sizes", str(whole or "")),
            comparator=("comparator", self.given["comparator"]),
            comparator_type=("comparator_type", self.chosen["comparator_type"]),
            primary_outcomes=("outcome", self.lines["outcome"]["Outcome"] if primary else ""),
            stage=("paper", "registered" if self.given["read"] == RECORD else ""),
            note=("harms", f"harms as reported: {harms}" if harms else ""),
        )

    def as_source(self) -> Proposal:
        """Add a paper to the sources of a trial."""
        source, study = self.source("paper", self.given["read"]), self.study()
        if set(source.cells) == {"key"}:
            self.remark("paper", f"The review has this paper already, as {source.cells['key']}.")
        return self._added(Submission(source=source), study)

    def as_result(self) -> Proposal:
        """Add a result out of a full text, and say that it was read."""
        source, study = self.source("paper", FULL), self.study()
        results, outcomes = self.results()
        if not results and not self.remarks:
            self.remark("result", "must be answered.")
        submission = Submission(source=source, because=self.given["place"])
        known = {row["outcome"] for row in self.edit.rows("outcomes") if row["study_id"] == study}
        new = [row for row in outcomes if row.cells.get("outcome") not in known]
        submission.rows = {name: rows for name, rows in (("results", results), ("outcomes", new)) if rows}
        return self._added(submission, study)

    def as_claim(self) -> Proposal:
        """Add a claim of a text, compared with a paper of the review."""
        key = bibliography.known(self.edit.package, self.identified("paper"))
        if not key and self.given["paper"]:
            self.remark("paper", "must be a paper that the review has. Propose it first, with one of the other forms.")
        numbers = self.identified("text_at")
        address = numbers or {"url": self.given["text_at"]}
        text = (
            {"key": other}
            if (other := bibliography.known(self.edit.package, numbers))
            else {
                "title": self.given["text"],
                "kind": "secondary",
                "read": "excerpt",
                **address,
            }
        )
        if "url" in address and not FIELDS["url"][0](address["url"]):
            self.remark("text_at", f"must be {FIELDS['url'][1]}, found {shown(address['url'])}.")
        self.asked["the text", ""] = self.questions["text"].label
        claim = self.given["claim"]
        row = self.row(
            "the claim",
            "claim",
            claim=("claim", claim),
            section=("section", self.given["section"]),
            numbers=("claim", "; ".join(dict.fromkeys(_NUMBER.findall(claim)))),
            primary_source_key=("paper", key),
            verdict=("verdict", self.chosen["verdict"]),
            basis=("read", READ.get(self.given["read"], "")),
            primary_says=("source_says", self.given["source_says"]),
        )
        return self._added(Submission({"claims": [row]}, Given(text, "the text")))

    def _added(self, submission: Submission, study: str = "") -> Proposal:
        """Add what was submitted; with remarks nothing is added, since it would be half."""
        if self.remarks:
            raise AnswersError(self.remarks)
        added = adding.add(self.form.kind, submission, self.edit, study=study, printed_so=self.printed_so)
        return Proposal(self.form, self.answers(), self.edit, added.said, self.asked)

    def as_correction(self) -> Proposal:
        """Correct the cell of a row that holds what the page says."""
        row_id = self._row_of(self.given["row"])
        if self.remarks:
            raise AnswersError(self.remarks)
        row = self.edit.find(row_id)
        says, must_be = self.given["says"], self.given["must_be"]
        columns = [column for column in row.table.columns if column not in row.table.key and _same(row[column], says)]
        if len(columns) != 1:
            cells = "; ".join(f"{column} {row[column]}" for column in row.table.numeric if row[column])
            actual = f"{len(columns)} such cells" if columns else f"{shown(says)}, while its numbers are {cells}"
            self.remark("says", f"must be what one cell of {row_id} says, found {actual}.")
            raise AnswersError(self.remarks)
        numeric = columns[0] in row.table.numeric
        value = _bare(must_be) if numeric else must_be
        change = Correction(row_id, columns[0], value)
        done = corrected(self.edit.data, [change], self.given["place"], printed_so=self.printed_so)
        asked = {(row.place[0], columns[0]): self.questions["must_be"].label}
        return Proposal(self.form, self.answers(), done.edit, done.said, asked)

    def _row_of(self, answer: str) -> str:
        """The row that an answer names: by its id, by the address of its place, or by the link of its number."""
        name = answer.strip().rpartition("#")[2]
        rows = {row[t.key[0]] for t in self.edit.package.tables.values() if t.complete for row in t.rows}
        if not name or name in rows:
            return name
        of_number = self.numbers().get(name, ())
        if len(of_number) == 1:
            return of_number[0]
        if of_number:
            self.remark("row", f"This number is calculated. Name the row that is wrong: {', '.join(of_number)}.")
        else:
            self.remark(
                "row", f"must be a link of a number or a row of the data, found {shown(name)}. {near(name, rows)}"
            )
        return ""


def _bare(text: str) -> str:
    """A number without the unit behind it."""
    match = re.match(r"(-?\d+(?:\.\d+)?)\s*(?:%|[a-z ]*)$", text)
    return match[1] if match else text


def _same(cell: str, says: str) -> bool:
    """Whether a page would show a cell so."""
    bare = _bare(says)
    if re.fullmatch(r"-?\d+(\.\d+)?", bare) and re.fullmatch(r"-?\d+(\.\d+)?", cell):
        return float(bare) == float(cell)
    return bool(cell) and cell.casefold() == says.casefold()
