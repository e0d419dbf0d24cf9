"""Puts a prompt or a model in use: on a run that carries it, or on the word of an admin, which is kept for good."""

from typing import Any

from django.db import transaction

from app.prompts.activation import activate
from app.prompts.models import PromptActivation, PromptVersion
from app.providers.activation import use
from app.providers.models import ModelActivation
from app.providers.named_models import NamedModel
from app.quality.passing import Standing, standing_of_model, standing_of_prompt


class NoPassingRun(Exception):  # noqa: N818 - the name says what happened
    """No run carries it; the message says why, and what to do."""


@transaction.atomic
def activate_prompt(version: PromptVersion, *, reason: str, actor: Any, without_run: str = "") -> PromptActivation:
    """`without_run` says why to go on where no run carries it. Raises NoPassingRun, and PromptRefused."""
    standing = standing_of_prompt(version, lock=True)
    return activate(version, reason=reason, actor=actor, **grounds(standing, without_run))


@transaction.atomic
def use_model(named: NamedModel, *, reason: str, actor: Any, without_run: str = "") -> ModelActivation:
    """As `activate_prompt`. Raises NoPassingRun."""
    standing = standing_of_model(named, lock=True)
    return use(named, reason=reason, actor=actor, **grounds(standing, without_run))


def grounds(standing: Standing, without_run: str) -> dict[str, str]:
    """What is kept with the activation; the run goes before the word of a person."""
    if standing.run is not None:
        return {"run": standing.run.name}
    if not standing.is_demanded:
        return {"without_run": standing.said}
    if not without_run.strip():
        raise NoPassingRun(f"{standing.said} Run “{standing.command}”, or say why to go on without.")
    return {"without_run": without_run.strip()}
