"""Run a command in a copy of the project, or in a stock book, and report what it took."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 600  # seconds by the clock, after which a command is stopped


class CommandError(Exception):
    """A command failed or took too long; the message says why."""


class Spent(NamedTuple):
    """Seconds by the clock, seconds of processor time of all processes, and MB of the largest of them."""

    clock: float
    processor: float
    memory: float


def run(command: Sequence[str], cwd: Path, good: Collection[int] = (0,)) -> Spent:
    """Run a program of this environment in a folder, whose package it imports if that is a copy of the project.

    Another exit status than the `good` ones, or more time than the limit, raises `CommandError`.
    """
    env = {**os.environ, "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", "PYTHONPATH": str(cwd)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed tool is compiled once
    # `timeout` waits for what it stops, so that the processor time of all processes is counted
    program = str(Path(sys.executable).with_name(command[0]))
    limited = ["timeout", "--kill-after=10", str(LIMIT), program, *command[1:]]
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(limited, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        clock = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        lines = [line.strip() for line in output if line.strip()] or ["no message"]
    if process.returncode in (124, 137):
        raise CommandError(f"{command[0]}: stopped after {LIMIT} s")
    if process.returncode not in good:
        reason = next((line for line in lines if re.search("error", line, re.IGNORECASE)), lines[-1])
        raise CommandError(f"{command[0]}: {reason[:200]}")
    return Spent(clock, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def copied(folder: Path) -> None:
    """Copy the project without what is built or installed."""
    left = shutil.ignore_patterns(".git", ".venv", "_build", ".*_cache", "__pycache__", "node_modules", ".hypothesis")
    shutil.copytree(ROOT, folder, ignore=left, symlinks=True)
