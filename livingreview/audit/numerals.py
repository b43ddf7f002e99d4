"""Whether every numeral of the built pages is accounted for, read from the HTML that a reader gets.

Each numeral that can be seen, heard or taken for text by a machine is bound to what it was computed from, or named.
The pages are compared with the stored notebooks and the data: nothing of the code that builds the site is trusted.
The page of the proof by mutation is compared with ``proofs/mutation.json``, which `expected` reads for itself, text by
text, and no run may be shown whose fingerprint is not that of the data, the code and the notebooks.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import etree, html

from livingreview.audit import files, number_cards, packed
from livingreview.audit.drawings import misdrawn
from livingreview.audit.expected import FREE, Expected, changes, pieces, words
from livingreview.audit.sentences.register import TOGETHER
from livingreview.evidence.identifiers import address_of
from livingreview.evidence.ledger import ledger
from livingreview.notebooks.comparing import apart
from livingreview.notebooks.files import Problem
from livingreview.notebooks.outputs import clean, digits
from livingreview.notebooks.prose import allowed, numerals
from livingreview.publish import searched
from livingreview.publish.overturned import PAGE
from livingreview.statistics import wording

#: The element that the counts are put into, as a page is built with it.
COUNTS = '<div id="lr-bound"></div>'
#: The tables of the counts: by what they count, what that is in words, and the head of its column.
TABLES = (("kinds", "what they are bound to", "Bound to"), ("pages", "page", "Page"))

#: Attributes that a reader sees or hears, or that a machine takes for text.
SHOWN = {"abbr", "alt", "content", "datetime", "label", "placeholder", "start", "summary", "title", "value"}
SHOWN |= {"aria-description", "aria-label", "aria-placeholder", "aria-roledescription", "aria-valuenow"}
SHOWN |= {"aria-valuetext", "data-due", "data-dormant"}
#: Tags of the head that tell the browser about the page and state nothing.
TECHNICAL = {"color-scheme", "generator", "theme-color", "viewport"}
#: Elements that do not end the line of text that they are in.
INLINE = {"a", "abbr", "b", "br", "cite", "code", "em", "i", "kbd", "mark", "q", "s", "small", "span", "strong"}
INLINE |= {"sub", "sup", "time", "u"}

#: The words before a fact of review.csv, and the attributes and tags that hold one by itself.
LABELLED = {"version": "version", "evidence read to": "evidence_searched_to"}
LABELLED |= {"commit": "commit", "data hash": "data_hash"}
FACTS = {"data-due": "next_search_due", "data-dormant": "dormant_from"}
FACTS |= dict.fromkeys(("citation_publication_date", "citation_date", "DC.date"), "evidence_searched_to")
#: The keys of linked data that hold one by itself.
LINKED = {"version": "version", "datePublished": "evidence_searched_to", "dateModified": "evidence_searched_to"}
#: What says again what the card at the top of the page says.
ANSWERS = {"citation_abstract", "abstract", "description", "og:description"}

_ROLE = re.compile(r"\{n\}`([^`]+)`")
_BEGUN = re.compile(r"(?=(https://\S+))")
_CONTENT = re.compile(r"(?:content|--l)\s*:\s*(\"[^\"]*\"|'[^']*')")
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")

_PUBLISH = "Publish the number and write {n}`key`, or list a name with its reason in chapters/allowed_numerals.csv."
_REBUILD = "The page is not what is stored: build it again with 'make book'."
_PRINT = "Show what the row prints, in livingreview/publish/evidence_tables.py, then run 'make refresh'."
_ROW = "Link the text to the row that holds it, or publish it with its formula."


@dataclass
class Bindings:
    """What the numerals of the built pages are bound to.

    Attributes
    ----------
    counts : dict of str to Counter
        Numerals of each page by kind.
    problems : list of Problem
        Every numeral that is bound to nothing, and every piece of a page or a file that is not what is stored.
    files : int
        Files beside the pages that were compared with the data and the notebooks.
    """

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The counts by kind and by page, for a page of the book."""
        total = sum(self.counts.values(), Counter())
        return {
            "kinds": dict(total.most_common()),
            "pages": {page: count.total() for page, count in self.counts.items()},
            "unbound": len(self.problems),
        }

    def texts(self) -> list[str]:
        """The texts of the counts, in the order in which the page gives them; their own numerals are not counted."""
        counted, pages = self.as_dict(), len(self.counts)
        total = sum(counted["kinds"].values())
        texts = [f"All {total:,} numerals of {pages} pages are bound; unbound: {counted['unbound']}."]
        for by, title, column in TABLES:
            texts += [f"Numerals by {title}", column, "Numerals"]
            texts += [text for name, number in counted[by].items() for text in (name, f"{number:,}")]
        return texts


def main_text(report: Bindings) -> str:
    """What the command line prints: every problem, the counts by kind and by page, the verdict."""
    counted = report.as_dict()
    counts = [
        "\n".join(f"{name:<32}{count:>7,}" for name, count in counted[by].items()) + "\n" for by in ("kinds", "pages")
    ]
    total, pages, wrong = sum(counted["kinds"].values()), len(report.counts), counted["unbound"]
    verdict = (
        f"unbound: {wrong} places, named above."
        if wrong
        else (f"bound: all {total:,} numerals of {pages} pages, and {report.files:,} files beside them.")
    )
    return "\n".join([*map(str, report.problems), *counts, verdict])


def bind(site: Path, root: Path) -> Bindings:
    """Bind every numeral of the built pages to what it was computed from.

    Parameters
    ----------
    site : Path
        Folder of the built pages.
    root : Path
        Root of the project: its data, notebooks and Markdown.

    Returns
    -------
    Bindings
        Kinds of numerals: 'published number' (a link to its row or its formula), 'computed output' (tables, figures,
        conclusions), 'data cell', 'source', 'notice', 'page of published numbers', 'proof by mutation', 'review fact',
        'code', 'name of a part', 'reviewed name'.
    """
    expected, report = Expected(root), Bindings()
    filled = []
    expected.review["data_hash"] = _digest(site / "data" / packed.DESCRIPTION)
    for name in (name for name in expected.pages if not (site / name).exists()):
        report.problems.append(Problem(name, "be built", "no such page", _REBUILD))
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        if not name.startswith("_static/"):
            tree = html.document_fromstring(path.read_text(encoding="utf-8"))
            filled += [(name, _cut_out(element)) for element in tree.xpath("//div[@id='lr-bound']")]
            page = _Page(expected, name, tree)
            report.counts[name] = page.counts
            report.problems += page.problems
    report.files, wrong = files.problems(site, expected)
    report.problems += wrong
    expected_texts = report.texts()
    for name, element in filled:
        if (shown := _texts(element)) and shown != expected_texts:
            counted, actual = _pair(expected_texts, shown)
            report.problems.append(Problem(f"{name}, #lr-bound", f"be as counted: {counted}", actual, _REBUILD))
    return report


def _cut_out(element: Any) -> Any:
    """Remove an element from its page, and return it."""
    element.drop_tree() if element.tail else element.getparent().remove(element)
    return element


def _texts(element: Any) -> list[str]:
    """The texts of an element, and those of its shown attributes that differ from them."""
    texts = [text.strip() for text in element.itertext() if text.strip()]
    attributes = (inner.get(name) for inner in element.iter(etree.Element) for name in sorted(SHOWN) if inner.get(name))
    return [*texts, *(text for text in attributes if text not in texts)]


def _digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal; blank where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def _fits(text: str, expected: str) -> bool:
    """Whether a text is the expected one; see `FREE`."""
    start, free, _ = expected.partition(FREE)
    return text == start or bool(free and text.startswith(start) and not digits(text.removeprefix(start)))


def _plain(element: Any) -> str:
    return clean(str(element.text_content()))


def _cut(text: str | Sequence[str]) -> str:
    text = clean(text if isinstance(text, str) else " | ".join(text))
    return f'"{text}"' if len(text) <= 120 else f'"{text[:117]}..."'


def _pair(expected: str | Sequence[str], actual: str | Sequence[str]) -> tuple[str, str]:
    """The expected and the actual text, each in quotes, where they differ."""
    first, second = (clean(text if isinstance(text, str) else " | ".join(text)) for text in (expected, actual))
    stored, built = apart(first, second)
    return f'"{stored}"', f'"{built}"'


def _around(line: str, numeral: str) -> str:
    start, line = max(line.find(numeral) - 40, 0), clean(line)
    return f'"{numeral}" in "{line[start : start + 80 + len(numeral)]}"'


def _classes(element: Any) -> list[str]:
    return str(element.get("class", "")).split()


class _Page:
    """One page: its numerals by kind, and what is wrong with it."""

    def __init__(self, expected: Expected, name: str, tree: Any) -> None:
        self.expected, self.name, self.tree = expected, name, tree
        self.counts: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.addresses = expected.addresses(name)
        self._users()
        self._downloads()
        self._notices()
        cards = [card for card in tree.iter("div") if "bottom-line" in _classes(card)]
        first = tree.xpath("(//div[@class='article']//p)[1]")  # of a page without such a card
        self.answer = next(("".join(_plain(card).split()) for card in cards or first), "")
        chapter, prose = Path(name).stem, expected.prose(name)
        roles = [role.rpartition(":") for line in prose for role in _ROLE.findall(line.raw)]
        numbers = [expected.numbers.get((of or chapter, key)) for of, _, key in roles]

        blocks = [div for div in tree.iter("div") if "output" in _classes(div)]
        pres = [pre for pre in tree.iter("pre") if any("lr-code" in _classes(a) for a in pre.iterancestors())]
        within = set(blocks)
        links = [a for a in tree.iter("a") if "n" in _classes(a) and within.isdisjoint(a.iterancestors("div"))]
        links = [a for a in links if "lr-turn" not in _classes(a)]
        self.roles = self._matched(links, map(self._shown, links), (n.shown if n else () for n in numbers))
        named = [(of or chapter, key) for of, _, key in roles]
        self._drawings(dict(zip(links, named, strict=False)))
        code = (pre.text_content().strip() for pre in pres)
        self.code = self._matched(pres, code, expected.code(name))
        trees = (expected.blocks.get(name, []), blocks)
        stored, built = ([tuple(piece for _, piece in pieces(tree)) for tree in of] for of in trees)
        self.outputs = self._matched(blocks, built, stored)
        concludes = any("{conclusions}" in line.raw for line in prose)
        self.conclusions = [text for of in expected.conclusions.values() for text in of] if concludes else []
        listed = (n.number for key, n in expected.numbers.items() if name == expected.numbers_page(key[0]))
        self.listed = {wanted[0]: wanted for wanted in map(expected.listed, listed)}

        self._visit(tree, [])
        for missing in (*self.conclusions, *self.listed):
            self._wrong(tree, "show all that is stored", f"nothing for {_cut(missing)}", _REBUILD)
        typed = Counter(word for line in prose for word in self._names(line.text))
        for word in (self.names - typed) | (typed - self.names):
            self._wrong(tree, f"have {_cut(word)} {typed[word]} times, as typed", f"{self.names[word]}", _REBUILD)

    def _users(self) -> None:
        """Check what each row of the evidence says of the chapters that use it, and take it out."""
        for row in (row for row in self.tree.iter("li") if self.expected.lists(self.name, row.get("id", ""))):
            notes = [span for span in row.iter("span") if "lr-used" in _classes(span)]
            links = [(_plain(link), self._target(link)) for span in notes for link in span.iter("a")]
            users = [(chapter, f"chapters/{chapter}.html") for chapter in self.expected.users.get(row.get("id"), ())]
            text = f"used in {', '.join(chapter for chapter, _ in links)}" if users else ""
            if sorted(links) != sorted(users) or " ".join(map(_plain, notes)) != text:
                requirement = f"say that {', '.join(chapter for chapter, _ in users) or 'no chapter'} uses it"
                self._wrong(row, requirement, _cut(" ".join(map(_plain, notes))), _REBUILD)
            for span in notes:
                self._attributes_within(span)
                span.drop_tree()

    def _notices(self) -> None:
        """Check what the page says of notices on its sources, and take it out."""
        banners = [div for div in self.tree.iter("div") if "lr-notices" in _classes(div)]
        texts = [part for div in banners for part in div.iter("p")]
        built = [(_plain(part), [self._target(link) for link in part.iter("a")]) for part in texts]
        stored = self.expected.notices(self.name)
        for here, there in changes(built, stored):
            expected, actual = _pair([text for text, _ in stored[there]], [text for text, _ in built[here]])
            self._wrong(banners[0] if banners else self.tree, f"say {expected}", actual, _REBUILD)
        for div in banners:
            self._attributes_within(div)
            self._count("notice", div.text_content())
            div.drop_tree()

    def _downloads(self) -> None:
        """Check the links to downloads that the site adds to outputs, and take them out."""
        blocks = [block for block in self.tree.iter("div") if "output" in _classes(block)]
        for note in [e for block in blocks for e in block.iter("p", "span", "details") if "lr-download" in _classes(e)]:
            for link in note.iter("a"):  # the label repeats text and file
                file = Path(unquote(link.get("href", "")))
                if link.get("aria-label") == f"{_plain(link)}, {file.name.partition('.')[0]}":
                    del link.attrib["aria-label"]
            for code in note.findall(".//code"):
                self._embedded(code, note)
            self._attributes_within(note)
            self._prose(note, self._without_facts(note.text_content()), "text")
            note.drop_tree()

    def _embedded(self, code: Any, note: Any) -> None:
        """Check the code that shows a figure elsewhere, and take it out: its page, drawing and title."""
        drawing = next(link.get("href") for link in note.iter("a")).lstrip("./")
        title = escape(self.tree.get_element_by_id(f"{Path(drawing).stem}-t").text_content())
        at = self.expected.version_address
        wanted = f'<a href="{at}{self.name}"><img src="{at}{drawing}" alt="{title}"></a>'
        if code.text_content() != wanted:
            self._wrong(code, f"be {_cut(wanted)}", _cut(code.text_content()), _REBUILD)
        code.drop_tree()

    def _drawings(self, keys: dict[Any, tuple[str, str]]) -> None:
        """Check the drawings of a summary: each number with an interval has its own, and its places are right."""
        numbers = self.expected.numbers
        for paragraph in self.tree.iterfind(".//div[@class]//p"):
            svgs = [svg for svg in paragraph.iter("svg") if "lr-drawn" in _classes(svg)]
            if not svgs and not any("summary" in _classes(div) for div in paragraph.iterancestors("div")):
                continue
            named = [keys[link] for link in paragraph.iter("a") if link in keys]
            pairs = [(at, (at[0], f"{at[1]}_ci")) for at in named if (at[0], f"{at[1]}_ci") in named]
            if len(pairs) != len(svgs):
                self._wrong(paragraph, f"draw {len(pairs)} effects", str(len(svgs)), _REBUILD)
            for svg, (estimate, interval) in zip(svgs, pairs, strict=False):
                drawn = misdrawn(svg, numbers[estimate].number, numbers[interval].number, self.expected.evidence)
                if drawn:
                    text = f"{numbers[estimate].number.text} ({numbers[interval].number.text})"
                    self._wrong(svg, f"draw {text}", drawn, _REBUILD)

    def _matched(self, elements: list[Any], built: Iterable[Any], stored: Iterable[Any]) -> dict[Any, tuple[Any, Any]]:
        """What each element is, and what is stored for its place in the order, if anything."""
        actual, expected = list(built), list(stored)
        pairs = {element: (value, value) for element, value in zip(elements, actual, strict=True)}
        for here, there in changes(actual, expected):
            for element, value, required in zip_longest(elements[here], actual[here], expected[there]):
                if element is None:
                    self._wrong(self.tree, "show all that is stored", f"nothing for {_cut(words(required))}", _REBUILD)
                else:
                    pairs[element] = (value, required)
        return pairs

    def _visit(self, element: Any, run: list[str]) -> None:
        """Bind what is in an element; what was not computed is added to the text around it."""
        if not isinstance(element.tag, str):
            return  # a comment
        if (word := self._special(element)) is not None:
            run.append(word)
        elif element.tag == "style":
            heads = {_plain(head) for head in self.tree.iter("th") if head.get("scope") == "col"}
            for written in _CONTENT.findall(element.text or ""):
                text = _ESCAPE.sub(lambda code: chr(int(code[1], 16)), written[1:-1])
                if clean(text) not in heads:  # else the label of a column, which is bound where the table is
                    self._prose(element, self._without_facts(text))
        elif element.tag != "script":
            self._attributes(element)
            inner = run if element.tag in INLINE else []
            inner.append(element.text or "")
            for child in element:
                self._visit(child, inner)
                inner.append(child.tail or "")
            if inner is not run:
                self._prose(element, "".join(inner))
                run.append("\n")

    def _special(self, element: Any) -> str | None:
        """Bind what has a rule of its own, and return what replaces it in the text, to see a digit beside it."""
        if element in self.outputs:
            self._output(element)
            self._attributes(element)
            return "\n"
        if "lr-turn" in _classes(element):
            self._turning(element)
            return ""
        if element in self.roles or self._is_source(element):
            self._number(element)
            self._attributes_within(element, but="title")
            return "Number"
        if "lr-full" in _classes(element):
            self._spelt(element)
            return " "
        if element in self.code:
            self._code(element)
        elif element.tag == "li" and element.get("id") and self.name in self.expected.number_pages:
            self._listed(element)
        elif "lr-strip" in _classes(element):
            self._prose(element, self._without_facts(self._without_days(element.text_content())))
        elif element.get("id") == "lr-mutation":
            self._proof(element)
        elif {"lr-cite", "lr-download"} & set(_classes(element)):
            year = re.compile(rf"\b{self.expected.review['evidence_searched_to'][:4]}(?= \[evidence read to|\))")
            text = self._without_facts(element.text_content())
            self._count("review fact", " ".join(year.findall(text)))
            self._prose(element, year.sub("", text), "text")
        elif element.get("type") == "application/ld+json":
            self._linked_data(element, "", json.loads(element.text_content()))
        elif element.tag == "li" and _plain(element) in self.conclusions:
            self.conclusions.remove(_plain(element))
            self._count("computed output", element.text_content())
        else:
            return None
        self._attributes_within(element)
        return "\n"

    def _spelt(self, element: Any) -> None:
        """Compare abbreviations that are spelled out with the glossary."""
        glossary = self.expected.evidence.glossary
        rows = [glossary.loc[str(link.get("href")).partition("#")[2]] for link in element.iter("a")]
        every = "; ".join(f"{row['term']}: {row['full']}" for row in rows)
        if _plain(element) not in (f"[{rows[0]['full']}]", f"[{every}]", f"{every}."):
            expected, actual = _pair(every, _plain(element))
            self._wrong(element, f"be as in glossary.csv: {expected}", actual, _REBUILD)
        self._count("data cell", every)

    def _prose(self, element: Any, text: str, where: str = "") -> None:
        """Bind the numerals of running text, which must be names."""
        for label in sorted(self._labels(element), key=len, reverse=True):  # one may begin with another
            self._count("name of a group", label * text.count(label))
            text = text.replace(label, "")
        for line in text.split("\n"):
            names = self._names(line)
            self._count("reviewed name", " ".join(names))
            if where in ("", "@alt") and any("article" in _classes(around) for around in element.iterancestors("div")):
                self.names.update(names)
            for numeral in numerals(line):
                self._wrong(
                    element, "hold no numeral that is bound to nothing", _around(line, numeral), _PUBLISH, where
                )

    def _labels(self, element: Any) -> set[str]:
        """Names of groups of rows that a text may give: that of the page, and those of pages that it links."""
        if not self.expected.labels:
            return set()
        pages = {self.name, *map(self._target, element.iter("a", "link"))}
        labels = {self.expected.labels.get(page, "") for page in pages}
        return {label for label in labels if any(map(str.isnumeric, label))}

    @staticmethod
    def _names(text: str) -> list[str]:
        return [match[0] for match in allowed().finditer(text) if any(map(str.isnumeric, match[0]))]

    def _without_days(self, text: str) -> str:
        """Take the days of the review out of the line that every page begins with, each behind its words."""
        book, phrases = self.expected.evidence, list[str]()
        read = [row["last_search"] for row in book.rows("searches") if not row["service"] and row["last_search"]]
        days = {"read to": min(read, default=""), "due by": self.expected.review["next_search_due"]}
        if "Records:" in text:  # which every page says once a search was run
            kept = ledger(book)
            days |= {f"{wording.listed(names)} searched to": day for day, names in searched.by_day(kept).items()}
            phrases.append(searched.counted(kept))
        if "not used yet" in text:
            waiting = len(searched.waiting(book))
            phrases.append(f"{waiting} known update{'s' * (waiting > 1)} not used yet")
        for label, date in ((label, wording.day(day)) for label, day in days.items() if day):
            text, count = re.subn(rf"({re.escape(label)}\s+){date}(?!\d)", r"\1", text)
            self._count("review fact", " ".join([date] * count))
        for phrase in phrases:
            self._count("review fact", " ".join(re.findall(r"[\d,]+", phrase)) if phrase in text else "")
            text = text.replace(phrase, "")
        return text

    def _attributes(self, element: Any, but: str = "") -> None:
        meta = element.get("name") or element.get("property") or "" if element.tag == "meta" else ""
        if meta in TECHNICAL or "http-equiv" in element.attrib:
            return
        for name in sorted(SHOWN.intersection(element.attrib) - {but}):
            value, fact = element.get(name), FACTS.get(meta or name)
            if fact and value.replace("/", "-") == self.expected.review[fact]:
                self._count("review fact", value)
            elif meta in ANSWERS and self._is_answer(value):
                self._count("published number", value)
            else:
                self._prose(element, self._without_facts(value) if meta else value, f"@{name}")

    def _is_answer(self, text: str) -> bool:
        """Whether a text is that of the card at the top of the page, or its first paragraph, or begins it.

        A beginning ends with a sentence or, followed by an ellipsis, with a clause.
        """
        said = "".join(clean(text).split())
        begun, rest = said.removesuffix("…"), self.answer[len(said.removesuffix("…")) :]
        ends = begun.endswith((".", "?", "!")) if begun == said else rest.startswith((",", ";", ":", "("))
        return bool(begun) and self.answer.startswith(begun) and (ends or begun == self.answer)

    def _linked_data(self, script: Any, key: str, value: Any) -> None:
        """Bind every text of linked data by its key: facts of the review, addresses, and words."""
        if isinstance(value, dict | list):
            for name, inner in value.items() if isinstance(value, dict) else ((key, inner) for inner in value):
                self._linked_data(script, name, inner)
        elif key in LINKED and value == self.expected.review[LINKED[key]]:
            self._count("review fact", value)
        elif key in ANSWERS and self._is_answer(value):
            self._count("published number", value)
        elif value in self.addresses or value in self.expected.cited:
            self._count("source" if key == "citation" else "review fact", value)
        else:  # the address of the site may hold any numeral; what follows it, only names
            site = self.expected.review.get("site_url", "").rstrip("/")
            self._prose(script, str(value).removeprefix(f"{site}/"), f"@{key}")

    def _attributes_within(self, element: Any, but: str = "") -> None:
        for inner in element.iter(etree.Element):
            self._attributes(inner, but)

    def _without_facts(self, text: str) -> str:
        """Bind the facts of review.csv in a text, each by the words before it, and take them out."""
        text = clean(text)
        # the addresses of sources are looked up by what begins here: each of them in each text would be too many
        begun = {part[:end] for part in _BEGUN.findall(text) for end in range(len(part) + 1)}
        for address in sorted(self.addresses | (self.expected.cited & begun), key=len, reverse=True):
            self._count("review fact", address * (address in text))
            text = re.sub(rf"{re.escape(address)}(?![\w%/-]|\.\w)", "", text)
        for label, item in LABELLED.items():
            if not self.expected.review.get(item):
                continue
            fact = re.compile(rf"\b{label} {re.escape(self.expected.review[item])}(?![\w%]|[-./]\w)", re.IGNORECASE)
            self._count("review fact", " ".join(fact.findall(text)))
            text = fact.sub(label, text)
        return text

    def _number(self, link: Any) -> None:
        """Check a link of the prose; compare that of a number with the role at its place."""
        built, stored = self.roles.get(link, (None, None))
        if built != stored:
            expected, actual = _pair(stored or (), built)
            self._wrong(link, f"be the number {expected}" if stored else "not be here", actual, _REBUILD)
        else:
            self._link(link)

    def _turning(self, link: Any) -> None:
        """Check that the mark at a sentence leads to what overturns a conclusion that bears the sentence out."""
        page, _, anchor = self._target(link).partition("#")
        answer = number_cards.kept_answers(self.expected.root).get(anchor, {})
        block = next(over for over in link.iterancestors() if over.tag not in INLINE)
        said, conclusion = _plain(block), clean(answer.get("text", ""))
        borne = {line.sentence for line in self.expected.register if conclusion in map(clean, line.on.split(TOGETHER))}
        if Path(page).stem != PAGE or not answer:
            self._wrong(link, "lead to what overturns a sentence", _cut(self._target(link)), _REBUILD)
        elif not any(clean(sentence) in said for sentence in {conclusion, *borne}):
            self._wrong(link, f"stand at a sentence that rests on {_cut(conclusion)}", _cut(said), _REBUILD)

    def _link(self, link: Any, row: str = "") -> bool:
        """Compare a link with its target: what it says of its origin, and the numerals of its text with the row."""
        (text, target, title), expected = (shown := self._shown(link)), self.expected
        page, _, anchor = target.partition("#")
        if page in self.expected.number_pages:
            number = expected.targets.get(target)
            if number is None or number.shown != shown:
                requirement, actual = _pair(number.shown if number else (), shown)
                requirement = f"be the number {requirement}" if number else "lead to a published number"
                return self._wrong(link, requirement, actual, _REBUILD)
        elif not expected.lists(page, anchor):
            return self._wrong(link, "lead to a row of the evidence", _cut(shown), _REBUILD)
        else:
            origin, held = expected.reported(anchor)[1], expected.row_digits(row or anchor)
            if title != origin and (title or not (anchor in expected.evidence.sources or "lr-to" in _classes(link))):
                requirement, actual = _pair(origin, title)
                return self._wrong(link, f"say of its origin {requirement}", actual, _REBUILD)
            if loose := digits(text) - held - {numeral.lstrip("-") for numeral in held}:
                actual = f"{', '.join(sorted(loose))} in {_cut(text)}"
                return self._wrong(link, f"hold no numeral but those of {row or anchor}", actual, _ROW)
        is_source = anchor in expected.evidence.sources
        self._count("source" if is_source else "published number", title if row else f"{text} {title}")
        return True

    def _output(self, block: Any) -> None:
        """Compare a table or a figure with the stored output, piece by piece; then check its links and cells."""
        built, stored = self.outputs[block]
        elements = [element for element, _ in pieces(block)]
        spoilt: set[tuple[Any, str]] = set()
        for here, there in changes(built, stored or ()):
            spoilt.update((element, key[2]) for element, key in zip(elements[here], built[here], strict=True))
            expected, actual = _pair(words((stored or ())[there]), words(built[here]))
            at = min(here.start, len(built) - 1)
            self._wrong(elements[at], f"be as stored: {expected}", actual, _REBUILD, built[at][2])
        self._stored(block, spoilt)

    def _stored(self, element: Any, spoilt: set[tuple[Any, str]]) -> None:
        """Bind what is as stored; links and rows of the evidence are compared with the data as well."""
        row = element.get("id", "")
        if "lr-out" in _classes(element):
            self._out(element)
        elif (element.tag == "a" and "n" in _classes(element)) or self._is_source(element):
            self._link(element)
        elif element.tag == "li" and row and self.expected.lists(self.name, row):
            for part in element.iter("p", "dd"):
                self._cell(part, row)
            for label in (label for label in element.iter("dt") if _plain(label) not in self.expected.labels_of(row)):
                self._wrong(label, "be a label of the dictionary", _cut(_plain(label)), _REBUILD)
        else:
            shown = [("", element.text), *((f"@{name}", element.get(name)) for name in SHOWN)]
            for text in (text for slot, text in shown if (element, slot) not in spoilt):
                self._count("computed output", text or "")
            for child in element:
                self._stored(child, spoilt)
                if (child, "tail") not in spoilt:
                    self._count("computed output", child.tail or "")

    def _cell(self, cell: Any, row: str) -> None:
        """Compare a part of the card of a row with the row."""
        text = cell.text_content()
        if loose := digits(text) - self.expected.row_digits(row):
            actual = f"{', '.join(sorted(loose))} in {_cut(text)}"
            self._wrong(cell, f"hold no numeral but those of {row}", actual, _PRINT)
        else:
            self._count("source" if row in self.expected.evidence.sources else "data cell", text)
        for link in cell.iter("a"):
            if "lr-out" in _classes(link):
                self._out(link)
            elif self._target(link) != f"{self.name}#{row}":  # the link of the row to itself
                self._link(link, row)

    def _out(self, link: Any) -> None:
        """Check that a link off the site leads to the record, or to the address, that its text names."""
        if (address := address_of(str(link.text_content()))) != link.get("href") or not address:
            self._wrong(link, f"lead to {address or 'no other site'}", _cut(link.get("href", "")), _REBUILD)
        self._count("source", link.text_content())

    def _code(self, pre: Any) -> None:
        """Compare folded code with the cell at its place."""
        built, stored = (text.split("\n") if text else [] for text in self.code[pre])
        for here, there in changes(built, stored):
            expected, actual = _pair(stored[there], built[here])
            self._wrong(pre, f"be the code {expected}", actual, _REBUILD)
        if built == stored:
            self._count("code", " ".join(built))

    def _listed(self, row: Any) -> None:
        """Check a row of the page of published numbers against the output that stores the number."""
        texts = [_plain(part) for part in row.iter("p", "dt", "dd")]
        stray = clean(row.text_content()).replace(" ", "") != "".join(texts).replace(" ", "")
        texts, links = [*texts, *([_plain(row)] if stray else [])], [self._target(link) for link in row.iter("a")]
        stored = self.listed.pop(row.get("id"), None)
        if stored != (row.get("id"), texts, links):
            expected, actual = _pair([*stored[1], *stored[2]] if stored else (), [*texts, *links])
            self._wrong(row, f"be as stored: {expected}" if stored else "list a published number", actual, _REBUILD)
        else:
            self._count("page of published numbers", " ".join(texts))

    def _proof(self, element: Any) -> None:
        """Compare what the page says of the proof by mutation with the stored run."""
        pairs = zip_longest(_texts(element), self.expected.proof(), fillvalue="")
        difference = next(((text, stored) for text, stored in pairs if not _fits(text, stored)), None)
        if difference:
            expected, actual = _pair(difference[1], difference[0])
            self._wrong(element, f"be as stored: {expected}", actual, _REBUILD)
        else:
            self._count("proof by mutation", element.text_content())

    def _target(self, link: Any) -> str:
        """Where a link leads, from the root of the site."""
        path, mark, anchor = unquote(link.get("href", "")).partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.name), path)) if path else self.name
        return f"{path}{mark}{anchor}"

    def _is_source(self, element: Any) -> bool:
        target = self._target(element) if element.tag == "a" else ""
        page, _, anchor = target.partition("#")
        return anchor in self.expected.evidence.sources and self.expected.lists(page, anchor)

    def _shown(self, link: Any) -> tuple[str, str, str]:
        return _plain(link), self._target(link), link.get("title", "")

    def _count(self, kind: str, text: str) -> None:
        self.counts[kind] += sum(any(map(str.isnumeric, token)) for token in text.split())

    def _wrong(self, element: Any, requirement: str, actual: str, remedy: str, where: str = "") -> bool:
        anchored = next((a for a in (element, *element.iterancestors()) if a.get("id")), self.tree)
        path = element.getroottree().getpath
        inner = path(element).removeprefix(path(anchored)) + f"/{where}".rstrip("/")
        place = f"#{anchored.get('id')}{inner}" if anchored.get("id") else inner
        self.problems.append(Problem(f"{self.name}, {place}" if place else self.name, requirement, actual, remedy))
        return False
