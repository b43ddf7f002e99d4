"""Read results as papers print them: '60 of 120 (50.0%)', 'odds ratio 2.33 (95% CI 1.37 to 3.96), P = 0.01'.

Nothing is guessed: whatever of a text is not understood is an error that shows it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from livingreview.checks.package import shown
from livingreview.evidence import measures

_N = r"-?\d+(?:\.\d+)?"
_LIMITS = rf"[\[(]?\s*({_N})\s*(?:to|,|;|-)\s*({_N})\s*[\])]?"
_COUNTS = re.compile(r"\b(\d+)\s*(?:of|/)\s*(\d+)\b")
_PERCENT = re.compile(rf"({_N})\s*(?:%|percent\b|per cent\b)")
_MEAN = re.compile(rf"\bmean\s*(?:of\s*)?({_N})", re.IGNORECASE)
_SD = re.compile(rf"\bSD\s*[=:]?\s*({_N})", re.IGNORECASE)
_OF = re.compile(r"\bn\s*=\s*(\d+)\b|\bof\s+(\d+)\b", re.IGNORECASE)
_INTERVAL = re.compile(rf"({_N})\s*%\s*(?:CI|confidence interval)\b\s*[,:]?\s*{_LIMITS}", re.IGNORECASE)
_P = re.compile(rf"\bp\s*(?:value)?\s*(<=|>=|=|<|>)\s*({_N})", re.IGNORECASE)
_ADJUSTED = re.compile(r"\b(adjusted(?: for [^;()]+)?)", re.IGNORECASE)
#: What authors write for measures, beside their names.
_SHORT = {
    "or": "odds_ratio",
    "rr": "risk_ratio",
    "relative risk": "risk_ratio",
    "hr": "hazard_ratio",
    "md": "mean_difference",
    "nnt": "number_needed_to_treat",
}
_BETTER = {"higher": "higher", "more": "higher", "lower": "lower", "fewer": "lower", "less": "lower"}


class NotUnderstoodError(Exception):
    """A part of a text cannot be read; the message says which, and what a text looks like that can."""


def plain(text: str) -> str:
    """Write numbers as the data have them: a hyphen as minus, a point for decimals, a zero before it.

    Parameters
    ----------
    text : str
        As typed or pasted out of a paper.
    """
    text = " ".join(text.split())
    text = re.sub(r"(?<![\w)])[\u2212\u2010-\u2015\ufe63\uff0d]\s?(?=[\d.])", "-", text)
    text = re.sub(r"(?<=\d)\s?[\u2010-\u2015]\s?(?=\d)", " to ", text)
    text = text.replace("\u2264", "<=").replace("\u2265", ">=")
    text = re.sub(r"(?<=\d)\u00b7(?=\d)", ".", text)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    return re.sub(r"(?<![\d.])\.(?=\d)", "0.", text)


def of_group(text: str) -> list[dict[str, str]]:
    """Read the result of one group.

    Parameters
    ----------
    text : str
        Such as '60 of 120 (50.0%)', '50%', or 'mean 0.99 (SD 0.71), n = 119'.

    Returns
    -------
    list of dict of str to str
        Cells of a row of results; with a standard deviation, of two.

    Raises
    ------
    NotUnderstoodError
        If a part of it is none of these.
    """
    reading = _Reading(plain(text))
    counts, percent = reading.take(_COUNTS), reading.take(_PERCENT)
    mean, sd, of = reading.take(_MEAN), reading.take(_SD), reading.take(_OF)
    reading.finish("Write it like 60 of 120 (50.0%), or mean 0.99 (SD 0.71), n = 119.")
    people = {"events": counts[0], "n": counts[1]} if counts else {"n": "".join(of)} if of else {}
    if mean and not (percent or counts):
        spread = [{"measure": "sd", "estimate": sd[0], **people}] if sd else []
        return [{"measure": "mean", "estimate": mean[0], **people}, *spread]
    if percent and not (mean or sd):
        return [{"measure": "percent", "estimate": percent[0], **people}]
    if counts and not (mean or sd):
        return [{"measure": "count", "estimate": counts[0], **people}]
    raise NotUnderstoodError(f"must say whether {shown(reading.whole)} is a percentage, a count of people or a mean.")


def difference(text: str, known: Collection[str], units: Collection[str]) -> dict[str, str]:
    """Read how two groups differ.

    Parameters
    ----------
    text : str
        Such as 'odds ratio 2.33 (95% CI 1.37 to 3.96), P = 0.01'.
    known, units : collection of str
        The measures and the units that the data have.

    Returns
    -------
    dict of str to str
        Cells of a row of results.

    Raises
    ------
    NotUnderstoodError
        If a part of it is none of these, or it names no measure.
    """
    reading = _Reading(plain(text))
    interval, p, adjusted = reading.take(_INTERVAL), reading.take(_P), reading.take(_ADJUSTED)
    names = {measures.in_words(name).lower(): name for name in known if measures.measure(name).compares_arms}
    names |= {short: name for short, name in _SHORT.items() if name in known}
    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    size = reading.take(re.compile(rf"\b({words})\b\s*(?:of|=|:|,)?\s*({_N})", re.IGNORECASE))
    if size is None and not (p and not interval and re.fullmatch(r"\W*", reading.left)):
        listed = ", ".join(sorted(name for name in names if len(name) > 3))
        raise NotUnderstoodError(f"must name the measure and its value, found {shown(reading.left)}: {listed}.")
    unit = reading.take(re.compile("|".join(rf"\b({re.escape(u)})\b" for u in sorted(units, key=len, reverse=True))))
    reading.finish("Write it like odds ratio 2.33 (95% CI 1.37 to 3.96), P = 0.01.")
    cells = {"measure": names[size[0].lower()], "estimate": size[1]} if size else {"measure": "p_value"}
    if interval:
        cells |= {"ci_level": interval[0], "ci_low": interval[1], "ci_high": interval[2]}
    if p:
        cells |= {"p_operator": p[0], "p_value": p[1]}
    cells |= {"note": adjusted[0].strip(" ,.")} if adjusted else {}
    return cells | ({"unit": "".join(unit)} if unit else {})


def better(text: str) -> str:
    """Read whether higher or lower is better for the patient.

    Raises
    ------
    NotUnderstoodError
        If it is neither.
    """
    if (word := text.strip(" .").lower()) not in _BETTER:
        raise NotUnderstoodError(f"must be higher or lower, found {shown(text)}.")
    return _BETTER[word]


def months(text: str) -> str:
    """Read a number of months.

    Raises
    ------
    NotUnderstoodError
        If it is none; weeks are not converted, since that would hide what the source says.
    """
    if (match := re.fullmatch(rf"({_N})(?: months?)?", plain(text), re.IGNORECASE)) is None:
        raise NotUnderstoodError(f"must be a number of months, such as 12, found {shown(text)}.")
    return match[1]


class _Reading:
    """A text from which one part after another is taken."""

    def __init__(self, text: str) -> None:
        self.whole = self.left = text

    def take(self, pattern: re.Pattern[str]) -> list[str] | None:
        """Take the one part that fits, and give its groups; None if there is none."""
        match = pattern.search(self.left)
        if match is None:
            return None
        self.left = f"{self.left[: match.start()]} {self.left[match.end() :]}"
        return list(self._groups(match))

    @staticmethod
    def _groups(match: re.Match[str]) -> Iterator[str]:
        yield from (group or "" for group in match.groups())

    def finish(self, remedy: str) -> None:
        """Refuse what is left over."""
        if re.search(r"[^\W_]", self.left):
            rest = " ".join(self.left.strip(" ,;:()[]").split())
            raise NotUnderstoodError(
                f"must be understood as a whole, found {shown(rest)} in {shown(self.whole)}. {remedy}"
            )
