"""Identifiers: one form for what the data hold, what services send, what texts name and where links lead."""

from __future__ import annotations

import json

import pytest

from livingreview.checks.references import FORMS
from livingreview.evidence import DATA, load
from livingreview.evidence.identifiers import address, is_written, named, normal

SICI = "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"
OLD = [
    SICI,
    "10.1002/1521-4095(200010)12:20<1539::AID-ADMA1539>3.0.CO;2-S",
    "10.1002/(SICI)1521-3951(199911)216:1<135::AID-PSSB135>3.0.CO;2-#",
    "10.1577/1548-8659(1994)123<0353:TMOTS>2.3.CO;2",
    "10.1002/(SICI)1096-9896(199901)187:1<A12::AID-X1>3.0.CO;2-1",
    "10.1641/0006-3568(2004)054[0547:TEOF]2.0.CO;2",
    "10.1016/S0140-6736(10)60175-4",
    "10.1000.10/123",
]


@pytest.mark.parametrize("doi", OLD)
def test_a_doi_that_may_stand_in_the_data_is_one_for_every_reader(doi: str) -> None:
    assert FORMS["doi"][0](doi)
    small = doi.lower()
    assert normal("doi", doi) == normal("doi", small) == small
    encoded = address("doi", doi)
    assert not set(encoded) & set("<>[]# \"'")
    for written in (f"https://doi.org/{doi}", f"http://dx.doi.org/{doi}", f"doi:{doi}", f"DOI: {doi}.", encoded):
        assert normal("doi", written) == small, written
        assert not FORMS["doi"][0](written), written
    assert normal("doi", doi.replace("<", "&lt;").replace(">", "&gt;")) == small
    assert named("doi", f"Lancet. 2010;1:1. doi: {doi}. Epub") == (small,)
    assert named("doi", f"(see {doi})") == (small,)


@pytest.mark.parametrize(
    "text",
    [
        *('10.1001/"><script>', "10.1001/x<y", "10.1001/x y", "10.1001/", "10.1/x", "10.1001/x(y", "10.1001/a|b"),
        *("10.1001/" + "x" * 300, "x10.1001/a", "", "10.1001/{x}", "10.1001/a\u200bb", "10.1001/`id`"),
    ],
)
def test_what_is_no_doi_is_none_for_any_reader(text: str) -> None:
    assert normal("doi", text) == ""
    assert not FORMS["doi"][0](text)


@pytest.mark.parametrize(
    ("kind", "value", "form"),
    [
        ("doi", "https://doi.org/10.1001/JAMA.288.22.2836.", "10.1001/jama.288.22.2836"),
        ("doi", "10.1016/S0140-6736(10)60175-4)", "10.1016/s0140-6736(10)60175-4"),
        ("doi", "www.doi.org/10.1001/x;", "10.1001/x"),
        ("doi", {"DOI": "10.1001/x"}, ""),
        ("pmid", 12472325, "12472325"),
        ("pmid", "12472325.0", "12472325"),
        ("pmid", "PMID: 12472325", "12472325"),
        ("pmid", "0", ""),
        ("pmid", "123456789", ""),
        ("pmid", "١٢٣", ""),
        ("pmid", True, ""),
        ("pmcid", "pmc1360390", "PMC1360390"),
        ("nct", " nct01561105 ", "NCT01561105"),
        ("nct", "NCT1", ""),
    ],
)
def test_identifiers_have_one_form(kind: str, value: object, form: str) -> None:
    assert normal(kind, value) == form


def test_texts_name_identifiers() -> None:
    text = "nct01561105, NCT015611055, XNCT01561106; PMID 5 and PMID: 67, 8; PMC12 and pmc13"
    assert named("nct", text) == ("NCT01561105",)
    assert named("pmid", text) == ("5", "67")
    assert named("pmcid", text) == ("PMC12", "PMC13")


def test_the_numbers_of_every_source_can_be_asked_about() -> None:
    for source in load().sources.values():
        for kind in ("doi", "pmid", "pmcid", "nct"):
            number = getattr(source, kind)
            assert bool(number) == bool(normal(kind, number)) == is_written(kind, number), (source.key, kind)


def test_the_dictionary_has_the_same_form_of_a_registration() -> None:
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    fields = [field for resource in package["resources"] for field in resource["schema"]["fields"]]
    patterns = [field["constraints"]["pattern"] for field in fields if "NCT" in str(field.get("constraints"))]
    assert len(patterns) == 3
    assert all(r"NCT\d{8}" in pattern for pattern in patterns)
