"""Gives an earlier answer again where it would come out the same: same evidence, same making, same question.

Retrieval has run for this reader, so what is found by its evidence is readable and current by construction.
"""

import time
from typing import Any

from django.conf import settings
from django.utils import timezone

from app.answers.draft import Draft
from app.answers.following.leaning import leans
from app.answers.models import Answer
from app.answers.reusing.keys import Asked, ReuseKeys, evidence_key, made_key, question_key
from app.answers.reusing.stored import find, give_again
from app.answers.reusing.telling import normalised, telling
from app.prompts.active import active_prompt
from app.providers.chat_models import chat_models
from app.providers.errors import ProviderError
from app.providers.registry import get_encoder
from app.telemetry.metrics import ANSWERS_REUSED, REUSE_SAVED_SECONDS
from app.telemetry.threads import in_thread

PROMPTS = ("answer", "judge")
# Whose values show in an answer's text. Timeouts, keys and limits of use change nothing in it.
SHAPING_SETTINGS = (
    "LLM_MAX_TOKENS", "LLM_CONTEXT_TOKENS", "ATTEST_UNSUPPORTED", "ATTEST_JUDGE", "ATTEST_ENTAILMENT_MODEL",
)  # fmt: skip
# Of a question's filters, what says how to answer rather than where to look.
NO_FILTER = "fresh"


async def reuse(draft: Draft) -> None:
    if may_take_part(draft):
        await in_thread(_reuse, draft)


def may_take_part(draft: Draft) -> bool:
    """Not what was flagged, may mean something else in another conversation, or rests on little."""
    if settings.ATTEST_REUSE == "off" or not draft.passages or draft.flags:
        return False
    if draft.by_words_alone:
        # The encoder would be asked, and waited for, again.
        return False
    is_of_its_conversation = draft.standalone != draft.question or (bool(draft.history) and leans(draft.question))
    return not is_of_its_conversation and bool(chat_models("answer"))


def _reuse(draft: Draft) -> None:
    draft.reuse_keys = keys_of(draft)
    if draft.reuse_keys is None or draft.fresh:
        return
    found = find(draft.reuse_keys)
    if found and give_again(draft, *found):
        ANSWERS_REUSED.labels(found[1]).inc()
        REUSE_SAVED_SECONDS.inc(saved_s(found[0].answer, draft))


def keys_of(draft: Draft) -> ReuseKeys | None:
    """None while the encoder cannot be used: what is not compared is not reused."""
    firsts = [models[0] for models in (chat_models("answer"), chat_models("answer_hard")) if models]
    try:
        encoder = get_encoder()
        vector = encoder.encode_query(draft.standalone)
    except ProviderError:
        return None
    asked = Asked(
        question=draft.standalone,
        question_key=question_key(normalised(draft.standalone)),
        telling=telling(draft.standalone, timezone.localdate().isoformat()),
        vector=vector.astype("float32").tobytes(),
        encoder=encoder.name,
    )
    made = made_key(
        [active_prompt(name).version for name in PROMPTS],
        [(each.base_url, each.model) for each in firsts],
        {name: getattr(settings, name) for name in SHAPING_SETTINGS},
        filters_of(draft),
    )
    return ReuseKeys(evidence_key(draft.passages), made, asked, tuple(each.model for each in firsts))


def filters_of(draft: Draft) -> dict[str, Any]:
    return {name: value for name, value in sorted(draft.filters.items()) if name != NO_FILTER}


def saved_s(original: Answer, draft: Draft) -> float:
    """What the original took, less what this took until now."""
    if original.finished_at is None:
        return 0.0
    took = (original.finished_at - original.started_at).total_seconds()
    return max(0.0, took - (time.perf_counter() - draft.began))
