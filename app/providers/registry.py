"""Which models this process uses, built once from the settings; the heavy loading waits for first use."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from app.providers.breaking import Breaker
from app.providers.chat_models import breaker, chat_models, endpoint, protected
from app.providers.fallback import FallbackChatModel
from app.providers.fallback_endpoint import FallbackEncoder, FallbackReranker
from app.providers.guarded_endpoint import GuardedEncoder, GuardedReranker, hurried
from app.providers.shared_state import shared_values
from app.providers.slots import Slots
from app.providers.types import ChatModel, Encoder, Reranker

PASSAGE_RETRIES = 2
# A place whose holder died is free again after this; a batch of passages may take 60 seconds for each of its requests.
LONGEST_CALL_S = 300.0


@dataclass(frozen=True, slots=True)
class EncoderOrigin:
    """An encoder's name and the settings it is built from: its model, its endpoint ("" for a local one), its size."""

    name: str
    model: str
    url: str
    dimensions: int


def get_encoder() -> Encoder:
    """The encoder at `ATTEST_ENCODER_BASE_URL`, or else a local sentence-transformers model."""
    return _encoder(settings.ATTEST_ENCODER_MODEL, settings.ATTEST_ENCODER_BASE_URL, settings.ATTEST_ENCODER_DIMENSIONS)


def get_hurried_encoder() -> Encoder:
    """The same encoder for sentences and passages of an answer under way: an endpoint has one try, and little time."""
    return hurried(get_encoder())


def configured_encoder() -> EncoderOrigin:
    """What the settings say of the encoder; loads nothing."""
    return EncoderOrigin(
        get_encoder().name,
        settings.ATTEST_ENCODER_MODEL,
        settings.ATTEST_ENCODER_BASE_URL,
        settings.ATTEST_ENCODER_DIMENSIONS,
    )


def encoder_from(origin: EncoderOrigin) -> Encoder:
    """The encoder of that name, as it was once configured: what it encoded can still be searched with it.

    While the settings name it, they decide where it is. The key of an endpoint is always the configured one.
    """
    configured = get_encoder()
    return configured if configured.name == origin.name else _encoder(origin.model, origin.url, origin.dimensions)


@functools.cache
def get_reranker() -> Reranker | None:
    """The model `ATTEST_RERANKER_MODEL`, here or at `ATTEST_RERANKER_BASE_URL`; None where none is configured."""
    if not settings.ATTEST_RERANKER_MODEL:
        return None
    if urls := reranker_urls():
        rerankers = [_reranker_at(urls, place) for place in range(len(urls))]
        return FallbackReranker(rerankers) if len(rerankers) > 1 else rerankers[0]
    from app.providers.cross_encoder_reranker import CrossEncoderReranker

    return CrossEncoderReranker(settings.ATTEST_RERANKER_MODEL, threads=settings.ATTEST_TORCH_THREADS)


def get_chat_model() -> ChatModel | None:
    """The models for answers as one, without what belongs to a single answer; None where none is configured."""
    models = [protected(each, note=lambda attempt: None) for each in chat_models("answer")]
    return FallbackChatModel(models, patience_s=settings.LLM_PATIENCE_S) if models else None


def encoder_urls() -> list[str]:
    """The embedding endpoints in the order in which they are asked; none where the model is a local one."""
    return _chain(settings.ATTEST_ENCODER_BASE_URL, settings.ATTEST_ENCODER_FALLBACK_URLS)


def reranker_urls() -> list[str]:
    return _chain(settings.ATTEST_RERANKER_BASE_URL, settings.ATTEST_RERANKER_FALLBACK_URLS)


def encoder_breaker(place: int = 0) -> Breaker:
    """The circuit of the embedding endpoint at that place of the chain."""
    return _breaker("embedding", encoder_urls()[place], settings.ATTEST_ENCODER_MODEL, place)


def reranker_breaker(place: int = 0) -> Breaker:
    return _breaker("reranker", reranker_urls()[place], settings.ATTEST_RERANKER_MODEL, place)


def forget() -> None:
    """Build the models anew at the next call, with closed circuits: for tests that change the settings."""
    for builder in (_encoder, get_reranker, endpoint):
        builder.cache_clear()
    shared_values().forget()


@functools.cache
def _encoder(model: str, url: str, dimensions: int) -> Encoder:
    if url:
        urls = encoder_urls() if url == settings.ATTEST_ENCODER_BASE_URL else [url]
        encoders = [_encoder_at(model, urls, place, dimensions) for place in range(len(urls))]
        return FallbackEncoder(encoders) if len(encoders) > 1 else encoders[0]
    from app.providers.sentence_transformers_encoder import SentenceTransformersEncoder

    return SentenceTransformersEncoder(model, threads=settings.ATTEST_TORCH_THREADS)


def _encoder_at(model: str, urls: Sequence[str], place: int, dimensions: int) -> GuardedEncoder:
    """The endpoints share the time that a question has, so that the last one is asked in time too."""
    from app.providers.openai_encoder import OpenAIEncoder

    remote = OpenAIEncoder(
        model,
        base_url=urls[place],
        api_key=settings.ATTEST_ENCODER_API_KEY,
        dimensions=dimensions,
        query_timeout_s=settings.ATTEST_ENCODER_TIMEOUT_S / len(urls),
    )
    circuit = _breaker("embedding", urls[place], model, place)
    slots = _slots(circuit, settings.ATTEST_ENCODER_MAX_CONCURRENT)
    return GuardedEncoder(remote, circuit, retries=PASSAGE_RETRIES, slots=slots)


def _reranker_at(urls: Sequence[str], place: int) -> GuardedReranker:
    from app.providers.http_reranker import HttpReranker

    remote = HttpReranker(
        settings.ATTEST_RERANKER_MODEL,
        base_url=urls[place],
        api_key=settings.ATTEST_RERANKER_API_KEY,
        timeout_s=settings.ATTEST_RERANKER_TIMEOUT_S / len(urls),
    )
    circuit = reranker_breaker(place)
    return GuardedReranker(remote, circuit, slots=_slots(circuit, settings.ATTEST_RERANKER_MAX_CONCURRENT))


def _chain(url: str, others: Sequence[str]) -> list[str]:
    return [url, *others] if url else []


def _breaker(kind: str, url: str, model: str, place: int) -> Breaker:
    """The first of a chain has its kind's plain name, by which alerts and metrics know it."""
    return breaker(f"{kind}-{place + 1}" if place else kind, url, model)


def _slots(circuit: Breaker, places: int) -> Slots | None:
    return Slots(circuit.name, places, longest_s=LONGEST_CALL_S) if places else None
