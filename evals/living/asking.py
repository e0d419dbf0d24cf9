"""Asks a graded question again through the steps of production, and leaves nothing: no row, no bill, no audit event.

The steps of the pipeline (`app.answers.pipeline.steps`) are those that every question goes through; what is left out
is the taking and the recording of it, and each call for the draft of a rehearsal is free (`Draft.is_rehearsal`).
"""

import structlog

from app.answers.draft import Draft
from app.answers.models import Outcome
from app.answers.pipeline import steps
from app.answers.shown import MARKER
from app.answers.spending import tokens_of
from app.answers.steps.begin import history
from app.prompts.active import load_active_prompts
from app.providers.models_in_use import load_models_in_use
from app.telemetry.threads import in_thread
from app.usage.metered import unrecorded
from evals.living.cases import LivingCase
from evals.metrics.answers import Cited
from evals.runner.asking import Heard

log = structlog.get_logger(__name__)
# Of no row: what looks a question up by its number finds nothing.
NO_QUESTION = 0


async def hear(case: LivingCase) -> Heard:
    draft = await in_thread(begun, case)
    with unrecorded():
        try:
            async for _ in steps(draft):
                pass
        except Exception as error:
            # As in production: whatever goes wrong with one question is how that question ended.
            log.exception("rehearsal_failed", review=case.item_id, error=type(error).__name__)
            draft.forget_text()
            draft.outcome, draft.error = Outcome.FAILED, type(error).__name__
    return heard(draft)


def begun(case: LivingCase) -> Draft:
    """With the conversation before it, as its asker may read that now; an answer that was kept is not given again."""
    load_active_prompts()
    load_models_in_use()
    question = case.question
    return Draft(
        question_id=NO_QUESTION, question=question.text, reader=case.reader, history=history(question, case.reader),
        filters=question.filters, fresh=True, is_rehearsal=True,
    )  # fmt: skip


def heard(draft: Draft) -> Heard:
    """The draft as scoring reads answers; documents are named by their number."""
    read, written = tokens_of(draft)
    markers = {str(each.marker) for each in draft.citations}
    return Heard(
        outcome=str(draft.outcome), mode=str(draft.mode), text=draft.text, notice=draft.notice, error=draft.error,
        retrieved=tuple(Cited(str(each.document_id), each.text) for each in draft.passages),
        keyword_scores=tuple(each.keyword for each in draft.passages),
        cited=tuple(Cited(str(each.passage.document_id), each.quote) for each in draft.citations),
        dangling=tuple(sorted(set(MARKER.findall(draft.text)) - markers)),
        verdicts=tuple(str(each.verdict) for each in draft.sentences),
        prompt_version=draft.prompt_version, prompt_tokens=read, completion_tokens=written, cost_usd=draft.cost_usd,
        steps=_summed(draft),
    )  # fmt: skip


def _summed(draft: Draft) -> dict[str, float]:
    took: dict[str, float] = {}
    for name, ms in draft.steps:
        took[name] = round(took.get(name, 0.0) + ms, 2)
    return took
