"""Every published number for machines: what the file says of each, that it keeps its schema, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from livingreview.audit import numbers_file as judge
from livingreview.audit.expected import Expected
from livingreview.notebooks.files import chapters
from livingreview.notebooks.outputs import Number
from livingreview.site import numbers_file

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return numbers_file.whole(ROOT, [f"chapters/{path.stem}" for path in chapters(ROOT)])


@pytest.fixture(scope="module")
def expected() -> Expected:
    return Expected(ROOT)


def test_the_file_keeps_its_schema(whole: dict[str, Any]) -> None:
    schema = json.loads(Path(numbers_file.__file__).with_name(numbers_file.SCHEMA).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert not list(Draft202012Validator(schema).iter_errors(whole))
    assert len(whole["numbers"]) > 500


def test_a_number_comes_with_its_value_interval_and_what_it_is_about(whole: dict[str, Any]) -> None:
    numbers = {number["key"]: number for number in whole["numbers"]}
    more = numbers["impact_response_rd"]
    assert more["value"] == float(more["text"])
    assert more["interval"] == [21.1, 29.4]
    assert "unutzer2002jama" in more["sources"]
    assert any("usual care" in str(words) for words in more["about"])
    assert more["address"] == "chapters/numbers.html#impact-response-rd"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("44.6%", (44.6, "%")),
        ("\N{MINUS SIGN}0.44", (-0.44, "")),
        ("\N{MINUS SIGN}$3,363", (-3363.0, "$")),
        (".83", (0.83, "")),
        ("21.1 to 29.4", (None, "")),
        ("more", (None, "")),
    ],
)
def test_a_text_of_one_numeral_is_a_value(text: str, read: tuple[float | None, str]) -> None:
    assert numbers_file.value(text) == read


def _faults(whole: dict[str, Any], expected: Expected, tmp_path: Path) -> list[str]:
    (tmp_path / judge.FILE).write_text(json.dumps(whole), encoding="utf-8")
    return [what for what, found, wanted in judge.unlike(tmp_path / judge.FILE, expected) if found != wanted]


def test_the_file_says_what_chapters_and_data_say(whole: dict[str, Any], expected: Expected, tmp_path: Path) -> None:
    assert _faults(whole, expected, tmp_path) == []


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("text", "99"),
        ("value", 99.0),
        ("interval", [21.1, 29.5]),
        ("interval", None),
        ("unit", "points"),
        ("about", ["usual care"]),
        ("rows", []),
        ("sources", []),
        ("address", "chapters/numbers.html"),
    ],
)
def test_what_is_not_true_of_a_number_is_refused(
    field: str, wrong: object, whole: dict[str, Any], expected: Expected, tmp_path: Path
) -> None:
    changed = json.loads(json.dumps(whole))
    number = next(number for number in changed["numbers"] if number["key"] == "impact_response_rd")
    number[field] = wrong
    assert {what.partition(":")[0] for what in _faults(changed, expected, tmp_path)} == {"impact_response_rd"}


def test_limits_of_a_row_belong_to_its_estimate_alone() -> None:
    row = "impact-response-12m-contrast"
    estimate = Number("impact", "x", "3.45", (row,), read_from=(f"{row}.estimate",))
    size = Number("impact", "y", "1801", (row,), read_from=(f"{row}.n",))
    assert numbers_file.interval(estimate, {}) is not None
    assert numbers_file.interval(size, {}) is None
