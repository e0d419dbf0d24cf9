"""Plain text, JSON and XML, read as paragraphs, list items and code."""

from __future__ import annotations

import json
import re

from lxml import etree

from ingestion.documents import Block, BlockKind
from ingestion.formats.decoding import decode
from ingestion.formats.reading import Reading

_PARAGRAPH_END = re.compile(r"\n\s*\n")
_ITEM = re.compile(r"^\s*(?:[-*\u2022\u25cf\u25aa]|\(?\d{1,3}[.)])\s+\S")
_UNDERLINE = re.compile(r"^\s*(={3,}|-{3,})\s*$")


def read_text(data: bytes) -> Reading:
    """Blank lines separate paragraphs; bullets, numbers and underlined headings are recognised."""
    return Reading(blocks=tuple(text_blocks(decode(data))))


def text_blocks(text: str) -> list[Block]:
    """Return the blocks of a plain text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    paragraphs = [part for part in _PARAGRAPH_END.split(text) if part.strip()]
    return [block for paragraph in paragraphs for block in _paragraph(paragraph)]


def read_json(data: bytes) -> Reading:
    """JSON is shown as it is, indented; text that is not valid JSON is read as text."""
    text = decode(data)
    try:
        shown = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):
        return Reading(blocks=tuple(text_blocks(text)))
    return Reading(blocks=(Block(BlockKind.CODE, shown),))


def read_xml(data: bytes) -> Reading:
    """XML is read as the text of its elements, one paragraph each; entities are not expanded."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, huge_tree=False, remove_comments=True
    )
    root = etree.fromstring(data, parser)
    if root is None:
        return Reading(blocks=tuple(text_blocks(decode(data))))
    etree.strip_tags(root, etree.Entity)
    texts = (" ".join(part.split()) for part in root.itertext())
    return Reading(blocks=tuple(Block(BlockKind.PARAGRAPH, text) for text in texts if text))


def _paragraph(text: str) -> list[Block]:
    lines = text.strip("\n").split("\n")
    if len(lines) >= 2 and _UNDERLINE.match(lines[1]) and len(lines[0]) < 120:
        level = 1 if lines[1].strip().startswith("=") else 2
        rest = "\n".join(lines[2:])
        heading = Block(BlockKind.HEADING, lines[0].strip(), level)
        return [heading, *(_paragraph(rest) if rest.strip() else [])]
    if any(_ITEM.match(line) for line in lines):
        return _list(lines)
    return [Block(BlockKind.PARAGRAPH, text.strip())]


def _list(lines: list[str]) -> list[Block]:
    """Items with their continuation lines; lines before the first item are a paragraph."""
    parts: list[tuple[BlockKind, list[str]]] = []
    for line in lines:
        if _ITEM.match(line):
            parts.append((BlockKind.LIST_ITEM, [line]))
        elif parts:
            parts[-1][1].append(line)
        else:
            parts.append((BlockKind.PARAGRAPH, [line]))
    return [Block(kind, "\n".join(part).strip(), 1 if kind is BlockKind.LIST_ITEM else 0) for kind, part in parts]
