"""What a page costs in a real Chromium: weight, requests, hosts, paint, and what axe and the Nu validator find."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
VALIDATOR = ROOT / ".ci/node_modules/vnu-jar/build/dist/vnu.jar"
#: Slow 4G on a slow phone: 1.6 Mbit/s, 150 ms, a fourth of the speed.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
#: Widths and themes in which axe reads a page; 640 pixels are a window of 1280 at 200%.
VIEWS: tuple[tuple[int, Literal["light", "dark"]], ...]
VIEWS = ((1280, "light"), (1280, "dark"), (640, "light"), (320, "light"), (320, "dark"))
SETTLED = 500  # ms without news after which the largest paint is taken for the last
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
    """Start the Chromium of this machine, to which no other host has an address.

    Raises
    ------
    RuntimeError
        When there is none.
    """
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise RuntimeError("there is no Chromium: install it, then run make bench again")
    # requests to other hosts fail at once, without a hook that would slow every request
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu", alone])
        yield browser
        browser.close()


def load(browser: Browser, url: str, *, slow: bool) -> Load:
    """Load a page with an empty cache; what it wants of other hosts is counted, and not had."""
    context = browser.new_context(viewport={"width": 412, "height": 823} if slow else {"width": 1280, "height": 800})
    page, host = context.new_page(), urlsplit(url).netloc
    sizes: list[int] = []
    asked: list[str] = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.on("request", lambda request: asked.append(urlsplit(request.url).netloc))
    if slow:
        session.send("Network.emulateNetworkConditions", SLOW)
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.add_init_script(_PAINT)
    page.goto(url, wait_until="load")
    page.wait_for_timeout(SETTLED)
    paint = float(page.evaluate("window.painted ?? NaN"))
    context.close()
    hosts = [name for name in asked if name]  # what is within the page has none
    return Load(sum(sizes), len(hosts), len({*hosts} - {host}), paint)


def axe(browser: Browser, urls: Sequence[str], views: Iterable[tuple[int, Literal["light", "dark"]]]) -> list[int]:
    """Count for each page the rules of axe, all of them on, that it breaks in any view with every fold open."""
    source = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    helpers = (ROOT / "tests" / "in_page.js").read_text(encoding="utf-8")
    page = browser.new_page(bypass_csp=True)
    counts = []
    for url in urls:
        found: set[str] = set()
        page.goto(url)
        page.evaluate(f"() => {{ {helpers}\nopenAll(); window.axeFinds = axeFinds; }}")
        page.evaluate(source)
        for width, theme in views:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=theme)
            found |= {told.partition(":")[0] for told in page.evaluate("axeFinds('html')")}
        counts.append(len(found))
    page.close()
    return counts


def invalid(pages: Sequence[Path]) -> list[int]:
    """Count the errors that the Nu validator finds in each page.

    Raises
    ------
    RuntimeError
        When it is not installed.
    """
    if not VALIDATOR.exists() or not shutil.which("java"):
        raise RuntimeError("the HTML validator is not there: install Java and run npm ci --prefix .ci")
    command = ["java", "-jar", str(VALIDATOR), "--format", "json", "--exit-zero-always", *map(str, pages)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stderr)["messages"]
    # it takes the hash of a script in a policy for an error
    errors = Counter(
        Path(unquote(urlsplit(message["url"]).path))
        for message in told
        if message["type"] == "error" and "violates Content Security Policy" not in message["message"]
    )
    return [errors[page.resolve()] for page in pages]
