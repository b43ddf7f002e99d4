"""What opens at a number: one file of data for each page, which a script loads when a reader first asks.

The card says what the link of the number leads to: what it is, where it comes from and how it came about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import html

from livingreview.evidence import NUMBERS, TIER_WORDS, Source, load, measures, split
from livingreview.evidence.about import labelled
from livingreview.evidence.identifiers import REGISTERS, address
from livingreview.notebooks.outputs import Number, digits
from livingreview.publish import overturned
from livingreview.site import turning
from livingreview.site.citing import address as address_of
from livingreview.site.published import CHAPTERS, published
from livingreview.statistics import wording

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

#: Folder of the files, from the root of the site.
FOLDER = "cards"
#: Folder of the images of the numbers.
IMAGES = "numbers"
#: What readers call the registers.
REGISTER_WORDS = {"doi": "DOI", "pmid": "PubMed", "pmcid": "PMC", "nct": "registry"}
#: How a number came about that is neither reported nor computed, in words that need no table.
HOW = {"from several rows": "from several facts"}

_MAIN = ("estimate", "value", "threshold")
#: Labels of words that say by themselves what they are.
_PLAIN = ("Outcome", "Group", "Comparison", "Time", "Characteristic", "Fact", "Claim", "Quantity", "Trial")
_SET = ("months", "ci_level")  # what is said of a number, and is none of its own
_INPUTS, _VALUES = 8, 4  # how many a card lists
_CLAUSE = re.compile(r"[^,;.:(]+")
_AMERICAN = {"randomised": "randomized", "nrolment": "nrollment", "centres": "centers"}


class Link(NamedTuple):
    """A link of a number on a page: as the page has it, where it leads, and its text."""

    href: str
    anchor: str
    text: str


def fill(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Write the cards of a page, and hand the template the address of their file."""
    context["cards"] = ""
    folder, _, name = page.rpartition("/")
    if doctree is None or app.builder.format != "html" or name in load().divided:
        return
    up = "" if folder else f"{CHAPTERS}/"
    cards = {f"{link.href} {link.text}": card(app, link, name, up) for link in links(context["body"])}
    if cards:
        path = Path(app.outdir, FOLDER, f"{name}.js")
        path.parent.mkdir(exist_ok=True)
        text = json.dumps(cards, ensure_ascii=False, separators=(",", ":"))
        path.write_text(f"const CARDS = {text};\n", encoding="utf-8")
        context["cards"] = f"{'../' if folder else ''}{FOLDER}/{name}.js"


def links(body: str) -> Iterator[Link]:
    """Find the links of the numbers of a page, each once; those to a source or of a row id are none."""
    found = {}
    for link in html.fragment_fromstring(body, "div").iter("a"):
        href, text = str(link.get("href", "")), str(link.text_content())
        anchor = href.partition("#")[2]
        if "n" in str(link.get("class", "")).split() and anchor not in (text, *load().sources):
            found[href, text] = Link(href, anchor, text)
    yield from found.values()


def card(app: Sphinx, link: Link, chapter: str, up: str) -> dict[str, Any]:
    """Say what opens at a number.

    Parameters
    ----------
    app : Sphinx
        The build.
    link : Link
        The link of the number.
    chapter : str
        Name of the page: of several published numbers of one row and text the card leads to its own.
    up : str
        Way from the page to the folder of the chapters.

    Returns
    -------
    dict of str to object
        Its fields; those that would be blank are left out.
    """
    if answer := turning.answers(Path(app.srcdir)).get(link.anchor):
        return {"kind": turning.NAME, "facts": overturned.facts(answer, load())}
    by_anchor, by_text = _published(Path(app.srcdir), tuple(app.config.external_site_map))
    same = sorted(by_text.get((link.anchor, link.text), ()), key=lambda of: (of.chapter != chapter, of.chapter))
    book, number = load(), next(iter(same), by_anchor.get(link.anchor))
    is_row = link.anchor in book
    rows = (link.anchor,) if is_row else number.rows if number else ()
    known = book.without_sources(rows)
    said = facts(known)
    keys = [(key, where) for row in rows for key, where in sources(row)]
    fields = {
        "kind": kind(link, number) if is_row and link.text not in labelled(book, link.anchor).values() else "",
        "facts": said,
        "how": "" if is_row or number is None else HOW.get(number.how, number.how),
        "sources": [[book.sources[key].short, *_addresses(book.sources[key], up)] for key in dict.fromkeys(dict(keys))],
        "where": "; ".join(dict.fromkeys(where for _, where in keys if where)),
        "read": "; ".join(dict.fromkeys(_read(known, dict(keys)))),
        "rows": []
        if is_row
        else [[_label(row, number), f"{up}{book.page(row)}.html#{row}"] for row in known[:_INPUTS]],
        "self": _permanent(number, up) if number else "",
        "image": f"{'' if up else '../'}{image_path(number.key)}" if number else "",
    }
    return {name: value for name, value in fields.items() if value}


def image_path(key: str) -> str:
    """Path of the image of a number from the root of the site."""
    return f"{IMAGES}/{key.replace('_', '-')}.svg"


def _permanent(number: Number, up: str) -> str:
    """Where a number stays: in this version where the site has an address, else on this copy."""
    page, facts = f"{load().part(NUMBERS, number.chapter)}.html", load().facts
    place = address_of(facts, f"{CHAPTERS}/{page}", facts["version"]) or f"{up}{page}"
    return f"{place}#{number.key.replace('_', '-')}"


@lru_cache(maxsize=1)
def _published(root: Path, documents: Sequence[str]) -> tuple[dict[str, Number], dict[tuple[str, str], list[Number]]]:
    """The published numbers: by their anchor, and those as reported by row and text."""
    notebooks = (root / f"{document.removesuffix('.ipynb')}.ipynb" for document in documents)
    numbers = [number for notebook in notebooks if notebook.exists() for number in published(notebook).values()]
    by_text: dict[tuple[str, str], list[Number]] = {}
    for number in numbers:
        if number.reported:
            by_text.setdefault((number.rows[0], number.text), []).append(number)
    return {number.key.replace("_", "-"): number for number in numbers}, by_text


def facts(rows: Iterable[str]) -> list[str]:
    """What some rows are about together: of each label the different words, or how many there are."""
    words: dict[str, dict[str, None]] = {}
    described = [labelled(load(), row) for row in rows]
    compared = any("Compared with" in labels for labels in described)
    for labels in described:
        for label, text in labels.items():
            if label != "Group" or "Compared with" in labels or not compared:  # the comparator is named once
                words.setdefault(label, {})[text] = None
    if len(described) > 1:
        words.pop("Number of people", None)  # what is computed says of how many
    return [
        _said(label, "; ".join(of) if len(of) <= _VALUES else f"{len(of)} different") for label, of in words.items()
    ]


def _said(label: str, words: str) -> str:
    if label in _PLAIN:
        return words
    return f"{label} {words}" if label == "Compared with" else f"{label}: {words}"


def kind(link: Link, number: Number | None) -> str:
    """Say which of the numbers of its row a reported one is; blank for a percentage and for what has no such words."""
    book = load()
    row = book.row(link.anchor)
    columns = [cell.rpartition(".")[2] for cell in number.read_from] if number else []
    columns = columns or _columns(row, link.text)
    if "ci_low" in columns or "ci_high" in columns:
        return "range" if row.get("ci_type") == "range" else "confidence interval"
    if "p_value" in columns:
        return "P value"
    if not columns or columns[0] in _MAIN:
        measure = measures.measure(row.get("measure"))
        has_words = columns and row.get("measure") and measure.kind not in ("share", "count", "words")
        return measures.in_words(row["measure"]) if has_words else ""
    fields = {field["name"]: field for field in book.resources[book.table(link.anchor)]["schema"]["fields"]}
    clause = _CLAUSE.match(fields[columns[0]].get("description", ""))
    words = clause[0].strip() if clause else ""
    for british, american in _AMERICAN.items():
        words = words.replace(british, american)
    return f"{words[:1].lower()}{words[1:]}"


def _columns(row: Any, text: str) -> list[str]:
    """Columns of a row whose cells print a text: both limits of an interval, or the first that does."""
    names = [str(name) for name in row.index if f"{name}_printed" in row and name not in _SET]
    printed = {name: str(row[f"{name}_printed"]) for name in names}
    limits = [name for name in ("ci_low", "ci_high") if printed.get(name)]
    shown = digits(text)
    if limits and shown == digits(" and ".join(printed[name] for name in limits)):
        return limits
    same = [name for name in names if printed[name] and shown == digits(printed[name])]
    dates = [
        str(name)
        for name, cell in row.items()
        if re.fullmatch(r"\d{4}(-\d\d){0,2}", str(cell)) and wording.day(cell) == text
    ]
    words = [str(name) for name, cell in row.items() if cell == text and name != "acronym"]
    return (sorted(same, key=lambda name: name not in _MAIN) or dates or words)[:1]


def sources(row: str) -> Iterator[tuple[str, str]]:
    """Sources of a row, each with the place in it."""
    book = load()
    if row in book.sources:
        yield row, ""
        return
    cells = book.row(row)
    for key in split(str(cells.get("source_key") or cells.get("source_keys", ""))):
        yield key, str(cells.get("locator", ""))


def _addresses(source: Source, up: str) -> Iterator[Any]:
    """The page that lists a source, and its addresses elsewhere, each with the name of the register."""
    yield f"{up}{load().page(source.key)}.html#{source.key}"
    registered = [
        [REGISTER_WORDS[name], address(name, getattr(source, name))] for name in REGISTERS if getattr(source, name)
    ]
    yield from registered[:2] or ([["web page", source.url]] if source.url else [])


def _read(rows: Iterable[str], keys: Iterable[str]) -> Iterator[str]:
    """What was read: by the rows, and by the sources."""
    book = load()
    for row in rows:
        if tier := TIER_WORDS.get(str(book.row(row).get("tier", ""))):
            yield tier
    for key in keys:
        yield book.sources[key].read or book.sources[key].kind


def _label(row: str, number: Number | None) -> str:
    """What stands for a row from which a number was computed: what it prints, or what it is about."""
    cells = load().row(row)
    read = [cell.rpartition(".")[2] for cell in (number.read_from if number else ()) if cell.startswith(f"{row}.")]
    for column in (*read, *_MAIN, "n"):
        if printed := str(cells.get(f"{column}_printed", "")):
            unit = str(cells.get("unit", "")) or measures.measure(cells.get("measure")).unit
            return wording.printed(printed, unit if column in _MAIN else "")
    return next(iter(labelled(load(), row).values()), "evidence")
