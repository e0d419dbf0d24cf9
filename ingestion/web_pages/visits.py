"""What one visit to an address found, kept between looks: a page, another address, nothing to keep, or no answer."""

import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ingestion.connectors.base import Item, Memory
from ingestion.web_pages.site_maps import moment

# Raised when what is made of a page changes, so that pages a site calls unchanged are read once more.
READING = 1
KEPT_BYTES = 1_000_000


class Found(StrEnum):
    PAGE = "page"
    ELSEWHERE = "elsewhere"
    HIDDEN = "hidden"
    """A page that does not want to be indexed, or a file that is not read: its links count, it does not."""
    GONE = "gone"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Visit:
    """`target`: the address a redirect leads to, or that the page calls its own. A page with a target is the
    same as the page there, if there is one. `name` is a file's name, by whose ending its format is known.
    """

    found: Found
    fingerprint: str = ""
    title: str = ""
    name: str = ""
    modified: str = ""
    links: tuple[str, ...] = ()
    target: str = ""
    tag: str = ""
    stamp: str = ""
    lastmod: str = ""
    reading: int = READING

    def item(self, url: str) -> Item:
        modified = moment(self.lastmod) or moment(self.modified)
        return Item(url, self.fingerprint, url=url, modified_at=modified, title=self.title)

    def validators(self) -> dict[str, str]:
        named = {"If-None-Match": self.tag, "If-Modified-Since": self.stamp}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Known:
    visit: Visit
    content: bytes | None
    noted_at: datetime


def recall(memory: Memory, url: str) -> Known | None:
    note = memory.get(_key(url))
    if note is None or note.value.get("reading") != READING:
        return None
    value = dict(note.value)
    visit = Visit(**{**value, "found": Found(value["found"]), "links": tuple(value["links"])})
    return Known(visit, zlib.decompress(note.data) if note.data else None, note.noted_at)


def remember(memory: Memory, url: str, visit: Visit, content: bytes | None) -> None:
    packed = zlib.compress(content) if content else b""
    memory.put(_key(url), _plain(visit), packed if len(packed) <= KEPT_BYTES else b"")


def forget(memory: Memory, url: str) -> None:
    memory.forget(_key(url))


def _plain(visit: Visit) -> Mapping[str, Any]:
    return asdict(visit) | {"found": str(visit.found), "links": list(visit.links)}


def _key(url: str) -> str:
    return f"page:{url}"
