"""Runs the checks on the evidence, and gives each row its verdict."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

from livingreview.checks.consistency import cases, people
from livingreview.checks.consistency.records import COUNTED, MAIN, Records, Row, records
from livingreview.checks.consistency.register import register
from livingreview.evidence import Evidence

#: Kinds of explanation. The last explains nothing: it says that the finding was examined, and what would settle it.
KINDS = ("design or model", "rounding", "printed slip (probable)", "different scales", "not resolved")
VERDICTS = ("consistent", "inconsistent", "explained", "nothing to check against")
#: The tables whose rows have a verdict.
COVERED = ("results", "baseline")


@dataclass(frozen=True)
class Explanation:
    """What the data say about an inconsistency."""

    id: str
    kind: str
    text: str
    settled_by: str


@dataclass(frozen=True)
class ConsistencyFinding:
    """One check on one set of rows.

    Parameters
    ----------
    check : str
        Name of the check.
    rows : tuple of str
        Ids of the rows compared, of any table.
    verdict : str
        consistent, explained or inconsistent. An inconsistency recorded as not resolved remains one.
    detail : str
        What was compared, with the numbers, in one sentence.
    off : str
        How far off it is beyond rounding; blank if consistent.
    column : str
        Column of the first row that holds the number in question.
    rank : int
        What it could change: 1 a primary outcome, 2 another outcome, 3 a characteristic, a cost or a size.
    explanation : Explanation or None
        What the data say about it.
    counts : bool
        Whether the reported number itself was tested.
    """

    check: str
    rows: tuple[str, ...]
    verdict: str
    detail: str
    off: str
    column: str
    rank: int
    explanation: Explanation | None
    counts: bool


def _recorded(book: Evidence | Records) -> Records:
    return book if isinstance(book, Records) else records(book)


def findings(book: Evidence | Records) -> list[ConsistencyFinding]:
    """Run every check wherever the evidence allows it.

    Returns
    -------
    list of ConsistencyFinding
        Inconsistencies first, then explained ones, then agreement; within each by rank.
    """
    rows = _recorded(book)
    explained = {_about(row["check"], row["row_ids"], row["found"]): row for row in rows.rows("explanations")}
    results = []
    for spec in register():
        for names, call in spec.find(rows):
            try:
                check = call()
            except (ValueError, ArithmeticError):
                continue  # a rule of the data reports impossible numbers, such as a ratio below zero
            row = None if check.agrees else explained.get(_about(spec.name, "; ".join(names), check.detail))
            why = Explanation(row.id, *(row[c] for c in ("kind", "explanation", "settled_by"))) if row else None
            resolved = why is not None and why.kind != KINDS[-1]
            verdict = "consistent" if check.agrees else "explained" if resolved else "inconsistent"
            first = rows.find(names[0])
            column = _column(spec.column, first)
            rank = _rank(rows, first) if first else 3
            outcome = (check.detail, check.off)
            results.append(ConsistencyFinding(spec.name, names, verdict, *outcome, column, rank, why, spec.counts))
    order = ("inconsistent", "explained", "consistent")
    return sorted(results, key=lambda result: (order.index(result.verdict), result.rank))


def _column(column: str, row: Row | None) -> str:
    """The column that a check is about."""
    table = row.table if row else ""
    return COUNTED.get(table, ("", "n"))[1] if column == "people" else column or MAIN.get(table, "")


def _about(check: str, row_ids: str, sentence: str) -> tuple[str, ...]:
    """Identify a finding by check, rows and numbers; the words of its sentence may change."""
    return check, row_ids, *re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", sentence)


def _rank(book: Records, row: Row) -> int:
    """What a row could change: 1 a primary outcome, 2 another outcome, 3 a characteristic, a cost or a size."""
    if row.table == "pooled":
        return 2
    if row.table != "results" or row["unit"].startswith("USD") or row["months"] == "0":
        return 3
    study = book.study(row)
    primary = study["primary_outcomes"].casefold() if study and row["population"] == "all" else ""
    is_primary = any(name and name.casefold() in primary for name in (row["outcome"], row["instrument"]))
    at = re.search(r"at (\d+) months", primary)
    timely = at is None or row["months"] in ("", at[1])
    return 1 if (is_primary and timely) or "primary outcome" in row["note"] else 2


def unexplained(book: Evidence | Records) -> list[ConsistencyFinding]:
    """List the inconsistencies that the data do not explain."""
    return [finding for finding in findings(book) if finding.verdict == "inconsistent" and finding.explanation is None]


def unneeded(book: Evidence | Records) -> list[str]:
    """List the explanations that match no finding: their rows now agree, or have other numbers.

    Returns
    -------
    list of str
        Ids of the explanations.
    """
    rows = _recorded(book)
    off = [finding for finding in findings(rows) if finding.off]
    described = {_about(finding.check, "; ".join(finding.rows), finding.detail) for finding in off}
    return [r.id for r in rows.rows("explanations") if _about(r["check"], r["row_ids"], r["found"]) not in described]


def unrelated(book: Evidence | Records) -> list[tuple[str, str, str]]:
    """List invalid references in relations: the id of the relation, the column, and the reference."""
    return cases.unrelated(_recorded(book))


def coverage(book: Evidence | Records) -> pd.DataFrame:
    """Give each row of the results and of the baseline characteristics its verdict.

    Returns
    -------
    pandas.DataFrame
        By id of the row: ``table``, ``verdict`` (consistent, inconsistent, explained, nothing to check against) and
        ``reason``: the checks that it passed, what is wrong and why, or why nothing could be checked.
    """
    rows = _recorded(book)
    by_row: dict[str, list[ConsistencyFinding]] = defaultdict(list)
    for finding in findings(rows):
        for row_id in finding.rows:
            by_row[row_id].append(finding)
    lines = {row.id: (row.table, *_verdict(rows, row, by_row[row.id])) for row in rows.rows(*COVERED)}
    return pd.DataFrame.from_dict(lines, orient="index", columns=["table", "verdict", "reason"])


def _verdict(book: Records, row: Row, tested: list[ConsistencyFinding]) -> tuple[str, str]:
    """The verdict on a row: its worst finding, then whether its own number was tested."""
    for verdict in ("inconsistent", "explained"):
        worst = [finding for finding in tested if finding.verdict == verdict]
        if worst:
            texts = (f"{f.check}: {f.detail} {f.explanation.text if f.explanation else ''}" for f in worst)
            return verdict, " ".join(" ".join(texts).split())
    passed = [finding.check for finding in tested if finding.counts]
    if passed:
        return "consistent", "; ".join(dict.fromkeys(passed))
    return "nothing to check against", _nothing(book, row)


#: Why nothing could be checked about numbers of certain measures.
_ALONE = {
    "p_value": "a P value without an estimate, an interval or percentages of both arms",
    "sd": "a standard deviation without the interval of a contrast",
    "se": "a standard error without the interval of a contrast",
    "range": "a range",
    "one_sided": "an interval with one end, and no P value",
}


def _nothing(book: Records, row: Row) -> str:
    """Why nothing could be checked about a row."""
    alone = _ALONE.get(row["measure"]) or _ALONE.get(row["ci_type"])
    if alone:
        return alone
    if not row.main:
        return "printed in words only"
    if row["measure"] == "percent":
        return _nothing_for_percent(book, row)
    if row.number("p_value"):
        return "an estimate with a P value, but without an interval or standard deviations"
    return "a single number without an interval, count or second source"


def _nothing_for_percent(book: Records, row: Row) -> str:
    """Why nothing could be checked about a percentage, and which counts of everyone would give it."""
    if row.people and row["denominator_basis"] in cases.STATED:
        return f"of {row.people} people every percentage with so few digits can be reached"
    text = "a percentage without a count or a stated denominator"
    n, _ = book.size(row["study_id"], row["population"], row["arm"])
    if n and cases.informative(row.main, n):
        fits = people.percent_reachable(row.main, int(n)).agrees
        text += f"; of the {n} people in all, {'a' if fits else 'no'} whole number gives it"
    return text
