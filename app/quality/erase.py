"""Forgets questions that may hold words of documents that are purged."""

from collections.abc import Collection
from typing import Any

from app.quality.models import UnansweredQuestion


def on_content_erased(document_ids: Collection[int], **_: Any) -> int:
    """Receives `app.corpus.signals.content_erased`; answers are counted by those who hold them.

    A question that was made standalone may repeat what its conversation was told. What goes here is made anew from what
    is left of the question.
    """
    found = UnansweredQuestion.objects.filter(
        answer__question__conversation__questions__answer__evidence__document__in=document_ids
    )
    UnansweredQuestion.objects.filter(pk__in=found.values("pk")).delete()
    return 0
