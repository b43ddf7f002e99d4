"""The measures: one line for each value that a column `measure` may have in data/datapackage.json.

This is the one place that knows whether a number is a ratio, which value means no difference, and on which scale it is
drawn. To add a measure, add its line here and its name to the column. Which side of no difference is better for the
patient is not a property of a measure: each row says so in `direction_of_benefit`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MeasureKind = Literal[
    "ratio", "difference", "number needed", "share", "count", "amount", "spread", "statistic", "words"
]
#: The scale on which an interval is symmetric: numbers, logarithms, reciprocals, or shares.
IntervalScale = Literal["plain", "log", "reciprocal", "share"]


@dataclass(frozen=True)
class Measure:
    """What the measure of a number says about it.

    Parameters
    ----------
    kind : str
        'spread' and 'statistic' say how certain an effect is, 'words' reports no size, all others say how large.
    null : float, optional
        Value of no difference; None if the measure has none.
    scale : str
        Scale on which its interval is symmetric.
    unit : str
        Its only possible unit; blank if it takes the unit of the outcome.
    compares_arms : bool
        Whether it always compares two arms, which makes its row a contrast.
    """

    kind: MeasureKind
    null: float | None = None
    scale: IntervalScale = "plain"
    unit: str = ""
    compares_arms: bool = False

    @property
    def is_ratio(self) -> bool:
        """Whether it divides one arm by the other: it is above 0, and compared on the log scale."""
        return self.kind == "ratio"

    @property
    def is_effect(self) -> bool:
        """Whether it says how large something is, rather than how certain."""
        return self.kind not in ("spread", "statistic")

    @property
    def is_standardised(self) -> bool:
        """Whether it is in standard deviations, which lets different instruments share an axis."""
        return self.unit == "SD"


_RATIO = Measure("ratio", null=1.0, scale="log", unit="ratio", compares_arms=True)
_OF_ARMS = Measure("difference", null=0.0, compares_arms=True)
_DIFFERENCE = Measure("difference", null=0.0)
_AMOUNT = Measure("amount")

#: Every measure by its name. Rows report no risk difference: chapters derive it from two percentages.
MEASURES = {
    "risk_ratio": _RATIO,
    "odds_ratio": _RATIO,
    "hazard_ratio": _RATIO,
    "ratio_of_odds_ratios": _RATIO,
    "ratio_of_risk_ratios": _RATIO,
    "risk_difference": _OF_ARMS,
    "mean_difference": _OF_ARMS,
    "difference_in_change": _OF_ARMS,
    "difference_in_differences": _OF_ARMS,
    "standardised_mean_difference": Measure("difference", null=0.0, unit="SD", compares_arms=True),
    "cohen_d": Measure("difference", null=0.0, unit="SD"),
    "percentage_point_change": _DIFFERENCE,
    "mean_change": _DIFFERENCE,
    "regression_coefficient": _DIFFERENCE,
    "indirect_effect": _DIFFERENCE,
    "net_benefit": _DIFFERENCE,
    "number_needed_to_treat": Measure("number needed", scale="reciprocal", unit="people", compares_arms=True),
    "percent": Measure("share", scale="share", unit="percent"),
    "count": Measure("count", unit="people"),
    "mean": _AMOUNT,
    "median": _AMOUNT,
    "rate": _AMOUNT,
    "cost_effectiveness_ratio": _AMOUNT,
    "sd": Measure("spread"),
    "se": Measure("spread"),
    "range": Measure("spread"),
    "t_statistic": Measure("statistic"),
    "chi_square": Measure("statistic"),
    "p_value": Measure("words"),
    "direction_only": Measure("words"),
    "qualitative": Measure("words"),
}


def measure(name: object) -> Measure:
    """Look up a measure; an unknown name, as in a faulty row, gives one without properties."""
    return MEASURES.get(str(name), _AMOUNT)


def in_words(name: object) -> str:
    """The name of a measure as pages print it, in American spelling: 'standardized mean difference'."""
    return str(name).replace("_", " ").replace("standardised", "standardized").replace("cohen", "Cohen's")


def of_formula(formula: str) -> str:
    """Name of the measure that a formula derives, with which it begins: 'risk ratio, 45% of 906 against ...'.

    Parameters
    ----------
    formula : str
        How a number was derived.

    Returns
    -------
    str
        Blank if it derives no measure with a value of no difference.
    """
    head = re.split("[,=]", formula)[0].strip().removesuffix(" per 100 people").replace(" ", "_")
    return head if measure(head).null is not None else ""
