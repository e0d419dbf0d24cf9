"""Which models this process uses, built once from the settings; the heavy loading waits for first use."""

import functools
from dataclasses import dataclass

from django.conf import settings

from app.providers.breaking import Breaker
from app.providers.chat_models import breaker, chat_models, endpoint, protected
from app.providers.fallback import FallbackChatModel
from app.providers.guarded_endpoint import GuardedEncoder, GuardedReranker
from app.providers.shared_state import shared_values
from app.providers.types import ChatModel, Encoder, Reranker

PASSAGE_RETRIES = 2


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
    encoder = get_encoder()
    return encoder.hurried() if isinstance(encoder, GuardedEncoder) else encoder


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
    if settings.ATTEST_RERANKER_BASE_URL:
        from app.providers.http_reranker import HttpReranker

        reranker = HttpReranker(
            settings.ATTEST_RERANKER_MODEL,
            base_url=settings.ATTEST_RERANKER_BASE_URL,
            api_key=settings.ATTEST_RERANKER_API_KEY,
            timeout_s=settings.ATTEST_RERANKER_TIMEOUT_S,
        )
        return GuardedReranker(reranker, reranker_breaker())
    from app.providers.cross_encoder_reranker import CrossEncoderReranker

    return CrossEncoderReranker(settings.ATTEST_RERANKER_MODEL, threads=settings.ATTEST_TORCH_THREADS)


def get_chat_model() -> ChatModel | None:
    """The models for answers as one, without what belongs to a single answer; None where none is configured."""
    models = [protected(each, note=lambda attempt: None) for each in chat_models("answer")]
    return FallbackChatModel(models, patience_s=settings.LLM_PATIENCE_S) if models else None


def encoder_breaker() -> Breaker:
    return breaker("embedding", settings.ATTEST_ENCODER_BASE_URL, settings.ATTEST_ENCODER_MODEL)


def reranker_breaker() -> Breaker:
    return breaker("reranker", settings.ATTEST_RERANKER_BASE_URL, settings.ATTEST_RERANKER_MODEL)


def forget() -> None:
    """Build the models anew at the next call, with closed circuits: for tests that change the settings."""
    for builder in (_encoder, get_reranker, endpoint):
        builder.cache_clear()
    shared_values().forget()


@functools.cache
def _encoder(model: str, url: str, dimensions: int) -> Encoder:
    if url:
        from app.providers.openai_encoder import OpenAIEncoder

        remote = OpenAIEncoder(
            model,
            base_url=url,
            api_key=settings.ATTEST_ENCODER_API_KEY,
            dimensions=dimensions,
            query_timeout_s=settings.ATTEST_ENCODER_TIMEOUT_S,
        )
        return GuardedEncoder(remote, breaker("embedding", url, model), retries=PASSAGE_RETRIES)
    from app.providers.sentence_transformers_encoder import SentenceTransformersEncoder

    return SentenceTransformersEncoder(model, threads=settings.ATTEST_TORCH_THREADS)
