"""Answers that may be given again: kept when they are recorded, found by their evidence, swept when they are old.

Nothing is ever looked up by the question alone. An answer is found only from the evidence that search gave this
reader just now, so it can show nothing that the reader may not read, and nothing that has changed since.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from app.answers.chat import broke_off
from app.answers.draft import CheckedSentence, Cited, Draft
from app.answers.models import Answer, Feedback, Outcome, ReusableAnswer
from app.answers.reusing.echo import echoes
from app.answers.reusing.keys import Asked, ReuseKeys
from app.answers.reusing.meaning import likeness, same_meaning, same_words

GOOD = (Outcome.ANSWERED, Outcome.CAVEAT, Outcome.CONFLICT)
# As many answers to different questions may rest on the same evidence; the newest are looked at.
MOST_LOOKED_AT = 200


def find(keys: ReuseKeys) -> tuple[ReusableAnswer, str, float] | None:
    """The newest that fits, with "words" or "meaning" and the likeness of the two questions."""
    near: tuple[ReusableAnswer, str, float] | None = None
    for stored in _candidates(keys):
        asked = _asked(stored)
        if same_words(keys.asked, asked):
            return stored, "words", 1.0
        if settings.ATTEST_REUSE == "same-meaning" and same_meaning(keys.asked, asked):
            found = likeness(keys.asked, asked)
            near = near if near and near[2] >= found else (stored, "meaning", found)
    return near


def remember(answer: Answer, draft: Draft) -> None:
    """Part of the transaction that records the answer; does nothing for one that must not be given again."""
    keys = draft.reuse_keys
    if keys is None or not is_worth_keeping(answer, draft, keys):
        return
    ReusableAnswer.objects.create(
        answer=answer, evidence_key=keys.evidence, made_key=keys.made, question_key=keys.asked.question_key,
        question=keys.asked.question, vector=keys.asked.vector, encoder=keys.asked.encoder,
        particulars=keys.asked.telling,
    )  # fmt: skip


def is_worth_keeping(answer: Answer, draft: Draft, keys: ReuseKeys) -> bool:
    """Written whole by the usual model, from this question alone, without a doubt about question or answer."""
    if leaned(draft) or draft.flags or draft.reused_from or draft.stopped or draft.error:
        return False
    if broke_off(draft, "answer"):
        return False
    if draft.mode != Answer.Mode.MODEL or draft.outcome not in GOOD or draft.model not in keys.models:
        return False
    if not answer.text or not draft.citations:
        return False
    return not echoes(
        draft.question, answer.text, (f"{each.title}\n{each.section}\n{each.text}" for each in draft.passages)
    )


def leaned(draft: Draft) -> bool:
    """Whether the model was told anything of the conversation."""
    told = draft.context.get("history", {"shown": len(draft.history)})
    return bool(draft.history) and bool(told.get("shown") or told.get("summarised"))


def give_again(draft: Draft, stored: ReusableAnswer, by: str, found: float) -> bool:
    """Fill the draft from the stored answer and the present passages; False where they do not fit after all."""
    answer = stored.answer
    citations = list(_cited(draft, answer))
    if len(citations) != answer.citations.count():
        return False
    draft.text, draft.notice, draft.outcome = answer.text, answer.notice, Outcome(answer.outcome)
    draft.mode, draft.model, draft.prompt_version = Answer.Mode(answer.mode), answer.model, answer.prompt_version
    draft.citations, draft.confidence = citations, answer.confidence
    draft.sentences = [
        CheckedSentence(
            each.start, each.end, each.verdict, each.support, tuple(each.markers), tuple(each.problems), each.repaired
        )
        for each in answer.sentences.all()
    ]
    draft.context["reused"] = {"by": by, "likeness": round(found, 4), "from": answer.pk}
    draft.reused_from, draft.settled = answer.pk, True
    draft.note_first_token()
    return True


def sweep() -> int:
    """Forget what is too old to be given again; returns how many."""
    return ReusableAnswer.objects.filter(created_at__lt=oldest()).delete()[0]


def oldest() -> datetime:
    return timezone.now() - timedelta(days=settings.ATTEST_REUSE_DAYS)


def _candidates(keys: ReuseKeys) -> QuerySet[ReusableAnswer]:
    """Complaints about an answer, or about one that repeated it, end its being given again."""
    return (
        ReusableAnswer.objects.filter(
            evidence_key=keys.evidence, made_key=keys.made, created_at__gte=oldest(), answer__outcome__in=GOOD
        )
        .exclude(answer__text="")
        .exclude(answer__feedback__value=Feedback.Value.DOWN)
        .exclude(answer__reuses__feedback__value=Feedback.Value.DOWN)
        .exclude(answer__citations__report__isnull=False)
        .exclude(answer__reuses__citations__report__isnull=False)
        .select_related("answer")
        .order_by("-pk")[:MOST_LOOKED_AT]
    )


def _asked(stored: ReusableAnswer) -> Asked:
    return Asked(stored.question, stored.question_key, stored.particulars, bytes(stored.vector), stored.encoder)


def _cited(draft: Draft, answer: Answer) -> Iterator[Cited]:
    """The stored citations on the passages that search gave now."""
    by_chunk = {passage.chunk_id: passage for passage in draft.passages}
    by_version = {passage.version_id: passage for passage in reversed(draft.passages)}
    for each in answer.citations.select_related("evidence"):
        passage = by_chunk.get(each.evidence.chunk_id) or by_version.get(each.evidence.version_id or 0)
        if passage is not None and each.quote:
            yield Cited(each.marker, passage, each.quote, each.start, each.end)
