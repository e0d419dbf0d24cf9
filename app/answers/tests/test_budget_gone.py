"""Whole questions over real HTTP while a budget is free, near its end, and gone."""

from decimal import Decimal

import pytest
from django.utils import timezone

from app.answers.models import Answer, Outcome
from app.answers.tests.asked import asked, library, person
from app.providers import registry
from app.providers.named_models import NamedModel, read_models
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.usage.models import Budget, Price, Reservation, Tally, UsageRecord

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


def test_near_a_budget_the_cheaper_model_answers_and_is_paid_for(server, settings):
    settings.ATTEST_REUSE = "off"
    small = f'[models.small]\nbase_url = "{server.url}"\nmodel = "mock-cite-itl1-seed2"'
    routes = '[routes]\nanswer = ["default"]\ncheap = ["small"]'
    usual = NamedModel("", "", "")
    settings.ATTEST_MODELS = read_models(f"{small}\n{routes}", usual, has_default=True, secret=lambda _: "")
    registry.forget()
    Price.objects.create(model="mock-cite-itl1-seed2", input_usd=Decimal("0.5"), output_usd=1)
    far, _ = asked(person("far@example.com"), HOTELS)
    near, _ = asked(budget("1", used="0.85"), HOTELS)
    assert [(each["name"], each["route"]) for each in far.attempts] == [("default", "answer")]
    assert [(each["name"], each["route"]) for each in near.attempts] == [("small", "cheap")]
    assert (near.outcome, near.mode, near.model) == (Outcome.ANSWERED, Answer.Mode.MODEL, "mock-cite-itl1-seed2")
    assert "140 euros" in near.text
    record = UsageRecord.objects.get(answer_id=near.pk)
    assert (record.model, record.price.input_usd) == ("mock-cite-itl1-seed2", Decimal("0.5"))
    assert 0 < near.cost_usd == record.cost_usd < far.cost_usd
