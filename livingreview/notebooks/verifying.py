"""Recompute the outputs of all chapters, and compare them with the stored ones.

Everything is compared: texts, types, metadata, order and number. Nbval, which starts kernels, remains the authority.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from livingreview.notebooks.comparing import difference
from livingreview.notebooks.files import Problem, chapters, failure, outputs, place, read, source
from livingreview.notebooks.worker import ChapterRun, run

_REMEDY = "If the change is meant, run make refresh and review what changed."


def verify(root: Path, only: Collection[str] = ()) -> list[Problem]:
    """Run every chapter and compare what it shows with its stored outputs.

    Parameters
    ----------
    root : Path
        The root of the project.
    only : collection of str
        Names of the chapters to run; all if there are none.

    Returns
    -------
    list of Problem
        One for each cell that differs or fails; the rest of a chapter after a failing cell is not run.

    Raises
    ------
    RuntimeError
        If the process that runs the chapters dies.
    """
    runs = {chapter_run.chapter: chapter_run for chapter_run in run(root, only)}
    compared = (path for path in chapters(root) if not only or path.stem in only)
    return [problem for path in compared for problem in _problems(path, runs.get(path.stem))]


def _problems(path: Path, run: ChapterRun | None) -> list[Problem]:
    page = f"chapters/{path.name}"
    try:
        cells = read(path)["cells"]
    except ValueError as error:
        return [Problem(page, "be readable", str(error), "Restore it.")]
    if run is None or run.died:
        actual = f"a process that {run.end}" if run else "a file that was not there before"
        return [Problem(page, "run to its end", actual, "Run make refresh to see where.")]
    problems = []
    code = [(number, cell) for number, cell in enumerate(cells, 1) if cell.get("cell_type") == "code"]
    for count, ((number, cell), shown) in enumerate(zip(code, run.shown, strict=False), 1):
        if run.error and count == len(run.shown):
            problems.append(failure(page, number, cell, run.error))
        elif actual := difference(outputs(cell), shown):
            problems.append(Problem(place(page, number, cell), "show what is stored", actual, _REMEDY))
        elif source(cell).strip() and cell.get("execution_count") != count:
            actual = f"execution count {cell.get('execution_count')}"
            problems.append(Problem(place(page, number, cell), f"be run as number {count}", actual, _REMEDY))
    return problems
