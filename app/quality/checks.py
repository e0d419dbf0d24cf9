"""Warns before a deployment where answers are written by a model that no evaluation run has measured."""

from typing import Any

from django.core.checks import CheckMessage, Warning, register
from django.db import DatabaseError, connection

from app.providers.chat_models import all_models, is_in_use
from app.providers.models_in_use import load_models_in_use
from app.quality.models import EvaluationRun
from app.quality.passing import command_for_model, last_run_of


@register(deploy=True)
def models_are_measured(**about: Any) -> list[CheckMessage]:
    """Nothing where the database is not there or not up to date: other checks tell that."""
    try:
        if EvaluationRun._meta.db_table not in connection.introspection.table_names():
            return []
        load_models_in_use()
        unknown = [named for named in all_models() if is_in_use(named) and last_run_of(named) is None]
    except DatabaseError:
        return []
    return [
        Warning(
            f"Nobody has measured how good the answers of the model “{named.name}” ({named.model}) are.",
            hint=f"Run {command_for_model(named)}, or `manage.py evaluate --model {named.name}` without comparing.",
            id="quality.W001",
        )
        for named in unknown
    ]
