"""A document as it was read in, with the cited words marked, and the file it came from."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from app.answers.models import Citation
from app.audit.events import DOCUMENT_DOWNLOADED, DOCUMENT_OPENED, record_event
from app.corpus.models import Document, DocumentVersion
from app.web.asked_for import number_asked
from app.web.document_text import OutlineEntry, Span, lay_out
from app.web.doors import reader_of, signed_in
from app.web.file_names import harmless_name
from ingestion.originals import open_original


@dataclass(frozen=True, slots=True)
class Choice:
    """The version to show; `is_missing` says that the one asked for is no longer kept."""

    version: DocumentVersion
    is_missing: bool


@login_required
@require_GET
def document(request: HttpRequest, document_id: int) -> HttpResponse:
    found = readable_document(request, document_id)
    choice = version_of(request, found)
    version = choice.version
    record_event(
        signed_in(request), DOCUMENT_OPENED, f"document:{found.pk}", source=found.source_id, version=version.pk
    )
    cited = None if choice.is_missing else cited_span(request)
    outline = [OutlineEntry(**heading) for heading in version.outline]
    blocks = lay_out(
        version.text,
        outline=outline,
        pages=[(page, start) for page, start in version.pages],
        tables=[(start, end) for start, end in version.tables],
        cited=cited,
    )
    context = {
        "document": found, "version": version, "blocks": blocks, "outline": outline, "is_cited": cited is not None,
        "is_missing": choice.is_missing, "is_current": version.pk == found.current_version_id,
        "is_stale": found.is_stale(), "warnings": version.report.get("warnings", []),
    }  # fmt: skip
    return render(request, "web/document.html", context)


@login_required
@require_GET
def document_original(request: HttpRequest, document_id: int) -> FileResponse:
    """The file as it came: downloaded, never shown, so nothing in it can act in this site's name.

    Its type is not told either: no browser is to find a reason to open it here.
    """
    found = readable_document(request, document_id)
    version = version_of(request, found).version
    try:
        file, name, _ = open_original(version)
    except FileNotFoundError:
        raise Http404 from None
    record_event(
        signed_in(request), DOCUMENT_DOWNLOADED, f"document:{found.pk}", source=found.source_id, version=version.pk
    )
    response = FileResponse(
        file, as_attachment=True, filename=harmless_name(name), content_type="application/octet-stream"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def readable_document(request: HttpRequest, document_id: int) -> Document:
    readable = Document.objects.readable_by(reader_of(request)).searchable()
    found: Document = get_object_or_404(readable.select_related("source", "current_version"), pk=document_id)
    return found


def version_of(request: HttpRequest, found: Document) -> Choice:
    """The version asked for if it is this document's and an answer to this reader cites it, else the current one.

    An older text may be from before the document was opened to more people; whoever was shown it may check it.
    """
    assert found.current_version is not None
    wanted = number_asked(request.GET.get("version", ""))
    if wanted is None or wanted == found.current_version_id:
        return Choice(found.current_version, is_missing=False)
    shown = Citation.objects.filter(answer__question__conversation__user=signed_in(request))
    cited = shown.filter(evidence__version_id=wanted).values("evidence__version")
    version = DocumentVersion.objects.filter(document=found, pk__in=cited).first()
    return Choice(version or found.current_version, is_missing=version is None)


def cited_span(request: HttpRequest) -> Span | None:
    start, end = (number_asked(request.GET.get(name, "")) for name in ("start", "end"))
    return None if start is None or end is None else (start, end)
