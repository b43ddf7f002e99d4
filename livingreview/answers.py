"""Notices on sources, from the answers of Crossref and PubMed as they were recorded, and their record in the data.

An answer is read for every source that it is about; what it says in words that are not known here is told, so that
a person can record it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from calendar import month_abbr
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from livingreview.evidence import MARKS, Evidence, Source
from livingreview.ids import row_id
from livingreview.repository import replace_file

#: What Crossref calls the update of a work (https://www.crossref.org/documentation/register-maintain-records/).
CROSSREF = {
    "retraction": "retraction",
    "withdrawal": "retraction",
    "removal": "retraction",
    "partial_retraction": "partial_retraction",
    "expression_of_concern": "expression_of_concern",
    "correction": "correction",
    "corrigendum": "correction",
    "erratum": "correction",
    "addendum": "correction",
    "clarification": "correction",
}
#: What PubMed calls the reference of an article to a notice on it.
PUBMED = {
    "retractionin": "retraction",
    "retractedandrepublishedin": "retraction",
    "partialretractionin": "partial_retraction",
    "expressionofconcernin": "expression_of_concern",
    "erratumin": "correction",
    "correctedandrepublishedin": "correction",
}
RETRACTED_PUBLICATION = "D016441"
_TITLE = re.compile(r"\W*(retracted|withdrawn)( article| paper| chapter| and republished)?\s*[:\]]", re.IGNORECASE)
_MONTHS = dict(zip(map(str.lower, month_abbr[1:]), (f"{number:02d}" for number in range(1, 13)), strict=True))
_CITED = re.compile(r"\b((?:19|20)\d\d)(?: ([A-Z][a-z]{2})[a-z]*\.?(?: (\d{1,2}))?)?\b(?=[;.:,]|$)")


class AnswerError(Exception):
    """An answer cannot be read; the message says what must be and what to do."""


@dataclass(frozen=True)
class Notice:
    """A notice on a source: its kind, its day as exact as known, and where it is."""

    source: str
    kind: str
    date: str
    where: str


@dataclass(frozen=True)
class Found:
    """What an answer says: the notices, and what in it is about a source and is not understood."""

    notices: tuple[Notice, ...]
    unknown: tuple[str, ...] = ()


def read(text: str, book: Evidence) -> Found:
    """Read a recorded answer of Crossref (JSON) or PubMed (XML), or the report of `livingreview watch` (JSON).

    Parameters
    ----------
    text : str
        The answer as it came.
    book : Evidence
        The evidence, whose sources are looked for.

    Returns
    -------
    Found
        Each notice once; two entries for one notice, from the publisher and from Retraction Watch, are one.

    Raises
    ------
    AnswerError
        When it is neither, or about no source of the review.
    """
    start = text.lstrip("\ufeff \r\n\t")[:1]
    if start == "{" and '"notices"' in text and '"message"' not in text:
        return Found(tuple(_watched(text, book)))
    if start == "<":
        about, told = _pubmed(text, book)
    elif start == "{":
        about, told = _crossref(text, book)
    else:
        shown = " ".join(text.split())[:60] or "nothing"
        raise AnswerError(
            f"it must be JSON of Crossref or XML of PubMed, found '{shown}'. Record the answer again; "
            "a source that Crossref does not know is answered in plain text."
        )
    if not about:
        raise AnswerError(
            "it is about no source of data/references.bib, by DOI or PMID. Add the identifier to the source, or "
            "record the notice by hand: livingreview notice SOURCE KIND DATE WHERE"
        )
    first: dict[tuple[str, str, str], Notice] = {}
    for notice in (one for one in told if isinstance(one, Notice)):
        first.setdefault((notice.source, notice.kind, notice.where.lower()), notice)
    # that it was retracted, without saying where, is no second notice
    kept = [
        notice
        for notice in first.values()
        if notice.where.lower() not in _own(book.sources[notice.source])
        or not any(
            one.kind == notice.kind and one.source == notice.source and one is not notice for one in first.values()
        )
    ]
    return Found(tuple(kept), tuple(one for one in told if isinstance(one, str)))


def record(notices: Iterable[Notice], book: Evidence, today: str) -> tuple[list[str], list[str]]:
    """Add notices to data/notices.csv, all or none.

    Parameters
    ----------
    notices : iterable of Notice
        What was found.
    book : Evidence
        The evidence as it is.
    today : str
        Day on which they are recorded, as YYYY-MM-DD.

    Returns
    -------
    tuple of two lists of str
        Ids of the notices that were added, and of those that stood there.

    Raises
    ------
    AnswerError
        When a notice cannot stand in the data; nothing is written then.
    """
    from livingreview.checks import broken

    path = book.data / "notices.csv"
    before = path.read_text(encoding="utf-8")
    frame = book.notices
    columns = (frame["source_key"], frame["kind"], frame["where"], frame.index)
    there = {(key, kind, where.lower()): str(i) for key, kind, where, i in zip(*columns, strict=True)}
    rows = book.rows("notices")
    added, known, out = [], [], io.StringIO()
    for notice in notices:
        key = (notice.source, notice.kind, notice.where.lower())
        if key in there:
            known.append(there[key])
            continue
        row = {"source_key": notice.source, "kind": notice.kind, "date": notice.date, "where": notice.where}
        there[key] = row_id("notices", row, rows, book.short_words)
        rows.append({"notice_id": there[key], **row, "recorded": today, "note": ""})
        added.append(there[key])
        csv.writer(out, lineterminator="\n").writerow(rows[-1].values())
    if not added:
        return added, known
    replace_file(path, (before + out.getvalue()).encode())
    faults = [fault for fault in broken(book.data) if fault.file == "data/notices.csv"]
    if faults:
        replace_file(path, before.encode())
        raise AnswerError("; ".join(map(str, faults)) + " Nothing was recorded.")
    return added, known


def _own(source: Source) -> set[str]:
    """What names the source itself, as the place of a notice that is not known."""
    return {f"pmid {source.pmid}" if source.pmid else "", source.doi.lower()} - {""}


def _doi(value: Any) -> str:
    """A DOI without its address, in small letters: they do not count."""
    return re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", str(value or "").strip().lower())


def _crossref(text: str, book: Evidence) -> tuple[set[str], list[Notice | str]]:
    """Read works of Crossref: the paper with its `updated-by`, or the notice with its `update-to`."""
    try:
        message = json.loads(text.lstrip("\ufeff"))["message"]
        works = message["items"] if isinstance(message, dict) and "items" in message else [message]
        if not isinstance(works, list) or not all(isinstance(work, dict) for work in works):
            raise TypeError
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise AnswerError(
            "it must be an answer of Crossref with a 'message', whole. Record the answer again."
        ) from error
    by_doi = {source.doi.lower(): source for source in book.sources.values() if source.doi}
    about: set[str] = set()
    told: list[Notice | str] = []
    for work in works:
        doi = _doi(work.get("DOI"))
        if source := by_doi.get(doi):
            about.add(source.key)
            updates = [entry for entry in _list(work.get("updated-by")) if isinstance(entry, dict)]
            told += [_update(source, entry, _doi(entry.get("DOI")) or doi) for entry in updates]
            titles = " ".join(str(title) for title in _list(work.get("title")))
            if _TITLE.match(titles):
                told.append(Notice(source.key, "retraction", "", doi))
        for entry in _list(work.get("update-to")):
            if isinstance(entry, dict) and (source := by_doi.get(_doi(entry.get("DOI")))):
                about.add(source.key)
                told.append(_update(source, entry, doi))
    return about, told


def _watched(text: str, book: Evidence) -> Iterator[Notice]:
    """Notices that the watch found: those whose place is told, on sources that are still there."""
    from livingreview.watch import notices

    try:
        found = [notices.parsed(row) for row in json.loads(text)["notices"]]
    except (ValueError, LookupError, TypeError) as error:
        raise AnswerError("it must be a report of 'livingreview watch', whole. Run the watch again.") from error
    for one in (one for one in found if one.source_key in book.sources):
        source = book.sources[one.source_key]
        own = source.doi.lower() or (f"PMID {source.pmid}" if source.pmid else source.url)
        yield Notice(source.key, one.kind, one.date, one.doi or (f"PMID {one.pmid}" if one.pmid else own))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _update(source: Source, entry: dict[str, Any], where: str) -> Notice | str:
    word = re.sub(r"[\s-]+", "_", str(entry.get("type") or entry.get("label") or "").strip().lower())
    if word not in CROSSREF:
        return f"{source.key}: Crossref tells of '{word or 'an update without a type'}' at {where or 'no DOI'}"
    return Notice(source.key, CROSSREF[word], _date(entry.get("updated")), where)


def _date(updated: Any) -> str:
    """The day in the forms that Crossref gives it: date-time, or parts of which the last may be missing."""
    updated = updated if isinstance(updated, dict) else {}
    parts = next((part for part in _list(updated.get("date-parts")) if isinstance(part, list)), [])
    numbers = [int(part) for part in parts if isinstance(part, int) or str(part).isdecimal()]
    text = "-".join(f"{number:0{4 if place == 0 else 2}d}" for place, number in enumerate(numbers[:3]))
    if not text:
        text = str(updated.get("date-time") or "")[:10]
    return text if re.fullmatch(r"\d{4}(-\d\d){0,2}", text) else ""


def _pubmed(text: str, book: Evidence) -> tuple[set[str], list[Notice | str]]:
    """Read articles of PubMed: their types, and their references to notices on them."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    try:
        root = etree.fromstring(text.lstrip("\ufeff \r\n\t").encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise AnswerError("it must be XML of PubMed, whole. Record the answer again.") from error
    about: set[str] = set()
    told: list[Notice | str] = []
    for article in root.iter("PubmedArticle"):
        pmid = (article.findtext("MedlineCitation/PMID") or "").strip()
        # of this article alone: its references have DOIs too
        doi = next((_doi(i.text) for i in article.iterfind("PubmedData/ArticleIdList/ArticleId[@IdType='doi']")), "")
        for source in book.sources.values():
            if (pmid and source.pmid == pmid) or (doi and source.doi.lower() == doi):
                about.add(source.key)
                told += _of_article(article, source, pmid)
    return about, told


def _of_article(article: Any, source: Source, pmid: str) -> Iterator[Notice | str]:
    own = source.doi.lower() or f"PMID {pmid}"
    types = article.iterfind("MedlineCitation/Article/PublicationTypeList/PublicationType")
    retracted = any(
        kind.get("UI") == RETRACTED_PUBLICATION or (kind.text or "").strip().lower() == "retracted publication"
        for kind in types
    )
    title = (
        "".join(article.find("MedlineCitation/Article/ArticleTitle").itertext())
        if (article.find("MedlineCitation/Article/ArticleTitle") is not None)
        else ""
    )
    if retracted or _TITLE.match(title):
        yield Notice(source.key, "retraction", "", own)
    for entry in article.iterfind("MedlineCitation/CommentsCorrectionsList/CommentsCorrections"):
        word, cited = entry.get("RefType", ""), " ".join((entry.findtext("RefSource") or "").split())
        number = (entry.findtext("PMID") or "").strip()
        found = re.search(r"\b10\.\d{4,9}/\S*[^\s.,;]", cited)
        where = f"PMID {number}" if number else found[0].lower() if found else own
        kind = PUBMED.get(word.lower())
        if kind:
            yield Notice(source.key, kind, _cited(cited), where)
        elif re.search(r"retract|concern|erratum|correct|withdraw|remov", word.lower()) and word.lower().endswith("in"):
            yield f"{source.key}: PubMed tells of '{word}' at {where}"


def _cited(reference: str) -> str:
    """The date in a short reference such as 'JAMA. 2010 Feb 6;375(9713):445'."""
    found = _CITED.search(reference)
    if not found:
        return ""
    year, month, day = found[1], _MONTHS.get((found[2] or "").lower(), ""), found[3]
    return "-".join([year, *([month] if month else []), *([f"{int(day):02d}"] if month and day else [])])


def by_hand(source: str, kind: str, date: str, where: str, book: Evidence) -> Notice:
    """A notice that a person found.

    Raises
    ------
    AnswerError
        When the source or the kind is not known.
    """
    import difflib

    wrong = []
    if source not in book.sources:
        near = difflib.get_close_matches(source, book.sources, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        wrong.append(f"SOURCE must be a key of data/references.bib, found '{source}'.{hint}")
    word = re.sub(r"[\s-]+", "_", kind.strip().lower())
    if word not in MARKS:
        wrong.append(f"KIND must be one of {', '.join(MARKS)}, found '{kind}'.")
    if wrong:
        raise AnswerError(" ".join(wrong))
    return replace(Notice(source, word, date.strip(), where.strip()), where=re.sub(r"^doi:\s*", "", where.strip()))
