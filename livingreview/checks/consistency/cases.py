"""Where each check applies: the rows that it compares, and the call that compares them.

A case is the ids of its rows, first the one at which a fault would be reported, and the check ready to run. Rows
without a number, or with one that cannot be computed with, make no case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations

from livingreview.checks.consistency import contrasts, intervals, people, wholes
from livingreview.checks.consistency.outcome import Check, few
from livingreview.checks.consistency.records import ARMS, OutcomeRows, Records, Row, is_number
from livingreview.evidence import measures, split
from livingreview.evidence.measures import IntervalScale
from livingreview.statistics.rounding import Printed, decimals, span

Case = tuple[tuple[str, ...], Callable[[], Check]]

DIFFERENCES = ("mean_difference", "difference_in_change")
#: Denominators that the paper prints for the result, as a number or for each arm.
PRINTED = ("printed", "sum")
DAYS_OF_MONTH = 365.25 / 12
#: A denominator that is the paper's, or that the review took to be everyone randomized.
STATED = (*PRINTED, "randomised")
#: Units in which a person's value is a whole number.
WHOLE_UNITS = ("days", "days per week", "contacts", "dependencies", "people")


def scale(row: Row) -> IntervalScale:
    """The scale on which the interval of a row is symmetric."""
    return measures.measure(row["measure"]).scale


def interval(row: Row) -> tuple[str, str, str] | None:
    """Estimate and limits of a row with a two-sided confidence interval."""
    three = row.main, row.number("ci_low"), row.number("ci_high")
    return three if all(three) and row["ci_type"] == "two_sided" else None


def _has_arms(row: Row) -> bool:
    """Whether a row of results is about one arm: its P value then belongs to the contrast."""
    return row.table == "results" and row["arm"] != "contrast"


# ------------------------------------------------------------------------------------------------------ single rows


def symmetric_intervals(book: Records) -> Iterator[Case]:
    """Rows with an estimate and both limits."""
    for row in book.rows("results", "pooled"):
        three = interval(row)
        if three and not (scale(row) == "reciprocal" and float(three[1]) <= 0):
            yield (row.id,), partial(intervals.interval_symmetric, *three, scale=scale(row))


def intervals_and_p(book: Records) -> Iterator[Case]:
    """Contrasts with a one- or two-sided interval and their own P value."""
    for row in book.rows("results", "pooled"):
        ends = row.number("ci_low"), row.number("ci_high")
        fit = {"two_sided": all(ends), "one_sided": any(ends)}.get(row["ci_type"], False)
        kind, p = scale(row), row.number("p_value")
        ratio = kind in ("log", "reciprocal") and any(end and float(end) <= 0 for end in (row.main, *ends))
        if fit and p and row.main and row["p_operator"] and kind != "share" and not _has_arms(row) and not ratio:
            level = float(row.number("ci_level") or 95) / 100
            call = partial(intervals.interval_and_p, row.main, *ends, row["p_operator"], p, scale=kind, level=level)
            yield (row.id,), partial(call, df=_degrees(book, row))


def _degrees(book: Records, row: Row) -> int | None:
    """Fewest degrees of freedom of a contrast: people, or pairs of clinics where clinics were randomised."""
    study = book.study(row)
    n, df = row.count("n"), None
    if study and study["unit_of_randomisation"] not in ("patient", "none", "") and study.count("clinics"):
        df = int(study.count("clinics")) // 2 - 1
    elif n:
        df = int(n) - 2
    return few(df) if df and df >= 1 else None


def statistics_and_p(book: Records) -> Iterator[Case]:
    """Rows with a test statistic and its P value."""
    for row in book.rows("results"):
        p, operator = row.number("p_value"), row["p_operator"]
        if row.main and p and operator and row["measure"] == "t_statistic":
            yield (row.id,), partial(intervals.statistic_and_p, "t", row.main, operator, p)
        if row.main and p and operator and row["measure"] == "chi_square" and row["unit"] == "chi-square, 1 df":
            yield (row.id,), partial(intervals.statistic_and_p, "chi2", row.main, operator, p)


def informative(percent: str, n: str) -> bool:
    """Whether some percentages with these digits are impossible among n people."""
    return int(n) < 100 * 10.0 ** decimals(percent)


def counted_percentages(book: Records) -> Iterator[Case]:
    """Percentages with a stated denominator, and a count or so few people that some percentages are impossible."""
    for row in book.rows("results", "baseline"):
        if row["measure"] == "percent" and row.main and row.people and row["denominator_basis"] in STATED:
            if row.events:
                call = partial(people.percent_reachable, row.main, int(row.people), int(row.events))
                yield (row.id,), call
            elif informative(row.main, row.people):
                yield (row.id,), partial(people.percent_reachable, row.main, int(row.people))


def percentages_of_everyone(book: Records) -> Iterator[Case]:
    """Percentages with a printed count but no printed denominator, in a study or arm of known size."""
    for row in book.rows("results", "baseline"):
        n, source = book.size(row["study_id"], row["population"], row["arm"])
        unstated = row["denominator_basis"] in ("not_stated", "implied")
        if row["measure"] == "percent" and row.main and row.events and unstated and n and int(n):
            yield (row.id, source), partial(people.percent_reachable, row.main, int(n), int(row.events))


def whole_means(book: Records) -> Iterator[Case]:
    """Means of whole numbers among so few people that some means are impossible."""
    for row in book.rows("results"):
        n = row.count("n") if row["denominator_basis"] in PRINTED else ""
        whole = row["measure"] == "mean" and row["unit"] in WHOLE_UNITS and row.main
        if whole and n and int(n) < 10.0 ** decimals(row.main):
            yield (row.id,), partial(people.mean_reachable, row.main, int(n))


def deviations_of_proportions(book: Records) -> Iterator[Case]:
    """Percentages with a standard deviation and a denominator."""
    for row in book.rows("baseline"):
        n = row.people if row["denominator_basis"] in STATED else ""
        if row["measure"] == "percent" and row.main and row.number("sd") and n and int(n) > 1:
            yield (row.id,), partial(people.proportion_sd, row.main, row.number("sd"), int(n), whole=100)


def standardised_differences(book: Records) -> Iterator[Case]:
    """Standardized differences with a P value, in a study of known size."""
    for row in book.rows("results"):
        if row["measure"] == "cohen_d" and row.main and row.number("p_value") and row["p_operator"]:
            n, source = row.count("n"), ""
            if not n:
                n, source = book.size(row["study_id"], row["population"], "both")
            if n and int(n) > 2:
                call = partial(intervals.smd_and_p, row.main, row["p_operator"], row.number("p_value"), n)
                yield (row.id, source) if source else (row.id,), call


# --------------------------------------------------------------------------------------- one outcome in its two arms


def ids(*rows: Row) -> tuple[str, ...]:
    """The ids of rows."""
    return tuple(row.id for row in rows)


def differences(book: Records) -> Iterator[Case]:
    """Differences beside the means of both arms."""
    for outcome in book.outcomes:
        if arms := outcome.arms("mean"):
            for row in outcome.contrast(*DIFFERENCES):
                yield ids(row, *arms), partial(contrasts.difference_of_arms, row.main, arms[0].main, arms[1].main)


def differences_in_differences(book: Records) -> Iterator[Case]:
    """Differences in differences beside the rates of both arms before and after."""
    rates: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    parts = ("study_id", "population", "outcome", "definition", "instrument", "source_key")
    for row in book.rows("results"):
        if row["measure"] in ("rate", "mean") and row.main and row.number("months"):
            rates[*(row[part] for part in parts), row["arm"]].append(row)
    for row in book.rows("results"):
        if row["measure"] == "difference_in_differences" and row.main and row.number("months"):
            four: list[Row] = []
            for arm in ARMS[0]:
                same = rates[*(row[part] for part in parts), arm]
                four += [rate for rate in same if float(rate["months"]) == 0]
                four += [rate for rate in same if rate["months"] == row["months"]]
            if len(four) == 4:
                call = partial(contrasts.difference_in_differences, row.main, *(rate.main for rate in four))
                yield ids(row, *four), call


def _known_counts(*arms: Row) -> bool:
    return all(arm.events and arm.people and int(arm.people) and int(arm.events) for arm in arms)


def ratios_of_percentages(book: Records, measure: str) -> Iterator[Case]:
    """Ratios of one measure beside the percentages of both arms."""
    tests = {"odds_ratio": contrasts.odds_ratio_of_arms, "hazard_ratio": contrasts.hazard_ratio_of_arms}
    for outcome in book.outcomes:
        arms = outcome.arms("percent")
        if arms and all(0 < float(arm.main) < 100 for arm in arms):
            first, second = arms
            for row in outcome.contrast(measure):
                if measure in tests:
                    yield ids(row, *arms), partial(tests[measure], row.main, first.main, second.main)
                else:
                    counts = ((first.events, first.people), (second.events, second.people))
                    exact = counts if _known_counts(*arms) else None
                    call = partial(contrasts.risk_ratio_of_arms, row.main, first.main, second.main, exact)
                    yield ids(row, *arms), call


def numbers_needed(book: Records) -> Iterator[Case]:
    """Numbers needed to treat beside the percentages of both arms, or related to them in the data."""
    for outcome in book.outcomes:
        if arms := outcome.arms("percent"):
            for row in outcome.contrast("number_needed_to_treat"):
                yield ids(row, *arms), partial(contrasts.nnt_of_arms, row.main, arms[0].main, arms[1].main)
    for relation in related(book, "number needed to treat"):
        if len(relation.parts) == 2:
            yield relation.rows, partial(contrasts.nnt_of_arms, *map(str, (relation.whole, *relation.parts)))


def _limits(row: Row) -> tuple[str, str] | None:
    """The limits of a 95% interval."""
    three = interval(row)
    return three[1:] if three and float(row.number("ci_level") or 95) == 95 else None


def widths_of_differences(book: Records) -> Iterator[Case]:
    """Intervals of differences beside the standard deviations or errors of both arms."""
    for outcome in book.outcomes:
        for row in outcome.contrasts:
            limits = _limits(row) if row["measure"] in DIFFERENCES else None
            for measure in ("sd", "se") if limits else ():
                arms = outcome.arms(measure)
                if limits and arms and (measure == "se" or all(arm.people for arm in arms)):
                    pairs = ((arm.main, arm.people) for arm in arms)
                    call = partial(contrasts.interval_of_means, *limits, *pairs, errors=measure == "se")
                    yield ids(row, *arms), call


def widths_of_ratios(book: Records) -> Iterator[Case]:
    """Intervals of risk and odds ratios beside the percentages and people of both arms."""
    for outcome in book.outcomes:
        arms = outcome.arms("percent")
        if arms and all(arm.people and arm["denominator_basis"] in STATED for arm in arms):
            for row in outcome.contrast("risk_ratio", "odds_ratio"):
                limits = _limits(row)
                if limits and float(limits[0]) > 0:
                    pairs = ((arm.main, arm.people) for arm in arms)
                    call = partial(contrasts.interval_of_counts, *limits, *pairs, odds=row["measure"] == "odds_ratio")
                    yield ids(row, *arms), call


def _contrast_p(outcome: OutcomeRows, arms: tuple[Row, Row]) -> tuple[str, str, tuple[Row, ...]] | None:
    """The P value of a contrast, and the rows that print it: its own row without interval, or both arms."""
    for row in outcome.contrasts:
        if row.number("p_value") and row["p_operator"] and interval(row) is None:
            return row["p_operator"], row.number("p_value"), (row, *arms)
    printed = {(arm["p_operator"], arm.number("p_value")) for arm in arms}
    operator, p = next(iter(printed))
    return (operator, p, arms) if len(printed) == 1 and operator and p else None


def p_of_percentages(book: Records) -> Iterator[Case]:
    """P values of contrasts beside the percentages of both arms that have no intervals."""
    for outcome in book.outcomes:
        arms = outcome.arms("percent")
        p_value = _contrast_p(outcome, arms) if arms and not all(interval(arm) for arm in arms) else None
        if arms is None or p_value is None:
            continue
        operator, p, rows = p_value
        pairs, at_most = [], False
        for arm in arms:
            n = arm.people if arm["denominator_basis"] in STATED else ""
            if not n:
                n, at_most = book.size(arm["study_id"], arm["population"], arm["arm"])[0], True
            pairs.append((arm.main, n))
        if all(n for _, n in pairs):
            yield ids(*rows), partial(contrasts.p_of_percentages, operator, p, *pairs, at_most=at_most)


def p_of_intervals(book: Records) -> Iterator[Case]:
    """P values of contrasts beside estimates of both arms with intervals."""
    for outcome in book.outcomes:
        for measure in ("percent", "mean"):
            arms = outcome.arms(measure)
            p_value = _contrast_p(outcome, arms) if arms else None
            if arms and p_value:
                operator, p, rows = p_value
                first, second = map(interval, arms)
                if first and second:
                    yield ids(*rows), partial(contrasts.p_of_intervals, operator, p, first, second)


def directions(book: Records) -> Iterator[Case]:
    """Values of both arms with a P value that no interval goes with, and a direction of benefit.

    Where the source itself says that the comparator did better, there is nothing left to ask.
    """
    for outcome in book.outcomes:
        if any(row["direction_reported"] == "comparator better" for row in outcome.contrasts):
            continue
        for measure in ("percent", "mean"):
            arms = outcome.arms(measure)
            p_value = _contrast_p(outcome, arms) if arms else None
            better = {arm["direction_of_benefit"] for arm in arms or ()}
            if arms and p_value and len(better) == 1 and better <= {"higher", "lower"}:
                operator, p, rows = p_value
                call = partial(contrasts.arms_in_direction, operator, p, arms[0].main, arms[1].main)
                yield ids(*rows), partial(call, better=better.pop())


def spreads_on_scales(book: Records) -> Iterator[Case]:
    """Differences of points on a scale, or of days in a time, with an interval or a P value, among known people."""
    scales = {row["instrument"]: row for row in book.rows("instruments") if row.number("range_high")}
    for row in book.rows("results"):
        whole = _range(row, scales.get(row["instrument"]))
        study = book.study(row)
        if row["measure"] not in DIFFERENCES or not row.main or not whole or study is None:
            continue
        n, source = row.count("n"), ""
        if not n:
            n, source = book.size(row["study_id"], row["population"], "both")
        limits, p = _limits(row), row.number("p_value")
        certain = limits or (row["p_operator"] == "=" and p and 0 < float(p) < 1 and float(row.main))
        if n and int(n) > 2 and certain:
            clustered = study["unit_of_randomisation"] != "patient"
            call = partial(intervals.spread_on_scale, row.main, *(limits or ("", "")), row["p_operator"], p)
            yield (row.id, source) if source else (row.id,), partial(call, n=n, whole=whole, clustered=clustered)


def _range(row: Row, instrument: Row | None) -> float:
    """From the lower end of a row's scale to the higher, or the days in its time; 0 where neither is known."""
    if row["unit"] == "points" and row["scale_range"]:
        low, high = row["scale_range"].split("-")
        return float(high) - float(low)
    if row["unit"] == "points" and instrument:
        return float(instrument.number("range_high")) - float(instrument.number("range_low") or 0)
    return float(row.number("months") or 0) * DAYS_OF_MONTH if row["unit"] == "days" else 0.0


def ratios_of_one_outcome(book: Records) -> Iterator[Case]:
    """Odds ratios beside risk ratios of the same outcome, with the percentage of the control arm."""
    for outcome in book.outcomes:
        for odds in outcome.contrast("odds_ratio"):
            for risk in outcome.contrast("risk_ratio"):
                arms = outcome.arms("percent")
                if arms:
                    yield ids(odds, risk, arms[1]), partial(contrasts.ratios_agree, odds.main, risk.main, arms[1].main)


def two_scales(book: Records) -> Iterator[Case]:
    """Standardized differences beside odds ratios of the same outcome."""
    for outcome in book.outcomes:
        for smd in outcome.contrast("cohen_d"):
            for ratio in outcome.contrast("odds_ratio", "ratio_of_odds_ratios"):
                if span(ratio.main).low > 0:
                    yield ids(smd, ratio), partial(contrasts.smd_and_ratio, smd.main, ratio.main)


def both_arms(book: Records) -> Iterator[Case]:
    """Values of both arms together beside those of each."""
    groups: dict[tuple[str, ...], dict[str, Row]] = defaultdict(dict)
    for row in book.rows("results", "baseline"):
        if row["measure"] in ("mean", "percent", "rate") and row.main:
            parts = ("study_id", "population", "definition", "instrument", "months", "measure", "source_key")
            groups[row.table, row.outcome, *(row[part] for part in parts)][row["arm"]] = row
    for rows in groups.values():
        if {"both", *ARMS[0]} <= set(rows):
            sized = []
            for arm in (rows[name] for name in ARMS[0]):
                n, source = arm.people, ""
                if not n:
                    n, source = book.size(arm["study_id"], arm["population"], arm["arm"])
                sized.append((arm, n, source))
            if all(n for _, n, _ in sized):
                call = partial(wholes.mean_of_arms, rows["both"].main, *((arm.main, n) for arm, n, _ in sized))
                yield (rows["both"].id, *(i for arm, _, source in sized for i in (arm.id, source) if i)), call


def two_sources(book: Records) -> Iterator[Case]:
    """The same quantity in two sources."""
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in book.rows("results", "baseline"):
        if row.main:
            parts = ("study_id", "population", "months", "arm", "measure")
            groups[row.table, row.outcome, *(row[part] for part in parts)].append(row)
    for rows in groups.values():
        for first, second in combinations(rows, 2):
            if first["source_key"] != second["source_key"]:
                yield ids(first, second), partial(wholes.sources_agree, first.main, second.main)
    for relation in related(book, "two sources of one quantity"):
        if len(relation.parts) == 1:
            yield relation.rows, partial(wholes.sources_agree, str(relation.whole), str(relation.parts[0]))


# -------------------------------------------------------------------------- numbers that the data say belong together


@dataclass(frozen=True)
class Relation:
    """Numbers that belong together: a whole and its parts, the weights of the parts, and the rows of all."""

    whole: Printed
    parts: list[Printed]
    weights: list[float]
    rows: tuple[str, ...]


def related(book: Records, check: str) -> Iterator[Relation]:
    """The relations of a check whose numbers all exist."""
    for row in book.rows("relations"):
        if row["check"] == check:
            numbers = [_referred(book, name) for name in (row["whole"], *split(row["parts"]))]
            weights = [float(weight) for weight in split(row["weights"]) if is_number(weight)]
            if all(number != "" for number, _ in numbers) and len(weights) == len(split(row["weights"])):
                rows = tuple(dict.fromkeys(row_id for _, row_id in numbers if row_id))
                yield Relation(numbers[0][0], [number for number, _ in numbers[1:]], weights, rows)


def _referred(book: Records, name: str) -> tuple[Printed, str]:
    """The number that a relation refers to, blank if there is none, and the id of its row.

    A reference is an id, an id with a column after a point, or a whole number.
    """
    row_id, _, column = name.partition(".")
    row = book.find(row_id)
    if row is None:
        return (int(name) if name.isdigit() else ""), ""
    number = row.number(column) if column else row.main
    counted = column in ("n", "events") or row.table in ("sets", "arms", "studies", "discrepancies")
    return (int(number) if number.isdigit() and counted else number), row_id


def unrelated(book: Records) -> list[tuple[str, str, str]]:
    """Invalid references in relations: the id of the relation, the column, and the reference."""
    wrong = []
    for row in book.rows("relations"):
        for column in ("whole", "parts"):
            wrong += [(row.id, column, name) for name in split(row[column]) if _referred(book, name)[0] == ""]
        wrong += [(row.id, "weights", weight) for weight in split(row["weights"]) if not is_number(weight)]
    return wrong


def sums(book: Records) -> Iterator[Case]:
    """Parts that must add up according to the data."""
    for relation in related(book, "parts that must sum"):
        if len(relation.weights) in (0, len(relation.parts)):
            yield relation.rows, partial(wholes.parts_sum, relation.whole, relation.parts, relation.weights)


def sums_of_counts(book: Records) -> Iterator[Case]:
    """Percentages whose people must add up to a printed count according to the data."""
    for relation in related(book, "counts behind percentages"):
        rows = [row for row in map(book.find, relation.rows[1:]) if row and row["measure"] == "percent" and row.people]
        if len(rows) == len(relation.parts) and isinstance(relation.whole, int):
            yield relation.rows, partial(wholes.counts_sum, relation.whole, [(row.main, row.people) for row in rows])


def _divides(number: Printed) -> bool:
    return span(number).low * span(number).high > 0


def ratios_of_parts(book: Records) -> Iterator[Case]:
    """Ratios such as cost per day, related to their parts in the data."""
    for relation in related(book, "ratio from its parts"):
        if len(relation.parts) == 2 and _divides(relation.parts[1]):
            numerator, denominator = relation.parts
            factor = (*relation.weights, 1.0)[0]
            yield relation.rows, partial(wholes.ratio_of_parts, relation.whole, numerator, denominator, factor)


def costs_in_intervals(book: Records) -> Iterator[Case]:
    """Intervals of cost ratios beside that of the cost, related in the data."""
    for relation in related(book, "interval carries its cost"):
        ratio, cost = (interval(row) if row else None for row in map(book.find, relation.rows[:2]))
        effect, factor = (*relation.parts[1:], 1)[0], (*relation.weights, 1.0)[0]
        if ratio and cost and _divides(effect):
            yield relation.rows, partial(wholes.interval_carries_cost, *ratio[1:], cost[1:], effect, factor)


def probabilities(book: Records) -> Iterator[Case]:
    """Probabilities of a saving beside the intervals that they follow from, related in the data."""
    for relation in related(book, "probability from the intervals"):
        three = [interval(row) if row else None for row in map(book.find, relation.rows[1:])]
        estimates = [ends for ends in three if ends]
        if estimates and len(estimates) == len(relation.parts):
            yield relation.rows, partial(wholes.probability_of_intervals, str(relation.whole), *estimates)


# ------------------------------------------------------------------------------------------- the trial around the row


def sizes_reached(book: Records) -> Iterator[Case]:
    """Studies with a planned and an achieved size."""
    for study in book.rows("studies"):
        planned, achieved = study.count("n_planned"), study.count("n_randomised")
        if planned and achieved and int(planned):
            yield (study.id,), partial(wholes.size_reached, planned, achieved)


def follow_ups(book: Records) -> Iterator[Case]:
    """Sources with a year of studies whose end of enrollment is known: the longest follow-up that each reports."""
    longest: dict[tuple[str, str], Row] = {}
    for row in book.rows("results"):
        key = row["study_id"], row["source_key"]
        if row.number("months") and (key not in longest or float(row["months"]) > float(longest[key]["months"])):
            longest[key] = row
    for (_, source), row in longest.items():
        study, year = book.study(row), book.years.get(source, "")
        if study and study["enrol_end"] and len(year) == 4 and year.isdigit():
            call = partial(wholes.time_for_follow_up, study["enrol_end"], row["months"], year)
            yield (row.id, study.id), call


def subgroups(book: Records) -> Iterator[Case]:
    """Groups of people in a study or an arm of known size, unless another source disputes their number."""
    disputed = {(row["study_id"], row["value"]) for row in book.rows("discrepancies")}
    for row in book.rows("sets", "results", "baseline"):
        n = "" if (row["study_id"], row.people) in disputed else row.people
        arm = row["arm"] if row["arm"] in ARMS[0] else "both"
        whole, source = book.size(row["study_id"], "all", arm)
        if row["population"] != "all" and n and whole:
            yield (row.id, source), partial(wholes.part_of_whole, n, whole)


def arms_make_whole(book: Records) -> Iterator[Case]:
    """Contrasts, or values of both arms, whose number of people is printed beside that of each arm."""
    for outcome in book.outcomes:
        arms = next((pair for m in ("percent", "mean", "rate") if (pair := outcome.arms(m))), None)
        if arms and all(arm.people and arm["denominator_basis"] in PRINTED for arm in arms):
            for row in outcome.rows:
                if row["arm"] in ("contrast", "both") and row.people and row["denominator_basis"] in PRINTED:
                    sizes = [int(arm.people) for arm in arms]
                    yield ids(row, *arms), partial(wholes.parts_sum, int(row.people), sizes)
