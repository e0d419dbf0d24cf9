"""Which sources and documents a caller may see listed.

A reader sees what they may read. Who runs a source, or all of them, sees the titles and failures of
its documents; a document's words are still opened by groups alone.
"""

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Length

from app.api.authentication import Caller
from app.api.problems import ProblemError
from app.corpus.access import readable
from app.corpus.models import Document, Source


def visible_sources(caller: Caller) -> QuerySet[Source]:
    sources: QuerySet[Source] = Source.objects.order_by("name")
    return sources.filter(Q(pk__in=readable_sources(caller)) | Q(pk__in=Source.objects.managed_by(caller.user)))


def readable_sources(caller: Caller) -> QuerySet[Source]:
    found: QuerySet[Source] = Source.objects.readable_by(caller.reader)
    return found


def readable_documents(caller: Caller) -> QuerySet[Document]:
    """The documents the caller may read, with what a listing shows of them."""
    return listed(Document.objects.readable_by(caller.reader))


def visible_documents(caller: Caller) -> QuerySet[Document]:
    managed = Q(source__in=Source.objects.managed_by(caller.user))
    return listed(Document.objects.filter(managed | readable(caller.reader)))


def listed(documents: QuerySet[Document]) -> QuerySet[Document]:
    """With source, job and failure at hand, the length of the text, and the state that people see."""
    waiting = When(job__isnull=False, failure__isnull=True, then=Value(Document.State.PENDING))
    return (
        documents.select_related("source", "job", "failure")
        .annotate(text_length=Length("current_version__text"), shown_state=Case(waiting, default=F("state")))
        .order_by("source__name", "external_id")
    )


def source_for(caller: Caller, source_id: int) -> Source:
    """Raises a 404 for a source that is not there and for one that may not be seen, alike."""
    source = visible_sources(caller).filter(pk=source_id).first()
    if source is None:
        raise ProblemError(404, "There is no such source that you may see.")
    return source


def document_for(caller: Caller, document_id: int) -> Document:
    """Raises a 404 for a document that is not there and for one that may not be seen, alike."""
    document = visible_documents(caller).filter(pk=document_id).first()
    if document is None:
        raise ProblemError(404, "There is no such document that you may see.")
    return document
