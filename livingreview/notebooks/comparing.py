"""When two outputs are equal: one rule for the quick verifier, nbval and the proof by mutation."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from livingreview.publish import record


def difference(stored: list[dict[str, Any]], computed: list[dict[str, Any]]) -> str:
    """Describe the first difference between the outputs of a cell.

    Parameters
    ----------
    stored, computed : list of dict
        Outputs as `files.outputs` gives them, every text in one piece.

    Returns
    -------
    str
        Blank if they are equal in texts, types, metadata, number and order.
    """
    if stored == computed:
        return ""
    for number, (old, new) in enumerate(zip_longest(stored, computed), 1):
        if old is None or new is None:
            break
        if old != new:
            return f"output {number}: {_unlike(old, new)}"
    return f"{len(stored)} outputs stored ({_kinds(stored)}), {len(computed)} computed ({_kinds(computed)})"


def apart(old: str, new: str, longest: int = 120) -> tuple[str, str]:
    """Two texts where they first differ: of long ones, a window around that place instead of their equal beginnings.

    Parameters
    ----------
    old, new : str
    longest : int
        Characters of each that are shown.

    Returns
    -------
    tuple of two str
        With an ellipsis where a text is cut.
    """
    if max(len(old), len(new)) <= longest:
        return old, new
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, at - longest // 3)

    def window(text: str) -> str:
        return f"{'...' * (start > 0)}{text[start : start + longest]}{'...' * (len(text) > start + longest)}"

    return window(old), window(new)


def _kinds(outputs: list[dict[str, Any]]) -> str:
    return ", ".join(output.get("name") or "/".join(output.get("data", "")) for output in outputs) or "none"


def _unlike(old: dict[str, Any], new: dict[str, Any]) -> str:
    fields = [{**output, **(data := output.get("data", {})), "data": sorted(data)} for output in (old, new)]
    field = next(name for name in {**fields[0], **fields[1]} if fields[0].get(name) != fields[1].get(name))
    before, after = (str(side.get(field)).split("\n") for side in fields)
    rows = enumerate(zip_longest(before, after, fillvalue=""), 1)
    line, (was, now) = next((line, apart(*pair)) for line, pair in rows if pair[0] != pair[1])
    key = record.key(new.get("metadata", {}))
    name = f"published number {key}" if key and field not in {"metadata", "data"} else f"{field}, line {line}"
    return f'{name}: stored "{was}", computed "{now}"'
