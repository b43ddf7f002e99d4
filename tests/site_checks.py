"""Checks of built pages. Each takes the site, as `pages` reads it, and says what is wrong, one line a finding."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import zotero
from bs4 import BeautifulSoup, Tag

Site = dict[Path, BeautifulSoup]
Check = Callable[[Site], Iterator[str]]

MAX_ALT = 250  # characters of the short text that is read in place of a figure
MAX_BYTES = 40_000  # of a page as it is sent, with all that it loads at first


def pages(root: Path) -> Site:
    """Read every page of a built site."""
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
        for path in sorted(root.rglob("*.html"))
        if "_static" not in path.parts
    }


def ids(page: BeautifulSoup) -> list[str]:
    """List the ids of a page."""
    return [str(tag["id"]) for tag in page.find_all(id=True)]


def broken_links(site: Site) -> Iterator[str]:
    """Find internal links to a page or an anchor that is not there."""
    anchors = {path.resolve(): set(ids(page)) for path, page in site.items()}
    for path, page in site.items():
        for href in {str(link["href"]) for link in page.select("a[href]")}:
            parts = urlsplit(href)
            if parts.scheme or parts.netloc:
                continue
            place = unquote(parts.path)
            if path.name == "404.html" and place.startswith(
                "/"
            ):  # from the root of the host, of which we know no folder
                place = re.sub(r"^/[^/]+/", "", place)
            target = (path.parent / place).resolve() if place else path.resolve()
            if target.suffix != ".html" and target.is_file():
                continue
            if target not in anchors:
                yield f"{path.name}: {href}: no such page"
            elif parts.fragment and unquote(parts.fragment) not in anchors[target]:
                yield f"{path.name}: {href}: no such anchor"


def holes(site: Site) -> Iterator[str]:
    """Find places where a number or a word is missing, or where markup stands in its place."""
    for path, page in site.items():
        for tag in page.select("a.n"):
            text = tag.get("aria-label") if "lr-turn" in tag["class"] else tag.get_text(strip=True)
            if not text or not tag.get("title"):
                yield f"{path.name}: a number without text or origin: {tag}"
        for tag in page.select(".problematic, .system-message, a a"):
            yield f"{path.name}: {tag}"
        for text in page.find_all(string=re.compile(r"\{[a-z-]+\}`|:::")):
            if not text.find_parent(["pre", "code", "script", "style"]):
                yield f"{path.name}: markup in the text: {text.strip()[:80]}"


def small_print(site: Site) -> Iterator[str]:
    """Check that titles and descriptions are as long as search engines show, and that a link says where it leads."""
    for path, page in site.items():
        title, description = page.select_one("title"), page.select_one("meta[name=description]")
        if title is None or not 0 < len(title.get_text()) < 70:
            yield f"{path.name}: a title of the tab must have fewer than 70 characters: {title}"
        if description is not None and not 0 < len(str(description["content"])) < 160:
            yield f"{path.name}: a description must have fewer than 160 characters: {description}"
        for script in page.select("script[type='application/ld+json']"):
            data = json.loads(script.get_text())
            if data.get("about", {"@type": "Thing"})["@type"] != "Thing":
                yield f"{path.name}: what a page is about must be a Thing: {data['about']}"
            if '"contentUrl":"..' in script.get_text() or "/../" in script.get_text():
                yield f"{path.name}: an address in linked data must be whole"
        for link in page.select("main a.n:not([aria-label])"):
            if link.get_text(strip=True) in ("more", "fewer", "lower", "higher", "less"):
                yield f"{path.name}: a link does not say where it leads: {link.get_text()}"


def repeated_ids(site: Site) -> Iterator[str]:
    """Find ids that a page has twice."""
    for path, page in site.items():
        for name, count in Counter(ids(page)).items():
            if count > 1:
                yield f"{path.name}: id {name} stands {count} times"


def outline(site: Site) -> Iterator[str]:
    """Check that a page has a language, a title, one main part, one first heading, and what each must say."""
    for path, page in site.items():
        if not (page.html and page.html.get("lang") and page.title and page.title.get_text(strip=True)):
            yield f"{path.name}: no language or no title"
        for name in ("main", "h1", ".lr-strip", "body > .page footer"):
            if len(page.select(name)) != 1:
                yield f"{path.name}: has {len(page.select(name))} times {name}"
        for words in ("Texts read to", "No systematic search", "In crisis?", "not medical advice"):
            if words not in page.get_text():
                yield f"{path.name}: does not say '{words}'"


def figures(site: Site) -> Iterator[str]:
    """Check that every drawing has a title, a description and its data; one that is hidden repeats what words say."""
    for path, page in site.items():
        for svg in page.select("main svg:not([aria-hidden=true], svg svg)"):
            names = [str(svg.get(f"aria-{by}", "")) for by in ("labelledby", "describedby")]
            texts = [tag.get_text(strip=True) for tag in svg.find_all(["title", "desc"]) if tag.get("id") in names]
            figure = svg.find_parent("figure")
            if len(texts) != 2 or not all(texts) or svg.get("role") != "img":
                yield f"{path.name}: a drawing without title or description: {names}"
            elif len(texts[0]) > MAX_ALT:
                yield f"{path.name}: a short text of {len(texts[0])} characters, more than {MAX_ALT}: {texts[0]}"
            if figure is not None and figure.find(True) != figure.find("figcaption"):
                yield f"{path.name}: a caption must come first in its figure: {names}"
            if figure is None or not figure.select("figcaption") or not figure.select("details.lr-data table"):
                yield f"{path.name}: a figure without caption or data: {names}"


def tables(site: Site) -> Iterator[str]:
    """Check that every table has a caption of its own, header cells with a scope, and scrolls within itself."""
    for path, page in site.items():
        names: set[str] = set()
        for table in page.select("table"):
            caption = table.find("caption", recursive=False)
            name = caption.get_text(" ", strip=True) if caption else ""
            if not name:
                yield f"{path.name}: a table without caption: {table.get_text(' ', strip=True)[:60]}"
            if not table.select("th") or any(th.get("scope") not in ("col", "row") for th in table.select("th")):
                yield f"{path.name}: table '{name}': header cells need a scope"
            around = table.parent
            if name in names:
                yield f"{path.name}: two tables are called '{name}', and so are their regions"
            names.add(name)
            if not (isinstance(around, Tag) and around.get("role") == "region" and around.get("tabindex") == "0"):
                yield f"{path.name}: table '{name}': must stand in a region that scrolls"


def requests(page: BeautifulSoup) -> list[str]:
    """List what a page loads by itself."""
    loads = page.select("script[src], img[src], iframe[src], source[src], link[rel~=stylesheet], link[rel~=icon]")
    styles = " ".join(
        [*(tag.get_text() for tag in page.select("style")), *(str(t["style"]) for t in page.select("[style]"))]
    )
    urls = [str(tag.get("src") or tag.get("href")) for tag in loads]
    urls += re.findall(r"(?:url\(|@import )['\"]?([^'\")\s]+)", styles)
    return [url for url in urls if not url.startswith(("data:", "#"))]


def weight(site: Site) -> Iterator[str]:
    """Check that a page loads nothing from other hosts, and little from its own. The search loads what it may find."""
    for path, page in site.items():
        loads = requests(page)
        if any(urlsplit(url).netloc for url in loads):
            yield f"{path.name}: loads from another host: {loads}"
        if path.name != "search.html":
            files = [path, *((path.parent / urlsplit(url).path).resolve() for url in loads)]
            size = sum(len(gzip.compress(file.read_bytes(), mtime=0)) for file in files)
            if len(files) > 3 or size > MAX_BYTES:
                yield f"{path.name}: first load is {len(files)} requests, {size} bytes"


def policies(site: Site) -> Iterator[str]:
    """Check that every page has a content security policy that admits its inline scripts, and no other."""
    for path, page in site.items():
        meta = page.select_one('meta[http-equiv="Content-Security-Policy"]')
        policy = str(meta["content"]) if meta else ""
        found = set(re.findall(r"'(sha256-[^']+)'", policy))
        inline = [tag.get_text() for tag in page.select("script:not([src]):not([type='application/ld+json'])")]
        hashes = {"sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline}
        if page.select("head link[rel~=next], head link[rel~=prefetch]"):
            yield f"{path.name}: a browser loads another page ahead, which the policy forbids"
        if "default-src 'none'" not in policy or found != hashes:
            yield f"{path.name}: the policy admits {sorted(found)}, the page has {sorted(hashes)}"


def citations(site: Site) -> Iterator[str]:
    """Check that a reference manager gets the same from a page's tags as from each of its downloads."""
    for path, page in site.items():
        if not page.select(".lr-cite"):
            continue
        item = zotero.embedded(page)
        if item["itemType"] != ("book" if path.name == "index.html" else "bookSection"):
            yield f"{path.name}: arrives as {item['itemType']}"
        links = [str(link["href"]) for link in page.select(".lr-cite .lr-download a")]
        read = {".bib": zotero.from_bibtex, ".ris": zotero.from_ris, ".json": zotero.from_csl}
        if [Path(link).suffix for link in links] != list(read):
            yield f"{path.name}: offers {links}"
        for link in links:
            other = read[Path(link).suffix]((path.parent / link).read_text(encoding="utf-8"))
            for field in ("itemType", "creators", *zotero.FIELDS):
                if other[field] != item[field]:
                    yield f"{path.name}: {field} is {item[field]!r}, in {link} {other[field]!r}"
        for field in ("creators", "title", "date", "edition", "publisher", "language", "rights", "abstractNote"):
            if not item[field]:
                yield f"{path.name}: no {field}"


def linked_data(site: Site) -> Iterator[str]:
    """Check that linked data is JSON and says what it is about, and that its downloads are there."""
    for path, page in site.items():
        for script in page.select("script[type='application/ld+json']"):
            data = json.loads(script.get_text())
            things = [data, *data.get("hasPart", [])]
            if not isinstance(data.get("about", {}), dict) or "../" in script.get_text():
                yield f"{path.name}: what it is about is no thing, or a path stands for an address"
            for thing in things:
                if not thing.get("license") or not thing.get("version") or not (thing.get("name") or thing["headline"]):
                    yield f"{path.name}: {thing.get('@type')} lacks licence, version or name"
                for download in thing.get("distribution", ()):
                    url = download["contentUrl"]
                    if not urlsplit(url).netloc and not (path.parent / url).is_file():
                        yield f"{path.name}: no such file: {url}"


def scripts(path: Path, page: BeautifulSoup) -> str:
    """Return all that runs on a page: the scripts in it, and those it loads from this site."""
    runs = page.select('script:not([type="application/ld+json"])')
    files = [(path.parent / str(tag["src"])).resolve() for tag in runs if tag.get("src")]
    return "\n".join([*(tag.get_text() for tag in runs), *(file.read_text(encoding="utf-8") for file in files)])


def private(site: Site) -> Iterator[str]:
    """Check that no script keeps anything but the theme, sends anything, or builds markup from text."""
    for path, page in site.items():
        text = scripts(path, page)
        kept = set(re.findall(r"localStorage\.?\w*(?:\([^,)]*)?", text))
        if kept - {'localStorage.getItem("theme"', 'localStorage.setItem("theme"'}:
            yield f"{path.name}: keeps in the browser: {sorted(kept)}"
        code = text.partition("const ENTRIES")[0]  # what may be found is text of others
        for word in _FORBIDDEN.findall(code):
            yield f"{path.name}: a script holds {word}"
        for tag in page.find_all(lambda tag: any(name.startswith("on") for name in tag.attrs)):
            yield f"{path.name}: a script in an attribute: {str(tag)[:80]}"
        for link in page.select("[href], [src], [action]"):
            address = str(link.get("href") or link.get("src") or link.get("action"))
            known = link.name == "link" or address == "tel:988" or link.parent.get("id") == "lr-error"
            if urlsplit(address.strip()).scheme.lower() not in ("", "http", "https") and not known:
                yield f"{path.name}: a link to {address[:40]}"


_FORBIDDEN = re.compile(
    r"cookie|sessionStorage|indexedDB|sendBeacon|WebSocket|EventSource|XMLHttpRequest|serviceWorker|https?:"
    r"|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\bimport\("
)


def unused(site: Site) -> Iterator[str]:
    """Find scripts and styles that no page loads."""
    root = min(site, key=lambda path: len(path.parts)).parent
    used = {(path.parent / urlsplit(url).path).resolve() for path, page in site.items() for url in requests(page)}
    for path in (root / "_static").rglob("*"):
        if path.is_file() and path.resolve() not in used:
            yield f"{path.relative_to(root)}: no page loads it"


CHECKS: tuple[Check, ...] = (
    broken_links,
    holes,
    small_print,
    repeated_ids,
    outline,
    figures,
    tables,
    weight,
    policies,
    private,
    unused,
)


#: What each figure offers: the drawing, a picture of it, a slide, and its data.
OFFERED = [".svg", ".png", ".slide.png", ".csv"]


def downloads(site: Site) -> Iterator[str]:
    """Check that every figure and every source offers its files, with a line on source and licence."""
    for path, page in site.items():
        for figure in page.select("figure.lr-figure"):
            line, table = figure.select_one(".lr-download"), figure.select_one("table")
            links = [path.parent / str(link["href"]) for link in figure.select(".lr-download a[download]")]
            if line is None or table is None or ["".join(link.suffixes) for link in links] != OFFERED:
                yield f"{path.name}: a figure offers {[link.name for link in links]}"
                continue
            if "Source: this review, version " not in line.get_text() or "License: CC BY 4.0." not in line.get_text():
                yield f"{path.name}: {links[0].stem} does not say source and licence: {line.get_text()}"
            drawing, *pictures, data = links
            with data.open(encoding="utf-8-sig", newline="") as file:
                rows = [{cell.lstrip("'") for cell in row} for row in csv.reader(file)]
            shown = [
                {" ".join(cell.get_text().split()).replace("−", "-") for cell in row.select("th, td")}
                for row in table.select("tr")
            ]
            if len(rows) != len(shown) or not all(map(set.issubset, shown, rows)):
                yield f"{path.name}: {data.name} has not the table of the figure"
            if not all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures):
                yield f"{path.name}: {pictures[0].stem} is no picture"
            if "<svg" not in drawing.read_text(encoding="utf-8"):
                yield f"{path.name}: {drawing.stem} is no drawing"
        if path.name == "sources.html":
            for row in page.select(".lr-rows > li"):
                offered = [Path(str(link["href"])).name for link in row.select(".lr-download a[download]")]
                if offered != [f"{row['id']}.bib", f"{row['id']}.ris"]:
                    yield f"{path.name}: {row['id']} offers {offered}"


CHECKS += (citations, linked_data, downloads)
