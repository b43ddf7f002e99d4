"""Rows of tables and figures about many trials, or many reviews, at once.

The chapters `landscape`, `syntheses` and `thresholds` take a trial, an outcome or a pooled effect as it comes, so
that one that is added to the data stands on their pages without a change of the chapter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from livingreview import effects, publish, wording
from livingreview.publish import Cell, Links, TwoArms, linked

if TYPE_CHECKING:
    from livingreview.evidence import Evidence
    from livingreview.figures.parts import Event, Row
    from livingreview.outcomes import Finding

#: Time windows of the pooled effects, in words; a trial falls into one by its months.
WINDOWS = {
    "0_to_6": "up to 6 months",
    "7_to_12": "7 to 12 months",
    "13_to_24": "13 to 24 months",
    "over_24": "more than 24 months",
    "mixed": "a span of more than one window",
    "not_stated": "time not stated",
}
_ENDS = {"0_to_6": 6.0, "7_to_12": 12.0, "13_to_24": 24.0}
#: Units of randomisation that make people of one arm alike.
_CLUSTERS = ("practice", "clinic", "primary care provider")
#: What a reader must know of an effect that was not read in the review itself.
_READ = {"primary_abstract": "abstract only", "secondary_summary": "read in a summary only"}
#: Measures on one scale, of standard deviations.
STANDARDISED = ("standardised_mean_difference", "cohen_d")


def window(months: float) -> str:
    """Time window into which a number of months falls."""
    return next((name for name, end in _ENDS.items() if months <= end), "over_24")


def said(key: str, finding: Finding) -> Cell:
    """A finding for a table: a link to its row where one row says it all, else published with how it came about.

    Parameters
    ----------
    key : str
        Begins with the name of the chapter.
    finding : Finding
        From `livingreview.outcomes`.

    Returns
    -------
    Cell
    """
    if len(finding.rows) == 1 and not finding.how:
        return linked(finding.said, finding.rows[0])
    return publish.publish(key, finding.said, finding.rows, finding.how) if finding.rows else Cell(finding.said)


def stage(study_id: str, book: Evidence) -> Links:
    """What is known of when a study was planned, ran and reported, each date as a link to its row."""
    dates = book.milestones[book.milestones["study_id"] == study_id].sort_values("date", kind="stable")
    parts = tuple(linked(f"{row['event'].replace('_', ' ')} {row['date']}", str(i)) for i, row in dates.iterrows())
    return Links("" if parts else "no date read", parts=parts)


def span(study_id: str, book: Evidence) -> Event:
    """A study as an event of a timeline, from the start of enrolment to the last date that was read."""
    from livingreview.figures.parts import Event
    from livingreview.figures.rows import years

    study = book.row(study_id)
    told = stage(study_id, book)
    dates = book.milestones.loc[book.milestones["study_id"] == study_id, "date"]
    days = sorted(filter(None, [str(study["enrol_start"]), *dates]))
    note = "; ".join(part.text for part in told.parts)
    if not days:
        return Event(str(study["acronym"]), "no date read")
    printed = f"{days[0]} to {days[-1]}" if days[1:] else days[0]
    start, end = years(days[0])[0], years(days[-1])[0]
    return Event(str(study["acronym"]), printed, start, end, note)


@dataclass(frozen=True)
class Growth:
    """Rates before and after in two arms of one place, with the difference in differences.

    Attributes
    ----------
    place : str
        Where, as the data name it.
    rates : tuple of str
        Rows of results.csv: collaborative care before and after, control before and after.
    contrast : str
        Row that reports the difference in differences; blank where none does.
    gap : float
        The difference in differences recomputed from the four rates.
    """

    place: str
    rates: tuple[str, str, str, str]
    contrast: str
    gap: float


def growth(study_id: str, definition: str, book: Evidence) -> list[Growth]:
    """Recompute the differences in differences of a study that reports rates before and after by place.

    Parameters
    ----------
    study_id, definition : str
        The study, and the definition of the outcome.
    book : Evidence
        The evidence.

    Returns
    -------
    list of Growth
        One for each place with four rates.
    """
    rows = book.results[(book.results["study_id"] == study_id) & (book.results["definition"] == definition)]
    found = []
    for place, part in rows.groupby("population", sort=True):
        rates, contrast = part[part["measure"] == "rate"], part[part["measure"] == "difference_in_differences"]
        if len(rates) == 4:
            ordered = rates.assign(second=rates["arm"] != "collaborative_care").sort_values(["second", "months"])
            ids = tuple(str(i) for i in ordered.index)
            gap = effects.difference_in_differences(*(float(rate) for rate in ordered["estimate"]))
            found.append(Growth(str(place), ids, str(contrast.index[0]) if len(contrast) else "", gap))  # type: ignore[arg-type]
    return found


def cautions(outcome_id: str, book: Evidence) -> list[str]:
    """What an interval derived from the counts of the arms of a trial leaves out."""
    outcome = book.row(outcome_id)
    unit = str(book.row(str(outcome["study_id"]))["unit_of_randomisation"])
    clusters = [f"{unit}s were randomised, which the interval ignores"] if unit in _CLUSTERS else []
    return [*clusters, *(["denominators as randomised"] if outcome["sizes"] else [])]


def response_row(outcome_id: str, arms: TwoArms, book: Evidence) -> Row:
    """Risk ratio of one trial as a row of a figure."""
    from livingreview.figures.parts import Row

    study, (value, ci) = _study(outcome_id, book), arms.cells["rr"]
    ratio = arms.risk_ratio
    label, printed = f"{study['acronym']}, {_months(arms, book):g} months", f"{value.text} ({ci.text})"
    note = "; ".join([str(study["population"]), *cautions(outcome_id, book)])
    return Row(label, printed, ratio.value, ratio.low, ratio.high, note, "Single trials, derived by us")


def response_line(outcome_id: str, arms: TwoArms, book: Evidence) -> list[Cell | str]:
    """Risks, difference, ratio and number needed to treat of one trial as a line of a table."""
    study, c = _study(outcome_id, book), arms.cells
    line: list[Cell | str] = [linked(str(study["acronym"]), str(study.name)), str(study["population"])]
    line += [f"{_months(arms, book):g}", str(study["unit_of_randomisation"]) or "not read"]
    for k, arm in enumerate(("cc", "control")):
        line.append(replace(c[arm].value, text=f"{c[arm].value.text} ({_people(arms.rows[k], book)})"))
    line += [*c["rd"], *c["rr"], c["nnt"].ci]
    return [*line, "; ".join(filter(None, [*cautions(outcome_id, book), str(book.row(outcome_id)["note"])]))]


def _study(outcome_id: str, book: Evidence) -> Any:
    return book.row(str(book.row(outcome_id)["study_id"]))


def _months(arms: TwoArms, book: Evidence) -> float:
    return float(book.row(arms.rows[0])["months"])


def _people(row_id: str, book: Evidence) -> str:
    """People with the outcome of those counted, as far as they were printed."""
    row = book.row(row_id)
    if not row["n_printed"]:
        return "of those randomised"
    return f"{row['events_printed']} of {row['n_printed']}" if row["events_printed"] else f"of {row['n_printed']}"


def pooled_row(pooled_id: str, book: Evidence) -> Row:
    """A published pooled effect as a row of a figure; standardised differences all so that lower is better.

    Parameters
    ----------
    pooled_id : str
        A row of pooled.csv.
    book : Evidence
        The evidence.

    Returns
    -------
    livingreview.figures.Row
        Its note has trials, people, model and how much was read; a sign that was turned is told there.
    """
    from livingreview.figures.parts import Row

    row = book.row(pooled_id)
    label = f"{book.sources[str(row['source_key'])].short}: {row['population']}"
    drawn = publish.drawn(pooled_id, label, note=pooled_note(pooled_id, book))
    if row["measure"] not in STANDARDISED or row["direction_of_benefit"] != "higher" or not row["estimate_printed"]:
        return drawn
    turned = [_turned(row[f"{c}_printed"]) for c in ("estimate", "ci_high", "ci_low") if row[f"{c}_printed"]]
    printed = f"{turned[0]} ({wording.interval(*turned[1:])})" if turned[1:] else turned[0]
    note = f"{drawn.note}; sign turned, printed {drawn.printed}"
    return Row(label, printed, -row["estimate"], -row["ci_high"], -row["ci_low"], note)


def _turned(printed: str) -> str:
    """A printed number with its sign turned."""
    return wording.printed(printed.removeprefix("-") if printed.startswith("-") else f"-{printed}")


def pooled_note(pooled_id: str, book: Evidence) -> str:
    """Trials, people and model of a pooled effect, and whether more than an abstract or a summary was read."""
    row = book.row(pooled_id)
    k = f"k {row['k_printed']}" if row["k_printed"] else "k not read"
    n = f"n {wording.printed(row['n_printed'])}" if row["n_printed"] else "n not read"
    spread = f"I² {row['i2_printed']}%" if row["i2_printed"] else ""
    read = _READ.get(str(row["tier"]), "")
    return "; ".join(filter(None, [k, n, spread, str(row["model"]) or "model not read", read, str(row["note"])]))


def chance(finding: Finding, size: float) -> str:
    """Probability of a benefit of at least a size, in per cent and no more exact than it can be."""
    percent = finding.chance(size) * 100
    return "under 1%" if percent < 1 else "over 99%" if percent > 99 else f"{percent:.0f}%"
