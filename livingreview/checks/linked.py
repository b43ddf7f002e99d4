"""Rules on rows that speak of other rows: outcomes, claims, registry records, checklists, and facts on the review."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from livingreview.checks.package import Fault, Package, Row, near, shown
from livingreview.checks.references import FORMS
from livingreview.checks.rows import day
from livingreview.checks.rules import Wrong, each
from livingreview.evidence import split
from livingreview.evidence.measures import measure
from livingreview.evidence.topic import section

#: Words of an outcome that its kind needs.
KINDS: dict[str, str] = section("kinds")
#: Words that tell no outcome from another.
_SECONDARY = re.compile("secondary (?:outcome|analysis)")
_COMMON = {*["and", "for", "the", "with", "people", "months", "weeks", "change", "those", "severity", "abstract"]}
LINKS = ("contrast_id", "intervention_id", "comparator_id")
#: What a field of a registry record holds, in a pattern and in words.
REGISTRY = {
    "enrolment": (r"[1-9]\d{0,6}", "a number of people"),
    "has_results": (r"yes|no", "yes or no"),
    "overall_status": (r"[A-Z][A-Z_]+", "a status in the registry's capital letters, such as RECRUITING"),
    "enrolment_type": (r"ACTUAL|ESTIMATED|ANTICIPATED|actual|estimated|anticipated", "actual or estimated"),
    **dict.fromkeys(
        ("start_date", "primary_completion_date", "completion_date", "results_first_posted", "last_update_posted"),
        (r"(?:19|20)\d\d(-\d\d(-\d\d)?)?", "a date such as 2024-05-17"),
    ),
}
#: Sizes of a study, each with the quantities of discrepancies.csv that it is, and the stage.
_DISAGREEING = {"n_planned": (("patients",), "planned|protocol"), "clinics": (("clinics", "practices"), "")}
#: Dates on which something was seen or happened, by table; those that are expected are not among them.
PAST = {
    "registry": ("as_of",),
    "notices": ("date", "recorded", "compared"),
    "searches": ("last_search",),
    "runs": ("day",),
    "records": ("day",),
    "screenings": ("day",),
    "readings": ("day",),
    "judgments": ("day",),
    "discrepancies": ("date",),
}
#: Facts on the review that some page, file or service reads, and the form of those that rules do not test elsewhere.
FACTS = (
    *("title", "contributors", "summary", "keywords", "version", "dormant_after_months", "funding"),
    *("competing_interests", "repository", "site_url", "doi", "contact", "intervention", "comparator", "how_made"),
)
CONTACT = r"[\w.+-]+@[\w-]+(\.[\w-]+)+|https?://[\w-]+(\.[\w-]+)+(/\S*)?"
WORDS = {
    **{"no": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7"},
    **{"eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "twenty": "20", "thirty": "30"},
    **{"forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"},
    **{"twice": "2", "double": "2", "doubled": "2", "half": "50", "third": "33", "quarter": "25"},
}
NUMBERS = re.compile(r"(?:(?<![\d.])-)?\.?\d[\d,]*\.?\d*")


# ------------------------------------------------------------------------------------------------------ outcomes


def outcome_of_rows(package: Package) -> Iterator[Fault]:
    """Test that the rows of an outcome are about it: in its form, at one time, of one population and instrument."""
    results = {row["result_id"]: row for row in package.rows("results")}
    for row in package.rows("outcomes"):
        linked = {column: results[row[column]] for column in LINKS if row[column] and row[column] in results}
        # a row of another study is another rule's
        of_study = {column: result for column, result in linked.items() if result["study_id"] == row["study_id"]}
        yield from _of_form(row, of_study)
        yield from _at_one_time(row, of_study)
        for column, result in of_study.items():
            apart = not _said_words(row["instrument"]) & _said_words(result["instrument"])
            if row["instrument"] and result["instrument"] and apart:
                requirement = f"name a row on the {row['instrument']}"
                actual = f"{result['result_id']}, which is on the {result['instrument']}"
                yield row.fault(column, requirement, "Correct the id, or the instrument.", actual)
            if not _alike(row["outcome"], result["outcome"]):
                requirement = f"name a row about {row['outcome']}"
                actual = f"{result['result_id']}, which is about {result['outcome']}"
                yield row.fault(column, requirement, "Correct the id, or call the outcome alike in both rows.", actual)


def _of_form(row: Row, linked: dict[str, Row]) -> Iterator[Fault]:
    """Test that the measures of an outcome's rows are those of its form; a percentage may be of people or of days."""
    for result in linked.values():
        if measure(result["measure"]).form not in ("", row["form"]) and row["form"] in ("binary", "continuous"):
            requirement = f"fit {result['result_id']}, whose measure is {result['measure']}"
            yield row.fault("form", requirement, "Correct the form, or the id of the row.")
            return


def _at_one_time(row: Row, linked: dict[str, Row]) -> Iterator[Fault]:
    """Test that the rows of an outcome speak of one time; the arms may be of two sources, some days apart."""
    for column in ("months", "population", "instrument"):
        values = {name: result[column] for name, result in linked.items()}
        first = next(iter(values.values()), "")
        for name, value in values.items():
            near = column == "months" and value and first and abs(float(value) - float(first)) <= 1
            if value != first and not near:
                requirement = f"name a row whose {column} is {shown(first)}, as in the other rows of the outcome"
                actual = f"{linked[name]['result_id']}, where it is {shown(value)}"
                yield row.fault(name, requirement, "Correct the id, or the row it names.", actual)


def _alike(name: str, other: str) -> bool:
    """Whether two names of an outcome share most of the words of the shorter."""
    first, second = (set(re.findall(r"\w{3,}", text.casefold())) for text in (name, other))
    return 2 * len(first & second) >= min(len(first), len(second))


def outcomes_linked(package: Package) -> Iterator[Fault]:
    """Test that an outcome names the rows that report it, where there are such rows of its study and instrument."""
    reported: dict[tuple[str, str], list[Row]] = {}
    for result in package.rows("results"):
        reported.setdefault((result["study_id"], result["outcome"].casefold()), []).append(result)
    for row in package.rows("outcomes") if package.whole("results") else ():
        rows = reported.get((row["study_id"], row["outcome"].casefold()), [])
        rows = [result for result in rows if not row["instrument"] or result["instrument"] == row["instrument"]]
        arms = {result["arm"] for result in rows}
        if not any(row[column] for column in LINKS) and ("contrast" in arms or len(arms) > 1):
            requirement = f"name the rows that report it, such as {rows[0]['result_id']}"
            yield row.fault("contrast_id", requirement, "Write the ids, or call the outcome otherwise.")


def outcome_in_words(package: Package) -> Iterator[Fault]:
    """Test that the role and the kind of an outcome are those that its study's words, its note and its name give."""
    studies = {row["study_id"]: row["primary_outcomes"] for row in package.rows("studies")}
    measured = {row["result_id"]: row["instrument"] for row in package.rows("results")}
    for row in package.rows("outcomes") if package.whole("studies", "results") else ():
        named = studies.get(row["study_id"], "")
        instruments = " ".join([row["instrument"], *(measured.get(row[column], "") for column in LINKS)])
        primary, own = (_said_words(text) for text in (named, f"{row['outcome']} {instruments} {row['note']}"))
        remedy = "Correct it, or primary_outcomes in data/studies.csv."
        if row["role"] == "primary" and (not named or not own & primary or _SECONDARY.search(row["note"])):
            requirement = f"not be primary, as {row['study_id']} has {shown(named or 'no primary_outcomes')}"
            yield row.fault("role", requirement, remedy)
        elif row["role"] in ("reported", "secondary") and row["outcome"].casefold() in named.casefold():
            yield row.fault("role", f"be primary, as {row['study_id']} has {shown(named)}", remedy)
        needed = KINDS.get(row["kind"])
        if needed and not re.search(needed, f"{row['outcome']} {row['instrument']}", re.IGNORECASE):
            fit = [kind for kind, said in KINDS.items() if re.search(said, row["outcome"], re.IGNORECASE)]
            yield row.fault("kind", f"be {' or '.join(fit) or 'another'}, by the name of the outcome", "Correct it.")


def _said_words(text: str) -> set[str]:
    whole = re.sub(r"(?<=[A-Za-z])-(?=\d)", "", text)  # the name of an instrument is one word
    return set(re.findall(r"\w{3,}", whole.casefold())) - _COMMON


# -------------------------------------------------------------------------------------------------------- claims


def claims_of_rows(package: Package) -> Iterator[Fault]:
    """Test that a claim is checked against rows of its own study, or of the source that it is about."""
    tables = [table for table in package.tables.values() if table.complete and len(table.key) == 1]
    by_id = {row[table.key[0]]: row for table in tables for row in table.rows}
    for claim in package.rows("claims"):
        sources = {*split(claim["primary_source_key"]), *split(claim["source_key"])}
        for name in split(claim["checked_against"]):
            row = by_id.get(name)
            if row is None:
                continue
            study, keys = row.cells.get("study_id", ""), split(row.cells.get("source_key", ""))
            wrong = study != claim["study_id"] if claim["study_id"] and study else not sources.intersection(keys)
            if wrong and (study or keys):
                requirement = f"name rows of {claim['study_id'] or ' or '.join(sorted(sources))}"
                actual = f"{name}, which is of {study or ', '.join(keys)}"
                yield claim.fault("checked_against", requirement, "Correct the id, or the study of the claim.", actual)


@each("source_key", "primary_source_key", tables=("claims",))
def claims_of_others(row: Row) -> Iterator[Wrong]:
    """Test that a claim is checked against another text than the one that makes it."""
    primary = split(row["primary_source_key"])
    if primary and {*primary} <= {*split(row["source_key"])}:
        requirement = "be another source than source_key, since a text cannot confirm itself"
        yield "primary_source_key", requirement, "Name the source that the claim rests on, or delete the row."


@each("claim", "numbers", "primary_says", "why", "basis", tables=("claims",))
def numbers_claimed(row: Row) -> Iterator[Wrong]:
    """Test that the numbers of a claim are in its words, or in those of its source where the claim has none."""
    claimed = {_plain(number) for number in NUMBERS.findall(row["claim"])}
    claimed.update(WORDS[word] for word in re.findall(r"[a-z]+", row["claim"].casefold()) if word in WORDS)
    elsewhere = " ".join(row[column] for column in ("primary_says", "why", "basis"))
    for part in split(row["numbers"]):
        number = next(iter(NUMBERS.findall(part)), "")
        # a P value, or a month of the calendar, may be given as a number only
        beside = part.startswith(("P", ".")) or re.match(r"\d{4}-\d\d", part) or part in elsewhere
        if number and _plain(number) not in claimed and not beside:
            yield "numbers", f"be numbers of the claim, as {shown(part)} is not", "Write those that the claim holds."
            return


def _plain(number: str) -> str:
    """Write a number without separators and lost zeros, so that .03 is 0.03 and 2,396 is 2396."""
    plain = number.replace(",", "").rstrip(".")
    return f"{float(plain):g}" if re.fullmatch(r"-?\d*\.?\d+", plain) else plain


def echoes_end(package: Package) -> Iterator[Fault]:
    """Test that echoes lead to another claim and do not come back."""
    claims = {row["claim_id"]: row for row in package.rows("claims")}
    for row in claims.values():
        for name in split(row["echoes"]):
            way, seen = name, {row["claim_id"]}
            while way in claims and way not in seen:
                seen.add(way)
                way = next(iter(split(claims[way]["echoes"])), "")
            if name not in claims and package.whole("claims"):
                yield row.fault("echoes", "be the id of a claim", "Correct the id.", shown(name))
            elif way == row["claim_id"]:
                requirement = "be the claim that was made first, which echoes no other that leads back here"
                yield row.fault("echoes", requirement, "Clear it in the claim that was made first.")


# ------------------------------------------------------------------------ registry, checklists, review, dates


def registered(package: Package) -> Iterator[Fault]:
    """Test that a registry row is of the record that its source is, or of a study that names the source."""
    numbers = {key: entry.fields.get("nct", "").strip("{}") for key, entry in package.references.entries.items()}
    studies = [(row["registration"], split(row["source_keys"])) for row in package.rows("studies")]
    for row in package.rows("registry") if package.references.whole else ():
        keys = split(row["source_key"])
        of_sources = [numbers[key] for key in keys if numbers.get(key)]
        of_sources += [number for number, sources in studies if number and set(keys) & set(sources) and not of_sources]
        if keys and of_sources and row["nct"] not in of_sources and FORMS["nct"][0](of_sources[0]):
            requirement = f"be {of_sources[0]}, the record of {keys[0]}"
            yield row.fault("nct", requirement, "Correct the number, or the source.")


def registration_of_record(package: Package) -> Iterator[Fault]:
    """Test that the registration of a study is that of a registry record among its sources."""
    entries = package.references.entries.items()
    # the key of a record may be its number
    numbers = {key: entry.fields.get("nct", "").strip("{}") or key.upper() for key, entry in entries}
    for study in package.rows("studies") if package.references.whole else ():
        records = [numbers[key] for key in split(study["source_keys"]) if FORMS["nct"][0](numbers.get(key, ""))]
        if records and study["registration"] and study["registration"] not in records:
            requirement = f"be {' or '.join(records)}, the record among its sources"
            yield study.fault("registration", requirement, "Correct the number, or the sources.")


def as_discrepancies(package: Package) -> Iterator[Fault]:
    """Test that a size of a study is one of those that disagree, where some do."""
    for column, (quantities, stage) in _DISAGREEING.items():
        values: dict[str, list[str]] = {}
        for row in package.rows("discrepancies"):
            if row["quantity"] in quantities and re.search(stage, row["stage"]):
                values.setdefault(row["study_id"], []).append(row["value"].partition(" ")[0])
        for study in package.rows("studies") if package.whole("discrepancies") else ():
            numbers = values.get(study["study_id"], [])
            if numbers and study[column] and study[column] not in numbers:
                requirement = f"be {' or '.join(dict.fromkeys(numbers))}, as in data/discrepancies.csv"
                yield study.fault(column, requirement, "Correct one of the two.")


def discrepancies_differ(package: Package) -> Iterator[Fault]:
    """Test that the sources of a quantity that disagree do not all give one value."""
    given: dict[tuple[str, str], list[Row]] = {}
    for row in package.rows("discrepancies"):
        given.setdefault((row["study_id"], row["quantity"]), []).append(row)
    for (_, quantity), rows in given.items():
        if len(rows) > 1 and len({row["value"] for row in rows}) == 1:
            requirement = f"differ in one of the {len(rows)} sources of {shown(quantity)}"
            yield rows[-1].fault("value", requirement, "Correct the value, or delete the rows.")


def enrolment_of_record(package: Package) -> Iterator[Fault]:
    """Test that the enrolment of a record is a size of its study, or one that the study's note names."""
    studies = {row["registration"]: row for row in package.rows("studies") if row["registration"]}
    for row in package.rows("registry"):
        study = studies.get(row["nct"]) if row["field"] == "enrolment" and row["value"].isdigit() else None
        if study is None or re.search(rf"(?<!\d){re.escape(row['value'])}(?!\d)", study["note"]):
            continue
        sizes = [study[column] for column in ("n_planned", "n_randomised") if study[column]]
        if sizes and row["value"] not in sizes:
            remedy = f"Correct it; where both are right, name {row['value']} in the note of {study['study_id']}."
            yield row.fault("value", f"be {' or '.join(sizes)}, a size of {study['study_id']}", remedy)


def published_with_source(package: Package) -> Iterator[Fault]:
    """Test that what was published has the year of its source, or one beside it: papers appear online before."""
    years = {key: entry.fields.get("year", "").strip("{}") for key, entry in package.references.entries.items()}
    for row in package.rows("milestones"):
        year, date = years.get(row["source_key"], ""), day(row["date"])
        if row["event"].endswith("_published") and date and FORMS["year"][0](year) and abs(date.year - int(year)) > 1:
            requirement = f"be within a year of {year}, when {row['source_key']} was published"
            yield row.fault("date", requirement, "Correct the date, or the source.")


@each("field", "value", tables=("registry",))
def registry_values(row: Row) -> Iterator[Wrong]:
    """Test that the value of a registry field is of its kind."""
    pattern, words = REGISTRY.get(row["field"], ("", ""))
    if pattern and row["value"] and not re.fullmatch(pattern, row["value"], re.ASCII):
        yield "value", f"be {words}, the field being {row['field']}", "Write it as the record does."


def registry_dates_in_order(package: Package) -> Iterator[Fault]:
    """Test that a record ends after it starts, and was updated before it was seen."""
    records: dict[str, dict[str, Row]] = {}
    for row in package.rows("registry"):
        records.setdefault(row["nct"], {})[row["field"]] = row
    for record in records.values():
        for before, after in (("start_date", "primary_completion_date"), ("start_date", "completion_date")):
            first, second = record.get(before), record.get(after)
            if first and second and first["value"][:7] > second["value"][:7]:
                yield second.fault("value", f"be after the {before}, {first['value']}", "Correct one of the two.")
        for field in ("last_update_posted", "results_first_posted"):
            seen = record.get(field)
            if seen and seen["as_of"] and seen["value"] > seen["as_of"]:
                yield seen.fault("value", f"be at most as_of, {seen['as_of']}", "Correct one of the two.")


def dates_not_ahead(package: Package) -> Iterator[Fault]:
    """Test that nothing was seen after the day on which the next search is due; no clock is asked."""
    due = [row["next_due"] for row in package.rows("searches") if day(row["next_due"])]
    for table, columns in PAST.items() if due else ():
        for row in package.rows(table):
            for column in columns:
                if day(row[column]) and row[column] > max(due):
                    requirement = f"be at most {max(due)}, when the next search is due (data/searches.csv)"
                    yield row.fault(column, requirement, "Correct the date.")


def checklist_once(package: Package) -> Iterator[Fault]:
    """Test that an item of a checklist occurs once."""
    first: dict[tuple[str, ...], int] = {}
    for row in package.rows("checklists"):
        item = tuple(row[column].casefold() for column in ("guideline", "item", "label"))
        if first.setdefault(item, row.line) != row.line:
            requirement = f"differ from row {first[item]}, which has that guideline and that label"
            yield row.fault("item", requirement, "Delete one of the two.")


#: Items of a checklist that the data settle: the table and the column that must have a word, and what that means.
SETTLED = {
    "prisma-2020-7": ("runs", "complete", "yes", "no search has been run in full"),
    "prisma-2020-8": ("screenings", "role", "screener", "nobody has screened a record"),
    "prisma-2020-16a": ("runs", "complete", "yes", "no search has been run in full"),
    "prisma-2020-16b": ("screenings", "stage", "full_text", "no full text has been screened"),
    "prisma-2020-18": ("judgments", "item", "overall", "no risk of bias has been judged"),
    "prisma-lsr-16a-search-selection-over": ("runs", "complete", "yes", "no search has been run in full"),
}


def checklist_met(package: Package) -> Iterator[Fault]:
    """Test that the place of an item is on a page of the book, and that none is called reported without its data."""
    contents = package.data.parent / "_toc.yml"
    listed = contents.read_text(encoding="utf-8") if contents.is_file() else ""
    pages = set(re.findall(r"chapters/([\w-]+)", listed))
    for row in package.rows("checklists"):
        page, _, heading = row["place"].partition("#")
        if page and pages and page not in pages | {"index"}:
            yield row.fault("place", "name a page of the book", near(page, pages) + "Correct the name of the page.")
        there = _headings(package.data.parent, page) if heading else None
        if there is not None and heading not in there:
            yield row.fault("place", f"name a heading of the page {page}", f"{near(heading, there)}Correct it.")
        table, column, words, why = SETTLED.get(row["check_id"], ("", "", "", ""))
        is_claimed = row["status"] == "reported" and bool(table) and package.whole(table)
        if is_claimed and not any(other[column] in words.split() for other in package.rows(table)):
            yield row.fault("status", f"be 'in part' or 'not reported', since {why}", "Correct the status.")


def _headings(root: Path, page: str) -> frozenset[str] | None:
    """Give the anchors of the headings of a page; None where the page is not at hand."""
    notebook, text = root / "chapters" / f"{page}.ipynb", root / "chapters" / f"{page}.md"
    if notebook.is_file():
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        words = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    elif text.is_file():
        words = text.read_text(encoding="utf-8")
    else:
        return None
    titles = re.findall(r"^(?:#+ |\()(.+?)(?:\)=)?$", words, re.MULTILINE)
    return frozenset(re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") for title in titles)


def review_read(package: Package) -> Iterator[Fault]:
    """Test that every fact on the review is one that is read, and that the contact is an address."""
    for row in package.rows("review"):
        if row["item"] not in FACTS:
            requirement = f"be a fact that the review reads: {', '.join(FACTS)}"
            yield row.fault("item", requirement, "Correct the name, or delete the row.")
        elif row["item"] == "contact" and row["value"] and not re.fullmatch(CONTACT, row["value"]):
            yield row.fault("value", "be an e-mail or web address", "Write the address, or clear it.")
