"""Evidence and books of any size keep every rule that the real ones keep."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks import generator
from livingreview.check import check, sort
from livingreview.evidence import Evidence

ROOT = Path(__file__).parents[1]


def test_evidence_of_three_times_the_size_has_no_fault(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    before = Evidence(ROOT / "data")
    assert generator.evidence(data, 3) == 3 * len(before.results)
    sort(data)
    assert check(data) == []
    after = Evidence(data)
    assert {name: len(getattr(after, name)) for name in generator.GROWING} == {
        name: 3 * len(getattr(before, name)) for name in generator.GROWING
    }
    assert len(after.sources) == 3 * len(before.sources)
    copied = after.row("impact-2006")
    assert copied["estimate_printed"] == before.row("impact-006")["estimate_printed"]
    assert copied["study_id"] == "impact_2"
    assert {*after.rests_on("impact-2006")} == {f"{key}_2" for key in before.rests_on("impact-006")}


def test_small_chapters_publish_numbers_of_the_evidence(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    generator.book(tmp_path, 30)
    names = {path.stem for path in (tmp_path / "chapters").iterdir()}
    assert names == {
        *generator.LISTINGS,
        *(f"aa{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
        *["aba", "abb", "abc", "abd"],
    }
    contents = (tmp_path / "_toc.yml").read_text(encoding="utf-8")
    assert all(f"- file: chapters/{name}\n" in contents for name in names)
