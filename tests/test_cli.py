"""The command line: a stranger's errors end in a message and a status, not in a traceback."""

import subprocess
import sys

import pytest

from livingreview import cli
from livingreview.checks import Fault
from livingreview.evidence import EvidenceError


def test_help_lists_every_command():
    done = subprocess.run(
        [sys.executable, "-m", "livingreview.cli", "--help"], capture_output=True, text=True, check=True
    )
    for name in (*cli.COMMANDS, "serve"):
        assert name in done.stdout


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

    monkeypatch.setitem(cli.COMMANDS, "check", fail)
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


def test_a_stale_chapter_stops_verify(monkeypatch, capsys):
    monkeypatch.setattr("livingreview.notebooks.fingerprints.stale", lambda root: ["impact"])
    assert cli.main(["verify"]) == 1
    assert "impact are older than the data or the code. Run: make refresh" in capsys.readouterr().err
