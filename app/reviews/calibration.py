"""Answers whose verdict is known: made from graded ones, and given to every reviewer once."""

from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.audit.events import REVIEW_CALIBRATION_MADE, REVIEW_CALIBRATION_RETIRED, record_event
from app.reviews.models import CalibrationItem, ReviewItem
from app.reviews.quality import final_verdict
from app.reviews.queue import NotYoursError


@transaction.atomic
def make_calibration(item: ReviewItem, actor: User) -> CalibrationItem:
    """With the verdict that counts. Raises NotYoursError where there is none yet."""
    verdict = final_verdict(item)
    if item.state != ReviewItem.State.DONE or verdict is None:
        raise NotYoursError("Only an answer that is graded can calibrate others.")
    made, _ = CalibrationItem.objects.update_or_create(
        item=item,
        defaults={
            "rubric_version": verdict.rubric_version, "levels": verdict.levels, "made_by": actor, "retired_at": None,
        },
    )  # fmt: skip
    record_event(actor, REVIEW_CALIBRATION_MADE, f"review:{item.pk}")
    return made


@transaction.atomic
def retire_calibration(item: ReviewItem, actor: User) -> None:
    """Given to nobody from now on; what was graded stays."""
    if CalibrationItem.objects.filter(item=item, retired_at=None).update(retired_at=timezone.now()):
        record_event(actor, REVIEW_CALIBRATION_RETIRED, f"review:{item.pk}")
