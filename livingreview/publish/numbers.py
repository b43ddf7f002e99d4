"""Hands numbers, tables and figures from a notebook to the page, with where they came from.

A published number is stored as an output that shows nothing, in the way that ``myst_nb.glue`` does; the role
``{n}`` puts it into the prose as a link. ``myst_nb`` itself is not imported: it would cost every kernel 0.9 s.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from livingreview import evidence
from livingreview.evidence import measures
from livingreview.evidence.identifiers import address_of
from livingreview.publish import record, session
from livingreview.statistics import effects, wording

if TYPE_CHECKING:
    from livingreview.publish.figures.parts import Figure, Point, Risk, Row, Sides
    from livingreview.statistics.effects import NNT, Estimate

#: Sources that the caption of a figure names; where there are more, all stand with its data.
MOST_SOURCES = 3
#: Columns that an outcome counted in two arms is derived from: a share, its events where they are printed, its people.
_COUNTED = ("estimate", "events", "n")


class Silent:
    """What a notebook may leave as the last value of a cell without showing it on the page."""

    def _ipython_display_(self) -> None:
        """Show nothing: a published number appears where the prose names it."""


@dataclass(frozen=True)
class Cell(Silent):
    """A text with the place it links to."""

    text: str
    href: str = ""
    title: str = ""

    def html(self) -> str:
        """The text, as a quiet link where there is something to link to."""
        if not self.href:
            return escape(self.text)
        return f'<a class="n" href="{escape(self.href)}" title="{escape(self.title)}">{escape(self.text)}</a>'


@dataclass(frozen=True)
class Table:
    """A table with a caption and scoped headers, one row of HTML a line."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    ids: tuple[str, ...] = ()
    note: str = ""
    filters: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(c)}</th>' for c in self.columns)
        chosen = f' data-filter="{escape("; ".join(self.filters))}"' if self.filters else ""
        body = "\n".join(self._row(i, cells) for i, cells in enumerate(self.rows))
        note = f'\n<p class="table-note">{escape(self.note)}</p>' if self.note else ""
        return (
            f'<div class="table-scroll" role="region" aria-label="{escape(self.caption)}" tabindex="0"{chosen}>'
            f'<table class="lr"><caption>{escape(self.caption)}</caption>\n<thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{body}\n</tbody></table></div>{note}"
        )

    def _row(self, i: int, cells: tuple[Cell, ...]) -> str:
        anchor = f' id="{escape(self.ids[i])}"' if self.ids else ""
        first, *rest = (cell.html() for cell in cells)
        return f'<tr{anchor}><th scope="row">{first}</th>' + "".join(f"<td>{c}</td>" for c in rest) + "</tr>"

    def __repr__(self) -> str:
        return f"Table: {self.caption} ({len(self.rows)} rows)"

    def show(self) -> None:
        """Display it at once; a cell shows only the table that it ends with by itself."""
        session.current().output({record.HTML: self._repr_html_(), "text/plain": repr(self)}, {})


@dataclass(frozen=True)
class Origin:
    """Where a published number leads to, and how it came about."""

    page: str
    anchor: str
    how: str
    title: str


def origin(key: str, rows: Sequence[str], formula: str) -> Origin:
    """Say where a published number leads to: the row it reports, or its entry among the published numbers.

    Parameters
    ----------
    key : str
        Name under which it is published.
    rows : sequence of str
        Ids of the evidence rows that it came from.
    formula : str
        How it was computed; blank for a number as reported.
    """
    book = evidence.load()
    if formula:
        how = f"our calculation: {formula}"
    elif len(rows) == 1:
        return Origin(book.page(rows[0]), rows[0], "as reported", f"as reported: {book.describe(rows[0])}")
    else:
        how = "from several rows" if rows else "stated by this review"
    marks = dict.fromkeys(book.sources[source].mark for source in book.marked(rows))
    noticed = f" [source {', '.join(marks)}]" if marks else ""
    page = book.part(evidence.NUMBERS, key.partition("_")[0])
    return Origin(page, key.replace("_", "-"), how, f"{how}; from {', '.join(rows)}{noticed}" if rows else how)


def publish(key: str, text: str, rows: Iterable[str] = (), formula: str = "", *, columns: Iterable[str] = ()) -> Cell:
    """Store a number or a word for the prose.

    Parameters
    ----------
    key : str
        Says what it is, and begins with the name of the chapter: ``chapter_response_odds_ratio``.
    text : str
        What the reader sees, already formatted.
    rows : iterable of str
        Ids of the evidence rows that it came from.
    formula : str
        How it was computed, in plain words; blank for a number as reported.
    columns : iterable of str
        Columns of these rows that it was read from; without them it is taken to be about all that the rows say.

    Returns
    -------
    Cell
        The same text for use in a table.
    """
    ids, names = list(rows), list(columns)
    for row_id in ids:
        evidence.load().table(row_id)
        session.current().used.append(row_id)
    if not session.current().tracing:
        return Cell(text)
    cells = _cells(key, ids, names) if names else []
    session.current().output({record.TEXT: text}, record.of_number(key, ids, formula, cells))
    place = origin(key, ids, formula)
    return Cell(text, f"{place.page}.html#{place.anchor}", place.title)


def _cells(key: str, rows: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The filled cells of some rows in some columns, each as ``row.column``; every column must have one."""
    book = evidence.load()
    found = [(row, column) for row in rows for column in columns if column in book.row(row)]
    unknown = [column for column in columns if column not in {name for _, name in found}]
    if unknown:
        raise ValueError(
            f"publish('{key}'): columns must stand in its rows; found {', '.join(unknown)}, "
            f"which none of {', '.join(rows) or 'no row'} has. Name columns of data/datapackage.json."
        )
    return [f"{i}.{column}" for i, column in found if book.row(i).get(f"{column}_printed", book.row(i)[column])]


def publish_result(key: str, row_id: str) -> None:
    """Store a reported result: its estimate under `key`, and under `key_ci`, `key_p` and `key_n` what it has.

    Parameters
    ----------
    key : str
        Begins with the name of the chapter.
    row_id : str
        A row of results.csv, pooled.csv, baseline.csv or components.csv.
    """
    row = evidence.load().row(row_id)
    unit = str(row.get("unit", "") or measures.measure(row.get("measure")).unit)
    main = "estimate_printed" if "estimate_printed" in row else "value_printed"
    if row[main]:
        publish(key, wording.printed(row[main], unit), [row_id], columns=[main.removesuffix("_printed")])
    if row.get("ci_low_printed") or row.get("ci_high_printed"):
        low, high = (wording.printed(row[c], unit) for c in ("ci_low_printed", "ci_high_printed"))
        limits = wording.interval(low, high, wording.level_of(row))
        publish(f"{key}_ci", limits, [row_id], columns=["ci_low", "ci_high"])
    if row.get("value_high_printed"):
        publish(f"{key}_high", wording.printed(row["value_high_printed"], unit), [row_id], columns=["value_high"])
    if row.get("p_value_printed"):
        text = wording.p_value(row["p_operator"], row["p_value_printed"])
        publish(f"{key}_p", text, [row_id], columns=["p_operator", "p_value"])
    size = "denominator_printed" if "denominator_printed" in row else "n_printed"
    if row.get(size):
        publish(f"{key}_n", wording.printed(row[size]), [row_id], columns=[size.removesuffix("_printed")])


def publish_estimate(
    key: str,
    estimate: Estimate,
    rows: Iterable[str],
    formula: str,
    *,
    decimals: int = 2,
    unit: str = "",
    scale: float = 1,
    columns: Iterable[str] = (),
) -> Interval:
    """Store an estimate that was derived here: its value under `key`, its interval under `key_ci`.

    Parameters
    ----------
    key : str
        Begins with the name of the chapter.
    estimate : Estimate
        Value with its limits.
    rows : iterable of str
        Ids of the evidence rows that it came from.
    formula : str
        How it was computed, in plain words.
    decimals : int
        Digits after the point.
    unit : str
        Unit of the data dictionary.
    scale : float
        Factor applied first.
    columns : iterable of str
        Columns of these rows that it was computed from.

    Returns
    -------
    Interval
        Value and interval, for use in a table.
    """
    ids, names = list(rows), list(columns)
    value = publish(key, wording.number(estimate.value * scale, decimals, unit), ids, formula, columns=names)
    limits = wording.limits(estimate, decimals, unit, scale)
    return Interval(value, publish(f"{key}_ci", limits, ids, formula, columns=names))


@dataclass(frozen=True)
class Links(Cell):
    """Several rows of the evidence, each a link of its own."""

    parts: tuple[Cell, ...] = ()

    def html(self) -> str:
        """The links after the text."""
        return escape(self.text) + ", ".join(part.html() for part in self.parts)


@dataclass(frozen=True)
class Phrase(Cell):
    """Words of which some are links of their own."""

    parts: tuple[Cell, ...] = ()

    def html(self) -> str:
        """The parts one after another."""
        return "".join(part.html() for part in self.parts)


def phrase(*parts: Cell | str) -> Phrase:
    """Put linked numbers and words together in one cell."""
    cells = tuple(part if isinstance(part, Cell) else Cell(part) for part in parts)
    return Phrase("".join(cell.text for cell in cells), parts=cells)


@dataclass(frozen=True)
class Markup(Cell):
    """HTML that stands in a table as it is."""

    def html(self) -> str:
        """The text itself."""
        return self.text


@dataclass(frozen=True)
class Place(Cell):
    """A place in the book, as ``page#anchor``: a link to something else than the evidence."""

    def html(self) -> str:
        """The name of the page and of the place on it, as a link."""
        if not self.text:
            return ""
        page, _, anchor = self.text.partition("#")
        href = "../index.html" if page == "index" else f"{page}.html"
        words = ": ".join(part for part in (page, anchor.replace("-", " ")) if part)
        return f'<a href="{escape(f"{href}#{anchor}".rstrip("#"))}">{escape(words)}</a>'


@dataclass(frozen=True)
class Out(Cell):
    """A number in a register, or a web address, as a link that leads off the site; any other text stays one."""

    def html(self) -> str:
        """The link, or the text."""
        address, text = address_of(self.text), escape(self.text)
        return f'<a class="lr-out" href="{escape(address)}">{text}</a>' if address else text


def joined(parts: Iterable[Cell]) -> Phrase:
    """Several cells as one, with semicolons between them."""
    whole: list[Cell | str] = []
    for part in parts:
        whole += ["; ", part] if whole else [part]
    return phrase(*whole)


class Interval(NamedTuple):
    """An estimate and its interval as cells of a table."""

    value: Cell
    ci: Cell

    def _ipython_display_(self) -> None:
        """Show nothing, like its parts."""


@dataclass(frozen=True)
class TwoArms(Silent):
    """One outcome counted in two arms, with every way of saying the contrast, published as it was computed."""

    rows: tuple[str, ...]
    how: str
    risks: tuple[Estimate, Estimate]
    risk_difference: Estimate
    risk_ratio: Estimate
    odds_ratio: Estimate
    nnt: NNT
    cells: dict[str, Interval]


def two_arms(key: str, intervention: str, control: str, sizes: Sequence[str] = (), *, decimals: int = 0) -> TwoArms:
    """Derive and store the effect measures of an outcome that is reported as a percentage in each of two arms.

    Under `key` it stores ``_cc`` and ``_control`` (the reported risks), ``_rd`` (difference per 100 people), ``_rr``,
    ``_or``, ``_nnt`` (whole people) and ``_nnt_text`` (with its interval), and ``_ci`` after each of the first five.

    Parameters
    ----------
    key : str
        Begins with the name of the chapter.
    intervention, control : str
        Rows of results.csv that hold a percentage.
    sizes : sequence of str
        Rows of arms.csv that hold the two denominators; read where a result does not print its own.
    decimals : int
        Digits of the risks and of their difference, per 100 people.
    """
    book = evidence.load()
    arms = [book.row(i) for i in (intervention, control)]
    given = ["" if arm["n_printed"] else i for arm, i in zip(arms, list(sizes) or ["", ""], strict=True)]
    n = [float(book.row(i)["n"] if i else arm["n"]) for arm, i in zip(arms, given, strict=True)]
    events = [
        float(arm["events"]) if arm["events_printed"] and not i else effects.events_from_percent(arm["estimate"], of)
        for arm, of, i in zip(arms, n, given, strict=True)
    ]
    counts = (events[0], n[0], events[1], n[1])
    risks = effects.risk(*counts[:2]), effects.risk(*counts[2:])
    ratio, odds = effects.risk_ratio(*counts), effects.odds_ratio(*counts)
    difference, by = _difference(arms, counts)
    nnt = effects.number_needed_to_treat(difference, increase_is_benefit=arms[0]["direction_of_benefit"] == "higher")
    rows = (intervention, control, *filter(None, given))
    of = [f"{arm['estimate_printed']}% of {size:,.0f}" for arm, size in zip(arms, n, strict=True)]
    how = f"{of[0]} against {of[1]}"
    cells = {}
    for suffix, row_id, risk, size in (("cc", intervention, risks[0], 0), ("control", control, risks[1], 1)):
        value = publish(f"{key}_{suffix}", reported(row_id).text, [row_id], columns=["estimate"])
        limits = wording.limits(risk, decimals, "percent", 100)
        wilson = f"Wilson interval of {of[size]}"
        own = [row_id, *filter(None, [given[size]])]
        cells[suffix] = Interval(value, publish(f"{key}_{suffix}_ci", limits, own, wilson, columns=_COUNTED))
    measures = (
        ("rd", difference, "risk difference per 100 people", by, decimals, 100.0),
        ("rr", ratio, "risk ratio", "log interval", 2, 1.0),
        ("or", odds, "odds ratio", "Woolf interval", 2, 1.0),
    )
    for suffix, estimate, name, method, digits, scale in measures:
        formula = f"{name}, {how}; {method}"
        cells[suffix] = publish_estimate(
            f"{key}_{suffix}", estimate, rows, formula, decimals=digits, scale=scale, columns=_COUNTED
        )
    formula = f"1 / risk difference, {how}, rounded up to whole people"
    people = str(math.ceil(round(nnt.value, 6)))
    cells["nnt"] = Interval(
        publish(f"{key}_nnt", people, rows, formula, columns=_COUNTED),
        publish(f"{key}_nnt_text", nnt.text(), rows, formula, columns=_COUNTED),
    )
    return TwoArms(rows, how, risks, difference, ratio, odds, nnt, cells)


def _difference(arms: Sequence[Any], counts: tuple[float, float, float, float]) -> tuple[Estimate, str]:
    """The difference of two risks and how its interval was derived: from intervals that are printed, else from counts.

    What a cluster trial prints takes account of its clusters, which its counts do not show.
    """
    if not all(arm["ci_low_printed"] for arm in arms):
        return effects.risk_difference(*counts), "Newcombe interval"
    risks = [effects.Estimate(*(arm[name] / 100 for name in ("estimate", "ci_low", "ci_high"))) for arm in arms]
    return effects.difference_of_means(*risks).estimate, "interval from the two that are printed"


def out_of_100(two: TwoArms, title: str, difference: str, *, decimals: int = 0) -> Risk:
    """An outcome counted in the two arms, under their names, out of 100 people, for a figure.

    Parameters
    ----------
    two : TwoArms
        What was derived of it.
    title, difference : str
        The outcome, and the difference of the arms as printed.
    decimals : int
        Digits of the risks and their limits.
    """
    from livingreview.publish.figures.parts import Risk, Row

    book = evidence.load()
    arms = book.arms[book.arms["study_id"] == book.row(two.rows[0])["study_id"]].set_index("role")["label"]
    first, second = (
        Row(
            label,
            f"{wording.number(r.value * 100, decimals)} ({wording.limits(r, decimals, scale=100)})",
            r.value * 100,
            r.low * 100,
            r.high * 100,
        )
        for label, r in zip(arms[["intervention", "comparator"]], two.risks, strict=True)
    )
    return Risk(title, (first, second), difference)


def reported(row_id: str, column: str = "estimate", gap: str = "not reported") -> Cell:
    """A cell of the evidence for a table, as a link to its row.

    Parameters
    ----------
    row_id : str
        Id of an evidence row.
    column : str
        Column of its table; ``ci`` gives both limits, ``p`` the P value with its operator, ``value_range``
        the value or the range of a component.
    gap : str
        What stands for a blank.
    """
    row = evidence.load().row(row_id)
    unit = str(row.get("unit", ""))
    if column == "ci":
        has = row["ci_low_printed"] or row["ci_high_printed"]
        parts = (row["ci_low_printed"], row["ci_high_printed"])
        low, high = (wording.printed(p, unit) if p else "not printed" for p in parts)
        text = wording.interval(low, high, wording.level_of(row)) if has else ""
    elif column == "p":
        text = wording.p_value(row["p_operator"], row["p_value_printed"]) if row["p_value_printed"] else ""
    elif column == "value_range":
        text = wording.printed(row["value_printed"], unit) if row["value_printed"] else ""
        if row["value_high_printed"]:
            text += f" to {wording.printed(row['value_high_printed'], unit)}"
    elif f"{column}_printed" in row:
        plain = {"estimate": unit, "value": measures.measure(row.get("measure")).unit}.get(column, "")
        text = wording.printed(row[f"{column}_printed"], plain) if row[f"{column}_printed"] else ""
        text = f"about {text}" if column == "estimate" and row.get("estimate_operator") == "~" else text
    else:
        text = str(row[column])
    return linked(text, row_id) if text else Cell(gap)


def linked(text: str, row_id: str) -> Cell:
    """A text for a table, as a link to the evidence row (or source) it rests on."""
    session.current().used.append(row_id)
    return _cell(text, row_id)


def sources_linked(keys: Iterable[str]) -> Links:
    """Names of sources for a table, each as a link to its entry."""
    return Links("", parts=tuple(linked(evidence.load().sources[key].short, key) for key in keys))


def sides(*row_ids: str) -> Sides:
    """What the left and the right of no difference favor in a figure, the right being the side of benefit.

    Parameters
    ----------
    *row_ids : str
        Rows of results.csv that are drawn on one scale.

    Returns
    -------
    livingreview.publish.figures.Sides

    Raises
    ------
    ValueError
        When lower is better in one of the rows and higher in another, or the rows do not say which.
    """
    from livingreview.publish.figures.parts import Sides

    book = evidence.load()
    rows = [book.row(row_id) for row_id in row_ids]
    directions, studies = ({str(row[column]) for row in rows} for column in ("direction_of_benefit", "study_id"))
    if len(studies) != 1 or directions not in ({"lower"}, {"higher"}):
        raise ValueError(f"{', '.join(row_ids)}: must be of one study and have one direction of benefit")
    arms = book.arms[book.arms["study_id"].isin(studies)].set_index("role")["label"]
    names = (arms[role].partition(" (")[0] for role in ("intervention", "comparator"))
    better, worse = (f"favors {name if name[:2].isupper() else name[0].lower() + name[1:]}" for name in names)
    return Sides(worse, better, directions == {"lower"})


def drawn(row_id: str, label: str, *, note: str = "", group: str = "") -> Row:
    """A reported result as a row of a figure.

    Parameters
    ----------
    row_id : str
        A row of results.csv or pooled.csv.
    label : str
        What the row is called in the figure.
    note : str
        A remark under it.
    group : str
        Heading under which it stands.
    """
    from livingreview.publish.figures.parts import Row

    row = evidence.load().row(row_id)
    words = " ".join(str(row.get(column, "")) for column in ("outcome", "instrument", "definition"))
    if other := [name for name in re.findall(r"\b[A-Z]{2,}-?\d+\b", label) if name not in words]:
        raise ValueError(f"the label of {row_id} must name no other instrument, found {other[0]}; its row: {words}")
    session.current().used.append(row_id)
    text = reported(row_id).text
    if row["ci_low_printed"] and row["ci_high_printed"]:
        text = f"{text} ({reported(row_id, 'ci').text})"
    return Row(label, text, row["estimate"], row["ci_low"], row["ci_high"], note, group)


def plotted(row_id: str) -> Point:
    """A reported result as a point of a figure over time."""
    from livingreview.publish.figures.parts import Point

    row = evidence.load().row(row_id)
    return Point(row["months"], row["estimate"], drawn(row_id, "").printed, row["ci_low"], row["ci_high"])


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell | str]],
    *,
    ids: Sequence[str] = (),
    note: str = "",
    filters: Sequence[str] = (),
) -> Table:
    """A table for the page.

    Parameters
    ----------
    caption : str
        What the table shows; it also names the scrolling region for a screen reader.
    columns : sequence of str
        Column headers.
    rows : iterable of sequences of Cell or str
        The first cell of a row is its header.
    ids : sequence of str
        Anchors, one a row.
    note : str
        A remark under the table.
    filters : sequence of str
        Headers of the columns by whose values a reader can choose rows; without a script all rows stand there.
    """
    cells = tuple(tuple(c if isinstance(c, Cell) else Cell(c) for c in row) for row in rows)
    wrong = [len(row) for row in cells if len(row) != len(columns)]
    if wrong:
        raise ValueError(f"'{caption}': every row must have {len(columns)} cells, found {wrong[0]}")
    return Table(caption, tuple(columns), cells, tuple(ids), note, tuple(filters))


def show(figure: Figure, caption: str, rows: Iterable[str] = ()) -> None:
    """Display a figure with its caption, its long description, its data and its sources.

    Parameters
    ----------
    figure : Figure
        From :mod:`livingreview.publish.figures`.
    caption : str
        What the reader should see in it.
    rows : iterable of str
        Ids of the evidence rows that are drawn.
    """
    ids = list(rows)
    for row_id in ids:
        session.current().used.append(row_id)
    data = table(f"Data: {caption}", figure.columns, figure.data)
    line, every = _sources(ids)
    session.current().output(
        {
            # the caption stands first: after it a figure may hold anything, after anything it may not stand
            record.HTML: f'<figure class="lr-figure"><figcaption>{escape(caption)}{line}</figcaption>\n'
            f"{figure.svg}\n"
            f'<details class="lr-data"><summary>Data and description of this figure</summary>\n'
            f"<p>{escape(figure.description)}</p>\n{every}{data._repr_html_()}</details></figure>",
            "text/plain": f"Figure: {figure.alt}",
        },
        record.of_figure(ids),
    )


def sources() -> Table:
    """Sources of the rows that this chapter used: where each is found, and how much of it was read."""
    book = evidence.load()
    keys: set[str] = set()
    for row_id in {*session.current().used}:
        if book.table(row_id) == "sources":
            keys.add(row_id)
        else:
            row = book.row(row_id)
            keys.update(evidence.split(str(row.get("source_key") or row.get("source_keys", ""))))
    found = sorted((book.sources[key] for key in keys), key=lambda source: (source.short.casefold(), source.key))
    return table(
        "Sources of this chapter",
        ("Source", "Where it is found", "What was read"),
        [
            (linked(source.short, source.key), joined(map(Out, source.places)), source.read or source.kind)
            for source in found
        ],
    )


def _cell(text: str, row_id: str) -> Cell:
    book = evidence.load()
    return Cell(text, f"{book.page(row_id)}.html#{row_id}", f"as reported: {book.describe(row_id)}")


def _sources(ids: Sequence[str]) -> tuple[str, str]:
    """Line of sources under a figure, and all of them if they are many: each source once, linked to its entry."""
    book = evidence.load()
    keys: dict[str, None] = {}
    for row_id in ids:
        row = book.row(row_id)
        keys.update(dict.fromkeys(evidence.split(str(row.get("source_key") or row.get("source_keys", "")))))
    links = [f'<a href="{book.page(key)}.html#{key}">{escape(book.sources[key].short)}</a>' for key in keys]
    if not links:
        return "", ""
    few = len(links) <= MOST_SOURCES
    line = f"{'; '.join(links)}." if few else f"{'; '.join(links[: MOST_SOURCES - 1])} and others, named with the data."
    return f' <span class="lr-sources">Source: {line}</span>', "" if few else f"<p>Sources: {'; '.join(links)}.</p>\n"
