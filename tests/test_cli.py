"""The command line: a stranger's errors end in a message and a status, not in a traceback."""

import subprocess
import sys

import pytest

from livingreview import cli
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


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (cli.StepError("The tide is out."), 1),
        (EvidenceError("data/results.csv is missing."), 1),
        (KeyboardInterrupt(), 130),
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


def test_serve_without_a_site_says_what_to_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli, "SITE", tmp_path)
    assert cli.main(["serve"]) == 1
    assert "make book" in capsys.readouterr().err


def test_a_stale_chapter_stops_verify(monkeypatch, capsys):
    monkeypatch.setattr("livingreview.notebooks.stale", lambda root: ["impact"])
    assert cli.main(["verify"]) == 1
    assert "impact are older than the data or the code. Run: make refresh" in capsys.readouterr().err
