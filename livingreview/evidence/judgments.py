"""Judgments of risk of bias (RoB 2) and of certainty (GRADE): what two people agree on, or a third one settles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from livingreview.evidence.package import Evidence

#: Domains of RoB 2, with that of cluster-randomized trials, and its words from the best to the worst.
DOMAINS = ("D1", "D1b", "D2", "D3", "D4", "D5")
BIAS = ("low", "some_concerns", "high")
OVERALL = "overall"
#: Domains of GRADE with the levels that each word takes off, and its ratings from the highest.
GRADE = ("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias")
LEVELS = {"not_serious": 0, "serious": 1, "very_serious": 2}
CERTAINTY = "certainty"
RATINGS = ("high", "moderate", "low", "very_low")

Row = Mapping[str, str]


def words_of(item: str) -> tuple[str, ...]:
    """Words that an item may be judged by."""
    if item == CERTAINTY:
        return RATINGS
    return tuple(LEVELS) if item in GRADE else BIAS


def rated(words: Mapping[str, str]) -> str:
    """The certainty that follows: randomized trials begin at high, and each domain takes its levels off."""
    return RATINGS[min(sum(LEVELS[words[item]] for item in GRADE), len(RATINGS) - 1)]


def kind_of(item: str) -> tuple[str, ...]:
    """The items that are judged together with one."""
    return (*GRADE, CERTAINTY) if item in (*GRADE, CERTAINTY) else (*DOMAINS, OVERALL)


class Judgments:
    """All judgments.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of judgments.csv.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = list(rows)
        self._votes = defaultdict[tuple[str, str], list[Row]](list)
        for row in self.rows:
            self._votes[row["row_id"], row["item"]].append(row)

    def settled(self, row_id: str, item: str) -> str:
        """What holds: the word of an adjudicator, or the one on which two people or more agree; blank otherwise."""
        votes = self._votes.get((row_id, item), [])
        if settling := [vote["word"] for vote in votes if vote["role"] == "adjudicator"]:
            return settling[0]
        words = {vote["word"] for vote in votes}
        return words.pop() if len(votes) > 1 and len(words) == 1 else ""

    def bias(self, row_id: str) -> dict[str, str]:
        """The settled domains of a result with its overall judgment; nothing while one of them is not settled."""
        items = [item for item in (*DOMAINS, OVERALL) if (row_id, item) in self._votes]
        words = {item: self.settled(row_id, item) for item in items}
        return words if words and all(words.values()) and OVERALL in words else {}

    def certainty(self, row_ids: Sequence[str]) -> str:
        """The settled certainty of a line on some rows; blank if there is none."""
        return next((word for row_id in row_ids if (word := self.settled(row_id, CERTAINTY))), "")

    def people(self, row_id: str, item: str) -> list[str]:
        """Who judged an item."""
        return [vote["judge"] for vote in self._votes.get((row_id, item), [])]

    def pairs(self, items: Sequence[str]) -> list[tuple[str, str]]:
        """The words of the first two people, in the order of their names, on each result and item that two judged."""
        pairs = []
        for (_, item), votes in self._votes.items():
            words = [v["word"] for v in sorted(votes, key=lambda v: v["judge"]) if v["role"] == "judge"][:2]
            if item in items and len(words) > 1:
                pairs.append((words[0], words[1]))
        return pairs

    @property
    def conflicts(self) -> list[tuple[str, str]]:
        """Results and items on which people disagree and nobody has settled it."""
        return [
            at for at, votes in self._votes.items() if len({v["word"] for v in votes}) > 1 and not self.settled(*at)
        ]


def judgments(book: Evidence) -> Judgments:
    """Read the judgments of the evidence."""
    return Judgments(book.rows("judgments"))
