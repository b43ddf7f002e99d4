"""The id of a row: words made from its cells.

An id says what its row is about: the study, then what was measured, when, and in which arm, such as
``trial-response-12m-cc``. `row_id` makes it from the columns of `FORMS`; if another row has that name, words from
the first column of `APART` in which the two differ are added. An id is kept when its row is corrected.

Ids that changed all the same are listed in ``history/ids.csv``, old beside new, so that a version with the old ones
can be compared with one that has the new.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping

Row = Mapping[str, str]

#: The columns whose words make the id of a table, in their order; ``=word`` means the word itself.
FORMS: dict[str, tuple[str, ...]] = {
    "arms": ("study_id", "role"),
    "sets": ("study_id", "=people", "population", "arm"),
    "results": ("study_id", "outcome", "months", "arm", "population"),
    "outcomes": ("study_id", "=outcome", "outcome"),
    "milestones": ("study_id", "event"),
    "baseline": ("study_id", "=baseline", "characteristic", "arm", "population"),
    "components": ("=model", "component", "detail"),
    "pooled": ("=pooled", "source_key", "outcome", "window"),
    "certainty": ("=certainty", "source_key", "outcome_or_question"),
    "claims": ("study_id", "=claim", "claim"),
    "discrepancies": ("study_id", "quantity", "=per", "stage"),
    "instruments": ("=scale", "instrument", "threshold_kind"),
    "explanations": ("=why", "row_ids"),
    "relations": ("check", "whole"),
    "risk_of_bias": ("study_id", "=bias", "outcome", "domain"),
    "notices": ("=notice", "source_key", "kind"),
    "causes": ("=cause", "what"),
    "searches": ("=search", "source"),
    "living": ("=living", "step"),
    "registry": ("nct", "field"),
    "checklists": ("guideline", "item"),
}
#: The columns that distinguish rows of one name; the first that differs is added to the id.
APART: dict[str, tuple[str, ...]] = {
    "arms": ("label", "source_key"),
    "sets": ("n_basis", "source_key", "locator"),
    "results": ("measure", "definition", "instrument", "time_as_printed", "source_key", "outcome", "locator"),
    "outcomes": ("instrument", "contrast_id", "source_key", "outcome"),
    "milestones": ("source_key", "date"),
    "baseline": ("measure", "source_key", "characteristic", "locator"),
    "components": ("detail", "applies_to", "source_key"),
    "pooled": ("measure", "population", "outcome", "model", "time_window"),
    "certainty": ("outcome_or_question", "population"),
    "claims": ("claim", "source_key", "section"),
    "discrepancies": ("stage", "source_key", "date", "locator"),
    "instruments": ("threshold_kind", "basis", "population", "threshold_unit", "source_key"),
    "explanations": ("check", "row_ids"),
    "relations": ("parts", "note"),
    "risk_of_bias": ("result_ids", "domain_name"),
    "notices": ("source_key", "where"),
    "causes": ("what", "changed", "version"),
    "searches": ("scope", "query"),
    "living": ("parameter",),
    "registry": ("as_of", "source_key"),
    "checklists": ("label",),
}
#: List of changed ids: table, old, new, and the last version with the old one.
CHANGED = "history/ids.csv"
#: Default values, which add nothing to an id.
PLAIN = {"population": "all", "arm": "both"}
#: Most words, and most letters, that a column adds to an id.
WORDS, LETTERS = 3, 24
#: A word with its hyphens; a JSON escape before it, such as that of a new line, is not part of it.
_WORD = re.compile(r"(\\[nrt])?([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*)")
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "a about after all among an and any are as at be been but by did does for from had has have in into is it its "
        "not of on or out per than that the their then there these they this those to v versus was were when which "
        "whose with",
    )
)


def row_id(table: str, row: Row, rows: Iterable[Row], short: Mapping[str, str]) -> str:
    """Make the id of a row.

    Parameters
    ----------
    table : str
        Name of its table, a key of `FORMS`.
    row : mapping of str to str
        Its cells by column.
    rows : iterable of mapping
        The other rows of the table, each with its id in its first column.
    short : mapping of str to str
        Short words by phrase; ``{column}`` means the words of another column.

    Returns
    -------
    str
        Small letters, digits and hyphens; the id of a study keeps its underscores.
    """
    taken = {next(iter(other.values())): other for other in rows}
    name = "-".join(filter(None, (_part(row, column, short) for column in FORMS[table])))
    while name in taken:
        name = f"{name}-{_difference(row, taken[name], APART[table], short)}"
    return name


def study_part(row: Row) -> str:
    """Give the beginning of an id, which is the study of its row; blank if it has none."""
    return f"{row['study_id']}-" if row.get("study_id") else ""


def changed(text: str) -> dict[str, str]:
    """Read the file `CHANGED`; give new ids by old ones."""
    return {row["old"]: row["new"] for row in csv.DictReader(text.splitlines())}


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Replace old ids with new ones wherever they are whole words in a table, a notebook or a page."""
    return _WORD.sub(lambda word: f"{word[1] or ''}{names.get(word[2], word[2])}", text)


def _part(row: Row, column: str, short: Mapping[str, str]) -> str:
    """Give the words that a column adds to an id."""
    if column.startswith("="):
        return column[1:]
    text = row[column]
    if column == "study_id" or text == PLAIN.get(column):
        return text if column == "study_id" else ""
    if column == "months":
        return _time(row, short)
    if column == "source_key":
        return text.partition("_")[0]
    if column in ("row_ids", "whole"):
        return _named(row, column)
    return "-".join(_cut(_words(row, column, short), WORDS))


def _time(row: Row, short: Mapping[str, str]) -> str:
    """Give the time of a result: whole months, or the words of the source."""
    if row["months"] == "0":
        return "baseline"
    whole = row["months"].isdigit()
    return f"{row['months']}m" if whole else "-".join(_words(row, "time_as_printed", short))


def _named(row: Row, column: str) -> str:
    """Give the id of the row that another is about; if the whole is a number, the id of its first part."""
    first = row[column].partition(";")[0]
    if first.isdigit():
        first = row["parts"].partition(";")[0]
    return first.replace(".", "-")


def _difference(row: Row, other: Row, columns: Iterable[str], short: Mapping[str, str]) -> str:
    """Give the words that only the first row has, in the first column with any; else a number."""
    for column in columns:
        words, shared = (_words(cells, column, short, whole=True) for cells in (row, other))
        distinct = [at for at, word in enumerate(words) if word not in shared]
        if distinct and all(words[at].isdigit() for at in distinct):
            # a number needs the word beside it to make sense: 24 weeks, sample 2
            first = distinct[0]
            distinct = [first, first + 1] if first + 1 < len(words) else [max(first - 1, 0), first]
        if distinct:
            return "-".join(_cut([words[at] for at in distinct], WORDS))
    return "2"


def _words(row: Row, column: str, short: Mapping[str, str], whole: bool = False) -> list[str]:
    """Give the meaningful words of a cell; those in brackets only if `whole`."""
    # letters and a number after them, as in SF-36, are one word
    text = re.sub(r"(?<=[A-Z])-(?=\d)|(?<=\d)[ ,](?=\d{3}\b)", "", row[column]).casefold().strip()
    bare = text if whole else re.sub(r"\([^)]*\)", " ", text).strip() or text
    shortened = short.get(text, short.get(bare, bare))
    if shortened.startswith("{"):
        cell = row.get(shortened.strip("{}"), "")
        return _words(row, shortened.strip("{}"), short) if cell else _plain(bare)
    for phrase in sorted(short, key=len, reverse=True):
        if not short[phrase].startswith("{"):
            shortened = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", short[phrase], shortened)
    return _plain(shortened)


def _plain(text: str) -> list[str]:
    """Divide a text into words of lower-case letters and digits, without those that carry no meaning."""
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return [word for word in re.findall(r"[a-z0-9]+", text.replace("'s", "")) if word not in _SMALL]


def _cut(words: list[str], most: int) -> list[str]:
    """Keep as many words as fit, and at least the first."""
    first = words[:1]
    for word in words[1:most]:
        if len("-".join([*first, word])) > LETTERS:
            break
        first.append(word)
    return first
