"""`manage.py audit_role`: the SQL that makes a database role which cannot change the audit trail."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from app.audit.database_role import ROLE, power, role_statements


class Command(BaseCommand):
    help = "Print the SQL that makes a database role for the product which cannot change the audit trail; or run it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", default=ROLE, help=f"Its name (default: {ROLE}).")
        parser.add_argument("--run", action="store_true", help="Run it now, as the role of DATABASE_URL.")

    def handle(self, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema(), current_database(), current_user")
            schema, database, owner = cursor.fetchone()
            statements = role_statements(options["role"], schema=schema, database=database, owner=owner)
            if not options["run"]:
                self.stdout.write(statements)
                return
            cursor.execute(statements)
        found = power()
        self.stdout.write(
            f"The role {options['role']} is there. Give it a password (ALTER ROLE … LOGIN PASSWORD …), and put it into "
            f"DATABASE_URL; migrate as {owner}, then run this again."
        )
        if found:
            self.stdout.write(found.words)
