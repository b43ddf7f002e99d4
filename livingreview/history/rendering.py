"""A difference as text for a terminal and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from livingreview.history import escaping
from livingreview.history.comparing import Diff
from livingreview.history.report import Entry, Line, Section, answer, sections, title

#: Characters of a comment on a pull request, somewhat under the 65,536 that one may have.
LONGEST = 60_000
#: Sections with more entries than this are folded in Markdown.
OPEN = 12


def text(diff: Diff) -> str:
    """Show a difference in a terminal.

    Returns
    -------
    str
        Everything that changed, one line a fact; escape codes and other unseen characters appear as their codes.
    """
    lines = [_text(title(diff)), "", answer(diff)]
    for section in sections(diff):
        lines += ["", _text(section.title)]
        for entry in section.entries:
            lines += [f"  {_text(entry.head)}", *(f"    {_text(detail)}" for detail in entry.details)]
    return "\n".join(lines)


def _text(line: Line) -> str:
    marks = {"lost": ("[-", "-]"), "won": ("{+", "+}")}  # as `git diff --word-diff` marks words
    texts = ((marks.get(part.kind, ("", "")), escaping.plain(part.text)) for part in line)
    return "".join(f"{start}{text}{end}" for (start, end), text in texts)


def markdown(diff: Diff, longest: int = LONGEST) -> str:
    """Show a difference in a comment on a pull request.

    Parameters
    ----------
    diff : Diff
    longest : int
        Characters that the comment may have.

    Returns
    -------
    str
        Texts of the versions are in code elements, where they can neither mark up nor mention anybody. What does not
        fit is counted; the other forms show it.
    """
    listed = sections(diff)
    head = f"## {_markdown(title(diff))}\n\n{answer(diff)}\n"
    # room for the titles of all sections, each with the words around it
    room = longest - len(head) - sum(len(_markdown_title(section)) + 200 for section in listed)
    parts = [head]
    for section in listed:
        shown = []
        for entry in map(_item, section.entries):
            room -= len(entry) + 1
            if room < 0:
                break
            shown.append(entry)
        parts.append("\n".join(_folded(section, shown)))
    return "\n".join(parts)


def _folded(section: Section, shown: list[str]) -> Iterator[str]:
    missing = len(section.entries) - len(shown)
    if len(section.entries) > OPEN:
        yield f"\n<details><summary>{_markdown_title(section)}</summary>\n"
    else:
        yield f"\n### {_markdown_title(section)}\n"
    yield from shown
    if missing:
        yield f"- and {missing} more, which the report as a page lists"
    if len(section.entries) > OPEN:
        yield "\n</details>"


def _markdown_title(section: Section) -> str:
    return f"{_markdown(section.title)} ({len(section.entries)})"


def _item(entry: Entry) -> str:
    return "\n".join([f"- {_markdown(entry.head)}", *(f"  - {_markdown(detail)}" for detail in entry.details)])


def _markdown(line: Line) -> str:
    marks = {"lost": "del", "won": "ins"}
    texts = (
        (marks.get(part.kind), part.text if part.kind == "ours" else escaping.markdown(part.text)) for part in line
    )
    return "".join(f"<{mark}>{text}</{mark}>" if mark else text for mark, text in texts)
