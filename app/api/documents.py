"""`/documents`: what the caller may read and how it stands; admins remove uploads."""

from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from ninja import Field, Query, Router, Schema, Status

from app.accounts.scopes import Scope
from app.api.authentication import ApiKeyAuth, ApiRequest, Caller
from app.api.fields import MAX_ID, listed_choices
from app.api.problems import ProblemError
from app.api.visible import document_for, readable_documents
from app.audit.events import DOCUMENT_OPENED, record_event
from app.corpus.models import Document, DocumentVersion
from app.telemetry.threads import in_thread
from ingestion.models import DocumentFailure
from ingestion.sources import SourceError, remove_document

router = Router(tags=["documents"])
MAX_PAGE = 100
DocumentState = Annotated[Document.State, listed_choices(Document.State)]


class DocumentFilter(Schema):
    state: DocumentState | None = None
    limit: int = Field(50, ge=1, le=MAX_PAGE)
    offset: int = Field(0, ge=0, le=10_000_000)


class AnySourceFilter(DocumentFilter):
    source_id: int | None = Field(None, ge=1, le=MAX_ID)


class FailureOut(Schema):
    """Why the latest attempt failed; shown to admins."""

    reason: str
    message: str
    permanent: bool
    attempts: int


class DocumentOut(Schema):
    id: int
    external_id: str
    title: str
    url: str
    source: str
    source_id: int
    state: DocumentState
    updated_at: datetime | None
    checked_at: datetime | None
    is_stale: bool
    text_length: int = Field(description="Characters of the text that is searched; 0 while there is none.")
    failure: FailureOut | None


class DocumentPage(Schema):
    documents: list[DocumentOut]
    total: int
    limit: int
    offset: int


class VersionOut(Schema):
    id: int
    created_at: datetime
    mime_type: str
    size: int = Field(description="Bytes of the original.")
    is_current: bool


class DocumentDetail(DocumentOut):
    versions: list[VersionOut] = Field(description="Newest first.")


@router.get(
    "/documents",
    response=DocumentPage,
    operation_id="documents",
    auth=ApiKeyAuth(Scope.READ_DOCUMENTS),
    summary="List documents",
)
async def list_documents(request: ApiRequest, wanted: Query[AnySourceFilter]) -> DocumentPage:
    """The documents that you may read, in order of source and name."""
    return await in_thread(documents_page, request.auth, wanted)


@router.get(
    "/documents/{int:document_id}",
    response=DocumentDetail,
    operation_id="document",
    auth=ApiKeyAuth(Scope.READ_DOCUMENTS),
    summary="See a document",
)
async def read_document(request: ApiRequest, document_id: int) -> DocumentDetail:
    """How a document stands, and its versions."""
    return await in_thread(document_detail, request.auth, document_id)


@router.delete(
    "/documents/{int:document_id}",
    response={204: None},
    operation_id="remove",
    auth=ApiKeyAuth(Scope.MANAGE_SOURCES),
    summary="Remove an upload",
)
async def delete_document(request: ApiRequest, document_id: int) -> Status:
    """Removes an uploaded document from search, lists and answers at once. For admins."""
    await in_thread(removed, request.auth, document_id)
    return Status(204, None)


def documents_page(caller: Caller, wanted: AnySourceFilter) -> DocumentPage:
    documents = readable_documents(caller)
    if wanted.source_id is not None:
        documents = documents.filter(source_id=wanted.source_id)
    return page_of(documents, wanted, caller)


def page_of(documents: QuerySet[Any], wanted: DocumentFilter, caller: Caller) -> DocumentPage:
    if wanted.state is not None:
        documents = documents.filter(shown_state=wanted.state)
    rows = documents[wanted.offset : wanted.offset + wanted.limit]
    return DocumentPage(
        documents=[DocumentOut(**document_fields(row, caller)) for row in rows],
        total=documents.count(),
        limit=wanted.limit,
        offset=wanted.offset,
    )


def document_detail(caller: Caller, document_id: int) -> DocumentDetail:
    document = document_for(caller, document_id)
    versions = document.versions.defer("text", "outline", "pages", "tables", "report").order_by("-pk")
    rows = [version_out(version, document) for version in versions]
    record_event(caller.user, DOCUMENT_OPENED, f"document:{document.pk}", source=document.source_id, by="api")
    return DocumentDetail(**document_fields(document, caller), versions=rows)


def removed(caller: Caller, document_id: int) -> None:
    document = document_for(caller, document_id)
    caller.must_run(document.source_id)
    try:
        remove_document(document, actor=caller.user)
    except SourceError as error:
        raise ProblemError(409, str(error)) from None


def document_fields(document: Any, caller: Caller) -> dict[str, Any]:
    """The fields of a document that came from `visible.listed`."""
    runs_it = caller.runs(document.source_id)
    failure: DocumentFailure | None = getattr(document, "failure", None) if runs_it else None
    return {
        "id": document.pk,
        "external_id": document.external_id,
        "title": document.title or document.external_id,
        "url": document.url,
        "source": document.source.name,
        "source_id": document.source_id,
        "state": document.shown_state,
        "updated_at": document.modified_at,
        "checked_at": document.checked_at,
        "is_stale": document.is_stale(),
        "text_length": document.text_length or 0,
        "failure": FailureOut.model_validate(failure) if failure else None,
    }


def version_out(version: DocumentVersion, document: Document) -> VersionOut:
    return VersionOut(
        id=version.pk,
        created_at=version.created_at,
        mime_type=version.mime_type,
        size=version.size,
        is_current=version.pk == document.current_version_id,
    )
