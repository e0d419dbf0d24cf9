"""Before a deployment: warns where the product's database role could switch the audit trail's guard off."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import DatabaseError

from app.audit.database_role import power


@register(deploy=True)
def role_cannot_change_the_trail(**about: Any) -> list[CheckMessage]:
    """Nothing where the database is not there: other checks tell that. The embedded one has a single role."""
    if not settings.DATABASE_URL:
        return []
    try:
        found = power()
    except DatabaseError:
        return []
    if found is None:
        return []
    if not found.trigger_is_on:
        return [Error(found.words, hint="Run `manage.py migrate audit` as the tables' owner.", id="audit.E001")]
    if found.could_switch_off:
        return [
            Warning(
                found.words, hint="Make a role of its own: see docs/audit.md, “A role of its own”.", id="audit.W001"
            )
        ]
    return []
