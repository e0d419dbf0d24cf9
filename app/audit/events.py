"""The names of what is audited, and the one call that records it."""

from typing import Any

import structlog

from app.audit.models import AuditEvent, append

SIGNED_IN = "signed_in"
SIGN_IN_FAILED = "sign_in_failed"
SIGNED_OUT = "signed_out"
API_KEY_CREATED = "api_key_created"
API_KEY_REVOKED = "api_key_revoked"
PROMPT_WRITTEN = "prompt_written"
PROMPT_ACTIVATED = "prompt_activated"
PROMPT_ROLLED_BACK = "prompt_rolled_back"
MODEL_USED = "model_used"
MODEL_TAKEN_OUT = "model_taken_out"
SOURCE_CREATED = "source_created"
SOURCE_CHANGED = "source_changed"
SOURCE_REMOVED = "source_removed"
SOURCE_SYNCED = "source_synced"
SOURCE_PAUSED = "source_paused"
SOURCE_RESUMED = "source_resumed"
RUN_CANCELLED = "run_cancelled"
REMOVALS_APPROVED = "removals_approved"
REMOVALS_REFUSED = "removals_refused"
READERS_CHANGED = "readers_changed"
REINDEX_BEGUN = "reindex_begun"
REINDEX_CANCELLED = "reindex_cancelled"
REINDEX_ROLLED_BACK = "reindex_rolled_back"
REINDEX_DISCARDED = "reindex_discarded"
INDEX_SWITCHED = "index_switched"
SOURCE_PURGED = "source_purged"
DOCUMENT_PURGED = "document_purged"
DOCUMENT_UPLOADED = "document_uploaded"
DOCUMENT_CHANGED = "document_changed"
DOCUMENT_REMOVED = "document_removed"
CIRCUIT_CLOSED = "circuit_closed"
ANSWER_LOOKED_AT = "answer_looked_at"
CITATION_REPORT_SETTLED = "citation_report_settled"
REVIEW_VERDICT_GIVEN = "review_verdict_given"
REVIEW_SKIPPED = "review_skipped"
REVIEW_FLAGGED = "review_flagged"
REVIEW_FLAG_SETTLED = "review_flag_settled"
REVIEW_UNDONE = "review_undone"
REVIEW_CALIBRATION_MADE = "review_calibration_made"
REVIEW_CALIBRATION_RETIRED = "review_calibration_retired"
CASE_DRAFTED = "case_drafted"
CASE_APPROVED = "case_approved"
CASE_REFUSED = "case_refused"
SIGNAL_ACKNOWLEDGED = "signal_acknowledged"
SIGNAL_CLOSED = "signal_closed"
SIGNAL_TAKEN_AS_USUAL = "signal_taken_as_usual"
QUESTION_FLAGGED = "question_flagged"
PERSONAL_DATA_POLICY_CHANGED = "personal_data_policy_changed"
PERSONAL_DATA_PATTERN_ADDED = "personal_data_pattern_added"
PERSONAL_DATA_PATTERN_REMOVED = "personal_data_pattern_removed"
PERSONAL_DATA_WORD_ADDED = "personal_data_word_added"
PERSONAL_DATA_WORD_REMOVED = "personal_data_word_removed"
PRICE_SET = "price_set"
BASELINE_ACCEPTED = "baseline_accepted"
ANSWERS_LISTED = "answers_listed"
TOPIC_DISMISSED = "topic_dismissed"
TOPIC_RESTORED = "topic_restored"
SOURCE_REPORT_EXPORTED = "source_report_exported"
BUDGET_SET = "budget_set"
BUDGET_CHANGED = "budget_changed"
BUDGET_REMOVED = "budget_removed"


def record_event(actor: Any, action: str, target: str, **details: Any) -> AuditEvent:
    """Record that `actor` (a User or None for the system) did `action` to `target` ("source:3")."""
    known = actor is not None and getattr(actor, "pk", None) is not None
    return append(
        AuditEvent(
            actor_id=actor.pk if known else None,
            actor_label=actor.email if known else "system",
            action=action,
            target=target,
            details=details,
            request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        )
    )
