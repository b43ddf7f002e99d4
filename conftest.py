"""Make nbval strict, and give its kernels the environment in which the stored outputs were made."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from livingreview.notebooks.allowed_code import of_project
from livingreview.notebooks.comparing import difference
from livingreview.notebooks.files import environment, outputs

os.environ.update(environment(Path(__file__).parent))


def pytest_sessionstart() -> None:
    """Run no code of a chapter that chapters may not hold: a kernel is not confined."""
    if problems := of_project(Path(__file__).parent):
        raise pytest.UsageError("\n".join(map(str, problems)))


def pytest_itemcollected(item: Any) -> None:
    """Have nbval compare all that is stored, by the rule of the quick verifier.

    By itself it passes over images, over metadata, which hold the keys of published numbers, over the order of outputs
    of different kinds, and over every cell that says that it was never run.
    """
    if hasattr(item, "compare_outputs"):
        item.compare_outputs = partial(same, item)
        item.cell.execution_count = item.cell.execution_count or 0


def same(item: Any, computed: list[Any], stored: list[Any]) -> bool:
    """Say whether the outputs of a cell are what is stored, and what differs."""
    for output in computed:
        if "execution_count" in output:  # nbval has its kernels count nothing
            output["execution_count"] = item.cell.execution_count
    found = difference(outputs({"outputs": stored}), outputs({"outputs": computed}))
    item.comparison_traceback = [found]
    return not found
