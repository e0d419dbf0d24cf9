"""`manage.py unlink_sign_on EMAIL PROVIDER`: for people whom their provider names anew, and links made by mistake."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.accounts.models import User
from app.signon.admitting import unlink


class Command(BaseCommand):
    help = "Forget who somebody is at a provider, so that their next sign-in may be linked by its address again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The address of the account here.")
        parser.add_argument("provider", help="The provider's short name.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"There is no account {options['email']}.")
        if not unlink(user, options["provider"], actor=None):
            raise CommandError(f"{user.email} is not linked to a provider {options['provider']}.")
        self.stdout.write(f"{user.email} is no longer linked to {options['provider']}, and is signed out everywhere.")
