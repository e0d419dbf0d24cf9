"""Word and PowerPoint files from before 2007 are read without an office suite."""

from __future__ import annotations

import pytest

from ingestion.documents import BlockKind, LeftOut
from ingestion.errors import FailureReason, IngestionError
from ingestion.steps.parse import parse
from ingestion.tests import office_files


def test_word_text_is_read_with_field_results_and_without_marks() -> None:
    text = "Leave\r\x13 HYPERLINK x \x14the form\x15 is \x1eonline\x0bnow\x01\r\x13 PAGE \x15\rEnd\r"
    document = parse(office_files.old_word_file(text), "a.doc")
    assert [block.text for block in document.blocks] == ["Leave", "the form is -online now", "End"]
    assert document.mime_type == "application/msword"


def test_an_encrypted_word_file_says_so() -> None:
    data = bytearray(office_files.old_word_file("Leave\r"))
    at = data.index((0xA5EC).to_bytes(2, "little"), 512)
    data[at + 0x0B] = 0x01
    with pytest.raises(IngestionError) as caught:
        parse(bytes(data), "a.doc")
    assert caught.value.reason is FailureReason.ENCRYPTED


def test_slides_come_in_order_with_notes_and_without_hidden_ones() -> None:
    document = parse(office_files.old_slides_file(), "a.ppt")
    assert [(block.kind, block.page, block.text) for block in document.blocks] == [
        (BlockKind.HEADING, 1, "Roadmap"),
        (BlockKind.PARAGRAPH, 1, "Drawn beside"),
        (BlockKind.LIST_ITEM, 1, "Search in spring"),
        (BlockKind.LIST_ITEM, 1, "Answers in summer"),
        (BlockKind.PARAGRAPH, 1, "Speaker's notes: Say it slowly"),
    ]
    assert document.left_out == {LeftOut.SLIDE: 1}
    assert document.page_count == 2
