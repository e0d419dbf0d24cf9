"""OpenDocument texts, sheets and slides (ODT, ODS, ODP), read from their XML, so that no office suite is
needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from ingestion.documents import Block, BlockKind
from ingestion.formats.archive import open_container, read_member
from ingestion.formats.office import MACROS
from ingestion.formats.opendocument_hidden import remove_hidden
from ingestion.formats.reading import Reading, corrupt, encrypted, too_large
from ingestion.formats.tabular import table_blocks
from ingestion.formats.word import LETTERS, PAGE_WORDS

_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_BLANKS = re.compile(r"\s+")
_MAX_REPEATED = 200
MAX_CELLS = 2_000_000
_SKIPPED = frozenset(
    [
        "tracked-changes",
        "annotation",
        "annotation-end",
        "forms",
        "scripts",
        "sequence-decls",
        "variable-decls",
        "user-field-decls",
        "image",
        "object",
        "object-ole",
        "plugin",
        "event-listeners",
        "settings",
        "header-footer",
    ]
)


def read_opendocument(data: bytes) -> Reading:
    """Headings, lists and tables in order; slides are pages and sheets are headings."""
    container = open_container(data)
    if "META-INF/manifest.xml" in container.namelist() and b"encryption-data" in read_member(
        container, "META-INF/manifest.xml"
    ):
        raise encrypted("OpenDocument file")
    content = _xml(read_member(container, "content.xml"))
    body = content.find(f".//{{{_SPACE}office:1.0}}body")
    if body is None:
        raise corrupt("OpenDocument file")
    names = container.namelist()
    styles = _xml(read_member(container, "styles.xml")) if "styles.xml" in names else None
    left_out = remove_hidden(content, styles)
    walk = _Walk()
    blocks = tuple(walk.blocks(body))
    title, modified_at = _about(read_member(container, "meta.xml")) if "meta.xml" in names else ("", None)
    is_sheet = body.find(f"{{{_SPACE}office:1.0}}spreadsheet") is not None
    return Reading(
        blocks=(*_edge(styles, "header"), *blocks, *_edge(styles, "footer")),
        title=title,
        page_count=walk.slide or None,
        warnings=(MACROS,) if any(name.startswith("Basic/") for name in names) else (),
        modified_at=modified_at,
        titled_by_heading=not is_sheet,
        left_out=left_out,
        pictures=sum(1 for _ in body.iter(f"{{{_SPACE}drawing:1.0}}image")),
    )


def _edge(styles: etree._Element | None, name: str) -> Iterator[Block]:
    """What stands above or below the pages, once."""
    parts = styles.iter(f"{{{_SPACE}style:1.0}}{name}") if styles is not None else ()
    lines = [" ".join("".join(_words(line)).split()) for part in parts for line in part]
    kept = dict.fromkeys(line for line in lines if LETTERS.search(PAGE_WORDS.sub("", line)))
    if kept:
        yield Block(BlockKind.PARAGRAPH, " | ".join(kept))


def _xml(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(data, parser)


def _about(data: bytes) -> tuple[str, datetime | None]:
    meta = _xml(data)
    title = meta.findtext(".//{http://purl.org/dc/elements/1.1/}title") or ""
    moment = meta.findtext(".//{http://purl.org/dc/elements/1.1/}date") or ""
    try:
        changed = datetime.fromisoformat(moment[:26])
    except ValueError:
        return title.strip(), None
    return title.strip(), changed if changed.tzinfo else changed.replace(tzinfo=UTC)


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: etree._Element, family: str, name: str) -> str:
    return element.get(f"{{{_SPACE}{family}:1.0}}{name}") or ""


class _Walk:
    def __init__(self) -> None:
        self.slide = 0
        self._depth = 0
        self._cells = 0

    def blocks(self, element: etree._Element) -> Iterator[Block]:
        for child in element:
            yield from self._block(child, _name(child))

    def _block(self, element: etree._Element, name: str) -> Iterator[Block]:
        if name in _SKIPPED:
            return
        if name == "h":
            stated = _attribute(element, "text", "outline-level")
            yield from self._text(element, BlockKind.HEADING, int(stated) if stated.isdecimal() else 1)
        elif name == "p":
            yield from self._paragraph(element)
        elif name == "list":
            self._depth += 1
            yield from self.blocks(element)
            self._depth -= 1
        elif name == "table":
            yield from self._table(element)
        elif name == "page":
            self.slide += 1
            yield from self.blocks(element)
        elif name == "frame" and _attribute(element, "presentation", "class") in ("title", "subtitle"):
            level = 1 if _attribute(element, "presentation", "class") == "title" else 2
            yield from self._text(element, BlockKind.HEADING, level)
        else:
            yield from self.blocks(element)

    def _paragraph(self, element: etree._Element) -> Iterator[Block]:
        """Frames (text boxes, tables) inside a paragraph follow it as blocks of their own."""
        yield from self._text(element, BlockKind.LIST_ITEM if self._depth else BlockKind.PARAGRAPH, self._depth)
        for frame in element.iter(f"{{{_SPACE}drawing:1.0}}text-box"):
            yield from self.blocks(frame)

    def _text(self, element: etree._Element, kind: BlockKind, level: int) -> Iterator[Block]:
        text = _BLANKS.sub(" ", "".join(_words(element))).strip()
        if text:
            yield Block(kind, text, level, self.slide or None)

    def _table(self, element: etree._Element) -> Iterator[Block]:
        """A table on a slide or in a text has no heading of its own; a sheet has its name."""
        rows = list(self._spent(row for source in _own_rows(element) for row in _rows(source)))
        blocks = table_blocks(rows)
        parent = element.getparent()
        if blocks and parent is not None and _name(parent) == "spreadsheet":
            yield Block(BlockKind.HEADING, _attribute(element, "table", "name") or "Sheet", 1)
        for block in blocks:
            yield Block(block.kind, block.text, block.level, self.slide or None, block.rows)

    def _spent(self, rows: Iterator[list[str]]) -> Iterator[list[str]]:
        for row in rows:
            self._cells += len(row)
            if self._cells > MAX_CELLS:
                raise too_large(f"Files above {MAX_CELLS:,} cells are not read. Split this one and upload the parts.")
            yield row


def _own_rows(table: etree._Element) -> Iterator[etree._Element]:
    """The rows of a table without those of tables inside its cells."""
    for row in table.iter(f"{{{_SPACE}table:1.0}}table-row"):
        if next(row.iterancestors(f"{{{_SPACE}table:1.0}}table"), None) is table:
            yield row


def _rows(row: etree._Element) -> Iterator[list[str]]:
    """A row's cells; one that spans columns is repeated in the covered ones, unless it fills the row alone."""
    cells: list[str] = []
    covering, left = "", 0
    kept = [cell for cell in row if _name(cell) in ("table-cell", "covered-table-cell")]
    is_alone = sum(1 for cell in kept if _name(cell) == "table-cell") == 1
    for cell in kept:
        text = _BLANKS.sub(" ", " ".join("".join(_words(part)) for part in cell)).strip()
        times = _repeats(cell, "number-columns-repeated")
        if _name(cell) == "table-cell":
            covering, left = text, 0 if is_alone else _repeats(cell, "number-columns-spanned") - 1
        elif not text and left > 0:
            text, left = covering, left - times
        cells += [text] * (times if text else min(times, 50))
    for _ in range(_repeats(row, "number-rows-repeated") if any(cells) else 0):
        yield cells


def _repeats(element: etree._Element, name: str) -> int:
    value = _attribute(element, "table", name)
    return min(int(value), _MAX_REPEATED) if value.isdecimal() else 1


def _words(element: etree._Element) -> Iterator[str]:
    """The text of an element; blanks, tabs and line breaks are elements in this format."""
    yield element.text or ""
    for child in element:
        name = _name(child)
        if name in ("s", "tab", "line-break"):
            yield " "
        elif name == "note":
            yield from (f" ({''.join(_words(part)).strip()})" for part in child if _name(part) == "note-body")
        elif name not in _SKIPPED and not (
            name == "text-box" and _name(element) == "frame" and _inside_paragraph(element)
        ):
            yield from _words(child)
            yield " " if name in ("p", "h", "list-item") else ""
        yield child.tail or ""


def _inside_paragraph(element: etree._Element) -> bool:
    return any(_name(ancestor) in ("p", "h") for ancestor in element.iterancestors())
