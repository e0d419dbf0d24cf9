"""Embedding and reranking go on where the first endpoint fails, never ask for too much at once, and end in time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.providers import registry
from app.providers.breaking import Breaker
from app.providers.circuit import Rules
from app.providers.endpoints import Kind, all_open, endpoints
from app.providers.errors import Busy, ProviderError, Timeout, Unavailable
from app.providers.fallback_endpoint import FallbackEncoder, FallbackReranker
from app.providers.guarded_endpoint import GuardedEncoder, GuardedReranker
from app.providers.http_reranker import HttpReranker
from app.providers.openai_encoder import OpenAIEncoder
from app.providers.slots import Slots
from app.providers.tests.contracts import EncoderContract, RerankerContract
from app.providers.tests.misbehaving_server import MisbehavingServer

TWO_FAILURES = Rules(failures_in_a_row=2, pause_s=60)


@pytest.fixture(autouse=True)
def _anew():
    registry.forget()
    yield
    registry.forget()


@pytest.fixture
def spare():
    with MisbehavingServer() as server:
        yield server


def encoder(server, model, circuit="embedding-1", **limits):
    slots, retries = limits.pop("slots", None), limits.pop("retries", 0)
    remote = OpenAIEncoder(model, base_url=server.url, api_key="k", dimensions=16, **limits)
    return GuardedEncoder(remote, Breaker(circuit, TWO_FAILURES), retries=retries, slots=slots)


def reranker(server, model, circuit="reranker-1", timeout_s=1.0):
    remote = HttpReranker(model, base_url=server.url, api_key="k", timeout_s=timeout_s)
    return GuardedReranker(remote, Breaker(circuit, TWO_FAILURES))


class TestFallbackEncoder(EncoderContract):
    @pytest.fixture
    def encoder(self, misbehaving):
        first = encoder(misbehaving, "mock-500-dim16-contract")
        return FallbackEncoder([first, encoder(misbehaving, "mock-dim16-contract", "embedding-2")])


class TestFallbackReranker(RerankerContract):
    @pytest.fixture
    def reranker(self, misbehaving):
        first = reranker(misbehaving, "mock-500-contract")
        return FallbackReranker([first, reranker(misbehaving, "mock-contract", "reranker-2")])


@pytest.fixture
def two_endpoints(settings, misbehaving, spare):
    """The first knows the model by a name that fails; the name is one, so the servers have to differ."""
    settings.ATTEST_ENCODER_BASE_URL = "http://127.0.0.1:1/v1"
    settings.ATTEST_ENCODER_FALLBACK_URLS = [spare.url]
    settings.ATTEST_ENCODER_MODEL, settings.ATTEST_ENCODER_DIMENSIONS = "mock-dim16", 16
    settings.ATTEST_RERANKER_BASE_URL = "http://127.0.0.1:1/v1"
    settings.ATTEST_RERANKER_FALLBACK_URLS = [spare.url]
    settings.ATTEST_RERANKER_MODEL = "mock-order"
    settings.ATTEST_BREAKER_FAILURES = 2


def test_the_settings_make_a_chain_and_the_spare_endpoint_answers(two_endpoints, spare):
    assert registry.get_encoder().encode_query("a").shape == (16,)
    assert registry.get_encoder().encode_passages(["a", "b"]).shape == (2, 16)
    assert registry.get_hurried_encoder().encode_passages(["a"]).shape == (1, 16)
    assert registry.get_reranker().score("a b", ["a", "a b"]) == [0.5, 1.0]
    assert [request.path for request in spare.requests] == ["/v1/embeddings"] * 3 + ["/v1/rerank"]


def test_each_endpoint_has_its_own_circuit_and_only_both_open_is_down(two_endpoints):
    for text in "abc":
        registry.get_encoder().encode_query(text)
    embedding = [each for each in endpoints() if each.kind is Kind.EMBEDDING]
    assert [each.name for each in embedding] == ["embedding", "embedding-2"]
    assert [bool(each.breaker.circuit().opened_at) for each in embedding] == [True, False]
    assert embedding[0].instead == [embedding[1].host]
    assert not all_open(Kind.EMBEDDING)
    for _ in range(2):
        entry = embedding[1].breaker.entered()
        embedding[1].breaker.failed(entry, 1.0, Unavailable("down as well"))
    assert all_open(Kind.EMBEDDING)
    with pytest.raises(ProviderError):
        registry.get_encoder().encode_query("d")


def test_an_index_of_another_endpoint_is_not_sent_to_the_spares_of_this_one(two_endpoints, misbehaving, spare):
    former = registry.EncoderOrigin("former", "mock-dim16-former", misbehaving.url, 16)
    assert registry.encoder_from(former).encode_query("a").shape == (16,)
    assert spare.requests == []


@pytest.mark.timed
def test_two_endpoints_that_hang_take_no_longer_than_one_may(settings, misbehaving, spare):
    settings.ATTEST_ENCODER_BASE_URL, settings.ATTEST_ENCODER_FALLBACK_URLS = misbehaving.url, [spare.url]
    settings.ATTEST_ENCODER_MODEL, settings.ATTEST_ENCODER_DIMENSIONS = "mock-hang-dim16-both", 16
    settings.ATTEST_ENCODER_TIMEOUT_S = 1.0
    began = time.monotonic()
    with pytest.raises(Timeout):
        registry.get_encoder().encode_query("a")
    assert time.monotonic() - began < 1.8


@pytest.mark.timed
@pytest.mark.parametrize("ask", [
    lambda server: encoder(server, "mock-dribble-dim16", query_timeout_s=0.8).encode_query("a"),
    lambda server: encoder(server, "mock-dribble-dim16-p", timeout_s=0.8).encode_passages(["a"]),
    lambda server: reranker(server, "mock-dribble", timeout_s=0.8).score("a", ["b"]),
])  # fmt: skip
def test_a_reply_that_dribbles_has_a_time_in_all(misbehaving, ask):
    began = time.monotonic()
    with pytest.raises(Timeout):
        ask(misbehaving)
    assert time.monotonic() - began < 2.5


def test_no_more_calls_run_at_once_than_an_endpoint_may_have(misbehaving):
    # The server itself refuses a third call at the same time.
    slots = Slots("embedding-limit", 2, longest_s=60)
    limited = encoder(misbehaving, "mock-limit2-ttft100-dim16", slots=slots)
    with ThreadPoolExecutor(6) as pool:
        assert {vector.shape for vector in pool.map(limited.encode_query, "abcdef")} == {(16,)}


def test_passages_leave_a_place_to_questions(misbehaving, monkeypatch):
    monkeypatch.setattr("app.providers.guarded_endpoint.PASSAGES_WAIT_S", 0.2)
    slots = Slots("embedding-spared", 2, longest_s=60)
    bulk = encoder(misbehaving, "mock-ttft1500-dim16-bulk", slots=slots, retries=1)
    question = encoder(misbehaving, "mock-dim16-question", slots=slots)
    running = threading.Thread(target=bulk.encode_passages, args=(["a"],))
    running.start()
    time.sleep(0.3)
    with pytest.raises(Busy):
        bulk.encode_passages(["b"])
    assert question.encode_query("c").shape == (16,)
    running.join()
    assert bulk.encode_passages(["b"]).shape == (1, 16)
    assert not bulk._breaker.circuit().opened_at, "being busy is not a failure of the endpoint"


def test_who_finds_no_place_goes_on_to_the_spare_endpoint(misbehaving, monkeypatch):
    monkeypatch.setattr("app.providers.guarded_endpoint.QUERY_WAIT_S", 0.1)
    slots = Slots("embedding-full", 1, longest_s=60)
    full = encoder(misbehaving, "mock-dim16-full", slots=slots)
    chain = FallbackEncoder([full, encoder(misbehaving, "mock-dim16-free", "embedding-2")])
    token = slots.take()
    assert chain.encode_query("who finds no place").shape == (16,)
    slots.give_back(token)
    assert [r.body["model"] for r in misbehaving.requests if "full" in r.body.get("model", "")] == []
