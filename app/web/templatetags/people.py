"""Words about people for templates."""

from typing import Any

from django import template

from app.accounts.permissions import Permission
from app.accounts.roles import label

register = template.Library()


@register.filter
def role_label(role: str) -> str:
    return label(role)


@register.filter
def scope_words(scopes: list[str]) -> str:
    return ", ".join(scope.replace("_", " ") for scope in scopes)


@register.filter
def may(user: Any, permission: str) -> bool:
    """Whether somebody, also somebody who is not signed in, has the permission everywhere."""
    return bool(user.is_authenticated and user.may(Permission(permission)))
