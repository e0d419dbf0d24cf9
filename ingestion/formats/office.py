"""What all Office files have in common: a title and a date, diagrams, macros, files inside and pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from ingestion.documents import Block, BlockKind
from ingestion.formats.archive import open_container
from ingestion.formats.office_xml import drawing_texts

_PROGRAM_TITLE = re.compile(
    r"^(?:powerpoint presentation|pr[\u00e4e]sentation|presentation|word document|document|slide)?\s*\d*$",
    re.I,
)
_EMBEDDED = re.compile(r"(?:word|ppt|xl)/embeddings/.+")
MACROS = "This file holds macros. They were not run; only the text was read."


def title_of(properties: Any) -> str:
    return given_title(str(properties.title or ""))


def given_title(title: str) -> str:
    """The title that a person gave the file, or nothing: programs put their own names there."""
    title = " ".join(title.replace("\0", "").split())
    return "" if _PROGRAM_TITLE.match(title) else title


def modified_at(properties: Any) -> datetime | None:
    """Office notes times in UTC without saying so."""
    modified = properties.modified
    if not isinstance(modified, datetime):
        return None
    return modified.replace(tzinfo=UTC) if modified.tzinfo is None else modified


def diagrams(part: Any, number: int | None = None) -> Iterator[Block]:
    """The labels of the diagrams (SmartArt) that a slide or a document shows."""
    for relation in part.rels.values():
        if relation.reltype.endswith("/diagramData") and not relation.is_external:
            for text in drawing_texts(relation.target_part.blob):
                yield Block(BlockKind.LIST_ITEM, text, 1, number)


def office_warnings(data: bytes) -> tuple[str, ...]:
    """What an admin should know about the container: macros, and files inside that are not read."""
    return container_warnings(open_container(data).namelist())


def container_warnings(names: Iterable[str]) -> tuple[str, ...]:
    kept = list(names)
    warnings = [MACROS] if any(name.lower().endswith("vbaproject.bin") for name in kept) else []
    inside = sum(1 for name in kept if _EMBEDDED.fullmatch(name))
    if inside:
        warnings.append(f"Files inside this file are not read: {inside}. Upload them as documents of their own.")
    return tuple(warnings)
