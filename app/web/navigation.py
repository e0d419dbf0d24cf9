"""The pages for those who run the product, as the header offers them: only those that a person may open."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from app.accounts.models import User
from app.accounts.permissions import Permission

# The name of its address, what its related addresses' names begin with, its label, its icon, and who may open it.
PAGES: tuple[tuple[str, str | tuple[str, ...], str, str, Permission], ...] = (
    ("sources", "source", "Sources", "books", Permission.MANAGE_SOURCES),
    (
        "people",
        ("people_", "person_", "group", "role", "all_keys", "service_"),
        "People",
        "people",
        Permission.SEE_PEOPLE,
    ),
    ("models", "model", "Models", "plug", Permission.SEE_OPERATIONS),
    ("prompts", "prompt", "Prompts", "pen", Permission.MANAGE_PROMPTS),
    ("signon", "signon", "Single sign-on", "key", Permission.MANAGE_SIGN_ON),
    ("personal_data", "personal_data", "Personal data", "lock", Permission.MANAGE_PERSONAL_DATA),
    ("reports", "report", "Reports", "flag", Permission.REVIEW),
    ("reviews", "review", "Reviews", "check", Permission.REVIEW),
    ("quality", "quality", "Quality", "chart", Permission.SEE_QUALITY),
    ("usage", "usage", "Usage and cost", "gauge", Permission.SEE_USAGE),
    ("provisioning", "provisioning", "Provisioning", "people", Permission.MANAGE_SIGN_ON),
    ("audit", "audit", "Audit log", "list", Permission.SEE_AUDIT),
)


@dataclass(frozen=True, slots=True)
class PageLink:
    url: str
    label: str
    icon: str
    is_here: bool


def admin_links(user: User, here: str) -> list[PageLink]:
    """`here` is the name of the address being shown."""
    links = []
    for name, family, label, icon, permission in PAGES:
        address = address_of(name)
        if address and user.may_for_some_source(permission):
            links.append(PageLink(address, label, icon, f"{here}_".startswith(family)))
    return links


def address_of(name: str) -> str:
    """Empty where this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
