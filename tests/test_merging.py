"""Two people change the review at once: what git merges, what `make merge` settles, what is left to a person."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from livingreview.checks import check, sort
from livingreview.contribute import merging
from livingreview.notebooks.files import read, source
from livingreview.notebooks.fingerprints import stale
from livingreview.notebooks.merging import merge_notebook
from livingreview.notebooks.outputs import of_chapter
from livingreview.notebooks.refreshing import refresh
from livingreview.repository import GitError

PROJECT = Path(__file__).parent.parent
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    **{f"GIT_{who}_{what}": "someone@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
NEW = "odds_ratio,,2.00,1.00,4.00,95,two_sided,,,,,,ratio,higher,,{source},Table 2,primary_abstract,single,"
MINE = "proud-901,proud,all,retention,,,,,6,6 months,contrast," + NEW.format(source="wartko2023_proud")
YOURS = "btb-901,btb,all,depression response,,,,,8,8 months,contrast," + NEW.format(source="rollman2009_btb")


def settle(root: Path) -> merging.Settled:
    return merging.settle(root, merge_notebook)


class Repository:
    """A clone of the review with two branches."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *command: str) -> int:
        done = subprocess.run(["git", *command], cwd=self.root, env=ENVIRONMENT, capture_output=True, check=False)
        return done.returncode

    def merge(self, ours: Callable[[Repository], object], theirs: Callable[[Repository], object]) -> bool:
        """Change two branches, and merge the second into the first; say whether git could do it alone."""
        for branch, change in (("theirs", theirs), ("ours", ours)):
            assert self.git("checkout", "-q", "-b", branch, "base") == 0
            change(self)
            assert self.git("commit", "-q", "-a", "-m", branch) == 0
        return self.git("merge", "-q", "--no-edit", "theirs") == 0

    def lines(self, name: str, change: Callable[[list[str]], list[str]]) -> None:
        path = self.root / name
        path.write_text("\n".join(change(path.read_text(encoding="utf-8").split("\n"))), encoding="utf-8")

    def add(self, line: str, name: str = "data/results.csv") -> None:
        """Add a row in its place, as `make sort` does."""
        self.lines(name, lambda lines: [*lines[:-1], line, ""])
        sort(self.root / "data")

    def replace(self, old: str, new: str, name: str = "data/results.csv") -> None:
        self.lines(name, lambda lines: [x.replace(old, new, 1) if old in x else x for x in lines])

    def remove(self, row: str, name: str = "data/results.csv") -> None:
        self.lines(name, lambda lines: [x for x in lines if not x.startswith(f"{row},")])

    def read(self, name: str = "data/results.csv") -> str:
        return (self.root / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("base")
    shutil.copytree(PROJECT / "data", root / "data")
    shutil.copy(PROJECT / ".gitattributes", root)
    (root / ".gitignore").write_text("_build/\n")
    (root / "chapters").mkdir()
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# One\n\nA sentence.\nAnother."},
        *(
            {"cell_type": "code", "id": key, "metadata": {}, "source": text, "execution_count": None, "outputs": []}
            for key, text in {"read": READ, "last": "'the end'"}.items()
        ),
    ]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "chapters/one.ipynb").write_text(json.dumps(book), encoding="utf-8")
    refresh(root, progress=lambda _: None)
    repository = Repository(root)
    assert repository.git("init", "-q", "-b", "base") == 0
    assert repository.git("add", "-A") == 0
    assert repository.git("commit", "-q", "-m", "base") == 0
    return root


READ = (
    "from pathlib import Path\nfrom IPython.display import display\n"
    "text = str(Path('../data/results.csv').read_text().count('\\n'))\n"
    "display({'application/papermill.record/text/plain': text},\n"
    " metadata={'scrapbook': {'name': 'rows', 'mime_prefix': 'application/papermill.record/'}}, raw=True)"
)


@pytest.fixture
def repository(base: Path, tmp_path: Path) -> Repository:
    return Repository(Path(shutil.copytree(base, tmp_path / "review")))


def test_rows_about_different_studies_merge_without_a_conflict(repository: Repository) -> None:
    assert repository.merge(lambda r: r.add(MINE), lambda r: r.add(YOURS))
    assert check(repository.root / "data") == []
    assert {MINE, YOURS} <= set(repository.read().split("\n"))


def test_rows_of_one_study_conflict_and_are_settled(repository: Repository) -> None:
    other = MINE.replace("proud-901", "proud-902").replace("6,6 months,contrast", "12,12 months,contrast")
    assert not repository.merge(lambda r: r.add(other), lambda r: r.add(MINE))
    assert [fault.requirement for fault in check(repository.root / "data")] == ["be no mark of a merge conflict"] * 3
    found = settle(repository.root)
    assert (found.files, found.left) == (["data/results.csv"], [])
    assert check(repository.root / "data") == []
    assert {MINE, other} <= set(repository.read().split("\n"))
    assert repository.git("commit", "-q", "--no-edit") == 0
    assert settle(repository.root).files == []


def test_one_id_for_two_rows_is_told_and_both_stay(repository: Repository) -> None:
    yours = MINE.replace("2.00,1.00,4.00", "3.00,1.50,6.00").replace("6,6 months,contrast", "9,9 months,contrast")
    assert not repository.merge(lambda r: r.add(MINE), lambda r: r.add(yours))
    (line,) = settle(repository.root).left
    assert line.startswith(
        "data/results.csv, proud-901: both sides added it: months is 6 on this branch and 9 on the other; "
    )
    assert line.endswith("ci_high is 4.00 on this branch and 6.00 on the other. Give one of the two rows another id.")
    (fault,) = check(repository.root / "data")
    assert fault.remedy == "Correct it (proud-retention-9m-contrast is free), or delete the row."
    assert repository.git("diff", "--quiet", "--diff-filter=U") != 0 or repository.git("ls-files", "-u") == 0


def test_a_row_that_both_changed_is_left_to_a_person_alone(repository: Repository) -> None:
    def ours(r: Repository) -> None:
        r.replace("45,,,,,,,906,,randomised", "46,,,,,,,906,,randomised")
        r.add(MINE)

    def theirs(r: Repository) -> None:
        r.replace("45,,,,,,,906,,randomised", "44,,,,,,,906,,randomised")
        r.replace("impact-response-12m-control", "impact-953")
        r.add(MINE.replace("-901", "-902").replace("6,6 months,contrast", "12,12 months,contrast"))

    assert not repository.merge(ours, theirs)
    assert settle(repository.root).left == [
        "data/results.csv, impact-response-12m-cc: both sides changed it: "
        "estimate is 46 on this branch and 44 on the other. Keep what is right, and delete the three marks."
    ]
    faults = [fault for fault in check(repository.root / "data") if "merge" in fault.requirement]
    first = next(i for i, x in enumerate(repository.read().split("\n"), 1) if x.startswith("<<<<<<<"))
    assert [fault.row for fault in faults] == [first, first + 2, first + 4]
    assert "impact-953" in repository.read()
    assert "proud-902" in repository.read()


def test_a_row_that_one_side_removed_does_not_come_back(repository: Repository) -> None:
    assert not repository.merge(
        lambda r: r.remove("impact-response-12m-control"),
        lambda r: r.replace("comparator,percent,,19,", "comparator,percent,,20,"),
    )
    (line,) = settle(repository.root).left
    assert line.startswith("data/results.csv, impact-response-12m-control: one side changed it, the other removed it.")

    repository.git("merge", "--abort")
    repository.git("branch", "-m", "ours", "ours-1")
    repository.git("branch", "-m", "theirs", "theirs-1")
    last = [x for x in repository.read().split("\n") if x.split(",")[1:2] == ["proud"]][-1].split(",")[0]
    repository.git("checkout", "-q", "base")
    assert not repository.merge(lambda r: r.remove(last), lambda r: r.add(MINE))
    assert settle(repository.root).left == []
    assert f"\n{last}," not in repository.read()
    assert MINE in repository.read()


def test_references_are_settled_by_their_keys(repository: Repository) -> None:
    def entry(key: str) -> Callable[[Repository], None]:
        fields = "  title        = {{A page}},\n  kind         = {method},\n  read         = {whole page},\n"
        text = f"\n@misc{{{key},\n{fields}}}\n".split("\n")
        return lambda r: r.lines("data/references.bib", lambda lines: [*lines[:-1], *text])

    assert not repository.merge(entry("zz2021"), entry("zz2020"))
    assert settle(repository.root).files == ["data/references.bib"]
    assert check(repository.root / "data") == []
    text = repository.read("data/references.bib")
    assert text.index("@misc{zz2020,") < text.index("@misc{zz2021,")


def test_a_reference_that_both_changed_names_its_field(repository: Repository) -> None:
    old, name = "journal      = {JAMA},", "data/references.bib"
    assert old in repository.read(name)

    def write(title: str) -> Callable[[Repository], None]:
        return lambda r: r.lines(name, lambda lines: "\n".join(lines).replace(old, title, 1).split("\n"))

    assert not repository.merge(write("journal      = {JAMA, ours},"), write("journal      = {JAMA, theirs},"))
    (line,) = settle(repository.root).left
    assert "both sides changed it: journal is 'journal      = {JAMA, ours},' on this branch and 'journal " in line


def change_cell(r: Repository, number: int, old: str, new: str) -> None:
    path = r.root / "chapters/one.ipynb"
    book = read(path)
    book["cells"][number]["source"] = source(book["cells"][number]).replace(old, new)
    path.write_text(json.dumps(book, indent=1), encoding="utf-8")
    refresh(r.root, progress=lambda _: None)


def test_notebooks_refreshed_on_both_sides_are_settled_by_cell(repository: Repository) -> None:
    def ours(r: Repository) -> None:
        r.add(MINE)
        change_cell(r, 0, "A sentence.", "Our sentence.")

    def theirs(r: Repository) -> None:
        r.add(YOURS)
        r.add(YOURS.replace("-901", "-902").replace("8,8 months,contrast", "4,,contrast"))
        change_cell(r, 2, "the end", "the very end")

    assert not repository.merge(ours, theirs)
    assert stale(repository.root) == ["one"]
    with pytest.raises(ValueError, match=r"found marks of a merge conflict\. Run 'make merge', or take one side"):
        read(repository.root / "chapters/one.ipynb")
    assert repository.git("diff", "--quiet", "chapters/fingerprints.txt") == 0  # git keeps both lines
    found = settle(repository.root)
    assert (found.files, found.left) == (["chapters/one.ipynb"], [])
    report = refresh(repository.root, progress=lambda _: None)
    assert not report.failed
    assert stale(repository.root) == []
    book = read(repository.root / "chapters/one.ipynb")
    assert source(book["cells"][0]).split("\n")[2] == "Our sentence."
    assert source(book["cells"][2]) == "'the very end'"
    assert of_chapter("rows", book).texts == {"rows": str(repository.read().count("\n"))}


def test_a_cell_that_both_changed_is_left_to_a_person(repository: Repository) -> None:
    assert not repository.merge(
        lambda r: change_cell(r, 0, "A sentence.", "Our sentence."),
        lambda r: change_cell(r, 0, "A sentence.", "Their sentence."),
    )
    (line,) = settle(repository.root).left
    assert line.startswith("chapters/one.ipynb: both sides changed the same cell. Take one side whole, 'git checkout")
    assert repository.git("checkout", "--ours", "chapters/one.ipynb") == 0
    assert repository.git("add", "chapters/one.ipynb") == 0
    assert settle(repository.root).left == []
    refresh(repository.root, progress=lambda _: None)
    assert stale(repository.root) == []


def test_a_folder_without_git_is_told(tmp_path: Path) -> None:
    with pytest.raises(GitError, match=r"git ls-files failed: .*not a git repository"):
        settle(tmp_path)
