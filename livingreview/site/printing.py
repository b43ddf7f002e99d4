"""Pages on paper: running lines for the browser's own print command, and PDF of each chapter and of the whole book.

The browser that is installed prints what the style sheet says; nothing here lays out a page.
"""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lxml import html as parser

from livingreview.evidence import load
from livingreview.publish.fitting import css_text
from livingreview.repository import replace_file
from livingreview.site import citing

if TYPE_CHECKING:
    from docutils import nodes
    from playwright.sync_api import Page
    from sphinx.application import Sphinx

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
PAPERS = ("A4", "Letter")
BOOK = "book"
#: Set in the environment of a build whose pages are published: they have PDFs beside them, and say so.
PUBLISHED = "SITE_PDF"
#: Folder of these, from the root of the site, and their paper.
FOLDER, PAPER = "pdf", "Letter"

# Links to other pages lead into the published site, or nowhere: on paper a path of this machine helps nobody.
_LINKS = """([root, site]) => {
  for (const link of document.querySelectorAll("a[href]")) {
    const href = link.href, here = location.href.split("#")[0];
    if (!href.startsWith("file:") || href.split("#")[0] === here) continue;
    if (site && href.startsWith(root)) link.href = site + href.slice(root.length);
    else link.removeAttribute("href");
  }
}"""


class PrintError(Exception):
    """Nothing can be printed; the message says why and what to do."""


def running(title: str, facts: dict[str, str]) -> str:
    """Write the running lines of a page: its title, the version and its date; the style sheet numbers the pages."""
    version = f"Version {facts['version']}, evidence read to {facts['evidence_searched_to']}"
    boxes = (("top-left", title), ("top-right", version), ("bottom-left", facts["title"]))
    return "@page{" + "".join(f"@{box}{{content:{css_text(content)}}}" for box, content in boxes) + "}"


def fill(app: Sphinx, page: str, _template: str, context: dict[str, Any], _document: nodes.document | None) -> None:
    """Hand the template the running lines of a page, and its PDF where there is one."""
    title = parser.fragment_fromstring(context.get("title") or "", create_parent="p").text_content()
    context["running"] = running(title, context["review"])
    if os.environ.get(PUBLISHED) and "cite" in app.env.metadata.get(page, {}):
        path = f"{FOLDER}/{BOOK if page == app.config.root_doc else Path(page).name}.pdf"
        context["pdf"] = path
        if place := citing.address(load().facts, path, load().facts["version"]):
            context["citation_tags"].append(("citation_pdf_url", place))


def browser() -> str:
    """Find the browser of this machine.

    Raises
    ------
    PrintError
        If there is none.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise PrintError(f"There is no browser to print with. Install one of: {', '.join(BROWSERS)}.")
    return found


def contents(site: Path) -> list[str]:
    """List the pages in the order of the contents, as paths from the root of the site."""
    first = parser.parse(str(site / "index.html"))
    links = [unquote(link.get("href", "")) for link in first.xpath('//nav[@id="chapters"]//li//a')]
    return ["index.html", *(link for link in links if link.endswith(".html"))]


def joined(site: Path, pages: list[str]) -> str:
    """Make one page of all: ids are those of each page with its name before them, links follow."""
    whole = parser.parse(str(site / pages[0])).getroot()
    (main,) = whole.xpath('//main[@id="main"]')
    names = {page: Path(page).stem for page in pages}
    texts = []
    for page in pages:
        root = parser.parse(str(site / page)).getroot()
        (article,) = root.xpath('//main[@id="main"]/div[@class="article"]')
        _rename(article, names[page], page, names)
        article.set("id", names[page])
        article.set("class", "article lr-sheet")
        texts.append(article)
    for old in main.xpath('./div[@class="article"] | ./nav'):
        main.remove(old)
    listed = parser.Element("ul")
    for page, article in zip(pages[1:], texts[1:], strict=True):
        item = parser.fragment_fromstring("<li><a></a></li>")
        item[0].set("href", f"#{names[page]}")
        item[0].text = article.xpath(".//h1")[0].text_content()
        listed.append(item)
    table = parser.fragment_fromstring('<div class="article lr-sheet"><h1>Contents</h1></div>')
    table.append(listed)
    main.extend([texts[0], table, *texts[1:]])
    return "<!doctype html>\n" + str(parser.tostring(whole, encoding="unicode"))


def _rename(article: Any, name: str, page: str, names: dict[str, str]) -> None:
    """Put the name of a page before its ids, and lead links to the parts of the joined page."""
    for element in article.iter():
        for attribute in ("id", "aria-labelledby", "aria-describedby", "for", "headers"):
            if element.get(attribute):
                element.set(attribute, " ".join(f"{name}--{one}" for one in element.get(attribute).split()))
        href = element.get("href", "")
        if element.tag == "a" and href and not re.match(r"[a-z]+:", href):
            path, _, anchor = unquote(href).partition("#")
            target = (Path("/", page).parent / path).resolve().relative_to("/").as_posix() if path else page
            if target in names:
                element.set("href", f"#{names[target]}--{anchor}" if anchor else f"#{names[target]}")
            else:
                del element.attrib["href"]


def publish(site: Path, facts: dict[str, str], say: Callable[[str], object] = print) -> None:
    """Print the whole book and each page that names its PDF, and put the files into the site.

    Parameters
    ----------
    site : Path
        Folder of the built pages.
    facts : dict of str to str
        The facts of the review.
    say : callable
        Called with a line for each file.

    Raises
    ------
    PrintError
        If there is no browser.
    """
    named = [Path(page).stem for page in contents(site)[1:] if f"{FOLDER}/{Path(page).stem}.pdf" in _text(site / page)]
    with TemporaryDirectory(prefix="livingreview-") as made:
        printed = print_all(site, Path(made, FOLDER), facts, (PAPER,), say, names=[BOOK, *named])
        (site / FOLDER).mkdir()
        for path in printed:
            shutil.copyfile(path, site / FOLDER / path.name)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def print_all(
    site: Path,
    out: Path,
    facts: dict[str, str],
    papers: Sequence[str] = PAPERS,
    say: Callable[[str], object] = print,
    *,
    names: Sequence[str] = (),
) -> list[Path]:
    """Print pages, or each chapter and the whole book.

    Parameters
    ----------
    site : Path
        Folder of the built pages.
    out : Path
        Folder of the PDF files, with a folder for each paper.
    facts : dict of str to str
        The facts of the review.
    papers : sequence of str
        Sizes of paper, in any case.
    say : callable
        Called with a line for each file.
    names : sequence of str
        Names of pages, such as ``impact``, or ``book`` for the whole; all when left out.

    Returns
    -------
    list of Path
        The files, in the order of the contents, the book first.

    Raises
    ------
    PrintError
        If a page or a paper is not known.
    """
    pages, made = contents(site), []
    sources = {BOOK: out / f"{BOOK}.html", **{Path(page).stem: site / page for page in pages[1:]}}
    sheets = _known("paper", papers, {paper.lower(): paper for paper in PAPERS})
    chosen = _known("page", names or sources, {name: name for name in sources})
    draft = sources[BOOK]
    out.mkdir(parents=True, exist_ok=True)
    if BOOK in chosen:
        draft.write_text(joined(site, pages), encoding="utf-8")
    try:
        with printer(site, facts) as put:
            for paper in sheets:
                (out / paper).mkdir(exist_ok=True)
                for name in chosen:
                    made.append(out / paper / f"{name}.pdf")
                    put(sources[name], made[-1], paper)
                    say(f"   {made[-1].relative_to(out.parent).as_posix()}")
    finally:
        draft.unlink(missing_ok=True)
    return made


def _known(what: str, asked: Iterable[str], known: dict[str, str]) -> list[str]:
    """Read what is asked for, in the order of what there is."""
    names = {name.lower() for name in asked}
    if unknown := sorted(names - known.keys()):
        raise PrintError(f"No {what} is called {', '.join(unknown)}. Choose from: {', '.join(known.values())}.")
    return [known[name] for name in known if name in names]


@contextmanager
def printer(site: Path, facts: dict[str, str]) -> Iterator[Callable[[Path, Path, str], None]]:
    """Start the browser; what is given prints a page of the site to a file on a size of paper."""
    from playwright.sync_api import sync_playwright

    into = citing.address(facts, "", facts["version"])
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        # without scripts the status is told by its dates, which stay true on paper
        page = chromium.new_context(java_script_enabled=False, color_scheme="light").new_page()

        def put(source: Path, target: Path, paper: str) -> None:
            page.goto(source.resolve().as_uri())
            page.evaluate(_LINKS, [f"{site.resolve().as_uri()}/", into])
            _print(page, target, paper, facts)

        yield put
        chromium.close()


def _print(page: Page, target: Path, paper: str, facts: dict[str, str]) -> None:
    printed = page.pdf(format=paper, prefer_css_page_size=True, tagged=True, outline=True, print_background=True)
    # two runs differ in the times, and in what the browser had counted before: both are set, in as many bytes
    printed = re.sub(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}", rb"\g<1>20000101000000", printed)
    counted = sorted(set(re.findall(rb"\(node(\d{8})\)", printed)))
    order = {number: b"(node%08d)" % place for place, number in enumerate(counted)}
    printed = re.sub(rb"\(node(\d{8})\)", lambda found: order[found[1]], printed)
    replace_file(target, _described(printed, facts))


def _described(printed: bytes, facts: dict[str, str]) -> bytes:
    """Say in a PDF who wrote it and what it is of: the browser says neither. What it printed stays as it is."""
    from pypdf import PdfWriter

    writer = PdfWriter(io.BytesIO(printed), incremental=True)
    subject = f"{facts['title']}, version {facts['version']}, evidence read to {facts['evidence_searched_to']}"
    writer.add_metadata({"/Author": facts["contributors"], "/Subject": subject})
    described = io.BytesIO()
    writer.write(described)
    return described.getvalue()
