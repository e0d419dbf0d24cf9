"""Asking a source what there is: everything, or what changed since the last look, made fit to be stored."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from app.corpus.models import Source
from app.corpus.secrets import SecretsLost
from app.telemetry.places import places_of
from ingestion.connectors.base import LONGEST_ID, ConnectorError, CursorLost, Item, Readers
from ingestion.connectors.registry import connector_for
from ingestion.models import SyncRun

log = structlog.get_logger(__name__)
LONGEST_FINGERPRINT = 200
LONGEST_TITLE = 500
LONGEST_URL = 2000
LONGEST_OWNER = 200


@dataclass(frozen=True, slots=True)
class Listing:
    """`removed` is None when `items` are all there are. `left_out` counts items that cannot be stored."""

    items: list[Item]
    removed: tuple[str, ...] | None
    cursor: str
    began_at: datetime
    left_out: int = 0

    @property
    def is_partial(self) -> bool:
        return self.removed is not None


def listing_of(run: SyncRun) -> Listing:
    """What the source of `run` says. Raises ConnectorError, whatever went wrong with it."""
    try:
        connector = connector_for(run.source)
        return _changes(run, connector) or _everything(connector)
    except SecretsLost as error:
        raise ConnectorError(str(error), permanent=True) from error
    except (ConnectorError, DatabaseError, InterfaceError):
        raise
    except Exception as error:
        raise _unexpected(run, error) from error


def _changes(run: SyncRun, connector: Any) -> Listing | None:
    """What changed since the cursor; None where everything should be listed."""
    source = run.source
    if not (hasattr(connector, "changes") and source.cursor and not _is_complete_due(source)):
        return None
    if run.everything or run.may_remove_all:
        return None
    began = timezone.now()
    try:
        changes = connector.changes(source.cursor)
    except CursorLost:
        return None
    items, left_out = _storable(changes.items)
    return Listing(items, tuple(changes.removed), changes.cursor, began, left_out)


def _everything(connector: Any) -> Listing:
    began = timezone.now()
    # Asked for first: what changes during the listing is told again by the next look.
    cursor = connector.cursor() if hasattr(connector, "cursor") and hasattr(connector, "changes") else ""
    items, left_out = _storable(connector.items())
    return Listing(items, None, cursor, began, left_out)


def _is_complete_due(source: Source) -> bool:
    longest = timedelta(hours=settings.ATTEST_COMPLETE_LISTING_HOURS)
    return source.listed_at is None or timezone.now() - source.listed_at > longest


def _storable(items: Iterable[Item]) -> tuple[list[Item], int]:
    kept, left_out = [], 0
    for item in items:
        if not item.external_id or len(item.external_id) > LONGEST_ID or not _is_text(item.external_id):
            left_out += 1
        else:
            kept.append(_cut(item))
    return kept, left_out


def _cut(item: Item) -> Item:
    if len(item.fingerprint) <= LONGEST_FINGERPRINT and _is_plain(item):
        return item
    fingerprint = item.fingerprint
    if len(fingerprint) > LONGEST_FINGERPRINT:
        fingerprint = hashlib.sha256(fingerprint.encode()).hexdigest()
    return replace(
        item,
        fingerprint=_text(fingerprint),
        url=_text(item.url) if len(item.url) <= LONGEST_URL else "",
        title=_text(item.title)[:LONGEST_TITLE],
        owner=_text(item.owner)[:LONGEST_OWNER],
        readers=_readers(item.readers),
    )


def _is_plain(item: Item) -> bool:
    return (
        len(item.url) <= LONGEST_URL
        and len(item.title) <= LONGEST_TITLE
        and len(item.owner) <= LONGEST_OWNER
        and _is_text(item.fingerprint + item.url + item.title + item.owner)
        and _readers(item.readers) == item.readers
    )


def _readers(readers: Readers | None) -> Readers | None:
    """A name that is no text is nobody's here."""
    if readers is None:
        return None
    return Readers(frozenset(filter(_is_text, readers.emails)), frozenset(filter(_is_text, readers.groups)))


def _is_text(value: str) -> bool:
    return _text(value) == value


def _text(value: str) -> str:
    """Without what a database cannot store: NUL, and the halves of characters that come of bytes in no encoding."""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def _unexpected(run: SyncRun, error: Exception) -> ConnectorError:
    """An error that no connector foresaw. Its words may hold a password, so only its name and places are told."""
    log.error("source_ended_unexpectedly", source_id=run.source_id, error=type(error).__name__, places=places_of(error))
    return ConnectorError(
        f"Listing the source ended unexpectedly ({type(error).__name__}); the server's log names the place. "
        "It is tried again by itself.",
        permanent=False,
    )
