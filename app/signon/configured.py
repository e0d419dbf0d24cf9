"""Every provider that may be used now: those of `ATTEST_SIGN_ON` first, then the rows that admins switched on."""

from django.conf import settings

from app.signon.models import SignOnProvider
from app.signon.named_providers import Kind, NamedProvider


def all_providers() -> list[NamedProvider]:
    """In the order of the sign-in page. A row whose short name the environment uses too is left out."""
    given: tuple[NamedProvider, ...] = settings.ATTEST_SIGN_ON
    names = {each.slug for each in given}
    rows = SignOnProvider.objects.filter(is_enabled=True).exclude(slug__in=names)
    return [*given, *(row.named() for row in rows)]


def provider_named(slug: str, kind: Kind | None = None) -> NamedProvider | None:
    found = next((each for each in all_providers() if each.slug == slug), None)
    return found if found and kind in {None, found.kind} else None
