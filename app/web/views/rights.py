"""Who can read this, and why; and what can this person read. Said from the rows that search itself asks."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from app.accounts.models import User
from app.accounts.permissions import Permission
from app.audit.events import RIGHTS_LOOKED_AT, record_event
from app.corpus.access import reader_for
from app.corpus.models import AccessSet, Document, Source
from app.corpus.rights import readers_of, rights_of
from app.web.asked_for import number_asked
from app.web.bounded_paginator import BoundedPaginator
from app.web.doors import permitted, permitted_for_source, signed_in
from app.web.rights_page import group_names, groups_with_members, reader_rows, reasons_of, sets_in_words
from app.web.source_page import document_of, found
from app.web.views.people import person_of

PAGE_SIZE = 50


@permitted_for_source(Permission.MANAGE_SOURCES, or_everywhere=Permission.SEE_PEOPLE)
@require_GET
@never_cache
def source_readers(request: HttpRequest, source_id: int) -> HttpResponse:
    row = found(source_id)
    runs_it = signed_in(request).may(Permission.MANAGE_SOURCES, row)
    context = {"source": row, "heading": row.name, "runs_it": runs_it, "restricted": restricted(row)}
    return readers_page(request, row.access_set, f"source:{row.pk}", **context)


@permitted_for_source(Permission.MANAGE_SOURCES)
@require_GET
@never_cache
def source_document_readers(request: HttpRequest, source_id: int, document_id: int) -> HttpResponse:
    row = document_of(source_id, document_id)
    context = {"source": row.source, "document": row, "heading": str(row), "runs_it": True}
    return readers_page(request, row.access_set, f"document:{row.pk}", **context)


@permitted(Permission.SEE_PEOPLE)
@require_GET
@never_cache
def person_reads(request: HttpRequest, person_id: int) -> HttpResponse:
    """Sources with counts; the titles of one, for who runs it. The text is for its readers alone."""
    person, viewer = person_of(person_id), signed_in(request)
    reader = reader_for(person)
    rights = rights_of(reader) if person.is_active else []
    managed = set(Source.objects.managed_by(viewer).values_list("pk", flat=True))
    rows = [
        (each, reasons_of(each.source.access_set, person, group_names(each.source.access_set))[-1]) for each in rights
    ]
    context: dict[str, Any] = {"person": person, "rows": rows, "managed": managed}
    if asked := request.GET.get("source", ""):
        context |= documents_read(request, person, asked, managed)
    record_event(viewer, RIGHTS_LOOKED_AT, f"user:{person.pk}", source=asked)
    return render(request, "web/person_reads.html", context)


def readers_page(request: HttpRequest, access_set: AccessSet, target: str, **context: Any) -> HttpResponse:
    """People by name for those who may see people; for others groups, and how many each lets in."""
    viewer, readers = signed_in(request), readers_of(access_set)
    record_event(viewer, RIGHTS_LOOKED_AT, target)
    context |= {
        "sets": sets_in_words(access_set, "Its own restriction, or its folder's"),
        "count": readers.count(), "sees_people": viewer.may(Permission.SEE_PEOPLE),
    }  # fmt: skip
    if context["sees_people"]:
        page = BoundedPaginator(readers, PAGE_SIZE).get_page(request.GET.get("page"))
        context |= {"page": page, "rows": reader_rows(access_set, page)}
    else:
        context["groups"] = groups_with_members(access_set)
    return render(request, "web/readers.html", context)


def documents_read(request: HttpRequest, person: User, asked: str, managed: set[int]) -> dict[str, Any]:
    """Titles of the source `asked` with what lets the person in; none of a source that the viewer does not run."""
    source_id = number_asked(asked)
    if source_id not in managed:
        raise Http404
    documents = Document.objects.filter(source_id=source_id).readable_by(reader_for(person))
    documents = documents.select_related("access_set__within", "source").order_by("title", "pk")
    page = BoundedPaginator(documents, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(row, reasons_of(row.access_set, person, group_names(row.access_set))) for row in page]
    return {"shown_source": found(source_id), "page": page, "documents": rows}


def restricted(row: Source) -> int:
    return int(row.documents.exclude(access_set=row.access_set_id).count())
