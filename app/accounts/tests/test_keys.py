"""API keys: shown once, kept as a hash, and dead as soon as they or their owner are."""

import hashlib
import re
import zlib
from datetime import timedelta

import pytest
from django.utils import timezone

from app.accounts.keys import (
    LAST_USED_GRAIN,
    KeyRefusedError,
    checksum,
    create_key,
    revoke_key,
    rotate_key,
    user_of_key,
)
from app.accounts.models import ApiKey, User
from app.accounts.people import make_service
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


def test_a_key_ends_on_its_day_and_the_longest_time_is_limited(alice, settings):
    key, secret = create_key(alice, "intranet")
    left = key.expires_at - timezone.now()
    assert timedelta(days=settings.ATTEST_API_KEY_DAYS - 1) < left <= timedelta(days=settings.ATTEST_API_KEY_DAYS)
    ApiKey.objects.update(expires_at=timezone.now())
    assert user_of_key(secret) is None
    for days in (0, -1, settings.ATTEST_API_KEY_MAX_DAYS + 1):
        with pytest.raises(KeyRefusedError):
            create_key(alice, "intranet", days=days)


def test_a_replaced_key_works_on_for_the_overlap_and_its_successor_at_once(alice):
    key, old = create_key(alice, "intranet", scopes=["ask"], networks=["10.0.0.0/8"])
    successor, new = rotate_key(key, overlap=timedelta(hours=2))
    assert (successor.scopes, successor.networks) == (["ask"], ["10.0.0.0/8"])
    assert user_of_key(old, "10.1.2.3") == user_of_key(new, "10.1.2.3") == alice
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    assert user_of_key(old, "10.1.2.3") is None
    assert user_of_key(new, "10.1.2.3") == alice


def test_the_overlap_is_limited_and_never_prolongs_a_key(alice, settings):
    key, _ = create_key(alice, "intranet", days=1)
    ends = key.expires_at
    rotate_key(key, overlap=timedelta(days=300))
    assert ApiKey.objects.get(pk=key.pk).expires_at == ends
    other, _ = create_key(alice, "other")
    rotate_key(other, overlap=timedelta(days=300))
    other.refresh_from_db()
    assert other.expires_at <= timezone.now() + timedelta(hours=settings.ATTEST_API_KEY_OVERLAP_HOURS)


def test_a_dead_or_replaced_key_cannot_be_replaced(alice):
    key, _ = create_key(alice, "intranet")
    rotate_key(key, overlap=timedelta(hours=1))
    with pytest.raises(KeyRefusedError):
        rotate_key(key, overlap=timedelta(hours=1))
    dead, _ = create_key(alice, "dead")
    revoke_key(dead)
    with pytest.raises(KeyRefusedError):
        rotate_key(dead, overlap=timedelta(hours=1))


@pytest.mark.parametrize(
    ("networks", "address", "may"),
    [
        (["10.1.0.0/16"], "10.1.2.3", True),
        (["10.1.0.0/16"], "10.2.2.3", False),
        (["10.1.2.3"], "10.1.2.3", True),
        (["2001:db8::/32"], "2001:db8:1::5", True),
        (["2001:db8::/32"], "2001:db9::5", False),
        (["10.1.0.0/16"], "::ffff:10.1.2.3", True),
        (["10.1.0.0/16"], "", False),
        (["10.1.0.0/16"], "10.1.2.3, 6.6.6.6", False),
        (["10.1.0.0/16", "2001:db8::/32"], "2001:db8::1", True),
        ([], "203.0.113.9", True),
    ],
)
def test_a_key_works_in_its_networks_alone(alice, networks, address, may):
    _, secret = create_key(alice, "intranet", networks=networks)
    assert (user_of_key(secret, address) is not None) == may


def test_what_is_not_a_network_is_refused_with_a_sentence(alice):
    for wrong in ("10.1.0.0/33", "intranet", "10.1", ""):
        with pytest.raises(KeyRefusedError, match="network"):
            create_key(alice, "intranet", networks=[wrong])


def test_the_address_of_the_last_use_is_kept(alice):
    _, secret = create_key(alice, "intranet")
    user_of_key(secret, "2001:db8::7")
    assert ApiKey.objects.get().last_used_from == "2001:db8::7"


def test_a_scanner_can_tell_a_key_from_noise_without_asking_anybody(alice):
    _, secret = create_key(alice, "intranet")
    assert re.fullmatch(r"attest_[0-9a-f]{12}_[0-9A-Za-z]{49}", secret)
    assert checksum(secret[:-6]) == secret[-6:]
    other = "b" if secret[30] == "a" else "a"
    assert checksum(secret[:30] + other + secret[31:-6]) != secret[-6:]


def test_the_checksum_is_the_one_that_is_documented():
    assert checksum("attest_0123456789ab_" + "0" * 43) == base_62(zlib.crc32(b"attest_0123456789ab_" + b"0" * 43))


def base_62(number):
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return base_62(number // 62)[1:] + digits[number % 62] if number else "000000"


def test_a_key_from_before_without_checksum_and_end_still_works(alice):
    old = "q-fH_-2x" * 5 + "abc"
    ApiKey.objects.create(
        user=alice, name="old", prefix="a1b2c3d4e5f6", secret_hash=hashlib.sha256(old.encode()).hexdigest()
    )
    assert user_of_key(f"attest_a1b2c3d4e5f6_{old}") == alice


def test_a_right_secret_that_may_not_be_used_is_audited_once_a_minute(alice):
    key, secret = create_key(alice, "intranet", networks=["10.0.0.0/8"])
    for _ in range(3):
        assert user_of_key(secret, "203.0.113.9") is None
    assert user_of_key(secret[:-1] + "x", "203.0.113.9") is None
    refused = AuditEvent.objects.filter(action=events.API_KEY_REFUSED, target=f"api_key:{key.pk}")
    assert refused.count() == 1


@pytest.mark.parametrize(("why", "change"), [
    ("revoked", {"revoked_at": timezone.now()}),
    ("expired", {"expires_at": timezone.now() - timedelta(seconds=1)}),
    ("network", {"networks": ["10.0.0.0/8"]}),
])  # fmt: skip
def test_each_reason_for_which_a_key_is_refused_is_audited(alice, why, change):
    key, secret = create_key(alice, "intranet")
    ApiKey.objects.filter(pk=key.pk).update(**change)
    assert user_of_key(secret, "203.0.113.9") is None
    event = AuditEvent.objects.get(action=events.API_KEY_REFUSED)
    assert (event.target, event.result, event.details["why"]) == (f"api_key:{key.pk}", "refused", why)
    assert secret.rpartition("_")[2] not in str(AuditEvent.objects.values())


def test_the_key_of_a_closed_account_is_refused_and_audited_also_for_a_service_of_it(alice):
    service = make_service("Intranet", owner=alice, groups=[], actor=alice)
    secrets = {"account closed": create_key(alice, "a")[1], "owner's account closed": create_key(service, "b")[1]}
    User.objects.filter(pk=alice.pk).update(is_active=False)
    for why, secret in secrets.items():
        assert user_of_key(secret) is None
        assert AuditEvent.objects.filter(action=events.API_KEY_REFUSED).latest("pk").details["why"] == why


def test_the_keys_of_a_service_stop_with_their_owners_account(alice):
    service = make_service("Intranet", owner=alice, groups=[], actor=alice)
    _, secret = create_key(service, "intranet")
    assert user_of_key(secret) == service
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert user_of_key(secret) is None


def test_a_key_has_the_scopes_that_were_chosen(alice):
    assert create_key(alice, "a", scopes=["ask", "search"])[0].scopes == ["search", "ask"]
    for wrong in (["admin"], []):
        with pytest.raises(KeyRefusedError):
            create_key(alice, "b", scopes=wrong)
