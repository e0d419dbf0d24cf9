"""Registers app.audit with Django, and its checks."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "app.audit"
    label = "audit"

    def ready(self) -> None:
        import app.audit.checks  # noqa: F401 - registers itself
