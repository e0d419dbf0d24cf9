"""Nobody gives what they do not have, the last admin stays, and a service account gets next to nothing."""

import pytest

from app.accounts.models import User
from app.accounts.people import PersonError, close_person, invite_person, make_service
from app.accounts.permissions import Role
from app.accounts.roles import LastAdminError, RoleError, give_roles
from app.audit import events
from app.audit.models import AuditEvent
from ingestion.sources import create_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.com", roles=[Role.ADMIN])


@pytest.fixture
def alice():
    return User.objects.create_user("alice@example.com")


def roles_of(user):
    return User.objects.get(pk=user.pk).roles


def test_an_admin_gives_and_takes_roles_and_both_are_audited(ada, alice):
    assert give_roles(alice, [Role.REVIEWER, Role.AUDITOR], actor=ada)
    assert roles_of(alice) == [Role.REVIEWER, Role.AUDITOR]
    assert not give_roles(alice, [Role.AUDITOR, Role.REVIEWER], actor=ada)
    assert give_roles(alice, [], actor=ada)
    assert roles_of(alice) == []
    assert AuditEvent.objects.filter(action=events.ROLES_CHANGED, target=f"user:{alice.pk}").count() == 2


@pytest.mark.parametrize("giver", [[], [Role.REVIEWER], [Role.OPERATOR], [Role.AUDITOR], [Role.SOURCE_ADMIN]])
@pytest.mark.parametrize("role", [Role.ADMIN, "admin "])
def test_nobody_else_makes_themselves_an_admin(giver, role, alice):
    give_roles(alice, giver, actor=None)
    with pytest.raises(RoleError):
        give_roles(alice, [*giver, role], actor=alice)
    assert roles_of(alice) == [role for role in Role.values if role in giver]


def test_what_an_object_in_memory_says_of_its_roles_does_not_count(alice):
    alice.roles = [Role.ADMIN]
    with pytest.raises(RoleError):
        give_roles(alice, [Role.ADMIN], actor=alice)
    assert roles_of(alice) == []


def test_a_role_that_does_not_exist_cannot_be_given(ada, alice):
    with pytest.raises(RoleError):
        give_roles(alice, ["emperor"], actor=ada)


def test_the_last_admin_cannot_lose_the_role_or_be_closed(ada, alice):
    with pytest.raises(LastAdminError):
        give_roles(ada, [], actor=ada)
    with pytest.raises(LastAdminError):
        close_person(ada, actor=ada)
    assert User.objects.get(pk=ada.pk).is_active
    give_roles(alice, [Role.ADMIN], actor=ada)
    close_person(ada, actor=alice)
    with pytest.raises(LastAdminError):
        give_roles(alice, [], actor=alice)


def test_an_admin_whose_account_is_closed_is_not_the_one_who_is_left(ada, alice):
    give_roles(alice, [Role.ADMIN], actor=ada)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(LastAdminError):
        give_roles(ada, [], actor=ada)


def test_only_sources_that_the_giver_runs_can_be_named(alice):
    mine, other = (create_source(actor=None, name=name, kind="upload", everyone=True) for name in ("Mine", "Other"))
    bob = User.objects.create_user("bob@example.com", roles=[Role.SOURCE_ADMIN])
    give_roles(alice, [Role.SOURCE_ADMIN], actor=None, sources=[mine])
    with pytest.raises(RoleError):
        give_roles(bob, bob.roles, actor=alice, sources=[other])
    assert list(bob.administered_sources.all()) == []


def test_a_service_account_has_an_owner_no_password_and_no_role_but_one(ada, alice):
    service = make_service("Intranet", owner=alice, groups=[], actor=ada)
    assert not service.has_usable_password()
    with pytest.raises(RoleError):
        give_roles(service, [Role.ADMIN], actor=ada)
    give_roles(service, [Role.SOURCE_ADMIN], actor=ada)
    with pytest.raises(PersonError):
        make_service("Of a service", owner=service, groups=[], actor=ada)


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_a_service_with_a_password(ada):
    from django.db import IntegrityError

    service = make_service("Intranet", owner=ada, groups=[], actor=ada)
    service.set_password("a long enough password")
    with pytest.raises(IntegrityError):
        service.save()


def test_an_invited_person_gets_no_more_than_the_inviter_has(alice):
    with pytest.raises(RoleError):
        invite_person(
            "eve@example.com", name="", password="quite a long secret 9", groups=[], roles=["admin"], actor=alice
        )
    with pytest.raises(PersonError):
        invite_person("ALICE@example.com", name="", password="quite a long secret 9", groups=[], roles=[], actor=alice)
    with pytest.raises(PersonError):
        invite_person("new@example.com", name="", password="short", groups=[], roles=[], actor=alice)
    assert not User.objects.filter(email__in=["eve@example.com", "new@example.com"]).exists()
