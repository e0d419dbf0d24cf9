"""The pages on rights say what search does: both are compared with a model of who may read what."""

import pytest
from django.contrib.auth.models import Group
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.models import User
from app.corpus.access import reader_for
from app.corpus.models import AccessSet, Document, Source
from app.corpus.rights import forget_group, readers_of, rights_of, sources_opened_by, why
from ingestion.sources import create_source

pytestmark = pytest.mark.django_db
PEOPLE, GROUPS = 4, 3

SETS = st.fixed_dictionaries(
    {
        "everyone": st.booleans(),
        "groups": st.sets(st.integers(0, GROUPS - 1)),
        "people": st.sets(st.integers(0, PEOPLE - 1)),
    }
)


def lets_in(rule, person, groups_of):
    """The model: everybody, one of the person's groups, or the person by name."""
    return rule["everyone"] or bool(rule["groups"] & groups_of[person]) or person in rule["people"]


@given(
    outer=SETS, inner=st.none() | SETS, closed=st.sets(st.integers(0, PEOPLE - 1)),
    groups_of=st.lists(st.sets(st.integers(0, GROUPS - 1)), min_size=PEOPLE, max_size=PEOPLE),
)  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_who_can_read_is_what_search_lets_through(db, outer, inner, closed, groups_of):
    for model in (Document, Source, AccessSet, User, Group):
        model.objects.all().delete()
    groups = [Group.objects.create(name=f"g{number}") for number in range(GROUPS)]
    people = [
        User.objects.create_user(f"p{number}@example.com", is_active=number not in closed) for number in range(PEOPLE)
    ]
    for person, theirs in zip(people, groups_of, strict=True):
        person.groups.set([groups[number] for number in theirs])

    def made(rule, within=None):
        return AccessSet.objects.create(
            everyone=rule["everyone"], group_ids=[groups[each].pk for each in rule["groups"]],
            user_ids=[people[each].pk for each in rule["people"]], within=within,
        )  # fmt: skip

    around = made(outer)
    source = Source.objects.create(name="s", kind="upload", access_set=around)
    access = made(inner, around) if inner else around
    document = Document.objects.create(source=source, external_id="d", access_set=access)
    rules = [outer, *([inner] if inner else [])]
    model = {
        number for number in range(PEOPLE)
        if number not in closed and all(lets_in(rule, number, groups_of) for rule in rules)
    }  # fmt: skip
    assert {person.pk for person in readers_of(access)} == {people[number].pk for number in model}
    for number in set(range(PEOPLE)) - closed:
        person = people[number]
        reader = reader_for(person)
        is_open = Document.objects.readable_by(reader).filter(pk=document.pk).exists()
        assert is_open == (number in model)
        assert all(why(access, person.pk, reader.group_ids)) == is_open
        counts = {each.source.pk: each.documents for each in rights_of(reader)}
        assert counts.get(source.pk, 0) == int(is_open)


def test_a_reason_names_the_group_that_lets_in():
    finance, legal = (Group.objects.create(name=name) for name in ("finance", "legal"))
    user = User.objects.create_user("a@example.com")
    user.groups.add(finance)
    source = create_source(actor=None, name="s", kind="upload", everyone=False, group_ids=[finance.pk, legal.pk])
    (reason,) = why(source.access_set, user.pk, {finance.pk})
    assert (reason.everyone, reason.group_ids, reason.by_name) == (False, (finance.pk,), False)


def test_a_removed_group_is_in_no_set_and_opened_what_is_named_before():
    finance = Group.objects.create(name="finance")
    source = create_source(actor=None, name="s", kind="upload", everyone=False, group_ids=[finance.pk])
    assert list(sources_opened_by(finance.pk)) == [source]
    forget_group(finance.pk)
    source.access_set.refresh_from_db()
    assert source.access_set.group_ids == []
    assert list(sources_opened_by(finance.pk)) == []
