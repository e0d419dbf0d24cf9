"""Every model that the settings name, with its circuit: what operators look at. Loads and asks none of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings

from app.providers.breaking import Breaker
from app.providers.chat_models import all_models, breaker_of, chat_models, default_model, is_in_use
from app.providers.circuit import State
from app.providers.models_in_use import used_versions
from app.providers.named_models import ROUTES, NamedModel
from app.providers.registry import encoder_breaker, encoder_urls, reranker_breaker, reranker_urls


class Kind(StrEnum):
    CHAT = "chat"
    EMBEDDING = "embedding"
    RERANKER = "reranker"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`breaker` is None for a model inside the product; `host` holds no password.

    `places` says for each route how early the model is asked (1: first), or would be asked if it were in use; `instead`
    which models, or hosts of the same model, answer without it.
    """

    kind: Kind
    name: str
    model: str
    host: str = ""
    breaker: Breaker | None = None
    places: Sequence[tuple[str, int]] = field(default_factory=tuple)
    instead: Sequence[str] = field(default_factory=tuple)
    is_on_trial: bool = False
    is_in_use: bool = True


def endpoints() -> list[Endpoint]:
    return [*_chat(), *_embedding(), *_reranker()]


def endpoint_named(circuit: str) -> Endpoint | None:
    """The one whose circuit has that name, as it is configured now."""
    return next((each for each in endpoints() if each.breaker and each.breaker.name == circuit), None)


def open_circuits(kind: Kind) -> int:
    """How many endpoints of a kind are being left alone, of all that are in use."""
    now = time.time()
    return sum(breaker.circuit().state(now) is not State.CLOSED for breaker in _breakers(kind))


def all_open(kind: Kind) -> bool:
    """Whether every endpoint of a kind is being left alone; False where there is none."""
    return 0 < len(_breakers(kind)) == open_circuits(kind)


def _breakers(kind: Kind) -> list[Breaker]:
    return [each.breaker for each in endpoints() if each.kind is kind and each.breaker and each.is_in_use]


def _chat() -> list[Endpoint]:
    answering = [each.name for each in chat_models("answer")]
    return [
        Endpoint(
            Kind.CHAT,
            named.name,
            named.model,
            _host(named.base_url),
            breaker_of(named),
            places=_places(named),
            instead=[name for name in answering if name != named.name],
            is_on_trial=named.trial,
            is_in_use=is_in_use(named),
        )
        for named in all_models()
    ]


def _places(named: NamedModel) -> list[tuple[str, int]]:
    models = settings.ATTEST_MODELS.settled(used_versions() | {named.version})
    chains = {route: [each.name for each in models.route(route, default_model())] for route in ROUTES}
    return [(route, chain.index(named.name) + 1) for route, chain in chains.items() if named.name in chain]


def _embedding() -> list[Endpoint]:
    model = settings.ATTEST_ENCODER_MODEL
    urls = encoder_urls()
    return _chained(Kind.EMBEDDING, model, urls, encoder_breaker) or [Endpoint(Kind.EMBEDDING, "embedding", model)]


def _reranker() -> list[Endpoint]:
    model = settings.ATTEST_RERANKER_MODEL
    if not model:
        return []
    urls = reranker_urls()
    return _chained(Kind.RERANKER, model, urls, reranker_breaker) or [Endpoint(Kind.RERANKER, "reranker", model)]


def _chained(kind: Kind, model: str, urls: Sequence[str], circuit: Callable[[int], Breaker]) -> list[Endpoint]:
    """Named as their circuits are, and each with the hosts that are asked without it."""
    hosts = [_host(url) for url in urls]
    return [
        Endpoint(kind, circuit(place).label, model, host, circuit(place), instead=[*hosts[:place], *hosts[place + 1 :]])
        for place, host in enumerate(hosts)
    ]


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
