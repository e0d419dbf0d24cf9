"""Secrets that the database keeps, encrypted. The key comes from the environment, never from the database.

Fernet (AES-128-CBC with HMAC-SHA-256). Several keys may be given: the first encrypts, all of them
decrypt, so a key is changed by putting the new one in front and saving each secret again. What is sealed for
one purpose cannot be opened for another.
"""

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealBroken(Exception):  # noqa: N818 - the name says what happened
    """It was sealed with a key that is not configured any more, or for another purpose."""


def seal(secrets: Mapping[str, str], purpose: str) -> str:
    """The secrets as one encrypted text; empty for none."""
    kept = {name: value for name, value in secrets.items() if value}
    return _fernet(purpose).encrypt(json.dumps(kept).encode()).decode() if kept else ""


def unseal(sealed: str, purpose: str) -> dict[str, str]:
    """What `seal` was given. Raises SealBroken when no configured key opens it."""
    if not sealed:
        return {}
    try:
        opened: dict[str, str] = json.loads(_fernet(purpose).decrypt(sealed.encode()))
    except InvalidToken as error:
        raise SealBroken from error
    return opened


def _fernet(purpose: str) -> MultiFernet:
    keys = settings.ATTEST_SECRETS_KEYS or [settings.SECRET_KEY]
    return MultiFernet([Fernet(_fernet_key(key, purpose)) for key in keys])


def _fernet_key(key: str, purpose: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(f"attest {purpose}\x00".encode() + key.encode()).digest())
