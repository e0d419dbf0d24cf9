"""The address of an account, kept in the two places that know it: the account itself and allauth's list."""

from allauth.account.models import EmailAddress
from django.db import transaction

from app.accounts.models import User

# RFC 2606: nobody has a mailbox there. Programs, erased accounts and the product's own have such addresses.
RESERVED = ("localhost", "invalid")


def is_reserved(email: str) -> bool:
    """Whether the address is of the kind that the product gives to what is no person: no provider can vouch for it."""
    domain = email.rpartition("@")[2].lower().rstrip(".")
    return domain.rpartition(".")[2] in RESERVED


@transaction.atomic
def set_address(user: User, email: str) -> None:
    """Make `email` the one confirmed address of the account. The caller has made sure that nobody else has it."""
    user.email = User.objects.normalize_email(email).lower()
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).exclude(email__iexact=user.email).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )  # fmt: skip
