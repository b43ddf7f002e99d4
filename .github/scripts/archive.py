"""The artifact of a proposal: a ZIP file made by code that nobody has reviewed.

It may hold one number and the pages of a site, and nothing else. One name, size or kind of file
that is not as it should be refuses the whole. Nothing is unpacked to disk before all of it has been read and tested.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from html import unescape
from pathlib import PurePosixPath

from service import StopError

NUMBER, SITE = "number", "site/"
#: Bytes of the archive, of all its files, of one of them, and how many there may be.
LARGEST, LARGEST_ALL, LARGEST_FILE, MOST = 30_000_000, 80_000_000, 20_000_000, 3000
#: What a preview may hold. Files that can run a script by themselves, such as SVG, XML or PDF, are not among it.
SUFFIXES = (".html", ".css", ".png", ".json", ".txt", ".csv", ".bib", ".ris", ".woff2")

_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}"
_NAME = re.compile(rf"(?:{NUMBER}|{SITE}(?:{_PART}/){{0,8}}{_PART})")
_FOLDER = re.compile(rf"{SITE}(?:{_PART}/){{0,8}}")

#: Put before every page: no script runs, nothing is loaded from or sent to elsewhere, and no engine lists it.
GUARD = (
    b'<!doctype html><meta charset="utf-8"><meta name="robots" content="noindex">'
    b"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'\">\n"
)
_REFRESH = re.compile(r"http-equiv[\s/]*=[\s\"']*refresh")


def files(content: bytes) -> dict[str, bytes]:
    """Read the archive, or refuse it.

    Parameters
    ----------
    content : bytes
        A ZIP file.

    Returns
    -------
    dict of str to bytes
        Content by name.

    Raises
    ------
    StopError
        When anything in it is not as it should be. The message names no part of the archive: its names are text of a
        stranger as well.
    """
    if len(content) > LARGEST:
        raise StopError(f"The archive has more than {LARGEST:,} bytes.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise StopError("The archive is not a ZIP file that can be read.") from error


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MOST:
        raise StopError(f"The archive has more than {MOST:,} files.")
    names = [entry.filename.casefold() for entry in entries]
    files = {name for name in names if not name.endswith("/")}
    if len(set(names)) < len(names):
        raise StopError("The archive has two files of one name.")
    if any(folder.as_posix() in files for name in names for folder in PurePosixPath(name).parents):
        raise StopError("The archive has a file and a folder of one name.")
    content: dict[str, bytes] = {}
    left = LARGEST_ALL
    for entry in entries:
        _test(entry)
        if entry.is_dir():
            continue
        # the sizes that the archive states may be lies, so that they are counted
        with archive.open(entry) as file:
            content[entry.filename] = file.read(min(LARGEST_FILE, left) + 1)
        left -= len(content[entry.filename])
        if len(content[entry.filename]) > LARGEST_FILE or left < 0:
            raise StopError(f"The archive unpacks to more than {LARGEST_ALL:,} bytes, or a file of it is too large.")
    return content


def _test(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or entry.flag_bits & 1:
        raise StopError("The archive holds a link, a device or an encrypted file.")
    # orig_filename is the name before the library mended it: a NUL or a backslash in it is no accident
    if entry.orig_filename != entry.filename or ".." in entry.filename:
        raise StopError("The archive holds a file with a crafted name.")
    if not (_FOLDER if entry.is_dir() else _NAME).fullmatch(entry.filename):
        raise StopError("The archive holds a file with a name that no proposal has.")


def number(content: Mapping[str, bytes]) -> int:
    """Return the number of the pull request, as the archive claims it."""
    text = content.get(NUMBER, b"").decode("ascii", "replace").strip()
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise StopError("The archive does not hold the number of a pull request.")
    return int(text)


def preview(content: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the pages of the site, each guarded so that no script of it runs; files of other kinds are left out.

    Parameters
    ----------
    content : mapping of str to bytes
        The archive as `files` gives it.

    Returns
    -------
    dict of str to bytes
        Content by path from the root of the preview; empty when there is no site.

    Raises
    ------
    StopError
        When a page leads away by itself.
    """
    pages = {}
    for name, text in content.items():
        path = name.removeprefix(SITE)
        if path == name or not path.endswith(SUFFIXES):
            continue
        if path.endswith(".html"):
            if _REFRESH.search(unescape(text.decode("utf-8", "replace")).lower()):
                raise StopError("A page of the site leads away by itself.")
            text = GUARD + text  # noqa: PLW2901
        pages[path] = text
    return pages
