"""What a candidate is compared with where no baseline was accepted for its mode: a run of what is in use now.

Such a run is taken from the database while it still says what is in use; otherwise it is made first.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from app.providers.chat_models import chat_models
from app.providers.models_in_use import load_models_in_use
from app.quality.made_of import ANSWER, made_of
from app.quality.models import EvaluationRun
from evals.cases.case import Case
from evals.gate.baseline import Baseline, accepted
from evals.runner.modes import Mode
from evals.runner.run import Report, run_cases
from evals.runner.scoring import Result
from evals.runner.stored import store


def mode_in_use() -> Mode:
    """Answers are quoted where no model is in use."""
    load_models_in_use()
    return Mode.CONFIGURED if chat_models(ANSWER) else Mode.EXTRACTIVE


def run_in_use(cases: Mapping[str, Case]) -> EvaluationRun | None:
    """The newest run of all these cases, as they read now, with what is in use now; None where there is none."""
    mode = mode_in_use()
    since = timezone.now() - timedelta(days=settings.ATTEST_PASSING_RUN_DAYS)
    now = made_of(with_models=mode is Mode.CONFIGURED)
    runs = EvaluationRun.objects.filter(mode=mode.value, filters={}, made_of=now, started_at__gte=since)
    return next((run for run in runs if _asked(run) == {case.id: case.question for case in cases.values()}), None)


def make_run_in_use(cases: Mapping[str, Case], parallel: int, report: Report) -> EvaluationRun:
    """Raises NoModel."""
    return store(*run_cases(list(cases.values()), mode_in_use(), parallel, report, {}))


def baseline_of(run: EvaluationRun, mode: Mode, cases: Mapping[str, Case], accepted_before: Baseline) -> Baseline:
    """The run as if it had been accepted for `mode`; what is tolerated there is tolerated here."""
    results = [Result(**each.details) for each in run.results.all()]
    ends = {result.case: accepted(result, cases[result.case]) for result in results}
    return Baseline(tolerated=accepted_before.tolerated, made_of={mode.value: run.made_of}, cases={mode.value: ends})


def _asked(run: EvaluationRun) -> dict[str, str]:
    return dict(run.results.values_list("case", "details__question"))
