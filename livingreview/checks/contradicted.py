"""Rules on values that look right by themselves and that other words or rows contradict: signs, codes, labels.

Most are slips of one cell: a minus lost, a neighbor's code, two labels exchanged. What is true after all is confirmed
in words, as the message says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from livingreview.checks.package import Fault, Package, Row, shown
from livingreview.checks.rules import Wrong, each
from livingreview.evidence.measures import measure
from livingreview.evidence.topic import section

#: What a comparator must say for its code to be right.
NEEDED_BY_TYPE: dict[str, str] = {
    **section("comparators"),
    "usual_care": r"usual|standard|routine|list of|required|no contact",
    "enhanced_usual_care": r"enhanc|augment|optimi|intensi|told|encourag|alone|plus|feedback|notif",
    "consultation": r"consult",
    "specialty_care": r"special|mental health|referral|outpatient",
    "historical": r"historical",
    "none": r"\bnone\b|diagnos|no (?:comparator|control)",
}
#: Columns in which a study says what was randomised, beside its design.
OF_UNIT = ("design", "setting", "population", "eligibility", "comparator", "note")
#: What says of an effect whether it is clear, and for whom.
OF_EFFECT = ("direction_of_benefit", "estimate", "ci_low", "ci_high", "p_operator", "p_value", "measure", "note")
#: Words of an adverse result; a row in which the intervention did worse has one of them in its note.
WORSE = re.compile(r"\b(?:worse|harm|against|adverse|in favou?r of the c)", re.IGNORECASE)
#: Largest P value of a result that is called clear.
CLEAR = 0.05
#: Words of labels that tell no arm from the other.
_COMMON = {"and", "care", "collaborative", "for", "model", "plus", "the", "with"}


@each(*OF_EFFECT, tables=("results", "pooled"))
def worse_in_words(row: Row) -> Iterator[Wrong]:
    """Test that a clear result against the intervention is called so in words: mostly a sign or a direction is lost."""
    kind = measure(row["measure"])
    estimate, better = row.number("estimate"), row["direction_of_benefit"]
    # in a pooled effect a ratio of ratios compares groups of studies, not arms
    compares = kind.compares_arms and not (row.table.name == "pooled" and row["measure"].startswith("ratio_of"))
    if not compares or kind.null is None or estimate is None or better not in ("lower", "higher"):
        return
    end = row.number("ci_low" if better == "lower" else "ci_high")
    sign = 1 if better == "lower" else -1
    p, operator = row.number("p_value"), row["p_operator"]
    small = p is not None and p <= CLEAR and operator in ("<", "<=", "=")
    clear = small if end is None else sign * (end - kind.null) > 0
    if clear and sign * (estimate - kind.null) > 0 and not WORSE.search(row["note"]):
        requirement = f"fit the estimate {row['estimate']}, by which the intervention would clearly do worse"
        remedy = "Correct it, or the sign of the estimate; where the comparator did better, say 'worse' in the note."
        yield "direction_of_benefit", requirement, remedy


@each("comparator", "comparator_type", tables=("studies",))
def type_in_words(row: Row) -> Iterator[Wrong]:
    """Test that the words of a comparator bear out its code."""
    needed = NEEDED_BY_TYPE.get(row["comparator_type"])
    if row["comparator"] and needed and not re.search(needed, row["comparator"], re.IGNORECASE):
        requirement = f"be a type that the comparator {shown(row['comparator'])} bears out"
        yield "comparator_type", requirement, "Correct it, or say in comparator what makes it one."


@each(*OF_UNIT, "unit_of_randomisation", tables=("studies",))
def unit_in_words(row: Row) -> Iterator[Wrong]:
    """Test that a study in which groups were randomised says so, and that one without has no randomised design."""
    unit, said = row["unit_of_randomisation"], " ".join(row[column] for column in OF_UNIT)
    remedy = "Correct it, or say in design or note what was randomised."
    if unit in ("", "patient"):
        if unit and re.search(r"not randomi|cohort|cross-sectional|before and after", row["design"]):
            yield "unit_of_randomisation", "be none, as the design is not a randomised one", remedy
    elif unit == "none":
        if re.search(r"(?<!not )randomi", row["design"]):
            yield "unit_of_randomisation", "be what was randomised, as the design says that it was", remedy
    elif not re.search(rf"cluster|stepped|\b{unit.split()[-1]}s?\b|sites? randomi", said):
        yield "unit_of_randomisation", "be patient, as neither design nor note speaks of groups", remedy


def instrument_of_outcome(package: Package) -> Iterator[Fault]:
    """Test that an outcome of a study is measured with the instrument of its other rows, unless its row names it."""
    rows = [row for row in package.rows("results") if row["instrument"]]
    used: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        used.setdefault((row["study_id"], row["outcome"]), Counter())[row["instrument"]] += 1
    for row in rows:
        instruments = used[row["study_id"], row["outcome"]]
        usual, times = instruments.most_common(1)[0]
        words = " ".join(row[column] for column in ("result_id", "outcome", "definition", "locator", "note"))
        named = _letters(row["instrument"]) in _letters(words)
        if instruments[row["instrument"]] == 1 < times and not named:
            requirement = f"be {shown(usual)}, as in {times} rows of the same outcome"
            yield row.fault("instrument", requirement, "Correct it, or name the instrument in definition.")


def labels_of_arms(package: Package) -> Iterator[Fault]:
    """Test that the words of a study's comparator are in the label of that arm rather than of the other."""
    arms: dict[tuple[str, str], list[Row]] = {}
    for row in package.rows("arms"):
        arms.setdefault((row["study_id"], row["role"]), []).append(row)
    for study in package.rows("studies"):
        ours, theirs = (arms.get((study["study_id"], role), []) for role in ("intervention", "comparator"))
        if len(ours) == len(theirs) == 1:
            words = _words(study["comparator"])
            if len(words & _words(ours[0]["label"])) > len(words & _words(theirs[0]["label"])):
                requirement = f"be the label of the intervention, the comparator being {shown(study['comparator'])}"
                yield ours[0].fault("label", requirement, "Exchange the labels of the two arms, or correct comparator.")


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", text.casefold())) - _COMMON


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())
