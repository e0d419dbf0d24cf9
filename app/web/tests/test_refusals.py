"""Whoever tries what is not theirs is found in the audit log."""

import pytest

from app.audit import events
from app.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def refusals():
    return list(AuditEvent.objects.filter(action=events.ACCESS_REFUSED).order_by("pk"))


@pytest.mark.parametrize(("address", "name", "numbers"), [
    ("/documents/{document}/", "document", {"document_id": "{document}"}),
    ("/people/{person}/", "person", {"person_id": "{person}"}),
    ("/audit/", "audit", {}),
])  # fmt: skip
def test_what_is_not_theirs_is_audited(visitors, world, address, name, numbers):
    things = {"document": world.document.pk, "person": world.alice.pk}
    assert visitors.charlie.get(address.format(**things)).status_code == 404
    (event,) = refusals()
    assert (event.actor, event.target, event.result) == (world.charlie, f"page:{name}", "refused")
    assert event.details["asked_for"] == {key: int(value.format(**things)) for key, value in numbers.items()}


def test_rights_that_a_form_would_take_are_audited_when_it_is_not_theirs(visitors, world):
    visitors.charlie.post(f"/people/{world.charlie.pk}/roles/", {"roles": "admin"})
    assert [event.target for event in refusals()] == ["page:person_roles"]


def test_one_a_minute_for_each_person_is_enough(visitors, world):
    for number in range(5):
        visitors.charlie.get(f"/documents/{9000 + number}/")
        visitors.bob.get(f"/documents/{9000 + number}/")
    assert sorted(event.actor.email for event in refusals()) == [world.bob.email, world.charlie.email]


def test_what_is_theirs_and_what_no_page_answers_to_is_not(visitors, world):
    visitors.alice.get(f"/documents/{world.document.pk}/")
    visitors.alice.get("/no-such-address/")
    visitors.anonymous.get(f"/documents/{world.document.pk}/")
    assert refusals() == []
