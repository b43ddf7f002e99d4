"""The command ``livingreview notice``: adds notices to data/notices.csv, all or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from livingreview.evidence import Evidence
from livingreview.evidence.ids import row_id
from livingreview.watch.notices import AnswerError, Notice, by_hand, merge_notices, read, recorded
from livingreview.watch.writing import TableError, write_tables


def gather(answers: Sequence[Path], words: Sequence[str], book: Evidence) -> tuple[list[Notice], list[Notice]]:
    """Read the arguments of the command: recorded answers, and a notice found by hand.

    Parameters
    ----------
    answers : sequence of Path
    words : sequence of str
        Source, kind, date and place; empty if there is no such notice.
    book : Evidence
        The evidence as it is.

    Returns
    -------
    tuple of two lists of Notice
        Merged: those of a known kind, and those that a person must read first.

    Raises
    ------
    AnswerError
        With every problem at once.
    """
    notices, faults = [], []
    for path in answers:
        try:
            notices += read(path.read_text(encoding="utf-8"), book)
        except (AnswerError, OSError, UnicodeDecodeError) as error:
            faults.append(f"{path}: {error}")
    if len(words) == 4:
        source, kind, day, place = words
        try:
            notices.append(by_hand(source, kind, day, place, book))
        except AnswerError as error:
            faults.append(str(error))
    elif words or not answers:
        faults.append("Give --answer FILE, or the four words SOURCE KIND DATE WHERE (DATE may be '').")
    if faults:
        raise AnswerError("\n".join([*faults, "Nothing was recorded."]))
    merged = merge_notices(notices)
    return [notice for notice in merged if notice.kind], [notice for notice in merged if not notice.kind]


def record(notices: Iterable[Notice], book: Evidence, today: str) -> tuple[list[str], list[str]]:
    """Add notices to data/notices.csv, all or none.

    Parameters
    ----------
    notices : iterable of Notice
        Merged, each of a known kind.
    book : Evidence
        The evidence as it is.
    today : str
        Day on which they are recorded, as YYYY-MM-DD.

    Returns
    -------
    tuple of two lists of str
        Ids of the notices that were added, and of those that were recorded before.

    Raises
    ------
    AnswerError
        If a notice does not fit the data; nothing is written then.
    """
    notices = list(notices)
    row_ids = recorded(notices, book)
    rows = book.rows("notices")
    added: list[str] = []
    for notice in (notice for notice in notices if notice not in row_ids):
        place = notice.place_or(book.sources[notice.source_key]) if notice.source_key in book.sources else notice.place
        row = {"source_key": notice.source_key, "kind": notice.kind, "date": notice.date, "where": place}
        added.append(row_id("notices", row, rows, book.short_words))
        rows.append({"notice_id": added[-1], **row, "recorded": today, "compared": "", "note": ""})
    try:
        write_tables(book, {"notices": rows})
    except TableError as error:
        raise AnswerError(str(error)) from error
    return added, list(row_ids.values())
