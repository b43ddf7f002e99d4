"""Whether what opens at each number is what the data and the notebooks say of it.

Each field of a card is compared with what the link on the built page leads to; nothing of the code that writes the
cards is used. What a row is about is read here from its cells, from its trial and from the arms of this.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import html

from livingreview.audit.expected import Expected
from livingreview.evidence import TIER_WORDS, measures, split
from livingreview.evidence.identifiers import address
from livingreview.notebooks.outputs import Number, digits

FOLDER = "cards"

#: The columns that say what a row is about, by table and label.
_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "results": {"Outcome": ("outcome", "definition", "instrument"), "People": ("population",)},
    "pooled": {
        "Outcome": ("outcome",),
        "Compared with": ("comparator",),
        "Time": ("time_window",),
        "People": ("population",),
    },
    "baseline": {"Characteristic": ("characteristic",), "People": ("population",)},
    "sets": {"People": ("population",)},
    "outcomes": {"Outcome": ("outcome", "instrument")},
    "components": {"Part of the model": ("component",), "Fact": ("detail",), "Holds for": ("applies_to",)},
    "instruments": {"Scale": ("full_name",), "Threshold": ("threshold_kind",), "Found in": ("population",)},
    "discrepancies": {"Quantity": ("quantity",), "Text": ("stage",)},
    "claims": {"Claim": ("claim",)},
    "certainty": {"Question": ("outcome_or_question",), "Rated by": ("body",), "People": ("population",)},
    "milestones": {"Event": ("event",)},
}
_REGISTERS = (("doi", "DOI"), ("pmid", "PubMed"), ("pmcid", "PMC"), ("nct", "registry"))
_ESTIMATES = ("estimate", "value", "threshold")
#: What stands before the words of a label, where it is not the label itself.
_LEADING = dict.fromkeys(("Outcome", "Group", "Comparison", "Time", "Characteristic"), "")
_LEADING |= dict.fromkeys(("Fact", "Claim", "Quantity", "Trial"), "") | {"Compared with": "Compared with "}
_MONTHS = ["January", "February", "March", "April", "May", "June", "July"]
_MONTHS += ["August", "September", "October", "November", "December"]
_WHOLE = re.compile(r"const CARDS = (\{.*\});\n")


@dataclass(frozen=True)
class _Link:
    """A link of a number on a page: as the page has it, where it leads from the root of the site, and its text."""

    href: str
    target: str
    text: str

    @property
    def anchor(self) -> str:
        """Id of what it leads to."""
        return self.target.partition("#")[2]


def page_of(name: str) -> str:
    """The page that a file of cards belongs to."""
    stem = Path(name).stem
    return "index.html" if stem == "index" else f"chapters/{stem}.html"


def missing(site: Path, expected: Expected) -> list[str]:
    """Files of cards that pages name, or whose numbers need them, and that are not there."""
    pages = ["index.html", *(f"chapters/{name}.html" for name in expected.notebooks)]
    named = [
        f"{FOLDER}/{Path(page).stem}.js" for page in pages if (site / page).exists() and _links(site, page, expected)
    ]
    return [name for name in named if not (site / name).is_file()]


def unlike(site: Path, name: str, expected: Expected) -> Iterator[tuple[str, Any, Any]]:
    """Compare a file of cards with its page, the data and the notebooks.

    Parameters
    ----------
    site : Path
        Folder of the built site.
    name : str
        Path of the file from there.
    expected : Expected
        What the data and the notebooks give.

    Yields
    ------
    tuple of (str, object, object)
        What is compared, what the file says of it, and what it must say.
    """
    text, page = (site / name).read_text(encoding="utf-8"), page_of(name)
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        raise ValueError("not a file of cards")
    held = json.loads(whole[1])
    body = html.parse(str(site / page)).find("body")
    yield "its page", _joined(page, body.get("data-cards", "")), name
    links = {f"{link.href} {link.text}": link for link in _links(site, page, expected)}
    yield "the numbers of its page", sorted(held), sorted(links)
    for key in held.keys() & links.keys():
        if links[key].anchor.startswith("turn-"):
            yield from _turning(expected, links[key], held[key], key)
            continue
        card, number = held[key], _number(expected, links[key], Path(name).stem)
        wanted = _card(expected, links[key], number, _up(page))
        kinds, labels = _kinds(expected, links[key], number), [label for label, _ in card.get("rows", ())]
        yield f"{key}: which number", card.get("kind", "") in kinds or card["kind"], True
        yield f"{key}: its inputs", list(_stray(expected, number, labels)), []
        card = {**card, "rows": [place for _, place in card.get("rows", ())]}
        for field in sorted({*card, *wanted} - {"kind"}):
            yield f"{key}: {field}", card.get(field) or None, wanted.get(field) or None


def _turning(expected: Expected, link: _Link, card: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any, Any]]:
    """Compare what is said to overturn a sentence with the kept answer on it."""
    answer = kept_answers(expected.root).get(link.anchor)
    yield f"{key}: an answer on the sentence", answer is not None, True
    if answer is None:
        return
    yield f"{key}: fields", sorted(card), ["facts", "kind"]
    found = [answer.get(kind, {}) for kind in ("number", "events", "word")]
    changes = [of[which] for of in found for which in ("any", "allowed") if which in of]
    words = [text for change in changes for text in (*_about(expected, change["row"]).values(), change["column"])]
    words += [expected.evidence.sources[name].short for of in answer.get("source", {}).values() for name in of]
    words += [change[end] for change in changes for end in ("before", "after")]
    sizes = [str(change["size"]) for change in changes]
    said = " ".join(card["facts"])
    yield f"{key}: numerals without a change", sorted(digits(said) - digits(" ".join([*words, *sizes]))), []
    first = [of["any"] for of in found[:2] if "any" in of]
    needed = {
        numeral for change in first for numeral in digits(f"{change['size']} {change['before']} {change['after']}")
    }
    yield f"{key}: changes that are not said", sorted(needed - digits(said)), []
    for change in [found[1]["any"]] if "any" in found[1] else []:
        more = float(change["after"]) > float(change["before"])
        yield f"{key}: more or fewer events", (" more event" in said, " fewer event" in said), (more, not more)


@lru_cache(maxsize=1)
def kept_answers(root: Path) -> dict[str, dict[str, Any]]:
    """The kept answers, by their anchor."""
    path = root / "proofs" / "overturn.json"
    held = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    names = ((f"{answer['chapter']}: {answer['text']}", answer) for answer in held)
    return {f"turn-{hashlib.sha256(name.encode()).hexdigest()[:8]}": answer for name, answer in names}


def of_number(expected: Expected, number: Number) -> dict[str, Any]:
    """What the data say that a published number is about, and its sources."""
    rows = [row for row in number.rows if row not in expected.evidence.sources]
    about = _about(expected, rows[0]) if len(rows) == 1 else _facts(expected, rows)
    keys = (key for row in number.rows for key, _ in _sources(expected, row))
    return {"about": about, "sources": list(dict.fromkeys(keys))}


def _up(page: str) -> str:
    return "" if page.startswith("chapters/") else "chapters/"


def _joined(page: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), href))


@lru_cache(maxsize=64)
def _links(site: Path, page: str, expected: Expected) -> list[_Link]:
    """Links of the numbers of a page; those to a source, and those whose text is the id of a row, are none."""
    links = html.parse(str(site / page)).xpath("//main//a[contains(concat(' ', @class, ' '), ' n ')]")
    found = [_Link(a.get("href"), _joined(page, a.get("href")), a.text_content()) for a in links]
    return [link for link in found if link.anchor not in (link.text, *expected.evidence.sources)]


def _number(expected: Expected, link: _Link, chapter: str) -> Number | None:
    """The published number that a link shows: by its entry, or by row and text, of its own chapter if there is one."""
    if link.target in expected.targets:
        return expected.targets[link.target].number
    same = _reported(expected).get((link.anchor, link.text), ())
    return min(same, key=lambda number: (number.chapter != chapter, number.chapter), default=None)


@lru_cache(maxsize=4)
def _reported(expected: Expected) -> dict[tuple[str, str], list[Number]]:
    """The published numbers that are as reported, by row and text."""
    same: dict[tuple[str, str], list[Number]] = {}
    for number in (entry.number for entry in expected.numbers.values() if entry.number.reported):
        same.setdefault((number.rows[0], number.text), []).append(number)
    return same


@lru_cache(maxsize=4096)
def _cells(expected: Expected, row: str) -> dict[str, Any]:
    """The cells of a row; a row of pandas is slow to look up again and again."""
    return {str(column): cell for column, cell in expected.evidence.row(row).items()}


def _card(expected: Expected, link: _Link, number: Number | None, up: str) -> dict[str, Any]:
    """What a card must hold, but which of the numbers of its row it is."""
    book, is_row = expected.evidence, link.anchor in expected.evidence
    rows = [link.anchor] if is_row else list(number.rows if number else ())
    of_data = [row for row in rows if row not in book.sources]
    places = [(key, str(where)) for row in rows for key, where in _sources(expected, row)]
    keys = list(dict.fromkeys(key for key, _ in places))
    read = [TIER_WORDS.get(str(_cells(expected, row).get("tier", "")), "") for row in of_data]
    read += [book.sources[key].read or book.sources[key].kind for key in keys]

    def within(target: str) -> str:
        return up + target.removeprefix("chapters/")

    how = "" if is_row or number is None else number.how
    entry = f"{expected.numbers_page(number.chapter)}#{number.key.replace('_', '-')}" if number else ""
    return {
        "facts": _facts(expected, of_data),
        "how": "from several facts" if how == "from several rows" else how,
        "sources": [
            [book.sources[key].short, within(expected.reported(key)[0]), *_elsewhere(expected, key)] for key in keys
        ],
        "where": "; ".join(dict.fromkeys(where for _, where in places if where)),
        "read": "; ".join(dict.fromkeys(filter(None, read))),
        "rows": [] if is_row else [within(expected.reported(row)[0]) for row in of_data[:8]],
        "self": f"{expected.version_address}{entry}" if entry and expected.version_address else within(entry),
        "image": f"{'' if up else '../'}{image_of(number)}" if number else "",
    }


def image_of(number: Number) -> str:
    """Path of the image of a number from the root of the site."""
    return f"numbers/{number.key.replace('_', '-')}.svg"


def texts_of_image(number: Number, expected: Expected) -> str:
    """What the image of a number must say, without spaces."""
    book, facts = expected.evidence, expected.evidence.facts
    described = of_number(expected, number)
    rows = [row for row in number.rows if row not in book.sources]
    names = "; ".join(book.sources[key].short for key in described["sources"])
    said = [number.text, " · ".join(_facts(expected, rows)), f"{number.how}.", f"Source: {names}." if names else ""]
    said += [f"{facts['title']}, version {facts['version']}. {facts['contributors']}, {facts['licence']}."]
    return "".join("".join(said).split())


def _sources(expected: Expected, row: str) -> list[tuple[str, str]]:
    if row in expected.evidence.sources:
        return [(row, "")]
    cells = _cells(expected, row)
    keys = str(cells.get("source_key", "")) or str(cells.get("source_keys", ""))
    return [(key, cells.get("locator", "")) for key in split(keys)]


def _elsewhere(expected: Expected, key: str) -> list[list[str]]:
    """Addresses of a source outside the book."""
    source = expected.evidence.sources[key]
    known = [[words, address(kind, getattr(source, kind))] for kind, words in _REGISTERS if getattr(source, kind)]
    return known[:2] or [["web page", source.url] for _ in (1,) if source.url]


# ------------------------------------------------------------------------------------------- what a row is about


def _facts(expected: Expected, rows: list[str]) -> list[str]:
    """What rows are about, label by label; the comparator is no group where another group is compared with it."""
    said = [_about(expected, row) for row in rows]
    compared = any("Compared with" in words for words in said)
    together: dict[str, list[str]] = {}
    for words in said:
        for label, text in words.items():
            is_comparator = compared and label == "Group" and "Compared with" not in words
            if not is_comparator and not (len(said) > 1 and label == "Number of people"):
                together.setdefault(label, []).append(text)
    unique = {label: list(dict.fromkeys(texts)) for label, texts in together.items()}
    words = {label: "; ".join(of) if len(of) < 5 else f"{len(of)} different" for label, of in unique.items()}
    return [f"{_LEADING.get(label, f'{label}: ')}{text}" for label, text in words.items()]


@lru_cache(maxsize=4096)
def _about(expected: Expected, row: str) -> Mapping[str, str]:
    book = expected.evidence
    table, cells = book.table(row), _cells(expected, row)
    study = row if table == "studies" else str(cells.get("study_id", ""))
    trial = book.studies.loc[study] if study in book.studies.index else None
    words = {}
    for label, columns in _COLUMNS.get(table, {}).items():
        texts = [str(cells[column]) for column in columns if cells[column] not in ("", "all")]
        words[label] = ", ".join(texts).replace("_", " ").replace(">=", "at least ")
    role = str(cells["role" if table == "arms" else "arm"]) if table in ("results", "baseline", "sets", "arms") else ""
    if role:
        words |= _arms(expected, study, role)
    if table == "results":
        months = str(cells["months_printed"])
        spelled = {"": "", "0": "at the start", "1": "1 month"}.get(months, f"{months} months")
        words["Time"] = str(cells["time_as_printed"]) or spelled
    if table in ("results", "pooled") and cells["n_printed"]:
        words["Number of people"] = f"{int(cells['n']):,}"
    if trial is not None:
        words["Trial"] = ", ".join(text for text in (trial["acronym"], trial["population"]) if text)
    return {label: text for label, text in words.items() if text}


def _arms(expected: Expected, study: str, role: str) -> dict[str, str]:
    book = expected.evidence
    against = str(book.studies["comparator"].get(study, ""))
    arms = [*zip(*(book.arms[name] for name in ("study_id", "role", "label")), strict=True)]
    own = [label for of, part, label in arms if (of, part) == (study, role)]
    treated = [label for of, part, label in arms if (of, part) == (study, "intervention")]
    care = treated[0] if len(treated) == 1 else book.facts["intervention"]
    if role == "contrast":
        return {"Comparison": f"{care} versus {against}" if against else care}
    if role == "intervention":
        return {"Group": care, "Compared with": against}
    whole = {"both": "all arms together", "cohort": "one group, without a comparison"}
    other = (against or book.facts["comparator"]) if role == "comparator" else whole.get(role, role)
    return {"Group": own[0] if len(own) == 1 else other}


# ---------------------------------------------------------------------------------------- which number of a row


def _kinds(expected: Expected, link: _Link, number: Number | None) -> set[str]:
    """What may be said of which number of its row a link shows: by each column that holds the text."""
    book = expected.evidence
    if link.anchor not in book:
        return {""}
    cells, table = _cells(expected, link.anchor), book.table(link.anchor)
    columns = [cell.rpartition(".")[2] for cell in number.read_from] if number else []
    columns = columns or [str(column) for column in cells if _holds(cells, str(column), link.text)]
    fields = {field["name"]: field["description"] for field in book.resources[table]["schema"]["fields"]}
    kinds = {_kind(cells, column, fields) for column in columns} or {""}
    is_said = link.text in _about(expected, link.anchor).values()
    return {""} if is_said else kinds | {""} if {"acronym", "months", "ci_level"} & {*columns} else kinds


def _holds(cells: Any, column: str, text: str) -> bool:
    if column.endswith("_printed"):
        return False
    cell = str(cells[column])
    if f"{column}_printed" in cells:
        limits = [str(cells[name]) for name in ("ci_low_printed", "ci_high_printed") if cells.get(name)]
        texts = {" ".join(limits), " and ".join(limits)} if column in ("ci_low", "ci_high") else set()
        printed = str(cells[f"{column}_printed"])
        return bool(printed) and digits(text) in [digits(one) for one in (*texts, printed)]
    date = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", cell)
    if date:
        year, month, day = date.groups()
        cell = " ".join(filter(None, [_MONTHS[int(month) - 1] if month else "", f"{int(day)}," if day else "", year]))
    return bool(text) and cell == text


def _kind(cells: Any, column: str, fields: Mapping[str, str]) -> str:
    if column in ("ci_low", "ci_high"):
        return "range" if cells.get("ci_type") == "range" else "confidence interval"
    if column in ("p_value", "p_operator"):
        return "P value"
    if column in _ESTIMATES:
        measure = str(cells.get("measure", ""))
        is_plain = not measure or measures.measure(measure).kind in ("share", "count", "words")
        return "" if is_plain else measures.in_words(measure)
    words = re.split(r"[,;.:(]", fields[column])[0].strip()
    words = words.replace("randomised", "randomized").replace("nrolment", "nrollment").replace("centres", "centers")
    return words[:1].lower() + words[1:]


def _stray(expected: Expected, number: Number | None, labels: Iterable[str]) -> Iterator[str]:
    """What stands for an input of a number and is neither printed in its row nor what this is about."""
    rows = [row for row in (number.rows if number else ()) if row not in expected.evidence.sources]
    for row, label in zip(rows, labels, strict=False):
        cells, about = _cells(expected, row), _about(expected, row)
        names = [cell.rpartition(".")[2] for cell in number.read_from if cell.startswith(f"{row}.")] if number else []
        names = [name for name in (*names, *_ESTIMATES, "n") if cells.get(f"{name}_printed")]
        first = next(iter(about.values()), "evidence")
        if digits(label) != digits(str(cells[f"{names[0]}_printed"])) if names else label != first:
            yield label
