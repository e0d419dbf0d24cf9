"""A door to the network that never leads inside: addresses are resolved here, every one is checked, and the
connection goes to the very address that was checked, whatever a name server answers the next time.

Private, loopback, link-local, reserved and carrier addresses are reached only through a name that an admin allowed.
"""

import functools
import os
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import httpcore
import httpx

from ingestion.connectors.base import ConnectorError, Setting, SettingKind
from ingestion.network_addresses import is_never_reached, is_public, parsed, resolve, same_host

Resolve = Callable[[str, int], Collection[str]]

ALLOWED_HOSTS = Setting(
    "allowed_internal_hosts",
    "Allowed internal hosts",
    "Names of hosts on your own network that may be read, one a line: intranet.example.com or wiki.local:8080. "
    "Every other private, loopback or link-local address is refused, also when a redirect or a name leads there.",
    kind=SettingKind.LINES,
    required=False,
    default=(),
)


class AddressRefused(ConnectorError):  # noqa: N818 - the name says what happened
    """The address lies inside the network and nobody allowed it by name."""

    def __init__(self, host: str, reason: str = "") -> None:
        why = reason or "leads to an address inside the network; if it is meant, add it to the allowed internal hosts"
        super().__init__(f"{host} {why}.", permanent=True)


def check_host(host: str, allowed_hosts: Collection[str], *, port: int = 443, resolve: Resolve = resolve) -> None:
    """Raise ConnectorError unless `host` may be connected to now."""
    addresses_of(host, port, allowed_hosts, resolve=resolve)


def addresses_of(
    host: str, port: int, allowed_hosts: Collection[str], *, resolve: Resolve = resolve
) -> tuple[str, ...]:
    """The checked addresses of `host`: connect to one of these and to nothing else, or the check was for nothing.

    One refused address refuses the host: a name with a public and a private address is an attempt.
    """
    is_allowed = any(same_host(entry, host, port) for entry in allowed_hosts)
    try:
        found = tuple(resolve(host, port))
    except (OSError, UnicodeError) as error:
        raise _unknown(host) from error
    if not found:
        raise _unknown(host)
    for address in map(parsed, found):
        if is_never_reached(address):
            raise AddressRefused(host, "leads to an address that is never read, allowed or not")
        if not is_allowed and not is_public(address):
            raise AddressRefused(host)
    return found


def refuse_forbidden(host: str, port: int, *, resolve: Resolve = resolve) -> None:
    """For servers that an admin enters and that usually stand inside: only what is never a server is refused.

    A name without an address is left to whoever connects. Raises AddressRefused.
    """
    try:
        found = tuple(resolve(host, port))
    except (OSError, UnicodeError):
        return
    for address in map(parsed, found):
        if is_never_reached(address) or address.is_link_local:
            raise AddressRefused(
                host, "leads to an address of this machine's network link or cloud, where no source is"
            )


def guarded_client(
    allowed_hosts: Collection[str],
    *,
    timeout_s: float = 20,
    request_limit_s: float = 120,
    follow_redirects: bool = False,
    auth: httpx.Auth | tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    resolve: Resolve = resolve,
) -> httpx.Client:
    """An HTTP client that raises AddressRefused instead of connecting inside, redirects included.

    `timeout_s` bounds each wait, `request_limit_s` a whole request with its body. Proxies named in the
    environment are not used: one of those would resolve names where nobody checks them.
    """
    return httpx.Client(
        transport=_GuardedTransport(tuple(allowed_hosts), request_limit_s, resolve),
        timeout=timeout_s,
        follow_redirects=follow_redirects,
        max_redirects=10,
        auth=auth,
        headers=headers,
        trust_env=False,
    )


class _Deadline:
    at = float("inf")

    def left(self, timeout: float | None) -> float:
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("The answer took too long.")
        return left if timeout is None else min(timeout, left)


class _GuardedTransport(httpx.HTTPTransport):
    def __init__(self, allowed_hosts: Collection[str], request_limit_s: float, resolve: Resolve) -> None:
        context = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        super().__init__(verify=context)
        self._limit_s = request_limit_s
        self._deadline = _Deadline()
        # HTTPTransport has no argument for where connections are made, the pool below it has.
        # The pool knows connections by host name, so two sites on one address never share one.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=10,
            keepalive_expiry=5,
            network_backend=_GuardedBackend(allowed_hosts, resolve, self._deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.userinfo:
            raise AddressRefused(request.url.host, "is addressed with a user name inside the URL, which is refused")
        self._deadline.at = time.monotonic() + self._limit_s
        return super().handle_request(request)


class _GuardedBackend(httpcore.NetworkBackend):
    def __init__(self, allowed_hosts: Collection[str], resolve: Resolve, deadline: _Deadline) -> None:
        self._allowed_hosts = allowed_hosts
        self._resolve = resolve
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses_of(host, port, self._allowed_hosts, resolve=self._resolve):
            try:
                within = self._deadline.left(timeout)
                return _BoundedStream(
                    self._inner.connect_tcp(address, port, within, local_address, socket_options), self._deadline
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _BoundedStream(httpcore.NetworkStream):
    """A stream whose reads and writes end with the request's time, however slowly the bytes drip."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _BoundedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@functools.cache
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    """The authorities of the environment; reading them takes longer than a request."""
    return httpx.create_ssl_context(trust_env=True)


def _unknown(host: str) -> ConnectorError:
    return ConnectorError(f"The name {host} has no address; check its spelling and the name server.", permanent=False)
