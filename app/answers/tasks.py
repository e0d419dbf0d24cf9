"""Ends answers whose process died, so that every question has an outcome, and forgets what is too old to be reused."""

from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from app.answers.audited import audit_answer
from app.answers.models import Answer, Outcome
from app.answers.redacting import redact_old_turns
from app.answers.reusing.stored import sweep

LOST_AFTER = timedelta(minutes=10)


@shared_task
@transaction.atomic
def end_lost_answers() -> None:
    lost = Answer.objects.filter(outcome="", started_at__lt=timezone.now() - LOST_AFTER)
    for answer in lost.select_for_update(skip_locked=True):
        answer.outcome, answer.error, answer.finished_at = Outcome.FAILED, "Interrupted", timezone.now()
        answer.save(update_fields=["outcome", "error", "finished_at"])
        audit_answer(answer, set())


@shared_task
def sweep_reusable_answers() -> None:
    sweep()


@shared_task
def redact_personal_data() -> None:
    """Does nothing unless the policy says that stored questions or answers are redacted."""
    redact_old_turns()
