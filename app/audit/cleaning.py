"""What may stand in an entry: no secret, and no character that the database cannot keep."""

import re
from typing import Any

HIDDEN = "(secret)"
SECRET_WORDS = frozenset({
    "password", "passphrase", "secret", "secrets", "token", "credential", "credentials", "authorization", "cookie",
})  # fmt: skip
SECRET_ENDS = ("api_key", "private_key", "secret_key")
# Scheme, user and password, host and path, query.
ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://)([^/?#\s]*@)?([^?#\s]*)(\?[^#\s]*)?", re.IGNORECASE)
LONGEST_SETTING = 500


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


def settings_told(value: Any) -> Any:
    """Settings as an entry may tell them: of an address neither user and password nor query, and no text at length."""
    if isinstance(value, dict):
        return {str(name): settings_told(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [settings_told(each) for each in value]
    return ADDRESS.sub(_bare, value)[:LONGEST_SETTING] if isinstance(value, str) else value


def _bare(address: re.Match[str]) -> str:
    return f"{address[1]}{address[3]}{'?' + HIDDEN if address[4] else ''}"


def storable(text: str, most: int) -> str:
    return text.replace("\x00", "")[:most]
