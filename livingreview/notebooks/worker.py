"""Run chapters as kernels do, without kernels: a warm process imports the libraries once, and forks for each chapter.

The shell is that of a kernel, but it collects its messages instead of sending them. Outputs are byte for byte those of
a kernel, and may be stored, or compared with stored ones. A child has the session of a kernel as well, which computes
from the data package, draws and shows; see `livingreview.publish.session`.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from livingreview.notebooks.confinement import confine
from livingreview.notebooks.files import Notebook, chapters, environment, read, source
from livingreview.notebooks.fingerprints import computing

#: Seconds after which a cell is stopped; most chapters take about a second.
TIMEOUT = 60


class ChapterRun(NamedTuple):
    """One run of a chapter.

    Attributes
    ----------
    chapter : str
        Its name.
    shown : list of list of dict
        Outputs by code cell, in the form of `files.outputs`; none after a cell that failed.
    died : int
        Exit status of its process if it died, negative for a signal; otherwise 0.
    cell : int
        The cell in which it died, counted from 1; 0 before the first.
    """

    chapter: str
    shown: list[list[dict[str, Any]]]
    died: int
    cell: int = 0

    @property
    def end(self) -> str:
        """How its process died, in words."""
        within = f"in cell {self.cell} " if self.cell else ""
        if self.died == -signal.SIGALRM:
            return f"{within}did not end within {TIMEOUT} s and was stopped"
        return f"{within}died with status {self.died}"

    @property
    def error(self) -> dict[str, Any] | None:
        """The error that ended it, if one did."""
        return next((output for output in (self.shown or [[]])[-1] if output["output_type"] == "error"), None)


def run(root: Path, only: Collection[str] = ()) -> Iterator[ChapterRun]:
    """Run every readable chapter.

    Parameters
    ----------
    root : Path
        The root of the project.
    only : collection of str
        Names of the chapters to run; all if there are none.

    Yields
    ------
    ChapterRun
        In the order in which they end.

    Raises
    ------
    RuntimeError
        If the process that runs the chapters dies.
    """
    # A separate process, since the order of sets is fixed when an interpreter starts.
    program = "import sys; from livingreview.notebooks import worker; worker.serve(*sys.argv[1:])"
    command = [sys.executable, "-c", program, str(root.resolve()), *only]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command,
            env={**os.environ, **environment(root)},
            cwd=root / "chapters",
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            start_new_session=True,  # so that it and the chapters end together
        ) as process,
    ):
        assert process.stdout
        try:
            for line in process.stdout:
                yield ChapterRun(*json.loads(line))
            status = process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        if status:
            errors.seek(0)
            raise RuntimeError(f"The process that runs the chapters stopped: {errors.read().strip()[-2000:]}")


def serve(project: str, *only: str) -> None:
    """Run chapters of a project in the warm process, all or those named, and print what each showed, one per line."""
    root, notebooks = Path(project), {}
    for path in (path for path in chapters(root) if not only or path.stem in only):
        with contextlib.suppress(ValueError):  # the caller reports it
            notebooks[path.stem] = read(path)
    shell = _shell()
    with shell.builtin_trap:  # on import, libraries ask whether they are in a notebook
        _warm(root, notebooks)
    # The longest last, so that `pop` starts them first: a long chapter that starts late would delay the end.
    waiting = sorted(notebooks, key=lambda name: len(str(notebooks[name])))
    running: dict[int, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                name = waiting.pop()
                running[_fork(shell, notebooks[name], Path(folder, name))] = name
            child, status = os.wait()
            name = running.pop(child)
            answer = Path(folder, name).read_text(encoding="utf-8")
            shown, cell = ("[]", int(answer or 0)) if status else (answer, 0)
            print(f"[{json.dumps(name)}, {shown}, {os.waitstatus_to_exitcode(status)}, {cell}]", flush=True)


def _shell() -> Any:
    """Start the shell of a kernel; it collects what it would send to a browser in `shell.messages`."""
    from ipykernel.zmqshell import ZMQInteractiveShell
    from jupyter_client.session import Session
    from traitlets.config import Config

    messages: list[dict[str, Any]] = []

    class Keep(Session):
        def send(self, stream: Any, message: Any, content: Any = None, *_: Any, **__: Any) -> None:  # type: ignore[override]
            kind = message if isinstance(message, str) else message["header"]["msg_type"]
            body = json.loads(self.pack(content if isinstance(message, str) else message["content"]))
            body.pop("transient", None)
            messages.append({"output_type": kind, **body})

    shell: Any = ZMQInteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    shell.displayhook.session = shell.display_pub.session = Keep()
    shell.messages = messages
    return shell


class _Stream(io.TextIOBase):
    """A standard stream that joins its text into one output at the first position, as nbclient does."""

    encoding = "UTF-8"

    def __init__(self, name: str, messages: list[dict[str, Any]]) -> None:
        self.name, self.messages = name, messages

    def write(self, text: str) -> int:
        for output in self.messages:
            if output.get("name") == self.name:
                output["text"] += text
                return len(text)
        if text:
            self.messages.append({"output_type": "stream", "name": self.name, "text": text})
        return len(text)


def _warm(root: Path, notebooks: dict[str, Notebook]) -> None:
    """Import what chapters and computing modules import, once for all; a failing cell reports its own import error."""
    sys.path.insert(0, "")
    cells = chain.from_iterable(notebook["cells"] for notebook in notebooks.values())
    texts = [source(cell) for cell in cells if cell.get("cell_type") == "code"]
    texts += [path.read_text(encoding="utf-8") for path in computing(root) if path.suffix == ".py"]
    imports = dict.fromkeys(statement for text in texts for statement in _imports(text))
    for statement in imports:
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            exec(statement, {})
    with contextlib.suppress(Exception):  # the data are read once; a child can only change its own copy
        book = sys.modules["livingreview.evidence"].load()
        _ = book.sources, book._named
    with contextlib.suppress(Exception), sys.modules["livingreview.publish.figures.page"].sheet() as page:
        page.paragraph("The first figure of a process loads fonts and a backend.")
        page.svg("one", "", "")
    gc.freeze()  # so that children share memory


def _imports(text: str) -> list[str]:
    with contextlib.suppress(SyntaxError):
        return [
            ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)
        ]
    return []


def _fork(shell: Any, notebook: Notebook, answer: Path) -> int:
    """Run a notebook in a child, which writes its outputs by code cell to `answer`; give the child's process id.

    Until they are complete, the answer is the number of the cell that runs.
    """
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # standard output belongs to the parent
        with answer.open("w", encoding="utf-8") as file:

            def write(text: str) -> None:
                file.seek(0)
                file.truncate()
                file.write(text)
                file.flush()

            confine()
            write(json.dumps(_run(shell, notebook, write)))
        status = 0
    finally:
        os._exit(status)


def _run(shell: Any, notebook: Notebook, begins: Callable[[str], None]) -> list[list[dict[str, Any]]]:
    sys.stdout, sys.stderr = _Stream("stdout", shell.messages), _Stream("stderr", shell.messages)
    runs: list[list[dict[str, Any]]] = []
    for number, cell in enumerate(notebook["cells"], 1):
        if cell.get("cell_type") == "code" and not (runs and _failed(runs[-1])):
            begins(str(number))
            signal.alarm(TIMEOUT)
            shell.messages.clear()
            if source(cell).strip():
                shell.run_cell(source(cell), store_history=True)
            runs.append(list(shell.messages))
    return runs


def _failed(run: list[dict[str, Any]]) -> bool:
    return any(output["output_type"] == "error" for output in run)
