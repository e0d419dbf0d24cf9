"""What the page of one case in one run shows, and how the same case ended in other runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.quality.models import CaseResult, EvaluationRun
from app.web.quality_run import in_order
from app.web.quality_run_words import (
    FIGURES,
    accepted_words,
    has_open_texts,
    kind_of,
    label_of,
    review_of,
    runs_of_kind,
    why,
)

MOST_ENDS = 40
# What a case says of itself; runs before these were kept have none of them.
FACTS = (("must", "missing", True), ("must_not", "forbidden", False))
TOLD_BY_FACTS = ("missing", "forbidden")


@dataclass(frozen=True, slots=True)
class Fact:
    """What an answer should, or must not, state. `is_right`: it does, or does not."""

    text: str
    is_wanted: bool
    is_right: bool


@dataclass(frozen=True, slots=True)
class CaseEnd:
    """The same case in a run; `is_reworded`: it was asked or judged otherwise there."""

    result: CaseResult
    is_here: bool
    is_reworded: bool


def case_context(result: CaseResult) -> dict[str, Any]:
    """Without the texts of a living run."""
    details, has_texts = result.details, has_open_texts(result.run)
    shown, times = details if has_texts else {}, details.get("steps", {})
    facts = facts_of(shown, is_silent=not shown.get("text"))
    reasons = [each for each in why(result, with_texts=has_texts) if not (facts and each.label in TOLD_BY_FACTS)]
    return {
        "run": result.run, "result": result, "has_texts": has_texts, "details": shown,
        "expected": accepted_words(result), "why": reasons, "facts": facts, "figures": figures_of(result),
        "steps": [(step, times[step]) for step in in_order(times)], "ends": ends_of(result),
        "review_id": review_of(result),
        "tokens": (details.get("prompt_tokens") or 0) + (details.get("completion_tokens") or 0),
        "neighbours": neighbours_of(result),
    }  # fmt: skip


def facts_of(details: Mapping[str, Any], *, is_silent: bool) -> list[Fact]:
    """All that the case names; of older runs, which kept only what was wrong, that."""
    found = []
    for all_of, wrong, is_wanted in FACTS:
        bad = details.get(wrong, [])
        named = [*details.get(all_of, []), *bad]
        found += [Fact(text, is_wanted, text not in bad) for text in dict.fromkeys(named)]
    # Where nothing is said, nothing can be right or wrong about what is said.
    return [] if is_silent and not any(not each.is_right for each in found) else found


def figures_of(result: CaseResult) -> list[tuple[str, float]]:
    known = {name: value for name, value in result.figures.items() if value is not None}
    names = [name for name in FIGURES if name in known] + sorted(known.keys() - FIGURES.keys())
    return [(label_of(name), known[name]) for name in names]


def ends_of(result: CaseResult) -> list[CaseEnd]:
    """Newest first; of living runs as well, for how a case ended tells nothing of what it says."""
    rows = CaseResult.objects.filter(case=result.case).select_related("run").order_by("-run__started_at", "-run")
    asked = asked_of(result.details)
    return [CaseEnd(row, row.pk == result.pk, asked_of(row.details) != asked) for row in rows[:MOST_ENDS]]


def asked_of(details: Mapping[str, Any]) -> str:
    """Stands for what was asked, by whom, and what is right: the same for the same case."""
    parts = ("question", "asker", "expected", "accepted", "history", "must", "must_not", "digest")
    return repr([details.get(part) or None for part in parts])


def neighbours_of(result: CaseResult) -> tuple[CaseResult | None, CaseResult | None]:
    """The failed cases before and after it in its run."""
    failed = result.run.results.filter(passed=False).defer("details")
    before = failed.filter(pk__lt=result.pk).order_by("-pk").first()
    return before, failed.filter(pk__gt=result.pk).order_by("pk").first()


def runs_to_choose(run: EvaluationRun | None = None, most: int = 200) -> Sequence[EvaluationRun]:
    """The newest runs; of the same kind where one is given, without itself."""
    rows = runs_of_kind(kind_of(run)).exclude(pk=run.pk) if run else EvaluationRun.objects.all()
    return list(rows.defer("figures")[:most])
