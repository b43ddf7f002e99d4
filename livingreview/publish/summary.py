"""The summary of findings that opens a chapter: one line an outcome, with what limits our certainty about it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingreview import evidence
from livingreview.evidence import measures
from livingreview.evidence.judgments import CERTAINTY, judgments
from livingreview.publish import record, session
from livingreview.publish.conclusions import interval_in
from livingreview.publish.numbers import Cell, Table, joined, linked, phrase, reported, table
from livingreview.statistics import wording

if TYPE_CHECKING:
    from livingreview.publish.numbers import TwoArms
    from livingreview.statistics.effects import Estimate

#: An estimate from fewer people is imprecise, however narrow its interval.
FEW = 400
#: A P value below it is what a source calls significant.
_LEVEL = 0.05
NOT_GRADED = "not graded"
#: Lines that a summary of findings has at most.
MOST = 7
_READ = {
    "primary_abstract": "abstract only",
    "secondary_summary": "summaries only",
    "registry": "registry only",
}
_ABSENT = "not in the texts we have"


@dataclass(frozen=True)
class Line:
    """One outcome of a summary of findings.

    Parameters
    ----------
    outcome : str
        What was measured, when, and in whom where this is not all participants.
    comparator, intervention, difference : Cell
        The outcome in each arm, and their difference with its interval.
    rows : tuple of str
        Ids of the evidence rows that it rests on; none for a gap.
    finding : str
        What it says of the difference: what its interval shows, else to which side the estimates point.
    """

    outcome: str
    comparator: Cell
    intervention: Cell
    difference: Cell
    rows: tuple[str, ...] = ()
    finding: str = ""

    def __post_init__(self) -> None:
        if self.rows and not self.finding:
            values = [float(evidence.load().row(row)["estimate"]) for row in self.rows]
            object.__setattr__(self, "finding", _side(values[0], values[1]))


def counted(outcome: str, two: TwoArms) -> Line:
    """A line on an outcome that was counted in two arms, per 100 people."""
    more = " more" if two.risk_difference.value > 0 else ""
    difference = phrase(two.cells["rd"].value, f"{more} per 100 (", two.cells["rd"].ci, ")")
    return Line(
        outcome, two.cells["control"].value, two.cells["cc"].value, difference, two.rows, shown_by(two.risk_difference)
    )


def contrast(
    outcome: str, row_id: str, comparator: str = "", intervention: str = "", *, interval: Cell | None = None
) -> Line:
    """A line on a reported difference, or on a ratio, of two arms.

    Parameters
    ----------
    outcome : str
        What was measured, and when.
    row_id : str
        The contrast, in results.csv or pooled.csv.
    comparator, intervention : str
        Rows of the arms, where they are reported.
    interval : Cell, optional
        One that we calculated, where none is reported.
    """
    row = evidence.load().row(row_id)
    measure = str(row["measure"])
    limits = reported(row_id, "ci", "").text
    p = reported(row_id, "p", "").text
    beside = "; ".join(filter(None, [limits, "" if limits else p]))
    ratio = measures.measure(measure).is_ratio
    name = f"{measures.in_words(measure)} " if ratio or measures.measure(measure).is_standardised else ""
    text = f"{name}{reported(row_id).text}{f' ({beside})' if beside else ''}"
    without, with_it = (reported(arm, gap="") if arm else Cell("") for arm in (comparator, intervention))
    rows = tuple(filter(None, [row_id, comparator, intervention]))
    difference = linked(text, row_id)
    if interval:
        difference = phrase(linked(f"{name}{reported(row_id).text}", row_id), " (", interval, ", our calculation)")
    return Line(outcome, without, with_it, difference, rows, _finding(row_id))


def shown_by(estimate: Estimate) -> str:
    """What the interval of a difference shows."""
    return wording.finding(estimate.low, estimate.high)


def _finding(row_id: str) -> str:
    """What a reported contrast shows: by its interval, printed or from its P value, by that value, or by its side."""
    row = evidence.load().row(row_id)
    null = measures.measure(row["measure"]).null or 0.0
    if not math.isnan(row["ci_low"]) or (row["p_operator"] == "=" and not math.isnan(row["estimate"])):
        span = interval_in(row_id)
        return wording.finding(span.low, span.high, null)
    if math.isnan(row["p_value"]):
        return _side(row["estimate"], null)
    settled = row["p_value"] <= _LEVEL if row["p_operator"] in ("<", "<=") else row["p_value"] < _LEVEL
    return "differs, by its P value" if settled else "did not differ significantly"


def _side(estimate: float, other: float) -> str:
    if math.isnan(estimate) or math.isnan(other):
        raise AssertionError("This line has lost its estimate.")
    return "no difference" if estimate == other else f"points {'higher' if estimate > other else 'lower'}"


def together(outcome: str, *lines: Line) -> Line:
    """One line on several outcomes of a trial, whose numbers follow one another."""
    columns = ([line.comparator for line in lines], [line.intervention for line in lines])
    parts = ([cell for cell in cells if cell.text] for cells in columns)
    without, with_it = (joined(cells) if cells else Cell("") for cells in parts)
    rows = tuple(row for line in lines for row in line.rows)
    return Line(
        outcome,
        without,
        with_it,
        joined(line.difference for line in lines),
        rows,
        "; ".join(line.finding for line in lines),
    )


def gap(outcome: str, reason: str = _ABSENT) -> Line:
    """A line on what the texts that were read do not report."""
    return Line(outcome, Cell(""), Cell(""), Cell(reason))


def _absent(line: Line, lines: Sequence[Line]) -> None:
    """Refuse a line on what no text reports whose words another line of the table reports."""
    said = set(re.findall(r"\w{4,}", line.outcome.casefold()))
    for other in () if line.rows or line.difference.text != _ABSENT else lines:
        if other.rows and said and said <= set(re.findall(r"\w{4,}", other.outcome.casefold())):
            raise ValueError(f"a gap must name what no line reports, found {line.outcome!r} beside {other.outcome!r}")


def limits_to_certainty(rows: Sequence[str]) -> list[str]:
    """What of these rows limits how certain their numbers are, whatever a judgment of bias will say.

    Parameters
    ----------
    rows : sequence of str
        Ids of results or pooled effects.

    Returns
    -------
    list of str
        In words for a reader; empty where nothing that can be computed limits it.
    """
    book = evidence.load()
    results = [book.row(i) for i in rows if "tier" in book.row(i)]
    tiers = [tier for tier in _READ if any(row["tier"] == tier for row in results)]
    if any(row["tier"] == "primary_full_text" for row in results):
        tiers = []
    people = [row["n"] for row in results if row.get("arm") == "contrast" and row.get("n_printed")]
    few = [f"fewer than {FEW} people"] if people and max(people) < FEW else []
    effects = [row for row in results if row.get("arm") == "contrast" or "k_printed" in row]
    unprinted = ["no interval printed"] if effects and not any(row["ci_low_printed"] for row in effects) else []
    read = [_READ[tiers[-1]]] if tiers else []
    if read and all("news" in row["locator"] for row in results if row["tier"] == "secondary_summary"):
        read = ["news reports only"] if tiers[-1] == "secondary_summary" else read
    return [*read, *few, *unprinted, *_stopped({str(row.get("study_id", "")) for row in results}, book)]


def _stopped(studies: set[str], book: evidence.Evidence) -> list[str]:
    """How recruitment ended before its time in one of these studies, by a source that says so."""
    differing = book.discrepancies
    early = differing[(differing["quantity"] == "early stop") & (differing["used_because"] != "")]
    return [str(row["value"]) for _, row in early.iterrows() if row["study_id"] in studies]


def _people(rows: Sequence[str]) -> Cell:
    """People that the numbers of a line come from, with the comparisons where the line pools them."""
    book = evidence.load()
    if not rows:
        return Cell("")
    row = book.row(rows[0])
    if "k_printed" in row:
        size = f"{wording.printed(row['n_printed'])} people" if row["n_printed"] else ""
        return linked(", ".join(filter(None, [size, wording.pooled_from(row)])), rows[0])
    study = str(row["study_id"])
    size = str(book.row(study)["n_randomised_printed"])
    return linked(f"{wording.printed(size)} people, one trial", study) if size else Cell("one trial")


def summary(lines: Iterable[Line]) -> Table:
    """The table that opens a chapter: outcomes with and without the intervention, and what limits certainty.

    Where two named people have judged the certainty of a line, it stands there with their names. While nobody has, the
    note says 'not graded'. It adds the limits that follow from the data alone and hold for every line with a number; a
    line adds what limits it alone. A column without any entry is left out, as that of an arm whose share no text gives.

    Parameters
    ----------
    lines : iterable of Line
        At most seven, harms among them; a gap is a line.
    """
    shown = list(lines)
    if len(shown) > MOST:
        raise ValueError(f"a summary of findings has at most {MOST} lines, found {len(shown)}")
    for line in shown:
        _absent(line, shown)
        if line.rows:
            now = session.current()
            now.concluded.append(session.Concluded(line.outcome, line.rows, line.finding, "line", line.difference.text))
            now.output({record.TEXT: line.outcome}, record.of_line(line.rows, line.finding))
    if not session.current().tracing:
        return Table("Summary of findings", (), ())
    limits = [limits_to_certainty(line.rows) for line in shown]
    with_number = [own for line, own in zip(shown, limits, strict=True) if line.rows]
    shared = [word for word in with_number[0] if all(word in own for own in with_number)] if with_number else []
    ratings = [_certainty(line.rows) for line in shown]
    if any(ratings):
        ratings = [rating or (NOT_GRADED if line.rows else "") for line, rating in zip(shown, ratings, strict=True)]
    rows = []
    for line, rating, own in zip(shown, ratings, limits, strict=True):
        alone = "; ".join(word for word in own if word not in shared)
        rows.append(
            (line.outcome, line.difference, line.comparator, line.intervention, _people(line.rows), rating, alone)
        )
    columns = ("Outcome", "Difference (95% CI)", *_arms(shown), "People", "Certainty (GRADE)", "Limits of certainty")
    filled = [i for i in range(len(columns)) if any(row[i] not in ("", Cell("")) for row in rows)]
    graded = "graded by the people named" if any(ratings) else NOT_GRADED
    note = f"Certainty: {'; '.join([graded, *shared])}."
    return table(
        "Summary of findings", [columns[i] for i in filled], [[row[i] for i in filled] for row in rows], note=note
    )


def _certainty(rows: Sequence[str]) -> str:
    """The certainty of a line with who judged it; blank while two people have not."""
    current = judgments(evidence.load())
    word = current.certainty(rows)
    people = next((current.people(row, CERTAINTY) for row in rows if current.settled(row, CERTAINTY)), [])
    return f"{word.replace('_', ' ')} ({wording.listed(people)})" if word else ""


def _arms(lines: Sequence[Line]) -> tuple[str, str]:
    """Headers of the arms: their own names where all lines are of one trial, else what all trials share."""
    book = evidence.load()
    rows = [book.row(line.rows[0]) for line in lines if line.rows]
    studies = {str(row.get("study_id", "")) for row in rows}
    arms = book.arms[book.arms["study_id"].isin(studies)].set_index("role")["label"]
    if len(studies) == 1 and {"comparator", "intervention"} <= set(arms.index):
        return str(arms["comparator"]), str(arms["intervention"])
    return "With the comparator", f"With {book.arm('intervention')}"
