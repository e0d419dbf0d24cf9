"""Where a store is: an address as an admin types it, and a sentence for each that cannot be right.

Only the protocols named here are ever opened, so that no address reaches the server's own disk, its
memory, or another protocol chained behind the first.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

PROTOCOLS = {
    "s3": "s3://bucket/folder",
    "gs": "gs://bucket/folder",
    "az": "az://container/folder",
    "sftp": "sftp://server/folder",
    "smb": "smb://server/share/folder",
    "webdavs": "webdavs://server/folder",
    "webdav": "webdav://server/folder",
}
# Their first part names a machine; that of the others names a bucket.
WITH_A_SERVER = frozenset({"sftp", "smb", "webdavs", "webdav"})


@dataclass(frozen=True, slots=True)
class Address:
    """`path` has no slash at its ends. `port` is None where the protocol's own is meant."""

    protocol: str
    host: str
    port: int | None
    path: str


def parse_address(url: str) -> Address:
    """Raises ValueError with a sentence."""
    protocol, separator, rest = url.strip().partition("://")
    if not separator or protocol not in PROTOCOLS:
        raise ValueError(f"The address must begin like one of these: {', '.join(PROTOCOLS.values())}.")
    place, _, path = rest.partition("/")
    if "@" in place:
        raise ValueError("Take the user and the password out of the address; they have fields of their own.")
    if any(each in "?#" or each.isspace() for each in place):
        raise ValueError("The address takes nothing after a question mark; a signature is entered as the key.")
    host, port = _with_port(place) if protocol in WITH_A_SERVER else (place, None)
    if not host:
        raise ValueError(f"The address names no server or bucket; it looks like {PROTOCOLS[protocol]}.")
    path = path.strip("/")
    if any(part in ("", ".", "..") for part in path.split("/") if path):
        raise ValueError("The path in the address has an empty part, or one that is only dots; write it out.")
    if protocol == "smb" and not path:
        raise ValueError(f"The address names no share; it looks like {PROTOCOLS[protocol]}.")
    return Address(protocol, host, port, path)


def check_endpoint(url: str) -> None:
    """Refuse an endpoint that is no web address. Raises ValueError with a sentence."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("The endpoint must be an address such as https://storage.example.com.")
    if parts.username or parts.password:
        raise ValueError("Take the user and the password out of the endpoint; they have fields of their own.")
    _refuse_link_local(parts.hostname)


def _with_port(place: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError("The server in the address is not written as name or name:port.") from error
    _refuse_link_local(host)
    return host, port


def _refuse_link_local(host: str) -> None:
    # Such addresses belong to the machine's own network card; clouds hand out their machines' credentials there.
    try:
        is_link_local = ipaddress.ip_address(host).is_link_local
    except ValueError:
        return
    if is_link_local:
        raise ValueError(f"{host} is an address of this machine's own network link, where no store is.")
