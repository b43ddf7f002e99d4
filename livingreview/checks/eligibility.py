"""Whether a study is a trial of collaborative care by its team: a care manager and a psychiatric consultant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

Eligibility = Literal["eligible", "adjacent", "unknown"]
#: Arms that have the team under test.
TEAMS = ("intervention", "programme")
_PSYCHIATRIST = re.compile("psychiatr", re.IGNORECASE)
_PROFESSION_NOT_SAID = re.compile("specialist", re.IGNORECASE)


def eligibility(arms: Iterable[Mapping[str, str]]) -> Eligibility:
    """Say what the arms of a study tell of its team.

    Parameters
    ----------
    arms : iterable of mapping
        Rows of arms.csv of one study.

    Returns
    -------
    str
        'eligible' where an arm has both a care manager and a psychiatric consultant; 'adjacent' where no arm has one
        of them, and some text says so (by 'none', or by naming somebody else in that place); 'unknown' where what was
        read is silent on one of them.
    """
    teams = [arm for arm in arms if arm["role"] in TEAMS]
    parts = [(_manager(arm["care_manager"]), _consultant(arm["consultant"])) for arm in teams]
    if (True, True) in parts:
        return "eligible"
    lacking = any(False in part and True not in part for part in zip(*parts, strict=True))
    return "adjacent" if lacking else "unknown"


def _manager(cell: str) -> bool | None:
    """Whether an arm has a care manager; None where the text does not say."""
    return cell != "none" if cell else None


def _consultant(cell: str) -> bool | None:
    """Whether an arm has a psychiatric consultant; None where the text does not say, or names no profession."""
    if not cell or (_PROFESSION_NOT_SAID.search(cell) and not _PSYCHIATRIST.search(cell)):
        return None
    return bool(_PSYCHIATRIST.search(cell))
