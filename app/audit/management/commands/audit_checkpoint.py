"""`manage.py audit_checkpoint`: signs the end of the chain now; what it prints can be kept elsewhere."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.audit.chaining import chain_waiting
from app.audit.checkpoints import file_name, make_checkpoint, write_file
from app.audit.signing import Statement, as_text, public_key


class Command(BaseCommand):
    help = "Sign the end of the audit trail's chain, and write the statement to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="Write it to this folder as well.")
        parser.add_argument("--json", action="store_true", help="Print the statement itself.")
        parser.add_argument("--public-key", action="store_true", help="Print the key that checks signatures, alone.")

    def handle(self, **options: Any) -> None:
        if options["public_key"]:
            self.stdout.write(public_key())
            return
        chain_waiting()
        made = make_checkpoint()
        if made is None:
            raise CommandError("There is no entry to sign yet.")
        statement = Statement.of(made)
        path = settings.ATTEST_AUDIT_CHECKPOINT_DIR / file_name(statement)
        if options["to"]:
            path = write_file(statement, options["to"])
        self.stdout.write(as_text(statement) if options["json"] else f"Entry {made.sequence:,} is signed: {path}")
