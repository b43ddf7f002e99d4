"""The register: one line for each check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from livingreview.checks.consistency import cases, contrasts, intervals, outcome, people, wholes
from livingreview.checks.consistency.cases import Case
from livingreview.checks.consistency.outcome import Check
from livingreview.checks.consistency.records import Records


@dataclass(frozen=True)
class CheckSpec:
    """One line of the register.

    Parameters
    ----------
    name : str
        Short name; explanations and relations in the data refer to it.
    needs : str
        What must be reported.
    tests : str
        What is tested.
    rounding : str
        How rounding is treated, and how much tolerance the paper's model gets.
    origin : str
        Where the check was published, or the method that it uses.
    test : callable
        The check, a pure function of printed numbers.
    find : callable
        Finds the cases in the evidence.
    column : str
        Column at which a fault is reported: blank for the row's number, ``people`` for its number of people.
    counts : bool
        Whether it tests the reported number itself, so that a row that passes counts as checked.
    """

    name: str
    needs: str
    tests: str
    rounding: str
    origin: str
    test: Callable[..., Check]
    find: Callable[[Records], Iterator[Case]]
    column: str = ""
    counts: bool = True


_DIGITS = "Printed numbers are intervals; nothing is allowed beyond rounding."
_ROOM = (
    f"Beyond rounding, room for a factor of {outcome.P_FACTOR}, since papers use several tests of one model. The "
    "normal distribution is tried, and t: by the people, or by pairs of clinics where clinics were randomized."
)
_ARMS = (
    f"Beyond rounding, room for a factor of {outcome.P_FACTOR_ARMS}, since covariates, clusters and missing answers "
    "change a P value."
)
_RATIO = f"Beyond rounding, room for a factor of {outcome.RATIO_FACTOR}, since covariates move a ratio a little."
_WIDTH = (
    f"Beyond rounding, room for a factor of {outcome.WIDTH_FACTOR}: covariates narrow an interval, clusters and "
    "missing answers widen it."
)
_EXACT = "Counts are exact."
_HANDBOOK = "Cochrane Handbook for Systematic Reviews of Interventions, chapter"
_GRIM = "Brown NJL, Heathers JAJ. The GRIM test. Soc Psychol Personal Sci 2017;8:363-369"
_WREN = "Georgescu C, Wren JD. Bioinformatics 2018;34:1758-1766"
_INSPECT = "INSPECT-SR, Wilkinson 2025, doi:10.1101/2025.09.03.25334905, check"
_TRACT = "TRACT checklist, Mol 2023, doi:10.1186/s41073-023-00130-8"

_REGISTER = (
    CheckSpec(
        "interval symmetric",
        "an estimate with a confidence interval of two sides",
        "The estimate lies in the middle of its interval, on the log scale for a ratio and on the reciprocal one for a "
        "number needed to treat; a percentage may be in the middle on the plain scale or on that of the logit.",
        _DIGITS,
        f"{_HANDBOOK} 6; for ratios {_WREN}",
        intervals.interval_symmetric,
        cases.symmetric_intervals,
    ),
    CheckSpec(
        "P from the interval",
        "a contrast with an interval, of one side or two, and a P value",
        "The P value follows from the interval, and lies on the same side of 5% as the interval says.",
        _ROOM,
        f"Altman DG, Bland JM. BMJ 2011;343:d2304 and d2090; {_WREN}",
        intervals.interval_and_p,
        cases.intervals_and_p,
        "p_value",
    ),
    CheckSpec(
        "P from the test statistic",
        "a t, z or chi-square statistic and a P value",
        "The P value is that of the statistic.",
        f"{_DIGITS} Where no degrees of freedom are printed, t may have {outcome.LEAST_DF} or more.",
        "statcheck: Nuijten MB, et al. Behav Res Methods 2016;48:1205-1226",
        intervals.statistic_and_p,
        cases.statistics_and_p,
        "p_value",
    ),
    CheckSpec(
        "P from the standardised difference",
        "a standardised mean difference, its P value and the number of people",
        "The P value is near that of a t test between two arms of like size.",
        _ARMS,
        f"{_HANDBOOK} 6",
        intervals.smd_and_p,
        cases.standardised_differences,
        "p_value",
    ),
    CheckSpec(
        "percentage from its people",
        "a percentage with its denominator, and its count or so few people that some percentages are out of reach",
        "The count, or any whole number of people, gives the percentage.",
        f"{_EXACT} The percentage is an interval, a half rounded up or down.",
        _GRIM,
        people.percent_reachable,
        cases.counted_percentages,
    ),
    CheckSpec(
        "percentage of everyone",
        "a percentage with a count and without a stated denominator, in a study or arm of known size",
        "The count, out of everyone in the study or arm, gives the percentage.",
        f"{_EXACT} The percentage is an interval, a half rounded up or down.",
        _GRIM,
        people.percent_reachable,
        cases.percentages_of_everyone,
    ),
    CheckSpec(
        "mean of whole numbers",
        "the mean of days, contacts or other whole numbers among so few people that some means are out of reach",
        "A whole number in all gives the mean.",
        f"{_EXACT} The mean is an interval, a half rounded up or down.",
        _GRIM,
        people.mean_reachable,
        cases.whole_means,
    ),
    CheckSpec(
        "standard deviation of a proportion",
        "a percentage with a standard deviation and its people",
        "The standard deviation is the one that the proportion and the number of people give.",
        _DIGITS,
        "Heathers JAJ, Brown NJL. DEBIT, 2019, https://osf.io/5vb3u/",
        people.proportion_sd,
        cases.deviations_of_proportions,
        "sd",
    ),
    CheckSpec(
        "difference of the arms",
        "a difference and the means of both arms",
        "The difference is that of the two means.",
        f"{_DIGITS} An adjusted difference may differ, which an explanation then says.",
        f"{_HANDBOOK} 6",
        contrasts.difference_of_arms,
        cases.differences,
    ),
    CheckSpec(
        "difference in differences",
        "a difference in differences and the rates of both arms before and after",
        "It is the change in one arm minus the change in the other.",
        _DIGITS,
        "its definition",
        contrasts.difference_in_differences,
        cases.differences_in_differences,
    ),
    CheckSpec(
        "odds ratio from the percentages",
        "an odds ratio and the percentages of both arms",
        "The odds ratio, crude or adjusted, is near that of the two percentages.",
        _RATIO,
        f"{_HANDBOOK} 6",
        contrasts.odds_ratio_of_arms,
        partial(cases.ratios_of_percentages, measure="odds_ratio"),
    ),
    CheckSpec(
        "risk ratio from the arms",
        "a risk ratio and the counts or percentages of both arms",
        "The risk ratio is that of the counts, or of the percentages where no counts are printed.",
        _DIGITS,
        f"{_HANDBOOK} 6",
        contrasts.risk_ratio_of_arms,
        partial(cases.ratios_of_percentages, measure="risk_ratio"),
    ),
    CheckSpec(
        "hazard ratio from the percentages",
        "a hazard ratio and the percentages of both arms at the end",
        "The hazard ratio is near the ratio of the logarithms of the shares without the event.",
        _RATIO,
        "Perneger TV. Contemp Clin Trials 2008;29:762-766",
        contrasts.hazard_ratio_of_arms,
        partial(cases.ratios_of_percentages, measure="hazard_ratio"),
    ),
    CheckSpec(
        "number needed to treat",
        "a number needed to treat and the percentages of both arms",
        "It is 1 over the difference of the two percentages.",
        "Printed numbers are intervals; a whole number may have been rounded up.",
        "Altman DG. BMJ 1998;317:1309-1312",
        contrasts.nnt_of_arms,
        cases.numbers_needed,
    ),
    CheckSpec(
        "interval from the spread of the arms",
        "a difference with an interval, and the standard deviations and people, or the standard errors, of both arms",
        "The interval is as wide as they make it.",
        _WIDTH,
        f"{_HANDBOOK} 6",
        contrasts.interval_of_means,
        cases.widths_of_differences,
        "ci_low",
    ),
    CheckSpec(
        "interval from the counts of the arms",
        "a risk or odds ratio with an interval, and the percentages and people of both arms",
        "The interval is as wide as the counts make it.",
        _WIDTH,
        "Katz D, et al. Biometrics 1978;34:469-474; Woolf B. Ann Hum Genet 1955;19:251-253",
        contrasts.interval_of_counts,
        cases.widths_of_ratios,
        "ci_low",
    ),
    CheckSpec(
        "P from the percentages",
        "a P value without an interval, and the percentages of both arms of known size",
        "The P value is near the crude one. Where only the people randomized are known, it may be larger, not smaller.",
        _ARMS,
        f"Altman DG. Practical Statistics for Medical Research, 1991, chapter 10; {_INSPECT} 4.9",
        contrasts.p_of_percentages,
        cases.p_of_percentages,
        "p_value",
    ),
    CheckSpec(
        "P from the intervals of the arms",
        "a P value without an interval, and an estimate with an interval in each arm",
        "The P value is near that of two independent estimates.",
        _ARMS,
        f"Altman DG, Bland JM. BMJ 2003;326:219; {_INSPECT} 4.9",
        contrasts.p_of_intervals,
        cases.p_of_intervals,
        "p_value",
    ),
    CheckSpec(
        "direction of a significant difference",
        "a P value without an interval, the values of both arms and the direction of benefit",
        "A significant difference is one for the intervention. One against it is possible, and an explanation then "
        "says so; more often two arms were exchanged.",
        _DIGITS,
        "its definition",
        contrasts.arms_in_direction,
        cases.directions,
        counts=False,
    ),
    CheckSpec(
        "spread that the scale allows",
        "a difference of points on a scale, or of days in a time, with its interval or P value and its people",
        "The standard deviation that they give is at most half of the range, and at least a twentieth of it.",
        f"{_DIGITS} Where clinics were randomized, room for a factor of {outcome.CLUSTER_ROOM}.",
        f"its definition: no spread is wider than half of the people at either end; {_HANDBOOK} 6",
        intervals.spread_on_scale,
        cases.spreads_on_scales,
        counts=False,
    ),
    CheckSpec(
        "ratios of one outcome",
        "an odds ratio, a risk ratio and the control's percentage of one outcome",
        "The two ratios belong together at that percentage.",
        _RATIO,
        "Zhang J, Yu KF. JAMA 1998;280:1690-1691",
        contrasts.ratios_agree,
        cases.ratios_of_one_outcome,
    ),
    CheckSpec(
        "two scales of one outcome",
        "a standardised mean difference and an odds ratio of one outcome",
        "The one is the logistic conversion of the other. Mostly it is not, since the scales differ: neither may be "
        "quoted as if it were the other.",
        _DIGITS,
        f"Chinn S. Stat Med 2000;19:3127-3131; {_HANDBOOK} 10",
        contrasts.smd_and_ratio,
        cases.two_scales,
    ),
    CheckSpec(
        "both arms together",
        "a value of both arms together, that of each arm, and their sizes",
        "The value together is the mean of the two, by size.",
        f"{_DIGITS} {_EXACT}",
        f"{_HANDBOOK} 6",
        wholes.mean_of_arms,
        cases.both_arms,
    ),
    CheckSpec(
        "parts that must sum",
        "a whole and its parts, as data/relations.csv says",
        "The parts add up to the whole.",
        f"Each printed number is an interval, so that rounded parts may miss their whole. {_EXACT}",
        f"{_INSPECT} 4.6",
        wholes.parts_sum,
        cases.sums,
    ),
    CheckSpec(
        "counts behind percentages",
        "percentages with their people, and the count they make together, as data/relations.csv says",
        "Whole numbers of people that give the percentages add up to the count.",
        f"{_EXACT} The percentages are intervals.",
        _GRIM,
        wholes.counts_sum,
        cases.sums_of_counts,
    ),
    CheckSpec(
        "ratio from its parts",
        "a ratio such as cost per day, and its two parts, as data/relations.csv says",
        "The ratio is that of its parts.",
        _DIGITS,
        "its definition",
        wholes.ratio_of_parts,
        cases.ratios_of_parts,
    ),
    CheckSpec(
        "interval carries its cost",
        "a cost ratio or net benefit with an interval, and the cost with one, as data/relations.csv says",
        "The interval is no narrower than the uncertainty of the cost alone makes it.",
        f"Beyond rounding, room for a factor of {outcome.WIDTH_FACTOR}.",
        "its definition: a ratio cannot be surer than its numerator",
        wholes.interval_carries_cost,
        cases.costs_in_intervals,
        "ci_low",
    ),
    CheckSpec(
        "probability from the intervals",
        "a probability of a saving, and the interval of the cost or of both arms' costs, as data/relations.csv says",
        "The probability follows from the intervals.",
        f"Beyond rounding, room for {outcome.PROBABILITY_POINTS} percentage points, since a bootstrap is not normal.",
        "the normal distribution",
        wholes.probability_of_intervals,
        cases.probabilities,
    ),
    CheckSpec(
        "two sources of one quantity",
        "one quantity in two sources",
        "They give the same number, as far as the coarser one is printed.",
        _DIGITS,
        f"{_INSPECT} 4.11",
        wholes.sources_agree,
        cases.two_sources,
    ),
    CheckSpec(
        "planned and achieved size",
        "a planned and a randomized number of people",
        f"They are within {100 * outcome.SIZE_GAP:.0f}% of the plan.",
        _EXACT,
        f"{_TRACT}, governance",
        wholes.size_reached,
        cases.sizes_reached,
        counts=False,
    ),
    CheckSpec(
        "follow-up after enrolment",
        "the end of enrolment, the months of follow-up and the year of the source",
        "The last person can have been followed up by then.",
        "A year or a month stands for all its days.",
        f"{_TRACT}, timeframe",
        wholes.time_for_follow_up,
        cases.follow_ups,
        "months",
        counts=False,
    ),
    CheckSpec(
        "group within its trial",
        "the size of a group, and that of its trial or arm",
        "The group is no larger.",
        _EXACT,
        f"{_INSPECT} 4.6",
        wholes.part_of_whole,
        cases.subgroups,
        "people",
        counts=False,
    ),
    CheckSpec(
        "people of both arms",
        "the number of people in a contrast, and that in each arm",
        "The arms add up.",
        _EXACT,
        f"{_INSPECT} 4.6",
        wholes.parts_sum,
        cases.arms_make_whole,
        "people",
        counts=False,
    ),
)


def register() -> tuple[CheckSpec, ...]:
    """Every check, in the order of the register."""
    return _REGISTER
