"""The measures: one line for each value that a column `measure` may have in data/datapackage.json.

This is the one place that knows whether a number is a ratio, which value means no difference, and on which scale it is
drawn. To add a measure, add its line here and its name to the column. Which side of no difference is better for the
patient is not a property of a measure: each row says so in `direction_of_benefit`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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
    units : tuple of str
        Its possible units, if they are a few. `livingreview.evidence.topic` may add some.
    of_outcome : bool
        Whether it is in the unit of its outcome, so that all rows on that outcome have one unit.
    form : {'', 'binary', 'continuous'}
        Which outcomes it reports, those that are counted in people or those that are an amount; blank for both.
    compares_arms : bool
        Whether it always compares two arms, which makes its row a contrast.
    is_test : bool
        Whether it is a comparison itself, whatever arm it is of, so that a P value can belong to it.
    worded : bool
        Whether it does not say which arm fared better, so that its row may say it in words.
    """

    kind: MeasureKind
    null: float | None = None
    scale: IntervalScale = "plain"
    unit: str = ""
    units: tuple[str, ...] = ()
    of_outcome: bool = False
    form: Literal["", "binary", "continuous"] = ""
    compares_arms: bool = False
    is_test: bool = False
    worded: bool = False

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
_OF_PEOPLE = replace(_RATIO, form="binary")
_OF_ARMS = Measure("difference", null=0.0, compares_arms=True)
_OF_AMOUNTS = replace(_OF_ARMS, form="continuous", of_outcome=True)
_DIFFERENCE = Measure("difference", null=0.0)
_AMOUNT = Measure("amount", form="continuous", of_outcome=True)
_STANDARDISED = Measure("difference", null=0.0, unit="SD")
_SPREAD = Measure("spread", of_outcome=True)
_UNKNOWN = Measure("amount")

#: Every measure by its name. Rows report no risk difference: chapters derive it from two percentages.
MEASURES = {
    "risk_ratio": _OF_PEOPLE,
    "odds_ratio": _OF_PEOPLE,
    "hazard_ratio": _OF_PEOPLE,
    "ratio_of_odds_ratios": replace(_RATIO, form="continuous"),
    "ratio_of_risk_ratios": _RATIO,
    "risk_difference": _OF_ARMS,
    "mean_difference": _OF_AMOUNTS,
    "difference_in_change": _OF_AMOUNTS,
    "difference_in_differences": _OF_AMOUNTS,
    "standardised_mean_difference": replace(_STANDARDISED, compares_arms=True),
    "cohen_d": replace(_STANDARDISED, form="continuous"),
    "percentage_point_change": replace(_DIFFERENCE, units=("percentage points",), form="binary", is_test=True),
    "mean_change": replace(_DIFFERENCE, form="continuous", of_outcome=True, is_test=True),
    "regression_coefficient": replace(_DIFFERENCE, form="continuous", of_outcome=True, is_test=True),
    "indirect_effect": _DIFFERENCE,
    "net_benefit": replace(_DIFFERENCE, units=("USD",)),
    "number_needed_to_treat": Measure(
        "number needed", scale="reciprocal", unit="people", form="binary", compares_arms=True
    ),
    "percent": Measure("share", scale="share", unit="percent"),
    "count": Measure("count", unit="people", form="binary"),
    "mean": _AMOUNT,
    "median": replace(_AMOUNT, form=""),
    "rate": replace(_AMOUNT, units=("patient-years per 10,000 patients",)),
    "cost_effectiveness_ratio": Measure("amount", units=("USD", "USD per QALY")),
    "sd": _SPREAD,
    "se": _SPREAD,
    "range": _SPREAD,
    "t_statistic": Measure("statistic", units=("t statistic",), is_test=True, worded=True),
    "chi_square": Measure("statistic", units=("chi-square, 1 df", "chi-square"), is_test=True, worded=True),
    "p_value": Measure("words", is_test=True, worded=True),
    "direction_only": Measure("words", worded=True),
    "qualitative": Measure("words"),
}


def measure(name: object) -> Measure:
    """Look up a measure; an unknown name, as in a faulty row, gives one without properties."""
    return MEASURES.get(str(name), _UNKNOWN)


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
    head = re.split(r" per [\d,]+ people|[,=]", formula)[0].strip().replace(" ", "_")
    return head if measure(head).null is not None else ""
