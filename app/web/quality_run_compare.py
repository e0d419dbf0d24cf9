"""What the page of two runs side by side shows: whether they may be compared, the figures, and what changed by case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.quality.comparing import Change, Compared, Ended, compared
from app.quality.models import CaseResult, EvaluationRun
from app.web.quality_run_case import asked_of
from app.web.quality_run_words import FIGURES, LIVING, Why, chosen_words, has_open_texts, kind_label, kind_of, why
from app.web.version_diff import TextDiff, diff

CHANGES: dict[Change, str] = {
    "broke": "Broke", "mended": "Got better", "other": "Changed otherwise", "same": "Ended the same",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MadeOf:
    """Something that shaped the answers and differs; empty where a run does not say."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One case in both runs. `diff` is of the two answers; None where texts are closed or the answers are the same."""

    kind: Change
    before: CaseResult
    after: CaseResult
    why_before: Sequence[Why]
    why_after: Sequence[Why]
    diff: TextDiff | None


def compare_runs(before: EvaluationRun, after: EvaluationRun) -> Compared:
    return compared(ends_of(before), ends_of(after), [name for name in FIGURES if name != "passed"])


def ends_of(run: EvaluationRun) -> list[Ended]:
    return [
        Ended(row.case, asked_of(row.details), row.details.get("text", ""), row.outcome, row.passed, row.is_safe,
              row.figures)
        for row in run.results.all()
    ]  # fmt: skip


def why_not_comparable(before: EvaluationRun, after: EvaluationRun, found: Compared) -> list[str]:
    """Sentences; none where the figures below say whether the product changed."""
    if before.pk == after.pk:
        return ["This is one run twice. Choose another one to compare it with."]
    reasons = []
    old, new = kind_of(before), kind_of(after)
    if old != new:
        because = "what was asked" if LIVING in (old, new) else "who wrote the answers"
        reasons.append(
            f"One is of the mode “{kind_label(old)}”, the other “{kind_label(new)}”. "
            f"What differs comes from {because}, not from a change."
        )
    if not found.pairs:
        reasons.append("They have no case in common that was asked in the same words.")
    return reasons


def remarks(before: EvaluationRun, after: EvaluationRun, found: Compared) -> list[str]:
    """What is left out of the comparison, in sentences."""
    said = []
    if before.filters != after.filters:
        said.append(
            f"Other cases were chosen: {chosen_words(before.filters)} before, {chosen_words(after.filters)} after."
        )
    for cases, words in (
        (found.only_before, "that only the run before asked"),
        (found.only_after, "that only the run after asked"),
        (found.reworded, "whose words or facts changed between the runs"),
    ):
        said += [f"Left out: {_counted(len(cases))} {words}."] if cases else []
    return said


def made_of_differences(before: EvaluationRun, after: EvaluationRun) -> list[MadeOf]:
    old, new = ({"model": run.model, **run.made_of} for run in (before, after))
    return [
        MadeOf(name, str(old.get(name, "")), str(new.get(name, "")))
        for name in {**old, **new}
        if old.get(name, "") != new.get(name, "")
    ]


def changed_cases(before: EvaluationRun, after: EvaluationRun, pairs: Sequence[tuple[Change, str]]) -> list[Changed]:
    """The whole of these cases, in their order."""
    cases = [case for _, case in pairs]
    old, new = ({row.case: row for row in run.results.filter(case__in=cases)} for run in (before, after))
    has_texts = has_open_texts(before) and has_open_texts(after)
    return [_changed(kind, old[case], new[case], has_texts=has_texts) for kind, case in pairs]


def _changed(kind: Change, before: CaseResult, after: CaseResult, *, has_texts: bool) -> Changed:
    texts = [each.details.get("text", "") for each in (before, after)]
    return Changed(
        kind, before, after, why(before, with_texts=has_texts), why(after, with_texts=has_texts),
        diff(*texts) if has_texts and texts[0] != texts[1] else None,
    )  # fmt: skip


def _counted(cases: int) -> str:
    return "1 case" if cases == 1 else f"{cases:,} cases"


def counts_of(found: Compared) -> list[tuple[Change, str, int]]:
    return [(change, label, len(found.of(change))) for change, label in CHANGES.items()]


def chosen_pairs(found: Compared, show: Any) -> list[tuple[Change, str]]:
    """Of one change, or all that changed: what broke first."""
    wanted: list[Change] = [show] if show in CHANGES else ["broke", "mended", "other"]
    return [(change, old.case) for change in wanted for old, _ in found.of(change)]
