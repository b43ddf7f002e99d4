"""Versions that stay: taken from tags, built by their own code, put together as plain files."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import site_checks
from bs4 import BeautifulSoup

from livingreview.history import released
from livingreview.repository import GitError
from livingreview.site import archive
from livingreview.site.archive import Version, VersionError

PAGE = """<!doctype html>
<html lang="en"><head><title>{title}</title>
<link rel="canonical" href="https://old.example.org/{title}">
<meta name="citation_pdf_url" content="https://example.org/review/v/{version}/pdf/{title}.pdf">
</head><body><main id="main" tabindex="-1"><p class="lr-strip">Living review · version {version}&nbsp;· x</p>
<h1>{title}</h1><a href="{link}">on</a></main></body></html>
"""

# The code of a tag: what `python -m livingreview.cli book` runs in the tests.
CODE = """
import pathlib, shutil, sys
assert sys.argv[1:] == ["book"], "which verifies and binds"
root = pathlib.Path(__file__).resolve().parents[1]
assert pathlib.Path.cwd() == root
shutil.copytree(root / "pages", root / "_build/html")
"""


def pages(folder: Path, version: str, *chapters: str) -> None:
    """Write a small book of a version."""
    (folder / "chapters").mkdir(parents=True)
    (folder / "index.html").write_text(
        PAGE.format(title="index", version=version, link=f"chapters/{chapters[0]}.html"), encoding="utf-8"
    )
    for name in chapters:
        text = PAGE.format(title=name, version=version, link="../index.html")
        (folder / f"chapters/{name}.html").write_text(text, encoding="utf-8")


def git(root: Path, *command: str) -> str:
    options = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(
        ["git", *options, *command], cwd=root, capture_output=True, text=True, check=True
    ).stdout.strip()


def publish(root: Path, version: str, said: str, *chapters: str, code: str = CODE) -> None:
    """Commit a version to a repository and tag it."""
    shutil.rmtree(root / "pages", ignore_errors=True)
    pages(root / "pages", said, *chapters)
    (root / "livingreview").mkdir(exist_ok=True)
    (root / "livingreview/__init__.py").touch()
    (root / "livingreview/cli.py").write_text(code, encoding="utf-8")
    (root / "requirements.txt").write_text("", encoding="utf-8")
    git(root, "add", "-A")
    released.record(root, version)
    git(root, "add", "-A")
    git(root, "commit", "-qm", version)
    git(root, "tag", "-a", f"v{version}", "-m", version)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "review"
    root.mkdir()
    git(root, "init", "-q")
    publish(root, "2026.9.0", "2026.9.0", "impact", "withdrawn")
    publish(root, "2026.10.0", "2026.10.0", "impact", "claro")
    git(root, "tag", "v2026.10")
    git(root, "tag", "draft")
    return root


def links(path: Path, where: str) -> list[str]:
    found = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml").select(where)
    return [str(tag["href"]) for tag in found]


def test_versions_are_tags_in_the_order_of_their_numbers(repository: Path) -> None:
    assert archive.tagged(repository) == [
        Version("2026.10.0", git(repository, "rev-parse", "v2026.10.0^{commit}")),
        Version("2026.9.0", git(repository, "rev-parse", "v2026.9.0^{commit}")),
    ]


def test_a_version_has_an_address_of_its_own_from_its_tag_on(repository: Path, tmp_path: Path) -> None:
    assert released.is_published(repository, "2026.9.0")
    assert not released.is_published(repository, "2026.11.0")
    assert released.is_published(tmp_path, "2026.11.0"), "without git a copy is what it says that it is"


def test_each_is_built_once_by_its_own_code_and_leaves_no_trace(repository: Path, tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        built = {
            v.name: archive.build(repository, v, tmp_path / "cache", said.append) for v in archive.tagged(repository)
        }
    assert (built["2026.9.0"] / "chapters/withdrawn.html").exists()
    assert not (built["2026.10.0"] / "chapters/withdrawn.html").exists()
    assert [line.strip() for line in said] == [
        "2026.10.0: build",
        "2026.9.0: build",
        "2026.10.0: built before",
        "2026.9.0: built before",
    ]
    assert len(git(repository, "worktree", "list").splitlines()) == 1
    assert git(repository, "status", "--porcelain") == ""


def test_what_cannot_be_published_says_why(repository: Path, tmp_path: Path) -> None:
    publish(repository, "2027.0.0", "2026.10.0", "impact")
    publish(repository, "2027.1.0", "2027.1.0", "impact", code="raise SystemExit('stale chapters: impact')")
    broken, renamed, *_ = archive.tagged(repository)
    with pytest.raises(VersionError, match=r"v2027\.1\.0 was not built:\nstale chapters: impact"):
        archive.build(repository, broken, tmp_path / "cache", print)
    with pytest.raises(
        VersionError, match=r"must say 'version 2027\.0\.0'; found 'Living review · version 2026\.10\.0"
    ):
        archive.build(repository, renamed, tmp_path / "cache", print)
    assert not list((tmp_path / "cache/built").glob("*"))
    with pytest.raises(GitError, match="git for-each-ref failed"):
        archive.tagged(tmp_path)


def refused(root: Path, version: str, cache: Path) -> str:
    """Why a tagged version is not built."""
    tag = next(one for one in archive.tagged(root) if one.name == version)
    with pytest.raises(VersionError) as stop:
        archive.build(root, tag, cache, print)
    return str(stop.value)


def test_a_tag_that_was_moved_is_refused_whether_it_was_built_before_or_not(repository: Path, tmp_path: Path) -> None:
    said = (repository / "pages/chapters/impact.html").read_text(encoding="utf-8")
    (repository / "pages/chapters/impact.html").write_text(said.replace("impact", "no impact"), encoding="utf-8")
    git(repository, "commit", "-qam", "Say the opposite")
    git(repository, "tag", "-f", "-a", "v2026.10.0", "-m", "again")
    for _ in range(2):
        why = refused(repository, "2026.10.0", tmp_path / "cache")
        assert re.fullmatch(
            r"v2026\.10\.0 is not what was released: proofs/versions\.csv records a tree with the hash \w{12}, the tag "
            r"names one with \w{12}\. Fetch the tag .* git fetch --force origin tag v2026\.10\.0\. .*: make release",
            why,
        )
    git(repository, "tag", "v2028.1.0")
    assert "v2028.1.0 was never released" in refused(repository, "2028.1.0", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_built_pages_that_were_edited_are_refused(repository: Path, tmp_path: Path) -> None:
    newest = archive.tagged(repository)[0]
    page = archive.build(repository, newest, tmp_path / "cache") / "chapters/impact.html"
    page.write_text(page.read_text(encoding="utf-8").replace("impact", "harm"), encoding="utf-8")
    assert "were changed after they were built" in refused(repository, newest.name, tmp_path / "cache")
    shutil.rmtree(page.parents[1])
    assert archive.build(repository, newest, tmp_path / "cache") == page.parents[1]


@pytest.fixture
def built(tmp_path: Path) -> dict[str, Path]:
    folders = {version: tmp_path / version for version in ("2026.10.0", "2026.9.0")}
    pages(folders["2026.10.0"], "2026.10.0", "impact", "claro")
    pages(folders["2026.9.0"], "2026.9.0", "impact", "withdrawn")
    return folders


def test_old_pages_say_so_and_lead_to_the_newest(built: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "under/a/path/site"
    out.mkdir(parents=True)
    (out / "stale.html").write_text("", encoding="utf-8")
    archive.assemble(built, out, built["2026.10.0"])
    assert not (out / "stale.html").exists()
    old, new = out / "v/2026.9.0", out / "v/2026.10.0"
    assert links(old / "chapters/impact.html", ".lr-old a") == ["../../../chapters/impact.html"]
    assert links(old / "chapters/withdrawn.html", ".lr-old a") == ["../../../index.html"]
    assert links(old / "index.html", ".lr-old a") == ["../../index.html"]
    said = BeautifulSoup((old / "chapters/withdrawn.html").read_text(encoding="utf-8"), "lxml").select_one(".lr-old")
    assert said is not None
    assert said.get_text() == (
        "This is version 2026.9.0 of the review, an old one. The newest is version 2026.10.0. "
        "It has no such page: see its first page."
    )
    for path in (new / "index.html", new / "chapters/impact.html", out / "index.html", out / "chapters/claro.html"):
        assert links(path, ".lr-old a") == [], path
    found = site_checks.pages(out)
    assert links(out / "dev/chapters/claro.html", ".lr-old a") == ["../../chapters/claro.html"]
    draft = BeautifulSoup((out / "dev/index.html").read_text(encoding="utf-8"), "lxml").select_one(".lr-old")
    assert draft is not None
    assert draft.get_text().startswith("This is the draft of the next version, which may change any day. The newest is")
    assert len(found) == 12
    assert list(site_checks.broken_links(found)) == []
    assert not [path for path in found if links(path, "link[rel=canonical]")], "the site has no address"


def test_canonical_is_the_newest_and_a_pdf_is_named_where_it_stands(built: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "site"
    (built["2026.9.0"] / "pdf").mkdir()
    (built["2026.9.0"] / "pdf/impact.pdf").touch()
    archive.assemble(built, out, built["2026.10.0"], "https://example.org/review/")
    for page, address in {
        "chapters/impact.html": "chapters/impact.html",
        "v/2026.10.0/chapters/claro.html": "chapters/claro.html",
        "v/2026.9.0/chapters/impact.html": "chapters/impact.html",
        "v/2026.9.0/chapters/withdrawn.html": "",
        "v/2026.9.0/index.html": "",
        "dev/chapters/claro.html": "chapters/claro.html",
    }.items():
        assert links(out / page, "link[rel=canonical]") == [f"https://example.org/review/{address}"], page
        named = "citation_pdf_url" in (out / page).read_text(encoding="utf-8")
        assert named == (page == "v/2026.9.0/chapters/impact.html"), page


def test_pages_of_another_address_are_built_anew(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = archive.tagged(repository)[0]
    here = archive.build(repository, newest, tmp_path / "cache")
    monkeypatch.setenv("SITE_URL", "https://example.org/fork")
    assert archive.build(repository, newest, tmp_path / "cache") != here
