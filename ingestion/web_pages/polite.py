"""Asking a web site for one page at a time: spaced, patient with a busy server, and never more than we can hold."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from ingestion.connectors.base import ConnectorError
from ingestion.network_body import ACCEPTED, BodyBroken, BodyTooLarge, read_body
from ingestion.web_pages.addresses import canonical

AGENT = "Attest"
RETRY_WAITS_S = (1.0, 4.0)
LONGEST_WAIT_S = 60.0
# Whoever asks for more is told the same tomorrow.
LONGEST_ASKED_S = 86_400.0
REFUSAL_BYTES = 100_000
MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TEMPORARY = frozenset({408, 425, 429})

# How many bytes of an answer are wanted, by its address and content type; 0 leaves the body unread.
Limit = Callable[[str, str], int]

_paced = threading.Lock()
_last_asked: dict[str, float] = {}


class Unanswered(Exception):  # noqa: N818 - the name says what happened
    """The page could not be had now, after several tries; the reason completes "The page …"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    url: str
    status: int
    headers: httpx.Headers
    body: bytes = b""

    @property
    def redirect(self) -> str | None:
        """Where the answer sends us: its one spelling, or None."""
        location = self.headers.get("Location", "") if self.status in _REDIRECTS else ""
        return canonical(location, self.url) if location else None

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        return httpx.Response(200, headers=self.headers).charset_encoding


class Polite:
    """`delay_s` lies between two requests to one host, whichever source of this process they are for."""

    def __init__(self, client: httpx.Client, *, delay_s: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self.delay_s = delay_s
        self._client = client
        self._sleep = sleep

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, limit: Limit) -> Answer:
        """Raises Unanswered, BodyTooLarge, or ConnectorError where the whole site asks us to wait or is forbidden."""
        for wait_s in (*RETRY_WAITS_S, None):
            try:
                answer = self._ask(url, headers or {}, limit)
            except (httpx.TransportError, BodyBroken) as error:
                reason = _broken(error)
                asked_to_wait = None
            else:
                if answer.status < 500 and answer.status not in _TEMPORARY:
                    return answer
                reason = f"answers with status {answer.status}"
                asked_to_wait = _retry_after(answer.headers.get("Retry-After", ""))
                self._refuse_long_wait(url, answer.status, asked_to_wait, is_last=wait_s is None)
            if wait_s is not None:
                self._sleep(wait_s if asked_to_wait is None else asked_to_wait)
        raise Unanswered(reason)

    def follow(self, url: str, *, max_bytes: int) -> Answer:
        """The same for a file that is not a document: wherever it has moved, within reason."""
        limit: Limit = lambda url, content_type: max_bytes  # noqa: E731
        answer = self.get(url, limit=limit)
        for _ in range(MAX_REDIRECTS):
            if answer.redirect is None:
                break
            answer = self.get(answer.redirect, limit=limit)
        return answer

    def _ask(self, url: str, headers: Mapping[str, str], limit: Limit) -> Answer:
        self._pace(urlsplit(url).netloc)
        # A site that remembers us by a cookie would show us pages that nobody else sees.
        self._client.cookies.clear()
        wanted = {"User-Agent": AGENT, "Accept-Encoding": ACCEPTED, **headers}
        with self._client.stream("GET", url, headers=wanted) as response:
            answer = Answer(url, response.status_code, response.headers)
            return replace(answer, body=self._body(response, limit(url, answer.content_type)))

    @staticmethod
    def _body(response: httpx.Response, max_bytes: int) -> bytes:
        if response.status_code == 200:
            return read_body(response, max_bytes) if max_bytes else b""
        with suppress(BodyTooLarge, BodyBroken):
            # Nobody wants it, but a connection that was read to its end serves the next request.
            read_body(response, REFUSAL_BYTES)
        return b""

    def _pace(self, host: str) -> None:
        with _paced:
            now = time.monotonic()
            turn = max(now, _last_asked.get(host, float("-inf")) + self.delay_s)
            _last_asked[host] = turn
        if turn > now:
            self._sleep(turn - now)

    @staticmethod
    def _refuse_long_wait(url: str, status: int, asked_s: float | None, *, is_last: bool) -> None:
        is_too_long = asked_s is not None and asked_s > LONGEST_WAIT_S
        if is_too_long or (is_last and (status == 429 or asked_s is not None)):
            raise ConnectorError(
                f"{urlsplit(url).netloc} asks for fewer requests; raise the seconds between two requests.",
                permanent=False,
                retry_after_s=asked_s,
            )


def _broken(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "takes too long to answer"
    if isinstance(error, BodyBroken):
        return "answers with a body that cannot be unpacked"
    return "cannot be reached or breaks off"


def _retry_after(value: str) -> float | None:
    """Seconds from now, of either form that the header has; None where it says nothing that can be read."""
    if value.strip().isdecimal():
        return min(float(value), LONGEST_ASKED_S)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - datetime.now(UTC)).total_seconds()), LONGEST_ASKED_S)
