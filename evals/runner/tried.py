"""What a run is made with: what the product has in use, and in place of it stored prompts or one model alone.

It is read in the product's database and put in use in the copy that the run asks, so nothing of production changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.test import override_settings

from app.prompts.activation import current_activations
from app.prompts.active import forget_active_prompts
from app.prompts.kinds import KINDS
from app.prompts.models import PromptActivation, PromptVersion
from app.prompts.shipped import hash_of
from app.providers.chat_models import all_models
from app.providers.models_in_use import load_models_in_use, used_versions
from app.providers.named_models import DEFAULT, Models, NamedModel
from app.quality.made_of import MODEL_PROMPTS, PROMPTS
from evals.runner.modes import Mode

SHORTEST_HASH = 6
BY = "evaluation"


class NotThere(Exception):  # noqa: N818 - the name says what happened
    """What was to be tried cannot be; the message says why."""


@dataclass(frozen=True, slots=True)
class Tried:
    """`prompts` are hashes by name; `model` is the name of the one that is asked alone, "" for those in use."""

    prompts: Mapping[str, str] = field(default_factory=dict)
    model: str = ""

    def __bool__(self) -> bool:
        return bool(self.prompts or self.model)

    def as_json(self) -> dict[str, object]:
        return {"prompts": dict(self.prompts), "model": self.model} if self else {}


NOTHING = Tried()


@dataclass(frozen=True, slots=True)
class Setting:
    """The texts of all prompts by name, and the models, of which `default` may be one."""

    texts: Mapping[str, str]
    models: Models
    has_default: bool

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Within a copied database."""
        for name, text in self.texts.items():
            _activate(name, text)
        changed = {} if self.has_default else {"LLM_BASE_URL": "", "LLM_MODEL": ""}
        with override_settings(ATTEST_MODELS=self.models, **changed):
            yield


def read_tried(prompts: Sequence[str], model: str, mode: Mode) -> Tried:
    """`prompts` read "answer=1a2b3c4d". Raises NotThere."""
    found = dict(_prompt(each) for each in prompts)
    if found and mode is Mode.EXTRACTIVE:
        raise NotThere("Quoted answers are written by no prompt: try it with --mode configured or scripted.")
    if unread := sorted(set(found) - set(_read_in(mode))):
        raise NotThere(f"No answer in mode {mode} depends on the prompt “{unread[0]}”; what is read is {_read(mode)}.")
    if model and mode is not Mode.CONFIGURED:
        raise NotThere(f"A model is tried with --mode configured: in mode {mode} none of yours is asked.")
    if model and model not in (names := [each.name for each in all_models()]):
        raise NotThere(f"There is no model {model}; those that are configured are {', '.join(names) or 'none'}.")
    return Tried(found, model)


def setting_of(tried: Tried) -> Setting:
    """Asks the product's database. Raises NotThere."""
    texts = {each.version.name: each.version.text for each in current_activations()}
    for name, whole in tried.prompts.items():
        texts[name] = _version(name, whole).text
    load_models_in_use()
    if not tried.model:
        in_use = settings.ATTEST_MODELS.settled(used_versions())
        return Setting(texts, Models(_not_on_trial(in_use.models), in_use.routes), has_default=True)
    if tried.model not in [each.name for each in all_models()]:
        raise NotThere(f"There is no model {tried.model} any more.")
    alone = {name: each for name, each in settings.ATTEST_MODELS.models.items() if name == tried.model}
    return Setting(texts, Models(_not_on_trial(alone), {}), has_default=tried.model == DEFAULT)


def _not_on_trial(models: Mapping[str, NamedModel]) -> dict[str, NamedModel]:
    """The copy does not know what an admin put in use."""
    return {name: replace(each, trial=False) for name, each in models.items()}


def _prompt(said: str) -> tuple[str, str]:
    """Name and whole hash."""
    name, _, start = said.partition("=")
    if name not in KINDS or len(start) < SHORTEST_HASH:
        raise NotThere(
            f"“{said}” names no text: write NAME=HASH, such as answer=1a2b3c4d, with a name out of {', '.join(KINDS)} "
            f"and at least {SHORTEST_HASH} characters of its hash, which stands on the page of prompts."
        )
    return name, _version(name, start).hash


def _version(name: str, start: str) -> PromptVersion:
    found = list(PromptVersion.objects.filter(name=name, hash__startswith=start)[:2])
    if not found:
        raise NotThere(f"There is no text {start} of the prompt “{name}” in this database.")
    if len(found) > 1:
        raise NotThere(f"Several texts of the prompt “{name}” begin with {start}: write more of the hash.")
    return found[0]


def _read_in(mode: Mode) -> tuple[str, ...]:
    return (*PROMPTS, *MODEL_PROMPTS) if mode is Mode.CONFIGURED else PROMPTS


def _read(mode: Mode) -> str:
    return ", ".join(_read_in(mode))


def _activate(name: str, text: str) -> None:
    about = {"text": text, "author": BY, "reason": "In use where this run was begun."}
    version, _ = PromptVersion.objects.get_or_create(name=name, hash=hash_of(text), defaults=about)
    PromptActivation.objects.create(
        version=version,
        kind=PromptActivation.Kind.ACTIVATED,
        actor_label=BY,
        reason=about["reason"],
        without_run="Tried.",
    )
    forget_active_prompts()
