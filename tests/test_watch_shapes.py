"""Odd but documented shapes of the answers of the four services: none costs a record, a notice or a run.

The shapes are those of the PubMed DTD of 2025, of the reference of Europe PMC's RESTful service, of version 2 of the
API of ClinicalTrials.gov and of the REST API of Crossref; what the records say is made up.
"""

from __future__ import annotations

import json

import pytest
from test_ledger import kept  # noqa: F401  # a fixture
from test_watch import CHAMP, CLARO, DOI, KEY, PMID, Watch, book, watch, world  # noqa: F401  # fixtures
from watch_server import Answer, World, article, link, study, update, work

from livingreview.watch import europepmc, pubmed, report, screening
from livingreview.watch.clinicaltrials import as_record as registration
from livingreview.watch.clinicaltrials import facts
from livingreview.watch.notices import Notice, merge_notices, of_work
from livingreview.watch.records import Record
from livingreview.watch.run import BEGINNING
from livingreview.watch.values import as_articles, as_json


def citation(pmid: str, inside: str, data: str = "", journal: str = "<PubDate><Year>2026</Year></PubDate>") -> str:
    """An article of PubMed with the elements that a test is about, in the order of the DTD."""
    return (
        f'<PubmedArticle><MedlineCitation Status="Publisher" Owner="NLM"><PMID Version="1">{pmid}</PMID>'
        f'<Article PubModel="Print-Electronic"><Journal><ISSN IssnType="Electronic">1538-3598</ISSN>'
        f'<JournalIssue CitedMedium="Internet">{journal}</JournalIssue><Title>JAMA</Title></Journal>{inside}</Article>'
        f"</MedlineCitation><PubmedData><PublicationStatus>aheadofprint</PublicationStatus>{data}</PubmedData>"
        "</PubmedArticle>"
    )


def numbers(pmid: str, **more: str) -> str:
    listed = "".join(f'<ArticleId IdType="{kind}">{value}</ArticleId>' for kind, value in more.items())
    return f'<ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId>{listed}</ArticleIdList>'


TITLE = "<ArticleTitle>{}</ArticleTitle>"

#: Articles and books of PubMed by their PMID, and what the record of each must have.
ARTICLES: dict[str, tuple[str, dict[str, object]]] = {
    "a date in words": (
        citation(
            "39100001",
            TITLE.format("One."),
            numbers("39100001"),
            "<PubDate><MedlineDate>2025 Dec-2026 Jan</MedlineDate></PubDate>",
        ),
        {"year": "2025"},
    ),
    "a season without a year, and the day on which it appeared online": (
        citation(
            "39100002",
            TITLE.format("Two.")
            + '<ArticleDate DateType="Electronic"><Year>2026</Year><Month>11</Month></ArticleDate>',
            numbers("39100002"),
            "<PubDate><MedlineDate>Winter</MedlineDate></PubDate>",
        ),
        {"year": "2026"},
    ),
    "no date at all": (citation("39100003", TITLE.format("Three."), numbers("39100003"), "<PubDate/>"), {"year": ""}),
    "authors that are groups, one with a semicolon in its name": (
        citation(
            "39100004",
            TITLE.format("Four.")
            + '<AuthorList CompleteYN="Y"><Author><CollectiveName>CHAMP Study Group; VA sites</CollectiveName>'
            '</Author><Author ValidYN="Y"><LastName>O\'Neil</LastName><Initials>A</Initials></Author>'
            "<Author><LastName>Sukarno</LastName></Author></AuthorList>",
            numbers("39100004"),
        ),
        {"authors": ("CHAMP Study Group; VA sites", "O'Neil, A", "Sukarno")},
    ),
    "a DOI in one of several locations only, another of which is void": (
        citation(
            "39100005",
            TITLE.format("Five.") + '<ELocationID EIdType="pii" ValidYN="Y">e123</ELocationID>'
            '<ELocationID EIdType="doi" ValidYN="N">10.1001/void.5</ELocationID>'
            '<ELocationID EIdType="doi" ValidYN="Y">10.1001/JAMA.2026.5</ELocationID>',
            numbers("39100005"),
        ),
        {"doi": "10.1001/jama.2026.5"},
    ),
    "a DOI with angle brackets": (
        citation(
            "39100006",
            TITLE.format("Six."),
            numbers("39100006", doi="10.1002/(SICI)1097-0258(19980815/30)17:15/16&lt;1661::AID-SIM968&gt;3.0.CO;2-2"),
        ),
        {"doi": "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2"},
    ),
    "numbers of papers that it cites, before which its own stand": (
        citation(
            "39100007",
            TITLE.format("Seven."),
            numbers("39100007", pmc="PMC9900007", doi="10.1001/own.7")
            + "<ReferenceList><Reference><Citation>Someone. 1999.</Citation><ArticleIdList>"
            '<ArticleId IdType="doi">10.1001/cited</ArticleId><ArticleId IdType="pmc">PMC1</ArticleId>'
            '<ArticleId IdType="pubmed">1</ArticleId></ArticleIdList></Reference></ReferenceList>',
        ),
        {"pmid": "39100007", "pmcid": "PMC9900007", "doi": "10.1001/own.7"},
    ),
    "an abstract without text": (
        citation("39100008", TITLE.format("Eight.") + "<Abstract><AbstractText/></Abstract>", numbers("39100008")),
        {"abstract": ""},
    ),
    "an abstract in another language only": (
        '<PubmedArticle><MedlineCitation><PMID Version="1">39100009</PMID><Article><Journal><JournalIssue><PubDate>'
        "<Year>2026</Year></PubDate></JournalIssue><Title>Salud</Title></Journal><ArticleTitle>[Nine].</ArticleTitle>"
        "<VernacularTitle>Nueve</VernacularTitle></Article>"
        '<OtherAbstract Type="Publisher" Language="spa"><AbstractText>Atención colaborativa.</AbstractText>'
        "</OtherAbstract>"
        "</MedlineCitation><PubmedData/></PubmedArticle>",
        {"abstract": "Atención colaborativa.", "title": "[Nine]."},
    ),
    "formulas and marks in a title": (
        citation(
            "39100010",
            '<ArticleTitle>Care<sup>+</sup> and <i>P</i> &lt; 0.05 <mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML">'
            "<mml:mi>x</mml:mi></mml:math></ArticleTitle>",
            numbers("39100010"),
        ),
        {"title": "Care+ and P < 0.05 x"},
    ),
    "a blank title beside one in the language of the paper": (
        citation("39100011", "<ArticleTitle/><VernacularTitle>Elf</VernacularTitle>", numbers("39100011")),
        {"title": "Elf"},
    ),
    "no title and no numbers but its own": (citation("39100012", "<ArticleTitle/>"), {"pmid": "39100012", "title": ""}),
    "a registration in a list of data banks": (
        citation(
            "39100013",
            TITLE.format("Thirteen.") + '<DataBankList CompleteYN="Y"><DataBank><DataBankName>ClinicalTrials.gov'
            f"</DataBankName><AccessionNumberList><AccessionNumber>{CLARO}</AccessionNumber></AccessionNumberList>"
            "</DataBank><DataBank><DataBankName>ISRCTN</DataBankName></DataBank></DataBankList>",
            numbers("39100013"),
        ),
        {"trials": (CLARO,)},
    ),
    "a whole book with authors and no chapter": (
        '<PubmedBookArticle><BookDocument><PMID Version="1">39100014</PMID><ArticleIdList>'
        '<ArticleId IdType="bookaccession">NBK600001</ArticleId><ArticleId IdType="doi">10.23970/AHRQEPC14</ArticleId>'
        "</ArticleIdList><Book><Publisher><PublisherName>AHRQ (US)</PublisherName></Publisher>"
        '<BookTitle book="cer14">Collaborative care</BookTitle><PubDate><Year>2026</Year><Month>02</Month></PubDate>'
        '<AuthorList Type="authors"><Author ValidYN="Y"><LastName>Doe</LastName><ForeName>A</ForeName></Author>'
        "</AuthorList><CollectionTitle>Reviews</CollectionTitle></Book><Abstract><AbstractText>All.</AbstractText>"
        '</Abstract></BookDocument><PubmedBookData><ArticleIdList><ArticleId IdType="pubmed">39100014</ArticleId>'
        "</ArticleIdList></PubmedBookData></PubmedBookArticle>",
        {"title": "Collaborative care", "authors": ("Doe, A",), "year": "2026", "doi": "10.23970/ahrqepc14"},
    ),
    "a chapter of an edited book, dated by its contribution": (
        '<PubmedBookArticle><BookDocument><PMID Version="1">39100015</PMID><ArticleIdList/>'
        '<Book><BookTitle book="statpearls">StatPearls</BookTitle><PubDate/><AuthorList Type="editors"><Author>'
        '<LastName>Editor</LastName></Author></AuthorList></Book><ArticleTitle book="statpearls" part="a">A chapter'
        '</ArticleTitle><AuthorList Type="authors"><Author><LastName>Roe</LastName></Author></AuthorList>'
        "<ContributionDate><Year>2026</Year></ContributionDate></BookDocument></PubmedBookArticle>",
        {"title": "A chapter", "journal": "StatPearls", "authors": ("Roe",), "year": "2026"},
    ),
}


def preprint(number: str, **more: object) -> dict[str, object]:
    return {
        "id": f"PPR{number}",
        "source": "PPR",
        "doi": f"10.1101/2026.11.01.{number}",
        "title": f"Preprint {number}.",
        "authorString": "Doe J, Roe R, CHAMP Study Group.",
        "bookOrReportDetails": {"publisher": "medRxiv", "yearOfPublication": 2026},
        "pubYear": "2026",
        "commentCorrectionList": {
            "commentCorrection": [{"id": "39000001", "source": "MED", "type": "Preprint of", "orderIn": 0}]
        },
        "firstIndexDate": "2026-11-05",
        "firstPublicationDate": "2026-11-02",
    } | more


#: Results of Europe PMC, and what the record of each must have.
RESULTS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "a preprint, which is in no journal": (
        preprint("900001"),
        {"journal": "medRxiv", "year": "2026", "authors": ("Doe J", "Roe R", "CHAMP Study Group")},
    ),
    "no year but the day of publication": (preprint("900002", pubYear=None), {"year": "2026"}),
    "no year at all": (
        preprint("900003", pubYear="", bookOrReportDetails={}, firstPublicationDate="n.d."),
        {"year": "", "journal": ""},
    ),
    "a year as a number": (
        {
            "id": "39200004",
            "source": "MED",
            "pmid": 39200004,
            "title": "Four",
            "journalInfo": {"yearOfPublication": 2025, "journal": {"title": "BMJ Open", "issn": "2044-6055"}},
        },
        {"year": "2025", "journal": "BMJ Open", "pmid": "39200004"},
    ),
    "a patent without a number of another register": (
        {
            "id": "US2026012345",
            "source": "PAT",
            "title": "Care &amp; cure",
            "patentDetails": {"country": "US"},
            "firstPublicationDate": "2026-10-01",
        },
        {"europepmc": "PAT/US2026012345", "title": "Care & cure", "year": "2026", "doi": ""},
    ),
    "a thesis and its address in place of a number": (
        {"id": "uk.bl.ethos.9", "source": "ETH", "title": "A thesis", "pubYear": "2026", "doi": "https://x.example/9"},
        {"europepmc": "ETH/uk.bl.ethos.9", "doi": ""},
    ),
    "only in PubMed Central": (
        {"id": "PMC9900007", "source": "PMC", "pmcid": "PMC9900007", "title": "In PMC alone", "pubYear": "2026"},
        {"pmcid": "PMC9900007", "europepmc": "PMC/PMC9900007"},
    ),
    "a DOI with angle brackets, written as in HTML": (
        preprint("900008", doi="10.1002/(SICI)1096-1186(199901)10:1&lt;1::AID-X1&gt;3.0.CO;2-8"),
        {"doi": "10.1002/(sici)1096-1186(199901)10:1<1::aid-x1>3.0.co;2-8"},
    ),
    "headings within the abstract": (
        preprint("900009", abstractText="<h4>Background</h4>Late-life depression.<br/><h4>Methods</h4>Random."),
        {"abstract": "Background Late-life depression. Methods Random."},
    ),
    "no title and no author": (preprint("900010", title=None, authorString=None), {"title": "", "authors": ()}),
    "a retracted paper": (
        {"id": "39200011", "source": "MED", "pmid": "39200011", "title": "RETRACTED: Eleven", "pubYear": "2026"},
        {"title": "RETRACTED: Eleven"},
    ),
}


def registered(nct: str, **modules: object) -> dict[str, object]:
    return {"protocolSection": {"identificationModule": {"nctId": nct}, **modules}, "hasResults": False}


#: Records of ClinicalTrials.gov, and what the record of each must have.
STUDIES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "a month as the start": (
        registered("NCT09100001", statusModule={"startDateStruct": {"date": "2027-01", "type": "ESTIMATED"}}),
        {"year": "2027"},
    ),
    "withheld, with nothing but a number": (registered("NCT09100002"), {"title": "", "year": ""}),
    "no official title": (
        registered("NCT09100003")
        | {"hasResults": True, "documentSection": {}, "derivedSection": {"miscInfoModule": {}}},
        {"nct": "NCT09100003"},
    ),
}


@pytest.mark.parametrize("shape", ARTICLES)
def test_an_article_of_pubmed(shape: str) -> None:
    text, expected = ARTICLES[shape]
    (found,) = as_articles(f"<PubmedArticleSet>{text}</PubmedArticleSet>".encode())
    has(pubmed.as_record(found, "matches the query"), expected)


@pytest.mark.parametrize("shape", RESULTS)
def test_a_result_of_europe_pmc(shape: str) -> None:
    result, expected = RESULTS[shape]
    has(europepmc._record(result, f"{result['source']}/{result['id']}", "matches the query"), expected)


@pytest.mark.parametrize("shape", STUDIES)
def test_a_record_of_the_registry(shape: str) -> None:
    result, expected = STUDIES[shape]
    has(registration(result), expected)


def has(record: Record, expected: dict[str, object]) -> None:
    assert {name: getattr(record, name) for name in expected} == expected


def test_results_that_were_posted_are_a_fact_of_the_registry() -> None:
    posted = registered(
        CLARO,
        statusModule={
            "overallStatus": "COMPLETED",
            "resultsFirstSubmitDate": "2026-10-01",
            "resultsFirstPostDateStruct": {"date": "2026-11-20", "type": "ACTUAL"},
        },
    ) | {"hasResults": True}
    assert facts(posted) == {
        "overall_status": "COMPLETED",
        "results_first_posted": "2026-11-20",
        "has_results": "yes",
    }


# ------------------------------------------------------------------------------------------------ notices

#: Works of Crossref on a source, and the kind, date and DOI of each notice in them.
WORKS: dict[str, tuple[dict[str, object], list[tuple[str, str, str]]]] = {
    "a year alone": (
        {"updated-by": [update("correction", "10.1001/c", (2026,))]},
        [("correction", "2026", "10.1001/c")],
    ),
    "no date": (
        {"updated-by": [{"DOI": "10.1001/c", "type": "correction", "updated": {"date-parts": [[None]]}}]},
        [("correction", "", "10.1001/c")],
    ),
    "no title": (
        {"title": [], "updated-by": [update("retraction", "10.1001/r")]},
        [("retraction", "2010-02-06", "10.1001/r")],
    ),
    "a title that is missing, and relations": (
        {
            "title": None,
            "relation": {
                "is-preprint-of": [{"id-type": "doi", "id": "10.1001/p", "asserted-by": "subject"}],
                "cites": [],
            },
        },
        [],
    ),
    "one retraction from the publisher and from Retraction Watch": (
        {
            "updated-by": [
                update("retraction", "10.1001/R", (2026, 11, 3)) | {"record-id": "55001", "source": "retraction-watch"},
                update("retraction", "10.1001/r", (2026, 11, 2)),
            ]
        },
        [("retraction", "2026-11-02", "10.1001/r")],
    ),
    "a new version, which questions nothing": ({"updated-by": [update("new_version", "10.1001/v2")]}, []),
    "an update of the work itself by another of its forms": (
        {"update-to": [update("erratum", "10.1001/other")], "updated-by": []},
        [],
    ),
}


@pytest.mark.parametrize("shape", WORKS)
def test_a_work_of_crossref(shape: str) -> None:
    changed, expected = WORKS[shape]
    about = of_work({**work(DOI), **changed}, {DOI: KEY})
    assert [(one.kind, one.date, one.doi) for one in merge_notices(about[KEY])] == expected


@pytest.mark.parametrize(
    ("day", "other", "events"),
    [
        ("2025-12-20", "2026-01", 1),  # online, then in print
        ("2025-12-20", "2026-01-15", 1),
        ("2025-02-01", "2026-01-15", 2),
        ("2025", "2026-01-15", 2),  # how far apart they are is not known
    ],
)
def test_a_correction_around_the_turn_of_a_year_is_one(day: str, other: str, events: int) -> None:
    notices = [Notice(KEY, "correction", day, doi="10.1001/c"), Notice(KEY, "correction", other, pmid="99")]
    assert len(merge_notices(notices)) == events


# ------------------------------------------------------------------------------------------------ from end to end


def fill(world: World) -> None:  # noqa: F811
    """Serve every shape at once."""
    for text, _ in ARTICLES.values():
        pmid = text.partition('<PMID Version="1">')[2].partition("<")[0]
        world.added.append(pmid)
        world.pubmed[pmid] = text
    world.europe = [result for result, _ in RESULTS.values()]
    for result, _ in STUDIES.values():
        nct = result["protocolSection"]["identificationModule"]["nctId"]  # type: ignore[index]
        world.studies[nct] = result
        world.matching.append(nct)


def test_every_record_of_every_shape_reaches_the_ledger_and_the_screening(kept) -> None:  # noqa: F811
    fill(kept.world)
    assert kept.watch() == ["records.csv", "runs.csv", "searches.csv"]
    runs = {row["search_id"]: (row["returned"], row["complete"], row["missing"]) for row in kept.rows("runs")}
    assert runs == {
        "search-pubmed": (str(len(ARTICLES)), "yes", ""),
        "search-europe-pmc": (str(len(RESULTS)), "yes", ""),
        "search-clinicaltrials-gov": (str(len(STUDIES)), "yes", ""),
        "search-crossref": ("0", "yes", ""),
    }
    assert len(kept.rows("records")) == len(ARTICLES) + len(RESULTS) + len(STUDIES)
    assert kept.faults() == []
    assert kept.watch() == []  # the same answers again are no news
    folder = kept.folder / "screen"
    waiting, _ = screening.write_out(folder, "title", kept.book, kept.folder)
    assert waiting == len(kept.ledger.to_screen("title")) == len(kept.rows("records")) - kept.ledger.flow().duplicates


#: What real services do between two good answers.
FAULTS = (
    Answer(b"", 429, {"Retry-After": "2"}),
    Answer(b'{"error":"API rate limit exceeded","count":"4","limit":"3"}', 429),
    Answer(b"<html><body>Bad Gateway</body></html>", 502),
    Answer(b"<!DOCTYPE html><html>We are down for maintenance</html>", 200, {"Content-Type": "text/html"}),
    Answer(b'{"hitCount": 12, "resultList": {"result": [{"id": "39', 200),
    Answer(b"<?xml version='1.0'?><PubmedArticleSet><PubmedArticle><Medl", 200),
    Answer(b"{}", 200, length=4000),
    Answer(b"{}", hang=0.6),
)


def test_faults_between_the_answers_cost_no_record(watch, book, tmp_path) -> None:  # noqa: F811
    """Every second answer is spoilt, and the lists come in pages of four: all is found that a quiet day finds."""
    fill(watch.world)
    watch.world.works[DOI] = work(DOI, update("retraction", "10.1001/r"))
    watch.world.pubmed[PMID] = article(PMID, inside=link("RetractionIn"))
    quiet = watch(since=BEGINNING)
    watch.world.page, watch.world.every = 4, FAULTS
    other = Watch(watch.world, book, tmp_path / "other")
    spoilt = other(since=BEGINNING, timeout=0.3)
    assert spoilt.complete, [one.problems for one in spoilt.inquiries]
    assert (spoilt.records, spoilt.notices) == (quiet.records, quiet.notices)
    assert len(quiet.notices) == 1
    assert 2 in other.time.slept  # as Retry-After asked


@pytest.mark.parametrize("wrong", [-4, 3])
@pytest.mark.parametrize("service", ["pubmed", "europepmc", "clinicaltrials"])
def test_a_wrong_total_makes_a_search_incomplete_and_loses_nothing(watch, service, wrong) -> None:  # noqa: F811
    fill(watch.world)
    watch.world.page = 6
    totals = {"pubmed": ("esearchresult", "count"), "europepmc": ("hitCount",), "clinicaltrials": ("totalCount",)}
    ask = watch.world.answer

    def answer(path, params):
        sent = ask(path, params)
        name = totals[service][-1]
        if f"/{service}/" in path and f'"{name}"'.encode() in sent.body:
            content = json.loads(sent.body)
            part = content[totals[service][0]] if len(totals[service]) > 1 else content
            counted = int(part[name])
            part[name] = type(part[name])(max(counted + wrong, 1)) if counted else part[name]
            return Answer.of(content)
        return sent

    watch.world.matching = [f"NCT{i:08d}" for i in range(1, 10)]
    watch.world.studies |= {nct: study(nct, f"Trial {nct}") for nct in watch.world.matching}
    watch.world.answer = answer
    found = watch(since=BEGINNING)
    asked = watch.service(service, found)
    assert not asked.complete
    assert len(asked.records) == {"pubmed": len(ARTICLES), "europepmc": len(RESULTS), "clinicaltrials": 9}[service]
    word = "records were listed, where the service counts" if wrong < 0 else "records were not listed"
    assert any(word in problem for problem in asked.problems), asked.problems


# ------------------------------------------------------------------------------------------------ what PubMed says


def searched(**result: object) -> Answer:
    return Answer.of({"esearchresult": {"count": "0", "retmax": "0", "retstart": "0", "idlist": [], **result}})


def test_a_search_that_finds_nothing_is_complete(watch) -> None:  # noqa: F811
    quiet = {"phrasesignored": [], "quotedphrasesnotfound": [], "outputmessages": ["No items found."]}
    watch.world.spoilt["/pubmed/esearch.fcgi"] = lambda _p, _t: searched(warninglist=quiet)
    assert watch.service("pubmed", watch()).complete


def test_a_trial_that_no_paper_names_is_noted_and_a_word_of_the_query_must_be_known(watch) -> None:  # noqa: F811
    lost = {"phrasesnotfound": [f"{CHAMP}[si]", f"{CHAMP}[tiab]"], "fieldsnotfound": []}
    watch.world.spoilt["/pubmed/esearch.fcgi"] = lambda params, _t: (
        searched(errorlist=lost) if "[si]" in params["term"] else None
    )
    pubmed_answers = watch.service("pubmed", watch())
    assert pubmed_answers.complete
    assert pubmed_answers.notes == [f"no record names {CHAMP}"]
    field = {"phrasesnotfound": [], "fieldsnotfound": ["tiabb"]}
    watch.world.spoilt["/pubmed/esearch.fcgi"] = lambda _p, _t: searched(errorlist=field)
    again = Watch(watch.world, watch.book, watch.folder / "again")
    problems = again.service("pubmed", again()).problems
    assert any("PubMed does not know 'tiabb'" in problem for problem in problems)


def test_a_number_that_the_registry_has_wrong_is_noted(watch) -> None:  # noqa: F811
    watch.world.studies[CLARO] = study(CLARO, references=[{"pmid": "39999999", "type": "RESULT", "citation": "x"}])
    watch.world.pubmed["39999999"] = ""
    answers = watch.service("pubmed", watch())
    assert answers.complete
    assert answers.notes == [f"PubMed has no record PMID 39999999, listed in {CLARO}"]


def test_line_ends_within_a_text_of_json_are_read() -> None:
    assert as_json(b'{"esearchresult":{"ERROR":"Search Backend failed:\n\tException"}}')


def test_a_page_for_people_is_no_word_on_a_record(watch, book) -> None:  # noqa: F811
    doi = book.sources["unutzer2002jama"].doi
    del watch.world.works[doi]
    watch.world.spoilt[f"/crossref/works/{doi.replace('/', '%2F')}"] = lambda _p, _t: Answer(
        b"<!DOCTYPE html><html>Not Found</html>", 404
    )
    crossref = watch.service("crossref", watch())
    assert not crossref.complete
    assert crossref.notes == []
    assert any("status 404" in problem for problem in crossref.problems)


def test_what_cannot_be_asked_is_listed(watch, book) -> None:  # noqa: F811
    found = watch()
    text = report.markdown(found, book).partition("## What could not be asked about")[2]
    assert f"Trials in other registries, {len(found.elsewhere)}: " in text
    assert "CADET \\(ISRCTN32829227\\)" in text
    assert all(report.md(book.sources[key].short) in text for key in found.unasked)
    without = [str(s["acronym"]) for _, s in book.studies.iterrows() if not s["registration"]]
    assert found.unregistered == without
