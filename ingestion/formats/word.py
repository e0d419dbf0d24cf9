"""What a Word file says beside its running text: title, date, headers and footers, footnotes, diagrams; and what
it holds that is left out.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import docx

from ingestion.documents import Block, BlockKind, LeftOut
from ingestion.formats.office import diagrams, modified_at, office_warnings, title_of
from ingestion.formats.office_xml import Rewritten, parsed
from ingestion.formats.reading import Reading

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_SENTENCE_END = re.compile(r"[.!?:;][\"'\u201d\u2019)]*$")
LETTERS = re.compile(r"[^\W\d_]{2,}")
PAGE_WORDS = re.compile(r"\b(?:page|of|seite|von|sida|av|pagina|di|p\u00e1gina|de)\b", re.I)
_BETWEEN = " | "


def word_reading(file: Rewritten, blocks: Iterable[Block]) -> Reading:
    """Add title, date, headers, footers and notes to the blocks of a Word file, and mend paragraphs that a page
    break cut in two.
    """
    document = docx.Document(io.BytesIO(file.data))
    body = (*_mended(blocks), *diagrams(document.part), *_footnotes(document.part))
    pages = [block.page for block in body if block.page]
    kept = (
        *_edge(document, "header", min(pages, default=None)),
        *body,
        *_edge(document, "footer", max(pages, default=None)),
    )
    return Reading(
        blocks=kept,
        title=title_of(document.core_properties),
        page_count=max(pages, default=None),
        warnings=office_warnings(file.data),
        modified_at=modified_at(document.core_properties),
        left_out=Counter(file.left_out) + Counter({LeftOut.COMMENT: _comments(document.part)}),
        pictures=len(list(document.element.body.iter(_BLIP))),
    )


def _edge(document: Any, name: str, page: int | None) -> Iterator[Block]:
    """What stands above or below the pages, once: often a document's number, version and owner stand only there."""
    texts = dict.fromkeys(text for part in _edges(document, name) for text in _lines(part))
    if texts:
        yield Block(BlockKind.PARAGRAPH, _BETWEEN.join(texts), page=page)


def _edges(document: Any, name: str) -> Iterator[Any]:
    """The headers or footers that are in use; Word keeps those that were switched off."""
    for section in document.sections:
        yield getattr(section, name)
        if section.different_first_page_header_footer:
            yield getattr(section, f"first_page_{name}")
        if document.settings.odd_and_even_pages_header_footer:
            yield getattr(section, f"even_page_{name}")


def _lines(edge: Any) -> Iterator[str]:
    if edge.is_linked_to_previous:
        return
    for paragraph in edge._element.iter(f"{_W}p"):
        text = " ".join("".join(_characters(paragraph)).split())
        if LETTERS.search(PAGE_WORDS.sub("", text)):
            yield text


def _characters(paragraph: Any) -> Iterator[str]:
    for part in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br"):
        yield (part.text or "") if part.tag == f"{_W}t" else " "


def _footnotes(part: Any) -> Iterator[Block]:
    """Footnotes and endnotes, after the text; two of each are only the lines that part them from it."""
    for relation in part.rels.values():
        if relation.reltype.endswith(("/footnotes", "/endnotes")):
            for note in parsed(relation.target_part.blob):
                text = "".join(run.text or "" for run in note.iter(f"{_W}t")).strip()
                if text:
                    yield Block(BlockKind.PARAGRAPH, text)


def _comments(part: Any) -> int:
    parts = [one.target_part.blob for one in part.rels.values() if one.reltype.endswith("/comments")]
    return sum(1 for blob in parts for _ in parsed(blob).iter(f"{_W}comment"))


def _mended(blocks: Iterable[Block]) -> Iterator[Block]:
    held: Block | None = None
    for block in blocks:
        if held is not None and _was_cut(held, block):
            held = Block(held.kind, f"{held.text.rstrip()} {block.text.lstrip()}", held.level, held.page)
            continue
        if held is not None:
            yield held
        held = block
    if held is not None:
        yield held


def _was_cut(held: Block, block: Block) -> bool:
    return (
        held.page != block.page
        and held.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
        and block.kind is BlockKind.PARAGRAPH
        and not _SENTENCE_END.search(held.text.rstrip())
        and block.text.lstrip()[:1].islower()
    )
