"""The model judge in use, and how far people agree with it. Whatever shows a figure of a judge shows its `standing`.

A calibration holds for the models and the rubric that it was made with; another model or a changed rubric has none.
"""

from dataclasses import dataclass

from app.prompts.active import active_prompt, load_active_prompts
from app.providers.chat_models import chat_models
from app.providers.models_in_use import load_models_in_use
from app.quality.models import JudgeCalibration

RUBRIC = "grade"
NOT_CALIBRATED = "not calibrated"


@dataclass(frozen=True, slots=True)
class Judge:
    """`model` names the models that are asked, in order, by their versions; `rubric` is the version of the prompt.

    `called` is what their servers call them.
    """

    model: str
    rubric: str
    called: str


def judge_in_use() -> Judge | None:
    """None where no model is configured that could judge."""
    load_models_in_use()
    load_active_prompts()
    models = chat_models("judge")
    if not models:
        return None
    versions = " → ".join(each.version for each in models)
    called = " → ".join(each.model for each in models)
    return Judge(versions[:200], active_prompt(RUBRIC).version, called)


def calibration_of(judge: Judge) -> JudgeCalibration | None:
    """The last one of this very judge."""
    return JudgeCalibration.objects.filter(model=judge.model, rubric=judge.rubric).first()


def standing(judge: Judge, criterion: str) -> str:
    """What is to be said beside every figure of this judge: how far people agree with it, or that nobody knows."""
    found = calibration_of(judge)
    if found is None:
        return NOT_CALIBRATED
    measured = found.criteria.get(criterion, {})
    kappa = measured.get("kappa")
    agreement = "kappa undefined" if kappa is None else f"kappa {kappa['value']:.2f}"
    graded = f"graded in the file {found.file}" if found.file else "that people graded"
    said = f"{agreement}, {measured.get('n', 0)} answers {graded}"
    return said if measured.get("relied_on") else f"not to be relied on: {said}"
