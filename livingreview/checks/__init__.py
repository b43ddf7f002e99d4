"""The rules that the data package must keep, and every fault in it at once.

Reading never stops at a fault: everything readable is read, and every rule looks at that. A rule is one small
function that yields faults, and `RULES` lists them all. Of several faults in one cell only the first is reported,
since one slip (a space, a comma) breaks several rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from livingreview.checks import (
    bibliography,
    contradicted,
    dictionary,
    judgments,
    ledger,
    linked,
    links,
    plausibility,
    readings,
    references,
    rows,
    schema,
    tables,
    text,
)
from livingreview.checks.order import out_of_order, sort
from livingreview.checks.package import Fault, Package
from livingreview.checks.reading import read_package
from livingreview.checks.report import annotation, main_text
from livingreview.checks.rules import Rule, run
from livingreview.checks.text import fits
from livingreview.evidence import DATA

__all__ = ["RULES", "Fault", "annotation", "broken", "check", "fits", "main_text", "sort"]

#: Columns whose faults do not affect the numbers of their row.
BESIDE = ("note", "locator", "source_key", "source_keys", "tier", "extraction")


def check(data: Path = DATA) -> list[Fault]:
    """Find every fault of the data package, without changing it; bad input does not stop the check.

    Parameters
    ----------
    data : Path
        Folder that holds ``datapackage.json``, the CSV files and ``references.bib``.

    Returns
    -------
    list of Fault
        Sorted by file, row and column.
    """
    package = read_package(data)
    if saved := sorted(text.saved_by_spreadsheet(package)):
        return saved  # everything else that it broke is mended with it
    breaks = _breaks(package)
    package.doubtful.update((fault.file, fault.row) for fault in breaks if fault.column not in BESIDE)
    faults = _first_faults(package, OF_NUMBERS, breaks)
    return sorted(_first_faults(package, [tables.verdicts_follow], faults))


def broken(data: Path = DATA) -> list[Fault]:
    """Find the faults that prevent computing with the data; numbers that disagree do not.

    Returns
    -------
    list of Fault
        Sorted by file, row and column.
    """
    return sorted(_breaks(read_package(data)))


def _breaks(package: Package) -> set[Fault]:
    """Find all faults except numbers that disagree."""
    faults = _first_faults(package, [rule for rule in RULES if rule not in OF_NUMBERS])
    return faults.union(out_of_order(package, faults))


def _first_faults(package: Package, rules: Iterable[Rule], before: Iterable[Fault] = ()) -> set[Fault]:
    """Run rules; of several faults in one cell report only the first."""
    faults = {*package.reading_faults, *before}
    places = {(fault.file, fault.row, fault.column) for fault in faults}
    for rule in rules:
        for fault in run(rule, package):
            cell, line = (fault.file, fault.row, fault.column), (fault.file, fault.row, "")
            if fault.row == 0 or not places & {cell, line}:
                faults.add(fault)
                places.add(cell)
    return faults


#: Every rule, in the order in which they are applied to a cell.
RULES: tuple[Rule, ...] = (
    text.files_described,
    schema.columns_described,
    schema.listings_whole,
    schema.dictionary_valid,
    dictionary.rules_pinned,
    text.saved_by_spreadsheet,
    text.byte_order_mark,
    text.line_ends,
    text.plain_lines,
    text.plain_dictionary,
    text.plain_cells,
    text.plain_ids,
    text.plain_numbers,
    links.ids_in_words,
    schema.table_schema,
    links.keys_once,
    links.foreign_keys,
    references.references_begin,
    references.references_once,
    references.reference_forms,
    references.names_in_order,
    tables.references_read,
    tables.sources_used,
    bibliography.no_space_at_ends,
    bibliography.article_whole,
    bibliography.issue_and_pages,
    bibliography.read_in_words,
    bibliography.year_of_key,
    bibliography.doi_of_paper,
    bibliography.doi_of_publisher,
    bibliography.pmid_in_order,
    references.plain_letters,
    references.references_differ,
    references.text_between_references,
    links.ids_once,
    links.sources_known,
    links.tier_of_source,
    bibliography.tier_read,
    tables.one_spelling,
    rows.located,
    links.checked_against_known,
    links.outcomes_reported,
    rows.p_with_operator,
    plausibility.p_below_what,
    rows.limits_together,
    rows.limits_typed,
    rows.level_of_interval,
    plausibility.level_in_use,
    plausibility.one_level,
    rows.interval_of_estimate,
    tables.estimate_enclosed,
    rows.within_measure,
    rows.unit_of_measure,
    plausibility.unit_fits,
    plausibility.one_unit,
    plausibility.one_scale,
    plausibility.threshold_on_scale,
    plausibility.scale_is_instrument,
    plausibility.as_its_id_says,
    plausibility.role_of_its_id,
    plausibility.arms_there,
    plausibility.time_in_study,
    plausibility.arms_of_one_time,
    plausibility.codes_of_words,
    plausibility.age_in_words,
    contradicted.type_in_words,
    contradicted.unit_in_words,
    contradicted.instrument_of_outcome,
    contradicted.labels_of_arms,
    contradicted.sites_in_words,
    contradicted.sites_fit,
    contradicted.places_named,
    contradicted.arms_of_one_measure,
    contradicted.p_round_after_sign,
    contradicted.bound_in_words,
    contradicted.change_for_the_better,
    contradicted.standardised_once,
    contradicted.one_ratio,
    contradicted.percentages_in_words,
    contradicted.threshold_in_words,
    contradicted.share_of_all,
    plausibility.window_as_printed,
    plausibility.people_per_study,
    plausibility.steady_in_time,
    rows.contrast_of_arms,
    rows.p_of_contrast,
    rows.direction_in_words,
    rows.bound_with_estimate,
    rows.number_reported,
    rows.denominator,
    rows.size_with_basis,
    rows.none_located,
    tables.within_randomised,
    tables.sums_of_arms,
    tables.one_basis,
    tables.arms_add_up,
    tables.groups_fit,
    rows.flow,
    tables.agreement,
    tables.explanations_fit,
    tables.relations_fit,
    rows.within_scale,
    tables.as_instrument,
    tables.instrument_named,
    tables.one_direction,
    contradicted.direction_of_outcome,
    contradicted.worse_in_words,
    rows.ends_in_order,
    tables.registered_once,
    tables.reported_once,
    plausibility.windows_once,
    rows.dates_exist,
    rows.enrolment_in_order,
    rows.assessed_within_followup,
    contradicted.lengths_of_study,
    rows.months_as_printed,
    rows.one_time,
    rows.months_listed,
    rows.notice_found,
    tables.verdicts_read,
    tables.review_facts,
    linked.review_read,
    linked.outcome_of_rows,
    linked.outcomes_linked,
    linked.outcome_in_words,
    linked.claims_of_rows,
    linked.claims_of_others,
    linked.numbers_claimed,
    linked.echoes_end,
    linked.registered,
    linked.registration_of_record,
    linked.as_discrepancies,
    linked.discrepancies_differ,
    linked.enrolment_of_record,
    linked.published_with_source,
    linked.registry_values,
    linked.registry_dates_in_order,
    linked.dates_not_ahead,
    linked.checklist_once,
    linked.checklist_met,
    tables.searches_in_order,
    tables.registry_facts_once,
    rows.checklists_reported,
    ledger.runs_told,
    ledger.records_numbered,
    ledger.duplicates_of_first,
    ledger.screenings_in_turn,
    ledger.searches_certified,
    judgments.judgments_worded,
    judgments.judgments_whole,
    judgments.judgments_apart,
    readings.values_compared,
    readings.values_settled,
    readings.values_of_readings,
    readings.extraction_read,
)
#: Rules on whether numbers agree. Evidence that breaks them can still be computed with.
OF_NUMBERS = (tables.agreement, tables.explanations_fit, readings.extraction_read)
