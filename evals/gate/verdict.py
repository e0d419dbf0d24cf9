"""Keeps with a run whether it passed, over what, and by which evidence."""

from dataclasses import asdict
from typing import Any

from app.quality.models import EvaluationRun
from evals.gate.baseline import Baseline
from evals.gate.compare import Comparison
from evals.gate.tell import reasons


def keep_verdict(run: EvaluationRun, found: Comparison, compared_with: str) -> None:
    run.verdict = EvaluationRun.Verdict.FAILED if found.has_failed() else EvaluationRun.Verdict.PASSED
    run.compared_with = compared_with
    run.evidence = evidence(found)
    run.save(update_fields=["verdict", "compared_with", "evidence"])


def evidence(found: Comparison) -> dict[str, Any]:
    """Plain JSON. Cases by name; their texts are with their results."""
    return {
        "reasons": list(reasons(found)),
        "broke": [each.case for each in found.broke],
        "mended": [each.case for each in found.mended],
        "flipped": [[each.case, was, each.outcome] for each, was in found.flipped],
        "unsafe": [[each.case, kind] for each, kind in found.unsafe],
        "changed": list(found.changed),
        "figures": [asdict(change) for change in found.changes if change.before != change.after],
    }


def name_of(baseline: Baseline, mode: str) -> str:
    """The accepted baseline of a mode, by when it was accepted."""
    days = [str(entry.get("when", ""))[:10] for entry in baseline.history if entry.get("mode") == mode]
    return f"the baseline accepted on {days[-1]}" if days else "the baseline"
