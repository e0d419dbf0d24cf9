"""Groups say who may read what. Each membership knows who gave it, and only that giver takes it away.

`user.groups` is what is read everywhere: it holds a group as long as anybody gives it. What it says counts: a group in
it that no `Membership` tells of is given locally, and a `Membership` of a group that is not in it gives nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.contrib.auth.models import Group
from django.db import transaction

from app.accounts.models import LOCAL, GroupOrigin, Membership, User
from app.audit.events import GROUP_CREATED, GROUP_REMOVED, GROUP_RENAMED, GROUPS_CHANGED, record_event

SCIM = "scim"
MOST_NAME_CHARACTERS = 150


class GroupError(Exception):
    """What cannot be done with a group, in a sentence for the person who tried."""


def sign_on_origin(provider: str) -> str:
    """The origin of what an identity provider gives; `provider` is the name it is configured under."""
    return f"sign-on:{provider}"


def origins_of(user: User) -> dict[int, set[str]]:
    """By whom each of the user's groups is given, by the group's number."""
    noted: dict[int, set[str]] = defaultdict(set)
    for group_id, origin in Membership.objects.filter(user=user).values_list("group_id", "origin"):
        noted[group_id].add(origin)
    return {pk: noted.get(pk) or {LOCAL} for pk in user.groups.values_list("pk", flat=True)}


def set_memberships(user: User, groups: Iterable[Group], origin: str, actor: User | None) -> bool:
    """Let `origin` give the user exactly these groups; what others give stays. True if that changed something."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        before = origins_of(user)
        wanted = {group.pk for group in groups}
        after = {pk: givers | {origin} if pk in wanted else givers - {origin} for pk, givers in before.items()}
        after |= {pk: {origin} for pk in wanted - before.keys()}
        after = {pk: givers for pk, givers in after.items() if givers}
        if after == before:
            return False
        _write(user, after, actor)
        record_event(
            actor, GROUPS_CHANGED, f"user:{user.pk}", origin=origin, before=_names(before), after=_names(after)
        )  # fmt: skip
    return True


def set_members(group: Group, users: Collection[User], origin: str, actor: User | None) -> None:
    """The same from the group's side: `origin` lets exactly these people into the group."""
    wanted = {user.pk: user for user in users}
    with transaction.atomic():
        for pk, user in sorted(({each.pk: each for each in group.user_set.all()} | wanted).items()):
            mine = {each for each, givers in origins_of(user).items() if origin in givers}
            mine = mine | {group.pk} if pk in wanted else mine - {group.pk}
            set_memberships(user, Group.objects.filter(pk__in=mine), origin, actor)


def make_group(name: str, *, origin: str = LOCAL, actor: User | None) -> Group:
    """Raises GroupError for a name that is taken: groups are found by name, so two would be one."""
    name = _checked_name(name)
    with transaction.atomic():
        group = Group.objects.create(name=name)
        GroupOrigin.objects.create(group=group, origin=origin)
        record_event(actor, GROUP_CREATED, f"group:{group.pk}", name=name, origin=origin)
    return group


def rename_group(group: Group, name: str, *, actor: User | None) -> None:
    name = _checked_name(name, but=group)
    if name == group.name:
        return
    with transaction.atomic():
        before, group.name = group.name, name
        group.save(update_fields=["name"])
        record_event(actor, GROUP_RENAMED, f"group:{group.pk}", before=before, after=name)


def remove_group(group: Group, *, actor: User | None) -> None:
    """Nobody reads by it any more. Lists of readers that hold its number mean nobody by it: numbers are not reused."""
    with transaction.atomic():
        members = sorted(group.user_set.values_list("email", flat=True))
        record_event(actor, GROUP_REMOVED, f"group:{group.pk}", name=group.name, members=members)
        group.delete()


def origin_of(group: Group) -> str:
    """Who made the group; what was made before that was noted is local."""
    row = GroupOrigin.objects.filter(group=group).first()
    return row.origin if row else LOCAL


def _write(user: User, given: dict[int, set[str]], actor: User | None) -> None:
    there = {(row.group_id, row.origin): row.pk for row in Membership.objects.filter(user=user)}
    wanted = {(pk, origin) for pk, givers in given.items() for origin in givers}
    Membership.objects.filter(pk__in=[pk for pair, pk in there.items() if pair not in wanted]).delete()
    Membership.objects.bulk_create(
        Membership(user=user, group_id=pk, origin=origin, given_by=actor)
        for pk, origin in sorted(wanted - there.keys())
    )
    user.groups.set(given.keys())


def _names(given: dict[int, set[str]]) -> dict[str, list[str]]:
    """For the audit log: each group's name with its givers."""
    names = dict(Group.objects.filter(pk__in=given).values_list("pk", "name"))
    return {names.get(pk, str(pk)): sorted(givers) for pk, givers in given.items()}


def _checked_name(name: str, *, but: Group | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > MOST_NAME_CHARACTERS:
        raise GroupError(f"Give a name of 1 to {MOST_NAME_CHARACTERS} characters.")
    if not name.isprintable():
        raise GroupError(
            "The name has signs that cannot be seen, so it could look like another group's. Leave them out."
        )
    taken = Group.objects.filter(name__iexact=name)
    if (taken.exclude(pk=but.pk) if but else taken).exists():
        raise GroupError(f"There is a group “{name}” already. Choose another name.")
    return name
