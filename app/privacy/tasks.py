"""Doors for workers: exports and erasures that are too large for a request, and what has been kept long enough."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from app.privacy import erasing, exporting, keeping
from app.privacy.models import Erasure, PersonExport

LOST_AFTER = timedelta(minutes=30)


@shared_task
def make_export(export_id: int) -> None:
    exporting.make_export(export_id)


@shared_task
def carry_out_erasure(erasure_id: int) -> None:
    erasing.carry_out(erasure_id)


@shared_task
def take_up_lost_acts() -> None:
    """What was asked for and never came to a worker, or died with it."""
    since = timezone.now() - LOST_AFTER
    for key in Erasure.objects.filter(state=Erasure.State.WAITING, asked_at__lt=since).values_list("pk", flat=True):
        carry_out_erasure.delay(key)
    waiting = PersonExport.objects.filter(state=PersonExport.State.WAITING, asked_at__lt=since)
    for key in waiting.values_list("pk", flat=True):
        make_export.delay(key)


@shared_task
def let_go() -> None:
    keeping.apply_periods()
