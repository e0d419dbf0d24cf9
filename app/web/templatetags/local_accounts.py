"""What pages say of accounts whose password is kept here."""

from django import template
from django.conf import settings
from django.template import Context

from app.accounts.second_factor import must_set_one_up

register = template.Library()
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


@register.simple_tag
def local_accounts_are_on() -> bool:
    return bool(settings.ATTEST_LOCAL_ACCOUNTS)


@register.simple_tag(takes_context=True)
def second_factor_is_owed(context: Context) -> bool:
    return must_set_one_up(context["request"])


@register.filter
def browser_name(user_agent: str) -> str:
    """`Firefox on Windows`; what the browser calls itself where that is not known."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " on ".join(part for part in (browser, system) if part) or user_agent[:60] or "A browser"
