"""PubMed, through the E-utilities: esearch finds records, efetch gets them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any

from livingreview.evidence.identifiers import named, normal
from livingreview.watch.inquiry import Inquiry, Targets, batches
from livingreview.watch.notices import article_numbers, article_title, of_article
from livingreview.watch.records import Record
from livingreview.watch.values import ABSTRACT, BadAnswerError, as_articles, as_json, inner, text, whole_text
from livingreview.watch.web import Service

#: PubMed allows three requests a second.
SERVICE = Service("pubmed", "PubMed", "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/", 0.4, ("tool", "email"))
#: Records per page and per fetch, and pages; PubMed gives at most 9,999 records per search.
PAGE, FETCH, PAGES = 1000, 200, 12

#: What PubMed says among its warnings of every search that finds nothing.
_NO_WARNING = {"No items found."}
#: Where the day of publication stands, in order of preference; any of them may lack the year.
_DATED = ("JournalIssue/PubDate", "ArticleDate", "ContributionDate", "Book/PubDate")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def ask(inquiry: Inquiry, targets: Targets) -> None:
    """Read the notices on the sources, and the records that were added since the last search.

    The records match the query, name a trial, or are listed in a registry record.
    """
    sources = targets.sources["pmid"]
    _fetch(inquiry, dict.fromkeys(sources, ""), sources)  # first, so that a failed search costs no notice
    reasons: dict[str, str] = {}
    trials = " OR ".join(f"{nct}[si] OR {nct}[tiab]" for nct in targets.trials)
    for reason, term in (("names a trial of the data", trials), ("matches the query", inquiry.query)):
        for pmid in _ids(inquiry, reason, term) if term else ():
            reasons.setdefault(pmid, reason)
    for pmid, why in targets.reports.items():
        if pmid not in sources:
            reasons.setdefault(pmid, why)
    _fetch(inquiry, reasons, {}, mistaken=targets.reports)


def _ids(inquiry: Inquiry, reason: str, term: str) -> list[str]:
    listed: dict[str, None] = {}
    total = 0
    for _ in range(PAGES):
        params = {"db": "pubmed", "retmode": "json", "term": term, "datetype": "crdt", "retmax": str(PAGE)}
        params |= {"mindate": f"{inquiry.since:%Y/%m/%d}", "maxdate": f"{inquiry.until:%Y/%m/%d}"}
        page = inquiry.ask(f"what {reason}", "esearch.fcgi", {**params, "retstart": str(len(listed))}, _page)
        if page is None:
            return list(listed)
        total, ids, doubts = page
        before = len(listed)
        listed.update(dict.fromkeys(ids))
        for doubt in doubts:
            # that no paper names a trial by its number is an answer, while a word of the query must be known
            unnamed = named("nct", doubt) if term != inquiry.query else ()
            if unnamed:
                inquiry.note(f"no record names {', '.join(unnamed)}")
            else:
                inquiry.missing(f"what {reason}: {doubt}")
        if len(listed) in (before, total):
            break
    inquiry.count(f"what {reason}", len(listed), total)
    return list(listed)


def _page(body: bytes) -> tuple[int, list[str], list[str]]:
    """Read the total, the PMIDs of a page, and what PubMed says it did not understand."""
    answer = as_json(body)
    result = answer.get("esearchresult")
    error = text(answer.get("error") or inner(result, "ERROR"))
    if error:
        raise BadAnswerError(f"an error in place of an answer ('{error[:120]}')")
    count, listed = text(inner(result, "count")), inner(result, "idlist")
    if not count.isdigit() or not isinstance(listed, list):
        raise BadAnswerError("an answer without a count and a list")
    ids = [pmid for value in listed if (pmid := normal("pmid", value))]
    if listed and not ids:
        raise BadAnswerError("an answer with something else than PMIDs in its list")
    doubts = [
        f"PubMed does not know '{word[:60]}'"
        for name in ("phrasesnotfound", "fieldsnotfound")
        for word in _texts(inner(result, "errorlist", name))
    ]
    doubts += _warnings(inner(result, "warninglist"))
    if unread := len(listed) - len(ids):
        doubts.append(f"{unread} entries of the list are no PMIDs")
    return int(count), ids, doubts


def _warnings(warnings: Any) -> list[str]:
    """Say what PubMed left out of a query, such as a phrase it has not, or the words of a wildcard beyond 600."""
    doubts = []
    for name in ("phrasesignored", "quotedphrasesnotfound", "outputmessages"):
        message = "{}" if name == "outputmessages" else "PubMed left out '{}'"
        doubts += [message.format(word[:200]) for word in _texts(inner(warnings, name)) if word not in _NO_WARNING]
    return doubts


def _texts(listed: Any) -> list[str]:
    """The texts of a list; a single text counts as a list of one."""
    return list(filter(None, map(text, listed if isinstance(listed, list) else [listed])))


def _fetch(
    inquiry: Inquiry, reasons: Mapping[str, str], sources: Mapping[str, str], mistaken: Collection[str] = ()
) -> None:
    """Fetch records by PMID; of a source keep the notices, of any other the record with the reason to fetch it.

    A number that a registry record may have wrong is noted when PubMed has no such record; any other must be there.
    """
    for group in batches(reasons, FETCH):
        params = {"db": "pubmed", "retmode": "xml", "id": ",".join(group)}
        articles = inquiry.ask(f"{len(group)} records", "efetch.fcgi", params, as_articles)
        if articles is None:
            continue
        missing = dict.fromkeys(group)
        for article in articles:
            pmid = article_numbers(article)["pmid"]
            if pmid not in missing:
                continue  # not asked for, or a duplicate
            del missing[pmid]
            if pmid in sources:
                inquiry.notices += of_article(article, sources, {})[sources[pmid]]
            else:
                inquiry.records.append(as_record(article, reasons[pmid]))
        for pmid in missing:
            if pmid in mistaken:
                inquiry.note(f"PubMed has no record PMID {pmid}, {reasons[pmid]}")
                continue
            source = f" ({sources[pmid]})" if pmid in sources else ""
            inquiry.missing(f"the record PMID {pmid}{source} was not in the answer")


def as_record(article: Any, reason: str) -> Record:
    """Make a record of an article, a book or a chapter, whose elements have the same names."""
    numbers, title = article_numbers(article), article_title(article)

    def first(*paths: str) -> Any:
        return next((part for path in paths if (part := article.find(f".//{path}")) is not None), None)

    parts = [*article.iterfind(".//Abstract/AbstractText")] or [*article.iterfind(".//OtherAbstract/AbstractText")]
    abstract = text(" ".join(map(_labelled, parts)), ABSTRACT)
    dates = chain.from_iterable(article.iterfind(f".//{path}") for path in _DATED)
    dated = " ".join(part for day in dates for part in day.itertext())
    banked = " ".join(whole_text(number) for number in article.iterfind(".//DataBankList//AccessionNumber"))
    return Record(
        kind="report",
        title=title,
        abstract=abstract,
        journal=whole_text(first("Journal/Title", "Book/BookTitle"), 200),
        year=next(iter(_YEAR.findall(dated)), ""),
        authors=tuple(filter(None, map(_name, _authors(article)))),
        doi=numbers["doi"],
        pmid=numbers["pmid"],
        pmcid=numbers["pmcid"],
        trials=named("nct", f"{banked} {title} {abstract}"),
        services=(SERVICE.title,),
        reasons=(reason,),
    )


def _labelled(part: Any) -> str:
    label, words = part.get("Label", ""), whole_text(part, ABSTRACT)
    return f"{label}: {words}" if label else words


def _authors(article: Any) -> list[Any]:
    """The authors, or else those of the whole book, but never its editors; enough of them to recognize it."""
    for path in ("MedlineCitation/Article/AuthorList", "BookDocument/AuthorList", "BookDocument/Book/AuthorList"):
        lists = [one for one in article.iterfind(path) if one.get("Type", "authors") != "editors"]
        if authors := [author for one in lists for author in one.iterfind("Author")]:
            return authors[:100]
    return []


def _name(author: Any) -> str:
    first = author.findtext("ForeName") or author.findtext("Initials")
    name = ", ".join(filter(None, (author.findtext("LastName"), first))) or author.findtext("CollectiveName")
    return text(name, 100)
