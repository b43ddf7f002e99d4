"""Safe reading of what services send: plain texts, and JSON and XML in the documented form."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

#: Longest texts, in characters; the rest is cut off.
TITLE, ABSTRACT, WORDS = 500, 8000, 1000

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<!--.*?-->", re.DOTALL)


class BadAnswerError(Exception):
    """An answer is not in the documented form; the question is then asked again."""


def text(value: Any, longest: int = WORDS) -> str:
    """Turn a value of an answer into plain text on one line: no tags, no invisible characters, not too long.

    Parameters
    ----------
    value : object
        Anything but text or a number becomes blank.
    longest : int
        Most characters; the rest is cut off.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    plain = str(value)[: 20 * longest]
    for _ in range(2):  # tags come plain and as entities
        plain = _TAG.sub(" ", html.unescape(plain))
    plain = unicodedata.normalize("NFC", "".join(c if c.isprintable() else " " for c in plain))
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1].rstrip()}…"


def data_cell(value: str) -> str:
    """Make a text fit for a cell of the data, in which the check finds no fault."""
    plain = re.sub(r"[<>&`{}\\^~|\"]|(?:java|vb)script:|data:text/", " ", value, flags=re.IGNORECASE)
    plain = "".join(c if c.isascii() or c.isalpha() else " " for c in unicodedata.normalize("NFKC", plain))
    plain = re.sub(r"(?<=\d),(?=\d)", ", ", plain)
    return " ".join(re.sub(r"^[^\w(]+", "", plain).split())


def items(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; a single object counts as a list of one."""
    return [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, dict)]


def sound(listed: Any, is_sound: Callable[[dict[str, Any]], object]) -> tuple[list[dict[str, Any]], int]:
    """The records of a list that can be read, and the number of those that cannot.

    Raises
    ------
    BadAnswerError
        If it is not a list, or none of its records can be read.
    """
    if not isinstance(listed, list):
        raise BadAnswerError("an answer without a list")
    good = [entry for entry in listed if isinstance(entry, dict) and is_sound(entry)]
    if listed and not good:
        raise BadAnswerError("an answer with something else than records in its list")
    return good, len(listed) - len(good)


def inner(value: Any, *names: str) -> Any:
    """The value at a path of names; None if a name is missing or holds something else."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def as_json(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    BadAnswerError
        If the answer is not one.
    """
    try:
        answer = json.loads(body, strict=False)  # services send line ends within texts
    except (ValueError, RecursionError) as error:
        raise BadAnswerError("an answer that is no JSON, or is cut off") from error
    if not isinstance(answer, dict):
        raise BadAnswerError("an answer that is JSON of another kind")
    return answer


def as_articles(body: bytes) -> list[Any]:
    """Read the articles and books of PubMed; their XML can load no file and expand no entity.

    Raises
    ------
    BadAnswerError
        If the answer is anything else.
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
    """The text of an XML element and of everything inside it; blank for None."""
    return "" if element is None else text("".join(map(str, element.itertext())), longest)
