"""Add a trial, results, a source or claims: rows of several tables, their ids, their links and their cause at once.

What follows from other cells is filled in, and nothing that was given is changed: the study of every row, its source,
tier and place; of a result the unit that its measure has, and how its denominator is known; of an outcome its form and
the results that report it. What a person must say is left blank, and the check names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from livingreview.checks.package import count, near, shown
from livingreview.contribute import bibliography
from livingreview.contribute.correcting import for_whom, settle
from livingreview.contribute.edits import ContributionError, Edit
from livingreview.contribute.submissions import Given, Submission
from livingreview.evidence import measures, split

#: What can be added, each with the table that a CSV file of it is a part of, and the kind of its cause.
KINDS = {
    "trial": ("studies", "new_trial"),
    "result": ("results", "new_reading"),
    "source": ("studies", "new_source"),
    "claim": ("claims", "new_reading"),
}
#: The tables in the order in which their rows are added: what names other rows comes after them.
FIRST = ("studies", "arms", "sets", "results")
#: What was read, by the kind of the source; of a paper it depends on how much was read.
TIERS = {"registry": "registry", "guidance": "guidance", "secondary": "secondary_summary"}
LINKS = {"contrast": "contrast_id", "intervention": "intervention_id", "comparator": "comparator_id"}


@dataclass
class Added:
    """Additions in memory.

    Parameters
    ----------
    edit : Edit
        The data with them.
    ids : dict of str to list of str
        Ids of the new rows by their table; keys of new sources under ``references``.
    said : list of str
        Sentences about them.
    settled : list of str
        Ids of explanations of what does not agree.
    """

    edit: Edit
    ids: dict[str, list[str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What a message of a commit calls them: the study or the source, or else the first row."""
        rows = (row_id for row_ids in self.ids.values() for row_id in row_ids)
        return next(iter(self.ids.get("studies") or self.ids.get("references") or rows), "")


def add(kind: str, submission: Submission, edit: Edit, *, study: str = "", printed_so: bool = False) -> Added:
    """Add what was submitted, with the row of causes.csv that says why.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    submission : Submission
        What was given.
    edit : Edit
        The data, in which it is added.
    study : str
        Id of the trial that a source is about, where the submission does not name it.
    printed_so : bool
        Whether what the checks then find is recorded in explanations.csv, as printed by the source.

    Returns
    -------
    Added
        Nothing is written yet.

    Raises
    ------
    ContributionError
        If a row is missing that this kind needs, or an id is taken.
    """
    added = Added(edit, said=[f"Mended: {line}." for line in submission.mended])
    if study:
        submission.rows.setdefault("studies", [Given({"study_id": study}, "--study")])
    _whole(kind, submission)
    source = _cite(added, submission.source)
    study = _study(added, kind, submission, source)
    common = {"study_id": study, "source_key": source.get("key", ""), "locator": submission.because}
    common["section"] = submission.because  # the place of a claim
    common["tier"] = _tier(source)
    waiting = [name for name in submission.rows if name != "studies"]
    wrong: list[str] = []
    for name in sorted(waiting, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name)):
        for row in submission.rows[name]:
            try:
                cells = dict(_followed(added.edit, name, {**common, **row.cells}))
                added.ids.setdefault(name, []).append(added.edit.add(name, cells, row.place))
            except ContributionError as error:
                wrong.append(str(error))
    if wrong:
        raise ContributionError("\n".join(wrong))
    about = [row_id for name, row_ids in added.ids.items() if name != "references" for row_id in row_ids]
    added.settled, said = settle(added.edit, about, source.get("key", ""), submission.because, printed_so=printed_so)
    added.said += said
    _give_cause(added, kind, study, source.get("key", ""), submission.because)
    added.said += [f"{name}: {', '.join(row_ids)}" for name, row_ids in added.ids.items()]
    return added


def _whole(kind: str, submission: Submission) -> None:
    """Test that a submission has what its kind is about."""
    table = KINDS[kind][0]
    if kind == "source" and submission.source is None:
        raise ContributionError("A source must be given: a DOI, PMID or NCT number, or a file of RIS, BibTeX or JSON.")
    if kind != "source" and not submission.rows.get(table):
        parts = ", ".join(submission.rows) or "nothing"
        raise ContributionError(f"A {kind} must have a row of {table}, found {parts}. Add it.")
    if len(submission.rows.get("studies", ())) > 1:
        raise ContributionError("One trial must be added at a time, found several rows of studies. Divide them.")


def _cite(added: Added, source: Given | None) -> dict[str, str]:
    """Name the source that is there, or add it; give its fields."""
    if source is None:
        return {}
    edit = added.edit
    if key := bibliography.known(edit.package, source.cells):
        fields = edit.package.references.entries[key].fields
        read = {"read": edit.read[key]} if key in edit.read else {}
        return {**{name.lower(): value.strip("{}") for name, value in fields.items()}, **read, "key": key}
    if set(source.cells) == {"key"}:
        hint = near(source.cells["key"], edit.keys) or "Give its fields, or a file of RIS or BibTeX. "
        raise ContributionError(
            f"{source.place}: {shown(source.cells['key'])} is no source of the data. {hint}".rstrip()
        )
    fields = bibliography.completed(source.cells, edit.keys)
    edit.cite(fields["key"], bibliography.entry(fields), source.place)
    added.ids["references"] = [fields["key"]]
    return fields


def _study(added: Added, kind: str, submission: Submission, source: Mapping[str, str]) -> str:
    """Add the study, or find the one that is named; give its id, or nothing where the rows name their own."""
    edit, given = added.edit, next(iter(submission.rows.get("studies", ())), None)
    studies = {row["study_id"]: row for row in edit.table("studies").rows}
    if kind == "trial" and given is not None:
        acronym = given.cells.get("acronym", "")
        cells = {
            "study_id": re.sub(r"[^a-z0-9]+", "_", acronym.lower()).strip("_"),
            "source_keys": source.get("key", ""),
        }
        if published := source.get("year", "") if source.get("kind") == "primary" else "":
            cells["stage"] = f"results published {published}"
        primary = [row.cells for row in submission.rows.get("outcomes", ()) if row.cells.get("role") == "primary"]
        cells["primary_outcomes"] = "; ".join(row["outcome"] for row in primary if row.get("outcome"))
        if (clinics := given.cells.get("clinics")) and not given.cells.get("note"):
            cells["note"] = f"clinics or clusters as printed: {clinics} clinics"
        study = edit.add("studies", {**cells, **{c: text for c, text in given.cells.items() if text}}, given.place)
        added.ids["studies"] = [study]
        return study
    name = given.cells.get("study_id", "") if given else ""
    if name and name not in studies:
        where = given.place if given else ""
        hint = near(name, studies) or "Add the trial first: livingreview add trial. "
        raise ContributionError(f"{where}, study_id: {shown(name)} is no trial of the data. {hint}".rstrip())
    if name and source and source["key"] not in split(studies[name]["source_keys"]):
        edit.change(studies[name], "source_keys", "; ".join([*split(studies[name]["source_keys"]), source["key"]]))
    return name


def _tier(source: Mapping[str, str]) -> str:
    """What was read of a source, as far as its entry says it."""
    read = source.get("read", "").casefold()
    of_paper = "primary_full_text" if read.startswith("full text") else "primary_abstract" if "abstract" in read else ""
    return TIERS.get(source.get("kind", ""), of_paper)


def _followed(edit: Edit, name: str, cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Fill in what follows from other cells of a row; nothing that was given is changed."""
    columns = {"results": _of_result, "arms": _of_arm, "outcomes": _of_outcome}
    follows = columns[name](edit, cells) if name in columns else {}
    table = edit.table(name)
    yield from {**follows, **cells}.items()
    for column in table.columns:
        if column not in cells and column in ("population", "extraction") and column not in follows:
            yield column, {"population": "all", "extraction": "single"}[column]


def _of_arm(_edit: Edit, cells: Mapping[str, str]) -> dict[str, str]:
    return {"n_unit": "people", "n_basis": "randomised" if cells.get("n") else ""}


def _of_result(edit: Edit, cells: Mapping[str, str]) -> dict[str, str]:
    """What follows of a result: its unit, the type of its interval, its denominator, its direction and its scale."""
    measure = measures.MEASURES.get(cells.get("measure", ""))
    low, high = cells.get("ci_low", ""), cells.get("ci_high", "")
    follows = {"unit": measure.unit if measure and cells.get("estimate") else ""}
    if low and high:
        follows["ci_type"] = "one_sided" if "INF" in low + high else "two_sided"
    if cells.get("n"):
        follows["denominator_basis"] = "printed"
    elif cells.get("events") or cells.get("measure") == "percent":
        follows["denominator_basis"] = "not_stated"
    alike = [row for row in edit.rows("results") if row["outcome"] == cells.get("outcome")]
    better = {row["direction_of_benefit"] for row in alike if row["measure"] == cells.get("measure")} - {""}
    if len(better) == 1:
        follows["direction_of_benefit"] = better.pop()
    return follows


def _of_outcome(edit: Edit, cells: Mapping[str, str]) -> dict[str, str]:
    """What follows of an outcome: its form, and the results that report it, of all people at the first time given."""
    same = ("study_id", "outcome")
    reported = [
        row
        for row in edit.added.get("results", [])
        if all(row[c] == cells.get(c) for c in same) and row["population"] == "all" and row["months"] != "0"
    ]
    forms = {form for row in reported if (form := measures.measure(row["measure"]).form)} if reported else set()
    first = {row["arm"]: row for row in reversed(reported) if row["months"] == reported[0]["months"]}
    links = {LINKS[arm]: row["result_id"] for arm, row in first.items() if arm in LINKS}
    if not {"intervention", "comparator"} <= set(first):  # the outcome names both arms, or neither
        links = {column: row for column, row in links.items() if column == "contrast_id"}
    return {"form": forms.pop() if len(forms) == 1 else "", **links}


def _give_cause(added: Added, kind: str, study: str, source_key: str, because: str) -> None:
    """Add the row that says why the data change; a new trial or source is named once for all that came with it."""
    edit, ids = added.edit, added.ids
    rows = [row_id for name, row_ids in ids.items() if name != "references" for row_id in row_ids]
    changed = ids["studies"] if kind == "trial" else ids.get("references", rows)
    studies = {row["study_id"]: row for row in edit.rows("studies")}
    of_rows = (row["study_id"] for row in edit.added.get("results", []) if row["study_id"] in studies)
    named = study or next(of_rows, "")
    acronym = studies[named]["acronym"] if named else ""
    what = {
        "trial": f"{acronym} was added",
        "result": f"{count(len(ids.get('results', ())), 'result')} of {acronym or 'a study'}: added",
        "source": f"{source_key} was added" + (f" to the sources of {acronym}" if acronym else ""),
        "claim": f"{count(len(ids.get('claims', ())), 'claim')} of {source_key or 'a text'}: added",
    }[kind]
    cells = {
        "kind": KINDS[kind][1],
        "changed": "; ".join([*changed, *([study] if kind == "source" and study else []), *added.settled]),
        "what": f"{what} ({because.rstrip('.')})." if because else f"{what}.",
        "for_whom": for_whom(edit, KINDS[kind][0], studies.get(named, {})),
    }
    edit.add("causes", cells, "the cause")
