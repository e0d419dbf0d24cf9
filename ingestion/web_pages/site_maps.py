"""The pages that a site's maps name: maps of maps, packed or plain, XML or one address a line."""

import io
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ingestion.connectors.base import ConnectorError
from ingestion.network_body import GZIP, BodyBroken, BodyTooLarge, unpacked
from ingestion.web_pages.addresses import canonical
from ingestion.web_pages.polite import Polite, Unanswered

MAX_BYTES = 52_428_800
MAX_MAPS = 500
MAX_PAGES = 1_000_000
MAX_DEPTH = 3
MAX_EVENTS = 4_000_000
Entry = tuple[str, str]


def mapped_pages(polite: Polite, maps: Iterable[str], guesses: Iterable[str]) -> Iterator[Entry]:
    """The address and the `lastmod` (or "") of each page named by `maps`, which the site itself named, or by
    `guesses`, which need not exist.

    A map that cannot be read is a ConnectorError: half of the pages would look like all of them.
    """
    named = list(dict.fromkeys(maps))
    waiting = deque((address, 0, False) for address in named)
    waiting.extend((address, 0, True) for address in guesses if address not in named)
    seen = {address for address, _, _ in waiting}
    count = 0
    while waiting:
        address, depth, is_guess = waiting.popleft()
        for is_map, found, lastmod in _entries(address, _read(polite, address, is_guess=is_guess)):
            count += 1
            if count > MAX_PAGES:
                raise _refused(address, f"leads to more than {MAX_PAGES} addresses")
            url = canonical(found, address)
            if not is_map and url is not None:
                yield url, lastmod
            elif url is not None and url not in seen:
                seen.add(url)
                if depth == MAX_DEPTH or len(seen) > MAX_MAPS:
                    raise _refused(address, f"leads to more than {MAX_MAPS} maps, or to maps of maps of maps")
                waiting.append((url, depth + 1, False))


def moment(lastmod: str) -> datetime | None:
    """The moment that a W3C date means, in UTC where it names no zone."""
    try:
        found = datetime.fromisoformat(lastmod.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _read(polite: Polite, address: str, *, is_guess: bool) -> bytes:
    try:
        answer = polite.follow(address, max_bytes=MAX_BYTES)
        body = unpacked(answer.body, MAX_BYTES) if answer.body.startswith(GZIP) else answer.body
    except Unanswered as error:
        raise _refused(address, error.reason) from error
    except (BodyTooLarge, BodyBroken) as error:
        raise _refused(address, "is too large or damaged") from error
    if is_guess and (answer.status != 200 or not _is_map(body)):
        # Many sites answer every address with a page; what nobody called a map need not be one.
        return b""
    if answer.status != 200:
        raise _refused(address, f"answers with status {answer.status}")
    return body


def _is_map(body: bytes) -> bool:
    return b"<urlset" in body[:4096] or b"<sitemapindex" in body[:4096]


def _entries(address: str, body: bytes) -> Iterator[tuple[bool, str, str]]:
    """Whether it is a map, the address, and its `lastmod`, of each entry."""
    if not body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        for line in body.decode("utf-8-sig", "replace").splitlines():
            if line.strip():
                yield False, line.strip(), ""
        return
    try:
        yield from _elements(body)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise _refused(address, "is not readable XML") from error


def _elements(body: bytes) -> Iterator[tuple[bool, str, str]]:
    """The tree is thrown away while it grows, so that a map of 50 MB takes no more memory than its bytes."""
    held = {"loc": "", "lastmod": ""}
    open_elements: list[Element] = []
    for grown, (event, element) in enumerate(iterparse(io.BytesIO(body), events=("start", "end"), forbid_dtd=True)):
        if grown > MAX_EVENTS:
            raise ValueError("too many elements")
        if event == "start":
            open_elements.append(element)
            continue
        open_elements.pop()
        name = element.tag.rpartition("}")[2]
        if name in held and len(open_elements) == 2:
            held[name] = (element.text or "").strip()
        elif name in ("url", "sitemap") and held["loc"]:
            yield name == "sitemap", held["loc"], held["lastmod"]
        if len(open_elements) == 1:
            held = {"loc": "", "lastmod": ""}
            open_elements[0].clear()


def _refused(address: str, reason: str) -> ConnectorError:
    return ConnectorError(
        f"The site map {address} {reason}; have it corrected, or switch site maps off for this source.",
        permanent=False,
    )
