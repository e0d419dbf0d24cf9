"""Exports of one person's data, and erasures: who asked, how far it is, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class PersonExport(models.Model):
    """What is kept about `person`, in a file that `asked_by` alone may fetch until it expires.

    `withheld` answers are in it without their words, as they rest on documents that not both of them may read; the
    others rest on `documents`, which both must still be allowed to read when it is fetched.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    size = models.PositiveBigIntegerField(default=0)
    withheld = models.PositiveIntegerField(default=0)
    documents = models.JSONField(default=list)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=["expires_at"], name="export_by_end"),)

    def __str__(self) -> str:
        return f"export {self.pk} of {self.person_id}: {self.state}"

    @property
    def file_name(self) -> str:
        return f"{self.pk}.zip"


class Erasure(models.Model):
    """That a person's data was erased. It names the account by its number: its address is gone by then.

    `report` is what the page shows: a list of `{"what", "fate", "why", "number"}`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Under way"
        DONE = "done", "Done"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    done_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(default=list)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["person"], name="a_person_is_erased_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", done_at=None) | Q(state="done", done_at__isnull=False),
                name="an_erasure_that_is_done_says_when",
            ),
        )

    def __str__(self) -> str:
        return f"erasure of {self.person_id}: {self.state}"
