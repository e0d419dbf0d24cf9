"""What an admin chooses for a web site: the fields of its form, what cannot be right, and what it means."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ingestion.connectors.base import Setting, SettingKind
from ingestion.connectors.patterns import Patterns
from ingestion.network_guard import ALLOWED_HOSTS
from ingestion.web_pages.addresses import Scope, canonical
from ingestion.web_pages.visitor import Wishes

SETTINGS = (
    Setting(
        "start_urls",
        "Start addresses",
        "Where reading begins, one a line: https://docs.example.com/guide/. A folder stands for all below it.",
        kind=SettingKind.LINES,
    ),
    Setting(
        "scope",
        "Which pages belong to it",
        "Pages elsewhere are neither read nor followed.",
        kind=SettingKind.CHOICE,
        default="path",
        choices=(("path", "What lies below the start addresses"), ("host", "All of the start addresses' hosts")),
    ),
    Setting(
        "include",
        "Only these",
        "Patterns of paths, one a line, such as guide/** or *.html. Start addresses are always followed.",
        kind=SettingKind.LINES,
        required=False,
        default=(),
    ),
    Setting(
        "exclude",
        "Not these",
        "Patterns of paths, one a line, such as archive, */print/* or *sort=*. What they name is not followed.",
        kind=SettingKind.LINES,
        required=False,
        default=(),
    ),
    Setting(
        "max_pages",
        "Most pages",
        "A site with more ends the run with an error and changes nothing: a part would look like the whole.",
        kind=SettingKind.NUMBER,
        default=1000,
        minimum=1,
        maximum=100_000,
    ),
    Setting(
        "delay_s",
        "Seconds between two requests",
        "A longer delay that the site's robots.txt asks for is kept.",
        kind=SettingKind.NUMBER,
        default=1,
        minimum=0,
        maximum=300,
    ),
    Setting(
        "site_maps",
        "Read site maps",
        "Those that robots.txt names, and /sitemap.xml.",
        kind=SettingKind.FLAG,
        required=False,
        default=True,
    ),
    Setting(
        "links",
        "Follow links",
        "From page to page, as far as pages allow it.",
        kind=SettingKind.FLAG,
        required=False,
        default=True,
    ),
    Setting(
        "trust_lastmod",
        "Trust the site map's dates",
        "A page whose date has not changed is not asked for. Many sites keep these dates badly.",
        kind=SettingKind.FLAG,
        required=False,
        default=False,
    ),
    Setting(
        "documents",
        "Also linked documents",
        "PDF, Word, Excel, PowerPoint, OpenDocument, EPUB, RTF and CSV files.",
        kind=SettingKind.FLAG,
        required=False,
        default=False,
    ),
    ALLOWED_HOSTS,
)


def wishes_of(settings: Mapping[str, Any]) -> Wishes:
    scope = Scope.of(
        settings["start_urls"],
        whole_host=settings.get("scope") == "host",
        include=settings.get("include") or (),
        exclude=settings.get("exclude") or (),
    )
    return Wishes(
        scope,
        max_pages=settings.get("max_pages", 1000),
        reads_maps=settings.get("site_maps", True),
        follows_links=settings.get("links", True),
        trusts_lastmod=settings.get("trust_lastmod", False),
    )


def check(settings: Mapping[str, Any]) -> None:
    starts = settings.get("start_urls") or []
    if not starts:
        raise ValueError("Enter at least one start address, such as https://docs.example.com/guide/.")
    for start in starts:
        if "@" in urlsplit(start).netloc:
            raise ValueError("A start address names no user and no password; only sites without a login are read.")
        if canonical(start) is None:
            raise ValueError(f"{start} is no address of a web page; enter one like https://docs.example.com/guide/.")
    Patterns(settings.get("include") or (), settings.get("exclude") or ())
    if not settings.get("site_maps", True) and not settings.get("links", True):
        raise ValueError("Switch on site maps, links, or both; otherwise only the start addresses are found.")
