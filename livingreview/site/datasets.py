"""The pages of data: how each is cited, as reference managers and search engines for data read it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from livingreview.evidence import SOURCES, load
from livingreview.evidence.identifiers import address as register_address
from livingreview.site import citing, numbers_file
from livingreview.site.datafiles import BIBLIOGRAPHY, DESCRIPTION, FOLDER, SPREADSHEET, archive_name
from livingreview.site.published import CHAPTERS

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_ZIP, _CSV, _BIBTEX = "application/zip", "text/csv", "application/x-bibtex"


def of_page(facts: dict[str, str], page: str, title: str) -> citing.Item:
    """Write the record of a page of data.

    Parameters
    ----------
    facts : dict of str to str
        The facts of the review.
    page : str
        Path of the page from the root of the site.
    title : str
        Its title.

    Returns
    -------
    dict
        A CSL-JSON item.
    """
    whole = citing.of_review(facts)
    kept = {name: whole[name] for name in ("author", "publisher", "issued", "language", "note")}
    item = {
        "type": "dataset",
        "title": f"{title}. Data of: {facts['title']}",
        "version": facts["version"],
        **kept,
        "URL": citing.address(facts, page, facts["version"]),
    }
    return {name: value for name, value in item.items() if value}


def tags(item: citing.Item) -> list[tuple[str, str]]:
    """Write the tags of the head of a page of data; those for scholarly papers are left to the chapters."""
    names = [f"{n['family']}, {n['given']}" if "family" in n else f"{n['literal']}," for n in item["author"]]
    day = "-".join(f"{part:02}" for part in item["issued"]["date-parts"][0])
    named = [
        ("DC.title", item["title"]),
        *(("DC.creator", name) for name in names),
        ("DC.date", day),
        ("DC.publisher", item["publisher"]),
        ("DC.language", item["language"]),
        ("DC.rights", load().facts["licence"]),
        ("DC.type", "dataset"),
        ("DC.identifier", item.get("URL", "")),
        ("prism.edition", f"Version {item['version']}"),
    ]
    return [(name, text) for name, text in named if text]


def linked_data(facts: dict[str, str], page: str) -> citing.Item:
    """Describe the data of a page in the terms of schema.org: of the page of the whole package, each of its tables.

    Parameters
    ----------
    facts : dict of str to str
        The facts of the review.
    page : str
        Name of the page.

    Returns
    -------
    dict
        JSON-LD; downloads only where the site has an address, since a path alone leads nowhere.
    """
    package, pages = load().package, load().pages
    site = facts["site_url"].rstrip("/")
    item = of_page(facts, f"{CHAPTERS}/{page}.html", "")
    common = {
        "creator": citing.organisations(item["author"]),
        "license": facts["licence_url"],
        "version": facts["version"],
        "datePublished": facts["evidence_searched_to"],
        "isAccessibleForFree": True,
    }

    def dataset(name: str, description: str, path: str, encoding: str) -> citing.Item:
        thing: citing.Item = {"@type": "Dataset", "name": name, "description": description, **common}
        if site:
            download = {"@type": "DataDownload", "contentUrl": f"{site}/{path}", "encodingFormat": encoding}
            thing["distribution"] = [download]
        return thing

    parts = {
        resource["name"]: dataset(
            f"{package['title']}: {resource['name'].replace('-', ' ')}",
            f"{resource['description']} {package['description']}",
            f"{FOLDER}/{resource['path']}",
            _CSV,
        )
        for resource in package["resources"]
    }
    whole = dataset(package["title"], package["description"], archive_name(), _ZIP)
    whole |= {"identifier": register_address("doi", facts["doi"])} if facts["doi"] else {}
    own = [part for name, part in parts.items() if pages.get(name.replace("-", "_")) == page]
    if page == pages[SOURCES]:
        own = [dataset(f"{package['title']}: sources", package["description"], f"{FOLDER}/{BIBLIOGRAPHY}", _BIBTEX)]
    described = {**own[0], "hasPart": own[1:]} if own else {**whole, "hasPart": list(parts.values())}
    return {"@context": "https://schema.org", **{name: value for name, value in described.items() if value}}


def fill(app: Sphinx, page: str, _template: str, context: dict[str, Any], document: nodes.document | None) -> None:
    """Hand the template the tags of a page of data."""
    name, metadata = page.removeprefix(f"{CHAPTERS}/"), app.env.metadata.get(page, {})
    is_data = (name in load().pages.values() or "datasets" in metadata) and "cite" not in metadata
    if document is None or app.builder.format != "html" or not is_data:
        return
    facts = load().facts
    item = of_page(facts, f"{page}.html", app.env.titles[page].astext())
    context["citation_tags"] = tags(item)
    context["linked_data"] = citing.script_text(linked_data(facts, name))


#: How figures and numbers are shown on other sites.
ELSEWHERE = (
    "For other sites: every figure and number is an image that names its source. It can be shown as it is in an "
    "<code>img</code>, or in an <code>iframe</code>, where it is a link to its page; no script comes with it. The card "
    "of a number and the downloads of a figure have the code to copy. An address at the root follows the newest "
    "version; one with a version in it stays as it was. A site with a content security policy names this one in "
    "<code>img-src</code> or <code>frame-src</code>."
)


class DataPackage(SphinxDirective):
    """``{data-package}``: the data as downloads, and how they open in a spreadsheet."""

    def run(self) -> list[nodes.Node]:
        """Write the links, and mark the page for its description of the data."""
        self.env.metadata[self.env.docname]["datasets"] = "yes"
        up = "../" * self.env.docname.count("/")
        names = [DESCRIPTION, *(resource["path"] for resource in load().package["resources"]), BIBLIOGRAPHY]
        links = [f'<a href="{up}{FOLDER}/{name}" download>{html.escape(name)}</a>' for name in names]
        licence = load().facts["licence"]
        text = (
            f'<p class="lr-download"><a href="{up}{archive_name()}" download>Download the whole data package</a> '
            f"(ZIP, {licence}; a Frictionless Data Package, valid by itself), or a single file: {', '.join(links)}.</p>"
            f'<p class="lr-download">{SPREADSHEET}</p>'
            f'<p class="lr-download">For programs: <a href="{up}{numbers_file.FILE}">every published number</a>, with '
            f'<a href="{up}{numbers_file.SCHEMA}">the schema of that file</a>.</p>'
            f'<p class="lr-download">{ELSEWHERE}</p>'
        )
        return [nodes.raw("", text, format="html")]
