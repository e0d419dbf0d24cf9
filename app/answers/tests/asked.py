"""A question put in a small library, and what came of it."""

from collections.abc import Sequence

from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group

from app.accounts.models import User
from app.answers.asking import ask
from app.answers.events import Event, Token
from app.answers.models import Answer, Conversation
from app.answers.running import listen
from app.corpus.access import reader_for
from app.corpus.models import Document, Source
from app.corpus.terms import fold_changes
from ingestion.pipeline import ingest_document
from ingestion.sources import create_source, upload_document

TRAVEL = """# Travel policy

## Hotels

Employees may book a hotel for up to 140 euros a night. Anything above needs the approval of a manager.

## Trains

Trains are booked in second class. Journeys of more than four hours may be booked in first class.
"""
BUDGET = """# Budget 2026

## Marketing

The marketing budget for 2026 is 480,000 euros, of which a third is kept back until July.
"""
GARDEN = """# Garden club

The garden club meets on Thursdays behind the assembly hall. Bring gloves and a watering can.
"""


def library() -> dict[str, Source]:
    """Travel rules and the garden club for everyone; the budget for the group "finance" alone."""
    finance, _ = Group.objects.get_or_create(name="finance")
    open_source = create_source(actor=None, name="Handbook", kind="upload", everyone=True)
    closed = create_source(actor=None, name="Finance", kind="upload", everyone=False, group_ids=[finance.pk])
    add(open_source, "travel.md", TRAVEL)
    add(open_source, "garden.md", GARDEN)
    add(closed, "budget.md", BUDGET)
    fold_changes()
    return {"open": open_source, "closed": closed}


def add(source: Source, name: str, text: str) -> Document:
    document = upload_document(source, actor=None, name=name, data=text.encode())
    ingest_document(document.pk)
    return Document.objects.get(pk=document.pk)


def person(email: str, *groups: str) -> User:
    user = User.objects.create_user(email)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def asked(user: User, text: str, conversation: Conversation | None = None) -> tuple[Answer, list[Event]]:
    question = ask(user, text, conversation)
    events = async_to_sync(_collected)(question.pk, user)
    return Answer.objects.get(question=question), list(events)


async def _collected(question_id: int, user: User) -> Sequence[Event]:
    from app.telemetry.threads import in_thread

    reader = await in_thread(reader_for, user)
    return [event async for event in listen(question_id, reader)]


def streamed(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token))
