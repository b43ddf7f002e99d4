"""Notices: one notice told by two services is one, and what is written can be read again."""

import json

import pytest

from livingreview.watch.notices import Notice, merged, read

# the case of the Lancet's paper of 1998, as PubMed and Crossref tell it: a correction in 2004 before the retraction
CROSSREF = [
    Notice("x1998", "correction", "2004-03-06", "10.1016/s0140-6736(04)15715-2", "", ("Crossref",), "correction"),
    Notice("x1998", "retraction", "2010-02-06", "10.1016/s0140-6736(10)60175-4", "", ("Crossref",), "retraction"),
    Notice("x1998", "retraction", "2010-02-06", "10.1016/s0140-6736(10)60175-4", "", ("Crossref",), "retraction"),
]
PUBMED = [
    Notice("x1998", "retraction", "", "10.1016/s0140-6736(10)60175-4", "20137807", ("PubMed",), "RetractionIn"),
    Notice("x1998", "correction", "2004", "", "15016483", ("PubMed",), "ErratumIn"),
]


def test_one_notice_told_twice_is_one_and_the_gravest_stands_first():
    found = merged([*CROSSREF, *PUBMED])
    assert [(one.kind, one.date, one.doi, one.pmid, one.told_by) for one in found] == [
        ("retraction", "2010-02-06", "10.1016/s0140-6736(10)60175-4", "20137807", ("Crossref", "PubMed")),
        ("correction", "2004-03-06", "10.1016/s0140-6736(04)15715-2", "15016483", ("Crossref", "PubMed")),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Notice("a", "retraction", doi="10.1/a"), Notice("b", "retraction", doi="10.1/a")),
        (Notice("a", "correction", doi="10.1/a"), Notice("a", "correction", doi="10.1/b")),
        (Notice("a", "correction", "2010", doi="10.1/a"), Notice("a", "correction", "2012", pmid="1")),
        (Notice("a", "correction", doi="10.1/a"), Notice("a", "retraction", doi="10.1/a")),
    ],
)
def test_notices_that_differ_stay_apart(one, other):
    assert set(merged([other, one])) == {one, other}
    assert len(merged([one, other])) == 2


def test_what_is_written_is_read_again(tmp_path):
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"notices": [one.as_dict() for one in merged([*CROSSREF, *PUBMED])]}))
    assert read(report) == merged([*CROSSREF, *PUBMED])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"notices": [{"kind": "gossip"}]}', '{"notices": [1]}', "\x00"])
def test_another_file_is_told(tmp_path, text):
    report = tmp_path / "report.json"
    report.write_text(text)
    with pytest.raises(ValueError, match="must be a report of 'livingreview watch'"):
        read(report)
