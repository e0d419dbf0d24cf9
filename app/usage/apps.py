"""Registers app.usage with Django, and as the one who counts what remote endpoints use."""

from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "app.usage"
    label = "usage"

    def ready(self) -> None:
        from app.providers.metering import on_use
        from app.usage.metered import record_use

        on_use(record_use)
