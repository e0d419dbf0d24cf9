"""A message's headers and structure, as a server tells them, into what is known of it. Nothing in them is trusted."""

import email
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from ingestion.connectors.mail.structure import Structure, decoded, structure_of
from ingestion.connectors.mail.threads import Letter, ids_in, made_up_id, references_of, stable_id
from ingestion.formats.decoding import decode

LONGEST = 500


def letter_of(uid: int, data: Mapping[bytes, Any]) -> Letter:
    """`data` is what imapclient made of one FETCH response."""
    raw = next((value for key, value in data.items() if key.startswith(b"BODY[HEADER")), None) or b""
    message = email.message_from_string(decode(raw) if isinstance(raw, bytes) else "")
    size = data.get(b"RFC822.SIZE")
    arrived = _utc(data.get(b"INTERNALDATE"))
    sender, subject = _value(message, "From"), _shown(_value(message, "Subject"))
    name, address = parseaddr(sender)
    message_id = _message_id(message, sender, subject)
    return Letter(
        uid=uid,
        message_id=message_id,
        references=references_of(message_id, _ids(message, "References"), _ids(message, "In-Reply-To")),
        subject=subject,
        sender=_sender(_shown(name), _shown(address)) or _shown(sender),
        address=_shown(address)[:200],
        sent_at=_sent_at(message, arrived),
        size=size if isinstance(size, int) else 0,
        structure=_structure(data.get(b"BODYSTRUCTURE")),
    )


def _message_id(message: Message, sender: str, subject: str) -> str:
    value = _ids(message, "Message-ID")
    if found := ids_in(value):
        return found[0]
    bare = value.strip("<> ")
    return stable_id(bare) if bare else made_up_id(sender, subject, _value(message, "Date"))


def _sender(name: str, address: str) -> str:
    return f"{name} <{address}>" if name and address and name != address else name or address


def _structure(body: Any) -> Structure:
    """A structure that makes no sense costs this message its text, and no other message anything."""
    try:
        return structure_of(body)
    except ValueError:
        return Structure()


def _sent_at(message: Message, arrived: datetime | None) -> datetime | None:
    """When the sender says; when it arrived, if they say nothing or a time still to come."""
    try:
        sent = _utc(parsedate_to_datetime(_value(message, "Date")))
    except (ValueError, TypeError, IndexError, OverflowError):
        return arrived
    latest = (arrived or datetime.now(UTC)) + timedelta(days=1)
    return sent if sent and sent <= latest else arrived


def _utc(moment: Any) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _value(message: Message, name: str) -> str:
    return str(message.get(name, ""))


def _ids(message: Message, name: str) -> str:
    """Some programs encode long ids as if they were words."""
    return decoded(_value(message, name))


def _shown(value: str) -> str:
    return decoded(value)[:LONGEST]
