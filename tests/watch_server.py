"""A server that answers as the four services document it, and lies when a test asks it to."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

Params = dict[str, str]


@dataclass
class Answer:
    """An answer, and how it is spoilt on the way."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None  # announced; more than there is cuts the answer
    hang: float = 0.0  # seconds before anything is sent
    drip: float = 0.0  # seconds between two bytes
    head: float = 0.0  # seconds between two bytes of headers that do not end
    chunks: int = 0  # bytes of a piece, where it comes in pieces of announced length
    cut: bool = False  # whether the last piece, which ends the answer, is missing

    @classmethod
    def of(cls, value: Any, **rest: Any) -> Answer:
        return cls(json.dumps(value).encode(), headers={"Content-Type": "application/json"}, **rest)


@dataclass
class World:
    """What the services know: records by number; and what goes wrong, by the path of the question."""

    pubmed: dict[str, str] = field(default_factory=dict)  # XML of an article, by PMID
    added: list[str] = field(default_factory=list)  # PMIDs that a search finds
    europe: list[dict[str, Any]] = field(default_factory=list)
    studies: dict[str, dict[str, Any]] = field(default_factory=dict)
    matching: list[str] = field(default_factory=list)  # NCT numbers that a search finds
    works: dict[str, dict[str, Any]] = field(default_factory=dict)
    spoilt: dict[str, Callable[[Params, int], Answer | None]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    seen: list[tuple[str, Params, dict[str, str]]] = field(default_factory=list)
    warned: dict[str, list[str]] = field(default_factory=dict)  # what PubMed says it left out of a query
    page: int = 1000
    every: tuple[Answer, ...] = ()  # what comes in place of every second answer, in turn
    turn: int = 0

    def answer(self, path: str, params: Params) -> Answer:
        self.turn += 1
        if self.every and self.turn % 2:
            return self.every[self.turn // 2 % len(self.every)]
        name = next((name for name in self.spoilt if path.startswith(name)), "")
        self.asked[name or path] += 1
        if name and (spoilt := self.spoilt[name](params, self.asked[name])):
            return spoilt
        service, _, rest = path.lstrip("/").partition("/")
        return getattr(self, f"_{service}")(rest, params)

    def _pubmed(self, path: str, params: Params) -> Answer:
        if path == "esearch.fcgi":
            start, size = int(params["retstart"]), min(int(params["retmax"]), self.page)
            ids = self.added[start : start + size]
            return Answer.of(
                {
                    "header": {"type": "esearch", "version": "0.3"},
                    "esearchresult": {
                        "count": str(len(self.added)),
                        "retmax": str(len(ids)),
                        "retstart": str(start),
                        "idlist": ids,
                        "translationset": [],
                        "querytranslation": params["term"],
                        **({} if ids else {"warninglist": {"outputmessages": ["No items found."]}}),
                        **({"warninglist": self.warned} if self.warned else {}),
                    },
                }
            )
        articles = [self.pubmed.get(pmid, article(pmid)) for pmid in params["id"].split(",")]
        return Answer(pubmed_set(*articles), headers={"Content-Type": "text/xml; charset=UTF-8"})

    def _europepmc(self, path: str, params: Params) -> Answer:
        if path != "search":
            return Answer(b"Not Found", 404)
        if "PMCID:" in params["query"]:
            numbers = [one.strip().removeprefix("PMCID:") for one in params["query"].split(" OR ")]
            found = [{"id": pmcid, "source": "PMC", "pmcid": pmcid, "pmid": pmcid[3:]} for pmcid in numbers]
        else:
            found = self.europe
        start = 0 if params["cursorMark"] == "*" else int(params["cursorMark"])
        page = found[start : start + self.page]
        after = str(start + len(page)) if page else params["cursorMark"]
        return Answer.of(
            {
                "version": "6.9",
                "hitCount": len(found),
                "nextCursorMark": after,
                "request": {"queryString": params["query"]},
                "resultList": {"result": page},
            }
        )

    def _clinicaltrials(self, path: str, params: Params) -> Answer:
        if number := path.removeprefix("studies").strip("/"):
            known = number in self.studies
            return Answer.of(self.studies[number]) if known else Answer(b"NCT number not found", 404)
        ids = params.get("filter.ids", "")
        numbers = [n for n in ids.split(",") if n in self.studies] if ids else self.matching
        start = int(params.get("pageToken", "0"))
        page = [self.studies[n] for n in numbers[start : start + self.page]]
        answer: dict[str, Any] = {"studies": page}
        if start == 0 and params.get("countTotal"):
            answer["totalCount"] = len(numbers)
        if start + self.page < len(numbers):
            answer["nextPageToken"] = str(start + self.page)
        return Answer.of(answer)

    def _crossref(self, path: str, params: Params) -> Answer:
        if doi := unquote(path.removeprefix("works").strip("/")):
            known = doi in self.works
            return (
                Answer.of({"status": "ok", "message": self.works[doi]})
                if known
                else Answer(b"Resource not found.", 404)
            )
        asked = [part.removeprefix("doi:") for part in params["filter"].split(",")]
        found = [self.works[doi] for doi in asked if doi in self.works]
        return Answer.of({"status": "ok", "message": {"total-results": len(found), "items": found}})


def _chunked(answer: Answer) -> bytes:
    starts = range(0, len(answer.body), answer.chunks)
    pieces = [answer.body[start : start + answer.chunks] for start in starts]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, *([] if answer.cut else [b""])])


@contextmanager
def serve(world: World) -> Iterator[dict[str, str]]:
    """Serve a world on this machine; gives the addresses of the services."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            params = dict(parse_qsl(parts.query, keep_blank_values=True))
            world.seen.append((parts.path, params, dict(self.headers)))
            answer = world.answer(parts.path, params)
            time.sleep(answer.hang)
            if answer.head:
                self.close_connection = True
                self._write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100, answer.head)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = len(answer.body) if answer.length is None else answer.length
            name, value = ("Transfer-Encoding", "chunked") if answer.chunks else ("Content-Length", str(length))
            self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            self._write(_chunked(answer) if answer.chunks else answer.body, answer.drip)

        def _write(self, text: bytes, pause: float) -> None:
            try:
                for piece in (text[i : i + 1] for i in range(len(text))) if pause else [text]:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    time.sleep(pause)
            except OSError:
                pass  # the other side had enough

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        yield {name: f"{base}/{name}/" for name in ("pubmed", "europepmc", "clinicaltrials", "crossref")}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def pubmed_set(*articles: str) -> bytes:
    head = '<?xml version="1.0" ?><!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"'
    dtd = ' "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">'
    return f"{head}{dtd}<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>".encode()


def article(pmid: str, title: str = "A known paper", inside: str = "", **ids: str) -> str:
    """An article as efetch gives it; the DOI of a cited paper stands in it too."""
    abstract = ids.pop("abstract", "")
    own = "".join(f'<ArticleId IdType="{kind}">{escape(value)}</ArticleId>' for kind, value in ids.items())
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{pmid}</PMID><Article>'
        "<Journal><JournalIssue><PubDate><Year>2026</Year></PubDate></JournalIssue><Title>A journal</Title></Journal>"
        f"<ArticleTitle>{escape(title)}</ArticleTitle>"
        f'<Abstract><AbstractText Label="RESULTS">{escape(abstract)}</AbstractText></Abstract>'
        "<AuthorList><Author><LastName>Unützer</LastName><ForeName>Jürgen</ForeName></Author>"
        "<Author><CollectiveName>A group</CollectiveName></Author></AuthorList>"
        '<PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType></PublicationTypeList>'
        f"</Article>{inside}</MedlineCitation><PubmedData><ArticleIdList>"
        f'<ArticleId IdType="pubmed">{pmid}</ArticleId>{own}</ArticleIdList>'
        '<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.9999/cited</ArticleId></ArticleIdList>'
        "</Reference></ReferenceList></PubmedData></PubmedArticle>"
    )


def link(kind: str, pmid: str = "20137807", source: str = "Lancet. 2010 Feb 6;375(9713):445.") -> str:
    return (
        f'<CommentsCorrectionsList><CommentsCorrections RefType="{kind}"><RefSource>{source}</RefSource>'
        f'<PMID Version="1">{pmid}</PMID></CommentsCorrections></CommentsCorrectionsList>'
    )


def study(nct: str, title: str = "A trial", **status: Any) -> dict[str, Any]:
    """A registry record in the form of version 2 of the API."""
    more = {"hasResults": status.pop("has_results", False)}
    references = status.pop("references", [])
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct, "briefTitle": title},
            "statusModule": {
                "overallStatus": status.get("overall_status", "COMPLETED"),
                "startDateStruct": {"date": status.get("start", "2020-11-16"), "type": "ACTUAL"},
                "completionDateStruct": {"date": status.get("completion", "2024-08-31"), "type": "ACTUAL"},
                "lastUpdatePostDateStruct": {"date": status.get("updated", "2026-11-24"), "type": "ACTUAL"},
            },
            "designModule": {"enrollmentInfo": {"count": status.get("count", 254), "type": "ACTUAL"}},
            "outcomesModule": {"primaryOutcomes": [{"measure": "Days of opioid use", "timeFrame": "6 months"}]},
            "referencesModule": {"references": references},
            "descriptionModule": {"briefSummary": "A summary."},
        },
        **more,
    }


def work(doi: str, *updates: dict[str, Any], title: str = "A known paper") -> dict[str, Any]:
    """A work as Crossref gives it."""
    found: dict[str, Any] = {"DOI": doi, "title": [title], "type": "journal-article"}
    return found | ({"updated-by": list(updates)} if updates else {})


def update(kind: str, doi: str, day: tuple[int, ...] = (2010, 2, 6), source: str = "publisher") -> dict[str, Any]:
    """One entry of ``updated-by``."""
    return {
        "DOI": doi,
        "type": kind,
        "label": kind.capitalize(),
        "source": source,
        "updated": {"date-parts": [list(day)]},
    }
