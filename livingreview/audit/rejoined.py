"""Pages that the site divides, put together again to be held against what is stored.

It takes nothing from the code that divides them: which part holds a row is read from the parts, and what an index must
say of them from the data.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import html

from livingreview.audit.expected import NUMBERS, Expected
from livingreview.evidence import PAGES
from livingreview.notebooks.files import Problem
from livingreview.notebooks.outputs import clean

_PART = re.compile(r"chapters/([a-z_]+)-(\d+)\.html")
_REBUILD = "The page is not what is stored: build it again with 'make book'."


class Parts:
    """The parts of a built site.

    Parameters
    ----------
    site : Path
        Folder of the built pages.
    book : Expected
        What the pages must show.

    Attributes
    ----------
    rows : dict of str to list of (str, str)
        The rows of each part, by its address: id and label of each.
    unlisted : set of str
        Parts, and pages of code, that no page has named yet.
    """

    def __init__(self, site: Path, book: Expected) -> None:
        self.site, self.book = site, book
        self.rows: dict[str, list[tuple[str, str]]] = {}
        self._home: dict[tuple[str, str], str] = {}
        for path in (site / "chapters").glob("*-*.html"):
            name = f"chapters/{path.name}"
            if (found := _PART.fullmatch(name)) and (found[1] in PAGES or found[1] == "numbers"):
                rows = self._table(name).xpath(".//tr[@id]")
                self.rows[name] = [(row.get("id"), self._label(row)) for row in rows]
                listing = f"chapters/{PAGES[found[1]]}.html" if found[1] in PAGES else NUMBERS
                self._home |= {(name, row): listing for row, _ in self.rows[name]}
        self._moved = {(listing, row) for (_, row), listing in self._home.items()}
        self.unlisted = {*self.rows, *(f"chapters/{path.name}" for path in (site / "chapters").glob("*-code.html"))}

    def _table(self, name: str) -> Any:
        """The region of the table of a part."""
        tree = html.document_fromstring((self.site / name).read_text(encoding="utf-8"))
        return tree.xpath("//div[@class='output']/div")[0]

    def _label(self, row: Any) -> str:
        """By what a reader looks for a row: its study, its chapter, or what its first cell says."""
        row_id, evidence = row.get("id"), self.book.evidence
        if row_id not in evidence:
            return str(row[1].text_content() if len(row) > 1 else row_id)
        if row_id in evidence.sources:
            return f"{evidence.sources[row_id].short} [{row_id}]"
        if row_id in evidence.studies.index:
            study = evidence.studies.loc[row_id]
            return str(study["acronym"] or study["name"] or row_id)
        held = evidence.row(row_id)
        if "study_id" not in held:
            return str(row_id)
        study_id = str(held["study_id"])
        return str(evidence.studies.loc[study_id, "acronym"] or study_id) if study_id else "no study"

    def _span(self, name: str) -> str:
        (first, start), (last, end) = self.rows[name][0], self.rows[name][-1]
        if start != end:
            return f"{start} to {end}"
        return f"{start}, {first} to {last}" if first != last else start

    def titles(self, name: str) -> list[str]:
        """What a part may say of which rows it and its neighbours hold, as a page that is no part may not."""
        found = _PART.fullmatch(name)
        near = (f"chapters/{found[1]}-{int(found[2]) + step}.html" for step in (-1, 0, 1)) if found else ()
        return sorted((clean(self._span(one)) for one in near if one in self.rows), key=len, reverse=True)

    def rejoin(self, name: str, tree: Any) -> list[Problem]:
        """Make of a page what it was before it was divided.

        Parameters
        ----------
        name : str
            Its address from the root of the site.
        tree : lxml.html.HtmlElement
            The page, which is changed: each index becomes its whole table, each link to code the code; a part loses
            what it holds, and a link to a row leads to the page that would list it.

        Returns
        -------
        list of Problem
            What an index says that is not so, and links that do not lead to the part that holds their row.
        """
        problems = []
        for index in tree.xpath("//nav[@class='lr-parts']"):
            problems += self._whole(name, index)
        problems += self._code(name, tree)
        apart = "//div[@class='output']" if name in self.rows else "//div[starts-with(@id, 'code-')]"
        for block in tree.xpath(apart) if name in self.rows or name.endswith("-code.html") else ():
            block.getparent().remove(block)
        for link in tree.iter("a"):
            path, _, row = unquote(link.get("href", "")).partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            if listing := self._home.get((target, row)):
                link.set("href", link.get("href").replace(Path(target).name, Path(listing).name, 1))
            elif (target, row) in self._moved:
                must = "lead to the part that holds the row"
                problems.append(Problem(name, must, f"{link.get('href')} in {link.text_content()!r}", _REBUILD))
        return problems

    def _code(self, name: str, tree: Any) -> list[Problem]:
        """Put the code of a chapter back where the links to it stand."""
        links = tree.xpath("//p[@class='lr-code']/a")
        if not links:
            return []
        page = f"{name.removesuffix('.html')}-code.html"
        found = (
            html.document_fromstring((self.site / page).read_text(encoding="utf-8")) if page in self.unlisted else None
        )
        blocks = found.xpath("//div[starts-with(@id, 'code-')]") if found is not None else []
        wanted = [f"{Path(page).name}#{block.get('id')}" for block in blocks]
        if [link.get("href") for link in links] != wanted:
            return [Problem(name, f"link the code of {page}, each block once", f"{len(links)} links", _REBUILD)]
        self.unlisted.discard(page)
        for link, block in zip(links, blocks, strict=True):
            fold = html.fragment_fromstring('<details class="lr-code"><summary>Code</summary></details>')
            fold.extend(block)
            fold.tail = link.getparent().tail
            link.getparent().getparent().replace(link.getparent(), fold)
        return []

    def _whole(self, name: str, index: Any) -> list[Problem]:
        """Put the rows of all parts in place of an index, which must say what they are."""
        folder = posixpath.dirname(name)
        items = index.xpath("./ul/li")
        parts = [posixpath.join(folder, unquote(item[0].get("href", ""))) for item in items]
        wrong = [part for part in parts if part not in self.unlisted]
        if wrong or not parts:
            return [Problem(name, "list the parts of a table, each once", f"{wrong or 'none'}", _REBUILD)]
        self.unlisted -= {*parts}
        regions = [self._table(part) for part in parts]
        body = regions[0].xpath(".//tbody")[0]
        for region in regions[1:]:
            body.extend(region.xpath(".//tbody/tr"))
        problems = []
        caption = clean(regions[0].xpath(".//caption")[0].text_content())
        head = f"{caption}: {len(body):,} rows, in parts, each on a page of its own."
        said = [(_text(part), tuple(link.get("href") for link in part.iter("a"))) for part in (index[0], *items)]
        wanted: list[set[tuple[str, tuple[str, ...]]]] = [{(head, ())}, *map(self._items, parts)]
        for (text, links), may in zip(said, wanted, strict=True):
            if (text, links) not in may:
                must = f"say {' or '.join(repr(one[0][:120]) for one in may)}, with links to the rows"
                problems.append(Problem(f"{name}, {caption}", must, repr(text[:120]), _REBUILD))
        regions[0].tail = index.tail
        index.getparent().replace(index, regions[0])
        return problems

    def _items(self, part: str) -> set[tuple[str, tuple[str, ...]]]:
        """What an index may say of a part, short and long: the text, and where its links lead."""
        file, rows = Path(part).name, self.rows[part]
        short = clean(f"{self._span(part)}: {len(rows):,} row{'s' * (len(rows) != 1)}")
        groups = [(label, [row for row, _ in own]) for label, own in groupby(rows, key=lambda row: row[1])]
        named = clean(", ".join(f"{label} {len(own)}" for label, own in groups))
        links = [f"{file}#{own[0]}" for _, own in groups]
        return {(short, (file,)), (f"{short} {named}", (file, *links))}


def _text(element: Any) -> str:
    return clean(str(element.text_content()))


def spans(text: str, titles: Sequence[str]) -> tuple[str, str]:
    """Take what a part says of its rows out of a text, and give both."""
    taken = [title for title in titles if title in text]
    for title in taken:
        text = text.replace(title, "")
    return text, " ".join(taken)
