"""What the code must know of the topic of the review, from ``topic.toml`` beside the data.

The package itself does not name the topic, so that another review can use it with a file of its own. Without the file
nothing is known, and no pattern matches.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import Any

from livingreview.evidence.package import DATA

#: Name of the file in the folder of the data.
TOPIC = "topic.toml"


@cache
def _topic() -> dict[str, dict[str, Any]]:
    path = DATA / TOPIC
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def section(name: str) -> dict[str, Any]:
    """Give a section of the file by its name; empty if it has none."""
    return _topic().get(name, {})


def expression(name: str, entry: str) -> str:
    """Give the regular expression of an entry of a section; one that never matches if there is none."""
    return f"(?:{section(name).get(entry, '(?!)')})"


def pattern(name: str, entry: str) -> re.Pattern[str]:
    """Compile the regular expression of an entry of a section; case does not matter."""
    return re.compile(expression(name, entry), re.IGNORECASE)
