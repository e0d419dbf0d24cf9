"""One look at a web site: every page within a scope, found by its maps and its links, each asked for at most once.

A look that cannot be complete is an error. What was asked since the run began is not asked again, so a look that
was cut off goes on where it was.
"""

import json
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingestion.connectors.base import ConnectorError, Item, Memory
from ingestion.web_pages.addresses import site_of, twin_key
from ingestion.web_pages.meaning import Reading
from ingestion.web_pages.polite import Polite
from ingestion.web_pages.robots import Robots
from ingestion.web_pages.site_maps import mapped_pages
from ingestion.web_pages.visitor import SPARE, Visitor, Wishes, too_many
from ingestion.web_pages.visits import Found, Visit, forget

MAX_HOPS = 10
SEEN_PER_PAGE = 50
LISTING = "listing"


class Crawl:
    """`mapped` counts the pages that site maps name, `refused` and `unread` those that could not be read."""

    def __init__(self, wishes: Wishes, polite: Polite, reading: Reading, memory: Memory) -> None:
        self.mapped = self.unread = 0
        self._wishes = wishes
        self._polite = polite
        self._reading = reading
        self._memory = memory
        self._robots = Robots(polite)
        self._visitor = Visitor(wishes, polite, self._robots, reading, memory)
        self._waiting: deque[str] = deque()
        self._hops: dict[str, int] = {}
        self._came_from: dict[str, str] = {}
        self._before: dict[str, None] = {}
        self._lastmod: dict[str, str] = {}
        self._listed: dict[str, None] = {}
        self._said: set[tuple[str, str]] = set()

    @property
    def refused(self) -> int:
        return self._visitor.refused

    def items(self) -> Iterator[Item]:
        """Every page there is. Raises ConnectorError rather than listing only a part."""
        copies: list[tuple[str, Visit]] = []
        self._begin()
        while self._waiting:
            url = self._waiting.popleft()
            visit = self._visitor.visit(url, self._lastmod.get(url, ""))
            self._queue_found(url, visit)
            if visit.found is Found.PAGE and visit.target:
                copies.append((url, visit))
            else:
                yield from self._listing(url, visit)
        for url, visit in copies:
            # The address it calls its own may hold no page, or lead back here.
            if visit.target not in self._listed:
                yield from self._listing(url, visit)
        if self.unread:
            yield from self._behind_unread()
        self._remember_listing()

    def _begin(self) -> None:
        starts = self._wishes.scope.starts
        note = self._memory.get(LISTING)
        self._before = dict.fromkeys(json.loads(zlib.decompress(note.data)) if note else ())
        for start in starts:
            if not self._robots.allow(start):
                raise ConnectorError(
                    f"The robots.txt of {site_of(start)} forbids {start} to Attest; ask the site's owner to allow it.",
                    permanent=True,
                )
            self._queue(start, hops=0)
        if self._wishes.reads_maps:
            self._begin_with_maps(starts)

    def _begin_with_maps(self, starts: Iterable[str]) -> None:
        sites = list(dict.fromkeys(map(site_of, starts)))
        named = [address for site in sites for address in self._robots.site_maps(site)]
        for url, lastmod in mapped_pages(self._polite, named, [f"{site}/sitemap.xml" for site in sites]):
            if self._belongs(url):
                self.mapped += url not in self._lastmod
                self._lastmod[url] = lastmod
                self._queue(url, hops=0)

    def _queue_found(self, url: str, visit: Visit) -> None:
        if visit.target and self._belongs(visit.target):
            self._came_from.setdefault(visit.target, url)
            self._queue(visit.target, hops=self._hops[url] + 1)
        if self._wishes.follows_links:
            for link in visit.links:
                if self._belongs(link):
                    self._queue(link, hops=0)

    def _belongs(self, url: str) -> bool:
        return self._reading.may_read(url) and self._wishes.scope.wants(url)

    def _queue(self, url: str, *, hops: int) -> None:
        if url in self._hops or hops > MAX_HOPS:
            return
        self._hops[url] = hops
        self._waiting.append(url)
        if len(self._hops) > self._wishes.max_pages * SEEN_PER_PAGE + SPARE:
            raise too_many("The site has far more addresses in scope than pages may be read")

    def _listing(self, url: str, visit: Visit) -> Iterator[Item]:
        if visit.found not in (Found.PAGE, Found.UNREAD) or not self._wishes.scope.wants(url):
            return
        said = (twin_key(url), visit.fingerprint)
        if visit.found is Found.PAGE and said in self._said:
            return
        self._said.add(said)
        self.unread += visit.found is Found.UNREAD
        self._listed[url] = None
        if len(self._listed) > self._wishes.max_pages:
            raise too_many(f"There are more than {self._wishes.max_pages} pages in scope")
        item = replace(visit, lastmod=self._lastmod.get(url, "")).item(url)
        yield replace(item, moved_from=self._moved_from(url))

    def _moved_from(self, url: str) -> str:
        """The address, listed the last time, that now leads here; only for a page that is new here."""
        origin = "" if url in self._before else url
        for _ in range(MAX_HOPS):
            origin = self._came_from.get(origin, "")
            if origin in self._before:
                return origin
        return ""

    def _behind_unread(self) -> Iterator[Item]:
        """Pages of the last look that perhaps only a page which did not answer leads to: they are asked themselves."""
        for url in self._before:
            if url not in self._hops and self._belongs(url):
                visit = self._visitor.visit(url, "")
                if visit.found is Found.PAGE:
                    yield from self._listing(url, visit)

    def _remember_listing(self) -> None:
        for url in self._before:
            if url not in self._listed and url not in self._hops:
                forget(self._memory, url)
        self._memory.put(LISTING, {}, zlib.compress(json.dumps(list(self._listed)).encode()))
