"""When an admin put a model that was on trial in use, or took it out again. Nothing of it is ever changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ModelActivation(models.Model):
    """The last one of a name holds, and only for the version it names.

    `run` names the evaluation run that it rests on, which may be gone since; `without_run` says why there was none.
    """

    class Kind(models.TextChoices):
        USED = "used", "Put in use"
        TAKEN_OUT = "taken_out", "Taken out of use"

    name = models.CharField(max_length=40)
    version = models.CharField(max_length=60)
    model = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    run = models.CharField(max_length=80, blank=True)
    without_run = models.TextField(blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_label = models.CharField(max_length=254)
    reason = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(kind="used") | ~Q(run="") | ~Q(without_run=""), name="a_model_in_use_rests_on_something"
            ),
        )
        indexes = (models.Index(fields=["name", "-id"], name="activations_of_a_model"),)

    def __str__(self) -> str:
        return f"{self.version} {self.kind} since {self.at:%Y-%m-%d %H:%M}"
