"""Remote embedding and reranking are counted among the costs, by whom they were done for, and against no budget."""

from decimal import Decimal

import pytest
from django.db import DatabaseError
from django.utils import timezone

from app.accounts.models import User
from app.providers import registry
from app.providers.errors import ProviderError
from app.providers.metering import Use
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.usage import metered
from app.usage.metered import on_account_of, record_use
from app.usage.models import Budget, Price, Tally, UsageRecord
from app.usage.spender import Spender

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server():
    with MisbehavingServer() as server:
        yield server


@pytest.fixture
def embedding(settings, server):
    def use(model):
        settings.ATTEST_ENCODER_BASE_URL, settings.ATTEST_ENCODER_MODEL = server.url, model
        settings.ATTEST_ENCODER_DIMENSIONS = 16
        registry.forget()
        return registry.get_encoder()

    yield use
    registry.forget()


@pytest.fixture
def reranking(settings, server):
    settings.ATTEST_RERANKER_BASE_URL, settings.ATTEST_RERANKER_MODEL = server.url, "mock-rerank"
    registry.forget()
    yield registry.get_reranker()
    registry.forget()


def test_each_request_of_an_embedding_endpoint_is_a_use_at_its_price(embedding):
    price = Price.objects.create(model="mock-dim16", input_usd=Decimal(20), output_usd=0)
    embedding("mock-dim16").encode_passages(["some words"] * 65)
    first, second = UsageRecord.objects.order_by("pk")
    assert (first.step, first.model, first.prompt_tokens, first.estimated) == ("embedding", "mock-dim16", 1, False)
    assert (first.cost_usd, first.price, first.user_id) == (Decimal("0.00002"), price, None)
    assert second.completion_tokens == 0


def test_a_query_that_is_remembered_costs_nothing_again(embedding):
    encoder = embedding("mock-dim16")
    for _ in range(3):
        encoder.encode_query("what?")
    assert UsageRecord.objects.count() == 1


def test_a_call_that_failed_is_not_counted(embedding):
    with pytest.raises(ProviderError):
        embedding("mock-500").encode_query("what?")
    assert not UsageRecord.objects.exists()


def test_a_reranker_that_does_not_count_is_estimated(reranking):
    reranking.score("four", ["four", "four" * 8])
    use = UsageRecord.objects.get()
    assert (use.step, use.prompt_tokens, use.estimated, use.price) == ("reranking", 10, True, None)


def test_models_inside_the_product_use_nothing():
    registry.get_encoder().encode_query("what?")
    assert not UsageRecord.objects.exists()


def test_it_is_put_on_the_account_of_whom_it_is_done_for_and_held_against_no_budget():
    alice = User.objects.create_user("alice@example.com")
    Budget.objects.create(scope="user", user=alice, kind="tokens", period="day", amount=1)
    with on_account_of(Spender(alice.pk, frozenset({3, 2})), lambda: 77):
        record_use(Use("embedding", "m", 1000, 0))
    record_use(Use("embedding", "m", 5, 0))
    hers, nobodys = UsageRecord.objects.order_by("pk")
    assert (hers.user_id, hers.group_ids, hers.answer_id) == (alice.pk, [2, 3], 77)
    assert (nobodys.user_id, nobodys.group_ids, nobodys.answer_id) == (None, [], None)
    assert not Tally.objects.filter(start=timezone.localdate()).exists()


def test_a_use_that_cannot_be_written_down_breaks_nothing(monkeypatch, embedding):
    def fail(use):
        UsageRecord.objects.create(at=None)

    monkeypatch.setattr(metered, "_recorded", fail)
    assert embedding("mock-dim16").encode_query("what?").shape == (16,)
    try:
        assert UsageRecord.objects.count() == 0  # the transaction around it is whole
    except DatabaseError:
        pytest.fail("the caller's transaction was broken")
