"""The loop of a contributor: whatever is changed, a build after another one gives the files of a clean build."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import test_site_extension

from livingreview.evidence import Evidence
from livingreview.publish.figures import pictures

ROOT = Path(__file__).parents[1]
#: For each line with folders, builds the books in them with their own code, at once, each in a fork of this process:
#: what they have in common is imported once.
BUILDER = """
import gc, importlib, os, sys, types
import jupyter_book.cli.main, sphinx.application
for name in ("furo", "jupyter_book.sphinx", "myst_nb.sphinx_ext", "pandas", "resvg_py", "sphinxcontrib.bibtex"):
    importlib.import_module(name)
for name in sphinx.application.builtin_extensions:
    importlib.import_module(name)

def run(command, **_):
    jupyter_book.cli.main.main(command[1:], standalone_mode=False)
    return types.SimpleNamespace(returncode=0)

gc.freeze()
for line in sys.stdin:
    children = []
    for root in line.rstrip("\\n").split("\\t"):
        children.append(os.fork())
        if not children[-1]:
            status = 1
            try:
                os.dup2(os.open(root + ".log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
                os.dup2(1, 2)
                os.chdir(root)
                sys.path.insert(0, root)
                from livingreview import cli
                from livingreview.notebooks import fingerprints
                fingerprints.stale = lambda root: []
                cli.subprocess = types.SimpleNamespace(run=run)
                cli.render()
                sys.stdout.flush()
                status = 0
            finally:
                os._exit(status)
    print(*(os.waitpid(child, 0)[1] for child in children), flush=True)
"""

Change = Callable[[Path], object]


def replaced(name: str, old: str, new: str) -> Change:
    """Replace a text in a file of a book, which must hold it."""

    def change(book: Path) -> None:
        text = (book / name).read_text(encoding="utf-8")
        assert old in text, (name, old)
        (book / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def without_claro(book: Path) -> None:
    (book / "chapters/claro.ipynb").unlink()
    replaced("_toc.yml", "- file: chapters/claro\n", "")(book)


def as_at_first(book: Path) -> None:
    for path in book.iterdir():
        if path.name != "_build":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(book.parent / "first", book, dirs_exist_ok=True)


def several(*changes: Change) -> Change:
    return lambda book: [change(book) for change in changes]


#: What is changed, one after the other, and how many of the one picture are then taken over.
CHANGES: dict[str, tuple[Change, int]] = {
    "a cell of the data, and a source": (
        several(
            replaced("data/glossary.csv", "post-traumatic stress disorder", "stress disorder"),
            replaced("data/references.bib", "late-life depression in the primary care", "late life"),
        ),
        1,
    ),
    "code of the package, and how it draws pictures": (
        several(
            replaced("livingreview/publish/numbers.py", '"as reported"', '"as printed"'),
            replaced("livingreview/publish/figures/pictures.py", "zoom=3", "zoom=2"),
        ),
        0,
    ),
    "a number and a figure of a notebook, and a page": (
        several(
            replaced("chapters/impact.ipynb", '"2.37"', '"2.38"'),
            replaced("chapters/impact.ipynb", ">45%</text>", ">46%</text>"),
            replaced("index.md", "# Collaborative care", "# Care"),
        ),
        0,
    ),
    "a template, the styles and the configuration": (
        several(
            replaced("livingreview/site/templates/page.html", "<main", "<main data-new"),
            replaced("livingreview/site/static/style.css", "font-weight: 600", "font-weight: 500"),
            replaced("_config.yml", '"#0d4a7d"', '"#0d4a7e"'),
        ),
        1,
    ),
    "a page that is gone": (without_claro, 1),
    "back to the beginning": (as_at_first, 0),
}


@pytest.fixture(scope="module")
def builder() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", BUILDER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A book with its own code and data; of the sources those that it names, since each takes its time."""
    book = tmp_path / "first"
    test_site_extension.write_book(book)
    for name in ("data", "livingreview"):
        shutil.copytree(ROOT / name, book / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    replaced("chapters/impact.ipynb", "`unutzer2002`", "`unutzer2002jama`")(book)
    sources = book / "data/references.bib"
    entries = re.split(r"(?m)^(?=@)", sources.read_text(encoding="utf-8"))
    named = "unutzer2002|" + "|".join(Evidence(book / "data").notices["source_key"])
    sources.write_text("".join(entry for entry in entries if re.search(named, entry)), encoding="utf-8")
    return book


def built(builder: subprocess.Popen[str], *books: Path) -> list[dict[str, bytes]]:
    """Build books, and give the files of their sites."""
    assert builder.stdin
    assert builder.stdout
    builder.stdin.write("\t".join(map(str, books)) + "\n")
    builder.stdin.flush()
    done = builder.stdout.readline().split()
    for status, book in zip(done, books, strict=True):
        assert status == "0", book.with_name(f"{book.name}.log").read_text(encoding="utf-8")[-4000:]
    sites = [book / "_build/html" for book in books]
    return [
        {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()} for site in sites
    ]


def test_a_build_after_any_change_is_a_clean_build(builder: subprocess.Popen[str], first: Path, tmp_path: Path) -> None:
    loop, clean = (Path(shutil.copytree(first, tmp_path / name)) for name in ("loop", "clean"))
    (beginning,) = built(builder, loop)
    before = beginning
    for what, (change, kept) in CHANGES.items():
        change(loop)
        if change is as_at_first:
            (found,) = built(builder, loop)
            wanted = beginning
        else:
            change(clean)
            shutil.rmtree(clean / "_build", ignore_errors=True)
            found, wanted = built(builder, loop, clean)
        said = (tmp_path / "loop.log").read_text(encoding="utf-8")
        assert f"2 figures as pictures: {2 * kept} kept, {2 - 2 * kept} drawn" in said, what
        assert found.keys() == wanted.keys(), what
        assert [name for name in found if found[name] != wanted[name]] == [], what
        assert wanted != before, f"{what}: shows nowhere"
        before = wanted


def test_a_picture_that_was_damaged_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(pictures, "picture", lambda drawing: drawn.append(drawing) or drawing.encode())
    folder = tmp_path / "kept"
    for _ in range(2):
        assert pictures.kept("one", folder) == b"one"
    assert drawn == ["one"]
    (file,) = folder.iterdir()
    for content in (b"", file.read_bytes()[:-1], file.read_bytes()[1:]):
        file.write_bytes(content)
        assert pictures.kept("one", folder) == b"one"
    assert drawn == ["one"] * 4
    pictures.kept("two", folder)
    drawing = tmp_path / "html/figures/impact/two.svg"
    drawing.parent.mkdir(parents=True)
    drawing.write_text("two", encoding="utf-8")
    assert pictures.tidy(tmp_path / "html", folder) == {pictures.name("two")} == pictures.names(folder)
