"""What is drawn lies where the numbers say: read back from the SVG by the labels of its axis, not by our own scales."""

import re

import pytest

from livingreview.publish.figures import (
    Panel,
    Point,
    Risk,
    Row,
    Series,
    Sides,
    Threshold,
    forest,
    lines,
    people,
    risks,
    spans,
)

_NUMBER = re.compile(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="middle">(−?[\d.,]+)</text>')
_SEGMENT = re.compile(r'<path d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)" fill="none"[^>]*stroke-width="([\d.]+)"')
_MARKER = re.compile(r'<path d="[^"]*" transform="translate\(([\d.]+) ([\d.]+)\)"[^>]*var\(--lr-series')


def numbers_by_height(svg):
    """Places across the page and values of the centered numbers, by how far down they stand."""
    rows = {}
    for x, y, number in _NUMBER.findall(svg):
        rows.setdefault(float(y), []).append((float(x), float(number.replace("−", "-"))))
    return rows


def values(svg, places):
    """Numbers at places across the page, by the first and last number on the axis, which is the lowest row of them."""
    rows = numbers_by_height(svg)
    (a, x), *_, (b, y) = rows[max(rows)]
    return [x + (place - a) / (b - a) * (y - x) for place in places]


def segments(svg, width):
    return [tuple(map(float, found[:4])) for found in _SEGMENT.findall(svg) if found[4] == width]


@pytest.mark.parametrize("lower_is_better", [False, True])
@pytest.mark.parametrize(("estimate", "low", "high"), [(1, 0.5, 3), (-2, -2.5, -0.5), (0.5, -1, 4)])
def test_an_interval_of_a_forest_is_drawn_from_limit_to_limit(estimate, low, high, lower_is_better):
    row = Row("a", f"{estimate} ({low} to {high})", estimate, low, high)
    svg = forest("x", [Panel([row], "u", "linear", 0, Sides("worse", "better", lower_is_better))]).svg
    ((start, _, end, _),) = segments(svg, "1.8")
    assert values(svg, [start, end]) == pytest.approx([low, high], abs=0.02)
    assert values(svg, [float(x) for x, _ in _MARKER.findall(svg)]) == pytest.approx([estimate], abs=0.02)
    assert (start > end) == lower_is_better  # the better limit is at the right, as the arrow says


@pytest.mark.parametrize("lower_is_better", [False, True])
def test_the_line_of_no_difference_and_a_threshold_stand_at_their_values(lower_is_better):
    row, sides = Row("a", "1.0 (0.5 to 3.0)", 1.0, 0.5, 3.0), Sides("worse", "better", lower_is_better)
    svg = forest("x", [Panel([row], "u", "linear", 0, sides, "", [Threshold(2.0, "2 points")])]).svg
    dashed = re.findall(r'<path d="M([\d.]+) [\d.]+L\1 [\d.]+"[^>]*stroke-dasharray="2,2"', svg)
    assert values(svg, map(float, dashed)) == pytest.approx([2.0], abs=0.02)
    upright = [value for x, _, end, _ in segments(svg, "1") if x == end for value in values(svg, [x])]
    assert upright == pytest.approx([0.0, 2.0], abs=0.02)
    ((tag, number),), _ = numbers_by_height(svg).values()
    assert [number, *values(svg, [tag])] == pytest.approx([2.0, 2.0], abs=0.02)


def test_a_span_is_drawn_from_end_to_end():
    svg = spans("x", [Row("a", "1 to 3", low=1, high=3)], "u").svg
    bar = re.findall(r'<path d="M([\d.]+) [\d.]+L([\d.]+) [^"]*z"[^>]*stroke-width="1.4"', svg)
    assert values(svg, map(float, bar[0])) == pytest.approx([1, 3], abs=0.02)


def test_bars_and_their_intervals_are_drawn_to_their_numbers_and_their_difference_is_not_drawn():
    arms = Row("a", "45 (42 to 48)", 45, 42, 48), Row("b", "19 (17 to 22)", 19, 17, 22)
    svg = risks("x", [Risk("t", arms, "26")], "people").svg
    bars = re.findall(r'<path d="M([\d.]+) [\d.]+L([\d.]+) [^"]*z"[^>]*stroke-width="1.4"', svg)
    assert [values(svg, map(float, bar)) for bar in bars] == [
        pytest.approx([0, 45], abs=0.1),
        pytest.approx([0, 19], abs=0.1),
    ]
    ends = [values(svg, (start, end)) for start, _, end, _ in segments(svg, "1.2")]
    assert ends == [pytest.approx([42, 48], abs=0.1), pytest.approx([17, 22], abs=0.1)]
    assert svg.count(">26</text>") == 1
    assert [width for *_, width in _SEGMENT.findall(svg)] == ["1.2", "1.2", "0.8"]  # the two intervals and the axis


def test_points_over_time_and_their_intervals_stand_at_their_numbers():
    points = [Point(0, 1, "1.0 (0.5 to 3.0)", 0.5, 3.0), Point(6, 2, "2.0 (1.0 to 2.5)", 1.0, 2.5)]
    svg = lines("x", [Series("s", points)], "months", "points").svg
    upright = [(y, end) for x, y, other, end in segments(svg, "1.2") if x == other]
    ((_, a, _, b),) = [found for found in segments(svg, "1.6") if found[0] != found[2]]
    # the line from 1 to 2 gives the scale
    scale = (b - a) / (2 - 1)
    assert [[1 + (y - a) / scale for y in pair] for pair in upright] == [
        pytest.approx([0.5, 3.0], abs=0.02),
        pytest.approx([1.0, 2.5], abs=0.02),
    ]


def test_squares_are_as_many_as_the_people():
    arms = Row("a", "45 (42 to 48)", 45, 42, 48), Row("b", "19 (17 to 22)", 19, 17, 22)
    svg = people("x", Risk("t", arms, "26 more per 100")).svg
    filled = re.findall(r'<path d="([^"]*)"((?: opacity="[\d.]+")?) style="fill:', svg)
    assert [path.count("M") for path, _ in filled] == [42, 3, 3, 17, 2, 3]
    assert [shade.strip() for _, shade in filled] == ["", 'opacity="0.6"', 'opacity="0.2"'] * 2
