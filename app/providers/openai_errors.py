"""Turns each exception of the openai client into one of ours; a test proves that none is forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import openai

from app.providers.errors import Malformed, Misconfigured, ProviderError, RateLimited, Refused, Timeout, Unavailable

MEANING: dict[type[Exception], type[ProviderError]] = {
    openai.OpenAIError: Misconfigured,  # raised bare only for a client that is set up wrongly
    openai.APIError: Unavailable,  # an error event in the middle of a stream
    openai.APIStatusError: Unavailable,
    openai.APIConnectionError: Unavailable,
    openai.APITimeoutError: Timeout,
    openai.APIResponseValidationError: Malformed,
    openai.BadRequestError: Refused,
    openai.AuthenticationError: Misconfigured,
    openai.OAuthError: Misconfigured,
    openai.PermissionDeniedError: Misconfigured,
    openai.NotFoundError: Misconfigured,
    openai.ConflictError: Unavailable,  # some servers answer 409 while they load the model
    openai.UnprocessableEntityError: Refused,
    openai.RateLimitError: RateLimited,
    openai.InternalServerError: Unavailable,
    openai.LengthFinishReasonError: Malformed,
    openai.ContentFilterFinishReasonError: Refused,
    openai.InvalidWebhookSignatureError: Refused,
    openai.WebSocketConnectionClosedError: Unavailable,
    openai.WebSocketQueueFullError: Unavailable,
    openai._exceptions.SubjectTokenProviderError: Misconfigured,
    # Of its transport, where the client lets one through.
    httpx2.HTTPError: Unavailable,
    httpx2.TimeoutException: Timeout,
    ValueError: Malformed,  # JSON or UTF-8 that cannot be decoded
}
BY_STATUS: dict[int, type[ProviderError]] = {402: Misconfigured, 408: Timeout, 425: Unavailable, 429: RateLimited}
# Error events inside a stream carry no class of their own, only such a code.
BY_STATUS |= dict.fromkeys((401, 403, 404), Misconfigured)
OUT_OF_CREDIT = "insufficient_quota"


@contextmanager
def translated(model: str) -> Iterator[None]:
    """Lets only `ProviderError` out. The vendor's text may quote the prompt or the key: it stays inside."""
    try:
        yield
    except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
        raise translate(error, model) from None


def translate(error: Exception, model: str) -> ProviderError:
    kind = _kind(error)
    return kind(f"{model}: {_what_happened(error)}", retry_after=_retry_after(error))


def _kind(error: Exception) -> type[ProviderError]:
    if getattr(error, "code", None) == OUT_OF_CREDIT:
        return Misconfigured
    nearest = next(MEANING[base] for base in type(error).__mro__ if base in MEANING)
    status = _status(error)
    if status is None or type(error) not in (openai.APIError, openai.APIStatusError):
        return nearest
    return BY_STATUS.get(status) or (Refused if 400 <= status < 500 else nearest)


def _status(error: Exception) -> int | None:
    """The HTTP status, or what an error event inside a stream gives as its code."""
    status = str(getattr(error, "status_code", None) or getattr(error, "code", None))
    return int(status) if status.isdecimal() else None


def _what_happened(error: Exception) -> str:
    """Status and the vendor's error code: short words, never the vendor's message."""
    details = [type(error).__name__]
    if (status := _status(error)) is not None:
        details.append(f"HTTP {status}")
    code = getattr(error, "code", None) or getattr(error, "type", None)
    if isinstance(code, str) and code.isidentifier():
        details.append(code)
    return ", ".join(details)


def _retry_after(error: Exception) -> float | None:
    """The `Retry-After` header where it gives seconds; its date form is rare and left out."""
    response = getattr(error, "response", None)
    try:
        return max(0.0, float(response.headers["retry-after"])) if response is not None else None
    except (KeyError, ValueError):
        return None
