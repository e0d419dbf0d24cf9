"""`manage.py reset_second_factors EMAIL`: for people whose telephone is gone and whose recovery codes are too."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.accounts.models import User
from app.accounts.second_factor import reset_second_factors


class Command(BaseCommand):
    help = "Take all second factors and recovery codes from somebody. Make sure first that it is they who ask."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The person's address.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"There is no account {options['email']}.")
        removed = reset_second_factors(user, actor=None, why="command")
        self.stdout.write(
            f"{user.email} had {removed} second factors and sets up new ones, and is signed out everywhere."
        )
