"""Who gives a group, in words."""

from app.accounts.groups import SCIM
from app.accounts.models import LOCAL


def maker_words(origin: str) -> str:
    """Who made a group, to go on from “made”."""
    return "here" if origin == LOCAL else origin_words(origin)


def origin_words(origin: str) -> str:
    """ "local" → "given here", "sign-on:okta" → "by sign-on with okta", "scim" → "by SCIM"."""
    if origin == LOCAL:
        return "given here"
    if origin == SCIM:
        return "by SCIM"
    return f"by sign-on with {origin.partition(':')[2]}"
