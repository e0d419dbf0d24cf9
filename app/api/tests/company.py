"""A small company: Alice is in Finance, Charlie is in no group, Ada is an admin and in no group either."""

from dataclasses import dataclass

from django.contrib.auth.models import Group

from app.accounts.keys import create_key
from app.accounts.models import Role, User
from app.corpus.models import Document, Source
from ingestion.pipeline import ingest_document
from ingestion.sources import create_source, upload_document

TRAVEL = b"""# Travel policy

## Hotels

Employees may book a hotel for up to 140 euros a night. Anything above needs the approval of a manager.
"""
BUDGET = b"""# Budget 2026

## Marketing

The marketing budget for 2026 is 480,000 euros, of which a third is kept back until July.
"""


@dataclass
class Company:
    alice: User
    charlie: User
    ada: User
    handbook: Source
    finance: Source
    travel: Document
    budget: Document
    keys: dict[str, str]

    def key(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[who]}"}


def found_company() -> Company:
    group = Group.objects.create(name="Finance")
    alice = User.objects.create_user("alice@example.com")
    alice.groups.add(group)
    charlie = User.objects.create_user("charlie@example.com")
    ada = User.objects.create_user("ada@example.com", roles=[Role.ADMIN])
    handbook = create_source(actor=ada, name="Handbook", kind="upload", everyone=True)
    finance = create_source(actor=ada, name="Finance", kind="upload", everyone=False, group_ids=[group.pk])
    users = {"alice": alice, "charlie": charlie, "ada": ada}
    return Company(
        **users,
        handbook=handbook,
        finance=finance,
        travel=ingested(handbook, "travel.md", TRAVEL),
        budget=ingested(finance, "budget.md", BUDGET),
        keys={name: create_key(user, "test")[1] for name, user in users.items()},
    )


def ingested(source: Source, name: str, data: bytes) -> Document:
    document = upload_document(source, actor=None, name=name, data=data)
    ingest_document(document.pk)
    return Document.objects.get(pk=document.pk)
