"""Draws answers for review, and redacts what was written of old ones, from time to time."""

from celery import shared_task

from app.reviews.redacting import redact_old_reviews
from app.reviews.sampling import sample


@shared_task
def sample_answers() -> None:
    sample()


@shared_task
def redact_reviews() -> None:
    """Does nothing unless the policy says that stored questions or answers are redacted."""
    redact_old_reviews()
