"""The one layer between the watch and the network: an adapter that distrusts answers, and a client that retries.

The `Retry` of urllib3 decides which answers are worth another try and how long to wait. requests-cache stores answers
in the folder of the run, so that an interrupted run continues where it stopped. Nothing that comes from a
service is trusted: size, compression, redirects and time are checked here, and the form by the reader that
comes with the question.
"""

from __future__ import annotations

import gzip
import io
import queue
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests_cache import NEVER_EXPIRE, CachedSession
from urllib3.exceptions import InvalidHeader, MaxRetryError
from urllib3.util import Retry

from livingreview.watch.values import BadAnswerError

T = TypeVar("T")
Say = Callable[[str], None]

#: Tries per question, and how many questions in a row may fail before a service is no longer asked.
TRIES, PATIENCE = 5, 2
#: Longest wait that a service may ask for, in seconds, and the largest answer, in bytes.
LONGEST_WAIT, LARGEST = 300.0, 64 * 2**20
_RETRY = Retry(TRIES - 1, backoff_factor=1, backoff_max=60, status_forcelist={408, 425, 429, 500, 502, 503, 504})
_AGENT = "livingreview-watch"


@dataclass(frozen=True)
class Service:
    """A service: its name in data/searches.csv, its title, its address, and how it is asked.

    Parameters
    ----------
    name, title, base : str
    pause : float
        Seconds between two questions.
    contact : tuple of str
        Names of the parameters that take the contact address.
    """

    name: str
    title: str
    base: str
    pause: float = 1.0
    contact: tuple[str, ...] = ()


class UnansweredError(Exception):
    """A question got no usable answer; the message says what came instead."""


class AbsentError(UnansweredError):
    """The service answered that it has no such record."""


class _TransientError(Exception):
    """A failure that another try may resolve, with the seconds that the service asks to wait."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class _Adapter(HTTPAdapter):
    """Reads whole answers, within limits of time and size."""

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self.deadline = deadline

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send a request in a thread, which is abandoned if its answer, headers included, comes too slowly."""
        done: queue.SimpleQueue[requests.Response | BaseException] = queue.SimpleQueue()
        ask = super().send

        def work() -> None:
            try:
                done.put(self._whole(request, ask(request, *args, **{**options, "stream": True})))
            except BaseException as error:
                done.put(error)

        threading.Thread(target=work, daemon=True).start()
        try:
            answer = done.get(timeout=self.deadline)
        except queue.Empty:
            raise _TransientError(f"an answer that takes longer than {self.deadline:.0f} s") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _whole(self, request: requests.PreparedRequest, response: requests.Response) -> requests.Response:
        packing = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packing not in {"identity", "gzip", "x-gzip"}:
            raise UnansweredError(f"an answer packed as {_short(packing)}, which was not asked for")
        body = bytearray()
        with response:
            for piece in response.raw.stream(2**16, decode_content=False):
                body += piece
                _limit(body)
        if packing != "identity":
            try:  # never unpacks more, however small the answer arrives
                body = bytearray(gzip.GzipFile(fileobj=io.BytesIO(body)).read(LARGEST + 1))
            except EOFError as error:
                raise _TransientError("an answer that is cut off") from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise _TransientError("an answer that cannot be unpacked") from error
            _limit(body)
        # these headers describe the transfer, not the body that is passed on
        way = {"content-encoding", "content-length", "transfer-encoding"}
        headers = {name: value for name, value in response.headers.items() if name.lower() not in way}
        raw = urllib3.HTTPResponse(
            io.BytesIO(body), headers, response.status_code, reason=response.reason, preload_content=False
        )
        return self.build_response(request, raw)


class _WatchSession(CachedSession):
    """Stores answers, and follows no redirect to another service."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """The target of a redirect, which must be the same service and no less secure."""
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        there, here = urlsplit(requests.compat.urljoin(resp.url, target)), urlsplit(resp.url)
        if (there.hostname, there.port) != (here.hostname, here.port) or there.scheme not in {here.scheme, "https"}:
            raise UnansweredError(f"it sends on to another address ({_short(target)})")
        return str(target)


@dataclass
class Client:
    """Asks services, each at its own pace.

    Parameters
    ----------
    folder : Path
        Folder of the run, in which answers are stored.
    bases : mapping of str to str
        Addresses that replace those of services, by name.
    contact : str
        E-mail address for the services; blank for none.
    timeout : float
        Seconds to wait for a connection, and between bytes.
    deadline : float
        Seconds for one whole answer.
    clock, sleep : callable
        A monotonic clock in seconds, and a function that waits.
    say : callable
        Prints a line of progress.
    """

    folder: Path
    bases: Mapping[str, str]
    contact: str = ""
    timeout: float = 30.0
    deadline: float = 180.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    say: Say = print

    def __post_init__(self) -> None:
        self._session = _WatchSession(
            self.folder / "answers.sqlite",
            serializer="json",  # JSON, unlike pickle, can hold no code
            expire_after=NEVER_EXPIRE,
            ignored_parameters=["tool", "email", "mailto"],
        )
        self._session.max_redirects = 3
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter(self.deadline))
        by = f" (mailto:{self.contact})" if self.contact else ""
        self._session.headers.update({"User-Agent": f"{_AGENT}{by}", "Accept-Encoding": "gzip"})
        self._last: dict[str, float] = {}
        self._failed: dict[str, int] = {}

    def ask(self, service: Service, path: str, params: Mapping[str, str], read: Callable[[bytes], T]) -> T:
        """Ask a service one question.

        Parameters
        ----------
        service : Service
        path : str
            Path, relative to the address of the service.
        params : mapping of str to str
            Query parameters.
        read : callable
            Parses the answer; raises `BadAnswerError` if it is not in the documented form.

        Returns
        -------
        object
            What `read` returns.

        Raises
        ------
        AbsentError
            If the service has no such record.
        UnansweredError
            If no try got a usable answer, or the service is no longer asked.
        """
        url = self.bases.get(service.name, service.base) + path
        who = {name: _AGENT if name == "tool" else self.contact for name in service.contact if self.contact}
        cached = self._session.get(url, params={**params, **who}, only_if_cached=True)
        if cached.status_code == 200:
            try:
                return read(cached.content)
            except BadAnswerError:
                self._forget(cached)  # the stored answer is damaged
        if self._failed.get(service.name, 0) >= PATIENCE:
            raise UnansweredError(f"not asked, after {PATIENCE} questions in a row without an answer")
        retry = _RETRY
        while True:
            try:
                answer = self._once(service, url, {**params, **who}, read)
            except _TransientError as error:
                retry = self._next(service, retry, error)
            else:
                self._failed[service.name] = 0
                return answer

    def _next(self, service: Service, retry: Retry, error: _TransientError) -> Retry:
        """Wait for the next try; give up if the service asks for too long a wait."""
        too_long = error.after is not None and error.after > LONGEST_WAIT
        try:
            if too_long:
                raise MaxRetryError(None, None, error)  # type: ignore[arg-type]
            retry = retry.increment("GET", error=error)
        except MaxRetryError:
            self._failed[service.name] = self._failed.get(service.name, 0) + (PATIENCE if too_long else 1)
            raise UnansweredError(str(error)) from error
        wait = retry.get_backoff_time() if error.after is None else max(error.after, 1.0)
        self.say(f"   {service.title}: {error}; once more in {wait:.0f} s")
        self.sleep(wait)
        return retry

    def _once(self, service: Service, url: str, params: Mapping[str, str], read: Callable[[bytes], T]) -> T:
        """Ask once, no faster than the service allows."""
        early = self._last.get(service.name, -service.pause) + service.pause - self.clock()
        if early > 0:
            self.sleep(early)
        self._last[service.name] = self.clock()
        try:
            response = self._session.get(url, params=params, timeout=self.timeout)
        except requests.TooManyRedirects as error:
            raise UnansweredError("it sends on in circles") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _TransientError(_plainly(error)) from error
        status = response.status_code
        if _RETRY.is_retry("GET", status):
            after = _wait_asked(response)
            asks = f", and it asks to wait {after:.0f} s" if after is not None and after > LONGEST_WAIT else ""
            raise _TransientError(f"status {status}{asks}", after)
        if status in {404, 410} and not _is_page(response.content):
            raise AbsentError("it has no such record")
        if status != 200:
            raise UnansweredError(f"status {status}")
        try:
            return read(response.content)
        except BadAnswerError as error:
            self._forget(response)
            raise _TransientError(str(error)) from error

    def _forget(self, response: Any) -> None:
        """Delete a stored answer, and the redirect that led to it."""
        self._session.cache.delete(response.cache_key, requests=[response.request])


def _is_page(body: bytes) -> bool:
    """Whether an answer is a page for people, which says nothing about a record."""
    return body.lstrip()[:15].lower().startswith((b"<html", b"<!doctype html"))


def _limit(body: bytearray) -> None:
    if len(body) > LARGEST:
        raise UnansweredError(f"an answer of more than {LARGEST // 2**20} MiB")


def _wait_asked(response: requests.Response) -> float | None:
    """The seconds that an answer asks to wait; None if it does not, or in an unknown form."""
    try:
        return _RETRY.get_retry_after(response.raw)
    except InvalidHeader:
        return None


def _plainly(error: Exception) -> str:
    """Say what went wrong, without the addresses and objects in the messages of libraries."""
    words = {
        "ConnectTimeout": "no connection in time",
        "ReadTimeout": "no answer in time",
        "ReadTimeoutError": "an answer that stopped half way",
        "SSLError": "no connection that can be trusted",
        "ProxyError": "no connection through the proxy",
        "ConnectionError": "no connection",
        "IncompleteRead": "an answer that is cut off",
        "ProtocolError": "an answer that is cut off",
    }
    name = type(error).__name__
    return words.get(name, f"a failure on the way ({name})")


def _short(text: str) -> str:
    return "".join(char for char in text[:60] if char.isprintable())
