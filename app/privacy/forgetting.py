"""The single acts of an erasure, each on one kind of what is kept about a person."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from app.accounts import erasing as account
from app.accounts.models import User
from app.answers.models import CitationReport, Conversation
from app.corpus.models import AccessSet, Document
from app.privacy.files import delete_file
from app.privacy.models import PersonExport
from app.prompts.models import PromptActivation, PromptVersion
from app.providers.models import ModelActivation
from app.quality.models import AcceptedRun, Signal, UnansweredTopic
from app.reviews.models import CaseDraft, ReviewItem, SetAside, Verdict
from app.scim.models import ScimUser
from app.signon.models import GivenRoles, SignOnSession


def forget_conversations(user: User) -> None:
    """Cases and topics that were made of the person's questions go with them."""
    mine = Conversation.objects.filter(user=user)
    CaseDraft.objects.filter(item__answer__question__conversation__in=mine).delete()
    topics = list(
        UnansweredTopic.objects.filter(questions__answer__question__conversation__in=mine).values_list("pk", flat=True)
    )
    mine.delete()
    UnansweredTopic.objects.filter(pk__in=topics, questions=None).delete()


def forget_sign_in(user: User) -> None:
    account.forget_sign_in(user)
    SignOnSession.objects.filter(user=user).delete()


def forget_rights(user: User) -> None:
    """Provisioning knows the person as removed: a provider that still names them makes a new account."""
    account.forget_groups_and_roles(user)
    GivenRoles.objects.filter(user=user).delete()
    gone = {"user_name": f"erased-{user.pk}", "external_id": "", "name": {}, "removed_at": timezone.now()}
    ScimUser.objects.update_or_create(user=user, defaults=gone)


def forget_exports(user: User) -> None:
    for export in PersonExport.objects.filter(Q(person=user) | Q(asked_by=user)):
        delete_file(export)
        export.delete()


def written_notes(user: User) -> int:
    return sum(rows.count() for rows, _ in _notes(user))


def empty_notes(user: User) -> None:
    for rows, emptied in _notes(user):
        rows.update(**emptied)
    ReviewItem.objects.filter(held_by=user).update(held_by=None, held_until=None)


def labels(user: User) -> int:
    return sum(rows.count() for rows, _ in _labels(user))


def empty_labels(user: User) -> None:
    for rows, field in _labels(user):
        rows.update(**{field: account.erased_address(user)})


def named_in_documents(user: User) -> int:
    return _restrictions(user).count() + Document.objects.filter(owner__iexact=user.email).count()


def forget_in_documents(user: User) -> None:
    for row in _restrictions(user):
        row.user_ids = [each for each in row.user_ids if each != user.pk]
        if row.principals:
            row.principals["emails"] = [each for each in row.principals.get("emails", []) if each != user.email]
        row.save(update_fields=["user_ids", "principals"])
    Document.objects.filter(owner__iexact=user.email).update(owner="")


def _restrictions(user: User) -> "QuerySet[AccessSet]":
    return AccessSet.objects.filter(
        Q(user_ids__contains=[user.pk]) | Q(principals__emails__contains=[user.email])
    )  # fmt: skip


def _notes(user: User) -> list[tuple["QuerySet[Any]", dict[str, str]]]:
    """What the person wrote about the work of others, with the values that take its place."""
    return [
        (Verdict.objects.filter(reviewer=user).exclude(comment="", corrected=""), {"comment": "", "corrected": ""}),
        (SetAside.objects.filter(reviewer=user).exclude(note=""), {"note": ""}),
        (CaseDraft.objects.filter(decided_by=user).exclude(note=""), {"note": ""}),
        (CitationReport.objects.filter(settled_by=user).exclude(note=""), {"note": ""}),
        (UnansweredTopic.objects.filter(dismissed_by=user).exclude(note=""), {"note": ""}),
        (Signal.objects.filter(Q(closed_by=user) | Q(acknowledged_by=user)).exclude(note=""), {"note": ""}),
    ]


def _labels(user: User) -> list[tuple["QuerySet[Any]", str]]:
    """Where the address itself is written down beside what somebody did."""
    return [
        (PromptVersion.objects.filter(author__iexact=user.email), "author"),
        (PromptActivation.objects.filter(actor_label__iexact=user.email), "actor_label"),
        (ModelActivation.objects.filter(actor_label__iexact=user.email), "actor_label"),
        (AcceptedRun.objects.filter(who__iexact=user.email), "who"),
        (CaseDraft.objects.filter(asker__iexact=user.email), "asker"),
    ]
