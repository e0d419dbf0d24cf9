"""Writes the finished draft down: the one place where an Answer gets its outcome."""

import time

import structlog
from django.db import transaction
from django.utils import timezone

from app.answers.audited import audit_answer
from app.answers.draft import Draft
from app.answers.limits import give_back_slot
from app.answers.models import Answer, AnswerSentence, AnswerStep, Citation, Evidence, Question
from app.answers.reusing.stored import remember
from app.answers.spending import record_saving, tokens_of
from app.corpus.models import Document, DocumentVersion
from app.telemetry.metrics import ANSWER_SECONDS, ANSWERS, FIRST_TOKEN_SECONDS
from retrieval.passage import Passage

log = structlog.get_logger(__name__)


@transaction.atomic
def record(draft: Draft) -> Answer:
    """Raises nothing of its own but what a database that is down raises; it may be called again then."""
    answer = Answer.objects.select_for_update().get(question_id=draft.question_id)
    if answer.finished_at is not None:
        # The connection was lost after the database had committed.
        return answer
    answer.outcome, answer.mode = draft.outcome, draft.mode
    documents = _still_there(draft)
    # What was removed or purged while the answer was made is not written down: nobody could be shown it anyway.
    answer.text = draft.text if _rests_on(draft) <= documents else ""
    answer.notice, answer.error = draft.notice, draft.error
    answer.model, answer.prompt_version = draft.model, draft.prompt_version
    answer.prompt_tokens, answer.completion_tokens = tokens_of(draft)
    answer.cost_usd = draft.cost_usd
    answer.confidence, answer.reused_from_id = draft.confidence, draft.reused_from
    answer.flags, answer.context, answer.attempts = draft.flags, draft.context, draft.attempts
    answer.finished_at = timezone.now()
    answer.save()
    Question.objects.filter(pk=draft.question_id).update(standalone=draft.standalone)
    _record_evidence(answer, draft, documents)
    if answer.text:
        AnswerSentence.objects.bulk_create(
            AnswerSentence(
                answer=answer, ordinal=ordinal, start=each.start, end=each.end, verdict=each.verdict,
                support=each.support, markers=list(each.markers), problems=list(each.problems), repaired=each.repaired,
            )
            for ordinal, each in enumerate(draft.sentences)
        )  # fmt: skip
    AnswerStep.objects.bulk_create(
        AnswerStep(answer=answer, ordinal=ordinal, name=name, took_ms=took)
        for ordinal, (name, took) in enumerate(draft.steps)
    )
    record_saving(draft, answer)
    remember(answer, draft)
    audit_answer(answer, documents)
    transaction.on_commit(lambda: _tell(draft))
    return answer


def _still_there(draft: Draft) -> set[int]:
    """The documents of the passages that exist still."""
    retrieved = [passage.document_id for passage in draft.passages]
    return set(Document.objects.filter(pk__in=retrieved).values_list("pk", flat=True))


def _rests_on(draft: Draft) -> set[int]:
    """Quotes rest on what they cite; a model may have used all it was shown."""
    if draft.mode == Answer.Mode.MODEL:
        return {passage.document_id for passage in draft.passages}
    return {citation.passage.document_id for citation in draft.citations}


def _record_evidence(answer: Answer, draft: Draft, documents: set[int]) -> None:
    # A document may have been removed or replaced since it was retrieved: the row keeps what is still there.
    versions = set(
        DocumentVersion.objects.filter(pk__in=[p.version_id for p in draft.passages]).values_list("pk", flat=True)
    )
    rows = Evidence.objects.bulk_create(_evidence(answer, each, documents, versions) for each in draft.passages)
    by_chunk = {row.chunk_id: row for row in rows}
    Citation.objects.bulk_create(
        Citation(
            answer=answer, evidence=by_chunk[cited.passage.chunk_id], marker=cited.marker,
            quote=cited.quote if cited.passage.document_id in documents else "", start=cited.start, end=cited.end,
        )
        for cited in draft.citations
    )  # fmt: skip


def _evidence(answer: Answer, passage: Passage, documents: set[int], versions: set[int]) -> Evidence:
    is_there = passage.document_id in documents
    return Evidence(
        answer=answer,
        rank=passage.rank,
        chunk_id=passage.chunk_id,
        document_id=passage.document_id if is_there else None,
        version_id=passage.version_id if passage.version_id in versions else None,
        title=passage.title if is_there else "",
        heading_path=list(passage.heading_path) if is_there else [],
        page=passage.page,
        start=passage.start,
        end=passage.end,
        semantic=passage.semantic,
        keyword=passage.keyword,
        score=passage.score,
    )


def _tell(draft: Draft) -> None:
    give_back_slot(draft.question_id)
    took = time.perf_counter() - draft.began
    ANSWERS.labels(draft.outcome, draft.mode).inc()
    ANSWER_SECONDS.labels(draft.mode).observe(took)
    if draft.first_token_s is not None:
        FIRST_TOKEN_SECONDS.labels(draft.mode).observe(draft.first_token_s)
    log.info(
        "answer_recorded", question_id=draft.question_id, outcome=draft.outcome, mode=draft.mode,
        took_ms=round(took * 1000), passages=len(draft.passages), citations=len(draft.citations),
        dropped_citations=draft.dropped_citations, prompt_tokens=draft.prompt_tokens,
        completion_tokens=draft.completion_tokens,
        steps={name: round(ms, 1) for name, ms in draft.steps},
    )  # fmt: skip
