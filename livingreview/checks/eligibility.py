"""Whether a study is a trial of the model for adult outpatients: by its team, its people and its setting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from livingreview.evidence.topic import section

Eligibility = Literal["eligible", "adjacent", "unknown"]
#: Arms that have the team under test.
TEAMS = ("intervention", "programme")
_YOUNG = re.compile("adolescen|youth", re.IGNORECASE)
_ADULT_FROM = 18  # years
_HOSPITAL = re.compile("hospital|trauma cent|inpatient|emergency", re.IGNORECASE)
_OUTPATIENT = re.compile("outpatient|primary care", re.IGNORECASE)


def eligibility(study: Mapping[str, str], arms: Iterable[Mapping[str, str]]) -> Eligibility:
    """Say how a study stands to the eligibility criteria.

    Parameters
    ----------
    study : mapping
        Its row of studies.csv.
    arms : iterable of mapping
        Its rows of arms.csv.

    Returns
    -------
    str
        'adjacent' where the data give a reason to show it apart, see `reasons_apart`; 'eligible' where an arm has
        every part of the team; 'unknown' where what was read is silent on one of them.
    """
    arms = list(arms)
    if reasons_apart(study, arms):
        return "adjacent"
    return "eligible" if any(map(all, _teams(arms))) else "unknown"


def reasons_apart(study: Mapping[str, str], arms: Iterable[Mapping[str, str]]) -> list[str]:
    """Reasons in the data for which a study is shown apart; blank cells are none.

    Returns
    -------
    list of str
        No arm has one of the parts of the team, and some text says so (by 'none', or by naming somebody else in
        that place); people under 18 could take part; care was given in a hospital, other than to outpatients.
    """
    teams = _teams(arms)
    reasons = []
    if not any(map(all, teams)) and any(False in part and True not in part for part in zip(*teams, strict=True)):
        reasons.append(section("standing").get("apart", "its arms lack a part of the team"))
    if _YOUNG.search(study["population"]) or (study["min_age"] and float(study["min_age"]) < _ADULT_FROM):
        reasons.append("its people are not adults by population or min_age")
    if _HOSPITAL.search(study["setting"]) and not _OUTPATIENT.search(study["setting"]):
        reasons.append("its setting is a hospital")
    return reasons


def _teams(arms: Iterable[Mapping[str, str]]) -> list[list[bool | None]]:
    """Whether each arm with a team has each of its parts."""
    parts = section("team").items()
    return [[_has(arm[column], part) for column, part in parts] for arm in arms if arm["role"] in TEAMS]


def _has(cell: str, part: Mapping[str, Any]) -> bool | None:
    """Whether a cell says a part of the team; None where the text does not say, or leaves it open."""
    if not cell:
        return None
    if "is" not in part:
        return cell != "none"
    said = bool(re.search(part["is"], cell, re.IGNORECASE))
    return None if not said and re.search(part.get("unsaid", "(?!)"), cell, re.IGNORECASE) else said
