"""Deleting a conversation: by its owner, audited without its words, and not while a legal hold keeps it."""

import pytest
from django.test import Client
from django.urls import reverse

from app.answers.models import Answer, Conversation, Question
from app.audit.models import AuditEvent
from app.audit.retention import hold, lift
from app.tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(world: World) -> Client:
    client = Client()
    client.force_login(world.alice)
    return client


def address(world: World) -> str:
    return reverse("conversation_delete", args=[world.conversation.pk])


def test_it_is_gone_for_good_and_one_entry_says_so_without_its_words(world: World, alice: Client) -> None:
    assert alice.post(address(world)).status_code == 302
    assert not Question.objects.filter(pk=world.question.pk).exists()
    assert not Answer.objects.filter(pk=world.answer.pk).exists()
    event = AuditEvent.objects.get(action="conversation_deleted")
    assert (event.actor_label, event.target) == ("alice@example.com", f"conversation:{world.conversation.pk}")
    assert event.details == {"questions": [world.question.pk]}


@pytest.mark.parametrize("scope", ["person", "all"])
def test_what_a_legal_hold_keeps_is_not_the_askers_to_delete(world: World, alice: Client, scope: str) -> None:
    subject, person_id = (world.alice.email, world.alice.pk) if scope == "person" else ("", None)
    made = hold(world.ada, scope, subject, "A lawsuit of Miller.", person_id)
    page = alice.get(address(world)).content.decode()
    assert "have to be kept at the moment" in page
    assert "Miller" not in page
    assert 'type="submit">Delete' not in page
    assert alice.post(address(world)).status_code == 409
    assert Conversation.objects.filter(pk=world.conversation.pk).exists()
    lift(world.ada, made.pk, "Settled.")
    assert alice.post(address(world)).status_code == 302
    assert not Conversation.objects.filter(pk=world.conversation.pk).exists()


def test_a_hold_on_somebody_else_keeps_nothing_of_mine(world: World, alice: Client) -> None:
    hold(world.ada, "person", world.bob.email, "A lawsuit.", world.bob.pk)
    assert alice.post(address(world)).status_code == 302
