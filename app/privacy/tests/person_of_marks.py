"""Somebody who left traces in every table that keeps any about a person; each trace carries a mark."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from app.accounts.groups import set_memberships
from app.accounts.keys import create_key
from app.accounts.models import LOCAL, User
from app.answers.models import Answer, CitationReport, Feedback
from app.corpus.models import AccessSet, Document
from app.prompts.models import PromptActivation, PromptVersion
from app.providers.models import ModelActivation
from app.quality.models import AcceptedRun, EvaluationRun, Signal, UnansweredQuestion, UnansweredTopic
from app.reviews.models import CaseDraft, ReviewItem, SetAside, Verdict
from app.safety.models import PersonalDataPattern
from app.scim.models import ScimUser
from app.signon.models import GivenRoles, SignOnSession
from app.tests.world import World, answered_question
from app.usage.models import Budget, Scope, Tally, UsageDay, UsageRecord

NAME, EMAIL = "Zofia Wrzos-Kaleta", "zofia.wrzos-kaleta@corp.example"
SAYS = "Call Zofia Wrzos-Kaleta."
MARKS = ("wrzos", "kaleta", "zofia")
NUMBER_OF_A_DAY = 3


@dataclass
class Traces:
    user: User
    answer: Answer
    verdict: Verdict
    day: UsageDay


def leave_traces(world: World) -> Traces:
    user = User.objects.create_user(EMAIL, "a long enough password", name=NAME, roles=["reviewer", "source_admin"])
    user.administered_sources.add(world.team_source)
    set_memberships(user, [world.team], LOCAL, world.ada)
    _sign_in_rows(user)
    answer = _asked(user, world)
    verdict = _judged(user, world)
    _managed(user, world)
    return Traces(user, answer, verdict, _used(user, answer))


def _sign_in_rows(user: User) -> None:
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x", "name": NAME})
    SocialAccount.objects.create(user=user, provider="acme", uid="zofia-1", extra_data={"email": EMAIL})
    client = Client(headers={"User-Agent": "Zofia's browser"})
    client.force_login(user)
    UserSession.objects.get_or_create(
        user=user, session_key=client.session.session_key, defaults={"ip": "10.0.0.7", "user_agent": "Zofia's browser"}
    )
    create_key(user, "Zofia's key")
    GivenRoles.objects.create(user=user, provider="acme", roles=["reviewer"])
    SignOnSession.objects.create(session_key="abc", user=user, provider="acme", subject="zofia-1")
    ScimUser.objects.create(user=user, user_name=EMAIL, external_id="zofia-1", name={"formatted": NAME})


def _asked(user: User, world: World) -> Answer:
    answer = answered_question(user, f"{SAYS} How much may we spend?", world.document, text=f"{SAYS} [1]")
    Feedback.objects.create(answer=answer, value="down", comment=SAYS)
    CitationReport.objects.create(citation=answer.citations.get(), comment=SAYS)
    topic = UnansweredTopic.objects.create(words=["wrzos"])
    UnansweredQuestion.objects.create(answer=answer, topic=topic, words=["wrzos"], vector=b"", encoder="test")
    item = _item(answer)
    Verdict.objects.create(item=item, reviewer=world.bob, **_verdict(f"Zofia asked this. {SAYS}"))
    _case("from-their-question", item=item, question=SAYS, asker=EMAIL)
    return answer


def _judged(user: User, world: World) -> Verdict:
    """What the person wrote of the work of others."""
    item = world.review
    verdict = Verdict.objects.create(item=item, reviewer=user, corrected=SAYS, **_verdict(SAYS))
    SetAside.objects.create(item=item, reviewer=user, kind="skip", why="other", note=SAYS, state_before="waiting")
    ReviewItem.objects.filter(pk=item.pk).update(held_by=user, held_until=timezone.now())
    now = timezone.now()
    CitationReport.objects.filter(pk=world.report.pk).update(settled_at=now, settled_by=user, finding="fine", note=SAYS)
    UnansweredTopic.objects.filter(pk=world.topic.pk).update(dismissed_at=now, dismissed_by=user, note=SAYS)
    Signal.objects.filter(pk=world.signal.pk).update(acknowledged_at=now, acknowledged_by=user, note=SAYS)
    _case("theirs", author=world.bob, decided_by=user, decided_at=now, note=SAYS, asker=EMAIL, state="approved")
    return verdict


def _managed(user: User, world: World) -> None:
    """What the person decided, where their address stands beside it."""
    text = PromptVersion.objects.order_by("pk").first()
    made: Any = {"version": text, "kind": "activated", "actor": user, "actor_label": EMAIL, "reason": "Better."}
    if text is not None:
        PromptVersion.objects.filter(pk=text.pk).update(author=EMAIL, written_by=user)
        PromptActivation.objects.create(**made)
    ModelActivation.objects.create(
        name="m", version="m@1", model="m", kind="used", run="r", actor=user, actor_label=EMAIL, reason="Better."
    )
    run = EvaluationRun.objects.create(name="living", mode="extractive", cases=1, passed=1, started_at=timezone.now())
    AcceptedRun.objects.create(run=run, reason="Good.", who=EMAIL)
    PersonalDataPattern.objects.filter(pk=world.personal_pattern.pk).update(created_by=user)
    AccessSet.objects.create(
        within=world.team_source.access_set, user_ids=[user.pk], principals={"emails": [EMAIL], "groups": []}
    )
    Document.objects.filter(pk=world.document.pk).update(owner=EMAIL)
    Budget.objects.create(scope=Scope.USER, user=user, kind=Budget.Kind.COST, amount=5)


def _used(user: User, answer: Answer) -> UsageDay:
    UsageRecord.objects.create(user_id=user.pk, answer_id=answer.pk, step="answer", model="m", cost_usd=2)
    yesterday = timezone.localdate() - timedelta(days=1)
    UsageDay.objects.create(day=yesterday, kind="all", answers=NUMBER_OF_A_DAY, cost_usd=7)
    UsageDay.objects.create(day=yesterday, kind="person", key="", answers=1, cost_usd=2)
    Tally.objects.create(subject=f"user:{user.pk}", period="day", start=yesterday)
    return UsageDay.objects.create(day=yesterday, kind="person", key=str(user.pk), answers=2, cost_usd=5)


def _item(answer: Answer) -> ReviewItem:
    return ReviewItem.objects.create(
        answer=answer, day=timezone.localdate(), reasons=["chance"], stratum="-", probability=1.0,
        due_at=timezone.now(),
    )  # fmt: skip


def _verdict(comment: str) -> dict[str, Any]:
    return {"round": "first", "rubric_version": 1, "rubric_hash": "x", "levels": {"correct": 3}, "comment": comment}


def _case(name: str, **fields: Any) -> CaseDraft:
    usual: dict[str, Any] = {"question": "Leave?", "expected": "not_found", "reference": "Nothing."}
    return CaseDraft.objects.create(name=name, **(usual | fields))
