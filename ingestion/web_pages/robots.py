"""What a site's robots.txt allows us, read once for each site and look (RFC 9309)."""

from collections.abc import Iterator

from protego import Protego

from ingestion.connectors.base import ConnectorError
from ingestion.network_body import BodyTooLarge
from ingestion.web_pages.addresses import canonical, site_of
from ingestion.web_pages.polite import AGENT, Polite, Unanswered

MAX_BYTES = 500 * 1024
LONGEST_DELAY_S = 300.0


class Robots:
    def __init__(self, polite: Polite) -> None:
        self._polite = polite
        self._known: dict[str, Protego] = {}

    def allow(self, url: str) -> bool:
        return self._of(site_of(url)).can_fetch(url, AGENT)

    def site_maps(self, url: str) -> Iterator[str]:
        """The site maps that the site of `url` names, wherever they lie."""
        named = self._of(site_of(url)).sitemaps
        return (address for address in (canonical(each, url) for each in named) if address is not None)

    def _of(self, site: str) -> Protego:
        if site not in self._known:
            self._known[site] = Protego.parse(self._read(site))
            self._keep_distance(site, self._known[site])
        return self._known[site]

    def _read(self, site: str) -> str:
        """No file means that everything is allowed; no answer must be taken as everything forbidden."""
        try:
            answer = self._polite.follow(f"{site}/robots.txt", max_bytes=MAX_BYTES)
        except (Unanswered, BodyTooLarge) as error:
            reason = error.reason if isinstance(error, Unanswered) else "is larger than may be"
            raise ConnectorError(
                f"{site}/robots.txt {reason}, so nothing may be read there; check that the site is up.",
                permanent=False,
            ) from error
        return answer.body.decode("utf-8", "replace") if answer.status == 200 else ""

    def _keep_distance(self, site: str, rules: Protego) -> None:
        rate = rules.request_rate(AGENT)
        asked = max(rules.crawl_delay(AGENT) or 0.0, rate.seconds / rate.requests if rate and rate.requests else 0.0)
        if asked > LONGEST_DELAY_S:
            raise ConnectorError(
                f"{site}/robots.txt asks for {asked:.0f} seconds between two requests; "
                "ask the site's owner for a shorter delay for Attest.",
                permanent=True,
            )
        self._polite.delay_s = max(self._polite.delay_s, asked)
