"""Notices: one that two services have is one."""

import pytest

from livingreview.watch.notices import Notice, merge_notices

# the case of the Lancet's paper of 1998, as PubMed and Crossref tell it: a correction in 2004 before the retraction
CROSSREF = [
    Notice(
        "x1998",
        "correction",
        "2004-03-06",
        "10.1016/s0140-6736(04)15715-2",
        services=("Crossref",),
        wording="correction",
    ),
    Notice(
        "x1998",
        "retraction",
        "2010-02-06",
        "10.1016/s0140-6736(10)60175-4",
        services=("Crossref",),
        wording="retraction",
    ),
    Notice(
        "x1998",
        "retraction",
        "2010-02-06",
        "10.1016/s0140-6736(10)60175-4",
        services=("Crossref",),
        wording="retraction",
    ),
]
PUBMED = [
    Notice(
        "x1998",
        "retraction",
        "",
        "10.1016/s0140-6736(10)60175-4",
        "20137807",
        services=("PubMed",),
        wording="RetractionIn",
    ),
    Notice("x1998", "correction", "2004", "", "15016483", services=("PubMed",), wording="ErratumIn"),
]


def test_one_notice_told_twice_is_one_and_the_gravest_stands_first():
    merged = merge_notices([*CROSSREF, *PUBMED])
    assert [(one.kind, one.date, one.doi, one.pmid, one.services) for one in merged] == [
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
    assert set(merge_notices([other, one])) == {one, other}
    assert len(merge_notices([one, other])) == 2
