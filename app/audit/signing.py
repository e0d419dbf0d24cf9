"""Signatures of checkpoints: Ed25519, with a key derived from a secret of the environment.

Whoever can change the database but does not know the secret cannot make a checkpoint. With the public key anybody can
check one, without trusting the product.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from app.audit.models import Checkpoint

KIND = "attest audit checkpoint"


class CheckpointError(ValueError):
    """A checkpoint's file cannot be believed; the message says why."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Statement:
    """The chain had `count` entries then, and the one at `sequence` this hash."""

    sequence: int
    hash: str
    count: int
    made_at: datetime
    key_id: str = ""
    signature: str = ""

    @classmethod
    def of(cls, row: Checkpoint) -> "Statement":
        return cls(row.sequence, row.hash, row.count, row.made_at, row.key_id, row.signature)

    def signed_text(self) -> bytes:
        return json.dumps(
            [KIND, self.sequence, self.hash, self.count, _written(self.made_at)], separators=(",", ":")
        ).encode()


def sign(statement: Statement) -> Statement:
    """The same with a signature of the first key."""
    key = _keys()[0]
    signature = base64.b64encode(key.sign(statement.signed_text())).decode()
    return Statement(**{**asdict(statement), "key_id": key_id(key.public_key()), "signature": signature})


def is_signed(statement: Statement, public_key: str = "") -> bool:
    """By one of our keys, or by `public_key` alone (64 hexadecimal digits)."""
    try:
        signature = base64.b64decode(statement.signature, validate=True)
    except binascii.Error:
        return False
    if public_key:
        trusted = [Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))]
    else:
        trusted = [key.public_key() for key in _keys()]
    return any(_bears(key, signature, statement.signed_text()) for key in trusted)


def public_key() -> str:
    """The key with which others can check our checkpoints, as 64 hexadecimal digits."""
    return _keys()[0].public_key().public_bytes_raw().hex()


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def as_text(statement: Statement) -> str:
    body = {"kind": KIND, **asdict(statement), "made_at": _written(statement.made_at), "public_key": public_key()}
    return json.dumps(body, indent=2) + "\n"


def from_text(text: str, public_key: str = "") -> Statement:
    """A statement of a file whose signature holds. Raises CheckpointError."""
    try:
        body: dict[str, Any] = json.loads(text)
        statement = Statement(
            int(body["sequence"]), str(body["hash"]), int(body["count"]), datetime.fromisoformat(body["made_at"]),
            str(body["key_id"]), str(body["signature"]),
        )  # fmt: skip
        # A time without its zone could mean any hour.
        is_ours = body["kind"] == KIND and statement.made_at.tzinfo is not None
    except (ValueError, KeyError, TypeError):
        is_ours = False
    if not is_ours:
        raise CheckpointError("That is not a checkpoint of the audit trail.")
    if not is_signed(statement, public_key):
        raise CheckpointError(
            "The checkpoint's signature does not hold: the file was changed, or it was signed with a key that is not "
            "among ATTEST_AUDIT_KEYS."
        )
    return statement


def _keys() -> list[Ed25519PrivateKey]:
    secrets = settings.ATTEST_AUDIT_KEYS or [settings.SECRET_KEY]
    return [Ed25519PrivateKey.from_private_bytes(_seed(each)) for each in secrets]


def _seed(secret: str) -> bytes:
    return hashlib.sha256(KIND.encode() + b"\x00" + secret.encode()).digest()


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _bears(key: Ed25519PublicKey, signature: bytes, text: bytes) -> bool:
    try:
        key.verify(signature, text)
    except InvalidSignature:
        return False
    return True
