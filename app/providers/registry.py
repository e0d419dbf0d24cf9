"""Which models this process uses, built once from the settings; the heavy loading waits for first use."""

import functools

from django.conf import settings

from app.providers.types import ChatModel, Encoder, Reranker


@functools.cache
def get_encoder() -> Encoder:
    """The encoder at `ATTEST_ENCODER_BASE_URL`, or else a local sentence-transformers model."""
    if settings.ATTEST_ENCODER_BASE_URL:
        return _remote_encoder()
    from app.providers.sentence_transformers_encoder import SentenceTransformersEncoder

    return SentenceTransformersEncoder(settings.ATTEST_ENCODER_MODEL, threads=settings.ATTEST_TORCH_THREADS)


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
    for builder in (get_encoder, get_reranker, get_chat_model):
        builder.cache_clear()


def _remote_encoder() -> Encoder:
    from app.providers.openai_encoder import OpenAIEncoder

    return OpenAIEncoder(
        settings.ATTEST_ENCODER_MODEL,
        base_url=settings.ATTEST_ENCODER_BASE_URL,
        api_key=settings.ATTEST_ENCODER_API_KEY,
        dimensions=settings.ATTEST_ENCODER_DIMENSIONS,
    )
