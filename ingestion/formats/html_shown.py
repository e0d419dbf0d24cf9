"""What a piece of an HTML page shows: its text, the rows of its tables, and whether it is shown at all."""

from __future__ import annotations

import re

from lxml import html

SKIPPED = frozenset({
    "script", "style", "template", "noscript", "svg", "math", "head", "nav", "button", "select",
    "option", "input", "textarea", "iframe", "object", "embed", "canvas", "audio", "video", "map",
    "dialog", "menu", "link", "meta", "base",
})  # fmt: skip
BLOCKS = frozenset({
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "hr", "html", "legend", "li", "main", "ol", "p", "pre", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "form", "aside", "nav",
})  # fmt: skip
HEADING = re.compile(r"h[1-6]")
BLANKS = re.compile(r"\s+")


def is_hidden(element: html.HtmlElement) -> bool:
    """Whether the element is kept from screen readers too; what a browser does not show is gone by now."""
    return element.get("aria-hidden") == "true" and not HEADING.fullmatch(str(element.tag))


def table_rows(rows: list[html.HtmlElement]) -> tuple[tuple[str, ...], ...]:
    """Cells of the rows as text, aligned in columns.

    A cell that spans rows or columns is repeated in each, so that every row and column can be read by itself;
    one that fills its row alone says it once.
    """
    table: list[list[str]] = []
    reserved: dict[tuple[int, int], str] = {}
    for at, row in enumerate(rows):
        cells: list[str] = []
        for cell in row:
            if cell.tag not in ("td", "th") or is_hidden(cell):
                continue
            while (at, len(cells)) in reserved:
                cells.append(reserved[at, len(cells)])
            text, span = visible_text(cell), _span(cell, "colspan")
            texts = [text, *[text if cells or len(row) > 1 else ""] * (span - 1)]
            for step in range(1, min(_span(cell, "rowspan"), len(rows) - at)):
                reserved.update({(at + step, len(cells) + column): text for column, text in enumerate(texts)})
            cells += texts
        table.append(cells)
    width = max((len(cells) for cells in table), default=0)
    kept = [tuple(cells + [""] * (width - len(cells))) for cells in table if any(cells)]
    return tuple(kept)


def visible_text(element: html.HtmlElement) -> str:
    """The shown text of an element on one line."""
    parts: list[str] = []
    _gather(element, parts)
    return BLANKS.sub(" ", "".join(parts)).strip()


def _gather(element: html.HtmlElement, parts: list[str]) -> None:
    parts.append(element.text or "")
    for child in element:
        if isinstance(child.tag, str) and child.tag not in SKIPPED and not is_hidden(child):
            apart = child.tag in BLOCKS or child.tag == "br"
            parts.append(" " if apart else "")
            parts.append(f" {child.get('alt') or ''} " if child.tag == "img" else "")
            _gather(child, parts)
            parts.append(" " if apart else "")
        parts.append(child.tail or "")


def is_layout(table: html.HtmlElement, rows: list[html.HtmlElement]) -> bool:
    if table.get("role") in {"presentation", "none"} or table.xpath(".//table"):
        return True
    if table.xpath(".//th"):
        return False
    return max((len(row) for row in rows), default=0) < 2 or bool(table.xpath(".//td//h1 | .//td//h2 | .//td//h3"))


def _span(cell: html.HtmlElement, name: str) -> int:
    value = cell.get(name) or "1"
    return min(int(value), 100) if value.isdecimal() and int(value) > 0 else 1
