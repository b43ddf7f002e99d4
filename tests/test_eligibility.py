"""How a study stands to the eligibility criteria: team, people and setting."""

from __future__ import annotations

import pytest

from livingreview.checks.eligibility import eligibility
from livingreview.evidence import load
from livingreview.publish import across_trials

ADULTS = {"population": "adults with depression", "setting": "primary care clinics", "min_age": ""}
TEAM = {"role": "intervention", "care_manager": "nurse", "consultant": "psychiatrist"}


def team(care_manager: str, consultant: str, role: str = "intervention") -> dict[str, str]:
    return {"role": role, "care_manager": care_manager, "consultant": consultant}


@pytest.mark.parametrize(
    ("arms", "said"),
    [
        ([team("nurse", "psychiatrist")], "eligible"),
        ([team("nurse", "psychiatric consultant", role="programme")], "eligible"),
        ([team("nurse", "")], "unknown"),
        ([team("", "psychiatrist")], "unknown"),
        ([team("nurse", "mental health specialist")], "unknown"),
        ([team("nurse", "psychiatrist, a specialist in addiction")], "eligible"),
        ([team("nurse", "none")], "adjacent"),
        ([team("none", "psychiatrist")], "adjacent"),
        ([team("nurse", "technical assistance for nurses")], "adjacent"),
        ([team("nurse", "none"), team("nurse", "psychiatrist")], "eligible"),
        ([team("nurse", "none"), team("", "psychiatrist")], "unknown"),
        ([team("nurse", "psychiatrist", role="comparator")], "unknown"),
        ([], "unknown"),
    ],
)
def test_a_team_has_two_parts(arms: list[dict[str, str]], said: str) -> None:
    assert eligibility(ADULTS, arms) == said


@pytest.mark.parametrize(
    ("study", "said"),
    [
        ({}, "eligible"),
        ({"min_age": "18"}, "eligible"),
        ({"min_age": "17"}, "adjacent"),
        ({"population": "Adolescents with depression"}, "adjacent"),
        ({"population": "youths and caregivers"}, "adjacent"),
        ({"setting": "level I trauma centres"}, "adjacent"),
        ({"setting": "three hospitals"}, "adjacent"),
        ({"setting": "hospital-based primary care practice"}, "eligible"),
        ({"setting": "outpatient clinics of hospitals"}, "eligible"),
        ({"setting": ""}, "eligible"),
    ],
)
def test_people_are_adults_outside_hospitals(study: dict[str, str], said: str) -> None:
    assert eligibility(ADULTS | study, [TEAM]) == said


def test_the_trials_of_the_review() -> None:
    book = load()
    said = {study: across_trials.team(study, book) for study in book.studies.index}
    assert {said[study] for study in ("impact", "claro", "champ", "ahead", "spirit")} == {"eligible"}
    assert {said[study] for study in ("proud", "choice", "road", "tsos", "rollman_anxiety")} == {"adjacent"}
    assert {said[study] for study in ("summit", "stop", "micare", "casper", "team_va")} == {"unknown"}
    assert across_trials.named("team_va", book) == "TEAM (team unclear)"
    assert across_trials.named("impact", book) == "IMPACT"
