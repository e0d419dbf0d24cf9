"""Ends answers whose process died, so that every question has an outcome."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from app.answers.models import Answer, Outcome

LOST_AFTER = timedelta(minutes=10)


@shared_task
def end_lost_answers() -> None:
    lost = Answer.objects.filter(outcome="", started_at__lt=timezone.now() - LOST_AFTER)
    lost.update(outcome=Outcome.FAILED, error="Interrupted", finished_at=timezone.now())
