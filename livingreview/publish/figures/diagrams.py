"""Figures without a scale: participant flow, roles and relations, what was compared with what, maps of results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from livingreview.publish.figures.page import (
    EDGE,
    INK,
    LINE,
    RISE,
    WIDTH,
    Edges,
    Page,
    Segment,
    inside,
    measure,
    overlap,
    sheet,
    wrap,
)
from livingreview.publish.figures.parts import (
    LIGHT,
    Arrow,
    Box,
    Component,
    Figure,
    Link,
    Node,
    Place,
    Word,
    drawing,
    fitting,
    prose,
    table,
)
from livingreview.statistics.wording import listed

_PAD = 7.0  # between a box and its text
_GAP = 24.0  # between boxes, with room for an arrow
_UNREAD = "not readable"


@drawing
def flow(name: str, rows: Sequence[Sequence[Box]], arrows: Sequence[Arrow], *, summary: str = "") -> Figure:
    """Draw the flow of participants; a box without a readable number is dashed and says so.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    rows : sequence of sequence of Box
        From top to bottom; the boxes of a row share the width.
    arrows : sequence of (str, str)
        Keys of the boxes an arrow leads from and to.
    summary : str
        First sentence of the description.

    Raises
    ------
    ValueError
        If an arrow names a box that is not there.
    """
    boxes = {box.key: box for row in rows for box in row}
    _check_ends(name, arrows, boxes)
    areas: dict[str, Edges] = {}
    with sheet() as page:
        for row in rows:
            page.y += _GAP if areas else 0
            width = min(220.0, (WIDTH - 2 * EDGE - _GAP * (len(row) - 1)) / len(row))
            texts = [
                [(line, False) for line in wrap(box.label, width - 2 * _PAD)]
                + [(line, bool(box.printed)) for line in wrap(box.printed or _UNREAD, width - 2 * _PAD, True)]
                for box in row
            ]
            height = LINE * max(len(text) for text in texts) + 2 * _PAD
            left = (WIDTH - width * len(row) - _GAP * (len(row) - 1)) / 2
            for i, (box, text) in enumerate(zip(row, texts, strict=True)):
                x = left + i * (width + _GAP)
                areas[box.key] = (x, page.y, x + width, page.y + height)
                page.rectangle(areas[box.key], dashed=not box.printed)
                page.centred(areas[box.key], text)
            page.y += height
        for source, target in arrows:
            _connect(page, areas[source], areas[target])
        names = _step_names(boxes, arrows)
        in_words = [f"{names[box.key]}: {box.printed or _UNREAD}" for box in boxes.values()]
        leads = [
            f"from {names[key]} to {listed([names[target] for source, target in arrows if source == key])}"
            for key in dict.fromkeys(source for source, _ in arrows)
        ]
        alt = prose(f"Flow diagram: {fitting(in_words)}")
        description = prose(summary, *in_words, f"Arrows lead {'; '.join(leads)}" if leads else "")
        columns, data = table(("Step", "Value"), [(names[box.key], box.printed or _UNREAD) for box in boxes.values()])
        return Figure(page.svg(name, alt, description), alt, description, columns, data)


@drawing
def relations(
    name: str, nodes: Sequence[Node], links: Sequence[Link], *, dashed: str = "", summary: str = ""
) -> Figure:
    """Draw roles and what they do for each other.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    nodes : sequence of Node
        Two columns (0 and 1) and their middle (0.5) fit a phone.
    links : sequence of Link
        Labels of two or three words; the longer explanation belongs in the text.
    dashed : str
        What a dashed arrow means.
    summary : str
        First sentence of the description.

    Raises
    ------
    ValueError
        If a link names a node that is not there.
    """
    labels = {node.key: node.label for node in nodes}
    _check_ends(name, [(link.source, link.target) for link in links], labels)
    with sheet() as page:
        _relate(page, nodes, links)
        if dashed and any(link.dashed for link in links):
            page.y += LINE / 2
            page.line([EDGE, 28], [page.y + 5, page.y + 5], dashed=True)
            page.paragraph(dashed, x=34)
        in_words, data = [], []
        for link in links:
            ends = f"{labels[link.source]} {'and' if link.both else 'to'} {labels[link.target]}"
            kind = dashed if link.dashed else ""
            in_words.append(f"{ends}: {link.label}{f' ({kind})' if kind else ''}")
            ways = "both ways" if link.both else "one way"
            data.append((labels[link.source], labels[link.target], link.label, ways, kind))
        alt = prose(f"Diagram of {listed(list(labels.values()))}, with {len(links)} relations between them")
        description = prose(summary, *in_words)
        columns, cells = table(("From", "To", "Relation", "Direction", "Kind"), data)
        return Figure(page.svg(name, alt, description), alt, description, columns, cells)


@drawing
def compared(name: str, left: str, right: str, components: Sequence[Component], *, summary: str = "") -> Figure:
    """Draw two packages side by side: shared components are one box, the others stand out.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    left, right : str
        What is compared with what.
    components : sequence of Component
        From top to bottom.
    summary : str
        First sentence of the description.
    """
    gap = 14.0
    middle = WIDTH / 2
    columns_ = ((EDGE, middle - gap / 2), (middle + gap / 2, WIDTH - EDGE))
    width = columns_[0][1] - columns_[0][0]
    with sheet() as page:
        heads = [wrap(text, width, bold=True) for text in (left, right)]
        height = LINE * max(len(head) for head in heads)
        for (x0, x1), head in zip(columns_, heads, strict=True):
            page.centred((x0, page.y, x1, page.y + height), [(line, True) for line in head])
        page.y += height + 4
        for component in components:
            shared = component.left and component.right
            room = (WIDTH - 2 * EDGE if shared else width) - 2 * _PAD
            text = wrap(component.label if shared else f"+ {component.label}", room)
            height = LINE * len(text) + 10
            if shared:
                area = (EDGE, page.y, WIDTH - EDGE, page.y + height)
                page.rectangle(area)
                page.centred(area, [(line, False) for line in text])
            else:
                for (x0, x1), state in zip(columns_, (component.left, component.right), strict=True):
                    area = (x0, page.y, x1, page.y + height)
                    if state:
                        page.rectangle(area, series=0, width=2.0, tint=0.15)
                        page.centred(area, [(line, False) for line in text])
                    else:
                        page.rectangle(area, dashed=True)
                        page.centred(area, [(_UNREAD if state is None else "not included", False)])
            page.y += height + 6
        page.y -= 4
        states = {True: "yes", False: "no", None: _UNREAD}
        in_words = [f"{component.label}: {_where(component)}" for component in components]
        kinds = Counter(map(_where, components))
        counts = "; ".join(f"{n} {where}" for where, n in kinds.items())
        alt = prose(f"Comparison of {left} with {right}; components: {counts}")
        description = prose(summary, f"The first is {left}, the second {right}", *in_words)
        columns, data = table(
            ("Component", left, right), [(c.label, states[c.left], states[c.right]) for c in components]
        )
        return Figure(page.svg(name, alt, description), alt, description, columns, data)


@drawing
def grid(
    name: str, columns: Sequence[str], rows: Sequence[Place], words: Sequence[Word], *, summary: str = ""
) -> Figure:
    """Draw a map: what was studied (columns) in each row, a sign for each result.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    columns : sequence of str
        What was studied; four fit a phone.
    rows : sequence of Place
        From top to bottom; rows of one group are together, under its heading.
    words : sequence of Word
        Every word that a field may contain; its sign and its meaning are shown above the map if it occurs.
    summary : str
        First sentence of the description.

    Raises
    ------
    ValueError
        If a row does not have one field per column or contains an unexplained word, or two words share a sign.
    """
    looks = {word.text: word.look for word in words}
    for row in rows:
        if len(row.cells) != len(columns):
            raise ValueError(f"{name}, {row.label}: must have {len(columns)} fields, found {len(row.cells)}.")
        if strange := [text for cell in row.cells for text in cell if text not in looks]:
            raise ValueError(f"{name}, {row.label}: must hold words of {', '.join(looks)}, found {strange[0]!r}.")
    counts = Counter(text for row in rows for cell in row.cells for text in cell)
    used = [word for word in words if counts[word.text]]
    if len({word.look for word in used}) < len(used):
        raise ValueError(f"{name}: every word must have a sign of its own, found {', '.join(w.look for w in used)}.")
    with sheet() as page:
        for word in used:
            _sign(page, EDGE + 5, page.y + LINE / 2 - 1, word.look)
            page.paragraph(f"{word.text}: {word.meaning}", x=18)
            page.y += 2
        page.y += 6
        _map_rows(page, columns, rows, looks)
        word_counts = [f"{counts[word.text]} {word.text}" for word in used]
        alt = prose(f"Map of {len(rows)} rows by {listed(columns)}: {fitting(word_counts)}")
        in_words, before = [], ""
        for row in rows:
            cells = (f"{c}: {', '.join(cell)}" for c, cell in zip(columns, row.cells, strict=True) if cell)
            in_words += [row.group] * (row.group != before)
            in_words.append(f"{row.label} ({row.printed}): {'; '.join(cells)}")
            before = row.group
        meanings = [f"{word.text} means: {word.meaning}" for word in used]
        description = prose(summary, *in_words, *meanings)
        data = [(r.group, r.label, r.printed, *(", ".join(cell) for cell in r.cells), r.note) for r in rows]
        names, lines = table(("Group", "Row", "Size", *columns, "Note"), data)
        return Figure(page.svg(name, alt, description), alt, description, names, lines)


_NAMES = 92.0  # width of the names of rows
_SIGNS = {
    "full": ("s", LIGHT[0], LIGHT[0]),
    "open": ("s", "none", LIGHT[0]),
    "cross": ("x", "none", INK),
    "dot": ("o", INK, INK),
}


def _map_rows(page: Page, columns: Sequence[str], rows: Sequence[Place], looks: Mapping[str, str]) -> None:
    """Draw the rows of a map below the names of its columns, each group under its heading."""
    width = (WIDTH - EDGE - _NAMES) / len(columns)
    lefts = [_NAMES + i * width for i in range(len(columns))]
    heads = [wrap(column, width - 1) for column in columns]
    for x, head in zip(lefts, heads, strict=True):
        for i, line in enumerate(head):
            page.text(x, page.y + RISE + i * LINE, line)
    page.y += LINE * max(len(head) for head in heads) + 4
    group = None
    for row in rows:
        if row.group != group:
            page.y += 4 if group is not None else 0
            group = row.group
            page.paragraph(row.group, bold=True)
        page.line([EDGE, WIDTH - EDGE], [page.y, page.y], width=0.8, alpha=0.3)
        page.y += 3
        for x, cell in zip(lefts, row.cells, strict=True):
            for i, text in enumerate(cell):
                _sign(page, x + 6 + 14 * i, page.y + LINE / 2 - 1, looks[text])
        for text, slant in ((row.label, False), (row.printed, True)):
            for line in wrap(text, _NAMES - EDGE - 4):
                page.text(EDGE, page.y + RISE, line, slant=slant)
                page.y += LINE
        page.y += 2


def _sign(page: Page, x: float, y: float, look: str) -> None:
    """Draw the sign of a word; signs differ without color."""
    marker, fill, edge = _SIGNS[look]
    page.marker(x, y, marker, fill=fill, edge=edge, size={"cross": 6.0, "dot": 4.0}.get(look, 7.0))


def _check_ends(name: str, arrows: Iterable[Arrow], keys: Collection[str]) -> None:
    for ends in arrows:
        for key in ends:
            if key not in keys:
                raise ValueError(f"{name}: an arrow names {key!r}, must be one of {', '.join(keys)}.")


def _step_names(boxes: dict[str, Box], arrows: Sequence[Arrow]) -> dict[str, str]:
    """Return the labels of the boxes; those that occur twice are distinguished by their origin."""
    often = Counter(box.label for box in boxes.values())
    origin = {target: boxes[source].label for source, target in arrows}
    return {
        key: f"{box.label} ({origin[key]})" if often[box.label] > 1 and key in origin else box.label
        for key, box in boxes.items()
    }


def _where(component: Component) -> str:
    if component.left and component.right:
        return "in both"
    words = {True: "in", False: "not in", None: f"{_UNREAD} for"}
    return f"{words[component.left]} the first, {words[component.right]} the second"


def _connect(page: Page, source: Edges, target: Edges) -> None:
    """Draw an arrow between two boxes of a flow: sideways in a row, else down, with a corner if need be."""
    if source[1] == target[1]:
        y = (max(source[1], target[1]) + min(source[3], target[3])) / 2
        ends = (source[2], target[0]) if source[0] < target[0] else (source[0], target[2])
        page.arrow(ends, (y, y))
        return
    start, end = (source[0] + source[2]) / 2, (target[0] + target[2]) / 2
    bend = target[1] - _GAP / 2
    if abs(start - end) < 1:
        page.arrow((start, start), (source[3], target[1]))
    else:
        page.arrow((start, start, end, end), (source[3], bend, bend, target[1]))


_NODE = 108.0  # width of a node
_PITCH = 66.0  # between two rows of nodes, with room for three lines on an arrow


def _relate(page: Page, nodes: Sequence[Node], links: Sequence[Link]) -> None:
    texts = {node.key: wrap(node.label, _NODE - 2 * _PAD, bold=True) for node in nodes}
    height = LINE * max(len(text) for text in texts.values()) + 2 * _PAD
    top = page.y
    areas: dict[str, Edges] = {}
    for node in nodes:
        x = EDGE + node.column * (WIDTH - 2 * EDGE - _NODE)
        y = top + node.row * (height + _PITCH)
        areas[node.key] = (x, y, x + _NODE, y + height)
        page.rectangle(areas[node.key], tint=0.07)
        page.centred(areas[node.key], [(line, True) for line in texts[node.key]])
        page.y = max(page.y, y + height)
    ways = [_way(areas[link.source], areas[link.target]) for link in links]
    taken = list(areas.values())
    for link, way in zip(links, ways, strict=True):
        text, label = _label(link.label, way, taken, [other for other in ways if other is not way])
        taken.append(label)
        for i, line in enumerate(text):
            page.text((label[0] + label[2]) / 2, label[1] + 2 + i * LINE + RISE, line, align="center")
    for link, way in zip(links, ways, strict=True):
        _broken(page, way, taken[len(nodes) :], link)


def _way(source: Edges, target: Edges) -> Segment:
    """Return the line between the middles of two boxes, from edge to edge."""
    line = (*_middle(source), *_middle(target))
    leaves, enters = inside(source, line), inside(target, line)
    if leaves is None or enters is None:
        raise ValueError("two nodes must not lie on the same place.")
    return (*_at(line, leaves[1]), *_at(line, enters[0]))


def _middle(area: Edges) -> tuple[float, float]:
    return (area[0] + area[2]) / 2, (area[1] + area[3]) / 2


def _at(line: Segment, t: float) -> tuple[float, float]:
    return line[0] + t * (line[2] - line[0]), line[1] + t * (line[3] - line[1])


def _label(text: str, way: Segment, taken: Sequence[Edges], others: Sequence[Segment]) -> tuple[list[str], Edges]:
    """Return the lines of a label and the place on (or, for a level line, above) its arrow that is freest."""
    level = way[1] == way[3]
    lines = wrap(text, min(_NODE, abs(way[2] - way[0]) - 6) if level else _NODE - 8)
    width, height = max(measure(line) for line in lines) + 4, LINE * len(lines) + 2

    def area(t: float) -> Edges:
        x, y = _at(way, t)
        low = y - 4 if level else y + height / 2
        return x - width / 2, low - height, x + width / 2, low

    def hits(t: float) -> int:
        box = area(t)
        outside = box[0] < 0 or box[2] > WIDTH
        return (
            3 * outside
            + 3 * sum(overlap(box, other) for other in taken)
            + sum(inside(box, other) is not None for other in others)
        )

    return lines, area(min((0.5, 0.4, 0.6, 0.3, 0.7), key=hits))


def _broken(page: Page, way: Segment, labels: Sequence[Edges], link: Link) -> None:
    """Draw an arrow with gaps at labels."""
    gaps = sorted(cut for label in labels if (cut := inside(label, way)))
    # A link with two heads is two arrows from its middle, which a label on it hides.
    starts = [0.0, *(end for _, end in gaps)]
    ends = [*(start for start, _ in gaps), 1.0]
    if link.both and not gaps:
        starts, ends = [0.0, 0.5], [0.5, 1.0]
    for start, end in zip(starts, ends, strict=True):
        (x0, y0), (x1, y1) = _at(way, start), _at(way, end)
        if end == 1:
            page.arrow((x0, x1), (y0, y1), dashed=link.dashed)
        elif start == 0 and link.both:
            page.arrow((x1, x0), (y1, y0), dashed=link.dashed)
        else:
            page.line((x0, x1), (y0, y1), dashed=link.dashed)
