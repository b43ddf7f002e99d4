"""What is printed: a chapter and the whole book, read as a reader of PDF does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import site_checks
from pypdf import PdfReader
from test_citing import FACTS, KNOWN, build, page

from livingreview.audit import printed
from livingreview.history import released
from livingreview.site import printing
from livingreview.statistics import wording

Put = Callable[[Path, Path, str], None]

FILLER = "<p>A line of text that stands before a figure and goes on for a while, so that it fills the page.</p>"
WIDE = "<tr>" + "".join(f'<th scope="col">Column {i}</th>' for i in range(15)) + "</tr>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("printed"), FACTS)


@pytest.fixture(scope="module", autouse=True)
def _browser() -> None:
    """Skip on a desk without a browser, fail where everything must be there."""
    try:
        printing.browser()
    except printing.PrintError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def sheets(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pdf")
    said: list[str] = []
    made = printing.print_all(site, out, FACTS, ("A4",), said.append)
    assert [path.stem for path in made] == ["book", "impact", "claro", "results", "glossary", "numbers"]
    assert len(said) == len(made)
    return out / "A4"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with an address, as it is published: with PDFs beside its pages."""
    site = build(tmp_path_factory.mktemp("published"), KNOWN, SITE_PDF="yes")
    printing.publish(site, KNOWN, str)
    return site


@pytest.fixture
def put(site: Path) -> Iterator[Put]:
    with printing.printer(site, FACTS) as put:
        yield put


def titles(reader: PdfReader) -> list[str]:
    def walk(items: list[object]) -> Iterator[str]:
        for item in items:
            if isinstance(item, list):
                yield from walk(item)
            else:
                yield str(item.title)  # type: ignore[attr-defined]

    return list(walk(reader.outline))


def links(reader: PdfReader) -> list[object]:
    found = (note.get_object() for page in reader.pages for note in page.get("/Annots", []))
    return [note.get("/Dest") or note["/A"].get("/URI") or note["/A"].get("/D") for note in found]


def test_a_chapter_is_tagged_has_bookmarks_and_running_lines(sheets: Path) -> None:
    reader = PdfReader(sheets / "impact.pdf")
    assert reader.root_object["/MarkInfo"]["/Marked"]
    assert reader.root_object["/Lang"] == "en"
    assert 2 <= len(reader.pages) <= 4
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [596, 843]
    outline = titles(reader)
    assert outline[0] == "The IMPACT trial, 45 of 100"
    assert "Results" in outline
    for number, sheet in enumerate(reader.pages, start=1):
        text = sheet.extract_text()
        assert "The IMPACT trial, 45 of 100" in text
        assert f"Version {FACTS['version']}, evidence read to {FACTS['evidence_searched_to']}" in text
        assert f"{number} / {len(reader.pages)}" in text
    text = " ".join(page.extract_text() for page in reader.pages)
    assert "not medical advice" in text
    assert "Response at 12 months" in text
    for hidden in ("Skip to content", "Light or dark", "publish('impact_cc'", "BibTeX", "Data of this figure"):
        assert hidden not in text, hidden
    due = f"search due by {wording.day(FACTS['next_search_due'])}"
    assert due in " ".join(text.split()), "a status that stays true on paper"


def test_a_page_and_a_paper_can_be_chosen(site: Path, tmp_path: Path) -> None:
    made = printing.print_all(site, tmp_path, FACTS, ["letter"], str, names=["Claro"])
    assert [path.relative_to(tmp_path).as_posix() for path in made] == ["Letter/claro.pdf"]
    with pytest.raises(printing.PrintError, match=r"No page is called nowhere\. Choose from: book, impact, claro"):
        printing.print_all(site, tmp_path, FACTS, names=["nowhere"])
    with pytest.raises(printing.PrintError, match=r"No paper is called a5\. Choose from: A4, Letter\."):
        printing.print_all(site, tmp_path, FACTS, ["A5"])


def test_no_number_is_followed_by_its_address(site: Path, tmp_path: Path) -> None:
    with printing.printer(site, FACTS | {"site_url": "https://example.org/review"}) as put:
        put(site / "chapters/impact.html", tmp_path / "impact.pdf", "A4")
    text = " ".join(page.extract_text() for page in PdfReader(tmp_path / "impact.pdf").pages)
    assert "45" in text
    assert "example.org" not in text


def test_nothing_printed_leads_to_this_machine(sheets: Path, site: Path) -> None:
    for path in sheets.glob("*.pdf"):
        assert "file:" not in str(links(PdfReader(path))), path.name
        assert str(site).encode() not in path.read_bytes(), path.name


def test_two_prints_are_the_same(sheets: Path, put: Put, site: Path, tmp_path: Path) -> None:
    put(site / "chapters/impact.html", tmp_path / "again.pdf", "A4")
    assert (tmp_path / "again.pdf").read_bytes() == (sheets / "impact.pdf").read_bytes()


@pytest.mark.parametrize(("is_published", "within"), [(True, f"v/{FACTS['version']}/"), (False, "")])
def test_links_to_other_pages_lead_into_the_published_version(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_published: bool, within: str
) -> None:
    monkeypatch.setattr(released, "is_published", lambda _root, _version: is_published)
    facts = FACTS | {"site_url": "https://example.org/review"}
    with printing.printer(site, facts) as put:
        put(site / "chapters/impact.html", tmp_path / "impact.pdf", "A4")
    address = f"https://example.org/review/{within}chapters/results.html#impact-response-12m-cc"
    assert address in links(PdfReader(tmp_path / "impact.pdf"))


def test_the_book_has_all_pages_and_its_links_stay_within(sheets: Path) -> None:
    reader = PdfReader(sheets / "book.pdf")
    outline = titles(reader)
    assert outline[0] == "Collaborative care"
    parts = ["Contents", "CLARO and PTSD", "Results as reported", "Glossary", "Published numbers"]
    assert [title for title in outline if title in parts] == parts
    within = links(reader)
    assert len(within) > 10
    out = {link for link in within if isinstance(link, str) and link.startswith(("http", "file"))}
    assert out <= {"https://988lifeline.org/"}
    assert {str(link) for link in within} & {"results--impact-response-12m-cc", "/results--impact-response-12m-cc"}
    assert reader.root_object["/MarkInfo"]["/Marked"]


def test_letter_fits_and_a_wide_table_stands_on_its_side(put: Put, site: Path, tmp_path: Path) -> None:
    page = (site / "chapters/claro.html").read_text(encoding="utf-8")
    assert "</caption><tbody>" in page
    wide = page.replace("</caption><tbody>", f"</caption><thead>{WIDE}</thead><tbody>")
    (site / "chapters/wide.html").write_text(wide, encoding="utf-8")
    put(site / "chapters/wide.html", tmp_path / "wide.pdf", "Letter")
    (site / "chapters/wide.html").unlink()
    sheet = PdfReader(tmp_path / "wide.pdf").pages[0]
    assert [round(float(side)) for side in sheet.mediabox[2:]] == [792, 612]
    assert "Column 14" in re.sub(r"\s+", " ", sheet.extract_text())


@pytest.mark.parametrize("paragraphs", [16, 22, 27])
def test_a_figure_stays_between_the_texts_around_it(put: Put, site: Path, tmp_path: Path, paragraphs: int) -> None:
    page = (site / "chapters/impact.html").read_text(encoding="utf-8")
    page = page.replace('viewBox="0 0 330 60"', 'viewBox="0 0 330 500"')
    before, figure, after = re.split(
        r'(?s)(<div class="cell_output.*?</figure>.*?</div>|<figure.*?</figure>)', page, maxsplit=1
    )
    (site / "chapters/long.html").write_text(
        f"{before}{FILLER * paragraphs}<p>Just above.</p>{figure}<p>Just below.</p>{after}", encoding="utf-8"
    )
    put(site / "chapters/long.html", tmp_path / "long.pdf", "A4")
    (site / "chapters/long.html").unlink()
    pages = PdfReader(tmp_path / "long.pdf").pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    caption = "Response at 12 months"
    at = [text.index(part) for part in ("Just above.", caption, "Just below.")]
    assert at == sorted(at)


def test_without_a_browser_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing.shutil, "which", lambda _name: None)
    with pytest.raises(printing.PrintError, match=r"no browser to print with\. Install one of: chromium, "):
        printing.browser()


def test_a_printed_page_says_who_wrote_it_and_what_it_is_of(sheets: Path) -> None:
    for name in ("impact.pdf", "book.pdf"):
        about = PdfReader(sheets / name).metadata
        assert about is not None
        assert about.author == FACTS["contributors"]
        assert about.subject is not None
        assert f"version {FACTS['version']}" in about.subject
        assert about.title


def test_a_page_names_its_pdf_only_where_one_is_published(published: Path, site: Path) -> None:
    for name, pdf in (("chapters/impact.html", "impact"), ("index.html", "book")):
        tags = page(published / name).select('meta[name="citation_pdf_url"]')
        assert [tag["content"] for tag in tags] == [f"https://example.org/review/v/2027.3.1/pdf/{pdf}.pdf"]
        links = [str(link["href"]) for link in page(published / name).select('a[href*="pdf/"]')]
        up = "../" if "/" in name else "./"
        assert links == list(dict.fromkeys([f"{up}pdf/{pdf}.pdf", f"{up}pdf/book.pdf"]))
        assert (published / "pdf" / f"{pdf}.pdf").is_file()
    assert not page(published / "chapters/results.html").select('meta[name="citation_pdf_url"]')
    assert not list(site_checks.broken_links(site_checks.pages(published)))
    for path, soup in site_checks.pages(site).items():
        assert not soup.select('meta[name="citation_pdf_url"], a[href*="pdf/"]'), path.name


def test_what_is_printed_names_the_places_of_the_review_where_they_are_known(published: Path, sheets: Path) -> None:
    def text(path: Path) -> str:
        return "".join("".join(sheet.extract_text() for sheet in PdfReader(path).pages).split())

    at = "https://example.org/review/v/2027.3.1/"
    assert f"Permanentlink{at}chapters/impact.html" in text(published / "pdf/impact.pdf")
    assert f"Permanentlink{at}" in text(published / "pdf/book.pdf")
    assert f"doi:{KNOWN['doi']}" in text(published / "pdf/book.pdf")
    for name in ("impact", "book"):
        plain = text(sheets / f"{name}.pdf")
        assert "example.org" not in plain
        assert "Permanentlink" not in plain


def unlike(site: Path, name: str) -> list[str]:
    """What is wrong with a PDF, compared with its page."""
    book = SimpleNamespace(facts=KNOWN)
    return [f"{what}: {found}" for what, found, wanted in printed.unlike(site, name, book) if found != wanted]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["pdf/impact.pdf", "pdf/book.pdf"])
def test_a_published_pdf_is_bound_to_its_page(published: Path, name: str) -> None:
    assert unlike(published, name) == []
    path = published / "chapters/impact.html"
    text = path.read_text(encoding="utf-8")
    for old, new, what in (
        (">45</a>% of", ">54</a>% of", "says"),
        ("in collaborative care and", "in usual care and", "says"),
        ("</footer>", "<p>One sentence more.</p></footer>", "says"),
        ("had responded", "responded", "does not say"),
    ):
        if name == "pdf/book.pdf" and "footer" in old:
            continue  # the book has that of its first page
        assert old in text, old
        path.write_text(text.replace(old, new), encoding="utf-8")
        assert any(f"what chapters/impact.html {what}" in fault for fault in unlike(published, name)), old
    path.write_text(text, encoding="utf-8")


def test_another_or_a_missing_pdf_is_refused(published: Path) -> None:
    whole = (published / "pdf/impact.pdf").read_bytes()
    (published / "pdf/impact.pdf").unlink()
    assert [*printed.missing(published)] == ["pdf/impact.pdf"]
    (published / "pdf/impact.pdf").write_bytes((published / "pdf/book.pdf").read_bytes())
    assert unlike(published, "pdf/impact.pdf")
    (published / "pdf/nowhere.pdf").write_bytes(whole)
    assert "which page it is of: False" in unlike(published, "pdf/nowhere.pdf")
    (published / "pdf/nowhere.pdf").unlink()
    (published / "pdf/impact.pdf").write_bytes(whole)
