"""What a rule is, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps

from livingreview.checks.package import DICTIONARY, Fault, Package, Row, shown

Rule = Callable[[Package], Iterator[Fault]]
#: What a rule on a row yields: column, requirement, remedy, and what was found if that is not the cell.
Wrong = tuple[str, ...]


def run(rule: Rule, package: Package) -> Iterator[Fault]:
    """Run a rule; an exception in it becomes a fault like any other, and hides no other fault."""
    try:
        yield from rule(package)
    except KeyError as error:
        requirement = f"describe the column {shown(error.args[0])}, which the rule {rule.__name__} reads"
        remedy = "Restore the column, or change the rule with it."
        yield Fault(f"data/{DICTIONARY}", 0, "", requirement, "no such column", remedy)
    except Exception as error:
        remedy = "All other rules ran. Report this line: the rule must be mended, whatever the data hold."
        yield Fault("livingreview/checks", 0, rule.__name__, "run to its end", f"a {type(error).__name__}", remedy)


def each(*columns: str, tables: Iterable[str] = ()) -> Callable[[Callable[[Row], Iterator[Wrong]]], Rule]:
    """Turn a rule on one row into a rule on every row of the tables that have the columns it needs.

    Parameters
    ----------
    *columns : str
        Columns that the rule reads.
    tables : iterable of str
        Tables it is for; all by default.

    Returns
    -------
    callable
        Decorator.
    """

    def decorate(rule: Callable[[Row], Iterator[Wrong]]) -> Rule:
        @wraps(rule)
        def on_rows(package: Package) -> Iterator[Fault]:
            described = [{f["name"] for f in resource["schema"]["fields"]} for resource in package.resources]
            missing = min((sorted(set(columns) - names) for names in described), key=len, default=[])
            if missing and not package.reading_faults:
                raise KeyError(missing[0])  # otherwise a rule would go silent once its column is gone
            for table in package.tables.values():
                if (not tables or table.name in tables) and set(columns) <= set(table.columns):
                    for row in table.rows:
                        yield from (row.fault(*wrong) for wrong in rule(row))

        return on_rows

    return decorate
