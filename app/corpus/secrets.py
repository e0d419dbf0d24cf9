"""Passwords and tokens of sources, encrypted at rest (`app/secrets_at_rest.py`)."""

from collections.abc import Mapping

from app.secrets_at_rest import SealBroken, seal, unseal

# It is part of the key: sources that were saved before would be lost if it changed.
PURPOSE = "source secrets"


class SecretsLost(Exception):  # noqa: N818 - the name says what happened
    """The stored secrets were encrypted with a key that is not configured any more."""

    def __init__(self) -> None:
        super().__init__(
            "The source's stored password cannot be decrypted: its key is not among ATTEST_SECRETS_KEYS. "
            "Add the old key, or enter the password again."
        )


def seal_secrets(secrets: Mapping[str, str]) -> str:
    """The secrets as one encrypted text; empty for none."""
    return seal(secrets, PURPOSE)


def open_secrets(sealed: str) -> dict[str, str]:
    """What `seal_secrets` was given. Raises SecretsLost when no configured key opens it."""
    try:
        return unseal(sealed, PURPOSE)
    except SealBroken as error:
        raise SecretsLost from error
