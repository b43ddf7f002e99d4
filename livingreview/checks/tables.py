"""Rules that compare rows."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from livingreview.checks import claims, consistency
from livingreview.checks.consistency.records import ARMS, COUNTED
from livingreview.checks.eligibility import reasons_apart
from livingreview.checks.links import links
from livingreview.checks.package import Fault, Package, Row, shown
from livingreview.checks.references import ADDRESS, FORMS, form
from livingreview.checks.rows import day
from livingreview.evidence import Evidence, EvidenceError, months_after, split

#: Columns that together identify what a row reports: no two rows may agree in all of them.
SAME = {
    "results": (
        *("study_id", "population", "outcome", "definition", "instrument", "months", "time_as_printed"),
        *("arm", "measure", "source_key"),
    ),
    "baseline": ("study_id", "population", "arm", "characteristic", "measure", "source_key"),
    "pooled": ("outcome", "time_window", "population", "k", "n", "measure", "model", "source_key"),
    "sets": ("study_id", "population", "arm", "n_basis", "source_key"),
    "components": ("component", "detail", "applies_to", "source_key"),
    "claims": ("source_key", "section", "claim"),
    "discrepancies": ("study_id", "quantity", "stage", "date", "source_key"),
    "instruments": ("instrument", "threshold_kind", "threshold_unit", "population", "source_key"),
    "outcomes": ("study_id", "outcome", "contrast_id", "intervention_id", "comparator_id"),
    "milestones": ("study_id", "event", "source_key"),
    "explanations": ("check", "row_ids"),
    "relations": ("check", "whole", "parts"),
    "notices": ("source_key", "kind", "where"),
}
#: Columns of names without a fixed list; a name has one spelling in all of them.
SPELT = ("outcome", "instrument", "population", "characteristic", "component", "quantity")
REVIEW_ITEMS = ("title", "contributors", "intervention", "comparator", "version", "dormant_after_months")
#: The command that records a finding of the checks as printed by the source.
PRINTED_SO = 'livingreview correct {} --printed-so --because "Table 2"'
#: The required form of facts about the review.
REVIEW_FORMS = {
    "doi": FORMS["doi"],
    "site_url": form(ADDRESS, "a web address that begins with https:// or http://"),
    "repository": form(ADDRESS, "a web address that begins with https:// or http://"),
    "dormant_after_months": form(r"[1-9]\d?", "a number of months, such as 12"),
    "version": form(r"\d{4}\.(0|[1-9]\d*)\.(0|[1-9]\d*)", "YEAR.DATA.TEXT, such as 2026.1.0"),
}


def one_spelling(package: Package) -> Iterator[Fault]:
    """Test that names differ in more than capitals, spaces and hyphens; report the rarer spelling."""
    for column in SPELT:
        rows = [row for table in package.tables.values() for row in table.rows if row.cells.get(column)]
        times = Counter(row[column] for row in rows)
        usual: dict[str, str] = {}
        for word, _ in times.most_common():
            usual.setdefault(re.sub(r"[\s_-]", "", word.casefold()), word)
        for row in rows:
            word = usual[re.sub(r"[\s_-]", "", row[column].casefold())]
            if row[column] != word:
                requirement = f"be spelt like {shown(word)} elsewhere"
                yield row.fault(column, requirement, "Correct the spelling, or use words that differ.")


def within_randomised(package: Package) -> Iterator[Fault]:
    """Test that no more people are analyzed than belong to the set, the arm or the study."""
    explained = {(row["study_id"], row["value"]) for row in package.rows("discrepancies")}
    people = _people(package)
    remedy = "Correct the row, or explain it in data/discrepancies.csv."
    for name in ("results", "baseline", "sets") if package.whole("arms", "sets", "studies", "discrepancies") else []:
        for row in package.rows(name):
            limit, of = people(row)
            for column in [c for c in ("n", "denominator") if c in row.cells]:
                number = row.number(column)
                if number is None or (row["study_id"], row[column]) in explained:
                    continue
                whole = of.startswith("in") or row["population"] == "all"
                total = column == COUNTED.get(name, ("", ""))[1] and row.cells.get("denominator_basis") == "randomised"
                if number > limit:
                    yield row.fault(column, f"be at most the {limit:.0f} {of}", remedy)
                elif whole and total and number < limit < math.inf:
                    requirement = f"be the {limit:.0f} {of}, denominator_basis being randomised"
                    yield row.fault(column, requirement, "Correct the row, or write printed as denominator_basis.")


def _people(package: Package) -> Callable[[Row], tuple[float, str]]:
    """Make a function that gives the most people a row can be about, and who they are; infinite if unknown."""
    sets = _grouped(package.rows("sets"), "study_id", "population", "arm")
    arms = _grouped(package.rows("arms"), "study_id", "role")
    studies = _grouped(package.rows("studies"), "study_id")

    def people(row: Row) -> tuple[float, str]:
        study, arm = row["study_id"], row["arm"]
        both = "both" if arm == "contrast" else arm
        same = sets.get((study, row["population"], both), [])
        if same and row.table.name != "sets":
            return same[0].number("n") or math.inf, f"in {same[0]['set_id']} of data/sets.csv"
        records = arms.get((study, arm), [])
        sizes = [size for r in records if r["n_unit"] == "people" and (size := r.number("n")) is not None]
        if records and len(sizes) == len(records):
            randomised = records[0]["n_basis"] == "randomised"
            return sum(sizes), "randomised to this arm" if randomised else "people of this arm"
        whole = (record.number("n_randomised") for record in studies.get((study,), []))
        return next((size for size in whole if size is not None), math.inf), "randomised in this study"

    return people


def _grouped(rows: Iterable[Row], *columns: str) -> dict[tuple[str, ...], list[Row]]:
    """Group rows by some columns, so that a few can be found without a search through all."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[column] for column in columns), []).append(row)
    return groups


def _repeats(rows: Iterable[Row], *columns: str) -> Iterator[tuple[Row, Row]]:
    """Give each row that agrees with an earlier one in some columns, regardless of case, with that earlier row."""
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        earlier = first.setdefault(tuple(row[column].casefold() for column in columns), row)
        if earlier is not row:
            yield row, earlier


def arms_add_up(package: Package) -> Iterator[Fault]:
    """Test that the arms of a study add up to the people randomized, unless its note names their sum."""
    by_study = _grouped(package.rows("arms"), "study_id")
    for study in package.rows("studies") if package.whole("arms") else []:
        arms = by_study.get((study["study_id"],), [])
        fit = all(row["n_unit"] == "people" and row["n_basis"] == "randomised" for row in arms)
        total = sum(row.number("n") or 0 for row in arms)
        explained = re.search(rf"(?<!\d){total:.0f}(?!\d)", study["note"])
        if arms and fit and study.number("n_randomised") not in (None, total) and not explained:
            requirement = f"be the sum of its arms in data/arms.csv, {total:.0f}"
            remedy = "Correct the study or its arms, or name that sum in the note and say why."
            yield study.fault("n_randomised", requirement, remedy)


def recorded(package: Package) -> consistency.Records:
    """Prepare the readable rows for the consistency checks."""
    years = {key: entry.fields.get("year", "") for key, entry in package.references.entries.items()}
    tables = {
        name: {
            row[table.key[0]]: consistency.Row(row[table.key[0]], name, row.cells)
            for row in package.rows(name)
            if row.place not in package.doubtful
        }
        for name, table in package.tables.items()
    }
    return consistency.Records(tables, years)


def _by_id(package: Package) -> dict[str, Row]:
    """Find rows by their ids; a row that several columns identify has none."""
    tables = [table for table in package.tables.values() if len(table.key) == 1]
    return {row[table.key[0]]: row for table in tables for row in package.rows(table.name)}


def agreement(package: Package) -> Iterator[Fault]:
    """Test that reported numbers agree with each other, or that the data explain why they do not."""
    rows = _by_id(package)
    for finding in consistency.unexplained(recorded(package)):
        first, *remaining = finding.rows
        requirement = f"agree with {', '.join(remaining)}" if remaining else "agree with the rest of its row"
        remedy = f"Correct the row; if its source prints it so, run: {PRINTED_SO.format(first)}."
        yield rows[first].fault(finding.column, requirement, remedy, finding.detail.rstrip("."))


def estimate_enclosed(package: Package) -> Iterator[Fault]:
    """Test that an estimate is within its interval, unless it is a mere range or an explanation says why it is not."""
    explained = {row["row_ids"] for row in package.rows("explanations") if row["check"] == "interval symmetric"}
    for table in package.tables.values():
        column = next((c for c in ("estimate", "value", "threshold") if c in table.columns), "")
        for row in table.rows if column and {"ci_low", "ci_high"} <= set(table.columns) else ():
            low, value, high = row.number("ci_low"), row.number(column), row.number("ci_high")
            if low is None or value is None or high is None or not low <= high or row.cells.get("ci_type") == "range":
                continue
            name = row.cells.get(table.key[0], "")
            if not low <= value <= high and name not in explained:
                requirement = f"lie within its interval {row['ci_low']} to {row['ci_high']}"
                remedy = "Correct the number or its limits; look for a lost minus."
                if row.cells.get("ci_type") == "two_sided":  # only of these a check says that they are not symmetric
                    remedy += f" If its source prints it so, run: {PRINTED_SO.format(name)}."
                yield row.fault(column, requirement, remedy)


def explanations_fit(package: Package) -> Iterator[Fault]:
    """Test that an explanation matches a finding of its check, and that an unresolved one says what would settle it."""
    if not package.whole(*consistency.TABLES):
        return
    rows = _by_id(package)
    row_ids, checks = frozenset(rows), {spec.name for spec in consistency.register()}
    unneeded = set(consistency.unneeded(recorded(package)))
    right = {name for name, row in rows.items() if row.place not in package.doubtful}
    for row in package.rows("explanations"):
        yield from links(row, "row_ids", row_ids, "be the id of a row", "Correct the id, or add the row first.")
        if row["kind"] == consistency.KINDS[-1] and not row["settled_by"]:
            yield row.fault("settled_by", f"be filled in for {row['kind']}", "Write what would settle it.")
        if row["explanation_id"] in unneeded and row["check"] in checks and right.issuperset(split(row["row_ids"])):
            requirement = "be what the check finds about these rows, with its numbers"
            command = PRINTED_SO.format(row["row_ids"].partition(";")[0])
            remedy = f"Look at the rows again; then run: {command}. It writes the explanation anew, or takes it out."
            yield row.fault("found", requirement, remedy)


def relations_fit(package: Package) -> Iterator[Fault]:
    """Test that relations name numbers that exist."""
    if not package.whole(*consistency.TABLES):
        return
    rows = _by_id(package)
    for relation, column, name in consistency.unrelated(recorded(package)):
        target = rows.get(name.partition(".")[0])
        if target and any(target[c] and target.number(c) is None for c in target.table.numeric):
            continue  # the row has a cell that is not a number, which is reported elsewhere
        requirement = "be numbers" if column == "weights" else "name rows with a number, by id or by id.column"
        remedy = "Correct it." if column == "weights" else "Correct the name, or add the row first."
        yield rows[relation].fault(column, requirement, remedy, shown(name))


def verdicts_follow(package: Package) -> Iterator[Fault]:
    """Test the verdicts, as far as the evidence can be read."""
    if package.described and package.whole(*package.names):
        with suppress(EvidenceError):  # other rules report why it cannot be read
            yield from verdicts(package, Evidence(package.data))


def verdicts(package: Package, book: Evidence) -> Iterator[Fault]:
    """Test that a verdict that rests on numbers follows from them."""
    doubtful = {name for name, row in _by_id(package).items() if row.place in package.doubtful}
    for row in package.rows("claims"):
        if bool(row["rule"]) != bool(row["otherwise"]):
            yield row.fault("otherwise", "stand with a rule, and a rule with it", "Fill in both, or neither.")
            continue
        if row["rule"] and row["otherwise"] == row["verdict"]:
            requirement = "be another verdict than the one that stands while the rule holds"
            yield row.fault("otherwise", requirement, "Correct one of the two.")
            continue
        if doubtful.intersection((row["claim_id"], *split(row["checked_against"]))):
            continue
        try:
            verdict = claims.verdict(book.row(row["claim_id"]), book)
        except EvidenceError:
            requirement = f"be one of {', '.join(claims.RULES)}, with what it needs in the rows of checked_against"
            yield row.fault("rule", requirement, "Correct the rule, or the rows.")
            continue
        if verdict != row["verdict"]:
            requirement = f"be {verdict}, which follows from {row['checked_against']} by the rule '{row['rule']}'"
            yield row.fault("verdict", requirement, "Change the verdict, and read the row's words again.")


def as_instrument(package: Package) -> Iterator[Fault]:
    """Test that results in points of an instrument have its range and its better direction."""
    instruments = {row["instrument"]: row for row in package.rows("instruments") if row["better_direction"]}
    for row in package.rows("results"):
        if row["unit"] == "points" and (instrument := instruments.get(row["instrument"])):
            ends = [instrument["range_low"], instrument["range_high"]]
            right = {
                "direction_of_benefit": instrument["better_direction"],
                "scale_range": "-".join(ends) if all(ends) else "",
            }
            for column, word in right.items():
                if row[column] and word and row[column] != word:
                    requirement = f"be {word} as for {instrument['instrument']} in data/instruments.csv"
                    yield row.fault(column, requirement, "Correct the row, or the instrument.")


def one_direction(package: Package) -> Iterator[Fault]:
    """Test that an outcome has one better direction: in all rows with its measure, and in all of one study."""
    directed = [row for row in package.rows("results") if row["direction_of_benefit"]]
    # the fewer people need treatment the better, whatever the outcome
    of_outcome = [row for row in directed if row["measure"] != "number_needed_to_treat"]
    groups = [
        *((group, "outcome and measure") for group in _grouped(directed, "outcome", "measure", "unit").values()),
        *((group, "study and outcome") for group in _grouped(of_outcome, "study_id", "outcome").values()),
    ]
    for (first, *further), same in groups:
        for row in further:
            if row["direction_of_benefit"] != first["direction_of_benefit"]:
                direction = first["direction_of_benefit"]
                requirement = f"be {direction} as for the same {same} in row {first.line}"
                yield row.fault("direction_of_benefit", requirement, "Correct one of the two.")


def groups_fit(package: Package) -> Iterator[Fault]:
    """Test that a study is shown apart if its team, people or setting ask for it, and that one shown apart says why."""
    arms = _grouped(package.rows("arms"), "study_id")
    for study in package.rows("studies") if package.whole("arms") else []:
        of_study = arms.get((study["study_id"],), [])
        apart = study["group"] == "adjacent"
        if not apart and (reasons := reasons_apart(study.cells, [arm.cells for arm in of_study])):
            requirement = f"be adjacent: {'; '.join(reasons)}"
            yield study.fault(
                "group", requirement, "Correct the group, or what it follows from, here or in data/arms.csv."
            )
        elif apart and not study["note"]:
            yield study.fault("note", "say why the study is shown apart", "Write what it is, or correct the group.")


def sums_of_arms(package: Package) -> Iterator[Fault]:
    """Test that a number of people that is called a sum is that of two arms."""
    same = ("study_id", "population", "outcome", "instrument", "months", "time_as_printed", "source_key")
    results = _grouped(package.rows("results"), *same, "arm")
    sets = _grouped(package.rows("sets"), "study_id", "population", "arm")
    people = (arm for arm in package.rows("arms") if arm["n_unit"] == "people")
    arms = _grouped(people, "study_id", "role")

    def size(row: Row, arm: str) -> set[float]:
        study, population = row["study_id"], row["population"]
        rows = [
            *results.get((*(row[column] for column in same), arm), []),
            *sets.get((study, population, arm), []),
            *arms.get((study, arm), []),
        ]
        return {number for row_ in rows if (number := row_.number("n")) is not None}

    for row in package.rows("results") if package.whole("arms", "sets") else []:
        sums = {a + b for first, second in ARMS for a in size(row, first) for b in size(row, second)}
        if row["denominator_basis"] == "sum" and sums and row.number("n") not in sums:
            requirement = f"be the sum of two arms, {' or '.join(f'{total:.0f}' for total in sorted(sums))}"
            yield row.fault("n", requirement, "Correct it, or write printed as denominator_basis.")


def one_basis(package: Package) -> Iterator[Fault]:
    """Test that one number of people of one source has one basis."""
    columns = ("study_id", "source_key", "population", "arm", "n")
    for first, *further in _grouped((r for r in package.rows("results") if r["n"]), *columns).values():
        for row in further:
            if row["denominator_basis"] != first["denominator_basis"]:
                requirement = f"be {first['denominator_basis']} as for the same people in row {first.line}"
                yield row.fault("denominator_basis", requirement, "Correct one of the two.")


def instrument_named(package: Package) -> Iterator[Fault]:
    """Test that a scale that the text read does not name is named in a row of another source of the study."""
    studies = {row["study_id"] for row in package.rows("studies")}
    reporting = _grouped(
        (r for r in package.rows("results") if r["instrument"] and not r["instrument_basis"]), "study_id"
    )
    for row in package.rows("results") if package.whole("results", "studies") else []:
        if row["instrument_basis"] and row["study_id"] in studies:
            same = (r for r in reporting.get((row["study_id"],), []) if _scale(r) == _scale(row))
            if not row["instrument"] or all(r["source_key"] == row["source_key"] for r in same):
                requirement = "be blank: no other source of the study has a row that names the scale"
                yield row.fault("instrument_basis", requirement, "Clear it, and the instrument that no text names.")


def _scale(row: Row) -> str:
    return row["instrument"].removesuffix(" derived")


def sources_used(package: Package) -> Iterator[Fault]:
    """Test that a row rests on every source, unless it is one of method."""
    lines = {key: line for line, key in package.references.keys}
    columns = ("source_key", "source_keys", "primary_source_key")
    cells = (row.cells.get(c, "") for table in package.tables.values() for row in table.rows for c in columns)
    used = {key for cell in cells for key in split(cell)}
    whole = package.described and package.references.whole and package.whole(*package.names)
    if not whole or not used <= set(lines):
        return  # a key with a typo is reported by the rule on keys
    for key, line in lines.items():
        entry = package.references.entries.get(key)
        if key not in used and entry is not None and entry.fields.get("kind") != "method":
            remedy = "Add what it says, write method as its kind, or delete it and say so in left_out.csv."
            yield package.references.text.fault(line, "have a row that rests on it", shown(key), remedy)


def verdicts_read(package: Package) -> Iterator[Fault]:
    """Test that no claim is called supported by, or against, a primary source that nobody could read."""
    read = {key: entry.fields.get("read", "") for key, entry in package.references.entries.items()}
    for row in package.rows("claims"):
        keys = split(row["primary_source_key"])
        unread = bool(keys) and all(read.get(key, "").startswith("not available") for key in keys)
        for column in ("verdict", "otherwise"):
            if unread and row[column] == "supported":
                requirement = f"be another word than supported, since nobody could read {row['primary_source_key']}"
                yield row.fault(column, requirement, "Write agrees_with_secondary where another text agrees.")


def registered_once(package: Package) -> Iterator[Fault]:
    """Test that no two studies have the same registration number."""
    registered = (row for row in package.rows("studies") if row["registration"])
    for row, first in _repeats(registered, "registration"):
        requirement = f"differ from that of {first['study_id']} in row {first.line}"
        yield row.fault("registration", requirement, "Correct one of the two.")


def reported_once(package: Package) -> Iterator[Fault]:
    """Test that no two rows report the same thing from the same source."""
    for name, columns in SAME.items():
        for row, first in _repeats(package.rows(name), *columns):
            key = row.table.key[0]
            requirement = f"report something else than {first[key]} in row {first.line}"
            yield row.fault(key, requirement, "Delete one of the two, or say in a column what differs.")


def review_facts(package: Package) -> Iterator[Fault]:
    """Test that the facts about the review exist and have the right form."""
    rows = {row["item"]: row for row in package.rows("review")}
    for item in REVIEW_ITEMS if package.whole("review") else []:
        if item not in rows:
            yield package.texts["review.csv"].fault(0, f"have a row for {item}", "none", "Restore the row.")
        elif not rows[item]["value"]:
            yield rows[item].fault("value", f"be filled in for {item}", "Write the value.")
    for item, row in rows.items():
        if item in REVIEW_FORMS and row["value"] and not REVIEW_FORMS[item][0](row["value"]):
            yield row.fault("value", f"be {REVIEW_FORMS[item][1]}", "Correct the value.")


def searches_in_order(package: Package) -> Iterator[Fault]:
    """Test that some source has been searched, and that each next search is due within its interval."""
    rows = package.rows("searches")
    if rows and package.whole("searches") and not any(row["last_search"] for row in rows):
        requirement, remedy = "have a last_search in at least one row", "Write when the texts were read."
        yield package.texts["searches.csv"].fault(0, requirement, "none", remedy)
    for row in rows:
        last, due, interval = day(row["last_search"]), day(row["next_due"]), row.number("interval_months") or 0
        if last and due and 1 <= interval <= 24:
            latest = months_after(last, int(interval))
            if not last < due <= latest and len(row["last_search"]) == len(str(last)):
                requirement = f"be after last_search, {last}, and at most {interval:.0f} months later, {latest}"
                yield row.fault("next_due", requirement, "Correct one of the three.")
        if row["service"] not in ("", "crossref") and not row["query"]:
            yield row.fault("query", f"be filled in for {row['service']}", "Write the query.")


def registry_facts_once(package: Package) -> Iterator[Fault]:
    """Test that a fact of a registry record occurs once."""
    for row, first in _repeats(package.rows("registry"), "nct", "field"):
        requirement = f"differ from that of the same record in row {first.line}"
        yield row.fault("field", requirement, "Keep the one that was seen last.")


def references_read(package: Package) -> Iterator[Fault]:
    """Test that no reference is newer than the day to which texts were read."""
    days = [day(row["last_search"]) for row in package.rows("searches")]
    last = max((day.year for day in days if day), default=2100)
    for key, entry in package.references.entries.items():
        year = entry.fields.get("year", "").strip("{}")
        if FORMS["year"][0](year) and int(year) > last:
            requirement = f"be at most {last}, when texts were last read (data/searches.csv)"
            place = package.references.line(key, "year")
            yield package.references.text.fault(place, requirement, year, "Correct the year, or that date.", "year")
