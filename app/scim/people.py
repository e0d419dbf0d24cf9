"""People as a provider sees and changes them: made, renamed, closed, opened, and deleted, which closes for good.

The account's address is what the person signs in by: their primary e-mail address, or else the user name. A provider
never moves the address of somebody who holds a role: whoever holds a token could make themselves an admin that way.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from scim2_models import ForbiddenException, InvalidValueException, Meta, NotFoundException, UniquenessException

from app.accounts.addresses import is_reserved, set_address
from app.accounts.ending import close_account, open_account
from app.accounts.groups import SCIM, set_memberships
from app.accounts.models import LOCAL, Membership, User
from app.accounts.names import printable
from app.accounts.roles import LastAdminError, keep_an_admin
from app.audit.events import SCIM_USER_CHANGED, SCIM_USER_CREATED, SCIM_USER_REMOVED, record_event
from app.scim.door import number_of
from app.scim.models import ScimToken, ScimUser
from app.scim.resources import Email, GroupOfPerson, Person, PersonName
from app.scim.versions import version_of

PREFIX = "user"
MOST_NAME = 120
MOST_ID = 254
WHY = "provisioning"


def known_people() -> "QuerySet[User]":
    """All but the emergency account and those that a provider deleted. Accounts made here are among them: a provider
    finds them by their address and takes them over. Services and accounts of the product itself are nobody's."""
    people = User.objects.filter(kind=User.Kind.PERSON).exclude(email__endswith="@localhost")
    people = people.exclude(scim__removed_at__isnull=False).select_related("scim")
    emergency = settings.ATTEST_EMERGENCY_ACCOUNT
    return (people.exclude(email=emergency) if emergency else people).order_by("pk")


def person_of(resource_id: str, *, lock: bool = False) -> User:
    people = known_people()
    if lock:
        people = people.select_for_update(of=("self",))
    found = people.filter(pk=number_of(resource_id, PREFIX)).first()
    if found is None:
        raise NotFoundException(detail=f"There is no resource {resource_id}.")
    return found


def as_resource(user: User) -> Person:
    row = _row(user)
    mine = Membership.objects.filter(user=user, origin=SCIM).select_related("group").order_by("group_id")
    resource = Person(
        id=f"{PREFIX}-{user.pk}",
        external_id=row.external_id or None,
        user_name=row.user_name or user.email,
        name=PersonName(**row.name) if row.name else None,
        display_name=user.name or None,
        active=user.is_active,
        emails=[Email(value=user.email, type="work", primary=True)],
        groups=[GroupOfPerson(value=f"group-{each.group_id}", display=each.group.name, ref=None) for each in mine]
        or None,
    )
    resource.meta = Meta(
        resource_type="User",
        created=user.date_joined,
        last_modified=max(row.changed_at, user.date_joined) if row.pk else user.date_joined,
        location=f"/scim/v2/Users/{resource.id}",
        version=version_of(resource),
    )
    return resource


def create(person: Person, token: ScimToken) -> User:
    """Raises UniquenessException where somebody has the name or address. Who was deleted before is taken up again."""
    with transaction.atomic():
        address = _address(person)
        _refuse_foreign(address)
        user = User.objects.select_for_update().filter(email=address).first()
        if user is not None and _row(user).removed_at is None:
            raise UniquenessException(detail="There is an account of that address. Find it by its userName instead.")
        if user is None:
            is_open = person.active is not False
            user = User.objects.create_user(
                address, None, name=_name(person), is_active=is_open, closed_by="" if is_open else SCIM
            )
            set_address(user, address)
        elif person.active is not False and _may_open(user):
            open_account(user, actor=None, why=WHY)
        _keep(user, person)
        record_event(
            None, SCIM_USER_CREATED, f"user:{user.pk}", through=token.prefix, email=address, active=user.is_active
        )  # fmt: skip
    return user


def change(user: User, before: Person, after: Person, token: ScimToken) -> None:
    """Bring the account from one representation to the other."""
    with transaction.atomic():
        if not user.is_active and not _may_open(user):
            after.active = False
        _move(user, before, after)
        _keep(user, after)
        was, now = _audited(before), _audited(after)
        if was != now:
            changed = {key for key in was if was[key] != now[key]}
            record_event(
                None, SCIM_USER_CHANGED, f"user:{user.pk}", through=token.prefix,
                before={key: was[key] for key in changed}, after={key: now[key] for key in changed},
            )  # fmt: skip
        if after.active is False and user.is_active:
            _refuse_last_admin(user)
            close_account(user, actor=None, why=WHY, origin=SCIM)
        elif after.active and not user.is_active:
            open_account(user, actor=None, why=WHY)


def remove(user: User, token: ScimToken) -> None:
    """Gone for the provider. The account is closed, and loses its roles and the groups that the provider gave."""
    with transaction.atomic():
        _refuse_last_admin(user)
        close_account(user, actor=None, why=WHY, origin=SCIM)
        set_memberships(user, [], SCIM, None)
        roles, user.roles = list(user.roles), []
        user.save(update_fields=["roles"])
        row = _row(user)
        row.user_name, row.removed_at = row.user_name or user.email, timezone.now()
        row.save()
        record_event(None, SCIM_USER_REMOVED, f"user:{user.pk}", through=token.prefix, roles=roles)


def _may_open(user: User) -> bool:
    """What was closed here is not opened by a provider, which tells of everybody that they are active at each sync."""
    return user.closed_by != LOCAL


def _refuse_last_admin(user: User) -> None:
    try:
        keep_an_admin(user)
    except LastAdminError as error:
        raise ForbiddenException(detail=str(error)) from None


def _move(user: User, before: Person, after: Person) -> None:
    address = _address(after)
    followed_name = before.user_name == user.email and _primary(after) in (user.email, "")
    if followed_name and _is_address(after.user_name or ""):
        address = (after.user_name or "").lower()
    if address == user.email:
        return
    _refuse_foreign(address)
    if user.roles:
        raise ForbiddenException(
            detail="This person holds a role here, so their address is not changed by provisioning. "
            "Take the roles away first, and give them again afterwards."
        )
    if User.objects.filter(email=address).exclude(pk=user.pk).exists():
        raise UniquenessException(detail="Another account has that address.")
    set_address(user, address)


def _keep(user: User, person: Person) -> None:
    user.name = _name(person)
    user.save(update_fields=["name"])
    row = _row(user)
    row.user_name, row.external_id = (person.user_name or "")[:MOST_ID], (person.external_id or "")[:MOST_ID]
    row.name = person.name.model_dump(exclude_none=True) if person.name else {}
    row.changed_at, row.removed_at = timezone.now(), None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise UniquenessException(detail="Another person has that userName or externalId.") from None


def _row(user: User) -> ScimUser:
    found: ScimUser | None = getattr(user, "scim", None)
    return found or ScimUser(user=user)


def _name(person: Person) -> str:
    parts = person.name or PersonName()
    whole = " ".join(part for part in (parts.given_name, parts.family_name) if part)
    return printable(person.display_name or parts.formatted or whole)[:MOST_NAME]


def _address(person: Person) -> str:
    """Raises InvalidValueException where there is none."""
    address = _primary(person) or (person.user_name or "").strip().lower()
    if not _is_address(address):
        raise InvalidValueException(detail="Give an e-mail address as userName or as the primary of emails.")
    return address


def _primary(person: Person) -> str:
    emails = [each for each in person.emails or [] if each.value]
    chosen = next((each for each in emails if each.primary), None) or next(iter(emails), None)
    return (chosen.value or "").strip().lower() if chosen else ""


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= MOST_ID


def _refuse_foreign(address: str) -> None:
    """Whoever has the emergency account's address when it is set up would be it; addresses of programs and of erased
    accounts are nobody's."""
    if address == settings.ATTEST_EMERGENCY_ACCOUNT:
        raise UniquenessException(detail="There is an account of that address, and it is not provisioned.")
    if is_reserved(address):
        raise InvalidValueException(detail="An address that ends in .invalid or at localhost is nobody's.")


def _audited(person: Person) -> dict[str, Any]:
    return {
        "user_name": person.user_name, "external_id": person.external_id, "name": _name(person),
        "email": _primary(person), "active": person.active,
    }  # fmt: skip
