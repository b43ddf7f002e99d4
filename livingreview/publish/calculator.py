"""What published ratios and staffing guidance mean for a clinic, from numbers that a reader enters.

The tools of the chapter `clinic` do the same in the browser (site/static/clinic.js): the same operations in the same
order, the same rounding, and the same sentences, which the page passes to them. tests/test_tools.py compares the
two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from livingreview.evidence import load
from livingreview.evidence.topic import section
from livingreview.statistics import effects, wording
from livingreview.statistics.effects import NNT, Estimate

#: One block of an answer: its head, and its lines.
Block = tuple[str, tuple[str, ...]]
#: A ratio and the limits of its interval, as this review prints them.
Ratio = tuple[str, str, str]
#: The two ratios that give different answers.
MEASURES = ("risk ratio", "odds ratio")

#: The sentences of the tools; braces are filled in, those for the name of the intervention by `sentences`.
WORDS = {
    "head": "From the {measure} of {ratio} ({low} to {high})",
    "comparator": "{risk} of 100 {verb} with {comparator}",
    "risk": "{risk} of 100 {verb} with {intervention} ({low} to {high})",
    "one side": "{size} {word} per 100 ({low} to {high})",
    "both sides": "{size} {word} per 100 ({low} {first} to {high} {second})",
    "more": "more",
    "fewer": "fewer",
    "equal": "as many as with {comparator}, so there is no number needed to treat",
    "tiny": "too small a difference, or limit of it, for a number needed to treat",
    "outside": "outside the {low} to {high} of 100 at which this ratio was seen: an extrapolation",
    "beyond": "no answer: above about {limit} of 100 this ratio cannot be applied",
    "enter": "{label}: enter {hint}.",
    "sum": "Case mix: the shares must add up to 100; these add up to {sum}.",
    "range": "{low} to {high}",
}

#: The blocks of an answer on staffing: head and line.
STAFFING_LINES: dict[str, str] = section("staffing")

#: Mean weeks of a calendar month.
WEEKS = 365.25 / 12 / 7

#: Most characters of an entry: a double cannot distinguish more digits.
LONGEST = 15

_PERCENT = re.compile(r"([0-9]+(?:[.,][0-9]*)?|[.,][0-9]+) ?%?")
_WHOLE = re.compile(r"([0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)")


@dataclass(frozen=True)
class Field:
    """What a reader can enter.

    Parameters
    ----------
    name : str
        Its name in the address of the page.
    label, hint : str
        Label; and what an entry must be, to follow the word 'enter'.
    value : str
        Initial value.
    most : int
        The largest number; the smallest is 0.
    whole : bool
        Whether it must be a whole number; else it is a percentage.
    """

    name: str
    label: str
    hint: str
    value: str
    most: int = 100
    whole: bool = False

    @property
    def wrong(self) -> str:
        """The sentence for an entry that is not a number valid for this field."""
        return WORDS["enter"].format(label=self.label, hint=self.hint)

    def number(self, text: str) -> float | None:
        """Read an entry.

        Parameters
        ----------
        text : str
            Digits; a percentage may have a decimal point or comma and a percent sign, a whole number thousands
            separators.

        Returns
        -------
        float or None
            None if it is not a number from 0 to `most`.
        """
        match = (_WHOLE if self.whole else _PERCENT).fullmatch(text.strip(" \t\u00a0"))
        if not match or len(text) > LONGEST:
            return None
        number = float(match[1].replace(",", "" if self.whole else "."))
        return number if number <= self.most else None


#: Fields of the staffing tool other than the case mix; the values are examples.
PANEL = Field(
    "panel", "Adults in the panel", "a whole number from 0 to 10,000,000, such as 5000", "5000", 10_000_000, True
)
PREVALENCE = Field("prevalence", "Share of them with the condition, in %", "a number from 0 to 100, such as 12.5", "10")
TOGETHER = Field(
    "together", "Share of these on the caseload at one time, in %", "a number from 0 to 100, such as 50", "50"
)


@dataclass(frozen=True)
class Outcome:
    """An outcome whose ratios can be applied to a baseline risk.

    Parameters
    ----------
    name, label, verb, comparator : str
        Words for the address of the page, for the list of ratios, after '45 of 100', and after 'with'.
    risk_ratio : tuple of str
        As printed: the tool computes with these digits, so that anyone can reproduce it.
    odds_ratio : tuple of str or None
        Likewise; None where none is published.
    baseline : str
        Percentage with the outcome in the comparator that the tool starts with.
    seen : tuple of str
        Smallest and largest percentage with the outcome in the comparator at which the ratios were seen.
    more_is_better : bool
        Whether the outcome is one to wish for.
    """

    name: str
    label: str
    verb: str
    comparator: str
    risk_ratio: Ratio
    odds_ratio: Ratio | None
    baseline: str
    seen: tuple[str, str]
    more_is_better: bool

    @property
    def ratios(self) -> dict[str, Ratio]:
        """Its published ratios by measure."""
        pairs = zip(MEASURES, (self.risk_ratio, self.odds_ratio), strict=True)
        return {measure: ratio for measure, ratio in pairs if ratio is not None}

    def is_outside(self, percent: float) -> bool:
        """Whether a baseline risk, out of 100, is outside the range at which the ratios were seen."""
        return not float(self.seen[0]) <= percent <= float(self.seen[1])

    def expected(self, measure: str, baseline: float) -> ExpectedEffect | None:
        """Apply its 'risk ratio' or 'odds ratio' to a baseline risk, a proportion; see `expected`."""
        value, low, high = map(float, self.ratios[measure])
        ratio = Estimate(value, low, high)
        return expected(ratio, baseline, odds=measure == MEASURES[1], more_is_better=self.more_is_better)

    @property
    def limit(self) -> str:
        """Baseline out of 100 above which the risk ratio, at its upper limit, would give more people than there are."""
        return rounded(100 / float(self.risk_ratio[2]))

    def rows(self, percent: float) -> list[tuple[str, ...]]:
        """What both ratios imply at a baseline risk, for a table.

        Parameters
        ----------
        percent : float
            Baseline risk out of 100.

        Returns
        -------
        list of tuple of str
            For each ratio: the baseline and the ratio, the risk out of 100 people, its difference per 100, and the
            NNT.
        """
        rows: list[tuple[str, ...]] = []
        for measure in self.ratios:
            effect = self.expected(measure, percent / 100)
            head = f"{percent:g}, {measure}"
            if effect is None:
                rows.append((head, "not applicable", "", ""))
            else:
                text = "{risk} ({low} to {high})".format(**risk_words(effect))
                difference = difference_text(effect.difference).replace(" per 100", "")
                rows.append((head, text, difference, effect.nnt.text(0)))
        return rows


@dataclass(frozen=True)
class ExpectedEffect:
    """What a ratio implies at a baseline risk: the risk, its difference from the baseline, and the NNT."""

    risk: Estimate
    difference: Estimate
    nnt: NNT


@dataclass(frozen=True)
class Guidance:
    """Published guidance on staffing, as far as the calculation needs it.

    Parameters
    ----------
    caseloads : sequence of tuple of float
        Fewest and most patients for one full-time manager, for each group of the case mix.
    hours_per_patient, hours_per_manager : float
        Consultant hours a week: the fewest for one patient, and those for one full-time manager with a full
        caseload.
    weeks : float
        Weeks in a month.
    acute_weeks, continuation_months : float
        Time between contacts with one patient, in the acute and in the continuation phase.
    minutes : tuple of float
        Fewest and most minutes that the base codes cover, per patient and month.
    short : float
        Minutes of the code for a shorter month.
    """

    caseloads: Sequence[tuple[float, float]]
    hours_per_patient: float
    hours_per_manager: float
    weeks: float
    acute_weeks: float
    continuation_months: float
    minutes: tuple[float, float]
    short: float


Span = tuple[float, float]


@dataclass(frozen=True)
class Staffing:
    """What a caseload requires by the guidance, each as the least and the most.

    Full-time managers, consultant hours a week and a month, contacts a month, minutes a month of the base
    codes; and the minutes of the code for a shorter month.
    """

    managers: Span
    weekly_hours: Span
    monthly_hours: Span
    contacts: Span
    minutes: Span
    short: float


def sentences() -> dict[str, str]:
    """The sentences of the tools, with the name of the intervention."""
    return {key: text.replace("{intervention}", load().arm("intervention")) for key, text in WORDS.items()}


def rounded(value: float, decimals: int = 0) -> str:
    """A number of at least 0 as the tools print it: rounded half up, with commas between thousands.

    The error of binary arithmetic beyond the ninth decimal is dropped first, so that 28.499999999999996, which a
    calculator shows as 28.5, becomes 29. The value must be below 1e18.
    """
    exact = Decimal(value).quantize(Decimal("1e-9"), ROUND_HALF_UP)
    return f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,}"


def expected(ratio: Estimate, baseline: float, *, odds: bool, more_is_better: bool) -> ExpectedEffect | None:
    """Apply a ratio to a baseline risk.

    Parameters
    ----------
    ratio : Estimate
        Risk ratio or odds ratio, intervention over comparator.
    baseline : float
        Proportion with the outcome in the comparator.
    odds : bool
        Whether it is an odds ratio.
    more_is_better : bool
        Whether the outcome is one to wish for.

    Returns
    -------
    ExpectedEffect or None
        None if a risk ratio, at its upper limit, implies more than everyone. The intervals ignore the uncertainty of
        the baseline.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, chapter 15.
    """
    if not odds and ratio.high * baseline > 1:
        return None
    risk = ratio.map(lambda r: effects.risk_from_odds_ratio(r, baseline) if odds else r * baseline)
    difference = risk.map(lambda r: r - baseline)
    nnt = effects.number_needed_to_treat(difference, increase_is_benefit=more_is_better)
    return ExpectedEffect(risk, difference, nnt)


def staffing(people: float, mix: Sequence[float], guidance: Guidance) -> Staffing:
    """Compute what a caseload requires by the guidance.

    Parameters
    ----------
    people : float
        People on the caseload at one time.
    mix : sequence of float
        Their shares in the groups of `guidance.caseloads`; the sum is 1.
    guidance : Guidance
    """
    fewest = most = 0.0
    for share, (small, large) in zip(mix, guidance.caseloads, strict=True):
        fewest += people * share / large
        most += people * share / small
    low, high = people * guidance.hours_per_patient, most * guidance.hours_per_manager
    return Staffing(
        (fewest, most),
        (low, high),
        (low * guidance.weeks, high * guidance.weeks),
        (people / guidance.continuation_months, people * guidance.weeks / guidance.acute_weeks),
        (people * guidance.minutes[0], people * guidance.minutes[1]),
        people * guidance.short,
    )


def by_group(people: float, guidance: Guidance) -> list[Staffing]:
    """Compute what a caseload requires if everyone is in one group, for each group of the case mix."""
    groups = range(len(guidance.caseloads))
    return [staffing(people, [float(group == only) for group in groups], guidance) for only in groups]


def capacity(detail: str) -> tuple[int, float]:
    """Read the number of managers, and of patients of each, from '... for two managers (about 100 patients each)'."""
    words = [wording.count(n) for n in range(10)]
    return words.index(detail.partition(" for ")[2].split()[0]), float(detail.partition("about ")[2].split()[0])


def widest(spans: Iterable[Span]) -> Span:
    """The range from the least to the most of several ranges."""
    lows, highs = zip(*spans, strict=True)
    return min(lows), max(highs)


def difference_text(difference: Estimate) -> str:
    """A difference per 100 people in words: '27.4 more per 100 (20.6 to 35.2 more)'."""
    size, *limits = (rounded(abs(d) * 100, 1) for d in (difference.value, difference.low, difference.high))
    word, *sides = (WORDS["more" if d > 0 else "fewer"] for d in (difference.value, difference.low, difference.high))
    if difference.low < 0 < difference.high:
        of = dict(zip(("low", "high", "first", "second"), (*limits, *sides), strict=True))
        return WORDS["both sides"].format(size=size, word=word, **of)
    low, high = limits if difference.high > 0 else reversed(limits)
    return WORDS["one side"].format(size=size, word=word, low=low, high=high)


def risk_words(effect: ExpectedEffect) -> dict[str, str]:
    """The risk and its limits out of 100 people, by the names that `WORDS` uses."""
    limits = (("risk", effect.risk.value), ("low", effect.risk.low), ("high", effect.risk.high))
    return {name: rounded(limit * 100, 1) for name, limit in limits}


def effect_answer(outcome: Outcome, field: Field, entry: str) -> list[Block]:
    """Give the answer of the tool for absolute effects.

    Parameters
    ----------
    outcome : Outcome
    field : Field
        The field of the baseline risk.
    entry : str
        What the reader entered there.

    Returns
    -------
    list of Block
        The baseline, with a warning if no ratio was seen there, then one block for each ratio; or what to enter.
    """
    percent = field.number(entry)
    if percent is None:
        return [(field.wrong, ())]
    words = {"verb": outcome.verb, "comparator": outcome.comparator, "intervention": load().arm("intervention")}
    low, high = outcome.seen
    outside = (WORDS["outside"].format(low=low, high=high, **words),) if outcome.is_outside(percent) else ()
    blocks: list[Block] = [(WORDS["comparator"].format(risk=rounded(percent, 1), **words), outside)]
    for measure, printed in outcome.ratios.items():
        effect = outcome.expected(measure, percent / 100)
        head = WORDS["head"].format(measure=measure, ratio=printed[0], low=printed[1], high=printed[2])
        lines = []
        if effect is None:
            lines.append(WORDS["beyond"].format(limit=outcome.limit))
        else:
            lines.append(WORDS["risk"].format(**risk_words(effect), **words))
            lines += _difference_lines(effect, words)
        blocks.append((head, tuple(lines)))
    return blocks


def _difference_lines(effect: ExpectedEffect, words: Mapping[str, str]) -> list[str]:
    """The difference per 100 people and the NNT, which is not given where the difference, as shown, may be none."""
    difference = effect.difference
    limits = (difference.value, difference.low, difference.high)
    if difference.low == difference.high == 0:
        return [WORDS["equal"].format(**words)]
    is_tiny = any(limit and rounded(abs(limit) * 100, 1) == rounded(0, 1) for limit in limits)
    return [difference_text(difference), WORDS["tiny"] if is_tiny else effect.nnt.text(0)]


def staffing_answer(fields: Sequence[Field], guidance: Guidance, entries: Mapping[str, str]) -> list[Block]:
    """Give the answer of the tool for staffing.

    Parameters
    ----------
    fields : sequence of Field
        `PANEL`, `PREVALENCE`, `TOGETHER` and one for each group of the case mix.
    guidance : Guidance
    entries : mapping of str to str
        What the reader entered, by the name of the field.

    Returns
    -------
    list of Block
        What a month requires; or what to enter, for every invalid entry.
    """
    numbers = [field.number(entries[field.name]) for field in fields]
    wrong = [field.wrong for field, number in zip(fields, numbers, strict=True) if number is None]
    panel, prevalence, together, *mix = (number or 0.0 for number in numbers)
    total = 0.0
    for share in mix:
        total += share
    if not wrong and rounded(total, 1) != "100.0":
        wrong = [WORDS["sum"].format(sum=rounded(total, 1))]
    if wrong:
        return [(sentence, ()) for sentence in wrong]
    ill = rounded(panel * (prevalence / 100))
    people = rounded(panel * (prevalence / 100) * (together / 100))
    need = staffing(float(people.replace(",", "")), [share / 100 for share in mix], guidance)
    spans = {
        "managers": (need.managers, 1),
        "weekly": (need.weekly_hours, 1),
        "monthly": (need.monthly_hours, 1),
        "contacts": (need.contacts, 0),
        "minutes": (need.minutes, 0),
    }
    filled = {name: span_text(span, decimals) for name, (span, decimals) in spans.items()}
    filled |= {"ill": ill, "people": people, "short": rounded(need.short)}
    return [(head, (line.format(**filled),)) for head, line in STAFFING_LINES.items()]


def span_text(span: Span, decimals: int = 0) -> str:
    """A range in the form 'least to most'."""
    return WORDS["range"].format(low=rounded(span[0], decimals), high=rounded(span[1], decimals))
