"""Rules on values that have the right form and cannot be right, or are so rare that somebody must confirm them.

Where a value may be true after all, the message says how the row confirms it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from livingreview.checks.package import Fault, Package, Row, shown
from livingreview.checks.rules import Wrong, each
from livingreview.evidence import split
from livingreview.evidence.measures import measure
from livingreview.evidence.topic import section

#: Levels of confidence intervals that are in use; any other is confirmed by a note that names it.
LEVELS = ("80", "90", "95", "97.5", "99")
#: Units of the topic, with the measure that has each, and the words that its outcome needs.
_OWN_UNITS: dict[str, dict[str, str]] = section("units")
#: Words of an outcome, of its definition or its instrument that a unit needs.
WORDS_OF_UNIT = {
    "USD": r"cost|benefit|price|charge|expend|spend|saving|payment|revenue|earning|icer",
    "USD per QALY": r"cost",
    **{unit: entry["words"] for unit, entry in _OWN_UNITS.items()},
    "days": r"day|time|week|duration|stay",
    "days per week": r"day|week|exercise|activit|diet|adheren|care",
    "contacts": r"contact|visit|session|encounter|call",
    "dependencies": r"activities|adl|dependen|function",
    "percent of days": r"day",
    "patient-years per 10,000 patients": r"patient-year|treatment",
}
#: Largest P value that is printed with a 'less than', and smallest with a 'more than'.
MOST_BELOW, LEAST_ABOVE = 0.1, 0.01
#: What an id says of time: months, or the beginning.
TIME = re.compile(r"-(?:(\d{1,3})m|(baseline))(?=-|$)", re.ASCII)
#: What an id says of an arm.
ARM = re.compile(r"-(cc|control|contrast)(?=-|$)", re.ASCII)
#: What words of a study say of a coded column: column of the words, pattern, coded column, and codes that fit.
CODES_OF_WORDS = (
    (
        "comparator",
        r"enhanced usual|usual care enhanced|enhanced care as usual",
        "comparator_type",
        ("enhanced_usual_care",),
    ),
    (
        *("design", r"cluster", "unit_of_randomisation"),
        ("practice", "clinic", "primary care provider", "village", "township"),
    ),
)
#: Ages from or to which people could take part, as texts print them.
AGES = re.compile(
    r"\bage(?:d|s)?(?: under| over| from)? (\d{2})|\b(\d{2})(?: years)? (?:or|and) (?:older|over|above)", re.ASCII
)
#: Months of a time window, and words for them that come without a number.
WINDOWS = {"0_to_6": (0.0, 6.0), "7_to_12": (7.0, 12.0), "13_to_24": (13.0, 24.0), "over_24": (25.0, math.inf)}
MONTHS_OF_TERM = {"short": (0.0, 6.0), "medium": (7.0, 12.0), "long": (13.0, math.inf)}
MONTHS_OF = {"week": 12 * 7 / 365.25, "month": 1, "year": 12}
#: Most people per study of a pooled effect; a larger number is confirmed by a note that names it.
MOST_PER_STUDY = 2500
#: Fewest people per study of a pooled effect.
LEAST_PER_STUDY = 20
#: Most by which a percentage of an arm changes from one time to another; more is confirmed by a note.
MOST_CHANGE = 5
#: Largest difference that matters, as a share of its scale.
MOST_OF_SCALE = 0.3
BOTH = ("intervention", "comparator")
ARMS = {"cc": "intervention", "control": "comparator", "contrast": "contrast"}


@each("p_operator", "p_value", "note")
def p_below_what(row: Row) -> Iterator[Wrong]:
    """Test that a P value printed as 'less than' or 'more than' says something: P < 1 does not."""
    p, sign = row.number("p_value"), row["p_operator"]
    if p is not None and sign in ("<", "<=") and p > MOST_BELOW:
        yield "p_value", f"be at most {MOST_BELOW} after {sign}", "Write the P value with = where it is printed so."
    elif p is not None and sign in (">", ">=") and (p < LEAST_ABOVE or p >= 1):
        yield (
            "p_value",
            f"be from {LEAST_ABOVE} to below 1 after {sign}",
            "Look at the sign again, and correct the row.",
        )
    elif p is not None and sign in (">", ">=") and not re.search(r"\bP\b", row["note"]):
        remedy = "Look at the sign again; where it is right, write 'P printed as more than' into the note."
        yield "p_operator", "be confirmed by the note, since a P value is seldom printed so", remedy


@each("ci_level", "note")
def level_in_use(row: Row) -> Iterator[Wrong]:
    """Test that the level of an interval is one in use."""
    if row["ci_level"] and row["ci_level"] not in LEVELS and row["ci_level"] not in row["note"]:
        remedy = "Correct it; where the source prints that level, say so in the note, with the number."
        yield "ci_level", f"be one of {', '.join(LEVELS)}", remedy


def one_level(package: Package) -> Iterator[Fault]:
    """Test that the intervals in one place of a source have one level."""
    rows = [row for row in package.rows("results") if row["ci_level"]]
    for group in _together(rows, "source_key", "locator"):
        usual, times = Counter(row["ci_level"] for row in group).most_common(1)[0]
        for row in group:
            if times > 1 and row["ci_level"] != usual and row["ci_level"] not in row["note"]:
                requirement = f"be {usual}, as for {times} intervals in that place of the source"
                yield row.fault("ci_level", requirement, "Correct it, or name the level in the note.")


@each("measure", "unit", "estimate", "outcome", "definition", "instrument", "note")
def unit_fits(row: Row) -> Iterator[Wrong]:
    """Test that a unit is one of its measure, and that the outcome is something of that unit."""
    own = (unit for unit, entry in _OWN_UNITS.items() if entry["measure"] == row["measure"])
    units = (*measure(row["measure"]).units, *own)
    words = " ".join(row[column] for column in ("outcome", "definition", "instrument", "note"))
    if row["unit"] == "SD" and not (measure(row["measure"]).is_standardised or row["measure"].startswith("p_")):
        yield "unit", f"not be SD, since {row['measure']} is not standardized", "Correct the unit or the measure."
    elif row["estimate"] and units and row["unit"] not in units:
        yield "unit", f"be {' or '.join(units)}, the measure being {row['measure']}", "Correct the unit or the measure."
    elif row["unit"] in WORDS_OF_UNIT and not re.search(WORDS_OF_UNIT[row["unit"]], words, re.IGNORECASE):
        requirement = f"fit the outcome, which says nothing of {row['unit']}"
        yield "unit", requirement, "Correct the unit, or say in the definition what was counted."


def one_unit(package: Package) -> Iterator[Fault]:
    """Test that amounts of one outcome on one instrument have one unit in a study, and points a scale."""
    with_range = {row["instrument"] for row in package.rows("instruments") if row["range_high"]}
    amounts = [row for row in package.rows("results") if measure(row["measure"]).of_outcome and row["unit"]]
    for group in _together(amounts, "study_id", "outcome", "instrument"):
        usual, times = Counter(row["unit"] for row in group).most_common(1)[0]
        for row in group:
            scale = "points" if row["instrument"] in with_range and row["scale_range"] else ""
            right = scale or (usual if times > len(group) / 2 else row["unit"])
            if row["unit"] != right:
                why = f"as for {row['instrument']}" if scale else "as for the same outcome in other rows"
                yield row.fault("unit", f"be {right}, {why}", "Correct the unit, or name the outcomes differently.")


def one_scale(package: Package) -> Iterator[Fault]:
    """Test that an instrument has one range, one better direction and one unit, in its own table and in the results."""
    scales = [row for row in package.rows("instruments") if row["instrument"]]
    for group in _together(scales, "instrument"):
        for column in ("full_name", "range_low", "range_high", "better_direction"):
            yield from _unlike(group, column, "other rows of the instrument")
    scored = [row for row in package.rows("results") if row["scale_range"]]
    for group in _together(scored, "instrument"):
        yield from _unlike(group, "scale_range", "other rows with the instrument")
    scales_used = {row["instrument"] for row in scored}
    means = [
        r
        for r in package.rows("results")
        if measure(r["measure"]).of_outcome and r["instrument"] in scales_used and r["unit"]
    ]
    for group in _together(means, "instrument"):
        yield from _unlike(group, "unit", "other rows with the instrument")


def _unlike(group: list[Row], column: str, compared: str) -> Iterator[Fault]:
    """Find rows that say something else in a column than most."""
    usual, times = Counter(row[column] for row in group).most_common(1)[0]
    for row in group:
        if row[column] != usual and (times > 1 or row is not group[0]):
            requirement = f"be {shown(usual)}, as in {compared}" if usual else f"be blank, as in {compared}"
            yield row.fault(column, requirement, "Correct one of them.")


@each("threshold", "threshold_unit", "range_low", "range_high", "basis")
def threshold_on_scale(row: Row) -> Iterator[Wrong]:
    """Test that a threshold, and its interval, lies on the scale, or is a difference that the scale allows."""
    low, high = row.number("range_low"), row.number("range_high")
    for column in ("threshold", "ci_low", "ci_high"):
        number, unit = row.number(column), row["threshold_unit"]
        if number is None:
            continue
        if unit == "percent" and not 0 <= number <= 100:
            yield column, "be from 0 to 100, being a percentage", "Correct the number or its unit."
        elif unit == "points" and low is not None and high is not None:
            difference = row["basis"] not in ("cut_off", "context")
            bounds = (0.0, high - low) if difference else (low, high)
            if not bounds[0] <= number <= bounds[1] or (difference and number == 0):
                requirement = f"lie on the scale, {row['range_low']} to {row['range_high']}"
                yield column, requirement, "Correct the number, the range or the basis."
            elif difference and column == "threshold" and number > MOST_OF_SCALE * (high - low):
                requirement = f"be at most {MOST_OF_SCALE * (high - low):g}, {MOST_OF_SCALE:.0%} of its scale"
                yield column, requirement, "Correct the number, or write cut_off as the basis of a score."


def scale_is_instrument(package: Package) -> Iterator[Fault]:
    """Test that a mean on a known instrument lies on its range, and that a difference is one that the range allows."""
    instruments = {row["instrument"]: row for row in package.rows("instruments") if row["range_high"]}
    for row in package.rows("results"):
        scale = instruments.get(row["instrument"]) if row["unit"] == "points" else None
        if scale is None:
            continue
        low, high = scale.number("range_low") or 0.0, scale.number("range_high") or 0.0
        for column in ("estimate", "ci_low", "ci_high"):
            number = row.number(column)
            level = row["measure"] in ("mean", "median")
            bounds = (low, high) if level else (low - high, high - low)
            if number is not None and abs(number) != float("inf") and not bounds[0] <= number <= bounds[1]:
                requirement = f"be possible on {scale['instrument']}, {scale['range_low']} to {scale['range_high']}"
                yield row.fault(column, requirement, "Correct the number, or the instrument.")


@each("result_id", "study_id", "months", "time_as_printed", "arm")
def as_its_id_says(row: Row) -> Iterator[Wrong]:
    """Test that the time and the arm of a row are those of its id, unless the time as printed confirms the months."""
    match = TIME.search("-" + row["result_id"].removeprefix(row["study_id"] + "-"))
    months = ("0" if match[2] else match[1]) if match else ""
    if (
        match
        and row["months"] != months
        and not re.search(rf"(?<!\d){row['months'] or months}(?!\d)", row["time_as_printed"])
    ):
        remedy = (
            "Correct the months; where they are right, write the time as the source prints it into time_as_printed."
        )
        yield "months", f"be {months}, as in the id {row['result_id']}", remedy
    arm = ARM.search(row["result_id"])
    if arm and row["arm"] != ARMS[arm[1]]:
        yield "arm", f"be that of the id {row['result_id']}", "Correct the arm, or the id wherever it stands."


@each("arm_id", "role", tables=("arms",))
def role_of_its_id(row: Row) -> Iterator[Wrong]:
    """Test that the role of an arm is the one that its id says."""
    arm = ARM.search(row["arm_id"])
    if arm and row["role"] != ARMS[arm[1]]:
        yield "role", f"be {ARMS[arm[1]]}, as in the id {row['arm_id']}", "Correct the role, or the id."


def arms_there(package: Package) -> Iterator[Fault]:
    """Test that what is reported of an arm is of a study that has it, and that a mean age is one of its people."""
    arms = {(row["study_id"], row["role"]) for row in package.rows("arms")}
    least = {row["study_id"]: row.number("min_age") for row in package.rows("studies")}
    whole = package.whole("arms", "studies")
    for row in (*package.rows("baseline"), *package.rows("sets")) if whole else ():
        if row["arm"] in BOTH and (row["study_id"], row["arm"]) not in arms:
            yield row.fault("arm", f"be an arm that {row['study_id']} has", "Correct it, or add the arm.")
    for row in package.rows("baseline") if whole else ():
        age, youngest = row.number("value"), least.get(row["study_id"])
        is_mean = row["characteristic"].casefold().startswith("age") and row["measure"] in ("mean", "median")
        if is_mean and age is not None and youngest and age < youngest:
            requirement = f"be at least {youngest:g}, the least age in {row['study_id']}"
            yield row.fault("value", requirement, "Correct the age, or min_age of the study.")


def time_in_study(package: Package) -> Iterator[Fault]:
    """Test that the months of a result are those of an assessment, of the follow-up or of another row of its source."""
    studies = {row["study_id"]: row for row in package.rows("studies")}
    rows = [row for row in package.rows("results") if row["months"] not in ("", "0")]
    shared = Counter((row["source_key"], row["months"]) for row in rows)
    for row in rows if package.whole("results") else ():
        study = studies.get(row["study_id"])
        if study is None:
            continue
        planned = {study["intervention_months"], study["followup_months"], *split(study["assessment_months"])}
        words = " ".join(row[c] for c in ("outcome", "definition", "locator", "note"))
        dated = row["time_as_printed"] or re.search(rf"(?<![\d.]){re.escape(row['months'])}(?![\d.])", words)
        if row["months"] not in planned and shared[row["source_key"], row["months"]] < 2 and not dated:
            requirement = f"be a time of {row['study_id']}, or of another row of {row['source_key']}"
            remedy = (
                "Correct the months; where they are right, write the time as the source prints it into time_as_printed."
            )
            yield row.fault("months", requirement, remedy)


def arms_of_one_time(package: Package) -> Iterator[Fault]:
    """Test that what one place of a source reports in both arms is reported at the same times in both."""
    arms = [row for row in package.rows("results") if row["arm"] in BOTH]
    columns = ("study_id", "population", "outcome", "definition", "instrument", "measure", "source_key", "locator")
    for group in _together(arms, *columns):
        times = [{row["months"] for row in group if row["arm"] == arm} for arm in BOTH]
        if all(times):
            for row in group:
                if row["months"] not in times[0] & times[1] and len(times[0]) == len(times[1]):
                    requirement = "be a time at which the other arm is reported"
                    yield row.fault("months", requirement, "Correct the months of one of the two.")


@each(*{column for words, _, code, _ in CODES_OF_WORDS for column in (words, code)}, tables=("studies",))
def codes_of_words(row: Row) -> Iterator[Wrong]:
    """Test that a code of a study is one that its words allow."""
    for words, pattern, column, codes in CODES_OF_WORDS:
        if row[column] and row[column] not in codes and (said := re.search(pattern, row[words], re.IGNORECASE)):
            requirement = f"be {' or '.join(codes)}, as {words} says {shown(said[0])}"
            yield column, requirement, f"Correct it, or {words}."


@each("min_age", "eligibility", "population", tables=("studies",))
def age_in_words(row: Row) -> Iterator[Wrong]:
    """Test that the least age of a study is one of the ages that its words name."""
    ages = [age for match in AGES.findall(f"{row['population']}; {row['eligibility']}") for age in match if age]
    if row["min_age"] and ages and row["min_age"] not in ages:
        yield "min_age", f"be {' or '.join(ages)}, as population or eligibility says", "Correct one of the two."


@each("time_window", "window", tables=("pooled",))
def window_as_printed(row: Row) -> Iterator[Wrong]:
    """Test that the window of a pooled effect is one that has months of the time as printed; several are mixed."""
    first, last = _months_printed(row["time_window"])
    fit = [window for window, (low, high) in WINDOWS.items() if low <= last and first <= high]
    if fit and row["window"] not in [*fit, *["mixed"][: len(fit) - 1]]:
        requirement = f"be {' or '.join(fit)}, as time_window is {shown(row['time_window'])}"
        yield "window", requirement, "Correct one of the two."


def _months_printed(words: str) -> tuple[float, float]:
    """First and last month of a time as printed, such as '7-12 months'; infinite and 0 where it says none."""
    numbers = re.findall(r"(\d+)(?:\W*(week|month|year))?", words)
    units = [unit for _, unit in numbers if unit] or ["month"]
    months = [round(int(number) * MONTHS_OF[unit or units[0]], 1) for number, unit in numbers]
    if not months:
        months = [
            month for term, months in MONTHS_OF_TERM.items() if re.search(rf"\b{term}", words) for month in months
        ]
    if re.search("up to|within", words):
        months.append(0)
    if re.search(r"\d\+|over|more", words):
        months.append(math.inf)
    return min(months, default=math.inf), max(months, default=0)


def windows_once(package: Package) -> Iterator[Fault]:
    """Test that a review reports one effect of an outcome in a time window, so that pages can name it by that."""
    effects = [row for row in package.rows("pooled") if row["window"] in WINDOWS]
    columns = ("source_key", "outcome", "population", "measure", "model", "window")
    for first, *further in _together(effects, *columns):
        for row in further:
            requirement = f"report another window than {first['pooled_id']} in row {first.line}, of the same outcome"
            yield row.fault("pooled_id", requirement, "Correct the window, or say in outcome or model what differs.")


def steady_in_time(package: Package) -> Iterator[Fault]:
    """Test that a percentage of an arm, or a number needed to treat, does not jump between two times."""
    steady = ("percent", "number_needed_to_treat")
    shares = [row for row in package.rows("results") if row["measure"] in steady and row.number("estimate")]
    columns = ("study_id", "population", "outcome", "definition", "instrument", "arm", "measure")
    for group in _together(shares, *columns):
        usual = sorted(group, key=lambda row: row.number("estimate") or 0)[len(group) // 2]
        for row in group:
            low, high = sorted((row.number("estimate") or 0, usual.number("estimate") or 0))
            if row["months"] != usual["months"] and high > MOST_CHANGE * low and usual["estimate"] not in row["note"]:
                requirement = f"be within {MOST_CHANGE} times {usual['estimate']}, as at {usual['months']} months"
                remedy = f"Correct the number; where it is right, say so in the note, with {usual['estimate']}."
                yield row.fault("estimate", requirement, remedy)


@each("k", "n", "note", tables=("pooled",))
def people_per_study(row: Row) -> Iterator[Wrong]:
    """Test that the studies of a pooled effect have as many people as studies of care can have."""
    studies, people = row.number("k"), row.number("n")
    if studies and people and people / studies > MOST_PER_STUDY and row["n"] not in row["note"]:
        remedy = "Correct k or n; where both are right, name n in the note."
        yield "n", f"be at most {MOST_PER_STUDY} people for each of its {row['k']} studies", remedy
    elif studies and people and people < LEAST_PER_STUDY * studies:
        yield "n", f"be at least {LEAST_PER_STUDY} people for each of its {row['k']} studies", "Correct k or n."


def _together(rows: Iterable[Row], *columns: str) -> list[list[Row]]:
    """Put rows together that agree in some columns, where there are two or more."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[column] for column in columns), []).append(row)
    return [group for group in groups.values() if len(group) > 1]
