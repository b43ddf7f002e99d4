"""Write RIS, which reference managers and screening programs read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import rispy


class _Writer(rispy.RisWriter):  # type: ignore[misc]
    """RIS as specified: a record begins with its type and has no number; lines end with CR and LF."""

    SEPARATOR = None
    NEWLINE = "\r\n"

    def set_header(self, count: int) -> str:
        """Write nothing before a record."""
        return ""


def write(records: Iterable[Mapping[str, Any]]) -> str:
    """Write records as RIS.

    Parameters
    ----------
    records : iterable of mapping
        Values by rispy's names for the tags, in the order of the tags. Blanks are left out, and line ends within values
        become spaces, since a new line would begin another tag.
    """
    return str(rispy.dumps([_plain(record) for record in records], implementation=_Writer))


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    def line(value: Any) -> Any:
        return [line(part) for part in value] if isinstance(value, list) else " ".join(str(value).split())

    return {name: line(value) for name, value in record.items() if value}
