# ruff: noqa: E501 (an answer is a line)
"""Recorded answers of Crossref and PubMed, in the shapes that are documented and in those that come."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from livingreview import cli, evidence
from livingreview.checks import check
from livingreview.evidence import DATA, Evidence
from livingreview.watch.notices import AnswerError, Notice, by_hand, merge_notices, read, untagged
from livingreview.watch.recording import record

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
            crossref(update("correction", DOI="10.1001/c", updated={"date-parts": [[2004, 3]]}), update("retraction")),
            [RETRACTED, Notice(JAMA, "correction", "2004-03", "10.1001/c")],
        ),
        (crossref(update("withdrawal")), [RETRACTED]),
        (crossref(update("removal")), [RETRACTED]),
        (crossref(update("expression-of-concern")), [Notice(JAMA, "expression_of_concern", "2027-01-05", "10.1001/jama.2027.1")]),
        (crossref(update("retraction", updated={"date-time": "2027-01-05T00:00:00Z"})), [RETRACTED]),
        (crossref(update("retraction", updated=None)), [Notice(JAMA, "retraction", "", "10.1001/jama.2027.1")]),
        (crossref(update("retraction", updated={"date-parts": [[None]]})), [Notice(JAMA, "retraction", "", "10.1001/jama.2027.1")]),
        (crossref(title=["RETRACTED: Collaborative care"]), [Notice(JAMA, "retraction")]),
        (crossref(title=["[Retracted] Collaborative care"]), [Notice(JAMA, "retraction")]),
        (crossref(title=["Retracted Article: Collaborative care"]), [Notice(JAMA, "retraction")]),
        (crossref(title=["Retracted papers in depression"]), []),
        # the title says nothing new when the notice itself is there
        (crossref(update("retraction"), title=["RETRACTED: Collaborative care"]), [RETRACTED]),
        (crossref(**{"updated-by": None}), []),
        # the record of the notice, and a list of works
        (json.dumps({"message": {"DOI": "10.1001/jama.2027.1", "update-to": [{**update("retraction"), "DOI": DOI}]}}), [RETRACTED]),
        (json.dumps({"message": {"total-results": 2, "items": [{"DOI": "10.1/other"}, json.loads(crossref(update("retraction")))["message"]]}}), [RETRACTED]),
        ("\ufeff" + crossref(update("retraction")), [RETRACTED]),
        (pubmed(), []),
        (pubmed(refers("RetractionIn")), [Notice(JAMA, "retraction", "2027-01-05", pmid="99")]),
        (pubmed(refers("ErratumIn", "JAMA. 2004 Mar;291(9):1")), [Notice(JAMA, "correction", "2004-03", pmid="99")]),
        (pubmed(refers("ExpressionOfConcernIn", "JAMA. 2026;1:1")), [Notice(JAMA, "expression_of_concern", "2026", pmid="99")]),
        (pubmed(refers("PartialRetractionIn")), [Notice(JAMA, "partial_retraction", "2027-01-05", pmid="99")]),
        (pubmed(refers("RetractionIn", "JAMA. 2027 Jan 5;1:1. doi: 10.1001/jama.2027.1.", "")), [RETRACTED]),
        # that it refers to a retraction of another paper, to a comment, or cites one, is none of its own
        (pubmed(refers("RetractionOf") + refers("CommentIn") + refers("Cites")), []),
        (pubmed(types='<PublicationType UI="D016441">Retracted Publication</PublicationType>'), [Notice(JAMA, "retraction")]),
        (pubmed(types='<PublicationType UI="D016440">Retraction of Publication</PublicationType>'), []),
        # the type says the same as the reference
        (pubmed(refers("RetractionIn"), '<PublicationType UI="D016441">Retracted Publication</PublicationType>'), [Notice(JAMA, "retraction", "2027-01-05", pmid="99")]),
        (pubmed(title="RETRACTED: <i>Collaborative</i> care"), [Notice(JAMA, "retraction")]),
    ],
)  # fmt: skip
def test_an_answer_is_read(text: str, found: list[Notice]) -> None:
    assert read(text, BOOK) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found 'nothing'"),
        ("Resource not found.", "found 'Resource not found.'"),
        ('{"message": {"DOI"', "must be JSON of Crossref"),
        ("[1]", "must be JSON of Crossref with a 'message', XML of PubMed"),
        ('{"status": "ok"}', "must be JSON of Crossref with a 'message'"),
        ('{"message": "no"}', "must be JSON of Crossref"),
        ('{"message": [{"type": "validation-failure"}]}', "must be JSON of Crossref"),
        ('{"message": {"items": null}}', "must be JSON of Crossref"),
        ("{" * 100_000, "must be JSON of Crossref"),
        ("<PubmedArticleSet><PubmedArticle>", "cut off"),
        ("<html><body>502</body></html>", "something else than articles"),
        (json.dumps({"message": {"DOI": "10.5281/zenodo.1", "updated-by": [update("retraction")]}}), "about no source"),
    ],
)
def test_what_is_no_answer_is_told(text: str, message: str) -> None:
    with pytest.raises(AnswerError, match=message):
        read(text, BOOK)


TITLES = {
    "retraction": [
        *("RETRACTED CHAPTER: {}", "RETRACTED. {}", "Retracted and Republished: {}", "(Retracted) {}", "REMOVED: {}"),
        *(
            "WITHDRAWN: {}",
            "<i>RETRACTED</i>: {}",
            "&lt;b&gt;RETRACTED&lt;/b&gt;: {}",
            "RETRACTED&#58; {}",
            "[Retracted] {}",
        ),
        *(
            "RETRACTED ARTICLE: {}",
            "Retracted - {}",
            "RETRACTED&nbsp;PAPER &#8211; {}",
            "**RETRACTED**: {}",
            "RETRACTED {}",
        ),
        *(
            "TEMPORARY REMOVAL: {}",
            "Notice of Retraction: {}",
            "{} [RETRACTED]",
            "{} (Retracted article. See vol. 1, 2010)",
        ),
        *("\u201cRetracted: {}", "<b>Retracted</b> and replaced: {}", "RETRACTED ARTICLE {}", "Withdrawn Article: {}"),
        *("{}: RETRACTED", "{} - RETRACTED", "RETRACTED—{}", "【RETRACTED】{}", "Article retracted: {}"),
        *("Retracted letter: {}", "Retracted case report: {}", "RETRACTED SYSTEMATIC REVIEW: {}"),
        *("RETRACTION: {}", "Statement of Retraction: {}", "This article has been retracted: {}"),
        *("Notice of Retraction and Replacement: {}", "Retraction and republication: {}"),
    ],
    "partial_retraction": ["PARTIALLY RETRACTED: {}", "Partial retraction: {}"],
    "expression_of_concern": [
        "EXPRESSION OF CONCERN: {}",
        "Editorial Expression of Concern: {}",
        "Editors’ Expression of Concern: {}",
    ],
    "reinstatement": ["REINSTATED: {}", "(Reinstated) {}"],
    "": [
        *(
            "{}",
            "Retracted papers in {}: a survey",
            "Removed from the list: {}",
            "Why we withdrew: {}",
            "Retraction of {}",
        ),
        *("Retracted lesions: {}", "{}: what was removed", "Withdrawal: symptoms in {}"),
        *("Withdrawn patients in a trial of {}", "Expression of concern in {}", "{} (withdrawn patients)"),
    ],
}


@pytest.mark.parametrize(("kind", "form"), [(kind, form) for kind, forms in TITLES.items() for form in forms])
def test_a_title_says_what_became_of_its_paper(kind: str, form: str) -> None:
    title = form.format("Collaborative care for <i>late-life</i> depression")
    notices = [Notice(JAMA, kind)] if kind else []
    assert read(crossref(title=[title]), BOOK) == read(crossref(title=["Another title", title]), BOOK) == notices
    assert read(pubmed(title=title.replace("&nbsp;", "&#160;")), BOOK) == notices
    book_article = pubmed_book(title.replace("&nbsp;", "&#160;"))
    assert read(book_article, BOOK) == notices


def test_a_title_is_compared_without_what_became_of_its_paper() -> None:
    titles = (
        "RETRACTED CHAPTER: A trial",
        "A trial [Retracted]",
        "RETRACTED CASE REPORT: A trial",
        "A trial: RETRACTED",
    )
    assert {untagged(title) for title in titles} == {"A trial"}


def pubmed_book(title: str) -> str:
    return f"""<PubmedArticleSet><PubmedBookArticle><BookDocument><PMID Version="1">{PMID}</PMID><ArticleIdList>
<ArticleId IdType="bookaccession">NBK1</ArticleId><ArticleId IdType="doi">{DOI}</ArticleId></ArticleIdList><Book><BookTitle>A book</BookTitle></Book>
<ArticleTitle>{title}</ArticleTitle><PublicationType UI="D016454">Review</PublicationType></BookDocument>
<PubmedBookData/></PubmedBookArticle></PubmedArticleSet>"""


UNKNOWN = Notice(JAMA, "", "2027-01-05", "10.1001/jama.2027.1")


@pytest.mark.parametrize(
    ("changed", "notices"),
    [
        # the label says it where the type does not
        ({"type": None}, [RETRACTED]),
        ({"type": "", "label": "Retraction Note"}, [RETRACTED]),
        ({"type": "other", "label": "Retraction"}, [RETRACTED]),
        ({"type": "", "label": "Retracted and replaced"}, [RETRACTED]),
        ({"type": "temporary_removal"}, [RETRACTED]),
        (
            {"type": None, "label": "Author Correction"},
            [Notice(JAMA, "correction", "2027-01-05", "10.1001/jama.2027.1")],
        ),
        # a new version or edition says nothing against the old one
        ({"type": "new_version", "label": "New version"}, []),
        ({"type": "new-edition", "label": None}, []),
        ({"type": "reinstatement"}, [Notice(JAMA, "reinstatement", "2027-01-05", "10.1001/jama.2027.1")]),
        # what is not known is neither guessed nor lost
        ({"type": "a new word", "label": "A new word"}, [UNKNOWN]),
        ({"type": None, "label": None}, [UNKNOWN]),
        # where the paper itself is named, the place of the notice is not known
        ({"DOI": DOI.upper()}, [Notice(JAMA, "retraction", "2027-01-05")]),
        ({"DOI": None}, [Notice(JAMA, "retraction", "2027-01-05")]),
        # a day that does not exist is left out, and no day is added to a month
        ({"updated": {"date-parts": [[2027, 2, 30]]}}, [Notice(JAMA, "retraction", "2027-02", "10.1001/jama.2027.1")]),
        (
            {"updated": {"date-parts": [[2027, 2]], "date-time": "2027-02-01T00:00:00Z"}},
            [Notice(JAMA, "retraction", "2027-02", "10.1001/jama.2027.1")],
        ),
    ],
)
def test_an_update_of_crossref_is_read(changed: dict[str, Any], notices: list[Notice]) -> None:
    assert read(crossref(update("retraction", **changed)), BOOK) == notices


def test_a_work_that_updates_itself_is_a_notice_without_a_place() -> None:
    text = json.dumps({"message": {"DOI": DOI, "update-to": [{**update("retraction"), "DOI": DOI}]}})
    assert read(text, BOOK) == [Notice(JAMA, "retraction", "2027-01-05")]


def test_a_word_of_pubmed_that_is_not_known_is_not_guessed() -> None:
    assert read(pubmed(refers("RetractionWithdrawnIn")), BOOK) == [Notice(JAMA, "", "2027-01-05", pmid="99")]
    assert read(pubmed(refers("RetractedandRepublishedIn")), BOOK) == [
        Notice(JAMA, "retraction", "2027-01-05", pmid="99")
    ]
    assert read(pubmed(refers("UpdateIn") + refers("RepublishedIn") + refers("ErratumFor")), BOOK) == []


def test_the_report_of_the_watch_is_read() -> None:
    rows = [
        Notice(JAMA, "", "2027", pmid="97"),
        Notice(JAMA, "retraction", "2027-01-05", "10.1001/jama.2027.1", "99", services=("Crossref", "PubMed")),
        Notice(JAMA, "partial_retraction", "2027", pmid="98", services=("PubMed",), wording="PartialRetractionIn"),
        Notice(JAMA, "correction"),
    ]
    text = json.dumps({"notices": [row.as_dict() for row in [*rows, Notice("nobody", "retraction")]]})
    assert read(text, BOOK) == rows
    for broken in ('{"notices": [{"kind": "gone"}]}', '{"notices": [1]}', '{"notices": 1}'):
        with pytest.raises(AnswerError, match="report of the watch with something else"):
            read(broken, BOOK)


def test_an_entity_is_not_resolved() -> None:
    text = pubmed(title="&x;").replace(
        '"https://dtd.example/pubmed.dtd">', '"" [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    )
    with pytest.raises(AnswerError, match="declares entities"):
        read(text, BOOK)


@pytest.mark.parametrize("key", sorted(BOOK.sources))
def test_every_source_that_has_an_identifier_is_found_by_it(key: str) -> None:
    source = BOOK.sources[key]
    same = {one.key for one in BOOK.sources.values() if source.doi and one.doi.lower() == source.doi.lower()}
    if source.doi:
        assert {
            notice.source_key for notice in read(crossref(update("retraction"), DOI=source.doi.lower()), BOOK)
        } == same
    if source.pmid:
        text = pubmed(refers("RetractionIn")).replace(f">{PMID}<", f">{source.pmid}<").replace(DOI, source.doi)
        assert [notice.source_key for notice in read(text, BOOK)] == [key]
    assert by_hand(key, "retraction", "2027-01-05", "10.1234/x", BOOK).source_key == key


@pytest.fixture
def book(tmp_path: Path) -> Evidence:
    return Evidence(Path(shutil.copytree(DATA, tmp_path / "data")))


def test_a_notice_is_recorded_once_and_whole(book: Evidence) -> None:
    before = (book.data / "notices.csv").read_text()
    other = Notice(JAMA, "correction", pmid="99")
    assert record([RETRACTED, other], book, "2027-01-06") == (
        ["notice-unutzer2002jama-retraction", "notice-unutzer2002jama-correction"],
        [],
    )
    text = (book.data / "notices.csv").read_text()
    row = f"notice-unutzer2002jama-retraction,{JAMA},retraction,2027-01-05,10.1001/jama.2027.1,2027-01-06,,\n"
    assert text == f"{before}{row}notice-unutzer2002jama-correction,{JAMA},correction,,PMID 99,2027-01-06,,\n"
    again = Evidence(book.data)
    assert record([RETRACTED], again, "2027-02-01") == ([], ["notice-unutzer2002jama-retraction"])
    assert again.sources[JAMA].mark == "retracted"
    assert sorted(path.name for path in book.data.glob(".*")) == []


@pytest.mark.parametrize(
    ("notice", "message"),
    [
        (Notice(JAMA, "retraction", "2027-02-30", "10.1234/x"), "date: must be a date that exists"),
        (
            by_hand(JAMA, "retraction", "", "in the journal", BOOK),
            "where: must be a DOI, 'PMID' with a number, or a web address",
        ),
        (Notice("nobody", "retraction", "", "10.1234/x"), "source_key: must be a key of data/references.bib"),
    ],
)
def test_what_cannot_stand_in_the_data_is_not_written(book: Evidence, notice: Notice, message: str) -> None:
    before = (book.data / "notices.csv").read_bytes()
    with pytest.raises(AnswerError, match=message):
        record([RETRACTED, notice], book, "2027-01-06")
    assert (book.data / "notices.csv").read_bytes() == before


def test_words_by_hand_are_checked() -> None:
    with pytest.raises(AnswerError, match=r"SOURCE must be .* Did you mean unutzer2002jama\? KIND must be one of"):
        by_hand("unutzer2002jam", "withdrawn?", "", "", BOOK)
    assert by_hand(JAMA, "Expression of concern", "2027", "doi:10.1234/x", BOOK) == Notice(
        JAMA, "expression_of_concern", "2027", "10.1234/x"
    )
    assert by_hand(JAMA, "reinstatement", "", "PMID 5", BOOK) == Notice(JAMA, "reinstatement", pmid="5")


def test_one_retraction_that_two_services_have_is_one_notice(book: Evidence) -> None:
    """Crossref gives it by its DOI, PubMed by its PMID and the year of print, the title without either."""
    answers = [
        crossref(update("retraction"), update("retraction", DOI=DOI), title=["RETRACTED: Collaborative care"]),
        pubmed(
            refers("RetractionIn", "JAMA. 2028 Feb;1:1"),
            '<PublicationType UI="D016441">Retracted Publication</PublicationType>',
        ),
    ]
    whole = merge_notices(notice for answer in answers for notice in read(answer, book))
    assert whole == [Notice(JAMA, "retraction", "2027-01-05", "10.1001/jama.2027.1", "99")]
    assert whole[0].services == ("Crossref", "PubMed")
    # one after the other
    for number, answer in enumerate(answers):
        added, known = record(read(answer, book), book, "2027-01-06")
        assert (added, known) == (
            (["notice-unutzer2002jama-retraction"], []) if number == 0 else ([], ["notice-unutzer2002jama-retraction"])
        )
        book = Evidence(book.data)


def test_two_corrections_are_two_notices(book: Evidence) -> None:
    """One has a DOI and a PMID; the other, of the same year, only a PMID: a row that one is found in is not the other's."""
    entries = refers("ErratumIn", "JAMA. 2027 Mar;1:1", "<PMID>98</PMID>")
    entries += refers("ErratumIn", "JAMA. 2027 Jan 5;1:1. doi: 10.1001/jama.2027.1.", "<PMID>99</PMID>")
    both = [*read(crossref(update("correction")), book), *read(pubmed(entries), book)]
    merged = merge_notices(both)
    assert [(notice.doi, notice.pmid) for notice in merged] == [("10.1001/jama.2027.1", "99"), ("", "98")]
    assert record(read(crossref(update("correction")), book), book, "2027-01-06") == (
        ["notice-unutzer2002jama-correction"],
        [],
    )
    assert record(merged, Evidence(book.data), "2027-01-07") == (
        ["notice-unutzer2002jama-correction-pmid-98"],
        ["notice-unutzer2002jama-correction"],
    )


def test_a_notice_whose_place_is_not_known_is_where_its_source_is(book: Evidence) -> None:
    assert record([Notice(JAMA, "retraction")], book, "2027-01-06") == (["notice-unutzer2002jama-retraction"], [])
    again = Evidence(book.data)
    assert again.notices.loc["notice-unutzer2002jama-retraction", "where"] == DOI
    assert record([RETRACTED], again, "2027-01-07") == ([], ["notice-unutzer2002jama-retraction"])


@pytest.mark.parametrize(
    ("rows", "mark"),
    [
        ([("retraction", "2020"), ("reinstatement", "2021")], "reinstated"),
        ([("reinstatement", "2021-05"), ("retraction", "2020")], "reinstated"),
        ([("retraction", ""), ("reinstatement", "")], "reinstated"),
        ([("retraction", "2020"), ("reinstatement", "2020-06")], "reinstated"),
        ([("retraction", "2020"), ("reinstatement", "2021"), ("retraction", "2022")], "retracted"),
        ([("reinstatement", ""), ("retraction", "")], "retracted"),
        ([("expression_of_concern", "2020"), ("correction", "2020"), ("reinstatement", "2021")], "reinstated"),
        ([("partial_retraction", "2020"), ("reinstatement", "2019")], "retracted in part"),
    ],
)
def test_a_reinstated_source_is_no_longer_retracted(book: Evidence, rows: list[tuple[str, str]], mark: str) -> None:
    lines = [
        f"notice-{n:03d},{JAMA},{kind},{day},10.1001/n.{n},2027-01-06,,\n" for n, (kind, day) in enumerate(rows, 1)
    ]
    with (book.data / "notices.csv").open("a", encoding="utf-8") as file:
        file.writelines(lines)
    assert check(book.data) == []
    after = Evidence(book.data)
    assert after.sources[JAMA].short == f"Unützer 2002 [{mark}]"
    assert after.retracted == ({JAMA} if mark == "retracted" else set())
    assert after.marked([JAMA]) == [JAMA]
    assert after.notices.loc[after.notice_on(JAMA), "kind"] in {"reinstatement", "retraction", "partial_retraction"}


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
