"""Effect measures with their intervals, and conversions between what papers print.

Pure functions on plain numbers. The first arm is the intervention, the second its comparator; risks and P
values are proportions from 0 to 1; intervals made here are 95%, P values two-sided. Standard library only:
every chapter's kernel imports this module, and SciPy would cost it more time than the chapter's own work.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

_NORMAL = NormalDist()
_INF = math.inf
#: Confidence level of every interval that is computed here.
LEVEL = 0.95
_Z = _NORMAL.inv_cdf((1 + LEVEL) / 2)
_LOGISTIC_SD = math.pi / math.sqrt(3)


@dataclass(frozen=True)
class Estimate:
    """A point estimate with its interval.

    Parameters
    ----------
    value, low, high : float
        The estimate and its limits, in one unit; a limit is infinite where the interval has one side.
    level : float
        Confidence level, between 0 and 1.
    method : str
        How the interval was made; empty where it is as reported.

    Raises
    ------
    ValueError
        If a number is missing, the level is not between 0 and 1, or the limits do not enclose the value.
    """

    value: float
    low: float
    high: float
    level: float = LEVEL
    method: str = ""

    def __post_init__(self) -> None:
        _check("estimate", self.value)
        _check("confidence level", self.level, 0, 1, ends=False)
        if not self.low <= self.value <= self.high:
            limits = f"{self.low:g} to {self.high:g}"
            raise ValueError(f"interval: must enclose its estimate {self.value:g}, found {limits}")

    def map(self, function: Callable[[float], float], method: str = "") -> Estimate:
        """Apply a monotonic function to estimate and limits."""
        low, high = sorted((function(self.low), function(self.high)))
        return Estimate(function(self.value), low, high, self.level, method or self.method)


@dataclass(frozen=True)
class NNT:
    """A number needed to treat, for one more person to benefit (NNTB) or to be harmed (NNTH).

    Parameters
    ----------
    benefit : Estimate
        The risk difference in the direction of benefit: positive where the intervention helps.

    References
    ----------
    Altman DG. Confidence intervals for the number needed to treat. BMJ 1998;317:1309-1312.
    """

    benefit: Estimate

    @property
    def value(self) -> float:
        """People to treat for one more to benefit or be harmed; infinite where the risks are equal."""
        return _people(self.benefit.value)

    @property
    def direction(self) -> str:
        """Whether the estimate is of 'benefit', 'harm' or 'neither'."""
        if self.benefit.value == 0:
            return "neither"
        return "benefit" if self.benefit.value > 0 else "harm"

    @property
    def crosses(self) -> bool:
        """Whether the interval passes from benefit through infinity to harm."""
        return self.benefit.low < 0 < self.benefit.high

    @property
    def _limits(self) -> tuple[float, float]:
        """The limits, the stronger effect on the estimate's side first."""
        low, high = self.benefit.low, self.benefit.high
        return (low, high) if self.direction == "harm" or high == 0 else (high, low)

    def text(self, decimals: int = 1) -> str:
        """Write as 'NNTB 10.0 (NNTB 4.0 to infinity to NNTH 20.0)'; with 0 decimals, round up to whole people."""

        def write(effect: float, label: bool = True) -> str:
            people = _people(effect)
            if people == _INF:
                return "infinity"
            # the inner rounding keeps 1 / 0.1 at 10 where floating point makes it 10.000000000000002
            number = f"{people:.{decimals}f}" if decimals else str(math.ceil(round(people, 6)))
            return f"{'NNTB' if effect > 0 else 'NNTH'} {number}" if label else number

        near, far = self._limits
        if self.crosses:
            return f"{write(self.benefit.value)} ({write(near)} to infinity to {write(far)})"
        label = self.direction == "neither"  # then only the limits can say which side they are on
        return f"{write(self.benefit.value)} ({write(near, label)} to {write(far, label)})"


@dataclass(frozen=True)
class Difference:
    """A difference of two means: estimate, standard error and P."""

    estimate: Estimate
    se: float
    p: float


def _people(effect: float) -> float:
    return _INF if effect == 0 else 1 / abs(effect)


def _check(name: str, value: float, least: float = -_INF, most: float = _INF, *, ends: bool = True) -> None:
    """Raise ValueError unless the value is finite and from least to most; without `ends`, strictly between them."""
    if not math.isfinite(value):
        raise ValueError(f"{name}: must be a finite number, found {value}")
    if value < least or value > most or (not ends and value in (least, most)):
        above = f"at least {least:g}" if ends else f"above {least:g}"
        below = f"at most {most:g}" if ends else f"below {most:g}"
        bounds = above if most == _INF else f"{above} and {below}"
        raise ValueError(f"{name}: must be {bounds}, found {value:g}")


def _proportion(events: float, n: float) -> float:
    _check("n", n, 0, ends=False)
    _check(f"events among {n:g} people", events, 0, n)
    return events / n


def _critical(p: float, df: int | None = None) -> float:
    """Absolute value of z, or of t with df degrees of freedom, that leaves a two-sided tail probability p."""
    if df is None:
        return -_NORMAL.inv_cdf(p / 2)
    _check("degrees of freedom", df, 1)
    _check("P for a t distribution", p, 1e-9, 1)  # below that, the subtraction from 1 loses its digits
    low, high = 0.0, math.pi / 2
    for _ in range(60):  # bisection on the angle whose tangent is t / sqrt(df)
        angle = (low + high) / 2
        low, high = (angle, high) if _inside_t(angle, df) < 1 - p else (low, angle)
    return math.sqrt(df) * math.tan(low)


def _inside_t(angle: float, df: int) -> float:
    """Probability that |T| is below sqrt(df) * tan(angle): Abramowitz and Stegun 1964, 26.7.3 and 26.7.4."""
    odd = df % 2
    term = total = math.cos(angle) ** odd if df > 1 else 0.0
    for power in range(odd + 2, df - 1, 2):
        term *= (power - 1) / power * math.cos(angle) ** 2
        total += term
    inside = math.sin(angle) * total
    return (angle + inside) * 2 / math.pi if odd else inside


def _p_from_z(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def _log(name: str, value: float) -> float:
    _check(name, value, 0, ends=False)
    return math.log(value)


def _ratio_interval(ratio: float, se: float, method: str) -> Estimate:
    return Estimate(ratio, ratio * math.exp(-_Z * se), ratio * math.exp(_Z * se), method=method)


def risk(events: float, n: float) -> Estimate:
    """Risk (proportion with the event) with its Wilson score interval.

    Parameters
    ----------
    events, n : float
        People with the event, and people counted.

    Returns
    -------
    Estimate
        A proportion.

    Raises
    ------
    ValueError
        If n is not positive, or events are not from 0 to n.

    References
    ----------
    Wilson EB. J Am Stat Assoc 1927;22:209-212.
    """
    p = _proportion(events, n)
    centre = p + _Z**2 / (2 * n)
    half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    # with no event, or only events, one limit is the risk itself, which rounding must not change
    low, high = max(0.0, min(p, (centre - half) / scale)), min(1.0, max(p, (centre + half) / scale))
    return Estimate(p, low, high, method="Wilson score")


def risk_difference(events_1: float, n_1: float, events_2: float, n_2: float) -> Estimate:
    """Risk difference with Newcombe's hybrid score interval.

    Parameters
    ----------
    events_1, n_1, events_2, n_2 : float
        People with the event, and people counted, in each arm.

    Returns
    -------
    Estimate
        A difference of proportions, first arm minus second.

    Raises
    ------
    ValueError
        If an n is not positive, or events are not from 0 to n.

    References
    ----------
    Newcombe RG. Stat Med 1998;17:873-890, method 10.
    """
    first, second = risk(events_1, n_1), risk(events_2, n_2)
    value = first.value - second.value
    low = value - math.hypot(first.value - first.low, second.high - second.value)
    high = value + math.hypot(first.high - first.value, second.value - second.low)
    return Estimate(value, max(-1.0, low), min(1.0, high), method="Newcombe hybrid score")


def risk_ratio(events_1: float, n_1: float, events_2: float, n_2: float) -> Estimate:
    """Risk ratio with its interval by the log method.

    Parameters
    ----------
    events_1, n_1, events_2, n_2 : float
        People with the event, and people counted, in each arm.

    Returns
    -------
    Estimate
        First arm over second.

    Raises
    ------
    ValueError
        If the counts are impossible, an arm has no event, or everyone has it: the method then has no
        standard error, and nothing is added to the cells to make one.

    References
    ----------
    Katz D, et al. Biometrics 1978;34:469-474.
    """
    p_1, p_2 = _proportion(events_1, n_1), _proportion(events_2, n_2)
    if 0 in (p_1, p_2) or p_1 == p_2 == 1:
        raise ValueError("risk ratio: needs events in each arm, and someone without; use a risk difference")
    se = math.sqrt((1 - p_1) / events_1 + (1 - p_2) / events_2)
    return _ratio_interval(p_1 / p_2, se, "Katz log")


def odds_ratio(events_1: float, n_1: float, events_2: float, n_2: float) -> Estimate:
    """Odds ratio with Woolf's interval.

    Parameters
    ----------
    events_1, n_1, events_2, n_2 : float
        People with the event, and people counted, in each arm.

    Returns
    -------
    Estimate
        First arm over second.

    Raises
    ------
    ValueError
        If the counts are impossible, or no one or everyone in an arm has the event: the method then has
        no standard error, and nothing is added to the cells to make one.

    References
    ----------
    Woolf B. Ann Hum Genet 1955;19:251-253.
    """
    p_1, p_2 = _proportion(events_1, n_1), _proportion(events_2, n_2)
    if {p_1, p_2} & {0, 1}:
        raise ValueError("odds ratio: needs events and non-events in each arm; use a risk difference")
    se = math.sqrt(1 / events_1 + 1 / (n_1 - events_1) + 1 / events_2 + 1 / (n_2 - events_2))
    return _ratio_interval(p_1 / (1 - p_1) / (p_2 / (1 - p_2)), se, "Woolf log")


def events_from_percent(percent: float, n: float) -> float:
    """Events behind a printed percentage, not rounded, for a paper that prints no counts.

    Parameters
    ----------
    percent, n : float
        The percentage, from 0 to 100, and the people it is of.

    Returns
    -------
    float
        People, possibly a fraction: anything computed from it is derived, and the page must say so.

    Raises
    ------
    ValueError
        If the percentage is not from 0 to 100, or n is not positive.
    """
    _check("percentage", percent, 0, 100)
    _check("n", n, 0, ends=False)
    return percent / 100 * n


def number_needed_to_treat(difference: Estimate, *, increase_is_benefit: bool) -> NNT:
    """Invert a risk difference and its limits into a number needed to treat.

    Parameters
    ----------
    difference : Estimate
        Difference of proportions, intervention minus comparator.
    increase_is_benefit : bool
        Whether the event is desirable (response) rather than undesirable (relapse).

    Returns
    -------
    NNT
        Its interval runs through infinity if that of the difference includes zero.

    Raises
    ------
    ValueError
        If the difference or a limit is not a proportion from -1 to 1.

    References
    ----------
    Altman DG. BMJ 1998;317:1309-1312.
    """
    for value in (difference.value, difference.low, difference.high):
        _check("risk difference or limit (a proportion, not a percentage)", value, -1, 1)
    return NNT(difference if increase_is_benefit else difference.map(lambda value: -value))


def risk_from_odds_ratio(ratio: float, control_risk: float) -> float:
    """Risk that an odds ratio implies at a control risk; apply it to an interval with `Estimate.map`.

    Parameters
    ----------
    ratio, control_risk : float
        The odds ratio, and the proportion with the event in the comparator.

    Returns
    -------
    float
        A proportion. Limits made this way ignore the uncertainty of the control risk.

    Raises
    ------
    ValueError
        If the ratio is not positive, or the control risk not from 0 to 1.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, chapter 15.
    """
    return control_risk * risk_ratio_from_odds_ratio(ratio, control_risk)


def risk_ratio_from_odds_ratio(ratio: float, control_risk: float) -> float:
    """Risk ratio that an odds ratio implies at a control risk.

    Parameters
    ----------
    ratio, control_risk : float
        The odds ratio, and the proportion with the event in the comparator.

    Returns
    -------
    float
        Intervention over comparator.

    Raises
    ------
    ValueError
        If the ratio is not positive, or the control risk not from 0 to 1.

    References
    ----------
    Zhang J, Yu KF. JAMA 1998;280:1690-1691.
    """
    _check("odds ratio", ratio, 0, ends=False)
    _check("control risk", control_risk, 0, 1)
    return ratio / (1 - control_risk + ratio * control_risk)


def se_from_interval(
    low: float, high: float, *, level: float = LEVEL, log: bool = False, df: int | None = None
) -> float:
    """Derive the standard error from the two limits of an interval.

    Parameters
    ----------
    low, high, level : float
        The limits, and their confidence level between 0 and 1.
    log : bool
        Whether the limits are of a ratio; the standard error is then that of its natural logarithm.
    df : int, optional
        Degrees of freedom of t, for an interval from a small sample; by default the normal distribution.

    Returns
    -------
    float
        In the unit of the limits, or of their logarithm.

    Raises
    ------
    ValueError
        If a limit is missing, infinite or (for a ratio) not positive, or low is above high.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, chapter 6.
    """
    _check("confidence level", level, 0, 1, ends=False)
    _check("lower limit", low)
    _check("upper limit", high, low)
    width = _log("upper limit of a ratio", high) - _log("lower limit of a ratio", low) if log else high - low
    return width / (2 * _critical(1 - level, df))


def interval_from_p(value: float, p: float, *, log: bool = False) -> Estimate:
    """Derive the interval from an estimate and its P value, by the normal distribution.

    Parameters
    ----------
    value, p : float
        The estimate, and its exact two-sided P value: a bound gives no interval.
    log : bool
        Whether the estimate is a ratio, whose interval is symmetric in its logarithm.

    Returns
    -------
    Estimate
        In the unit of the estimate.

    Raises
    ------
    ValueError
        If P is not above 0 and below 1, or the estimate is the value of no difference.

    References
    ----------
    Altman DG, Bland JM. How to obtain the confidence interval from a P value. BMJ 2011;343:d2090.
    """
    _check("P", p, 0, 1, ends=False)
    size = abs(_log("ratio", value)) if log else abs(value)
    _check("size of the effect", size, 0, ends=False)
    se = size / _critical(p)
    if log:
        return _ratio_interval(value, se, "derived from P")
    return Estimate(value, value - _Z * se, value + _Z * se, method="derived from P")


def p_from_t(t: float, df: int | None = None) -> float:
    """Two-sided P value of a t statistic, or of a z statistic without degrees of freedom.

    Parameters
    ----------
    t : float
        The statistic.
    df : int, optional
        Degrees of freedom of t; by default the normal distribution.

    Raises
    ------
    ValueError
        If the degrees of freedom are below 1.

    References
    ----------
    Abramowitz M, Stegun IA. Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4.
    """
    if df is None:
        return _p_from_z(t)
    _check("degrees of freedom", df, 1)
    # far out, the subtraction from 1 loses its digits, and may fall slightly below zero
    return max(0.0, 1 - _inside_t(math.atan(abs(t) / math.sqrt(df)), df))


def difference_of_means(first: Estimate, second: Estimate) -> Difference:
    """Difference of two independent means from their intervals, by the normal distribution.

    Parameters
    ----------
    first, second : Estimate
        The two means in one unit; they must not come from the same people.

    Returns
    -------
    Difference
        First minus second.

    Raises
    ------
    ValueError
        If a limit is infinite, or both intervals have no width.

    References
    ----------
    Altman DG, Bland JM. Interaction revisited: the difference between two estimates. BMJ 2003;326:219.
    """
    se = math.hypot(*(se_from_interval(mean.low, mean.high, level=mean.level) for mean in (first, second)))
    _check("standard error of the difference", se, 0, ends=False)
    value = first.value - second.value
    interval = Estimate(value, value - _Z * se, value + _Z * se, method="independent normal means")
    return Difference(interval, se, _p_from_z(value / se))


def probability_below(estimate: Estimate, value: float) -> float:
    """Probability that the true difference is below a value, given an estimate and its interval alone.

    Parameters
    ----------
    estimate : Estimate
        A difference with a two-sided interval, or the logarithm of a ratio with its own.
    value : float
        In the unit of the estimate.

    Returns
    -------
    float
        The part of a normal distribution around the estimate that lies below the value: the posterior probability
        under a flat prior, if nothing but this estimate is known.

    Raises
    ------
    ValueError
        If a limit is infinite, or the interval has no width.

    References
    ----------
    Shakespeare TP, et al. Lancet 2001;357:1349-1353. Hamilton FW, et al. Int J Infect Dis 2021,
    doi:10.1016/j.ijid.2021.06.034.
    """
    se = se_from_interval(estimate.low, estimate.high, level=estimate.level)
    _check("width of the interval", se, 0, ends=False)
    _check("value", value)
    return _NORMAL.cdf((value - estimate.value) / se)


def smd_from_log_odds_ratio(log_odds_ratio: float) -> float:
    """Standardized mean difference that a log odds ratio (or its standard error) corresponds to.

    Parameters
    ----------
    log_odds_ratio : float
        Natural logarithm of an odds ratio, or its standard error.

    Returns
    -------
    float
        In standard deviations.

    Raises
    ------
    ValueError
        If the number is missing or infinite.

    Notes
    -----
    Holds for one outcome with logistic distributions of equal spread, cut at a threshold. An odds ratio and a
    standardized mean difference are on different scales: an odds ratio of 0.10 amounts to -1.27 standard
    deviations, so neither number may be quoted as if it were the other.

    References
    ----------
    Chinn S. Stat Med 2000;19:3127-3131. Cochrane Handbook, chapter 10.
    """
    _check("log odds ratio", log_odds_ratio)
    return log_odds_ratio / _LOGISTIC_SD


def difference_in_differences(before_1: float, after_1: float, before_2: float, after_2: float) -> float:
    """Change in the first arm minus change in the second.

    Parameters
    ----------
    before_1, after_1, before_2, after_2 : float
        The four rates or means, in one unit.

    Returns
    -------
    float
        In that unit.

    Raises
    ------
    ValueError
        If a number is missing or infinite.
    """
    for rate in (before_1, after_1, before_2, after_2):
        _check("rate", rate)
    return (after_1 - before_1) - (after_2 - before_2)
