"""The plain text of a sample file, by the simplest reader of each format, so that the tests judge the files and not the
product's own parser."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from typing import Any

from bs4 import BeautifulSoup
from docx import Document
from openpyxl import load_workbook
from pptx import Presentation
from pypdf import PdfReader


def text_of(data: bytes, name: str) -> str:
    """All text with runs of white space as one space; a mail includes its attachment."""
    return re.sub(r"\s+", " ", _READERS[name.rpartition(".")[2]](data))


def _plain(data: bytes) -> str:
    """Emphasis is taken out, because a reference answer is quoted without its asterisks."""
    return data.decode("utf-8").replace("**", "")


def _html(data: bytes) -> str:
    return BeautifulSoup(data, "html.parser").get_text(" ")


def _word(data: bytes) -> str:
    document = Document(BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def _slides(data: bytes) -> str:
    return "\n".join(_shape_text(shape) for slide in Presentation(BytesIO(data)).slides for shape in slide.shapes)


def _shape_text(shape: Any) -> str:
    if shape.has_table:
        return "\n".join(cell.text for row in shape.table.rows for cell in row.cells)
    return str(shape.text_frame.text)


def _sheets(data: bytes) -> str:
    cells = (
        value for sheet in load_workbook(BytesIO(data)) for row in sheet.iter_rows(values_only=True) for value in row
    )
    return "\n".join(str(value) for value in cells if value is not None)


def _pages(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


def _mail(data: bytes) -> str:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body()
    parts = [str(message["subject"]), body.get_content() if body else ""]
    for part in message.iter_attachments():
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        parts.append(text_of(payload, part.get_filename() or ""))
    return "\n".join(parts)


_READERS = {
    "md": _plain,
    "txt": _plain,
    "csv": _plain,
    "html": _html,
    "docx": _word,
    "pptx": _slides,
    "xlsx": _sheets,
    "pdf": _pages,
    "eml": _mail,
}
