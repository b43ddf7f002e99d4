"""What a reader takes away: figures that stand alone, and tables that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import pytest
from PIL import Image

from livingreview.evidence import load
from livingreview.publish.figures import Panel, Row, forest
from livingreview.site import downloads, pictures

FACTS = load().facts
NAME = "test-forest"
ROWS = [Row("Response", "3.45 (2.71 to 4.38)", 3.45, 2.71, 4.38), Row("<b>&", "1.10 (0.90 to 1.30)", 1.1, 0.9, 1.3)]


@pytest.fixture(scope="module")
def svg() -> str:
    return forest(NAME, [Panel(ROWS, "odds ratio", "log", 1.0)]).svg


def test_a_drawing_stands_alone(svg: str) -> None:
    drawing = downloads.standalone(svg, FACTS)
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


def test_a_picture_is_the_same_each_time_and_shows_the_drawing(svg: str) -> None:
    drawing = downloads.standalone(svg, FACTS)
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
