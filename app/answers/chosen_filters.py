"""What an asker wants searched: some sources, or only what changed lately. Checked before a question is put."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.utils import timezone

from app.corpus.access import Reader
from app.corpus.models import Source

MOST_SOURCES = 100


class FilterError(ValueError):
    """The filters cannot be used as they are; the message tells the asker what to change."""


def chosen_filters(
    reader: Reader, *, source_ids: Collection[int] = (), changed_since: date | None = None, fresh: bool = False
) -> dict[str, Any]:
    """Filters as a question keeps them. A source that may not be read is refused like one that is not there.

    `fresh`: no answer that was given before.
    """
    chosen: dict[str, Any] = {}
    if source_ids:
        chosen["sources"] = _readable(source_ids, reader)
    if changed_since is not None:
        if changed_since > timezone.localdate():
            raise FilterError("Choose a day that is not in the future.")
        chosen["changed_since"] = changed_since.isoformat()
    return chosen | ({"fresh": True} if fresh else {})


def _readable(source_ids: Collection[int], reader: Reader) -> list[int]:
    wanted = set(source_ids)
    if len(wanted) > MOST_SOURCES:
        raise FilterError(f"Choose at most {MOST_SOURCES} sources, or none to search all of them.")
    if Source.objects.readable_by(reader).filter(pk__in=wanted).count() < len(wanted):
        raise FilterError("One of the chosen sources is not there, or you may not read it.")
    return sorted(wanted)
