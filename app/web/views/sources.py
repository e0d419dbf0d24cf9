"""Sources, for admins: what they hold, how they are doing, and who may read them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.corpus.models import Document, Source
from app.web.doors import admins_only, signed_in
from app.web.forms import RemoveSourceForm, SourceForm
from ingestion.sources import SourceError, change_source, create_source, remove_source, retry_failures, start_sync
from ingestion.status import source_status

PAGE_SIZE = 40


@admins_only
@require_GET
@never_cache
def sources(request: HttpRequest) -> HttpResponse:
    rows = Source.objects.select_related("access_set").order_by("name")
    statuses = [source_status(row) for row in rows]
    context = {
        "statuses": statuses,
        "groups": group_names(),
        "is_busy": any(status.is_running for status in statuses),
        "documents": sum(status.searchable for status in statuses),
        "failed": sum(status.failed for status in statuses),
    }
    part = request.headers.get("HX-Target") == "source-list"
    return render(request, "web/_source_list.html" if part else "web/sources.html", context)


@admins_only
@require_GET
@never_cache
def source(request: HttpRequest, source_id: int) -> HttpResponse:
    return render(request, "web/source.html", source_context(request, found(source_id)))


@admins_only
@require_GET
@never_cache
def source_state(request: HttpRequest, source_id: int) -> HttpResponse:
    """The status alone, asked for every second while there is work; its end makes the page refresh its list."""
    row = found(source_id)
    if not request.headers.get("HX-Request"):
        return redirect("source", row.pk)
    status = source_status(row)
    response = render(request, "web/_source_status.html", {"status": status, "groups": group_names()})
    response.headers["HX-Trigger"] = "source-changed" if status.is_running else "source-settled"
    return response


@admins_only
@require_http_methods(["GET", "POST"])
def source_new(request: HttpRequest) -> HttpResponse:
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        folder = form.cleaned_data.get("path", "")
        kind = form.cleaned_data["kind"]
        settings = {"path": folder} if kind == Source.Kind.FOLDER else {}
        try:
            made = create_source(actor=signed_in(request), kind=kind, settings=settings, **form.wanted())
        except SourceError as error:
            form.add_error(None, str(error))
        else:
            if made.kind == Source.Kind.FOLDER:
                start_sync(made, actor=signed_in(request))
            return redirect("source", made.pk)
    return render(request, "web/source_form.html", {"form": form, "heading": "New source", "submit": "Create source"})


@admins_only
@require_http_methods(["GET", "POST"])
def source_edit(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    form = SourceForm(request.POST or None, source=row)
    if request.method == "POST" and form.is_valid():
        try:
            change_source(row, actor=signed_in(request), **form.wanted())
        except SourceError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved. The new rights hold from the next question on.")
            return redirect("source", row.pk)
    context = {"form": form, "heading": f"Settings of {row.name}", "submit": "Save", "source": row}
    return render(request, "web/source_form.html", context)


@admins_only
@require_http_methods(["GET", "POST"])
def source_remove(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    form = RemoveSourceForm(request.POST or None, source=row)
    if request.method == "POST" and form.is_valid():
        removed = remove_source(row, actor=signed_in(request))
        messages.success(request, f"“{row.name}” and its {removed} documents are gone.")
        return redirect("sources")
    context = {
        "heading": f"Remove “{row.name}”?", "form": form, "submit": "Remove source", "is_danger": True,
        "text": f"All {row.documents.count()} documents leave search and answers at once. This cannot be undone.",
        "action": request.path, "cancel": f"/sources/{row.pk}/",
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


@admins_only
@require_POST
def source_sync(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    everything = request.POST.get("everything") == "1"
    if start_sync(row, actor=signed_in(request), everything=everything) is None:
        messages.info(request, "A sync is running already.")
    return redirect("source", row.pk)


@admins_only
@require_POST
def source_retry(request: HttpRequest, source_id: int) -> HttpResponse:
    """Try one failed document again, or all of them."""
    row, one = found(source_id), request.POST.get("document", "")
    count = retry_failures(row, actor=signed_in(request), document_ids=[int(one)] if one.isdecimal() else None)
    messages.info(request, f"Trying {count} document{'' if count == 1 else 's'} again.")
    return redirect("source", row.pk)


def found(source_id: int) -> Source:
    row: Source = get_object_or_404(Source.objects.select_related("access_set"), pk=source_id)
    return row


def source_context(request: HttpRequest, row: Source) -> dict[str, Any]:
    return {
        "source": row,
        "status": source_status(row),
        "groups": group_names(),
        "page": documents_page(request, row),
        "query": request.GET.get("q", ""),
        "state": request.GET.get("state", ""),
        "runs": row.runs.order_by("-pk")[:5],
    }


def documents_page(request: HttpRequest, row: Source) -> "Page[Document]":
    rows = row.documents.select_related("failure", "job", "duplicate_of", "current_version")
    if query := request.GET.get("q", "").replace("\x00", "").strip():
        rows = rows.filter(Q(title__icontains=query) | Q(external_id__icontains=query))
    match request.GET.get("state"):
        case "failed":
            rows = rows.filter(failure__isnull=False)
        case "waiting":
            rows = rows.filter(job__isnull=False)
        case "searchable":
            rows = rows.filter(current_version__isnull=False)
        case "duplicate":
            rows = rows.filter(state=Document.State.DUPLICATE)
    failed_first = rows.order_by("failure__pk", "title", "pk")
    return Paginator(failed_first, PAGE_SIZE).get_page(request.GET.get("page"))


def group_names() -> dict[int, str]:
    return dict(Group.objects.values_list("pk", "name"))
