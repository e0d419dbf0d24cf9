"""What cannot be brought back is asked first: keys, tokens and everything that a person has open."""

import pytest

from app.accounts.erasing import erased_address
from app.accounts.models import ApiKey
from app.scim.models import ScimToken
from app.scim.tokens import make_token

pytestmark = pytest.mark.django_db


def is_revoked(row):
    row.refresh_from_db()
    return row.revoked_at is not None


def test_a_key_is_revoked_once_the_question_was_answered(visitors, world):
    address = f"/account/keys/{world.key.pk}/revoke/"
    owner = visitors.alice
    assert f'action="{address}"' not in owner.get("/account/keys/").text
    asked = owner.get(address)
    assert world.key.name in asked.text
    assert "cannot be brought back" in asked.text
    assert not is_revoked(world.key)
    assert "is revoked." in owner.post(address, follow=True).text
    assert is_revoked(world.key)


def test_a_token_of_a_provider_is_revoked_once_the_question_was_answered(visitors, world):
    token = ScimToken.objects.get(pk=make_token(world.ada, "Directory", days=30)[0].pk)
    address = f"/provisioning/tokens/{token.pk}/revoke/"
    assert f'action="{address}"' not in visitors.ada.get("/provisioning/").text
    assert "Directory" in visitors.ada.get(address).text
    assert not is_revoked(token)
    visitors.ada.post(address)
    assert is_revoked(token)


def test_a_persons_access_ends_once_the_question_was_answered(visitors, world):
    person = world.key.user
    address = f"/people/{person.pk}/end/"
    assert f'action="{address}"' not in visitors.ada.get(f"/people/{person.pk}/").text
    assert "all API keys are revoked" in visitors.ada.get(address).text
    assert not is_revoked(world.key)
    visitors.ada.post(address)
    assert not ApiKey.objects.filter(user=person, revoked_at=None).exists()


def test_the_page_of_an_erased_person_offers_nothing(visitors, world):
    world.charlie.email, world.charlie.is_active = erased_address(world.charlie), False
    world.charlie.save()
    page = visitors.ada.get(f"/people/{world.charlie.pk}/").text
    assert "was erased" in page
    for act in ("roles", "groups", "open", "end", "close"):
        assert f"/people/{world.charlie.pk}/{act}/" not in page
