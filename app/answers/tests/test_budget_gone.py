"""Whole questions over real HTTP while a budget is free, near its end, and gone."""

from decimal import Decimal

import pytest
from django.utils import timezone

from app.answers.models import Answer, Outcome
from app.answers.tests.asked import asked, library, person
from app.providers import registry
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.usage.models import Budget, Reservation, Tally, UsageRecord

pytestmark = pytest.mark.django_db(transaction=True)
HOTELS = "How much may a hotel cost a night?"


@pytest.fixture(scope="module")
def server():
    with MisbehavingServer() as server:
        yield server


@pytest.fixture(autouse=True)
def configured(server, settings):
    settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = server.url, "mock-cite-itl1", "key"
    settings.LLM_INPUT_USD_PER_MILLION, settings.LLM_OUTPUT_USD_PER_MILLION = 2.0, 8.0
    settings.LLM_MAX_TOKENS = 60
    registry.forget()
    library()
    yield
    registry.forget()


def budget(amount, used=0):
    Budget.objects.create(scope="user", kind="cost", period="day", amount=amount)
    charlie = person("charlie@example.com")
    Tally.objects.create(subject=f"user:{charlie.pk}", period="day", start=timezone.localdate(), cost_usd=Decimal(used))
    return charlie


def test_what_an_answer_cost_is_in_its_row_and_in_the_records():
    answer, _ = asked(budget("1"), HOTELS)
    records = UsageRecord.objects.filter(answer_id=answer.pk)
    assert answer.mode == Answer.Mode.MODEL
    assert answer.cost_usd == sum(record.cost_usd for record in records) > 0
    assert {record.price.input_usd for record in records} == {2}
    assert Tally.objects.get(subject="everyone", period="month").cost_usd == answer.cost_usd
    assert not Reservation.objects.exists()


def test_a_used_up_budget_ends_in_a_quoted_answer_that_says_until_when():
    answer, _ = asked(budget("1", used="1"), HOTELS)
    assert (answer.outcome, answer.mode, answer.error) == (Outcome.DEGRADED, Answer.Mode.EXTRACTIVE, "BudgetSpent")
    assert "140 euros" in answer.text
    assert answer.notice.startswith("Your budget for answers by a language model is used up for today. Until ")
    assert answer.notice.endswith("00:00 UTC, answers are quoted from the documents.")
    assert (answer.cost_usd, UsageRecord.objects.count()) == (0, 0)


def test_the_answer_that_would_go_over_the_budget_is_not_begun():
    answer, _ = asked(budget("0.0002"), HOTELS)
    assert answer.outcome == Outcome.DEGRADED
    assert "used up" in answer.notice
    assert not UsageRecord.objects.exists()


def test_others_are_answered_while_one_has_used_theirs_up():
    budget("1", used="1")
    answer, _ = asked(person("alice@example.com"), HOTELS)
    assert answer.mode == Answer.Mode.MODEL
