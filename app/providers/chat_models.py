"""The chat models that are configured, each with its protections.

From the inside out: the endpoint with its timeouts; its circuit; its limit of calls at once; a look at what it
says; a note of how it went; another try. A chain of such models is put together for each answer.
"""

import functools
import hashlib
from collections.abc import Callable

from django.conf import settings

from app.providers.breaking import Breaker, BreakingChatModel
from app.providers.checked_chat import CheckedChatModel
from app.providers.circuit import Rules
from app.providers.models_in_use import used_versions
from app.providers.named_models import DEFAULT, NamedModel, Route
from app.providers.noted_chat import Attempt, NotedChatModel
from app.providers.retry import RetryingChatModel
from app.providers.slots import LimitedChatModel, Slots
from app.providers.types import ChatModel

# What a slot may be held beyond the longest reply, before it counts as forgotten.
GRACE_S = 30.0


def chat_models(route: Route) -> list[NamedModel]:
    """The models to ask, in this order; none where no language model is in use."""
    return settings.ATTEST_MODELS.settled(used_versions()).route(route, default_model())


def default_model() -> NamedModel | None:
    if not (settings.LLM_BASE_URL and settings.LLM_MODEL):
        return None
    return NamedModel(
        DEFAULT,
        settings.LLM_BASE_URL,
        settings.LLM_MODEL,
        settings.LLM_API_KEY,
        connect_s=settings.LLM_CONNECT_TIMEOUT_S,
        first_token_s=settings.LLM_FIRST_TOKEN_TIMEOUT_S,
        next_token_s=settings.LLM_TOKEN_TIMEOUT_S,
        total_s=settings.LLM_TOTAL_TIMEOUT_S,
        retries=settings.LLM_MAX_RETRIES,
        context_tokens=settings.LLM_CONTEXT_TOKENS,
        max_concurrent=settings.LLM_MAX_CONCURRENT,
    )


def all_models() -> list[NamedModel]:
    """Every configured model once, the default one first; also those on trial."""
    default = default_model()
    return [*([default] if default else []), *settings.ATTEST_MODELS.models.values()]


def is_in_use(named: NamedModel) -> bool:
    """Whether answers may come to it, as far as this process knows."""
    return not named.trial or named.version in used_versions()


def protected(named: NamedModel, *, note: Callable[[Attempt], None], language: str = "") -> ChatModel:
    """The model as an answer calls it. `note` hears of each attempt; `language` is what the reply should be in."""
    checked = CheckedChatModel(endpoint(named), language=language)
    noted = NotedChatModel(checked, name=named.name, note=note)
    return RetryingChatModel(noted, retries=named.retries)


@functools.cache
def endpoint(named: NamedModel) -> ChatModel:
    """The model behind its circuit and its limit, one for the whole process: connections are kept."""
    from app.providers.openai_chat import OpenAIChatModel, Patience

    patience = Patience(
        connect_s=named.connect_s,
        first_token_s=named.first_token_s,
        next_token_s=named.next_token_s,
        total_s=named.total_s,
    )
    model = OpenAIChatModel(named.model, base_url=named.base_url, api_key=named.api_key, patience=patience)
    breaking = BreakingChatModel(model, breaker_of(named))
    if not named.max_concurrent:
        return breaking
    slots = Slots(breaker_of(named).name, named.max_concurrent, longest_s=named.total_s + GRACE_S)
    return LimitedChatModel(breaking, slots, wait_s=named.wait_s)


def breaker_of(named: NamedModel) -> Breaker:
    """A changed address or model begins with a closed circuit."""
    return breaker(f"chat-{named.name}", named.base_url, named.model)


def breaker(label: str, *identity: str) -> Breaker:
    digest = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:8]
    rules = Rules(failures_in_a_row=settings.ATTEST_BREAKER_FAILURES, pause_s=settings.ATTEST_BREAKER_PAUSE_S)
    return Breaker(f"{label}-{digest}", rules)
