"""Evidence and books of any size keep every rule that the real ones keep."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import generator
from livingreview.checks import RULES, check, sort
from livingreview.checks.package import Row
from livingreview.checks.reading import read_package
from livingreview.checks.rules import run
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
    copies = {key: key.rpartition("_")[0] for key in after.sources if key not in before.sources}
    assert {*copies.values()} < {*before.sources}
    assert len(copies) == 2 * len({*copies.values()})
    copied = after.row("impact_2-scl20-12m-contrast")
    assert copied["estimate_printed"] == before.row("impact-scl20-12m-contrast")["estimate_printed"]
    assert copied["study_id"] == "impact_2"
    assert {*after.rests_on("impact_2-scl20-12m-contrast")} == {
        f"{key}_2" for key in before.rests_on("impact-scl20-12m-contrast")
    }


def test_rules_look_at_no_more_cells_than_in_proportion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = Counter[tuple[str, int]]()
    reads = Row.__getitem__
    for times in (2, 4):
        data = shutil.copytree(ROOT / "data", tmp_path / str(times) / "data")
        generator.evidence(data, times)
        package = read_package(data)
        for rule in RULES:

            def counted(row: Row, column: str, seen: tuple[str, int] = (rule.__name__, times)) -> str:
                looked[seen] += 1
                return reads(row, column)

            monkeypatch.setattr(Row, "__getitem__", counted)
            assert not [*run(rule, package)]
    assert not [rule.__name__ for rule in RULES if looked[rule.__name__, 4] > 2.2 * looked[rule.__name__, 2]]


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
