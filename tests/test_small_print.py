"""Titles and descriptions of pages: short, and whole in what they say."""

from __future__ import annotations

import pytest

from livingreview.site.pages import DESCRIPTION, TITLE, short, tab_title

REVIEW = "Collaborative care: a living review"


def test_a_title_keeps_as_much_of_the_review_as_there_is_room_for() -> None:
    assert tab_title("Results", REVIEW) == f"Results - {REVIEW}"
    assert tab_title("x" * 40, REVIEW) == f"{'x' * 40} - Collaborative care"
    assert tab_title("x" * 60, REVIEW) == "x" * 60
    assert len(tab_title("x" * 48, REVIEW)) == TITLE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Short. As it is.", "Short. As it is."),
        (f"One sentence. {'A' * 150} more.", "One sentence."),
        (f"{'a' * 100}, {'b' * 100}.", f"{'a' * 100} …"),
        (f"{'a' * 60} (a, {'b' * 60}), {'c' * 60}.", f"{'a' * 60} (a, {'b' * 60}) …"),
        (f"{'a' * 60} (a, {'b' * 160}).", f"{'a' * 60} …"),
        ("a" * 200, ""),
    ],
)
def test_a_description_ends_with_a_sentence_or_a_clause(text: str, said: str) -> None:
    assert short(text) == said
    assert len(said) <= DESCRIPTION
