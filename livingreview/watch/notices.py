"""What a notice says about a source: reads Crossref, PubMed, ClinicalTrials.gov and the report of the watch.

The watch and the command ``livingreview notice`` share this module, so that they find the same notices.
"""

from __future__ import annotations

import re
from calendar import month_abbr
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from itertools import chain
from typing import Any

from livingreview.evidence import MARKS, Evidence, Source
from livingreview.evidence.identifiers import named, normal
from livingreview.watch.values import TITLE, BadAnswerError, as_articles, as_json, inner, items, text, whole_text

#: The kinds of notice, from the most to the least serious.
KINDS = tuple(MARKS)
#: The kind that a service means by a word, in letters only. Crossref has a list of words for updates
#: (https://www.crossref.org/documentation/register-maintain-records/); PubMed appends 'In' to them.
_WORDS = {
    "retraction": "retraction",
    "withdrawal": "retraction",
    "removal": "retraction",
    "temporaryremoval": "retraction",
    **dict.fromkeys(("retracted", "withdrawn", "removed"), "retraction"),
    **{
        f"{retracted}and{replaced}": "retraction"
        for retracted in ("retracted", "retraction")
        for replaced in ("republished", "republication", "replaced", "replacement")
    },
    "partialretraction": "partial_retraction",
    "expressionofconcern": "expression_of_concern",
    "reinstatement": "reinstatement",
    "correction": "correction",
    "corrigendum": "correction",
    "erratum": "correction",
    "addendum": "correction",
    "clarification": "correction",
    "correctedandrepublished": "correction",
}
#: Updates that do not question what was published before.
_HARMLESS = {"newversion", "newedition"}
_RETRACTED_PUBLICATION = "D016441"

_KIND_OF_TEXT = r"(?:original|research|review|systematic|clinical|case|conference|meeting|short|brief)"
_TEXT = (
    rf"(?:{_KIND_OF_TEXT}\s+){{0,2}}(?:article|paper|chapter|book|publication|manuscript|review|protocol|preprint|report"
    r"|study|abstract|letter|comment(?:ary)?|editorial|data|series)"
)
_STATES = {
    "partial_retraction": r"partial(?:ly)? retract(?:ed|ion)",
    "retraction": r"retracted|withdrawn|removed|temporar(?:y removal|ily removed)"
    r"|(?:(?:notice|statement) of )?retraction(?: notice)?",
    "expression_of_concern": r"(?:editorial |editor(?:'s|s'|s|’s|s’)? )?expression of concern",
    "reinstatement": r"reinstated",
}
_STATE = "|".join(f"(?P<{kind}>{state})" for kind, state in _STATES.items())
_REPLACED = r"republi(?:shed|cation)|replace(?:d|ment)|remov(?:ed|al)"
_SUBJECT = rf"(?:this )?{_TEXT} (?:(?:has|have) been |was )?"
_PHRASE = rf"(?:{_SUBJECT})?(?:{_STATE})(?:\s+{_TEXT})?(?: and (?:{_REPLACED}))?(?: {_TEXT})?"
_OPEN, _CLOSE, _DASH = r"[\[({【]", r"[\])}】]", "[-‐–—|]"
#: How a title says what became of its paper: in brackets at either end; before a colon, a full stop or a dash; in
#: capitals before a title that has lower-case letters; or in one word after the title, in capitals.
_TITLES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^\W*{_OPEN} ?{_PHRASE} ?{_CLOSE}[\s:.–—-]*",
        rf"^\W*{_PHRASE}[\s*_\"'”’]*(?:[:.\]—]|\s{_DASH}\s)\s*",
        r"^\W*(?-i:(?P<retraction>RETRACTED|WITHDRAWN|REMOVED))(?-i:\s+(?:ARTICLE|PAPER|CHAPTER))?\s+(?=(?-i:.*[a-z]))",
        rf"\s*{_OPEN} ?{_PHRASE}(?:[.,:;][^\])]*)? ?{_CLOSE}\W*$",
        rf"\s*(?:[:.]|\s{_DASH})\s+(?-i:(?P<retraction>RETRACTED|WITHDRAWN|REMOVED)(?: ARTICLE| PAPER| CHAPTER)?)\W*$",
    )
]
_MONTHS = {name.lower(): number for number, name in enumerate(month_abbr) if name}
#: Most days between the two dates of a notice that appeared online in one year and in print in the next.
TURN = 92
_YEAR = r"\b((?:19|20)\d\d)\b"
_CITED = re.compile(rf"{_YEAR}(?: ([A-Z][a-z]{{2}})[a-z]*\.?(?: (\d{{1,2}}))?)?(?=[;.:,]|$)")


class AnswerError(Exception):
    """An answer cannot be read, or a notice cannot be recorded; the message says why, and what to do."""


@dataclass(frozen=True, order=True)
class Notice:
    """A notice on one source, as described by one or more services.

    Parameters
    ----------
    source_key : str
        Key in references.bib of the source that the notice is about.
    kind : str
        One of `KINDS`, or blank if the service's word is unknown: a person must read the notice. A withdrawal
        and a removal count as a retraction.
    date : str
        Date of the notice as YYYY-MM-DD, YYYY-MM or YYYY, as far as it is known; blank if it is not.
    doi, pmid, url : str
        Of the notice itself; blank if unknown, or the same as those of the source.
    services : tuple of str
        Services that report it, such as ``('Crossref', 'PubMed')``.
    wording : str
        The service's own word for it, such as ``RetractionIn``.
    """

    source_key: str
    kind: str
    date: str = ""
    doi: str = ""
    pmid: str = ""
    url: str = ""
    services: tuple[str, ...] = field(default=(), compare=False)
    wording: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """Where the notice is, as data/notices.csv records it; blank if unknown."""
        return self.doi or (self.pmid and f"PMID {self.pmid}") or self.url

    def place_or(self, source: Source) -> str:
        """Where the notice is, or else where its source is, which then shows the notice."""
        return self.place or normal("doi", source.doi) or (f"PMID {source.pmid}" if source.pmid else source.url)

    def as_dict(self) -> dict[str, object]:
        """The notice as `livingreview watch` writes it to ``report.json``; `read` reads it back."""
        return {**asdict(self), "services": list(self.services)}


#: Notices by the key of their source; a source that was asked about and has none has an empty list.
About = dict[str, list[Notice]]


# ------------------------------------------------------------------------------------------------ what services send


def of_work(work: Mapping[str, Any], dois: Mapping[str, str]) -> About:
    """Read a work of Crossref: a source with its ``updated-by``, or a notice with its ``update-to``.

    Parameters
    ----------
    work : mapping
    dois : mapping of str to str
        Keys of the sources, by DOI.
    """
    doi_of_work, about = normal("doi", work.get("DOI")), About()
    if key := dois.get(doi_of_work, ""):
        about[key] = []
        titles = work.get("title")
        for title in titles if isinstance(titles, list) else [titles]:
            about[key] += _of_title(text(title), key, "Crossref")
        for update in items(work.get("updated-by")):
            about[key] += _of_update(update, key, doi_of_work, normal("doi", update.get("DOI")))
    for update in items(work.get("update-to")):
        subject = normal("doi", update.get("DOI"))
        if subject in dois:
            about.setdefault(dois[subject], []).extend(_of_update(update, dois[subject], subject, doi_of_work))
    return about


def _of_update(update: Mapping[str, Any], key: str, subject: str, doi: str) -> Iterator[Notice]:
    words = [text(update.get(name), 60) for name in ("type", "label")]
    word = next((word for word in words if _kind(word) != ""), words[0] or words[1] or "an update without a type")
    kind = _kind(word)
    if kind is not None:
        yield Notice(
            key,
            kind,
            _updated(update.get("updated")),
            "" if doi == subject else doi,
            services=("Crossref",),
            wording=word,
        )


def _kind(word: str) -> str | None:
    """The kind that a service means by a word; None if it does not question the work, blank if it is unknown."""
    letters = re.sub(r"[^a-z]", "", word.casefold())
    letters = re.sub(r"^(?:author|publisher|editorial|editors?|noticeof)|(?:notice|note)$", "", letters)
    return None if letters in _HARMLESS else _WORDS.get(letters, "")


def _updated(value: Any) -> str:
    """Read a date of Crossref from its parts, the last of which may be missing, or else from its timestamp."""
    parts = inner(value, "date-parts")
    numbers = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    return _day(numbers) or _day(text(inner(value, "date-time"), 30)[:10].split("-"))


def _day(parts: Iterable[Any]) -> str:
    """Write a date as exactly as its parts allow; blank if there is no such date."""
    numbers = [int(part) for part in map(text, parts) if part.isdecimal() and len(part) <= 4][:3]
    for length in range(len(numbers), 0, -1):
        try:
            day = date(*numbers[:length], *[1] * (3 - length))
        except (ValueError, TypeError):
            continue
        return day.isoformat()[: (4, 7, 10)[length - 1]]
    return ""


def of_article(article: Any, pmids: Mapping[str, str], dois: Mapping[str, str]) -> About:
    """Read an article or a book of PubMed: its title and types, and its references to notices on it.

    Parameters
    ----------
    article : element
    pmids, dois : mapping of str to str
        Keys of the sources, by PMID and by DOI.
    """
    numbers, about = article_numbers(article), About()
    key = pmids.get(numbers["pmid"]) or dois.get(numbers["doi"])
    if key is None:
        return about
    about[key] = [*_of_title(article_title(article), key, "PubMed")]
    for kind in article.iter("PublicationType"):
        if kind.get("UI") == _RETRACTED_PUBLICATION or kind.text == "Retracted Publication":
            about[key].append(Notice(key, "retraction", services=("PubMed",), wording="Retracted Publication"))
    for link in article.iterfind("MedlineCitation/CommentsCorrectionsList/CommentsCorrections"):
        word = text(link.get("RefType"), 60)
        kind = _kind(re.sub("in$", "", word, flags=re.IGNORECASE))
        speaks = re.search(r"(retract|concern|errat|correct|withdr|remov|reinstat)\w*in$", word, re.IGNORECASE)
        if kind is not None and speaks:
            cited = whole_text(link.find("RefSource"))
            doi, pmid = next(iter(named("doi", cited)), ""), normal("pmid", link.findtext("PMID"))
            doi, pmid = ("" if number in numbers.values() else number for number in (doi, pmid))
            about[key].append(Notice(key, kind, _cited(cited), doi, pmid, services=("PubMed",), wording=word))
    return about


def article_numbers(article: Any) -> dict[str, str]:
    """The identifiers of an article or a book itself; those of papers that it cites are elsewhere in the record."""
    listed = {
        entry.get("IdType"): entry.text
        for part in ("PubmedData", "PubmedBookData", "BookDocument")
        for entry in article.iterfind(f"{part}/ArticleIdList/ArticleId")
    }
    pmid = article.findtext("MedlineCitation/PMID") or article.findtext("BookDocument/PMID")
    values = {"pmid": pmid, "doi": listed.get("doi"), "pmcid": listed.get("pmc")}
    numbers = {kind: normal(kind, value) for kind, value in values.items()}
    places = article.iterfind("MedlineCitation/Article/ELocationID[@EIdType='doi']")
    located = (normal("doi", place.text) for place in places if place.get("ValidYN") != "N")
    return numbers | {"doi": numbers["doi"] or next(filter(None, located), "")}


def article_title(article: Any) -> str:
    """The title of an article, a chapter or a book."""
    names = ("ArticleTitle", "VernacularTitle", "BookTitle")
    titles = (whole_text(next(article.iter(name), None), TITLE) for name in names)
    return next(filter(None, titles), "")


def _cited(reference: str) -> str:
    """The date in a short reference such as 'JAMA. 2010 Feb 6;375(9713):445'."""
    cited = _CITED.search(reference)
    if cited is None:
        return next(iter(re.findall(_YEAR, reference)), "")
    month = _MONTHS.get((cited[2] or "").lower())
    return _day([cited[1], *([month] if month else []), *([cited[3]] if month and cited[3] else [])])


def of_reference(reference: Mapping[str, Any], pmids: Mapping[str, str]) -> Iterator[Notice]:
    """Read a reference of a record of ClinicalTrials.gov, with its ``retractions``."""
    key = pmids.get(normal("pmid", reference.get("pmid")))
    for retraction in items(reference.get("retractions")) if key else ():
        number = normal("pmid", retraction.get("pmid"))
        yield Notice(key or "", "retraction", pmid=number, services=("ClinicalTrials.gov",), wording="retractions")


def _of_title(title: str, key: str, service: str) -> Iterator[Notice]:
    match = next(filter(None, (pattern.search(title) for pattern in _TITLES)), None)
    if match:
        kind = next(kind for kind, state in match.groupdict().items() if state)
        yield Notice(key, kind, services=(service,), wording=f"its title, '{title[:60]}'")


def untagged(title: str) -> str:
    """A title without a flag such as 'RETRACTED:'."""
    for pattern in _TITLES:
        title = pattern.sub("", title)
    return title


# ------------------------------------------------------------------------------------------------ one event, one notice


def merge_notices(notices: Iterable[Notice]) -> list[Notice]:
    """Merge notices: first those with one identifier, then those that are probably about one event.

    A notice takes what it lacks from the other.
    """
    merged = sorted(notices, key=_order)
    for alike in _ALIKE:
        joined: list[Notice] = []
        for notice in merged:
            at = next((place for place, other in enumerate(joined) if alike(notice, other)), None)
            if at is None:
                joined.append(notice)
            else:
                joined[at] = _joined(joined[at], notice)
        merged = joined
    return sorted(merged, key=_order)


def recorded(notices: Iterable[Notice], evidence: Evidence) -> dict[Notice, str]:
    """Find the rows of data/notices.csv for notices that are recorded there.

    Parameters
    ----------
    notices : iterable of Notice
        Merged; no two of them match the same row.
    evidence : Evidence
    """
    rows = {}
    for row_id, row in evidence.notices.iterrows():
        key, kind, day, place = (str(row[name]) for name in ("source_key", "kind", "date", "where"))
        source = evidence.sources.get(key)
        in_source = source is not None and place == Notice(key, kind).place_or(source)
        rows[str(row_id)] = Notice(key, kind, day, **({} if in_source else _numbers(place)))
    row_ids: dict[Notice, str] = {}
    waiting = list(notices)
    for alike in _ALIKE:
        for notice in (notice for notice in waiting if notice not in row_ids):
            free = (row_id for row_id, row in rows.items() if row_id not in row_ids.values() and alike(notice, row))
            if (row_id := next(free, None)) is not None:
                row_ids[notice] = row_id
    return row_ids


def _numbers(place: str) -> dict[str, Any]:
    """Turn the place of a notice into the matching field of a `Notice`."""
    numbers = {"doi": normal("doi", place), "pmid": next(iter(named("pmid", place)), "")}
    return {kind: number for kind, number in numbers.items() if number} or {"url": place}


def _same_number(notice: Notice, other: Notice) -> bool:
    """Whether two notices share an identifier; the kind of either may be unknown."""
    if notice.source_key != other.source_key or (notice.kind != other.kind and notice.kind and other.kind):
        return False
    pairs = zip(_named(notice), _named(other), strict=True)
    return any(number == another for number, another in pairs if number)


def _same_event(notice: Notice, other: Notice) -> bool:
    """Whether two notices are probably about one event: nothing distinguishes them, and they are of one year.

    A notice may have two dates: that on which it appeared online, and that on which it was printed. Of a retraction
    the years may differ, since there is one; of any other, the dates around the turn of a year.
    """
    if not notice.kind or (notice.source_key, notice.kind) != (other.source_key, other.kind):
        return False
    if any(
        number and another and number != another for number, another in zip(_named(notice), _named(other), strict=True)
    ):
        return False
    days = [day for day in (notice.date, other.date) if day]
    if len(days) < 2:
        return True
    first, second = (int(day[:4]) for day in days)
    if notice.kind == "retraction":
        return abs(first - second) <= 1
    return first == second or (all(len(day) > len("YYYY") for day in days) and _apart(*days) <= TURN)


def _apart(day: str, other: str) -> int:
    """Days between two dates, each of which may lack its day."""
    first, second = (date.fromisoformat(f"{one}-01"[: len("YYYY-MM-DD")]) for one in (day, other))
    return abs((first - second).days)


_ALIKE: tuple[Callable[[Notice, Notice], bool], ...] = (_same_number, _same_event)


def _named(notice: Notice) -> tuple[str, str, str]:
    return notice.doi, notice.pmid, notice.url


def _joined(notice: Notice, other: Notice) -> Notice:
    return replace(
        notice,
        kind=notice.kind or other.kind,
        date=max(notice.date, other.date, key=len),
        doi=notice.doi or other.doi,
        pmid=notice.pmid or other.pmid,
        services=tuple(sorted({*notice.services, *other.services})),
        wording="; ".join(dict.fromkeys(filter(None, (notice.wording, other.wording)))),
    )


def _order(notice: Notice) -> tuple[str, int, str, str]:
    gravity = KINDS.index(notice.kind) if notice.kind else -1
    return notice.source_key, gravity, notice.date, notice.place


# ------------------------------------------------------------------------------------------------ a recorded answer


def read(answer: str, book: Evidence) -> list[Notice]:
    """Read a recorded answer of Crossref (JSON) or PubMed (XML), or the report of `livingreview watch` (JSON).

    Parameters
    ----------
    answer : str
        As the service sent it.
    book : Evidence
        The evidence whose sources are looked for.

    Returns
    -------
    list of Notice
        Merged.

    Raises
    ------
    AnswerError
        If it is of another kind, or not about a source of the review.
    """
    answer = answer.lstrip("\ufeff \r\n\t")
    try:
        if answer.startswith("<"):
            pmids, dois = keys(book, "pmid"), keys(book, "doi")
            about = [of_article(article, pmids, dois) for article in as_articles(answer.encode())]
        elif answer.startswith("{"):
            content = as_json(answer.encode())
            if "notices" in content and "message" not in content:
                return _of_report(content, book)
            about = [of_work(work, keys(book, "doi")) for work in _works(content)]
        else:
            raise BadAnswerError(f"'{' '.join(answer.split())[:60] or 'nothing'}'")
    except BadAnswerError as error:
        raise AnswerError(
            "it must be JSON of Crossref with a 'message', XML of PubMed, or the report.json of 'livingreview watch', "
            f"whole; found {error}. Record the answer again; a source that Crossref does not know is answered in plain "
            "text."
        ) from error
    if not any(about):
        raise AnswerError(
            "it is about no source of data/references.bib, by DOI or PMID. Add the identifier to the source, or "
            "record the notice by hand: livingreview notice SOURCE KIND DATE WHERE"
        )
    return merge_notices(chain.from_iterable(chain.from_iterable(subjects.values() for subjects in about)))


def keys(book: Evidence, kind: str) -> dict[str, str]:
    """Keys of the sources that have an identifier of a kind, by its normal form."""
    return {number: source.key for source in book.sources.values() if (number := normal(kind, getattr(source, kind)))}


def _works(content: dict[str, Any]) -> list[dict[str, Any]]:
    message = content.get("message")
    works = message["items"] if isinstance(message, dict) and "items" in message else [message]
    if not isinstance(works, list) or not all(isinstance(work, dict) for work in works):
        raise BadAnswerError("a 'message' without works")
    return works


def _of_report(content: dict[str, Any], book: Evidence) -> list[Notice]:
    """The notices in a report of the watch, on sources that the review still has."""
    try:
        notices = [_parsed(row) for row in content["notices"]]
    except (ValueError, LookupError, TypeError) as error:
        raise BadAnswerError(f"a report of the watch with something else than notices ({error})") from error
    return merge_notices(notice for notice in notices if notice.source_key in book.sources)


def _parsed(row: Mapping[str, Any]) -> Notice:
    texts = {part.name: str(row[part.name]) for part in fields(Notice) if part.name != "services"}
    if texts["kind"] not in ("", *KINDS):
        raise ValueError(f"'{texts['kind']}' as the kind of one")
    return Notice(**texts, services=tuple(map(str, row["services"])))


def by_hand(source: str, kind: str, day: str, place: str, book: Evidence) -> Notice:
    """Make the notice that a person found.

    Raises
    ------
    AnswerError
        If the source or the kind is unknown.
    """
    import difflib

    faults = []
    if source not in book.sources:
        near = difflib.get_close_matches(source, book.sources, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        faults.append(f"SOURCE must be a key of data/references.bib, found '{source}'.{hint}")
    word = re.sub(r"[\s-]+", "_", kind.strip().lower())
    if word not in KINDS:
        faults.append(f"KIND must be one of {', '.join(KINDS)}, found '{kind}'.")
    if faults:
        raise AnswerError(" ".join(faults))
    return Notice(source, word, day.strip(), **_numbers(place.strip()))
