"""Find what a register knows of one source, by its DOI, PMID or NCT number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livingreview.evidence.identifiers import normal
from livingreview.watch import clinicaltrials, crossref, pubmed
from livingreview.watch.notices import article_numbers
from livingreview.watch.values import BadAnswerError, as_articles, inner, items, text, whole_text
from livingreview.watch.web import AbsentError, Client, UnansweredError

#: Most authors that an entry names; 'and others' stands for the rest.
AUTHORS = 20


class LookUpError(Exception):
    """A source was not found; the message says why, and what to do unless the service may answer later."""

    def __init__(self, message: str, *, may_answer: bool = False) -> None:
        self.may_answer = may_answer
        super().__init__(message)


def look_up(identifier: str, client: Client) -> dict[str, str]:
    """Find the fields of a source.

    Parameters
    ----------
    identifier : str
        A DOI, a PMID or an NCT number, as written by anyone.
    client : Client
        Asks the service.

    Returns
    -------
    dict of str to str
        Fields of an entry of the bibliography, as plain text. What was read of it is not among them.

    Raises
    ------
    LookUpError
        If it is none of these, or the service has no such record, or does not answer.
    """
    for kind, ask, service in (
        ("nct", _registered, clinicaltrials.SERVICE),
        ("doi", _of_publisher, crossref.SERVICE),
        ("pmid", _in_pubmed, pubmed.SERVICE),
    ):
        if number := normal(kind, identifier):
            try:
                return {name: value for name, value in ask(number, client).items() if value}
            except AbsentError as error:
                raise LookUpError(f"{service.title} has no record {number}. Look at the number again.") from error
            except UnansweredError as error:
                raise LookUpError(f"{service.title} did not answer ({error}).", may_answer=True) from error
    raise LookUpError(
        f"'{identifier[:80]}' is no DOI, PMID or NCT number, such as 10.1001/jama.288.22.2836 or 12472325."
    )


def _in_pubmed(pmid: str, client: Client) -> dict[str, str]:
    params = {"db": "pubmed", "retmode": "xml", "id": pmid}
    articles = client.ask(pubmed.SERVICE, "efetch.fcgi", params, as_articles)
    article = next((a for a in articles if article_numbers(a)["pmid"] == pmid), None)
    if article is None:
        raise AbsentError("it has no such record")
    record = pubmed.as_record(article, "")
    return {
        "author": _authors(record.authors),
        "title": record.title.removesuffix("."),
        **{name: getattr(record, name) for name in ("journal", "year", "doi", "pmid", "pmcid")},
        "volume": whole_text(article.find(".//JournalIssue/Volume"), 20),
        "number": whole_text(article.find(".//JournalIssue/Issue"), 20),
        "pages": _pages(whole_text(article.find(".//Pagination/MedlinePgn"), 40)),
    }


def _of_publisher(doi: str, client: Client) -> dict[str, str]:
    from urllib.parse import quote

    work = client.ask(crossref.SERVICE, f"works/{quote(doi, safe='')}", {}, crossref.read_work)
    dated = inner(work, "issued", "date-parts")
    year = text(dated[0][0]) if isinstance(dated, list) and dated and isinstance(dated[0], list) and dated[0] else ""
    names = [
        ", ".join(filter(None, (text(a.get("family")), text(a.get("given"))))) or text(a.get("name"))
        for a in items(work.get("author", []))
    ]
    return {
        "author": _authors(filter(None, names)),
        "title": _first(work, "title"),
        "journal": _first(work, "container-title"),
        "year": year,
        "volume": text(work.get("volume"), 20),
        "number": text(work.get("issue"), 20),
        "pages": _pages(text(work.get("page"), 40)),
        "doi": doi,
    }


def _registered(nct: str, client: Client) -> dict[str, str]:
    study = client.ask(
        clinicaltrials.SERVICE, f"studies/{nct}", {"fields": clinicaltrials.FIELDS}, clinicaltrials.read_study
    )
    record = clinicaltrials.as_record(study)
    return {
        "entry": "misc",
        "title": record.title,
        "howpublished": record.journal,
        "nct": nct,
        "kind": "registry",
        "read": "the registry record",
    }


def _first(work: Mapping[str, Any], name: str) -> str:
    """The first of several titles."""
    listed = work.get(name)
    if listed is not None and not isinstance(listed, list):
        raise BadAnswerError("an answer in another form")
    return text(listed[0], 500) if listed else ""


def _authors(names: Any) -> str:
    """Names as BibTeX has them; that of a group, which has no comma, stands in braces."""
    listed = [name if ", " in name else f"{{{name}}}" for name in names]
    return " and ".join([*listed[:AUTHORS], *(["others"] if len(listed) > AUTHORS else [])])


def _pages(text: str) -> str:
    """Write pages in full: PubMed prints 2836-45."""
    first, _, last = text.partition("-")
    if first.isdigit() and last.isdigit() and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return "-".join(filter(None, (first, last)))
