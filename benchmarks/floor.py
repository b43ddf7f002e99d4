"""The least that a verification can cost: the code of all chapters, in one process, one after the other."""

from __future__ import annotations

import ast
import contextlib
import io
import sys
from pathlib import Path
from typing import Any

from livingreview.notebooks.files import chapters, read, source
from livingreview.publish.session import Session


def main(root: Path) -> None:
    """Run every cell of every chapter, and make of its last value what a notebook would show."""
    for path in chapters(root):
        names: dict[str, Any] = {"__name__": "__main__"}
        session = Session()
        for cell in read(path)["cells"]:
            if cell["cell_type"] == "code":
                *statements, last = ast.parse(source(cell)).body or [ast.Pass()]
                with session, contextlib.redirect_stdout(io.StringIO()):
                    if isinstance(last, ast.Expr):
                        exec(compile(ast.Module(statements, []), path.name, "exec"), names)
                        value = eval(compile(ast.Expression(last.value), path.name, "eval"), names)
                        getattr(value, "_repr_html_", value.__repr__)()
                    else:
                        exec(compile(ast.Module([*statements, last], []), path.name, "exec"), names)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
