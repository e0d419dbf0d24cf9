"""Keeps the tallies true and small, from time to time."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from app.usage.days import add_up_days
from app.usage.models import Tally
from app.usage.reserving import release_stale

# A tally decides about its own day or month alone; the records tell about the past.
KEPT_FOR = timedelta(days=93)


@shared_task
def release_stale_reservations() -> None:
    release_stale()


@shared_task
def add_up_usage() -> None:
    add_up_days()


@shared_task
def forget_old_tallies() -> None:
    Tally.objects.filter(start__lt=timezone.localdate() - KEPT_FOR).delete()
