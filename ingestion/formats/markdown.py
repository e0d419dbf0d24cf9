"""Markdown pages, read from their tokens, so that a page takes about a millisecond."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingestion.documents import Block, BlockKind
from ingestion.formats.decoding import decode
from ingestion.formats.html import read_markup
from ingestion.formats.reading import Reading

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title\s*[:=]\s*(.+?)\s*$", re.MULTILINE)
_TAG = re.compile(r"<[^>]+>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ATTRIBUTES = re.compile(r"\s*\{[:#.][^}\n]*\}\s*$")
_BREAK = re.compile(r"<br\s*/?>", re.I)
_SUMMARY = re.compile(r"</?(?:p|div|summary|details|figure|center|section)\b[^>]*>", re.I)
_PARSER = MarkdownIt("commonmark", {"maxNesting": 40}).enable(["table", "strikethrough"])


def read_markdown(data: bytes) -> Reading:
    """Front matter is left out and its title used; links keep their text and images their description."""
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    title = ""
    front = _FRONT_MATTER.match(text)
    if front:
        title = _front_title(front.group(1))
        text = text[front.end() :]
    blocks = tuple(_Walk(_PARSER.parse(text)).blocks())
    return Reading(blocks=blocks, title=title)


def _front_title(front: str) -> str:
    found = _FRONT_TITLE.search(front)
    return found.group(1).strip("\"'") if found else ""


class _Walk:
    """One walk over the tokens of a page."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._numbers: list[int | None] = []
        self._item_open = False
        self._rows: list[list[str]] = []

    def blocks(self) -> Iterator[Block]:
        for index, token in enumerate(self._tokens):
            match token.type:
                case "inline":
                    yield from self._inline(token, self._tokens[index - 1])
                case "fence" | "code_block":
                    yield Block(BlockKind.CODE, token.content)
                case "html_block":
                    yield from self._html(token.content)
                case "bullet_list_open":
                    self._numbers.append(None)
                case "ordered_list_open":
                    self._numbers.append(int(token.attrs.get("start", 1)))
                case "bullet_list_close" | "ordered_list_close":
                    self._numbers.pop()
                case "list_item_open":
                    self._item_open = True
                case "tr_open":
                    self._rows.append([])
                case "table_close":
                    yield Block(BlockKind.TABLE, "", rows=tuple(tuple(row) for row in self._rows))
                    self._rows = []

    def _inline(self, token: Token, opening: Token) -> Iterator[Block]:
        text = inline_text(token)
        if opening.type in ("td_open", "th_open"):
            self._rows[-1].append(text)
        elif not text:
            return
        elif opening.type == "heading_open":
            yield Block(BlockKind.HEADING, _ATTRIBUTES.sub("", text), int(opening.tag[1]))
        elif self._item_open:
            self._item_open = False
            yield Block(BlockKind.LIST_ITEM, self._numbered(text), len(self._numbers))
        else:
            yield Block(BlockKind.PARAGRAPH, text)

    def _numbered(self, text: str) -> str:
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return text
        self._numbers[-1] = number + 1
        return f"{number}. {text}"

    def _html(self, markup: str) -> Iterator[Block]:
        """A line of wrapping tags says nothing; anything with words in it is read as HTML."""
        words = _TAG.sub(" ", _COMMENT.sub("", _SUMMARY.sub("", markup)))
        if words.strip() or "<img" in markup:
            yield from read_markup(_COMMENT.sub("", markup)).blocks


def inline_text(token: Token) -> str:
    """The words of an inline token, without its marks, link targets and tags."""
    parts: list[str] = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(inline_text(child) or "")
        elif child.type == "html_inline" and _BREAK.fullmatch(child.content):
            parts.append(" ")
    return "".join(parts).strip()
