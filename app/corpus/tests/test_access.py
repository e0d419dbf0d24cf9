"""Who may read what: the same answer from the filter of querysets and from the SQL of search, always."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.models import Role, User
from app.corpus.access import READABLE_SETS_SQL, Reader, access_parameters, readable, reader_for
from app.corpus.models import AccessSet

pytestmark = pytest.mark.django_db
IDS = st.integers(min_value=1, max_value=4)
READERS = st.builds(Reader, user_id=st.none() | IDS, group_ids=st.frozensets(IDS, max_size=3))
SETS = st.builds(
    AccessSet, everyone=st.booleans(), group_ids=st.lists(IDS, max_size=3), user_ids=st.lists(IDS, max_size=3)
)


def may_read(reader: Reader, access_set: AccessSet) -> bool:
    """The rule in plain words, to compare with."""
    return is_listed(reader, access_set) and (access_set.within is None or is_listed(reader, access_set.within))


def is_listed(reader: Reader, access_set: AccessSet) -> bool:
    return (
        access_set.everyone
        or bool(reader.group_ids & set(access_set.group_ids))
        or (reader.user_id is not None and reader.user_id in access_set.user_ids)
    )


def by_queryset(reader: Reader) -> set[int]:
    return set(AccessSet.objects.filter(readable(reader, prefix="")).values_list("pk", flat=True))


def by_sql(reader: Reader) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(READABLE_SETS_SQL, access_parameters(reader))
        return {row[0] for row in cursor.fetchall()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SETS, min_size=1, max_size=6), READERS)
def test_both_filters_agree_with_the_rule(access_sets, reader):
    AccessSet.objects.all().delete()
    for access_set in access_sets:
        access_set.pk = None
    AccessSet.objects.bulk_create(access_sets)
    allowed = {access_set.pk for access_set in access_sets if may_read(reader, access_set)}
    assert by_queryset(reader) == allowed
    assert by_sql(reader) == allowed


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SETS, st.lists(SETS, min_size=1, max_size=4), READERS)
def test_of_a_set_within_another_both_must_hold(around, narrowed, reader):
    AccessSet.objects.all().delete()
    around.pk = None
    around.save()
    for access_set in narrowed:
        access_set.pk, access_set.within = None, around
    AccessSet.objects.bulk_create(narrowed)
    allowed = {access_set.pk for access_set in (around, *narrowed) if may_read(reader, access_set)}
    assert by_queryset(reader) == allowed
    assert by_sql(reader) == allowed


def test_a_restriction_opens_nothing_to_those_who_may_not_read_what_it_lies_within():
    around = AccessSet.objects.create(group_ids=[1])
    for narrowed in (AccessSet(everyone=True), AccessSet(user_ids=[7]), AccessSet(group_ids=[2])):
        narrowed.within = around
        narrowed.save()
        outsider, member = Reader(7, frozenset({2})), Reader(7, frozenset({1, 2}))
        assert narrowed.pk not in by_sql(outsider) | by_queryset(outsider)
        assert narrowed.pk in by_sql(member) & by_queryset(member)


def test_nobody_in_no_group_reads_what_is_everyones_alone():
    everyones = AccessSet.objects.create(everyone=True)
    AccessSet.objects.create()
    AccessSet.objects.create(group_ids=[1], user_ids=[1])
    AccessSet.objects.create(user_ids=[-1])
    reader = Reader()
    assert by_queryset(reader) == {everyones.pk}


def test_a_readers_rights_are_their_groups_and_no_role_adds_to_them():
    group = Group.objects.create(name="finance")
    admin = User.objects.create_user("ada@example.com", roles=[Role.ADMIN], is_superuser=True)
    assert reader_for(admin) == Reader(admin.pk, frozenset())
    admin.groups.add(group)
    assert reader_for(admin) == Reader(admin.pk, frozenset({group.pk}))


def test_leaving_a_group_ends_its_rights_at_the_next_question():
    group = Group.objects.create(name="finance")
    user = User.objects.create_user("alice@example.com")
    user.groups.add(group)
    access_set = AccessSet.objects.create(group_ids=[group.pk])
    assert by_sql(reader_for(user)) == {access_set.pk}
    user.groups.clear()
    assert by_sql(reader_for(user)) == by_queryset(reader_for(user)) == set()
