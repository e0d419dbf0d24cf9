"""`manage.py verify_audit`: proves the chain of the audit trail, or names the first place where it breaks."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.audit.signing import CheckpointError, Statement, from_text
from app.audit.verifying import Proof, remember, verify


class Command(BaseCommand):
    help = "Prove the audit trail from its beginning to its end. Exit status 1 where it breaks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--checkpoint", type=Path, action="append", default=[], metavar="FILE",
            help="A checkpoint kept elsewhere that the chain must still contain; can be given again.",
        )  # fmt: skip
        parser.add_argument("--public-key", default="", help="Believe checkpoint files signed with this key alone.")

    def handle(self, **options: Any) -> None:
        kept = [self._statement(path, options["public_key"]) for path in options["checkpoint"]]
        proof = verify(kept_elsewhere=kept)
        remember(proof)
        if proof.waiting:
            since = f"{proof.oldest_waiting:%Y-%m-%d %H:%M:%S}"
            self.stdout.write(f"{proof.waiting:,} entries wait for their place in the chain, the oldest since {since}.")
        if proof.broken:
            raise CommandError(f"The chain is broken. {proof.broken}", returncode=1)
        self.stdout.write(said(proof))
        for each in kept:
            if each.sequence < proof.start:
                self.stdout.write(
                    f"The checkpoint at {each.sequence:,} is older than what is kept: only its signature was checked."
                )

    def _statement(self, path: Path, public_key: str) -> Statement:
        try:
            return from_text(path.read_text(encoding="utf-8"), public_key)
        except (CheckpointError, OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path}: {error}", returncode=1) from error


def said(proof: Proof) -> str:
    begin = f"the checkpoint at {proof.start:,}" if proof.start else "the beginning"
    return (
        f"The chain is whole: {proof.entries:,} entries from {begin} to entry {proof.last:,}, "
        f"{proof.checkpoints:,} signed checkpoints met."
    )
