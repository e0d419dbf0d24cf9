"""Which models this process uses, built once from the settings; the heavy loading waits for first use."""

import functools
from dataclasses import dataclass

from django.conf import settings

from app.providers.types import ChatModel, Encoder, Reranker


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
    """The cross-encoder named by `ATTEST_RERANKER_MODEL`; None where none is configured."""
    if not settings.ATTEST_RERANKER_MODEL:
        return None
    from app.providers.cross_encoder_reranker import CrossEncoderReranker

    return CrossEncoderReranker(settings.ATTEST_RERANKER_MODEL, threads=settings.ATTEST_TORCH_THREADS)


@functools.cache
def get_chat_model() -> ChatModel | None:
    """The language model at `LLM_BASE_URL`, with retries; None where none is configured."""
    if not (settings.LLM_BASE_URL and settings.LLM_MODEL):
        return None
    from app.providers.openai_chat import OpenAIChatModel, Patience
    from app.providers.retry import RetryingChatModel

    patience = Patience(
        connect_s=settings.LLM_CONNECT_TIMEOUT_S,
        first_token_s=settings.LLM_FIRST_TOKEN_TIMEOUT_S,
        next_token_s=settings.LLM_TOKEN_TIMEOUT_S,
        total_s=settings.LLM_TOTAL_TIMEOUT_S,
    )
    model = OpenAIChatModel(
        settings.LLM_MODEL, base_url=settings.LLM_BASE_URL, api_key=settings.LLM_API_KEY, patience=patience
    )
    return RetryingChatModel(model, retries=settings.LLM_MAX_RETRIES)


def forget() -> None:
    """Build the models anew at the next call: for tests that change the settings."""
    for builder in (_encoder, get_reranker, get_chat_model):
        builder.cache_clear()


@functools.cache
def _encoder(model: str, url: str, dimensions: int) -> Encoder:
    if url:
        from app.providers.openai_encoder import OpenAIEncoder

        return OpenAIEncoder(model, base_url=url, api_key=settings.ATTEST_ENCODER_API_KEY, dimensions=dimensions)
    from app.providers.sentence_transformers_encoder import SentenceTransformersEncoder

    return SentenceTransformersEncoder(model, threads=settings.ATTEST_TORCH_THREADS)
