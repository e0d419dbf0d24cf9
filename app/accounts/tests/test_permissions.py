"""Roles are sets of permissions, the smallest that do; a role for named sources gives nothing elsewhere."""

import pytest

from app.accounts.models import User
from app.accounts.permissions import OF_NAMED_SOURCES, ROLES, Permission, Role, may_give
from ingestion.sources import create_source

pytestmark = pytest.mark.django_db


def person(*roles, **fields):
    return User.objects.create_user(f"{'-'.join(roles) or 'nobody'}@example.com", roles=list(roles), **fields)


def test_every_role_is_described_and_only_the_admin_has_everything():
    assert set(ROLES) == set(Role)
    assert ROLES[Role.ADMIN] == set(Permission)
    assert all(ROLES[role] < set(Permission) for role in Role if role is not Role.ADMIN)


def test_an_employee_may_nothing_but_ask_and_read():
    nobody = person()
    assert not any(nobody.may(permission) or nobody.may_for_some_source(permission) for permission in Permission)


@pytest.mark.parametrize("role", [role for role in Role if role not in OF_NAMED_SOURCES])
def test_a_role_gives_its_permissions_and_no_others(role):
    holder = person(role)
    assert {permission for permission in Permission if holder.may(permission)} == ROLES[role]


def test_a_closed_account_may_nothing_whatever_its_roles():
    admin = person(Role.ADMIN, is_active=False)
    assert not any(admin.may(permission) or admin.may_for_some_source(permission) for permission in Permission)


def test_the_admin_of_named_sources_runs_those_alone():
    mine, other = (create_source(actor=None, name=name, kind="upload", everyone=True) for name in ("Mine", "Other"))
    admin = person(Role.SOURCE_ADMIN)
    mine.admins.add(admin)
    assert admin.may(Permission.MANAGE_SOURCES, mine)
    assert admin.may(Permission.MANAGE_SOURCES, mine.pk)
    assert not admin.may(Permission.MANAGE_SOURCES, other)
    assert not admin.may(Permission.MANAGE_SOURCES)
    assert not any(admin.may(each, mine) for each in Permission if each is not Permission.MANAGE_SOURCES)
    assert list(type(mine).objects.managed_by(admin)) == [mine]


def test_being_named_without_the_role_gives_nothing():
    source = create_source(actor=None, name="Mine", kind="upload", everyone=True)
    named = person()
    source.admins.add(named)
    assert not named.may(Permission.MANAGE_SOURCES, source)
    assert list(type(source).objects.managed_by(named)) == []


def test_a_role_that_this_release_does_not_know_gives_nothing():
    odd = person("emperor")
    assert not any(odd.may(permission) for permission in Permission)


@pytest.mark.parametrize("giver", list(Role))
@pytest.mark.parametrize("given", list(Role))
def test_nobody_gives_what_they_do_not_have_everywhere(giver, given):
    has = set() if giver in OF_NAMED_SOURCES else ROLES[giver]
    assert may_give([giver], given) == (ROLES[given] <= has)
