"""A book of twice the evidence, some of whose chapters the dictionary divides, refreshed and built as any other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import generator

ROOT = Path(__file__).parents[1]
#: Chapters that are divided: by study, with several tables; by the first letter; by chapter.
DIVIDED = ("numbers", "results", "sources", "trials")
PROSE = """# The trial

It is told in words.

{n}`impact_first`, {n}`impact_second`, {n}`impact_ratio`, {src}`unutzer2002jama`.
"""
#: Rows that a number of the chapter comes from: of two studies.
ROWS = ("acm_va-engagement-6m-contrast", "impact-scl20-12m-contrast", "impact-response-12m-control")
CODE = f"""from livingreview.publish.numbers import publish

publish("impact_first", "less", ["{ROWS[0]}"])
publish("impact_second", "more", ["{ROWS[1]}"])
publish("impact_ratio", "twice", {[*ROWS]}, "more / less")
"""
#: Code of some weight, after which that of the listing comes.
LONG = "\n".join(f"value_{n} = {n * 7919 % 10**6}" for n in range(1000))
IMPORT = "from livingreview.publish.evidence_tables import listing, source_list\n\n"
RUN = """from livingreview import cli
from livingreview.notebooks.refreshing import refresh
print(refresh(cli.ROOT))
cli.build()
"""


def write(book: Path, times: int = 2) -> None:
    """Write the book: listings, one of a page with several tables, and a chapter that leads to their rows."""
    shutil.copytree(ROOT / "livingreview", book / "livingreview", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("_config.yml", "LICENSE-CONTENT"):
        shutil.copy(ROOT / name, book)
    for name in ("data", "history", "proofs"):
        shutil.copytree(ROOT / name, book / name)
    generator.evidence(book / "data", times)
    divide(book, *DIVIDED)
    chapters = {
        "impact": (PROSE, CODE),
        "results": ("# Results", LONG, f'{IMPORT}listing("results", "Reported results")'),
        "trials": (
            "# Trials",
            f'{IMPORT}listing("studies", "Studies", filters=("Stage",))',
            'listing("arms", "Arms")',
        ),
        "sources": ("# Sources", f'{IMPORT}source_list("Sources of the review")'),
        "glossary": ("# Glossary", f'{IMPORT}listing("glossary", "Terms")'),
        "pooled": ("# Pooled effects", f'{IMPORT}listing("pooled", "Pooled")'),
        "notices": ("# Notices", f'{IMPORT}listing("notices", "Notices")'),
    }
    (book / "chapters").mkdir()
    for path in (ROOT / "chapters").glob("*.csv"):
        if path.name != "synonyms.csv":  # they lead to words of the whole book
            shutil.copy(path, book / "chapters")
    for name, (prose, *cells) in chapters.items():
        text = {"cell_type": "markdown", "id": "text", "metadata": {}, "source": prose}
        code = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        written = [text, *({**code, "id": f"c{n}", "source": cell} for n, cell in enumerate(cells))]
        stored = {"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (book / f"chapters/{name}.ipynb").write_text(json.dumps(stored), encoding="utf-8")
    (book / "chapters/numbers.md").write_text("# Published numbers\n\n:::{published-numbers}\n:::\n", encoding="utf-8")
    (book / "index.md").write_text("# A large review\n\nIt has large tables.\n", encoding="utf-8")
    files = "".join(f"- file: chapters/{name}\n" for name in (*chapters, "numbers"))
    (book / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{files}", encoding="utf-8")


def divide(book: Path, *pages: str) -> None:
    """Say in the dictionary which chapters are divided."""
    path = book / "data/datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**package, "divided": [*pages]}, indent=2), encoding="utf-8")


def build(book: Path) -> Path:
    """Refresh and build it with its own copy of the package; return the folder of its pages."""
    environment = {**os.environ, "PYTHONPATH": str(book), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=book, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return book / "_build/html"
