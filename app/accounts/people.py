"""Adding people by hand: a local account whose address counts as confirmed."""

from collections.abc import Collection

from allauth.account.models import EmailAddress

from app.accounts.models import User


def add_person(email: str, password: str, *, name: str, roles: Collection[str]) -> User:
    """The account with that address; made if there is none, otherwise left as it is."""
    user: User | None = User.objects.filter(email=email.lower()).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name, roles=list(roles))
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return user
