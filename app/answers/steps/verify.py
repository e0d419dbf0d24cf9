"""Checks the finished answer: what its sources do not support goes, and what a reader should know of them is said.

A model's answer is checked sentence by sentence. One that names no source is checked like any other: a sentence that a
passage bears out is given it. Where nothing holds, the documents themselves are quoted.
"""

import structlog
from django.conf import settings

from app.answers.draft import Draft
from app.answers.models import Answer, Outcome
from app.answers.steps.answerability import confidence
from app.answers.steps.caveats import describe_evidence, quoted_sentences
from app.answers.steps.check_sentences import check_sentences
from app.answers.steps.extract import PASSAGES_JUDGED, PassageText
from app.answers.steps.quote import quote
from app.telemetry.metrics import SENTENCES
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)
NOTHING_HELD = "The language model's draft was not borne out by the documents, so this answer is quoted from them."
NAMED_NO_SOURCE = "The language model's draft named no source, so this answer is quoted from the documents instead."
LEFT_OUT = "{count} of the model's draft {was} left out, as no source bears {it} out."
MARKED = "{count} in this answer {is_} not borne out by any source and marked as such."


async def verify(draft: Draft) -> None:
    if draft.outcome not in (Outcome.ANSWERED, Outcome.DEGRADED, Outcome.CAVEAT):
        return
    notes = [draft.notice] if draft.notice else []
    if draft.mode == Answer.Mode.MODEL:
        notes += await _checked(draft)
    else:
        _count_quoted(draft)
    draft.confidence = draft.confidence if draft.confidence is not None else await in_thread(evidence_confidence, draft)
    if draft.outcome in (Outcome.ANSWERED, Outcome.DEGRADED, Outcome.CAVEAT):
        outcome, said = await in_thread(describe_evidence, draft)
        if outcome == Outcome.CONFLICT or draft.outcome == Outcome.ANSWERED:
            draft.outcome = outcome if draft.outcome != Outcome.DEGRADED else draft.outcome
        notes += said
    draft.notice = " ".join(notes)


async def _checked(draft: Draft) -> list[str]:
    """What to say of the sentences that failed. An answer of which none holds becomes a quoted one."""
    named_a_source = bool(draft.citations)
    failed, holding = await check_sentences(draft)
    if not holding:
        log.warning("model_answer_not_supported", sentences=failed)
        draft.forget_text()
        draft.sentences, draft.mode = [], Answer.Mode.EXTRACTIVE
        draft.error = "NotSupported" if named_a_source else "NothingCited"
        await in_thread(quote, draft)
        if draft.outcome != Outcome.NOT_FOUND:
            draft.outcome = Outcome.DEGRADED
            _count_quoted(draft)
        said = NOTHING_HELD if named_a_source else NAMED_NO_SOURCE
        return [said] if draft.outcome == Outcome.DEGRADED else []
    return [told(failed)] if failed else []


def told(failed: int) -> str:
    count = "One sentence" if failed == 1 else f"{failed} sentences"
    if settings.ATTEST_UNSUPPORTED == "remove":
        return LEFT_OUT.format(count=count, was="was" if failed == 1 else "were", it="it" if failed == 1 else "them")
    return MARKED.format(count=count, is_="is" if failed == 1 else "are")


def _count_quoted(draft: Draft) -> None:
    draft.sentences = quoted_sentences(draft.text, draft.citations)
    for each in draft.sentences:
        SENTENCES.labels(each.verdict).inc()


def evidence_confidence(draft: Draft) -> float | None:
    """How likely what was found holds an answer at all; unknown where search could not look for meaning."""
    if draft.by_words_alone or not draft.passages:
        return None
    best = sorted(draft.passages, key=lambda passage: passage.rank)[:PASSAGES_JUDGED]
    read = [PassageText(p.text, p.score, p.semantic, " > ".join((p.title, *p.heading_path))) for p in best]
    return round(confidence(read), 4)
