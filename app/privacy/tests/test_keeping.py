"""What is older than its period goes, and nothing else does; each run leaves one entry in the audit log."""

import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.keys import create_key, revoke_key
from app.accounts.models import ApiKey
from app.answers.models import Answer, Conversation, Question
from app.audit.models import AuditEvent
from app.audit.retention import hold
from app.privacy.files import file_of
from app.privacy.keeping import PERIODS, apply_periods
from app.privacy.tasks import let_go
from app.quality.models import AcceptedRun, CaseResult
from app.tests.world import World, answered_question
from app.usage.days import Span, add_up_days, sums_by_day, sums_by_key
from app.usage.models import UsageDay, UsageRecord
from ingestion.models import SyncRun

pytestmark = pytest.mark.django_db
DAYS = 30


def ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def last_entry() -> AuditEvent:
    return AuditEvent.objects.filter(action="old_data_removed").latest("pk")


def test_every_setting_of_a_period_is_in_the_list_and_the_other_way_round() -> None:
    source = (Path(project.BASE_DIR) / "app" / "settings.py").read_text()
    named = set(re.findall(r"^(ATTEST_KEEP_\w+_DAYS) =", source, re.MULTILINE))
    assert named == {period.setting for period in PERIODS if period.setting.startswith("ATTEST_KEEP_")}
    for period in PERIODS:
        assert bool(period.setting) != bool(period.always), period.what


def test_by_default_nothing_that_people_wrote_goes(world: World) -> None:
    Question.objects.update(created_at=ago(3000))
    apply_periods()
    assert Question.objects.exists()


def test_old_questions_go_and_a_conversation_with_its_last_one(world: World, settings) -> None:
    settings.ATTEST_KEEP_QUESTIONS_DAYS = DAYS
    Question.objects.filter(pk=world.question.pk).update(created_at=ago(DAYS + 1))
    young = answered_question(world.bob, "And mine?", world.document)
    older = Question.objects.create(conversation=young.question.conversation, text="Old", created_at=ago(DAYS + 1))
    assert apply_periods()["ATTEST_KEEP_QUESTIONS_DAYS"] == 2
    assert list(Question.objects.values_list("pk", flat=True)) == [young.question_id]
    assert not Question.objects.filter(pk=older.pk).exists()
    assert not Conversation.objects.filter(pk=world.conversation.pk).exists()
    assert not Answer.objects.filter(pk=world.answer.pk).exists()


def test_an_answer_that_is_being_made_is_left_alone(world: World, settings) -> None:
    settings.ATTEST_KEEP_QUESTIONS_DAYS = DAYS
    Question.objects.update(created_at=ago(DAYS + 1))
    Answer.objects.update(outcome="", finished_at=None)
    apply_periods()
    assert Question.objects.filter(pk=world.question.pk).exists()


@pytest.mark.parametrize("scope", ["person", "all"])
def test_what_a_legal_hold_keeps_stays(world: World, settings, scope: str) -> None:
    settings.ATTEST_KEEP_QUESTIONS_DAYS = DAYS
    Question.objects.update(created_at=ago(DAYS + 1))
    hold(world.ada, scope, world.alice.email if scope == "person" else "", "A lawsuit.")
    apply_periods()
    assert Question.objects.filter(pk=world.question.pk).exists()


def test_old_uses_go_and_the_sums_without_people_stay(world: World, settings) -> None:
    settings.ATTEST_KEEP_USAGE_DAYS = DAYS
    for days in (DAYS + 5, 2):
        UsageRecord.objects.create(
            user_id=world.alice.pk, answer_id=1, step="answer", model="m", cost_usd=2, at=ago(days)
        )
    add_up_days()
    span = Span((ago(DAYS + 10)).date(), timezone.localdate())
    before = sums_by_day(span)
    assert apply_periods()["ATTEST_KEEP_USAGE_DAYS"] == 1
    add_up_days()
    assert sums_by_day(span) == before
    assert UsageRecord.objects.count() == 1
    assert sums_by_key(span, UsageDay.Kind.PERSON)[str(world.alice.pk)].cost_usd == 2
    assert sums_by_key(span, UsageDay.Kind.MODEL)["m"].cost_usd == 4


def test_ended_keys_go_and_live_ones_stay(world: World, settings) -> None:
    settings.ATTEST_KEEP_ENDED_KEYS_DAYS = DAYS
    ended, _ = create_key(world.bob, "ended")
    revoke_key(ended, actor=world.bob)
    lately, _ = create_key(world.bob, "lately")
    revoke_key(lately, actor=world.bob)
    ApiKey.objects.filter(pk=ended.pk).update(revoked_at=ago(DAYS + 1))
    live = ApiKey.objects.exclude(pk=ended.pk).count()
    assert apply_periods()["ATTEST_KEEP_ENDED_KEYS_DAYS"] == 1
    assert ApiKey.objects.count() == live


def test_old_runs_go_but_for_the_last_and_the_last_complete_one(world: World, settings) -> None:
    settings.ATTEST_KEEP_RUNS_DAYS = DAYS
    SyncRun.objects.all().delete()
    made = [
        SyncRun.objects.create(source=world.team_source, state=state, finished_at=ago(days), started_at=ago(days))
        for state, days in (("succeeded", 90), ("succeeded", 80), ("failed", 70), ("failed", 60))
    ]
    assert apply_periods()["ATTEST_KEEP_RUNS_DAYS"] == 2
    assert set(SyncRun.objects.values_list("pk", flat=True)) == {made[1].pk, made[3].pk}


def test_texts_of_evaluation_runs_are_emptied_and_figures_stay(world: World, settings) -> None:
    settings.ATTEST_KEEP_EVALUATION_DETAILS_DAYS = DAYS
    run = world.evaluation_run
    CaseResult.objects.update(details={"text": "Five days."}, figures={"recall": 1.0})
    run.started_at = ago(DAYS + 1)
    run.save()
    accepted = AcceptedRun.objects.create(run=run, reason="Good.", who="x")
    apply_periods()
    assert CaseResult.objects.get().details
    accepted.delete()
    assert apply_periods()["ATTEST_KEEP_EVALUATION_DETAILS_DAYS"] == 1
    result = CaseResult.objects.get()
    assert (result.details, result.figures, result.outcome) == ({}, {"recall": 1.0}, "answered")


def test_exports_that_expired_go_with_their_files(world: World) -> None:
    export = world.person_export
    path = file_of(export)
    apply_periods()
    assert path.exists()
    type(export).objects.update(expires_at=ago(1))
    assert apply_periods()["expired_exports"] == 1
    assert not path.exists()


def test_files_that_a_dead_process_left_behind_go(world: World) -> None:
    path = file_of(world.person_export)
    old, young = path.with_name("99.ab.part"), path.with_name("98.cd.part")
    for each in (old, young, path):
        each.touch()
    for each in (old, path):
        os.utime(each, (0, 0))
    apply_periods()
    assert [each.exists() for each in (old, young, path)] == [False, True, True]


def test_each_run_leaves_one_entry_with_how_much(world: World, settings) -> None:
    settings.ATTEST_KEEP_QUESTIONS_DAYS = DAYS
    Question.objects.update(created_at=ago(DAYS + 1))
    let_go()
    assert AuditEvent.objects.filter(action="old_data_removed").count() == 1
    assert last_entry().details["removed"]["ATTEST_KEEP_QUESTIONS_DAYS"] == 1
    let_go()
    assert last_entry().details["removed"]["ATTEST_KEEP_QUESTIONS_DAYS"] == 0


def test_admins_see_what_is_kept_how_long(world: World, settings) -> None:
    settings.ATTEST_KEEP_QUESTIONS_DAYS = 400
    client = Client()
    client.force_login(world.ada)
    page = client.get(reverse("kept")).content.decode()
    assert "400 days" in page
    for period in PERIODS:
        assert period.setting in page
    client.force_login(world.bob)
    assert client.get(reverse("kept")).status_code == 404
