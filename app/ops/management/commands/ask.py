"""`manage.py ask "…"`: one question on the command line, with somebody's rights.

Exit codes: 0 answered, 1 the documents do not answer it (or it was refused), 2 wrong use, 3 failed.
"""

import asyncio
import json
from argparse import ArgumentParser
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from app.accounts.models import User
from app.answers.asking import QuestionError, ask
from app.answers.models import Answer, Outcome, Question
from app.answers.reply import Reply, ReplyCitation, reply
from app.answers.running import listen
from app.corpus.access import Reader, reader_for

# Owns the questions asked without --as. Nobody can sign in as it: it is inactive and has no password.
ASKER = "command-line@localhost"
EXIT_CODES = {Outcome.NOT_FOUND: 1, Outcome.REFUSED: 1, Outcome.FAILED: 3}
WRONG_USE, BROKEN = 2, 3


class Command(BaseCommand):
    help = "Ask the documents a question. Exit codes: 0 answered, 1 not found, 2 wrong use, 3 failed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("question")
        parser.add_argument("--as", dest="email", help="Ask with this person's rights; else with those of everyone.")
        parser.add_argument("--json", action="store_true", help="Print the answer as the HTTP API gives it.")

    def handle(self, *args: Any, **options: Any) -> None:
        user, reader = asker(options["email"])
        try:
            question = ask(user, options["question"], is_limited=False)
        except QuestionError as error:
            raise CommandError(str(error), returncode=WRONG_USE) from None
        asyncio.run(run_to_end(question, reader))
        found = reply(Answer.objects.select_related("question").get(question=question), reader)
        self.stdout.write(as_json(found) if options["json"] else as_text(found))
        if code := exit_code(found):
            raise SystemExit(code)


def asker(email: str | None) -> tuple[User, Reader]:
    """Who owns the question, and the rights it is asked with."""
    if email is None:
        user, _ = User.objects.get_or_create(
            email=ASKER, defaults={"is_active": False, "name": "Command line", "password": "!"}
        )
        return user, Reader()
    known = User.objects.filter(email__iexact=email, is_active=True).first()
    if known is None:
        raise CommandError(f"There is no active account {email}.", returncode=WRONG_USE)
    return known, reader_for(known)


async def run_to_end(question: Question, reader: Reader) -> None:
    async with aclosing(listen(question.pk, reader)) as events:
        async for _ in events:
            pass


def exit_code(found: Reply) -> int:
    return BROKEN if found.outcome is None else EXIT_CODES.get(Outcome(found.outcome), 0)


def as_json(found: Reply) -> str:
    return json.dumps(asdict(found), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def as_text(found: Reply) -> str:
    """The answer, a remark on it where there is one, and its sources by number."""
    parts = [found.text]
    if found.notice:
        parts.append(f"Note: {found.notice}")
    if found.citations:
        parts.append("\n".join(source_line(citation) for citation in found.citations))
    return "\n\n".join(part for part in parts if part)


def source_line(citation: ReplyCitation) -> str:
    document = citation.document
    stale = ", may be out of date" if document.is_stale else ""
    return f"[{citation.marker}] {document.title} ({document.source}: {document.external_id}{stale})"
