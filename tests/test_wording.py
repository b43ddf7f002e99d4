"""Words must follow numbers, also at the edges where a careless word would stretch them."""

import math

import pytest

from livingreview.statistics import wording
from livingreview.statistics.effects import Estimate


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
    ("ratio", "words"),
    [
        (2.37, "more than double"),
        (2.05, "about double"),
        (1.96, "about double"),
        (1.02, "about the same"),
        (1.6, "more than half as much again"),
        (1.2, "more"),
        (0.51, "about half"),
        (0.3, "less than half"),
        (0.8, "less"),
        (3.4, "more than three times"),
    ],
)
def test_multiple(ratio, words):
    assert wording.multiple(ratio) == words


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
    assert wording.finding(0.03, 0.38, 1, less="fell more") == "fell more"
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
