"""What may stand in an entry: no secret, and no character that the database cannot keep."""

import re
from typing import Any

HIDDEN = "(secret)"
SECRET_WORDS = frozenset({
    "password", "passphrase", "secret", "secrets", "token", "credential", "credentials", "authorization", "cookie",
})  # fmt: skip
SECRET_ENDS = ("api_key", "private_key", "secret_key")


def without_secrets(value: Any) -> Any:
    """The same with each text that stands under a secret's name left out. That there is one, and its kind, stays."""
    if isinstance(value, dict):
        return {str(name): _named(str(name), each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(each) for each in value]
    return value.replace("\x00", "") if isinstance(value, str) else value


def _named(name: str, value: Any) -> Any:
    if is_secret(name) and isinstance(value, str | list | tuple | dict):
        return HIDDEN if value else value
    return without_secrets(value)


def is_secret(name: str) -> bool:
    words = re.split(r"[^a-z0-9]+", name.lower())
    return not SECRET_WORDS.isdisjoint(words) or "_".join(words).endswith(SECRET_ENDS)


def storable(text: str, most: int) -> str:
    return text.replace("\x00", "")[:most]
