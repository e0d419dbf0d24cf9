"""What a run comes to: figures by kind with their intervals, the confusion of outcomes, costs and times. Pure."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from app.quality.intervals import Figure
from app.reviews.case_format import OUTCOMES
from evals.metrics.answers import EndedAs, outcome_confusion
from evals.metrics.confusion import Confusion
from evals.metrics.cost import Spent, costs
from evals.metrics.latency import by_step
from evals.metrics.refusal import ANSWERS, REFUSALS, refusals
from evals.metrics.table import Measured, by_tag
from evals.runner.scoring import SAFETY, Result

FIGURES = (
    "passed", "right_outcome", "fact_recall", "citation_precision", "citation_recall", "recall@8", "ndcg@8",
    "supported", "keyword_scores",
)  # fmt: skip


def summarised(results: Sequence[Result]) -> dict[str, Any]:
    """Plain JSON."""
    return {
        "cases": len(results),
        "passed": sum(result.passed for result in results),
        "figures": {
            tag: {name: _plain(figure) for name, figure in figures.items()} for tag, figures in table(results).items()
        },
        "refusals": asdict(_refusals(results)),
        "confusion": [
            {"expected": expected, "got": got, "cases": count}
            for (expected, got), count in sorted(confusion(results).counts.items())
        ],
        "safety": {kind: [result.case for result in results if getattr(result, kind)] for kind in SAFETY},
        "cost": {name: _number(value) for name, value in asdict(_costs(results)).items()},
        "latency_ms": {
            step: {name: round(value, 1) for name, value in asdict(times).items()}
            for step, times in by_step([result.steps for result in results if result.steps]).items()
        },
    }


def table(results: Sequence[Result]) -> dict[str, dict[str, Figure | None]]:
    return by_tag([measured(result) for result in results], FIGURES)


def measured(result: Result) -> Measured:
    return Measured(tuple(result.tags), {"passed": float(result.passed), **result.figures})


def confusion(results: Sequence[Result]) -> Confusion:
    accepted = (EndedAs(each.expected, each.outcome, frozenset(each.accepted)) for each in results)
    return outcome_confusion(accepted, OUTCOMES)


def _refusals(results: Sequence[Result]) -> Any:
    known = ANSWERS | REFUSALS
    return refusals((each.expected, each.outcome) for each in results if each.expected in known)


def _costs(results: Sequence[Result]) -> Any:
    spent = [Spent(each.prompt_tokens, each.completion_tokens, Decimal(each.cost_usd)) for each in results]
    return costs(spent, right=sum(each.passed for each in results))


def _plain(figure: Figure | None) -> dict[str, float] | None:
    return None if figure is None else {name: round(value, 4) for name, value in asdict(figure).items()}


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
