"""What the data package must keep, and every fault in it at once.

Reading never stops at a fault: what can be read is read, and every rule looks at that. A rule is one small
function that yields faults, and `RULES` lists them all. Of several faults in one cell the first rule's is told,
since one slip (a space, a comma) breaks several rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from livingreview.checks import links, references, rows, schema, tables, text
from livingreview.checks.order import out_of_order, sort
from livingreview.checks.package import Fault, Package
from livingreview.checks.reading import read_package
from livingreview.checks.report import annotation, main_text
from livingreview.checks.rules import Rule, run
from livingreview.checks.text import fits
from livingreview.evidence import DATA

__all__ = ["RULES", "Fault", "annotation", "broken", "check", "fits", "main_text", "sort"]

#: Columns whose faults leave the numbers of their row as they are.
BESIDE = ("note", "locator", "source_key", "source_keys", "tier", "extraction")


def check(data: Path = DATA) -> list[Fault]:
    """Find every fault of the data package. It changes nothing, and bad input does not stop it.

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
    breaks = _breaks(package)
    package.doubtful.update((fault.file, fault.row) for fault in breaks if fault.column not in BESIDE)
    faults = _told(package, OF_NUMBERS, breaks)
    return sorted(_told(package, [tables.verdicts_follow], faults))


def broken(data: Path = DATA) -> list[Fault]:
    """Find the faults that keep the data from being computed with; numbers that disagree are none of them.

    Parameters
    ----------
    data : Path
        Folder of the data package.

    Returns
    -------
    list of Fault
        Sorted by file, row and column.
    """
    return sorted(_breaks(read_package(data)))


def _breaks(package: Package) -> set[Fault]:
    """Find all faults but numbers that disagree."""
    faults = _told(package, [rule for rule in RULES if rule not in OF_NUMBERS])
    return faults.union(out_of_order(package, faults))


def _told(package: Package, rules: Iterable[Rule], before: Iterable[Fault] = ()) -> set[Fault]:
    """Run rules; of several faults in one cell the first rule's is told."""
    faults = {*package.found, *before}
    told = {(fault.file, fault.row, fault.column) for fault in faults}
    for rule in rules:
        for fault in run(rule, package):
            cell, line = (fault.file, fault.row, fault.column), (fault.file, fault.row, "")
            if fault.row == 0 or not told & {cell, line}:
                faults.add(fault)
                told.add(cell)
    return faults


#: Every rule, in the order in which they may speak about a cell.
RULES: tuple[Rule, ...] = (
    text.files_described,
    schema.columns_described,
    schema.dictionary_valid,
    text.byte_order_mark,
    text.line_ends,
    text.plain_lines,
    text.plain_cells,
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
    references.plain_letters,
    references.references_differ,
    references.text_between_references,
    links.ids_once,
    links.sources_known,
    links.tier_of_source,
    tables.one_spelling,
    rows.located,
    links.checked_against_known,
    rows.judgements_supported,
    links.outcomes_reported,
    rows.p_with_operator,
    rows.limits_together,
    rows.limits_typed,
    rows.level_of_interval,
    rows.estimate_enclosed,
    rows.within_measure,
    rows.unit_of_measure,
    rows.contrast_of_arms,
    rows.number_reported,
    rows.denominator,
    rows.size_with_basis,
    tables.within_randomised,
    tables.arms_add_up,
    rows.flow,
    tables.agreement,
    tables.explanations_fit,
    tables.relations_fit,
    rows.within_scale,
    tables.as_instrument,
    tables.one_direction,
    rows.ends_in_order,
    tables.registered_once,
    tables.reported_once,
    rows.dates_exist,
    rows.enrolment_in_order,
    rows.assessed_within_followup,
    rows.months_as_printed,
    rows.months_listed,
    rows.notice_found,
    tables.review_facts,
    tables.searches_in_order,
    tables.registry_told_once,
    rows.checklists_told,
)
#: Rules about what the numbers say to each other. Evidence that breaks them can be computed with.
OF_NUMBERS = (tables.agreement, tables.explanations_fit)
