"""What the arms of a study say of its team."""

from __future__ import annotations

import pytest

from livingreview.checks.eligibility import eligibility
from livingreview.evidence import load


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
    assert eligibility(arms) == said


def test_the_trials_of_the_review() -> None:
    arms = load().arms
    said = {str(study): eligibility(part.to_dict("records")) for study, part in arms.groupby("study_id")}
    assert {said[study] for study in ("impact", "claro", "champ", "ahead", "spirit")} == {"eligible"}
    assert {said[study] for study in ("proud", "choice")} == {"adjacent"}
    assert {said[study] for study in ("summit", "stop", "micare", "casper")} == {"unknown"}
