"""The tools that are measured: how each is installed, builds the chapters, and verifies them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path(__file__).parent / "peers"
TIMEOUT = 900  # seconds for one command


class PeerError(Exception):
    """A tool could not be installed or run; the message says why."""


def run(command: Sequence[object], cwd: Path, env: dict[str, str] | None = None) -> float:
    """Run a command, and give the seconds that it took.

    Raises
    ------
    PeerError
        When it fails or takes too long.
    """
    start = time.perf_counter()
    try:
        done = subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            env={**os.environ, "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", **(env or {})},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerError(f"{Path(str(command[0])).name}: {error}") from error
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise PeerError(f"{Path(str(command[0])).name} {command[1]}: {' '.join(lines[-3:])[-300:]}")
    return time.perf_counter() - start


def environment(name: str, folder: Path) -> Path:
    """Install a peer from its lock into an environment of its own, once; give the folder of its programs."""
    home, lock = folder / name, LOCKS / f"{name}.txt"
    done = home / "installed.txt"
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        run([sys.executable, "-m", "venv", "--clear", home], folder)
        pip = [home / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", lock], folder)
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
        Lays what it needs into a folder that has the chapters in ``chapters/``.
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
    page: str


def _stock(folder: Path, names: list[str]) -> None:
    (folder / "_config.yml").write_text('title: Book\nexecute:\n  execute_notebooks: "off"\n')
    toc = "".join(f"  - file: chapters/{name}\n" for name in names)
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{toc}")


def _pydata(folder: Path, names: list[str]) -> None:
    (folder / "conf.py").write_text(
        'extensions = ["myst_nb"]\nnb_execution_mode = "off"\nhtml_theme = "pydata_sphinx_theme"\nproject = "Book"\n'
        'suppress_warnings = ["myst"]\n'
    )
    toc = "\n".join(f"chapters/{name}" for name in names)
    (folder / "index.md").write_text(f"# Book\n\n```{{toctree}}\n{toc}\n```\n")


def _mkdocs(folder: Path, names: list[str]) -> None:
    nav = "".join(f"  - chapters/{name}.ipynb\n" for name in names)
    (folder / "mkdocs.yml").write_text(
        f"site_name: Book\ndocs_dir: docs\ntheme: {{name: material}}\nplugins: [search, mkdocs-jupyter]\n"
        f"nav:\n  - index.md\n{nav}"
    )
    (folder / "docs").mkdir()
    (folder / "chapters").rename(folder / "docs/chapters")
    shutil.copy(folder / "index.md", folder / "docs/index.md")


def _nothing(_folder: Path, _names: list[str]) -> None:
    """Need no configuration."""


BUILDERS = (
    Builder("ours", "", _nothing, ("livingreview", "build"), "_build/html", "chapters/{}.html"),
    Builder(
        "Jupyter Book, stock theme", "stock", _stock, ("jupyter-book", "build", "."), "_build/html", "chapters/{}.html"
    ),
    Builder(
        "Sphinx, pydata theme",
        "pydata",
        _pydata,
        ("sphinx-build", "-q", "-b", "html", ".", "_html"),
        "_html",
        "chapters/{}.html",
    ),
    Builder("MkDocs, Material", "mkdocs", _mkdocs, ("mkdocs", "build", "-q"), "site", "chapters/{}/index.html"),
    Builder(
        "nbconvert",
        "nbconvert",
        _nothing,
        ("jupyter", "nbconvert", "--to", "html", "--output-dir", "_html/chapters", "--log-level=ERROR"),
        "_html",
        "chapters/{}.html",
    ),
)


def project(root: Path, target: Path) -> None:
    """Copy the project without what is built or installed."""
    left = shutil.ignore_patterns(".git", ".venv", "_build", ".*_cache", "__pycache__", "node_modules", ".hypothesis")
    shutil.copytree(root, target, ignore=left, symlinks=True)


def verifiers(copy: Path, programs: Callable[[str], Path]) -> dict[str, Callable[[], float]]:
    """Give, by name, what verifies the chapters of a copy of the project; each gives its seconds.

    Parameters
    ----------
    copy : Path
        The copy.
    programs : callable
        Gives the folder of the programs of a peer.
    """
    env = {"PYTHONPATH": str(copy)}
    own = Path(sys.executable).parent
    nbval = [own / "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "chapters"]

    def nbmake() -> float:
        flags = ["-q", "-p", "no:cacheprovider", "--noconftest", "--nbmake", "chapters"]
        return run([programs("nbmake") / "pytest", *flags], copy, env)

    def nbconvert() -> float:
        names = sorted((copy / "chapters").glob("*.ipynb"))
        flags = ["nbconvert", "--execute", "--to", "notebook", "--output-dir", copy / "_executed", "--log-level=ERROR"]
        return run([programs("nbconvert") / "jupyter", *flags, *names], copy / "chapters", env)

    return {
        "one process (floor)": lambda: run(
            [sys.executable, "-m", "benchmarks.floor", copy], copy, {"PYTHONPATH": str(copy)}
        ),
        "nbval, stock, serial": lambda: run([*nbval, "--noconftest"], copy, env),
        "ours, nbval": lambda: run([*nbval, "-n", "2", "--dist", "loadfile"], copy, env),
        "ours, quick": lambda: run([own / "livingreview", "verify"], copy, env),
        "nbmake": nbmake,
        "nbconvert --execute": nbconvert,
    }
