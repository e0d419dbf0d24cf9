"""The providers that the sign-in page offers."""

from django import template

from app.signon.configured import all_providers
from app.signon.named_providers import NamedProvider

register = template.Library()


@register.simple_tag
def sign_on_providers() -> list[NamedProvider]:
    return all_providers()
