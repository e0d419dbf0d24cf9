"""Registers app.ops with Django."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "app.ops"
    label = "ops"

    def ready(self) -> None:
        # Models can only be imported once Django has registered them.
        import app.ops.checks  # noqa: F401 - registers itself
