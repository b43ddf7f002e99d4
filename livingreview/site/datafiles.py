"""The data as files for readers: each as it is, and the whole package as one archive. Read as bytes, never as facts."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingreview.evidence import DATA, Source, load, split
from livingreview.evidence.identifiers import address as register_address

if TYPE_CHECKING:
    from sphinx.application import Sphinx

#: Folder of the data files and the archive, from the root of the site.
FOLDER = "data"
DESCRIPTION = "datapackage.json"
BIBLIOGRAPHY = "references.bib"
#: How the files open in a spreadsheet: a double click reads them in another encoding, and shortens numbers.
SPREADSHEET = (
    "In Excel do not open a file with a double click: choose Data, then From Text, the origin Unicode and no "
    "detection of data types. Otherwise letters with accents break, and numbers lose the zeros at their end."
)

_README = """{title}
{line}

Version {version}. Evidence read to {searched}. License: {licence}.

`datapackage.json` describes every table and every column: a Frictionless Data Package, which
`frictionless validate datapackage.json` checks. It has the SHA-256 of every file. A blank cell means that the source
does not say, never zero. Numbers stand as they were printed, with their trailing zeros. Sources are in
`references.bib`; `CITATION.cff` says how to cite.

{spreadsheet}
"""


def members(data: Path) -> list[Path]:
    """List the files of the package as they are in the repository: tables, bibliography, license and citation."""
    beside = (path for name in ("CITATION.cff", "LICENSE-CONTENT") for path in data.parent.glob(name))
    return [*sorted(data.glob("*.csv")), data / BIBLIOGRAPHY, *beside]


def archive_name() -> str:
    """Path of the archive from the root of the site, after the name of the package."""
    return f"{FOLDER}/{load().package['name']}-data.zip"


def content(path: Path) -> bytes:
    """Read a file with the line ends of the repository: a checkout may have turned them into others."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def description(data: Path) -> bytes:
    """Write ``datapackage.json`` as it leaves the review: with version, date, sources, and the hash of every table.

    Parameters
    ----------
    data : Path
        Folder of the data.

    Returns
    -------
    bytes
        What depends on an address that is not known is left out.
    """
    book = load()
    facts, package = book.facts, json.loads(content(data / DESCRIPTION))
    identifier = register_address("doi", facts["doi"]) if facts["doi"] else f"{package['name']}-{facts['version']}"
    stated = {
        "id": identifier,
        "version": facts["version"],
        "created": f"{facts['evidence_searched_to']}T00:00:00Z",
        "homepage": facts["site_url"],
        "keywords": split(facts["keywords"]),
        "sources": [_described(source) for source in book.sources.values()],
    }
    resources = [resource | _measured(data / resource["path"]) for resource in package.pop("resources")]
    package |= {name: value for name, value in stated.items() if value}
    return f"{json.dumps({**package, 'resources': resources}, ensure_ascii=False, indent=1)}\n".encode()


def _described(source: Source) -> dict[str, str]:
    path = next(iter(source.registered), source.url)
    return {"title": source.cited_title} | ({"path": path} if path else {})


def _measured(path: Path) -> dict[str, Any]:
    held = content(path)
    return {"hash": f"sha256:{hashlib.sha256(held).hexdigest()}", "bytes": len(held)}


def readme(facts: dict[str, str]) -> str:
    """Write what whoever unpacks the archive reads first."""
    title = load().package["title"]
    return _README.format(
        title=title,
        line="=" * len(title),
        version=facts["version"],
        searched=facts["evidence_searched_to"],
        licence=facts["licence"],
        spreadsheet=SPREADSHEET,
    )


@functools.cache
def archive(data: Path) -> bytes:
    """Pack the data package, with ``datapackage.json`` at its top.

    Members are in order and have no time: the same files give the same bytes, with the same compressor.
    """
    files = {DESCRIPTION: description(data), "README.md": readme(load().facts).encode()}
    files |= {path.name: content(path) for path in members(data)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for name, held in files.items():
            member = zipfile.ZipInfo(name)
            member.create_system, member.external_attr = 3, 0o644 << 16  # the same on every system
            package.writestr(member, held, zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


def data_hash(data: Path) -> str:
    """SHA-256 of ``datapackage.json``, which has that of every table: the same whatever compressed the archive."""
    return hashlib.sha256(description(data)).hexdigest()


def write(app: Sphinx, error: Exception | None) -> None:
    """Put the data files and the archive beside the pages."""
    if error is None and app.builder.format == "html":
        folder = Path(app.outdir) / FOLDER
        folder.mkdir(exist_ok=True)
        (folder / DESCRIPTION).write_bytes(description(DATA))
        for path in members(DATA):
            (folder / path.name).write_bytes(content(path))
        (Path(app.outdir) / archive_name()).write_bytes(archive(DATA))
