"""Verdicts that rest on numbers follow the numbers."""

import shutil

import pytest

from livingreview.checks import claims
from livingreview.evidence import DATA, Evidence, EvidenceError, load


@pytest.fixture
def changed(tmp_path):
    """Return the evidence with one text of one file replaced."""

    def change(file, old, new):
        data = shutil.copytree(DATA, tmp_path / "data")
        text = (data / file).read_text(encoding="utf-8")
        assert old in text
        (data / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return Evidence(data)

    return change


def outdated(book):
    now = {str(i): claims.verdict(claim, book) for i, claim in book.claims.iterrows()}
    return {i: verdict for i, verdict in now.items() if verdict != book.claims.loc[i, "verdict"]}


def test_every_stored_verdict_follows():
    assert outdated(load()) == {}


def test_every_rule_is_used_and_every_rule_used_exists():
    used = {rule.split()[0] for rule in load().claims["rule"] if rule}
    assert used == set(claims.RULES)


@pytest.mark.parametrize(
    ("file", "old", "new", "claim", "verdict"),
    [
        # the response of usual care at 12 months: 'more than doubled' would be wrong
        (
            "results.csv",
            "comparator,percent,,19,",
            "comparator,percent,,29,",
            "impact-claim-collaborative-care-more",
            "contradicted",
        ),
        (
            "results.csv",
            "mean_difference,,7.0,,,,,=,0.19",
            "mean_difference,,7.0,,,,,=,0.01",
            "claro-claim-no-primary-outcome",
            "contradicted",
        ),
        ("results.csv", "-1.20,-4.97,2.57", "-1.20,-2.97,-0.57", "champ-claim-modest-mental-health", "contradicted"),
        (
            "studies.csv",
            "(active control),collaborative_care,",
            "(active control),usual_care,",
            "champ-claim-significantly-reduces",
            "supported",
        ),
        (
            "arms.csv",
            "Enhanced usual care (EUC),397",
            "Enhanced usual care (EUC),398",
            "claro-claim-arms-400-397",
            "contradicted",
        ),
        (
            "pooled.csv",
            "anxiety,anxiety,usual care (something added in 52 of 90) or another treatment,1,comparisons,876",
            "anxiety,anxiety,usual care (something added in 52 of 90) or another treatment,9,comparisons,876",
            "claim-consistent-improvements",
            "supported",
        ),
        ("baseline.csv", "percent,59.9,,139,232", "percent,59.9,,140,232", "champ-claim-139-women-59", "contradicted"),
        (
            "results.csv",
            "intervention,percent,,45,",
            "intervention,percent,,59,",
            "impact-claim-impact-nnt-4",
            "contradicted",
        ),
        (
            "results.csv",
            "intervention,percent,,45,",
            "intervention,percent,,50,",
            "impact-claim-half-collaborative-care",
            "supported",
        ),
        ("results.csv", "cohen_d,,-0.44,", "cohen_d,,-0.84,", "champ-claim-dramatically-reduces", "supported"),
    ],
)
def test_a_corrected_number_changes_the_verdict(changed, file, old, new, claim, verdict):
    assert outdated(changed(file, old, new)).get(claim) == verdict


def test_numbers_agree_to_the_digits_that_the_claim_gives():
    claim = load().claims.loc["claro-claim-mean-age-40"].copy()
    rows = [load().row("claro-baseline-age"), load().row("claro-baseline-female")]
    claim["numbers"] = "40; 54.3"
    assert claims.matches(claim, rows)
    claim["numbers"] = "40.1; 54.3"
    assert claims.differs(claim, rows)


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ("hearsay", "champ"),
        ("ratio_above 2", "impact-response-12m-cc"),
        ("below x", "champ-baseline-taking-moud-baseline"),
        ("below 1", "champ"),
    ],
)
def test_a_rule_that_cannot_be_worked_out_gives_a_message(rule, rows):
    claim = load().claims.loc["claro-claim-797-adults-randomised"].copy()
    claim["rule"], claim["checked_against"] = rule, rows
    with pytest.raises(
        EvidenceError, match=r"data/claims\.csv, claro-claim-797-adults-randomised: the rule .* cannot be worked out"
    ):
        claims.holds(claim, load())
