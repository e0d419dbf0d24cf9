"""Taking documents away: gone from search, lists and answers in the transaction that removes them."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef

from app.corpus.models import AccessSet, Chunk, Document, DocumentVersion, Source
from ingestion.caches import forget_cache
from ingestion.duplicates import hand_over
from ingestion.models import SyncRun
from ingestion.originals import forget_originals

BATCH = 500


@transaction.atomic
def remove_documents(documents: Iterable[Document]) -> int:
    """Delete the documents with versions, chunks, jobs and originals; returns how many."""
    doomed = list(documents)
    keys = [document.pk for document in doomed]
    lock_documents(keys)
    hand_over_from(keys)
    for begin in range(0, len(doomed), BATCH):
        _delete([document.pk for document in doomed[begin : begin + BATCH]])
    return len(doomed)


def lock_documents(keys: Collection[int]) -> None:
    """What a worker is storing at this moment must be there to be deleted; what it reads still, it will drop."""
    list(Document.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))


def hand_over_from(keys: Collection[int]) -> None:
    """Pass on what documents that stay need of those that go."""
    staying = Document.objects.filter(duplicate_of=OuterRef("pk")).exclude(pk__in=keys)
    for document in Document.objects.filter(Exists(staying), pk__in=keys).order_by("pk"):
        hand_over(document, going=keys)


def hold_runs(source: Source) -> None:
    """A look at the source that is writing what it found is waited for, and none writes until the transaction ends.

    Call it before any document is locked, as a look locks its run first.
    """
    list(SyncRun.objects.select_for_update().filter(source=source).order_by("pk").values_list("pk"))


def originals_of(keys: Collection[int]) -> set[str]:
    """The stored files that the documents were read from or, as uploads, wait to be."""
    read = DocumentVersion.objects.filter(document_id__in=keys).values_list("original", flat=True)
    uploads = Document.objects.filter(pk__in=keys, source__kind=Source.Kind.UPLOAD)
    return (set(read) | set(uploads.values_list("fingerprint", flat=True))) - {""}


def _delete(keys: list[int]) -> None:
    digests = originals_of(keys)
    Chunk.objects.filter(document_id__in=keys)._raw_delete("default")
    # A ready document must have a version, and the versions go first.
    Document.objects.filter(pk__in=keys).update(state=Document.State.PENDING, current_version=None)
    Document.objects.filter(pk__in=keys).delete()
    forget_originals(digests)


@transaction.atomic
def delete_source(source: Source) -> int:
    """Delete the source and all that came from it; returns how many documents that were."""
    hold_runs(source)
    removed = remove_documents(source.documents.all())
    access_sets = {source.access_set_id}
    forget_cache(source.pk)
    source.delete()
    AccessSet.objects.filter(pk__in=access_sets).delete()
    return removed
