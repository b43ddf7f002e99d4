"""What a page costs in a real Chromium: weight, requests, hosts, paint and blocking."""

from __future__ import annotations

import gzip
import io
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

#: Slow 4G on a slow phone: 1.6 Mbit/s, 150 ms, a fourth of the speed.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
_OBSERVED = """window.painted = NaN; window.blocked = 0;
new PerformanceObserver(list => { window.painted = list.getEntries().at(-1).startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver(list => { window.blocked = Math.max(window.blocked, ...list.getEntries().map(t => t.duration));
}).observe({type: "longtask", buffered: true});"""


class Load(NamedTuple):
    """One load of a page: bytes as sent, requests, other hosts asked, largest paint and longest task in ms."""

    size: int
    requests: int
    hosts: int
    paint: float
    blocked: float


class _Zipped(SimpleHTTPRequestHandler):
    """Serve files compressed, as a good static host serves text."""

    def send_head(self) -> io.BytesIO:
        path = Path(self.translate_path(self.path))
        body = gzip.compress(path.read_bytes(), mtime=0) if path.is_file() else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def opened(site: Path) -> Iterator[Callable[..., Load]]:
    """Serve a folder to the Chromium of this machine, for which no other host resolves; give what loads a page."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise RuntimeError("there is no Chromium: install it, then run make bench again")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Zipped, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu", alone])
            yield partial(load, browser, f"127.0.0.1:{server.server_port}")
            browser.close()
    finally:
        server.shutdown()
        server.server_close()


def load(browser: Browser, host: str, path: str, *, slow: bool) -> Load:
    """Load a page with an empty cache; requests to other hosts are counted, and fail."""
    context = browser.new_context(viewport={"width": 412, "height": 823} if slow else {"width": 1280, "height": 800})
    page = context.new_page()
    sizes: list[int] = []
    requests: list[str] = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.on("request", lambda request: requests.append(urlsplit(request.url).netloc))
    if slow:
        session.send("Network.emulateNetworkConditions", SLOW)
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.add_init_script(_OBSERVED)
    page.goto(f"http://{host}/{path}", wait_until="load")
    page.wait_for_timeout(500)  # the last of the largest paints has come
    paint, blocked = map(float, page.evaluate("[window.painted, window.blocked]"))
    context.close()
    hosts = [*filter(None, requests)]  # a request within the page has none
    return Load(sum(sizes), len(hosts), len({*hosts} - {host}), paint, blocked)
