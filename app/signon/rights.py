"""What the rules make of a person's claims, put in force at every sign-in.

A provider takes away what it gave and no longer gives; what was given here, or by another provider, stays.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from app.accounts.groups import GroupError, make_group, set_memberships, sign_on_origin
from app.accounts.models import Role, User
from app.accounts.roles import LastAdminError, give_roles
from app.signon.models import GivenRoles
from app.signon.named_providers import NamedProvider
from app.signon.rules import read_rules, what_is_given


@transaction.atomic
def put_in_force(provider: NamedProvider, user: User, claims: Mapping[str, Any]) -> None:
    given = what_is_given(read_rules(provider.rules), claims)
    # In one order for everybody: two first sign-ins that each make what the other wants next would wait for ever.
    names = sorted(each.name for each in given if each.kind == "group")
    groups = [_group(name, provider) for name in names]
    set_memberships(user, groups, sign_on_origin(provider.slug), None)
    set_roles(user, {each.name for each in given if each.kind == "role"}, provider.slug)


@transaction.atomic
def set_roles(user: User, roles: Iterable[str], provider: str) -> None:
    """Let the provider give exactly these roles. One that the person already has otherwise is not the provider's.

    What another provider gave once, and somebody here took away since, does not come back with this one's sign-in.
    """
    held = set(User.objects.select_for_update().get(pk=user.pk).roles)
    rows = {row.provider: held & set(row.roles) for row in GivenRoles.objects.filter(user=user)}
    local = held.difference(*rows.values())
    others = set().union(*(given for name, given in rows.items() if name != provider))
    mine = _given(user, set(roles) - local, local | others)
    GivenRoles.objects.update_or_create(user=user, provider=provider, defaults={"roles": sorted(mine)})


def _given(user: User, mine: set[str], rest: set[str]) -> set[str]:
    """What the provider gives from now on. It cannot take the last admin away: nobody could repair that here."""
    try:
        give_roles(user, mine | rest, actor=None)
    except LastAdminError:
        return _given(user, mine | {Role.ADMIN.value}, rest)
    return mine


def _group(name: str, provider: NamedProvider) -> Group:
    """Another sign-in may be making the same group at this moment; then it is found at the second look."""
    known = " ".join(name.split())
    if found := Group.objects.filter(name__iexact=known).first():
        return found
    try:
        return make_group(known, origin=sign_on_origin(provider.slug), actor=None)
    except (IntegrityError, GroupError):
        return Group.objects.get(name__iexact=known)
