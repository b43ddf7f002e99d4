"""The heartbeat: how current the review is, for machines, and a feed of its versions and of what they changed.

Both are written with the pages, from the same data. No clock is read: what holds from which day on is written down, and
who reads it knows the day.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from livingreview.evidence import Evidence, load
from livingreview.evidence.ledger import ledger
from livingreview.history import versions
from livingreview.publish import searched

if TYPE_CHECKING:
    from sphinx.application import Sphinx

STATUS, FEED = "status.json", "feed.xml"
ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True)
class Entry:
    """An entry of the feed: what names it for ever, and what it says."""

    name: str
    title: str
    updated: str
    content: str


def status(book: Evidence) -> str:
    """The file for machines: words and dates of the whole, of each search, of each notice and version."""
    facts = book.facts
    kept = ledger(book)
    searches = [
        {
            "source": row["source"],
            "last_search": row["last_search"] or None,
            "next_due": row["next_due"],
            "last_complete_run": max((run["day"] for run in kept.complete_runs(str(i))), default=None),
            "records": sum(record["search_id"] == i for record in kept.records.values()),
            "open": kept.open_of(str(i)),
            "missing": (kept.last_run(str(i)) or {}).get("missing") or None,
        }
        for i, row in book.searches.iterrows()
    ]
    notices = [
        {"source": row["source_key"], "kind": row["kind"], "date": row["date"] or None, "where": row["where"]}
        for _, row in book.notices.iterrows()
    ]
    whole = {
        "title": facts["title"],
        "version": facts["version"],
        "evidence_searched_to": facts["evidence_searched_to"],
        "next_search_due": facts["next_search_due"],
        "dormant_from": facts["dormant_from"],
        "status": [{"status": name, "from": start} for name, start in searched.spells(book)],
        "searched": searched.status(book),
        "searches": searches,
        "waiting": [asdict(one) for one in searched.waiting(book)],
        "notices": notices,
        "versions": [{"version": one.name, "date": one.date} for one in versions.stored(book.data.parent)],
        "feed": FEED,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def entries(book: Evidence) -> list[Entry]:
    """What the feed tells, the newest first: the status, versions, why each changed what, and notices."""
    found = [_of_status(book), *_of_versions(book), *_of_notices(book)]
    return sorted(found, key=lambda entry: entry.updated, reverse=True)


def _of_status(book: Evidence) -> Entry:
    """The status as the pages have it, under one name for ever: its day says when the ledger changed last."""
    rows = [*book.rows("runs"), *book.rows("screenings")]
    updated = max([book.facts["evidence_searched_to"], *(row["day"] for row in rows)])
    return Entry("status", "Status of the searches", updated, searched.in_words(book))


def _of_versions(book: Evidence) -> Iterator[Entry]:
    for new, old in versions.pairs(book):
        about = f"{versions.PARTS[new.part].capitalize()}. Evidence read to {new.searched_to}."
        yield Entry(f"version/{new.name}", f"Version {new.name}", new.date, about)
        for number, (what, reason) in enumerate(new.material, 1):
            title = f"Material change in version {new.name}: {what}"
            yield Entry(f"version/{new.name}/material/{number}", title, new.date, f"{what} {reason}.")
        for i, cause in book.causes[book.causes["version"] == new.name].iterrows():
            moved = [one for one in versions.changes(new, old) if i in one.causes] if old else []
            numbers = "; ".join(f"{one.label}: {one.old or 'new'} -> {one.new or 'gone'}" for one in moved)
            said = (
                f"{cause['what']} For whom it matters: {cause['for_whom']}. {numbers or 'No published number changed'}."
            )
            kind = str(cause["kind"]).replace("_", " ").capitalize()
            yield Entry(f"cause/{i}", f"{kind} in version {new.name}", new.date, said)


def _of_notices(book: Evidence) -> Iterator[Entry]:
    for _, row in book.notices.iterrows():
        kind = str(row["kind"]).replace("_", " ").capitalize()
        source = book.sources[row["source_key"]]
        when = f" of {row['date']}" if row["date"] else ""
        said = f"{source.title} ({source.name}). The notice{when}: {row['where']}. What rests on it is marked."
        name = f"notice/{row['source_key']}/{row['kind']}/{row['where']}"
        yield Entry(name, f"{kind}: {source.name}", row["recorded"], said)


def feed(book: Evidence) -> bytes:
    """The feed in the Atom syndication format (RFC 4287); links are left out until the address of the site is known."""
    facts, found = book.facts, entries(book)
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed")
    newest = max([entry.updated for entry in found] or [facts["evidence_searched_to"]])
    _add(root, "id", _urn(book, "feed"))
    _add(root, "title", f"{facts['title']}: versions and material changes")
    _add(root, "updated", f"{newest}T00:00:00Z")
    _add(_add(root, "author"), "name", facts["contributors"])
    _add(root, "rights", f"Text, figures and data: {facts['licence']}")
    site = facts["site_url"].rstrip("/")
    if site:
        _add(root, "link", rel="self", type="application/atom+xml", href=f"{site}/{FEED}")
        _add(root, "link", rel="alternate", type="text/html", href=f"{site}/chapters/changes.html")
    for entry in found:
        one = _add(root, "entry")
        _add(one, "id", _urn(book, entry.name))
        _add(one, "title", entry.title)
        _add(one, "updated", f"{entry.updated}T00:00:00Z")
        if site:
            page = {"notice": "notices", "status": "methods"}.get(entry.name.partition("/")[0], "changes")
            _add(one, "link", rel="alternate", type="text/html", href=f"{site}/chapters/{page}.html")
        _add(one, "content", entry.content, type="text")
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{ATOM}}}{tag}", attributes)
    element.text = text or None
    return element


def _urn(book: Evidence, name: str) -> str:
    """A name that is the same at every build and needs no address (RFC 9562, version 5)."""
    own = uuid.uuid5(uuid.NAMESPACE_OID, str(book.package["name"]))
    return uuid.uuid5(own, name).urn


def write(app: Sphinx, error: Exception | None) -> None:
    """Put both files beside the pages."""
    if error is None and app.builder.format == "html":
        (Path(app.outdir) / STATUS).write_text(status(load()), encoding="utf-8")
        (Path(app.outdir) / FEED).write_bytes(feed(load()))
