"""Rules on one row at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from livingreview.checks.consistency.records import COUNTED
from livingreview.checks.package import NUMBER, Row
from livingreview.checks.references import FORMS
from livingreview.checks.rules import Wrong, each
from livingreview.evidence import measures, split
from livingreview.evidence.identifiers import is_written
from livingreview.evidence.topic import section

#: Lower and higher number of a row.
ENDS = (("value", "value_high"), ("range_low", "range_high"), ("intervention_months", "followup_months"))
DATES = ("date", "recorded", "enrol_start", "enrol_end")
BASES = ("printed", "sum", "randomised", "implied")
NOWHERE = re.compile(r"(not )?(known|unknown|stated|given|available|none|paper|text)")


@each("source_key", "locator")
def located(row: Row) -> Iterator[Wrong]:
    """Test that a source comes with a place in it."""
    word = row["locator"].strip().casefold()
    if row["source_key"] and not word:
        yield "locator", "be filled in, as source_key is", "Write a table, figure, page, section or 'abstract'."
    elif word and not re.fullmatch(r"p?\.? ?\d+", word) and (len(word) < 3 or NOWHERE.fullmatch(word)):
        yield "locator", "say where in the source it stands", "Write a table, figure, page, section or 'abstract'."


def _one_without(row: Row, a: str, b: str) -> tuple[str, str]:
    """Of two columns that belong together, give the blank one and the filled one, if just one is blank."""
    return ("", "") if bool(row[a]) == bool(row[b]) else (b, a) if row[a] else (a, b)


@each("p_operator", "p_value")
def p_with_operator(row: Row) -> Iterator[Wrong]:
    """Test that a P value and its operator come together, and that it is not 0."""
    blank, filled = _one_without(row, "p_operator", "p_value")
    if blank:
        yield blank, f"be filled in, as {filled} is", "Write sign and value as printed, or neither."
    elif row.number("p_value") == 0:
        yield "p_value", "be above 0", "Write a P value printed as 0.000 as < 0.001."


@each("ci_low", "ci_high")
def limits_together(row: Row) -> Iterator[Wrong]:
    """Test that an interval has both limits, in order."""
    blank, filled = _one_without(row, "ci_low", "ci_high")
    low, high = row.number("ci_low"), row.number("ci_high")
    if blank:
        yield blank, f"be filled in, as {filled} is", "Write both limits (INF for an open end), or neither."
    elif low is not None and high is not None and low >= high:
        yield "ci_low", f"be below the upper limit {row['ci_high']}", "Exchange or correct the limits."


@each("ci_low", "ci_high", "ci_type")
def limits_typed(row: Row) -> Iterator[Wrong]:
    """Test that an interval has a type, and that only a one-sided one has an open end."""
    limits, kind = [row["ci_low"], row["ci_high"]], row["ci_type"]
    ends = sum(limit in ("INF", "-INF") for limit in limits)
    if any(limits) and not kind:
        yield "ci_type", "be filled in, as the limits are", "Write two_sided, one_sided or range."
    elif kind and not any(limits):
        yield "ci_type", "be blank where there are no limits", "Write the limits, or delete the type."
    elif (kind == "one_sided") != (ends == 1):
        yield "ci_type", "be one_sided exactly where one limit is INF", "Correct the type or the limits."


@each("ci_low", "ci_type", "ci_level", "note")
def level_of_interval(row: Row) -> Iterator[Wrong]:
    """Test that a confidence interval has a level, or a note why not, and that nothing else has one."""
    confidence = row["ci_type"] in ("two_sided", "one_sided")
    if confidence and not row["ci_level"] and not row["note"]:
        yield "ci_level", "be filled in for a confidence interval", "Write it, or note that it is not stated."
    elif row["ci_level"] and (row["ci_type"] == "range" or not row["ci_low"]):
        yield "ci_level", "be blank where there is no confidence interval", "Write the interval, or delete the level."


@each("measure", "estimate", "ci_low", "ci_type")
def interval_of_estimate(row: Row) -> Iterator[Wrong]:
    """Test that a confidence interval comes with its estimate; only a range may come without one."""
    if row["ci_low"] and not row["estimate"] and row["ci_type"] != "range":
        yield "ci_low", "be blank where there is no estimate", "Write the estimate, or move the interval to its row."


@each("measure")
def within_measure(row: Row) -> Iterator[Wrong]:
    """Test that a percentage is from 0 to 100, a ratio above 0 and a count not below 0."""
    remedy = "Correct the number or the measure."
    for column in [c for c in ("estimate", "value", "ci_low", "ci_high") if c in row.cells]:
        number, kind = row.number(column), measures.measure(row["measure"]).kind
        if number is None:
            continue
        if kind == "share" and column[:3] != "ci_" and not 0 <= number <= 100:
            yield column, "be from 0 to 100, being a percentage", remedy
        elif kind == "ratio" and number <= 0:
            yield column, "be above 0, being a ratio", remedy
        elif kind == "count" and number < 0:
            yield column, "be at least 0, being a count", remedy


@each("measure", "unit", "estimate")
def unit_of_measure(row: Row) -> Iterator[Wrong]:
    """Test that an estimate has a unit, and the right one if its measure has only one."""
    needed = measures.measure(row["measure"]).unit
    if row["estimate"] and needed and row["unit"] != needed:
        yield "unit", f"be {needed}, the measure being {row['measure']}", "Correct the unit or the measure."
    elif row["estimate"] and not row["unit"]:
        yield "unit", "be filled in, as the estimate is", "Write the unit."


#: Measures whose row may say in words which arm fared better.
WORDED = tuple(name for name, properties in measures.MEASURES.items() if properties.worded)
SEVERAL_TIMES = re.compile(r"\d+(, \d+)* and \d+ (weeks|months|years)")


@each("arm", "measure", "p_value")
def p_of_contrast(row: Row) -> Iterator[Wrong]:
    """Test that a P value belongs to a contrast, or to a measure that is a comparison itself."""
    of_arm = row["arm"] in row.table.constraints("arm").get("enum", ()) and row["arm"] != "contrast"
    if row["p_value"] and of_arm and not measures.measure(row["measure"]).is_test:
        remedy = "Move it, with its sign, to a row whose arm is contrast (measure p_value if it stands alone)."
        yield "p_value", f"be blank on a row whose arm is {row['arm']}: it compares the arms", remedy


@each("measure", "arm", "direction_reported")
def direction_in_words(row: Row) -> Iterator[Wrong]:
    """Test that a contrast in words has a direction, and that a number with a direction of its own has no other."""
    contrast, direction = row["arm"] == "contrast", row["direction_reported"]
    if row["measure"] == "direction_only" and contrast and not direction:
        yield "direction_reported", "be filled in for a contrast in words only", "Write what the source says."
    elif direction and not (contrast and row["measure"] in WORDED):
        requirement = f"be blank except on a contrast whose measure is {', '.join(WORDED)}"
        yield "direction_reported", requirement, "Delete it."


@each("estimate", "estimate_operator")
def bound_with_estimate(row: Row) -> Iterator[Wrong]:
    """Test that the sign of a bound comes with a number."""
    if row["estimate_operator"] and not row["estimate"]:
        yield "estimate_operator", "be blank where there is no estimate", "Write the number, or delete the sign."


@each("months", "time_as_printed")
def one_time(row: Row) -> Iterator[Wrong]:
    """Test that a result of several times is not recorded at one of them."""
    if row["months"] and SEVERAL_TIMES.search(row["time_as_printed"]):
        yield "months", "be blank for a result of several times", "Delete it; time_as_printed says the times."


@each(*section("team"), "locator")
def none_located(row: Row) -> Iterator[Wrong]:
    """Test that 'none' rests on a place that says so: a text that is silent leaves the cell blank."""
    for column in section("team"):
        words = column.replace("_", " ")
        if row[column] == "none" and words not in row["locator"]:
            requirement = f"rest on a place that says so, named in locator as '{words}: ...'"
            yield column, requirement, "Name that place, or leave the cell blank where the text does not say."


@each("arm", "measure")
def contrast_of_arms(row: Row) -> Iterator[Wrong]:
    """Test that a measure that compares two arms is in a contrast."""
    if measures.measure(row["measure"]).compares_arms and row["arm"] != "contrast":
        yield "arm", f"be contrast, the measure being {row['measure']}", "Correct the arm or the measure."


@each("measure", "estimate", "p_value", "ci_low", "note")
def number_reported(row: Row) -> Iterator[Wrong]:
    """Test that a row reports a number, unless it only reports a direction or its note says why there is none."""
    if row["measure"] == "direction_only" and row["estimate"]:
        yield "measure", "be the kind of the estimate", "Correct the measure, or delete the estimate."
    elif row["measure"] != "direction_only" and not any(row[c] for c in ("estimate", "p_value", "ci_low", "note")):
        yield "estimate", "be filled in, or a P value or limits be", "Write it, or say in the note why there is none."


@each("denominator_basis", tables=COUNTED)
def denominator(row: Row) -> Iterator[Wrong]:
    """Test that counted people have a denominator, or a note that it is not stated, and do not exceed it."""
    events, n = COUNTED[row.table.name]
    if not {events, n, "measure"} <= set(row.cells):
        return
    counted, total, basis = row.number(events), row.number(n), row["denominator_basis"]
    if counted is not None and total is not None and counted > total:
        yield events, f"be at most the {row[n]} it is out of ({n})", "Correct one of the two."
    if row[events] and not row[n] and basis != "not_stated":
        yield n, f"be filled in, as {events} is", "Write the number, or not_stated as denominator_basis."
    elif total is not None and basis not in BASES:
        yield "denominator_basis", f"say how {n} is known", f"Write one of {', '.join(BASES)}."
    elif basis in BASES and not row[n]:
        yield n, f"be filled in, as denominator_basis is {basis}", "Write the number, or not_stated as the basis."
    elif row["measure"] == "percent" and not basis:
        yield "denominator_basis", "be filled in for a percentage", "Write how the denominator is known, or not_stated."


@each("n", "n_basis")
def size_with_basis(row: Row) -> Iterator[Wrong]:
    """Test that the size of an arm or set comes with its basis."""
    blank, filled = _one_without(row, "n", "n_basis")
    if blank:
        yield blank, f"be filled in, as {filled} is", "Write both, or neither."


@each("n_assessed", "n_randomised", "n_analysed")
def flow(row: Row) -> Iterator[Wrong]:
    """Test that no more people are randomised than assessed, and no more analysed than randomised."""
    sizes = [(c, number) for c in ("n_assessed", "n_randomised", "n_analysed") if (number := row.number(c)) is not None]
    for (before, most), (column, number) in pairwise(sizes):
        if number > most:
            yield column, f"be at most {before}, {row[before]}", "Correct one of the two."


@each("scale_range", "measure", "estimate")
def within_scale(row: Row) -> Iterator[Wrong]:
    """Test that the range of a scale is in order, and that a mean on it lies within it."""
    ends, number = [float(end) for end in re.findall(r"\d{1,9}", row["scale_range"])], row.number("estimate")
    if len(ends) == 2 and ends[0] >= ends[1]:
        yield "scale_range", "go from the lower end to the higher", "Correct the range."
    elif len(ends) == 2 and row["measure"] == "mean" and number is not None and not ends[0] <= number <= ends[1]:
        yield "estimate", f"lie on its scale, {row['scale_range']}", "Correct the mean or the range."


def day(text: str) -> date | None:
    """Give the first day of a date such as 2024, 2024-05 or 2024-05-17; None if there is no such date."""
    match = re.fullmatch(r"((?:19|20)\d\d)(?:-(\d\d)(?:-(\d\d))?)?", text, re.ASCII)
    try:
        return date(*(int(part or 1) for part in match.groups())) if match else None
    except ValueError:
        return None


@each("enrol_start", "enrol_end")
def enrolment_in_order(row: Row) -> Iterator[Wrong]:
    """Test that enrolment starts before it ends, as far as the dates are known."""
    start, end = row["enrol_start"], row["enrol_end"]
    precision = min(len(start), len(end))
    if start[:precision] > end[:precision]:
        yield "enrol_end", f"be on or after enrol_start, {start}", "Exchange or correct the two."


@each("assessment_months", "followup_months")
def assessed_within_followup(row: Row) -> Iterator[Wrong]:
    """Test that nobody was assessed after the end of the follow-up."""
    months = [float(month) for month in split(row["assessment_months"]) if NUMBER.fullmatch(month)]
    end = row.number("followup_months")
    if months and end is not None and max(months) > end:
        requirement = f"be at least {max(months):g}, the last of assessment_months"
        yield "followup_months", requirement, "Correct one of the two."


@each("months", "time_as_printed")
def months_as_printed(row: Row) -> Iterator[Wrong]:
    """Test that months agree with a time printed in weeks, months or years."""
    match = re.fullmatch(r"(?:at |after )?(\d{1,4}(?:\.\d{1,3})?)[ -](week|month|year)s?", row["time_as_printed"])
    months = row.number("months")
    if match and months is not None:
        printed = float(match[1]) * {"week": 12 * 7 / 365.25, "month": 1, "year": 12}[match[2]]
        if abs(printed - months) > 0.5:
            yield "months", f"be {printed:.3g}, as in time_as_printed", "Correct one of the two."


@each("assessment_months")
def months_listed(row: Row) -> Iterator[Wrong]:
    """Test that months of assessment are numbers in ascending order, with '; ' between them."""
    months = split(row["assessment_months"])
    right = all(NUMBER.fullmatch(month) for month in months) and "; ".join(months) == row["assessment_months"]
    if not right or any(float(a) >= float(b) for a, b in pairwise(months)):
        yield "assessment_months", "be months that rise, with '; ' between them", "Correct the list."


@each("where", tables=("notices",))
def notice_found(row: Row) -> Iterator[Wrong]:
    """Test that the row says where a notice can be found."""
    where = row["where"]
    pmid = where.startswith("PMID ") and is_written("pmid", where.removeprefix("PMID "))
    if not (pmid or is_written("doi", where) or FORMS["url"][0](where)):
        yield "where", "be a DOI, 'PMID' with a number, or a web address", "Write where the notice can be read."


@each("status", "place", "missing")
def checklists_reported(row: Row) -> Iterator[Wrong]:
    """Test that a reported item names its place, and that any other says what is missing."""
    column = "place" if row["status"] == "reported" else "missing"
    if row["status"] and not row[column]:
        remedy = "Write where it stands in the book." if column == "place" else "Write what is missing, or why."
        yield column, f"be filled in for what is {row['status']}", remedy


@each()
def ends_in_order(row: Row) -> Iterator[Wrong]:
    """Test that the lower and the higher number of a row are in order."""
    for low, high in ENDS:
        if {low, high} <= set(row.cells):
            start, end = row.number(low), row.number(high)
            same, words = (True, "at least") if "months" in low else (False, "above")
            if start is not None and end is not None and (start > end or (start == end and not same)):
                yield high, f"be {words} {low}, {row[low]}", "Exchange or correct the two."


@each()
def dates_exist(row: Row) -> Iterator[Wrong]:
    """Test that dates are days, months or years that exist."""
    for column in DATES:
        if row.cells.get(column) and day(row[column]) is None:
            yield column, "be a date that exists", "Correct the date."
