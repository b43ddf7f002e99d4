"""What the notices on sources change: the published numbers with and without what was retracted.

Which numbers and conclusions rest on a source is traced through their rows. What they would be without it is computed
by running the code of the chapters on the evidence without its rows. Whatever then fails cannot be computed without
them, and anything computed from it fails too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from livingreview.evidence import MARKS, Evidence
from livingreview.notebooks.concluding import attempted, matched
from livingreview.notebooks.files import VERSIONS_PAGE, chapters, read, source
from livingreview.notebooks.outputs import Number, of_output
from livingreview.notebooks.running import Statement, statements
from livingreview.publish.overturned import PAGE
from livingreview.publish.session import FAILS, HOLDS, Concluded
from livingreview.statistics import wording

#: Chapters that show what is computed here or searched for elsewhere, or what was published earlier.
OWN = ("notices", VERSIONS_PAGE, PAGE)

ALONE = "none: it rests on this alone"
NOT_COMPUTED = "none: it cannot be computed without it"
KEPT = "kept: the source is not retracted"


@dataclass
class Computed:
    """What the chapters publish and conclude on some evidence.

    Attributes
    ----------
    numbers : dict of (str, str) to Number
        By chapter and key.
    concluded : dict of (str, int) to list of Concluded
        By chapter and number of the statement.
    """

    numbers: dict[tuple[str, str], Number] = field(default_factory=dict)
    concluded: dict[tuple[str, int], list[Concluded]] = field(default_factory=dict)

    @property
    def conclusions(self) -> dict[tuple[str, str], Concluded]:
        """Conclusions by chapter and sentence."""
        every = ((chapter, one) for (chapter, _), of in self.concluded.items() for one in of)
        return {(chapter, one.text): one for chapter, one in every if one.state in (HOLDS, FAILS)}


@dataclass(frozen=True)
class NoticeEffect:
    """What a notice does to a published number or to a conclusion.

    Attributes
    ----------
    chapter, name : str
        Its chapter, and its key or its sentence.
    rows : tuple of str
        Rows of the evidence that it rests on.
    sources : tuple of str
        Keys of the sources with a notice that it rests on; none if it only counts their rows.
    before, without : str
        Its text with and without what was retracted, or words for what has no text.
    """

    chapter: str
    name: str
    rows: tuple[str, ...]
    sources: tuple[str, ...]
    before: str
    without: str


def code(book: Evidence) -> dict[str, list[Statement]]:
    """Statements of the chapters that publish numbers."""
    return {
        path.stem: statements(source(cell) for cell in read(path)["cells"] if cell["cell_type"] == "code")
        for path in chapters(book.data.parent)
        if path.stem not in OWN
    }


def run(book: Evidence, code: dict[str, list[Statement]]) -> Computed:
    """Run the code of chapters on some evidence, and collect what they publish and conclude.

    Parameters
    ----------
    book : Evidence
        The evidence to compute from.
    code : dict of str to list of Statement
        By chapter.

    Returns
    -------
    Computed
        Without anything that failed, or was computed from it.
    """
    computed = Computed()
    for chapter, of_chapter in code.items():
        for number, (shown, concluded) in enumerate(attempted(book, of_chapter)):
            computed.concluded[chapter, number] = concluded
            for output in shown:
                for stored in of_output(chapter, output):
                    if isinstance(stored, Number):
                        computed.numbers[chapter, stored.key] = stored
    return computed


def effects(book: Evidence) -> tuple[list[NoticeEffect], list[NoticeEffect]]:
    """Find what the notices on the sources of the review change: published numbers, and conclusions."""
    if book.notices.empty:
        return [], []
    of_chapters = code(book)
    current = run(book, of_chapters)
    # only a retraction takes rows out; every other notice leaves what is published as it is
    reduced = run(book.without(book.retracted), of_chapters) if book.retracted else current
    return compared(book, current, reduced)


def compared(book: Evidence, current: Computed, reduced: Computed) -> tuple[list[NoticeEffect], list[NoticeEffect]]:
    """Find what the notices on sources change.

    Parameters
    ----------
    book : Evidence
        The evidence with its notices.
    current, reduced : Computed
        What chapters publish with that evidence, and without what was retracted.

    Returns
    -------
    tuple of two lists of NoticeEffect
        Published numbers, and conclusions. A number that rests on no source with a notice is listed too if it
        changes without what was retracted, for example a count of rows.
    """
    remainder, numbers = book.without(book.retracted), []
    for place, number in current.numbers.items():
        noticed = book.marked(number.rows)
        remaining = reduced.numbers[place].text if place in reduced.numbers else ""
        if noticed or (remaining and remaining != number.text):
            without = _without(book, remainder, number.rows, remaining or NOT_COMPUTED)
            numbers.append(NoticeEffect(*place, number.rows, tuple(noticed), number.text, without))
    numbers.sort(key=lambda effect: not effect.sources)
    remaining_states = {
        (chapter, before.text): after.state
        for (chapter, number), concluded in current.concluded.items()
        for before, after in zip(
            concluded, matched(concluded, reduced.concluded.get((chapter, number), [])), strict=True
        )
        if after
    }
    conclusions = []
    for place, conclusion in current.conclusions.items():
        noticed, state = book.marked(conclusion.rows), remaining_states.get(place)
        if noticed or state == FAILS:
            words = NOT_COMPUTED if state is None else "still holds" if state == HOLDS else FAILS
            without = _without(book, remainder, conclusion.rows, words)
            conclusions.append(NoticeEffect(*place, conclusion.rows, tuple(noticed), HOLDS, without))
    return numbers, conclusions


def said(book: Evidence) -> str:
    """How many sources have a notice, in a sentence."""
    if book.notices.empty:
        return f"No notice is recorded on any of the {len(book.sources)} sources of this review."
    kinds = Counter(source.mark for source in book.sources.values() if source.mark)
    listed = "; ".join(f"{mark}: {kinds[mark]}" for mark in MARKS.values() if kinds[mark])
    return f"Sources of this review with a notice: {kinds.total()} of {len(book.sources)} ({listed})."


def asked(book: Evidence) -> str:
    """When the service for notices was last asked about every source, in a sentence."""
    rows = book.searches[book.searches["service"] == "crossref"]
    last = min(rows["last_search"], default="")
    if not last:
        day = max(book.notices["recorded"], default="")
        later = f" The notices came up after the texts were read, the last on {wording.day(day)}." if day else ""
        return f"Crossref has been asked about none of the sources yet.{later}"
    return f"Crossref was last asked about every source that has a DOI on {wording.day(last)}."


def recorded(book: Evidence) -> str:
    """What the notices are, each with its source and date, in a phrase."""
    phrases = []
    for _, row in book.notices.iterrows():
        source = book.sources[row["source_key"]]
        about = f"{row['kind'].replace('_', ' ')} of {source.name if source.authors else source.title}"
        phrases.append(f"{about} ({wording.day(row['date'])})" if row["date"] else about)
    return "; ".join(phrases)


def _without(book: Evidence, remainder: Evidence, rows: Iterable[str], computed: str) -> str:
    """Give the value without what was retracted, in words if need be."""
    row_ids = list(rows)
    noticed = set(book.marked(row_ids))
    if noticed and not noticed & book.retracted:
        return KEPT
    # a row that is itself a source goes too, although the bibliography keeps the entry
    if row_ids and not any(row in remainder and row not in book.retracted for row in row_ids):
        return ALONE
    return computed
