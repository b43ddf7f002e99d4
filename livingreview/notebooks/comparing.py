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


def _kinds(outputs: list[dict[str, Any]]) -> str:
    return ", ".join(output.get("name") or "/".join(output.get("data", "")) for output in outputs) or "none"


def _unlike(old: dict[str, Any], new: dict[str, Any]) -> str:
    fields = [{**output, **(data := output.get("data", {})), "data": sorted(data)} for output in (old, new)]
    field = next(name for name in {**fields[0], **fields[1]} if fields[0].get(name) != fields[1].get(name))
    before, after = (str(side.get(field)).split("\n") for side in fields)
    rows = enumerate(zip_longest(before, after, fillvalue=""), 1)
    line, (was, now) = next((line, pair) for line, pair in rows if pair[0] != pair[1])
    common = next((at for at, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), 0)
    start = max(0, common - 40)
    key = record.key(new.get("metadata", {}))
    name = f"published number {key}" if key and field not in {"metadata", "data"} else f"{field}, line {line}"
    return f'{name}: stored "{was[start : start + 120]}", computed "{now[start : start + 120]}"'
