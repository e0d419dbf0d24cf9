"""Embedding and reranking endpoints: tried again where that helps, left alone where it does not."""

import time

import pytest

from app.providers.breaking import Breaker
from app.providers.circuit import Rules
from app.providers.errors import CircuitOpen, Malformed, ProviderError, RateLimited, Timeout, Unavailable
from app.providers.guarded_endpoint import GuardedEncoder, GuardedReranker
from app.providers.http_reranker import HttpReranker
from app.providers.openai_encoder import OpenAIEncoder
from app.providers.shared_state import shared_values
from app.providers.tests.contracts import EncoderContract, RerankerContract

USUAL = Rules(failures_in_a_row=3, pause_s=60)


@pytest.fixture(autouse=True)
def _fresh():
    shared_values().forget()


def encoder(server, model, retries=2, sleep=lambda _: None, rules=USUAL, **limits):
    remote = OpenAIEncoder(model, base_url=server.url, api_key="k", dimensions=16, **limits)
    return GuardedEncoder(remote, Breaker("embedding-1", rules), retries=retries, sleep=sleep)


def reranker(server, model):
    remote = HttpReranker(model, base_url=server.url, api_key="k", timeout_s=1)
    return GuardedReranker(remote, Breaker("reranker-1", USUAL))


class TestGuardedEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self, misbehaving):
        return encoder(misbehaving, "mock-dim16-guarded")


class TestGuardedReranker(RerankerContract):
    @pytest.fixture
    def reranker(self, misbehaving):
        return reranker(misbehaving, "mock-guarded")


def test_passages_are_tried_again_and_queries_are_not(misbehaving):
    pauses = []
    assert encoder(misbehaving, "mock-503-first2-dim16", sleep=pauses.append).encode_passages(["a"]).shape == (1, 16)
    assert len(pauses) == 2
    with pytest.raises(Unavailable):
        encoder(misbehaving, "mock-503-dim16-query").encode_query("a")
    assert sum(request.body.get("model") == "mock-503-dim16-query" for request in misbehaving.requests) == 1


@pytest.mark.timed
def test_a_query_waits_less_than_passages_do(misbehaving):
    slow = encoder(misbehaving, "mock-ttft2000-dim16", timeout_s=20, query_timeout_s=0.3)
    began = time.monotonic()
    with pytest.raises(Timeout):
        slow.encode_query("a")
    assert time.monotonic() - began < 1.8
    assert slow.encode_passages(["a"]).shape == (1, 16)


@pytest.mark.timed
@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("500", Unavailable), ("429", RateLimited), ("hang", Timeout), ("cut", Unavailable), ("html", Malformed),
        ("malformed", Malformed), ("empty", Malformed),
    ],
)  # fmt: skip
def test_every_fault_has_its_error_and_opens_the_circuit(misbehaving, word, kind):
    for act in (
        lambda: encoder(misbehaving, f"mock-{word}-dim16-{kind.__name__}", query_timeout_s=1).encode_query("a"),
        lambda: reranker(misbehaving, f"mock-{word}-{kind.__name__}").score("a", ["b", "c"]),
    ):
        for _ in range(3):
            with pytest.raises(kind):
                act()
        began = time.monotonic()
        with pytest.raises(CircuitOpen):
            act()
        assert time.monotonic() - began < 0.9


def test_an_endpoint_that_recovers_is_used_again(misbehaving):
    recovering = encoder(misbehaving, "mock-500-first3-dim16-recovering", rules=Rules(failures_in_a_row=3, pause_s=1))
    for _ in range(3):
        with pytest.raises(Unavailable):
            recovering.encode_query("a")
    time.sleep(1.05)
    assert recovering.encode_query("a").shape == (16,)
    assert recovering.encode_query("b").shape == (16,)


def test_nothing_listens_there(free_port, misbehaving):
    gone = HttpReranker("m", base_url=f"http://127.0.0.1:{free_port}/v1", api_key="", timeout_s=0.5)
    with pytest.raises(ProviderError):
        GuardedReranker(gone, Breaker("reranker-2", USUAL)).score("a", ["b"])


def test_scores_come_in_the_order_of_the_texts(misbehaving):
    texts = ["cats and dogs", "hotel rules", "hotel rules for a night"]
    scores = reranker(misbehaving, "mock-order").score("hotel night", texts)
    assert scores == [0.0, 0.5, 1.0]


@pytest.mark.timed
def test_passages_of_an_answer_under_way_are_waited_for_no_longer_than_a_query(misbehaving):
    slow = encoder(misbehaving, "mock-hang-dim16-hurried", query_timeout_s=0.3)
    began = time.monotonic()
    with pytest.raises(Timeout):
        slow.hurried().encode_passages(["a", "b"])
    assert time.monotonic() - began < 1.5
    assert sum(request.body.get("model") == "mock-hang-dim16-hurried" for request in misbehaving.requests) == 1


def test_a_hurried_encoder_shares_the_circuit_and_the_name(misbehaving):
    usual = encoder(misbehaving, "mock-500-dim16-both")
    for _ in range(3):
        with pytest.raises(Unavailable):
            usual.hurried().encode_passages(["a"])
    with pytest.raises(CircuitOpen):
        usual.encode_passages(["a"])
    assert usual.hurried().name == usual.name
