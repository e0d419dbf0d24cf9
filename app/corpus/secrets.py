"""Passwords and tokens of sources, encrypted at rest. The key comes from the environment, never from the database.

Fernet (AES-128-CBC with HMAC-SHA-256). Several keys may be given: the first encrypts, all of them
decrypt, so a key is changed by putting the new one in front and saving each source again.
"""

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SecretsLost(Exception):  # noqa: N818 - the name says what happened
    """The stored secrets were encrypted with a key that is not configured any more."""

    def __init__(self) -> None:
        super().__init__(
            "The source's stored password cannot be decrypted: its key is not among ATTEST_SECRETS_KEYS. "
            "Add the old key, or enter the password again."
        )


def seal_secrets(secrets: Mapping[str, str]) -> str:
    """The secrets as one encrypted text; empty for none."""
    kept = {name: value for name, value in secrets.items() if value}
    return _fernet().encrypt(json.dumps(kept).encode()).decode() if kept else ""


def open_secrets(sealed: str) -> dict[str, str]:
    """What `seal_secrets` was given. Raises SecretsLost when no configured key opens it."""
    if not sealed:
        return {}
    try:
        opened: dict[str, str] = json.loads(_fernet().decrypt(sealed.encode()))
    except InvalidToken as error:
        raise SecretsLost from error
    return opened


def _fernet() -> MultiFernet:
    keys = settings.ATTEST_SECRETS_KEYS or [settings.SECRET_KEY]
    return MultiFernet([Fernet(_fernet_key(key)) for key in keys])


def _fernet_key(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"attest source secrets\x00" + key.encode()).digest())
