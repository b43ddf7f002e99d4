"""The few calls to the hosting service that the workflows make, with the token of the job and nothing else."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

BOT = "github-actions[bot]"
TIMEOUT = 60  # seconds
PAGES = 20  # of 100 things each


class StopError(Exception):
    """The job cannot go on; the message says why."""


def variable(name: str) -> str:
    """A variable of the job; its absence stops the job."""
    if not os.environ.get(name):
        raise StopError(f"The variable {name} is not set; this script is run by a workflow.")
    return os.environ[name]


class Service:
    """The service's interface to this repository, by the variables that every job has."""

    def __init__(self) -> None:
        self.repository = variable("GITHUB_REPOSITORY")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", self.repository):
            raise StopError("GITHUB_REPOSITORY must be OWNER/NAME.")
        self._base = f"{variable('GITHUB_API_URL')}/repos/{self.repository}"
        self._token = variable("GH_TOKEN")

    def ask(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Read one thing."""
        return json.loads(self._call("GET", path, query))

    def every(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Any]:
        """Read a list, page by page."""
        for page in range(1, PAGES + 1):
            found = self.ask(path, {**(query or {}), "per_page": "100", "page": str(page)})
            yield from found
            if len(found) < 100:
                return

    def tell(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Write one thing."""
        return json.loads(self._call(method, path, body=json.dumps(body).encode()))

    def download(self, path: str, largest: int) -> bytes:
        """Read a file of at most so many bytes."""
        return self._call("GET", path, largest=largest)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        largest: int = 20_000_000,
    ) -> bytes:
        address = f"{self._base}{path}{f'?{urllib.parse.urlencode(query)}' if query else ''}"
        request = urllib.request.Request(address, body, {"Accept": "application/vnd.github+json"}, method=method)
        # a download is redirected to another host, which must not see the token
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                content: bytes = answer.read(largest + 1)
        except (urllib.error.URLError, TimeoutError) as error:
            raise StopError(f"{method} {path} failed: {error}.") from error
        if len(content) > largest:
            raise StopError(f"{method} {path}: the answer is larger than {largest:,} bytes.")
        return content
