"""The audit trail: who did what to which object, append-only and hash-chained.

An entry is written in the transaction of what it records, without a lock, and stands outside of the chain at first
(no sequence number, no hash). Some seconds later `chaining.py` gives it its place. The database itself lets nothing
else happen to an entry: triggers of the migration `0005_guards` refuse it.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone

from app.audit.hashing import FORMAT, GENESIS, entry_hash


class AuditEvent(models.Model):
    class Result(models.TextChoices):
        OK = "ok", "Done"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Failed"

    # The place in the chain, without gaps; none while the entry waits for it.
    sequence = models.BigIntegerField(null=True, unique=True)
    format = models.SmallIntegerField(default=FORMAT)
    at = models.DateTimeField(default=timezone.now)
    # The row outlives the account and, being hashed, keeps its number; `actor_label` says who that was.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    actor_label = models.CharField(max_length=254)
    action = models.CharField(max_length=64)
    target = models.CharField(max_length=254)
    result = models.CharField(max_length=8, choices=Result.choices, default=Result.OK)
    address = models.CharField(max_length=45, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True)
    trace_id = models.CharField(max_length=32, blank=True, default="")
    details = models.JSONField(default=dict)
    before = models.JSONField(null=True, default=None)
    after = models.JSONField(null=True, default=None)
    previous_hash = models.CharField(max_length=64, null=True)  # noqa: DJ001 - none is not a hash of nothing
    hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001

    class Meta:
        indexes = (
            models.Index(fields=["action", "at"]),
            models.Index(fields=["target"]),
            models.Index(fields=["actor", "id"], name="audit_by_actor"),
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(fields=["request_id"], name="audit_by_request"),
            models.Index(fields=["id"], name="audit_waiting", condition=models.Q(sequence=None)),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_label} {self.action} {self.target}"

    def computed_hash(self) -> str:
        """What the hash of this entry must be at its place."""
        return entry_hash(self, self.sequence or 0, self.previous_hash or GENESIS)


class Checkpoint(models.Model):
    """A signed statement that the chain had this end at this time. The same is written to a file to keep elsewhere."""

    made_at = models.DateTimeField(default=timezone.now)
    sequence = models.BigIntegerField(db_index=True)
    hash = models.CharField(max_length=64)
    count = models.BigIntegerField()
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M} {self.sequence} {self.hash[:12]}"


class Cut(models.Model):
    """Up to which entry the chain was removed at its beginning. The checkpoint at that entry anchors the rest."""

    sequence = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"up to {self.sequence}"


class LegalHold(models.Model):
    """Entries of a person, about an object, or all of them, which retention may not remove until it is lifted."""

    class Scope(models.TextChoices):
        ALL = "all", "All entries"
        PERSON = "person", "Entries of and about a person"
        OBJECT = "object", "Entries about an object"

    scope = models.CharField(max_length=8, choices=Scope.choices)
    # An e-mail, or an object as entries name it ("document:7"); empty for all.
    subject = models.CharField(max_length=254, blank=True)
    # The number of the person's account where there is one: entries keep it when the e-mail changes.
    person_id = models.BigIntegerField(null=True)
    reason = models.TextField()
    made_by = models.CharField(max_length=254)
    made_at = models.DateTimeField(default=timezone.now)
    lifted_by = models.CharField(max_length=254, blank=True)
    lifted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.scope} {self.subject}".strip()


class Verification(models.Model):
    """What one look through the whole chain found."""

    at = models.DateTimeField(default=timezone.now)
    entries = models.BigIntegerField()
    last_sequence = models.BigIntegerField()
    # Empty where the chain is whole.
    problem = models.TextField(blank=True)

    class Meta:
        get_latest_by = "pk"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.problem or 'whole'}"


class Forwarding(models.Model):
    """How far entries have reached one receiver outside."""

    receiver = models.CharField(max_length=254, unique=True)
    sequence = models.BigIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=254, blank=True)

    def __str__(self) -> str:
        return f"{self.receiver} up to {self.sequence}"
