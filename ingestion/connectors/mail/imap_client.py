"""IMAP through a checked address, read-only: folders are opened with EXAMINE and texts read with PEEK.

So nothing in the mailbox changes, not even what counts as read.
"""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from imaplib import IMAP4
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError, ProtocolError

from ingestion.connectors.base import ConnectorError
from ingestion.network_guard import addresses_of

CONNECT_S, READ_S = 15, 60
UIDS_AT_ONCE = 80_000
HEADERS_AT_ONCE = 200
ABOUT = (
    "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES SUBJECT FROM DATE)]",
    "RFC822.SIZE",
    "INTERNALDATE",
)
# What the library's parser raises over an answer that it does not understand.
UNREADABLE = (ValueError, TypeError, IndexError, AttributeError, RecursionError, AssertionError)
LITERAL_MARGIN = 5_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the mailbox is and who reads it. `security` is "tls", "starttls" or "none"."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    folder: str
    allowed_hosts: tuple[str, ...]
    max_bytes: int


class _CheckedImap(IMAP4):
    """Connects to the very address that was checked, and takes no answer without end."""

    def __init__(self, place: Place, context: ssl.SSLContext | None) -> None:
        self._place = place
        self._context = context
        super().__init__(place.host, place.port, timeout=CONNECT_S)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        place, failure = self._place, OSError("no address")
        for address in addresses_of(place.host, place.port, place.allowed_hosts):
            try:
                connected = socket.create_connection((address, place.port), timeout)
            except OSError as error:
                failure = error
            else:
                # Commands are short and each waits for its answer.
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                context = self._context
                return context.wrap_socket(connected, server_hostname=place.host) if context else connected
        raise failure

    def read(self, size: int) -> bytes:
        if size > self._place.max_bytes * 2 + LITERAL_MARGIN:
            raise self.abort("literal too large")
        return super().read(size)


class _Client(IMAPClient):
    def __init__(self, place: Place) -> None:
        self._place = place
        context = ssl.create_default_context() if place.security != "none" else None
        super().__init__(
            place.host,
            place.port,
            ssl=place.security == "tls",
            ssl_context=context,
            timeout=SocketTimeout(CONNECT_S, READ_S),
        )
        # The library would hand the whole conversation, the password with it, to the log.
        self._imap.debug = 0
        self.normalise_times = False
        if place.security == "starttls":
            self.starttls(context)
        self._enter(place)

    def _enter(self, place: Place) -> None:
        try:
            if self.has_capability("AUTH=PLAIN"):
                self.plain_login(place.user, place.password)
            else:
                self.login(place.user, place.password)
        except LoginError as error:
            # The library says the same of a refused password and of a connection that broke off just then.
            raise (error.__context__ if isinstance(error.__context__, IMAP4.abort) else error) from None

    def _create_IMAP4(self) -> IMAP4:  # noqa: N802 - the library's name
        return _CheckedImap(self._place, self.ssl_context if self.ssl else None)


class Session:
    """A connection to one folder. Raises OSError and IMAP4.error; `opened` says them in words."""

    def __init__(self, place: Place) -> None:
        self._client = _Client(place)
        self.place = place
        self.validity = 0
        self.count = 0
        self._next_uid = 0

    def examine(self) -> None:
        """Look at the folder as it is now."""
        try:
            told = self._client.select_folder(self.place.folder, readonly=True)
        except IMAP4.abort:
            raise
        except IMAP4.error as error:
            names = sorted(str(name) for _, _, name in self._client.list_folders())
            raise ConnectorError(
                f"There is no folder {self.place.folder} that may be read; enter one of those there are: "
                f"{', '.join(names[:20])}.",
                permanent=True,
            ) from error
        self.validity, self.count = int(told.get(b"UIDVALIDITY", 0)), int(told.get(b"EXISTS", 0))
        self._next_uid = int(told.get(b"UIDNEXT", 0))

    def uids(self, since: date | None) -> list[int]:
        """Every message's UID, asked for in pieces: one line must not hold a million."""
        criteria = ["SINCE", since] if since else []
        if not self.count:
            return []
        if not self._next_uid or self.count <= UIDS_AT_ONCE:
            return sorted(self._search(criteria or ["ALL"]))
        step = max(UIDS_AT_ONCE, self._next_uid // 1000)
        ranges = (f"{begin}:{begin + step - 1}" for begin in range(1, self._next_uid, step))
        return sorted({uid for each in ranges for uid in self._search(["UID", each, *criteria])})

    def headers(self, uids: Sequence[int]) -> Iterator[tuple[int, dict[bytes, Any]]]:
        """Headers, size, arrival and structure of those messages that are still there."""
        for begin in range(0, len(uids), HEADERS_AT_ONCE):
            yield from self._headers(uids[begin : begin + HEADERS_AT_ONCE])

    def _headers(self, uids: Sequence[int]) -> Iterator[tuple[int, dict[bytes, Any]]]:
        """One message that the server describes in no readable way must not hide the others."""
        try:
            yield from self._fetch(uids, [*ABOUT, "BODYSTRUCTURE"])
        except IMAP4.abort:
            raise
        except IMAP4.error:
            if len(uids) == 1:
                yield from self._fetch(uids, ABOUT)
            else:
                middle = len(uids) // 2
                yield from self._headers(uids[:middle])
                yield from self._headers(uids[middle:])

    def parts(self, uids: Sequence[int], sections: Sequence[str]) -> dict[int, dict[str, bytes]]:
        """The encoded bytes of these sections, by UID; a message that is gone is not in it."""
        wanted = [f"BODY.PEEK[{section}]" for section in sections] or ["UID"]
        return {
            uid: {section: data.get(f"BODY[{section}]".encode()) or b"" for section in sections}
            for uid, data in self._fetch(uids, wanted)
        }

    def close(self) -> None:
        with suppress(OSError, IMAP4.error):
            self._client.shutdown()

    def leave(self) -> None:
        try:
            self._client.logout()
        except (OSError, IMAP4.error):
            self.close()

    def cut(self) -> None:
        """End whatever is being waited for, from another thread."""
        with suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)

    def _fetch(self, uids: Sequence[int], wanted: Sequence[str]) -> list[tuple[int, dict[bytes, Any]]]:
        try:
            return list(self._client.fetch(list(uids), list(wanted)).items())
        except UNREADABLE as error:
            raise ProtocolError(type(error).__name__) from error

    def _search(self, criteria: Sequence[Any]) -> list[int]:
        try:
            return list(self._client.search(criteria))
        except UNREADABLE as error:
            raise ProtocolError(type(error).__name__) from error
