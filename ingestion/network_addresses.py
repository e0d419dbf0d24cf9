"""Which addresses are public, and which host an admin's entry means; plus the system's own resolver."""

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Some of these an older table in Python still calls global.
_RESERVED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4")
)
# Clouds hand out a machine's keys here; no document lives at these addresses.
_METADATA = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.0.23", "169.254.42.42", "100.100.100.200",
        "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42",
    )
)  # fmt: skip


def resolve(host: str, port: int) -> list[str]:
    """Every address the system knows for `host`, the preferred first. Raises OSError or UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def parsed(address: str) -> Address:
    """The address without its zone; an IPv4 address dressed as IPv6 is the IPv4 address."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        if found in _NAT64:
            return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public internet. The old tunnels 6to4 and Teredo do not count as it."""
    if not address.is_global or address.is_multicast or address.is_reserved or address in _METADATA:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _RESERVED_V4)
    return address in _UNICAST_V6 and address.sixtofour is None and address.teredo is None


def is_never_reached(address: Address) -> bool:
    """Whether no admin can allow the address: a cloud's keys, everybody at once, or nobody."""
    return address in _METADATA or address.is_multicast or address.is_unspecified


def same_host(entry: str, host: str, port: int) -> bool:
    """Whether an admin's entry, `name` or `name:port`, means this host and port."""
    entry = entry.strip()
    if _plain(entry) == _plain(host):
        return True
    name, colon, number = entry.rpartition(":")
    return bool(colon) and number == str(port) and _plain(name) == _plain(host)


def _plain(host: str) -> str:
    host = host.strip("[]").rstrip(".").lower()
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
