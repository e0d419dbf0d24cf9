"""Puts a model that is on trial in use, or takes it out again. What it rests on is asked for in `app.quality`."""

from typing import Any

from django.db import transaction

from app.audit.events import MODEL_TAKEN_OUT, MODEL_USED, record_event
from app.providers.models import ModelActivation
from app.providers.models_in_use import refresh_models_in_use
from app.providers.named_models import NamedModel


@transaction.atomic
def use(named: NamedModel, *, reason: str, actor: Any, run: str = "", without_run: str = "") -> ModelActivation:
    """It takes its places in the routes from the next question on. Raises ValueError for neither run nor reason."""
    if not run and not without_run:
        raise ValueError("A model is put in use on a passing run, or with the reason why there is none.")
    grounds = {"run": run, "without_run": without_run}
    kind = ModelActivation.Kind.USED
    return _noted(named, kind, MODEL_USED, reason=reason, actor=actor, grounds=grounds)


@transaction.atomic
def take_out(named: NamedModel, *, reason: str, actor: Any) -> ModelActivation:
    """It is left out of every route from the next question on."""
    kind = ModelActivation.Kind.TAKEN_OUT
    return _noted(named, kind, MODEL_TAKEN_OUT, reason=reason, actor=actor, grounds={})


def last_activation(named: NamedModel) -> ModelActivation | None:
    """Of this very version; None where it was never put in use."""
    last = ModelActivation.objects.filter(name=named.name).first()
    return last if last is not None and last.version == named.version else None


def _noted(
    named: NamedModel, kind: str, action: str, *, reason: str, actor: Any, grounds: dict[str, str]
) -> ModelActivation:
    last = ModelActivation.objects.filter(name=named.name).first()
    activation = ModelActivation.objects.create(
        name=named.name, version=named.version, model=named.model[:200], kind=kind, reason=reason, actor=actor,
        actor_label=actor.email, **grounds,
    )  # fmt: skip
    record_event(
        actor, action, f"model:{named.name}", before=_told(last), after=_told(activation), reason=reason, **grounds
    )
    transaction.on_commit(refresh_models_in_use)
    return activation


def _told(activation: ModelActivation | None) -> dict[str, str] | None:
    """As the audit log tells it; none where it was never in use."""
    if activation is None:
        return None
    return {"model": activation.model, "version": activation.version, "is": activation.get_kind_display()}
