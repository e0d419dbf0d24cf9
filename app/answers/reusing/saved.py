"""What answers that were given again did not cost, for whoever shows figures of use."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from app.answers.models import Answer


@dataclass(frozen=True, slots=True)
class Savings:
    """`cost_usd` is what the repeated answers cost when they were first written."""

    answers: int
    cost_usd: Decimal


def savings(since: datetime, until: datetime) -> Savings:
    reused = Answer.objects.filter(reused_from__isnull=False, finished_at__gte=since, finished_at__lt=until)
    found = reused.aggregate(answers=Count("pk"), cost=Coalesce(Sum("reused_from__cost_usd"), Decimal(0)))
    return Savings(found["answers"], found["cost"])
