"""Taking documents away: gone from search, lists and answers in the transaction that removes them."""

from collections.abc import Iterable

from django.db import transaction

from app.corpus.models import AccessSet, Chunk, Document, DocumentVersion, Source
from ingestion.duplicates import hand_over
from ingestion.originals import forget_originals

BATCH = 500


@transaction.atomic
def remove_documents(documents: Iterable[Document]) -> int:
    """Delete the documents with versions, chunks, jobs and originals; returns how many."""
    doomed = list(documents)
    keys = [document.pk for document in doomed]
    _wait_for_workers(keys)
    for document in Document.objects.filter(pk__in=keys, duplicates__isnull=False).distinct():
        hand_over(document, going=keys)
    for begin in range(0, len(doomed), BATCH):
        _delete([document.pk for document in doomed[begin : begin + BATCH]])
    return len(doomed)


def _wait_for_workers(keys: list[int]) -> None:
    """What a worker is storing at this moment must be there to be deleted; what it reads still, it will drop."""
    list(Document.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))


def _delete(keys: list[int]) -> None:
    versions = DocumentVersion.objects.filter(document_id__in=keys)
    digests = set(versions.values_list("original", flat=True))
    digests |= set(
        Document.objects.filter(pk__in=keys, source__kind=Source.Kind.UPLOAD).values_list("fingerprint", flat=True)
    )
    Chunk.objects.filter(document_id__in=keys)._raw_delete("default")
    # A ready document must have a version, and the versions go first.
    Document.objects.filter(pk__in=keys).update(state=Document.State.PENDING, current_version=None)
    Document.objects.filter(pk__in=keys).delete()
    forget_originals(digests)


@transaction.atomic
def delete_source(source: Source) -> int:
    """Delete the source and all that came from it; returns how many documents that were."""
    removed = remove_documents(source.documents.all())
    access_sets = {source.access_set_id}
    source.delete()
    AccessSet.objects.filter(pk__in=access_sets).delete()
    return removed
