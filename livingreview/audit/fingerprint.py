"""Of what the stored proof by mutation is: the data, the notebooks, and the code that decides what is caught."""

from __future__ import annotations

import hashlib
from pathlib import Path

from livingreview.notebooks.files import chapters, read
from livingreview.notebooks.fingerprints import Foundation, digest, foundation, reached, seal

#: Where the last full run is stored.
STORED = "proofs/mutation.json"
#: The module that makes a run: with all that it imports, and what the chapters are made of, it decides what is caught.
PROOF = "livingreview.audit.mutation.proof"


def fingerprint(root: Path) -> str:
    """Give the fingerprint of all that a run depends on: data, code, and sources of the notebooks."""
    seals = [seal(Foundation(path.name, ""), read(path)) for path in chapters(root)]
    parts = [
        foundation(root).common,
        digest(root, [*reached(root, [PROOF]), *(root / "chapters").glob("*.csv")]),
        *seals,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
