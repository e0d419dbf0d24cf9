"""The versions of each prompt, and when which of them was put in use. Nothing of either is ever changed."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class PromptVersion(models.Model):
    """One text. `file` is where a shipped one comes from and empty where a person wrote it on the page.

    The database refuses a `hash` that is not that of the text, and any change to name, text or hash.
    """

    name = models.CharField(max_length=64)
    text = models.TextField()
    hash = models.CharField(max_length=64)
    author = models.CharField(max_length=254)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.TextField()
    file = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (models.UniqueConstraint(fields=["name", "hash"], name="prompt_text_once"),)

    def __str__(self) -> str:
        return f"{self.name}@{self.short_hash}"

    @property
    def short_hash(self) -> str:
        return self.hash[:8]


class PromptActivation(models.Model):
    """A version was put in use; the last one of a name holds.

    `follows_releases`: it was the newest shipped text then, so the next release's takes its place. What an
    admin chose instead stays. `run` names the evaluation run that it rests on, which may be gone since; `without_run`
    says why there was none.
    """

    class Kind(models.TextChoices):
        SHIPPED = "shipped", "Came with a release"
        ACTIVATED = "activated", "Activated"
        ROLLED_BACK = "rolled_back", "Rolled back"

    version = models.ForeignKey(PromptVersion, on_delete=models.PROTECT, related_name="activations")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    follows_releases = models.BooleanField(default=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_label = models.CharField(max_length=254)
    reason = models.TextField()
    run = models.CharField(max_length=80, blank=True)
    without_run = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.version} since {self.at:%Y-%m-%d %H:%M}"
