"""The door to a Git server: dulwich's smart HTTP over our guarded client, with every failure in words for an admin.

No Git configuration of the machine, no credential helper and no proxy takes part, and no other protocol is spoken.
"""

import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from dulwich.client import AbstractHttpGitClient

from ingestion.connectors.base import ConnectorError
from ingestion.network_guard import guarded_client

WAIT_S = 60
AGENT = "git/attest"


class TooMuch(ConnectorError):  # noqa: N818 - the name says what happened
    """The server sent more than we take in, or took longer than we wait."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=False)


class _Answer:
    """What dulwich expects of an HTTP response."""

    def __init__(self, response: httpx.Response, asked: str) -> None:
        self._response = response
        self.status = response.status_code
        self.content_type = response.headers.get("Content-Type", "")
        arrived = str(response.url)
        self.redirect_location = arrived if arrived != asked else ""

    def close(self) -> None:
        self._response.close()


class GitOverHttp(AbstractHttpGitClient):
    """One repository at `url`. At most `max_bytes` are read from one answer, within `within_s` seconds."""

    def __init__(
        self,
        url: str,
        *,
        login: tuple[str, str] | None,
        allowed_hosts: Collection[str],
        max_bytes: int,
        within_s: float,
    ) -> None:
        super().__init__(url, quiet=True)
        self._login = login
        self._home = httpx.URL(url)
        self._max_bytes = max_bytes
        self._client = guarded_client(
            allowed_hosts,
            timeout_s=min(WAIT_S, within_s),
            request_limit_s=within_s,
            follow_redirects=True,
            headers={"User-Agent": AGENT, "Pragma": "no-cache"},
        )

    def close(self) -> None:
        self._client.close()

    def _http_request(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        data: bytes | Iterator[bytes] | None = None,
        raise_for_status: bool = True,
    ) -> tuple[Any, Callable[[int], bytes]]:
        request = self._client.build_request("GET" if data is None else "POST", url, headers=headers, content=data)
        try:
            response = self._client.send(request, stream=True, auth=self._login_for(request.url))
        except httpx.HTTPError as error:
            raise unreachable(error) from error
        self._refuse(response, is_discovery="service=" in url)
        return _Answer(response, url), _Body(response, self._max_bytes).read

    def _refuse(self, response: httpx.Response, *, is_discovery: bool) -> None:
        """Only a smart Git server's answer goes on; anything else, a log-in page among it, ends here in words."""
        kind = response.headers.get("Content-Type", "")
        if response.status_code == 200 and (not is_discovery or kind.startswith("application/x-git-")):
            return
        response.close()
        raise refused(response, has_login=self._login is not None)

    def _login_for(self, url: httpx.URL) -> tuple[str, str] | None:
        """The token goes to the host it was entered for; a redirect or a server's hint may name another."""
        same_port = _port(url) == _port(self._home) and url.scheme == self._home.scheme
        upgraded = (_port(self._home), _port(url), url.scheme) == (80, 443, "https")
        return self._login if url.host == self._home.host and (same_port or upgraded) else None


class _Body:
    """Reads an answer as dulwich asks for it: as many bytes as it says, and fewer only at the end."""

    def __init__(self, response: httpx.Response, max_bytes: int) -> None:
        self._pieces = response.iter_bytes()
        self._left = max_bytes
        self._held = b""

    def read(self, size: int) -> bytes:
        parts = [self._held]
        wanted = size - len(self._held)
        while wanted > 0 and (piece := self._piece()):
            parts.append(piece)
            wanted -= len(piece)
        found = b"".join(parts)
        self._held = found[size:]
        return found[:size]

    def _piece(self) -> bytes:
        try:
            piece = next(self._pieces, b"")
        except httpx.HTTPError as error:
            raise unreachable(error) from error
        self._left -= len(piece)
        if self._left < 0:
            raise TooMuch("The repository is larger than is taken in; look at fewer commits, or split it.")
        return piece


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def refused(response: httpx.Response, *, has_login: bool) -> ConnectorError:
    """The error that an answer other than a repository's means."""
    status = response.status_code
    if status in (401, 403):
        return ConnectorError(
            "The server refused the user name and token; enter a token that may read the repository."
            if has_login
            else "The server asks who is there; enter a user name and a token that may read the repository.",
            permanent=True,
        )
    if status in (404, 410):
        return ConnectorError(
            "There is no repository at this address, or it is hidden from this user; "
            "correct the address, or enter a token that may read it.",
            permanent=True,
        )
    if status == 200:
        return ConnectorError(
            "The address answers with a page and not as a Git repository; enter the address that git clone takes.",
            permanent=True,
        )
    busy = status == 429 or status >= 500
    return ConnectorError(
        f"The Git server answered with status {status}; "
        + ("it is tried again later." if busy else "check the address of the repository."),
        permanent=not busy,
        retry_after_s=_retry_after(response.headers.get("Retry-After", "")),
    )


def unreachable(error: httpx.HTTPError) -> ConnectorError:
    """The error that a broken or impossible connection means."""
    if isinstance(error, httpx.TimeoutException):
        return TooMuch("The Git server took too long to answer; check that it is up, or look at fewer commits.")
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return ConnectorError(
            "The Git server's certificate is not trusted; renew it, or add its authority to the system's.",
            permanent=False,
        )
    if isinstance(error, httpx.TooManyRedirects):
        return ConnectorError("The address redirects in circles; enter the final one.", permanent=True)
    return ConnectorError(
        "The Git server cannot be reached or broke off; check its address and that it is up.", permanent=False
    )


def _retry_after(value: str) -> float | None:
    if value.isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.fromtimestamp(time.time(), UTC)).total_seconds())
