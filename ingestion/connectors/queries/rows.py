"""A row as a document: its title as the heading, its text columns below. Pure: values in, values out."""

import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

LONGEST_LABELLED = 200
PARAGRAPHS = re.compile(r"\n\s*\n")


class RowUnfit(Exception):  # noqa: N818 - the name says what happened
    """A value cannot be what its column is named for; the message says which."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what; empty for none. `text` may name several."""

    id: str
    text: tuple[str, ...]
    title: str = ""
    url: str = ""
    modified: str = ""
    owner: str = ""

    def all(self) -> list[str]:
        return list(dict.fromkeys([*self.without_text(), *self.text]))

    def without_text(self) -> list[str]:
        return list(dict.fromkeys(name for name in (self.id, self.title, self.url, self.modified, self.owner) if name))


def document(row: Mapping[str, Any], columns: Columns, text_format: str) -> bytes:
    """Markdown for Markdown, HTML for the rest. A text that stands alone has no label."""
    title = words(row.get(columns.title)) if columns.title else ""
    texts = [(name, words(row[name])) for name in columns.text]
    fields = [(name if len(columns.text) > 1 else "", text) for name, text in texts if text.strip()]
    written = _markdown(title, fields) if text_format == "markdown" else _html(title, fields, text_format == "html")
    return written.encode("utf-8", "replace")


def words(value: Any) -> str:
    """A value as text. Raises RowUnfit for bytes, which are none."""
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray | memoryview):
        raise RowUnfit("holds bytes, not text")
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, date):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value)


def moment(value: Any) -> datetime | None:
    """A time of the source; without a zone it is taken as UTC. Raises RowUnfit for what is no time."""
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(found, date) and not isinstance(found, datetime):
            found = datetime(found.year, found.month, found.day, tzinfo=UTC)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, AttributeError) as error:
        raise RowUnfit("holds no time") from error


def digest(parts: Iterable[str | bytes]) -> str:
    hashed = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "replace") if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.hexdigest()


def _html(title: str, fields: list[tuple[str, str]], is_markup: bool) -> str:
    parts = [f"<h1>{html.escape(title)}</h1>"] if title else []
    for label, text in fields:
        name = html.escape(label)
        if is_markup:
            parts.append(f"<h2>{name}</h2><div>{text}</div>" if label else text)
        elif label and len(text) <= LONGEST_LABELLED and "\n" not in text:
            parts.append(f"<p>{name}: {html.escape(text)}</p>")
        else:
            parts.append((f"<h2>{name}</h2>" if label else "") + _paragraphs(text))
    head = f"<title>{html.escape(title)}</title>" if title else ""
    body = "".join(parts)
    return f'<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body><main>{body}</main></body></html>'


def _paragraphs(text: str) -> str:
    blocks = [block.strip() for block in PARAGRAPHS.split(text.replace("\r\n", "\n").replace("\r", "\n"))]
    return "".join(f"<p>{html.escape(block).replace(chr(10), '<br>')}</p>" for block in blocks if block)


def _markdown(title: str, fields: list[tuple[str, str]]) -> str:
    parts = [f"# {' '.join(title.split())}"] if title else []
    for label, text in fields:
        if label and len(text) <= LONGEST_LABELLED and "\n" not in text:
            parts.append(f"{label}: {text}")
        else:
            parts.append((f"## {label}\n\n" if label else "") + text)
    return "\n\n".join(parts) + "\n"
