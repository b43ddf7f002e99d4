"""DOI, PMID, PMCID and NCT number: their form, their normal form, and their addresses."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

#: Where each register shows a record, by its number; in order of preference.
REGISTERS = {
    "doi": "https://doi.org/{}",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/{}/",
    "nct": "https://clinicaltrials.gov/study/{}",
}

# Old DOIs such as 10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2 contain angle brackets;
# unclosed brackets and quotation marks belong to the text around a DOI.
_PLAIN = r"[^\s\"`{}|\\^<>]"
_PATTERNS = {
    "doi": rf"10\.\d{{4,9}}(?:\.\d+)*/(?:{_PLAIN}|<{_PLAIN}+>)+",
    "pmid": r"[1-9]\d{0,7}",
    "pmcid": r"PMC[1-9]\d{0,8}",
    "nct": r"NCT\d{8}",
}
_WHOLE = {kind: re.compile(pattern, re.ASCII) for kind, pattern in _PATTERNS.items()}
#: Identifiers within a text: 'PMID' precedes a PMID, and no other is part of a longer word.
_WITHIN = {
    "doi": re.compile(rf"(?<![\w.]){_PATTERNS['doi']}", re.ASCII),
    "pmid": re.compile(rf"\bPMID:?\s*({_PATTERNS['pmid']})\b", re.ASCII | re.IGNORECASE),
    "pmcid": re.compile(rf"(?<!\w){_PATTERNS['pmcid']}(?!\w)", re.ASCII | re.IGNORECASE),
    "nct": re.compile(rf"(?<!\w){_PATTERNS['nct']}(?!\d)", re.ASCII | re.IGNORECASE),
}
_DOI_ADDRESS = re.compile(r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|info:doi/|doi:?\s*)+", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s\"<>]+")
_LONGEST = 300


def normal(kind: str, value: Any) -> str:
    """The normal form of an identifier.

    Parameters
    ----------
    kind : {'doi', 'pmid', 'pmcid', 'nct'}
    value : object
        As written by anyone: a DOI may come with its address, percent-encoded, or followed by punctuation.

    Returns
    -------
    str
        The bare identifier, a DOI in lower case since its case does not matter; blank if the value is not one.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) > _LONGEST:
        return ""
    plain = _NORMAL[kind](str(value).strip())
    return plain if _WHOLE[kind].fullmatch(plain) and plain.isprintable() else ""


def _doi(text: str) -> str:
    plain = html.unescape(unquote(_DOI_ADDRESS.sub("", text, count=1) if _DOI_ADDRESS.match(text) else text)).lower()
    while plain and (plain[-1] in ".,;:" or _unopened(plain)):
        plain = plain[:-1]
    return plain if plain.count("(") == plain.count(")") else ""


def _unopened(text: str) -> bool:
    """Whether a text ends with a closing bracket that it does not open."""
    opening = {")": "(", "]": "[", ">": "<"}.get(text[-1], "")
    return bool(opening) and text.count(text[-1]) > text.count(opening)


_NORMAL: dict[str, Callable[[str], str]] = {
    "doi": _doi,
    "pmid": lambda text: re.sub(r"^PMID:?\s*|\.0$", "", text, flags=re.IGNORECASE),
    "pmcid": str.upper,
    "nct": str.upper,
}


def is_written(kind: str, text: str) -> bool:
    """Whether a text is an identifier in its normal form; a DOI may have capitals."""
    return bool(text) and normal(kind, text) == (text.lower() if kind == "doi" else text)


def named(kind: str, text: str) -> tuple[str, ...]:
    """The identifiers of a kind that a text names, each once, in order."""
    return tuple(dict.fromkeys(filter(None, (normal(kind, match) for match in _WITHIN[kind].findall(text)))))


def address(kind: str, identifier: str) -> str:
    """The address at which a register shows a record; characters not allowed in one are percent-encoded."""
    return REGISTERS[kind].format(quote(identifier, safe="/:;().,-_~"))


def address_of(text: str) -> str:
    """The address that a text leads to: that of the identifier that it is, or itself if it is a web address.

    Parameters
    ----------
    text : str
        As pages print it: ``doi:10.1001/jama.288.22.2836``, ``PMID 12472325``, ``PMC3047227``, ``NCT01561105``.

    Returns
    -------
    str
        Blank for any other text.
    """
    if _WEB.fullmatch(text):
        return text
    kinds = (kind for kind in REGISTERS if kind != "pmid" or text.upper().startswith("PMID"))
    return next((address(kind, number) for kind in kinds if (number := normal(kind, text))), "")
