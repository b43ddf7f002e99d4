"""Two releases in a row, and every reason to refuse one."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from livingreview import cli
from livingreview.evidence import DATA, Evidence, EvidenceError
from livingreview.history import release, released, versions
from livingreview.history.tables import CellChange, RowChange
from livingreview.history.versions import Published, Version
from livingreview.notebooks import refreshing
from livingreview.notebooks.files import read
from livingreview.notebooks.fingerprints import stale
from livingreview.notebooks.outputs import of_chapter

ROOT = DATA.parent
DAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("last", "year", "part", "name"),
    [
        ("", 2026, "first", "2026.1.0"),
        ("2026.1.0", 2026, "data", "2026.2.0"),
        ("2026.9.3", 2026, "data", "2026.10.0"),
        ("2026.2.0", 2026, "text", "2026.2.1"),
        ("2026.2.9", 2026, "text", "2026.2.10"),
        ("2026.7.2", 2027, "search year", "2027.1.0"),
    ],
)
def test_the_number_follows_from_what_moved(last: str, year: int, part: str, name: str) -> None:
    assert release.next_name(last, year, part) == name


def cell(text: str, kind: str = "code", name: str = "") -> dict[str, Any]:
    own = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {}, "source": text, **own}


CELLS = [
    cell("# IMPACT\n\n{n}`impact_severity` points.", "markdown", "c1"),
    cell(
        "from livingreview.evidence import load\n"
        "from livingreview.publish.conclusions import FieldIs, computed, conclude, interval_in\n"
        "from livingreview.publish.numbers import publish, publish_result\n"
        'publish_result("impact_severity", "impact-scl20-12m-contrast")\n'
        'publish_result("impact_or", "impact-response-12m-contrast")\n'
        'publish("impact_rows", str(len(load().results)), formula="rows of results.csv")\n'
        'publish("impact_searched", load().review.loc["evidence_searched_to", "value"])\n'
        'span = interval_in("impact-scl20-12m-contrast")\n'
        'size = computed("the difference", "large" if span.high < -0.3 else "small", span.rows)\n'
        "conclude(FieldIs(size, size.text))",
        name="c2",
    ),
]


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def commit(root: Path, message: str = "Change") -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)


def refresh(root: Path) -> None:
    report = refreshing.refresh(root)
    assert not report.failed, str(report)


def edit(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert old in text, old
    (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def cause(root: Path, number: int, kind: str, changed: str) -> None:
    with (root / "data" / "causes.csv").open("a", encoding="utf-8") as file:
        file.write(f"cause-{number:03d},,{kind},{changed},The table prints another value.,Older people,\n")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A review of two chapters in a checkout of its own, before its first version."""
    root = tmp_path_factory.mktemp("release") / "review"
    for name in ("data", "livingreview"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "chapters").mkdir()
    (root / "data" / "causes.csv").write_text((ROOT / "data" / "causes.csv").read_text().partition("\n")[0] + "\n")
    edit(
        root,
        "data/review.csv",
        f"version,{Evidence(root / 'data').review.loc['version', 'value']},",
        "version,2026.0.0,",
    )
    shutil.copy(ROOT / "chapters" / "changes.ipynb", root / "chapters")
    meta = json.loads((root / "chapters" / "changes.ipynb").read_text(encoding="utf-8"))["metadata"]
    small = {"cells": CELLS, "metadata": {"kernelspec": meta["kernelspec"]}, "nbformat": 4, "nbformat_minor": 5}
    (root / "chapters" / "impact.ipynb").write_text(json.dumps(small), encoding="utf-8")
    (root / "CHANGELOG.md").write_text("# Changelog\n\nNo version has been released yet.\n\n## Unreleased\n\n- All.\n")
    (root / ".gitignore").write_text("_build/\n__pycache__/\n")
    with pytest.MonkeyPatch.context() as patch:
        for who in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{who}_NAME", "A Person")
            patch.setenv(f"GIT_{who}_EMAIL", "a@example.org")
        git(root, "init", "--quiet")
        refresh(root)
        commit(root, "Begin")
        yield root


def cut(root: Path, day: date = DAY, overdue: str = "") -> str:
    done, reasons = release.plan(root, day, overdue)
    assert done
    assert reasons == []
    return release.cut(root, done, lambda: refresh(root), lambda: None)


def shown(root: Path) -> str:
    """All that the page of changes shows, as text."""
    notebook = read(root / "chapters" / "changes.ipynb")
    texts = [out for cell in notebook["cells"] for out in cell.get("outputs", [])]
    return json.dumps([out.get("data", {}).get("text/html", "") for out in texts], ensure_ascii=False)


def test_a_version_that_fails_its_checks_leaves_all_as_it_was(project: Path) -> None:
    before = git(project, "rev-parse", "HEAD")
    done, reasons = release.plan(project, DAY)
    assert (done and done.version.name, reasons) == ("2026.1.0", [])

    def red() -> None:
        raise cli.StepError("a page is red")

    assert done
    with pytest.raises(cli.StepError, match="a page is red"):
        release.cut(project, done, lambda: None, red)
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "rev-parse", "HEAD") == before
    assert git(project, "tag") == ""


def test_two_releases_in_a_row(project: Path) -> None:  # noqa: PLR0915 (one story)
    # the first
    assert cut(project) == "v2026.1.0"
    assert git(project, "tag") == "v2026.1.0"
    assert released.recorded(project) == {"2026.1.0": released.tree_digest(project, "v2026.1.0")}
    assert git(project, "status", "--porcelain") == ""
    assert Evidence(project / "data").review.loc["version", "value"] == "2026.1.0"
    assert "none has been released" not in (project / "data" / "review.csv").read_text()
    text = (project / "CHANGELOG.md").read_text()
    assert text.startswith("# Changelog\n\n## Unreleased\n\n## 2026.1.0 - 2026-11-26\n\n- Evidence read to 2026-11-21.")
    assert text.endswith("- All.\n")
    first = versions.stored(project)[0]
    assert first.numbers["impact", "impact_severity"].text == "−0.4"
    assert first.conclusions == {"impact": ("The difference is large.",)}
    told = of_chapter("changes", read(project / "chapters" / "changes.ipynb")).texts
    assert told["changes_said"].startswith("Version 2026.1.0 of November 26, 2026 is the first")
    assert stale(project) == []

    # nothing changed since
    _, reasons = release.plan(project, DAY)
    assert len(reasons) == 1
    assert "no value changed since 2026.1.0" in reasons[0]

    # a change without a cause, a row more, an overdue search, a method, a file that is not committed: all at once
    edit(project, "data/results.csv", "mean_difference,,-0.4,-0.46,-0.33", "mean_difference,,-0.2,-0.26,-0.13")
    edit(
        project,
        "chapters/impact.ipynb",
        'impact_or\\", \\"impact-response-12m-contrast',
        'impact_or\\", \\"impact-response-12m-cc',
    )
    cause(project, 1, "correction", "impact-impairment-12m-contrast")
    refresh(project)
    (project / "notes.txt").write_text("x")
    done, reasons = release.plan(project, date(2027, 5, 22))
    text = "\n".join(reasons)
    assert done
    assert done.version.name == "2026.2.0"
    assert "The tree is not clean: " in text
    assert "notes.txt" in text
    assert "A search is overdue: Public texts (due 2027-05-21)" in text
    assert "data/results.csv, impact-scl20-12m-contrast: changed (estimate -0.4 -> -0.2; ci_low -0.46 -> -0.26" in text
    assert "chapters/impact.ipynb, impact_or: 3.45 is now 45%, and no row of the evidence" in text
    assert (
        "data/causes.csv, cause-001: names impact-impairment-12m-contrast, "
        "of which nothing changed since 2026.1.0." in text
    )
    assert text.count(" is gone, and no row") == 2
    assert "chapters/impact.ipynb, impact_or_n: 1,801 is now 906, and no row of the evidence" in text
    assert len(reasons) == 8, text

    # with their causes
    (project / "notes.txt").unlink()
    edit(project, "data/causes.csv", "impact-impairment-12m-contrast", "impact-scl20-12m-contrast")
    cause(project, 2, "changed_method", "impact_or; impact_or_ci; impact_or_p; impact_or_n")
    refresh(project)
    commit(project)
    assert cut(project, date(2027, 5, 22), "nobody could search") == "v2026.2.0"
    trees = {name: released.tree_digest(project, f"v{name}") for name in ("2026.1.0", "2026.2.0")}
    assert released.recorded(project) == trees
    second, before = versions.stored(project)
    assert (second.part, second.overdue, before.name) == ("data", "nobody could search", "2026.1.0")
    assert [(row["id"], row["causes"]) for row in second.rows] == [("impact-scl20-12m-contrast", ["cause-001"])]
    found = {one.key: (one.old, one.new, one.causes) for one in versions.changes(second, before)}
    assert found["impact_severity"] == ("−0.4", "−0.2", ("cause-001",))
    assert found["impact_or"] == ("3.45", "45%", ("cause-002",))
    ratio = {"impact_or", "impact_or_ci", "impact_or_p", "impact_or_n"}
    assert set(found) == {"impact_severity", "impact_severity_ci"} | ratio
    assert ("impact", "The difference is small.", "came") in versions.turned(second, before)
    severity = "IMPACT: depression severity at 12 months, mean difference"
    assert any(what == severity and "moved from" in why for what, why in second.material)
    rows = (project / "data" / "causes.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in rows[1:]] == ["2026.2.0", "2026.2.0"]
    text = (project / "CHANGELOG.md").read_text()
    assert "## 2026.2.0 - 2027-05-22\n" in text
    assert (
        "- Correction: The table prints another value. For: Older people. (1 rows: impact-scl20-12m-contrast)\n" in text
    )
    assert "- impact, impact_severity: −0.4 -> −0.2\n" in text
    assert "- A search was overdue: nobody could search.\n" in text
    # the page that explains the second
    told, page = of_chapter("changes", read(project / "chapters" / "changes.ipynb")).texts, shown(project)
    assert told["changes_said"].startswith("Version 2026.2.0 of May 22, 2027 followed 2026.1.0")
    assert told["changes_for_whom"] == "Older people."
    for part in ("−0.4 (−0.46 to −0.33)", "−0.2 (−0.26 to −0.13)", "Correction: The table prints another value."):
        assert part in page, part
    assert "<svg" in page
    assert "The difference is small." in page
    assert stale(project) == []

    # text alone, then another year
    (project / "README.md").write_text("New words.\n")
    edit(project, "CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n- New words.\n")
    commit(project)
    done, reasons = release.plan(project, DAY)
    assert (done and done.version.name, reasons) == ("2026.2.1", [])
    edit(project, "data/searches.csv", ",2026-11-21,", ",2027-03-01,")
    commit(project)
    done, reasons = release.plan(project, DAY)
    assert (done and done.version.name, reasons) == ("2027.1.0", [])


def test_a_word_for_a_search_that_is_not_overdue_is_refused(project: Path) -> None:
    _, reasons = release.plan(project, DAY, "because")
    assert any("No search is overdue on 2026-11-26" in reason for reason in reasons)


def test_a_version_is_read_as_it_was_written(tmp_path: Path) -> None:
    numbers = {("impact", "impact_rr"): Published("2.37", ("impact-response-12m-cc",), "risk ratio", "IMPACT", True)}
    row = {
        "table": "results",
        "id": "impact-response-12m-cc",
        "kind": "changed",
        "cells": [["n", "1", "2"]],
        "causes": ["cause-001"],
    }
    one = Version(
        *("2026.10.0", "2026-11-26", "2026-11-21", "data", "why"),
        numbers,
        {"impact": ("More.",)},
        (row,),
        {"impact:impact_rr": ("cause-001",)},
        (("impact-response-12m-cc", "moved"),),
    )
    assert versions.read(one.as_text()) == one
    (tmp_path / "history").mkdir()
    for name in ("2026.10.0", "2026.9.0", "2027.1.0"):
        (tmp_path / "history" / f"{name}.json").write_text(one.as_text().replace("2026.10.0", name))
    assert [version.name for version in versions.stored(tmp_path)] == ["2027.1.0", "2026.10.0", "2026.9.0"]
    (tmp_path / "history" / "2026.9.0.json").write_text("{")
    with pytest.raises(EvidenceError, match=r"history/2026\.9\.0\.json cannot be read as a version .* git checkout"):
        versions.stored(tmp_path)


def test_the_versions_of_this_review_agree_with_its_number() -> None:
    found = versions.stored(ROOT)
    assert Evidence(DATA).review.loc["version", "value"] == (found[0].name if found else "2026.0.0")
    for new, old in versions.pairs(Evidence(DATA)):
        if old:  # a change without a cause fails
            values = [one for one in versions.changes(new, old) if one.old]
            assert all(one.causes for one in values)
            assert all(row["causes"] for row in new.rows)


def test_the_command_tells_every_reason(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def red() -> None:
        """Fail."""
        raise cli.StepError("one is red")

    monkeypatch.setattr(release, "plan", lambda *_: (None, ["first reason", "second reason"]))
    for name in ("check", "lint", "build"):
        monkeypatch.setattr(cli, name, red)
    assert cli.main(["release"]) == 1
    error = capsys.readouterr().err
    for part in ("first reason", "second reason", "red: one is red"):
        assert part in error
    assert error.count("one is red") == 3
    assert "No version was cut" in error


def test_status_of_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--day", "2999-01-01"]) == 0
    assert capsys.readouterr().out.startswith("dormant")
    assert cli.main(["status", "--day", "tomorrow"]) == 1
    assert "must be a day as YYYY-MM-DD" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "columns", "naming", "covered"),
    [
        ("changed", ("unit",), "results: unit", True),
        ("changed", ("unit", "n"), "results: unit", False),
        ("changed", ("unit", "n"), "results: unit; results: n", True),
        ("changed", ("unit",), "arms: unit", False),
        ("changed", ("unit",), "results", False),
        ("added", ("unit",), "results", True),
        ("removed", ("unit",), "results", True),
        ("added", ("study_id",), "impact", True),
        ("added", ("source_key",), "impact", True),
        ("changed", ("study_id",), "impact", False),
        ("changed", ("unit", "n"), "impact-scl20-12m-contrast", True),
    ],
)
def test_a_cause_names_rows_tables_or_columns(kind: str, columns: tuple[str, ...], naming: str, covered: bool) -> None:
    book = Evidence(DATA)
    book.causes = book.causes.assign(version="2026.1.0")
    book.causes.loc["cause-001", ["version", "changed"]] = ["", naming]
    cells = tuple(CellChange(column, "", "impact") for column in columns)
    row = RowChange("impact-scl20-12m-contrast", kind, cells)
    assert release._covering(book, "results", row) == (("cause-001",) if covered else ())
