"""Registers app.signon with Django."""

from django.apps import AppConfig


class SignOnConfig(AppConfig):
    name = "app.signon"
    label = "signon"

    def ready(self) -> None:
        import app.signon.sessions  # noqa: F401 - its receivers note and forget sessions
