"""What a change can reach is found from the rows that chapters use and from the imports."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from livingreview.history.reach import reach
from livingreview.history.snapshots import HistoryError
from livingreview.repository import git

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of the review on a branch, with a later commit on the branch that it left."""
    root = tmp_path_factory.mktemp("project")
    for name in ("data", "chapters", "history", "livingreview", "tests"):
        shutil.copytree(PROJECT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    git(root, "init", "-q", "-b", "main")
    for name, value in (("user.name", "A. Tester"), ("user.email", "tester@example.org")):
        git(root, "config", name, value)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "The review")
    git(root, "checkout", "-q", "-b", "correction")
    git(root, "checkout", "-q", "main")
    (root / "chapters/impact.ipynb").write_text("{}", encoding="utf-8")
    git(root, "commit", "-qam", "What others did meanwhile")
    git(root, "checkout", "-q", "correction")
    return root


@pytest.fixture
def changed(project: Path):
    """Replace a text in a file; afterwards all is as before."""

    def change(name: str, old: str, new: str) -> Path:
        path = project / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return project

    yield change
    git(project, "checkout", "-q", ".")
    git(project, "clean", "-qfd")


def test_nothing_is_reached_without_a_change_whatever_others_did(project):
    change = reach(project, "main")
    assert (change.files, change.rows, change.chapters, change.tests) == ((), (), (), ())


def test_a_changed_cell_reaches_the_chapters_that_use_its_row_and_those_that_list_it(changed):
    change = reach(changed("data/results.csv", ",-1.20,-4.97,2.57,", ",-1.21,-4.97,2.57,"), "main")
    assert change.rows == ("champ-vr12-contrast",)
    assert {"champ", "intro", "landscape", "thresholds", "results"} <= {*change.chapters}
    assert "impact" not in change.chapters
    assert (change.data, change.text, change.tests) == (True, True, ())


def test_a_changed_reference_reaches_what_rests_on_it(changed):
    change = reach(changed("data/references.bib", "@article{unutzer2002jama,", "@misc{unutzer2002jama,"), "main")
    assert change.rows == ("unutzer2002jama",)
    assert {"sources", "impact", "intro"} <= {*change.chapters}


def test_a_changed_sentence_reaches_its_chapter(changed):
    change = reach(changed("chapters/claro.ipynb", "collaborative", "cooperative"), "main")
    assert (change.chapters, change.text, change.data) == (("claro",), True, False)


def test_changed_code_reaches_the_tests_that_import_it_and_every_chapter_that_it_computes(changed):
    root = changed("livingreview/checks/ledger.py", '"""', '"""\n')
    (root / "tests/test_new.py").write_text("import watch_server\n", encoding="utf-8")
    change = reach(root, "main")
    assert "tests/test_check.py" in change.tests  # by what the room of the checks offers
    assert "tests/test_new.py" in change.tests
    assert "tests/test_geometry.py" not in change.tests
    assert change.python == ["livingreview/checks/ledger.py", "tests/test_new.py"]
    change = reach(changed("livingreview/publish/numbers.py", '"""', '"""\n'), "main")
    assert len(change.chapters) == len(list((root / "chapters").glob("*.ipynb")))


def test_an_unknown_branch_is_named(project):
    with pytest.raises(HistoryError, match="no revision 'nowhere'"):
        reach(project, "nowhere")
