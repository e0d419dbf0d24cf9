"""The gate over the living set: asks it, compares it, and keeps the verdict with the run."""

from dataclasses import asdict

from app.quality.models import AcceptedRun, EvaluationRun
from evals.gate.baseline import digest_of
from evals.gate.living import Accepted, Before, LivingComparison, Now, compare_living, reasons
from evals.living.run import LivingRun

VERDICTS = "people's verdicts"
Verdict = EvaluationRun.Verdict


def compared(ran: LivingRun) -> LivingComparison:
    """With people's verdicts, and with the last accepted run of the same mode. Keeps the verdict."""
    now = Now(
        results=ran.results,
        good=frozenset(each.case.id for each in ran.cases if each.is_good),
        digests={each.case.id: digest_of(each.case) for each in ran.cases},
        made_of=ran.run.made_of,
        left_out=dict(ran.run.filters.get("left_out", {})),
    )
    found = compare_living(now, accepted_in(ran.run.mode))
    _keep(ran.row, found)
    return found


def accepted_in(mode: str) -> Accepted:
    last = AcceptedRun.objects.filter(run__mode=mode).select_related("run").first()
    if last is None:
        return Accepted()
    rows = last.run.results.all()
    return Accepted(
        last.run.name,
        last.run.made_of,
        {row.case: Before(row.details.get("digest", ""), row.passed, row.outcome, row.figures) for row in rows},
    )


def _keep(row: EvaluationRun, found: LivingComparison) -> None:
    row.verdict = Verdict.FAILED if found.has_failed() else Verdict.PASSED
    row.compared_with = f"{VERDICTS} and {found.accepted}" if found.accepted else VERDICTS
    row.evidence = {
        "reasons": list(reasons(found)),
        "broke": [each.case for each in found.broke],
        "unsafe": [[each.case, kind] for each, kind in found.unsafe],
        "changed": list(found.changed),
        "figures": [asdict(change) for change in found.changes if change.before != change.after],
    }
    row.save(update_fields=["verdict", "compared_with", "evidence"])
