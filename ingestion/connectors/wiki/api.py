"""Confluence over HTTP: one answer at a time, lists whole or not at all, and every failure as a ConnectorError.

A server that asks us to slow down is obeyed for a minute; what it asks beyond that is told to the caller.
"""

import json
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from ingestion.connectors.base import ConnectorError, ItemVanished
from ingestion.errors import FailureReason, IngestionError
from ingestion.network_body import ACCEPTED, BodyBroken, BodyTooLarge, read_body

LONGEST_WAIT_S = 60.0
USUAL_WAIT_S = 5.0
TRIES = 3
LISTING_TRIES = 3
LARGEST_ANSWER = 64_000_000
Row = dict[str, Any]


class NotThere(Exception):  # noqa: N818 - the name says what happened
    """404: it is gone, or hidden from this account; Confluence does not say which."""


class NotAllowed(ConnectorError):  # noqa: N818 - the name says what happened
    """403: the account is known but may not see this."""


class ConfluenceApi:
    """`base_url` is where the wiki begins: https://example.atlassian.net/wiki or https://wiki.example.com."""

    def __init__(self, base_url: str, client: httpx.Client, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.base_url = base_url.rstrip("/")
        self._client = client
        weakref.finalize(self, client.close)
        self._sleep = sleep

    def get(self, path: str, **params: Any) -> Row:
        """The JSON object at `path`. Raises NotThere or ConnectorError."""
        body = self._parsed(path, params)
        if not isinstance(body, dict):
            raise not_understood(path)
        return body

    def get_list(self, path: str) -> list[Row]:
        """A list that comes at once, without parts."""
        body = self._parsed(path, {})
        if not isinstance(body, list):
            raise not_understood(path)
        return body

    def by_cursor(self, path: str, **params: Any) -> Iterator[Row]:
        """Every row of a list whose parts are linked by a cursor."""
        seen: set[str] = set()
        while True:
            body = self.get(path, **params)
            with understood(path):
                rows, following = list(body["results"]), body.get("_links", {}).get("next")
            yield from rows
            if not following:
                return
            # Only the cursor is taken from the link, so no answer can send us to another place.
            cursor = next(iter(parse_qs(urlsplit(following).query).get("cursor", [])), "")
            if not cursor or cursor in seen:
                raise not_understood(path)
            seen.add(cursor)
            params["cursor"] = cursor

    def by_start(self, path: str, *, limit: int, **params: Any) -> list[Row]:
        """Every row of a list that is counted through.

        Each part is asked for from the last row of the one before: if another row stands there now, rows
        were removed meanwhile and one may have slipped through, so it begins again.
        """
        for _ in range(LISTING_TRIES):
            if (rows := self._count_through(path, limit, params)) is not None:
                return rows
        raise ConnectorError("Confluence changed while it was listed; the next run tries again.", permanent=False)

    def _count_through(self, path: str, limit: int, params: Row) -> list[Row] | None:
        rows: list[Row] = []
        while True:
            body = self.get(path, start=max(len(rows) - 1, 0), limit=limit, **params)
            with understood(path):
                part, is_last = list(body["results"]), not body.get("_links", {}).get("next")
                if rows and (not part or part[0].get("id") != rows[-1].get("id")):
                    return None
            rows += part[1:] if rows else part
            if is_last:
                return rows
            if len(part) < 2:
                raise not_understood(path)

    def download(self, link: str, limit: int) -> bytes:
        """The bytes at a link that Confluence gave, which may lead on to its file store."""
        path = link.removeprefix(urlsplit(self.base_url).path) if link.startswith("/") else ""
        if not path.startswith("/"):
            raise not_understood("a file's link")
        try:
            return self._once(path, {}, limit, follow_redirects=True)
        except BodyTooLarge as error:
            raise IngestionError(FailureReason.TOO_LARGE, too_large(limit)) from error

    def _parsed(self, path: str, params: Row) -> Any:
        data = self._answer(path, params)
        with understood(path):
            return json.loads(data)

    def _once(self, path: str, params: Row, limit: int, *, follow_redirects: bool = False) -> bytes:
        try:
            with self._client.stream(
                "GET", self.base_url + path, params=params or None, headers={"Accept-Encoding": ACCEPTED},
                follow_redirects=follow_redirects,
            ) as response:  # fmt: skip
                _check(response, path)
                return read_body(response, limit)
        except (httpx.HTTPError, BodyBroken) as error:
            raise ConnectorError(
                f"Confluence could not be reached ({type(error).__name__}); check the address and the network.",
                permanent=False,
            ) from error

    def _answer(self, path: str, params: Row) -> bytes:
        waited, failures = 0.0, 0
        while True:
            try:
                return self._once(path, params, LARGEST_ANSWER)
            except BodyTooLarge as error:
                raise not_understood(path) from error
            except ConnectorError as error:
                failure = error
            failures += 1
            pause = failure.retry_after_s
            if failure.permanent or (pause is None and failures >= TRIES):
                raise failure
            pause = float(failures) if pause is None else pause
            if waited + pause > LONGEST_WAIT_S:
                raise failure
            waited += pause
            self._sleep(pause)


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Whatever is missing or of another form in the answer is the server's error, not ours."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise not_understood(what) from error


def not_understood(what: str) -> ConnectorError:
    return ConnectorError(
        f"Confluence answered with something else than its documented format ({what}); check that the address and the "
        "edition are right and that no sign-in page stands before it.",
        permanent=False,
    )


def _check(response: httpx.Response, what: str) -> None:
    status = response.status_code
    if response.is_success:
        return
    if status == 404:
        raise NotThere(what)
    if status == 401:
        raise ConnectorError(
            "Confluence does not accept the account or its token (401); enter a valid one.", permanent=True
        )
    if status == 403:
        raise NotAllowed(
            "Confluence knows the account but forbids reading (403); give it the right to view.", permanent=True
        )
    if response.is_redirect:
        host = urlsplit(response.headers.get("Location", "")).hostname or "another page"
        raise ConnectorError(f"Confluence redirects to {host}; enter the address that it redirects to.", permanent=True)
    if status == 429 or (status == 503 and "Retry-After" in response.headers):
        raise ConnectorError(
            "Confluence asks for fewer requests (429); it is read again later.",
            permanent=False,
            retry_after_s=_retry_after_s(response),
        )
    if status >= 500:
        raise ConnectorError(f"Confluence fails at the moment ({status}); it is tried again.", permanent=False)
    raise ConnectorError(
        f"Confluence refuses the request ({status}); check the edition and the settings.", permanent=True
    )


def _retry_after_s(response: httpx.Response) -> float:
    """Retry-After holds seconds or a date."""
    value = response.headers.get("Retry-After", "")
    try:
        if value.strip().isdigit():
            return float(value)
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return USUAL_WAIT_S


def too_large(limit: int) -> str:
    return f"The file has more than {limit / 1_000_000:.0f} MB; split it, or raise ATTEST_MAX_FILE_MB."


@contextmanager
def vanished(external_id: str) -> Iterator[None]:
    try:
        yield
    except NotThere as error:
        raise ItemVanished(external_id) from error
