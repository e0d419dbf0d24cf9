"""Renaming and deleting a conversation. Each has a page of its own, which a dialog shows where it can."""

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from app.accounts.holds import holds_on
from app.answers.models import Conversation
from app.audit.events import CONVERSATION_DELETED, record_event
from app.web.doors import signed_in
from app.web.forms import RenameForm

KEPT = "Your conversations have to be kept at the moment, so they cannot be deleted. An admin can tell you more."


@login_required
@require_http_methods(["GET", "POST"])
def conversation_rename(request: HttpRequest, conversation_id: int) -> HttpResponse:
    mine = own_conversation(request, conversation_id)
    form = RenameForm(request.POST or None, instance=mine)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("conversation", mine.pk)
    context = {
        "heading": "Rename conversation", "form": form, "submit": "Save",
        "action": request.path, "cancel": f"/conversations/{mine.pk}/",
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def conversation_delete(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Audited without its words. What a legal hold keeps is not the asker's to delete either."""
    mine = own_conversation(request, conversation_id)
    cancel = f"/conversations/{mine.pk}/"
    if holds_on(signed_in(request)):
        kept = {"heading": "This conversation is kept", "text": KEPT, "cancel": cancel, "close": "Back"}
        return render(request, "web/confirm.html", kept, status=409 if request.method == "POST" else 200)
    if request.method == "POST":
        delete(request, mine)
        return redirect("ask")
    context = {
        "heading": "Delete this conversation?", "submit": "Delete", "is_danger": True,
        "text": f"“{mine.title}” and its answers will be gone for good.",
        "action": request.path, "cancel": cancel,
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


@transaction.atomic
def delete(request: HttpRequest, mine: Conversation) -> None:
    questions = sorted(mine.questions.values_list("pk", flat=True))
    record_event(signed_in(request), CONVERSATION_DELETED, f"conversation:{mine.pk}", questions=questions)
    mine.delete()


def own_conversation(request: HttpRequest, conversation_id: int) -> Conversation:
    return get_object_or_404(Conversation, pk=conversation_id, user=signed_in(request))
