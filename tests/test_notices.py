"""A notice on any source: what is marked, what is shown with and without it, and what is not."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from livingreview import evidence
from livingreview.evidence import DATA, MARKS, Evidence
from livingreview.notebooks import without_source
from livingreview.notebooks.files import chapters, read
from livingreview.notebooks.outputs import of_chapter
from livingreview.notebooks.running import Statement, statements
from livingreview.publish.session import HOLDS
from livingreview.site.published import banners

ROOT = DATA.parent
BOOK = evidence.load()
PAGES_OF_BOOK = [ROOT / "index.md", *chapters(ROOT)]
NAMING = ("row_ids", "result_ids", "checked_against", "contrast_id", "intervention_id", "comparator_id")


def noticed(key: str, kind: str = "retraction") -> Evidence:
    row = {"notice_id": "notice-001", "source_key": key, "kind": kind, "date": "2027-01-05", "where": "10.1234/x"}
    frame = pd.DataFrame([{**row, "recorded": "2027-01-06", "compared": "", "note": ""}]).set_index(
        "notice_id", drop=False
    )
    return BOOK.noticed(frame)


@cache
def code() -> dict[str, list[Statement]]:
    return without_source.code(BOOK)


@cache
def now() -> without_source.Computed:
    return without_source.run(BOOK, code())


@cache
def told() -> dict[str, tuple[set[str], set[str]]]:
    """Keys that each row of the tables tells, in any column, and the rows that it names, read without our reader."""
    rows = {}
    for name in (name for name in Evidence(DATA).pages if name not in ("sources", "notices")):
        with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                keys = {part.strip() for c in row if "source_key" in c for part in row[c].split(";")} - {""}
                named = {part.strip() for c in NAMING for part in row.get(c, "").split(";")} - {""}
                rows[next(iter(row.values()))] = (keys, named)
    return rows


def resting(row: str, key: str) -> bool:
    keys, named = told().get(row, (set(), set()))
    return row == key or key in keys or key in named or any(resting(other, key) for other in named)


@cache
def shown(page: Path) -> set[str]:
    """Ids of rows, and keys of sources, that a page carries in its outputs, or names from another chapter."""
    text = page.read_text(encoding="utf-8")
    ids: set[str] = set()
    for chapter, key in re.findall(r"\{n\}`(\w+):(\w+)`", text):
        ids |= set(now().numbers[chapter, key].rows)
    if page.suffix == ".md":
        return ids
    for cell in json.loads(text)["cells"]:
        for output in cell.get("outputs", ()):
            ours = output.get("metadata", {}).get("livingreview", {})
            ids |= {row for name in ("rows", "drawn", "rests_on") for row in ours.get(name, ())}
            markup = "".join(output.get("data", {}).get("text/html", ""))
            soup = BeautifulSoup(markup, "lxml")
            ids |= {str(link["href"]).partition("#")[2] for link in soup.select('a[href*="#"]:not(.lr-to)')}
            ids |= {str(row["id"]) for row in soup.select(".lr-rows > li")}
        if cell["cell_type"] == "markdown":
            ids |= set(re.findall(r"\{src\}`(\w+)`", "".join(cell["source"])))
    return ids


def texts(path: Path) -> dict[str, str]:
    return of_chapter(path.stem, read(path)).texts


def test_the_chapters_run_here_as_they_are_stored() -> None:
    stored = {(path.stem, key): text for path in chapters(ROOT) for key, text in texts(path).items()}
    stored = {at: text for at, text in stored.items() if at[0] not in without_source.OWN}
    assert {at: number.text for at, number in now().numbers.items()} == stored
    assert all(conclusion.state == HOLDS for conclusion in now().conclusions.values())
    # what the methods say of the review itself rests on no row of the evidence
    assert {chapter for (chapter, _), one in now().conclusions.items() if not one.rows} <= {"methods"}
    assert evidence.load() is BOOK


@pytest.mark.parametrize("part", range(4))
def test_a_notice_on_any_source_marks_all_that_rests_on_it(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, key in enumerate(list(BOOK.sources)[part::4]):
        kind = list(MARKS)[number % 4] if number % 2 else "retraction"
        book = noticed(key, kind)
        monkeypatch.setattr("livingreview.site.published.load", lambda book=book: book)
        rests = {row for row in told() if resting(row, key)}
        assert {row for row in told() if book.marked([row])} == rests, key
        for row in rests:
            own = told()[row][0]
            assert (f"[{MARKS[kind]}]" in book.describe(row)) == (key in own) or len(own) > 1, (key, row)
        # the banner stands on the pages that carry such a row, and on no other
        with_banner = {page for page in PAGES_OF_BOOK if banners(page)}
        carrying = {page for page in PAGES_OF_BOOK if any(row == key or row in rests for row in shown(page))}
        assert with_banner == carrying, key
        # every number and conclusion that carries such a row is told, of a retraction with what is left without it
        chapters_of = {
            at[0] for run in (now().numbers, now().conclusions) for at, one in run.items() if book.marked(one.rows)
        }
        # what is left is computed for one retraction in five; what rests on it alone is known without
        rest = {c: code()[c] for c in code() if c in chapters_of} if number % 10 == 0 else {}
        numbers, conclusions = without_source.compared(
            book, now(), without_source.run(book.without(book.retracted), rest)
        )
        wanted = {at for at, one in now().numbers.items() if rests.union([key]).intersection(one.rows)}
        assert {(e.chapter, e.name) for e in numbers if e.sources} == wanted, key
        wanted = {at for at, one in now().conclusions.items() if rests.union([key]).intersection(one.rows)}
        assert {(e.chapter, e.name) for e in conclusions if e.sources} == wanted, key
        for effect in (e for e in (*numbers, *conclusions) if e.sources):
            alone = all(row == key or (row in told() and told()[row][0] <= {key}) for row in effect.rows)
            if kind != "retraction":
                assert effect.without == without_source.KEPT
            elif alone:
                assert effect.without == without_source.ALONE, (key, effect)
            else:
                assert effect.without, (key, effect)


def test_what_is_left_without_a_source_is_computed() -> None:
    book = noticed("hmp2025_claro")
    numbers, conclusions = without_source.compared(
        book, now(), without_source.run(book.without(book.retracted), code())
    )
    without = {e.name: (e.before, e.without) for e in numbers}
    assert without["discrepancies_claro_values"] == ("11, 13, 16, 17 and 18", "11, 13, 16 and 17")
    assert without["claro_first_p"] == ("P = 0.19", without_source.ALONE)
    # it carries no rows, and counts them
    left = sum(not resting(claim, "hmp2025_claro") for claim in BOOK.claims.index)
    assert without["claims_n"] == (str(len(BOOK.claims)), str(left))
    held = {e.name: e.without for e in conclusions}
    assert held["Fewer people were randomized than had been planned."] == "still holds"
    assert held["The other estimates point towards collaborative care."] == without_source.ALONE
    assert held["The two arms add up to the people randomized."] == without_source.NOT_COMPUTED


@pytest.mark.parametrize("kind", ["correction", "expression_of_concern", "partial_retraction"])
def test_what_is_not_retracted_is_not_dropped(kind: str) -> None:
    book = noticed("hmp2025_claro", kind)
    numbers, conclusions = without_source.compared(book, now(), now())
    assert numbers
    assert {e.without for e in (*numbers, *conclusions)} == {without_source.KEPT}
    assert len(book.without(book.retracted).results) == len(BOOK.results)


@pytest.mark.parametrize(("last", "said"), [("", "asked about none"), ("2027-01-02", "asked .* on January 2, 2027")])
def test_it_is_told_how_far_notices_were_looked_for(last: str, said: str) -> None:
    book = BOOK.noticed(BOOK.notices)
    book.searches = book.searches.assign(last_search=last)
    assert re.search(said, without_source.asked(book))


def test_the_gravest_notice_marks() -> None:
    kinds = ["correction", "retraction", "expression_of_concern"]
    rows = [(f"notice-unutzer2002jama-{kind}", kind) for kind in kinds]
    frame = pd.DataFrame([{"notice_id": i, "source_key": "unutzer2002jama", "kind": kind} for i, kind in rows])
    book = BOOK.noticed(frame.set_index("notice_id", drop=False))
    assert book.sources["unutzer2002jama"].short == "Unützer 2002 [retracted]"
    assert book.notice_on("unutzer2002jama") == "notice-unutzer2002jama-retraction"


def test_a_value_of_a_turn_that_failed_is_not_used_in_the_next() -> None:
    text = """
from livingreview.evidence import load
from livingreview.publish.numbers import publish
results = load().results
row = results.loc["impact-response-12m-contrast"]
for i in ("impact-response-12m-contrast", "champ-opioid-days-contrast"):
    row = results.loc[i]
    publish(i, row["estimate_printed"], [i])
row = results.loc["impact-response-12m-contrast"]
publish("after", row["estimate_printed"], [])
"""
    whole = without_source.run(BOOK, {"x": statements([text])}).numbers
    assert {key: number.text for (_, key), number in whole.items()} == {
        "impact-response-12m-contrast": BOOK.row("impact-response-12m-contrast")["estimate_printed"],
        "champ-opioid-days-contrast": BOOK.row("champ-opioid-days-contrast")["estimate_printed"],
        "after": BOOK.row("impact-response-12m-contrast")["estimate_printed"],
    }
    rest = without_source.run(BOOK.without({"unutzer2002jama"}), {"x": statements([text])}).numbers
    assert [key for _, key in rest] == ["champ-opioid-days-contrast"]


# ------------------------------------------------------------------- one source, with everything, in a small book


def cell(text: str, kind: str = "code") -> dict[str, Any]:
    own = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": f"c{abs(hash(text)) % 10**8}", "metadata": {}, "source": text, **own}


SMALL = [
    cell(
        "# IMPACT\n\n:::{container} bottom-line\n"
        "{n}`impact_cc` against {n}`impact_uc`, {n}`impact_rr` times as many; {n}`impact_free`.\n:::",
        "markdown",
    ),
    cell(
        "from livingreview.publish.conclusions import Excludes, conclude, difference_of\n"
        "from livingreview.publish.numbers import publish, publish_result, two_arms\n"
        'rows = ["impact-response-12m-cc", "impact-response-12m-control"]\n'
        'two = two_arms("impact_r", *rows, ["impact-cc", "impact-control"])\n'
        'publish_result("impact_cc", rows[0])\npublish_result("impact_uc", rows[1])\n'
        'publish("impact_rr", two.cells["rr"].value.text, two.rows, "risk ratio")\n'
        'publish_result("impact_free", "impact-free-days-24m-contrast")\n'
        'conclude(Excludes(difference_of(two), side="above"), "More responded.")'
    ),
    cell(":::{conclusions}\n:::", "markdown"),
]


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of few pages after the one command that records a retraction."""
    root = tmp_path_factory.mktemp("drill") / "book"
    root.mkdir()
    for name in ("data", "livingreview"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "chapters").mkdir()
    for name in ("results", "trials", "sources", "notices"):
        text = (ROOT / "chapters" / f"{name}.ipynb").read_text(encoding="utf-8")
        (root / "chapters" / f"{name}.ipynb").write_text(text.replace("(evidence.ipynb)", "(sources.ipynb)"))
    kept = json.loads((ROOT / "chapters" / "notices.ipynb").read_text(encoding="utf-8"))["metadata"]
    small = {"cells": SMALL, "metadata": {"kernelspec": kept["kernelspec"]}, "nbformat": 4, "nbformat_minor": 5}
    (root / "chapters" / "impact.ipynb").write_text(json.dumps(small), encoding="utf-8")
    for path in (ROOT / "chapters" / "numbers.md", *(ROOT / "chapters").glob("*.csv")):
        if path.name != "synonyms.csv":  # they lead to words of the whole book
            shutil.copy(path, root / "chapters")
    # of the checklists, the item that names the first page: the others name chapters that this small book has not
    lists = root / "data" / "checklists.csv"
    lists.write_text("".join(lists.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    card = "# Small\n\n:::{container} bottom-line\nAt 12 months {n}`impact:impact_cc` responded.\n:::\n"
    (root / "index.md").write_text(card, encoding="utf-8")
    shutil.copy(ROOT / "_config.yml", root)
    files = "".join(
        f"  - file: chapters/{c}\n" for c in ("impact", "results", "trials", "sources", "notices", "numbers")
    )
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{files}", encoding="utf-8")
    answer = root / "answer.json"
    update = {"DOI": "10.1001/JAMA.2027.1", "type": "retraction", "updated": {"date-parts": [[2027, 1, 5]]}}
    message = {"DOI": "10.1001/jama.288.22.2836", "title": ["x"], "updated-by": [update, {**update, "source": "x"}]}
    answer.write_text(json.dumps({"status": "ok", "message": message}), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    command = [sys.executable, "-m", "livingreview.cli", "notice", "--answer", str(answer)]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return root


def page(root: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((root / "_build" / "html" / name).read_text(encoding="utf-8"), "lxml")


def test_one_command_records_marks_and_builds(drilled: Path) -> None:
    rows = (drilled / "data" / "notices.csv").read_text(encoding="utf-8").splitlines()
    (added,) = set(rows) - set((ROOT / "data" / "notices.csv").read_text(encoding="utf-8").splitlines())
    assert added.startswith(
        "notice-unutzer2002jama-retraction,unutzer2002jama,retraction,2027-01-05,10.1001/jama.2027.1,"
    )
    for name in ("index.html", "chapters/impact.html", "chapters/results.html", "chapters/trials.html"):
        said = page(drilled, name).select_one(".lr-notices")
        assert said is not None, name
        assert said.get_text(" ", strip=True).startswith("Retracted: Unützer 2002"), name
    impact = page(drilled, "chapters/impact.html")
    assert "rest on it: 17; conclusions: 1" in " ".join(impact.select_one(".lr-notices").get_text().split())  # type: ignore[union-attr]
    marked = {link.get_text() for link in impact.select('main .article p a.n[title*="retracted]"]')}
    assert marked == {"45%", "19%", "2.37"}
    assert "[retracted]" not in str(impact.find("a", string="107")["title"])  # type: ignore[index]
    assert impact.select_one(".article li").get_text() == "More responded. Rests on Unützer 2002 [retracted]."  # type: ignore[union-attr]


def test_the_page_of_notices_shows_each_number_with_and_without(drilled: Path) -> None:
    notices = page(drilled, "chapters/notices.html")
    rows = {
        row.th.get_text(): [cell.get_text() for cell in row.select("td")]  # type: ignore[union-attr]
        for row in notices.select("tbody tr")
    }
    card = notices.find(id="notice-unutzer2002jama-retraction").get_text(" ")  # type: ignore[union-attr]
    assert all(said in card for said in ("etraction", "2027", "10.1001/jama.2027.1"))
    assert rows["impact_rr"] == ["impact", "Unützer 2002 [retracted]", "2.37", without_source.ALONE]
    assert rows["More responded."] == ["impact", "Unützer 2002 [retracted]", without_source.ALONE]
    assert "impact_free" not in rows
    evidence_row = page(drilled, "chapters/results-impact.html").find(id="impact-response-12m-cc")
    assert "Unützer 2002 [retracted]" in evidence_row.get_text()  # type: ignore[union-attr]


def test_it_stands_there_already(drilled: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(drilled)}
    command = [sys.executable, "-m", "livingreview.cli", "notice", "--answer", "answer.json"]
    done = subprocess.run(command, cwd=drilled, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "notice-unutzer2002jama-retraction was recorded before.")
