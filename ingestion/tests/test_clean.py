"""The stored text has one layout, nothing invisible in it, and exact offsets for headings, pages and
tables.
"""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ingestion.documents import Block, BlockKind, ParsedDocument
from ingestion.steps.clean import clean, plain
from ingestion.tests.documents import documents, unhurried


def parsed(*blocks: Block) -> ParsedDocument:
    return ParsedDocument("t", blocks, "text/plain", None, (), None)


def test_layout() -> None:
    stored = clean(
        parsed(
            Block(BlockKind.HEADING, "Leave\n policy", 1, 1),
            Block(BlockKind.PARAGRAPH, "Thirty   days\ta year. ", 0, 1),
            Block(BlockKind.LIST_ITEM, "\u2022 ask early", 1, 1),
            Block(BlockKind.LIST_ITEM, "2. wait", 1, 1),
            Block(BlockKind.PARAGRAPH, " \u200b ", 0, 2),
            Block(BlockKind.TABLE, "", 0, 3, (("Grade", "Days"), ("A|B", "30"), ("", ""), ("C", ""))),
            Block(BlockKind.CODE, "a = 1  \n\n\n\n  b", 0, 3),
        )
    )
    assert stored.text == (
        "Leave policy\n\nThirty days a year.\n\n- ask early\n2. wait\n\nGrade | Days\nA|B | 30\nC\n\na = 1\n\n  b"
    )
    assert [(heading.title, heading.level) for heading in stored.outline] == [("Leave policy", 1)]
    assert stored.pages == ((1, 0), (3, stored.text.index("Grade")))
    assert [stored.text[start:end] for start, end in stored.tables] == ["Grade | Days\nA|B | 30\nC"]


def test_what_nobody_can_see_is_removed() -> None:
    assert plain("a\u00adb\u200bc\ufeffd\u202ee\x00f\x1b") == "abcdef"
    assert plain("e\u0301") == "\u00e9"
    assert plain("a\r\nb\rc\u2028d") == "a\nb\nc\nd"


def test_an_empty_document_is_an_empty_text() -> None:
    assert clean(parsed()).text == ""


@unhurried
@given(documents())
def test_offsets_are_exact(document: ParsedDocument) -> None:
    stored = clean(document)
    assert all(stored.text[heading.start : heading.end] == heading.title for heading in stored.outline)
    assert [start for _, start in stored.pages] == sorted({start for _, start in stored.pages})
    for start, end in stored.tables:
        assert 0 <= start < end <= len(stored.text)
        assert stored.text[:start].endswith("\n\n") or start == 0
    assert stored.text == stored.text.strip("\n").rstrip()


@unhurried
@given(st.text())
def test_cleaned_text_is_composed_and_stays_as_it_is(text: str) -> None:
    once = plain(text)
    assert unicodedata.is_normalized("NFC", once)
    assert plain(once) == once
