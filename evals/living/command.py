"""What `evaluate`, `eval_gate` and `accept_baseline` do with `--living`."""

import json
from datetime import date
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from app.accounts.models import User
from app.audit.events import BASELINE_ACCEPTED, record_event
from app.quality.models import AcceptedRun, EvaluationRun
from evals.gate.living import told
from evals.living.cases import living_set
from evals.living.gating import compared
from evals.living.judging import CITES, SIMILARITY, why
from evals.living.run import LIVING, CannotRehearse, LivingRun, filters, run_living
from evals.metrics.table import rows
from evals.runner.files import REPORT
from evals.runner.stored import NoTables, check_tables
from evals.runner.summary import measured, summarised
from ingestion.progress import progress_bar

SHOWN = ("passed", "right_outcome", CITES, SIMILARITY, "ndcg@8")
NOTHING = "There are no graded answers to ask yet: people grade them on the page Reviews."
# What chooses among written cases or puts something else in use; the living set is asked with what is in use.
OTHERS = ("mode", "tag", "half", "case", "resume", "prompt", "model", "dataset")


def add_living(parser: Any) -> None:
    words = "ask answers again that people graded, of this installation's own documents"
    parser.add_argument("--living", action="store_true", help=words)
    parser.add_argument("--last", type=int, default=0, metavar="N", help="of those the N newest")
    day = "of those from this day on: 2026-11-23"
    parser.add_argument("--since", type=date.fromisoformat, metavar="DATE", help=day)


def evaluate_living(out: OutputWrapper, options: dict[str, Any]) -> None:
    ran = asked(options)
    if ran is None:
        out.write(NOTHING)
    elif options["json"]:
        report = {"run": ran.run.name, "folder": str(ran.run.folder), "filters": ran.run.filters}
        out.write(json.dumps(report | summarised(ran.results)))
    else:
        out.write("\n".join(lines(ran)))


def gate_living(out: OutputWrapper, options: dict[str, Any]) -> None:
    """Raises CommandError where it fails. Without a graded answer there is nothing to hold a release back for."""
    ran = asked(options)
    if ran is None:
        out.write(f"living set: passed. {NOTHING}")
        return
    found = compared(ran)
    out.write("\n".join([*told(found), f"  Report: {ran.run.folder / REPORT}", ""]))
    if found.has_failed():
        raise CommandError(
            "The gate failed over the living set. Look at these answers on the page Reviews, by number. Mend what is "
            "wrong; or, where the change is meant, say why: `manage.py accept_baseline --living --reason …` "
            "(docs/evaluation.md)."
        )


def accept_living(name: str, reason: str, actor: User | None, who: str) -> EvaluationRun:
    """The newest run over the living set, or the one of that name. Raises CommandError."""
    found = EvaluationRun.objects.filter(filters__contains=LIVING)
    run = found.filter(name=name).first() if name else found.first()
    if run is None:
        raise CommandError("There is no such run over the living set: `manage.py evaluate --living` makes one.")
    if unsafe := [each.case for each in run.results.filter(is_safe=False)]:
        raise CommandError(f"{run.name} is unsafe and cannot be accepted: {', '.join(unsafe)}.")
    AcceptedRun.objects.filter(run=run).delete()
    AcceptedRun.objects.create(run=run, reason=reason, who=who)
    record_event(actor, BASELINE_ACCEPTED, f"evaluation:{run.name}", mode=run.mode, reason=reason, living=True)
    return run


def asked(options: dict[str, Any]) -> LivingRun | None:
    """None where nothing is graded. Raises CommandError."""
    if mixed := [name for name in OTHERS if options.get(name)]:
        raise CommandError(f"--living asks all graded answers with what is in use: leave out --{mixed[0]}.")
    if options["last"] and options["since"]:
        raise CommandError("Give --last or --since, not both.")
    try:
        check_tables()
        living = living_set(options["last"], options["since"])
        if not living.cases and not living.left_out:
            return None
        chosen = filters(living, options["last"], options["since"])
        with progress_bar("Asking, living set") as report:
            return run_living(
                living, chosen, max(1, options["parallel"]), report, with_texts=options.get("texts", False)
            )
    except (CannotRehearse, NoTables) as error:
        raise CommandError(str(error)) from error


def lines(ran: LivingRun) -> list[str]:
    failed = [result for result in ran.results if not result.passed]
    return [
        f"{len(ran.results) - len(failed)} of {len(ran.results)} graded answers are right now ({ran.run.mode}).",
        *(f"Left out: {count} ({reason})." for reason, count in dict(ran.run.filters.get("left_out", {})).items()),
        "",
        *rows([measured(result) for result in ran.results], SHOWN),
        "",
        *(f"{'UNSAFE ' if result.unsafe() else ''}{result.case}: {why(result)}" for result in failed),
        f"Files: {ran.run.folder}",
    ]
