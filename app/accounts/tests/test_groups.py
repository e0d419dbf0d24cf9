"""What a provider gives, a provider takes away; what was given here stays; each change is audited."""

import pytest
from django.contrib.auth.models import Group
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.groups import (
    SCIM,
    GroupError,
    make_group,
    origin_of,
    origins_of,
    remove_group,
    rename_group,
    set_members,
    set_memberships,
    sign_on_origin,
)
from app.accounts.models import LOCAL, Membership, User
from app.audit import events
from app.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
OKTA = sign_on_origin("okta")


@pytest.fixture
def alice():
    return User.objects.create_user("alice@example.com")


@pytest.fixture
def groups():
    return [Group.objects.create(name=name) for name in ("finance", "legal", "board")]


def names(user):
    return sorted(user.groups.values_list("name", flat=True))


def test_a_provider_takes_away_what_it_gave_and_nothing_else(alice, groups):
    finance, legal, board = groups
    set_memberships(alice, [finance], LOCAL, None)
    set_memberships(alice, [finance, legal], OKTA, None)
    set_memberships(alice, [board], SCIM, None)
    assert names(alice) == ["board", "finance", "legal"]
    set_memberships(alice, [], OKTA, None)
    assert names(alice) == ["board", "finance"]
    set_memberships(alice, [], SCIM, None)
    assert names(alice) == ["finance"]
    set_memberships(alice, [], LOCAL, None)
    assert names(alice) == []


def test_what_was_given_without_a_note_is_local_and_survives_a_provider(alice, groups):
    alice.groups.add(groups[0])
    set_memberships(alice, [groups[1]], OKTA, None)
    set_memberships(alice, [], OKTA, None)
    assert names(alice) == ["finance"]
    assert origins_of(alice) == {groups[0].pk: {LOCAL}}


def test_a_note_of_a_group_that_was_taken_away_directly_does_not_bring_it_back(alice, groups):
    set_memberships(alice, [groups[0]], OKTA, None)
    alice.groups.remove(groups[0])
    set_memberships(alice, [groups[1]], LOCAL, None)
    assert names(alice) == ["legal"]
    assert not Membership.objects.filter(group=groups[0]).exists()


def test_each_change_is_audited_with_before_and_after_and_no_change_is_not(alice, groups):
    admin = User.objects.create_user("ada@example.com")
    assert set_memberships(alice, [groups[0]], LOCAL, admin)
    assert not set_memberships(alice, [groups[0]], LOCAL, admin)
    event = AuditEvent.objects.get(action=events.GROUPS_CHANGED)
    assert (event.actor_label, event.target) == ("ada@example.com", f"user:{alice.pk}")
    assert "finance" in str(AuditEvent.objects.filter(pk=event.pk).values().get())


def test_members_are_set_from_the_groups_side_too(alice, groups):
    bob = User.objects.create_user("bob@example.com")
    set_memberships(alice, [groups[0], groups[1]], SCIM, None)
    bob.groups.add(groups[0])
    set_members(groups[0], [], SCIM, None)
    assert names(alice) == ["legal"]
    assert names(bob) == ["finance"]
    set_members(groups[0], [alice, bob], SCIM, None)
    set_members(groups[0], [alice], SCIM, None)
    assert names(alice) == ["finance", "legal"]
    assert names(bob) == ["finance"]


@given(acts=st.lists(st.tuples(st.sampled_from([LOCAL, OKTA, SCIM]), st.sets(st.integers(0, 2))), max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_user_is_always_in_the_union_of_what_each_gives(db, acts):
    Group.objects.all().delete()
    User.objects.all().delete()
    groups = [Group.objects.create(name=str(number)) for number in range(3)]
    user = User.objects.create_user("u@example.com")
    model = {}
    for origin, wanted in acts:
        set_memberships(user, [groups[number] for number in wanted], origin, None)
        model[origin] = wanted
        assert names(user) == sorted(str(number) for number in set().union(*model.values()))


def test_two_groups_cannot_have_names_that_differ_in_case_alone():
    made = make_group("  Finance   team ", actor=None)
    assert made.name == "Finance team"
    for name in ("finance TEAM", "", "   ", "x" * 151):
        with pytest.raises(GroupError):
            make_group(name, actor=None)
    other = make_group("Other", actor=None, origin=SCIM)
    assert (origin_of(made), origin_of(other)) == (LOCAL, SCIM)
    with pytest.raises(GroupError):
        rename_group(other, "FINANCE team", actor=None)
    rename_group(made, "finance team", actor=None)
    assert Group.objects.get(pk=made.pk).name == "finance team"


def test_making_renaming_and_removing_are_audited(alice):
    group = make_group("Finance", actor=alice)
    rename_group(group, "Money", actor=alice)
    alice.groups.add(group)
    remove_group(group, actor=alice)
    actions = [events.GROUP_CREATED, events.GROUP_RENAMED, events.GROUP_REMOVED]
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == actions
    assert names(alice) == []
