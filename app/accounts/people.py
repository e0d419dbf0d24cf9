"""People and service accounts: adding, finding and closing them by hand, and what they have open."""

import secrets
from collections.abc import Collection

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.text import slugify

from app.accounts.ending import close_account
from app.accounts.groups import set_memberships
from app.accounts.keys import live_keys
from app.accounts.models import LOCAL, User
from app.accounts.roles import give_roles, keep_an_admin
from app.audit.events import PERSON_ADDED, SERVICE_ACCOUNT_CREATED, record_event

# Reserved for what is not there (RFC 2606): no mail can reach it, and no provider can confirm it.
SERVICE_DOMAIN = "service.invalid"


class PersonError(Exception):
    """What cannot be done with an account, in a sentence for the person who tried."""


def add_person(email: str, password: str, *, name: str, roles: Collection[str]) -> User:
    """The account with that address; made if there is none, otherwise left as it is."""
    user: User | None = User.objects.filter(email=email.lower()).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name, roles=list(roles))
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return user


@transaction.atomic
def invite_person(
    email: str, *, name: str, password: str, groups: Collection[Group], roles: Collection[str], actor: User
) -> User:
    """A local account whose first password is handed over by whoever makes it. Raises PersonError or RoleError."""
    if User.objects.filter(email__iexact=email).exists():
        raise PersonError("There is an account with that address already.")
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise PersonError(" ".join(error.messages)) from None
    user = add_person(email, password, name=name, roles=())
    record_event(actor, PERSON_ADDED, f"user:{user.pk}", email=user.email)
    give_roles(user, roles, actor=actor)
    set_memberships(user, groups, LOCAL, actor)
    return user


@transaction.atomic
def make_service(name: str, *, owner: User, groups: Collection[Group], actor: User) -> User:
    """An account for programs: it has keys and groups, and no way to sign in."""
    if owner.is_service or not owner.is_active:
        raise PersonError("The owner of a service account is a person who can sign in.")
    email = f"{slugify(name) or 'service'}-{secrets.token_hex(4)}@{SERVICE_DOMAIN}"
    service = User.objects.create_user(email, None, name=name, kind=User.Kind.SERVICE, owner=owner)
    record_event(actor, SERVICE_ACCOUNT_CREATED, f"user:{service.pk}", name=name, owner=owner.email)
    set_memberships(service, groups, LOCAL, actor)
    return service


@transaction.atomic
def close_person(user: User, *, actor: User) -> None:
    """Out at once, with all sessions and keys. Raises LastAdminError for the only admin."""
    keep_an_admin(user)
    close_account(user, actor=actor, why="closed by an admin")


def found_people(*, query: str = "", role: str = "", state: str = "", group: int | None = None) -> QuerySet[User]:
    """Accounts by what is asked for, with how many groups and live keys they have."""
    people = User.objects.order_by("email")
    if query:
        people = people.filter(Q(email__icontains=query) | Q(name__icontains=query))
    if role:
        people = people.filter(roles=[]) if role == "none" else people.filter(roles__contains=[role])
    if state in ("active", "closed"):
        people = people.filter(is_active=state == "active")
    if state == "service":
        people = people.filter(kind=User.Kind.SERVICE)
    if group is not None:
        people = people.filter(groups=group)
    keys = Count("api_keys", filter=Q(api_keys__in=live_keys()), distinct=True)
    return people.annotate(group_count=Count("groups", distinct=True), key_count=keys)


def open_sessions(user: User) -> int:
    return UserSession.objects.filter(user_id=user.pk).count()
