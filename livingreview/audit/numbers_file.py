"""Whether the file of all numbers says of each what its chapter stores and what the data say of its rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from livingreview.audit.expected import Expected
from livingreview.audit.number_cards import kept_answers, of_number
from livingreview.notebooks.outputs import Number, digits
from livingreview.publish.overturned import PAGE

FILE, SCHEMA = "numbers.json", "numbers.schema.json"

Finding = tuple[str, Any, Any]


def unlike(path: Path, expected: Expected) -> Iterator[Finding]:
    """Compare the file with the notebooks and the data.

    Parameters
    ----------
    path : Path
        The file.
    expected : Expected
        What the data and the notebooks give.

    Yields
    ------
    tuple of (str, object, object)
        What is compared, what the file says of it, and what it must say.
    """
    held = json.loads(path.read_text(encoding="utf-8"))
    facts, numbers, sentences = expected.evidence.facts, held.pop("numbers"), held.pop("sentences")
    into = expected.version_address
    head = {name: facts[name] for name in ("title", "version", "evidence_searched_to")}
    yield "the review", held, {"$schema": f"{into}{SCHEMA}", **head, "license": facts["licence_url"]}
    has_page = (expected.root / "chapters" / f"{PAGE}.ipynb").is_file()
    answers = kept_answers(expected.root) if has_page else {}
    yield "which sentences", [of["address"].rpartition("#")[2] for of in sentences if of["address"]], [*answers]
    for of, answer in zip(sentences, answers.values(), strict=False):
        yield of["text"], _of_answer(of), _kept(answer)
    stored = {entry.number.key: entry.number for entry in expected.numbers.values()}
    yield "which numbers", sorted(of["key"] for of in numbers), sorted(stored)
    for of in numbers:
        number = stored[of["key"]]
        wanted: dict[str, Any] = {"key": number.key, "chapter": number.chapter, "text": number.text, "how": number.how}
        wanted |= {"rows": list(number.rows), **of_number(expected, number)}
        wanted["address"] = f"{into}{expected.numbers_page(number.chapter)}#{number.key.replace('_', '-')}"
        read = {name: of.pop(name, None) for name in ("value", "interval", "unit")}
        yield number.key, of, wanted
        yield f"{number.key}: value", _same(read["value"], number.text), True
        yield f"{number.key}: interval", _printed(read["interval"], number, expected), True
        is_value = read["value"] is not None
        yield f"{number.key}: unit", read["unit"] in (_units(number, expected) if is_value else {None}), True


def _of_answer(of: Mapping[str, Any]) -> dict[str, Any]:
    """What the file says of a sentence, without its address."""
    return {name: held for name, held in of.items() if name != "address"}


def _kept(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The same of the kept answer."""
    names = (("any", ""), ("allowed", "_unnoticed"))
    changes = {
        f"{kind}{suffix}": answer[kind][name]
        for kind in ("number", "events", "word")
        for name, suffix in names
        if name in answer.get(kind, {})
    }
    source = answer.get("source", {})
    return {
        **{name: answer[name] for name in ("chapter", "text")},
        "kind": answer["shape"],
        "rows": answer.get("rows", []),
        "changes": changes,
        "needed_sources": source.get("needed", []),
        "turning_sources": source.get("turning", []),
    }


def _same(value: float | None, text: str) -> bool:
    """Whether a value is the number that a text is; a text of words, or of several numbers, has none."""
    plain = text.replace("\N{MINUS SIGN}", "-").replace(",", "").replace("$", "").removesuffix("%")
    try:
        return value == float(plain)
    except ValueError:
        return value is None


def _printed(limits: list[float] | None, number: Number, expected: Expected) -> bool:
    """Whether limits are those of the interval beside a number, or of its row; no published one may be left out."""
    beside = expected.numbers.get((number.chapter, f"{number.key}_ci"))
    if limits is None:
        return beside is None or len(digits(beside.number.text)) < 2
    row: Mapping[Any, Any] = expected.evidence.row(number.rows[0]).to_dict() if number.reported else {}
    texts = [beside.number.text if beside else "", f"{row.get('ci_low_printed')} to {row.get('ci_high_printed')}"]
    return any({*limits} <= {float(numeral) for numeral in digits(text)} for text in texts)


def _units(number: Number, expected: Expected) -> set[str | None]:
    signs: set[str | None] = {sign for sign in "%$" if sign in number.text}
    known = [row for row in number.rows if row in expected.evidence and row not in expected.evidence.sources]
    units = (str(expected.evidence.row(row).get("unit", "")) for row in known[:1])
    return signs or {None, *("%" if unit == "percent" else unit for unit in units)}
