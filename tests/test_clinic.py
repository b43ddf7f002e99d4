"""Arithmetic of the chapter on the clinic: published worked examples, and sums that a pocket calculator gives."""

from __future__ import annotations

import pytest

from livingreview.publish import calculator
from livingreview.publish.calculator import (
    MEASURES,
    WEEKS,
    Field,
    Guidance,
    Outcome,
    by_group,
    rounded,
    staffing,
    widest,
)
from livingreview.statistics.effects import Estimate

BASELINE = Field("baseline", "Usual care", "a number from 0 to 100", "19")
PANEL = Field("panel", "Panel", "a whole number", "5000", 1_000_000, True)
RESPONSE = Outcome(
    "response",
    "Response",
    "respond",
    "usual care",
    ("2.37", "2.03", "2.76"),
    ("3.45", "2.71", "4.38"),
    "19",
    ("17", "21"),
    True,
)
GUIDANCE = Guidance([(90, 120), (80, 100), (60, 80), (50, 75)], 0.02, 3, WEEKS, 2, 1, (60, 70), 30)


def test_odds_ratio_of_the_cochrane_handbook() -> None:
    """Chapter 15 of the Handbook: OR 0.73 at 300 of 1000 is 62 fewer per 1000, 238 of 1000, NNT 16.2, so 17."""
    found = calculator.expected(Estimate(0.73, 0.6, 0.9), 0.3, odds=True, more_is_better=False)
    assert found is not None
    assert round(found.risk.value, 4) == 0.2383
    assert round(found.difference.value * 1000) == -62
    assert found.nnt.text(0).startswith("NNTB 17 (")


def test_risk_ratio_and_odds_ratio_by_hand() -> None:
    """Response in IMPACT at a baseline of 30 of 100: 2.37 x 30 = 71.1; 3.45 x 3/7 = 1.4786 odds, 59.65 of 100."""
    assert RESPONSE.rows(30) == [
        ("30, risk ratio", "71.1 (60.9 to 82.8)", "41.1 more (30.9 to 52.8)", "NNTB 3 (2 to 4)"),
        ("30, odds ratio", "59.7 (53.7 to 65.2)", "29.7 more (23.7 to 35.2)", "NNTB 4 (3 to 5)"),
    ]


def test_a_risk_ratio_whose_interval_exceeds_everyone_is_not_applied() -> None:
    """100 / 2.76 = 36.2: the upper limit of the ratio is 99.4 of 100 at 36, and 102.1 at 37."""
    assert RESPONSE.limit == "36"
    assert RESPONSE.expected("risk ratio", 0.37) is None
    below = RESPONSE.expected("risk ratio", 0.36)
    assert below is not None
    assert round(below.risk.high, 4) == 0.9936
    assert [row[1] for row in RESPONSE.rows(100)] == ["not applicable", "100.0 (100.0 to 100.0)"]


def test_an_interval_on_both_sides_runs_through_infinity() -> None:
    """Altman 1998: where the difference includes zero, NNTB to infinity to NNTH."""
    ratio = ("0.80", "0.50", "1.20")
    outcome = Outcome("x", "Relapse", "relapse", "usual care", ratio, ratio, "20", ("10", "30"), False)
    _, (_, by_risk), (_, by_odds) = calculator.effect_answer(outcome, BASELINE, "20")
    assert by_risk == (
        "16.0 of 100 relapse with collaborative care (10.0 to 24.0)",
        "4.0 fewer per 100 (10.0 fewer to 4.0 more)",
        "NNTB 25 (NNTB 10 to infinity to NNTH 25)",
    )
    assert "infinity" in by_odds[2]


def test_a_risk_outside_the_range_that_was_seen_is_flagged() -> None:
    """The pooled ratio of the Cochrane review: 1.32 x 30 = 39.6 of 100; no odds ratio is published."""
    pooled = Outcome("pool", "Pool", "respond", "usual care", ("1.32", "1.22", "1.43"), None, "30", ("17", "47"), True)
    (_, inside), (head, lines) = calculator.effect_answer(pooled, BASELINE, "30")
    assert (inside, head) == ((), "From the risk ratio of 1.32 (1.22 to 1.43)")
    assert lines[0] == "39.6 of 100 respond with collaborative care (36.6 to 42.9)"
    for entry, outside in (("17", False), ("47", False), ("16.9", True), ("47.1", True)):
        (_, flags), *_ = calculator.effect_answer(pooled, BASELINE, entry)
        assert bool(flags) is outside
    assert flags == ("outside the 17 to 47 of 100 at which this ratio was seen: an extrapolation",)


def test_nobody_and_everybody_have_no_number_needed_to_treat() -> None:
    for entry, blocks in (("0", (1, 2)), ("100", (2,))):
        answer = calculator.effect_answer(RESPONSE, BASELINE, entry)
        assert all(answer[i][1][-1].startswith("as many as with usual care") for i in blocks)
    assert calculator.effect_answer(RESPONSE, BASELINE, "100")[1][1] == (
        "no answer: above about 36 of 100 this ratio cannot be applied",
    )


@pytest.mark.parametrize(
    ("field", "text", "number"),
    [
        (BASELINE, "12.5", 12.5),
        (BASELINE, "12,5", 12.5),
        (BASELINE, " 12.5 %", 12.5),
        (BASELINE, ".5", 0.5),
        (BASELINE, "0", 0.0),
        (BASELINE, "100", 100.0),
        (PANEL, "5000", 5000.0),
        (PANEL, "5,000", 5000.0),
        (PANEL, "1000000", 1_000_000.0),
    ],
)
def test_entries_that_are_read(field: Field, text: str, number: float) -> None:
    assert field.number(text) == number


@pytest.mark.parametrize("field", [BASELINE, PANEL])
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-0",
        "-1",
        "+1",
        "1e9",
        "1e309",
        "1000000001",
        "abc",
        "NaN",
        "Infinity",
        "1 2",
        "٣",
        "0x1",
        "1,2,3",
        "1" * 99,
        "<b>1</b>",
        "1.5.2",
        "1\u200b",
    ],
)
def test_entries_that_are_not_numbers(field: Field, text: str) -> None:
    assert field.number(text) is None


@pytest.mark.parametrize("text", ["12.5", "12,5", "5.000", "5,00", "50%", "0,000"])
def test_a_number_of_people_is_whole(text: str) -> None:
    assert PANEL.number(text) is None


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (0.285 * 100, 0, "29"),
        (1.005, 2, "1.01"),
        (0.25, 1, "0.3"),
        (0.0499999, 1, "0.0"),
        (1234567.0, 0, "1,234,567"),
        (999.95, 1, "1,000.0"),
    ],
)
def test_rounding_is_half_up_as_on_a_calculator(value: float, decimals: int, text: str) -> None:
    assert rounded(value, decimals) == text


def test_staffing_by_hand() -> None:
    """200 people, half in the first and half in the last group: 100/120 + 100/75 to 100/90 + 100/50."""
    need = staffing(200, [0.5, 0, 0, 0.5], GUIDANCE)
    assert need.managers == pytest.approx((13 / 6, 28 / 9))
    assert need.weekly_hours == pytest.approx((0.02 * 200, 3 * 28 / 9))
    assert need.monthly_hours == pytest.approx((0.02 * 200 * WEEKS, 3 * 28 / 9 * WEEKS))
    assert need.contacts == pytest.approx((200, 100 * WEEKS))
    assert (need.minutes, need.short) == ((12_000, 14_000), 6_000)


def test_care_managers_and_patients_are_read_from_a_description() -> None:
    detail = "hours per week for two full-time care managers (about 100 patients each)"
    assert calculator.capacity(detail) == (2, 100.0)


def test_a_mix_lies_within_its_groups() -> None:
    whole = widest(need.managers for need in by_group(100, GUIDANCE))
    assert whole == pytest.approx((100 / 120, 2))
    mixed = staffing(100, [0.1, 0.2, 0.3, 0.4], GUIDANCE).managers
    assert whole[0] < mixed[0] < mixed[1] < whole[1]


def entries(**given: str) -> list[calculator.Block]:
    groups = [Field(f"mix{n}", f"Group {n}", "a number from 0 to 100", "25") for n in range(4)]
    fields = [calculator.PANEL, calculator.PREVALENCE, calculator.TOGETHER, *groups]
    return calculator.staffing_answer(
        fields, GUIDANCE, {field.name: given.get(field.name, field.value) for field in fields}
    )


def test_people_are_whole_before_staff_is_counted() -> None:
    answer = dict(entries(panel="333", prevalence="7", together="100", mix0="100", mix1="0", mix2="0", mix3="0"))
    assert answer["On the caseload at one time"] == ("23 of 23 people with the condition",)
    assert answer["Contacts a month"] == ("23 to 50",)
    assert answer["Billable minutes a month"][0].startswith("1,380 to 1,610 ")


def test_nobody_needs_nobody() -> None:
    answer = dict(entries(panel="0"))
    assert answer["Full-time care managers"] == ("0.0 to 0.0",)


def test_every_wrong_entry_is_named_at_once() -> None:
    answer = entries(panel="many", prevalence="1e9", mix2="-1")
    assert [head.partition(":")[0] for head, _ in answer] == [
        calculator.PANEL.label,
        calculator.PREVALENCE.label,
        "Group 2",
    ]
    assert all("enter a" in head and not lines for head, lines in answer)


@pytest.mark.parametrize(("share", "total"), [("24", "99.0"), ("0", "75.0"), ("100", "175.0")])
def test_a_case_mix_adds_up(share: str, total: str) -> None:
    assert entries(mix0=share) == [(f"Case mix: the shares must add up to 100; these add up to {total}.", ())]


def test_measures_are_the_two_that_answer_differently() -> None:
    assert [head.partition(" of ")[0] for head, _ in calculator.effect_answer(RESPONSE, BASELINE, "30")[1:]] == [
        f"From the {measure}" for measure in MEASURES
    ]


def test_an_answer_near_everyone_has_a_warning() -> None:
    """The ratios of IMPACT, where 2.69 x 37 is 99.5 of 100, were seen at 16.8 to 22.0 of 100 only."""
    ratios = ("2.31", "1.98", "2.69"), ("3.45", "2.71", "4.38")
    impact = Outcome("impact", "IMPACT", "respond", "usual care", *ratios, "19.3", ("16.8", "22.0"), True)
    near = [
        warning
        for n in range(401)
        for (_, warning), *answers in [calculator.effect_answer(impact, BASELINE, f"{n / 4:g}")]
        if any(" to 9" in line for _, lines in answers for line in lines[:1])
    ]
    assert near
    assert all(near)
