"""Replace every PDF under a folder by its text: a browser writes the time into a PDF; the text is what must stay."""

from __future__ import annotations

import sys
from pathlib import Path

from pypdf import PdfReader

for path in sorted(Path(sys.argv[1]).rglob("*.pdf")):
    pages = [page.extract_text() for page in PdfReader(path).pages]
    path.with_suffix(".txt").write_text("\f".join(pages), encoding="utf-8")
    path.unlink()
