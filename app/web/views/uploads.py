"""Files coming into a source one by one, each with its own progress, and going out again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.permissions import Permission
from app.corpus.models import Document
from app.web.doors import permitted_for_source, signed_in
from app.web.source_page import found
from ingestion.sources import SourceError, UploadError, remove_document, upload_document
from ingestion.status import document_status


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_POST
def source_upload(request: HttpRequest, source_id: int) -> HttpResponse:
    """A script sends one file at a time and gets its row; a plain form sends all and gets the source's page."""
    row, by_script = found(source_id), bool(request.headers.get("HX-Request"))
    taken: list[Document] = []
    for file in request.FILES.getlist("file"):
        try:
            taken.append(upload_document(row, actor=signed_in(request), name=file.name or "", data=file.read()))
        except UploadError as error:
            if by_script:
                return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
            messages.error(request, f"{file.name}: {error}")
    if not by_script:
        return redirect("source", row.pk)
    if not taken:
        return HttpResponse("No file arrived; choose one.", status=422, content_type="text/plain; charset=utf-8")
    return upload_row(request, taken[0])


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def source_upload_state(request: HttpRequest, source_id: int, document_id: int) -> HttpResponse:
    """One document's row of the upload list, asked for until it is searchable or has failed."""
    document = get_object_or_404(Document, pk=document_id, source_id=source_id)
    if not request.headers.get("HX-Request"):
        return redirect("source", source_id)
    return upload_row(request, document)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_http_methods(["GET", "POST"])
def source_document_remove(request: HttpRequest, source_id: int, document_id: int) -> HttpResponse:
    document = get_object_or_404(Document.objects.select_related("source"), pk=document_id, source_id=source_id)
    if request.method == "POST":
        try:
            remove_document(document, actor=signed_in(request))
            messages.success(request, f"“{document}” is gone from search and answers.")
        except SourceError as error:
            messages.error(request, str(error))
        return redirect("source", source_id)
    context = {
        "heading": "Remove this document?", "submit": "Remove", "is_danger": True,
        "text": f"“{document}” leaves search and answers at once.",
        "action": request.path, "cancel": f"/sources/{source_id}/",
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


def upload_row(request: HttpRequest, document: Document) -> HttpResponse:
    status = document_status(document)
    context = {"document": document, "status": status, "is_waiting": status.waiting_since is not None}
    response = render(request, "web/_upload_row.html", context)
    if not context["is_waiting"]:
        response.headers["HX-Trigger"] = "source-changed"
    return response
