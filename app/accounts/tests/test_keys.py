"""API keys: shown once, kept as a hash, and dead as soon as they or their owner are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from app.accounts.keys import LAST_USED_GRAIN, create_key, revoke_key, user_of_key
from app.accounts.models import ApiKey, User
from app.audit import events
from app.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return User.objects.create_user("alice@example.com")


def test_a_key_opens_its_owners_door(alice):
    _, secret = create_key(alice, "intranet")
    assert user_of_key(secret) == alice


def test_no_part_of_the_secret_is_in_the_database(alice):
    key, secret = create_key(alice, "intranet")
    private = secret.split("_", 2)[2]
    assert len(private) >= 43
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert private not in str(row)
    assert secret not in str(list(AuditEvent.objects.values()))
    assert private not in str(list(AuditEvent.objects.values()))


def test_no_two_keys_are_alike(alice):
    assert len({create_key(alice, "same name")[1] for _ in range(20)}) == 20


def test_a_revoked_key_is_dead_and_keeps_the_time_of_its_first_revocation(alice):
    key, secret = create_key(alice, "intranet")
    revoke_key(key)
    first = key.revoked_at
    revoke_key(key)
    assert user_of_key(secret) is None
    assert ApiKey.objects.get().revoked_at == first
    assert AuditEvent.objects.filter(action=events.API_KEY_REVOKED).count() == 1


def test_an_inactive_owners_key_is_dead(alice):
    _, secret = create_key(alice, "intranet")
    User.objects.update(is_active=False)
    assert user_of_key(secret) is None


def test_a_wrong_key_is_nobodys(alice):
    key, secret = create_key(alice, "intranet")
    _, other = create_key(alice, "other")
    mixed = f"attest_{key.prefix}_{other.split('_', 2)[2]}"
    wrong_keys = [
        "", "attest", "attest__", f"attest_{key.prefix}_", secret[:-1], secret + "x", secret.upper(), mixed,
        secret.removeprefix("attest_"), f"attest_{key.prefix}_{key.secret_hash}", "attest_\x00_x",
    ]  # fmt: skip
    for wrong in wrong_keys:
        assert user_of_key(wrong) is None, wrong
    assert ApiKey.objects.filter(last_used_at__isnull=False).count() == 0


def test_the_last_use_is_noted_but_not_more_than_once_a_minute(alice):
    key, secret = create_key(alice, "intranet")
    user_of_key(secret)
    first = ApiKey.objects.get().last_used_at
    assert timezone.now() - first < timedelta(seconds=10)
    user_of_key(secret)
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=first - LAST_USED_GRAIN * 2)
    user_of_key(secret)
    assert ApiKey.objects.get().last_used_at > first


def test_making_and_revoking_are_audited_with_the_owner(alice):
    key, _ = create_key(alice, "intranet")
    revoke_key(key)
    rows = list(AuditEvent.objects.order_by("pk").values_list("action", "actor_label", "target"))
    assert rows == [
        (events.API_KEY_CREATED, "alice@example.com", f"api_key:{key.pk}"),
        (events.API_KEY_REVOKED, "alice@example.com", f"api_key:{key.pk}"),
    ]
