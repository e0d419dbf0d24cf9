"""Erases what answers say of documents that are purged: quotes, titles, and the text that rests on them."""

from collections.abc import Collection
from typing import Any

from django.db.models import Min, Q

from app.answers.models import Answer, Citation, Evidence, Question, ReusableAnswer


def erase_answers(document_ids: Collection[int]) -> int:
    """Leave of each answer that rests on the documents only that it was given; returns how many those are.

    A quoted answer rests on what it cites. One by a model, and a question as it was rewritten, may
    hold whatever the conversation had been shown before.
    """
    evidence = Evidence.objects.filter(document_id__in=document_ids)
    resting = set(Citation.objects.filter(evidence__in=evidence).values_list("answer_id", flat=True))
    since = evidence.values_list("answer__question__conversation").annotate(first=Min("answer__question"))
    for conversation, first in list(since):
        later = Question.objects.filter(conversation=conversation, pk__gte=first)
        by_model = Q(question__in=later, mode=Answer.Mode.MODEL)
        resting |= set(Answer.objects.filter(by_model).values_list("pk", flat=True))
        later.update(standalone="")
    Citation.objects.filter(evidence__in=evidence).update(quote="")
    evidence.update(title="", heading_path=[])
    ReusableAnswer.objects.filter(answer_id__in=resting).delete()
    return Answer.objects.filter(pk__in=resting).exclude(text="").update(text="", notice="")


def on_content_erased(document_ids: Collection[int], **_: Any) -> int:
    """Receives `app.corpus.signals.content_erased`."""
    return erase_answers(document_ids)
