"""What every page of one source shows around its own part: name, condition, acts and the ways to its other pages."""

from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from app.corpus.models import Document, Source
from app.web.source_documents import held_sample
from app.web.source_overview import overview_of
from ingestion.connectors.registry import kinds


def found(source_id: int) -> Source:
    row: Source = get_object_or_404(Source.objects.select_related("access_set"), pk=source_id)
    return row


def document_of(source_id: int, document_id: int) -> Document:
    rows = Document.objects.select_related("source__access_set", "access_set")
    row: Document = get_object_or_404(rows, pk=document_id, source_id=source_id)
    return row


def source_page(request: HttpRequest, row: Source, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**frame(row), **context})


def frame(row: Source) -> dict[str, Any]:
    overview = overview_of(row)
    run = overview.status.run
    sample = held_sample(run)
    return {
        "source": row,
        "overview": overview,
        "held_sample": sample,
        "held_more": run.held_removals - len(sample) if run and sample else 0,
        "groups": group_names(),
        "is_served": row.kind in kinds(),
    }


def group_names() -> dict[int, str]:
    return dict(Group.objects.values_list("pk", "name"))
