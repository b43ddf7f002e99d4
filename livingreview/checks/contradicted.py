"""Rules on values that look right by themselves and that other words or rows contradict: signs, codes, labels.

Most are slips of one cell: a minus lost, a neighbor's code, two labels exchanged. What is true after all is confirmed
in words, as the message says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from livingreview.checks.package import NUMBER, Fault, Package, Row, shown
from livingreview.checks.rules import Wrong, each
from livingreview.evidence import places, split
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
#: Where a note says how many clinics and organisations are printed.
SITES_AS_PRINTED = {
    "clinics": r"\b(?:clinics|practices)\b[^:;]{0,30}: ([^;]+)|\bclinics (\d+(?:/\d+)+)|(?:^|; )(\d+ clinics)\b",
    "organisations": r"\b(\d+) (?:health systems|systems|organi[sz]ations)\b",
}
#: P values that are printed after each sign.
ROUND_P = {"<": r"0\.0*[15]", "<=": r"0\.0*[125]", ">": r"0\.(?:05|[1-9]5?)", ">=": r"0\.(?:05|[1-9]5?)"}
#: Percentages with their counts in brackets, either way round; and counts that a note says a percentage fits.
COUNTED = re.compile(
    r"(?<![\d.])(\d+(?:\.\d+)?)% [^;,()]*\((\d[\d,]*)(?:/| of )(\d[\d,]*)"
    r"|(?<![\d.])(\d[\d,]*)(?:/| of )(\d[\d,]*) \((\d+(?:\.\d+)?)%"
)
FITTING = re.compile(r"(\d+)/(\d+)(?! is )(?=\)| gives| or \d+/\d+| is the only|[^;]{0,20} fits?\b)")
#: What a note says of the thresholds of a source.
BETWEEN = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?) to (\d+(?:\.\d+)?)(?![\d.])")
#: Words before a number, by the sign that they are.
WORDS_OF_SIGN = {
    "~": "about|approximately|around|roughly",
    ">": "more than|over|above|greater than",
    "<": "less than|fewer than|under|below",
    ">=": "at least",
    "<=": "at most|up to",
}
#: Words of outcomes of which less, and of which more, is better; and those that turn them round.
BETTER_BY_WORD = {
    "lower": re.compile(r"\b(?:costs?|deaths?|mortality|severity|symptoms?|impairment|overdoses?)\b", re.IGNORECASE),
    "higher": re.compile(r"\b(?:remission|response|abstinence|adherence|engagement|retention)\b", re.IGNORECASE),
}
REVERSED = re.compile(r"\b(?:probability|free of|improvement|without|no|not|fall in|lower|fewer)\b", re.IGNORECASE)
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
    alone = row.table.name == "pooled" and p is None  # an effect of which nothing says how sure it is
    clear = small or alone if end is None else sign * (end - kind.null) > 0
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
    unit = row["unit_of_randomisation"]
    said = " ".join(row[column] for column in OF_UNIT).replace("clinics or clusters as printed", "")
    remedy = "Correct it, or say in design or note what was randomised."
    if unit in ("", "patient"):
        if unit and re.search(r"not randomi|cohort|cross-sectional|before and after", row["design"]):
            yield "unit_of_randomisation", "be none, as the design is not a randomised one", remedy
    elif unit == "none":
        if re.search(r"(?<!not )randomi", row["design"]):
            yield "unit_of_randomisation", "be what was randomised, as the design says that it was", remedy
    elif not re.search(rf"cluster|stepped|(?:sites?|{unit.split()[-1]}s?) randomi|unit of randomi", said):
        yield "unit_of_randomisation", "be patient, as neither design nor note speaks of groups", remedy


def instrument_of_outcome(package: Package) -> Iterator[Fault]:
    """Test that an outcome of a study is measured with the instrument of its other rows, unless its row names it."""
    rows = [row for row in package.rows("results") if row["instrument"]]
    known = {_letters(row["instrument"]): row["instrument"] for row in rows}
    used: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        used.setdefault((row["study_id"], row["outcome"]), Counter())[row["instrument"]] += 1
    for row in rows:
        instruments = used[row["study_id"], row["outcome"]]
        usual, times = instruments.most_common(1)[0]
        words = " ".join(row[column] for column in ("result_id", "outcome", "definition", "locator", "note"))
        named = _letters(row["instrument"]) in _letters(words)
        own = _letters(row["instrument"])
        parts = [*map(_letters, row["result_id"].split("-")[1:])]
        joined = ("".join(parts[i : i + size]) for size in (3, 2, 1) for i in range(len(parts)))
        in_id = [known[part] for part in joined if part in known][:1]
        if in_id and _letters(in_id[0]) not in own and not own.startswith(_letters(in_id[0])):
            yield row.fault("instrument", f"be {in_id[0]}, as in its id", "Correct it, or the id wherever it stands.")
        elif instruments[row["instrument"]] == 1 < times and not named:
            requirement = f"be {shown(usual)}, as in {times} rows of the same outcome"
            yield row.fault("instrument", requirement, "Correct it, or name the instrument in definition.")


def labels_of_arms(package: Package) -> Iterator[Fault]:
    """Test that the words of a study's comparator are in the label of that arm rather than of the other."""
    arms: dict[tuple[str, str], list[Row]] = {}
    for row in package.rows("arms"):
        arms.setdefault((row["study_id"], row["role"]), []).append(row)
    for study in package.rows("studies"):
        ours, theirs = (arms.get((study["study_id"], role), []) for role in ("intervention", "comparator"))
        if len(ours) == len(theirs) == 1 and ours[0]["label"] == theirs[0]["label"]:
            yield theirs[0].fault("label", "be another than that of the other arm", "Say what differs between them.")
        elif len(ours) == len(theirs) == 1:
            words = _words(study["comparator"])
            if len(words & _words(ours[0]["label"])) > len(words & _words(theirs[0]["label"])):
                requirement = f"be the label of the intervention, the comparator being {shown(study['comparator'])}"
                yield ours[0].fault("label", requirement, "Exchange the labels of the two arms, or correct comparator.")


@each("clinics", "organisations", "locations", "design", "setting", "note", tables=("studies",))
def sites_fit(row: Row) -> Iterator[Wrong]:
    """Test that a study has as many organisations as places, and several clinics where it is called so."""
    places = max(len(split(row["locations"])), *map(int, re.findall(r"^(\d+) ", row["locations"])), 1)
    organisations = row.number("organisations")
    remedy = "Correct it; where it is right, say so in the note, with the number."
    if organisations is not None and organisations < places and not _named(row["organisations"], row["note"]):
        yield "organisations", f"be at least {places:g}, as many as the places in locations", remedy
    several = re.search(r"cluster|multi-?(?:site|cent)|clinics|practices|hospitals|centres", _said(row))
    if row["clinics"] == "1" and several:
        yield "clinics", f"be more than 1, as the study is called {shown(several[0])}", remedy


def _said(row: Row) -> str:
    """How a study is called, where that says in how many places it was."""
    return f"{row['design']} {row['setting']}"


def _named(number: str, words: str) -> bool:
    """Whether words name a number."""
    return re.search(rf"(?<![\d.,-]){re.escape(number)}(?![\d-]|[.,]\d)", words) is not None


@each("clinics", "organisations", "note", tables=("studies",))
def sites_in_words(row: Row) -> Iterator[Wrong]:
    """Test that the number of clinics, and of organisations, is one that the note says is printed, or their sum."""
    for column, pattern in SITES_AS_PRINTED.items():
        words = " ".join("".join(found) for found in re.findall(pattern, row["note"]))
        numbers = re.findall(r"\d+", words)
        together = str(sum(map(int, numbers)))
        right = [together] if re.search(r"\d [^\d]*\band \d", words) else numbers
        if row[column] and numbers and row[column] not in (*right, together):
            yield column, f"be {' or '.join(dict.fromkeys(right))}, as the note says", "Correct one of the two."
        elif row[column] and not numbers and column == "clinics":
            remedy = f"Write 'clinics or clusters as printed: {row[column]} clinics' into the note, as printed."
            yield column, "be given in the note too, as it is printed", remedy


def places_named(package: Package) -> Iterator[Fault]:
    """Test that a study took place where its name, its claims and the titles of its sources say."""
    titles = {key: entry.fields.get("title", "") for key, entry in package.references.entries.items()}
    for study in package.rows("studies"):
        claims = [row["claim"] for row in package.rows("claims") if row["study_id"] == study["study_id"]]
        words = [study[c] for c in ("acronym", "name", "population", "setting")]
        said = places.named("; ".join([*words, *claims, *(titles.get(key, "") for key in split(study["source_keys"]))]))
        lost = sorted(said - places.named(study["locations"]))
        if lost and study["locations"] and not study["locations"].startswith("not "):
            requirement = f"name {', '.join(lost)}, as the study's name, its claims or the titles of its sources do"
            yield study.fault("locations", requirement, "Correct it, or the claim.")


def lengths_of_study(package: Package) -> Iterator[Fault]:
    """Test that the intervention and the follow-up of a study end at a time of its own."""
    reported: dict[str, set[str]] = {}
    for row in package.rows("results"):
        reported.setdefault(row["study_id"], set()).add(row["months"])
    for study in package.rows("studies") if package.whole("results") else ():
        assessed = [month for month in split(study["assessment_months"]) if NUMBER.fullmatch(month)]
        times = sorted(filter(NUMBER.fullmatch, {*assessed, *reported.get(study["study_id"], ())} - {"0"}), key=float)
        for column, required in (("followup_months", _followed), ("intervention_months", _treated)):
            number = study.number(column)
            requirement = "" if number is None else required(study, number, assessed, times)
            if requirement and not _named(study[column], study["note"]):
                remedy = "Correct one of the two; where both are right, name the number of months in the note."
                yield study.fault(column, requirement, remedy)


def _followed(_study: Row, months: float, assessed: list[str], times: list[str]) -> str:
    """What the end of the follow-up must be, where it is not."""
    if assessed and assessed == sorted(assessed, key=float):
        return "" if months == float(assessed[-1]) else f"be {assessed[-1]}, the last of assessment_months"
    return "" if not times or months in map(float, times) else f"be a time of its results: {', '.join(times)}"


def _treated(study: Row, months: float, _assessed: list[str], times: list[str]) -> str:
    """What the end of the intervention must be, where it is not."""
    ends = [*map(float, times), *filter(None, [study.number("followup_months")])]
    if ends and months > max(ends):
        return f"be at most {max(ends):g}, the last time of the study"
    return "" if len(times) < 2 or months in ends else f"be a time of the study: {', '.join(times)}"


def arms_of_one_measure(package: Package) -> Iterator[Fault]:
    """Test that what is reported of both arms at one time is reported of both in the same measures."""
    groups: dict[tuple[str, ...], dict[str, list[Row]]] = {}
    for row in package.rows("results"):
        key = tuple(row[c] for c in ("study_id", "population", "outcome", "instrument", "months", "source_key"))
        groups.setdefault(key, {}).setdefault(row["arm"], []).append(row)
    for arms in groups.values():
        ours, theirs = arms.get("intervention", []), arms.get("comparator", [])
        for rows, others in ((ours, theirs), (theirs, ours)):
            measures = {row["measure"] for row in others if not measure(row["measure"]).compares_arms}
            for row in rows if measures else ():
                if row["measure"] not in measures and not measure(row["measure"]).compares_arms:
                    requirement = f"be {' or '.join(sorted(measures))}, as of the other arm"
                    yield row.fault("measure", requirement, "Correct the measure of one of the two, and its unit.")


@each("p_operator", "p_value", "note")
def p_round_after_sign(row: Row) -> Iterator[Wrong]:
    """Test that a P value after a sign of less or more is a round one, since an exact one is printed with =."""
    form = ROUND_P.get(row["p_operator"])
    if row["p_value"] and form and not re.fullmatch(form, row["p_value"]) and row["p_value"] not in row["note"]:
        requirement = f"be a round number after {row['p_operator']}, since an exact one is printed with ="
        yield (
            "p_value",
            requirement,
            "Look at the sign again; where the source prints it so, name the P value in the note.",
        )


@each("estimate", "estimate_operator", "definition", "note", tables=("results",))
def bound_in_words(row: Row) -> Iterator[Wrong]:
    """Test that the sign of a bound is the one that words before the same number say."""
    words = f"{row['definition']}; {row['note']}"
    for sign, pattern in WORDS_OF_SIGN.items():
        said = re.search(rf"\b(?:{pattern}) {re.escape(row['estimate'])}(?![\d.]\d)", words, re.IGNORECASE)
        if row["estimate"] and said and row["estimate_operator"] != sign:
            yield "estimate_operator", f"be {sign}, as words say {shown(said[0])}", "Correct the sign, or the words."
        elif row["estimate"] and row["estimate_operator"] == sign and not said:
            word = pattern.partition("|")[0]
            remedy = f"Clear it; where the source prints it so, write '{word} {row['estimate']}' into the note."
            yield "estimate_operator", f"be borne out by words such as '{word} {row['estimate']}'", remedy


@each("outcome", "measure", "direction_of_benefit", "note", tables=("results",))
def direction_of_outcome(row: Row) -> Iterator[Wrong]:
    """Test that less is better of what harms, and more of what helps, by the name of the outcome."""
    of_people = measure(row["measure"]).kind != "number needed" and not REVERSED.search(row["outcome"])
    for better, pattern in BETTER_BY_WORD.items():
        said = pattern.search(row["outcome"]) if of_people and row["direction_of_benefit"] else None
        if said and row["direction_of_benefit"] != better and f"{row['direction_of_benefit']} is" not in row["note"]:
            remedy = f"Correct it; where it is right, write '{row['direction_of_benefit']} is better' in the note."
            yield "direction_of_benefit", f"be {better}, the outcome being called {shown(said[0])}", remedy


def percentages_in_words(package: Package) -> Iterator[Fault]:
    """Test that a percentage in words is that of the counts in brackets beside it, and a row's that of its note."""
    for table in package.tables.values():
        for row in table.rows:
            for column, text in row.cells.items():
                for found in COUNTED.finditer(text):
                    share, a, b = (found[x] or found[y] for x, y in ((1, 6), (2, 4), (3, 5)))
                    if not _gives(share, a, b):
                        yield row.fault(column, f"have the percentage that {a} of {b} are", "Correct it.", found[0])
    for row in package.rows("baseline"):
        counted = row["measure"] == "percent" and row["value"] and row["n"] and row["denominator"]
        if counted and row["denominator_basis"] == "implied" and not _gives(row["value"], row["n"], row["denominator"]):
            requirement = f"be people of whom {row['n']} are {row['value']}%"
            yield row.fault("denominator", requirement, "Correct the number, the count or the denominator.")
    for row in (*package.rows("results"), *package.rows("baseline")):
        value = "value" if "value" in row.cells else "estimate"
        counts = [] if "not reachable" in row["note"] else FITTING.findall(row["note"])
        if row["measure"] == "percent" and row[value] and counts and not any(_gives(row[value], *c) for c in counts):
            said = " or ".join(f"{a} of {b}" for a, b in counts)
            yield row.fault(value, f"be the percentage that {said} are, as the note says", "Correct one of the two.")


@each("unit", "value", tables=("components",))
def share_of_all(row: Row) -> Iterator[Wrong]:
    """Test that a fact in percent is a share: of more than everything there is none."""
    value = row.number("value")
    if row["unit"] == "percent" and value is not None and not 0 <= value <= 100:
        yield "value", "be from 0 to 100, being a percentage", "Correct the number or its unit."


def _gives(percent: str, count: str, people: str) -> bool:
    """Whether a count of people is a percentage, as far as it is printed."""
    exact = 100 * int(count.replace(",", "")) / max(1, int(people.replace(",", "")))
    return abs(exact - float(percent)) <= 0.5 * 0.1 ** len(percent.partition(".")[2]) + 1e-9


@each("threshold", "threshold_kind", "note", tables=("instruments",))
def threshold_in_words(row: Row) -> Iterator[Wrong]:
    """Test that a threshold is one of those between which the note puts it, and the first or last if called so."""
    number, between = row.number("threshold"), BETWEEN.search(row["note"])
    if number is None or not between:
        return
    low, high = float(between[1]), float(between[2])
    least, most = (re.search(word, row["threshold_kind"]) for word in (r"\bfrom\b|lowest", "highest"))
    right = (low, low) if least else (high, high) if most else (low, high)
    if low < high and not right[0] <= number <= right[1]:
        requirement = f"be {right[0]:g}" if right[0] == right[1] else f"be from {low:g} to {high:g}"
        yield "threshold", f"{requirement}, as the note says {shown(between[0])}", "Correct one of the two."


def one_ratio(package: Package) -> Iterator[Fault]:
    """Test that the ratios of an outcome in one place of a source are of one kind, unless words say so."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in package.rows("results"):
        if row["arm"] == "contrast" and row["measure"] in ("odds_ratio", "risk_ratio", "hazard_ratio"):
            key = ("study_id", "outcome", "source_key", "locator")
            groups.setdefault(tuple(row[column] for column in key), []).append(row)
    for rows in groups.values():
        usual, times = Counter(row["measure"] for row in rows).most_common(1)[0]
        for row in rows:
            words = row["measure"].replace("_", " ")
            confirmed = words in row["note"] or words.replace(" ", "-") in row["result_id"]
            if row["measure"] != usual and not confirmed and (times > 1 or row is rows[-1]):
                remedy = f"Correct it; where it is right, say '{words}' in the note."
                yield row.fault("measure", f"be {usual}, as of the same outcome in that place", remedy)


def standardised_once(package: Package) -> Iterator[Fault]:
    """Test that one contrast among several of an outcome on a scale is not standardised alone."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in package.rows("results"):
        if row["arm"] == "contrast" and row["instrument"] and measure(row["measure"]).kind == "difference":
            groups.setdefault((row["study_id"], row["outcome"], row["instrument"]), []).append(row)
    for rows in groups.values():
        alone = [row for row in rows if measure(row["measure"]).is_standardised]
        if len(alone) == 1 and len(rows) > 2:
            usual = Counter(row["measure"] for row in rows).most_common(1)[0][0]
            if not re.search(r"standardi|effect size|Cohen", alone[0]["note"]):
                remedy = "Correct it with its unit; where it is right, say 'effect size' in the note."
                yield alone[0].fault("measure", f"be {usual}, as in {len(rows) - 1} rows of the outcome", remedy)


@each("estimate", "measure", "direction_of_benefit", "note", tables=("results",))
def change_for_the_better(row: Row) -> Iterator[Wrong]:
    """Test that people of an arm did not get worse in the mean, unless words say so: mostly a sign is lost."""
    change, better = row.number("estimate"), row["direction_of_benefit"]
    worse = change is not None and ((change > 0 and better == "lower") or (change < 0 and better == "higher"))
    if row["measure"] == "mean_change" and worse and not WORSE.search(row["note"]):
        remedy = "Correct the sign, or the direction; where they got worse, say 'worse' in the note."
        yield "estimate", "be a change for the better", remedy


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", text.casefold())) - _COMMON


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())
