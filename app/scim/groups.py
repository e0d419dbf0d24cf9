"""Groups as a provider makes and fills them. It sees its own groups and its own memberships, and no others.

A local group of the same name is not taken over: readers of documents are named by groups, so whoever holds a token
could let themselves in. An admin renames or removes the local group first.
"""

from collections.abc import Collection

from django.contrib.auth.models import Group as AccessGroup
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from scim2_models import Group, GroupMember, InvalidValueException, Meta, NotFoundException, UniquenessException

from app.accounts.groups import SCIM, GroupError, make_group, remove_group, rename_group, set_memberships
from app.accounts.models import Membership, User
from app.audit.events import SCIM_GROUP_CHANGED, SCIM_GROUP_CREATED, SCIM_GROUP_REMOVED, record_event
from app.scim.door import number_of
from app.scim.models import ScimGroup, ScimToken
from app.scim.people import PREFIX as PERSON
from app.scim.people import known_people
from app.scim.versions import version_of

PREFIX = "group"
MOST_ID = 254


def known_groups() -> "QuerySet[AccessGroup]":
    return AccessGroup.objects.filter(made_by__origin=SCIM).select_related("scim").order_by("pk")


def group_of(resource_id: str, *, lock: bool = False) -> AccessGroup:
    groups = known_groups()
    if lock:
        groups = groups.select_for_update(of=("self",))
    found = groups.filter(pk=number_of(resource_id, PREFIX)).first()
    if found is None:
        raise NotFoundException(detail=f"There is no resource {resource_id}.")
    return found


def as_resource(group: AccessGroup, *, with_members: bool = True) -> Group:
    row = _row(group)
    resource = Group(
        id=f"{PREFIX}-{group.pk}",
        external_id=row.external_id or None,
        display_name=group.name,
        members=_members(group) if with_members else None,
    )
    resource.meta = Meta(
        resource_type="Group", created=row.created_at, last_modified=row.changed_at,
        location=f"/scim/v2/Groups/{resource.id}", version=version_of(resource),
    )  # fmt: skip
    return resource


def _members(group: AccessGroup) -> list[GroupMember] | None:
    rows = Membership.objects.filter(group=group, origin=SCIM, user__in=known_people()).select_related("user")
    return [
        GroupMember(value=f"{PERSON}-{row.user_id}", display=row.user.display_name, type="User", ref=None)
        for row in rows.order_by("user_id")
    ] or None


def create(group: Group, token: ScimToken) -> AccessGroup:
    """Raises UniquenessException where any group has the name."""
    with transaction.atomic():
        made = _named_or_refused(group, None)
        _keep(made, group)
        _fill(made, _wanted(group))
        record_event(None, SCIM_GROUP_CREATED, f"group:{made.pk}", through=token.prefix, name=made.name)
    return made


def change(group: AccessGroup, after: Group, token: ScimToken) -> None:
    with transaction.atomic():
        before = group.name
        _named_or_refused(after, group)
        _keep(group, after)
        joined, left = _fill(group, _wanted(after))
        if joined or left or before != group.name:
            record_event(
                None, SCIM_GROUP_CHANGED, f"group:{group.pk}", through=token.prefix,
                before=before, after=group.name, joined=sorted(joined), left=sorted(left),
            )  # fmt: skip


def remove(group: AccessGroup, token: ScimToken) -> None:
    """Whoever read by it alone stops reading at once."""
    with transaction.atomic():
        record_event(None, SCIM_GROUP_REMOVED, f"group:{group.pk}", through=token.prefix, name=group.name)
        remove_group(group, actor=None)


def _named_or_refused(group: Group, there: AccessGroup | None) -> AccessGroup:
    name = (group.display_name or "").strip()
    taken = AccessGroup.objects.filter(name__iexact=" ".join(name.split()))
    if (taken.exclude(pk=there.pk) if there else taken).exists():
        raise UniquenessException(
            detail=f"There is a group “{name}” already. If it was made in the product, an admin renames it there first."
        )
    try:
        if there is None:
            return make_group(name, origin=SCIM, actor=None)
        rename_group(there, name, actor=None)
    except GroupError as error:
        raise InvalidValueException(detail=str(error)) from None
    return there


def _keep(made: AccessGroup, group: Group) -> None:
    row = _row(made)
    row.external_id, row.changed_at = (group.external_id or "")[:MOST_ID], timezone.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise UniquenessException(detail="Another group has that externalId.") from None


def _wanted(group: Group) -> set[int]:
    """The people's numbers. Raises InvalidValueException for a group within a group and for somebody unknown."""
    wanted = set()
    for member in group.members or []:
        if (member.type or "User").lower() != "user" or (member.value or "").startswith(f"{PREFIX}-"):
            raise InvalidValueException(detail="A group within a group is not supported. Assign its people.")
        try:
            wanted.add(number_of(member.value or "", PERSON))
        except NotFoundException:
            raise InvalidValueException(detail=f"There is no person {(member.value or '')[:60]}.") from None
    known = set(known_people().filter(pk__in=wanted).values_list("pk", flat=True))
    if unknown := sorted(wanted - known):
        raise InvalidValueException(detail=f"There is no person {PERSON}-{unknown[0]}.")
    return wanted


def _fill(group: AccessGroup, wanted: Collection[int]) -> tuple[set[int], set[int]]:
    """Who joined and who left. Only they are looked at, so one member more in a large group is a small act."""
    rows = Membership.objects.filter(origin=SCIM)
    there = set(rows.filter(group=group, user__in=known_people()).values_list("user_id", flat=True))
    joined, left = set(wanted) - there, there - set(wanted)
    for user in User.objects.filter(pk__in=joined | left).order_by("pk"):
        mine = set(rows.filter(user=user).values_list("group_id", flat=True))
        mine = mine | {group.pk} if user.pk in joined else mine - {group.pk}
        set_memberships(user, AccessGroup.objects.filter(pk__in=mine), SCIM, None)
    return joined, left


def _row(group: AccessGroup) -> ScimGroup:
    found: ScimGroup | None = getattr(group, "scim", None)
    return found or ScimGroup(group=group)
