"""HTML pages: the main content in reading order, without scripts, styles, navigation and what a browser
would not show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree, html

from ingestion.documents import Block, BlockKind
from ingestion.formats.decoding import decode
from ingestion.formats.html_hidden import remove_hidden
from ingestion.formats.html_shown import (
    BLANKS,
    BLOCKS,
    HEADING,
    SKIPPED,
    is_hidden,
    is_layout,
    table_rows,
    visible_text,
)
from ingestion.formats.reading import Reading

# A footer or an aside inside one of these is part of the text; outside it is the site's.
_SECTIONS = ("article", "main", "section", "blockquote", "figure")
_SKIPPED_ROLES = frozenset({"navigation", "banner", "search", "complementary", "contentinfo", "menu", "dialog"})
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# The main element must hold this share of the page's text; on some pages it is only a small part.
_MAIN_SHARE = 0.3


def read_html(data: bytes) -> Reading:
    """Return the page's blocks, its title and the date it names as its last change."""
    declared = _DECLARED.search(data[:4096])
    return read_markup(decode(data, declared.group(1).decode("ascii", "ignore") if declared else None))


def read_markup(text: str) -> Reading:
    """The same for a page that is already text."""
    root = _tree(text)
    if root is None:
        return Reading(blocks=())
    left_out = remove_hidden(root)
    main = _main(root)
    return Reading(
        blocks=tuple(Walk(main).blocks()),
        title=_title(root),
        modified_at=_modified(root),
        left_out=left_out,
        pictures=sum(1 for image in main.iter("img") if not (image.get("alt") or "").strip()),
    )


def _tree(text: str) -> html.HtmlElement | None:
    text = _XML_DECLARATION.sub("", text).replace("\0", "")
    if not text.strip():
        return None
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None


def _main(root: html.HtmlElement) -> html.HtmlElement:
    body = root.find("body") if root.tag == "html" else root
    page = body if body is not None else root
    candidates = page.xpath(".//main | .//*[@role='main'] | .//article[not(ancestor::article)]")
    whole = _visible_length(page)
    for element in candidates:
        if _visible_length(element) >= whole * _MAIN_SHARE and len(page.xpath(f".//{element.tag}")) == 1:
            return element
    return page


def _visible_length(element: html.HtmlElement) -> int:
    return sum(len(block.text) + sum(map(len, sum(block.rows, ()))) for block in Walk(element).blocks())


def _title(root: html.HtmlElement) -> str:
    for path in (
        "//meta[@property='og:title']/@content",
        "//head/title/text()",
        "//title[not(ancestor::svg)]/text()",
    ):
        found = [str(value).strip() for value in root.xpath(path) if str(value).strip()]
        if found:
            return found[0]
    return ""


def _modified(root: html.HtmlElement) -> datetime | None:
    for name in ("article:modified_time", "last-modified", "dcterms.modified"):
        for value in root.xpath(f"//meta[@property='{name}' or @name='{name}']/@content"):
            try:
                return datetime.fromisoformat(str(value)).astimezone()
            except ValueError:
                continue
    return None


class Walk:
    """One walk through an element, gathering inline text into blocks."""

    def __init__(self, element: html.HtmlElement) -> None:
        self._root = element
        self._inline: list[str] = []
        self._list_depth = 0
        self._marker = ""

    def blocks(self) -> Iterator[Block]:
        yield from self._children(self._root)
        yield from self._flush()

    def _children(self, element: html.HtmlElement) -> Iterator[Block]:
        self._inline.append(element.text or "")
        for child in element:
            if isinstance(child.tag, str):
                yield from self._element(child)
            self._inline.append(child.tail or "")

    def _element(self, element: html.HtmlElement) -> Iterator[Block]:
        tag = element.tag.lower().rpartition("}")[2]
        if tag in SKIPPED or element.get("role") in _SKIPPED_ROLES or is_hidden(element):
            return
        if tag in ("footer", "aside") and next(element.iterancestors(*_SECTIONS), None) is None:
            return
        if tag == "br":
            self._inline.append(" ")
        elif tag == "img":
            self._inline.append(f" {element.get('alt') or ''} ")
        elif tag in BLOCKS:
            yield from self._flush()
            yield from self._block(element, tag)
            yield from self._flush()
        else:
            yield from self._children(element)

    def _block(self, element: html.HtmlElement, tag: str) -> Iterator[Block]:
        if HEADING.fullmatch(tag):
            yield from self._heading(element, int(tag[1]))
        elif tag == "pre":
            yield Block(BlockKind.CODE, element.text_content())
        elif tag == "table":
            yield from self._table(element)
        elif tag in {"ul", "ol"}:
            yield from self._list(element, numbered=tag == "ol")
        else:
            yield from self._children(element)

    def _heading(self, element: html.HtmlElement, level: int) -> Iterator[Block]:
        text = visible_text(element)
        if text:
            yield Block(BlockKind.HEADING, text, level)

    def _list(self, element: html.HtmlElement, *, numbered: bool) -> Iterator[Block]:
        self._list_depth += 1
        number = _first_number(element)
        for child in element:
            if child.tag == "li" and not is_hidden(child):
                self._marker = f"{number}. " if numbered else "- "
                number += 1
                yield from self._children(child)
                yield from self._flush()
                self._marker = ""
            elif isinstance(child.tag, str):
                yield from self._element(child)
        self._list_depth -= 1

    def _table(self, element: html.HtmlElement) -> Iterator[Block]:
        """A table that only lays out the page is walked like any other element."""
        caption = element.find("caption")
        if caption is not None and visible_text(caption):
            yield Block(BlockKind.PARAGRAPH, visible_text(caption))
        own_rows = element.xpath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr")
        if is_layout(element, own_rows):
            for row in own_rows:
                for cell in row:
                    yield from self._children(cell)
                    yield from self._flush()
            return
        rows = table_rows(own_rows)
        if rows:
            yield Block(BlockKind.TABLE, "", rows=rows)

    def _flush(self) -> Iterator[Block]:
        text = BLANKS.sub(" ", "".join(self._inline)).strip()
        self._inline.clear()
        if not text:
            return
        if self._marker:
            marker, self._marker = self._marker, ""
            yield Block(BlockKind.LIST_ITEM, text if marker == "- " else marker + text, self._list_depth)
        else:
            yield Block(BlockKind.PARAGRAPH, text)


def rows_of_markup(markup: str) -> tuple[tuple[str, ...], ...]:
    """The rows of the first table in a piece of markup."""
    root = _tree(markup)
    return table_rows(root.xpath("(.//table)[1]//tr")) if root is not None else ()


def _first_number(element: html.HtmlElement) -> int:
    start = element.get("start") or "1"
    return int(start) if start.isdecimal() else 1
