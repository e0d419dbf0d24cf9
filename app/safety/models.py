"""What admins say about personal data: which treatment it gets where, patterns of their own, and two lists of words."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from app.safety.personal_data.policy import DEFAULT_DAYS


class PersonalDataPolicy(models.Model):
    """One row for the product; without it the defaults of `personal_data/policy.py` hold.

    `chosen` holds what differs from them: `{"external_model": {"name": "keep"}}`. Hosts of models count as inside or
    outside the network whatever their address looks like.
    """

    chosen = models.JSONField(default=dict)
    redact_after_days = models.PositiveSmallIntegerField(default=DEFAULT_DAYS)
    inside_hosts = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    outside_hosts = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="there_is_one_personal_data_policy"),)

    def __str__(self) -> str:
        return "personal data policy"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)


class PersonalDataPattern(models.Model):
    """A regular expression for what only this company has, such as employee numbers. `example` is found by it."""

    name = models.CharField(max_length=60, unique=True)
    expression = models.CharField(max_length=300)
    example = models.CharField(max_length=200)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class PersonalDataWord(models.Model):
    """A word or number that is always personal, or never, such as the company's public phone number."""

    class List(models.TextChoices):
        ALWAYS = "always", "Always personal"
        NEVER = "never", "Never personal"

    list = models.CharField(max_length=8, choices=List.choices)
    text = models.CharField(max_length=100)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = (Lower("text"),)
        constraints = (
            models.UniqueConstraint(
                Lower("text"), name="a_personal_data_word_is_in_one_list",
                violation_error_message="That is in one of the lists already.",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.list}: {self.text}"


class RedactionProgress(models.Model):
    """Up to which question what is stored in a place has been redacted, and under which policy.

    Another policy begins again: what is redacted already has nothing left to find.
    """

    place = models.CharField(max_length=20, unique=True)
    question_id = models.BigIntegerField(default=0)
    policy = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.place} redacted up to question {self.question_id}"
