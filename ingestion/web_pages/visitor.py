"""A visit to one address: what is remembered where that is enough, else what the site answers.

A page that does not answer is never mistaken for one that is gone, nor a start that leads nowhere for an empty site.
"""

from dataclasses import dataclass, replace

from ingestion.connectors.base import ConnectorError, Memory
from ingestion.network_body import BodyTooLarge
from ingestion.web_pages.addresses import Scope, site_of
from ingestion.web_pages.meaning import REFUSED, TOO_LARGE, Reading, unread
from ingestion.web_pages.polite import Polite, Unanswered
from ingestion.web_pages.robots import Robots
from ingestion.web_pages.visits import Found, Known, Visit, forget, recall, remember

FAILURES_IN_A_ROW = 5
# Redirects, pages not to be indexed and addresses that are gone cost requests as well. A site of endless
# addresses, a calendar for one, has hardly anything else.
ASKED_PER_PAGE = 5
SPARE = 500


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an admin chose for a site. `trusts_lastmod`: a page whose date in the map is the known one is not asked."""

    scope: Scope
    max_pages: int
    reads_maps: bool = True
    follows_links: bool = True
    trusts_lastmod: bool = False


class Visitor:
    """`refused` counts the pages that ask for a login."""

    def __init__(self, wishes: Wishes, polite: Polite, robots: Robots, reading: Reading, memory: Memory) -> None:
        self.refused = 0
        self._wishes = wishes
        self._polite = polite
        self._robots = robots
        self._reading = reading
        self._memory = memory
        self._began_at = memory.run_began_at
        self._asked = self._failures = 0

    def visit(self, url: str, lastmod: str) -> Visit:
        """`lastmod` is the date that a site map gives. Raises ConnectorError for what is the whole site's trouble."""
        known = recall(self._memory, url)
        if known is not None and self._is_fresh(known, lastmod):
            return known.visit
        if not self._robots.allow(url):
            forget(self._memory, url)
            return Visit(Found.HIDDEN)
        try:
            visit, content = self._ask(url, known)
        except BodyTooLarge:
            visit, content = unread(TOO_LARGE), None
        except Unanswered as error:
            return self._unanswered(url, known, error)
        self._failures = 0
        self._check_start(url, visit)
        if visit.found is Found.GONE:
            forget(self._memory, url)
        else:
            remember(self._memory, url, replace(visit, lastmod=lastmod), content)
        return visit

    def _is_fresh(self, known: Known, lastmod: str) -> bool:
        is_dated = bool(lastmod) and known.visit.lastmod == lastmod and known.visit.found is Found.PAGE
        return known.noted_at >= self._began_at or (self._wishes.trusts_lastmod and is_dated)

    def _ask(self, url: str, known: Known | None) -> tuple[Visit, bytes | None]:
        self._asked += 1
        if self._asked > self._wishes.max_pages * ASKED_PER_PAGE + SPARE:
            raise too_many("Hardly any of the addresses in scope are pages")
        answer = self._polite.get(url, known.visit.validators() if known else {}, limit=self._reading.limit)
        if answer.status == 304 and known is not None:
            return known.visit, known.content
        self.refused += answer.status in REFUSED
        return self._reading.visit(answer)

    def _unanswered(self, url: str, known: Known | None, error: Unanswered) -> Visit:
        """What is known of the page still holds. An unknown one is listed all the same: its failure is then seen."""
        if url in self._wishes.scope.starts:
            raise ConnectorError(f"The start address {url} {error.reason}; check that it is up.", permanent=False)
        self._failures += 1
        if self._failures >= FAILURES_IN_A_ROW:
            self._check_site_is_up()
        if known is not None and known.visit.found is not Found.UNREAD:
            return known.visit
        visit = unread(error.reason)
        remember(self._memory, url, visit, None)
        return visit

    def _check_site_is_up(self) -> None:
        start = self._wishes.scope.starts[0]
        try:
            is_up = self._polite.get(start, limit=self._reading.limit).status < 400
        except (Unanswered, BodyTooLarge):
            is_up = False
        if not is_up:
            raise ConnectorError(
                f"{site_of(start)} stopped answering during the look; check that it is up.", permanent=False
            )
        self._failures = 0

    def _check_start(self, url: str, visit: Visit) -> None:
        """A start address that leads nowhere would make every page look removed."""
        if url not in self._wishes.scope.starts:
            return
        if visit.found is Found.GONE:
            raise ConnectorError(
                f"The start address {url} is not there, or asks for a login; correct it.", permanent=False
            )
        if visit.found is Found.ELSEWHERE and not self._wishes.scope.holds(visit.target):
            raise ConnectorError(
                f"The start address {url} leads to {visit.target}, outside of what is read; enter that address.",
                permanent=False,
            )


def too_many(what: str) -> ConnectorError:
    return ConnectorError(
        f"{what}, so nothing was changed; raise the page limit, choose a narrower start address, "
        "or exclude patterns such as *?sort=* or calendar.",
        permanent=True,
    )
