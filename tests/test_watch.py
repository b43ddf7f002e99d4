"""The watch against a server on this machine that answers as documented, and lies as real ones do."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sqlite3
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from requests_cache import SQLiteCache
from watch_server import Answer, World, article, link, pubmed_set, serve, study, update, work

from livingreview import cli
from livingreview.checks import check
from livingreview.evidence import DATA, Evidence, load
from livingreview.watch import command, pubmed, report, web
from livingreview.watch.notices import read
from livingreview.watch.records import Record, merge_records
from livingreview.watch.run import BEGINNING, SERVICES, run
from livingreview.watch.values import as_json, data_cell, text
from livingreview.watch.web import Client, UnansweredError

DAY = date(2026, 12, 1)
CLARO, CHAMP = "NCT04559893", "NCT04600414"
#: A source with both numbers, in small letters as services give DOIs.
KEY, PMID, DOI = "hunkeler2006bmj", "16428253", "10.1136/bmj.38683.710255.be"


class Time:
    """A clock that waiting moves, and nothing else."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(scope="module")
def book():
    return load()


@pytest.fixture
def world(book):
    """Services that know every source and every trial of the review, and nothing new."""
    trials = {nct for nct in book.studies["registration"] if nct.startswith("NCT")}
    works = {s.doi.lower(): work(s.doi.lower()) for s in book.sources.values() if s.doi}
    return World(studies={nct: study(nct) for nct in trials}, works=works)


class Watch:
    """Runs the watch against a world."""

    def __init__(self, world, book, folder):
        self.world, self.book, self.folder, self.said, self.time = world, book, folder, [], Time()

    def client(self, bases, **rest):
        rest = {"timeout": 10.0, "clock": self.time.clock, "sleep": self.time.sleep, "say": self.said.append} | rest
        return Client(self.folder, bases, "someone@example.org", **rest)

    def __call__(self, day=DAY, since=None, **rest):
        with serve(self.world) as bases:
            return run(self.book, self.client(bases, **rest), day, since)

    def service(self, name, found):
        return next(inquiry for inquiry in found.inquiries if inquiry.service.name == name)


@pytest.fixture
def watch(world, book, tmp_path):
    return Watch(world, book, tmp_path)


# ------------------------------------------------------------------------------------------------ what is found


def test_nothing_new_is_complete_and_finds_nothing(watch):
    found = watch()
    assert found.complete, [one.problems for one in found.inquiries]
    assert (found.records, found.notices) == ([], [])
    assert {str(inquiry.since) for inquiry in found.inquiries} == {"2026-10-22"}  # 30 days before the last search
    assert watch.world.asked["/pubmed/esearch.fcgi"] == 2


def test_a_service_is_told_who_asks_and_is_not_asked_too_fast(watch):
    watch()
    seen = watch.world.seen
    assert all("someone@example.org" in headers["User-Agent"] for _, _, headers in seen)
    assert all(params["email"] == "someone@example.org" for path, params, _ in seen if "/pubmed/" in path)
    assert all(params["mailto"] == "someone@example.org" for path, params, _ in seen if "/crossref/" in path)
    waits = [wait for wait in watch.time.slept if wait > 0]
    assert len(waits) >= len(seen) - 2 * 4  # each question but the first of a service, as nothing else takes time here


def test_new_reports_registrations_changes_and_notices(watch, book):
    world = watch.world
    world.added = ["39000001", "39000002", PMID]  # the last is known
    databank = (
        "<DataBankList><DataBank><DataBankName>ClinicalTrials.gov</DataBankName><AccessionNumberList>"
        f"<AccessionNumber>{CLARO}</AccessionNumber></AccessionNumberList></DataBank></DataBankList>"
    )
    world.pubmed["39000001"] = article(
        "39000001", "Collaborative care: the results at last", databank, doi="10.1001/new.1"
    )
    world.pubmed["39000002"] = article("39000002", "Another trial of collaborative care")
    world.europe = [
        {"id": "39000001", "source": "MED", "pmid": "39000001", "doi": "10.1001/NEW.1", "title": "The results at last"},
        {"id": "PPR1", "source": "PPR", "title": "<i>Another</i> trial of collaborative care.", "pubYear": "2026"},
        {"id": PMID, "source": "MED", "pmid": PMID, "title": "Known by its number", "isOpenAccess": "Y"},
    ]
    world.studies["NCT09999999"] = study("NCT09999999", "A new registration")
    world.matching = ["NCT09999999", CLARO]
    references = [
        {"pmid": "39000003", "type": "RESULT", "citation": "Someone. 2026"},
        {"pmid": "1", "type": "BACKGROUND"},
    ]
    world.studies[CLARO] = study(CLARO, overall_status="COMPLETED", references=references)
    world.studies[CHAMP] = study(CHAMP, updated="2026-11-30", has_results=True)
    world.pubmed[PMID] = article(PMID, inside=link("ErratumIn", "15000000", "BMJ. 2006 Mar 3;1:1. doi: 10.1001/E."))
    world.works[DOI] = work(DOI, update("correction", "10.1001/e", (2006, 3, 3)))

    found = watch()
    assert found.complete, [one.problems for one in found.inquiries]
    reports = {one.pmid or one.doi: one for one in found.records if one.kind == "report"}
    assert set(reports) == {"39000001", "39000002", "39000003"}
    first, second = reports["39000001"], reports["39000002"]
    assert (first.doi, first.trials, first.services) == ("10.1001/new.1", (CLARO,), ("Europe PMC", "PubMed"))
    assert first.authors == ("Unützer, Jürgen", "A group")
    assert second.services == ("Europe PMC", "PubMed")  # the same by its title
    assert reports["39000003"].reasons == (f"listed in {CLARO}",)
    assert [one.nct for one in found.records if one.kind == "registration"] == ["NCT09999999"]
    assert [(n.source_key, n.kind, n.date, n.doi, n.pmid, n.services) for n in found.notices] == [
        (KEY, "correction", "2006-03-03", "10.1001/e", "15000000", ("Crossref", "PubMed"))
    ]
    changes = {(one.nct, one.field): (one.old, one.new) for one in found.changes}
    assert changes[CLARO, "overall_status"] == ("ACTIVE_NOT_RECRUITING", "COMPLETED")
    assert changes[CHAMP, "last_update_posted"] == ("2025-10-03", "2026-11-30")
    assert (CHAMP, "has_results") not in changes  # was seen as posted, and is
    assert (CHAMP, "start_date") not in changes
    first_seen = {(one.nct, one.field): one.new for one in found.first}
    assert first_seen[CHAMP, "primary_outcomes"] == "Days of opioid use [6 months]"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("RetractionIn", "retraction"),
        ("retractionin", "retraction"),
        ("PartialRetractionIn", "partial_retraction"),
        ("ExpressionOfConcernIn", "expression_of_concern"),
        ("ErratumIn", "correction"),
        ("CorrectedandRepublishedIn", "correction"),
        ("CommentIn", None),
        ("RetractionOf", None),
    ],
)
def test_the_links_of_pubmed(watch, book, word, kind):
    watch.world.pubmed[PMID] = article(PMID, inside=link(word))
    found = watch()
    assert [(n.source_key, n.kind, n.date, n.pmid) for n in found.notices] == (
        [(KEY, kind, "2010-02-06", "20137807")] if kind else []
    )


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("retraction", "retraction"),
        ("withdrawal", "retraction"),
        ("removal", "retraction"),
        ("expression_of_concern", "expression_of_concern"),
        ("correction", "correction"),
        ("corrigendum", "correction"),
        ("a word nobody knows", ""),
        ("new_version", None),
    ],
)
def test_the_updates_of_crossref(watch, book, word, kind):
    doi = book.sources["unutzer2002jama"].doi
    watch.world.works[doi] = work(doi, update(word, "10.1001/N"), update(word, "10.1001/n", source="retraction-watch"))
    found = watch()
    assert [(n.kind, n.date, n.doi) for n in found.notices] == (
        [(kind, "2010-02-06", "10.1001/n")] if kind is not None else []
    )


def test_every_source_with_a_number_can_be_retracted(watch, book):
    asked = {s.key: s for s in book.sources.values() if s.doi or s.pmid or s.pmcid}
    for source in asked.values():
        if source.doi:
            watch.world.works[source.doi.lower()] = work(source.doi.lower(), title=f"RETRACTED: {source.title}")
        pmid = source.pmid or (source.pmcid.removeprefix("PMC") if not source.doi else "")
        if pmid:
            watch.world.pubmed[pmid] = article(pmid, inside=link("RetractionIn"))
    found = watch()
    assert {n.source_key for n in found.notices if n.kind == "retraction"} == set(asked)
    assert set(found.unasked) == {s.key for s in book.sources.values() if s.key not in asked and not s.nct}


def test_what_is_recorded_is_no_news(watch, tmp_path):
    watch.world.pubmed[PMID] = article(PMID, inside=link("RetractionIn"))
    watch.world.works[DOI] = work(DOI, update("correction", "10.1001/C"), update("correction", "10.1001/new"))
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    (data / "notices.csv").write_text(
        "notice_id,source_key,kind,date,where,recorded,compared,note\n"
        f"notice-{KEY}-retraction,{KEY},retraction,2010,PMID 20137807,2026-11-30,,\n"
        f"notice-{KEY}-correction,{KEY},correction,2010,10.1001/c,2026-11-30,,\n"
    )
    found = run_again(Evidence(data), watch, watch.folder)
    assert [(one.kind, one.place) for one in found.notices] == [("correction", "10.1001/new")]
    assert "Recorded already in data/notices.csv: 2." in report.markdown(found, watch.book)


def test_the_report_says_how_to_record_a_notice(watch, book, tmp_path):
    watch.world.works[DOI] = work(DOI, update("retraction", "10.1001/n;reboot"))
    told = report.markdown(watch(), book)
    assert f"`livingreview notice {KEY} retraction 2010-02-06 '10.1001/n;reboot'` records it." in told


def test_a_retracted_publication_without_a_link_is_one(watch):
    marked = article(PMID).replace('UI="D016428">Journal Article', 'UI="D016441">Retracted Publication')
    watch.world.pubmed[PMID] = marked
    assert [(n.source_key, n.wording) for n in watch().notices] == [(KEY, "Retracted Publication")]


def test_a_source_with_a_doi_of_the_old_form_is_asked_about(watch, tmp_path):
    doi = "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"
    data = shutil.copytree(DATA, tmp_path / "data")
    bib = (data / "references.bib").read_text(encoding="utf-8")
    entry = re.search(rf"@article\{{{KEY},.*?^\}}", bib, re.S | re.M)[0]
    # in a journal of its own: the check compares the DOI of a paper with those of others in its journal
    moved = re.sub(r"(journal\s*=\s*)\{[^}]*\}", r"\1{Statistics in Medicine}", entry)
    new = moved.replace("10.1136/bmj.38683.710255.BE", doi)
    (data / "references.bib").write_text(bib.replace(entry, new), encoding="utf-8")
    assert check(data) == []
    watch.book = Evidence(data)
    watch.world.works[doi.lower()] = work(doi, update("retraction", "10.1001/n"))
    found = watch()
    assert [(n.source_key, n.doi) for n in found.notices] == [(KEY, "10.1001/n")]
    assert KEY not in found.unasked
    assert found.complete


def test_a_book_of_pubmed_is_in_the_answer(watch):
    def chapter(pmid):
        return (
            f'<PubmedBookArticle><BookDocument><PMID Version="1">{pmid}</PMID><ArticleIdList>'
            '<ArticleId IdType="bookaccession">NBK5</ArticleId></ArticleIdList><Book><BookTitle>A handbook</BookTitle>'
            "<PubDate><Year>2026</Year></PubDate><AuthorList><Author><LastName>Editor</LastName></Author></AuthorList>"
            "</Book><ArticleTitle>RETRACTED CHAPTER: A chapter</ArticleTitle><AuthorList><Author>"
            "<LastName>Doe</LastName><ForeName>A</ForeName></Author></AuthorList>"
            "<Abstract><AbstractText>In words.</AbstractText></Abstract>"
            "</BookDocument><PubmedBookData/></PubmedBookArticle>"
        )

    watch.world.pubmed = {number: chapter(number) for number in (PMID, "39000001")}
    watch.world.added = ["39000001"]
    found = watch()
    assert found.complete, watch.service("pubmed", found).problems
    assert [(n.source_key, n.kind) for n in found.notices] == [(KEY, "retraction")]
    (record,) = found.records
    assert (record.pmid, record.title, record.journal, record.year, record.authors, record.abstract) == (
        *("39000001", "RETRACTED CHAPTER: A chapter", "A handbook", "2026", ("Doe, A",), "In words."),
    )


# ------------------------------------------------------------------------------------------------ a server that lies


def down(_params, _times):
    return Answer(b"<html>sorry</html>", 500)


@pytest.mark.parametrize("service", ["pubmed", "europepmc", "clinicaltrials", "crossref"])
def test_one_service_down_costs_nothing_of_the_others(watch, book, service):
    watch.world.spoilt[f"/{service}/"] = down
    watch.world.added = ["39000001"]
    watch.world.europe = [{"id": "39000002", "source": "MED", "pmid": "39000002", "title": "Found by Europe PMC alone"}]
    watch.world.studies["NCT09999999"] = study("NCT09999999")
    watch.world.matching = ["NCT09999999"]
    doi = book.sources["unutzer2002jama"].doi
    watch.world.works[doi] = work(doi, update("retraction", "10.1001/n"))
    found = watch(since=BEGINNING)
    assert [one.service.name for one in found.inquiries if not one.complete] == [service]
    assert watch.service(service, found).problems[0].endswith("status 500")
    lost = {"pubmed": "39000001", "europepmc": "39000002", "clinicaltrials": "NCT09999999", "crossref": "10.1001/n"}
    told = {one.pmid or one.nct for one in found.records} | {one.doi for one in found.notices}
    assert told == set(lost.values()) - {lost[service]}
    assert watch.world.asked[f"/{service}/"] == web.TRIES * web.PATIENCE  # then it is left alone
    assert f"Incomplete: {SERVICES[service].SERVICE.title}" in report.markdown(found, book)
    assert len(watch.service(service, found).problems) <= 3  # no record is asked for by itself after that


def bomb(layers=1, size=200 * 2**20):
    body = gzip.compress(b" " * size, 1)
    for _ in range(layers - 1):
        body = gzip.compress(body)
    return body


BOMB = bomb()
JSON = json.dumps({"esearchresult": {"count": "0", "idlist": []}}).encode()

#: What goes wrong with every search in PubMed, and what is said about it.
LIES = {
    "too many questions": (lambda: Answer(b"", 429), "status 429"),
    "too many questions, for an hour": (lambda: Answer(b"", 429, {"Retry-After": "3600"}), "asks to wait 3600 s"),
    "a failure": (lambda: Answer(b"", 503), "status 503"),
    "forbidden": (lambda: Answer(b"", 403), "status 403"),
    "not there, in plain text": (lambda: Answer(b"Resource not found.", 404), "it has no such record"),
    "silence": (lambda: Answer(JSON, hang=0.3), "no answer in time"),
    "cut off": (lambda: Answer(JSON, length=5000), "cut off"),
    "cut JSON of the right length": (lambda: Answer(JSON[:-9]), "no JSON, or is cut off"),
    "nothing": (lambda: Answer(b""), "no JSON"),
    "a page of HTML": (lambda: Answer(b"<html>Maintenance</html>", headers={"Content-Type": "text/html"}), "no JSON"),
    "an error in a 200": (lambda: Answer.of({"error": "API rate limit exceeded"}), "API rate limit exceeded"),
    "an error in the result": (
        lambda: Answer.of({"esearchresult": {"ERROR": "Search Backend failed"}}),
        "Backend failed",
    ),
    "a phrase that is not known": (
        lambda: Answer.of({"esearchresult": {"count": "0", "idlist": [], "errorlist": {"phrasesnotfound": ["colab"]}}}),
        "does not know 'colab'",
    ),
    "a list in place of an object": (lambda: Answer.of([1, 2]), "JSON of another kind"),
    "no list": (lambda: Answer.of({"esearchresult": {"count": "3"}}), "without a count and a list"),
    "an object in place of the list": (
        lambda: Answer.of({"esearchresult": {"count": 1, "idlist": {"0": "1"}}}),
        "a list",
    ),
    "a count in words": (lambda: Answer.of({"esearchresult": {"count": "many", "idlist": []}}), "without a count"),
    "a negative count": (lambda: Answer.of({"esearchresult": {"count": -1, "idlist": []}}), "without a count"),
    "words in the list": (lambda: Answer.of({"esearchresult": {"count": 1, "idlist": ["../1"]}}), "else than PMIDs"),
    "more promised than listed": (lambda: Answer.of({"esearchresult": {"count": "9", "idlist": []}}), "9 of 9 records"),
    "JSON too deep": (lambda: Answer(b'{"a":' * 100_000), "no JSON"),
    "a way to another host": (lambda: Answer(b"", 302, {"Location": "http://evil.example/"}), "evil.example"),
    "a way to another port": (lambda: Answer(b"", 302, {"Location": "http://127.0.0.1:1/"}), "another address"),
    "a way to a file": (lambda: Answer(b"", 302, {"Location": "file:///etc/passwd"}), "another address"),
    "a way that is none": (lambda: Answer(b"", 302, {"Location": "http://[::1"}), "a failure on the way"),
    "a way in circles": (lambda: Answer(b"", 301, {"Location": "esearch.fcgi"}), "in circles"),
    "a bomb": (lambda: Answer(BOMB, headers={"Content-Encoding": "gzip"}), "more than 64 MiB"),
    "a bomb in a bomb": (lambda: Answer(b"x", headers={"Content-Encoding": "gzip, gzip"}), "not asked for"),
    "another packing": (lambda: Answer(b"x", headers={"Content-Encoding": "br"}), "not asked for"),
    "a broken packing": (lambda: Answer(b"xxxx", headers={"Content-Encoding": "gzip"}), "cannot be unpacked"),
    "a cut packing": (lambda: Answer(gzip.compress(JSON)[:-9], headers={"Content-Encoding": "gzip"}), "cut off"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_told_and_never_believed(watch, book, lie):
    make, message = LIES[lie]
    watch.world.spoilt["/pubmed/esearch.fcgi"] = lambda _params, _times: make()
    doi = book.sources["unutzer2002jama"].doi
    watch.world.works[doi] = work(doi, update("retraction", "10.1001/n"))
    found = watch(timeout=0.2 if lie == "silence" else 10.0)
    pubmed = watch.service("pubmed", found)
    assert not pubmed.complete
    assert any(message in problem for problem in pubmed.problems), pubmed.problems
    assert [one.service.name for one in found.inquiries if one.complete] == ["clinicaltrials", "europepmc", "crossref"]
    assert [one.doi for one in found.notices] == ["10.1001/n"]
    assert all(len(problem) < 300 and problem.isprintable() for problem in pubmed.problems)


@pytest.mark.parametrize("slow", [{"drip": 0.02}, {"head": 0.02}], ids=["body", "headers"])
def test_an_answer_that_drips_is_given_up(watch, slow):
    watch.world.spoilt["/pubmed/"] = lambda _p, _t: Answer(JSON + b" " * 100, **slow)
    with serve(watch.world) as bases:
        client = watch.client(bases, deadline=0.1)
        with pytest.raises(UnansweredError, match="takes longer"):
            client.ask(pubmed.SERVICE, "esearch.fcgi", {}, as_json)


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_in_chunks_is_read_whole_and_kept(watch, packed):
    headers = {"Content-Encoding": "gzip"} if packed else {}
    body = gzip.compress(JSON) if packed else JSON
    watch.world.spoilt["/pubmed/"] = lambda _p, times: Answer(body, headers=headers, chunks=7) if times == 1 else None
    with serve(watch.world) as bases:
        for _ in range(2):
            assert watch.client(bases).ask(pubmed.SERVICE, "esearch.fcgi", {}, as_json) == json.loads(JSON)
    assert watch.world.asked["/pubmed/"] == 1


def test_an_answer_in_chunks_that_is_cut_off_is_asked_for_again(watch):
    watch.world.spoilt["/pubmed/"] = lambda _p, times: Answer(JSON, chunks=7, cut=times == 1)
    with serve(watch.world) as bases:
        assert watch.client(bases).ask(pubmed.SERVICE, "esearch.fcgi", {}, as_json) == json.loads(JSON)
    assert watch.world.asked["/pubmed/"] == 2
    assert "an answer that is cut off; once more" in watch.said[0]


def test_a_redirect_to_an_answer_that_cannot_be_read_is_followed_again(watch):
    ways = [Answer(b"", 301, {"Location": "elsewhere"}), Answer(b"{")]
    watch.world.spoilt["/pubmed/"] = lambda _p, times: ways[(times - 1) % 2] if times <= 3 else Answer.of({"a": 1})
    with serve(watch.world) as bases:
        assert watch.client(bases).ask(pubmed.SERVICE, "esearch.fcgi", {}, as_json) == {"a": 1}


def test_a_service_that_is_not_there_is_told(watch):
    client = watch.client({"pubmed": "http://127.0.0.1:9/"})
    with pytest.raises(UnansweredError, match="no connection"):
        client.ask(pubmed.SERVICE, "esearch.fcgi", {}, as_json)


def test_waits_grow_and_retry_after_is_kept(watch):
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    answers = [Answer(b"", 500), Answer(b"", 429, {"Retry-After": "7"}), Answer(b"", 503, {"Retry-After": until})]
    answers.append(Answer(b"", 429, {"Retry-After": "soon"}))
    watch.world.spoilt["/pubmed/"] = lambda _p, times: (
        answers[times - 1] if times <= len(answers) else Answer.of({"a": 1})
    )
    with serve(watch.world) as bases:
        assert watch.client(bases).ask(pubmed.SERVICE, "esearch.fcgi", {}, as_json) == {"a": 1}
    first, second, third, fourth = filter(None, watch.time.slept)  # the first is no longer than between two questions
    assert (first, second, fourth) == (pubmed.SERVICE.pause, 7, 8)
    assert 80 < third <= 90
    assert "status 429; once more in 7 s" in watch.said[1]


def test_who_asks_for_a_long_rest_gets_it(watch):
    watch.world.spoilt["/europepmc/"] = lambda _p, _t: Answer(b"", 429, {"Retry-After": "86400"})
    assert not watch().complete
    assert watch.world.asked["/europepmc/"] == 1
    assert max(watch.time.slept) <= 1 + 1e-9, "the clock adds floats"


def test_one_failure_is_tried_again_and_leaves_no_trace(watch):
    for path in ("/pubmed/efetch.fcgi", "/europepmc/", "/clinicaltrials/", "/crossref/"):
        watch.world.spoilt[path] = lambda _params, times: Answer(b"{", 200 if times % 2 else 502) if times < 3 else None
    assert watch().complete


def test_a_run_that_broke_off_goes_on_where_it_was(watch):
    watch.world.spoilt["/crossref/"] = down
    with serve(watch.world) as bases:
        assert not run(watch.book, watch.client(bases), DAY).complete
        before = dict(watch.world.asked)
        del watch.world.spoilt["/crossref/"]
        assert run(watch.book, watch.client(bases), DAY).complete
    again = {path for path, times in watch.world.asked.items() if times > before.get(path, 0)}
    assert again == {"/crossref/works"}


@pytest.mark.parametrize("spoilt", ["the file", "the answer in it"])
def test_a_stored_answer_that_was_spoilt_is_asked_for_again(watch, spoilt):
    with serve(watch.world) as bases:
        run(watch.book, watch.client(bases), DAY)
        before = dict(watch.world.asked)
        kept = SQLiteCache(watch.folder / "answers.sqlite", serializer="json").responses
        for key, response in [*kept.items()] if spoilt == "the answer in it" else ():
            if "/pubmed/" in response.url:
                response._content = response.content[:20]
                kept[key] = response
        if spoilt == "the file":
            with sqlite3.connect(watch.folder / "answers.sqlite") as file:
                file.execute("UPDATE responses SET value = substr(value, 1, 20) WHERE value LIKE '%/pubmed/%'")
        assert run(watch.book, watch.client(bases), DAY).complete
    again = {path for path, times in watch.world.asked.items() if times > before.get(path, 0)}
    assert again == {"/pubmed/esearch.fcgi", "/pubmed/efetch.fcgi"}


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ({"errCode": 404, "errMsg": "No such thing"}, "No such thing"),
        ({"hitCount": 5, "nextCursorMark": "*", "resultList": {"result": []}}, "5 of 5 records were not listed"),
        ({"hitCount": 5, "resultList": {"result": [{"id": "1", "source": "MED"}] * 5}}, "4 of 5 records"),
        (
            {"hitCount": "2", "resultList": {"result": [{"id": 1, "source": "MED"}, {"title": "no id"}]}},
            "1 records could",
        ),
        ({"hitCount": 1, "resultList": {"result": {"id": "1"}}}, "without a list"),
        ({"hitCount": 1, "resultList": []}, "without a list"),
        ({"resultList": {"result": []}}, "without a count"),
        ({"hitCount": 1, "resultList": {"result": ["x"]}}, "else than records"),
    ],
)
def test_europe_pmc_in_another_form(watch, page, problem):
    watch.world.spoilt["/europepmc/search"] = lambda params, _t: None if "PMCID" in params["query"] else Answer.of(page)
    found = watch()
    assert any(problem in one for one in watch.service("europepmc", found).problems)
    assert watch.world.asked["/europepmc/search"] < 15


def test_a_cursor_that_goes_in_circles_ends(watch):
    def page(params, _times):
        after = {"*": "A", "A": "B", "B": "A"}[params["cursorMark"]]
        result = [{"id": params["cursorMark"], "source": "MED", "title": f"Record {params['cursorMark']}"}]
        return Answer.of({"hitCount": 1000, "nextCursorMark": after, "resultList": {"result": result}})

    watch.world.spoilt["/europepmc/search"] = page
    found = watch()
    assert "997 of 1000 records were not listed" in " ".join(watch.service("europepmc", found).problems)
    assert len(found.records) == 3


def test_pages_of_a_thousand(watch):
    watch.world.page = 1000
    watch.world.europe = [
        {"id": str(i), "source": "MED", "pmid": str(i), "title": f"Record {i}"} for i in range(1, 2301)
    ]
    watch.world.matching = [f"NCT{i:08d}" for i in range(1, 2301)]
    watch.world.studies |= {nct: study(nct, f"Trial {nct}") for nct in watch.world.matching}
    watch.world.added = [str(i) for i in range(1, 2301)]
    found = watch()
    assert found.complete, [one.problems for one in found.inquiries]
    assert sum(one.kind == "report" for one in found.records) == 2300
    assert sum(one.kind == "registration" for one in found.records) == 2300
    assert "and 2200 more, in data/records.csv" in report.markdown(found, watch.book)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ({"totalCount": 3, "studies": []}, "3 of 3 records were not listed"),
        ({"totalCount": 1, "studies": [], "nextPageToken": "again"}, "do not come to an end"),
        ({"studies": {"0": {}}}, "without a list"),
        ({"totalCount": 2, "studies": [study("NCT00000001"), {"protocolSection": []}]}, "1 records could not be read"),
        ({"studies": ["x"]}, "else than records"),
        ({}, "without a list"),
    ],
)
def test_the_registry_in_another_form(watch, page, problem):
    watch.world.spoilt["/clinicaltrials/studies"] = lambda p, _t: Answer.of(page) if "query.term" in p else None
    found = watch()
    assert any(problem in one for one in watch.service("clinicaltrials", found).problems)
    assert found.first  # the records of the trials were read all the same
    assert watch.world.asked["/clinicaltrials/studies"] < 15


def test_pages_without_end_end(watch, monkeypatch):
    monkeypatch.setattr("livingreview.watch.clinicaltrials.PAGES", 4)
    watch.world.spoilt["/clinicaltrials/studies"] = lambda p, times: (
        Answer.of({"studies": [], "nextPageToken": str(times)}) if "query.term" in p else None
    )
    assert any("do not come to an end" in one for one in watch.service("clinicaltrials", watch()).problems)


def test_wrong_types_within_a_record_cost_that_fact_only(watch):
    wrong = study(CLARO)
    section = wrong["protocolSection"]
    section["statusModule"] = {"overallStatus": ["COMPLETED"], "startDateStruct": "2021", "completionDateStruct": None}
    section["designModule"] = {"enrollmentInfo": {"count": "797", "type": 7}}
    section["outcomesModule"] = {"primaryOutcomes": {"measure": "one that stands for itself"}}
    section["referencesModule"] = {"references": "none"}
    watch.world.studies[CLARO] = wrong
    found = watch()
    assert found.complete
    facts = watch.service("clinicaltrials", found).registry[CLARO]
    assert facts == {
        "enrolment": "797",
        "enrolment_type": "7",
        "has_results": "no",
        "primary_outcomes": "one that stands for itself",
    }
    assert any(c.nct == CLARO and c.field == "overall_status" and not c.new for c in found.changes)


def test_a_record_that_moved_or_is_gone(watch):
    moved = watch.world.studies.pop(CLARO)
    watch.world.studies["NCT00000009"] = study("NCT00000009")
    watch.world.spoilt[f"/clinicaltrials/studies/{CLARO}"] = lambda _p, _t: Answer(
        b"", 301, {"Location": "NCT00000009"}
    )
    found = watch()
    assert moved
    assert watch.service("clinicaltrials", found).notes == [f"{CLARO} is now kept as NCT00000009"]
    assert found.complete
    del watch.world.studies[CHAMP]
    gone = watch.service("clinicaltrials", Watch(watch.world, watch.book, watch.folder / "2")())
    assert gone.problems == [f"the registry has no record {CHAMP}"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (pubmed_set(article("1"))[:-30], "cut off"),
        (b"<eFetchResult><ERROR>Cannot retrieve</ERROR></eFetchResult>", "Cannot retrieve"),
        (b'{"error": "no"}', "no XML"),
        (
            b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
            b"<PubmedArticleSet>&b;</PubmedArticleSet>",
            "declares entities",
        ),
        (
            b'<!DOCTYPE PubmedArticleSet [<!ENTITY x SYSTEM "file:///etc/passwd">]><PubmedArticleSet>&x;'
            b"</PubmedArticleSet>",
            "declares entities",
        ),
        (pubmed_set("<PubmedArticle/>", article("999"), article("999")), "was not in the answer"),
    ],
)
def test_xml_in_another_form(watch, body, problem):
    watch.world.spoilt["/pubmed/efetch.fcgi"] = lambda _p, _t: Answer(body)
    found = watch()
    assert any(problem in one for one in watch.service("pubmed", found).problems)
    assert not found.notices
    assert not found.records


@pytest.mark.parametrize(
    "message",
    [{"items": {}}, {}, [], None, {"items": ["x"]}],
)
def test_crossref_in_another_form(watch, message):
    watch.world.spoilt["/crossref/works"] = lambda p, _t: Answer.of({"message": message}) if "filter" in p else None
    assert not watch.service("crossref", watch()).complete


def test_a_work_that_the_list_leaves_out_is_found_by_itself(watch):
    watch.world.works[DOI] = work(DOI, update("retraction", "10.1001/n"))
    full = watch.world.answer

    def without(path, params):
        answer = full(path, params)
        if "filter" in params:
            told = json.loads(answer.body)
            told["message"]["items"] = [one for one in told["message"]["items"] if one["DOI"] != DOI]
            return Answer.of(told)
        return answer

    watch.world.answer = without
    found = watch()
    assert found.complete
    assert [one.place for one in found.notices] == ["10.1001/n"]


def test_works_that_crossref_leaves_out_are_asked_for_one_by_one(watch, book):
    first = book.sources["unutzer2002jama"].doi
    del watch.world.works[first]
    watch.world.works[DOI] = {
        "DOI": DOI.upper(),
        "updated-by": {"type": "retraction", "DOI": 7, "updated": [2010]},
    }
    found = watch()
    assert found.complete
    assert [n.source_key for n in found.notices] == [KEY]
    assert watch.service("crossref", found).notes == [
        f"unutzer2002jama: its DOI, {first}, is not registered with Crossref"
    ]


# --------------------------------------------------------------------------------------------- what is asked, and how


def test_records_are_asked_for_by_the_day_they_were_entered_or_indexed(watch):
    """Not by publication: a record published long ago and indexed this week is new."""
    watch()
    asked = {path: params for path, params, _ in watch.world.seen if "NCT" not in params.get("query", "")}
    search = asked["/pubmed/esearch.fcgi"]
    assert (search["datetype"], search["mindate"], search["maxdate"]) == ("crdt", "2026/10/22", "2026/12/01")
    assert "FIRST_IDATE:[2026-10-22 TO 2026-12-01]" in asked["/europepmc/search"]["query"]


@pytest.mark.parametrize(
    ("name", "words", "problem"),
    [
        ("quotedphrasesnotfound", ['"colaborative care"'], "PubMed left out '\"colaborative care\"'"),
        ("phrasesignored", ["of"], "PubMed left out 'of'"),
        (
            "outputmessages",
            ["Wildcard search for 'depress*' used only the first 600 variations."],
            "first 600 variations",
        ),
    ],
)
def test_what_pubmed_leaves_out_of_a_query_makes_the_search_incomplete(watch, name, words, problem):
    watch.world.warned = {"phrasesignored": [], "quotedphrasesnotfound": [], "outputmessages": [], name: words}
    found = watch()
    pubmed = watch.service("pubmed", found)
    assert not pubmed.complete
    assert all(problem in told for told in pubmed.problems)
    assert len(pubmed.problems) == 2  # of each of its two questions


# ------------------------------------------------------------------------------------------------ what is written

NASTY = (
    '=HYPERLINK("http://evil") <script>alert(1)</script> [x](javascript:y) @someone #12 | `a`\r\nER  - \r\nTY  - \u202e'
)


def test_texts_of_services_do_no_harm(watch, book, tmp_path):
    watch.world.added = ["39000001"]
    watch.world.pubmed["39000001"] = article("39000001", NASTY, abstract=NASTY * 2000)
    watch.world.studies[CLARO] = study(CLARO, overall_status=NASTY, count=NASTY)
    found = watch()
    files = {path.name: path.read_text(encoding="utf-8") for path in report.write(found, book, tmp_path)}
    assert set(files) == {"report.md", "report.json", "registry.patch"}
    told = files["report.md"]
    assert "<script" not in told
    assert "\u202e" not in "".join(files.values())
    for harm in ("@someone", "#12", "](javascript", "http://evil"):
        assert harm not in told
    assert len(told) < 20_000
    assert read((tmp_path / "report.json").read_text(encoding="utf-8"), book) == found.notices


def test_the_patch_applies_and_the_data_it_gives_have_no_fault(watch, book, tmp_path):
    watch.world.studies[CLARO] = study(CLARO, overall_status="COMPLETED", count=1224, start="N/A")
    found = watch(since=BEGINNING)
    report.write(found, book, tmp_path)
    tree = tmp_path / "tree"
    shutil.copytree(DATA, tree / "data")
    subprocess.run(["git", "apply", str(tmp_path / "registry.patch")], cwd=tree, check=True)
    assert [str(fault) for fault in check(tree / "data")] == []
    again = run_again(Evidence(tree / "data"), watch, tmp_path)
    assert (again.changes, [c.field for c in again.first]) == (
        [],
        ["start_date"],
    )  # what could not be kept is told again


def run_again(evidence, watch, folder, since=None):
    with serve(watch.world) as bases:
        client = Client(folder / "again", bases, clock=watch.time.clock, sleep=watch.time.sleep, say=watch.said.append)
        return run(evidence, client, DAY + timedelta(days=7), since)


def test_a_search_that_leaves_a_gap_is_named(watch, book):
    found = watch()
    # three were never searched, and were asked from October on; Crossref is asked about everything each time
    assert report.markdown(found, book).count("its date of search stays") == 3
    later = Evidence(DATA)
    later.searches["last_search"] = "2026-11-21"
    found = run_again(later, watch, watch.folder)
    assert watch.service("pubmed", found).since == date(2026, 10, 22)
    assert "its date of search stays" not in report.markdown(found, later)


def test_the_command_runs_goes_on_and_says_what_to_do(watch, tmp_path, monkeypatch, capsys):
    watch.world.spoilt["/crossref/"] = lambda _p, _t: Answer(b"", 403)
    copy = shutil.copytree(DATA, tmp_path / "copy" / "data")
    monkeypatch.setattr(command, "load", lambda: Evidence(copy))
    with serve(watch.world) as bases:
        for name, service in SERVICES.items():
            monkeypatch.setattr(service, "SERVICE", replace(service.SERVICE, base=bases[name], pause=0.0))
        words = ["watch", "--folder", str(tmp_path / "run")]
        assert cli.main([*words, "--today", "2026-12-01"]) == 1
        said = capsys.readouterr()
        assert "Crossref: " in said.out
        assert "Run it again: it asks only what was not answered." in said.err
        del watch.world.spoilt["/crossref/"]
        assert cli.main([*words, "--today", "2026-12-08", "--whole"]) == 0
    assert "The run of 2026-12-01 in" in (said := capsys.readouterr().out)
    assert "Written into the ledger: data/runs.csv, data/searches.csv." in said
    assert json.loads((tmp_path / "run" / "report.json").read_text())["day"] == "2026-12-01"
    runs = {row["search_id"]: row for row in Evidence(copy).rows("runs")}
    assert {row["complete"] for row in runs.values()} == {"yes"}
    assert {row["day"] for row in runs.values()} == {"2026-12-01"}


def test_a_command_that_cannot_run_says_why(capsys):
    assert cli.main(["watch", "--folder", "/dev/null/run"]) == 1
    assert "cannot hold a run of the watch" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------ once a week


@pytest.fixture
def week(tmp_path):
    """The scripts of the weekly job, with a program in place of the watch; gives the status and the report."""
    scripts = tmp_path / "scripts"
    shutil.copytree(Path(DATA).parent / ".github" / "scripts", scripts)
    program = tmp_path / ".venv" / "bin" / "livingreview"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$@" >>asked\n[ ! -d made ] || cp -r made/. "$3"\nexit "$(cat status)"\n')
    program.chmod(0o755)

    def run_week(told, status="0"):
        (tmp_path / "status").write_text(status)
        (tmp_path / "run").mkdir(exist_ok=True)
        if told is not None:
            (tmp_path / "made").mkdir(exist_ok=True)
            (tmp_path / "made" / "report.json").write_text(json.dumps(told))
            (tmp_path / "made" / "report.md").write_text("# Watch\n\n- news\n")
        env = {"PATH": "/usr/bin:/bin:/usr/local/bin", "GITHUB_OUTPUT": str(tmp_path / "output")}
        (tmp_path / "output").unlink(missing_ok=True)
        done = subprocess.run([scripts / "watch.sh", "run"], cwd=tmp_path, env=env, check=False, capture_output=True)
        if done.returncode:
            return done.returncode, ""
        lines = (tmp_path / "output").read_text().split("\n")
        report = "\n".join(lines[1:-2]).strip()
        return 0, report

    return run_week


QUIET = {"complete": True, "notices": [], "changes": [], "records": []}


@pytest.mark.parametrize(
    "news", [{"notices": [{}]}, {"changes": [{}]}, {"records": [{}]}, {"complete": False}], ids=lambda n: next(iter(n))
)
def test_news_are_reported(week, news):
    assert week(QUIET | news, "1" if "complete" in news else "0") == (0, "# Watch\n\n- news")


def test_a_quiet_week_has_a_blank_report(week, tmp_path):
    assert week(QUIET) == (0, "")
    assert (tmp_path / "asked").read_text() == "watch --folder run\n"


def test_an_incomplete_watch_is_run_once_more(week, tmp_path):
    week(QUIET | {"complete": False}, "1")
    assert (tmp_path / "asked").read_text() == "watch --folder run\n" * 2


@pytest.mark.parametrize("told", [None, {}, []])
def test_a_watch_without_a_report_fails_and_leaves_the_issue(week, told):
    assert week(told, "1") == (2, "")


# ------------------------------------------------------------------------------------------------ records


def test_texts_are_plain_and_short():
    assert text("<b>A</b>&lt;i&gt;B&lt;/i&gt;\n\u200bC\x00", 50) == "A B C"
    assert text("P < 0.05 and n > 3") == "P < 0.05 and n > 3"
    assert text("x" * 900, 10) == "x" * 9 + "…"
    assert text(None) == text(["a"]) == text({"a": 1}) == text(True) == ""
    assert data_cell("-<b>days 12,24 &amp; more") == "b days 12, 24 amp; more"


def test_the_same_record_in_other_words_is_one():
    title = "Collaborative Care for Opioid Use Disorder: a trial."
    one = Record("report", title, doi="10.1001/a", services=("A",))
    two = Record("report", "collaborative care for opioid use disorder — A Trial", pmid="5", services=("B",))
    three = Record("report", "Something else entirely", doi="10.1001/a", pmid="5", abstract="long", services=("C",))
    found = merge_records([one, two, three])
    assert [(r.title, r.doi, r.pmid, r.abstract, r.services) for r in found] == [
        (title, "10.1001/a", "5", "long", ("A", "B", "C"))
    ]
    other = Record("report", title, doi="10.1001/other")
    assert len(merge_records([one, other])) == 2  # two numbers of one kind are two reports
    assert len(merge_records([Record("report", "Correction"), Record("report", "Correction")])) == 2
    assert len(merge_records([one, Record("registration", title, nct="NCT00000001")])) == 2


def test_two_records_become_one_by_a_third():
    one, two = Record("report", "A", doi="10.1001/a"), Record("report", "B", pmid="5")
    both = Record("report", "C", doi="10.1001/a", pmid="5")
    assert len(merge_records([one, two])) == 2
    assert [(r.doi, r.pmid) for r in merge_records([one, two, both])] == [("10.1001/a", "5")]


def test_no_path_leads_out_of_the_run(tmp_path):
    assert sorted(p.name for p in tmp_path.iterdir()) == []
    client = Client(tmp_path / "run", {"pubmed": "http://127.0.0.1:9/"}, sleep=lambda _s: None, say=lambda _t: None)
    with pytest.raises(UnansweredError):
        client.ask(pubmed.SERVICE, "../../x", {"a": "../.."}, as_json)
    assert not (tmp_path / "answers").exists()


def test_the_folder_of_the_day_is_ignored_by_git():
    root = Path(DATA).parent
    done = subprocess.run(["git", "check-ignore", "-q", "watch/2026-12-01/report.md"], cwd=root, check=False)
    assert done.returncode == 0
