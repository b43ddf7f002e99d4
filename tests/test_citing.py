"""Citations: built pages and downloads as a reference manager reads them, with and without an address of the site."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import rispy
import site_checks
import yaml
import zotero
from bs4 import BeautifulSoup
from frictionless import Package
from pybtex.database import parse_string
from test_site_extension import BUILD, ROOT, write_book

from livingreview import cli
from livingreview.contribute.forms import FORMS
from livingreview.evidence import load
from livingreview.evidence.sources import faults_of_names, read_sources
from livingreview.history import released
from livingreview.history.versions import stored
from livingreview.repository import commit, head
from livingreview.site import citing, datafiles
from livingreview.site.faults import report_to

FACTS = load().facts
KNOWN = {
    **FACTS,
    "site_url": "https://example.org/review/",
    "doi": "10.1234/5678",
    "repository": "https://example.org/code/review",
    "contributors": "Smith, Jane A; </script><b>Group & Co",
    "version": "2027.3.1",
    "evidence_searched_to": "2027-02-03",
}
ADDRESS = "https://example.org/review/v/2027.3.1/chapters/impact.html"
# Builds a book with the facts given as first argument instead of those of the review.
BUILD_WITH = f"""
import json, sys
facts = json.loads(sys.argv.pop(1))
from livingreview.evidence import Evidence
from livingreview.history import released
Evidence.facts = property(lambda self: facts)
released.is_published = lambda root, version: True
{BUILD}"""


@pytest.fixture(autouse=True)
def _published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(released, "is_published", lambda _root, _version: True)


def build(book: Path, facts: dict[str, str], **environment: str) -> Path:
    write_book(book)
    with (book / "index.md").open("a", encoding="utf-8") as first:
        first.write("\n## Cite this review\n\n:::{cite-chapter}\n:::\n\n:::{data-package}\n:::\n")
    command = [sys.executable, "-c", BUILD_WITH, json.dumps(facts), "", "build", str(book), "-W", "-n", "--keep-going"]
    inherited = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=inherited | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return book / "_build/html"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("plain"), FACTS)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("known"), KNOWN)


def page(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")


@pytest.mark.parametrize("check", site_checks.CHECKS, ids=lambda check: check.__name__)
def test_pages_with_an_address_and_hostile_names_are_whole(known: Path, check: site_checks.Check) -> None:
    found = list(check(site_checks.pages(known)))
    assert not found, "\n".join(found)


def test_a_chapter_arrives_as_a_book_section(plain: Path) -> None:
    item = zotero.embedded(page(plain / "chapters/impact.html"))
    assert item["itemType"] == "bookSection"
    assert item["creators"] == [(FACTS["contributors"], "")]
    assert item["bookTitle"] == FACTS["title"]
    assert item["date"] == FACTS["evidence_searched_to"]
    assert item["edition"] == f"Version {FACTS['version']}"
    assert item["abstractNote"].startswith("The bottom line At 12 months 45% of the people")
    assert (item["url"], item["DOI"], item["rights"]) == ("", "", "CC BY 4.0")


def test_with_an_address_and_a_doi_they_appear_everywhere(known: Path) -> None:
    chapter = page(known / "chapters/impact.html")
    item = zotero.embedded(chapter)
    assert (item["url"], item["DOI"]) == (ADDRESS, ""), "the DOI is that of the whole"
    assert zotero.embedded(page(known / "index.html"))["DOI"] == KNOWN["doi"]
    (record,) = json.loads((known / "cite/impact.json").read_text(encoding="utf-8"))
    assert "Part of a review with the DOI 10.1234/5678." in record["note"]
    assert item["creators"] == [("Smith", "Jane A"), ("</script><b>Group & Co", "")]
    box = chapter.select_one(".lr-cite")
    assert box is not None
    assert f"Permanent link {ADDRESS}" in box.get_text()
    assert [link["href"] for link in chapter.select("link[rel=canonical]")] == [
        "https://example.org/review/chapters/impact.html"
    ]
    data = json.loads(chapter.select_one("script[type='application/ld+json']").get_text())  # type: ignore[union-attr]
    assert data["@type"] == "MedicalScholarlyArticle"
    assert data["url"] == "https://example.org/review/chapters/impact.html"
    assert data["isPartOf"] == {"@type": "Book", "name": KNOWN["title"], "url": "https://example.org/review/"}
    assert data["author"][1] == {"@type": "Organization", "name": "</script><b>Group & Co"}


def test_without_an_address_nothing_depends_on_one(plain: Path) -> None:
    for path, soup in site_checks.pages(plain).items():
        assert not soup.select("link[rel=canonical]"), path.name
        assert "Permanent link" not in soup.get_text(), path.name
        assert "doi.org" not in str(soup.select(".lr-cite")), path.name


def test_the_first_page_stands_for_the_book(plain: Path) -> None:
    first = page(plain / "index.html")
    assert zotero.embedded(first)["itemType"] == "book"
    assert zotero.embedded(first)["title"] == FACTS["title"]


def test_texts_to_copy() -> None:
    item = citing.of_review(KNOWN, "chapters/impact.html", "IMPACT: late-life depression")
    book = "Collaborative care: a living review"
    assert citing.vancouver(item, KNOWN) == (
        f"Smith JA, </script><b>Group & Co. IMPACT: late-life depression. In: {book} [Internet]. Version 2027.3.1. "
        f"2027 [evidence read to 2027-02-03]. Available from: {ADDRESS}"
    )
    assert citing.apa(item, KNOWN) == (
        "Smith, J. A., & </script><b>Group & Co. (2027). IMPACT: Late-life depression. In Collaborative care: A living "
        f"review (Version 2027.3.1; evidence read to 2027-02-03). {ADDRESS}"
    )
    whole = citing.of_review(FACTS)
    assert citing.apa(whole, FACTS) == (
        "Collaborative Care Living Review contributors. (2026). Collaborative care: A living review "
        f"(Version {FACTS['version']}; evidence read to {FACTS['evidence_searched_to']})."
    )


def test_every_source_exports_whole(plain: Path) -> None:
    sources = load().sources
    items = {item["id"]: item for item in json.loads((plain / "cite/sources.json").read_text(encoding="utf-8"))}
    for key, source in sources.items():
        (entry,) = parse_string(
            (plain / f"cite/sources/{key}.bib").read_text(encoding="utf-8"), "bibtex"
        ).entries.values()
        (record,) = rispy.loads((plain / f"cite/sources/{key}.ris").read_text(encoding="utf-8"))
        plain_title = entry.fields["title"].strip("{}").replace("\\", "")
        assert plain_title == record["title"] == items[key]["title"] == " ".join(source.cited_title.split()), key
        assert len(entry.persons.get("author", [])) == len(record.get("authors", [])) == len(source.names), key
        assert (record.get("authors", [""])[-1] == "et al.") == source.et_al, key
        assert (str(entry.persons.get("author", [""])[-1]) == "others") == source.et_al, key
        assert entry.fields.get("doi", "") == record.get("doi", "") == source.doi, key
        assert entry.fields.get("year", "") == record.get("year", "") == source.year, key
        for note in (record.get("notes", [""])[0], entry.fields.get("note", "")):
            assert source.pmid in note, key
        notes = (record.get("notes", [""])[0], re.sub(r"\\(?=[_%&#$])", "", entry.fields.get("note", "")))
        for note in (*notes, items[key].get("note", "")):
            assert all(" ".join(part.split()) in note for part in (source.note, source.mark.capitalize())), key
    for suffix in ("bib", "ris", "json"):
        assert (plain / f"cite/sources.{suffix}").exists()
    assert len(rispy.loads((plain / "cite/sources.ris").read_text(encoding="utf-8"))) == len(sources)
    assert len(json.loads((plain / "cite/sources.json").read_text(encoding="utf-8"))) == len(sources)


def test_a_cut_list_of_authors_and_a_suffix_stay_what_they_are(tmp_path: Path) -> None:
    names = "Smith, J A and Williams, Jr, J W and {Group of Ten} and others"
    (tmp_path / "one.bib").write_text(f"@article{{x, author = {{{names}}}, title = {{T}}}}\n", encoding="utf-8")
    item = citing.of_source(read_sources(tmp_path / "one.bib")["x"])
    assert item["author"] == [
        {"family": "Smith", "given": "J A"},
        {"family": "Williams", "given": "J W", "suffix": "Jr"},
        {"literal": "Group of Ten"},
        {"literal": "et al."},
    ]
    assert f'author = "{names}"' in citing.bibtex([item]) or f"author = {{{names}}}" in citing.bibtex([item])
    (record,) = rispy.loads(citing.as_ris([item]))
    assert record["authors"] == ["Smith, J A", "Williams, J W, Jr", "Group of Ten", "et al."]


def test_a_title_that_was_not_read_says_so() -> None:
    def title(note: str) -> str:
        return replace(load().sources["unutzer2002jama"], title="T", note=note).cited_title

    assert title("authors, year and title not readable in the mirror; key provisional") == "[T; title not read]"
    assert title("title not readable in full; Epub 22 June") == "[T; title not read in full]"
    assert title("title from the address") == "[T; title taken from the address]"
    assert title("title of the series; volume not readable") == "T"


def test_a_page_of_data_arrives_as_a_data_set(plain: Path, known: Path) -> None:
    for site, url in ((plain, ""), (known, "https://example.org/review/v/2027.3.1/chapters/results.html")):
        soup = page(site / "chapters/results.html")
        item = zotero.embedded(soup)
        assert (item["itemType"], item["rights"]) == ("dataset", "CC BY 4.0")
        assert item["creators"][0] in ((FACTS["contributors"], ""), ("Smith", "Jane A"))
        assert item["title"] == "Results as reported. Data of: Collaborative care: a living review"
        assert item["date"] in (FACTS["evidence_searched_to"], KNOWN["evidence_searched_to"])
        assert item["edition"] in (f"Version {FACTS['version']}", "Version 2027.3.1")
        identifier = soup.select_one('meta[name="DC.identifier"]')
        assert (str(identifier["content"]) if identifier else "") == url
        data = json.loads(soup.select_one("script[type='application/ld+json']").get_text())  # type: ignore[union-attr]
        assert data["@type"] == "Dataset"
        addresses = [download["contentUrl"] for download in data.get("distribution", ())]
        assert addresses == (["https://example.org/review/data/results.csv"] if url else [])


def test_hostile_text_stays_text() -> None:
    item = citing.of_review(FACTS, "chapters/x.html", 'A } "title" \\input{x} @ % & _ $ <script>')
    (entry,) = parse_string(citing.bibtex([item]), "bibtex").entries.values()
    assert entry.fields["title"] == '{A "title" inputx @ \\% \\& \\_ \\$ <script>}'
    (record,) = rispy.loads(citing.as_ris([{**item, "title": "one\r\nER  - \nTY  - JOUR"}]))
    assert record["title"] == "one ER - TY - JOUR"
    hostile = citing.of_review(FACTS | {"site_url": "javascript:alert(1)//", "doi": '1"><script>'})
    assert "URL" not in hostile
    box = BeautifulSoup(citing.box(hostile, FACTS | {"commit": "", "data_hash": ""}, ""), "lxml")
    assert [link["href"] for link in box.select("li a")][1:] == ["https://doi.org/1%22%3E%3Cscript%3E"]
    assert box.select("script") == []
    assert "</script" not in citing.script_text({"a": "</script><!--"})
    assert json.loads(citing.script_text({"a": "</script>&"})) == {"a": "</script>&"}


def test_the_data_package_is_one_file_and_valid_by_itself(plain: Path, tmp_path: Path) -> None:
    packed = plain / datafiles.archive_name()
    with zipfile.ZipFile(packed) as package:
        assert package.namelist()[0] == "datapackage.json"
        assert {"README.md", "CITATION.cff", "LICENSE-CONTENT", "references.bib"} < set(package.namelist())
        assert all(member.compress_type == zipfile.ZIP_DEFLATED for member in package.infolist())
        assert "In Excel do not open a file with a double click" in package.read("README.md").decode()
        assert all(member.date_time == (1980, 1, 1, 0, 0, 0) for member in package.infolist())
        package.extractall(tmp_path)
    report = Package(str(tmp_path / "datapackage.json")).validate()
    assert report.valid, report.flatten(["message"])
    described = (tmp_path / "datapackage.json").read_bytes()
    assert described == (plain / "data/datapackage.json").read_bytes()
    package_of = json.loads(described)
    assert package_of["version"] == FACTS["version"]
    assert len(package_of["sources"]) == len(load().sources)
    for resource in package_of["resources"]:
        held = (tmp_path / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(held).hexdigest()}"
        assert resource["bytes"] == len(held)
    shown = page(plain / "chapters/impact.html").select_one(".lr-cite").get_text()  # type: ignore[union-attr]
    assert f"Data hash {hashlib.sha256(described).hexdigest()}" in shown


def test_the_commit_is_shown_only_where_it_is_the_whole_truth(tmp_path: Path) -> None:
    def git(*command: str) -> str:
        options = ["-c", "user.name=a", "-c", "user.email=a@b"]
        done = subprocess.run(["git", *options, *command], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert commit(tmp_path) == ""
    git("init", "-q")
    (tmp_path / "a").write_text("1", encoding="utf-8")
    git("add", "a")
    git("commit", "-qm", "one")
    (tmp_path / "notes").mkdir()
    assert commit(tmp_path) == git("rev-parse", "HEAD") != ""
    assert commit(tmp_path / "notes") == "", "a folder of a checkout is not the project"
    (tmp_path / "a").write_text("2", encoding="utf-8")
    assert commit(tmp_path) == ""
    assert head(tmp_path) == git("rev-parse", "HEAD")


def test_files_at_the_root_that_differ_are_named_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    (tmp_path / "_config.yml").write_text(config.replace("a living review", "another", 1), encoding="utf-8")
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    names = ["CITATION.cff", ".zenodo.json", "_config.yml"]
    assert [problem.partition(":")[0] for problem in cli._files_of_facts(write=True)] == names
    assert cli._files_of_facts(write=False) == []
    assert (tmp_path / "_config.yml").read_text(encoding="utf-8") == config
    (tmp_path / "CITATION.cff").write_text("title: another\n", encoding="utf-8")
    assert cli._files_of_facts(write=False) == [
        "CITATION.cff: must say what data/review.csv says; found other text, or none. Run: make refresh"
    ]


def test_files_at_the_root_are_valid_and_what_the_facts_say(tmp_path: Path) -> None:
    for facts, folder in ((FACTS, tmp_path / "a"), (KNOWN | {"repository": "https://example.org/r"}, tmp_path / "b")):
        folder.mkdir()
        for name, text in citing.files(facts, ROOT).items():
            (folder / name).write_text(text, encoding="utf-8")
        command = ["check_jsonschema", "--builtin-schema", "vendor.citation-file-format", str(folder / "CITATION.cff")]
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    written = {name: (ROOT / name).read_text(encoding="utf-8") for name in citing.files(FACTS, ROOT)}
    assert written == citing.files(FACTS, ROOT)
    deposit = json.loads(written[".zenodo.json"])
    cited = yaml.safe_load(written["CITATION.cff"])
    assert (cited["preferred-citation"]["type"], deposit["publication_type"]) == ("book", "book")
    assert cited["date-released"] == deposit["publication_date"] == stored(ROOT)[0].date
    assert "related_identifiers" not in deposit
    related = json.loads((tmp_path / "b/.zenodo.json").read_text(encoding="utf-8"))["related_identifiers"]
    assert [of["identifier"] for of in related] == [KNOWN["site_url"], "https://example.org/r"]
    assert deposit["creators"] == [{"name": FACTS["contributors"]}]
    assert deposit["license"] == "cc-by-4.0"


def test_an_error_is_reported_with_page_address_and_version_where_there_is_a_repository(known: Path) -> None:
    foot = page(known / "chapters/impact.html").select_one("#lr-error")
    assert foot is not None
    assert "Found an error?" in foot.text
    assert [link["href"] for link in foot.select("a")][1:] == [f"{KNOWN['repository']}/edit/main/chapters/impact.ipynb"]
    link = urlsplit(str(foot.a["href"])) if foot.a else urlsplit("")
    assert (link.netloc, link.path) == ("example.org", "/code/review/issues/new")
    given = parse_qs(link.query)
    assert "IMPACT" in given["title"][0]
    form = FORMS[given["template"][0].removesuffix(".yml")]
    assert {*given} - {"template", "title"} <= {question.name for question in form.questions}
    assert ADDRESS in given["note"][0]
    assert "Version: 2027.3.1" in given["note"][0]


def test_without_a_repository_the_foot_says_how_else(plain: Path) -> None:
    foot = page(plain / "chapters/impact.html").select_one("#lr-error")
    assert foot is not None
    assert "names no address for reports yet" in foot.text
    assert "edit this page" not in foot.text


def test_the_contact_takes_reports_where_there_is_no_repository() -> None:
    facts = {**FACTS, "repository": "", "contact": "who@example.org"}
    link = urlsplit(report_to(facts, "chapters/impact.html", "IMPACT & more"))
    given = parse_qs(link.query)
    assert (link.scheme, link.path, given["subject"]) == ("mailto", "who@example.org", ["Error: IMPACT & more"])
    assert "chapters/impact.html" in given["body"][0]


@pytest.mark.parametrize(
    ("names", "remedy"),
    [
        ("{Smith JA and Doe A}", "Write each name as 'Last, First'; braces hold the name of one group."),
        ("{Smith JA; Doe A and others}", "Write each name as 'Last, First'; braces hold the name of one group."),
        ("{Smith JA et al.}", "Write each name as 'Last, First'; braces hold the name of one group."),
        ("Smith JA, Doe A", "Write each as 'Last, First', with ' and ' between them"),
        ("Smith, J et al", "Write 'and' once between two names, and 'and others' at the end"),
        ("Smith, J and Others", "Write 'and' once between two names, and 'and others' at the end"),
        ("Smith, J and and Doe, A", "Write 'and' once between two names, and"),
        ("John Smith Jr", "Write 'Smith, Jr, John', or"),
        ("Smith J. A.", "Write 'Smith, J. A.', or"),
    ],
)
def test_a_list_of_authors_that_would_be_misread_is_refused(names: str, remedy: str) -> None:
    assert [fault for _, fault in faults_of_names(names) if fault.startswith(remedy)]


@pytest.mark.parametrize(
    "names",
    ["Smith, Jr, John and others", "{APA and Academy of Medicine}", "{the PROSPECT Group}", "{König H-H} and {UCLA}"],
)
def test_a_list_of_authors_as_it_must_be_is_accepted(names: str) -> None:
    assert not [*faults_of_names(names)]


def test_what_follows_from_the_places_is_there_with_them_and_nowhere_without(plain: Path, known: Path) -> None:
    texts = {".html", ".json", ".xml", ".bib", ".ris", ".svg", ".js", ".csv", ".txt"}
    for path in plain.rglob("*"):
        if path.suffix in texts and "data" not in path.parts:
            assert "example.org" not in path.read_text(encoding="utf-8"), path.name
    assert not (plain / "sitemap.xml").exists()
    assert not (plain / "robots.txt").exists()
    listed = (known / "sitemap.xml").read_text(encoding="utf-8")
    assert "<loc>https://example.org/review/chapters/impact.html</loc>" in listed
    assert "404" not in listed
    assert "Sitemap: https://example.org/review/sitemap.xml" in (known / "robots.txt").read_text(encoding="utf-8")
    for site, into in ((plain, ""), (known, "https://example.org/review/v/2027.3.1/")):
        numbers = json.loads((site / "numbers.json").read_text(encoding="utf-8"))
        assert all(number["address"].startswith(f"{into}chapters/numbers") for number in numbers["numbers"])
        assert numbers["$schema"] == f"{into}numbers.schema.json"
        described = json.loads((site / "data/datapackage.json").read_text(encoding="utf-8"))
        assert described.get("homepage", "") == (KNOWN["site_url"] if into else "")
        assert described["id"] == (
            "https://doi.org/10.1234/5678" if into else f"{described['name']}-{FACTS['version']}"
        )
        cards = (site / "cards/impact.js").read_text(encoding="utf-8")
        assert ('"self":"https://example.org/review/v/2027.3.1/chapters/numbers' in cards) == bool(into)
        notebook = page(site / "chapters/impact.html").select_one("footer a[href$='.ipynb'][download]")
        assert notebook is not None
        assert (site / "chapters" / str(notebook["href"])).read_bytes() == (
            site.parents[1] / "chapters/impact.ipynb"
        ).read_bytes()


def test_a_number_is_an_image_that_names_its_source(plain: Path) -> None:
    number = json.loads((plain / "numbers.json").read_text(encoding="utf-8"))["numbers"][0]
    image = BeautifulSoup((plain / f"numbers/{number['key'].replace('_', '-')}.svg").read_bytes(), "xml")
    said = image.get_text(" ")
    assert number["text"] in said
    assert f"version {FACTS['version']}" in said
    assert FACTS["licence"] in said
    assert not image.select("script, [onload], image")
    place, _, anchor = str(image.select_one("a")["href"]).partition("#")  # type: ignore[index]
    assert page(plain / "numbers" / place).find(id=anchor)


def test_a_version_that_is_not_published_has_no_address_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(released, "is_published", lambda _root, version: version == "2027.3.1")
    at = "https://example.org/review"
    assert citing.address(KNOWN, "chapters/impact.html", "2027.3.1") == f"{at}/v/2027.3.1/chapters/impact.html"
    assert citing.address(KNOWN, "chapters/impact.html", "2027.4.0") == f"{at}/chapters/impact.html"
