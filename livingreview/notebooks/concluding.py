"""What statements of chapters conclude on some evidence, and what becomes of it on other evidence.

It is the one engine for whatever changes the evidence: a retraction, a row that is taken out, a single digit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from livingreview.evidence import Evidence
from livingreview.notebooks.running import Execution, Statement
from livingreview.publish.session import Concluded


def attempted(
    book: Evidence, statements: Iterable[Statement], *, tracing: bool = True
) -> Iterator[tuple[list[Any], list[Concluded]]]:
    """Run statements of a chapter as far as they can be run; give what each of them shows, and what it concludes."""
    execution = Execution(book, asserting=False, tracing=tracing)
    concluded = execution.session.concluded
    for statement in statements:
        before = len(concluded)
        yield execution.attempt(statement), concluded[before:]


def matched(before: Sequence[Concluded], after: Sequence[Concluded]) -> list[Concluded | None]:
    """Find what has become of each conclusion of a statement on other evidence.

    Parameters
    ----------
    before, after : sequence of Concluded
        What one statement concluded on the evidence as it is, and on the other.

    Returns
    -------
    list of Concluded or None
        As many as before. A sentence may have its numbers in it: where it is not said any more, its place counts if
        there are as many conclusions as before. None for one that can no longer be computed.
    """
    seen: Counter[str] = Counter()
    places: dict[tuple[str, int], Concluded] = {}
    for conclusion in after:
        places[conclusion.text, seen[conclusion.text]] = conclusion
        seen[conclusion.text] += 1
    as_many, seen = len(before) == len(after), Counter()
    matches: list[Concluded | None] = []
    for place, conclusion in enumerate(before):
        same = places.get((conclusion.text, seen[conclusion.text]))
        matches.append(same or (after[place] if as_many else None))
        seen[conclusion.text] += 1
    return matches
