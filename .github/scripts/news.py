"""Say whether a report of the watch has anything that a person needs to look at.

    python3 news.py REPORT.JSON        exits with 0 for news, with 1 for none, with 2 when there is no such report

Notices, changed registry records, records that the review does not know, and services that did not answer are news; the
first look at a registry record is none.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def news(report: Path) -> bool:
    """Return whether a ``report.json`` of ``livingreview watch`` has news; any other file is a `ValueError`."""
    try:
        content = json.loads(report.read_text(encoding="utf-8"))
        lists = [content[name] for name in ("notices", "changes", "records")]
        return not content["complete"] or any(map(bool, lists))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{report} is no report of the watch ({error}).") from error


if __name__ == "__main__":
    try:
        sys.exit(0 if news(Path(sys.argv[1])) else 1)
    except (ValueError, IndexError) as stop:
        print(stop, file=sys.stderr)
        sys.exit(2)
