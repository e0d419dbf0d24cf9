"""Looks at the question before anything else: an attack on the assistant is refused, or answered with a warning.

Nothing of the question is written into logs or the audit trail, only that it was flagged and how surely.
"""

import functools

import structlog
from django.conf import settings

from app.accounts.models import User
from app.answers.draft import Draft
from app.answers.models import Outcome
from app.audit.events import QUESTION_FLAGGED, record_event
from app.providers.errors import ProviderError
from app.providers.registry import get_encoder
from app.safety.direct import Band, Verdict, direct_model, judge
from app.telemetry.metrics import FLAGGED_QUESTIONS
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)
DIRECT = "direct_attack"
REFUSED = (
    "This reads like an order to the assistant itself, so it was not answered. "
    "Ask in your own words what you would like to know from the documents."
)
WARNED = (
    "Parts of this question read like an order to the assistant itself. They were not followed; "
    "the answer comes from the documents alone."
)


async def guard(draft: Draft) -> None:
    """Settles the draft where the question is refused."""
    if settings.ATTEST_INJECTION_POLICY == "off":
        return
    verdict = await in_thread(verdict_on, draft.question)
    if verdict.band == Band.NONE:
        return
    refused = verdict.band == Band.SURE and settings.ATTEST_INJECTION_POLICY == "refuse"
    draft.flags.append({"kind": DIRECT, "score": round(verdict.score, 3), "by": verdict.by.value})
    draft.notice = REFUSED if refused else WARNED
    if refused:
        draft.outcome, draft.settled = Outcome.REFUSED, True
    if not draft.is_rehearsal:
        await in_thread(_tell, draft, verdict, "refused" if refused else "warned")


def verdict_on(question: str) -> Verdict:
    """By the classifier where its encoder is in use, else by the rules. The search needs the same vector afterwards."""
    encoder = get_encoder()
    if not classifier_is_on():
        _say_that_rules_decide(encoder.name)
        return judge(question)
    try:
        return judge(question, encoder.encode_query(question), encoder.name)
    except ProviderError as error:
        log.warning("question_judged_by_rules", error=type(error).__name__)
        return judge(question)


def warning_of(draft: Draft) -> str:
    """What an answer to a flagged question says of it; "" for any other."""
    return WARNED if any(flag["kind"] == DIRECT for flag in draft.flags) else ""


def classifier_is_on() -> bool:
    """Whether the encoder in use is the one that the classifier was fitted to."""
    return get_encoder().name == direct_model().encoder


@functools.cache
def _say_that_rules_decide(encoder: str) -> None:
    """Once in each process."""
    log.warning("attack_classifier_off", encoder=encoder, fitted_to=direct_model().encoder)


def _tell(draft: Draft, verdict: Verdict, act: str) -> None:
    user_id = draft.reader.user_id
    asker = User.objects.filter(pk=user_id).first() if user_id is not None else None
    record_event(
        asker, QUESTION_FLAGGED, f"question:{draft.question_id}",
        kind=DIRECT, score=round(verdict.score, 3), by=verdict.by.value, act=act,
    )  # fmt: skip
    FLAGGED_QUESTIONS.labels(verdict.by.value, act).inc()
    log.info("question_flagged", question_id=draft.question_id, act=act, by=verdict.by.value)
