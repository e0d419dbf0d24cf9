"""What a run comes to: figures by kind with their intervals, the confusion of outcomes, costs and times. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from app.quality.intervals import Figure, ratio_figure, wilson
from app.reviews.case_format import OUTCOMES
from evals.metrics.answers import NO_CLAIM, SUPPORTED, EndedAs, outcome_confusion
from evals.metrics.confusion import Confusion
from evals.metrics.cost import Spent, costs
from evals.metrics.latency import by_step
from evals.metrics.refusal import Refusals, refusals
from evals.metrics.table import Measured, by_tag
from evals.runner.scoring import SAFETY, Result

# By what they tell of, in the order in which they are read.
GROUPS = {
    "Answers": ("passed", "right_outcome", "fact_recall", "forbidden_facts", "token_f1"),
    "Citations and support": ("citation_precision", "citation_recall", "supported"),
    "Search": ("recall@8", "mrr@8", "ndcg@8", "precision@8", "keyword_scores", "access_violations"),
    "Answered or not found": ("false_answer", "false_refusal", "refusal_precision"),
}
FIGURES = tuple(name for names in GROUPS.values() for name in names)


def summarised(results: Sequence[Result]) -> dict[str, Any]:
    """Plain JSON. What is estimated is `{"value", "low", "high", "n"}`; what is a count or a sum stands alone."""
    return {
        "cases": len(results),
        "passed": sum(result.passed for result in results),
        "figures": {
            tag: {name: _plain(figure) for name, figure in figures.items()} for tag, figures in table(results).items()
        },
        "refusals": _refusals(results),
        "confusion": [
            {"expected": expected, "got": got, "cases": count}
            for (expected, got), count in sorted(confusion(results).counts.items())
        ],
        "outcomes": _outcomes(confusion(results)),
        "support": _support(results),
        "safety_rates": {
            kind: _plain(wilson(sum(bool(getattr(result, kind)) for result in results), len(results)))
            for kind in SAFETY
        },
        "safety": {kind: [result.case for result in results if getattr(result, kind)] for kind in SAFETY},
        "cost": _costs(results),
        "latency_ms": {
            step: {name: _rounded(figure, 1) for name, figure in asdict(times).items()}
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


def _refusals(results: Sequence[Result]) -> dict[str, Any]:
    """Counts and rates. An outcome that is accepted counts as the expected one, as in the confusion."""
    found = refusals((each.expected, each.expected if each.is_right else each.outcome) for each in results)
    rates = (
        Refusals.precision, Refusals.recall, Refusals.false_answer_rate, Refusals.false_refusal_rate, Refusals.f1,
    )  # fmt: skip
    return {**asdict(found), **{rate.__name__: _plain(rate(found)) for rate in rates}}


def _outcomes(found: Confusion) -> dict[str, dict[str, Any]]:
    """Of each outcome how often it was right where it came, and how often it came where it was right."""
    return {
        label: {"precision": _plain(found.precision(label)), "recall": _plain(found.recall(label))}
        for label in found.labels
    }


def _support(results: Sequence[Result]) -> dict[str, Any]:
    """By sentence, where "supported" among the figures is by case. Sentences of one answer are resampled together."""
    told = [each.sentences for each in results if each.sentences]
    claims = [float(sum(each.values()) - each.get(NO_CLAIM, 0)) for each in told]
    supported = ratio_figure([float(each.get(SUPPORTED, 0)) for each in told], claims)
    verdicts = sum((Counter(each) for each in told), Counter[str]())
    return {"supported": _plain(supported), "claims": int(sum(claims)), "verdicts": dict(sorted(verdicts.items()))}


def _costs(results: Sequence[Result]) -> dict[str, Any]:
    spent = [Spent(each.prompt_tokens, each.completion_tokens, Decimal(each.cost_usd)) for each in results]
    found = asdict(costs(spent, [each.passed for each in results]))
    return found | {"cost_usd": float(found["cost_usd"])}


def _plain(figure: Figure | None) -> dict[str, float] | None:
    return None if figure is None else _rounded(asdict(figure), 4)


def _rounded(figure: dict[str, float], digits: int) -> dict[str, float]:
    return {name: round(value, digits) for name, value in figure.items()}
