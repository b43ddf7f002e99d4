"""The data as files for readers: each as it is, and the whole package as one archive. Read as bytes, never as facts."""

from __future__ import annotations

import functools
import hashlib
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from livingreview.evidence import DATA, load

if TYPE_CHECKING:
    from sphinx.application import Sphinx

#: Folder of the data files and the archive, from the root of the site.
FOLDER = "data"
DESCRIPTION = "datapackage.json"
BIBLIOGRAPHY = "references.bib"


def members(data: Path) -> list[Path]:
    """List the files of the package: its description, its tables and the bibliography, and the licence."""
    return [data / DESCRIPTION, *sorted(data.glob("*.csv")), data / BIBLIOGRAPHY, *data.parent.glob("LICENSE-CONTENT")]


def archive_name() -> str:
    """Path of the archive from the root of the site, after the name of the package."""
    return f"{FOLDER}/{load().package['name']}-data.zip"


def content(path: Path) -> bytes:
    """Read a file with the line ends of the repository: a checkout may have turned them into others."""
    return path.read_bytes().replace(b"\r\n", b"\n")


@functools.cache
def archive(data: Path) -> bytes:
    """Pack the data package, with ``datapackage.json`` at its top.

    Its bytes depend on those of the files alone: members are in order, have no time, and are stored as they are,
    since two versions of a compressor may write different bytes.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as package:
        for path in members(data):
            member = zipfile.ZipInfo(path.name)
            member.create_system, member.external_attr = 3, 0o644 << 16  # the same on every system
            package.writestr(member, content(path))
    return packed.getvalue()


def data_hash(data: Path) -> str:
    """SHA-256 of the archive, in hexadecimal: who downloads it can compute the same."""
    return hashlib.sha256(archive(data)).hexdigest()


def write(app: Sphinx, error: Exception | None) -> None:
    """Put the data files and the archive beside the pages."""
    if error is None and app.builder.format == "html":
        folder = Path(app.outdir) / FOLDER
        folder.mkdir(exist_ok=True)
        for path in members(DATA):
            (folder / path.name).write_bytes(content(path))
        (Path(app.outdir) / archive_name()).write_bytes(archive(DATA))
