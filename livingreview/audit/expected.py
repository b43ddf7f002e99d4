"""What the built pages must show: what the notebooks store and the data, by the place that shows it.

It says on its own where the link of a number must lead: nothing of the code that builds the site is trusted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from lxml import html

from livingreview.audit.fingerprint import STORED, fingerprint
from livingreview.audit.sentences import register
from livingreview.evidence import NUMBERS, SOURCES, Evidence, EvidenceError, split
from livingreview.evidence.identifiers import address
from livingreview.history.released import is_published
from livingreview.notebooks.files import chapters, has_code_page, read, source
from livingreview.notebooks.outputs import ChapterOutputs, Number, clean, digits, of_chapter, users
from livingreview.notebooks.prose import Line, lines
from livingreview.publish.fitting import fitted
from livingreview.repository import head
from livingreview.statistics import wording

#: What follows it in an expected text may be any words, but no numeral.
FREE = "\N{HORIZONTAL ELLIPSIS}"

#: What may notice a change, in the order of the page of the proof.
GUARDS = ("check", "reader", "conclusion", "verifier", "lint", "chapter", "listing")

#: Labels of the card of a source.
SOURCE_LABELS = ("Title", "Identifiers", "What was read", "Published in", "Authors", "Kind", "Note")

_DATE = re.compile(r"\d{4}-\d\d(-\d\d)?")
_NAMED = re.compile(r"\{(n|src)\}`([^`]+)`")


def pdf_of(page: str) -> str:
    """Name of the PDF of a page: that of the first page is of the whole book."""
    return "book" if page == "index.html" else Path(page).stem


@dataclass(frozen=True)
class ExpectedNumber:
    """A published number, where its link must lead, and what it must say of its origin."""

    number: Number
    target: str
    title: str

    @property
    def shown(self) -> tuple[str, str, str]:
        """Text, target and title of its link."""
        return clean(self.number.text), self.target, self.title


class Expected:
    """What the pages of the site must show.

    Parameters
    ----------
    root : Path
        Root of the project.

    Attributes
    ----------
    notebooks : dict of str to dict
        The chapters, by name.
    stored : dict of str to ChapterOutputs
        What they store, by name.
    numbers : dict of (str, str) to ExpectedNumber
        By chapter and key.
    targets : dict of str to ExpectedNumber
        Those that have a row on the page of published numbers, by its address.
    conclusions : dict of str to list of str
        By chapter, each with the sources with a notice that it rests on.
    users : dict of str to list of str
        Chapters that use a row, by its id; the pages that list the rows are left out.
    review : dict of str to str
        The facts of the review, with the commit that the project is at.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.evidence = root, Evidence(root / "data")
        self.review = {**self.evidence.facts, "commit": head(root)}
        self.notebooks = {path.stem: read(path) for path in chapters(root)}
        self.stored = {name: of_chapter(name, notebook) for name, notebook in self.notebooks.items()}
        self.row_digits = cache(self._read_row)
        self.users = users(self.stored.values())
        self.numbers = {
            (n.chapter, n.key): self._number(n) for chapter in self.stored.values() for n in chapter.numbers
        }
        self.number_pages = frozenset(map(self.numbers_page, self.notebooks))
        self.targets = {n.target: n for n in self.numbers.values() if n.target.partition("#")[0] in self.number_pages}
        self.conclusions = {
            name: [self._flagged(conclusion.sentence, conclusion.rows) for conclusion in chapter.conclusions]
            for name, chapter in self.stored.items()
        }

    def _flagged(self, sentence: str, rows: Sequence[str]) -> str:
        """A conclusion with the sources with a notice that it rests on."""
        names = ", ".join(self.evidence.sources[key].short for key in self.evidence.marked(rows))
        return clean(f"{sentence} Rests on {names}." if names else sentence)

    def _number(self, number: Number) -> ExpectedNumber:
        if number.reported:
            return ExpectedNumber(number, *self.reported(number.rows[0]))
        marks = list(dict.fromkeys(self.evidence.sources[key].mark for key in self.evidence.marked(number.rows)))
        noticed = f" [source {', '.join(marks)}]" if marks else ""
        title = f"{number.how}; from {', '.join(number.rows)}{noticed}" if number.rows else number.how
        return ExpectedNumber(number, f"{self.numbers_page(number.chapter)}#{number.key.replace('_', '-')}", title)

    def numbers_page(self, chapter: str) -> str:
        """Page that lists the published numbers of a chapter."""
        return f"chapters/{self.evidence.part(NUMBERS, chapter)}.html"

    def code(self, page: str) -> list[str]:
        """Code that a page shows, cell by cell."""
        chapter, _, suffix = Path(page).stem.partition("-")
        notebook = self.notebooks.get(chapter, {"cells": []}) if page.startswith("chapters/") else {"cells": []}
        if suffix != ("code" if has_code_page(notebook) else ""):
            return []
        return [source(cell).strip() for cell in notebook["cells"] if cell["cell_type"] == "code"]

    @property
    def pages(self) -> list[str]:
        """Pages that must be built because of what is stored."""
        code = [f"chapters/{name}-code.html" for name, notebook in self.notebooks.items() if has_code_page(notebook)]
        return [*self.blocks, *code, *sorted({self.numbers_page(chapter) for chapter, _ in self.numbers})]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Name of the group that a page lists, by the page."""
        to_pages = ".//nav[@class='lr-groups']//a[not(starts-with(@href, '#'))]"
        links = [link for trees in self.blocks.values() for tree in trees for link in tree.xpath(to_pages)]
        return {f"chapters/{link.get('href').partition('#')[0]}": clean(link.text_content()) for link in links}

    @cached_property
    def blocks(self) -> dict[str, list[Any]]:
        """Outputs that each page shows, as trees: of a chapter all but the groups that have pages of their own."""
        shown: dict[str, list[Any]] = {}
        for chapter, stored in self.stored.items():
            trees = [html.fragment_fromstring(fitted(output.html), "div") for output in stored.shown]
            for group in [group for tree in trees for group in tree.xpath(".//*[@data-page]")]:
                group.getparent().remove(group)
                around = html.Element("div")
                around.append(group)
                shown.setdefault(f"chapters/{group.get('data-page')}.html", []).append(around)
            shown[f"chapters/{chapter}.html"] = trees
        return shown

    def reported(self, row: str) -> tuple[str, str]:
        """Where a link to a row leads, and what it says."""
        return f"chapters/{self.evidence.page(row)}.html#{row}", f"as reported: {self.evidence.describe(row)}"

    def _read_row(self, row_id: str) -> frozenset[str]:
        """The numerals of a row as printed and of the names of its sources, or of the fields of a source."""
        sources = self.evidence.sources
        if row_id in sources:
            return digits("\n".join([sources[row_id].short, *map(str, vars(sources[row_id]).values())]))
        row, book = self.evidence.row(row_id), self.evidence
        texts = {str(column): value for column, value in row.items() if isinstance(value, str)}
        study = str(row.get("study_id", ""))
        if study in book.studies.index:  # a row is named by its trial and by the arms of it
            texts["trial"] = str(book.studies.loc[study, "acronym"])
            arms = getattr(book, "arms", None)
            texts["arms"] = "" if arms is None else " ".join(arms.loc[arms["study_id"] == study, "label"])
        if texts.get("ci_low_printed") and "ci_level_printed" not in texts:
            texts["level"] = "95"  # the dictionary says so of a table without a column for it
        texts["dates"] = " ".join(wording.day(text) for text in texts.values() if _DATE.fullmatch(text))
        keys = [key for column, text in texts.items() if "source_key" in column for key in split(text)]
        return digits("\n".join([row_id, *texts.values(), *(sources[key].short for key in keys if key in sources)]))

    def labels_of(self, row_id: str) -> Collection[str]:
        """Labels that the card of a row may have: those that the dictionary gives its columns."""
        table = self.evidence.table(row_id)
        return SOURCE_LABELS if table == SOURCES else self.evidence.resources[table]["listing"].get("columns", ())

    def addresses(self, page: str) -> set[str]:
        """Addresses that a page may give of itself, of the whole review and of the licence."""
        site, doi = self.review.get("site_url", "").rstrip("/"), self.review.get("doi", "")
        within = "" if page == "index.html" else page
        preview = f"previews/{page.removesuffix('.html')}.png"
        paths = (within, "", preview) if site else ()
        own = {*(f"{site}/{path}" for path in paths), self.review["licence_url"]}
        own |= {f"{self.version_address}{path}" for path in (within, f"pdf/{pdf_of(page)}.pdf") if site}
        return own | ({address("doi", doi), f"doi:{doi}", f"doi: {doi}", doi} if doi else set())

    @cached_property
    def version_address(self) -> str:
        """Address of the version once it is published, else of the site; blank where that has none."""
        site, version = self.evidence.facts.get("site_url", "").rstrip("/"), self.evidence.facts["version"]
        within = f"v/{version}/" if is_published(self.root, version) else ""
        return f"{site}/{within}" if site else ""

    @cached_property
    def register(self) -> list[register.Basis]:
        """What each sentence of the book rests on."""
        return register.read(self.root)

    @cached_property
    def cited(self) -> frozenset[str]:
        """Addresses of the sources."""
        return frozenset().union(*(cited.registered for cited in self.evidence.sources.values()))

    def lists(self, page: str, row: str) -> bool:
        """Whether a page is the one that lists a row."""
        try:
            return page == f"chapters/{self.evidence.page(row)}.html"
        except EvidenceError:
            return False

    def listed(self, number: Number) -> tuple[str, list[str], list[str]]:
        """Anchor, texts and links of a number's card on the page of published numbers."""
        facts = {"How": number.how, "Rows": ", ".join(number.rows), "Chapter": number.chapter}
        anchor, own = number.key.replace("_", "-"), self.numbers_page(number.chapter)
        texts = [number.text, *(part for label, fact in facts.items() if fact for part in (label, fact)), anchor]
        links = [*(self.reported(row)[0] for row in number.rows), f"chapters/{number.chapter}.html"]
        return anchor, [clean(text) for text in texts], [*links, f"{own}#{anchor}"]

    def notices(self, page: str) -> list[tuple[str, list[str]]]:
        """What a page must say first of the notices on its sources: each text with the targets of its links."""
        book, chapter = self.evidence, Path(page).stem if page.startswith("chapters/") else ""
        references = [reference for line in self.prose(page) for reference in _NAMED.findall(line.raw)]
        roles = [reference.rpartition(":") for role, reference in references if role == "n"]
        numbers = {(of or chapter, key) for of, _, key in roles} | {at for at in self.numbers if at[0] == chapter}
        resting = [book.marked(self.numbers[at].number.rows) for at in numbers if at in self.numbers]
        stored = self.stored.get(chapter, ChapterOutputs(chapter))
        concluded = [book.marked(conclusion.rows) for conclusion in stored.conclusions]
        shown = {*stored.used, *stored.listed, *(key for role, key in references if role == "src")}
        rows = [row for row in shown if row in book]
        keys = {key for noticed in (*resting, *concluded, book.marked(rows)) for key in noticed}
        texts = []
        for key in book.marked(keys):
            source = book.sources[key]
            counts = [sum(key in noticed for noticed in of) for of in (resting, concluded)]
            if not any(counts) and book.notices.loc[book.notice_on(key), "kind"] == "correction":
                continue  # it touches nothing that the page says
            text = (
                f"{source.mark.capitalize()}: {source.name}. Numbers of this page that rest on it: {counts[0]}; "
                f"conclusions: {counts[1]}. What the notice on {source.name} says, and what changes without it"
            )
            texts.append((clean(text), [self.reported(row)[0] for row in (key, book.notice_on(key))]))
        return texts

    def proof(self) -> list[str]:
        """Texts of the stored proof by mutation, in the order of its page; of one that is not current, none."""
        try:
            run = json.loads((self.root / STORED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            run = {}
        if not isinstance(run, dict) or run.get("fingerprint") != fingerprint(self.root):
            return ["No full run belongs to this version of the data and the code yet."]
        made, caught, survivors = run["made"], run["caught"], len(run["survivors"])
        stopped, shown = run["stopped"], run["shown"]
        texts = [
            f"{made:,} changes made: {stopped:,} stopped; {caught - stopped:,} accepted by a refresh, {shown:,} of "
            f"them shown in the diff of the pull request; {survivors:,} noticed by nothing.{FREE}"
        ]
        texts += ["What becomes of the changes", "What becomes", "Changes"]
        accepted = "Accepted by a refresh, and shown"
        texts += ["Stopped", f"{stopped:,}", f"{accepted} in the diff of the pull request", f"{shown:,}"]
        texts += [f"{accepted} nowhere", f"{caught - stopped - shown:,}", "Noticed by nothing", f"{survivors:,}"]
        texts += ["What caught the changes", "Guard", "It speaks when", "What it does", "Caught", "Caught by it alone"]
        for guard in GUARDS:
            texts += [guard, FREE, FREE, f"{run['guards'].get(guard, 0):,}", f"{run['alone'].get(guard, 0):,}"]
        for caption, first, counts in (("file", "File", "files"), ("kind", "Kind of change", "operators")):
            texts += [f"Changes by {caption}", first, "Made", "Caught"]
            texts += [text for name, of in run[counts].items() for text in (name, *(f"{number:,}" for number in of))]
        for title, names in (
            ("Caught by nothing", run["survivors"]),
            ("Unseen by a chapter that states the number", run["passed"]),
            ("Cells that no page shows", run["unused"]),
        ):
            texts.append(f"{title}: {f'{len(names):,}' if names else 'none'}.")
            texts += [f"{title}: all of them", *names] if names else []
        return texts

    def prose(self, page: str) -> list[Line]:
        """The Markdown of a page, without code; none for a page that the site adds."""
        path = (self.root / page).with_suffix(".md")
        if path.exists():
            text = path.read_text(encoding="utf-8")
            parsed = [*lines(text, front_matter=text.startswith("---\n"))]
        else:
            cells = self.notebooks.get(path.stem, {"cells": []})["cells"]
            parsed = [line for cell in cells if cell["cell_type"] == "markdown" for line in lines(source(cell))]
        return [line for line in parsed if line.kind != "code"]


def pieces(element: Any, depth: int = 0) -> Iterator[tuple[Any, tuple[int, str, str, str]]]:
    """All that an element holds, in order: texts, and the tags, attributes and texts of what is in it."""
    yield element, (depth, str(element.tag), "", (element.text or "").strip())
    for child in element:
        for name, value in sorted(child.attrib.items()):
            yield child, (depth, str(child.tag), f"@{name}", value.strip())
        yield from pieces(child, depth + 1)
        yield child, (depth, str(child.tag), "tail", (child.tail or "").strip())


def words(value: Any) -> Any:
    """The words of the pieces of an element; any other value as it is."""
    return [piece[3] for piece in value if piece[3]] if value and isinstance(value[0], tuple) else value


def changes(built: Sequence[Any], stored: Sequence[Any]) -> Iterator[tuple[slice, slice]]:
    """Parts of two lists that differ: one by one where the lists are of one length, else as runs."""
    if len(built) == len(stored):
        yield from ((slice(i, i + 1), slice(i, i + 1)) for i in range(len(built)) if built[i] != stored[i])
        return
    for kind, a, b, c, d in SequenceMatcher(None, built, stored).get_opcodes():
        if kind != "equal":
            yield slice(a, b), slice(c, d)
