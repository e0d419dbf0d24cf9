"""Acts on sources and their documents, whoever asks: a page, the API or the command line. Each is audited."""

import unicodedata
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings as configuration
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from app.accounts.models import User
from app.audit import events
from app.corpus.models import AccessSet, Document, Source
from ingestion import tasks
from ingestion.connectors.base import ConnectorError
from ingestion.connectors.registry import max_file_bytes
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.originals import forget_originals, keep_original
from ingestion.removal import delete_source, remove_documents
from ingestion.sync import open_run

log = structlog.get_logger(__name__)
MAX_NAME_CHARACTERS = 400
MAX_SOURCE_NAME_CHARACTERS = 120


class SourceError(ValueError):
    """The act is not possible as asked; the message says what to change."""


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
    settings: dict[str, Any] | None = None,
    refresh_interval: timedelta | None = None,
    freshness_target: timedelta | None = None,
) -> Source:
    """A new source that `everyone` or the members of `group_ids` may read. Raises SourceError."""
    _check_name(name)
    access_set = AccessSet.objects.create(everyone=everyone, group_ids=_checked_groups(group_ids))
    source: Source = Source.objects.create(
        name=name.strip(),
        kind=kind,
        settings=settings or {},
        access_set=access_set,
        refresh_interval=refresh_interval,
        freshness_target=freshness_target,
    )
    events.record_event(actor, events.SOURCE_CREATED, f"source:{source.pk}", name=source.name, **_readers(source))
    return source


@transaction.atomic
def change_source(
    source: Source,
    *,
    actor: User | None,
    name: str | None = None,
    everyone: bool | None = None,
    group_ids: Collection[int] | None = None,
    refresh_interval: timedelta | None = None,
    freshness_target: timedelta | None = None,
) -> None:
    """Change what is given; intervals are always set, None switching them off. Rights hold from the next query."""
    before = {"name": source.name, **_readers(source)}
    if name is not None and name.strip() != source.name:
        _check_name(name)
        source.name = name.strip()
    if everyone is not None:
        source.access_set.everyone = everyone
    if group_ids is not None:
        source.access_set.group_ids = _checked_groups(group_ids)
    source.access_set.save()
    source.refresh_interval, source.freshness_target = refresh_interval, freshness_target
    source.save()
    after = {"name": source.name, **_readers(source)}
    events.record_event(actor, events.SOURCE_CHANGED, f"source:{source.pk}", before=before, after=after)


@transaction.atomic
def remove_source(source: Source, *, actor: User | None) -> int:
    """Remove the source with everything that came from it; returns how many documents that were."""
    key, name = source.pk, source.name
    removed = delete_source(source)
    events.record_event(actor, events.SOURCE_REMOVED, f"source:{key}", name=name, documents=removed)
    return removed


def start_sync(source: Source, *, actor: User | None, everything: bool = False) -> SyncRun | None:
    """Queue a run; None while one is running. `everything` looks at unchanged documents again as well."""
    run = open_run(source, everything=everything)
    if run is not None:
        events.record_event(actor, events.SOURCE_SYNCED, f"source:{source.pk}", everything=everything)
        _wake(lambda: tasks.sync_source.delay(run.pk))
    return run


@transaction.atomic
def retry_failures(source: Source, *, actor: User | None, document_ids: Collection[int] | None = None) -> int:
    """Queue failed documents again (all of the source, or those given); returns how many."""
    failures = DocumentFailure.objects.filter(document__source=source).select_related("document")
    if document_ids is not None:
        failures = failures.filter(document_id__in=document_ids)
    documents = [failure.document for failure in failures]
    for document in documents:
        _queue(document, document.fingerprint)
    events.record_event(actor, events.SOURCE_SYNCED, f"source:{source.pk}", retried=len(documents))
    return len(documents)


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
    _queue(document, digest)
    events.record_event(actor, events.DOCUMENT_UPLOADED, f"document:{document.pk}", source=source.pk)
    return document


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


def checked_folder(path: str) -> str:
    """A folder that admins may add in the browser. Raises SourceError."""
    folder = Path(path).expanduser()
    roots = [Path(root).resolve() for root in configuration.ATTEST_FOLDER_ROOTS]
    if not any(folder.resolve().is_relative_to(root) for root in roots):
        raise SourceError("That folder is not below one of ATTEST_FOLDER_ROOTS; ask an operator to allow it.")
    if not folder.is_dir():
        raise SourceError("That folder does not exist on the server.")
    return str(folder.resolve())


def _queue(document: Document, fingerprint: str) -> None:
    IngestionJob.objects.update_or_create(
        document=document,
        defaults={"fingerprint": fingerprint, "available_at": timezone.now(), "attempts": 0, "started_at": None,
                  "lost_workers": 0},
    )  # fmt: skip
    if document.current_version_id is None:
        Document.objects.filter(pk=document.pk).update(state=Document.State.PENDING)
    transaction.on_commit(lambda: _wake(lambda: tasks.ingest_document.delay(document.pk)))


def _wake(send: Any) -> None:
    try:
        send()
    except OperationalError:
        # The work stands in the database; beat finds it when the broker is back.
        log.warning("broker_unreachable")


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


def _readers(source: Source) -> dict[str, Any]:
    return {"everyone": source.access_set.everyone, "groups": source.access_set.group_ids}
