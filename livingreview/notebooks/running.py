"""Start the warm process of `worker`, and give what the chapters show."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from livingreview.notebooks.files import environment
from livingreview.notebooks.worker import TIMEOUT


class Run(NamedTuple):
    """A chapter as it was run.

    Attributes
    ----------
    chapter : str
        Its name.
    shown : list of list of dict
        Outputs by code cell, as `files.outputs` gives stored ones; after a cell that failed, nothing more.
    died : int
        The status with which its process died, negative for a signal; 0 if it did not.
    """

    chapter: str
    shown: list[list[dict[str, Any]]]
    died: int

    @property
    def end(self) -> str:
        """How its process died, in words."""
        if self.died == -signal.SIGALRM:
            return f"did not end within {TIMEOUT} s and was stopped"
        return f"died with status {self.died}"

    @property
    def error(self) -> dict[str, Any] | None:
        """The error that ended it, if one did."""
        return next((output for output in (self.shown or [[]])[-1] if output["output_type"] == "error"), None)


def run(root: Path) -> Iterator[Run]:
    """Run every chapter that can be read.

    Parameters
    ----------
    root : Path
        The root of the project.

    Yields
    ------
    Run
        In the order in which they end.

    Raises
    ------
    RuntimeError
        If the process that runs the chapters dies.
    """
    # A process of its own, since the order of sets is fixed when an interpreter starts.
    command = [sys.executable, "-m", "livingreview.notebooks.worker", str(root.resolve())]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as said,
        subprocess.Popen(
            command,
            env={**os.environ, **environment(root)},
            cwd=root / "chapters",
            stdout=subprocess.PIPE,
            stderr=said,
            encoding="utf-8",
        ) as process,
    ):
        assert process.stdout
        for line in process.stdout:
            yield Run(*json.loads(line))
        if process.wait():
            said.seek(0)
            raise RuntimeError(f"The process that runs the chapters stopped: {said.read().strip()[-2000:]}")
