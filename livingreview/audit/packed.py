"""Whether the data package that the site offers is the data, and whether what describes it is true of them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from livingreview.audit.expected import Expected
from livingreview.evidence import split
from livingreview.evidence.identifiers import address
from livingreview.notebooks.outputs import digits

DESCRIPTION, README = "datapackage.json", "README.md"
#: Files of the package that lie beside the data in the repository.
BESIDE = ("CITATION.cff", "LICENSE-CONTENT")

Finding = tuple[str, str, str]


def files(root: Path) -> dict[str, Path]:
    """List the files that the package holds as they are, by name."""
    beside = (path for name in BESIDE for path in root.glob(name))
    tables = (path for path in (root / "data").iterdir() if path.suffix in (".csv", ".bib"))
    return {path.name: path for path in (*tables, *beside)}


def held(path: Path) -> bytes:
    """Bytes of a file of the repository, with its line ends."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def description(expected: Expected) -> dict[str, Any]:
    """What the description of the package must say: the dictionary, the facts, the hash of every table."""
    facts, data = expected.evidence.facts, expected.root / "data"
    package: dict[str, Any] = json.loads(held(data / DESCRIPTION))
    doi = facts["doi"]
    package["id"] = address("doi", doi) if doi else f"{package['name']}-{facts['version']}"
    package["version"], package["created"] = facts["version"], f"{facts['evidence_searched_to']}T00:00:00Z"
    package["keywords"] = split(facts["keywords"])
    package |= {"homepage": facts["site_url"]} if facts["site_url"] else {}
    package["sources"] = []
    for source in expected.evidence.sources.values():
        places = [*source.registered, source.url]
        package["sources"].append({"title": source.cited_title} | ({"path": places[0]} if places[0] else {}))
    for resource in package["resources"]:
        table = held(data / resource["path"])
        resource |= {"hash": f"sha256:{hashlib.sha256(table).hexdigest()}", "bytes": len(table)}
    return package


def unlike(path: Path, expected: Expected) -> Iterator[Finding]:
    """Compare each member of an archive with the data.

    Parameters
    ----------
    path : Path
        The archive.
    expected : Expected
        What the data and the notebooks give.

    Yields
    ------
    tuple of (str, str, str)
        Member, what it must be, and what it is.
    """
    with zipfile.ZipFile(path) as package:
        members = {name: package.read(name) for name in package.namelist()}
    described, text = members.pop(DESCRIPTION, b"{}"), members.pop(README, b"").decode()
    if json.loads(described) != description(expected):
        yield DESCRIPTION, "describe the data", "another description"
    facts = expected.evidence.facts
    if facts["version"] not in text or not digits(text) <= digits(" ".join([*facts.values(), "SHA-256"])):
        yield README, "say the version, and no number but those of the review", "another text"
    stored = files(expected.root)
    for name in sorted(stored.keys() | members.keys()):
        if name not in stored or members.get(name) != held(stored[name]):
            yield name, "be as it is in the repository", "other bytes, or none"
