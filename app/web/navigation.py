"""The pages for those who run the product, as the header offers them: only those that a person may open."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from app.accounts.models import Role, User

# The name of its address, what its related addresses' names begin with, its label, its icon, and who may open it.
PAGES: tuple[tuple[str, str, str, str, frozenset[str]], ...] = (
    ("sources", "source", "Sources", "books", frozenset({Role.ADMIN})),
    ("models", "model", "Models", "plug", frozenset({Role.ADMIN})),
    ("prompts", "prompt", "Prompts", "pen", frozenset({Role.ADMIN})),
    ("personal_data", "personal_data", "Personal data", "lock", frozenset({Role.ADMIN})),
    ("reports", "report", "Reports", "flag", frozenset({Role.ADMIN, Role.REVIEWER})),
    ("reviews", "review", "Reviews", "check", frozenset({Role.ADMIN, Role.REVIEWER})),
    ("quality", "quality", "Quality", "chart", frozenset({Role.ADMIN, Role.REVIEWER, Role.OPERATOR})),
    ("usage", "usage", "Usage and cost", "gauge", frozenset({Role.ADMIN, Role.OPERATOR})),
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
    for name, family, label, icon, roles in PAGES:
        address = address_of(name)
        if address and roles & set(user.roles):
            links.append(PageLink(address, label, icon, here.startswith(family)))
    return links


def address_of(name: str) -> str:
    """Empty where this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
