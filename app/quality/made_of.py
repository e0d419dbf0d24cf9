"""What shapes answers besides the code: prompts, models, encoder, settings, and the versions of reading and cutting."""

from collections.abc import Iterable

from django.conf import settings

from app.answers.steps.reuse import SHAPING_SETTINGS
from app.env import env
from app.prompts.active import active_prompt, load_active_prompts
from app.providers.chat_models import chat_models
from app.providers.models_in_use import load_models_in_use
from app.providers.named_models import ROUTES, NamedModel, Route
from app.providers.registry import configured_encoder
from ingestion.generations import CHUNKER_VERSION, PARSER_VERSION

# What every kind of run reads, and what is read only where a real model answers.
PROMPTS = ("answer", "rewrite")
MODEL_PROMPTS = ("judge", "summarise")
MODEL = "model"
ANSWER: Route = "answer"
# Whose values show in answers or in what is found for them.
SETTINGS = (*SHAPING_SETTINGS, "ATTEST_INJECTION_POLICY", "ATTEST_RERANKER_MODEL", "LLM_TOKENIZER")


def made_of(*, with_models: bool = False) -> dict[str, str]:
    """As it is in use now. With models: those of the route for answers, and of others that are not the same."""
    load_active_prompts()
    names = (*PROMPTS, *MODEL_PROMPTS) if with_models else PROMPTS
    prompts = {prompt_label(name): active_prompt(name).version for name in names}
    rest = {"encoder": configured_encoder().name, "parser": PARSER_VERSION, "chunker": CHUNKER_VERSION}
    return {**prompts, **rest, **_settings(), **(_models() if with_models else {})}


def prompt_label(name: str) -> str:
    return f"prompt “{name}”"


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The names of what is not the same in both."""
    return [name for name in {**before, **after} if before.get(name) != after.get(name)]


def _settings() -> dict[str, str]:
    """Those that are not at their default."""
    usual = {each.name: each.default for each in env.documented()}
    now = {name: str(getattr(settings, name)) for name in SETTINGS}
    return {name: value for name, value in now.items() if value != usual[name]}


def _models() -> dict[str, str]:
    load_models_in_use()
    answering = _chain(chat_models(ANSWER))
    others = {f"{MODEL} of the route {route}": _chain(chat_models(route)) for route in ROUTES if route != ANSWER}
    return {MODEL: answering} | {name: chain for name, chain in others.items() if chain != answering}


def _chain(models: Iterable[NamedModel]) -> str:
    return " → ".join(each.version for each in models)
