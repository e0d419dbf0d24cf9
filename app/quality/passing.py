"""Whether an evaluation run lets a prompt or a model be put in use.

It must be a run over all cases with the real model, of exactly what would be in use afterwards, that passed the gate
and is not old. Where the newest such run failed, an earlier one that passed counts no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from app.prompts.active import version_of
from app.prompts.kinds import KINDS
from app.prompts.models import PromptVersion
from app.providers.chat_models import chat_models
from app.providers.models_in_use import load_models_in_use
from app.providers.named_models import NamedModel
from app.quality.made_of import ANSWER, MODEL, differing, made_of, prompt_label
from app.quality.models import EvaluationRun

PASSED, NOT_COMPARED = EvaluationRun.Verdict.PASSED, EvaluationRun.Verdict.NOT_COMPARED
# Of the newest runs with it, how many are looked at.
MOST_RUNS = 50
NO_MODEL = "No language model is in use, so no answer is written by this text and there is nothing to measure."


@dataclass(frozen=True, slots=True)
class Standing:
    """`run` is the one that carries it. Where there is none, `said` tells why, and `nearest` is the run it tells of.

    Where none is demanded, `said` tells that. `command` makes one.
    """

    run: EvaluationRun | None
    is_demanded: bool
    said: str
    command: str = ""
    nearest: EvaluationRun | None = None

    @property
    def may_go_on(self) -> bool:
        return self.run is not None or not self.is_demanded


def standing_of_prompt(version: PromptVersion, *, lock: bool = False) -> Standing:
    """`lock` keeps the run from being deleted before the transaction ends."""
    if not KINDS[version.name].is_measured:
        return Standing(None, False, "No reader's answer depends on this text, so no run of the cases measures it.")
    load_models_in_use()
    if not chat_models(ANSWER):
        return Standing(None, False, NO_MODEL)
    own = {prompt_label(version.name): version_of(version.name, version.text)}
    command = f"python manage.py eval_gate --prompt {version.name}={version.short_hash}"
    return _standing(own, {**made_of(with_models=True), **own}, command, lock=lock)


def standing_of_model(named: NamedModel, *, lock: bool = False) -> Standing:
    """Of the model alone, with the prompts in use."""
    own = {MODEL: named.version}
    return _standing(own, made_of_alone(named), command_for_model(named), lock=lock)


def command_for_model(named: NamedModel) -> str:
    return f"python manage.py eval_gate --model {named.name}"


def made_of_alone(named: NamedModel) -> dict[str, str]:
    """What a run with this model for everything would be made of now."""
    now = made_of(with_models=True)
    return {name: value for name, value in now.items() if not name.startswith(MODEL)} | {MODEL: named.version}


def last_run_of(named: NamedModel) -> EvaluationRun | None:
    """The newest run over all cases in which this model alone answered; what else it was made of may have changed."""
    return _runs({MODEL: named.version}).first()


def runs_by_name(names: Sequence[str]) -> dict[str, EvaluationRun]:
    """Those of the named runs that are still there."""
    return {run.name: run for run in EvaluationRun.objects.filter(name__in=[name for name in names if name])}


def _runs(own: dict[str, str]) -> QuerySet[EvaluationRun]:
    found = EvaluationRun.objects.filter(mode=EvaluationRun.Mode.CONFIGURED, filters={}, made_of__contains=own)
    return found.defer("figures", "evidence")


def _standing(own: dict[str, str], after: dict[str, str], command: str, *, lock: bool) -> Standing:
    found = _runs(own)
    runs = list((found.select_for_update() if lock else found)[:MOST_RUNS])
    compared = [run for run in runs if run.verdict != NOT_COMPARED]
    exact = [run for run in compared if not differing(run.made_of, after)]
    oldest = timezone.now() - timedelta(days=settings.ATTEST_PASSING_RUN_DAYS)
    if exact and exact[0].verdict == PASSED and exact[0].started_at >= oldest:
        return Standing(exact[0], True, "", command)
    nearest = next(iter([*exact, *compared, *runs]), None)
    return Standing(None, True, _why_not(nearest, after), command, nearest)


def _why_not(nearest: EvaluationRun | None, after: dict[str, str]) -> str:
    if nearest is None:
        return "No run over all cases has measured it yet."
    if nearest.verdict == NOT_COMPARED:
        return "It was run, but the run was not compared with anything: the command below does both."
    if changed := differing(nearest.made_of, after):
        return f"It was run with something else than would be in use: {', '.join(changed)}."
    if nearest.verdict != PASSED:
        return "Its newest run failed."
    return f"Its passing run is more than {settings.ATTEST_PASSING_RUN_DAYS} days old."
