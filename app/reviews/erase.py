"""Erases what reviews copied of documents that are purged: cases that quote them, and what reviewers wrote of them."""

from collections.abc import Collection
from typing import Any

from app.answers.models import Evidence
from app.reviews.models import CaseDraft, SetAside, Verdict


def erase_reviews(document_ids: Collection[int]) -> int:
    """How many cases went. Levels stay: a number tells nothing of a text. Exported cases are files by then."""
    wanted = set(document_ids)
    evidence = Evidence.objects.filter(document_id__in=wanted)
    answers = set(evidence.values_list("answer__question__conversation__questions__answer", flat=True))
    cases = [
        case.pk for case in CaseDraft.objects.select_related("item")
        if (case.item and case.item.answer_id in answers) or any(each["document_id"] in wanted for each in case.gold)
    ]  # fmt: skip
    Verdict.objects.filter(item__answer_id__in=answers).update(corrected="", comment="")
    SetAside.objects.filter(item__answer_id__in=answers).update(note="")
    CaseDraft.objects.filter(pk__in=cases).delete()
    return len(cases)


def on_content_erased(document_ids: Collection[int], **_: Any) -> int:
    """Receives `app.corpus.signals.content_erased`; answers are counted by those who hold them."""
    erase_reviews(document_ids)
    return 0
