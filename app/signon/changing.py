"""Adding, changing and removing providers: one transaction with its audit entry, which never holds the secret."""

import hashlib
from typing import Any

from django.db import transaction

from app.accounts.models import User
from app.accounts.permissions import may_give
from app.audit.events import (
    SIGN_ON_PROVIDER_CHANGED,
    SIGN_ON_PROVIDER_CREATED,
    SIGN_ON_PROVIDER_REMOVED,
    record_event,
)
from app.signon.models import SignOnProvider
from app.signon.rules import read_rules

SHOWN = (
    "slug", "name", "kind", "is_enabled", "issuer", "client_id", "scopes", "linking", "provisioning", "domains",
    "trusts_email", "rules", "wants_encryption",
)  # fmt: skip


@transaction.atomic
def save_provider(actor: User, provider: SignOnProvider, *, secret: str = "") -> None:
    """An empty `secret` keeps the one there is."""
    before = _shown(SignOnProvider.objects.filter(pk=provider.pk).first())
    if secret:
        provider.client_secret = secret
    provider.save()
    action = SIGN_ON_PROVIDER_CHANGED if before else SIGN_ON_PROVIDER_CREATED
    record_event(
        actor, action, f"sign_on:{provider.slug}", before=before, after=_shown(provider), new_secret=bool(secret)
    )


@transaction.atomic
def remove_provider(actor: User, provider: SignOnProvider) -> None:
    """Links of accounts stay: with the same short name and issuer they would hold again."""
    record_event(actor, SIGN_ON_PROVIDER_REMOVED, f"sign_on:{provider.slug}", before=_shown(provider))
    provider.delete()


def roles_beyond(actor: User, rules: str) -> list[str]:
    """Roles that the rules give and the actor could not give by hand. Raises WrongRuleError."""
    given = {rule.name for rule in read_rules(rules) if rule.kind == "role"}
    return sorted(role for role in given if not may_give(actor.roles, role))


def _shown(provider: SignOnProvider | None) -> dict[str, Any] | None:
    """Metadata are long, so their digest stands for them."""
    if provider is None:
        return None
    digest = hashlib.sha256(provider.metadata.encode()).hexdigest() if provider.metadata else ""
    return {name: getattr(provider, name) for name in SHOWN} | {"metadata_sha256": digest}
