"""What chapters import beyond pandas and matplotlib, and the start of a kernel."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from benchmarks.peers import PeerError
from livingreview.notebooks.files import chapters, read, source

#: What a kernel has loaded by itself, and what chapters may load as they like.
_BEFORE = "import time, ipykernel.zmqshell, IPython.display, pandas, matplotlib.pyplot, matplotlib.style"


def kernel() -> float:
    """Start a kernel until it answers, and give the seconds."""
    start = time.perf_counter()
    manager, client = start_new_kernel(kernel_name="python3")
    seconds = time.perf_counter() - start
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return seconds


def beyond(root: Path) -> float:
    """Import what any chapter imports where a kernel, pandas and matplotlib are loaded, and give the seconds.

    Raises
    ------
    PeerError
        When one of them cannot be imported.
    """
    imports = {
        ast.unparse(node)
        for path in chapters(root)
        for cell in read(path)["cells"]
        if cell["cell_type"] == "code"
        for node in ast.walk(ast.parse(source(cell), path.name))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    code = [_BEFORE, "start = time.perf_counter()", *sorted(imports), "print(time.perf_counter() - start)"]
    command = [sys.executable, "-c", "\n".join(code)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerError(f"the imports of the chapters: {done.stderr.strip().splitlines()[-1]}")
    return float(done.stdout)
