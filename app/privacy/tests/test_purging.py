"""What a legal hold keeps is not purged: neither what it names, nor what answers of the person it names rest on."""

import pytest
from django.test import Client
from django.urls import reverse

from app.audit.retention import hold, lift
from app.corpus.models import Document, Source
from app.tests.sessions import as_if_just_signed_in
from app.tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(world.ada)
    return as_if_just_signed_in(client)


def purge(admin: Client, world: World, what: str) -> str:
    if what == "source":
        address, name = reverse("source_purge", args=[world.team_source.pk]), "Team files"
    else:
        address, name = reverse("source_document_purge", args=[world.team_source.pk, world.document.pk]), "budget.md"
    return admin.post(address, {"name": name}, follow=True).content.decode()


@pytest.mark.parametrize("what", ["source", "document"])
@pytest.mark.parametrize(
    ("scope", "subject"), [("all", ""), ("object", "document:{}"), ("object", "source:{}"), ("person", "alice")]
)
def test_what_a_hold_keeps_is_not_purged_until_it_is_lifted(world, admin, what, scope, subject):
    subject = subject.format(world.document.pk if subject.startswith("document") else world.team_source.pk)
    made = hold(world.ada, scope, world.alice.email if subject == "alice" else subject, "A lawsuit.")
    assert "A legal hold keeps this" in purge(admin, world, what)
    assert Document.objects.filter(pk=world.document.pk).exists()
    lift(world.ada, made.pk, "Settled.")
    purge(admin, world, what)
    assert not Document.objects.filter(pk=world.document.pk).exists()
    assert Source.objects.filter(pk=world.team_source.pk).exists() == (what == "document")


def test_a_hold_on_something_else_keeps_nothing_of_this(world, admin):
    hold(world.ada, "object", f"document:{world.handbook.pk}", "A lawsuit.")
    hold(world.ada, "person", world.charlie.email, "A lawsuit.")
    purge(admin, world, "document")
    assert not Document.objects.filter(pk=world.document.pk).exists()
