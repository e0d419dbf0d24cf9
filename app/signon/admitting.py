"""Which account a person from a provider has here, by the provider's policy: linked, made, or refused."""

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction

from app.accounts.addresses import is_reserved
from app.accounts.ending import end_sessions
from app.accounts.models import User
from app.audit.events import SIGN_ON_ACCOUNT_CREATED, SIGN_ON_LINKED, SIGN_ON_UNLINKED, record_event
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


@transaction.atomic
def unlink(user: User, slug: str, *, actor: User | None) -> int:
    """Forget who the person of this account is at the provider of that short name; how many links that were. Sessions
    end, as whoever holds them may be the one who should not. At the next sign-in the policy decides anew."""
    removed, _ = SocialAccount.objects.filter(user=user, provider=slug).delete()
    if removed:
        record_event(actor, SIGN_ON_UNLINKED, f"user:{user.pk}", provider=slug)
        end_sessions(user, actor=actor, why="sign-on unlinked")
    return removed


def _newly_linked(provider: NamedProvider, identity: Identity) -> User:
    check_verified(identity)
    if identity.email == settings.ATTEST_EMERGENCY_ACCOUNT or is_reserved(identity.email):
        raise SignOnRefused(Reason.ADDRESS_TAKEN)
    # Locked, so that two sign-ins at the same moment do not both find the account without a link.
    user = User.objects.select_for_update().filter(email=identity.email).first()
    if user is None:
        return _made(provider, identity)
    if provider.linking is not Linking.VERIFIED_EMAIL or not _may_be_linked(user):
        raise SignOnRefused(Reason.ADDRESS_TAKEN)
    if _is_somebody_else_there(provider, user):
        raise SignOnRefused(Reason.ADDRESS_TAKEN, "the provider knows the account as somebody else")
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
    """Programs have no provider, and an address that says itself that it was never confirmed proves nothing."""
    if user.is_service:
        return False
    return not EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=False).exists()


def _is_somebody_else_there(provider: NamedProvider, user: User) -> bool:
    """The provider has another name for the person of this account: whoever comes now was given an address that was
    theirs before, as where somebody left and a namesake came. An admin who knows better takes the old link away."""
    there = SocialAccount.objects.filter(user=user, provider=provider.slug)
    return any(link.extra_data.get("issuer") == provider.issuer for link in there)
