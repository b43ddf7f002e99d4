"""What outcomes of the trials came to: each kind of report, and what happens when the data change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from livingreview.evidence import DATA, Evidence, load
from livingreview.statistics.findings import finding, size, sizes

#: An outcome for each way of reporting one, and what must come of it.
KINDS = {
    "a ratio with its interval": ("champ-outcome-opioid-days", "better"),
    "a difference with its interval": ("champ-outcome-vr12", "unsettled"),
    "a one-sided interval": ("proud-outcome-oud-years", "better"),
    "a difference with an exact P": ("claro-outcome-phq9", "unsettled"),
    "a bound of P beside two shares": ("summit-outcome-treatment", "better"),
    "an exact P beside two shares": ("summit-outcome-abstinence", "better"),
    "two shares with denominators": ("choice-outcome-good-drinking", "unsettled"),
    "counts beside a ratio without interval": ("scamp-outcome-response", "better"),
    "two means without spread": ("choice-outcome-heavy-drinking-days", "unread"),
    "words only": ("respect_ptsd-outcome-ptsd-severity", "unread"),
    "published and not readable": ("stop-outcome-risky-opioid-days", "unread"),
    "not published": ("cocare-outcome-opioid-days", "awaited"),
}


@pytest.mark.parametrize(("outcome", "state"), KINDS.values(), ids=list(KINDS))
def test_state(outcome, state):
    found = finding(outcome, load())
    assert found.state == state
    assert found.said


def test_a_difference_with_an_exact_p_gets_an_interval_that_says_it_is_derived():
    found = finding("claro-outcome-phq9", load())
    half = stats.norm.ppf(0.975) * 1.0 / stats.norm.isf(0.13 / 2)
    assert found.estimate is not None
    assert (found.estimate.low, found.estimate.high) == pytest.approx((-1 - half, -1 + half))
    assert "our calculation" in found.said
    assert found.how
    assert finding("champ-outcome-vr12", load()).how == ""


def test_counts_give_the_interval_of_statsmodels():
    found = finding("scamp-outcome-response", load()).estimate
    low, high = confint_proportions_2indep(46, 123, 21, 127, method="newcomb", compare="diff")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((100 * low, 100 * high))


def test_chance_of_a_benefit_follows_the_direction_of_benefit():
    lower, higher = finding("claro-outcome-phq9", load()), finding("champ-outcome-vr12", load())
    se = 1.0 / stats.norm.isf(0.13 / 2)
    assert lower.chance(1.7) == pytest.approx(stats.norm.cdf((1.0 - 1.7) / se))
    assert lower.chance(0) == pytest.approx(1 - 0.13 / 2)
    assert higher.chance(0) == pytest.approx(stats.norm.cdf(-1.20 / ((2.57 + 4.97) / 2 / stats.norm.ppf(0.975))))
    for outcome in ("champ-outcome-opioid-days", "stop-outcome-risky-opioid-days"):
        with pytest.raises(ValueError, match="must have a difference with an interval"):
            finding(outcome, load()).chance(1)


@pytest.mark.parametrize(
    ("change", "outcome", "state"),
    [
        (lambda t: t.replace(",-1.20,-4.97,2.57,", ",3.20,0.97,5.57,"), "champ-outcome-vr12", "better"),
        (lambda t: t.replace(",-1.20,-4.97,2.57,", ",-3.20,-4.97,-0.57,"), "champ-outcome-vr12", "worse"),
        (lambda t: t.replace(",0.10,0.03,0.38,", ",0.80,0.30,1.38,"), "champ-outcome-opioid-days", "unsettled"),
        (lambda t: t.replace(",=,0.13,", ",=,0.03,"), "claro-outcome-phq9", "better"),
        (lambda t: t.replace(",=,0.13,", ",<,0.05,"), "claro-outcome-phq9", "better"),
    ],
)
def test_another_result_gives_another_state(tmp_path: Path, change: Callable[[str], str], outcome, state):
    for path in DATA.iterdir():
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(change(text) if path.name == "results.csv" else text, encoding="utf-8")
    assert finding(outcome, Evidence(tmp_path)).state == state


def test_sizes_stand_in_only_where_the_data_say_so():
    book = load()
    assert sizes("start_hosp-outcome-started-moud-hospital", book) == ["start_hosp-cc", "start_hosp-control"]
    assert sizes("respect_d-outcome-response", book) == ["", ""]
    assert sizes("smart2-outcome-response", book) == ["", "smart2-control"]


def test_size_of_a_study():
    book = load()
    found = [size(study, book) for study in ("impact", "cocare", "proud", "simon2001")]
    assert found == ["1,801 people", "350 planned", "12 clinics", "size not in the texts we had"]
