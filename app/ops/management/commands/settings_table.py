"""`manage.py settings_table`: every setting, as the table in docs/configuration.md."""

from typing import Any

from django.core.management.base import BaseCommand

from app.env import configuration_table, env


class Command(BaseCommand):
    help = "Print the table of all settings in Markdown."
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        self.stdout.write(configuration_table(env.documented()))
