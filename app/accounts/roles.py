"""Giving and taking roles. Nobody gives or takes what they do not have, and there is always an admin left."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from app.accounts.models import User
from app.accounts.permissions import OF_NAMED_SOURCES, Permission, Role, may_give
from app.audit.events import ROLES_CHANGED, record_event


class RoleError(Exception):
    """What cannot be done with a role, in a sentence for the person who tried."""


class LastAdminError(RoleError):
    def __init__(self) -> None:
        super().__init__("This is the last admin who can sign in. Make somebody else an admin first.")


@transaction.atomic
def give_roles(
    user: User, roles: Collection[str], *, actor: User | None, sources: Collection[Any] | None = None
) -> bool:
    """Let the user have exactly these roles; with `sources`, also let exactly these be named for them.

    `actor` None is the system, as where a rule for sign-on says so. True if that changed something.
    """
    user_now = User.objects.select_for_update().get(pk=user.pk)
    before, wanted = set(user_now.roles), set(roles)
    _refuse_unknown(wanted - before)
    for role in before ^ wanted:
        if actor is not None and not may_give(_roles_now(actor), role):
            raise RoleError(f"You cannot give or take the role “{label(role)}”: you do not have all of it yourself.")
    if user_now.is_service and wanted - before - OF_NAMED_SOURCES:
        raise RoleError("A service account can run named sources, and have no other role.")
    if Role.ADMIN in before - wanted:
        keep_an_admin(user_now)
    named_before = {source.pk: source.name for source in user_now.administered_sources.all()}
    named = named_before if sources is None else {source.pk: source.name for source in sources}
    _refuse_sources(actor, named_before.keys() ^ named.keys())
    if (before, named_before) == (wanted, named):
        return False
    user.roles = user_now.roles = [role for role in Role.values if role in wanted]
    user_now.save(update_fields=["roles"])
    user_now.administered_sources.set(named)
    record_event(
        actor, ROLES_CHANGED, f"user:{user.pk}",
        before={"roles": sorted(before), "sources": sorted(named_before.values())},
        after={"roles": sorted(wanted), "sources": sorted(named.values())},
    )  # fmt: skip
    return True


def keep_an_admin(user: User) -> None:
    """Raises LastAdminError if nobody would be an admin without `user`. Call it in the transaction that changes that.

    All admins are locked, so two who remove each other at the same moment take turns.
    """
    admins = User.objects.select_for_update().filter(
        is_active=True, kind=User.Kind.PERSON, roles__contains=[Role.ADMIN]
    )
    found = [admin.pk for admin in admins.order_by("pk")]
    if found == [user.pk]:
        raise LastAdminError


def label(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role


def _roles_now(actor: User) -> list[str]:
    """As stored: what a form or a program says about the giver does not count."""
    return User.objects.filter(pk=actor.pk, is_active=True).values_list("roles", flat=True).first() or []


def _refuse_unknown(roles: Collection[str]) -> None:
    if unknown := sorted(set(roles) - set(Role.values)):
        raise RoleError(f"There is no role “{unknown[0]}”.")


def _refuse_sources(actor: User | None, changed: Collection[int]) -> None:
    if actor is not None and not all(actor.may(Permission.MANAGE_SOURCES, source_id) for source_id in changed):
        raise RoleError("You cannot name a source that you do not run yourself.")
