"""What a reader takes away: figures that stand alone, and tables that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from pypdf import PdfReader

from livingreview.evidence import load
from livingreview.publish.figures import Panel, Row, forest, pictures
from livingreview.site import downloads, handouts, slides

FACTS = load().facts
NAME = "test-forest"
ROWS = [Row("Response", "3.45 (2.71 to 4.38)", 3.45, 2.71, 4.38), Row("<b>&", "1.10 (0.90 to 1.30)", 1.1, 0.9, 1.3)]


@pytest.fixture(scope="module")
def svg() -> str:
    return forest(NAME, [Panel(ROWS, "odds ratio", "log", 1.0)]).svg


def test_a_drawing_stands_alone(svg: str) -> None:
    drawing = downloads.standalone(svg, FACTS, "impact")
    root = ElementTree.fromstring(drawing)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in drawing, "programs other than browsers know no variables"
    assert "currentColor" not in drawing
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[-2:] == [
        f"{FACTS['title']}, version {FACTS['version']}",
        f"{FACTS['contributors']}, CC BY 4.0",
    ]
    assert "<b>&" in texts
    (link,) = root.iter("{http://www.w3.org/2000/svg}a")
    assert link.attrib == {"href": "../../chapters/impact.html", "target": "_blank"}
    assert [text.text for text in link] == texts[-2:]
    assert root.get("role") == "figure", "what is within an image cannot be reached"


def test_a_picture_is_the_same_each_time_and_shows_the_drawing(svg: str) -> None:
    drawing = downloads.standalone(svg, FACTS, "impact")
    first, second = pictures.picture(drawing), pictures.picture(drawing)
    assert first == second
    with Image.open(io.BytesIO(first)) as picture:
        pixels = picture.convert("RGB")
    *_, width, height = map(float, ElementTree.fromstring(drawing).attrib["viewBox"].split())
    assert pixels.size == pytest.approx((3 * width, 3 * height), abs=2)
    assert pixels.getpixel((0, 0)) == (255, 255, 255)
    colours = pixels.getcolors(1 << 20)
    assert colours is not None
    shown = {colour for _, colour in colours}
    assert (0, 79, 140) in shown, "the first series"
    note = pixels.crop((0, pixels.height - 75, pixels.width, pixels.height))
    assert min(note.convert("L").tobytes()) < 50, "the line of version and licence"


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1+1", "%0A-1", "|calc", "-", "- not readable"],
)
def test_no_cell_is_run_by_a_spreadsheet(cell: str) -> None:
    (read,) = csv.reader(io.StringIO(downloads.written([[cell]])))
    assert read == [f"'{cell}"]


@pytest.mark.parametrize("cell", ["", "-0.40", "+1.5", "−0.40 (−0.46 to −0.33)", "45%", 'a, b; "c"', "1,801", "a=b"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    (read,) = csv.reader(io.StringIO(downloads.written([[cell]])))
    assert read == [cell]


def test_the_table_of_a_figure_is_read_whole() -> None:
    figure = (
        '<figure class="lr-figure"><figcaption>x</figcaption><table><thead><tr><th scope="col">Arm</th>'
        '<th scope="col">People</th></tr></thead><tbody><tr><th scope="row">care &amp; more</th>'
        '<td><a class="n" href="#">=45</a>\n of 895</td></tr></tbody></table>'
    )
    assert downloads.table(figure) == '"Arm","People"\r\n"care & more","\'=45 of 895"\r\n'


def test_an_estimate_and_its_interval_are_numbers_in_columns_of_their_own() -> None:
    cells = (
        ("Result", "People", "Value"),
        ("score", "1,801", "−0.40 (−0.46 to −0.33)"),
        ("share", "895", "25.3 more per 100 (21.1 to 29.4)"),
        ("alone", "", "1.38"),
        ("words", "", "81.1% (172 of 212)"),
    )
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
    text = downloads.table(f'<figure class="lr-figure"><table>{rows}</table>', "Us. 2026.")
    assert "\N{MINUS SIGN}" not in text
    assert list(csv.reader(io.StringIO(text))) == [
        ["Result", "People", "Value", "Estimate", "Low", "High", "Cite as"],
        ["score", "1,801", "'-0.40 (-0.46 to -0.33)", "-0.40", "-0.46", "-0.33", "Us. 2026."],
        ["share", "895", "25.3 more per 100 (21.1 to 29.4)", "25.3", "21.1", "29.4", "Us. 2026."],
        ["alone", "", "1.38", "1.38", "", "", "Us. 2026."],
        ["words", "", "81.1% (172 of 212)", "", "", "", "Us. 2026."],
    ]


@pytest.mark.parametrize("count", [1, 2, 12, 30])
def test_a_slide_is_16_to_9_says_what_it_is_of_and_shows_every_part_once(count: int) -> None:
    panels = [Panel(ROWS[:1], f"odds ratio {n}", "log", 1.0, title=f"Panel {n}") for n in range(count)]
    drawing = downloads.light(forest(NAME, panels).svg)
    slide = slides.slide(
        drawing, "Response <at 12 months>", ["Compared with usual care. Certainty: not graded.", "Source: A."]
    )
    root = ElementTree.fromstring(slide)
    with Image.open(io.BytesIO(pictures.picture(slide))) as picture:
        assert picture.size == (1920, 1080)
    texts = [text.text for text in root.findall("{http://www.w3.org/2000/svg}text")]
    assert texts == ["Response <at 12 months>", "Compared with usual care. Certainty: not graded.", "Source: A."]
    parts = root.findall("{http://www.w3.org/2000/svg}svg")
    spans = [[float(n) for n in part.attrib["viewBox"].split()] for part in parts]
    height = float(slides._VIEW.search(drawing)[2])  # type: ignore[index]
    assert [start for _, start, _, _ in spans] == pytest.approx(
        [0, *(start + tall for _, start, _, tall in spans[:-1])]
    )
    assert spans[-1][1] + spans[-1][3] == pytest.approx(height)
    for part in parts:
        right = float(part.attrib["x"]) + float(part.attrib["width"])
        bottom = float(part.attrib["y"]) + float(part.attrib["height"])
        assert right <= slides.WIDTH - slides.EDGE + 0.01
        assert bottom < float(root.findall("{http://www.w3.org/2000/svg}text")[-2].attrib["y"])


@pytest.mark.parametrize("paper", handouts.PAPERS)
def test_a_handout_is_one_page_and_as_small_as_it_needs(tmp_path: Path, paper: str) -> None:
    answer = ["With collaborative care 45 of 100 responded, 19 with usual care; certainty not graded.", "1,801 people."]
    said = handouts.Handout("IMPACT", answer, ["A team helped."] * 9, ["Younger people. " * 9] * 9, "Us. 2026.")
    shown = handouts.paragraphs(said, ["Harms: −0.40 ≥ few."], FACTS)
    for name in ("one", "other"):
        handouts.draw(tmp_path / f"{name}.pdf", shown, said.title, handouts.PAPERS[paper])
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "other.pdf").read_bytes()
    (sheet,) = PdfReader(tmp_path / "one.pdf").pages
    assert [float(side) for side in sheet.mediabox[2:]] == pytest.approx(handouts.PAPERS[paper], abs=1)
    text = " ".join(sheet.extract_text().split())
    for part in (*answer, "Harms: −0.40 ≥ few.", FACTS["version"], "not medical advice", "988"):
        assert part in text
    assert not said.has_harms


def test_what_does_not_fit_on_a_handout_is_refused(tmp_path: Path) -> None:
    shown: list[handouts.Paragraph] = [("A line of text that goes on. " * 900, 1, False, 0)]
    with pytest.raises(ValueError, match="must fit on one page"):
        handouts.draw(tmp_path / "x.pdf", shown, "x", handouts.PAPERS["a4"])
