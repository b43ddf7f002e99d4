"""Figures: the same bytes from the same arguments, legible on a phone, honest in scale and in words."""

import gzip
import hashlib
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from livingreview.publish.figures import (
    DARK,
    LIGHT,
    Box,
    Component,
    Event,
    Figure,
    Link,
    Node,
    Panel,
    Place,
    Point,
    Risk,
    Row,
    Series,
    Sides,
    Threshold,
    Word,
    compared,
    flow,
    forest,
    grid,
    lines,
    people,
    relations,
    risks,
    spans,
    timeline,
    years,
)
from livingreview.publish.figures import page as pages
from livingreview.publish.figures import svg as svgs
from livingreview.publish.figures.parts import check_printed
from livingreview.publish.figures.scales import Scale, fitted, short

ROOT = Path(__file__).parents[1]
NAN = math.nan
PHONE = 288 / pages.WIDTH  # a figure on a page of 320 px, per point

RESPONSE = Row("Depression response at 12 months", "3.45 (2.71 to 4.38)", 3.45, 2.71, 4.38)
IMPACT = Panel(
    [
        RESPONSE,
        Row("Any depression treatment", "2.98 (2.34 to 3.79)", 2.98, 2.34, 3.79),
        Row("Satisfaction with depression care", "3.38 (2.66 to 4.30)", 3.38, 2.66, 4.30),
    ],
    "odds ratio, collaborative care against usual care",
    "log",
    1,
    Sides("favours usual care", "favours collaborative care"),
)
CLARO = [
    Panel(
        [
            Row("Time to first prescription", "+7.0 days", 7.0, NAN, NAN, note="P = 0.19"),
            Row("Cumulative days prescribed", "+4.3 days", 4.3, note="P = 0.47"),
        ],
        "adjusted mean difference, days",
        "linear",
        0,
        title="Buprenorphine",
    ),
    Panel(
        [
            Row("PHQ-9", "\u22121.0 (\u22122.3 to 0.3)", -1.0, -2.3, 0.3, note="interval derived by us from P"),
            Row("PCL-5", "\u22120.9 points", -0.9),
        ],
        "adjusted mean difference, points",
        "linear",
        0,
        Sides("favours enhanced usual care", "favours collaborative care", True),
        title="Symptoms",
        thresholds=[
            Threshold(-5, "5 points: minimal clinically important difference of the PHQ-9"),
            Threshold(-3.7, "1.7 to 3.7 points: other published thresholds", -1.7),
        ],
    ),
]
MONTHS = (0, 6, 12, 18, 24)
IDEATION = [
    Series(label, [Point(x, float(y), y) for x, y in zip(MONTHS, values.split(), strict=True)])
    for label, values in (
        ("Collaborative care", "15.3 7.5 9.8 8.0 10.1"),
        ("Usual care", "13.3 12.1 15.5 13.3 13.9"),
    )
]
TEAM = [
    Node("patient", "Patient", 0.5, 0),
    Node("practitioner", "Primary care practitioner", 0, 1),
    Node("manager", "Care manager", 1, 1),
    Node("consultant", "Psychiatric consultant", 0, 2),
    Node("registry", "Registry", 1, 2),
]
LINKS = [
    Link("patient", "practitioner", "treatment, prescriptions", both=True),
    Link("patient", "manager", "contacts, brief therapy", both=True),
    Link("manager", "practitioner", "reports, reminders", both=True),
    Link("manager", "consultant", "weekly case review", both=True),
    Link("consultant", "practitioner", "advice", dashed=True),
    Link("manager", "registry", "PHQ-9 at each contact"),
]
STEPS = [
    [Box("assessed", "Assessed", "2,396"), Box("out", "Not randomised", "1,599")],
    [Box("randomised", "Randomised", "797")],
    [Box("cc", "Collaborative care", "400"), Box("euc", "Enhanced usual care", "397")],
    [Box("cc6", "Analysed at 6 months"), Box("euc6", "Analysed at 6 months")],
]
ARROWS = [
    ("assessed", "out"),
    ("assessed", "randomised"),
    ("randomised", "cc"),
    ("randomised", "euc"),
    ("cc", "cc6"),
    ("euc", "euc6"),
]


def _subgroups(count: int) -> Panel:
    rows = []
    for i in range(count):
        low, middle, high = -0.40 - 0.03 * i, -0.20 - 0.02 * i, 0.05 - 0.02 * i
        printed = f"{middle:.2f} ({low:.2f} to {high:.2f})".replace("-", "\u2212")
        group = "Preplanned" if i < count / 2 else "Not preplanned"
        rows.append(Row(f"Subgroup number {i + 1}", printed, middle, low, high, group=group))
    return Panel(rows, "mean difference in SCL-20", "linear", 0, Sides("favours usual care", "favours CC", True))


EXAMPLES: dict[str, Callable[[str], Figure]] = {
    "impact": lambda name: forest(name, [IMPACT], summary="The three outcomes of the abstract."),
    "claro": lambda name: forest(name, CLARO),
    "champ": lambda name: forest(
        name,
        [
            Panel(
                [Row("Days using opioids, past month", "0.10 (0.03 to 0.38)", 0.10, 0.03, 0.38)],
                "ratio of odds ratios",
                "log",
                1,
                Sides("favours CCM for mental health", "favours CCM for OUD and mental health", True),
            )
        ],
    ),
    "subgroups": lambda name: forest(name, [_subgroups(12)]),
    "odd": lambda name: forest(
        name,
        [
            Panel(
                [
                    Row('Costs of $5 & "more" <b>than</b> $x^2$ ' * 3, "0.25 (at most 4.0)", 0.25, None, 4.0),
                    Row("Only P is known", "P = 0.005"),
                    Row("W" * 60, "2.0 (at least 0.5)", 2.0, 0.5, NAN),
                ],
                "hazard ratio",
                "log",
                1,
            )
        ],
    ),
    "ideation": lambda name: lines(name, IDEATION, "months after randomisation", "thoughts of suicide, %"),
    "function": lambda name: lines(
        name,
        [
            Series(
                "Difference",
                [
                    Point(0, 0.33, "0.33"),
                    Point(3, 1.08, "1.08"),
                    Point(6, 1.57, "1.57"),
                    Point(12, 1.71, "1.71 (0.96 to 2.46)", 0.96, 2.46),
                ],
            )
        ],
        "months",
        "difference in SF-12 physical score, points",
    ),
    "cut": lambda name: lines(
        name,
        [
            Series("First arm", [Point(0, 10, "10"), Point(1, 11, "11"), Point(2, 12, "12")]),
            Series("Second", [Point(0, 10.2, "10.2"), Point(1, NAN, "not readable"), Point(2, 11.8, "11.8")]),
            Series("Third", [Point(0, 9.8, "9.8"), Point(1, 10.9, "10.9"), Point(2, 11.5, "11.5")]),
        ],
        "visit",
        "score",
        cut="a point matters on this scale of 0 to 40",
    ),
    "people": lambda name: people(
        name,
        Risk(
            "Response at 12 months",
            (
                Row("Collaborative care", "45 (42 to 48)", 45, 41.8, 48.2),
                Row("Usual care", "19 (17 to 22)", 19, 16.6, 21.7),
            ),
            "26 more per 100 (22 to 30)",
        ),
    ),
    "risks": lambda name: risks(
        name,
        [
            Risk(
                "Response at 12 months",
                (
                    Row("Collaborative care", "45 (42 to 48)", 45, 42, 48, note="of 906 randomised"),
                    Row("Usual care", "19 (16 to 22)", 19, 16, 22),
                ),
                "26 more, derived by us",
            ),
            Risk("Remission", (Row("Collaborative care", "25.6", 25.6), Row("Usual care", "not readable"))),
        ],
        "people out of 100",
    ),
    "flow": lambda name: flow(name, STEPS, ARROWS),
    "team": lambda name: relations(name, TEAM, LINKS, dashed="only if needed"),
    "packages": lambda name: compared(
        name,
        "Collaborative care for OUD and mental health",
        "Collaborative care for mental health",
        [
            Component("Care manager", True, True),
            Component("Brief psychotherapy for OUD", True, False),
            Component("Urine tests", True, None),
        ],
    ),
    "map": lambda name: grid(
        name,
        ["Treatment", "Substance use", "Mental health", "Overdose, suicide"],
        [
            Place(
                "SUMMIT", "377 people", [["better"], ["better"], [], []], "opioid or alcohol use disorder", "usual care"
            ),
            Place("CLARO", "797 people", [["unsettled"] * 2, [], ["unsettled"] * 2, []], group="enhanced usual care"),
            Place("Co-Care", "350 planned", [[], ["awaited"] * 3, [], []], group="enhanced usual care"),
        ],
        [
            Word("better", "full", "the interval leaves out no difference"),
            Word("worse", "cross", "the interval leaves it out on the other side"),
            Word("unsettled", "open", "the interval includes no difference"),
            Word("awaited", "dot", "no results yet"),
        ],
    ),
    "steps": lambda name: timeline(
        name,
        [
            Event("Educational video", "week 0", 0),
            Event("First step of treatment", "weeks 0 to 10\u201312", 0, 12),
            Event("Review with the psychiatrist if not improved", "weeks 10 to 12", 10, 12),
            Event("Monthly contacts", "weeks 12 to 52", 12, 52),
        ],
        "weeks after the start of treatment",
    ),
    "clinics": lambda name: timeline(
        name,
        [
            Event("Design paper", "13 clinics, 10 March 2021", *years("2021-03-10")),
            Event("Seminar", "17 clinics, March 2024", *years("2024-03")),
            Event("Trial report", "18 clinics, 2025", *years("2025"), note="via two news reports"),
            Event("Registry mirror", "16 clinics"),
        ],
        "year of the source",
    ),
    "reach": lambda name: spans(
        name,
        [
            Row("Commercially insured", "90 to 120", None, 90, 120),
            Row("Medicaid and uninsured", "60 to 80", None, 60, 80),
            Row("Costs", "$29,422", 29422, group="Another unit, for its width"),
        ],
        "patients per full-time care manager",
    ),
}
each = pytest.mark.parametrize("name", EXAMPLES)


@cache
def drawn(name: str) -> Figure:
    return EXAMPLES[name](name)


@cache
def root(name: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawn(name).svg)


def texts(name: str) -> list[tuple[str, pages.Edges]]:
    """Return the texts of a figure, with the boxes they take up in DejaVu Sans."""
    found = []
    for element in root(name).iter("text"):
        text = element.text or ""
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        width = pages.measure(text, element.get("font-weight") == "700")
        left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor", "start")]
        found.append((text, (left, y - 8, left + width, y + 2)))
    return found


def digest() -> str:
    return hashlib.sha256(repr([drawn(name) for name in EXAMPLES]).encode()).hexdigest()


# The element


@each
def test_svg_is_small_named_and_described(name: str) -> None:
    figure, svg = drawn(name), root(name)
    assert svg.attrib["role"] == "img"
    assert (svg.attrib["aria-labelledby"], svg.attrib["aria-describedby"]) == (f"{name}-t", f"{name}-d")
    assert (svg[0].tag, svg[0].attrib, svg[0].text) == ("title", {"id": f"{name}-t"}, figure.alt)
    assert (svg[1].tag, svg[1].attrib, svg[1].text) == ("desc", {"id": f"{name}-d"}, figure.description)
    assert [e.attrib["id"] for e in svg.iter() if "id" in e.attrib] == [f"{name}-t", f"{name}-d"]
    assert not re.search(r"<\?xml|<!|<style|<defs|<metadata|<g\b|xlink|clip-path|url\(", figure.svg)


@each
def test_coordinates_are_numbers_of_at_most_two_decimals(name: str) -> None:
    for element in root(name).iter():
        for attribute in ("d", "x", "y", "transform", "viewBox", "stroke-width"):
            value = element.get(attribute, "")
            assert not re.search(r"nan|inf|\d\.\d{3}|-0(?![.\d])|e-", value, re.IGNORECASE)


@each
def test_no_text_speaks_of_missing_numbers_in_code(name: str) -> None:
    figure = drawn(name)
    assert not re.search(r"\b(nan|None|inf)\b", repr(figure.data) + figure.alt + figure.description, re.IGNORECASE)


@each
def test_colours_follow_the_page(name: str) -> None:
    allowed = {"currentColor", "none", *(f"var(--lr-series-{i},{c})" for i, c in enumerate(LIGHT, 1))}
    for element in root(name).iter():
        found = {element.get("fill", "none"), element.get("stroke", "none")}
        if element.tag != "svg":
            found |= {part.partition(":")[2] for part in element.get("style", "none:none").split(";")}
        assert found <= allowed
        assert element.tag != "text" or "style" not in element.attrib, "text has the colour of the page's text"


def test_figures_on_one_page_share_no_id() -> None:
    one, other = (set(re.findall(r'id="([^"]+)"', EXAMPLES["impact"](name).svg)) for name in ("one", "two"))
    assert one
    assert not one & other


@pytest.mark.parametrize("name", ["", "Big", "two words", "1st", 'a"b'])
def test_names_must_be_ids(name: str) -> None:
    with pytest.raises(ValueError, match="figure name"):
        EXAMPLES["impact"](name)


def test_markup_and_dollars_stay_text() -> None:
    written = " ".join(text for text, _ in texts("odd"))
    assert 'Costs of $5 & "more" <b>than</b> $x^2$' in written
    assert not list(root("odd").iter("b"))


def test_foreign_colours_are_refused() -> None:
    raw = '<svg viewBox="0 0 1 1"><path d="M 0 0 L 1 1" style="stroke: #ff0000"/></svg>'
    with pytest.raises(ValueError, match="#ff0000 must be black or of the palette"):
        svgs.tidy(raw, "x", "", "", size=11, max_width="1rem")


def test_a_forest_of_twelve_rows_is_light() -> None:
    assert len(gzip.compress(drawn("subgroups").svg.encode())) < 2500


# The same bytes


@pytest.mark.parametrize("seed", ["0", "1"])
def test_other_processes_draw_the_same_bytes(seed: str, tmp_path: Path) -> None:
    settings = tmp_path / "matplotlibrc"
    settings.write_text("font.size: 20\naxes.facecolor: red\nlines.linewidth: 5\nsvg.fonttype: path\n")
    code = "import sys, test_figures; print(test_figures.digest(), 'matplotlib.pyplot' in sys.modules)"
    environment = os.environ | {
        "PYTHONHASHSEED": seed,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
        "MATPLOTLIBRC": str(settings),
        "TZ": "Asia/Tokyo",
    }
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [digest(), "False"]


def test_drawing_leaves_settings_as_they_were() -> None:
    import matplotlib

    before = matplotlib.rcParams.copy()
    EXAMPLES["impact"]("again")
    assert dict(matplotlib.rcParams) == dict(before)


def test_import_is_cheap() -> None:
    code = "import sys, livingreview.publish.figures; print(*{'matplotlib', 'numpy', 'pandas'} & set(sys.modules))"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


# Legible on a phone, in both themes


@each
def test_text_is_large_enough_on_a_phone(name: str) -> None:
    svg = root(name)
    assert float(svg.attrib["viewBox"].split()[2]) <= 4.6 * 72
    assert float(svg.attrib["font-size"]) * PHONE >= 9
    assert not [e for e in svg.iter() if e is not svg and "font-size" in e.attrib]


@each
def test_text_stays_on_the_page_and_apart(name: str) -> None:
    height = float(root(name).attrib["viewBox"].split()[3])
    for text, (left, top, right, bottom) in texts(name):
        assert min(left, top, pages.WIDTH - right, height - bottom) >= 0, text
    for (text, box), (other, place) in combinations(texts(name), 2):
        assert not pages.overlap(box, place), f"{text!r} lies on {other!r}"


def luminance(colour: str) -> float:
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def linear(colour: str) -> list[float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def tinted(paper: str, colour: str, alpha: float) -> str:
    parts = [round(int(paper[i : i + 2], 16) * (1 - alpha) + int(colour[i : i + 2], 16) * alpha) for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)


# Page and text colours of the site's theme, light and dark.
THEMES = [("#ffffff", "#000000", LIGHT), ("#131416", "#cfd0d0", DARK)]


@pytest.mark.parametrize(("paper", "ink", "palette"), THEMES)
def test_contrast(paper: str, ink: str, palette: tuple[str, ...]) -> None:
    lane = tinted(paper, ink, 0.07)
    for colour in palette:
        assert contrast(colour, paper) >= 3
        assert contrast(colour, lane) >= 3
    assert contrast(ink, paper) >= 7
    assert contrast(ink, lane) >= 7, "text in the box of a role"
    assert contrast(ink, tinted(paper, palette[0], 0.15)) >= 7, "text in the box of a component"
    bar = tinted(lane, palette[0], 0.4)
    assert contrast(ink, bar) >= 3, "an interval on its bar"
    assert contrast(palette[0], tinted(lane, ink, 0.15)) >= 3, "an interval on a band"


# Machado, Oliveira, Fernandes 2009 (doi 10.1109/TVCG.2009.113), severity 1.0.
VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def times(matrix: tuple[tuple[float, ...], ...], vector: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def lab(rgb: list[float]) -> list[float]:
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = times(to_xyz, [min(max(c, 0), 1) for c in rgb])
    whites = (0.9505, 1.0, 1.089)
    f = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in map(float.__truediv__, xyz, whites)]
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_series_differ_for_every_colour_vision(palette: tuple[str, ...], vision: str) -> None:
    for one, other in combinations(palette, 2):
        seen = [lab(times(VISION[vision], linear(colour))) for colour in (one, other)]
        assert math.dist(*seen) >= 20


def test_series_differ_without_colour() -> None:
    paths = [e for e in root("cut").iter("path") if "var(" in e.get("style", "")]
    shapes: dict[str, set[str]] = {}
    dashes: dict[str, set[str | None]] = {}
    for path in paths:
        series = re.findall(r"--lr-series-(\d)", path.attrib["style"])[-1]
        if "transform" in path.attrib:
            shapes.setdefault(series, set()).add(path.attrib["d"])
        else:
            dashes.setdefault(series, set()).add(path.get("stroke-dasharray"))
    assert len(shapes) == len(set(map(frozenset, shapes.values()))) == 3
    assert len(dashes) == len(set(map(frozenset, dashes.values()))) == 2, "the second series has a gap"


# Honest scales


def markers(name: str) -> Iterator[tuple[float, str]]:
    """Yield the place across the page and the shape of every marker in a series' colour."""
    for element in root(name).iter("path"):
        if "var(" in element.get("style", "") and (
            place := re.match(r"translate\((\S+)", element.get("transform", ""))
        ):
            yield float(place.group(1)), element.get("fill", "")


def test_log_scale_places_ratios_by_their_logarithm() -> None:
    places = [x for x, _ in markers("impact")]
    scale = fitted("", [1, 3.45, 2.71, 4.38, 2.98, 2.34, 3.79, 3.38, 2.66, 4.30], log=True)
    expected = [16 + scale.fraction(value) * (pages.WIDTH - 32) for value in (3.45, 2.98, 3.38)]
    assert places == pytest.approx(expected, abs=0.02)
    assert scale.fraction(2) - scale.fraction(1) == pytest.approx(scale.fraction(4) - scale.fraction(2))


def test_points_without_an_interval_are_hollow_and_said_to_be() -> None:
    assert [fill for _, fill in markers("claro")] == ["none", "none", "", "none"]
    assert "3 drawn hollow, without an interval" in drawn("claro").alt
    assert "PCL-5: \u22120.9 points (no interval)" in drawn("claro").description


def test_nan_is_missing() -> None:
    rows = [Row("a", "2.0", 2.0, NAN, NAN), Row("b", "P = 0.02", NAN)]
    bare = [replace(row, low=None, high=None, estimate=row.estimate if row.label == "a" else None) for row in rows]
    panels = [[Panel(each_, "ratio", "log", 1)] for each_ in (rows, bare)]
    assert forest("x", panels[0]) == forest("x", panels[1])


def test_a_single_limit_is_an_arrow_and_told() -> None:
    notes = {row[0]: row[-1] for row in drawn("odd").data}
    assert [*notes.values()] == ["no lower limit", "no estimate", "no upper limit"]
    assert len([x for x, _ in markers("odd")]) == 4, "two estimates, two arrow heads"


def test_zero_is_on_the_axis_unless_a_reason_is_printed() -> None:
    assert "0" in [text for text, _ in texts("ideation")]
    written = " ".join(text for text, _ in texts("cut"))
    assert "The vertical axis does not start at zero: a point matters on this scale of 0 to 40" in written
    assert "does not start at zero" in drawn("cut").description


def test_a_missing_value_breaks_the_line() -> None:
    second = [e for e in root("cut").iter("path") if "--lr-series-2" in e.get("style", "")]
    assert all("transform" in e.attrib for e in second), "markers only"
    assert ("1", "11", "not readable", "10.9") in drawn("cut").data


@pytest.mark.parametrize(
    ("scale", "labels"),
    [
        (Scale(0, 100), ["0", "20", "40", "60", "80", "100"]),
        (Scale(-5.2, 0.5), ["\u22125", "\u22124", "\u22123", "\u22122", "\u22121", "0"]),
        (Scale(0, 39_000), ["0", "10,000", "20,000", "30,000"]),
        (Scale(2020.9, 2026.1), ["2021", "2022", "2023", "2024", "2025", "2026"]),
        (Scale(0.027, 1.15, log=True), ["0.03", "0.05", "0.1", "0.2", "0.3", "0.5", "1"]),
        (Scale(0.62, 1.02, log=True), ["0.7", "0.8", "0.9", "1"]),
        (Scale(0.9, 5, log=True), ["1", "1.5", "2", "3", "4", "5"]),
        (Scale(0.001, 1000, log=True), ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]),
    ],
)
def test_ticks(scale: Scale, labels: list[str]) -> None:
    assert list(scale.ticks(300).values()) == labels


def test_axis_numbers() -> None:
    numbers = (0.05, -2.5, 2021, 20_000, -0.0, 1e-12)
    assert [short(number) for number in numbers] == ["0.05", "\u22122.5", "2021", "20,000", "0", "0"]


def test_years() -> None:
    assert years("2025") == (2025, 2026)
    assert years("2024-03") == pytest.approx((2024 + 2 / 12, 2024 + 3 / 12))
    start, end = years("2021-03-10")
    assert start == end == pytest.approx(2021 + 2 / 12 + 9 / 365)


# What is drawn is what is printed


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("3.45 (2.71 to 4.38)", 2.71),
        ("\u22121.0 (\u22122.3 to 0.3)", -2.3),
        ("-1.0", -1.0),
        ("1.0 points lower", -1.0),
        ("0.96\u20132.46", 2.46),
        ("0.96-2.46", 2.46),
        ("1,801 people", 1801),
        ("45 of 100", 45.3),
        (".50", 0.5),
        ("0, 12, 52", 12),
    ],
)
def test_printed_numbers_are_found(printed: str, number: float) -> None:
    check_printed("x", printed, number)


@pytest.mark.parametrize(
    ("printed", "number"),
    [
        ("3.54", 3.45),
        ("\u22121.0", 1.0),
        ("1.0 (\u22122.3 to 0.3)", -1.0),
        ("0.45", 0.46),
        ("", 1),
        ("45", 46),
    ],
)
def test_other_numbers_are_refused(printed: str, number: float) -> None:
    with pytest.raises(ValueError, match="x: must print what it draws"):
        check_printed("x", printed, number)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: forest("f", [Panel([replace(RESPONSE, printed="3.45 (2.71 to 4.83)")], "", "log", 1)]),
            "f, Depression response at 12 months: must print what it draws; 4.38 is not in",
        ),
        (
            lambda: forest("f", [Panel([RESPONSE], "", "log", 1, thresholds=[Threshold(2, "doubled")])]),
            "f, threshold: must print",
        ),
        (
            lambda: forest("f", [Panel([RESPONSE], "", "log", 0)]),
            "f: must be positive on a log scale, found 0",
        ),
        (
            lambda: forest("f", [Panel([Row("a", "P = 0.02")], "", "linear")]),
            "f: must have at least one number",
        ),
        (lambda: spans("s", [Row("a", "5 to 6", None, 5, 7)], ""), "s, a: must print"),
        (
            lambda: risks("r", [Risk("o", (Row("a", "45", 45), Row("b", "19", 19)), "25 more")], ""),
            "r, o, difference: must print what it draws; 26 is not in '25 more'",
        ),
        (
            lambda: risks("r", [Risk("o", (Row("a", "45", 45), Row("b", "19", 19)))], "", upper=40),
            "r, a: must lie between 0 and 40",
        ),
        (
            lambda: lines("l", [Series("a", [Point(0, 1.5, "2.5")])], "", ""),
            "l, a at 0: must print what it draws",
        ),
        (
            lambda: lines("l", [Series("a", [Point(0, None, "?")])], "", ""),
            "l, a: must have at least one value",
        ),
        (
            lambda: lines("l", [Series(c, [Point(0, 1, "1")]) for c in "abcd"], "", ""),
            "l: must have at most 3 series, found 4",
        ),
        (
            lambda: timeline("t", [Event("a", "week 1", 1, 3)], ""),
            "t, a: must print what it draws; 3 is not in",
        ),
        (lambda: timeline("t", [Event("a", "2024", *years("2025"))], ""), "t, a: must print"),
        (
            lambda: flow("w", STEPS, [("cc", "nowhere")]),
            "w: an arrow names 'nowhere', must be one of assessed",
        ),
        (lambda: relations("w", TEAM, [Link("patient", "x", "")]), "w: an arrow names 'x'"),
    ],
)
def test_errors_say_where_and_what(draw: Callable[[], Figure], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        draw()


@each
def test_every_number_of_the_drawing_is_in_the_table_or_on_an_axis(name: str) -> None:
    figure = drawn(name)
    cells = " ".join(cell for row in (figure.columns, *figure.data) for cell in row)
    ticks = {text for text, _ in texts(name) if re.fullmatch(r"\u2212?[\d.,]+", text)}
    for text, _ in texts(name):
        for number in re.findall(r"\d[\d,.]*\d|\d", text):
            assert number in cells or text in ticks or number in figure.description, text


@each
def test_rows_of_the_table_fit_its_columns(name: str) -> None:
    figure = drawn(name)
    assert figure.data
    assert {len(row) for row in figure.data} == {len(figure.columns)}
    assert all(any(column) for column in zip(*figure.data, strict=True))


# Words


@each
def test_alt_is_one_line_and_description_is_sentences(name: str) -> None:
    figure = drawn(name)
    assert re.fullmatch(r".+[^.]\.", figure.alt)
    assert re.fullmatch(r".+[^.]\.", figure.description)
    assert ".." not in figure.description
    assert "significan" not in figure.alt + figure.description


def test_a_forest_counts_no_results_by_side_or_interval() -> None:
    figure = drawn("impact")
    assert figure.alt == ("Forest plot, odds ratio, collaborative care against usual care: 3 results.")
    assert figure.description.startswith(
        "The three outcomes of the abstract. Odds ratio, collaborative care against usual care, log scale,"
        " line of no difference at 1; left favours usual care, right favours collaborative care."
    )
    assert "the interval includes" not in figure.description + drawn("claro").description
    assert "PHQ-9: \u22121.0 (\u22122.3 to 0.3) (interval derived by us from P)" in (drawn("claro").description)
    assert figure.columns == ("Result", "Value")
    assert figure.data[0] == ("Depression response at 12 months", "3.45 (2.71 to 4.38)")


@pytest.mark.parametrize(("name", "falls"), [("impact", False), ("champ", True), ("subgroups", True)])
def test_the_right_is_the_side_of_benefit(name: str, falls: bool) -> None:
    ticks = sorted((box[0], text) for text, box in texts(name) if re.fullmatch("[\u2212\\d.]+", text))
    values = [float(tick.replace("\u2212", "-")) for _, tick in ticks]
    assert values == sorted(values, reverse=falls)
    assert any(text.endswith("\u2192") and "usual care" not in text for text, _ in texts(name))


def test_a_single_limit_points_out_of_a_falling_scale() -> None:
    def points(sides: Sides) -> str:
        row = Row("A", "0.25 (at most 4.0)", 0.25, None, 4.0)
        return forest("f", [Panel([row], "ratio", "log", 1, sides)]).svg

    assert points(Sides("a", "b")).count("<path") == points(Sides("a", "b", True)).count("<path")
    assert points(Sides("a", "b")) != points(Sides("a", "b", True))


def test_a_single_row() -> None:
    assert drawn("champ").alt == (
        "Forest plot, ratio of odds ratios: Days using opioids, past month 0.10 (0.03 to 0.38)."
    )


def test_thresholds_are_told_and_in_the_table() -> None:
    figure = drawn("claro")
    assert "Marked: 5 points: minimal clinically important difference of the PHQ-9." in figure.description
    shown = [text for text, _ in texts("claro")]
    assert {"5", "1.7 to 3.7"} <= set(shown), "each threshold is labeled at its line"
    assert ("Symptoms", "Marked", "1.7 to 3.7 points: other published thresholds", "") in figure.data


def test_lines_say_where_they_start_and_end() -> None:
    figure = drawn("ideation")
    assert figure.alt == (
        "Line chart, thoughts of suicide, %, months after randomisation 0 to 24: Collaborative care from 15.3"
        " to 10.1; Usual care from 13.3 to 13.9."
    )
    assert figure.columns == ("months after randomisation", "Collaborative care", "Usual care")
    assert figure.data[1] == ("6", "7.5", "12.1")
    assert "Hollow points have no interval" in drawn("function").description
    assert "1.71" in [text for text, _ in texts("function")], "the interval is drawn, and in the table"
    assert ("12", "1.71 (0.96 to 2.46)") in drawn("function").data


def test_risks_tell_the_difference() -> None:
    figure = drawn("risks")
    assert "Collaborative care 45 (42 to 48) and Usual care 19 (16 to 22), difference 26 more" in figure.alt
    assert ("Remission", "Usual care", "not readable", "") in figure.data


def test_the_difference_of_two_bars_is_no_line_that_looks_like_an_interval() -> None:
    arms = Row("A", "45 (42 to 48)", 45, 42, 48), Row("B", "19 (16 to 22)", 19, 16, 22)
    with_it, without = (risks("r", [Risk("Response", arms, text)], "of 100").svg for text in ("26 more", ""))
    assert with_it.count("<path") == without.count("<path")


def test_people_are_a_hundred_squares_an_arm() -> None:
    paths = [e for e in root("people").iter("path") if "fill-opacity" not in e.attrib and "opacity" not in e.attrib]
    squares = [e.attrib["d"].count("M") for e in paths]
    assert sum(squares) == 200, squares
    assert "Collaborative care 45 (42 to 48) and Usual care 19 (17 to 22), difference 26 more" in drawn("people").alt


def test_people_must_be_known_and_out_of_a_hundred() -> None:
    whole = Row("Usual care", "19 (17 to 22)", 19, 17, 22)
    for arm in (Row("Collaborative care", "45", 45), Row("Collaborative care", "99 (97 to 101)", 99, 97, 101)):
        with pytest.raises(ValueError, match="must have an estimate with limits, from 0 to 100"):
            people("people", Risk("Response", (arm, whole)))


def test_flow_says_what_could_not_be_read() -> None:
    figure = drawn("flow")
    assert "Analysed at 6 months (Enhanced usual care): not readable" in figure.description
    assert re.fullmatch(r"Flow diagram: Assessed: 2,396; .+; 2 more in the description\.", figure.alt)
    assert "from Randomised to Collaborative care and Enhanced usual care" in figure.description
    dashed = [e for e in root("flow").iter("path") if "stroke-dasharray" in e.attrib]
    assert len(dashed) == 2


def test_relations_are_told_and_no_line_crosses_a_label() -> None:
    assert "Psychiatric consultant to Primary care practitioner: advice (only if needed)" in (drawn("team").description)
    segments = []
    for element in root("team").iter("path"):
        ends = re.fullmatch(r"M(\S+) (\S+)L(\S+) (\S+)", element.attrib["d"])
        if ends and "stroke" in element.attrib:
            x0, y0, x1, y1 = map(float, ends.groups())
            segments.append((x0, y0, x1, y1))
    assert len(segments) >= len(LINKS)
    for text, box in texts("team"):
        assert not [s for s in segments if pages.inside(box, s)], text


def test_compared_tells_what_is_unknown_from_what_is_absent() -> None:
    figure = drawn("packages")
    assert figure.data[1:] == (
        ("Brief psychotherapy for OUD", "yes", "no"),
        ("Urine tests", "yes", "not readable"),
    )
    assert "1 in the first, not readable for the second" in figure.alt


def test_grid_counts_the_words_and_explains_only_those_that_occur() -> None:
    figure = drawn("map")
    columns = "Treatment, Substance use, Mental health and Overdose, suicide"
    assert figure.alt == f"Map of 3 rows by {columns}: 2 better; 4 unsettled; 3 awaited."
    assert figure.description.count("Enhanced usual care. ") == 1
    assert "Co-Care (350 planned): Substance use: awaited, awaited, awaited." in figure.description
    assert "worse" not in figure.svg
    assert figure.columns == ("Group", "Row", "Size", "Treatment", "Substance use", "Mental health", "Note")


def test_every_word_of_a_grid_has_a_sign_of_its_own() -> None:
    words = [Word("a", "open", "so"), Word("b", "open", "else")]
    with pytest.raises(ValueError, match="every word must have a sign of its own, found open, open"):
        grid("g", ["one"], [Place("x", "1", [["a", "b"]])], words)


@pytest.mark.parametrize(
    ("cells", "message"),
    [([[]], "must have 2 fields, found 1"), ([["good"], []], "must hold words of better, found 'good'")],
)
def test_grid_refuses_what_it_cannot_explain(cells: list[list[str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grid("g", ["a", "b"], [Place("x", "1", cells)], [Word("better", "full", "so")])


def test_timeline_lists_undated_entries_apart() -> None:
    figure = drawn("clinics")
    assert "Date not known: Registry mirror: 16 clinics." in figure.description
    assert "Date not known" in [text for text, _ in texts("clinics")]
    only = timeline("u", [Event("a", "16 clinics")], "year")
    assert only.alt == "Timeline, year; 1 without a time."


# Wrapping


@pytest.mark.parametrize("width", [1.0, 40.0, 120.0, 300.0])
@pytest.mark.parametrize("text", ["", "one", "several words of various lengths", "W" * 50, " a  b\nc "])
def test_wrapped_text_fits_and_is_whole(text: str, width: float) -> None:
    wrapped = pages.wrap(text, width)
    assert "".join(wrapped).replace(" ", "") == "".join(text.split())
    assert all(pages.measure(line) <= width or len(line) == 1 for line in wrapped)
