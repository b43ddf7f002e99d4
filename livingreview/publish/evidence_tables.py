"""The evidence as tables for its own pages: every row with an anchor, every column shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from livingreview import evidence
from livingreview.publish.numbers import Cell, Place, Table, linked, table
from livingreview.statistics import wording

_SOURCE = ("Source", ("source_key", "locator", "tier", "extraction"))
_NOTE = ("Note", ("note",))
#: Columns of each page's table: a header, and the columns of the data that stand under it.
LAYOUT: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "studies": (
        ("Study", ("acronym", "name", "study_id", "group")),
        ("Registered", ("registration",)),
        ("Stage", ("stage",)),
        ("Design", ("design", "unit_of_randomisation")),
        ("Where", ("setting", "clinics", "organisations", "locations")),
        ("Enrolment", ("enrol_start", "enrol_end")),
        ("Who took part", ("population", "eligibility", "min_age")),
        ("Compared with", ("comparator", "comparator_type")),
        ("Planned", ("n_planned",)),
        ("Assessed", ("n_assessed",)),
        ("Randomised", ("n_randomised",)),
        ("Analysed", ("n_analysed",)),
        ("Months of intervention and follow-up", ("intervention_months", "followup_months", "assessment_months")),
        ("Primary outcomes", ("primary_outcomes",)),
        ("Followed up", ("retention_intervention", "retention_comparator")),
        ("Funder", ("funder",)),
        ("Sources", ("source_keys",)),
        _NOTE,
    ),
    "arms": (
        ("Arm", ("label", "arm_id")),
        ("Study", ("study_id", "role")),
        ("Size", ("n", "n_unit", "n_basis")),
        ("Care manager", ("care_manager",)),
        ("Consultant", ("consultant",)),
        ("Psychotherapy", ("psychotherapy",)),
        ("Medication", ("medication",)),
        ("Contacts", ("contacts",)),
        ("Source", ("source_key", "locator", "tier")),
        _NOTE,
    ),
    "sets": (
        ("Row", ("set_id",)),
        ("Study", ("study_id",)),
        ("Who", ("population", "arm")),
        ("Size", ("n", "n_basis")),
        ("Source", ("source_key", "locator", "tier")),
        _NOTE,
    ),
    "results": (
        ("Row", ("result_id",)),
        ("Study", ("study_id", "population")),
        ("Outcome", ("outcome", "definition")),
        ("Scale", ("instrument", "scale_range", "instrument_basis")),
        ("Months", ("months", "time_as_printed")),
        ("Arm", ("arm",)),
        ("Measure", ("measure", "unit")),
        ("Estimate", ("estimate_operator", "estimate")),
        ("Interval", ("ci_low", "ci_high", "ci_level", "ci_type")),
        ("P", ("p_operator", "p_value")),
        ("People", ("n", "events", "denominator_basis")),
        ("Better", ("direction_of_benefit", "direction_reported")),
        _SOURCE,
        _NOTE,
    ),
    "outcomes": (
        ("Row", ("outcome_id",)),
        ("Study", ("study_id",)),
        ("Outcome", ("outcome", "kind", "form", "instrument")),
        ("Role", ("role",)),
        ("Reported in", ("contrast_id", "intervention_id", "comparator_id")),
        ("Denominators that stand in", ("sizes",)),
        ("Source", ("source_key", "locator", "tier")),
        _NOTE,
    ),
    "milestones": (
        ("Row", ("milestone_id",)),
        ("Study", ("study_id",)),
        ("Event", ("event",)),
        ("Date", ("date",)),
        ("Source", ("source_key", "locator", "tier")),
        _NOTE,
    ),
    "baseline": (
        ("Row", ("baseline_id",)),
        ("Study", ("study_id", "population", "arm")),
        ("Characteristic", ("characteristic",)),
        ("Measure", ("measure",)),
        ("Value", ("value",)),
        ("SD", ("sd",)),
        ("People", ("n", "denominator", "denominator_basis")),
        _SOURCE,
        _NOTE,
    ),
    "components": (
        ("Row", ("component_id",)),
        ("Part", ("component",)),
        ("Fact", ("detail",)),
        ("Value", ("value", "value_high", "date")),
        ("95% CI", ("ci_low", "ci_high")),
        ("Unit", ("unit",)),
        ("Holds for", ("applies_to",)),
        _SOURCE,
        _NOTE,
    ),
    "pooled": (
        ("Row", ("pooled_id",)),
        ("Outcome", ("outcome", "domain")),
        ("Time", ("time_window", "window")),
        ("Who", ("population", "condition")),
        ("Compared with", ("comparator",)),
        ("Trials and people", ("k", "n")),
        ("Measure", ("measure",)),
        ("Estimate", ("estimate",)),
        ("Interval", ("ci_low", "ci_high", "ci_type")),
        ("Better", ("direction_of_benefit",)),
        ("I squared", ("i2",)),
        ("P", ("p_operator", "p_value")),
        ("Model", ("model",)),
        _SOURCE,
        _NOTE,
    ),
    "certainty": (
        ("Row", ("certainty_id",)),
        ("By", ("body", "document", "date")),
        ("About", ("population", "outcome_or_question")),
        ("Compared with", ("comparator",)),
        ("Rating, in their words", ("rating_words",)),
        ("System", ("rating_system",)),
        ("Rates", ("pooled_id",)),
        ("Source", ("source_key", "locator", "tier")),
        _NOTE,
    ),
    "claims": (
        ("Row", ("claim_id",)),
        ("Verdict", ("verdict",)),
        ("Claim", ("claim", "numbers")),
        ("Primary source says", ("primary_says",)),
        ("Why", ("why",)),
        ("About", ("study_id",)),
        ("Made in", ("source_key", "section", "echoes")),
        ("Checked against", ("primary_source_key", "checked_against", "basis")),
        ("Test of the verdict, and what it would be otherwise", ("rule", "otherwise")),
    ),
    "discrepancies": (
        ("Row", ("discrepancy_id",)),
        ("Study", ("study_id",)),
        ("Quantity", ("quantity",)),
        ("Value", ("value",)),
        ("Given in", ("stage", "date")),
        ("Used, because", ("used_because",)),
        ("Source", ("source_key", "locator")),
        _NOTE,
    ),
    "instruments": (
        ("Row", ("instrument_id",)),
        ("Scale", ("instrument", "full_name")),
        ("Range", ("range_low", "range_high")),
        ("Better", ("better_direction",)),
        ("Threshold", ("threshold_kind", "basis")),
        ("Value", ("threshold", "ci_low", "ci_high", "threshold_unit")),
        ("Found in", ("population",)),
        ("Source", ("source_key", "locator")),
        _NOTE,
    ),
    "glossary": (
        ("Term", ("term",)),
        ("In full", ("full",)),
        ("What it means", ("meaning",)),
        ("Kind and row", ("kind", "term_id")),
    ),
    "explanations": (
        ("Row", ("explanation_id",)),
        ("Check", ("check",)),
        ("Rows", ("row_ids",)),
        ("Found", ("found",)),
        ("Kind", ("kind",)),
        ("Explanation", ("explanation",)),
        ("Settled by", ("settled_by",)),
        ("Source", ("source_key",)),
    ),
    "relations": (
        ("Row", ("relation_id",)),
        ("Check", ("check",)),
        ("Whole", ("whole",)),
        ("Parts", ("parts",)),
        ("Times", ("weights",)),
        _NOTE,
    ),
    "risk_of_bias": (
        ("Row", ("bias_id",)),
        ("Result", ("study_id", "outcome", "result_ids")),
        ("Domain", ("domain", "domain_name")),
        ("What is known", ("facts",)),
        ("Rows that say so", ("row_ids",)),
        ("Judgement", ("judgement",)),
        ("By", ("assessors", "support")),
    ),
    "notices": (
        ("Notice", ("notice_id",)),
        ("Source", ("source_key",)),
        ("Kind", ("kind",)),
        ("Date", ("date",)),
        ("Where", ("where",)),
        ("Recorded", ("recorded",)),
        _NOTE,
    ),
    "causes": (
        ("Cause", ("cause_id",)),
        ("Version", ("version",)),
        ("Kind", ("kind",)),
        ("Changed", ("changed",)),
        ("What happened", ("what",)),
        ("For whom it matters", ("for_whom",)),
        ("Source", ("source_key",)),
    ),
    "searches": (
        ("Source", ("source",)),
        ("What is looked for", ("scope",)),
        ("Query", ("query",)),
        ("Last searched", ("last_search",)),
        ("Next due", ("next_due",)),
        ("Months between", ("interval_months",)),
        ("Asked every week as", ("service",)),
        _NOTE,
        ("Row", ("search_id",)),
    ),
    "living": (
        ("Step", ("step",)),
        ("Parameter", ("parameter",)),
        ("Status", ("status",)),
        _NOTE,
        ("PRISMA-LSR", ("item",)),
        ("Row", ("living_id",)),
    ),
    "registry": (
        ("Record", ("nct",)),
        ("Fact", ("field",)),
        ("As last seen", ("value",)),
        ("Copy of", ("as_of",)),
        ("Source", ("source_key", "locator")),
        _NOTE,
        ("Row", ("registry_id",)),
    ),
    "checklists": (
        ("Item", ("item", "label")),
        ("Reported", ("status",)),
        ("Place", ("place",)),
        ("What is missing, or why it does not apply", ("missing",)),
        ("Row", ("check_id", "guideline")),
    ),
    "agreement": (
        ("Field", ("field",)),
        ("In all", ("total",)),
        ("Given by both readings", ("compared",)),
        ("The same in both", ("agreed",)),
    ),
    "review": (("What", ("item",)), ("Value", ("value",)), ("Used for", ("note",))),
    "left_out": (("What", ("row_id", "file")), ("Kind", ("what",)), ("Reason", ("reason",))),
}
_KEYS = {"source_key", "source_keys", "primary_source_key"}
_ARMS = {"arm", "role"}
_CODES = {
    "judgement",
    "field",
    "tier",
    "measure",
    "kind",
    "event",
    "comparator_type",
    "domain",
    "window",
    "condition",
    "basis",
    "verdict",
    "rule",
    "otherwise",
    "denominator_basis",
    "instrument_basis",
    "extraction",
    "n_basis",
    "ci_type",
    "group",
    "stage",
}


def listing(name: str, caption: str, filters: Sequence[str] = (), only: Mapping[str, str] | None = None) -> Table:
    """Every row of a table of the evidence, each with its id as anchor.

    Parameters
    ----------
    name : str
        Name of the table.
    caption : str
        What the table shows.
    filters : sequence of str
        Headers of the columns by whose values a reader can choose rows.
    only : mapping of str to str, optional
        Columns and the value that a row must have there to be listed.

    Returns
    -------
    livingreview.publish.numbers.Table
    """
    frame = getattr(evidence.load(), name)
    for column, value in (only or {}).items():
        frame = frame[frame[column] == value]
    layout = LAYOUT[name]
    lines = [[_cell(row, columns) for _, columns in layout] for _, row in frame.iterrows()]
    anchors = [str(i) for i in frame.index] if name in evidence.PAGES else []
    return table(caption, [header for header, _ in layout], lines, ids=anchors, filters=filters)


def source_list(caption: str) -> Table:
    """Every entry of the bibliography, each with its key as anchor."""
    found = sorted(evidence.load().sources.values(), key=lambda s: (s.short.casefold(), s.key))
    rows = [
        (
            f"{s.short} [{s.key}]",
            s.title,
            "; ".join(s.names),
            " ".join(p for p in (s.container, _issue(s)) if p),
            s.identifiers,
            s.kind,
            s.read,
            s.note,
        )
        for s in found
    ]
    columns = ("Source", "Title", "Authors", "Published in", "Identifiers", "Kind", "What was read", "Note")
    return table(caption, columns, rows, ids=[s.key for s in found])


def dictionary(name: str) -> Table:
    """Data dictionary of one table, from its schema in datapackage.json."""
    resource = next(r for r in evidence.load().package["resources"] if r["name"] == name.replace("_", "-"))
    rows = []
    for field in resource["schema"]["fields"]:
        allowed = field.get("constraints", {}).get("enum", [])
        kind = field["type"] + (f" ({field['unit']})" if "unit" in field else "")
        rows.append((field["name"], field["description"], kind, "; ".join(w.replace("_", " ") for w in allowed)))
    return table(f"{resource['path']}: {resource['description']}", ("Column", "What it holds", "Type", "Allowed"), rows)


def _cell(row: pd.Series[Any], columns: Sequence[str]) -> Cell:
    if tuple(columns) == ("place",):
        return Place(str(row["place"]))
    book = evidence.load()
    texts = []
    link = ""
    for column in columns:
        text = str(row[f"{column}_printed"] if f"{column}_printed" in row else row[column])
        if not text:
            continue
        if column in _KEYS:
            keys = evidence.split(text)
            link = keys[0]
            text = ", ".join(book.sources[key].short for key in keys)
        elif f"{column}_printed" in row:
            text = wording.printed(text)
        elif column in _ARMS:
            text = book.arm(text)
        elif column in _CODES:
            text = text.replace("_", " ")
        texts.append(text)
    joined = "; ".join(texts)
    return linked(joined, link) if link else Cell(joined)


def _issue(source: evidence.Source) -> str:
    number = f"({source.number})" if source.number else ""
    pages = f":{source.pages}" if source.pages else ""
    return f"{source.year};{source.volume}{number}{pages}".strip(";") if source.year else f"{source.volume}{number}"
