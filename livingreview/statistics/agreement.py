"""Agreement of two people who judge the same things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """How far two people agree.

    Parameters
    ----------
    total : int
        Things that both judged.
    agreed : int
        Those that both judged alike.
    kappa : float or None
        Agreement beyond chance; None where chance alone gives full agreement, as when all is judged alike.
    """

    total: int
    agreed: int
    kappa: float | None


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Compute the agreement of two people, and Cohen's kappa, unweighted.

    Parameters
    ----------
    pairs : sequence of (str, str)
        The judgments of the first and of the second person on each thing.

    References
    ----------
    Cohen J. A coefficient of agreement for nominal scales. Educ Psychol Meas 1960;20:37-46.
    """
    total, agreed = len(pairs), sum(first == second for first, second in pairs)
    firsts, seconds = (Counter(side) for side in zip(*pairs, strict=True)) if pairs else (Counter(), Counter())
    chance = sum(firsts[word] * seconds[word] for word in firsts)  # of total squared
    kappa = (total * agreed - chance) / (total**2 - chance) if chance < total**2 else None
    return Agreement(total, agreed, kappa)
