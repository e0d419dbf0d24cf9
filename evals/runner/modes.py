"""Who writes the answers of a run: nobody, a server of ours that follows rules, or the model that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.test import override_settings

from app.providers.chat_models import chat_models, endpoint
from app.providers.named_models import Models
from app.safety.configured import forget as forget_policy
from app.safety.models import PersonalDataPolicy
from evals.cases.case import Case

if TYPE_CHECKING:
    from app.providers.tests.misbehaving_server import MisbehavingServer

# As a web request, but for the limits of people and for answers given again, which would hide what a change does.
ALWAYS = {"ATTEST_LIMITS": ["off"], "ATTEST_SEARCH_LIMITS": ["off"], "ATTEST_REUSE": "off"}
HONEST, OBEDIENT = "mock-read", "mock-read-obey"
ATTACKED = frozenset(("direct-injection", "indirect-injection"))
PERSONAL = "personal-data"
LOOPBACK = "127.0.0.1"


class Mode(StrEnum):
    EXTRACTIVE = "extractive"
    SCRIPTED = "scripted"
    CONFIGURED = "configured"


class NoModel(Exception):  # noqa: N818 - the name says what happened
    """The settings name no model, so there is nothing to run with."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Cases that are asked under the same settings. `sent` tells the prompts that have left since it was last asked;
    it is known only where cases are asked one at a time."""

    cases: Sequence[Case]
    at_once: int
    sent: Callable[[], list[str]]


@contextmanager
def staged(mode: Mode, cases: Sequence[Case], at_once: int) -> Iterator[Iterator[Stage]]:
    """The cases in stages, each entered when it is taken. Raises NoModel."""
    # Connections of models belong to the event loop that opened them, and each stage has its own.
    endpoint.cache_clear()
    with override_settings(**ALWAYS):
        if mode is Mode.SCRIPTED:
            with _server() as server, closing(_scripted(server, cases, at_once)) as stages:
                yield stages
        elif mode is Mode.EXTRACTIVE:
            with override_settings(LLM_BASE_URL="", LLM_MODEL="", ATTEST_MODELS=Models({}, {})):
                yield iter([Stage(cases, at_once, list)])
        else:
            if not chat_models("answer"):
                raise NoModel("No model is configured: set LLM_BASE_URL and LLM_MODEL, or run another mode.")
            yield iter([Stage(cases, at_once, list)])
    endpoint.cache_clear()


def _server() -> MisbehavingServer:
    """It stands with the tests, which are not part of an installation from an image. Raises NoModel there."""
    try:
        from app.providers.tests.misbehaving_server import MisbehavingServer
    except ModuleNotFoundError as error:
        raise NoModel("Scripted mode runs in a copy of the source, where its server is; run another mode.") from error
    return MisbehavingServer()


def _scripted(server: MisbehavingServer, cases: Sequence[Case], at_once: int) -> Generator[Stage]:
    """An honest model for most; one that obeys what it reads for attacks; one outside the house for personal data."""
    attacked = [case for case in cases if ATTACKED.intersection(case.tags)]
    personal = [case for case in cases if PERSONAL in case.tags and case not in attacked]
    others = [case for case in cases if case not in attacked and case not in personal]
    with _model(server, HONEST):
        yield Stage(others, at_once, list)
    with _model(server, OBEDIENT):
        yield Stage(attacked, at_once, list)
    with _model(server, HONEST), _outside():
        server.requests.clear()
        yield Stage(personal, 1, lambda: _taken(server))


@contextmanager
def _model(server: MisbehavingServer, name: str) -> Iterator[None]:
    changed = {
        "LLM_BASE_URL": server.url, "LLM_MODEL": name, "LLM_API_KEY": "", "ATTEST_MODELS": Models({}, {}),
        "ATTEST_JUDGE": "off", "LLM_CONTEXT_TOKENS": 8000, "LLM_MAX_TOKENS": 700, "LLM_MAX_CONCURRENT": 0,
        "LLM_FIRST_TOKEN_TIMEOUT_S": 60.0, "LLM_TOKEN_TIMEOUT_S": 60.0, "LLM_TOKENIZER": "",
    }  # fmt: skip
    with override_settings(**changed):
        endpoint.cache_clear()
        yield
    endpoint.cache_clear()


@contextmanager
def _outside() -> Iterator[None]:
    """The server counts as a model of strangers, from which personal data is hidden. In the copied database alone."""
    policy = PersonalDataPolicy.objects.first() or PersonalDataPolicy()
    policy.outside_hosts = [LOOPBACK]
    policy.save()
    forget_policy()
    yield


def _taken(server: MisbehavingServer) -> list[str]:
    bodies = [request.body for request in server.requests]
    server.requests.clear()
    return ["\n".join(message["content"] for message in body.get("messages", [])) for body in bodies]


def model_name(mode: Mode) -> str:
    """For the report: which model answers, "" for none."""
    if mode is Mode.EXTRACTIVE:
        return ""
    if mode is Mode.SCRIPTED:
        return HONEST
    return " → ".join(named.model for named in chat_models("answer"))
