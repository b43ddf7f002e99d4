"""Say which pages show what was added, and why others do not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from livingreview.checks.eligibility import eligibility, reasons_apart
from livingreview.checks.package import near
from livingreview.evidence import Evidence
from livingreview.evidence.topic import section


def report(ids: Mapping[str, Collection[str]], changed: Collection[str], book: Evidence) -> list[str]:
    """Say where new rows are shown, and what keeps them off other pages.

    Parameters
    ----------
    ids : mapping of str to collection of str
        Ids of the new rows by their table.
    changed : collection of str
        Chapters whose outputs changed when they were run again.
    book : Evidence
        The data with the new rows.
    """
    rows = [row for name, row_ids in ids.items() if name in book.pages for row in row_ids]
    listed = sorted({book.page(row) for row in rows})
    counted = sorted({*changed} - {*listed})
    lines = [f"Listed on: {', '.join(listed) or 'no page'}."]
    lines += [f"Also changed: {', '.join(counted)}."] if counted else []
    lines += list(_of_study(ids.get("studies", ()), book))
    lines += list(_of_outcomes(ids, book))
    return [*lines, "Every other page names its trials one by one, or shows other outcomes: write a sentence there."]


def _of_study(studies: Collection[str], book: Evidence) -> Iterator[str]:
    """Why a study is shown apart from others, or with a flag."""
    for name in studies:
        study = {str(column): str(cell) for column, cell in book.studies.loc[name].items()}
        arms = [row for row in book.rows("arms") if row["study_id"] == name]
        if eligibility(study, arms) == "adjacent":
            yield f"{study['acronym']} is shown apart from other trials: {'; '.join(reasons_apart(study, arms))}."
        elif eligibility(study, arms) == "unknown":
            parts = [
                part for part in section("team") if not any(arm[part] for arm in arms if arm["role"] == "intervention")
            ]
            what = " or ".join(parts) or "every part of the team"
            yield f"{study['acronym']} is flagged where trials are compared: no arm says {what.replace('_', ' ')}."


def _of_outcomes(ids: Mapping[str, Collection[str]], book: Evidence) -> Iterator[str]:
    """Why results are in no table that compares trials."""
    results = book.results.loc[list(ids.get("results", ()))]
    for (study, outcome), _ in results.groupby(["study_id", "outcome"]):
        of = book.outcomes[(book.outcomes["study_id"] == study) & (book.outcomes["outcome"] == outcome)]
        others = set(book.outcomes.loc[book.outcomes["study_id"] != study, "outcome"])
        if of.empty:
            yield f"'{outcome}' is in no table that compares trials: data/outcomes.csv has no row for it. Add one."
        elif outcome not in others:
            hint = near(str(outcome), others) or "That is right where it measured something else. "
            yield f"'{outcome}' is compared with no other trial: none has an outcome of that name. {hint}".rstrip()
        elif not any(of["intervention_id"]):
            yield f"For '{outcome}' no difference is calculated: data/outcomes.csv names no result of each arm."
