"""The audit trail: who did what to which object, append-only and hash-chained.

The database refuses updates and deletions (a trigger in the first migration), and each row carries
the hash of the row before it, so that a removed or altered row is found.
"""

import hashlib
import json
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

CHAIN_LOCK = 7_201_001
GENESIS = "0" * 64


class AuditEvent(models.Model):
    at = models.DateTimeField()
    # The row outlives the account and, being hashed, keeps its number; `actor_label` says who that was.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    actor_label = models.CharField(max_length=254)
    action = models.CharField(max_length=64)
    target = models.CharField(max_length=254)
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = (models.Index(fields=["action", "at"]), models.Index(fields=["target"]))

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_label} {self.action} {self.target}"

    def computed_hash(self) -> str:
        """SHA-256 over the previous hash and every field, in canonical JSON."""
        body: list[Any] = [
            self.previous_hash, self.at.isoformat(), self.actor_id, self.actor_label,
            self.action, self.target, self.details, self.request_id,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def append(event: AuditEvent) -> AuditEvent:
    """Add one event at the end of the chain. Writers take turns: the chain has one end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    last = AuditEvent.objects.order_by("-id").values_list("hash", flat=True).first()
    event.at = timezone.now()
    event.previous_hash = last or GENESIS
    event.hash = event.computed_hash()
    event.save(force_insert=True)
    return event
