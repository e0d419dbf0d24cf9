"""Changes our own key for SAML: `--new`, then the providers read our metadata again, then `--forget-old`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from app.signon.saml_keys import forget_old_keys, make_key


class Command(BaseCommand):
    help = "Make a new key pair for SAML (--new), or forget all but the newest (--forget-old)."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--new", action="store_true", help="Sign with a new key; answers for old ones still open.")
        what.add_argument("--forget-old", action="store_true", help="Once every provider has read the new metadata.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new"]:
            make_key()
            self.stdout.write("A new key signs from now on. Let each provider read the metadata page again.")
        else:
            self.stdout.write(f"Old keys forgotten: {forget_old_keys()}.")
