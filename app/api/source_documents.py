"""`/sources/{id}/documents`: what a source holds; an admin hands in a file."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from ninja import Query, Router, Status

from app.accounts.scopes import Scope
from app.api.authentication import ApiKeyAuth, ApiRequest, Caller
from app.api.documents import DocumentDetail, DocumentFilter, DocumentPage, document_detail, page_of
from app.api.problems import ProblemError
from app.api.visible import source_for, visible_documents
from app.telemetry.threads import in_thread
from ingestion.sources import UploadError, upload_document

router = Router(tags=["documents"])
# The body is read in a thread, by hand, so that a large file does not stop the event loop.
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


@router.get(
    "/sources/{int:source_id}/documents",
    response=DocumentPage, operation_id="source_documents", auth=ApiKeyAuth(Scope.READ_DOCUMENTS),
    summary="List a source's documents",
)  # fmt: skip
async def list_source_documents(request: ApiRequest, source_id: int, wanted: Query[DocumentFilter]) -> DocumentPage:
    """The documents of a source that you may read; for admins, all of it, with why one failed."""
    return await in_thread(documents_of, request.auth, source_id, wanted)


@router.post(
    "/sources/{int:source_id}/documents",
    response={202: DocumentDetail}, operation_id="upload", auth=ApiKeyAuth(Scope.MANAGE_SOURCES),
    summary="Upload a document", openapi_extra=FILE_BODY,
)  # fmt: skip
async def upload(request: ApiRequest, response: HttpResponse, source_id: int) -> Status:
    """Takes a file into a source of the kind `upload`; it becomes searchable in the background. For admins.

    A file of the same name replaces the document; the old text answers until the new one is ready.
    """
    document = await in_thread(taken_in, request, source_id)
    response["Location"] = f"/api/v1/documents/{document.id}"
    return Status(202, document)


def documents_of(caller: Caller, source_id: int, wanted: DocumentFilter) -> DocumentPage:
    source = source_for(caller, source_id)
    return page_of(visible_documents(caller).filter(source=source), wanted, caller)


def taken_in(request: ApiRequest, source_id: int) -> DocumentDetail:
    source = source_for(request.auth, source_id)
    request.auth.must_run(source.pk)
    file = file_of(request)
    try:
        document = upload_document(source, actor=request.auth.user, name=file.name or "", data=file.read())
    except UploadError as error:
        raise ProblemError(422, str(error)) from None
    return document_detail(request.auth, document.pk)


def file_of(request: ApiRequest) -> UploadedFile:
    if request.content_type != "multipart/form-data":
        raise ProblemError(415)
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise ProblemError(422, "Send one file, as the part named `file`.")
    return file
