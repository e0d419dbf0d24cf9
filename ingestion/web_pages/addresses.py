"""The one spelling of a page's address, and whether an address belongs to a source."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

import httpx

from ingestion.connectors.base import LONGEST_ID
from ingestion.connectors.patterns import Patterns

DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE = "%/:@!$&'()*+,;=-._~"
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})?")
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_HOST = re.compile(r"[a-z0-9._-]+")
_SESSION = re.compile(r";jsessionid=[^/?;]*", re.I)
_TRACKING = re.compile(
    r"utm_\w+|gclid|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|igshid|mc_[ce]id|_ga|_gl|_hs(?:enc|mi)"
    r"|phpsessid|jsessionid|sessionid",
    re.I,
)
_INDEX = re.compile(r"(?:/index\.(?:html?|php)|/)$")


def canonical(url: str, base: str = "") -> str | None:
    """The spelling under which the page at `url`, as linked from `base`, is known; None where no page can be.

    Host in small letters, no default port, no dot segments, escapes only where needed, no fragment,
    and neither tracking parameters nor session ids. A trailing slash stays, since servers tell the difference.
    """
    try:
        parts = urlsplit(urljoin(base, url.strip()))
        if parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc or not parts.hostname:
            return None
        # An address that cannot be asked for is none: httpx knows host names' rules.
        spelled = f"{parts.scheme}://{_netloc(parts)}{_path(parts.path)}{_query(parts.query)}"
        httpx.URL(spelled)
    except (ValueError, httpx.InvalidURL):
        return None
    return spelled if len(spelled) <= LONGEST_ID else None


def site_of(url: str) -> str:
    """Scheme, host and port: what has one robots.txt."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def twin_key(url: str) -> str:
    """The same for addresses that differ only by a trailing slash or an index file's name."""
    address, mark, query = url.partition("?")
    return _INDEX.sub("", address) + mark + query


@dataclass(frozen=True, slots=True)
class Scope:
    """What belongs to a source: what lies below its start addresses, or on their hosts, and is not excluded.

    http and https are the same place when both are on their own ports.
    """

    starts: tuple[str, ...]
    whole_host: bool
    patterns: Patterns

    @classmethod
    def of(
        cls, starts: Iterable[str], *, whole_host: bool, include: Iterable[str] = (), exclude: Iterable[str] = ()
    ) -> "Scope":
        spelled = [start for start in map(canonical, starts) if start is not None]
        return cls(tuple(dict.fromkeys(spelled)), whole_host, Patterns(include, exclude))

    def holds(self, url: str) -> bool:
        """Whether the address lies in the scope, wanted or not."""
        return any(_place(url) == _place(start) and self._below(url, start) for start in self.starts)

    def wants(self, url: str) -> bool:
        """Whether the page at the address is one of the source's documents."""
        parts = urlsplit(url)
        path = unquote(parts.path).strip("/") + (f"?{unquote(parts.query)}" if parts.query else "")
        return self.holds(url) and self.patterns.admit(path)

    def _below(self, url: str, start: str) -> bool:
        if self.whole_host:
            return True
        path, folder = urlsplit(url).path, _folder(urlsplit(start).path)
        return path == folder or path.startswith(folder.rstrip("/") + "/") or url == start


def _folder(path: str) -> str:
    """`/guide/start.html` is a page of the folder `/guide/`; `/guide` is taken for the folder itself."""
    head, _, last = path.rpartition("/")
    return f"{head}/" if "." in last else path


def _place(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port


def _netloc(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    host = host if host.isascii() else httpx.URL(f"http://{host}/").raw_host.decode("ascii")
    if ":" not in host and not _HOST.fullmatch(host):
        raise ValueError("no host name")
    host = f"[{host}]" if ":" in host else host
    is_default = parts.port is None or parts.port == DEFAULT_PORTS[parts.scheme]
    return host if is_default else f"{host}:{parts.port}"


def _path(path: str) -> str:
    kept: list[str] = []
    segments = _escaped(_SESSION.sub("", path)).split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    kept = [part for part in query.split("&") if part and not _TRACKING.fullmatch(part.partition("=")[0])]
    return "?" + _escaped("&".join(kept), "?") if kept else ""


def _escaped(text: str, also_safe: str = "") -> str:
    return quote(_ESCAPE.sub(_escape, text), safe=_SAFE + also_safe)


def _escape(found: re.Match[str]) -> str:
    if found.group(1) is None:
        return "%25"
    character = chr(int(found.group(1), 16))
    return character if character in _UNRESERVED else found.group().upper()
