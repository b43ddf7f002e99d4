"""What numbers are about, from the cells that they were read from: trial, people, outcome, arm, time and the rest.

A row says what its numbers are about in some of its columns, and its trial says the rest. Notes, locators and
sources say nothing of it: they name other trials, other times and other people.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from livingreview.evidence import measures
from livingreview.evidence.package import Evidence, split
from livingreview.evidence.topic import section

#: Columns that say what the numbers of a row are about, by table; of any other table all columns but these endings.
_TELLING = {
    "results": "population outcome definition instrument scale_range time_as_printed unit measure",
    "studies": "acronym name registration setting locations population eligibility comparator comparator_type design "
    "unit_of_randomisation primary_outcomes",
    "arms": f"label role {' '.join(section('team'))} psychotherapy medication contacts",
    "pooled": "outcome domain time_window population condition comparator measure model",
    "baseline": "population characteristic measure",
    "instruments": "instrument full_name basis threshold_kind threshold_unit population",
    "components": "component detail unit applies_to value date",
}
_SILENT = ("_id", "_key", "_keys", "note", "locator", "tier", "extraction", "_printed")
#: What a reader must know of a row, by table: each label with the columns whose cells say it. Of a row that has an arm
#: or a trial, `labelled` says these as well.
_LABELLED = {
    "results": {"Outcome": "outcome definition instrument", "People": "population"},
    "pooled": {"Outcome": "outcome", "Compared with": "comparator", "Time": "time_window", "People": "population"},
    "baseline": {"Characteristic": "characteristic", "People": "population"},
    "sets": {"People": "population"},
    "outcomes": {"Outcome": "outcome instrument"},
    "components": {"Part of the model": "component", "Fact": "detail", "Holds for": "applies_to"},
    "instruments": {"Scale": "full_name", "Threshold": "threshold_kind", "Found in": "population"},
    "discrepancies": {"Quantity": "quantity", "Text": "stage"},
    "claims": {"Claim": "claim"},
    "certainty": {"Question": "outcome_or_question", "Rated by": "body", "People": "population"},
    "milestones": {"Event": "event"},
}
#: Columns that say whose number it is, by table.
_ARM = {"results": "arm", "baseline": "arm", "sets": "arm", "arms": "role"}
_TOGETHER = {"both": "all arms together", "cohort": "one group, without a comparison"}
_INTERVAL = {"ci_low", "ci_high", "ci_level", "ci_type"}
_SIZE = {"n", "denominator", "events", "k", "value_high"}
_ESTIMATE = {"estimate", "value", "threshold"}


@dataclass(frozen=True)
class Row:
    """What one row is about.

    Parameters
    ----------
    row : str
        Its id.
    trial : str
        Acronym of its trial; blank where it has none.
    arm : str
        'intervention', 'comparator', 'contrast' or what else its column says; blank for a table without arms.
    outcome, instrument : str
        What was measured, and with what.
    months : frozenset of str
        Times, in months as the data print them.
    unit, benefit : str
        Unit, and the direction of benefit: 'higher', 'lower' or blank.
    estimate : float or None
        What it reports, where that is a number.
    sign : int
        1 or -1 where the estimate lies above or below no difference, else 0.
    settled : bool or None
        Whether its interval, or else its P value, leaves out no difference; None where it has neither.
    words : str
        The words of its own columns.
    context : str
        The words of its trial and of the arms of it.
    team : str
        Who worked in the arms of its trial.
    sources : str
        What kinds of texts its sources are, and how much of each was read.
    """

    row: str
    trial: str = ""
    arm: str = ""
    outcome: str = ""
    instrument: str = ""
    months: frozenset[str] = frozenset()
    unit: str = ""
    benefit: str = ""
    estimate: float | None = None
    sign: int = 0
    settled: bool | None = None
    words: str = ""
    context: str = ""
    team: str = ""
    sources: str = ""


@dataclass(frozen=True)
class About:
    """What a number, or several together, are about: their rows, and the kinds of columns they were read from."""

    rows: tuple[Row, ...] = ()
    kinds: frozenset[str] = frozenset()

    @property
    def trials(self) -> frozenset[str]:
        """Acronyms of the trials."""
        return frozenset(row.trial for row in self.rows if row.trial)

    @property
    def outcomes(self) -> frozenset[str]:
        """What was measured."""
        return frozenset(row.outcome for row in self.rows if row.outcome)

    @property
    def months(self) -> frozenset[str]:
        """Times, in months."""
        return frozenset().union(*(row.months for row in self.rows))

    @property
    def arm(self) -> str:
        """The one arm that the number belongs to; blank for a contrast or for several."""
        arms = {row.arm for row in self.rows if row.arm}
        return arms.pop() if len(arms) == 1 else ""

    @cached_property
    def words(self) -> str:
        """All words, of the rows and of their trials."""
        return " \n".join(dict.fromkeys(part for row in self.rows for part in (row.row, row.words, row.context)))

    @cached_property
    def sources(self) -> str:
        """What kinds of texts its sources are, and how much of each was read."""
        return " \n".join(dict.fromkeys(row.sources for row in self.rows))

    @property
    def direction(self) -> int:
        """1 or -1 where every contrast, and every pair of arms of one outcome at one time, has that sign, else 0."""
        signs = {row.sign for row in self.rows if row.arm not in ("intervention", "comparator")} - {0}
        first = {(r.trial, r.benefit, r.months, r.unit): r for r in self.rows if r.arm == "intervention"}
        for row in self.rows:
            control = first.get((row.trial, row.benefit, row.months, row.unit)) if row.arm == "comparator" else None
            if (
                control
                and control.estimate is not None
                and row.estimate is not None
                and control.estimate != row.estimate
            ):
                signs.add(1 if control.estimate > row.estimate else -1)
        return signs.pop() if len(signs) == 1 else 0

    @property
    def favours(self) -> int:
        """1 where all its differences are better for the intervention, -1 where they are worse, else 0."""
        benefits = {row.benefit for row in self.rows if row.benefit}
        side = {"higher": 1, "lower": -1}.get(benefits.pop() if len(benefits) == 1 else "", 0)
        return side * self.direction

    def joined(self, *parts: About) -> About:
        """What several numbers are about together."""
        everyone = (self, *parts)
        rows = dict.fromkeys(row for part in everyone for row in part.rows)
        return About(tuple(rows), frozenset().union(*(part.kinds for part in everyone)))


def about(book: Evidence, rows: Iterable[str], cells: Iterable[str] = ()) -> About:
    """Say what a number is about, from the rows and the cells that it came from.

    Parameters
    ----------
    book : Evidence
        The evidence.
    rows : iterable of str
        Ids of its rows; a key of a source is passed over.
    cells : iterable of str
        Its cells, each as ``row.column``; without them it may come from any column.
    """
    reader = _reader(book)
    read = tuple(reader(row) for row in dict.fromkeys(rows) if row in book and book.table(row) != "sources")
    return About(read, frozenset(_kind(cell.rpartition(".")[2]) for cell in cells))


def labelled(book: Evidence, row_id: str) -> dict[str, str]:
    """Say what a row is about to a reader who sees it alone: outcome, arm, comparator, time, people and trial.

    Parameters
    ----------
    book : Evidence
        The evidence.
    row_id : str
        Id of the row.

    Returns
    -------
    dict of str to str
        Words by label, in the order in which they are read; what the data do not say is left out.
    """
    table, row = book.table(row_id), book.row(row_id)
    study = str(row.get("study_id", "") or (row_id if table == "studies" else ""))
    trial: Mapping[Any, Any] = book.studies.loc[study].to_dict() if study in book.studies.index else {}
    words = {label: _joined(row, columns) for label, columns in _LABELLED.get(table, {}).items()}
    if role := str(row.get(_ARM.get(table, ""), "")):
        words |= _compared(book, study, role, str(trial.get("comparator", "")))
    if table == "results":
        words["Time"] = str(row["time_as_printed"]) or _time(str(row["months_printed"]))
    if table in ("results", "pooled") and (size := str(row["n_printed"])):
        words["Number of people"] = f"{float(size):,.0f}"
    words["Trial"] = ", ".join(filter(None, (str(trial.get(c, "")) for c in ("acronym", "population"))))
    return {label: text for label, text in words.items() if text}


def _joined(row: Any, columns: str) -> str:
    cells = (str(row[column]).replace("_", " ").replace(">=", "at least ") for column in columns.split())
    return ", ".join(cell for cell in cells if cell not in ("", "all"))


def _compared(book: Evidence, study: str, role: str, comparator: str) -> dict[str, str]:
    """The arm that a number belongs to and its comparator, or the comparison that it is of."""
    own = "intervention" if role == "contrast" else role
    labels = book.arms.loc[(book.arms["study_id"] == study) & (book.arms["role"] == own), "label"]
    known = comparator if role == "comparator" and comparator else _TOGETHER.get(role, book.arm(own))
    label = str(labels.iloc[0]) if len(labels) == 1 else known
    if role == "contrast":
        return {"Comparison": f"{label} versus {comparator}" if comparator else label}
    return {"Group": label, "Compared with": comparator if role == "intervention" else ""}


def _time(months: str) -> str:
    return "at the start" if months == "0" else f"{months} month{'s' * (months != '1')}" if months else ""


def _kind(column: str) -> str:
    if column in _INTERVAL:
        return "interval"
    if column in ("p_value", "p_operator"):
        return "P"
    if column in _SIZE or column.startswith("n_"):
        return "n"
    return "estimate" if column in _ESTIMATE else column


@lru_cache(maxsize=4)
def _reader(book: Evidence) -> Any:
    """A reader of rows that keeps what it has read."""
    return lru_cache(maxsize=None)(lambda row: _read(book, row))


def _read(book: Evidence, row_id: str) -> Row:
    table, row = book.table(row_id), book.row(row_id).to_dict()
    study = str(row.get("study_id", "") or (row_id if table == "studies" else ""))
    is_known = "acronym" in book.studies and study in book.studies.index
    trial = book.studies.loc[study].to_dict() if is_known else None
    context = [_words("studies", trial)] if trial is not None and table != "studies" else []
    team: list[str] = []
    if hasattr(book, "arms") and study:
        arms = book.arms[book.arms["study_id"] == study]
        context += arms["label"].astype(str).tolist()
        team = [str(name) for column in section("team") for name in arms[column]]
    keys = [key for key in book.rests_on(row_id) if key in book.sources]
    return Row(
        row=row_id,
        trial=str(trial["acronym"]) if trial is not None else "",
        arm=str(row.get("arm", row.get("role", "")) if table in ("results", "arms", "baseline") else ""),
        outcome=next((str(row[name]) for name in ("outcome", "characteristic", "component") if row.get(name)), ""),
        instrument=str(row.get("instrument", "")),
        months=_months(table, row),
        unit=str(row.get("unit", "") or measures.measure(row.get("measure")).unit),
        benefit=str(row.get("direction_of_benefit", "")),
        estimate=_number(row, "value" if table == "components" else "estimate"),
        sign=_sign(row),
        settled=_settled(row),
        words=_words(table, row),
        context=" \n".join(context),
        team=" \n".join(team),
        sources=" \n".join(f"{source.kind} {source.read}" for source in (book.sources[key] for key in keys)),
    )


def _words(table: str, row: Mapping[Any, Any]) -> str:
    names = _TELLING[table].split() if table in _TELLING else [c for c in row if not str(c).endswith(_SILENT)]
    return " \n".join(str(row[name]).replace("_", " ") for name in names if name in row and str(row[name]))


def _months(table: str, row: Mapping[Any, Any]) -> frozenset[str]:
    """Times of a result or of a pooled window; of a trial those of its programme and of its assessments."""
    if table == "pooled":
        return frozenset(re.findall(r"\d+", str(row.get("window", ""))))
    columns = ("intervention_months", "followup_months", "assessment_months") if table == "studies" else ("months",)
    texts = [str(row.get(f"{column}_printed", row.get(column, ""))) for column in columns]
    return frozenset(part for text in texts for part in split(text.replace(",", ";")))


def _sign(row: Mapping[Any, Any]) -> int:
    null, estimate = measures.measure(row.get("measure")).null, _number(row, "estimate")
    if null is None or estimate is None or estimate == null:
        return 0
    return 1 if estimate > null else -1


def _settled(row: Mapping[Any, Any]) -> bool | None:
    null, p = measures.measure(row.get("measure")).null, _number(row, "p_value")
    low, high = _number(row, "ci_low"), _number(row, "ci_high")
    if null is not None and low is not None and high is not None:
        return not low <= null <= high
    return None if p is None else bool(p < 0.05 or (p == 0.05 and row.get("p_operator") == "<"))


def _number(row: Mapping[Any, Any], column: str) -> float | None:
    """A number of a row; None where it has none."""
    value = row.get(column)
    return None if value is None or value == "" or math.isnan(value) else float(value)
