"""Which account a person from a provider has here, by the provider's policy: linked, made, or refused."""

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from app.accounts.local import is_emergency
from app.accounts.models import User
from app.audit.events import SIGN_ON_ACCOUNT_CREATED, SIGN_ON_LINKED, record_event
from app.signon.identity import Identity, check_domain, check_verified
from app.signon.named_providers import Linking, NamedProvider, Provisioning
from app.signon.refusal import Reason, SignOnRefused


def admit(provider: NamedProvider, identity: Identity) -> User:
    """The open account of this person. Raises SignOnRefused with the reason; nothing is changed then."""
    check_domain(provider, identity)
    try:
        with transaction.atomic():
            user = _linked(provider, identity) or _newly_linked(provider, identity)
    except IntegrityError:
        raise SignOnRefused(Reason.ADDRESS_TAKEN, "two sign-ins at the same moment") from None
    return user


def _linked(provider: NamedProvider, identity: Identity) -> User | None:
    link = SocialAccount.objects.filter(provider=provider.slug, uid=identity.subject).select_related("user").first()
    if link is None:
        return None
    # A short name that was given to another provider since must not open the accounts of the first one.
    if link.extra_data.get("issuer") != provider.issuer:
        raise SignOnRefused(Reason.ISSUER, "the account was linked while this provider had another issuer")
    user: User = link.user
    return _open(user)


def _newly_linked(provider: NamedProvider, identity: Identity) -> User:
    check_verified(identity)
    user = User.objects.filter(email=identity.email).first()
    if user is None:
        return _made(provider, identity)
    if provider.linking is not Linking.VERIFIED_EMAIL or not _may_be_linked(user):
        raise SignOnRefused(Reason.ADDRESS_TAKEN)
    _link(provider, identity, _open(user))
    record_event(user, SIGN_ON_LINKED, f"user:{user.pk}", provider=provider.slug)
    return user


def _made(provider: NamedProvider, identity: Identity) -> User:
    if provider.provisioning is not Provisioning.CREATE:
        raise SignOnRefused(Reason.NOT_INVITED)
    user = User.objects.create_user(identity.email, None, name=identity.name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    _link(provider, identity, user)
    record_event(None, SIGN_ON_ACCOUNT_CREATED, f"user:{user.pk}", provider=provider.slug)
    return user


def _link(provider: NamedProvider, identity: Identity, user: User) -> None:
    SocialAccount.objects.create(
        user=user, provider=provider.slug, uid=identity.subject, extra_data={"issuer": provider.issuer}
    )


def _open(user: User) -> User:
    if not user.is_active:
        raise SignOnRefused(Reason.CLOSED)
    return user


def _may_be_linked(user: User) -> bool:
    """Programs and the account for emergencies have no provider, and an address that says itself that it was never
    confirmed proves nothing."""
    if user.is_service or is_emergency(user):
        return False
    return not EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=False).exists()
