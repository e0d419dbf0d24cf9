"""Makes a follow-up question stand alone, so that it can be searched for: by a model where there is one, or by rules.

What the model made is used only where the conversation bears it out; otherwise, or when it fails or is slow, the
rules decide. A question that says all it needs is left as it is.
"""

import structlog
from django.conf import settings

from app.answers.chat import chat_for
from app.answers.draft import Draft
from app.answers.following.by_model import rewritten
from app.answers.following.leaning import leans
from app.answers.following.resolve import standalone
from app.answers.following.turns import Turn
from app.providers.errors import ProviderError
from app.telemetry.metrics import REWRITES

log = structlog.get_logger(__name__)


async def rewrite(draft: Draft) -> None:
    """`context["rewrite"]` says by what, and whether the question leans on its conversation at all."""
    draft.standalone = draft.question
    if not draft.history:
        return
    leaning, by = leans(draft.question), "nothing"
    if leaning:
        draft.standalone, by = await _made(draft)
    if draft.standalone == draft.question:
        by = "nothing"
    draft.context["rewrite"] = {"by": by, "leans": leaning}
    REWRITES.labels(by).inc()


async def _made(draft: Draft) -> tuple[str, str]:
    if made := await _by_model(draft):
        return made, "model"
    return standalone(draft.question, draft.history), "rules"


async def _by_model(draft: Draft) -> str:
    model = chat_for(draft, "rewrite")
    if model is None:
        return ""
    history: tuple[Turn, ...] = draft.history
    try:
        return await rewritten(model, draft.question, history, within_s=settings.ATTEST_REWRITE_TIMEOUT_S)
    except (ProviderError, TimeoutError) as error:
        log.info("question_rewritten_by_rules", reason=type(error).__name__)
        return ""
