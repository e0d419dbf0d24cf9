"""A web site that needs no login. External ids are the pages' canonical addresses.

How pages are found, and what of them is kept, is in `ingestion/web_pages/`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from ingestion.connectors.base import Connection, ConnectorError, ConnectorKind, Fetched, Item, ItemVanished
from ingestion.errors import FailureReason, IngestionError
from ingestion.network_body import BodyTooLarge
from ingestion.network_guard import ALLOWED_HOSTS, guarded_client
from ingestion.web_pages.addresses import canonical
from ingestion.web_pages.chosen import SETTINGS, check, wishes_of
from ingestion.web_pages.crawl import Crawl
from ingestion.web_pages.meaning import Reading
from ingestion.web_pages.polite import Polite, Unanswered
from ingestion.web_pages.robots import Robots
from ingestion.web_pages.visits import Found, Known, recall

TRIAL_S = 10.0
TRIAL_PAGES = 200
# A page's content that the listing read is used instead of a second request for this long.
READ_AHEAD = timedelta(hours=24)


class _TrialOver(Exception):  # noqa: N818 - the name says what happened
    """An admin has waited long enough."""


class WebsiteConnector:
    """`read_ahead`: how old a page's content may be to be taken without asking the site again."""

    def __init__(
        self,
        connection: Connection,
        *,
        sleep: Callable[[float], None] = time.sleep,
        read_ahead: timedelta = READ_AHEAD,
    ) -> None:
        self.memory = connection.memory
        self._chosen = connection.settings
        self._sleep = sleep
        self._read_ahead = read_ahead
        self._wishes = wishes_of(connection.settings)
        self._reading = Reading(
            max_bytes=connection.max_bytes, with_documents=connection.settings.get("documents", False)
        )

    def items(self) -> Iterator[Item]:
        with self._polite(self._sleep) as polite:
            yield from self._crawl(polite).items()

    def fetch(self, external_id: str) -> Fetched:
        if canonical(external_id) != external_id or not self._wishes.scope.wants(external_id):
            raise ItemVanished(external_id)
        known = recall(self.memory, external_id)
        if known is not None and known.content is not None and self._is_recent(known):
            return Fetched(known.content, known.visit.name)
        try:
            return self._ask(external_id, known)
        except BodyTooLarge as error:
            raise IngestionError(
                FailureReason.TOO_LARGE,
                f"{external_id} is larger than is read; split the page, or raise ATTEST_MAX_FILE_MB for a file.",
            ) from error
        except Unanswered as error:
            raise _not_answered(external_id, known, error) from error

    def test(self) -> str:
        over_at = time.monotonic() + TRIAL_S

        def sleep(seconds: float) -> None:
            if time.monotonic() + seconds > over_at:
                raise _TrialOver
            self._sleep(seconds)

        count, is_whole = 0, False
        with self._polite(sleep) as polite:
            crawl = self._crawl(polite)
            try:
                for _ in crawl.items():
                    count += 1
                    if count >= TRIAL_PAGES or time.monotonic() > over_at:
                        raise _TrialOver
                is_whole = True
            except _TrialOver:
                pass
        return _found_in_words(crawl, count, is_whole=is_whole)

    def _crawl(self, polite: Polite) -> Crawl:
        return Crawl(self._wishes, polite, self._reading, self.memory)

    @contextmanager
    def _polite(self, sleep: Callable[[float], None]) -> Iterator[Polite]:
        with guarded_client(self._chosen.get(ALLOWED_HOSTS.name) or ()) as client:
            yield Polite(client, delay_s=self._chosen.get("delay_s", 1), sleep=sleep)

    def _is_recent(self, known: Known) -> bool:
        return datetime.now(UTC) - known.noted_at < self._read_ahead

    def _ask(self, url: str, known: Known | None) -> Fetched:
        validators = known.visit.validators() if known is not None and known.content is not None else {}
        with self._polite(self._sleep) as polite:
            if known is None and not Robots(polite).allow(url):
                raise ItemVanished(url)
            answer = polite.get(url, validators, limit=self._reading.limit)
        if answer.status == 304 and known is not None and known.content is not None:
            return Fetched(known.content, known.visit.name)
        visit, content = self._reading.visit(answer)
        if visit.found is not Found.PAGE or content is None:
            raise ItemVanished(url)
        return Fetched(content, visit.name)


def _not_answered(url: str, known: Known | None, error: Unanswered) -> Exception:
    """A page that did not answer to the listing either is its own failure; any other may be the site's."""
    if known is not None and known.visit.found is Found.UNREAD:
        return IngestionError(
            FailureReason.UNREADABLE, f"The page {error.reason}; have the site's owner repair it, or exclude it."
        )
    return ConnectorError(f"{url} {error.reason}; check that the site is up.", permanent=False)


def _found_in_words(crawl: Crawl, count: int, *, is_whole: bool) -> str:
    pages = f"{count} page{'' if count == 1 else 's'}"
    parts = [pages if is_whole else f"More than {pages}; the trial stopped there"]
    if not is_whole and crawl.mapped:
        parts.append(f"the site maps name {crawl.mapped}")
    if crawl.refused:
        parts.append(f"{crawl.refused} not readable without a login")
    if crawl.unread:
        parts.append(f"{crawl.unread} did not answer")
    return ", ".join(parts)


KIND = ConnectorKind(
    kind="website",
    label="Web site",
    description="Pages of a web site that anybody on its network can read, kept in step.",
    settings=SETTINGS,
    build=WebsiteConnector,
    check=check,
)
