"""The warm process behind `verify`: it imports the libraries once, and forks a child for each chapter.

The shell is that of a kernel, but it keeps its messages instead of sending them, so that outputs are byte for byte
those of a kernel. Everything is compared: texts, types, metadata, order, counts.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import sys
from itertools import chain
from pathlib import Path
from typing import Any

from livingreview.notebooks.comparing import difference
from livingreview.notebooks.files import (
    Notebook,
    Problem,
    chapters,
    computing,
    failure,
    outputs,
    place,
    read,
    source,
)

_REMEDY = "If the change is meant, run make refresh and review what changed."


def _main(root: Path) -> None:
    notebooks, problems = {}, []
    for path in chapters(root):
        try:
            notebooks[f"chapters/{path.name}"] = read(path)
        except ValueError as error:
            problems.append(Problem(f"chapters/{path.name}", "be readable", str(error), "Restore it."))
    shell = _shell()
    with shell.builtin_trap:  # libraries ask, when imported, whether they are in a notebook
        _warm(root, notebooks)
    waiting = list(notebooks)
    running: list[tuple[str, int, int]] = []
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            page = waiting.pop(0)
            running.append((page, *_fork(shell, notebooks[page])))
        page, child, pipe = running.pop(0)
        with os.fdopen(pipe, encoding="utf-8") as file:
            answer = file.read()
        status = os.waitpid(child, 0)[1]
        if status:
            found = f"a process that died with status {os.waitstatus_to_exitcode(status)}"
            problems.append(Problem(page, "run to its end", found, "Run make refresh to see where."))
        else:
            problems += _differences(page, notebooks[page], json.loads(answer))
    json.dump([list(vars(problem).values()) for problem in problems], sys.stdout)


def _shell() -> Any:
    """Start the shell of a kernel; what it would send to a browser is kept in `shell.kept`."""
    from ipykernel.zmqshell import ZMQInteractiveShell
    from jupyter_client.session import Session
    from traitlets.config import Config

    kept: list[dict[str, Any]] = []

    class Keep(Session):
        def send(self, stream: Any, message: Any, content: Any = None, *_: Any, **__: Any) -> None:  # type: ignore[override]
            kind = message if isinstance(message, str) else message["header"]["msg_type"]
            body = json.loads(self.pack(content if isinstance(message, str) else message["content"]))
            body.pop("transient", None)
            kept.append({"output_type": kind, **body})

    shell: Any = ZMQInteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    shell.displayhook.session = shell.display_pub.session = Keep()
    shell.kept = kept
    return shell


class _Stream(io.TextIOBase):
    """A standard stream that joins its text into one output, at the place of the first, as nbclient does."""

    encoding = "UTF-8"

    def __init__(self, name: str, kept: list[dict[str, Any]]) -> None:
        self.name, self.kept = name, kept

    def write(self, text: str) -> int:
        for output in self.kept:
            if output.get("name") == self.name:
                output["text"] += text
                return len(text)
        if text:
            self.kept.append({"output_type": "stream", "name": self.name, "text": text})
        return len(text)


def _warm(root: Path, notebooks: dict[str, Notebook]) -> None:
    """Import what chapters and computing modules import, once for all; what fails is left to its cell to report."""
    sys.path.insert(0, "")
    cells = chain.from_iterable(notebook["cells"] for notebook in notebooks.values())
    texts = [source(cell) for cell in cells if cell.get("cell_type") == "code"]
    texts += [path.read_text(encoding="utf-8") for path in computing(root) if path.suffix == ".py"]
    imports = dict.fromkeys(statement for text in texts for statement in _imports(text))
    for statement in imports:
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            exec(statement, {})
    with contextlib.suppress(Exception):  # the data, read once; a child that changes them changes its own copy
        sys.modules["livingreview.evidence"].load()


def _imports(text: str) -> list[str]:
    with contextlib.suppress(SyntaxError):
        return [
            ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)
        ]
    return []


def _fork(shell: Any, notebook: Notebook) -> tuple[int, int]:
    """Run a notebook in a child; give its process id and the pipe that will hold its outputs by code cell."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the answer of the parent goes there
        runs = _run(shell, notebook)
        with os.fdopen(writer, "w", encoding="utf-8") as file:
            json.dump(runs, file)
        status = 0
    finally:
        os._exit(status)


def _run(shell: Any, notebook: Notebook) -> list[list[dict[str, Any]]]:
    sys.stdout, sys.stderr = _Stream("stdout", shell.kept), _Stream("stderr", shell.kept)
    runs: list[list[dict[str, Any]]] = []
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code" and not (runs and _error(runs[-1])):
            shell.kept.clear()
            if source(cell).strip():
                shell.run_cell(source(cell), store_history=True)
            runs.append(list(shell.kept))
    return runs


def _error(run: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((output for output in run if output["output_type"] == "error"), None)


def _differences(page: str, notebook: Notebook, runs: list[list[dict[str, Any]]]) -> list[Problem]:
    problems = []
    cells = enumerate(notebook["cells"], 1)
    code = [(number, cell) for number, cell in cells if cell.get("cell_type") == "code"]
    for count, ((number, cell), run) in enumerate(zip(code, runs, strict=False), 1):
        if error := _error(run):
            problems.append(failure(page, number, cell, error))
        elif found := difference(outputs(cell), run):
            problems.append(Problem(place(page, number, cell), "show what is stored", found, _REMEDY))
        elif source(cell).strip() and cell.get("execution_count") != count:
            found = f"execution count {cell.get('execution_count')}"
            problems.append(Problem(place(page, number, cell), f"be run as number {count}", found, _REMEDY))
    return problems


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
