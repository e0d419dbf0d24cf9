"""Every model that the settings name, with its circuit: what operators look at. Loads and asks none of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings

from app.providers.breaking import Breaker
from app.providers.chat_models import all_models, breaker_of, chat_models
from app.providers.circuit import State
from app.providers.named_models import ROUTES
from app.providers.registry import encoder_breaker, reranker_breaker


class Kind(StrEnum):
    CHAT = "chat"
    EMBEDDING = "embedding"
    RERANKER = "reranker"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`breaker` is None for a model inside the product; `host` holds no password.

    `places` says for each route how early the model is asked (1: first); `instead` which models answer without it.
    """

    kind: Kind
    name: str
    model: str
    host: str = ""
    breaker: Breaker | None = None
    places: Sequence[tuple[str, int]] = field(default_factory=tuple)
    instead: Sequence[str] = field(default_factory=tuple)


def endpoints() -> list[Endpoint]:
    return [*_chat(), _embedding(), *_reranker()]


def endpoint_named(circuit: str) -> Endpoint | None:
    """The one whose circuit has that name, as it is configured now."""
    return next((each for each in endpoints() if each.breaker and each.breaker.name == circuit), None)


def open_circuits(kind: Kind) -> int:
    """How many endpoints of a kind are being left alone, of all that there are."""
    now = time.time()
    breakers = [each.breaker for each in endpoints() if each.kind is kind and each.breaker]
    return sum(breaker.circuit().state(now) is not State.CLOSED for breaker in breakers)


def _chat() -> list[Endpoint]:
    chains = {route: [each.name for each in chat_models(route)] for route in ROUTES}
    return [
        Endpoint(
            Kind.CHAT,
            named.name,
            named.model,
            _host(named.base_url),
            breaker_of(named),
            places=[(route, chain.index(named.name) + 1) for route, chain in chains.items() if named.name in chain],
            instead=[name for name in chains["answer"] if name != named.name],
        )
        for named in all_models()
    ]


def _embedding() -> Endpoint:
    url, model = settings.ATTEST_ENCODER_BASE_URL, settings.ATTEST_ENCODER_MODEL
    return Endpoint(Kind.EMBEDDING, "embedding", model, _host(url), encoder_breaker() if url else None)


def _reranker() -> list[Endpoint]:
    url, model = settings.ATTEST_RERANKER_BASE_URL, settings.ATTEST_RERANKER_MODEL
    if not model:
        return []
    return [Endpoint(Kind.RERANKER, "reranker", model, _host(url), reranker_breaker() if url else None)]


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
