"""What a rule is, and how one is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps

from livingreview.checks.package import DICTIONARY, Fault, Package, Row, shown

Rule = Callable[[Package], Iterator[Fault]]
#: What a rule on a row says: column, what must be, remedy, and what was found where that is not the cell.
Wrong = tuple[str, ...]


def run(rule: Rule, package: Package) -> Iterator[Fault]:
    """Run a rule; one that breaks is a fault like any other, and hides none of the others."""
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
    """Make a rule on a row a rule on every row of the tables that have the columns it needs.

    Parameters
    ----------
    *columns : str
        Columns that the rule reads.
    tables : iterable of str
        Tables it is for; all where there are none.

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
            if missing and not package.found:
                raise KeyError(missing[0])  # else a rule would fall silent with the column that it reads
            for table in package.tables.values():
                if (not tables or table.name in tables) and set(columns) <= set(table.columns):
                    for row in table.rows:
                        yield from (row.fault(*wrong) for wrong in rule(row))

        return on_rows

    return decorate
