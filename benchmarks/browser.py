"""What a page costs in a real Chromium: weight, requests, hosts, paint, and what axe and the Nu validator find."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Route, sync_playwright
from playwright.sync_api import Error as Failed

VALIDATOR = Path(__file__).parents[1] / ".ci/node_modules/vnu-jar/build/dist/vnu.jar"
#: Slow 4G on a slow phone: 1.6 Mbit/s, 150 ms, a fourth of the speed.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
_PAINT = """new PerformanceObserver(list => { window.painted = list.getEntries().at(-1).startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});"""


@dataclass(frozen=True)
class Load:
    """One load of a page: bytes as sent, requests, other hosts that were asked, largest paint in ms."""

    size: int
    requests: int
    hosts: int
    paint: float


class _Zipped(SimpleHTTPRequestHandler):
    """Serve files as a good static host does: text is compressed."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            self.send_error(404)
            return
        body, zipped = path.read_bytes(), path.suffix in {".html", ".css", ".js", ".svg", ".json", ".xml", ".map"}
        body = gzip.compress(body, mtime=0) if zipped else body
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a folder on this machine; give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Zipped, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium of this machine.

    Raises
    ------
    SystemExit
        When there is none.
    """
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("There is no Chromium on this machine: install it, then run make bench again.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def load(browser: Browser, url: str, *, slow: bool) -> Load:
    """Load a page with an empty cache; what it wants of other hosts is counted and refused."""
    context = browser.new_context(viewport={"width": 412, "height": 823} if slow else {"width": 1280, "height": 800})
    page, host = context.new_page(), urlsplit(url).netloc
    sizes: list[int] = []
    others: set[str] = set()

    def elsewhere(route: Route) -> None:
        others.add(urlsplit(route.request.url).netloc)
        route.abort()

    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    if slow:
        session.send("Network.emulateNetworkConditions", SLOW)
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.route(lambda asked: urlsplit(asked).netloc not in ("", host), elsewhere)
    page.add_init_script(_PAINT)
    page.goto(url, wait_until="load")
    page.wait_for_timeout(1500 if slow else 500)
    paint = float(page.evaluate("window.painted ?? NaN"))
    context.close()
    return Load(sum(sizes), len(sizes), len(others), paint)


def axe(browser: Browser, url: str) -> int:
    """Count the findings of axe, with every rule on and every fold open."""
    source = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page = browser.new_page(bypass_csp=True)
    page.goto(url)
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    page.add_script_tag(content=source)
    found: list[dict[str, Any]] = page.evaluate(
        """async () => (await axe.run({rules: Object.fromEntries(axe.getRules().map(r => [r.ruleId, {enabled: true}]))})
        ).violations.map(v => ({id: v.id, nodes: v.nodes.length}))"""
    )
    page.close()
    return len(found)


def invalid(page: Path) -> int | None:
    """Count the errors that the Nu validator finds; None where it is not installed."""
    if not VALIDATOR.exists() or not shutil.which("java"):
        return None
    done = subprocess.run(
        ["java", "-jar", str(VALIDATOR), "--errors-only", "--exit-zero-always", "--format", "gnu", str(page)],
        capture_output=True,
        text=True,
        check=False,
    )
    # it takes the hash of a script in a policy for an error
    return sum("error" in line and "Content-Security-Policy" not in line for line in done.stderr.splitlines())


__all__ = ["Failed", "Load", "axe", "chromium", "invalid", "load", "served"]
