"""Evaluation runs for tests, as `manage.py evaluate` keeps them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from app.quality.intervals import wilson
from app.quality.models import CaseResult, EvaluationRun

QUESTION = "How much may a hotel in Delft cost?"
ANSWER = "Hotels cost at most 140 euros a night. [1]"


def made_run(*cases: dict[str, Any], days_ago: float = 0, **fields: Any) -> EvaluationRun:
    """A run of these cases (see `made_case`), whole and quoted unless `fields` say otherwise."""
    begun: datetime = timezone.now() - timedelta(days=days_ago)
    passed = sum(case.get("passed", True) for case in cases)
    values = {
        "name": f"run-{EvaluationRun.objects.count() + 1}", "mode": "extractive", "cases": len(cases),
        "passed": passed, "figures": figures_of(passed, len(cases)), "started_at": begun,
        "finished_at": begun + timedelta(minutes=2), "made_of": {"encoder": "all-MiniLM-L6-v2"},
    } | fields  # fmt: skip
    run = EvaluationRun.objects.create(**values)
    for case in cases:
        made_case(run, **case)
    return run


def figures_of(passed: int, n: int) -> dict[str, Any]:
    figure = wilson(passed, n)
    plain = {"value": figure.value, "low": figure.low, "high": figure.high, "n": n} if figure else None
    return {"all": {"passed": plain, "recall@8": plain, "fact_recall": None}, "list": {"passed": plain}}


def made_case(run: EvaluationRun, case: str = "travel-hotel-01", **fields: Any) -> CaseResult:
    """One that passed, unless `fields` say otherwise; `details` are added to what is usual."""
    more = fields.pop("details", {})
    is_right = fields.pop("is_right", True)
    details = {
        "case": case, "question": QUESTION, "asker": "maya@example.com", "accepted": [], "text": ANSWER,
        "cited": [{"document": "travel/policy.md", "quote": "at most 140 euros a night"}],
        "found": ["travel/policy.md", "people/leave.md"], "steps": {"retrieve": 20.0, "generate": 1.5},
        "prompt_tokens": 0, "completion_tokens": 0, "cost_usd": "0",
    } | more  # fmt: skip
    values = {
        "tags": ["single-fact"], "expected": "answered", "outcome": "answered", "passed": True, "is_safe": True,
        "figures": {"right_outcome": float(is_right), "recall@8": 1.0}, "details": details,
    } | fields  # fmt: skip
    return CaseResult.objects.create(run=run, case=case, **values)
