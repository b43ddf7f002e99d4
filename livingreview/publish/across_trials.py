"""Rows of tables and figures about many trials or reviews.

The chapters `landscape`, `syntheses` and `thresholds` handle any trial, outcome or pooled effect, so that one added to
the data appears on their pages without a change of the chapter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from livingreview.checks.eligibility import Eligibility, eligibility
from livingreview.evidence.measures import MEASURES, in_words, measure
from livingreview.evidence.topic import pattern, section
from livingreview.publish import numbers
from livingreview.publish.numbers import Cell, Phrase, TwoArms, linked
from livingreview.statistics import effects, rounding, wording
from livingreview.statistics.findings import direction_in_words
from livingreview.statistics.rounding import decimals

if TYPE_CHECKING:
    from livingreview.evidence import Evidence
    from livingreview.publish.figures.parts import Figure, Panel, Row, Sides
    from livingreview.statistics.findings import OutcomeFinding

#: Time windows of the pooled effects, in words; a trial is assigned to one by its months.
WINDOWS = {
    "0_to_6": "up to 6 months",
    "7_to_12": "7 to 12 months",
    "13_to_24": "13 to 24 months",
    "over_24": "more than 24 months",
    "mixed": "a span of more than one window",
    "not_stated": "time not stated",
}
#: Aspects of a condition that drawn pooled effects measure, by the suffix of their domain.
_ASPECTS = {"score": "Symptoms", "response": "Response", "remission": "Remission"}
_ENDS = {"0_to_6": 6.0, "7_to_12": 12.0, "13_to_24": 24.0}
#: Units of randomization that make people within an arm similar.
_CLUSTERS = ("practice", "clinic", "primary care provider")
#: Caution for an effect that was not read in the full text of its review.
_READ = {"primary_abstract": "abstract only", "secondary_summary": "read in a summary only"}
#: Bases of a threshold that is the size of a difference or of a change.
SIZES = ("between_groups", "individual_change", "reliable_change", "distribution")
#: How trials stand to the eligibility criteria, in words, in the order of tables.
TEAMS: dict[Eligibility, str] = {
    "eligible": section("standing").get("eligible", "Every part of the team"),
    "unknown": "Team unclear",
    "adjacent": "Another team or setting, shown apart",
}
#: What is said of a probability near none, and near certainty.
_LOWEST, _HIGHEST = "under 1%", "over 99%"
#: Heading of single trials beside a published pool.
_SINGLE = "Single trials, our calculation"
#: Mark of a trial whose texts are silent on a part of the team.
UNKNOWN_TEAM = "*"
#: Measures on one scale, of standard deviations.
STANDARDISED = tuple(name for name, properties in MEASURES.items() if properties.is_standardised)


def domains(book: Evidence) -> dict[str, str]:
    """Domains of the pooled effects that are drawn, such as the remission of a condition."""
    parts = {str(domain): str(domain).rpartition("_") for domain in book.pooled["domain"]}
    return {
        domain: f"{_ASPECTS[aspect]} of {section('conditions').get(condition, condition.replace('_', ' '))}"
        for domain, (condition, _, aspect) in parts.items()
        if aspect in _ASPECTS
    }


def window(months: float) -> str:
    """Time window that includes a number of months."""
    return next((name for name, end in _ENDS.items() if months <= end), "over_24")


def said(key: str, finding: OutcomeFinding) -> Cell:
    """A finding for a table: a link to its row if one row is enough, else published with its derivation.

    Parameters
    ----------
    key : str
        Begins with the name of the chapter.
    finding : OutcomeFinding
        From `livingreview.statistics.findings`.
    """
    if len(finding.rows) == 1 and not finding.how:
        return linked(finding.said, finding.rows[0])
    return numbers.publish(key, finding.said, finding.rows, finding.how) if finding.rows else Cell(finding.said)


def team(study_id: str, book: Evidence) -> Eligibility:
    """How a study stands to the eligibility criteria: 'adjacent' if its group says so, else see `eligibility`."""
    study = book.row(study_id)
    if study["group"] == "adjacent":
        return "adjacent"
    columns = ("study_id", "role", *section("team"))
    arms = (dict(zip(columns, arm, strict=True)) for arm in zip(*(book.arms[name] for name in columns), strict=True))
    cells = {
        "population": str(study["population"]),
        "setting": str(study["setting"]),
        "min_age": str(study["min_age_printed"]),
    }
    return eligibility(cells, (arm for arm in arms if arm["study_id"] == study_id))


def named(study_id: str, book: Evidence) -> str:
    """Acronym of a study, with what its team is where it is not known to have every part."""
    acronym, standing = str(book.row(study_id)["acronym"]), team(study_id, book)
    words = TEAMS[standing]
    return acronym if standing == "eligible" else f"{acronym} ({words[0].lower()}{words[1:]})"


def is_on_substance_use(study_id: str, book: Evidence) -> bool:
    """Whether the people of a study, or one of its outcomes, concern the use of substances."""
    kinds = book.outcomes.loc[book.outcomes["study_id"] == study_id, "kind"]
    concerned = kinds.isin(section("trials").get("kinds_on_substances", ())).any()
    return bool(concerned or pattern("trials", "substances").search(str(book.row(study_id)["population"])))


@dataclass(frozen=True)
class Growth:
    """Rates before and after in two arms of one place, with the difference in differences.

    Attributes
    ----------
    place : str
        Name of the place in the data.
    rates : tuple of str
        Rows of results.csv: the intervention before and after, the comparator before and after.
    contrast : str
        Row that reports the difference in differences; blank if none does.
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
    places = []
    for place, part in rows.groupby("population", sort=True):
        rates, contrast = part[part["measure"] == "rate"], part[part["measure"] == "difference_in_differences"]
        if len(rates) == 4:
            ordered = rates.assign(second=rates["arm"] != "intervention").sort_values(["second", "months"])
            ids = tuple(str(i) for i in ordered.index)
            gap = effects.difference_in_differences(*(float(rate) for rate in ordered["estimate"]))
            places.append(Growth(str(place), ids, str(contrast.index[0]) if len(contrast) else "", gap))  # type: ignore[arg-type]
    return places


def cautions(outcome_id: str, book: Evidence) -> list[str]:
    """What an interval derived from the counts of a trial's arms ignores."""
    outcome = book.row(outcome_id)
    unit = str(book.row(str(outcome["study_id"]))["unit_of_randomisation"])
    clusters = [f"{unit}s were randomized, which the interval ignores"] if unit in _CLUSTERS else []
    arms = [book.row(str(outcome[arm])) for arm in ("intervention_id", "comparator_id") if outcome[arm]]
    stand_in = outcome["sizes"] or any(row["denominator_basis"] == "randomised" for row in arms)
    return [*clusters, *(["denominators as randomized"] if stand_in else [])]


def response_row(outcome_id: str, arms: TwoArms, book: Evidence) -> Row:
    """Risk ratio of one trial as a row of a figure."""
    from livingreview.publish.figures.parts import Row

    study, (value, ci) = _study(outcome_id, book), arms.cells["rr"]
    ratio = arms.risk_ratio
    label, printed = f"{study['acronym']}, {_months(arms, book):g} months", f"{value.text} ({ci.text})"
    note = "; ".join([str(study["population"]), *cautions(outcome_id, book)])
    return Row(label, printed, ratio.value, ratio.low, ratio.high, note, _SINGLE)


def is_approximate(outcome_id: str, book: Evidence) -> bool:
    """Whether a share of an outcome is printed as approximate, so that no interval can be derived."""
    outcome = book.row(outcome_id)
    return any(book.row(str(outcome[f"{arm}_id"]))["estimate_operator"] for arm in ("intervention", "comparator"))


def approximate_row(outcome_id: str, book: Evidence) -> Row:
    """Ratio of two shares of which one is approximate as a row of a figure: hollow, with the reason beside it."""
    from livingreview.publish.figures.parts import Row

    study, ratio, months = _study(outcome_id, book), _ratio(outcome_id, book), _rows(outcome_id, book)[0]["months"]
    note = f"{study['population']}; {book.row(outcome_id)['note']}"
    label = f"{study['acronym']}, {months:g} months"
    return Row(label, f"about {wording.number(ratio, 1)}", round(ratio, 1), note=note, group=_SINGLE)


def approximate_line(outcome_id: str, book: Evidence) -> list[Cell | str]:
    """Trial, risks, difference and ratio of two shares of which one is approximate as a line of a table."""
    study, rows = _study(outcome_id, book), _rows(outcome_id, book)
    first, second = rows
    trial = linked(f"{_marked(str(study.name), book)}, {first['months']:g} months", str(first.name))
    shares: list[Cell | str] = []
    for row in rows:
        share = numbers.reported(str(row.name))
        shares.append(replace(share, text=f"{share.text} ({_people(str(row.name), book)})"))
    difference = wording.number(first["estimate"] - second["estimate"])
    ratio = wording.number(_ratio(outcome_id, book), 1)
    return [trial, *shares, f"about {difference}, no interval", f"about {ratio}, no interval", str(study["population"])]


def _rows(outcome_id: str, book: Evidence) -> tuple[Any, Any]:
    """The rows of results.csv that report an outcome in the two arms."""
    outcome = book.row(outcome_id)
    return book.row(str(outcome["intervention_id"])), book.row(str(outcome["comparator_id"]))


def _ratio(outcome_id: str, book: Evidence) -> float:
    first, second = _rows(outcome_id, book)
    return float(first["estimate"] / second["estimate"])


def response_panel(arms: Mapping[str, TwoArms], pooled_id: str, book: Evidence, *, rough: Sequence[str] = ()) -> Panel:
    """Risk ratios of trials above the published pooled ratio of their window, as a panel of a figure.

    Parameters
    ----------
    arms : mapping of str to TwoArms
        Outcome ids with the two arms of each.
    pooled_id : str
        Row of pooled.csv; its window is the title, and its direction of benefit that of every row.
    book : Evidence
        The evidence.
    rough : sequence of str
        Outcome ids of trials of which a share is approximate.
    """
    from livingreview.publish.figures.parts import Panel

    rows = [response_row(i, arm, book) for i, arm in arms.items()] + [approximate_row(i, book) for i in rough]
    row = book.row(pooled_id)
    rows.append(numbers.drawn(pooled_id, "Cochrane review", group="Published pooled ratio"))
    label, title = f"{in_words(row['measure'])} of response", WINDOWS[row["window"]].capitalize()
    return Panel(
        rows, label, "log", measure(row["measure"]).null, _sides(row["direction_of_benefit"] == "lower", book), title
    )


def response_line(outcome_id: str, arms: TwoArms, book: Evidence) -> list[Cell | str]:
    """Trial, risks, difference and ratio as a line of a table; see `UNKNOWN_TEAM` for the mark of a trial."""
    study, c = _study(outcome_id, book), arms.cells
    trial = f"{_marked(str(study.name), book)}, {_months(arms, book):g} months"
    line: list[Cell | str] = [linked(trial, arms.rows[0])]
    for k, arm in enumerate(("cc", "control")):
        line.append(replace(c[arm].value, text=f"{c[arm].value.text} ({_people(arms.rows[k], book)})"))
    effects_of = [numbers.phrase(c[name].value, " (", c[name].ci, ")") for name in ("rd", "rr")]
    return [*line, *effects_of, str(study["population"])]


#: What response means wherever its definition is not another.
_DEFINED = (">=50% fall from baseline",)
#: Measures that say again what another row says.
_REPEATED = ("number_needed_to_treat",)


def contrasts_beyond(arms: Mapping[str, TwoArms], book: Evidence) -> list[str]:
    """Rows that compare main outcomes between the arms of a trial, beyond the trials and times shown by arm.

    Parameters
    ----------
    arms : mapping of str to TwoArms
        Outcome ids with the two arms of each, as the table of response shows them.
    book : Evidence
        The evidence.

    Returns
    -------
    list of str
        Ids of results: of each trial, outcome and population the last time. Trials shown apart are left out, and
        those that compare two forms of the intervention.
    """
    shown = {str(_study(i, book).name): _months(arm, book) for i, arm in arms.items()}
    rows, last = {}, dict[tuple[str, ...], float]()
    listed = book.results["outcome"].map(lambda outcome: bool(pattern("trials", "contrasts").match(outcome)))
    for i, row in book.results[listed & (book.results["arm"] == "contrast")].iterrows():
        study = book.row(str(row["study_id"]))
        if row["measure"] in _REPEATED:
            continue
        months = float(row["months"]) if row["months_printed"] else 0.0
        if study["comparator_type"] == section("trials").get("two_forms") or study["group"] != "comparison":
            continue
        if months > shown.get(str(row["study_id"]), -1):
            part = tuple(str(row[column]) for column in ("study_id", "outcome", "instrument", "population"))
            last[part] = max(months, last.get(part, 0.0))
            rows[str(i)] = str(study["acronym"]).casefold(), months, part
    return sorted((i for i, (_, months, part) in rows.items() if months == last[part]), key=lambda i: rows[i][:2])


def contrast_lines(result_ids: Sequence[str], book: Evidence) -> list[list[Cell | str]]:
    """Trial, its results, comparator with people as lines of a table: one line a trial, in the order of the results."""
    of_trial: dict[str, list[str]] = {}
    for i in result_ids:
        of_trial.setdefault(str(book.row(i)["study_id"]), []).append(i)
    lines: list[list[Cell | str]] = []
    for study_id, ids in of_trial.items():
        study, of_study = book.row(study_id), book.arms["study_id"] == study_id
        labels = book.arms[of_study & (book.arms["role"] == "comparator")]["label"]
        comparator = str(labels.iloc[0] if len(labels) else study["comparator"])
        results = numbers.joined(contrast_result(i, book) for i in ids)
        who = "; ".join(filter(None, [comparator[:1].upper() + comparator[1:], _plain(str(study["population"]))]))
        lines.append([_marked(study_id, book), results, who])
    return lines


def contrast_result(result_id: str, book: Evidence) -> Phrase:
    """Outcome, time and effect of a contrast with its interval or P value, in numbers or in words.

    Where the last time is reported in words only, the last result in numbers stands before it; where a source prints
    no difference, the two means do.
    """
    row = book.row(result_id)
    parts = [str(row[column]) for column in ("outcome", "instrument", "population") if row[column] not in ("", "all")]
    definition = "" if row["definition"] in ("", *_DEFINED) else f" ({_plain(str(row['definition']))})"
    effect = _effect(row, book)
    if row["direction_reported"] and (before := _before(row, book)) is not None:
        effect = numbers.phrase(_effect(before, book), f"{_at(before)}; ", effect)
    return numbers.phrase(f"{', '.join(parts)}{definition}: ", effect, _at(row))


def _plain(text: str) -> str:
    return text.replace(">=", "≥")


def _at(row: Any) -> str:
    return f" at {row['months']:g} months" if row["months_printed"] else ""


def _effect(row: Any, book: Evidence) -> Cell:
    """Effect of a contrast with its interval or P value."""
    i = str(row.name)
    if row["direction_reported"]:
        return linked(f"{direction_in_words(row['direction_reported'])} (in words)", i)
    if measure(row["measure"]).is_effect and row["estimate_printed"]:
        effect = linked(f"{in_words(row['measure'])} {wording.printed(row['estimate_printed'])}", i)
        return numbers.phrase(effect, " (", numbers.reported(i, "ci"), ")") if row["ci_low_printed"] else effect
    same = _same(row, book, "months") & (book.results["measure"] == "mean")
    mean = {str(arm): numbers.reported(str(m)) for m, arm in book.results.loc[same, "arm"].items()}
    if {"intervention", "comparator"} <= set(mean):
        effect = numbers.phrase("means ", mean["intervention"], " and ", mean["comparator"])
    else:
        effect = linked("size not given", i)
    return numbers.phrase(effect, " (", numbers.reported(i, "p"), ")")


def _same(row: Any, book: Evidence, *more: str) -> Any:
    """Which results are of the same trial, outcome, instrument and people as one, and share more with it."""
    names = ("study_id", "outcome", "instrument", "population", *more)
    return reduce(and_, (book.results[name] == row[name] for name in names))


def _before(row: Any, book: Evidence) -> Any | None:
    """The last result in numbers before one in words, of the same trial, outcome, instrument and people."""
    earlier = book.results["ci_low"].notna() & (book.results["months"] < row["months"])
    rows = book.results[_same(row, book, "arm") & earlier]
    return None if rows.empty else rows.sort_values("months").iloc[-1]


def _marked(study_id: str, book: Evidence) -> str:
    """Acronym of a trial, with a mark where the team is unknown."""
    acronym = str(book.row(study_id)["acronym"])
    return f"{acronym} {UNKNOWN_TEAM}" if team(study_id, book) == "unknown" else acronym


def _study(outcome_id: str, book: Evidence) -> Any:
    return book.row(str(book.row(outcome_id)["study_id"]))


def _months(arms: TwoArms, book: Evidence) -> float:
    return float(book.row(arms.rows[0])["months"])


def _people(row_id: str, book: Evidence) -> str:
    """People with the outcome out of those counted, as far as printed."""
    row = book.row(row_id)
    if not row["n_printed"]:
        return "denominator not given" if row["estimate_operator"] else "of those randomized"
    return f"{row['events_printed']} of {row['n_printed']}" if row["events_printed"] else f"of {row['n_printed']}"


def pooled_row(pooled_id: str, book: Evidence) -> Row:
    """A published pooled effect as a row of a figure; in all standardized differences lower is better.

    Parameters
    ----------
    pooled_id : str
        A row of pooled.csv.
    book : Evidence
        The evidence.

    Returns
    -------
    livingreview.publish.figures.Row
        Its note states trials, people, model, how much was read, and whether the sign was reversed.
    """
    from livingreview.publish.figures.parts import Row

    row = book.row(pooled_id)
    label = f"{book.sources[str(row['source_key'])].short}: {row['population']}"
    drawn = numbers.drawn(pooled_id, label, note=pooled_note(pooled_id, book))
    if row["measure"] not in STANDARDISED or row["direction_of_benefit"] != "higher" or not row["estimate_printed"]:
        return drawn
    turned = [_turned(row[f"{c}_printed"]) for c in ("estimate", "ci_high", "ci_low") if row[f"{c}_printed"]]
    printed = f"{turned[0]} ({wording.interval(turned[1], turned[2])})" if turned[1:] else turned[0]
    note = f"{drawn.note}; sign turned, printed {drawn.printed}"
    return Row(label, printed, -row["estimate"], -row["ci_high"], -row["ci_low"], note)


def _turned(printed: str) -> str:
    """A printed number with its sign reversed."""
    return wording.printed(printed.removeprefix("-") if printed.startswith("-") else f"-{printed}")


def pooled_note(pooled_id: str, book: Evidence) -> str:
    """Trials, people and model of a pooled effect, and whether more than an abstract or a summary was read."""
    row = book.row(pooled_id)
    k = wording.pooled_from(row)
    n = f"{wording.printed(row['n_printed'])} people" if row["n_printed"] else ""
    spread = f"I² {row['i2_printed']}%" if row["i2_printed"] else ""
    read = _READ.get(str(row["tier"]), "")
    return "; ".join(filter(None, [k, n, spread, str(row["model"]), read, str(row["note"])]))


def chance(finding: OutcomeFinding, size: float) -> str:
    """Probability of a benefit of at least a size, in per cent and no more exact than it can be."""
    percent = round(finding.chance(size) * 100, 6)  # P = 0.19 gives 9.5% and not 9.4999999%
    return _LOWEST if percent < 1 else _HIGHEST if percent > 99 else f"{math.floor(percent + 0.5)}%"


def chance_by_rounding(row_id: str, size: float, book: Evidence) -> tuple[str, str]:
    """Probabilities of a benefit of at least a size that the rounding of a printed difference and its P value allows.

    Parameters
    ----------
    row_id : str
        A difference in results.csv with an exact P value and no interval.
    size : float
        A difference in the direction of benefit, in its unit.
    book : Evidence
        The evidence.

    Returns
    -------
    tuple of str
        Lowest and highest, in per cent.
    """
    row = book.row(row_id)
    sign = 1 if row["direction_of_benefit"] == "higher" else -1

    def probability(value: float, p: float) -> float:
        benefit = effects.interval_from_p(value, p).map(lambda limit: sign * limit)
        return 100 * (1 - effects.probability_below(benefit, size))

    printed = [rounding.span(str(row[f"{column}_printed"])) for column in ("estimate", "p_value")]
    allowed = rounding.spread(probability, *printed)
    return wording.number(allowed.low), wording.number(allowed.high)


def difference_by_rounding(rows: Sequence[str], book: Evidence) -> str:
    """Lowest and highest difference per 100 people that the rounding of two printed percentages alone allows."""
    printed = [rounding.span(str(book.row(i)["estimate_printed"])) for i in rows]
    allowed = rounding.spread(lambda first, second: first - second, *printed)
    digits = max(decimals(str(book.row(i)["estimate_printed"])) for i in rows)
    return wording.interval(wording.number(allowed.low, digits), wording.number(allowed.high, digits))


def pooled_figure(
    name: str, domain: str, windows: Sequence[str], measures: Sequence[str], book: Evidence
) -> tuple[Figure, str, list[str]]:
    """Draw the published pooled effects of one outcome, a panel for each scale, by time, the oldest review first.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    domain : str
        Kind of outcome in pooled.csv.
    windows : sequence of str
        Time windows of pooled.csv.
    measures : sequence of str
        Each has its own panel, except those in standard deviations, which share one.
    book : Evidence
        The evidence.

    Returns
    -------
    livingreview.publish.figures.Figure, str, list of str
        The figure, its caption, and the ids of the rows.
    """
    from livingreview.publish.figures import forest

    rows = book.pooled[(book.pooled["domain"] == domain) & book.pooled["measure"].isin(measures)]
    year = {str(i): book.sources[str(key)].year for i, key in rows["source_key"].items()}
    scales: dict[str, list[str]] = {}
    for window in windows:
        for i in sorted(rows.index[rows["window"] == window], key=lambda i: (year[i], i)):
            scale = str(rows.loc[i, "measure"])
            scales.setdefault(STANDARDISED[0] if scale in STANDARDISED else scale, []).append(str(i))
    panels = [_panel(scale, ids, book) for scale, ids in scales.items()]
    when = "" if set(windows) == set(WINDOWS) else f", {', '.join(WINDOWS[window] for window in windows)}"
    caption = f"{domains(book)[domain]}: published pooled effects{when}."
    return forest(name, panels), caption, [i for ids in scales.values() for i in ids]


def _sides(lower: bool, book: Evidence) -> Sides:
    """What the left and the right of no difference mean, where trials with several comparators share a scale."""
    from livingreview.publish.figures.parts import Sides

    return Sides("better with the comparator", f"better with {book.arm('intervention')}", lower)


def _panel(name: str, ids: Sequence[str], book: Evidence) -> Panel:
    from livingreview.publish.figures.parts import Panel

    properties = measure(name)
    lower = properties.is_standardised or book.row(ids[0])["direction_of_benefit"] == "lower"
    label = f"{in_words(name)}{', in standard deviations' if properties.is_standardised else ''}"
    scale: Literal["log", "linear"] = "log" if properties.scale == "log" else "linear"
    rows = [replace(pooled_row(i, book), group=WINDOWS[book.row(i)["window"]].capitalize()) for i in ids]
    return Panel(rows, label, scale, properties.null, _sides(lower, book))


@dataclass(frozen=True)
class Held:
    """A finding compared with one published threshold.

    Attributes
    ----------
    threshold : str
        Row of instruments.csv.
    size : float
        The threshold, in the unit of the scale.
    verdict : str
        What the interval of the finding says about a benefit of that size.
    chance : str
        Probability of a benefit of at least that size.
    """

    threshold: str
    size: float
    verdict: Literal["still included", "left out", "exceeded"]
    chance: str


def thresholds(instrument: str, book: Evidence) -> pd.DataFrame:
    """Published sizes of a difference or change on a scale, the smallest first."""
    rows = book.instruments[(book.instruments["instrument"] == instrument) & book.instruments["basis"].isin(SIZES)]
    return rows[rows["threshold"].notna()].sort_values("threshold", kind="stable")


def held(finding: OutcomeFinding, instrument: str, book: Evidence) -> list[Held]:
    """Compare a difference and its interval with every published threshold of its scale.

    Parameters
    ----------
    finding : OutcomeFinding
        A difference with a two-sided interval.
    instrument : str
        Its scale in instruments.csv.
    book : Evidence
        The evidence.

    Returns
    -------
    list of Held
        The smallest threshold first; none for a difference in standard deviations, as thresholds are in points.
    """
    results: list[Held] = []
    if _standardised(finding, book):
        return results
    for i, row in thresholds(instrument, book).iterrows():
        size = float(row["threshold"])
        low, high = finding.difference.low, finding.difference.high
        results.append(Held(str(i), size, _verdict(size, low, high), chance(finding, size)))
    return results


def chances(tests: Sequence[Held], book: Evidence) -> str:
    """Probabilities of a benefit of at least each threshold, with those near none or certainty in one.

    Parameters
    ----------
    tests : sequence of Held
        The smallest threshold first.
    book : Evidence
        The evidence.

    Returns
    -------
    str
        Such as '1.7: 14%; 3.7 and above: under 1%'.
    """
    groups: dict[str, list[str]] = {}
    for test in tests:
        groups.setdefault(test.chance, []).append(str(book.row(test.threshold)["threshold_printed"]))
    said = []
    for chance_, sizes in groups.items():
        if chance_ == _HIGHEST and sizes[1:]:
            said.append(f"up to {sizes[-1]}: {chance_}")
        elif chance_ == _LOWEST and sizes[1:]:
            said.append(f"{sizes[0]} and above: {chance_}")
        else:
            said += [f"{size}: {chance_}" for size in sizes]
    return "; ".join(said)


def _verdict(size: float, low: float, high: float) -> Literal["still included", "left out", "exceeded"]:
    return "left out" if size > high else "exceeded" if size < low else "still included"


def _standardised(finding: OutcomeFinding, book: Evidence) -> bool:
    """Whether a finding is in standard deviations and not in the unit of its scale."""
    return measure(str(book.row(finding.rows[0])["measure"])).is_standardised


def has_difference(finding: OutcomeFinding) -> bool:
    """Whether a finding is a difference with two limits, which can be compared with sizes of benefit."""
    estimate = finding.estimate
    return estimate is not None and finding.null == 0 and math.isfinite(estimate.low) and math.isfinite(estimate.high)


def against_thresholds(
    name: str, instrument: str, findings: Mapping[str, OutcomeFinding], book: Evidence
) -> tuple[Figure, str, list[str]]:
    """Draw the differences on a scale, with the published thresholds marked on the side of benefit.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    instrument : str
        A scale of instruments.csv.
    findings : mapping of str to OutcomeFinding
        Findings by their row of outcomes.csv.
    book : Evidence
        The evidence.

    Returns
    -------
    livingreview.publish.figures.Figure, str, list of str
        The figure, its caption, and the ids of the rows.
    """
    from livingreview.publish.figures import forest
    from livingreview.publish.figures.parts import Panel, Row, Threshold

    rows: list[Row] = []
    ids: list[str] = []
    for i, finding in findings.items():
        outcome = book.row(i)
        if outcome["instrument"] == instrument and has_difference(finding) and not _standardised(finding, book):
            study, estimate = book.row(str(outcome["study_id"])), finding.estimate
            assert estimate is not None
            result = book.row(finding.rows[0])
            digits = max(1, decimals(result["ci_low_printed"]))
            printed = f"{wording.printed(result['estimate_printed'])} ({wording.limits(estimate, digits)})"
            label, note = f"{study['acronym']}: {outcome['outcome']}", f"compared with {study['comparator']}"
            note = f"{note}; interval derived from P" if finding.how else note
            rows.append(Row(label, printed, estimate.value, estimate.low, estimate.high, note))
            ids += finding.rows
    sizes = thresholds(instrument, book)
    lower = sizes["better_direction"].iloc[0] == "lower"
    marks: list[Threshold] = []
    before = ""
    for _, row in sizes.iterrows():
        people = "the same people" if row["population"] == before else row["population"]
        kind = f"{row['threshold_printed']} {row['threshold_unit']}: {row['threshold_kind']}; {people}"
        marks.append(Threshold(-row["threshold"] if lower else row["threshold"], kind))
        before = row["population"]
    label = f"{instrument}, points, {book.arm('intervention')} minus its comparator"
    panel = Panel(rows, label, "linear", 0, _sides(lower, book), thresholds=marks)
    caption = f"{instrument}: results with 95% CI, against the published thresholds."
    return forest(name, [panel]), caption, [*ids, *map(str, sizes.index)]
