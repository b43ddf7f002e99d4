"""What a reader sees of Markdown, and which of its numbers were typed by hand."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from livingreview.evidence import DATA

#: Numerals that are names, each with a reason. A change to this file is reviewed like a change to the text.
ALLOWED = DATA.parent / "chapters" / "allowed_numerals.csv"

FENCE = re.compile(r"^[\s>]*(?P<mark>`{3,}|~{3,}|:{3,})\s*(?P<directive>\{[^}\s]+\})?(?P<title>.*)$")
LABEL = re.compile(r"^\s*\([^()\s]+\)=\s*$")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_OPTION = re.compile(r"^\s*:([\w-]+):(?:\s+(.*))?$")
_ROLE = re.compile(r"\{([\w:-]+)\}(`+)(.+?)\2")
_CODE = re.compile(r"(`+)(?=[^`]*[^\W\d_])[^`]+\1")
# The title of a link is shown, its target is not; the text of a footnote is shown, its label is not.
_TARGETS = re.compile(
    r"(?<=\])\([^\s)\"]*(?=[\s)])|<?https?://[^\s)>|]+>?|^\s*\[[^\]^]+\]:\s*\S+|\[\^[^\]]+\]:?|\]\[[^\]]*(?=\])"
)
_MARKER = re.compile(r"^[\s>]*(?:(?:[-*+]|\d{1,2}[.)])\s+)?")
_SHOWN = {"alt", "attribution", "caption", "footer", "header", "subtitle", "title"}
_TITLED = {"ref", "doc", "numref", "download", "any", "term", "eq"}


@dataclass(frozen=True)
class Line:
    """A line of Markdown: its text as a reader sees it, and its kind.

    The kind is 'prose', 'heading', 'table', 'title' (of a directive), 'option' (of a directive) or 'code'.
    """

    number: int
    raw: str
    text: str
    kind: str


def visible(raw: str) -> str:
    """Remove from a line what no reader sees: keys of roles, targets, labels, identifiers in code spans."""
    if LABEL.match(raw) or raw.startswith("%"):
        return ""
    text = _CODE.sub("code", _ROLE.sub(_role, raw))
    return _MARKER.sub("", _TARGETS.sub("", text))


def _role(match: re.Match[str]) -> str:
    name, content = match[1], match[3]
    if name == "n":
        return "Number"  # a word, so that a digit typed next to the role is still found
    if name.split(":")[0] in {"cite", "src"}:
        return "Source"
    if name in _TITLED:
        return content.rpartition("<")[0] or "Title"
    return content


def lines(source: str, front_matter: bool = False) -> Iterator[Line]:
    """Give every line of a Markdown source as it is shown."""
    fences: list[tuple[str, bool]] = []  # the open fences, each with whether it holds code
    options = False
    source = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), source)
    for number, raw in enumerate(source.split("\n"), 1):
        fence = FENCE.match(raw)
        if front_matter:
            front_matter = number == 1 or raw.strip() != "---"
            yield Line(number, raw, "", "code")
        elif fence and fences and not fence["title"].strip() and fence["mark"].startswith(fences[-1][0]):
            fences.pop()
            options = False
        elif fences and fences[-1][1]:
            yield Line(number, raw, raw, "code")
        elif fence and (fence["directive"] or fence["mark"][0] != ":"):
            name = (fence["directive"] or "{code}")[1:-1]
            fences.append((fence["mark"], name.startswith("code") or name in {"math", "mermaid"}))
            options = bool(fence["directive"])
            shown = "" if name in {"figure", "image", "include", "code"} else visible(fence["title"])
            yield Line(number, raw, shown, "title")
        elif options and (option := _OPTION.match(raw)):
            shown = visible(option[2] or "") if option[1] in _SHOWN else ""
            yield Line(number, raw, shown, "option")
        else:
            options = False
            shown = visible(raw)
            yield Line(number, raw, shown, _kind(shown))


def _kind(text: str) -> str:
    if re.match(r"#{1,6}\s", text):
        return "heading"
    return "table" if text.startswith("|") else "prose"


@cache
def allowed() -> re.Pattern[str]:
    """Compile the reviewed list of numerals that are names; each matches only whole tokens."""
    with ALLOWED.open(encoding="utf-8", newline="") as file:
        patterns = "|".join(row["pattern"] for row in csv.DictReader(file))
    return re.compile(rf"(?<!\w)(?<!\d[-–.,])(?<![$£€<>=≤≥±−])(?:{patterns})(?!\w|\s?[%‰]|[-–.,/]\d)", re.IGNORECASE)


_SMALL = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|dozen"
_RATIO = re.compile(
    rf"""\b(?:
        (?:doubl|tripl|quadrupl)(?:e|es|ed|ing) | twice | thrice | (?:{_SMALL}|several|many)-?fold
        | hal(?:f|ves|ved|ving) | quarters? | thirds | (?<!the\ )third\s+of
        | (?:a|one)[-\ ]third(?=\s+(?:fewer|more|less|lower|higher|as|to)\b|[.,;:)]|\s*$)
        | (?:{_SMALL})\s+(?:in|out\s+of)\s+(?:every\s+)?(?:{_SMALL}|{_TENS})
        | (?!one)(?:{_SMALL})\s+of\s+(?:the\s+)?(?:{_SMALL}|{_TENS})
        | (?:{_TENS})(?:-(?:{_SMALL}))? | (?:{_SMALL})\s+per\s?cent
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def numerals(text: str) -> list[str]:
    """Find the numerals of a text that are not on the reviewed list of names."""
    tokens = re.findall(r"[^\s|]+", allowed().sub(" ", text))
    return [token.strip("()[]*_,.;:\"'“”") for token in tokens if any(map(str.isnumeric, token))]


def ratios(text: str) -> list[str]:
    """Find results spelled out in words: 'doubled', 'half', 'one in four', 'two of three'."""
    return [" ".join(match[0].split()) for match in _RATIO.finditer(allowed().sub(" ", text))]


_ABBREVIATION = re.compile(
    r"""\w? | .*\..* | vs | al | cf | ca | approx | resp | etc | drs? | mr | mrs | ms | prof | st | nos? | figs?
    | tab | eq | vol | suppl | pp | eds? | jr | sr | inc | ltd | dept | univ | natl | ann | intern | med | psychiatr
    | gen | arch | engl | jan | feb | mar | apr | jun | jul | aug | sept? | oct | nov | dec""",
    re.IGNORECASE | re.VERBOSE,
)
_END = re.compile(r"(\S*)([.!?])[\"'”’)\]*_]*\s+(?=[\"'“‘(\[*_]*[A-ZÀ-ÖØ-Þ])")
_RUN_IN = re.compile(r"(\*\*|__|\*|_)[^*_]+\1\s*")


def two_sentences(line: Line) -> str:
    """Give the first words of a second sentence on a line, or nothing.

    If in doubt it gives nothing: after abbreviations and initials, within open quotation marks or
    brackets, and after a run-in heading in bold or italics.
    """
    if line.kind != "prose":
        return ""
    run_in = _RUN_IN.match(line.text)
    text = line.text[run_in.end() :] if run_in else line.text
    for match in _END.finditer(text):
        before, word = text[: match.end(2)], match[1].lstrip("(*_[\"'“‘")
        is_open = before.count('"') % 2 or any(before.count(a) > before.count(b) for a, b in ("()", "“”"))
        short = match[2] == "." and _ABBREVIATION.fullmatch(word)
        if not is_open and not short:
            return text[match.end() :][:40]
    return ""
