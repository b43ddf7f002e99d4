"""Request every address that the review cites, and write those that are gone to a report.

    python links.py REPORT

A publisher that refuses programs (403, 429) or is down says nothing about the link: such are counted and not reported.
No report is written when no link is gone.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from livingreview.evidence import Evidence
from livingreview.history.escaping import markdown

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT, PAUSE, WORKERS = 30, 1.0, 8  # seconds, seconds between two requests to one host, hosts at a time
GONE = (404, 410)
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"'`]+")


def addresses(root: Path) -> dict[str, list[str]]:
    """List every cited address with the places that cite it.

    Parameters
    ----------
    root : Path
        Root of the project.

    Returns
    -------
    dict of str to list of str
    """
    places: dict[str, list[str]] = {}
    for source in Evidence(root / "data").sources.values():
        for address in filter(None, [*source.registered, source.url]):
            places.setdefault(address, []).append(f"data/references.bib, {source.key}")
    for path in sorted([*root.glob("*.md"), *root.glob("chapters/*.md")]):
        for address in _ADDRESS.findall(path.read_text(encoding="utf-8")):
            places.setdefault(address.rstrip(".,;:"), []).append(path.relative_to(root).as_posix())
    return places


def session() -> requests.Session:
    """Return a session that tries again, more and more slowly, where a host is busy."""
    patient = requests.Session()
    retry = Retry(total=3, backoff_factor=2, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False)
    retry.respect_retry_after_header = False  # a host may ask for a day
    for scheme in ("https://", "http://"):
        patient.mount(scheme, HTTPAdapter(max_retries=retry))
    patient.headers["User-Agent"] = "living review, weekly check of its links"
    return patient


def gone(address: str, web: requests.Session) -> str:
    """Request an address.

    Parameters
    ----------
    address : str
    web : requests.Session

    Returns
    -------
    str
        Why it is gone; blank when it is there; '?' first when that cannot be known.
    """
    try:
        for request in (web.head, web.get):
            with request(address, timeout=TIMEOUT, allow_redirects=True, stream=True) as answer:
                if answer.status_code < 400:
                    return ""
                # some hosts do not answer to HEAD as they do to GET, so that only the second answer counts
                status = answer.status_code
        return f"answers {status}" if status in GONE else f"? answers {status}"
    except requests.exceptions.InvalidURL:
        return "is no address"
    except requests.RequestException as error:
        return f"? {type(error).__name__}"


def check(cited: Iterable[str], pause: float = PAUSE, say: Callable[[str], object] = print) -> dict[str, str]:
    """Request addresses, those of one host in turn.

    Parameters
    ----------
    cited : iterable of str
    pause : float
        Seconds between two requests to one host.
    say : callable
        Called with a line for each host.

    Returns
    -------
    dict of str to str
        As `gone` gives it, by address.
    """

    def host(address: str) -> str:
        return urlsplit(address).netloc.lower()

    def answered(addresses: list[str]) -> dict[str, str]:
        with session() as web:
            answers = {}
            for address in addresses:
                answers[address] = gone(address, web)
                time.sleep(pause)
        say(f"{host(addresses[0])}: {len(addresses)} requested")
        return answers

    hosts = [list(group) for _, group in groupby(sorted(cited, key=host), host)]
    with ThreadPoolExecutor(WORKERS) as pool:
        return {address: answer for answers in pool.map(answered, hosts) for address, answer in answers.items()}


def lines(answers: dict[str, str], places: dict[str, list[str]]) -> Iterator[str]:
    """Write the report: a line for each address that is gone."""
    for address, answer in answers.items():
        if answer and not answer.startswith("?"):
            where = ", ".join(markdown(place) for place in places[address])
            yield f"- {markdown(address)} {answer}; cited in {where}"


def main(report: Path, root: Path = ROOT) -> str:
    """Check all links, and return how many are gone."""
    places = addresses(root)
    answers = check(places)
    gone_lines = [*lines(answers, places)]
    unknown = [address for address, answer in answers.items() if answer.startswith("?")]
    for address in unknown:
        print(f"cannot be known: {address} {answers[address]}")
    if gone_lines:
        report.write_text("\n".join(gone_lines) + "\n", encoding="utf-8")
    return f"{len(places)} links: {len(gone_lines)} gone, {len(unknown)} cannot be known."


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(main(Path(sys.argv[1])))
