"""Writes a mail as an RFC 5322 file with its attachment, under a fixed date, message id and boundary."""

from __future__ import annotations

import mimetypes
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from sample.builder.markup import SourceText


def write_mail(source: SourceText, moment: datetime, attachment: bytes | None) -> bytes:
    """`attachment` holds the bytes of the file that the header `attachment` names."""
    header, message = source.header, EmailMessage(policy=SMTP)
    key = sha256(source.body.encode()).hexdigest()[:16]
    for name in ("from", "to", "cc", "subject"):
        if name in header:
            message[name.capitalize()] = header[name]
    message["Date"] = format_datetime(moment.replace(tzinfo=UTC))
    message["Message-ID"] = f"<{key}@fennmark.example>"
    message.set_content(source.body.strip() + "\n", cte="quoted-printable")
    if attachment is not None:
        name = header["attachment"]
        kind, _, subkind = (mimetypes.guess_type(name)[0] or "application/octet-stream").partition("/")
        message.add_attachment(attachment, maintype=kind, subtype=subkind, filename=name)
        message.set_boundary(f"=_{key}")
    return message.as_bytes()
