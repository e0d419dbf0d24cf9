"""Registers app.prompts with Django: after each migration, the texts of this release become versions."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PromptsConfig(AppConfig):
    name = "app.prompts"
    label = "prompts"

    def ready(self) -> None:
        post_migrate.connect(register, sender=self, dispatch_uid="prompts.register_shipped")


def register(**migrated: Any) -> None:
    """Nothing where the tables are not there, as when Django goes back to before this app's first migration."""
    from app.prompts.activation import register_shipped
    from app.prompts.models import PromptActivation

    if PromptActivation._meta.db_table in _tables(migrated["using"]):
        register_shipped()


def _tables(using: str) -> list[str]:
    from django.db import connections

    return connections[using].introspection.table_names()
