"""PubMed, by the E-utilities: esearch finds, efetch tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from livingreview.answers import PUBMED, RETRACTED_PUBLICATION
from livingreview.watch.notices import Notice
from livingreview.watch.outcome import Inquiry, batches
from livingreview.watch.records import (
    ABSTRACT,
    TITLE,
    Record,
    identifier,
    inner,
    says_retracted,
    text,
    trials_named,
)
from livingreview.watch.web import BadAnswerError, as_json

#: Records of a page and of a fetch, and pages; PubMed gives no more than 9,999 records of one search.
PAGE, FETCH, PAGES = 1000, 200, 12

_DOI = re.compile(r"doi:\s*(10\.\S+)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def search(inquiry: Inquiry, trials: Iterable[str]) -> dict[str, str]:
    """Find records that were added to PubMed: those that match the query, and those that name a trial.

    Parameters
    ----------
    inquiry : Inquiry
    trials : iterable of str
        NCT numbers.

    Returns
    -------
    dict of str to str
        Why each was found, by PMID.
    """
    found: dict[str, str] = {}
    named = " OR ".join(f"{nct}[si] OR {nct}[tiab]" for nct in trials)
    for what, term in (("names a trial of the data", named), ("matches the query", inquiry.query)):
        for pmid in _ids(inquiry, what, term) if term else ():
            found.setdefault(pmid, what)
    return found


def _ids(inquiry: Inquiry, what: str, term: str) -> list[str]:
    found: dict[str, None] = {}
    total = 0
    for _ in range(PAGES):
        params = {"db": "pubmed", "retmode": "json", "term": term, "datetype": "edat", "retmax": str(PAGE)}
        params |= {"mindate": f"{inquiry.since:%Y/%m/%d}", "maxdate": f"{inquiry.until:%Y/%m/%d}"}
        page = inquiry.ask(f"what {what}", "esearch.fcgi", {**params, "retstart": str(len(found))}, _page)
        if page is None:
            return list(found)
        total, ids, doubts = page
        before = len(found)
        found.update(dict.fromkeys(ids))
        for doubt in doubts:
            inquiry.outcome.missing(f"what {what}: {doubt}")
        if len(found) == before or len(found) >= total:
            break
    if len(found) < total:
        inquiry.outcome.missing(f"what {what}: {total - len(found)} of {total} records were not listed")
    return list(found)


def _page(body: bytes) -> tuple[int, list[str], list[str]]:
    """The total, the PMIDs of a page, and what PubMed says it did not understand."""
    answer = as_json(body)
    result = answer.get("esearchresult")
    error = text(answer.get("error") or inner(result, "ERROR"))
    if error:
        raise BadAnswerError(f"an error in place of an answer ('{error[:120]}')")
    count, listed = text(inner(result, "count")), inner(result, "idlist")
    if not count.isdigit() or not isinstance(listed, list):
        raise BadAnswerError("an answer without a count and a list")
    ids = [pmid for value in listed if (pmid := identifier("pmid", value))]
    if listed and not ids:
        raise BadAnswerError("an answer with something else than PMIDs in its list")
    lost = inner(result, "errorlist", "phrasesnotfound")
    doubts = [f"PubMed does not know '{text(word)[:60]}'" for word in (lost if isinstance(lost, list) else [])]
    if unread := len(listed) - len(ids):
        doubts.append(f"{unread} entries of the list are no PMIDs")
    return int(count), ids, doubts


def fetch(inquiry: Inquiry, reasons: Mapping[str, str], sources: Mapping[str, str]) -> None:
    """Fetch records: new ones are kept, of known sources the notices.

    Parameters
    ----------
    inquiry : Inquiry
    reasons : mapping of str to str
        Why each record is fetched, by PMID.
    sources : mapping of str to str
        Keys of known sources, by PMID.
    """
    outcome = inquiry.outcome
    wanted = dict.fromkeys([*sources, *reasons])
    for group in batches(wanted, FETCH):
        what = f"{len(group)} records"
        params = {"db": "pubmed", "retmode": "xml", "id": ",".join(group)}
        articles = inquiry.ask(what, "efetch.fcgi", params, _articles)
        if articles is None:
            continue
        told = dict.fromkeys(group, False)
        for article in articles:
            pmid = identifier("pmid", article.findtext("MedlineCitation/PMID"))
            if told.get(pmid, True):
                continue  # not asked for, or the second of its number
            told[pmid] = True
            if pmid in sources:
                outcome.notices += _notices(article, sources[pmid])
            if pmid in reasons:
                outcome.records.append(_record(article, pmid, reasons[pmid]))
        for pmid in (pmid for pmid, seen in told.items() if not seen):
            source = f" ({sources[pmid]})" if pmid in sources else ""
            outcome.missing(f"the record PMID {pmid}{source} was not in the answer")


def _articles(body: bytes) -> list[Any]:
    """The articles of an answer, from XML that can load nothing and unfold nothing."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadAnswerError("an answer that is no XML, or is cut off") from error
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise BadAnswerError("an answer that declares entities")
    if root.tag != "PubmedArticleSet":
        said = text(" ".join(map(str, root.itertext())))[:120]
        raise BadAnswerError(f"something else than articles ('{said}')")
    articles: list[Any] = root.findall("PubmedArticle")
    return articles


def _said(element: Any) -> str:
    return "" if element is None else "".join(element.itertext())


def _record(article: Any, pmid: str, reason: str) -> Record:
    citation = article.find("MedlineCitation")
    paper = citation.find("Article")
    title, parts = "", []
    journal = year = ""
    authors: list[str] = []
    if paper is not None:
        title = text(_said(paper.find("ArticleTitle")), TITLE) or text(_said(paper.find("VernacularTitle")), TITLE)
        for part in paper.findall("Abstract/AbstractText"):
            label = part.get("Label", "")
            parts.append(f"{label}: {_said(part)}" if label else _said(part))
        journal = text(_said(paper.find("Journal/Title")), 200)
        dated = _said(paper.find("Journal/JournalIssue/PubDate")) or _said(paper.find("ArticleDate"))
        year = next(iter(_YEAR.findall(dated)), "")
        for author in paper.findall("AuthorList/Author")[:100]:
            last, first = author.findtext("LastName"), author.findtext("ForeName") or author.findtext("Initials")
            name = ", ".join(filter(None, (last, first))) or author.findtext("CollectiveName")
            authors.append(text(name, 100))
    ids = {one.get("IdType"): one.text for one in article.findall("PubmedData/ArticleIdList/ArticleId")}
    banked = " ".join(_said(number) for number in citation.iterfind(".//DataBankList//AccessionNumber"))
    abstract = text(" ".join(parts), ABSTRACT)
    return Record(
        kind="report",
        title=title,
        abstract=abstract,
        journal=journal,
        year=year,
        authors=tuple(filter(None, authors)),
        doi=identifier("doi", ids.get("doi")),
        pmid=pmid,
        pmcid=identifier("pmcid", ids.get("pmc")),
        trials=trials_named(banked, title, abstract),
        services=("PubMed",),
        reasons=(reason,),
    )


def _notices(article: Any, source: str) -> list[Notice]:
    citation = article.find("MedlineCitation")
    found = []
    for link in citation.findall("CommentsCorrectionsList/CommentsCorrections"):
        kind = PUBMED.get(str(link.get("RefType", "")).casefold())
        if kind is None:
            continue
        where = text(_said(link.find("RefSource")), 500)
        doi = next(iter(_DOI.findall(where)), "")
        year = next(iter(_YEAR.findall(where)), "")
        pmid = identifier("pmid", link.findtext("PMID"))
        found.append(
            Notice(source, kind, year, identifier("doi", doi), pmid, ("PubMed",), text(link.get("RefType"), 60))
        )
    types = citation.findall("Article/PublicationTypeList/PublicationType")
    marked = any(one.get("UI") == RETRACTED_PUBLICATION or one.text == "Retracted Publication" for one in types)
    title = text(_said(citation.find("Article/ArticleTitle")), TITLE)
    if (marked or says_retracted(title)) and not any(one.kind == "retraction" for one in found):
        word = "Retracted Publication" if marked else "its title"
        found.append(Notice(source, "retraction", told_by=("PubMed",), told_as=word))
    return found
