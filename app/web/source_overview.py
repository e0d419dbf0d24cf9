"""How sources are doing, for a page: what is known of each, its condition in words, and how true it is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from app.corpus.models import Source
from app.web.source_health import Health, Tone, health_of
from ingestion.status import SourceStatus, source_status, source_statuses

MANY_SOURCES = 8


@dataclass(frozen=True, slots=True)
class Overview:
    status: SourceStatus
    health: Health

    @property
    def source(self) -> Source:
        return self.status.source

    @property
    def is_running(self) -> bool:
        return self.health.tone is Tone.BUSY

    @property
    def is_upload(self) -> bool:
        return bool(self.source.kind == Source.Kind.UPLOAD)

    @property
    def seen_at(self) -> datetime:
        """The last complete look, or the beginning where there was none: what the promise is measured by."""
        return self.source.last_synced_at or self.source.created_at

    @property
    def age_percent(self) -> int:
        """The age as a share of what was promised, at most all of it."""
        if not self.source.freshness_target:
            return 0
        return min(100, int((timezone.now() - self.seen_at) / self.source.freshness_target * 100))

    @property
    def progress_words(self) -> str:
        """Coarse, so that a screen reader is told of progress now and then and not every second."""
        if not self.status.progress_total or not self.is_running:
            return self.health.word
        return f"{self.health.word}, {self.status.progress_done * 10 // self.status.progress_total * 10} % done"


@dataclass(frozen=True, slots=True)
class KindGroup:
    label: str
    rows: list[Overview]


def overview_of(source: Source) -> Overview:
    status = source_status(source)
    return Overview(status, health_of(status))


def overviews(sources: Iterable[Source]) -> list[Overview]:
    """The number of queries does not grow with the number of sources or documents."""
    return [Overview(status, health_of(status)) for status in source_statuses(sources)]


def grouped_by_kind(rows: Iterable[Overview]) -> list[KindGroup]:
    groups: dict[str, list[Overview]] = {}
    for row in rows:
        groups.setdefault(row.status.kind_label, []).append(row)
    return [KindGroup(label, groups[label]) for label in sorted(groups)]


def filtered(rows: Iterable[Overview], *, query: str, kind: str, state: str) -> list[Overview]:
    """Sources whose name holds `query`, of one kind, in one condition: a tone's name, or `attention`."""
    wanted = {"attention": {Tone.WARN, Tone.BAD}}.get(state, {state} if state else set(Tone))
    return [
        row
        for row in rows
        if query.casefold() in row.source.name.casefold()
        and kind in ("", row.source.kind)
        and row.health.tone in wanted
    ]
