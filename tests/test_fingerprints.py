"""What decides a stored output or the stored proof is read from the imports, and any change of it is seen."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from livingreview.audit.fingerprint import PROOF, fingerprint
from livingreview.notebooks.files import chapters, read, source
from livingreview.notebooks.fingerprints import computing, foundation, reached, seal

PROJECT = Path(__file__).parents[1]


def loaded(program: str) -> set[Path]:
    """Files of the package that a program loads."""
    program += "\nimport sys, json\nprint(json.dumps([m.__file__ for n, m in sys.modules.items()"
    program += " if n.partition('.')[0] == 'livingreview']))"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    return {Path(file) for file in json.loads(done.stdout.splitlines()[-1])}


def test_all_that_the_chapters_load_counts() -> None:
    cells = [source(cell) for path in chapters(PROJECT) for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    imports = [node for text in cells for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
    files = loaded("\n".join(map(ast.unparse, imports)))
    assert PROJECT / "livingreview/publish/numbers.py" in files
    assert files <= {*computing(PROJECT)}
    assert PROJECT / "livingreview/publish/figures/style.mplstyle" in computing(PROJECT)


def test_all_that_the_proof_loads_counts() -> None:
    files = loaded(f"import {PROOF}")
    assert PROJECT / "livingreview/notebooks/outputs.py" in files
    assert files <= {*reached(PROJECT, [PROOF])}
    assert PROJECT / "livingreview/checks/pins.csv" in reached(PROJECT, [PROOF])


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / "livingreview", root / "livingreview", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("intro", "notices"):
        (root / "chapters").mkdir(exist_ok=True)
        shutil.copy(PROJECT / f"chapters/{name}.ipynb", root / "chapters")
    return root


@pytest.mark.parametrize(
    ("name", "old", "new", "proof", "outputs"),
    [
        # a reader of numerals that finds none lets every change pass
        ("notebooks/outputs.py", "return frozenset(_DIGITS.findall(", "return frozenset() or frozenset((", True, True),
        ("notebooks/linting.py", "LONGEST_CELL = 18", "LONGEST_CELL = 180", True, False),
        ("audit/mutation/guards.py", 'return ["verifier"]', "return []", True, False),
        ("publish/figures/style.mplstyle", "font.size", "# font.size", True, True),
        ("site/published.py", "Every published number", "Each published number", False, False),
        ("cli.py", "Print pages, or each chapter", "Print pages, or every chapter", False, False),
    ],
)
def test_a_change_of_code_is_seen_where_it_decides(
    copied: Path, name: str, old: str, new: str, proof: bool, outputs: bool
) -> None:
    path = copied / "livingreview" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    before = fingerprint(copied), foundation(copied)
    path.write_text(text.replace(old, new), encoding="utf-8")
    after = fingerprint(copied), foundation(copied)
    path.write_text(text, encoding="utf-8")
    assert (before[0] != after[0], before[1] != after[1]) == (proof, outputs)


def test_imports_are_read_wherever_they_stand_but_for_those_of_types(tmp_path: Path) -> None:
    files = {
        "a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import livingreview.types\n"
        "def f():\n    try:\n        from livingreview.b import c\n    except E:\n        import livingreview.b.d\n",
        "types.py": "",
        "b/__init__.py": "from . import e",
        "b/c.py": "from .. import g\nTABLE = 'words.csv'",
        "b/d.py": "",
        "b/e.py": "from .f import x",
        "b/f.py": "1 +",
        "b/words.csv": "",
        "b/others.csv": "",
        "g.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "livingreview" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = {path.relative_to(tmp_path / "livingreview").as_posix() for path in reached(tmp_path, ["livingreview.a"])}
    assert found == {*files} - {"types.py", "b/others.csv"}


def test_filling_in_where_the_review_stands_makes_no_chapter_stale_but_the_one_that_lists_it(copied: Path) -> None:
    path = copied / "data/review.csv"
    path.parent.mkdir(exist_ok=True)
    text = whole = (PROJECT / "data/review.csv").read_text(encoding="utf-8")
    path.write_text(whole, encoding="utf-8")
    before = foundation(copied), fingerprint(copied)
    for item, value in (
        ("site_url", "https://example.org/review/"),
        ("doi", "10.1234/5678"),
        ("contact", "a@b.example"),
    ):
        text = text.replace(f"\n{item},,", f"\n{item},{value},")
    text = text.replace("\nrepository,,", "\nrepository,https://example.org/code/review,")
    path.write_text(text, encoding="utf-8")
    after = foundation(copied), fingerprint(copied)
    path.write_text(text.replace("title,", "title,Another "), encoding="utf-8")
    renamed = foundation(copied)
    shutil.rmtree(path.parent)
    assert (after[0].common, after[1]) == (before[0].common, before[1])
    assert after[0].places != before[0].places
    assert renamed.common != before[0].common
    listing = {"cells": [{"cell_type": "code", "source": 'listing("review", "Facts")'}]}
    computing = {"cells": [{"cell_type": "code", "source": "load().review"}]}
    assert seal(after[0], listing) != seal(before[0], listing)
    assert seal(after[0], computing) == seal(before[0], computing)
