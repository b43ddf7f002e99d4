"""The tools that are measured: how each is installed, builds the chapters, and verifies them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = Path(__file__).parent / "peers"
#: Beside our own environment: a build empties _build.
ENVIRONMENTS = ROOT / ".venv" / "bench"
TIMEOUT = 600  # seconds for one command
OURS, STOCK, FLOOR = "ours", "Jupyter Book, stock theme", "one process, the same code (floor)"
KERNEL = "a kernel starts"
OUR_NBVAL, OUR_QUICK = "ours, nbval", "ours, quick"
#: The packages of the locks whose versions are told.
PACKAGES = {
    "stock": ("jupyter-book", "sphinx-book-theme", "sphinx"),
    "pydata": ("pydata-sphinx-theme", "myst-nb"),
    "mkdocs": ("mkdocs-material", "mkdocs-jupyter"),
    "nbconvert": ("nbconvert",),
    "nbmake": ("nbmake",),
}


class PeerError(Exception):
    """A tool could not be installed or run; the message says why."""


def run(command: Sequence[object], cwd: Path, good: Sequence[int] = (0,)) -> float:
    """Run a command, and give the seconds that it took.

    Parameters
    ----------
    command : sequence
        A program and its arguments.
    cwd : Path
        Where it runs; the package is imported from there if it is a copy of the project.
    good : sequence of int
        How it may end.

    Raises
    ------
    PeerError
        When it fails or takes too long; the first line of what it says of an error.
    """
    env = {**os.environ, "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", "PYTHONPATH": str(cwd)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # it would slow each start
    name = Path(str(command[0])).name
    start = time.perf_counter()
    try:
        done = subprocess.run(
            list(map(str, command)), cwd=cwd, env=env, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise PeerError(f"{name} was stopped after {TIMEOUT} s") from None
    seconds = time.perf_counter() - start
    if done.returncode not in good:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()] or ["no message"]
        told = next((line for line in lines if re.search(r"error", line, re.I)), lines[-1])
        raise PeerError(f"{name}: {told[:200]}")
    return seconds


def locked(peer: str, package: str) -> str:
    """Give the version of a package in the lock of a peer."""
    found = re.search(rf"^{package}==([^\s;]+)", (LOCKS / f"{peer}.txt").read_text(encoding="utf-8"), re.M)
    return found[1] if found else ""


def programs(peer: str) -> Path:
    """Give the folder of the programs of a peer, installed from its lock into an environment of its own if it changed.

    Our own, without a name, are those that run this.
    """
    if not peer:
        return Path(sys.executable).parent
    home, lock = ENVIRONMENTS / peer, LOCKS / f"{peer}.txt"
    done = home / "installed.txt"
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
        run([sys.executable, "-m", "venv", "--clear", home], ENVIRONMENTS)
        pip = [home / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", lock], ENVIRONMENTS)
        shutil.copy(lock, done)
    return home / "bin"


@dataclass(frozen=True)
class Builder:
    """A tool that makes pages.

    Attributes
    ----------
    tool, peer : str
        Name in the table, and of its lock; blank for our own.
    write : callable
        Lays what it needs into a folder that has the chapters of these names in ``chapters/``.
    command : tuple of str
        Its program and arguments, from that folder.
    built, page : str
        Folder of the pages, and the page of a chapter in it.
    """

    tool: str
    peer: str
    write: Callable[[Path, list[str]], None]
    command: tuple[str, ...]
    built: str
    page: str = "chapters/{}.html"


def _stock(folder: Path, names: list[str]) -> None:
    (folder / "index.md").write_text("# Book\n")
    (folder / "_config.yml").write_text('title: Book\nexecute:\n  execute_notebooks: "off"\n')
    toc = "".join(f"  - file: chapters/{name}\n" for name in names)
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{toc}")


def _pydata(folder: Path, names: list[str]) -> None:
    (folder / "conf.py").write_text(
        'extensions = ["myst_nb"]\nnb_execution_mode = "off"\nhtml_theme = "pydata_sphinx_theme"\nproject = "Book"\n'
    )
    toc = "\n".join(f"chapters/{name}" for name in names)
    (folder / "index.md").write_text(f"# Book\n\n```{{toctree}}\n{toc}\n```\n")


def _mkdocs(folder: Path, names: list[str]) -> None:
    nav = "".join(f"  - chapters/{name}.ipynb\n" for name in names)
    (folder / "mkdocs.yml").write_text(
        f"site_name: Book\ntheme: {{name: material}}\nplugins: [search, mkdocs-jupyter]\nnav:\n  - index.md\n{nav}"
    )
    (folder / "docs").mkdir()
    (folder / "chapters").rename(folder / "docs/chapters")
    (folder / "docs/index.md").write_text("# Book\n")


def _nothing(_folder: Path, _names: list[str]) -> None:
    """Need no configuration."""


_NBCONVERT = ("jupyter", "nbconvert", "--log-level=ERROR")
BUILDERS = (
    Builder(OURS, "", _nothing, ("livingreview", "build"), "_build/html"),
    Builder(STOCK, "stock", _stock, ("jupyter-book", "build", "."), "_build/html"),
    Builder("Sphinx, pydata theme", "pydata", _pydata, ("sphinx-build", "-q", "-b", "html", ".", "_html"), "_html"),
    Builder("MkDocs, Material", "mkdocs", _mkdocs, ("mkdocs", "build", "-q"), "site", "chapters/{}/index.html"),
    Builder(
        "nbconvert",
        "nbconvert",
        _nothing,
        (*_NBCONVERT, "--to", "html", "--output-dir", "_html/chapters", "chapters/*.ipynb"),
        "_html",
    ),
)

_NBVAL = ("pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "chapters")
#: What verifies the chapters of a copy of the project: the lock of its tool, its program and arguments.
VERIFIERS: dict[str, tuple[str, tuple[str, ...]]] = {
    FLOOR: ("", ("python", "-m", "benchmarks.floor", ".")),
    OUR_QUICK: ("", ("livingreview", "verify")),
    OUR_NBVAL: ("", (*_NBVAL, "-n", "2", "--dist", "loadfile")),
    "nbval, stock, serial": ("", (*_NBVAL, "--noconftest")),
    "nbmake": ("nbmake", ("pytest", "-q", "-p", "no:cacheprovider", "--noconftest", "--nbmake", "chapters")),
    "nbconvert --execute": (
        "nbconvert",
        (*_NBCONVERT, "--execute", "--to", "notebook", "--output-dir", "_executed", "chapters/*.ipynb"),
    ),
}


def timed(peer: str, command: Sequence[str], home: Path, good: Sequence[int] = (0,)) -> float:
    """Run a program of a peer in a folder, and give its seconds; raises as `run` does."""
    return run([programs(peer) / command[0], *command[1:]], home, good)
