"""Mails (EML and Outlook's MSG): who wrote to whom, the text, and each attachment as a section under its
file name.
"""

from __future__ import annotations

import email
import email.errors
import email.policy
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime

import oxmsg

from ingestion.documents import Block, BlockKind
from ingestion.errors import IngestionError
from ingestion.formats.decoding import decode
from ingestion.formats.html import read_markup
from ingestion.formats.reading import Reading, encrypted, together
from ingestion.formats.text import text_blocks

MAX_DEPTH = 3
MAX_ATTACHMENTS = 50
MAX_HEADING_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside a mail."""

    name: str
    data: bytes


AttachmentReader = Callable[[Attachment, int], Reading]


@dataclass(frozen=True, slots=True)
class _Mail:
    subject: str
    fields: tuple[tuple[str, str], ...]
    body: Reading
    attachments: tuple[Attachment, ...]
    sent_at: datetime | None


def read_eml(data: bytes, read_attachment: AttachmentReader, depth: int = 0) -> Reading:
    """A mail as a file; `read_attachment` reads what it carries, one level deeper."""
    message = email.message_from_bytes(data.lstrip(b"\r\n\t "), policy=email.policy.compat32)
    if message.get_content_type() in (
        "multipart/encrypted",
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
    ):
        raise encrypted("mail")
    parts = list(_parts(message))
    fields = [(name, _header(message, name)) for name in ("From", "To", "Cc", "Date")]
    return _reading(
        _Mail(
            subject=_header(message, "Subject"),
            fields=tuple((name, value) for name, value in fields if value),
            body=_eml_body(parts),
            attachments=tuple(_attachments(parts)),
            sent_at=_sent_at(message),
        ),
        read_attachment,
        depth,
    )


def read_msg(data: bytes, read_attachment: AttachmentReader, depth: int = 0) -> Reading:
    """The same for a mail as Outlook saves it."""
    message = oxmsg.Message.load(io.BytesIO(data))
    to = ", ".join(recipient.email_address or recipient.name for recipient in message.recipients)
    sent = message.sent_date
    fields = (
        ("From", message.sender or ""),
        ("To", to),
        ("Date", sent.isoformat(" ", "minutes") if sent else ""),
    )
    body = read_markup(message.html_body) if message.html_body else Reading(tuple(text_blocks(message.body or "")))
    attachments = tuple(Attachment(one.file_name or "attachment", one.file_bytes or b"") for one in message.attachments)
    mail = _Mail(message.subject or "", tuple(field for field in fields if field[1]), body, attachments, sent)
    return _reading(mail, read_attachment, depth)


def _reading(mail: _Mail, read_attachment: AttachmentReader, depth: int) -> Reading:
    head = [Block(BlockKind.HEADING, mail.subject, 1)] if mail.subject else []
    head += [Block(BlockKind.PARAGRAPH, f"{name}: {value}") for name, value in mail.fields]
    attached = _attached(mail.attachments, read_attachment, depth)
    if not mail.body.blocks and not attached.blocks and not mail.subject:
        return Reading(blocks=(), warnings=attached.warnings)
    body = replace(mail.body, blocks=(*head, *(_below(block) for block in mail.body.blocks)))
    return replace(together((body, attached)), title=mail.subject, modified_at=mail.sent_at)


def _attached(attachments: tuple[Attachment, ...], read_attachment: AttachmentReader, depth: int) -> Reading:
    """What the attachments say; one that cannot be read costs a warning, not the mail."""
    readings: list[Reading] = []
    if depth >= MAX_DEPTH and attachments:
        return Reading((), warnings=("Attachments of mails inside mails inside mails were left out.",))
    for attachment in attachments[:MAX_ATTACHMENTS]:
        try:
            reading = read_attachment(attachment, depth + 1)
        except IngestionError as error:
            warning = f"The attachment {attachment.name} was left out ({error.reason}): {error.message}"
            readings.append(Reading((), warnings=(warning,)))
            continue
        heading = (Block(BlockKind.HEADING, attachment.name, 2),) if reading.blocks else ()
        below = (replace(_below(block), page=None) for block in reading.blocks)
        readings.append(replace(reading, blocks=(*heading, *below)))
    if len(attachments) > MAX_ATTACHMENTS:
        warning = f"Only the first {MAX_ATTACHMENTS} of {len(attachments)} attachments were read."
        readings.append(Reading((), warnings=(warning,)))
    return together(readings)


def _below(block: Block) -> Block:
    """Headings inside a mail's text or attachment rank below the mail's own."""
    if block.kind is BlockKind.HEADING:
        return replace(block, level=min(block.level + 2, MAX_HEADING_LEVEL))
    return block


def _parts(message: Message) -> Iterator[Message]:
    """The leaves of a mail; a mail inside it is a leaf, because it is an attachment."""
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _parts(part)
    else:
        yield message


def _eml_body(parts: list[Message]) -> Reading:
    """The HTML text where there is one, because it keeps tables and lists; else the plain text."""
    texts = [part for part in parts if part.get_content_maintype() == "text" and not _is_attachment(part)]
    for subtype in ("html", "plain"):
        body = together(_text_part(part) for part in texts if part.get_content_subtype() == subtype)
        if body.blocks:
            return body
    return together(map(_text_part, texts))


def _text_part(part: Message) -> Reading:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return Reading(())
    text = decode(payload, part.get_content_charset())
    return read_markup(text) if part.get_content_subtype() == "html" else Reading(tuple(text_blocks(text)))


def _is_attachment(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _attachments(parts: list[Message]) -> Iterator[Attachment]:
    """Pictures inside the text are left out: they say nothing here and would only fill the list of
    warnings.
    """
    for part in parts:
        if part.get_content_maintype() == "image":
            continue
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message):
                name = _decoded(part.get_filename() or "") or f"{_header(inner[0], 'Subject') or 'forwarded mail'}.eml"
                yield Attachment(name, inner[0].as_bytes())
        elif _is_attachment(part) or part.get_content_maintype() not in ("text", "multipart"):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and payload.strip():
                yield Attachment(_decoded(part.get_filename() or "") or "attachment", payload)


def _header(message: Message, name: str) -> str:
    return _decoded(str(message.get(name, "")))


def _decoded(value: str) -> str:
    """A header with its encoded words read; what is encoded wrongly is shown as it stands."""
    try:
        value = str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, ValueError, email.errors.HeaderParseError):
        value = value.encode("ascii", "replace").decode("ascii")
    return " ".join(value.split())


def _sent_at(message: Message) -> datetime | None:
    try:
        sent = parsedate_to_datetime(str(message.get("Date", "")))
    except (ValueError, TypeError, IndexError):
        return None
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)
