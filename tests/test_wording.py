"""Words must follow numbers, also at the edges where a careless word would stretch them."""

import math

import pytest

from livingreview.statistics import wording
from livingreview.statistics.effects import Estimate


@pytest.mark.parametrize(
    ("date", "said"), [("2026-11-21", "November 21, 2026"), ("1999-07", "July 1999"), ("1999", "1999")]
)
def test_a_date_is_said_as_in_the_united_states(date: str, said: str) -> None:
    assert wording.day(date) == said


@pytest.mark.parametrize(
    ("value", "decimals", "unit", "text"),
    [
        (-0.4, 2, "points", "−0.40"),
        (-0.001, 2, "", "0.00"),
        (1801, 0, "", "1,801"),
        (-525, 0, "USD", "−$525"),
        (45, 0, "percent", "45%"),
        (math.inf, 1, "", "infinity"),
    ],
)
def test_number(value, decimals, unit, text):
    assert wording.number(value, decimals, unit) == text


@pytest.mark.parametrize("text", ["0.50", "-0.40", "7.0", "1145", "0.001"])
def test_printed_keeps_the_digits_of_the_source(text):
    assert wording.printed(text).replace("−", "-").replace(",", "") == text


def test_a_gap_is_never_printed():
    with pytest.raises(ValueError, match="gap"):
        wording.number(math.nan)
    with pytest.raises(ValueError, match="gap"):
        wording.printed("")


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (0.95, "1 to 2"),
        (0.9, "1 to 2, level 90%"),
        (0.975, "1 to 2, level 97.5%"),
        (math.nan, "1 to 2, level not stated"),
    ],
)
def test_only_the_level_of_the_book_goes_without_saying(level, text):
    assert wording.interval("1", "2", level) == text


@pytest.mark.parametrize(
    ("row", "level"),
    [
        ({"ci_level": 95.0, "ci_type": "two_sided"}, 0.95),
        ({"ci_level": 90.0, "ci_type": "one_sided"}, 0.9),
        ({"ci_level": math.nan, "ci_type": "range"}, 0.95),
        ({"ci_type": "credible"}, 0.95),
    ],
)
def test_level_of_a_row(row, level):
    assert wording.level_of(row) == level


@pytest.mark.parametrize(
    ("proportion", "words"),
    [
        (0.19, "about one in five"),
        (0.45, "about 45 in 100"),
        (0.25, "about one in four"),
        (0.05, "fewer than one in ten"),
        (0.97, "more than nine in ten"),
    ],
)
def test_share(proportion, words):
    assert wording.share(proportion) == words


def test_a_result_that_is_not_significant_is_not_called_no_effect():
    assert wording.finding(-4.97, 2.57) == "did not differ significantly"
    assert wording.finding(0.03, 0.38, 1, more="fell less", less="fell more") == "fell more"
    assert wording.finding(0.0, 1.0) == "did not differ significantly"


def test_a_positive_difference_in_time_to_treatment_favours_the_comparator():
    assert wording.favours(7.0, "lower") == "comparator"
    assert wording.favours(-1.0, "lower") == "intervention"
    assert wording.favours(0.0, "lower") == "neither"


def test_limits_and_lists():
    assert wording.limits(Estimate(0.26, 0.218, 0.3, method=""), scale=100) == "22 to 30"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.count(3, capital=True) == "Three"
    assert wording.count(0) == "none"
    assert wording.p_value("<", "0.001") == "P < 0.001"


@pytest.mark.parametrize(
    ("value", "null", "word"),
    [(1, 0, "higher"), (-1, 0, "lower"), (0, 0, "the same"), (0.5, 1, "lower"), (2, 1, "higher"), (1, 1, "the same")],
)
def test_the_word_follows_from_the_side_of_no_difference(value, null, word):
    assert wording.compared(value, null) == word
    own = {"higher": "grew", "lower": "shrank", "the same": "stayed"}
    assert wording.compared(value, null, more="grew", less="shrank", same="stayed") == own[word]


@pytest.mark.parametrize(
    ("low", "high", "null", "settled"),
    [
        (-1, 1, 0, False),
        (0, 1, 0, False),
        (-1, 0, 0, False),
        (0.1, 1, 0, True),
        (-1, -0.1, 0, True),
        (0.5, 0.9, 1, True),
    ],
)
def test_an_interval_settles_what_it_leaves_out(low, high, null, settled):
    assert wording.settles(low, high, null) is settled


@pytest.mark.parametrize(("low", "high", "word"), [(1, 2, "higher"), (-2, -1, "lower"), (-1, 1, None)])
def test_a_finding_names_the_side_of_its_interval(low, high, word):
    assert wording.finding(low, high) == (word or "did not differ significantly")


@pytest.mark.parametrize(
    ("value", "better", "null", "side"),
    [
        (1, "higher", 0, "intervention"),
        (1, "lower", 0, "comparator"),
        (-1, "higher", 0, "comparator"),
        (-1, "lower", 0, "intervention"),
        (0.8, "lower", 1, "intervention"),
        (0.8, "higher", 1, "comparator"),
    ],
)
def test_which_arm_an_estimate_favours(value, better, null, side):
    assert wording.favours(value, better, null) == side


def test_small_counts_are_words_and_larger_ones_digits():
    assert [wording.count(n) for n in (0, 1, 12, 13, 1000)] == ["none", "one", "twelve", "13", "1,000"]
    assert wording.p_value("<=", "0.05") == "P \N{LESS-THAN OR EQUAL TO} 0.05"
    assert wording.p_value("<", "0.001") == "P < 0.001"


@pytest.mark.parametrize(
    ("more", "less"), [("fewer", "more"), ("lower", "higher"), ("more", "lower"), ("fell more", "fell less")]
)
def test_words_that_are_exchanged_or_no_pair_are_refused(more, less):
    with pytest.raises(ValueError, match=f"found '{more}' and '{less}'"):
        wording.compared(1, more=more, less=less)
    with pytest.raises(ValueError, match=f"found '{more}' and '{less}'"):
        wording.finding(1, 2, more=more, less=less)
