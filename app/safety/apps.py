"""Registers app.safety with Django, and has log lines and error reports scrubbed of personal data."""

from django.apps import AppConfig


class SafetyConfig(AppConfig):
    name = "app.safety"
    label = "safety"

    def ready(self) -> None:
        from app.safety.personal_data.scrub import scrub
        from app.telemetry.scrubbing import register

        register(scrub)
