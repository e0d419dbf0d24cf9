"""Redacts what reviewers wrote beside answers, as soon as the questions and answers themselves are redacted.

Levels stay. Cases are made without personal data in the first place.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from app.answers.redacting import applied, cuts
from app.reviews.models import SetAside, Verdict
from app.safety.configured import Configured, configured
from app.safety.models import RedactionProgress
from app.safety.personal_data.kinds import Kind
from app.safety.personal_data.policy import Place, Treatment

WRITTEN: tuple[tuple[str, type[Model], tuple[str, ...]], ...] = (
    ("verdicts", Verdict, ("corrected", "comment")), ("set_aside", SetAside, ("note",)),
)  # fmt: skip


def redact_old_reviews(*, most: int = 1000) -> int:
    """How many were looked through; nothing where the policy keeps stored questions and answers. Goes on next time."""
    admins = configured()
    kinds = admins.policy.kinds(Place.STORED_QUESTION, Treatment.REDACT) | admins.policy.kinds(
        Place.STORED_ANSWER, Treatment.REDACT
    )
    if not kinds:
        return 0
    until = timezone.now() - timedelta(days=admins.redact_after_days)
    return sum(
        _redact(place, model, fields, admins=admins, kinds=kinds, until=until, most=most)
        for place, model, fields in WRITTEN
    )


def _redact(
    place: str,
    model: Any,
    fields: tuple[str, ...],
    *,
    admins: Configured,
    kinds: frozenset[Kind],
    until: datetime,
    most: int,
) -> int:
    progress, _ = RedactionProgress.objects.get_or_create(place=place)
    if progress.policy != admins.digest:
        progress.policy, progress.question_id = admins.digest, 0
    due = list(model.objects.filter(pk__gt=progress.question_id, created_at__lt=until).order_by("pk")[:most])
    with transaction.atomic():
        for row in due:
            said = {
                field: applied(text, cuts(text, admins, kinds)) for field in fields if (text := getattr(row, field))
            }
            if said:
                model.objects.filter(pk=row.pk).update(**said)
        progress.question_id = due[-1].pk if due else progress.question_id
        progress.save()
    return len(due)
