"""What a provider gives and takes beside others, and when several people sign in for the first time at once."""

import threading

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from app.accounts.models import Role, User
from app.accounts.roles import give_roles
from app.signon.named_providers import Kind, NamedProvider
from app.signon.rights import put_in_force, set_roles

ACME = NamedProvider(
    slug="acme", name="Acme", kind=Kind.OIDC, issuer="https://acme.example", rules="each value of groups is a group"
)


def roles_of(user):
    return User.objects.get(pk=user.pk).roles


@pytest.fixture
def grace(db):
    return User.objects.create_user("grace@example.com", None)


def test_each_provider_gives_its_own_roles(grace):
    set_roles(grace, {Role.REVIEWER}, "acme")
    set_roles(grace, {Role.OPERATOR}, "other")
    assert roles_of(grace) == [Role.REVIEWER, Role.OPERATOR]
    set_roles(grace, set(), "acme")
    assert roles_of(grace) == [Role.OPERATOR]


def test_a_role_that_was_taken_away_here_does_not_come_back_with_another_provider(grace):
    """Also where the provider that gave it is no longer there to take it, or to give it again."""
    set_roles(grace, {Role.ADMIN}, "the-former")
    set_roles(grace, {Role.REVIEWER}, "acme")
    User.objects.create_user("other@example.com", None, roles=[Role.ADMIN])
    give_roles(grace, {Role.REVIEWER}, actor=None)
    set_roles(grace, {Role.REVIEWER}, "acme")
    assert roles_of(grace) == [Role.REVIEWER]


def test_who_lost_all_roles_by_provisioning_gets_back_what_this_provider_says_and_no_more(grace):
    set_roles(grace, {Role.ADMIN}, "the-former")
    User.objects.filter(pk=grace.pk).update(roles=[])
    set_roles(grace, {Role.REVIEWER}, "acme")
    assert roles_of(grace) == [Role.REVIEWER]


@pytest.mark.django_db(transaction=True)
def test_first_sign_ins_at_the_same_moment_make_each_group_once():
    people = [User.objects.create_user(f"p{number}@example.com", None) for number in range(4)]
    names = [f"group {number}" for number in range(25)]
    start, failed = threading.Barrier(len(people)), []

    def first_sign_in(number):
        try:
            start.wait()
            put_in_force(ACME, people[number], {"groups": names if number % 2 else names[::-1]})
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            failed.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=first_sign_in, args=(number,)) for number in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(Group.objects.values_list("name", flat=True)) == sorted(names)
    assert {person.groups.count() for person in people} == {25}
