"""The routes of CONTRIBUTING.md run as written on a fresh copy, and the issue forms ask for the columns of the data."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from test_adding import TRIAL

from livingreview.checks.reading import read_package
from livingreview.contribute import forms

PROJECT = Path(__file__).parent.parent
GUIDE = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ROUTES = {
    title: block.strip().splitlines()
    for title, block in re.findall(r"^## ([^\n]*)\n(?:(?!^## ).)*?```sh\n(.*?)```", GUIDE, re.M | re.S)
}
NAMES = {f"GIT_{who}_{what}": "someone@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
CHAPTERS = ("intro", "results")

RESULT = (
    "claro-901,claro,all,retention,,,,,6,6 months,contrast,odds_ratio,,2.00,1.00,4.00,95,two_sided,,,,,,ratio,higher,,"
    "zz2026,Table 2,primary_abstract,single,"
)
SOURCE = """
@misc{zz2026,
  title        = {{A page}},
  year         = {2026},
  kind         = {primary},
  read         = {abstract},
}
"""


class Copy:
    """The project in a folder of its own, under git, with two chapters, and the environment that is there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "MAKE", "MFLAGS"))},
            **NAMES,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PYTHONPATH": str(root),
        }

    def run(self, command: str, *, fails: bool = False) -> str:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.root,
            env=self.environment,
            input="\n" * 1000,
            capture_output=True,
            text=True,
            check=False,
        )
        assert fails or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert change(text) != text
        path.write_text(change(text), encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made")
    left_out = shutil.ignore_patterns(".venv", "_build", ".git", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info")
    shutil.copytree(PROJECT, root, ignore=left_out, dirs_exist_ok=True)
    for path in (root / "chapters").glob("*.ipynb"):
        if path.stem not in CHAPTERS:
            path.unlink()
    # make finds the environment in place, as after the first run
    (root / ".venv").symlink_to(PROJECT / ".venv")
    for lock in ("requirements.txt", "requirements-book.txt"):
        os.utime(root / lock, (0, 0))
    os.utime(root / "pyproject.toml", (0, 0))
    copy = Copy(root)
    copy.run("git init -q -b main && git add -A && git rm -q --cached .venv && git commit -q -m base")
    (root / ".git/info/exclude").write_text(".venv\n")
    return root


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Copy:
    return Copy(Path(shutil.copytree(made, tmp_path / "review", symlinks=True)))


def add(copy: Copy, name: str, text: str) -> None:
    copy.edit(name, lambda old: old + text)


def follow(copy: Copy, route: str, fails: tuple[str, ...] = ()) -> dict[str, str]:
    """Run a route; give what each command printed. Enter answers every question."""
    said = {line: copy.run(line, fails=line in fails) for line in ROUTES[route]}
    assert copy.run("git status --porcelain") == ""
    return said


def test_a_number_is_corrected_by_two_commands_as_written(copy: Copy) -> None:
    said = follow(copy, "Correct a number")
    corrected = next(iter(said.values()))
    assert list(said) == ROUTES["Correct a number"]
    assert len(said) == 2
    assert "impact-scl20-12m-contrast: estimate is -0.39, and was -0.4 (Table 3)." in corrected
    assert "    estimate: -0.4 -> -0.39" in corrected
    # with two chapters of the book there are sentences of the others to look at first
    assert re.search(r"Next: read the difference above, then: .*git commit -am 'Correct impact-scl20-12m-", corrected)
    assert copy.run("git diff --name-only HEAD~1").split() == [
        "chapters/fingerprints.txt",
        "chapters/results.ipynb",
        "data/causes.csv",
        "data/results.csv",
    ]
    assert "no fault" in copy.run("make check")


def test_a_trial_is_added_by_three_commands_as_written(copy: Copy) -> None:
    (copy.root / "trial.json").write_text(json.dumps(TRIAL), encoding="utf-8")
    (copy.root / ".git/info/exclude").write_text(".venv\ntrial.json\n")
    said = follow(copy, "Add a trial, a result, a source or a claim")
    assert len(said) == 3
    added = next(iter(said.values()))
    assert "Listed on: results-zz_test, trials-zz_test." in added
    assert "intro_results" in added
    assert "Next: read the difference above, then: livingreview confirm (" in added
    assert "no fault" in copy.run("make check")
    assert copy.run("git diff HEAD~1 --stat -- data").count("data/") == 6


def test_a_correction_that_is_refused_changes_no_file(copy: Copy) -> None:
    command = 'livingreview correct impact-response-12m-cc estimate 45.2 --because "Table 2"'
    said = copy.run(f".venv/bin/{command} 2>&1", fails=True)
    assert "a whole number of 906 people cannot be 45.2%" in said
    assert "give the same command again with --printed-so at its end." in said
    assert copy.run("git status --porcelain") == ""


def test_a_merge_is_settled_as_written(copy: Copy, made: Path, tmp_path: Path) -> None:
    other = Copy(Path(shutil.copytree(made, tmp_path / "other", symlinks=True)))
    for one, number in ((other, "901"), (copy, "902")):
        text = RESULT.replace("901", number).replace(",6,6 months,", f",{number[-1]},{number[-1]} months,")
        add(one, "data/references.bib", SOURCE.replace("zz2026", f"zz2026_{number}"))
        add(one, "data/results.csv", f"{text.replace('zz2026', f'zz2026_{number}')}\n")
        one.run("make sort && git add -A && git commit -q -m row")
    copy.run(f"git remote add origin {other.root}")
    said = follow(copy, "When somebody else changed it too", fails=("git merge origin/main",))
    assert "CONFLICT (content): Merge conflict in data/results.csv" in said["git merge origin/main"]
    assert "data/results.csv: settled" in said["make merge"]
    assert "no fault" in said["make check"]
    assert copy.run("git rev-list --merges --count HEAD").strip() == "1"


def test_the_guide_is_short_and_names_what_exists() -> None:
    assert len(GUIDE.splitlines()) < 120
    assert list(ROUTES) == [
        "Correct a number",
        "Add a trial, a result, a source or a claim",
        "When somebody else changed it too",
    ]
    targets = re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert {*re.findall(r"`make ([a-z]+)", GUIDE)} <= set(targets)
    files = re.findall(r"\]\(([^#)]+)\)|`((?:data|chapters)/[^`]+)`", GUIDE)
    assert files
    assert all((PROJECT / "".join(name)).exists() for name in files)


# ------------------------------------------------------------------------------------------------------- issue forms


def test_the_forms_are_those_of_the_dictionary() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in (PROJECT / forms.FOLDER).glob("[0-9]*.yml")}
    assert written == forms.texts(PROJECT), "Run: livingreview forms"


@pytest.mark.parametrize("name", sorted(forms.texts(PROJECT)))
def test_a_form_asks_little_in_words_and_keeps_the_rules_of_github(name: str) -> None:
    form = yaml.safe_load((PROJECT / forms.FOLDER / name).read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(form)
    assert form["labels"] == [forms.LABEL]
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    ids = [part["id"] for part in asked]
    labels = [part["attributes"]["label"] for part in asked]
    assert len(asked) <= 15
    assert len(set(ids)) == len(ids) == len(set(labels))
    assert all(re.fullmatch(r"[\w-]+", part_id) for part_id in ids)
    for part in asked:
        options = part["attributes"].get("options", ["x"])
        assert (part["type"] == "dropdown") == ("options" in part["attributes"])
        assert all(isinstance(word, str) and word.casefold() != "none" for word in options)
        assert len(set(options)) == len(options) > 0
    # no name of a column is among what a person reads
    words = " ".join(str(value) for part in asked for value in part["attributes"].values())
    columns = {c for table in read_package(PROJECT / "data").tables.values() for c in table.columns if "_" in c}
    assert not {column for column in columns if re.search(rf"\b{column}\b", words)}
    assert not re.search(r"\w_\w", words)


def test_each_option_of_a_form_is_a_word_of_the_dictionary() -> None:
    package = read_package(PROJECT / "data")
    questions = [question for form in forms.FORMS.values() for question in form.questions if question.options]
    assert {question.options for question in questions} >= {("studies", "comparator_type"), ("claims", "verdict")}
    for question in questions:
        table, column = question.options
        words = [*forms.options(question, package).values()]
        assert words == [w for w in package.tables[table].constraints(column)["enum"] if w != question.without]
    comparator = next(question for question in questions if question.name == "comparator_type")
    assert "usual care: what the clinics did anyway, with or without a referral" in forms.options(comparator, package)
