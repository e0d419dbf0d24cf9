"""How good real answers are: charts of a span and a slice, the answers behind them, and the sources compared."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from app.accounts.permissions import Permission
from app.audit.events import ANSWERS_LISTED, record_event
from app.quality.counts import tally
from app.quality.production import production
from app.quality.sources import LEAST_ANSWERS, sources_compared
from app.web.bounded_paginator import BoundedPaginator
from app.web.doors import judges, permitted, reader_of, signed_in
from app.web.quality_answers import WHAT, as_listed, listed
from app.web.quality_charts import charts, facts
from app.web.quality_choice import SPANS, asked_in, fields, offered

PAGE = 25


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality(request: HttpRequest) -> HttpResponse:
    there = offered(signed_in(request), reader_of(request))
    asked = asked_in(request.GET, there)
    everyone = tally(asked.first, asked.last)
    group = asked.slice.group_id
    counted = everyone if group is None else tally(asked.first, asked.last, group)
    found = production(asked.slice, asked.first, asked.last, counted)
    seen = {source.pk for source in there.sources}
    context = {
        "asked": asked, "spans": SPANS, "found": found,
        "fields": fields(asked, there, everyone),
        "facts": facts(found, asked), "charts": charts(found, asked) if found.total.answers else [],
        "sources": [each for each in sources_compared(everyone) if each.source.pk in seen],
        "least_answers": LEAST_ANSWERS, "may_review": judges(signed_in(request)),
    }  # fmt: skip
    return render(request, "web/quality.html", context)


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality_answers(request: HttpRequest) -> HttpResponse:
    """The answers behind a figure. Questions are shown of the graded sample alone; each look is audited."""
    user, reader = signed_in(request), reader_of(request)
    asked = asked_in(request.GET, offered(user, reader))
    page = BoundedPaginator(listed(asked), PAGE).get_page(request.GET.get("page"))
    rows = as_listed(list(page), reader, may_review=judges(user))
    if shown := [row.answer.pk for row in rows if row.question]:
        record_event(user, ANSWERS_LISTED, "quality", answers=shown)
    what = WHAT.get(asked.what, WHAT[""])
    context = {"asked": asked, "page": page, "rows": rows, "what": what, "may_review": judges(user)}
    return render(request, "web/quality_answers.html", context)
