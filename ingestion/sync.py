"""A run over one source: look at what is there, compare with what is known, and queue the difference.

Looking may take long and is repeated safely; what follows from it is written in one transaction.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from app.corpus.models import Document, Source
from ingestion.compare import Plan, compare
from ingestion.connectors.base import ConnectorError, Item
from ingestion.connectors.registry import connector_for
from ingestion.jobs import finish_run
from ingestion.models import DocumentFailure, IngestionJob, SyncRun
from ingestion.removal import remove_documents

log = structlog.get_logger(__name__)
T = TypeVar("T")
BATCH = 1000


def open_run(source: Source, *, everything: bool = False) -> SyncRun | None:
    """A new run, or None while another of the same source is running. `everything`: unchanged items as well."""
    try:
        with transaction.atomic():
            return SyncRun.objects.create(source=source, everything=everything)
    except IntegrityError:
        return None


def look(run: SyncRun) -> list[int]:
    """List the source and queue what differs; returns the documents that now have a job.

    A source that cannot be read ends the run as failed and changes nothing.
    """
    source = run.source
    try:
        items = list(connector_for(source).items())
    except ConnectorError as error:
        SyncRun.objects.filter(pk=run.pk).update(
            state=SyncRun.State.FAILED, message=error.message, finished_at=timezone.now()
        )
        log.warning("source_not_read", source_id=source.pk, permanent=error.permanent)
        return []
    return _apply(run, items)


@transaction.atomic
def _apply(run: SyncRun, items: list[Item]) -> list[int]:
    run = SyncRun.objects.select_for_update().get(pk=run.pk)
    if run.listed_at is not None or run.state != SyncRun.State.RUNNING:
        return []
    known = dict(Document.objects.filter(source=run.source).values_list("external_id", "fingerprint"))
    if run.source.kind == Source.Kind.UPLOAD:
        # Its list is the database's own: what was uploaded since it was read is neither new nor gone.
        listed = {item.external_id for item in items}
        items = [replace(item, fingerprint=known[item.external_id]) for item in items if item.external_id in known]
        known = {name: fingerprint for name, fingerprint in known.items() if name in listed}
    plan = compare(known, items, everything=run.everything)
    _check(run.source, plan.unchanged)
    _remove(run.source, plan.removed)
    moved = [_move(run.source, origin, item) for origin, item in plan.moved]
    documents = _add(run.source, plan.added) + _known(run.source, plan.updated) + moved
    fingerprints = {item.external_id: item.fingerprint for item in items}
    _queue(run, documents, fingerprints)
    _count(run, plan, len(items), len(documents))
    transaction.on_commit(lambda: finish_run(run))
    return [document.pk for document in documents]


def _check(source: Source, unchanged: list[Item]) -> None:
    now = timezone.now()
    for names in _batches([item.external_id for item in unchanged]):
        Document.objects.filter(source=source, external_id__in=names).update(checked_at=now)


def _remove(source: Source, names: list[str]) -> None:
    for batch in _batches(names):
        remove_documents(Document.objects.filter(source=source, external_id__in=batch))


def _move(source: Source, origin: str, item: Item) -> Document:
    document: Document = Document.objects.get(source=source, external_id=origin)
    document.external_id, document.url = item.external_id, item.url
    document.save(update_fields=["external_id", "url"])
    return document


def _add(source: Source, added: list[Item]) -> list[Document]:
    rows = [
        Document(
            source=source,
            external_id=item.external_id,
            title=item.external_id.rsplit("/", 1)[-1][:500],
            url=item.url,
            access_set_id=source.access_set_id,
            modified_at=item.modified_at,
        )
        for item in added
    ]
    return list(Document.objects.bulk_create(rows, batch_size=BATCH))


def _known(source: Source, updated: list[Item]) -> list[Document]:
    documents: list[Document] = []
    modified = {item.external_id: item.modified_at for item in updated}
    for names in _batches(list(modified)):
        batch = list(Document.objects.filter(source=source, external_id__in=names))
        for document in batch:
            document.modified_at = modified[document.external_id]
        Document.objects.bulk_update(batch, ["modified_at"])
        documents += batch
    return documents


def _queue(run: SyncRun, documents: list[Document], fingerprints: dict[str, str]) -> None:
    jobs = [
        IngestionJob(document=document, run=run, fingerprint=fingerprints[document.external_id])
        for document in documents
    ]
    IngestionJob.objects.bulk_create(
        jobs,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["document"],
        update_fields=["run", "fingerprint", "available_at"],
    )
    for names in _batches([document.pk for document in documents]):
        DocumentFailure.objects.filter(document_id__in=names).delete()
        waiting = Document.objects.filter(pk__in=names, current_version__isnull=True)
        waiting.update(state=Document.State.PENDING, duplicate_of=None)


def _count(run: SyncRun, plan: Plan, listed: int, queued: int) -> None:
    run.listed, run.queued = listed, queued
    run.added, run.updated = len(plan.added), len(plan.updated)
    run.moved, run.unchanged, run.removed = len(plan.moved), len(plan.unchanged), len(plan.removed)
    run.listed_at = timezone.now()
    run.save()


def _batches(values: list[T]) -> Iterable[list[T]]:
    for begin in range(0, len(values), BATCH):
        yield values[begin : begin + BATCH]
