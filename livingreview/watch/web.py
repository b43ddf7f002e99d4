"""The one layer between the watch and the network: time-outs, retries, rate limits, caps, and a store of answers.

A question that was answered is stored in the folder of the run, so that a run that broke off goes on where it was.
Nothing that comes from a service is believed: its size, its packing, its redirects and its form are all checked here
or by the reader that the question brings along.
"""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import requests
import tenacity
import urllib3

from livingreview.repository import replace_file

T = TypeVar("T")
Say = Callable[[str], None]

#: Tries at one question, and how many questions in a row may fail before a service is left alone.
TRIES, PATIENCE = 5, 2
#: Longest wait that a service may ask for, in seconds, and the largest answer, in bytes.
LONGEST_WAIT, LARGEST = 300.0, 64 * 2**20
_BACKOFF = tenacity.wait_exponential(multiplier=1, max=60)
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_AGENT = "livingreview-watch"


@dataclass(frozen=True)
class Service:
    """A service: its name in data/searches.csv, its title, its address, and seconds between two questions to it."""

    name: str
    title: str
    base: str
    pause: float


#: PubMed allows 3 questions a second, Crossref 1 a second for lists; no number was found for the others.
SERVICES = {
    service.name: service
    for service in (
        Service("clinicaltrials", "ClinicalTrials.gov", "https://clinicaltrials.gov/api/v2/", 1.0),
        Service("pubmed", "PubMed", "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/", 0.4),
        Service("europepmc", "Europe PMC", "https://www.ebi.ac.uk/europepmc/webservices/rest/", 1.0),
        Service("crossref", "Crossref", "https://api.crossref.org/", 1.0),
    )
}


class UnansweredError(Exception):
    """A question got no answer that can be used; the message says what came instead."""


class AbsentError(UnansweredError):
    """The service answered that it has no such record."""


class BadAnswerError(Exception):
    """An answer is not in the documented form; raised by readers, and tried again."""


class _TransientError(Exception):
    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


@dataclass
class Client:
    """Asks services, each at its own pace.

    Parameters
    ----------
    answers : Path
        Folder that keeps the answers of this run.
    bases : mapping of str to str
        Other addresses of services, by name.
    contact : str
        Address that a service may write to; blank for none.
    timeout : float
        Seconds to wait for a connection, and for the next bytes.
    deadline : float
        Seconds for one answer as a whole.
    clock, sleep : callable
        Seconds of a clock that does not go back, and waiting.
    say : callable
        Prints a line of progress.
    """

    answers: Path
    bases: Mapping[str, str]
    contact: str = ""
    timeout: float = 30.0
    deadline: float = 180.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    say: Say = print

    def __post_init__(self) -> None:
        self.session = requests.Session()
        by = f" (mailto:{self.contact})" if self.contact else ""
        self.session.headers = requests.structures.CaseInsensitiveDict(
            {"User-Agent": f"{_AGENT}{by}", "Accept-Encoding": "gzip", "Accept": "*/*"}
        )
        self._last: dict[str, float] = {}
        self._failed: dict[str, int] = {}

    def ask(self, service: str, path: str, params: Mapping[str, str], read: Callable[[bytes], T]) -> T:
        """Ask a service one question.

        Parameters
        ----------
        service : str
            Name of the service.
        path : str
            From its address.
        params : mapping of str to str
            The question.
        read : callable
            Turns the answer into what is wanted, and raises `BadAnswerError` where it is not in the documented form.

        Returns
        -------
        object
            What `read` made of the answer.

        Raises
        ------
        AbsentError
            When the service has no such record.
        UnansweredError
            When there was no answer of use after all tries, or the service was left alone before.
        """
        url = urljoin(self.bases.get(service, SERVICES[service].base), path)
        question = f"{url}?{urlencode(params)}" if params else url
        kept = self.answers / service / hashlib.sha256(question.encode()).hexdigest()[:32]
        if kept.exists():
            try:
                return read(kept.read_bytes())
            except BadAnswerError:
                kept.unlink()  # changed since it was stored
        if self._failed.get(service, 0) >= PATIENCE:
            raise UnansweredError(f"not asked, after {PATIENCE} questions in a row without an answer")
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(TRIES),
            retry=tenacity.retry_if_exception(_worth_another_try),
            wait=_wait,
            sleep=self.sleep,
            before_sleep=lambda state: self._told(service, state),
            reraise=True,
        )
        body: bytes
        answer: T
        try:
            body, answer = retrying(self._once, service, self._addressed(service, question), read)
        except _TransientError as error:
            # who asks for a long rest gets it
            self._failed[service] = self._failed.get(service, 0) + (1 if _worth_another_try(error) else PATIENCE)
            raise UnansweredError(str(error)) from error
        self._failed[service] = 0
        kept.parent.mkdir(parents=True, exist_ok=True)
        replace_file(kept, body)
        return answer

    def _addressed(self, service: str, question: str) -> str:
        """The question with the contact, where the service has a place for it."""
        named = {"pubmed": {"tool": _AGENT, "email": self.contact}, "crossref": {"mailto": self.contact}}
        who = named.get(service, {})
        mark = "&" if "?" in question else "?"
        return f"{question}{mark}{urlencode(who)}" if who and self.contact else question

    def _told(self, service: str, state: tenacity.RetryCallState) -> None:
        failed = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0
        self.say(f"   {SERVICES[service].title}: {failed}; once more in {wait:.0f} s")

    def _once(self, service: str, question: str, read: Callable[[bytes], T]) -> tuple[bytes, T]:
        """Ask once, at the pace of the service."""
        pause = SERVICES[service].pause
        if (early := self._last.get(service, -pause) + pause - self.clock()) > 0:
            self.sleep(early)
        self._last[service] = self.clock()
        try:
            body = self._in_time(question)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _TransientError(_plainly(error)) from error
        try:
            return body, read(body)
        except BadAnswerError as error:
            raise _TransientError(str(error)) from error

    def _in_time(self, url: str) -> bytes:
        """The body of an answer, in a thread that is left behind where bytes come, but too slowly, headers and all."""
        done: queue.SimpleQueue[bytes | BaseException] = queue.SimpleQueue()

        def work() -> None:
            try:
                done.put(self._body(url))
            except BaseException as error:
                done.put(error)

        threading.Thread(target=work, daemon=True).start()
        try:
            found = done.get(timeout=self.deadline)
        except queue.Empty:
            raise _TransientError(f"an answer that takes longer than {self.deadline:.0f} s") from None
        if isinstance(found, BaseException):
            raise found
        return found

    def _body(self, url: str) -> bytes:
        for _ in range(4):
            with self.session.get(url, timeout=self.timeout, stream=True, allow_redirects=False) as response:
                if response.is_redirect:
                    url = _onward(url, response.headers["Location"])
                    continue
                return self._checked(response)
        raise UnansweredError("it sends on in circles")

    def _checked(self, response: requests.Response) -> bytes:
        status = response.status_code
        if status in _TRANSIENT:
            after = _seconds(response.headers.get("Retry-After", ""))
            asks = f", and it asks to wait {after:.0f} s" if after is not None and after > LONGEST_WAIT else ""
            raise _TransientError(f"status {status}{asks}", after=after)
        if status in {404, 410}:
            raise AbsentError("it has no such record")
        if status != 200:
            raise UnansweredError(f"status {status}")
        packing = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packing not in {"identity", "gzip", "x-gzip"}:
            raise UnansweredError(f"an answer packed as {_short(packing)}, which was not asked for")
        pieces = iter(lambda: response.raw.read1(2**16, decode_content=False), b"")
        return b"".join(_unpacked(pieces, packing != "identity"))


def _unpacked(pieces: Iterator[bytes], packed: bool) -> Iterator[bytes]:
    """The text of an answer, never more of it than `LARGEST`, however small it was packed."""
    size, unpack = 0, zlib.decompressobj(wbits=31)
    for piece in pieces:
        try:
            text = unpack.decompress(piece, LARGEST + 1 - size) if packed else piece
        except zlib.error as error:
            raise _TransientError("an answer that cannot be unpacked") from error
        size += len(text)
        if size > LARGEST or unpack.unconsumed_tail:
            raise UnansweredError(f"an answer of more than {LARGEST // 2**20} MiB")
        yield text
    if packed and not unpack.eof:
        raise _TransientError("an answer that is cut off")


def _worth_another_try(error: BaseException) -> bool:
    return isinstance(error, _TransientError) and (error.after is None or error.after <= LONGEST_WAIT)


def _wait(state: tenacity.RetryCallState) -> float:
    failed = state.outcome.exception() if state.outcome else None
    asked = failed.after if isinstance(failed, _TransientError) else None
    return float(_BACKOFF(state)) if asked is None else max(asked, 1.0)


def _seconds(text: str) -> float | None:
    """What a Retry-After asks for: seconds, or a date; None where it is neither."""
    if text.strip().isascii() and text.strip().isdigit():
        return float(text[:12])
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return max((until.astimezone(UTC) - datetime.now(UTC)).total_seconds(), 0.0)


def _onward(url: str, location: str) -> str:
    """Where a redirect leads, which must be the same service, and no less safe."""
    try:
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        same = (there.hostname, there.port) == (here.hostname, here.port)
    except ValueError:
        same = False
    if not same or there.scheme not in {here.scheme, "https"}:
        raise UnansweredError(f"it sends on to another address ({_short(location)})")
    return target


def _plainly(error: Exception) -> str:
    """What went wrong on the way, without the addresses and objects that the libraries put into their words."""
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


def as_json(body: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    BadAnswerError
        When the answer is none.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError("an answer that is no JSON, or is cut off") from error
    if not isinstance(found, dict):
        raise BadAnswerError("an answer that is JSON of another kind")
    return found
