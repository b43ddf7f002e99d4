"""Versions that stay: the newest at the root of the site, each published one under ``/v/<version>/`` for good.

A version is a tag such as ``v2026.1.0``. Its pages are built once, from its own code with its own lock, and then put
together as plain files: links are relative, so that any static host and any path will do.
"""

from __future__ import annotations

import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lxml import html as parser

from livingreview.evidence import places_given
from livingreview.history.released import RECORD, recorded, tags, tree_digest
from livingreview.repository import git, replaced_folder
from livingreview.site import gate

FOLDER = "v"
#: Folder of the draft of the next version, once there is a published one.
DRAFT = "dev"

_CANONICAL = re.compile(r'<link rel="canonical"[^>]*>\n?')
_PDF = re.compile(r'<meta name="citation_pdf_url" content="([^"]*)">\n?')
_MAIN = re.compile(r'<main id="main"[^>]*>')


class VersionError(Exception):
    """A version cannot be built or put in its place; the message says which, and what to do."""


@dataclass(frozen=True)
class Version:
    """A published version: its number, and the commit that its tag names."""

    name: str
    commit: str


def tagged(root: Path) -> list[Version]:
    """List the published versions of a checkout, the newest first."""
    return [Version(name, commit) for name, commit in tags(root).items()]


def build(root: Path, version: Version, cache: Path, say: Callable[[str], object] = print) -> Path:
    """Build the pages of a version from its tag, or take them from where they were built before.

    Parameters
    ----------
    root : Path
        Root of the project, a git checkout.
    version : Version
        Which one.
    cache : Path
        Folder that keeps built pages by commit, and environments by lock.
    say : callable
        Called with a line for each thing that takes time.

    Returns
    -------
    Path
        Folder of the built pages.

    Raises
    ------
    VersionError
        When it cannot be built, its pages name another version, or it is not what was released under its number.
    """
    refuse_another(root, version)
    # pages name the address and the repository that the environment gave them
    places = hashlib.sha256(repr(sorted(places_given().items())).encode()).hexdigest()[:8]
    built = cache / "built" / f"{version.commit}-{places}"
    if built.exists():
        if gate.refusal(built):
            raise VersionError(
                f"{built}, the pages of v{version.name}, were changed after they were built. Remove that folder and "
                "run: make site"
            )
        say(f"   {version.name}: built before")
        return built
    tree = cache / "tree"
    git(root, "worktree", "prune")
    if tree.exists():
        git(root, "worktree", "remove", "--force", str(tree))
    cache.mkdir(parents=True, exist_ok=True)
    git(root, "worktree", "add", "--quiet", "--detach", str(tree), version.commit)
    try:
        pages = _render(tree, version, _environment(root, tree, cache, say), say)
        with replaced_folder(built) as draft:
            shutil.copytree(pages, draft, dirs_exist_ok=True)
        gate.mark(built)
    finally:
        git(root, "worktree", "remove", "--force", str(tree))
    return built


def _render(tree: Path, version: Version, python: Path, say: Callable[[str], object]) -> Path:
    """Build the pages of a version where its tag is checked out; they must name it."""
    say(f"   {version.name}: build")
    # the code of the tag goes before what is installed
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    command = [str(python), "-m", "livingreview.cli", "book"]  # checks, verifies, builds and binds
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    pages = tree / "_build" / "html"
    if done.returncode or not (pages / "index.html").exists():
        raise VersionError(f"v{version.name} was not built:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    first = parser.document_fromstring((pages / "index.html").read_text(encoding="utf-8"))
    strip = first.xpath('//*[@class="lr-strip"]')
    words = " ".join(strip[0].text_content().split()) if strip else ""
    if not re.search(rf"[Vv]ersion {re.escape(version.name)}(?![\w.])", words):
        raise VersionError(
            f"v{version.name}: its pages must say 'version {version.name}'; found '{words[:80]}'. "
            "The tag names a commit with another version in data/review.csv: delete the tag and set it anew."
        )
    return pages


def refuse_another(root: Path, version: Version) -> None:
    """Stop where a tag names another text than was released under its number.

    Raises
    ------
    VersionError
        What is recorded and what the tag names, and what to do.
    """
    known, digest = recorded(root).get(version.name), tree_digest(root, version.commit)
    if known is None:
        raise VersionError(
            f"v{version.name} was never released: {RECORD} has no row of it. Delete the tag (git tag -d "
            f"v{version.name}) and run: make release"
        )
    if known != digest:
        raise VersionError(
            f"v{version.name} is not what was released: {RECORD} records a tree with the hash {known[:12]}, the tag "
            f"names one with {digest[:12]}. Fetch the tag as it was published: git fetch --force origin "
            f"tag v{version.name}. What changed since needs a version of its own: make release"
        )


def _environment(root: Path, tree: Path, cache: Path, say: Callable[[str], object]) -> Path:
    """Python with what the lock of a tag asks for: this one where the lock is the same, else one made for it."""
    lock = (tree / "requirements.txt").read_bytes()
    if lock == (root / "requirements.txt").read_bytes():
        return Path(sys.executable)
    folder = cache / "environments" / hashlib.sha256(lock).hexdigest()[:16]
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / "ready").exists():
        say("   its lock is another: make an environment for it (some minutes)")
        venv.create(folder, clear=True, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        done = subprocess.run(
            [*command, "-r", str(tree / "requirements.txt")], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise VersionError(f"The packages of an old version cannot be installed:\n{done.stderr[-2000:]}")
        (folder / "ready").touch()
    return python


def assemble(built: Mapping[str, Path], out: Path, draft: Path, site_url: str = "") -> None:
    """Put built versions and the draft of the next one together.

    Parameters
    ----------
    built : mapping of str to Path
        Folder of the pages of each version by its number, the newest first.
    out : Path
        Folder of the site; what is there is replaced.
    draft : Path
        Folder of the pages of the next version, for ``/dev/``.
    site_url : str
        Address of the site; without one there are no canonical links.
    """
    newest = next(iter(built))
    with replaced_folder(out) as root:
        shutil.copytree(built[newest], root, dirs_exist_ok=True)
        pages = {path.relative_to(root).as_posix() for path in root.rglob("*.html")}
        for version, folder in built.items():
            shutil.copytree(folder, root / FOLDER / version)
        shutil.copytree(draft, root / DRAFT)
        for page in pages:
            _finish(root, root / page, page, "", site_url)
        others = {f"{FOLDER}/{version}": f"version {version} of the review, an old one" for version in built}
        others |= {f"{FOLDER}/{newest}": "", DRAFT: "the draft of the next version, which may change any day"}
        for place, what in others.items():
            for path in (root / place).rglob("*.html"):
                page = path.relative_to(root / place).as_posix()
                target = page if page in pages else "index.html"
                up = "../" * path.relative_to(root).as_posix().count("/")
                _finish(root, path, target, _notice(f"{up}{quote(target)}", target == page, what, newest), site_url)


def _finish(root: Path, path: Path, target: str, notice: str, site_url: str) -> None:
    """Say in a page what the newest version of it is: to search engines and, if it is an old one, to readers.

    A draft names the PDFs of the version that it follows, which has none if its code printed none.
    """
    text = _CANONICAL.sub("", path.read_text(encoding="utf-8"))
    if site_url:
        site = f"{site_url.rstrip('/')}/"
        text = _PDF.sub(lambda tag: tag[0] if (root / tag[1].removeprefix(site)).is_file() else "", text)
        address = f"{site_url.rstrip('/')}/{'' if target == 'index.html' else quote(target)}"
        text = text.replace("</head>", f'<link rel="canonical" href="{html.escape(address)}">\n</head>', 1)
    if notice:
        text = _MAIN.sub(lambda main: main[0] + notice, text, count=1)
    path.write_text(text, encoding="utf-8")


def _notice(address: str, is_same: bool, what: str, newest: str) -> str:
    """What a page that is not of the newest version says first; nothing for one that is."""
    where = "Read this page in the newest version" if is_same else "It has no such page: see its first page"
    if not what:
        return ""
    return (
        f'\n      <p class="lr-old" style="border:2px solid;padding:.5rem 1rem"><strong>This is {what}.</strong> '
        f'The newest is version {newest}. <a href="{address}">{where}</a>.</p>'
    )
