# ruff: noqa: E501 (an answer is a line)
"""Recorded answers of Crossref and PubMed, in the shapes that are documented and in those that come."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from livingreview import answers, cli, evidence
from livingreview.answers import AnswerError, Notice
from livingreview.evidence import DATA, Evidence
from livingreview.watch import notices as watch

BOOK = evidence.load()
JAMA, DOI, PMID = "unutzer2002jama", "10.1001/jama.288.22.2836", "12472325"


def update(kind: str, **other: Any) -> dict[str, Any]:
    updated = {"date-parts": [[2027, 1, 5]], "date-time": "2027-01-05T00:00:00Z", "timestamp": 1}
    return {"DOI": "10.1001/jama.2027.1", "type": kind, "label": kind.title(), "updated": updated, **other}


def crossref(*updates: dict[str, Any], **other: Any) -> str:
    work = {"DOI": DOI, "title": ["Collaborative care"], "updated-by": list(updates), **other}
    return json.dumps({"status": "ok", "message-type": "work", "message": work})


def pubmed(inner: str = "", types: str = "", title: str = "Collaborative care") -> str:
    return f"""<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.example/pubmed.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">{PMID}</PMID><Article><ArticleTitle>{title}\
</ArticleTitle><PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>{types}\
</PublicationTypeList></Article><CommentsCorrectionsList>{inner}</CommentsCorrectionsList></MedlineCitation>\
<PubmedData><ArticleIdList><ArticleId IdType="pubmed">{PMID}</ArticleId>\
<ArticleId IdType="doi">{DOI}</ArticleId></ArticleIdList><ReferenceList>\
<Reference><ArticleIdList><ArticleId IdType="doi">10.1136/bmj.38683.710255.BE</ArticleId></ArticleIdList></Reference>\
</ReferenceList></PubmedData></PubmedArticle></PubmedArticleSet>"""


def refers(kind: str, source: str = "JAMA. 2027 Jan 5;337(1):99", pmid: str = "<PMID Version='1'>99</PMID>") -> str:
    return f'<CommentsCorrections RefType="{kind}"><RefSource>{source}</RefSource>{pmid}<Note>n</Note></CommentsCorrections>'


RETRACTED = Notice(JAMA, "retraction", "2027-01-05", "10.1001/jama.2027.1")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (crossref(), []),
        (crossref(update("retraction")), [RETRACTED]),
        # the publisher and Retraction Watch tell of one notice; DOIs come in any letters
        (crossref(update("retraction"), update("retraction", DOI="10.1001/JAMA.2027.1", source="x")), [RETRACTED]),
        (crossref(update("Retraction"), DOI=DOI.upper()), [RETRACTED]),
        # an older correction comes first
        (
            crossref(update("correction", DOI="10.1/c", updated={"date-parts": [[2004, 3]]}), update("retraction")),
            [Notice(JAMA, "correction", "2004-03", "10.1/c"), RETRACTED],
        ),
        (crossref(update("withdrawal")), [RETRACTED]),
        (crossref(update("removal")), [RETRACTED]),
        (crossref(update("expression-of-concern")), [Notice(JAMA, "expression_of_concern", "2027-01-05", "10.1001/jama.2027.1")]),
        (crossref(update("retraction", updated={"date-time": "2027-01-05T00:00:00Z"})), [RETRACTED]),
        (crossref(update("retraction", updated=None)), [Notice(JAMA, "retraction", "", "10.1001/jama.2027.1")]),
        (crossref(update("retraction", updated={"date-parts": [[None]]})), [Notice(JAMA, "retraction", "", "10.1001/jama.2027.1")]),
        (crossref(title=["RETRACTED: Collaborative care"]), [Notice(JAMA, "retraction", "", DOI)]),
        (crossref(title=["[Retracted] Collaborative care"]), [Notice(JAMA, "retraction", "", DOI)]),
        (crossref(title=["Retracted Article: Collaborative care"]), [Notice(JAMA, "retraction", "", DOI)]),
        (crossref(title=["Retracted papers in depression"]), []),
        # the title says nothing new when the notice itself is there
        (crossref(update("retraction"), title=["RETRACTED: Collaborative care"]), [RETRACTED]),
        (crossref(**{"updated-by": None}), []),
        # the record of the notice, and a list of works
        (json.dumps({"message": {"DOI": "10.1001/jama.2027.1", "update-to": [{**update("retraction"), "DOI": DOI}]}}), [RETRACTED]),
        (json.dumps({"message": {"total-results": 2, "items": [{"DOI": "10.1/other"}, json.loads(crossref(update("retraction")))["message"]]}}), [RETRACTED]),
        ("\ufeff" + crossref(update("retraction")), [RETRACTED]),
        (pubmed(), []),
        (pubmed(refers("RetractionIn")), [Notice(JAMA, "retraction", "2027-01-05", "PMID 99")]),
        (pubmed(refers("ErratumIn", "JAMA. 2004 Mar;291(9):1")), [Notice(JAMA, "correction", "2004-03", "PMID 99")]),
        (pubmed(refers("ExpressionOfConcernIn", "JAMA. 2026;1:1")), [Notice(JAMA, "expression_of_concern", "2026", "PMID 99")]),
        (pubmed(refers("PartialRetractionIn")), [Notice(JAMA, "partial_retraction", "2027-01-05", "PMID 99")]),
        (pubmed(refers("RetractionIn", "JAMA. 2027 Jan 5;1:1. doi: 10.1001/jama.2027.1.", "")), [RETRACTED]),
        # that it refers to a retraction of another paper, to a comment, or cites one, is none of its own
        (pubmed(refers("RetractionOf") + refers("CommentIn") + refers("Cites")), []),
        (pubmed(types='<PublicationType UI="D016441">Retracted Publication</PublicationType>'), [Notice(JAMA, "retraction", "", DOI)]),
        (pubmed(types='<PublicationType UI="D016440">Retraction of Publication</PublicationType>'), []),
        # the type says the same as the reference
        (pubmed(refers("RetractionIn"), '<PublicationType UI="D016441">Retracted Publication</PublicationType>'), [Notice(JAMA, "retraction", "2027-01-05", "PMID 99")]),
        (pubmed(title="RETRACTED: <i>Collaborative</i> care"), [Notice(JAMA, "retraction", "", DOI)]),
    ],
)  # fmt: skip
def test_an_answer_is_read(text: str, found: list[Notice]) -> None:
    assert list(answers.read(text, BOOK).notices) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found 'nothing'"),
        ("Resource not found.", "found 'Resource not found.'"),
        ('{"message": {"DOI"', "must be an answer of Crossref"),
        ("[1]", "must be JSON of Crossref or XML of PubMed"),
        ('{"status": "ok"}', "must be an answer of Crossref with a 'message'"),
        ('{"message": "no"}', "must be an answer of Crossref"),
        ('{"message": [{"type": "validation-failure"}]}', "must be an answer of Crossref"),
        ('{"message": {"items": null}}', "must be an answer of Crossref"),
        ("{" * 100_000, "must be an answer of Crossref"),
        ("<PubmedArticleSet><PubmedArticle>", "must be XML of PubMed, whole"),
        ("<html><body>502</body></html>", "about no source"),
        (json.dumps({"message": {"DOI": "10.5281/zenodo.1", "updated-by": [update("retraction")]}}), "about no source"),
    ],
)
def test_what_is_no_answer_is_told(text: str, message: str) -> None:
    with pytest.raises(AnswerError, match=message):
        answers.read(text, BOOK)


def test_words_that_are_not_known_are_told_and_not_guessed() -> None:
    found = answers.read(crossref(update("retraction"), update("reinstatement")), BOOK)
    assert found.notices == (RETRACTED,)
    assert found.unknown == (f"{JAMA}: Crossref tells of 'reinstatement' at 10.1001/jama.2027.1",)
    found = answers.read(pubmed(refers("RetractionWithdrawnIn")), BOOK)
    assert found.unknown == (f"{JAMA}: PubMed tells of 'RetractionWithdrawnIn' at PMID 99",)


def test_the_report_of_the_watch_is_read() -> None:
    rows = [
        watch.Notice(
            JAMA, "retraction", "2027-01-05", "10.1001/jama.2027.1", "99", ("Crossref", "PubMed"), "retraction"
        ),
        watch.Notice(JAMA, "partial_retraction", "2027", "", "98", ("PubMed",), "PartialRetractionIn"),
        watch.Notice(JAMA, "correction", "", "", "", ("PubMed",), "ErratumIn"),
        watch.Notice("nobody", "retraction", "2027", "10.1/x"),
    ]
    text = json.dumps({"notices": [row.as_dict() for row in rows]})
    assert list(answers.read(text, BOOK).notices) == [
        RETRACTED,
        Notice(JAMA, "partial_retraction", "2027", "PMID 98"),
        Notice(JAMA, "correction", "", DOI),
    ]
    with pytest.raises(AnswerError, match="must be a report of 'livingreview watch'"):
        answers.read('{"notices": [{"kind": "gone"}]}', BOOK)


def test_an_entity_is_not_resolved() -> None:
    text = pubmed(title="&x;").replace(
        '"https://dtd.example/pubmed.dtd">', '"" [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    )
    assert answers.read(text, BOOK).notices == ()


@pytest.mark.parametrize("key", sorted(BOOK.sources))
def test_every_source_that_has_an_identifier_is_found_by_it(key: str) -> None:
    source = BOOK.sources[key]
    same = {one.key for one in BOOK.sources.values() if source.doi and one.doi.lower() == source.doi.lower()}
    if source.doi:
        found = answers.read(crossref(update("retraction"), DOI=source.doi.lower()), BOOK)
        assert {notice.source for notice in found.notices} <= same
    if source.pmid:
        text = pubmed(refers("RetractionIn")).replace(f">{PMID}<", f">{source.pmid}<").replace(DOI, source.doi)
        assert [notice.source for notice in answers.read(text, BOOK).notices] == [key]
    assert answers.by_hand(key, "retraction", "2027-01-05", "10.1234/x", BOOK).source == key


@pytest.fixture
def book(tmp_path: Path) -> Evidence:
    return Evidence(Path(shutil.copytree(DATA, tmp_path / "data")))


def test_a_notice_is_recorded_once_and_whole(book: Evidence) -> None:
    before = (book.data / "notices.csv").read_text()
    other = Notice(JAMA, "correction", "", "PMID 99")
    assert answers.record([RETRACTED, other, RETRACTED], book, "2027-01-06") == (
        ["notice-001", "notice-002"],
        ["notice-001"],
    )
    text = (book.data / "notices.csv").read_text()
    row = f"notice-001,{JAMA},retraction,2027-01-05,10.1001/jama.2027.1,2027-01-06,\n"
    assert text == f"{before}{row}notice-002,{JAMA},correction,,PMID 99,2027-01-06,\n"
    again = Evidence(book.data)
    assert answers.record([RETRACTED], again, "2027-02-01") == ([], ["notice-001"])
    assert again.sources[JAMA].mark == "retracted"
    assert sorted(path.name for path in book.data.glob(".*")) == []


@pytest.mark.parametrize(
    ("notice", "message"),
    [
        (Notice(JAMA, "retraction", "2027-02-30", "10.1234/x"), "date: must be a date that exists"),
        (
            Notice(JAMA, "retraction", "", "in the journal"),
            "where: must be a DOI, 'PMID' with a number, or a web address",
        ),
        (Notice("nobody", "retraction", "", "10.1234/x"), "source_key: must be a key of data/references.bib"),
    ],
)
def test_what_cannot_stand_in_the_data_is_not_written(book: Evidence, notice: Notice, message: str) -> None:
    before = (book.data / "notices.csv").read_bytes()
    with pytest.raises(AnswerError, match=message):
        answers.record([RETRACTED, notice], book, "2027-01-06")
    assert (book.data / "notices.csv").read_bytes() == before


def test_words_by_hand_are_checked() -> None:
    with pytest.raises(AnswerError, match=r"SOURCE must be .* Did you mean unutzer2002jama\? KIND must be one of"):
        answers.by_hand("unutzer2002jam", "withdrawn?", "", "", BOOK)
    assert answers.by_hand(JAMA, "Expression of concern", "2027", "doi:10.1234/x", BOOK) == Notice(
        JAMA, "expression_of_concern", "2027", "10.1234/x"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["notice"], "Give --answer FILE, or the four words"),
        (["notice", JAMA, "retraction"], "Give --answer FILE, or the four words"),
        (["notice", "--answer", "nowhere.json"], "nowhere.json: "),
        (["notice", "nobody", "retraction", "", "10.1234/x"], "SOURCE must be a key"),
    ],
)
def test_the_command_tells_what_is_wrong(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 1
    assert message in capsys.readouterr().err
