"""Replace every PDF under a folder by its text: a browser writes the time into a PDF; the text is what must stay."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from pypdf import PdfReader


def replace(path: Path) -> None:
    """Write the text of a PDF beside it, and remove it."""
    pages = [page.extract_text() for page in PdfReader(path).pages]
    path.with_suffix(".txt").write_text("\f".join(pages), encoding="utf-8")
    path.unlink()


if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        list(pool.map(replace, sorted(Path(sys.argv[1]).rglob("*.pdf"))))
