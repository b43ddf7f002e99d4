"""Recompute the outputs of all chapters in a second or two, and compare them with the stored ones.

Nbval, with a kernel for every chapter, stays the authority.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from livingreview.notebooks.files import Problem, environment


def verify(root: Path) -> list[Problem]:
    """Run every chapter and compare what it shows with its stored outputs.

    Parameters
    ----------
    root : Path
        The root of the project.

    Returns
    -------
    list of Problem
        One for each cell that differs or fails; after a failing cell the rest of its chapter is not run.

    Raises
    ------
    RuntimeError
        If the process that runs the chapters dies.
    """
    # A process of its own, since the order of sets is fixed when an interpreter starts.
    done = subprocess.run(
        [sys.executable, "-m", "livingreview.notebooks.worker", str(root.resolve())],
        env={**os.environ, **environment(root)},
        cwd=root / "chapters",
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise RuntimeError(f"The verifier stopped: {done.stderr.strip()[-2000:]}")
    return [Problem(*problem) for problem in json.loads(done.stdout)]
