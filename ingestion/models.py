"""The state of ingestion, kept in PostgreSQL: runs over a source, the jobs still to do, and what failed.

The broker only wakes workers. A job row says that a document must be brought up to date; it goes
away in the transaction that does it, so killing any process loses nothing and repeats nothing.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from app.corpus.models import Document, Source


class SyncRun(models.Model):
    """One look at a source and what came of it.

    `is_partial`: only changes since the source's cursor were asked for. `held_removals`: so many
    documents are gone at the source, but too many at once to remove without an admin's word
    (`may_remove_all`). `looks`: how often its listing was begun. `failed`: documents that could not
    be read at their first try. `stage_seconds`: time by stage, summed over documents.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Complete"
        FAILED = "failed", "Failed"
        HELD = "held", "Waiting for an admin"
        CANCELLED = "cancelled", "Cancelled"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=16, choices=State.choices, default=State.RUNNING)
    message = models.TextField(blank=True)
    everything = models.BooleanField(default=False)
    is_partial = models.BooleanField(default=False)
    may_remove_all = models.BooleanField(default=False)
    held_removals = models.PositiveIntegerField(default=0)
    looks = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    stage_seconds = models.JSONField(default=dict)
    listed = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    queued = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    listed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["source"], condition=Q(state="running"), name="one_running_run_per_source"),
        )

    def __str__(self) -> str:
        return f"run {self.pk} of {self.source_id}: {self.state}"


class IngestionJob(models.Model):
    """One document that must be brought up to date.

    Whoever works on it holds a session lock in the database on the document's id, which ends with
    the process. `started_at` on a job that nobody holds therefore tells that work on it was cut off;
    `started_by` helps to find out by what: `lost_workers` counts processes that died while their
    parent lived on, `interruptions` whatever else ended a process. `outages` counts the source's
    failures while it was fetched. `source` is the document's; a trigger fills it in, so that the
    next jobs of each source are found by index.
    """

    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="job")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="jobs", editable=False, db_index=False)
    run = models.ForeignKey(SyncRun, null=True, on_delete=models.SET_NULL, related_name="jobs")
    fingerprint = models.CharField(max_length=200)
    priority = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    lost_workers = models.PositiveIntegerField(default=0)
    interruptions = models.PositiveIntegerField(default=0)
    outages = models.PositiveIntegerField(default=0)
    started_by = models.CharField(max_length=200, blank=True)
    available_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (
            models.Index(fields=["available_at"]),
            models.Index(fields=["source", "-priority", "id"], name="job_by_turn"),
        )

    def __str__(self) -> str:
        return f"job for document {self.document_id}"


class ConnectorNote(models.Model):
    """What a connector noted for its next look, by key. Losing it costs time, never correctness."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="notes")
    key = models.CharField(max_length=2000)
    value = models.JSONField(default=dict)
    data = models.BinaryField(default=bytes)
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "key"], name="note_once_per_source"),)

    def __str__(self) -> str:
        return f"{self.source_id}: {self.key}"


class DocumentFailure(models.Model):
    """Why a document could not be brought up to date; gone when it succeeds."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, related_name="failure")
    reason = models.CharField(max_length=32)
    message = models.TextField()
    permanent = models.BooleanField()
    attempts = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.document_id}: {self.reason}"
