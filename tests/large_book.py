"""A book of the real listings, built with room for so little on a page that they are divided."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from test_site_extension import ROOT, notebook, number, shown

from livingreview.notebooks.files import outputs, read
from livingreview.publish.evidence_tables import listing, source_list

#: Bytes that a page may weigh in this book.
LIMIT = 16_000
BUILD = """
import sys
from livingreview.notebooks import fingerprints
from livingreview.site import parts
fingerprints.stale = lambda root: []
parts.LIMIT = int(sys.argv.pop(1))
from jupyter_book.cli.main import main
main()
"""
PROSE = """# The trial

It is told in words.

{n}`impact_first`, {n}`impact_second`, {n}`impact_ratio`, {src}`unutzer2002jama`.
"""
#: Code of some weight, after which that of the listing comes.
CODE = "\n".join(f"value_{n} = {hash((n, n)) % 10**12}" for n in range(200))
#: Rows that a number of the chapter comes from: in the first part of a table, within it, and in the last.
ROWS = ("acm_va-engagement-6m-contrast", "impact-scl20-12m-contrast", "impact-response-12m-control")


def write(book: Path) -> None:
    """Write the book: listings, one of a page with several tables, and a chapter that leads to their rows."""
    (book / "chapters").mkdir(parents=True)
    for name in ("_config.yml", "LICENSE-CONTENT"):
        shutil.copy(ROOT / name, book)
    for name in ("data", "history", "proofs"):
        shutil.copytree(ROOT / name, book / name)
    pages = {
        "impact": notebook(
            PROSE,
            (
                "1",
                [
                    number("impact_first", "less", [ROWS[0]]),
                    number("impact_second", "more", [ROWS[1]]),
                    number("impact_ratio", "twice", [*ROWS], "more / less"),
                ],
            ),
        ),
        "results": notebook(
            "# Results", (CODE, []), "## All", ("2", [shown(listing("results", "Reported results")._repr_html_())])
        ),
        "trials": notebook(
            "# Trials",
            ("3", [shown(listing("studies", "Studies", filters=("Stage",))._repr_html_())]),
            ("4", [shown(listing("arms", "Arms")._repr_html_())]),
        ),
        "sources": notebook("# Sources", ("5", [shown(source_list("Sources of the review")._repr_html_())])),
        "glossary": notebook("# Glossary", ("6", [shown(listing("glossary", "Terms")._repr_html_())])),
    }
    for name, text in pages.items():
        (book / f"chapters/{name}.ipynb").write_text(text, encoding="utf-8")
    (book / "chapters/numbers.md").write_text("# Published numbers\n\n:::{published-numbers}\n:::\n", encoding="utf-8")
    (book / "index.md").write_text("# A large review\n\nIt has large tables.\n", encoding="utf-8")
    files = "".join(f"- file: chapters/{name}\n" for name in (*pages, "numbers"))
    (book / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{files}", encoding="utf-8")


def build(book: Path, limit: int = LIMIT) -> Path:
    """Build it, and give the folder of its pages."""
    command = [sys.executable, "-c", BUILD, str(limit), "build", str(book), "-W", "-n", "--keep-going"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=book, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return book / "_build/html"


def stored_rows(book: Path, chapter: str) -> list[str]:
    """Ids of the rows that a notebook stores, in order."""
    from livingreview.site.parts import _ROW

    cells = read(book / f"chapters/{chapter}.ipynb")["cells"]
    return [
        row for cell in cells for output in outputs(cell) for row in _ROW.findall(output["data"].get("text/html", ""))
    ]
