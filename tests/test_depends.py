"""Published numbers depend on the cells that they name."""

from __future__ import annotations

import depends

from livingreview.audit import sentences
from livingreview.audit.sentences.stored import Published
from livingreview.audit.sentences.texts import numbers
from livingreview.evidence import DATA, load
from livingreview.notebooks import without_source
from livingreview.notebooks.running import statements

ROW = "impact-response-12m-contrast"
CODE = """
from livingreview.publish.numbers import publish, publish_result
publish_result("read", "impact-response-12m-contrast")
publish("typed", "3.45", ["impact-response-12m-contrast"], columns=["estimate"])
publish("named", "IMPACT", ["impact"], columns=["acronym"])
"""


def test_a_number_that_its_cells_do_not_move_is_named():
    book = load()
    stored = {
        ("trial", key): Published("number", 1, text, key, (row,), (f"{row}.{column}",))
        for key, text, row, column in (
            ("read", "3.45", ROW, "estimate"),
            ("read_ci", "2.71 to 4.38", ROW, "ci_low"),
            ("read_p", "P < 0.001", ROW, "p_operator"),
            ("typed", "3.45", ROW, "estimate"),
            ("named", "IMPACT", "impact", "acronym"),
        )
    }
    assert depends.unmoved(book, {"trial": statements([CODE])}, stored) == ["trial:typed", "trial:named"]
    assert book.results.loc[ROW, "estimate_printed"] == "3.45"


def test_every_number_of_the_book_depends_on_the_cells_that_it_names():
    book = load()
    assert depends.unmoved(book, without_source.code(book), numbers(sentences.pages(DATA.parent))) == []
