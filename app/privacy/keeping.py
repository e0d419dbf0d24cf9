"""What is kept how long: one list, by which the beat task lets things go and which admins see on a page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from app.accounts.erasing import end_lost_sessions
from app.accounts.holds import everything_is_held, held_people
from app.accounts.models import ApiKey
from app.answers.models import Conversation, Question
from app.audit.events import OLD_DATA_REMOVED, record_event
from app.privacy.files import delete_file, delete_strays
from app.privacy.models import PersonExport
from app.quality.models import CaseResult
from app.signon.models import SignOnSession
from app.usage.days import Kind
from app.usage.models import UsageDay, UsageRecord
from ingestion.models import SyncRun

AT_ONCE = 500
# So many rows of a kind in one run; the next one goes on.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Period:
    """`setting` names the days, 0 for ever; `forget` removes what is older than a moment and says how many.

    Where there is no setting, `always` says in words how long that is; where `forget` is none, something else does it.
    """

    what: str
    then: str
    setting: str = ""
    always: str = ""
    forget: Callable[[datetime], int] | None = None

    @property
    def days(self) -> int:
        return int(getattr(settings, self.setting)) if self.setting else 0


def forget_questions(before: datetime) -> int:
    """A conversation goes with its last question. What a legal hold keeps stays."""
    old = Question.objects.filter(created_at__lt=before).exclude(answer__outcome="")
    old = old.exclude(conversation__user__in=held_people())
    gone = 0
    while gone < MOST:
        with transaction.atomic():
            some = dict(old.order_by("pk").values_list("pk", "conversation_id")[:AT_ONCE])
            if not some:
                break
            Question.objects.filter(pk__in=some).delete()
            Conversation.objects.filter(pk__in=set(some.values()), questions=None).delete()
            gone += len(some)
    return gone


def forget_runs(before: datetime) -> int:
    """The last run of each source stays, and its last complete one: they say how it stands."""
    last = SyncRun.objects.order_by().values("source")
    kept = Q(pk__in=last.annotate(last=Max("pk")).values("last"))
    kept |= Q(pk__in=last.filter(state=SyncRun.State.SUCCEEDED).annotate(last=Max("pk")).values("last"))
    return _delete(SyncRun.objects.filter(finished_at__lt=before).exclude(kept))


def forget_evaluation_details(before: datetime) -> int:
    """The questions and answers of cases; outcomes and figures stay, so that trends do."""
    old = CaseResult.objects.filter(run__started_at__lt=before, run__accepted=None).exclude(details={})
    return old.update(details={})


def forget_usage(before: datetime) -> int:
    """Single records, and the sums of people, of days that are added up; all other sums stay."""
    added_up = UsageDay.objects.filter(kind=Kind.ALL, through=None, day__lt=before.date()).values("day")
    UsageDay.objects.filter(kind=Kind.PERSON, day__in=added_up).exclude(key="").delete()
    return _delete(UsageRecord.objects.filter(at__lt=before, at__date__in=added_up))


def forget_keys(before: datetime) -> int:
    return _delete(ApiKey.objects.filter(Q(revoked_at__lt=before) | Q(expires_at__lt=before)))


def forget_exports(now: datetime) -> int:
    """Those that have expired, and files that a process left behind which died."""
    delete_strays(now - timedelta(days=1))
    expired = list(PersonExport.objects.filter(expires_at__lte=now))
    for export in expired:
        delete_file(export)
        export.delete()
    return len(expired)


def forget_sessions(now: datetime) -> int:
    """Sessions that have ended, with address and browser."""
    gone = _delete(Session.objects.filter(expire_date__lt=now))
    SignOnSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return gone + end_lost_sessions()


PERIODS = (
    Period(
        "Questions and answers",
        "Deleted with feedback, reports and grades; a conversation goes with its last question.",
        "ATTEST_KEEP_QUESTIONS_DAYS", forget=forget_questions,
    ),
    Period(
        "Single uses of models", "Deleted, as are the sums of each person; sums of all, groups, models and steps stay.",
        "ATTEST_KEEP_USAGE_DAYS", forget=forget_usage,
    ),
    Period(
        "API keys that ended", "Deleted, with where they were last used from.", "ATTEST_KEEP_ENDED_KEYS_DAYS",
        forget=forget_keys,
    ),
    Period(
        "Runs of sources", "Deleted, but for each source's last one.", "ATTEST_KEEP_RUNS_DAYS", forget=forget_runs
    ),
    Period(
        "Texts of evaluation runs", "Questions and answers of their cases are emptied; outcomes and figures stay.",
        "ATTEST_KEEP_EVALUATION_DETAILS_DAYS", forget=forget_evaluation_details,
    ),
    Period("Exports of a person's data", "The file is deleted.", "ATTEST_KEEP_EXPORTS_DAYS"),
    Period("Entries of the audit log", "Removed from the beginning of the chain.", "ATTEST_AUDIT_DAYS"),
    Period("Answers that may be given again", "Not given again; the answer itself stays.", "ATTEST_REUSE_DAYS"),
    Period(
        "Personal data in questions and answers", "Redacted, where the policy says so.",
        always="As the policy on personal data says",
    ),
    Period("Sessions, with address and browser", "Deleted.", always="Until they end"),
    Period("Sums that budgets are kept by", "Deleted.", always="93 days"),
    Period(
        "Originals, texts and passages of documents", "Gone with the document.",
        always="As long as the document is at its source",
    ),
)  # fmt: skip


def apply_periods(*, now: datetime | None = None) -> dict[str, int]:
    """Let go of what is old enough; one entry in the audit log says how much. Nothing goes while all is held."""
    now = now or timezone.now()
    if everything_is_held():
        record_event(None, OLD_DATA_REMOVED, "retention", held=True)
        return {}
    removed = {
        period.setting: period.forget(now - timedelta(days=period.days))
        for period in PERIODS
        if period.forget and period.days
    }
    removed["expired_exports"] = forget_exports(now)
    removed["ended_sessions"] = forget_sessions(now)
    record_event(None, OLD_DATA_REMOVED, "retention", removed=removed)
    return removed


def _delete(rows: "QuerySet[Any]") -> int:
    """Some at a time, so that no transaction is long; how many rows of this kind it were."""
    gone = 0
    while gone < MOST:
        some = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        if not some:
            break
        rows.model._default_manager.filter(pk__in=some).delete()
        gone += len(some)
    return gone
