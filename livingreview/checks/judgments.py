"""Rules on judgments of risk of bias and of certainty: their words, what follows from them, and who may settle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from livingreview.checks.package import Fault, Package, Row
from livingreview.checks.rules import Wrong, each
from livingreview.evidence import split
from livingreview.evidence.judgments import BIAS, CERTAINTY, DOMAINS, GRADE, LEVELS, OVERALL, kind_of, rated, words_of


@each("item", "word", "judge", "why", tables=["judgments"])
def judgments_worded(row: Row) -> Iterator[Wrong]:
    """Test that an item is judged in its words, by a named person, with a reason."""
    if row["word"] not in words_of(row["item"]):
        yield "word", f"be one of {', '.join(words_of(row['item']))} for {row['item']}", "Correct the judgment."
    if 0 < len(row["why"]) < 3:
        yield "why", "say why, with what was read", "Write the reason."


def judgments_whole(package: Package) -> Iterator[Fault]:
    """Test that each person judged all items of a result, and that the overall judgment follows from the domains."""
    if not package.whole("risk_of_bias", "results", "pooled"):
        return
    needed = defaultdict[str, set[str]](set)
    for row in package.rows("risk_of_bias"):
        needed[next(iter(split(row["result_ids"])), "")].add(row["domain"])
    effects = {row[row.table.key[0]] for name in ("results", "pooled") for row in package.rows(name)}
    groups = defaultdict[tuple[str, str, bool], dict[str, Row]](dict)
    for row in package.rows("judgments"):
        of_bias = OVERALL in kind_of(row["item"])
        if (of_bias and row["row_id"] not in needed) or row["row_id"] not in effects:
            where = (
                "the first of result_ids in data/risk_of_bias.csv" if of_bias else "the id of a result or pooled effect"
            )
            yield row.fault("row_id", f"be {where}", "Correct the id.")
        elif row["role"] == "judge":
            groups[row["row_id"], row["judge"], of_bias][row["item"]] = row
    for (row_id, judge, of_bias), rows in groups.items():
        first, items = next(iter(rows.values())), {*needed[row_id], OVERALL} if of_bias else {*GRADE, CERTAINTY}
        if missing := sorted(items - {*rows}):
            remedy = f"Add the rows of {judge} on {', '.join(missing)}, or take out the others."
            yield first.fault("item", f"stand with {', '.join(missing)} of the same result and person", remedy)
        elif strange := sorted({*rows} - items):
            yield rows[strange[0]].fault("item", "be a domain of data/risk_of_bias.csv for that result", "Delete it.")
        else:
            yield from _followed(rows)


def _followed(rows: dict[str, Row]) -> Iterator[Fault]:
    """Test that what a person concludes follows from the domains."""
    words = {item: row["word"] for item, row in rows.items()}
    if any(word not in words_of(item) for item, word in words.items()):
        return  # another rule says so
    if OVERALL in words:
        worst = max((words[item] for item in DOMAINS if item in words), key=BIAS.index)
        if BIAS.index(words[OVERALL]) < BIAS.index(worst):
            remedy = "Correct it, or the domain."
            yield rows[OVERALL].fault("word", f"be no better than the worst domain, which is {worst}", remedy)
    elif words[CERTAINTY] != rated(words):
        levels = sum(LEVELS[words[item]] for item in GRADE)
        remedy = "Correct it, or a domain."
        yield rows[CERTAINTY].fault("word", f"be {rated(words)}, {levels} levels below high", remedy)


def judgments_apart(package: Package) -> Iterator[Fault]:
    """Test that who settles a conflict is a third person, and that there is one to settle."""
    votes = defaultdict[tuple[str, str], list[Row]](list)
    for row in package.rows("judgments"):
        if row["role"] == "judge":
            votes[row["row_id"], row["item"]].append(row)
    for row in package.rows("judgments"):
        own = votes[row["row_id"], row["item"]]
        if row["role"] == "adjudicator" and row["judge"].casefold() in {vote["judge"].casefold() for vote in own}:
            yield row.fault("judge", "be somebody who did not judge the item", "Name who settled it.")
        elif row["role"] == "adjudicator" and len({vote["word"] for vote in own}) < 2:
            yield row.fault("role", "be judge where judges do not disagree", "Correct the role.")
