"""Making a source, changing its settings, trying its connection, and taking it away."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.permissions import Permission
from app.corpus.models import Source
from app.web.doors import confirmed_lately, permitted, permitted_for_source, signed_in
from app.web.folder_form import FolderReadersForm
from app.web.source_forms import ConnectionForm, SourceForm, TypedNameForm
from app.web.source_page import found, source_page
from ingestion import sources as acts
from ingestion.connectors.base import ConnectorError, ConnectorKind
from ingestion.connectors.registry import kinds
from ingestion.folder_readers import has_folders, set_folder_readers
from ingestion.principals import unknown_principals

MOST_NAMES = 12
NO_FOLDERS = "No folder of the server may be read from here; an operator allows some with ATTEST_FOLDER_ROOTS."


@permitted(Permission.MANAGE_SOURCES)
@require_GET
def source_new(request: HttpRequest) -> HttpResponse:
    """First the kind: what is asked next depends on it."""
    cards = [(kind, "" if is_allowed(kind) else NO_FOLDERS) for kind in kinds().values() if kind.offered]
    return render(request, "web/source_new.html", {"cards": cards})


@permitted(Permission.MANAGE_SOURCES)
@require_http_methods(["GET", "POST"])
def source_new_kind(request: HttpRequest, kind: str) -> HttpResponse:
    wanted = offered_kind(kind)
    connection = ConnectionForm(request.POST or None, kind=wanted)
    form = SourceForm(request.POST or None, kind=wanted)
    if request.method == "POST" and connection.is_valid() & form.is_valid():
        try:
            made = acts.create_source(
                actor=signed_in(request), kind=kind, settings=connection.settings(), secrets=connection.secrets(),
                **form.wanted(),
            )  # fmt: skip
        except acts.SourceError as error:
            form.add_error(None, str(error))
        else:
            if kind != Source.Kind.UPLOAD:
                acts.start_sync(made, actor=signed_in(request))
            return redirect("source", made.pk)
    return new_page(request, wanted, connection, form)


@permitted(Permission.MANAGE_SOURCES)
@require_POST
def source_new_test(request: HttpRequest, kind: str) -> HttpResponse:
    """What a source with these settings would find; nothing is saved."""
    wanted = offered_kind(kind)
    connection = ConnectionForm(request.POST, kind=wanted)
    result = tried(connection)
    if request.headers.get("HX-Request"):
        return render(request, "web/_connection_result.html", {"result": result})
    return new_page(request, wanted, connection, SourceForm(initial=request.POST.dict(), kind=wanted), result=result)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_http_methods(["GET", "POST"])
def source_edit(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    wanted = kind_for(row)
    runs_all = signed_in(request).may(Permission.MANAGE_SOURCES)
    connection = ConnectionForm(request.POST or None, kind=wanted, source=row, may_change=runs_all)
    form = SourceForm(request.POST or None, kind=wanted, source=row)
    if request.method == "POST" and connection.is_valid() & form.is_valid():
        place: dict[str, Any] = {"settings": connection.settings(), "secrets": connection.secrets()} if runs_all else {}
        try:
            acts.change_source(row, actor=signed_in(request), **place, **form.wanted())
        except acts.SourceError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved. Changed rights hold from the next question on.")
            return redirect("source_edit", row.pk)
    return edit_page(request, row, connection, form)


@permitted(Permission.MANAGE_SOURCES)
@require_POST
def source_edit_test(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    connection = ConnectionForm(request.POST, kind=kind_for(row), source=row)
    result = tried(connection, row)
    if request.headers.get("HX-Request"):
        return render(request, "web/_connection_result.html", {"result": result})
    return edit_page(request, row, connection, SourceForm(kind=kind_for(row), source=row), result=result)


@permitted(Permission.MANAGE_SOURCES)
@confirmed_lately
@require_http_methods(["GET", "POST"])
def source_remove(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    form = TypedNameForm(request.POST or None, expected=row.name)
    if request.method == "POST" and form.is_valid():
        removed = acts.remove_source(row, actor=signed_in(request))
        messages.success(request, f"“{row.name}” and its {removed:,} documents are gone.")
        return redirect("sources")
    context = {
        "heading": f"Remove “{row.name}”?", "form": form, "submit": "Remove source", "is_danger": True,
        "text": f"All {row.documents.count():,} documents leave search, lists and answers at once. This cannot be "
        "undone.",
        "action": request.path, "cancel": f"/sources/{row.pk}/settings/",
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_POST
def source_folders(request: HttpRequest, source_id: int) -> HttpResponse:
    """Which folders are for some groups alone."""
    row = found(source_id)
    if not has_folders(row):
        raise Http404
    form = FolderReadersForm(request.POST, source=row)
    if not form.is_valid():
        kind = kind_for(row)
        return edit_page(
            request, row, ConnectionForm(kind=kind, source=row), SourceForm(kind=kind, source=row), folder_form=form
        )
    changed = set_folder_readers(row, form.cleaned_data["folders"], actor=signed_in(request))
    messages.success(request, f"Saved. {changed:,} documents have other readers from the next question on.")
    return redirect("source_edit", row.pk)


def new_page(
    request: HttpRequest, kind: ConnectorKind, connection: ConnectionForm, form: SourceForm, **more: Any
) -> HttpResponse:
    context = {"kind": kind, "connection": connection, "form": form, **more}
    return render(request, "web/source_form.html", context)


def edit_page(
    request: HttpRequest, row: Source, connection: ConnectionForm, form: SourceForm, **more: Any
) -> HttpResponse:
    context = {
        "kind": kind_for(row), "connection": connection, "form": form, "tab": "settings", "access": access_of(row),
        "runs_all": signed_in(request).may(Permission.MANAGE_SOURCES),
        "folder_form": FolderReadersForm(source=row) if has_folders(row) else None,
        **more,
    }  # fmt: skip
    return source_page(request, row, "web/source_settings.html", **context)


def access_of(row: Source) -> dict[str, Any]:
    """How many documents have fewer readers than the source, and whom their restrictions name in vain."""
    unknown = unknown_principals(row)
    return {
        "restricted": row.documents.exclude(access_set=row.access_set_id).count(),
        "unknown": unknown[:MOST_NAMES],
        "unknown_more": max(0, len(unknown) - MOST_NAMES),
    }


def tried(connection: ConnectionForm, row: Source | None = None) -> dict[str, Any]:
    """The sentence of what was found or of what is wrong, and which of both it is."""
    if not connection.is_valid():
        wrong = [f"{connection.fields[name].label}: {errors[0]}" for name, errors in connection.errors.items()]
        return {"is_good": False, "sentence": " ".join(wrong)}
    try:
        words = acts.test_connection(connection.kind.kind, connection.settings(), connection.secrets(), source=row)
    except acts.SourceError as error:
        return {"is_good": False, "sentence": str(error)}
    return {"is_good": True, "sentence": words}


def offered_kind(kind: str) -> ConnectorKind:
    wanted = kinds().get(kind)
    if wanted is None or not wanted.offered or not is_allowed(wanted):
        raise Http404
    return wanted


def kind_for(row: Source) -> ConnectorKind:
    """A source whose connector is not installed any more can still be renamed, closed and removed."""
    return kinds().get(row.kind) or ConnectorKind(
        row.kind, row.kind, "", settings=(), build=lambda connection: not_served(row.kind)
    )


def not_served(kind: str) -> Any:
    raise ConnectorError(f"No connector of the kind {kind} is installed; install it again.", permanent=True)


def is_allowed(kind: ConnectorKind) -> bool:
    return kind.kind != Source.Kind.FOLDER or bool(settings.ATTEST_FOLDER_ROOTS)
