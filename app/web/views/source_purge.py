"""Erasing a source or a document with every copy of its words, after its name was typed, and saying what was erased."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from app.accounts.permissions import Permission
from app.privacy.purging import HELD, is_document_held, is_source_held
from app.web.doors import confirmed_lately, permitted, permitted_for_source, signed_in
from app.web.source_forms import TypedNameForm
from app.web.source_page import document_of, found
from ingestion.purge import purge_document, purge_source

ERASED = "originals, texts, passages, vectors, and the answers that were given from them. This cannot be undone."


@permitted(Permission.MANAGE_SOURCES)
@confirmed_lately
@require_http_methods(["GET", "POST"])
def source_purge(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    if is_source_held(row):
        messages.error(request, HELD)
        return redirect("source_edit", row.pk)
    form = TypedNameForm(request.POST or None, expected=row.name)
    if request.method == "POST" and form.is_valid():
        messages.success(request, f"“{row.name}” is purged. {purge_source(row, actor=signed_in(request))}")
        return redirect("sources")
    context = {
        "heading": f"Purge “{row.name}”?", "form": form, "submit": "Purge source", "is_danger": True,
        "text": f"Erases the source and all that was kept of its {row.documents.count():,} documents: {ERASED}",
        "action": request.path, "cancel": f"/sources/{row.pk}/settings/",
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


@permitted_for_source(Permission.MANAGE_SOURCES)
@confirmed_lately
@require_http_methods(["GET", "POST"])
def source_document_purge(request: HttpRequest, source_id: int, document_id: int) -> HttpResponse:
    document = document_of(source_id, document_id)
    if is_document_held(document):
        messages.error(request, HELD)
        return redirect("source_document", source_id, document_id)
    expected = document.external_id.rsplit("/", 1)[-1]
    form = TypedNameForm(request.POST or None, expected=expected)
    if request.method == "POST" and form.is_valid():
        messages.success(request, f"“{expected}” is purged. {purge_document(document, actor=signed_in(request))}")
        return redirect("source", source_id)
    context = {
        "heading": "Purge this document?", "form": form, "submit": "Purge document", "is_danger": True,
        "text": f"Erases all that was kept of “{document}”: {ERASED}",
        "action": request.path, "cancel": f"/sources/{source_id}/documents/{document_id}/",
    }  # fmt: skip
    return render(request, "web/confirm.html", context)
