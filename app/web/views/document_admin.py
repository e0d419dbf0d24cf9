"""A document as an admin looks after it: its versions, its chunks, what reading it told, and whether it is found.

A role opens no document: an admin who may not read it sees how it is doing, never what it says.
"""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.accounts.permissions import Permission
from app.audit.events import DOCUMENT_OPENED, PASSAGES_SEARCHED, record_event
from app.corpus.models import Chunk, Document, DocumentVersion, IndexGeneration, Source
from app.providers.errors import ProviderError
from app.web.asked_for import number_asked
from app.web.doors import permitted_for_source, reader_of, signed_in
from app.web.finding import Finding, find
from app.web.parse_report import parse_report
from app.web.source_forms import DocumentForm
from app.web.source_page import document_of, group_names
from app.web.version_diff import diff
from app.web.views.sources import asked
from ingestion import sources as acts
from ingestion.models import DocumentFailure
from ingestion.status import document_status

CHUNKS_PER_PAGE = 20
MOST_VERSIONS = 50
MOST_LINKS = 20
MOST_QUESTION_CHARACTERS = 300
QUOTES_NOTHING = ("language", "left_out")


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def source_document(request: HttpRequest, source_id: int, document_id: int) -> HttpResponse:
    return document_page(request, document_of(source_id, document_id))


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_POST
def source_document_edit(request: HttpRequest, source_id: int, document_id: int) -> HttpResponse:
    row = document_of(source_id, document_id)
    form = DocumentForm(request.POST, instance=document_of(source_id, document_id))
    if not form.is_valid():
        return document_page(request, row, form=form)
    acts.change_document(row, actor=signed_in(request), **form.cleaned_data)
    messages.success(request, "Saved. It holds from the next answer on.")
    return redirect("source_document", source_id, document_id)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def source_document_compare(request: HttpRequest, source_id: int, document_id: int) -> HttpResponse:
    """Two versions of one document, line by line; for those who may read it."""
    row = document_of(source_id, document_id)
    if not may_read(request, row):
        raise Http404
    old, new = (version_of(row, asked(request, name)) for name in ("old", "new"))
    record_event(
        signed_in(request), DOCUMENT_OPENED, f"document:{row.pk}", source=row.source_id, versions=[old.pk, new.pk],
        by="comparison",
    )  # fmt: skip
    context = {"document": row, "source": row.source, "old": old, "new": new, "diff": diff(old.text, new.text)}
    return render(request, "web/document_compare.html", context)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def source_document_find(request: HttpRequest, source_id: int, document_id: int) -> HttpResponse:
    """Whether a question finds the document, asked with the admin's own rights."""
    row, question = document_of(source_id, document_id), asked(request, "question")[:MOST_QUESTION_CHARACTERS]
    finding: dict[str, Any] = {"question": question}
    if question and may_read(request, row):
        holder = row.duplicate_of_id or row.pk
        try:
            finding["finding"] = found_by(request, question, holder)
        except ProviderError:
            finding["search_is_down"] = True
    if request.headers.get("HX-Request"):
        return render(request, "web/_finding.html", {"document": row, **finding})
    return document_page(request, row, **finding)


def found_by(request: HttpRequest, question: str, document_id: int) -> Finding:
    """Shows passages of other documents too, so it is a search like any other."""
    finding = find(question, document_id, reader_of(request))
    documents = sorted({passage.document_id for passage in (*finding.own, *finding.before)})
    if documents:
        record_event(signed_in(request), PASSAGES_SEARCHED, "search", documents=documents, by="source")
    return finding


def document_page(request: HttpRequest, row: Document, **more: Any) -> HttpResponse:
    """With its passages for those who may read it: then it was opened, by whichever page."""
    readable = may_read(request, row)
    version = current_version(row)
    if readable and version is not None:
        record_event(
            signed_in(request), DOCUMENT_OPENED, f"document:{row.pk}", source=row.source_id, version=version.pk,
            by="source",
        )  # fmt: skip
    mine = Source.objects.managed_by(signed_in(request))
    context = {
        "document": row, "source": row.source, "groups": group_names(), "may_read": readable,
        "status": document_status(row), "failure": DocumentFailure.objects.filter(document=row).first(),
        "form": DocumentForm(instance=row), "version": version, "is_restricted": is_restricted(row),
        "report": parse_report(report_of(version, readable)), "versions": versions_of(row),
        "duplicates": row.duplicates.order_by("title", "pk")[:MOST_LINKS],
        "near_duplicates": row.near_duplicates.filter(source__in=mine).order_by("title", "pk")[:MOST_LINKS],
        "near_duplicate_of": Document.objects.filter(pk=row.near_duplicate_of_id or 0, source__in=mine).first(),
        "attachments": row.attachments.order_by("title", "pk")[:MOST_LINKS],
        "chunks": chunk_page(request, row) if readable else None,
    }  # fmt: skip
    return render(request, "web/source_document.html", {**context, **more})


def may_read(request: HttpRequest, row: Document) -> bool:
    return bool(Document.objects.readable_by(reader_of(request)).filter(pk=row.pk).exists())


def is_restricted(row: Document) -> bool:
    return bool(row.access_set_id != row.source.access_set_id)


def current_version(row: Document) -> DocumentVersion | None:
    holder = row.duplicate_of or row
    return DocumentVersion.objects.defer("text", "near_keys").filter(pk=holder.current_version_id or 0).first()


def report_of(version: DocumentVersion | None, readable: bool) -> dict[str, Any]:
    """Numbers for every admin; sentences may quote the document, so they are for its readers."""
    report = version.report if version else {}
    if readable:
        return dict(report)
    return {name: value for name, value in report.items() if isinstance(value, int | float) or name in QUOTES_NOTHING}


def versions_of(row: Document) -> list[DocumentVersion]:
    shown = row.versions.exclude(generation__state=IndexGeneration.State.BUILDING)
    return list(shown.defer("text", "near_keys", "report").order_by("-pk")[:MOST_VERSIONS])


def version_of(row: Document, asked_for: str) -> DocumentVersion:
    versions = row.versions.exclude(generation__state=IndexGeneration.State.BUILDING)
    version = versions.filter(pk=number_asked(asked_for) or 0).first()
    if version is None:
        raise Http404
    return version


def chunk_page(request: HttpRequest, row: Document) -> Any:
    """The passages that search can find, in the document's order."""
    holder = row.duplicate_of or row
    chunks = Chunk.objects.filter(document=holder, version=holder.current_version_id).order_by("ordinal")
    plain = chunks.defer("embedding", "terms", "weights")
    return Paginator(plain, CHUNKS_PER_PAGE).get_page(request.GET.get("page"))
