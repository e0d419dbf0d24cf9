"""Whether a model is inside the company's network or outside, by the host of its address. Pure, without look-ups."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

# Names that no public name server answers for.
INSIDE_ENDINGS = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa", ".corp", ".cluster.local")


def is_external(url: str, *, inside: Collection[str] = (), outside: Collection[str] = ()) -> bool:
    """Whether texts sent there leave the network. An admin's word counts first, and "outside" before "inside"."""
    host = host_of(url)
    if _named(host, outside):
        return True
    return not (_named(host, inside) or _looks_inside(host))


def host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _named(host: str, hosts: Collection[str]) -> bool:
    """An entry is a host, or with a dot in front all hosts below a domain."""
    return any(host == each or (each.startswith(".") and host.endswith(each)) for each in hosts)


def _looks_inside(host: str) -> bool:
    """A loopback or private address, or a name that only an own name server can know, such as a container's."""
    if not host:
        return False
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "." not in host or host.endswith(INSIDE_ENDINGS)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_private or address.is_loopback or address.is_link_local
