"""What people ask that nothing answers, in topics; and setting a topic aside that nobody will answer."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from app.accounts.permissions import Permission
from app.audit.events import ANSWERS_LISTED, record_event
from app.quality.models import UnansweredTopic
from app.quality.seen_topics import counted_topics, seen_topics
from app.quality.unanswered import KEPT_DAYS, dismiss, restore
from app.web.asked_for import text_asked
from app.web.doors import judges, permitted, reader_of, signed_in

PAGE = 12
MOST_NOTE = 500


@permitted(Permission.SEE_QUALITY)
@require_GET
@never_cache
def quality_unanswered(request: HttpRequest) -> HttpResponse:
    user, is_dismissed = signed_in(request), request.GET.get("state") == "dismissed"
    page = Paginator(counted_topics(dismissed=is_dismissed), PAGE).get_page(request.GET.get("page"))
    topics = seen_topics(page, reader_of(request), may_review=judges(user))
    if shown := [example.answer_id for topic in topics for example in topic.examples]:
        record_event(user, ANSWERS_LISTED, "quality", answers=shown)
    context = {
        "topics": topics, "page": page, "is_dismissed": is_dismissed, "may_decide": judges(user), "days": KEPT_DAYS,
        "open": counted_topics().count(), "dismissed": UnansweredTopic.objects.exclude(dismissed_at=None).count(),
    }  # fmt: skip
    return render(request, "web/quality_unanswered.html", context)


@permitted(Permission.REVIEW)
@require_POST
def quality_topic_dismiss(request: HttpRequest, topic_id: int) -> HttpResponse:
    topic = get_object_or_404(UnansweredTopic, pk=topic_id)
    dismiss(signed_in(request), topic, text_asked(request.POST, "note", MOST_NOTE))
    messages.success(request, "The topic is dismissed. You find it under Dismissed, where you can bring it back.")
    return redirect("quality_unanswered")


@permitted(Permission.REVIEW)
@require_POST
def quality_topic_restore(request: HttpRequest, topic_id: int) -> HttpResponse:
    restore(signed_in(request), get_object_or_404(UnansweredTopic, pk=topic_id))
    messages.success(request, "The topic is listed again.")
    return redirect(f"{reverse('quality_unanswered')}?state=dismissed")
