"""Renaming and deleting a conversation. Each has a page of its own, which a dialog shows where it can."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from app.answers.models import Conversation
from app.web.doors import signed_in
from app.web.forms import RenameForm


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
    mine = own_conversation(request, conversation_id)
    if request.method == "POST":
        mine.delete()
        return redirect("ask")
    context = {
        "heading": "Delete this conversation?", "submit": "Delete", "is_danger": True,
        "text": f"“{mine.title}” and its answers will be gone for good.",
        "action": request.path, "cancel": f"/conversations/{mine.pk}/",
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


def own_conversation(request: HttpRequest, conversation_id: int) -> Conversation:
    return get_object_or_404(Conversation, pk=conversation_id, user=signed_in(request))
