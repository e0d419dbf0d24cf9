"""What is kept about one person, part by part, as rows that become files of an export.

A part is a generator, so that a person with very many questions needs little memory.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from app.accounts import erasing as account
from app.accounts.groups import origins_of
from app.accounts.models import User
from app.answers.models import Answer, CitationReport, Conversation, Evidence, Feedback
from app.answers.shown import readable_documents, rests_on
from app.audit import events
from app.audit.models import AuditEvent
from app.corpus.access import Reader
from app.reviews.models import SetAside, Verdict
from app.scim.models import ScimUser
from app.usage.models import Budget, UsageDay, UsageRecord

WITHHELD = "This rests on documents that may not be read any more, so it is left out."
SIGN_INS = (events.SIGNED_IN, events.SIGN_IN_FAILED, events.SIGNED_OUT, events.SIGN_IN_LOCKED, events.CONFIRMED)
AT_ONCE = 500
Rows = Iterator[dict[str, Any]]


@dataclass
class Subject:
    """Whose data it is, and with whose rights words of documents are shown: all `readers` must be allowed them."""

    user: User
    readers: tuple[Reader, ...]
    withheld: int = 0
    # What those answers rest on whose words are told.
    documents: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the export."""

    file: str
    what: str
    rows: Callable[[Subject], Rows]


def profile(subject: Subject) -> Rows:
    user = subject.user
    scim = ScimUser.objects.filter(user=user).first()
    yield {
        "number": user.pk, "email": user.email, "name": user.name, "made_at": user.date_joined,
        "last_sign_in": user.last_login, "is_open": user.is_active, "roles": user.roles,
        "runs_sources": list(user.administered_sources.order_by("pk").values_list("name", flat=True)),
        "owns_service_accounts": list(user.services.order_by("pk").values_list("name", flat=True)),
        "second_factors": list(account.second_factors_of(user)),
        "identity_providers": list(account.provider_links_of(user)),
        "provisioning": {"user_name": scim.user_name, "external_id": scim.external_id, "name": scim.name}
        if scim else None,
    }  # fmt: skip


def groups(subject: Subject) -> Rows:
    given = origins_of(subject.user)
    for group in subject.user.groups.order_by("name"):
        yield {"group": group.name, "given_by": sorted(given.get(group.pk, ()))}


def sign_ins(subject: Subject) -> Rows:
    user = subject.user
    found = AuditEvent.objects.filter(Q(actor=user) | Q(target=f"user:{user.pk}"), action__in=SIGN_INS)
    for event in found.order_by("pk").iterator(AT_ONCE):
        yield {"at": event.at, "what": event.action, "result": event.result, "address": event.address}


def sessions(subject: Subject) -> Rows:
    yield from account.sessions_of(subject.user)


def keys(subject: Subject) -> Rows:
    yield from account.keys_of(subject.user)


def conversations(subject: Subject) -> Rows:
    for conversation in Conversation.objects.filter(user=subject.user).order_by("pk").iterator(AT_ONCE):
        turns = conversation.questions.select_related("answer").order_by("pk")
        yield {
            "title": conversation.title, "begun_at": conversation.created_at,
            "questions": [
                {
                    "asked_at": question.created_at, "question": question.text, "filters": question.filters,
                    "answer": _answer(subject, question.answer) if hasattr(question, "answer") else None,
                }
                for question in turns
            ],
        }  # fmt: skip


def feedback(subject: Subject) -> Rows:
    for row in Feedback.objects.filter(answer__question__conversation__user=subject.user).order_by("pk"):
        yield {
            "at": row.created_at, "answer": row.answer_id, "value": row.value, "reason": row.reason,
            "comment": row.comment,
        }  # fmt: skip


def citation_reports(subject: Subject) -> Rows:
    mine = CitationReport.objects.filter(citation__answer__question__conversation__user=subject.user)
    for row in mine.select_related("citation__answer", "citation__evidence").order_by("pk"):
        yield {
            "at": row.created_at, "answer": row.citation.answer_id, "marker": row.citation.marker,
            "comment": row.comment, "settled_at": row.settled_at, "finding": row.finding,
            "note": row.note if _may_see(subject, row.citation.answer, [row.citation.evidence]) else WITHHELD,
        }  # fmt: skip


def reviews(subject: Subject) -> Rows:
    """What the person said of answers of others, without those answers."""
    for row in Verdict.objects.filter(reviewer=subject.user).select_related("item").order_by("pk"):
        yield {
            "at": row.created_at, "answer": row.item.answer_id, "round": row.round, "levels": row.levels,
            "errors": row.errors, "corrected": row.corrected, "comment": row.comment, "withdrawn_at": row.withdrawn_at,
        }  # fmt: skip
    for each in SetAside.objects.filter(reviewer=subject.user).select_related("item").order_by("pk"):
        yield {
            "at": each.created_at, "answer": each.item.answer_id, "set_aside": each.kind, "why": each.why,
            "note": each.note,
        }  # fmt: skip


def usage(subject: Subject) -> Rows:
    for row in UsageRecord.objects.filter(user_id=subject.user.pk).order_by("pk").iterator(AT_ONCE):
        yield {
            "at": row.at, "answer": row.answer_id, "step": row.step, "model": row.model,
            "prompt_tokens": row.prompt_tokens, "completion_tokens": row.completion_tokens, "cost_usd": row.cost_usd,
            "saved_usd": row.saved_usd,
        }  # fmt: skip


def usage_by_day(subject: Subject) -> Rows:
    for row in UsageDay.objects.filter(kind=UsageDay.Kind.PERSON, key=str(subject.user.pk)).order_by("day"):
        yield {"day": row.day, "answers": row.answers, "calls": row.calls, "cost_usd": row.cost_usd}
    for budget in Budget.objects.filter(user=subject.user):
        yield {"budget": budget.amount, "of": budget.kind, "in_a": budget.period}


def audit(subject: Subject) -> Rows:
    """Acts of the person and on their account. Other people are not named, nor what the person did to them."""
    user, target = subject.user, f"user:{subject.user.pk}"
    for event in AuditEvent.objects.filter(Q(actor=user) | Q(target=target)).order_by("pk").iterator(AT_ONCE):
        is_theirs = event.actor_id == user.pk
        row: dict[str, Any] = {
            "at": event.at,
            "who": "this person" if is_theirs else "the system" if event.actor_id is None else "somebody else",
            "what": event.action, "about": event.target, "result": event.result,
            "address": event.address if is_theirs else "",
        }  # fmt: skip
        if event.target == target:
            row |= {"details": event.details, "before": event.before, "after": event.after}
        yield row


PARTS = (
    Part("profile.json", "Address, name, roles, second factors and identity providers.", profile),
    Part("groups.json", "Groups, and who gave them.", groups),
    Part("sign-ins.json", "Sign-ins and tries that failed, with time and address.", sign_ins),
    Part("sessions.json", "Sessions that are remembered, with address and browser.", sessions),
    Part("keys.json", "API keys, without their secrets: those are not kept.", keys),
    Part("conversations.json", "What was asked, and what was answered.", conversations),
    Part("feedback.json", "Thumbs and comments on answers.", feedback),
    Part("citation-reports.json", "Sources that were reported, and what came of it.", citation_reports),
    Part("reviews.json", "Grades and comments on answers of others, given as a reviewer.", reviews),
    Part("usage.json", "Which models were used, and what it cost.", usage),
    Part("usage-by-day.json", "The same in days, and budgets for this person alone.", usage_by_day),
    Part("audit.json", "Entries of the audit log about this person.", audit),
)


def _answer(subject: Subject, answer: Answer) -> dict[str, Any]:
    rows = list(answer.citations.select_related("evidence"))
    told = {
        "number": answer.pk, "given_at": answer.finished_at, "outcome": answer.outcome, "model": answer.model,
        "tokens": answer.prompt_tokens + answer.completion_tokens, "cost_usd": answer.cost_usd,
    }  # fmt: skip
    if not _may_see(subject, answer, [row.evidence for row in rows]):
        subject.withheld += 1
        return told | {"text": WITHHELD}
    cited = [
        {"marker": row.marker, "title": row.evidence.title, "page": row.evidence.page, "quote": row.quote}
        for row in rows
    ]
    return told | {"text": answer.text, "notice": answer.notice, "sources": cited}


def _may_see(subject: Subject, answer: Answer, cited: list[Evidence]) -> bool:
    """Whether all readers may read everything that the answer rests on."""
    evidence = rests_on(answer, cited)
    readable = [readable_documents(evidence, reader) for reader in subject.readers]
    if not all(each.version_id and each.document_id in allowed for each in evidence for allowed in readable):
        return False
    subject.documents |= {each.document_id for each in evidence if each.document_id is not None}
    return True
