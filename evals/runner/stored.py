"""Keeps a finished run in the database of the product that was evaluated."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import connection, transaction

from app.quality.models import CaseResult, EvaluationRun
from evals.runner.files import Run
from evals.runner.scoring import Result
from evals.runner.summary import summarised


class NoTables(Exception):  # noqa: N818 - the name says what happened
    """The product's database has not been set up, so nothing could be kept there."""


def check_tables() -> None:
    """Raises NoTables; better before a run than after it."""
    if EvaluationRun._meta.db_table not in connection.introspection.table_names():
        raise NoTables("The database is not up to date, so results could not be kept: run `manage.py migrate` first.")


@transaction.atomic
def store(run: Run, results: Sequence[Result]) -> EvaluationRun:
    """The run with its results; one that was resumed takes the place of what it was."""
    EvaluationRun.objects.filter(name=run.name).delete()
    row = EvaluationRun.objects.create(
        name=run.name, mode=run.mode, model=run.model[:200], filters=run.filters, made_of=run.made_of,
        cases=len(results), passed=sum(result.passed for result in results), figures=summarised(results)["figures"],
        started_at=datetime.fromisoformat(run.started_at),
    )  # fmt: skip
    CaseResult.objects.bulk_create(
        CaseResult(
            run=row, case=result.case, tags=result.tags, expected=result.expected, outcome=result.outcome,
            passed=result.passed, is_safe=not result.unsafe(), figures=result.figures, details=asdict(result),
        )
        for result in results
    )  # fmt: skip
    return row
