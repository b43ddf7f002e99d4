"""The counts of the bound numerals, put into the pages that have a place for them."""

from __future__ import annotations

from pathlib import Path

from livingreview.audit.numerals import COUNTS, TABLES, Bindings
from livingreview.publish import numbers
from livingreview.repository import replace_file


def markup(report: Bindings) -> str:
    """Write the counts as the verdict and its tables, in the element that is the place for them."""
    counted = report.as_dict()
    tables = [
        numbers.table(f"Numerals by {title}", (column, "Numerals"), ((k, f"{n:,}") for k, n in counted[by].items()))
        for by, title, column in TABLES
    ]
    verdict = f"<p>{report.texts()[0]}</p>"
    return COUNTS.replace("><", f">{verdict}{''.join(table._repr_html_() for table in tables)}<")


def fill(site: Path, report: Bindings) -> None:
    """Put the counts into the pages that have a place for them, whole or not at all.

    Parameters
    ----------
    site : Path
        Folder of the built pages.
    report : Bindings
        What `livingreview.audit.numerals.bind` found there.
    """
    for path in (site / name for name in report.counts):
        text = path.read_text(encoding="utf-8")
        if COUNTS in text:
            replace_file(path, text.replace(COUNTS, markup(report)).encode())
