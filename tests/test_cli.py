"""The command line: a stranger's errors end in a message and a status, not in a traceback."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from livingreview import cli
from livingreview.checks import Fault
from livingreview.evidence import EvidenceError

PROJECT = Path(__file__).parent.parent


def test_help_lists_every_command():
    done = subprocess.run(
        [sys.executable, "-m", "livingreview.cli", "--help"], capture_output=True, text=True, check=True
    )
    commands = re.findall(r"^    (\w+)  ", done.stdout, re.MULTILINE)
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"\(BIN\)/livingreview (\w+)", makefile)) < set(commands)


def test_the_lock_of_the_book_has_what_the_package_imports():
    """Playwright prints, with a browser, which reading and building do without."""
    imported = set()
    for path in (PROJECT / "livingreview").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0):
                names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
                imported.update(str(name).partition(".")[0] for name in names)
    lock = (PROJECT / "requirements-book.txt").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    packages = importlib.metadata.packages_distributions()
    of = {name: {dist.lower().replace("_", "-") for dist in packages[name]} for name in imported & packages.keys()}
    lacking = {name for name, dists in of.items() if locked.isdisjoint(dists)}
    assert lacking == {"livingreview", "playwright"}
    whole = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    for line in re.findall(r"^\S+==\S+", lock, re.MULTILINE):
        assert f"\n{line} " in whole, f"{line}: the two locks differ; run make lock"


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["bulid"])
    assert stop.value.code == 2
    assert "invalid choice: 'bulid'" in capsys.readouterr().err


@pytest.mark.parametrize("many", ["0", "-5", "many", ""])
def test_a_sample_of_nothing_is_no_proof(many, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["mutate", "--sample", many])
    assert stop.value.code == 2
    assert f"must be a whole number from 1 up, found '{many}'" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", '{"cells": [', "[]", "<<<<<<< ours\n=======\n>>>>>>> theirs\n"])
def test_a_broken_notebook_is_named_before_changes_are_made(content, tmp_path, monkeypatch, capsys):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters/impact.ipynb").write_text(content)
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    assert cli.main(["mutate", "--sample", "1"]) == 1
    told = "".join(capsys.readouterr())
    assert "chapters/impact.ipynb: must be " in told
    assert "fault of this program" not in told


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (cli.StepError("The tide is out."), 1),
        (EvidenceError("data/results.csv is missing."), 1),
        (KeyboardInterrupt(), 130),
        (PermissionError(13, "Permission denied", "data/results.csv"), 1),
        (ZeroDivisionError("division by zero"), 1),
    ],
)
def test_an_error_is_a_message_and_a_status(monkeypatch, capsys, error, status):
    def fail():
        """Fail."""
        raise error

    monkeypatch.setattr(cli, "check", fail)
    assert cli.main(["check"]) == status
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert err.strip()


@pytest.mark.parametrize("actions", ["true", "false", None])
def test_faults_are_annotations_in_github_actions_only(monkeypatch, capsys, actions):
    fault = Fault("data/results.csv", 7, "n", "be at most 100%", "397", "Correct the row.")
    monkeypatch.setattr("livingreview.checks.check", lambda data: [fault])
    if actions:
        monkeypatch.setenv("GITHUB_ACTIONS", actions)
    else:
        monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert cli.main(["check"]) == 1
    message = "data/results.csv, row 7, n: must be at most 100%, found 397. Correct the row."
    said = [message, "1 fault in 1 file. Nothing was changed."]
    if actions == "true":
        said.append(f"::error file=data/results.csv,line=7::{message.replace('%', '%25')}")
    assert capsys.readouterr().out.splitlines() == said


def test_serve_without_a_site_says_what_to_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli, "SITE", tmp_path)
    assert cli.main(["serve"]) == 1
    assert "make book" in capsys.readouterr().err


@pytest.fixture
def site(monkeypatch, tmp_path):
    """A built page, with the steps of a build that would make, verify and bind it; each can be made to fail."""
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.setattr(cli, "SITE", tmp_path / "_build/html")
    steps = []

    def fake(name):
        def run():
            """Run."""
            steps.append(name)
            if name == "render":
                cli.SITE.mkdir(parents=True, exist_ok=True)
                (cli.SITE / "index.html").write_text("<p>45%", encoding="utf-8")

        return run

    for name in ("verify", "render", "bound", "compare_printed"):
        monkeypatch.setattr(cli, name, fake(name))
    monkeypatch.setattr("livingreview.site.printing.browser", lambda: "chromium")
    monkeypatch.setattr("livingreview.site.printing.publish", lambda *_: steps.append("publish"))
    monkeypatch.setattr(cli, "Evidence", lambda _: SimpleNamespace(facts={}))
    return steps


def refused(capsys, *command):
    status = cli.main([*command])
    return status == 1 and capsys.readouterr().err


def test_pages_are_shown_and_printed_only_as_they_were_verified_and_bound(site, monkeypatch, capsys):
    monkeypatch.setattr("livingreview.site.printing.print_all", lambda *_: pytest.fail("it is printed"))
    monkeypatch.setattr(cli, "ThreadingHTTPServer", lambda *_: pytest.fail("it is served"))
    cli.render()  # as `jupyter-book build` would
    for command in ("serve", "pdf"):
        assert "was not verified and bound" in refused(capsys, command)
    assert cli.main(["build"]) == 0
    assert site[1:] == ["verify", "render", "bound"], "whoever builds for themselves needs no browser"
    monkeypatch.setattr(cli, "ThreadingHTTPServer", lambda *_: (_ for _ in ()).throw(OSError(98, "in use")))
    assert "Port 8000 is not free" in refused(capsys, "serve")
    for change in (lambda: (cli.SITE / "index.html").write_text("<p>54%"), (cli.SITE / ".more").touch):
        cli.build()
        change()
        for command in ("serve", "pdf"):
            assert "was changed after it was bound" in refused(capsys, command)


@pytest.mark.parametrize("step", ["verify", "render", "bound", "compare_printed"])
def test_nothing_is_published_when_a_step_of_the_build_fails(site, step, monkeypatch, capsys):
    def fail():
        """Fail."""
        raise cli.StepError(f"{step} is red")

    monkeypatch.setattr("livingreview.site.archive.tagged", lambda root: [])
    monkeypatch.setattr(cli, step, fail)
    for command in ("build", "site") if step != "compare_printed" else ("site",):
        assert f"{step} is red" in refused(capsys, command)
    assert ("render" in site) == (step in ("bound", "compare_printed"))
    assert not (cli.ROOT / "_build/site").exists()
    assert refused(capsys, "serve")


def test_a_site_has_pdfs_that_are_printed_from_bound_pages(site, monkeypatch, capsys):
    monkeypatch.setattr("livingreview.site.archive.tagged", lambda root: [])
    assert cli.main(["site"]) == 0
    assert site == ["verify", "render", "bound", "publish", "compare_printed"]
    assert (cli.ROOT / "_build/site/index.html").exists()
    site.clear()
    assert cli.main(["build"]) == 0
    assert "publish" not in site, "the next build for oneself prints nothing"
    monkeypatch.undo()
    monkeypatch.setattr("livingreview.site.printing.shutil.which", lambda _name: None)
    assert "no browser to print with. Install one of" in refused(capsys, "site")


def test_a_stale_chapter_stops_verify(monkeypatch, capsys):
    monkeypatch.setattr("livingreview.notebooks.fingerprints.stale", lambda root: ["impact"])
    assert cli.main(["verify"]) == 1
    assert "impact are older than the data or the code. Run: make refresh" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------- which checkout


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as an environment with this checkout installed runs it, from another folder."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    program = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); from livingreview.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", params=["worktree", "copied folder"])
def other(request, tmp_path_factory):
    """Another checkout of the review, with one more fact and one more line of code."""
    root = tmp_path_factory.mktemp("other") / "review"
    names = ("_config.yml", "data", "livingreview", "chapters", "history")
    source = root if request.param == "copied folder" else root.with_name("first")
    source.mkdir()
    for name in names:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        copy(PROJECT / name, source / name)
    if source != root:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["worktree", "add", "-q", str(root)]):
            subprocess.run(["git", *who, *command], cwd=source, check=True, capture_output=True)
    review = (root / "data/review.csv").read_text(encoding="utf-8")
    (root / "data/review.csv").write_text(review.replace("\nversion,2026.", "\nversion,2031."), encoding="utf-8")
    with (root / "livingreview/publish/searched.py").open("a", encoding="utf-8") as code:
        code.write("\nTHIS = word\ndef word(*facts, **how): return f'in the other, {THIS(*facts, **how)}'\n")
    return root


@pytest.mark.parametrize("within", [".", "chapters", "livingreview/site"])
def test_a_command_works_on_the_checkout_one_stands_in(other, within):
    done = run_in(other / within, "status")
    assert done.returncode == 0, done.stderr
    assert re.match(r"in the other, [\w ]+ on .*: version 2031\.", done.stdout)
    assert f"Using the code of {other.resolve()}, where you are" in done.stderr


def test_what_a_command_writes_is_in_that_checkout(other):
    ours = (PROJECT / "data/results.csv").read_bytes()
    path = other / "data/results.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    disordered = "".join([head, *reversed(rows)])
    path.write_text(disordered, encoding="utf-8")
    assert run_in(other, "sort").stdout.startswith("Sorted: ")
    assert path.read_text(encoding="utf-8") != disordered
    assert (PROJECT / "data/results.csv").read_bytes() == ours


def test_a_chapter_that_runs_in_a_checkout_reads_its_data(other):
    program = "from livingreview.evidence import load; print(load().facts['version'])"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=other / "chapters", env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("2031.")


def test_pages_of_another_checkout_are_not_built_with_these_data(other):
    command = [Path(sys.executable).with_name("jupyter-book"), "build", str(other), "-q"]
    (other / "_toc.yml").write_text("format: jb-book\nroot: chapters/numbers\n", encoding="utf-8")
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert f"The pages are of {other.resolve()}, the data of {PROJECT}." in done.stdout + done.stderr


def test_outside_any_checkout_a_command_is_refused_in_one_sentence(tmp_path):
    done = run_in(tmp_path, "check")
    sentence = "This folder is in no checkout of a review: change to one with 'cd', and run it again.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)
