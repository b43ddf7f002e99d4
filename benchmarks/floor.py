"""The least that a verification can cost: the code of all chapters, in one process, one after the other."""

from __future__ import annotations

import ast
import contextlib
import io
import sys
from pathlib import Path

from livingreview.notebooks.files import chapters, read, source
from livingreview.publish.session import Session


def main(root: Path) -> None:
    """Run every cell of every chapter, and render its values as a notebook would."""
    sys.displayhook = lambda value: getattr(value, "_repr_html_", value.__repr__)()
    for path in chapters(root):
        names = {"__name__": "__main__"}
        session = Session()
        for cell in read(path)["cells"]:
            if cell["cell_type"] == "code":
                code = ast.Interactive(ast.parse(source(cell)).body)
                with session, contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(code, path.name, "single"), names)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
