"""The names of what is audited, and the one call that records it."""

from typing import Any

import structlog

from app.audit.cleaning import storable, without_secrets
from app.audit.models import AuditEvent
from app.telemetry.origin import ADDRESS, TRACE_ID

SIGNED_IN = "signed_in"
SIGN_IN_FAILED = "sign_in_failed"
SIGNED_OUT = "signed_out"
API_KEY_CREATED = "api_key_created"
API_KEY_REVOKED = "api_key_revoked"
API_KEY_ROTATED = "api_key_rotated"
API_KEY_REFUSED = "api_key_refused"
SERVICE_ACCOUNT_CREATED = "service_account_created"
PERSON_ADDED = "person_added"
ROLES_CHANGED = "roles_changed"
GROUPS_CHANGED = "groups_changed"
GROUP_CREATED = "group_created"
GROUP_RENAMED = "group_renamed"
GROUP_REMOVED = "group_removed"
FOLDER_READERS_CHANGED = "folder_readers_changed"
RIGHTS_LOOKED_AT = "rights_looked_at"
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
SIGN_ON_LINKED = "sign_on_linked"
SIGN_ON_UNLINKED = "sign_on_unlinked"
SIGN_ON_ACCOUNT_CREATED = "sign_on_account_created"
SIGN_ON_LOGOUT_REFUSED = "sign_on_logout_refused"
SIGN_ON_PROVIDER_CREATED = "sign_on_provider_created"
SIGN_ON_PROVIDER_CHANGED = "sign_on_provider_changed"
SIGN_ON_PROVIDER_REMOVED = "sign_on_provider_removed"
SIGN_ON_KEY_MADE = "sign_on_key_made"
SIGN_ON_KEY_FORGOTTEN = "sign_on_key_forgotten"
DOCUMENT_OPENED = "document_opened"
DOCUMENT_DOWNLOADED = "document_downloaded"
PASSAGES_SEARCHED = "passages_searched"
QUESTION_ASKED = "question_asked"
CONVERSATION_DELETED = "conversation_deleted"
ANSWER_GIVEN = "answer_given"
USAGE_EXPORTED = "usage_exported"
AUDIT_READ = "audit_read"
AUDIT_EXPORTED = "audit_exported"
AUDIT_HOLD_MADE = "audit_hold_made"
AUDIT_HOLD_LIFTED = "audit_hold_lifted"
AUDIT_ENTRIES_REMOVED = "audit_entries_removed"
ACCESS_ENDED = "access_ended"
ACCESS_REFUSED = "access_refused"
ACCOUNT_CLOSED = "account_closed"
ACCOUNT_OPENED = "account_opened"
SESSIONS_ENDED = "sessions_ended"
SIGN_IN_LOCKED = "sign_in_locked"
CONFIRMED = "confirmed"
PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name
PASSWORD_SET = "password_set"  # noqa: S105 - a name
SECOND_FACTOR_ADDED = "second_factor_added"
SECOND_FACTOR_REMOVED = "second_factor_removed"
SECOND_FACTORS_RESET = "second_factors_reset"
RECOVERY_CODES_MADE = "recovery_codes_made"
SCIM_TOKEN_MADE = "scim_token_made"  # noqa: S105 - a name
SCIM_TOKEN_REVOKED = "scim_token_revoked"  # noqa: S105 - a name
SCIM_REFUSED = "scim_refused"
SCIM_USER_CREATED = "scim_user_created"
SCIM_USER_CHANGED = "scim_user_changed"
SCIM_USER_REMOVED = "scim_user_removed"
SCIM_GROUP_CREATED = "scim_group_created"
SCIM_GROUP_CHANGED = "scim_group_changed"
SCIM_GROUP_REMOVED = "scim_group_removed"
PERSON_EXPORT_ASKED = "person_export_asked"
PERSON_EXPORT_MADE = "person_export_made"
PERSON_EXPORT_FETCHED = "person_export_fetched"
PERSON_ERASURE_ASKED = "person_erasure_asked"
PERSON_ERASED = "person_erased"
OLD_DATA_REMOVED = "old_data_removed"


def record_event(
    actor: Any,
    action: str,
    target: str,
    *,
    result: str = AuditEvent.Result.OK,
    before: Any = None,
    after: Any = None,
    address: str | None = None,
    **details: Any,
) -> AuditEvent:
    """Record that `actor` (a User or None for the system) did `action` to `target` ("source:3").

    `result` is "ok", "refused" or "failed"; `before` and `after` are what a setting was and became. Address, request
    and trace are those of the request that is being worked on. Call it inside of the transaction of what it records:
    both happen or neither. It takes no lock and waits for nobody.
    """
    known = actor is not None and getattr(actor, "pk", None) is not None
    event = AuditEvent(
        actor_id=actor.pk if known else None,
        actor_label=storable(actor.email if known else "system", 254),
        action=action,
        target=storable(target, 254),
        result=result,
        address=ADDRESS.get() if address is None else storable(address, 45),
        request_id=storable(str(structlog.contextvars.get_contextvars().get("request_id", "")), 64),
        trace_id=TRACE_ID.get(),
        details=without_secrets(details),
        before=without_secrets(before),
        after=without_secrets(after),
    )
    event.save(force_insert=True)
    return event
