"""Names of audited acts as words."""

from django import template

register = template.Library()


@register.filter
def act(action: str) -> str:
    """ "api_key_created" is "API key created"."""
    words = action.replace("_", " ").replace("api ", "API ").replace("scim ", "SCIM ").replace("sign on ", "sign-on ")
    return words[:1].upper() + words[1:]


@register.filter
def result_badge(result: str) -> str:
    return {"refused": "badge-warn", "failed": "badge-bad"}.get(result, "badge-good")
