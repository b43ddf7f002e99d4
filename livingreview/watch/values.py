"""What services send, read safely: texts without surprises, JSON and XML in the documented form."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

#: Longest texts that are kept, in characters.
TITLE, ABSTRACT, WORDS = 500, 8000, 1000

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<!--.*?-->", re.DOTALL)


class BadAnswerError(Exception):
    """An answer is not in the documented form; raised by readers, and the question is asked again."""


def text(value: Any, longest: int = WORDS) -> str:
    """A value of an answer as plain text on one line: no tags, no invisible characters, not too long.

    Parameters
    ----------
    value : object
        What is neither text nor a number is a blank.
    longest : int
        Characters kept.

    Returns
    -------
    str
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    plain = str(value)[: 20 * longest]
    for _ in range(2):  # tags are sent as such and as entities
        plain = _TAG.sub(" ", html.unescape(plain))
    plain = unicodedata.normalize("NFC", "".join(c if c.isprintable() else " " for c in plain))
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1].rstrip()}…"


def data_cell(value: str) -> str:
    """A text that can stand in a cell of the data: the check of the data has no fault to find in it."""
    plain = re.sub(r"[<>&`{}\\^~|\"]|(?:java|vb)script:|data:text/", " ", value, flags=re.IGNORECASE)
    plain = "".join(c if c.isascii() or c.isalpha() else " " for c in unicodedata.normalize("NFKC", plain))
    plain = re.sub(r"(?<=\d),(?=\d)", ", ", plain)
    return " ".join(re.sub(r"^[^\w(]+", "", plain).split())


def items(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; one object that stands for itself is a list of one."""
    return [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, dict)]


def sound(listed: Any, is_sound: Callable[[dict[str, Any]], object]) -> tuple[list[dict[str, Any]], int]:
    """The records of a list that can be read, and how many cannot.

    Raises
    ------
    BadAnswerError
        When it is no list, or none of its records can be read.
    """
    if not isinstance(listed, list):
        raise BadAnswerError("an answer without a list")
    good = [entry for entry in listed if isinstance(entry, dict) and is_sound(entry)]
    if listed and not good:
        raise BadAnswerError("an answer with something else than records in its list")
    return good, len(listed) - len(good)


def inner(value: Any, *names: str) -> Any:
    """What stands under names within names; None where one of them is missing or holds something else."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def as_json(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    BadAnswerError
        When the answer is none.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError("an answer that is no JSON, or is cut off") from error
    if not isinstance(answer, dict):
        raise BadAnswerError("an answer that is JSON of another kind")
    return answer


def as_articles(body: bytes) -> list[Any]:
    """Read the articles and books of PubMed, from XML that can load nothing and unfold nothing.

    Raises
    ------
    BadAnswerError
        When the answer is something else.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadAnswerError("an answer that is no XML, or is cut off") from error
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise BadAnswerError("an answer that declares entities")
    if root.tag != "PubmedArticleSet":
        raise BadAnswerError(f"something else than articles ('{whole_text(root)[:120]}')")
    return [article for article in root if article.tag in {"PubmedArticle", "PubmedBookArticle"}]


def whole_text(element: Any, longest: int = WORDS) -> str:
    """The text of an element of XML with all that is within it; blank for None."""
    return "" if element is None else text("".join(map(str, element.itertext())), longest)
