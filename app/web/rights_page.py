"""Why somebody can read something, in words; for the pages "who can read this" and "what can this person read"."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group

from app.accounts.groups import origins_of
from app.accounts.models import User
from app.corpus.models import AccessSet
from app.corpus.rights import Why, readers_of, sets_around, why
from app.web.origin_words import origin_words


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """One person with the reason for each set around: the source's first, then the document's own."""

    person: User
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetWords:
    """One set of readers as it was set: whose it is, and who is in it."""

    title: str
    everyone: bool
    groups: tuple[str, ...]
    people: int


def reader_rows(access_set: AccessSet, people: Iterable[User]) -> list[ReaderRow]:
    names = group_names(access_set)
    return [ReaderRow(person, reasons_of(access_set, person, names)) for person in people]


def reasons_of(access_set: AccessSet, person: User, names: dict[int, str]) -> tuple[str, ...]:
    given = origins_of(person)
    return tuple(words(each, names, given) for each in why(access_set, person.pk, given.keys()))


def words(reason: Why, names: dict[int, str], given: dict[int, set[str]]) -> str:
    """ "everybody", "group Finance (by SCIM)", "by name"; what lets in twice is said twice."""
    parts = ["everybody"] if reason.everyone else []
    for pk in reason.group_ids:
        givers = ", ".join(origin_words(each) for each in sorted(given.get(pk, ())))
        parts.append(f"group {names.get(pk, '?')} ({givers})" if givers else f"group {names.get(pk, '?')}")
    return "; ".join([*parts, *(["by name"] if reason.by_name else [])])


def sets_in_words(access_set: AccessSet, own_title: str) -> list[SetWords]:
    names, found = group_names(access_set), []
    for title, each in zip(("The source", own_title), sets_around(access_set), strict=False):
        groups = tuple(names.get(pk, "a group that is gone") for pk in each.group_ids)
        found.append(SetWords(title, each.everyone, groups, len(each.user_ids)))
    return found


def groups_with_members(access_set: AccessSet) -> list[tuple[str, int]]:
    """For those who may not see people: the groups of the innermost set that let anybody in, and how many each."""
    readers = readers_of(access_set)
    groups = Group.objects.filter(pk__in=_numbers(sets_around(access_set))).order_by("name")
    return [(group.name, readers.filter(groups=group).count()) for group in groups]


def group_names(access_set: AccessSet) -> dict[int, str]:
    return dict(Group.objects.filter(pk__in=_numbers(sets_around(access_set))).values_list("pk", "name"))


def _numbers(sets: Collection[AccessSet]) -> set[int]:
    return {pk for each in sets for pk in each.group_ids}
