"""The evidence as tables for its own pages: every row with an anchor, every column shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from livingreview import evidence
from livingreview.publish.evidence_cards import Cards, cell
from livingreview.publish.numbers import Cell, Out, Table, joined, table

#: Rows above which a table is shown group by group: a browser then lays out only the groups in sight.
GROUPED = 250


@dataclass(frozen=True)
class Groups:
    """A long table as a table for each group of its rows, after an index of the groups.

    Parameters
    ----------
    name : str
        What the ids of the groups begin with.
    page : str
        Chapter that lists the table.
    caption : str
        What the whole table shows.
    tables : tuple of (str, str, Table)
        Key, label and table of each group.
    """

    name: str
    page: str
    caption: str
    tables: tuple[tuple[str, str, Table], ...]

    def _repr_html_(self) -> str:
        is_divided = self.page in evidence.load().divided
        # rows.js leads from the address of the chapter to the page of a row
        rows = f' data-rows="../rows/{self.page}.js"' if is_divided else ""
        name, items, groups = escape(self.caption), "", ""
        for key, label, group in self.tables:
            page = evidence.load().part(self.page, key)
            anchor, own = f"{self.name}-{key}", f' data-page="{page}"' if is_divided else ""
            items += f'<li><a href="{f"{page}.html" if is_divided else ""}#{anchor}">{escape(label)}</a></li>\n'
            groups += f'<div class="lr-group" id="{anchor}"{own}>\n{group._repr_html_()}\n</div>\n'
        return (
            f'<nav class="lr-groups" aria-label="Groups of the table: {name}"{rows}>\n'
            f"<p><strong>{name}</strong></p>\n<ul>\n{items}</ul>\n</nav>\n{groups}"
        )

    def __repr__(self) -> str:
        return f"Table: {self.caption} ({sum(len(group.rows) for _, _, group in self.tables)} rows)"


def grouped(whole: Table, name: str, page: str, keys: Sequence[str]) -> Table | Groups:
    """Show a table group by group if it is long, or if its page is divided.

    Parameters
    ----------
    whole : livingreview.publish.numbers.Table
    name : str
        Name of the table, for the ids of the groups.
    page : str
        Chapter that lists it.
    keys : sequence of str
        Group of each row: the id of a study, or any other word.
    """
    book = evidence.load()
    if len(whole.rows) <= GROUPED and page not in book.divided:
        return whole
    studies, tables = book.studies, []
    for key in sorted(set(keys)):
        label = str(studies.loc[key, "acronym"] or key) if key in studies.index else key[:1].upper() + key[1:]
        at = [number for number, of in enumerate(keys) if of == key]
        rows, ids = tuple(whole.rows[number] for number in at), tuple(whole.ids[number] for number in at)
        tables.append((key, label, replace(whole, caption=f"{whole.caption}: {label}", rows=rows, ids=ids)))
    return Groups(name, page, whole.caption, tuple(tables))


def listing(
    name: str, caption: str, filters: Sequence[str] = (), only: Mapping[str, str] | None = None
) -> Table | Groups:
    """Every row of a table of the evidence, as the dictionary lists it, each with its id as anchor.

    Parameters
    ----------
    name : str
        Name of the table.
    caption : str
        What the table shows.
    filters : sequence of str
        Headers of the columns by whose values a reader can choose rows.
    only : mapping of str to str, optional
        Columns and the value that a row must have there to be listed.
    """
    book = evidence.load()
    frame = getattr(book, name)
    for column, value in (only or {}).items():
        frame = frame[frame[column] == value]
    resource = book.resources[name]
    shown = resource["listing"]
    headers = {header: evidence.split(columns) for header, columns in shown["columns"].items()}
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    lines = [[cell(row, under, fields) for under in headers.values()] for _, row in frame.iterrows()]
    if name not in book.pages and "heading" not in shown:
        return table(caption, [*headers], lines, filters=filters)
    about, reports = (tuple(evidence.split(shown.get(part, ""))) for part in ("heading", "value"))
    ids = tuple(str(i) for i in frame.index)
    whole = Cards(caption, tuple(headers), tuple(map(tuple, lines)), ids, "", tuple(filters), about, reports)
    return grouped(whole, name, book.pages[name], [book.group(i) for i in ids]) if name in book.pages else whole


def source_list(caption: str) -> Table | Groups:
    """Every entry of the bibliography, each with its key as anchor."""
    book = evidence.load()
    listed = sorted(book.sources.values(), key=lambda s: (s.short.casefold(), s.key))
    rows: list[tuple[Cell | str, ...]] = [
        (
            s.short,
            s.title,
            joined(map(Out, s.places)),
            s.read,
            " ".join(p for p in (s.container, _issue(s)) if p),
            "; ".join(s.names),
            s.kind,
            s.note,
        )
        for s in listed
    ]
    columns = ("Source", "Title", "Identifiers", "What was read", "Published in", "Authors", "Kind", "Note")
    cells = tuple(tuple(part if isinstance(part, Cell) else Cell(part) for part in row) for row in rows)
    whole = Cards(caption, columns, cells, tuple(s.key for s in listed), heading=columns[:1])
    return grouped(whole, evidence.SOURCES, evidence.SOURCES, [book.group(s.key) for s in listed])


def dictionary(name: str) -> Table:
    """Data dictionary of one table, from its schema in datapackage.json."""
    resource = evidence.load().resources[name]
    rows = []
    for field in resource["schema"]["fields"]:
        allowed = field.get("constraints", {}).get("enum", [])
        kind = field["type"] + (f" ({field['unit']})" if "unit" in field else "")
        rows.append((field["name"], field["description"], kind, "; ".join(w.replace("_", " ") for w in allowed)))
    return table(f"{resource['path']}: {resource['description']}", ("Column", "What it holds", "Type", "Allowed"), rows)


def _issue(source: evidence.Source) -> str:
    number = f"({source.number})" if source.number else ""
    pages = f":{source.pages}" if source.pages else ""
    return f"{source.year};{source.volume}{number}{pages}".strip(";") if source.year else f"{source.volume}{number}"
