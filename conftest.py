"""Make nbval strict, and give its kernels the environment in which the stored outputs were made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livingreview.notebooks import environment

os.environ.update(environment(Path(__file__).parent))

#: Nbval leaves these out of its comparison: images, and the metadata that hold the keys of published numbers.
COMPARED = {"metadata", "image/png", "image/jpeg"}


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Have nbval compare everything that a page shows."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare = tuple(set(collector.skip_compare) - COMPARED)
