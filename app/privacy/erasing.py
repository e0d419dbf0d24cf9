"""Erases what is kept about one person: a list of steps that says what goes, what is emptied, what stays, and why.

The page counts by the same steps before, and the report tells their numbers afterwards. All of it is one transaction.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from app.accounts import erasing as account
from app.accounts.ending import close_account
from app.accounts.holds import holds_on
from app.accounts.models import ApiKey, Membership, User
from app.accounts.roles import keep_an_admin
from app.answers.models import Answer, Question
from app.audit.events import PERSON_ERASED, PERSON_ERASURE_ASKED, record_event
from app.audit.models import AuditEvent
from app.privacy import forgetting
from app.privacy.models import Erasure, PersonExport
from app.usage.forgetting import forget_person
from app.usage.models import UsageRecord

# A person with so many questions is erased by a worker: their page would have to wait too long.
LARGE = 500


class ErasureError(Exception):
    """Why a person's data cannot be erased now, in a sentence for whoever tried."""


class Fate(StrEnum):
    DELETED = "deleted"
    EMPTIED = "emptied"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Step:
    """`count` says how many rows it is about, where that can be told; `act` does it."""

    what: str
    fate: Fate
    why: str
    count: Callable[[User], int] | None = None
    act: Callable[[User], object] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A step with its number, as the page before and the report afterwards show it."""

    what: str
    fate: str
    why: str
    number: int | None


STEPS = (
    Step(
        "Questions and answers, with conversations, feedback and reports", Fate.DELETED,
        "They are the person's. Grades that reviewers gave these answers go with them.",
        lambda user: Question.objects.filter(conversation__user=user).count(), forgetting.forget_conversations,
    ),
    Step(
        "Sessions, e-mail addresses, second factors and links to identity providers", Fate.DELETED,
        "Nobody signs in with this account again.", account.sign_in_rows, forgetting.forget_sign_in,
    ),
    Step(
        "API keys", Fate.DELETED, "They stop working at once.",
        lambda user: ApiKey.objects.filter(user=user).count(), account.forget_keys,
    ),
    Step(
        "Groups and roles", Fate.DELETED, "They open nothing any more.",
        lambda user: Membership.objects.filter(user=user).count() + len(user.roles), forgetting.forget_rights,
    ),
    Step(
        "Exports of the person's data", Fate.DELETED, "The files are deleted.",
        lambda user: PersonExport.objects.filter(person=user).count(), forgetting.forget_exports,
    ),
    Step(
        "Usage and cost", Fate.EMPTIED, "The sums stay for billing, without the person. Budgets of their own go.",
        lambda user: UsageRecord.objects.filter(user_id=user.pk).count(), lambda user: forget_person(user.pk),
    ),
    Step(
        "Comments, corrections and notes of their reviews, reports and signals", Fate.EMPTIED,
        "The grades stay, as figures of quality rest on them; the person's words go.",
        forgetting.written_notes, forgetting.empty_notes,
    ),
    Step(
        "Their address beside prompts, models and evaluation cases", Fate.EMPTIED,
        "What was decided and why stays; who decided it is told by the account's number alone.",
        forgetting.labels, forgetting.empty_labels,
    ),
    Step(
        "Their address among the readers and owners of documents", Fate.EMPTIED,
        "A source that still names the person brings it back with its next sync: remove them there as well.",
        forgetting.named_in_documents, forgetting.forget_in_documents,
    ),
    Step(
        "The account's row", Fate.EMPTIED,
        "It loses name, address and password and stays closed, so that its number is never given to somebody else.",
        lambda user: 1, account.empty_row,
    ),
    Step(
        "Entries of the audit log, and legal holds that they made", Fate.STAYS,
        "Each entry is hashed into the next one, so none can be taken out. They go when ATTEST_AUDIT_DAYS says so. "
        "A hold is never changed, only lifted.",
        lambda user: AuditEvent.objects.filter(Q(actor=user) | Q(target=f"user:{user.pk}")).count(),
    ),
    Step(
        "Answers to others that repeat one of theirs", Fate.STAYS,
        "They rest on the same documents and belong to those who asked.",
        lambda user: Answer.objects.filter(reused_from__question__conversation__user=user)
        .exclude(question__conversation__user=user).count(),
    ),
    Step(
        "Documents that they uploaded or that mention them", Fate.STAYS,
        "They belong to their source. Remove or purge them there.",
    ),
    Step("Backups, and logs outside of this product", Fate.STAYS, "They run out as you configured them."),
)  # fmt: skip


def preview(user: User) -> list[Line]:
    return [Line(step.what, step.fate.value, step.why, step.count(user) if step.count else None) for step in STEPS]


def refuse(user: User, *, actor: User | None) -> None:
    """Raises ErasureError where something else has to be done first, and RoleError for the last admin."""
    if account.is_erased(user):
        raise ErasureError("This account is erased already.")
    if user.is_service:
        raise ErasureError("A service account is no person. Close it instead.")
    if actor is not None and actor.pk == user.pk:
        raise ErasureError("Ask another admin: nobody erases themselves.")
    if user.email == settings.ATTEST_EMERGENCY_ACCOUNT:
        raise ErasureError("This is the emergency account. Name another one in ATTEST_EMERGENCY_ACCOUNT first.")
    if user.services.filter(is_active=True).exists():
        raise ErasureError("They own service accounts that are open. Close those first.")
    if holds_on(user):
        raise ErasureError("A legal hold keeps this data. It has to be lifted on the audit log's page first.")


@transaction.atomic
def ask_to_erase(user: User, *, actor: User | None) -> Erasure:
    """The person is out at once. What they left is erased now, or by a worker where it is much."""
    user = User.objects.select_for_update().get(pk=user.pk)
    refuse(user, actor=actor)
    keep_an_admin(user)
    close_account(user, actor=actor, why="erased")
    erasure = Erasure.objects.create(person=user, asked_by=actor)
    record_event(actor, PERSON_ERASURE_ASKED, f"user:{user.pk}")
    return erasure


def is_large(user: User) -> bool:
    return Question.objects.filter(conversation__user=user)[LARGE:].exists()


@transaction.atomic
def carry_out(erasure_id: int) -> None:
    """Idempotent: done twice, or again after a process died, it changes nothing more."""
    erasure = Erasure.objects.select_for_update().get(pk=erasure_id)
    if erasure.state == Erasure.State.DONE:
        return
    user = User.objects.select_for_update().get(pk=erasure.person_id)
    lines = preview(user)
    for step in STEPS:
        if step.act:
            step.act(user)
    erasure.state, erasure.done_at = Erasure.State.DONE, timezone.now()
    erasure.report = [asdict(line) for line in lines]
    erasure.save(update_fields=["state", "done_at", "report"])
    counts = {line.what: line.number for line in lines if line.number is not None}
    record_event(erasure.asked_by, PERSON_ERASED, f"user:{user.pk}", erasure=erasure.pk, counts=counts)
