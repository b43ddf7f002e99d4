"""Figures in rows: forest plots, ranges, risks, timelines.

Rows suit a phone: the label above, the printed number at its right, and below both a lane across the page
in which the number is drawn. No text is ever crossed by a line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingreview.publish.figures.page import EDGE, INK, LINE, RISE, WIDTH, Page, measure, sheet, wrap
from livingreview.publish.figures.parts import (
    ALT,
    LIGHT,
    Event,
    Figure,
    Panel,
    Risk,
    Row,
    check_printed,
    drawing,
    known,
    prose,
    table,
)
from livingreview.publish.figures.scales import Scale, fitted, short
from livingreview.statistics.wording import listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INSET = 16.0  # of the scale from the edge of the page, so that the label of a tick at its end is not cut
_LANE = 12.0  # height of a lane
_GAP = 7.0  # below a lane

Draw = Callable[["Axes", float], None]


@drawing
def forest(name: str, panels: Sequence[Panel], *, summary: str = "") -> Figure:
    """Draw estimates with their intervals, each panel on its own scale.

    A row without an interval has a hollow marker; one with a single limit ends in an arrow; one without an
    estimate has text only. Alt text and description say so; they count no results by side or by significance.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    panels : sequence of Panel
        Rows of one scale belong in one panel.
    summary : str
        First sentence of the description.

    Raises
    ------
    ValueError
        If a printed text does not state what is drawn, or a log scale is given a number that is not positive.
    """
    sides = {panel.favours for panel in panels}
    with sheet() as page:
        shared = len({favours[:2] for favours in sides if favours}) == 1 and None not in sides
        if shared:
            _sides(page, panels[0])
        for panel in panels:
            _panel(page, name, panel)
            if not shared:
                _sides(page, panel)
        alt, description = _forest_alt(panels), prose(summary, *_forest_sentences(panels))
        data = []
        for panel in panels:
            title = panel.title if len(panels) > 1 else ""
            data += [(title, row.group, row.label, row.printed, _notes(row)) for row in panel.rows]
            data += [(title, "", "Marked", mark.label, "") for mark in panel.thresholds]
        columns, cells = table(("Panel", "Group", "Result", "Value", "Note"), data)
        return Figure(page.svg(name, alt, description), alt, description, columns, cells)


@drawing
def spans(name: str, rows: Sequence[Row], xlabel: str, *, summary: str = "") -> Figure:
    """Draw ranges (`low` to `high`) as bars, with a marker where there is an estimate, on a scale from zero.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    rows : sequence of Row
        A row may be a range, an estimate, or both.
    xlabel : str
        Quantity and unit.
    summary : str
        First sentence of the description.

    Raises
    ------
    ValueError
        If a printed text does not state what is drawn.
    """
    numbers = [number for row in rows for number in _numbers(name, row)]
    with sheet() as page:
        _lanes(page, [(row, _span(row)) for row in rows], fitted(name, [0.0, *numbers]), xlabel)
        rows_in_words = "; ".join(f"{_full(row)}: {row.printed}" for row in rows)
        alt = prose(f"Ranges, {xlabel}: {rows_in_words}" if len(rows) <= 4 else f"{len(rows)} ranges, {xlabel}")
        notes = [f"{_full(row)}: {row.note}" for row in rows if row.note]
        description = prose(summary, f"Ranges on a scale from zero, {xlabel}: {rows_in_words}", *notes)
        columns, data = table(("Group", "Item", "Value", "Note"), [(r.group, r.label, r.printed, r.note) for r in rows])
        return Figure(page.svg(name, alt, description), alt, description, columns, data)


@drawing
def risks(name: str, outcomes: Sequence[Risk], xlabel: str, *, upper: float = 100, summary: str = "") -> Figure:
    """Draw the risks of two arms as bars out of `upper`, and state the difference between them.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    outcomes : sequence of Risk
        Each with two arms, in the same order throughout.
    xlabel : str
        What is counted, such as 'people out of 100'.
    upper : float
        End of the scale, which starts at zero.
    summary : str
        First sentence of the description.

    Raises
    ------
    ValueError
        If a printed text does not state what is drawn, or a risk lies outside the scale.
    """
    lanes: list[tuple[Row, Draw | None]] = []
    for outcome in outcomes:
        for i, arm in enumerate(outcome.arms):
            if any(not 0 <= number <= upper for number in _numbers(name, arm)):
                raise ValueError(f"{name}, {arm.label}: must lie between 0 and {upper:g}.")
            row = Row(arm.label, arm.printed, note=arm.note, group=outcome.title)
            lanes.append((row, None if known(arm.estimate) is None else _bar(arm, i)))
        if outcome.difference:
            first, second = (known(arm.estimate) for arm in outcome.arms)
            row = Row("Difference", outcome.difference, group=outcome.title)
            if first is not None and second is not None:
                where = f"{name}, {outcome.title}, difference"
                check_printed(where, outcome.difference, abs(first - second), unsigned=True)
            lanes.append((row, None))  # a line between the ends of the bars would look like an interval
    with sheet() as page:
        _lanes(page, lanes, Scale(0.0, float(upper)), xlabel)
        in_words = [
            f"{outcome.title}: {listed([f'{arm.label} {arm.printed}' for arm in outcome.arms])}"
            + (f", difference {outcome.difference}" if outcome.difference else "")
            for outcome in outcomes
        ]
        alt = prose(f"Bars, {xlabel}. {'; '.join(in_words)}")
        notes = [f"{row.group}, {row.label}: {row.note}" for row, _ in lanes if row.note]
        description = prose(summary, f"Bars on a scale from 0 to {upper:g}, {xlabel}", *in_words, *notes)
        columns, data = table(
            ("Outcome", "Arm", "Value", "Note"),
            [(r.group, r.label, r.printed, r.note) for r, _ in lanes],
        )
        return Figure(page.svg(name, alt, description), alt, description, columns, data)


@drawing
def timeline(
    name: str, events: Sequence[Event], xlabel: str, *, undated: str = "Date not known", summary: str = ""
) -> Figure:
    """Draw moments and periods in rows, those without a time separately.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    events : sequence of Event
        In reading order; times in any one unit, such as weeks, or `years`.
    xlabel : str
        The unit of time and its origin.
    undated : str
        Heading of the events without a time.
    summary : str
        First sentence of the description.

    Raises
    ------
    ValueError
        If a printed text does not state the times drawn, or the year of calendar dates.
    """
    dated = [(event, start) for event in events if (start := known(event.start)) is not None]
    apart = [event for event in events if known(event.start) is None]
    with sheet() as page:
        if dated:
            times = [t for event, start in dated for t in (start, known(event.end)) if t is not None]
            # Calendar years have no zero worth showing; the weeks of a treatment do.
            calendar = min(times) > 1000
            for event, start in dated:
                drawn = [float(int(start))] if calendar else [start, known(event.end)]
                check_printed(f"{name}, {event.label}", event.printed, *(t for t in drawn if t is not None))
            scale = fitted(name, times if calendar else [0.0, *times])
            rows = [(_event_row(event), _moment(start, known(event.end))) for event, start in dated]
            _lanes(page, rows, scale, xlabel)
        if apart:
            page.y += _GAP if dated else 0
            page.paragraph(undated, bold=True)
            for event in apart:
                _label(page, _event_row(event))
        ends = " to ".join(f"{event.label} ({event.printed})" for event, _ in dated[:1] + dated[1:][-1:])
        loose = f"{len(apart)} without a time" if apart else ""
        alt = prose("; ".join(part for part in (f"Timeline, {xlabel}", ends, loose) if part))
        notes = [f"{event.label}: {event.note}" for event in events if event.note]
        description = prose(
            summary,
            f"Timeline, {xlabel}: {'; '.join(_said(event) for event, _ in dated)}" if dated else "",
            f"{undated}: {'; '.join(_said(event) for event in apart)}" if apart else "",
            *notes,
        )
        columns, data = table(("Entry", "Value", "Note"), [(e.label, e.printed, e.note) for e in events])
        return Figure(page.svg(name, alt, description), alt, description, columns, data)


def years(date: str) -> tuple[float, float]:
    """Return start and end of a date (2021, 2021-03 or 2021-03-10) in years, for an `Event`.

    A date known only to the year is the whole year, not its first of January.
    """
    year, month, day = [*(int(part) for part in date.split("-")), 0, 0][:3]
    start = year + max(month - 1, 0) / 12 + max(day - 1, 0) / 365
    return start, start + (0.0 if day else 1 / 12 if month else 1.0)


# Layout


@dataclass(frozen=True)
class _Mark:
    """A value marked in every lane, or a band if `upto` is given."""

    value: float
    dashed: bool = False
    upto: float | None = None


def _label(page: Page, row: Row) -> None:
    page.pair(row.label, row.printed)
    if row.note:
        page.paragraph(row.note, slant=True)


def _lanes(
    page: Page,
    rows: Sequence[tuple[Row, Draw | None]],
    scale: Scale,
    xlabel: str,
    marks: Sequence[_Mark] = (),
    *,
    falling: bool = False,
) -> None:
    """Draw rows, each with its lane if it has something to draw, the values of marks, and the axis below them."""
    top, group = page.y, ""
    lanes: list[tuple[Draw, float]] = []
    for row, draw in rows:
        if row.group and row.group != group:
            page.y += _GAP if group else 0
            page.paragraph(row.group, bold=True)
        group = row.group
        _label(page, row)
        if draw is not None:
            page.rectangle((0, page.y, WIDTH, page.y + _LANE), frame=False, tint=0.07)
            lanes.append((draw, page.y + _LANE / 2))
            page.y += _LANE
        page.y += _GAP
    if lanes:
        _tags(page, [mark for mark in marks if mark.dashed], scale, falling)
    axes = page.chart(_INSET, top, WIDTH - _INSET, page.y)
    axes.set_xscale("log" if scale.log else "linear")
    axes.set_xlim(*((scale.high, scale.low) if falling else (scale.low, scale.high)))
    ticks = scale.ticks(WIDTH - 2 * _INSET)
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.set_xticks([], minor=True)
    for draw, y in lanes:
        ends = [y - _LANE / 2, y + _LANE / 2]
        for mark in marks:
            if mark.upto is None:
                axes.plot([mark.value] * 2, ends, color=INK, lw=1, ls=(0, (2, 2)) if mark.dashed else "-")
            else:
                xs = [mark.value, mark.upto, mark.upto, mark.value]
                axes.fill(xs, [ends[0], ends[0], ends[1], ends[1]], color=INK, alpha=0.15, lw=0)
        draw(axes, y)
    page.y += 20  # tick labels
    for line in wrap(xlabel, WIDTH - 2 * EDGE):
        page.text(WIDTH / 2, page.y + RISE, line, align="center")
        page.y += LINE


def _panel(page: Page, name: str, panel: Panel) -> None:
    """Draw one panel of a forest plot below the rest."""
    page.y += LINE if page.y > EDGE else 0
    if panel.title:
        page.paragraph(panel.title, bold=True)
        page.y += 3
    marks = [] if panel.null is None else [_Mark(panel.null)]
    for threshold in panel.thresholds:
        mark = _Mark(threshold.value, dashed=True, upto=known(threshold.upto))
        ends = [abs(end) for end in (mark.value, mark.upto) if end is not None]
        check_printed(f"{name}, threshold", threshold.label, *ends, unsigned=True)
        marks.append(mark)
    numbers = [number for row in panel.rows for number in _numbers(name, row)]
    numbers += [number for mark in marks for number in (mark.value, mark.upto) if number is not None]
    scale, falling = fitted(name, numbers, log=panel.scale == "log"), _falling(panel)
    rows = [(row, _estimate(row, scale, falling) if _numbers(name, row) else None) for row in panel.rows]
    _lanes(page, rows, scale, panel.xlabel, marks, falling=falling)
    for threshold in panel.thresholds:
        page.y += 2
        page.paragraph(threshold.label, slant=True)


def _falling(panel: Panel) -> bool:
    return panel.favours is not None and panel.favours.lower_is_better


def _sides(page: Page, panel: Panel) -> None:
    """Say what lies left and right of the line of no difference."""
    if panel.favours:
        left, right = f"\u2190 {panel.favours[0]}", f"{panel.favours[1]} \u2192"
        page.text(EDGE, page.y + RISE, left)
        page.y += LINE if measure(left) + 12 + measure(right) > WIDTH - 2 * EDGE else 0
        page.text(WIDTH - EDGE, page.y + RISE, right, align="right")
        page.y += LINE


def _tags(page: Page, marks: Sequence[_Mark], scale: Scale, falling: bool) -> None:
    """Write the value of each mark below its line, moved aside and led to where two would touch."""
    room = WIDTH - 2 * _INSET
    ends = {tuple(sorted({mark.value, mark.value if mark.upto is None else mark.upto}, key=abs)) for mark in marks}
    places = {" to ".join(short(abs(end)) for end in pair): scale.fraction(sum(pair) / len(pair)) for pair in ends}
    tags = sorted((_INSET + room * (1 - at if falling else at), tag) for tag, at in places.items())
    middles: list[float] = []
    for place, tag in tags:
        least = middles[-1] + measure(tags[len(middles) - 1][1]) / 2 + measure(tag) / 2 + 5 if middles else 0.0
        middles.append(max(place, least))
    most = WIDTH - EDGE
    for i in reversed(range(len(tags))):
        half = measure(tags[i][1]) / 2
        middles[i] = min(middles[i], most - half)
        most = middles[i] - half - 5
    start = page.y - _GAP
    for (place, tag), middle in zip(tags, middles, strict=True):
        page.line([place, middle], [start, start + 9], width=0.8)
        page.text(middle, start + 11 + RISE, tag, align="center")
    page.y += LINE + 9 if tags else 0


# What is drawn in a lane


def _estimate(row: Row, scale: Scale, falling: bool) -> Draw:
    middle, low, high = known(row.estimate), known(row.low), known(row.high)
    less, more = (">", "<") if falling else ("<", ">")

    def draw(axes: Axes, y: float) -> None:
        if low is not None or high is not None:
            start, end = scale.low if low is None else low, scale.high if high is None else high
            axes.plot([start, end], [y, y], color=LIGHT[0], lw=1.8)
            for missing, x, marker in ((low is None, start, less), (high is None, end, more)):
                if missing:
                    axes.plot([x], [y], marker, color=LIGHT[0], ms=7, mew=0)
        if middle is not None and low is None and high is None:
            axes.plot([middle], [y], "D", mfc="none", mec=LIGHT[0], mew=1.5, ms=5.5)
        elif middle is not None:
            axes.plot([middle], [y], "s", color=LIGHT[0], ms=6.5, mew=0)

    return draw


def _span(row: Row) -> Draw | None:
    middle, low, high = known(row.estimate), known(row.low), known(row.high)

    def draw(axes: Axes, y: float) -> None:
        if low is not None and high is not None:
            _block(axes, low, high, y)
        if middle is not None:
            axes.plot([middle], [y], "D", color=INK, ms=5, mew=0)

    return None if middle is None and (low is None or high is None) else draw


def _moment(start: float, end: float | None) -> Draw:
    def draw(axes: Axes, y: float) -> None:
        if end is not None and end > start:
            _block(axes, start, end, y)
        else:
            axes.plot([start], [y], "D", color=LIGHT[0], ms=6, mew=0)

    return draw


def _bar(arm: Row, series: int) -> Draw:
    value, low, high = known(arm.estimate), known(arm.low), known(arm.high)

    def draw(axes: Axes, y: float) -> None:
        _block(axes, 0.0, value or 0.0, y, series)
        if low is not None and high is not None:
            axes.plot([low, high], [y, y], "|-", color=INK, lw=1.2, ms=6, mew=1.2)

    return draw


def _block(axes: Axes, low: float, high: float, y: float, series: int = 0) -> None:
    """Draw a bar; the second arm's is hollow, so that the arms differ without color."""
    xs, ys = [low, high, high, low], [y - 4, y - 4, y + 4, y + 4]
    if series == 0:
        axes.fill(xs, ys, color=LIGHT[series], alpha=0.4, lw=0)
    axes.fill(xs, ys, fc="none", ec=LIGHT[series], lw=1.4)


# Words


def _numbers(name: str, row: Row) -> list[float]:
    """Return the known numbers of a row, checked against what is printed beside them."""
    numbers = [n for n in (known(row.estimate), known(row.low), known(row.high)) if n is not None]
    check_printed(f"{name}, {row.label}", row.printed, *numbers)
    return numbers


def _full(row: Row) -> str:
    return f"{row.group}, {row.label}" if row.group else row.label


def _said(event: Event) -> str:
    return f"{event.label}: {event.printed}"


def _event_row(event: Event) -> Row:
    return Row(event.label, event.printed, note=event.note)


def _notes(row: Row) -> str:
    """Return the note of a row, with what is missing."""
    middle, low, high = known(row.estimate), known(row.low), known(row.high)
    missing = ""
    if middle is None:
        missing = "no estimate"
    elif low is None and high is None:
        missing = "no interval"
    elif low is None or high is None:
        missing = f"no {'lower' if low is None else 'upper'} limit"
    return "; ".join(part for part in (row.note, missing) if part)


def _forest_alt(panels: Sequence[Panel]) -> str:
    """Say what is drawn: the results by their groups, such as trials beside a pooled ratio, and the panels."""
    rows = [row for panel in panels for row in panel.rows]
    in_words = "; ".join(f"{_full(row)} {row.printed}" for row in rows)
    if len(rows) <= 2 and len(in_words) <= ALT // 2:
        content = f", {panels[0].xlabel}: {in_words}"
    elif len(panels) == 1:
        content = f", {panels[0].xlabel}: {len(rows)} results"
    else:
        titles = [panel.title for panel in panels]
        named = f": {listed(titles)}" if all(titles) and len(", ".join(titles)) <= ALT // 2 else ""
        content = f" of {len(rows)} results in {len(panels)} panels{named}"
    parts = [f"Forest plot{content}"]
    missing = sum("no interval" in _notes(row) for row in rows)
    parts += [f"{missing} drawn hollow, without an interval"] if missing else []
    return prose("; ".join(parts))


def _forest_sentences(panels: Sequence[Panel]) -> list[str]:
    in_words: list[str] = []
    for panel in panels:
        words = f"{panel.title}: " if panel.title else ""
        words += f"{panel.xlabel}, {panel.scale} scale"
        if panel.null is not None:
            words += f", line of no difference at {short(panel.null)}"
        if panel.favours:
            words += f"; left {panel.favours[0]}, right {panel.favours[1]}"
        in_words.append(words)
        in_words += [f"Marked: {threshold.label}" for threshold in panel.thresholds]
        for row in panel.rows:
            aside = f" ({_notes(row)})" if _notes(row) else ""
            in_words.append(f"{_full(row)}: {row.printed}{aside}")
    return in_words
