"""Registers app.accounts with Django, and audits what happens on allauth's pages."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "app.accounts"
    label = "accounts"

    def ready(self) -> None:
        # Models can only be imported once Django has registered them.
        import app.accounts.checks  # noqa: F401 - registers itself
        from app.accounts.sign_in_events import connect

        connect()
