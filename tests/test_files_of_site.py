"""Files beside the built pages: each change of one is seen. That all are right as built is what `bound` has said."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from test_site import HTML, missing

from livingreview.audit import files
from livingreview.audit.expected import Expected
from livingreview.evidence import DATA
from livingreview.publish.figures import pictures

ROOT = DATA.parent
NAMES = ["feed.xml", "status.json", "_static/search.js", "data/results.csv", "data/datapackage.json", "cards/impact.js"]
NAMES += [f"cite/{name}" for name in ("impact.bib", "impact.ris", "impact.json", "review.json", "sources.ris")]
KINDS = ("cite/sources/*.bib", "cite/sources/*.ris", "figures/*/*.svg", "figures/*/*.csv", "figures/*/*.png")
#: Where a letter says nothing: the name of an encoding, of a namespace, and the place of the lines below a drawing.
SILENT = (b"encoding=", b"xmlns", b"font-size=", b'<text x="2"')


@pytest.fixture(scope="module")
def expected() -> Expected:
    return Expected(ROOT)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the built site, with the pictures that are kept from its build."""
    if not (HTML / "index.html").exists():
        missing("the book is not built; run: make book")
    copy = tmp_path_factory.mktemp("site")
    shutil.copytree(HTML, copy / "html")
    shutil.copytree(HTML.parent / pictures.FOLDER, copy / pictures.FOLDER)
    return copy / "html"


def test_every_change_of_a_file_is_seen(site: Path, expected: Expected) -> None:
    some = random.Random(2026)
    kept = {kind: [p for p in sorted(site.glob(kind)) if ".slide." not in p.name] for kind in KINDS}
    names = NAMES + [p.relative_to(site).as_posix() for kind in KINDS for p in some.sample(kept[kind], 2)]
    unseen = []
    for name in names:
        path, content = site / name, (site / name).read_bytes()
        start = content.index(b"const ENTRIES") if name == "_static/search.js" else 0
        places = [at for at in range(start, len(content)) if content[at : at + 1].isalnum()]
        for at in some.sample(places, 1 if len(content) > 100_000 else 4):
            if any(word in content[max(at - 40, 0) : at + 10] for word in SILENT):
                continue
            digit = content[at : at + 1].isdigit()
            other = b"%d" % ((content[at] - 45) % 10) if digit else b"y" if content[at : at + 1] == b"x" else b"x"
            path.write_bytes(content[:at] + other + content[at + 1 :])
            if not any(problem.place == name for problem in files.of_file(site, name, expected)):
                unseen.append((name, content[max(at - 30, 0) : at + 20], other))
        path.write_bytes(content)
    assert unseen == []


def test_a_file_more_and_files_that_are_needed_and_not_there_are_named(
    site: Path, tmp_path: Path, expected: Expected
) -> None:
    shutil.copytree(site / "data", tmp_path / "data")
    (tmp_path / "chapters").mkdir()
    shutil.copy(site / "chapters/impact.html", tmp_path / "chapters")  # its numbers have a file of cards
    (tmp_path / "more.txt").write_text("45%", encoding="utf-8")
    (tmp_path / "data/arms.csv").unlink()
    _, problems = files.problems(tmp_path, expected)
    assert [(problem.place, problem.requirement) for problem in problems] == [
        ("more.txt", "be a file that the data or the notebooks give"),
        ("data/arms.csv", "be there"),
        ("cards/impact.js", "be there"),
    ]


def test_a_changed_slide_or_handout_is_seen(site: Path, expected: Expected) -> None:
    name = "figures/impact/impact-response.slide.svg"
    path, content = site / name, (site / name).read_text(encoding="utf-8")
    for old, new in (("19.3 (16.8", "18.3 (16.8"), ("M0 30L", "M0 31L"), ("usual care:", "watchful waiting:")):
        assert old in content
        path.write_text(content.replace(old, new, 1), encoding="utf-8")
        assert files.of_file(site, name, expected), old
    path.write_text(content, encoding="utf-8")
    name = "handouts/impact-a4.pdf"
    whole = (site / name).read_bytes()
    for other in ("handouts/claro-a4.pdf", "handouts/impact-letter.pdf"):
        (site / name).write_bytes((site / other).read_bytes())
        assert files.of_file(site, name, expected), other
    (site / name).write_bytes(whole)


def test_an_exchange_that_keeps_every_digit_is_seen(site: Path, expected: Expected) -> None:
    for name, old, new in (
        ("cite/sources.ris", "SP  - 2836\r\nEP  - 2845", "SP  - 2845\r\nEP  - 2836"),
        ("status.json", '"status": "not searched"', '"status": "dormant"'),
        ("_static/search.js", '["Trial","IMPACT"', '["Trial","CLARO"'),
        ("_static/search.js", '["Evidence","treatment engagement', '["Evidence","treatment dropout'),
        ("feed.xml", "The first version.", "The best version."),
    ):
        path = site / name
        text = path.read_bytes().decode()
        assert old in text, name
        path.write_bytes(text.replace(old, new, 1).encode())
        assert files.of_file(site, name, expected), name
        path.write_bytes(text.encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"Collaborative care"', '"Usual care"'),
        ("12 months", "24 months"),
        ("substantial improvement", "small improvement"),
        ("Compared with usual care", "Compared with enhanced usual care"),
        ('"kind":"P value"', '"kind":"risk ratio"'),
        ("https://doi.org/10.1001/", "https://doi.org/10.1002/"),
        ('"where":"summary text"', '"where":"Table 2"'),
        ('"read":"secondary summary', '"read":"primary paper'),
        ("44.6% of 906 against 19.3% of 895", "44.6% of 895 against 19.3% of 906"),
        ('"self":"numbers.html#impact-response-cc"', '"self":"numbers.html#impact-response-rd"'),
        ('[["44.6%",', '[["45.6%",'),
        ('},"numbers.html#impact-response-rd 25.3":', '},"numbers.html#impact-response-rd 26.3":'),
    ],
)
def test_an_edited_card_is_refused(site: Path, expected: Expected, old: str, new: str) -> None:
    path = site / "cards" / "impact.js"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert files.of_file(site, "cards/impact.js", expected)
    path.write_text(text, encoding="utf-8")
