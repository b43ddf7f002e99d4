"""How long a contributor waits to see a changed number on its page: ``python -m benchmarks.loop``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import table
from benchmarks.growth import copied
from benchmarks.table import Row

MEASURE = "change one number, see the page"
#: The cell that is changed, there and back again: the upper limit of a result of IMPACT.
FILE, OLD, NEW = "data/results.csv", ",mean_difference,-0.4,-0.46,-0.33,", ",mean_difference,-0.4,-0.46,-0.34,"
#: What is run after each change; the first is the floor.
STEPS = {
    "the code of all chapters, once": ("python", "-m", "benchmarks.floor", "."),
    "refresh": ("livingreview", "refresh"),
    "rebuild": ("livingreview", "build"),
}
BOTH = "refresh and rebuild"


def measured(runs: int = 3) -> list[Row]:
    """Change one number in a copy of the project, and time what it takes until its page shows it.

    Parameters
    ----------
    runs : int
        How often; nothing is timed of a first one, which writes what Python and the build keep.

    Returns
    -------
    list of Row
        Seconds by the clock of the floor (the code of all chapters in one process, and nothing else), of the refresh,
        of the rebuild and of both, each with its ratio to the floor.

    Raises
    ------
    RuntimeError
        If a step fails, or the page does not show the number.
    """
    times: dict[str, list[float]] = {name: [] for name in (*STEPS, BOTH)}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "review")
        copied(root)
        for number in range(runs + 1):
            old, new = (OLD, NEW) if number % 2 == 0 else (NEW, OLD)
            data = root / FILE
            data.write_text(data.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
            took = {name: _seconds(root, command) for name, command in STEPS.items()}
            limit = new.rstrip(",").rpartition(",-")[2]
            page = (root / "_build/html/chapters/impact.html").read_text(encoding="utf-8")
            if f"−0.46 to −{limit}" not in page:
                raise RuntimeError(f"The page on IMPACT does not show the changed limit, {limit}.")
            if number:
                for name, seconds in took.items():
                    times[name].append(seconds)
                times[BOTH].append(took["refresh"] + took["rebuild"])
    rows = [table.row(MEASURE, name, "s", seconds) for name, seconds in times.items()]
    return table.compared(rows, next(iter(STEPS)))


def _seconds(root: Path, command: Sequence[str]) -> float:
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # who uses the project has it compiled once
    program = str(Path(sys.executable).with_name(command[0]))
    start = time.perf_counter()
    done = subprocess.run([program, *command[1:]], cwd=root, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - start


if __name__ == "__main__":
    print(table.as_markdown(measured(), f"Seconds by the clock on {os.cpu_count()} cores; ratios are to the first."))
