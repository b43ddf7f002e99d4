"""Stored numbers that are not what their key, their cells or their formula say."""

from __future__ import annotations

import pytest

from livingreview.notebooks.numbers import wrong
from livingreview.notebooks.outputs import Number

CC, UC = "impact-response-12m-cc", "impact-response-12m-control"
SCL = "impact-scl20-12m-contrast"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (Number("c", "response_cc", "45%", (CC,)), ""),
        (Number("c", "response_cc", "19%", (UC,)), 'must publish "response_cc" from a row of the intervention'),
        (Number("c", "response_euc", "45%", (CC,)), 'must publish "response_euc" from a row of the comparator'),
        (Number("c", "response_cc_ci", "19%", (UC,)), 'must publish "response_cc_ci" from a row of the intervention'),
        (Number("c", "response_control", "45%", (CC, UC)), "of the comparator and intervention"),
        (Number("c", "response", "46%", (CC,)), f'found "46%", where {CC} does not say 46'),
        (Number("c", "scl", "0.4", (SCL,)), ""),
        (Number("c", "scl", "0.46", (SCL,), read_from=(f"{SCL}.estimate",)), f"where {SCL}.estimate does not say .46"),
        (Number("c", "scl", "0.46", (SCL,), read_from=(f"{SCL}.ci_low",)), ""),
        (Number("c", "mended", "June 9, 2015", ("oslin2014_acm",)), ""),
        (Number("c", "share", "55%", ("impact",), "139 / 254"), ""),
        (Number("c", "share", "54.7%", ("impact",), "139 / 254"), ""),
        (Number("c", "share", "54.8%", ("impact",), "139 / 254"), "where 139 / 254 is 54.72"),
        (Number("c", "per", "42", ("impact",), "1,145 / 27; Wilson interval"), ""),
        (Number("c", "per", "43", ("impact",), "1,145 / 27; Wilson interval"), "is 42.4"),
        (Number("c", "per_ci", "29 to 62", ("impact",), "1,145 / 27; Wilson interval"), ""),
        (Number("c", "hours", "3", ("impact",), "4 hours / 2 care managers"), "is 2.0"),
    ],
)
def test_a_number_is_compared_with_its_key_its_cells_and_its_formula(number: Number, said: str):
    shown = [f"must {requirement}; found {actual}. {remedy}" for requirement, actual, remedy in wrong(number)]
    assert (len(shown) == 1 and said in shown[0]) if said else shown == []
