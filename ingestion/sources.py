"""Acts on sources and their documents, whoever asks: a page, the API or the command line. Each is audited."""

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import structlog
from django.conf import settings as configuration
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.audit import events
from app.audit.cleaning import settings_told
from app.corpus.models import AccessSet, Document, IndexGeneration, Source
from ingestion import reindex
from ingestion.breaker import unblock
from ingestion.connectors.base import ConnectorError
from ingestion.connectors.registry import max_file_bytes
from ingestion.jobs import INTERACTIVE, queue_document, queue_documents
from ingestion.models import DocumentFailure, SyncRun
from ingestion.originals import forget_originals, keep_original
from ingestion.removal import delete_source, remove_documents
from ingestion.runs import cancel, open_run
from ingestion.source_settings import (
    SourceError,
    check_place,
    checked_folder,
    checked_secrets,
    checked_settings,
    sealed,
    served_kind,
    test_connection,
)
from ingestion.waking import wake_when_committed

__all__ = [
    "SourceError",
    "UploadError",
    "approve_removals",
    "cancel_reindex",
    "cancel_run",
    "change_document",
    "change_source",
    "checked_file_name",
    "checked_folder",
    "create_source",
    "discard_index",
    "pause_source",
    "refuse_removals",
    "reindex_source",
    "remove_document",
    "remove_source",
    "resume_source",
    "retry_failures",
    "rollback_index",
    "start_sync",
    "test_connection",
    "upload_document",
]

log = structlog.get_logger(__name__)
MAX_NAME_CHARACTERS = 400
MAX_SOURCE_NAME_CHARACTERS = 120
DEFAULT_REMOVAL_LIMIT = 20


class UploadError(ValueError):
    """The file cannot be taken in; the message says why."""


@transaction.atomic
def create_source(
    *,
    actor: User | None,
    name: str,
    kind: str,
    everyone: bool,
    group_ids: Collection[int] = (),
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str | None] | None = None,
    refresh_interval: timedelta | None = None,
    freshness_target: timedelta | None = None,
    removal_limit: int = DEFAULT_REMOVAL_LIMIT,
) -> Source:
    """A new source that `everyone` or the members of `group_ids` may read. Raises SourceError."""
    _check_name(name)
    served = served_kind(kind)
    checked = checked_settings(served, settings or {})
    if actor is not None:
        check_place(served, checked)
    access_set = AccessSet.objects.create(everyone=everyone, group_ids=_checked_groups(group_ids))
    source: Source = Source.objects.create(
        name=name.strip(),
        kind=kind,
        settings=checked,
        secrets=sealed(checked_secrets(served, secrets or {}, checked)),
        access_set=access_set,
        refresh_interval=refresh_interval,
        freshness_target=freshness_target,
        removal_limit=_checked_limit(removal_limit),
    )
    events.record_event(
        actor, events.SOURCE_CREATED, f"source:{source.pk}", name=source.name, after=_told(source), **_readers(source)
    )
    return source


@transaction.atomic
def change_source(
    source: Source,
    *,
    actor: User | None,
    name: str | None = None,
    everyone: bool | None = None,
    group_ids: Collection[int] | None = None,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str | None] | None = None,
    removal_limit: int | None = None,
    refresh_interval: timedelta | None = None,
    freshness_target: timedelta | None = None,
) -> None:
    """Change what is given; intervals are always set, None switching them off. Rights hold from the next query.

    A secret that is left blank stays. New settings or secrets end a pause after failures.
    """
    before = _told(source)
    if name is not None and name.strip() != source.name:
        _check_name(name)
        source.name = name.strip()
    if everyone is not None:
        source.access_set.everyone = everyone
    if group_ids is not None:
        source.access_set.group_ids = _checked_groups(group_ids)
    source.access_set.save()
    changed = _change_connection(source, actor, settings, secrets)
    if removal_limit is not None:
        source.removal_limit = _checked_limit(removal_limit)
    source.refresh_interval, source.freshness_target = refresh_interval, freshness_target
    # Only what is changed here: a run may be writing its own columns at this moment.
    source.save(
        update_fields=[
            "name", "settings", "secrets", "cursor", "listed_at", "removal_limit", "refresh_interval",
            "freshness_target",
        ] if changed else ["name", "removal_limit", "refresh_interval", "freshness_target"]
    )  # fmt: skip
    details: dict[str, Any] = {"changed": changed} if changed else {}
    events.record_event(
        actor, events.SOURCE_CHANGED, f"source:{source.pk}", before=before, after=_told(source), **details
    )


@transaction.atomic
def remove_source(source: Source, *, actor: User | None) -> int:
    """Remove the source with everything that came from it; returns how many documents that were."""
    key, name = source.pk, source.name
    removed = delete_source(source)
    events.record_event(actor, events.SOURCE_REMOVED, f"source:{key}", name=name, documents=removed)
    return removed


@transaction.atomic
def start_sync(source: Source, *, actor: User | None, everything: bool = False) -> SyncRun | None:
    """Queue a run now, however often it failed before; None while one is running.

    `everything` looks at unchanged documents again as well. Raises SourceError while the source is paused.
    """
    _refuse_paused(source)
    unblock(source)
    run = open_run(source, everything=everything)
    if run is not None:
        events.record_event(actor, events.SOURCE_SYNCED, f"source:{source.pk}", everything=everything)
    wake_when_committed()
    return run


@transaction.atomic
def pause_source(source: Source, *, actor: User | None) -> None:
    """Nothing of the source is looked at or read until it is resumed; what it has keeps answering."""
    _set_state(source, Source.State.PAUSED, actor, events.SOURCE_PAUSED)


@transaction.atomic
def resume_source(source: Source, *, actor: User | None) -> None:
    """Go on where the source was paused."""
    _set_state(source, Source.State.ACTIVE, actor, events.SOURCE_RESUMED)
    wake_when_committed()


@transaction.atomic
def cancel_run(source: Source, *, actor: User | None) -> bool:
    """End the running run; what it still had to read is left to the next one. False when none was running."""
    run = source.runs.select_for_update().filter(state=SyncRun.State.RUNNING).first()
    if run is None:
        return False
    dropped = cancel(run)
    events.record_event(actor, events.RUN_CANCELLED, f"source:{source.pk}", run=run.pk, documents=dropped)
    return True


def reindex_source(source: Source, *, actor: User | None) -> IndexGeneration:
    """Read, cut and embed every document anew beside the present index, which answers until all is done."""
    with _said_as_source_error():
        return reindex.begin_reindex(source, actor=actor)


def cancel_reindex(source: Source, *, actor: User | None) -> None:
    """Give up the index that is being built."""
    with _said_as_source_error():
        reindex.cancel_reindex(source, actor=actor)


def rollback_index(source: Source, *, actor: User | None) -> bool:
    """Go back to the index before; False when some documents must be brought up to date in it first."""
    with _said_as_source_error():
        return reindex.rollback_reindex(source, actor=actor)


def discard_index(source: Source, *, actor: User | None) -> None:
    """Delete the index before."""
    with _said_as_source_error():
        reindex.discard_kept(source, actor=actor)


@contextmanager
def _said_as_source_error() -> Iterator[None]:
    try:
        yield
    except reindex.ReindexError as error:
        raise SourceError(str(error)) from error


@transaction.atomic
def retry_failures(source: Source, *, actor: User | None, document_ids: Collection[int] | None = None) -> int:
    """Queue failed documents again (all of the source, or those given); returns how many."""
    failures = DocumentFailure.objects.filter(document__source=source)
    if document_ids is not None:
        failures = failures.filter(document_id__in=document_ids)
    fingerprints = dict(failures.order_by("document_id").values_list("document_id", "document__fingerprint"))
    queue_documents(fingerprints)
    wake_when_committed()
    events.record_event(actor, events.SOURCE_SYNCED, f"source:{source.pk}", retried=len(fingerprints))
    return len(fingerprints)


@transaction.atomic
def approve_removals(source: Source, *, actor: User | None) -> SyncRun | None:
    """Start a run that may remove however many documents are gone at the source. None while one is running."""
    _refuse_paused(source)
    held = _held_run(source)
    unblock(source)
    run = open_run(source, may_remove_all=True)
    if run is not None:
        events.record_event(
            actor, events.REMOVALS_APPROVED, f"source:{source.pk}", documents=held.held_removals if held else 0
        )
    wake_when_committed()
    return run


@transaction.atomic
def refuse_removals(source: Source, *, actor: User | None) -> None:
    """Keep what a held run wanted to remove; the next run looks again, and asks again if it is still gone."""
    held = _held_run(source)
    if held is None:
        return
    SyncRun.objects.filter(pk=held.pk).update(
        state=SyncRun.State.CANCELLED, message="An admin refused the removal; the documents stay."
    )
    events.record_event(actor, events.REMOVALS_REFUSED, f"source:{source.pk}", documents=held.held_removals)


@transaction.atomic
def upload_document(source: Source, *, actor: User | None, name: str, data: bytes) -> Document:
    """Take a file in. The same name again replaces the document; the old version answers until then."""
    if source.kind != Source.Kind.UPLOAD:
        raise UploadError("Only a source of the kind Uploads takes files; choose or create one.")
    name = checked_file_name(name)
    if not data:
        raise UploadError("The file is empty; choose one with content.")
    if len(data) > max_file_bytes():
        raise UploadError(f"The file is larger than {configuration.ATTEST_MAX_FILE_MB} MB; split it.")
    try:
        digest = keep_original(data)
    except ConnectorError as error:
        raise UploadError(error.message) from error
    document, _ = Document.objects.get_or_create(
        source=source, external_id=name, defaults={"title": name, "access_set_id": source.access_set_id}
    )
    Document.objects.filter(pk=document.pk).update(modified_at=timezone.now(), fingerprint=digest)
    forget_originals({document.fingerprint} - {digest})
    queue_document(document, digest, priority=INTERACTIVE)
    wake_when_committed()
    events.record_event(actor, events.DOCUMENT_UPLOADED, f"document:{document.pk}", source=source.pk)
    return document


@transaction.atomic
def change_document(document: Document, *, actor: User | None, valid_until: date | None, owner: str) -> None:
    """Until when the document holds and whom to ask about it."""
    before = {"valid_until": str(document.valid_until or ""), "owner": document.owner}
    Document.objects.filter(pk=document.pk).update(valid_until=valid_until, owner=owner.strip())
    after = {"valid_until": str(valid_until or ""), "owner": owner.strip()}
    events.record_event(actor, events.DOCUMENT_CHANGED, f"document:{document.pk}", before=before, after=after)


@transaction.atomic
def remove_document(document: Document, *, actor: User | None) -> None:
    """Remove one uploaded document. What another source holds would only come back with its next run."""
    if document.source.kind != Source.Kind.UPLOAD:
        raise SourceError("This document comes from a folder; remove the file there and sync the source.")
    key = document.pk
    remove_documents([document])
    events.record_event(actor, events.DOCUMENT_REMOVED, f"document:{key}", source=document.source_id)


def checked_file_name(name: str) -> str:
    """The last part of a path, without control characters. Raises UploadError when nothing is left."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(character for character in base if character.isprintable())
    # The same name may arrive composed (é) or decomposed (e and an accent), as systems differ in it.
    clean = unicodedata.normalize("NFC", printable).strip(" .")
    if not clean or len(clean) > MAX_NAME_CHARACTERS:
        raise UploadError("The file's name is empty or too long; rename it.")
    return clean


def _change_connection(
    source: Source,
    actor: User | None,
    settings: Mapping[str, Any] | None,
    secrets: Mapping[str, str | None] | None,
) -> list[str]:
    """Put new settings and secrets into `source`; returns the names of what differs, never a value."""
    if settings is None and secrets is None:
        return []
    served = served_kind(source.kind)
    wanted = checked_settings(served, source.settings if settings is None else settings)
    if "metadata" in source.settings:
        wanted.setdefault("metadata", source.settings["metadata"])
    changed = sorted(name for name in wanted if wanted[name] != source.settings.get(name))
    if actor is not None and changed:
        check_place(served, wanted)
    clear = checked_secrets(served, secrets or {}, wanted, source)
    changed += sorted(name for name, value in (secrets or {}).items() if value != "")
    source.settings, source.secrets = wanted, sealed(clear)
    if changed:
        # What a cursor of the old place means at the new one nobody knows.
        source.cursor, source.listed_at = "", None
        unblock(source)
    return changed


def _set_state(source: Source, state: Source.State, actor: User | None, event: str) -> None:
    if Source.objects.filter(pk=source.pk).exclude(state=state).update(state=state):
        events.record_event(actor, event, f"source:{source.pk}")
    source.state = state


def _refuse_paused(source: Source) -> None:
    if Source.objects.filter(pk=source.pk, state=Source.State.PAUSED).exists():
        raise SourceError("The source is paused; resume it first.")


def _held_run(source: Source) -> SyncRun | None:
    """The latest run that was held, if no later one ended otherwise."""
    latest = source.runs.exclude(state=SyncRun.State.RUNNING).order_by("-pk").first()
    return latest if latest and latest.state == SyncRun.State.HELD else None


def _checked_limit(percent: int) -> int:
    if not 0 <= percent <= 100:
        raise SourceError("The share of documents that a run may remove is between 0 and 100 percent.")
    return percent


def _check_name(name: str) -> None:
    if not name.strip():
        raise SourceError("Give the source a name.")
    if len(name.strip()) > MAX_SOURCE_NAME_CHARACTERS or not name.strip().isprintable():
        raise SourceError(f"Give the source a name of one line and at most {MAX_SOURCE_NAME_CHARACTERS} characters.")
    if Source.objects.filter(name=name.strip()).exists():
        raise SourceError(f"There is a source called {name.strip()} already; choose another name.")


def _checked_groups(group_ids: Collection[int]) -> list[int]:
    known = Group.objects.filter(pk__in=group_ids).values_list("pk", flat=True)
    if missing := set(group_ids) - set(known):
        raise SourceError(f"There is no group with the number {min(missing)}.")
    return sorted(known)


def _told(source: Source) -> dict[str, Any]:
    """What can be set of a source, as the audit log tells it. Secrets lie elsewhere, and only their names are told."""
    return {
        "name": source.name, **_readers(source), "settings": settings_told(source.settings),
        "removal_limit": source.removal_limit, "refresh_interval": str(source.refresh_interval or ""),
        "freshness_target": str(source.freshness_target or ""),
    }  # fmt: skip


def _readers(source: Source) -> dict[str, Any]:
    return {"everyone": source.access_set.everyone, "groups": source.access_set.group_ids}
