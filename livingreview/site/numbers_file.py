"""Every published number for machines: one file of each version, and the JSON Schema that it keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingreview.evidence import NUMBERS, load
from livingreview.evidence.about import labelled
from livingreview.notebooks.outputs import Number
from livingreview.publish import overturned
from livingreview.site import citing, number_cards, turning
from livingreview.site.published import CHAPTERS, published

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FILE, SCHEMA = "numbers.json", "numbers.schema.json"

_NUMERAL = r"[-\N{MINUS SIGN}]?[$]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)"
_ONE = re.compile(rf"({_NUMERAL})%?")
_LIMITS = re.compile(rf"({_NUMERAL})%? (?:to|and) ({_NUMERAL})%?")


def value(text: str) -> tuple[float | None, str]:
    """Read a published text as a value and its sign of a unit.

    Parameters
    ----------
    text : str
        As it is on the page.

    Returns
    -------
    tuple of (float or None, str)
        None for words and for texts of several numerals; '%', '$' or blank.
    """
    found = _ONE.fullmatch(text)
    if found is None:
        return None, ""
    return _number(found[1]), next((sign for sign in "$%" if sign in text), "")


def _number(text: str) -> float:
    return float(re.sub("[$,]", "", text.replace("\N{MINUS SIGN}", "-")))


def interval(number: Number, texts: dict[str, str]) -> list[float] | None:
    """Read the interval of a number: that which its chapter publishes beside it, or else that of its row.

    Parameters
    ----------
    number : Number
        The number.
    texts : dict of str to str
        Texts of the numbers of its chapter, by key.

    Returns
    -------
    list of float or None
        Lower and upper limit.
    """
    beside = _LIMITS.search(texts.get(f"{number.key}_ci", ""))
    if beside:
        return [_number(beside[1]), _number(beside[2])]
    columns = {cell.rpartition(".")[2] for cell in number.read_from}
    is_estimate = number.reported and columns == {"estimate"}
    row: Mapping[Any, Any] = load().row(number.rows[0]).to_dict() if is_estimate else {}
    limits = [str(row.get(f"{name}_printed", "")) for name in ("ci_low", "ci_high")]
    return [_number(limit) for limit in limits] if all(re.search(r"\d", limit) for limit in limits) else None


def entry(number: Number, texts: dict[str, str]) -> dict[str, Any]:
    """Describe a number, as the card that opens at it does."""
    book = load()
    facts, known = book.facts, book.without_sources(number.rows)
    read, sign = value(number.text)
    unit = sign or (str(book.row(known[0]).get("unit", "")) if read is not None and number.reported and known else "")
    page = f"{CHAPTERS}/{book.part(NUMBERS, number.chapter)}.html"
    place = citing.address(facts, page, facts["version"]) or page
    described = {
        "key": number.key,
        "chapter": number.chapter,
        "text": number.text,
        "value": read,
        "interval": interval(number, texts),
        "unit": "%" if unit == "percent" else unit,
        "about": labelled(book, known[0]) if len(known) == 1 else number_cards.facts(known),
        "how": number.how,
        "rows": list(number.rows),
        "sources": list(dict.fromkeys(key for row in number.rows for key, _ in number_cards.sources(row))),
        "address": f"{place}#{number.key.replace('_', '-')}",
    }
    return {name: held for name, held in described.items() if held not in ("", None)}


def whole(root: Path, documents: Iterable[str]) -> dict[str, Any]:
    """Describe the numbers of all chapters, in the order of the contents.

    Parameters
    ----------
    root : Path
        Root of the project.
    documents : iterable of str
        The pages of the contents; those that are no notebook publish nothing.

    Returns
    -------
    dict of str to object
        What the schema describes.
    """
    facts = load().facts
    notebooks = (root / f"{name.removesuffix('.ipynb')}.ipynb" for name in documents)
    chapters = [published(notebook) for notebook in notebooks if notebook.exists()]
    return {
        "$schema": citing.address(facts, SCHEMA, facts["version"]) or SCHEMA,
        **{name: facts[name] for name in ("title", "version", "evidence_searched_to")},
        "license": facts["licence_url"],
        "numbers": [
            entry(number, {key: of.text for key, of in numbers.items()})
            for numbers in chapters
            for number in numbers.values()
        ],
        "sentences": [sentence(answer) for answer in turning.answers(root).values()],
    }


def sentence(answer: overturned.Answer) -> dict[str, Any]:
    """Describe a conclusion, or a line of a summary of findings, and what would overturn it."""
    facts = load().facts
    page = f"{CHAPTERS}/{overturned.PAGE}.html"
    found = {"number": answer.number, "events": answer.events, "word": answer.word}
    changes = {
        f"{kind}{suffix}": asdict(change)
        for kind, of in found.items()
        for suffix, change in (("", of.any), ("_unnoticed", of.allowed))
        if change
    }
    return {
        "chapter": answer.chapter,
        "text": answer.text,
        "kind": answer.shape,
        "rows": list(answer.rows),
        "changes": changes,
        "needed_sources": list(answer.source.needed),
        "turning_sources": list(answer.source.turning),
        "address": f"{citing.address(facts, page, facts['version']) or page}#{overturned.anchor(answer)}",
    }


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the numbers, and the schema beside them."""
    if error is None and app.builder.format == "html":
        site, numbers = Path(app.outdir), whole(Path(app.srcdir), app.config.external_site_map)
        text = json.dumps(numbers, ensure_ascii=False, separators=(",", ":"))
        (site / FILE).write_text(f"{text}\n", encoding="utf-8", newline="")
        (site / SCHEMA).write_bytes((Path(__file__).parent / SCHEMA).read_bytes())
